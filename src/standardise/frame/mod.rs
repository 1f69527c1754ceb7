//! The stage's frame: which values are standardised with which context, once per
//! distinct value, and what that means for every row.
//!
//! [`columns`] codes and cleans the raw columns; one module a group of fields
//! ([`single`], [`dates`], [`consents`] …) turns them into [`Results`]; [`sheet`]
//! writes cells, events and violations.

pub mod columns;
pub mod consents;
pub mod dates;
pub mod results;
pub mod sheet;
pub mod single;

use rayon::prelude::*;

use super::outcome::Outcome;
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
