//! Fields that come whole from one record: an address is never put together.
//!
//! The one exception is data (`fill` in `rules/merging.toml`): a country that all
//! other records agree on is filled in where the chosen address lacks one.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::column::{CHUNK, Cells, Column, Sources};
use super::policy::{GroupRule, Policy};
use super::proof::{Part, Value, joined};
use super::spelling::FEW;
use super::survive::{self, Candidate, Choice};
use crate::contact::Text;
use crate::plan::Strategy;

const WHOLE: &str = "whole";
const FILLED: &str = "filled";
const NONE_THERE: &str = "the chosen record has none: a group comes whole from one record";

/// Merges the columns of one group; `policies` are its columns in table order.
#[must_use]
pub fn group(
    sources: &Sources<'_>,
    rule: &GroupRule,
    policies: &[&Policy],
    trust_rank: &[u32],
) -> Vec<Column> {
    let len = sources.clusters.len();
    let missing = Text::missing(sources.table.rows());
    let columns: Vec<&Text> = policies
        .iter()
        .map(|policy| sources.table.column(&policy.column).unwrap_or(&missing))
        .collect();
    let work = Work {
        sources,
        rule,
        policies,
        columns,
        trust_rank,
        of_equals: rule
            .strategy
            .iter()
            .copied()
            .filter(|strategy| *strategy != Strategy::MostComplete)
            .collect(),
    };
    let starts: Vec<usize> = (0..len).step_by(CHUNK).collect();
    let chunks: Vec<Vec<Part<'_>>> = starts
        .into_par_iter()
        .map(|start| work.chunk(start, (start + CHUNK).min(len)))
        .collect();
    let mut parts: Vec<Vec<Part<'_>>> = policies.iter().map(|_| Vec::new()).collect();
    for chunk in chunks {
        for (parts, part) in parts.iter_mut().zip(chunk) {
            parts.push(part);
        }
    }
    policies
        .iter()
        .zip(&work.columns)
        .zip(parts)
        .map(|((policy, column), parts)| {
            let (golden, events) = joined(column, parts, len);
            Column {
                name: policy.column.clone(),
                golden,
                events,
            }
        })
        .collect()
}

/// What the golden values of a group are worked out from.
struct Work<'a> {
    sources: &'a Sources<'a>,
    rule: &'a GroupRule,
    policies: &'a [&'a Policy],
    columns: Vec<&'a Text>,
    trust_rank: &'a [u32],
    /// The strategies that may tell records with one address apart: they have as many
    /// fields of it.
    of_equals: Vec<Strategy>,
}

impl Work<'_> {
    /// A part a column.
    fn chunk(&self, start: usize, end: usize) -> Vec<Part<'_>> {
        let clusters = self.sources.clusters;
        let several = clusters.several(start, end);
        let mut parts: Vec<Part<'_>> = self
            .policies
            .iter()
            .zip(&self.columns)
            .map(|(policy, column)| Part::new(&policy.column, column, end - start, several))
            .collect();
        let rows = clusters.between(start, end);
        let codes: Vec<Vec<u32>> = self.columns.iter().map(|c| c.codes_of(rows)).collect();
        let mut left: Vec<&[u32]> = codes.iter().map(Vec::as_slice).collect();
        let mut cells: Vec<Cells<'_>> = Vec::with_capacity(codes.len());
        for golden in start..end {
            let rows = clusters.of(golden);
            cells.clear();
            for codes in &mut left {
                let (own, behind) = Cells::first(rows, codes);
                *codes = behind;
                cells.push(own);
            }
            if rows.len() == 1 {
                for (part, cells) in parts.iter_mut().zip(&cells) {
                    part.cell(cells.code(0));
                }
            } else {
                self.golden(golden, rows, &cells, &mut parts);
            }
        }
        parts
    }

    fn golden(&self, golden: usize, rows: &[u32], cells: &[Cells<'_>], parts: &mut [Part<'_>]) {
        let choice = self.choose(rows, cells);
        let chosen = choice.and_then(|choice| rows.iter().position(|row| *row == choice.row));
        for (at, (cells, part)) in cells.iter().zip(parts).enumerate() {
            let whole = choice.and_then(|choice| Some((choice, cells.code(chosen?)?)));
            let picked = whole.or_else(|| {
                self.rule
                    .fill
                    .contains(&self.policies[at].column)
                    .then(|| unanimous(*cells))
                    .flatten()
                    .map(|(row, code)| (Choice { row, rule: FILLED }, code))
            });
            part.cell(picked.map(|(_, code)| code));
            if let Some((choice, code)) = picked {
                part.survived(golden, choice, Some(Value::Of(code)), "");
            }
            let why = match (picked, choice) {
                (Some((choice, _)), _) => (choice.rule, ""),
                (None, Some(choice)) => (choice.rule, NONE_THERE),
                (None, None) => (WHOLE, ""),
            };
            let code = picked.map(|(_, code)| code);
            for (row, own) in cells.filled().filter(|(_, own)| Some(*own) != code) {
                part.lost(golden, row, own, code.map(Value::Of), why);
            }
        }
    }

    /// The record whose values of the group survive.
    fn choose(&self, rows: &[u32], cells: &[Cells<'_>]) -> Option<Choice> {
        // Records by their place among the rows that have any value of the group.
        let filled = |at: usize| {
            cells
                .iter()
                .filter(|cells| cells.code(at).is_some())
                .count()
        };
        let first = (0..rows.len()).find(|&at| filled(at) > 0)?;
        // Two records with one address: the same in every field of the group. Equal codes
        // are equal values.
        let alike = |one: usize, other: usize| {
            cells
                .iter()
                .all(|cells| cells.code(one) == cells.code(other))
        };
        let agreed = (first..rows.len()).all(|at| filled(at) == 0 || alike(first, at));
        if agreed {
            let those = (first..rows.len()).filter(|&at| filled(at) > 0);
            let row = survive::row_of_equals(
                those.map(|at| rows[at]),
                self.policies.first()?,
                &self.of_equals,
                self.sources.ranks,
                self.trust_rank,
            );
            let rule = survive::AGREED;
            return Some(Choice { row, rule });
        }
        let places: Vec<usize> = (first..rows.len()).filter(|&at| filled(at) > 0).collect();
        let codes =
            |at: usize| -> Vec<Option<u32>> { cells.iter().map(|cells| cells.code(at)).collect() };
        let mut votes: HashMap<Vec<Option<u32>>, u32> = HashMap::new();
        if places.len() > FEW {
            for &at in &places {
                *votes.entry(codes(at)).or_default() += 1;
            }
        }
        let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
        let mut left: Vec<Candidate<'_>> = places
            .iter()
            .filter_map(|&at| {
                let value = cells
                    .iter()
                    .zip(&self.columns)
                    .find_map(|(cells, column)| Some(column.value(cells.code(at)?)))?;
                Some(Candidate {
                    row: rows[at],
                    value,
                    votes: if votes.is_empty() {
                        count(places.iter().filter(|&&other| alike(at, other)).count())
                    } else {
                        votes[&codes(at)]
                    },
                    filled: count(filled(at)),
                })
            })
            .collect();
        let mut choice = survive::choose(
            &mut left,
            self.policies.first()?,
            &self.rule.strategy,
            self.sources.ranks,
            self.trust_rank,
        )?;
        if choice.rule == survive::AGREED {
            // They agree on the first field only; the strategies still chose the record.
            choice.rule = self
                .rule
                .strategy
                .first()
                .map_or(WHOLE, |&strategy| survive::name(strategy));
        }
        Some(choice)
    }
}

/// The value that all records with one agree on.
fn unanimous(cells: Cells<'_>) -> Option<(u32, u32)> {
    let (row, code) = cells.filled().next()?;
    cells
        .filled()
        .all(|(_, other)| other == code)
        .then_some((row, code))
}
