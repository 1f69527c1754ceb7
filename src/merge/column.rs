//! One column of the golden table: a value for each golden row, and its events.
//!
//! A golden row of one record takes the record's value and has no events. A row of
//! several has one `Survived` event for its value and one `Lost` event for each
//! record's differing value.

use hashbrown::HashSet;
use rayon::prelude::*;

use super::clusters::Clusters;
use super::policy::{Avoid, Policy};
use super::proof::{Part, Value, joined};
use super::ranks::Ranks;
use super::same::Key;
use super::spelling::{self, Context, Nicknames, Script, counted};
use super::survive::{self, Candidate, Choice};
use super::union::parts_of;
use super::{opt_out, phones};
use crate::contact::{Events, Table, Text};
use crate::plan::Strategy;
use crate::standardise::email::EmailRules;

/// Golden rows worked on together; small enough to share out, large enough to amortise.
pub(super) const CHUNK: usize = 8192;

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
    let opted_out = opt_out::OptedOut::of(policy, column, sources.table);
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
        apart_from: policy
            .apart_from
            .iter()
            .filter_map(|from| done.column(from))
            .collect(),
        spelled_in: columns(sources.table, &policy.spelled_in),
        country: policy.region.as_ref().and_then(|name| done.column(name)),
        other_half: policy
            .other_half
            .as_ref()
            .and_then(|name| sources.table.column(name)),
        shared,
        opted_out,
        trust_rank,
        full: Vec::new(),
    };
    let full = work.full_forms();
    let work = Work { full, ..work };
    let len = sources.clusters.len();
    let starts: Vec<usize> = (0..len).step_by(CHUNK).collect();
    let parts: Vec<Part<'_>> = starts
        .into_par_iter()
        .map(|start| work.chunk(start, (start + CHUNK).min(len)))
        .collect();
    let (golden, events) = joined(column, parts, len);
    Column {
        name: policy.column.clone(),
        golden,
        events,
    }
}

/// Golden rows whose texts are fetched together.
const FETCHED: usize = 256;

pub(super) fn columns<'a>(table: &'a Table, names: &[String]) -> Vec<&'a Text> {
    names.iter().filter_map(|name| table.column(name)).collect()
}

/// Values that records of more than one golden row hold.
fn shared_values<'a>(column: &'a Text, clusters: &Clusters) -> HashSet<&'a str> {
    let mut first: Vec<u32> = vec![u32::MAX; column.distinct()];
    let mut shared = HashSet::new();
    for start in (0..clusters.len()).step_by(CHUNK) {
        let end = clusters.len().min(start + CHUNK);
        // Records stand anywhere: the waits for their codes overlap.
        let codes = column.codes_of(clusters.between(start, end));
        let mut codes = codes.as_slice();
        for golden in start..end {
            let (cells, behind) = Cells::first(clusters.of(golden), codes);
            codes = behind;
            let golden = u32::try_from(golden).unwrap_or(u32::MAX);
            for (_, code) in cells.filled() {
                let first = &mut first[code as usize];
                if *first == u32::MAX {
                    *first = golden;
                } else if *first != golden {
                    shared.insert(column.value(code));
                }
            }
        }
    }
    shared
}

/// The records of a golden row and their cells of a column.
#[derive(Clone, Copy)]
pub(super) struct Cells<'c> {
    pub(super) rows: &'c [u32],
    /// Codes plus one; 0 for a missing cell.
    codes: &'c [u32],
}

impl<'c> Cells<'c> {
    /// The cells of the first records of `codes`, and the codes behind them.
    pub(super) fn first(rows: &'c [u32], codes: &'c [u32]) -> (Self, &'c [u32]) {
        let (codes, behind) = codes.split_at(rows.len());
        (Self { rows, codes }, behind)
    }

    pub(super) fn code(self, at: usize) -> Option<u32> {
        self.codes.get(at)?.checked_sub(1)
    }

    /// Whether two records have different values.
    fn differ(self) -> bool {
        let mut codes = self.filled().map(|(_, code)| code);
        let first = codes.next();
        codes.any(|code| Some(code) != first)
    }

    /// Row and code of each record that has a value.
    pub(super) fn filled(self) -> impl Iterator<Item = (u32, u32)> + 'c {
        let cells = self.rows.iter().zip(self.codes);
        cells.filter_map(|(&row, code)| Some((row, code.checked_sub(1)?)))
    }
}

/// What the golden values of one column are worked out from.
pub(super) struct Work<'a> {
    pub(super) sources: &'a Sources<'a>,
    pub(super) policy: &'a Policy,
    pub(super) column: &'a Text,
    pub(super) attested_by: Vec<&'a Text>,
    /// The column to agree with: of the records, and as merged.
    pub(super) with: Option<(&'a Text, &'a Text)>,
    /// Columns whose losers are kept here: of the records, and as merged.
    pub(super) collects: Vec<(&'a Text, &'a Text)>,
    /// Merged columns whose values are not said again.
    pub(super) apart_from: Vec<&'a Text>,
    /// Columns of the records that may hold the full form of a phone.
    pub(super) spelled_in: Vec<&'a Text>,
    /// The golden countries, for numbers without a country code.
    pub(super) country: Option<&'a Text>,
    pub(super) other_half: Option<&'a Text>,
    pub(super) shared: Option<HashSet<&'a str>>,
    pub(super) opted_out: opt_out::OptedOut<'a>,
    pub(super) trust_rank: &'a [u32],
    /// By code, whether the value is in its full form; empty where no value has another.
    full: Vec<bool>,
}

impl<'a> Work<'a> {
    fn chunk(&self, start: usize, end: usize) -> Part<'_> {
        let mut left = Vec::new();
        let clusters = self.sources.clusters;
        // The records of golden rows stand anywhere in the table: here the waits overlap.
        let codes = self.column.codes_of(clusters.between(start, end));
        let filled = codes.iter().any(|code| *code != 0);
        let several = if filled {
            clusters.several(start, end)
        } else {
            0
        };
        let mut part = Part::new(&self.policy.column, self.column, end - start, several);
        let elsewhere = !self.collects.is_empty() || self.opted_out.is_through();
        if !elsewhere && !filled {
            (start..end).for_each(|_| part.missing());
            return part;
        }
        let strategies = &self.policy.strategies;
        let opt_out = strategies.contains(&Strategy::OptOut);
        let union = strategies.contains(&Strategy::Union);
        let mut ahead = codes.as_slice();
        let mut codes = codes.as_slice();
        let mut differing = Vec::new();
        for golden in start..end {
            if (golden - start).is_multiple_of(FETCHED) {
                // So do the texts, which are looked at where they differ.
                let block = golden..end.min(golden + FETCHED);
                differing.clear();
                for golden in block.clone() {
                    let (cells, behind) = Cells::first(clusters.of(golden), ahead);
                    ahead = behind;
                    if cells.differ() {
                        differing.extend(cells.filled().map(|(_, code)| code));
                    }
                }
                if union {
                    let several = block.map(|golden| clusters.of(golden));
                    let several = several.filter(|rows| rows.len() > 1).flatten();
                    let rows: Vec<u32> = several.copied().collect();
                    self.collects
                        .iter()
                        .for_each(|(column, _)| column.fetch_rows(&rows));
                }
                self.column.fetch_codes(&differing);
            }
            let rows = clusters.of(golden);
            let (cells, behind) = Cells::first(rows, codes);
            codes = behind;
            if opt_out {
                self.opt_out(golden, cells, &mut part);
            } else if rows.len() == 1 && self.policy.same.is_none() {
                part.cell(cells.code(0));
            } else if union {
                self.union(golden, cells, &mut part);
            } else if !self.agreed(golden, cells, &mut part) {
                self.one(golden, cells, &mut left, &mut part);
            }
        }
        part
    }

    /// The golden value of records that all have the same one or none, told without
    /// touching a text. `false` where texts matter.
    fn agreed(&self, golden: usize, cells: Cells<'_>, part: &mut Part<'_>) -> bool {
        let Some((_, code)) = cells.filled().next() else {
            part.missing();
            return true;
        };
        if cells.differ() {
            return false;
        }
        let said = || self.apart_from.iter().any(|of| of.code(golden).is_some());
        let full = self.full.get(code as usize).copied().unwrap_or(true);
        if !full || (self.policy.same.is_some() && said()) {
            return false;
        }
        part.cell(Some(code));
        if cells.rows.len() > 1 {
            let row = survive::row_of_equals(
                cells.filled().map(|(row, _)| row),
                self.policy,
                &self.policy.strategies,
                self.sources.ranks,
                self.trust_rank,
            );
            let choice = Choice {
                row,
                rule: survive::AGREED,
            };
            part.survived(golden, choice, Some(Value::Of(code)), "");
        }
        true
    }

    fn one(
        &self,
        golden: usize,
        cells: Cells<'_>,
        left: &mut Vec<Candidate<'a>>,
        part: &mut Part<'_>,
    ) {
        let rows = cells.rows;
        left.clear();
        left.extend(cells.filled().map(|(row, code)| Candidate {
            row,
            value: self.column.value(code),
            votes: 1,
            filled: self.sources.ranks.filled[row as usize],
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
                let why = (same.rule(), same.reason());
                self.all_lost(golden, cells, None, why, part);
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
            marks.sort_unstable_by_key(|(row, _)| *row);
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
        let chosen = self.column.get(choice.row as usize);
        let mut reason = "";
        let coded;
        let mut value = self.column.code(choice.row as usize).map(Value::Of);
        if let Some((row, full)) = chosen.and_then(|value| self.full_form(rows, value)) {
            choice = Choice {
                row,
                rule: spelling::rule(Avoid::National),
            };
            value = Some(Value::at(self.column, row, full));
        } else if let Some(number) = chosen.and_then(|value| self.with_country_code(golden, value))
        {
            choice.rule = phones::RULE;
            reason = phones::REASON;
            coded = number;
            value = Some(Value::at(self.column, choice.row, &coded));
        }
        match value {
            Some(value) => part.value(value),
            None => part.missing(),
        }
        let text = value.map(|value| value.text(self.column));
        let value_key =
            std::cell::LazyCell::new(|| Some(self.policy.same?.key(text?, self.sources.emails)));
        let is_golden = |code: u32| match value {
            Some(Value::Of(golden)) => golden == code,
            _ => text == Some(self.column.value(code)),
        };
        // A single record that keeps its own value has no event.
        let kept = rows.len() == 1 && cells.code(0).is_some_and(is_golden);
        if !kept {
            part.survived(golden, choice, value, reason);
        }
        for (row, code) in cells.filled().filter(|(_, code)| !is_golden(*code)) {
            let why = marks
                .binary_search_by_key(&row, |(marked, _)| *marked)
                .ok()
                .map(|at| spelling::reason(marks[at].1))
                .or_else(|| {
                    let same = self.policy.same?;
                    let key = same.key(self.column.value(code), self.sources.emails);
                    (said.contains(&key) || value_key.as_ref() == Some(&key)).then(|| {
                        if reason.is_empty() {
                            same.reason()
                        } else {
                            reason
                        }
                    })
                })
                .unwrap_or("");
            part.lost(golden, row, code, value, (choice.rule, why));
        }
    }

    /// Which values can have no fuller form; empty where none can have one.
    fn full_forms(&self) -> Vec<bool> {
        if self.spelled_in.is_empty() && self.country.is_none() {
            return Vec::new();
        }
        let values = self.column.distinct_values();
        values.map(|value| value.starts_with('+')).collect()
    }

    /// Keys of what the golden record says in other columns already.
    pub(super) fn said(&self, golden: usize) -> Vec<Key<'a>> {
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

    /// Local parts and the like that speak for a spelling, folded and tight.
    fn attests(&self, rows: &[u32]) -> Vec<String> {
        let mut all: Vec<String> = self
            .attested_by
            .iter()
            .flat_map(|column| rows.iter().filter_map(|&row| column.get(row as usize)))
            .flat_map(parts_of)
            .map(|value| {
                let local = value.split('@').next().unwrap_or(value);
                let mut folded = spelling::fold(local);
                folded.retain(|c| c != ' ');
                folded
            })
            .collect();
        all.sort_unstable();
        all.dedup();
        all
    }
}

/// How many records hold each candidate's very value.
fn count_equal(candidates: &mut [Candidate<'_>]) {
    let counts = counted(candidates.iter().map(|candidate| candidate.value));
    for (candidate, count) in candidates.iter_mut().zip(counts) {
        candidate.votes = count;
    }
}
