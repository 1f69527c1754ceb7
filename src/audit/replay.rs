//! The golden set again, from nothing but the raw records and the audit log.
//!
//! In: the records as mapped, the events. Out: the canonical and the golden table.
//! Per record and field the events apply in order and the last `after` holds; a
//! golden value is its `Survived` event's, or the only record's own that did not lose.

use super::index::{FieldEvents, Index, last_by};
use crate::contact::{Events, Records, Table, Text};
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
        let mut lists: Vec<Vec<u32>> = vec![Vec::new(); names.len()];
        let mut confidence: Vec<Option<&str>> = vec![None; names.len()];
        for &at in &index.merged {
            let event = events.get(at as usize);
            let (Some(golden), Some(record)) = (event.golden, event.record) else {
                return Err(format!("event {at} merges nothing"));
            };
            let Some(list) = lists.get_mut(golden as usize) else {
                return Err(format!(
                    "event {at} merges into a golden record without a name"
                ));
            };
            list.push(record);
            let lowest = &mut confidence[golden as usize];
            let number = |text: Option<&str>| text.and_then(|t| t.parse::<f64>().ok());
            if lowest.is_none() || number(event.after) < number(*lowest) {
                *lowest = event.after;
            }
        }
        for (list, (_, record, _)) in lists.iter_mut().zip(&names) {
            if list.is_empty() {
                list.push(*record);
            }
            list.sort_unstable();
        }
        Ok(Self {
            records,
            events,
            index,
            clusters: Clusters::from_lists(lists),
            golden_ids: names.into_iter().map(|(_, _, id)| id).collect(),
            confidence,
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
            self.confidence[golden].unwrap_or("").to_owned()
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
