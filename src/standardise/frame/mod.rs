//! The stage's frame: which values are standardised with which context, once per
//! distinct value, and what that means for every row.
//!
//! [`columns`] codes and cleans the raw columns; one module a group of fields
//! ([`single`], [`dates`], [`consents`] …) turns them into [`Results`]; [`sheet`]
//! writes cells, events and violations.

pub mod addresses;
pub mod columns;
pub mod consents;
pub mod dates;
pub mod junk;
pub mod people;
pub mod record_ids;
pub mod results;
pub mod sheet;
pub mod single;

use rayon::prelude::*;

use super::mojibake;
use super::outcome::Outcome;
use columns::Column;
use results::Results;

/// Values a worker standardises before its outcomes are packed: bounds the memory
/// of outcomes that are still loose.
const CHUNK: usize = 1 << 16;

/// Outcomes of `count` things in order, computed in parallel.
pub fn outcomes<'a>(
    count: usize,
    before: impl Fn(usize) -> Option<&'a str>,
    outcome: impl Fn(usize) -> Outcome + Sync,
) -> Results {
    let mut results = Results::default();
    let mut start = 0;
    while start < count {
        let end = (start + CHUNK).min(count);
        let loose: Vec<Outcome> = (start..end)
            .into_par_iter()
            .with_min_len(256)
            .map(&outcome)
            .collect();
        for (at, outcome) in (start..end).zip(loose) {
            results.push(before(at), outcome);
        }
        start = end;
    }
    results
}

/// The outcome told from the raw value on: what cleaning did counts where the name
/// rules did nothing.
pub fn from_raw(column: Option<&Column<'_>>, row: usize, mut outcome: Outcome) -> Outcome {
    let Some(column) = column else { return outcome };
    let Some(raw) = column.coded.get(row) else {
        return outcome;
    };
    let Some(view) = column.clean_of(column.coded.codes[row]) else {
        return outcome;
    };
    match (view.value, outcome.value.as_deref()) {
        // Cleaning left nothing, and nothing came from elsewhere.
        (None, None) => {
            outcome.rule = view.rule;
            outcome.reason = view.reason;
        }
        (_, Some(value)) if value == raw => outcome.rule = "",
        (_, Some(_)) if outcome.rule.is_empty() || view.rule == mojibake::RULE => {
            outcome.rule = view.rule;
        }
        _ => {}
    }
    outcome
}
