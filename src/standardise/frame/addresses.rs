//! Addresses: the address cells of a record belong together, once per distinct set.

use std::collections::BTreeMap;

use super::chunks;
use super::columns::Column;
use super::sheet::Sheet;
use crate::standardise::address::{self, AddressRules, RawAddress};
use crate::standardise::coded::{Coded, Groups};
use crate::standardise::outcome::Outcome;

/// All address cells; the first ones are where a missing part is looked for.
const FIELDS: [&str; 8] = [
    "address",
    "street",
    "street_number",
    "street_2",
    "city",
    "region",
    "postcode",
    "country",
];

/// The cells that go into `street` and have no column of their own afterwards.
const INTO_STREET: [&str; 3] = ["address", "street_number", "street_2"];

/// Standardises all address fields; `countries` has each row's default country.
pub fn standardise(
    columns: &BTreeMap<&str, Column<'_>>,
    countries: &Coded<'_>,
    rules: &AddressRules,
    sheet: &mut Sheet,
) {
    let of = |name: &str| columns.get(name);
    let present: Vec<&Column<'_>> = FIELDS.iter().filter_map(|name| of(name)).collect();
    let Some(first) = present.first() else { return };
    let rows = first.coded.codes.len();
    let codes: Vec<&[u32]> = present
        .iter()
        .map(|column| column.coded.codes.as_slice())
        .collect();
    let groups = Groups::of(rows, &codes, &[&countries.codes]);
    let results: [_; 8] = chunks(groups.first.len(), |range, results| {
        for &row in &groups.first[range] {
            let row = row as usize;
            let cell = |name: &str| of(name).and_then(|column| column.clean(row));
            let raw = RawAddress {
                address: cell("address"),
                street: cell("street"),
                street_number: cell("street_number"),
                street_2: cell("street_2"),
                city: cell("city"),
                region: cell("region"),
                postcode: cell("postcode"),
                country: cell("country"),
                default_country: countries.get(row),
            };
            let mut outcome = address::standardise(raw, rules);
            for (name, results) in FIELDS.iter().zip(results.iter_mut()) {
                let column = of(name);
                let own = match *name {
                    "street" => std::mem::take(&mut outcome.street),
                    "city" => std::mem::take(&mut outcome.city),
                    "region" => std::mem::take(&mut outcome.region),
                    "postcode" => std::mem::take(&mut outcome.postcode),
                    "country" => std::mem::take(&mut outcome.country),
                    _ => Outcome::cleared("address_parted", "went into the address fields"),
                };
                let own = super::from_raw(column, row, own);
                results.push(column.and_then(|column| column.coded.get(row)), own);
            }
        }
    });
    for (name, results) in FIELDS.iter().copied().zip(&results) {
        let column = of(name);
        if INTO_STREET.contains(&name) {
            if let Some(column) = column {
                sheet.take_apart(name, column.raw, &groups.codes, results);
            }
            continue;
        }
        if column.is_none() && !results.any_value() {
            continue;
        }
        sheet.write(
            name,
            column.map(|column| column.raw),
            &groups.codes,
            results,
            |row, view| {
                let named = |source: &str| {
                    let column = columns.get(source)?;
                    Some((column.field.name.as_str(), column.raw.get(row)?))
                };
                named(view.reason).or_else(|| FIELDS.iter().find_map(|source| named(source)))
            },
        );
    }
}
