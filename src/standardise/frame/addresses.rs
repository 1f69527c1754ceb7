//! Addresses: the address cells of a record belong together, once per distinct set.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::columns::Column;
use super::results::Results;
use super::sheet::Sheet;
use crate::standardise::address::{self, AddressOutcome, AddressRules, RawAddress};
use crate::standardise::coded::{Coded, Groups};
use crate::standardise::outcome::Outcome;

/// Groups whose outcomes are loose at a time.
const CHUNK: usize = 1 << 14;

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
    let mut results: BTreeMap<&str, Results> = FIELDS
        .iter()
        .map(|name| (*name, Results::default()))
        .collect();
    for chunk in groups.first.chunks(CHUNK) {
        let outcomes: Vec<AddressOutcome> = chunk
            .par_iter()
            .with_min_len(128)
            .map(|&row| {
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
                address::standardise(raw, rules)
            })
            .collect();
        for (&row, outcome) in chunk.iter().zip(outcomes) {
            let row = row as usize;
            for (name, outcome) in [
                ("street", outcome.street),
                ("city", outcome.city),
                ("region", outcome.region),
                ("postcode", outcome.postcode),
                ("country", outcome.country),
            ] {
                let column = of(name);
                let outcome = super::from_raw(column, row, outcome);
                if let Some(results) = results.get_mut(name) {
                    results.push(column.and_then(|column| column.coded.get(row)), outcome);
                }
            }
            for name in INTO_STREET {
                let moved = super::from_raw(
                    of(name),
                    row,
                    Outcome::cleared("address_parted", "went into the address fields"),
                );
                if let Some(results) = results.get_mut(name) {
                    results.push(of(name).and_then(|column| column.coded.get(row)), moved);
                }
            }
        }
    }
    for name in FIELDS {
        let (column, Some(results)) = (of(name), results.get(name)) else {
            continue;
        };
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
