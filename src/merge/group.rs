//! Fields that come whole from one record: an address is never put together.
//!
//! The one exception is data (`fill` in `rules/merging.toml`): a country that all
//! other records agree on is filled in where the chosen address lacks one.

use hashbrown::HashMap;

use super::column::{Column, Sources};
use super::policy::{GroupRule, Policy};
use super::proof::{push_lost, push_survived};
use super::spelling::FEW;
use super::survive::{self, Candidate, Choice};
use crate::contact::{Events, Text, TextBuilder};

const WHOLE: &str = "whole";
const FILLED: &str = "filled";

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
    let mut values: Vec<TextBuilder> = columns
        .iter()
        .map(|_| TextBuilder::with_capacity(len))
        .collect();
    let mut events: Vec<Events> = columns.iter().map(|_| Events::new()).collect();
    let mut left = Vec::new();
    for (golden, rows) in sources.clusters.iter().enumerate() {
        if let [row] = rows {
            for (builder, column) in values.iter_mut().zip(&columns) {
                builder.push(column.get(*row as usize));
            }
            continue;
        }
        let choice = choose(
            sources, rule, policies, &columns, rows, trust_rank, &mut left,
        );
        for (at, column) in columns.iter().enumerate() {
            let name = &policies[at].column;
            let whole = choice.and_then(|c| Some((c, column.get(c.row as usize)?)));
            let picked = whole.or_else(|| {
                rule.fill
                    .contains(name)
                    .then(|| unanimous(column, rows))
                    .flatten()
                    .map(|(row, value)| (Choice { row, rule: FILLED }, value))
            });
            let value = picked.map(|(_, value)| value);
            values[at].push(value);
            if let Some((choice, value)) = picked {
                push_survived(&mut events[at], golden, choice, name, Some(value), "");
            }
            let (rule, reason) = match (picked, choice) {
                (Some((choice, _)), _) => (choice.rule, ""),
                (None, Some(choice)) => (
                    choice.rule,
                    "the chosen record has none: a group comes whole from one record",
                ),
                (None, None) => (WHOLE, ""),
            };
            for &row in rows {
                push_lost(
                    &mut events[at],
                    golden,
                    row,
                    name,
                    column.get(row as usize),
                    value,
                    rule,
                    reason,
                );
            }
        }
    }
    policies
        .iter()
        .zip(values)
        .zip(events)
        .map(|((policy, values), events)| Column {
            name: policy.column.clone(),
            golden: values.finish(),
            events: vec![events],
        })
        .collect()
}

/// The record whose values of the group survive.
fn choose<'a>(
    sources: &Sources<'_>,
    rule: &GroupRule,
    policies: &[&Policy],
    columns: &[&'a Text],
    rows: &[u32],
    trust_rank: &[u32],
    left: &mut Vec<Candidate<'a>>,
) -> Option<Choice> {
    left.clear();
    for &row in rows {
        let filled: Vec<&str> = columns.iter().filter_map(|c| c.get(row as usize)).collect();
        if let Some(value) = filled.first() {
            left.push(Candidate {
                row,
                value,
                votes: 1,
                filled: u32::try_from(filled.len()).unwrap_or(u32::MAX),
            });
        }
    }
    // Two records with one address: the same in every field of the group.
    let alike = |one: u32, other: u32| {
        columns
            .iter()
            .all(|c| c.get(one as usize) == c.get(other as usize))
    };
    let first = left.first()?.row;
    let agreed = left.iter().all(|c| alike(first, c.row));
    // Equal numbers are equal values.
    let codes = |row: u32| -> Vec<Option<u32>> {
        let row = row as usize;
        columns.iter().map(|column| column.code(row)).collect()
    };
    let mut votes: HashMap<Vec<Option<u32>>, u32> = HashMap::new();
    if left.len() > FEW && !agreed {
        for candidate in left.iter() {
            *votes.entry(codes(candidate.row)).or_default() += 1;
        }
    }
    let count = |of: usize| u32::try_from(of).unwrap_or(u32::MAX);
    for at in 0..left.len() {
        let row = left[at].row;
        left[at].votes = match (!votes.is_empty()).then(|| votes[&codes(row)]) {
            Some(votes) => votes,
            None if agreed => count(left.len()),
            None => count(left.iter().filter(|c| alike(row, c.row)).count()),
        };
    }
    let mut choice = survive::choose(
        left,
        policies.first()?,
        &rule.strategy,
        sources.ranks,
        trust_rank,
    )?;
    if agreed {
        choice.rule = survive::AGREED;
    } else if choice.rule == survive::AGREED {
        // They agree on the first field only; the strategies still chose the record.
        choice.rule = rule
            .strategy
            .first()
            .map_or(WHOLE, |&strategy| survive::name(strategy));
    }
    Some(choice)
}

/// The value that all records with one agree on.
fn unanimous<'a>(column: &'a Text, rows: &[u32]) -> Option<(u32, &'a str)> {
    let mut found: Option<(u32, &str)> = None;
    for &row in rows {
        match (found, column.get(row as usize)) {
            (None, Some(value)) => found = Some((row, value)),
            (Some((_, known)), Some(value)) if known != value => return None,
            _ => {}
        }
    }
    found
}
