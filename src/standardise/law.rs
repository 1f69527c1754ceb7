//! The law of this stage: every raw value is in the standardised table as it was, or
//! an event of its record and field names it as `before`.

use hashbrown::HashSet;

use crate::contact::{Events, Records, Stage, Table};

/// A raw value that the law does not find.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LostValue {
    pub record: u32,
    pub field: String,
    pub value: String,
}

/// The values that are neither in `table` nor in `events`, in order of field and
/// row: none, or the stage has a fault.
#[must_use]
pub fn lost(records: &Records, table: &Table, events: &Events) -> Vec<LostValue> {
    let mut lost = Vec::new();
    // Only the cells that differ are looked for among the events.
    let mut wanted: HashSet<(u32, &str, &str), foldhash::fast::FixedState> = HashSet::default();
    for (field, raw) in records.table.iter() {
        let now = table.column(field);
        for (row, value) in raw.iter().enumerate() {
            let Some(value) = value else { continue };
            if now.and_then(|column| column.get(row)) != Some(value) {
                wanted.insert((u32::try_from(row).unwrap_or(u32::MAX), field, value));
            }
        }
    }
    for event in events.iter() {
        if let (Stage::Standardise, Some(record), Some(before)) =
            (event.stage, event.record, event.before)
        {
            wanted.remove(&(record, event.field, before));
        }
    }
    lost.extend(wanted.into_iter().map(|(record, field, value)| LostValue {
        record,
        field: field.to_owned(),
        value: value.to_owned(),
    }));
    lost.sort_by(|a, b| (&a.field, a.record).cmp(&(&b.field, b.record)));
    lost
}
