//! The golden set again, from nothing but the raw records and the audit log.
//!
//! In: the records as mapped, the events. Out: the canonical and the golden table.
//! Per record and field the events apply in order and the last `after` holds; a
//! golden value is its `Survived` event's, or the only record's own that did not lose.

use super::index::{FieldEvents, Index, last_by};
use crate::contact::events::Against;
use crate::contact::{Alike, Events, Records, Table, Text};
use crate::merge::{self, Clusters};
use crate::rulebook::Rulebook;

/// Replays a run's events over its raw records.
pub struct Replay<'a> {
    records: &'a Records,
    events: &'a Events,
    index: &'a Index<'a>,
    /// Golden row → its records.
    pub clusters: Clusters,
    pub golden_ids: Vec<&'a str>,
    confidence: Vec<Option<&'a str>>,
}

/// A replayed canonical column, cell by cell.
pub struct Canonical<'r> {
    pub raw: Option<&'r Text>,
    /// By row the event that holds, plus one; 0 for none. Empty when there is none.
    last: Vec<u32>,
    rows: usize,
    events: &'r Events,
}

impl<'r> Canonical<'r> {
    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Whether every cell is the raw one.
    #[must_use]
    pub fn is_raw(&self) -> bool {
        self.last.is_empty()
    }

    #[must_use]
    pub fn get(&self, row: usize) -> Option<&'r str> {
        match self.last.get(row).copied().unwrap_or(0) {
            0 => self.raw.and_then(|raw| raw.get(row)),
            at => self.events.after(at as usize - 1),
        }
    }
}

/// A replayed canonical column beside one that a run made.
pub struct Beside<'r> {
    replayed: &'r Canonical<'r>,
    raw: Alike<'r>,
    told: Against<'r>,
}

impl<'r> Canonical<'r> {
    /// For comparing with a column of the run.
    #[must_use]
    pub fn beside(&'r self, made: Option<&'r Text>) -> Beside<'r> {
        Beside {
            replayed: self,
            raw: Alike::of(self.raw, made),
            told: self.events.against(made),
        }
    }
}

impl Beside<'_> {
    /// Whether the replayed cell of `row` is the made one of `other`.
    pub fn is(&mut self, row: usize, other: usize) -> bool {
        match self.replayed.last.get(row).copied().unwrap_or(0) {
            0 => self.raw.are(row, other),
            at => self.told.after_is(at as usize - 1, other),
        }
    }
}

/// A replayed golden column, cell by cell.
pub struct Golden<'r> {
    canonical: &'r Canonical<'r>,
    clusters: &'r Clusters,
    last: Vec<u32>,
    gone: Vec<bool>,
}

impl<'r> Golden<'r> {
    #[must_use]
    pub fn rows(&self) -> usize {
        self.last.len()
    }

    #[must_use]
    pub fn get(&self, golden: usize) -> Option<&'r str> {
        match (self.last[golden], self.clusters.of(golden)) {
            (0, _) if self.gone.get(golden) == Some(&true) => None,
            (0, [row]) if (*row as usize) < self.canonical.rows() => {
                self.canonical.get(*row as usize)
            }
            (0, _) => None,
            (at, _) => self.canonical.events.after(at as usize - 1),
        }
    }
}

/// A replayed golden column beside the one that a run made.
pub struct GoldenBeside<'r> {
    replayed: &'r Golden<'r>,
    made: Option<&'r Text>,
    single: Beside<'r>,
}

impl<'r> Golden<'r> {
    /// For comparing with a column of the run.
    #[must_use]
    pub fn beside(&'r self, made: Option<&'r Text>) -> GoldenBeside<'r> {
        GoldenBeside {
            replayed: self,
            made,
            single: self.canonical.beside(made),
        }
    }
}

impl GoldenBeside<'_> {
    /// Whether the replayed golden value is the made one.
    pub fn is(&mut self, golden: usize) -> bool {
        let replayed = self.replayed;
        let is_missing = || self.made.is_none_or(|made| made.code(golden).is_none());
        match (replayed.last[golden], replayed.clusters.of(golden)) {
            (0, _) if replayed.gone.get(golden) == Some(&true) => is_missing(),
            (0, [row]) if (*row as usize) < replayed.canonical.rows() => {
                self.single.is(*row as usize, golden)
            }
            (0, _) => is_missing(),
            (at, _) => self.single.told.after_is(at as usize - 1, golden),
        }
    }
}

static NONE: FieldEvents = FieldEvents {
    changes: Vec::new(),
    moved: Vec::new(),
    survived: Vec::new(),
    lost: Vec::new(),
};

impl<'a> Replay<'a> {
    /// Reads who is who from the events.
    ///
    /// # Errors
    /// What does not fit together, in words.
    pub fn new(
        records: &'a Records,
        events: &'a Events,
        index: &'a Index<'a>,
    ) -> Result<Self, String> {
        let mut names: Vec<(u32, u32, &str)> = Vec::new();
        for &at in &index.golden_ids {
            let event = events.get(at as usize);
            if merge::names_golden(event.rule) {
                let (Some(golden), Some(record), Some(id)) =
                    (event.golden, event.record, event.after)
                else {
                    return Err(format!("event {at} names a golden record by halves"));
                };
                names.push((golden, record, id));
            }
        }
        names.sort_unstable();
        if let Some((place, _)) = names.iter().enumerate().find(|(at, n)| *at != n.0 as usize) {
            return Err(format!(
                "golden row {place} has no event, or two, that name it"
            ));
        }
        let mut members: Vec<(u32, u32)> = Vec::with_capacity(records.rows());
        let mut confidence: Vec<(f64, Option<&str>)> = vec![(f64::NAN, None); names.len()];
        for &at in &index.merged {
            let event = events.get(at as usize);
            let (Some(golden), Some(record)) = (event.golden, event.record) else {
                return Err(format!("event {at} merges nothing"));
            };
            let Some((lowest, text)) = confidence.get_mut(golden as usize) else {
                return Err(format!(
                    "event {at} merges into a golden record without a name"
                ));
            };
            members.push((golden, record));
            if text.is_none() || event.after != *text {
                let own = event.after.and_then(|text| text.parse().ok());
                let own = own.unwrap_or(f64::NAN);
                // No number is below every number, as none is below some.
                if text.is_none() || own < *lowest || (own.is_nan() && !lowest.is_nan()) {
                    (*lowest, *text) = (own, event.after);
                }
            }
        }
        let mut is_merged = vec![false; names.len()];
        for (golden, _) in &members {
            is_merged[*golden as usize] = true;
        }
        let single = names
            .iter()
            .filter(|(golden, ..)| !is_merged[*golden as usize]);
        members.extend(single.map(|(golden, record, _)| (*golden, *record)));
        members.sort_unstable();
        Ok(Self {
            records,
            events,
            index,
            clusters: Clusters::from_sorted(&members, names.len()),
            golden_ids: names.into_iter().map(|(_, _, id)| id).collect(),
            confidence: confidence.into_iter().map(|(_, text)| text).collect(),
        })
    }

    /// A column of the canonical table.
    #[must_use]
    pub fn canonical(&self, column: &str) -> Canonical<'_> {
        let rows = self.records.rows();
        let changes = &self.field(column).changes;
        Canonical {
            raw: self.records.table.column(column),
            last: if changes.is_empty() {
                Vec::new()
            } else {
                last_by(rows, changes, |at| self.events.record(at as usize))
            },
            rows,
            events: self.events,
        }
    }

    /// A column of the golden table, from the canonical one.
    #[must_use]
    pub fn golden<'r>(&'r self, column: &str, canonical: &'r Canonical<'r>) -> Golden<'r> {
        let survived = &self.field(column).survived;
        let last = last_by(self.clusters.len(), survived, |at| {
            self.events.golden(at as usize)
        });
        // A single record's value that lost and left none: it stands in another field.
        let lost = &self.field(column).lost;
        let mut gone = vec![false; if lost.is_empty() { 0 } else { last.len() }];
        for golden in lost
            .iter()
            .filter_map(|&at| self.events.golden(at as usize))
        {
            if let Some(slot) = gone.get_mut(golden as usize) {
                *slot = true;
            }
        }
        Golden {
            canonical,
            clusters: &self.clusters,
            last,
            gone,
        }
    }

    /// The golden values of a column that the events tell by themselves: the golden row,
    /// and its value or that it has none.
    #[must_use]
    pub fn told(&self, column: &str) -> Vec<(usize, Option<&'a str>)> {
        let own = self.field(column);
        let survived = last_by(self.clusters.len(), &own.survived, |at| {
            self.events.golden(at as usize)
        });
        let changed = last_by(self.records.rows(), &own.changes, |at| {
            self.events.record(at as usize)
        });
        let lost: std::collections::BTreeSet<u32> = own
            .lost
            .iter()
            .filter_map(|&at| self.events.golden(at as usize))
            .collect();
        let value = |at: u32| self.events.after(at as usize - 1);
        let mut told = Vec::new();
        for (golden, rows) in (0_u32..).zip(self.clusters.iter()) {
            let at = golden as usize;
            match (survived[at], rows) {
                (0, _) if lost.contains(&golden) => told.push((at, None)),
                (0, [row]) => match changed.get(*row as usize).copied().unwrap_or(0) {
                    0 => {}
                    change => told.push((at, value(change))),
                },
                (0, _) => {}
                (event, _) => told.push((at, value(event))),
            }
        }
        told
    }

    /// The columns that count sources and records and say how sure the merge is.
    #[must_use]
    pub fn counts(&self) -> [(&'static str, Text); 3] {
        merge::counts(self.records, &self.clusters, |golden| {
            self.confidence[golden].unwrap_or("")
        })
    }

    /// The whole golden table, in the order that `merge` gives it.
    #[must_use]
    pub fn golden_table(&self, rulebook: &Rulebook) -> Table {
        let names = merge::golden_columns(&self.records.table, rulebook);
        let mut table = Table::new(self.clusters.len());
        let is_field = |name: &str| rulebook.fields().get(name).is_some();
        let add = |table: &mut Table, name: &str| {
            let canonical = self.canonical(name);
            let golden = self.golden(name, &canonical);
            let cells = (0..golden.rows()).map(|row| golden.get(row));
            table.set(name, cells.collect());
        };
        for name in names.iter().filter(|name| is_field(name)) {
            add(&mut table, name);
        }
        for (name, column) in self.counts() {
            table.set(name, column);
        }
        for name in names.iter().filter(|name| !is_field(name)) {
            add(&mut table, name);
        }
        table
    }

    fn field(&self, name: &str) -> &FieldEvents {
        self.index.fields.get(name).unwrap_or(&NONE)
    }
}
