//! One column of the golden table: a value for each golden row, and its events.
//!
//! A golden row of one record takes the record's value and has no events. A row of
//! several has one `Survived` event for its value and one `Lost` event for each
//! record's differing value.

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use super::clusters::Clusters;
use super::part::{Cell, List, Part};
use super::policy::{Avoid, Policy};
use super::ranks::Ranks;
use super::same::{Key, Same};
use super::spelling::{self, Context, Nicknames, Script};
use super::survive::{self, Candidate, Choice};
use crate::contact::{Copied, Event, EventKind, Events, Stage, Table, Text, TextBuilder};
use crate::plan::Strategy;
use crate::standardise::email::EmailRules;

/// Golden rows worked on together; small enough to share out, large enough to amortise.
const CHUNK: usize = 8192;

/// What every column is merged from.
pub struct Sources<'a> {
    pub table: &'a Table,
    pub clusters: &'a Clusters,
    pub ranks: &'a Ranks,
    pub nicknames: &'a Nicknames,
    pub emails: &'a EmailRules,
    /// Per golden row; empty when no row mixes scripts.
    pub main_script: &'a [Option<Script>],
}

/// A finished column.
#[derive(Clone, Debug)]
pub struct Column {
    pub name: String,
    pub golden: Text,
    /// In order; put together once, at the end.
    pub events: Vec<Events>,
}

/// Merges the column of `policy`; `done` holds the columns that it leans on.
#[must_use]
pub fn column(sources: &Sources<'_>, policy: &Policy, done: &Table, trust_rank: &[u32]) -> Column {
    let len = sources.clusters.len();
    let Some(column) = sources.table.column(&policy.column) else {
        if policy.collects.is_empty() {
            // No record has a value.
            return Column {
                name: policy.column.clone(),
                golden: Text::missing(len),
                events: Vec::new(),
            };
        }
        let missing = Text::missing(sources.table.rows());
        return merge(sources, policy, &missing, done, trust_rank);
    };
    merge(sources, policy, column, done, trust_rank)
}

fn merge(
    sources: &Sources<'_>,
    policy: &Policy,
    column: &Text,
    done: &Table,
    trust_rank: &[u32],
) -> Column {
    let shared = policy
        .avoid
        .contains(&Avoid::Shared)
        .then(|| shared_values(column, sources.clusters));
    let opted_out = opted_out(policy, column, sources.table);
    let work = Work {
        sources,
        policy,
        column,
        attested_by: columns(sources.table, &policy.attested_by),
        with: policy
            .with
            .as_ref()
            .and_then(|with| Some((sources.table.column(with)?, done.column(with)?))),
        collects: policy
            .collects
            .iter()
            .filter_map(|from| Some((sources.table.column(from)?, done.column(from)?)))
            .collect(),
        through: columns(sources.table, &policy.through),
        apart_from: policy
            .apart_from
            .iter()
            .filter_map(|from| done.column(from))
            .collect(),
        spelled_in: columns(sources.table, &policy.spelled_in),
        other_half: policy
            .other_half
            .as_ref()
            .and_then(|name| sources.table.column(name)),
        shared,
        opted_out,
        trust_rank,
    };
    let len = sources.clusters.len();
    let starts: Vec<usize> = (0..len).step_by(CHUNK).collect();
    let parts: Vec<Part> = starts
        .into_par_iter()
        .map(|start| work.chunk(start, (start + CHUNK).min(len)))
        .collect();
    let mut values = TextBuilder::with_capacity(len);
    let mut events = Vec::with_capacity(parts.len());
    let mut copied = Copied::of(column);
    for part in parts {
        for cell in part.cells {
            match cell {
                Cell::Missing => values.push_code(None),
                Cell::Of(code) => values.copy_code(&mut copied, code),
                Cell::Own(at) => values.push(part.own.get(at as usize)),
            }
        }
        events.push(part.events);
    }
    Column {
        name: policy.column.clone(),
        golden: values.finish(),
        events,
    }
}

fn columns<'a>(table: &'a Table, names: &[String]) -> Vec<&'a Text> {
    names.iter().filter_map(|name| table.column(name)).collect()
}

/// Values that records of more than one golden row hold.
fn shared_values<'a>(column: &'a Text, clusters: &Clusters) -> HashSet<&'a str> {
    let mut first: Vec<u32> = vec![u32::MAX; column.distinct()];
    let mut shared = HashSet::new();
    for (golden, rows) in (0_u32..).zip(clusters.iter()) {
        for code in rows.iter().filter_map(|&row| column.code(row as usize)) {
            let first = &mut first[code as usize];
            if *first == u32::MAX {
                *first = golden;
            } else if *first != golden {
                shared.insert(column.value(code));
            }
        }
    }
    shared
}

/// Values of the `through` columns that some record opted out, with its row.
fn opted_out<'a>(policy: &Policy, column: &Text, table: &'a Table) -> HashMap<&'a str, u32> {
    let mut out = HashMap::new();
    if !policy.strategies.contains(&Strategy::OptOut) {
        return out;
    }
    for through in columns(table, &policy.through) {
        for row in (0_u32..).take(table.rows()) {
            if column.get(row as usize) == Some("true") {
                for value in through.get(row as usize).into_iter().flat_map(parts_of) {
                    let first = out.entry(value).or_insert(row);
                    *first = row.min(*first);
                }
            }
        }
    }
    out
}

/// The values of a cell that holds several.
pub fn parts_of(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

struct Work<'a> {
    sources: &'a Sources<'a>,
    policy: &'a Policy,
    column: &'a Text,
    attested_by: Vec<&'a Text>,
    /// The column to agree with: of the records, and as merged.
    with: Option<(&'a Text, &'a Text)>,
    /// Columns whose losers are kept here: of the records, and as merged.
    collects: Vec<(&'a Text, &'a Text)>,
    through: Vec<&'a Text>,
    /// Merged columns whose values are not said again.
    apart_from: Vec<&'a Text>,
    /// Columns of the records that may hold the full form of a phone.
    spelled_in: Vec<&'a Text>,
    other_half: Option<&'a Text>,
    shared: Option<HashSet<&'a str>>,
    opted_out: HashMap<&'a str, u32>,
    trust_rank: &'a [u32],
}

impl<'a> Work<'a> {
    fn chunk(&self, start: usize, end: usize) -> Part {
        let mut part = Part {
            cells: Vec::with_capacity(end - start),
            own: Vec::new(),
            events: Events::new(),
        };
        let mut left = Vec::new();
        for golden in start..end {
            let rows = self.sources.clusters.of(golden);
            let strategies = &self.policy.strategies;
            if strategies.contains(&Strategy::OptOut) {
                self.opt_out(golden, rows, &mut part);
            } else if rows.len() == 1 && self.policy.same.is_none() {
                part.cell(self.column, rows[0]);
            } else if strategies.contains(&Strategy::Union) {
                self.union(golden, rows, &mut part);
            } else {
                self.one(golden, rows, &mut left, &mut part);
            }
        }
        part
    }

    fn one(&self, golden: usize, rows: &[u32], left: &mut Vec<Candidate<'a>>, part: &mut Part) {
        left.clear();
        left.extend(rows.iter().filter_map(|&row| {
            let value = self.column.get(row as usize)?;
            Some(Candidate {
                row,
                value,
                votes: 1,
                filled: self.sources.ranks.filled[row as usize],
            })
        }));
        if left.is_empty() {
            part.missing();
            return;
        }
        let said = self.said(golden);
        if let Some(same) = self.policy.same.filter(|_| !said.is_empty()) {
            left.retain(|c| !said.contains(&same.key(c.value, self.sources.emails)));
            if left.is_empty() {
                part.missing();
                self.all_lost(golden, rows, None, same.rule(), part);
                return;
            }
        }
        let differ = left.iter().any(|c| c.value != left[0].value);
        let mut marks: Vec<(u32, Avoid)> = Vec::new();
        let mut decided = None;
        if differ {
            if self.policy.avoid.contains(&Avoid::Misspelling) {
                spelling::count_votes(left, &self.attests(rows));
            } else {
                count_equal(left);
            }
            let context = Context {
                nicknames: self.sources.nicknames,
                emails: self.sources.emails,
                shared: self.shared.as_ref(),
                main_script: self.sources.main_script.get(golden).copied().flatten(),
                other_half: self.other_half.map_or_else(Vec::new, |half| {
                    rows.iter()
                        .filter_map(|&row| half.get(row as usize))
                        .collect()
                }),
            };
            let stepped = spelling::step_back(left, &self.policy.avoid, &context, |row, mark| {
                marks.push((row, mark));
            });
            decided = stepped.or(decided);
            // After the marks: an initial beside the golden family name is no whole name.
            if let Some((records, merged)) = self.with
                && let Some(golden_with) = merged.get(golden)
            {
                let agrees = |row: u32| records.get(row as usize).is_none_or(|v| v == golden_with);
                if left.iter().any(|c| agrees(c.row)) {
                    let before = left.len();
                    left.retain(|c| agrees(c.row));
                    if left.len() < before {
                        decided = Some("with");
                    }
                }
            }
        }
        let Some(mut choice) = survive::choose(
            left,
            self.policy,
            &self.policy.strategies,
            self.sources.ranks,
            self.trust_rank,
        ) else {
            part.missing();
            return;
        };
        if choice.rule == survive::AGREED && differ {
            choice.rule = decided.unwrap_or(survive::AGREED);
        }
        let mut value = self.column.get(choice.row as usize);
        if let Some((row, full)) = value.and_then(|value| self.full_form(rows, value)) {
            choice = Choice {
                row,
                rule: spelling::rule(Avoid::National),
            };
            value = Some(full);
            part.own(full);
        } else {
            part.cell(self.column, choice.row);
        }
        // A single record that keeps its own value has no event.
        if rows.len() > 1 || value != self.column.get(rows[0] as usize) {
            survived(part, golden, choice, &self.policy.column, value, "");
        }
        let value_key =
            std::cell::LazyCell::new(|| Some(self.policy.same?.key(value?, self.sources.emails)));
        for &row in rows {
            let own = self.column.get(row as usize);
            if own.is_none() || own == value {
                continue;
            }
            let why = marks
                .iter()
                .find(|(marked, _)| *marked == row)
                .map(|(_, mark)| spelling::reason(*mark))
                .or_else(|| {
                    let same = self.policy.same?;
                    let key = same.key(own?, self.sources.emails);
                    (said.contains(&key) || value_key.as_ref() == Some(&key)).then(|| same.reason())
                })
                .unwrap_or("");
            lost(
                part,
                golden,
                row,
                &self.policy.column,
                own,
                value,
                choice.rule,
                why,
            );
        }
    }

    /// Keys of what the golden record says in other columns already.
    fn said(&self, golden: usize) -> Vec<Key<'a>> {
        let Some(same) = self.policy.same else {
            return Vec::new();
        };
        self.apart_from
            .iter()
            .filter_map(|merged| merged.get(golden))
            .flat_map(parts_of)
            .map(|value| same.key(value, self.sources.emails))
            .collect()
    }

    /// The number with its country code, where some record of the person has it.
    fn full_form(&self, rows: &[u32], value: &str) -> Option<(u32, &'a str)> {
        let same = self.policy.same?;
        if self.spelled_in.is_empty() || !same.is_fuller("+", value) {
            return None;
        }
        let key = same.key(value, self.sources.emails);
        self.spelled_in.iter().find_map(|column| {
            rows.iter().find_map(|&row| {
                parts_of(column.get(row as usize)?)
                    .find(|other| {
                        same.is_fuller(other, value) && same.key(other, self.sources.emails) == key
                    })
                    .map(|full| (row, full))
            })
        })
    }

    /// `Lost` for each record whose value the golden one does not hold.
    fn all_lost(
        &self,
        golden: usize,
        rows: &[u32],
        value: Option<&str>,
        rule: &str,
        part: &mut Part,
    ) {
        let Some(same) = self.policy.same else { return };
        for &row in rows {
            let own = self.column.get(row as usize);
            let kept = own.is_some_and(|own| {
                parts_of(own)
                    .all(|one| value.is_some_and(|value| parts_of(value).any(|known| known == one)))
            });
            if !kept {
                lost(
                    part,
                    golden,
                    row,
                    &self.policy.column,
                    own,
                    value,
                    rule,
                    same.reason(),
                );
            }
        }
    }

    /// Local parts and the like that speak for a spelling, folded and tight.
    fn attests(&self, rows: &[u32]) -> Vec<String> {
        let mut all: Vec<String> = self
            .attested_by
            .iter()
            .flat_map(|column| rows.iter().filter_map(|&row| column.get(row as usize)))
            .flat_map(parts_of)
            .map(|value| {
                let local = value.split('@').next().unwrap_or(value);
                spelling::fold(local).replace(' ', "")
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    fn union(&self, golden: usize, rows: &[u32], part: &mut Part) {
        let mut list = List {
            same: self.policy.same,
            emails: self.sources.emails,
            said: self.said(golden),
            keys: Vec::new(),
            values: Vec::new(),
            dropped: false,
        };
        let mut first = None;
        for &row in rows {
            let Some(cell) = self.column.get(row as usize) else {
                continue;
            };
            for value in parts_of(cell) {
                if list.add(value) {
                    first = first.or(Some(row));
                }
            }
        }
        let winners: Vec<&str> = self
            .collects
            .iter()
            .filter_map(|(_, merged)| merged.get(golden))
            .collect();
        // The values of a single record are its golden ones: there are no losers.
        for &row in rows.iter().filter(|_| rows.len() > 1) {
            for (records, _) in &self.collects {
                if let Some(value) = records.get(row as usize)
                    && !winners.contains(&value)
                    && list.add(value)
                {
                    first = first.or(Some(row));
                }
            }
        }
        if rows.len() == 1 && !list.dropped {
            part.cell(self.column, rows[0]);
            return;
        }
        let same = self.policy.same.map_or("", Same::rule);
        let Some(first) = first else {
            part.missing();
            self.all_lost(golden, rows, None, same, part);
            return;
        };
        let value = list.values.join(";");
        let differ = rows
            .iter()
            .any(|&row| self.column.get(row as usize) != Some(value.as_str()));
        let rule = if differ {
            survive::name(Strategy::Union)
        } else {
            survive::AGREED
        };
        let holder = rows
            .iter()
            .find(|&&row| self.column.get(row as usize) == Some(value.as_str()));
        match holder {
            Some(&row) => part.cell(self.column, row),
            None => part.own(&value),
        }
        let choice = Choice { row: first, rule };
        survived(part, golden, choice, &self.policy.column, Some(&value), "");
        if list.dropped {
            self.all_lost(golden, rows, Some(&value), same, part);
        }
    }

    /// `true` over `false` over missing, and an opt-out of the same address counts.
    fn opt_out(&self, golden: usize, rows: &[u32], part: &mut Part) {
        let own = |wanted: &str| {
            rows.iter()
                .copied()
                .find(|&row| self.column.get(row as usize) == Some(wanted))
        };
        let foreign = || {
            rows.iter()
                .flat_map(|&row| self.through.iter().filter_map(move |t| t.get(row as usize)))
                .flat_map(parts_of)
                .filter_map(|value| self.opted_out.get(value).copied())
                .min()
        };
        let rule = survive::name(Strategy::OptOut);
        let (row, value, why) = if let Some(row) = own("true") {
            (row, "true", "")
        } else if let Some(row) = foreign() {
            (row, "true", "another record with this address opted out")
        } else if let Some(row) = own("false") {
            (row, "false", "")
        } else {
            // A value that is neither can't be read as a yes or a no: it is kept.
            let other = rows
                .iter()
                .find_map(|&row| Some((row, self.column.get(row as usize)?)));
            let Some((row, value)) = other else {
                part.missing();
                return;
            };
            (row, value, "")
        };
        if self.column.get(row as usize) == Some(value) {
            part.cell(self.column, row);
        } else {
            part.own(value);
        }
        if rows.len() == 1 && why.is_empty() {
            return;
        }
        let agreed = why.is_empty()
            && rows
                .iter()
                .all(|&row| self.column.get(row as usize).is_none_or(|v| v == value));
        let rule = if agreed { survive::AGREED } else { rule };
        survived(
            part,
            golden,
            Choice { row, rule },
            &self.policy.column,
            Some(value),
            why,
        );
        for &row in rows {
            lost(
                part,
                golden,
                row,
                &self.policy.column,
                self.column.get(row as usize),
                Some(value),
                rule,
                why,
            );
        }
    }
}

/// How many records hold each candidate's very value.
fn count_equal(candidates: &mut [Candidate<'_>]) {
    for at in 0..candidates.len() {
        let value = candidates[at].value;
        let votes = candidates
            .iter()
            .filter(|other| other.value == value)
            .count();
        candidates[at].votes = u32::try_from(votes).unwrap_or(u32::MAX);
    }
}

fn survived(
    part: &mut Part,
    golden: usize,
    choice: Choice,
    field: &str,
    value: Option<&str>,
    reason: &str,
) {
    push_survived(&mut part.events, golden, choice, field, value, reason);
}

/// The event for a golden value.
pub fn push_survived(
    events: &mut Events,
    golden: usize,
    choice: Choice,
    field: &str,
    value: Option<&str>,
    reason: &str,
) {
    events.push(Event {
        stage: Stage::Merge,
        kind: EventKind::Survived,
        record: Some(choice.row),
        golden: u32::try_from(golden).ok(),
        field,
        after: value,
        rule: choice.rule,
        reason,
        ..Event::default()
    });
}

#[allow(clippy::too_many_arguments)]
fn lost(
    part: &mut Part,
    golden: usize,
    row: u32,
    field: &str,
    value: Option<&str>,
    won: Option<&str>,
    rule: &str,
    reason: &str,
) {
    push_lost(
        &mut part.events,
        golden,
        row,
        field,
        value,
        won,
        rule,
        reason,
    );
}

/// The event for a record's value that is not the golden one; none when it is.
#[allow(clippy::too_many_arguments)]
pub fn push_lost(
    events: &mut Events,
    golden: usize,
    row: u32,
    field: &str,
    value: Option<&str>,
    won: Option<&str>,
    rule: &str,
    reason: &str,
) {
    if value.is_none() || value == won {
        return;
    }
    events.push(Event {
        stage: Stage::Merge,
        kind: EventKind::Lost,
        record: Some(row),
        golden: u32::try_from(golden).ok(),
        field,
        before: value,
        after: won,
        rule,
        reason,
        ..Event::default()
    });
}
