//! The previous run's xref: which golden id each record had.

use hashbrown::HashMap;

use crate::contact::{Records, Table, Text};

/// The columns of `xref` that golden ids are kept by.
#[derive(Clone, Debug, Default)]
pub struct PreviousXref {
    table: Table,
}

impl PreviousXref {
    /// Wraps a table with `source`, `record_id` and `golden_id`; `None` when one is missing.
    #[must_use]
    pub fn new(table: Table) -> Option<Self> {
        ["source", "record_id", "golden_id"]
            .iter()
            .all(|name| table.column(name).is_some())
            .then_some(Self { table })
    }

    /// How many golden records the previous run had.
    #[must_use]
    pub fn golden_records(&self) -> usize {
        let ids: Option<hashbrown::HashSet<&str>> = self
            .table
            .column("golden_id")
            .map(|ids| ids.iter().flatten().collect());
        ids.map_or(0, |ids| ids.len())
    }

    /// For each record the index of its previous id in the second list, and the ids,
    /// in the order of the previous xref.
    #[must_use]
    pub fn of_records(&self, records: &Records) -> (Vec<Option<u32>>, Vec<String>) {
        let column = |name: &str| self.table.column(name);
        let (Some(sources), Some(record_ids), Some(golden_ids)) =
            (column("source"), column("record_id"), column("golden_id"))
        else {
            return (vec![None; records.rows()], Vec::new());
        };
        let mut ids: Vec<String> = Vec::new();
        let mut known: HashMap<&str, u32> = HashMap::new();
        let mut of_key: HashMap<(&str, &str), u32> = HashMap::with_capacity(self.table.rows());
        for row in 0..self.table.rows() {
            let Some(id) = golden_ids.get(row) else {
                continue;
            };
            let at = *known.entry(id).or_insert_with(|| {
                ids.push(id.to_owned());
                u32::try_from(ids.len() - 1).unwrap_or(u32::MAX)
            });
            let key = (text(sources, row), text(record_ids, row));
            of_key.insert(key, at);
        }
        let before = (0..records.rows())
            .map(|row| {
                let key = (records.source(row).name.as_str(), records.id(row));
                of_key.get(&key).copied()
            })
            .collect();
        (before, ids)
    }
}

fn text(column: &Text, row: usize) -> &str {
    column.get(row).unwrap_or("")
}
