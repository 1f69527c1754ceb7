//! The previous run's xref and register: which golden id each record had.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::golden_ids::{Assigned, Before, IdChange};
use super::register::{Key, Register};
use crate::contact::{Records, Table, Text};
use crate::plan::Renames;

/// The columns of `xref` that golden ids are kept by, and the ids out of use.
#[derive(Clone, Debug, Default)]
pub struct PreviousXref {
    table: Table,
    pub register: Register,
    /// How many runs there were, it included.
    pub number: u64,
}

impl PreviousXref {
    /// Wraps a table with `source`, `record_id` and `golden_id`; `None` when one is missing.
    #[must_use]
    pub fn new(table: Table) -> Option<Self> {
        ["source", "record_id", "golden_id"]
            .iter()
            .all(|name| table.column(name).is_some())
            .then_some(Self {
                table,
                register: Register::default(),
                number: 1,
            })
    }

    /// Calls the sources by their names of today.
    pub fn rename(&mut self, renames: &Renames) {
        if renames.is_empty() {
            return;
        }
        if let Some(sources) = self.table.column("source") {
            let rows = 0..sources.len();
            let renamed = rows.map(|row| sources.get(row).map(|name| renames.today(name)));
            let renamed: Text = renamed.collect();
            self.table.set("source", renamed);
        }
        self.register.rename(renames);
    }

    /// How many records there were.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.table.rows()
    }

    /// Source and record id of a row.
    #[must_use]
    pub fn key(&self, row: usize) -> (&str, &str) {
        let text = |name| self.table.get(name, row).unwrap_or("");
        (text("source"), text("record_id"))
    }

    /// The golden id of each row; missing when it was held out.
    #[must_use]
    pub fn golden_ids(&self) -> Option<&Text> {
        self.table.column("golden_id")
    }

    /// For each record its row here.
    #[must_use]
    pub fn rows_of(&self, records: &Records) -> Vec<Option<u32>> {
        let (Some(sources), Some(ids)) =
            (self.table.column("source"), self.table.column("record_id"))
        else {
            return vec![None; records.rows()];
        };
        let here = |row: usize| (text(sources, row), text(ids, row));
        join(self.rows(), here, records.rows(), |row| {
            (records.source(row).name.as_str(), records.id(row))
        })
    }

    /// The ids that records had: of the run before, and of those out of use.
    #[must_use]
    pub fn before(&self, records: &Records) -> Before {
        let Some(golden_ids) = self.golden_ids() else {
            return Before {
                had: vec![None; records.rows()],
                ..Before::default()
            };
        };
        let mut before = Before::default();
        // By the column's code: equal codes are equal ids.
        let mut known: Vec<Option<u32>> = vec![None; golden_ids.distinct()];
        for code in (0..golden_ids.len()).filter_map(|row| golden_ids.code(row)) {
            known[code as usize].get_or_insert_with(|| {
                before.ids.push(golden_ids.value(code).to_owned());
                u32::try_from(before.ids.len() - 1).unwrap_or(u32::MAX)
            });
        }
        before.live = before.ids.len();
        before.had = self
            .rows_of(records)
            .into_iter()
            .map(|row| golden_ids.code(row? as usize))
            .map(|code| known[code? as usize])
            .collect();
        self.add_retired(&mut before, records);
        before.parent = self.parents(&before);
        before
    }

    /// Records without an id that had one before it went out of use.
    fn add_retired(&self, before: &mut Before, records: &Records) {
        let mut last: HashMap<(&str, &str), u32> = HashMap::new();
        for (id, keys) in self.register.retired() {
            let at = u32::try_from(before.ids.len()).unwrap_or(u32::MAX);
            before.ids.push(id.to_owned());
            for (source, record_id) in keys {
                last.insert((source, record_id), at);
            }
        }
        if last.is_empty() {
            return;
        }
        for (row, had) in before.had.iter_mut().enumerate() {
            if had.is_none() {
                let key = (records.source(row).name.as_str(), records.id(row));
                *had = last.get(&key).copied();
            }
        }
    }

    fn parents(&self, before: &Before) -> Vec<Option<u32>> {
        let split: Vec<(usize, &str)> = before
            .ids
            .iter()
            .enumerate()
            .take(before.live)
            .filter_map(|(at, id)| Some((at, self.register.parent(id)?)))
            .collect();
        if split.is_empty() {
            return Vec::new();
        }
        let places: HashMap<&str, u32> = before.ids.iter().map(String::as_str).zip(0..).collect();
        let mut parents = vec![None; before.ids.len()];
        for (at, parent) in split {
            parents[at] = places.get(parent).copied();
        }
        parents
    }

    /// The register after a run that gave these ids.
    #[must_use]
    pub fn register_after(&self, assigned: &Assigned) -> Register {
        let mut gone: BTreeMap<&str, Vec<Key>> = assigned
            .changes
            .iter()
            .filter_map(|change| match change {
                IdChange::Retired { from } => Some((from.as_str(), Vec::new())),
                _ => None,
            })
            .collect();
        if let Some(ids) = self.golden_ids().filter(|_| !gone.is_empty()) {
            let retired: Vec<bool> = ids
                .distinct_values()
                .map(|id| gone.contains_key(id))
                .collect();
            for row in 0..self.rows() {
                let Some(code) = ids.code(row).filter(|code| retired[*code as usize]) else {
                    continue;
                };
                let (source, record_id) = self.key(row);
                if let Some(keys) = gone.get_mut(ids.value(code)) {
                    keys.push((source.to_owned(), record_id.to_owned()));
                }
            }
        }
        self.register.after(assigned, self.number + 1, |id| {
            gone.get(id).cloned().unwrap_or_default()
        })
    }
}

/// For each row of the second list the row of the first with the same key. Both are
/// nearly in one order, so that most rows are found by going along; what is not, by hash.
pub fn join<'k>(
    firsts: usize,
    first: impl Fn(usize) -> (&'k str, &'k str),
    seconds: usize,
    second: impl Fn(usize) -> (&'k str, &'k str),
) -> Vec<Option<u32>> {
    let mut found: Vec<Option<u32>> = vec![None; seconds];
    let mut passed: Vec<u32> = Vec::new();
    let mut at = 0;
    for (row, slot) in found.iter_mut().enumerate() {
        let key = second(row);
        while at < firsts && first(at) < key {
            passed.push(u32::try_from(at).unwrap_or(u32::MAX));
            at += 1;
        }
        if at < firsts && first(at) == key {
            *slot = u32::try_from(at).ok();
            at += 1;
        }
    }
    passed.extend((0_u32..).take(firsts).skip(at));
    // A row that was passed by can only be found again where one list is out of order.
    if !passed.is_empty() && found.iter().any(Option::is_none) {
        let by_key: HashMap<(&str, &str), u32> = passed
            .into_iter()
            .map(|row| (first(row as usize), row))
            .collect();
        for (row, slot) in found.iter_mut().enumerate() {
            if slot.is_none() {
                *slot = by_key.get(&second(row)).copied();
            }
        }
    }
    found
}

fn text(column: &Text, row: usize) -> &str {
    column.get(row).unwrap_or("")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_found_in_order_and_out_of_order() {
        let first = ["a", "c", "b", "d", "z"];
        let second = ["b", "a", "d", "e", "c"];
        let found = join(
            first.len(),
            |at| ("s", first[at]),
            second.len(),
            |at| ("s", second[at]),
        );
        assert_eq!(found, [Some(2), Some(0), Some(3), None, Some(1)]);
    }
}
