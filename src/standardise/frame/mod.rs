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

/// Values that a worker standardises at a time: each outcome is packed at once.
const CHUNK: usize = 1 << 11;

/// Outcomes of `count` things in order, computed in parallel.
pub fn outcomes<'a>(
    count: usize,
    before: impl Fn(usize) -> Option<&'a str> + Sync,
    outcome: impl Fn(usize) -> Outcome + Sync,
) -> Results {
    let parts = chunks(count, |range, results| {
        let [results] = results;
        for at in range {
            results.push(before(at), outcome(at));
        }
    });
    let [results] = parts;
    results
}

/// Several outcomes of each of `count` things, in order; `fill` is called for ranges
/// of them in parallel.
pub fn chunks<const N: usize>(
    count: usize,
    fill: impl Fn(std::ops::Range<usize>, &mut [Results; N]) + Sync,
) -> [Results; N] {
    let parts: Vec<[Results; N]> = (0..count.div_ceil(CHUNK))
        .into_par_iter()
        // Some things take far longer than others: nobody is left with a row of chunks.
        .with_max_len(1)
        .map(|chunk| {
            let mut results = std::array::from_fn(|_| Results::default());
            let start = chunk * CHUNK;
            fill(start..(start + CHUNK).min(count), &mut results);
            results
        })
        .collect();
    let mut all: [Results; N] = std::array::from_fn(|_| Results::default());
    for (at, all) in all.iter_mut().enumerate() {
        all.reserve(&parts, at);
    }
    for part in parts {
        for (all, part) in all.iter_mut().zip(part) {
            all.append(part);
        }
    }
    all
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
