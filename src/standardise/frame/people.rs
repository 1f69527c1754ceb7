//! Person names: the name cells of a record belong together, once per distinct set.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::columns::Column;
use super::results::Results;
use super::sheet::Sheet;
use crate::standardise::coded::Groups;
use crate::standardise::outcome::Outcome;
use crate::standardise::person::{self, NameModel, NameOutcome, PersonRules, RawName};

/// Groups whose outcomes are loose at a time.
const CHUNK: usize = 1 << 14;

/// The name fields, in the order that a missing value is looked for as its source.
const FIELDS: [&str; 8] = [
    "full_name",
    "given_name",
    "family_name",
    "middle_name",
    "prefix",
    "suffix",
    "nickname",
    "former_family_name",
];

/// Standardises all name fields of the records.
pub fn standardise(
    columns: &BTreeMap<&str, Column<'_>>,
    rules: &PersonRules,
    model: &NameModel,
    sheet: &mut Sheet,
) {
    let of = |name: &str| columns.get(name);
    let named: Vec<&Column<'_>> = FIELDS.iter().filter_map(|name| of(name)).collect();
    let Some(first) = named.first() else { return };
    let rows = first.coded.codes.len();
    let codes: Vec<&[u32]> = named.iter().map(|column| column.coded.codes.as_slice()).collect();
    // A name cell may hold the company or the address; only full names look at them.
    let context: Vec<&[u32]> = ["company", "email"]
        .iter()
        .filter_map(|name| of(name))
        .map(|column| column.coded.codes.as_slice())
        .collect();
    let groups = Groups::of(rows, &codes, &context);
    let mut results: BTreeMap<&str, Results> = FIELDS.iter().map(|name| (*name, Results::default())).collect();
    for chunk in groups.first.chunks(CHUNK) {
        let outcomes: Vec<NameOutcome> = chunk
            .par_iter()
            .with_min_len(128)
            .map(|&row| {
                let cell = |name: &str| of(name).and_then(|column| column.clean(row as usize));
                let raw = RawName {
                    prefix: cell("prefix"),
                    given: cell("given_name"),
                    middle: cell("middle_name"),
                    family: cell("family_name"),
                    suffix: cell("suffix"),
                    full: cell("full_name"),
                    company: cell("company"),
                    email: cell("email"),
                };
                person::standardise_name(raw, rules, model)
            })
            .collect();
        for (&row, outcome) in chunk.iter().zip(outcomes) {
            let row = row as usize;
            for (name, outcome) in [
                ("prefix", outcome.prefix),
                ("given_name", outcome.given),
                ("middle_name", outcome.middle),
                ("family_name", outcome.family),
                ("suffix", outcome.suffix),
                ("full_name", outcome.full),
                ("nickname", outcome.nickname),
                ("former_family_name", outcome.former_family),
            ] {
                let column = of(name);
                let outcome = from_raw(column, row, outcome);
                if let Some(results) = results.get_mut(name) {
                    results.push(column.and_then(|column| column.coded.get(row)), outcome);
                }
            }
        }
    }
    for (name, results) in &results {
        let column = of(name);
        let has_values = column.is_some() || results.any_value();
        if !has_values {
            continue;
        }
        sheet.write(name, column.map(|column| column.raw), &groups.codes, results, |row, view| {
            let named = |source: &str| Some((columns.get(source)?.field.name.as_str(), columns.get(source)?.raw.get(row)?));
            // A part names the field that it came out of; else it is the first there is.
            named(view.reason).or_else(|| FIELDS.iter().find_map(|source| named(source)))
        });
    }
}

/// The outcome told from the raw value on: what cleaning did counts where the name
/// rules did nothing.
fn from_raw(column: Option<&Column<'_>>, row: usize, mut outcome: Outcome) -> Outcome {
    let Some(column) = column else { return outcome };
    let Some(raw) = column.coded.get(row) else { return outcome };
    let Some(view) = column.clean_of(column.coded.codes[row]) else { return outcome };
    match (view.value, outcome.value.as_deref()) {
        // Cleaning left nothing, and nothing came from elsewhere.
        (None, None) => {
            outcome.rule = view.rule;
            outcome.reason = view.reason;
        }
        (_, Some(value)) if value == raw => outcome.rule = "",
        (_, Some(_)) if outcome.rule.is_empty() || view.rule == crate::standardise::mojibake::RULE => {
            outcome.rule = view.rule;
        }
        _ => {}
    }
    outcome
}
