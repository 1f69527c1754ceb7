//! The audit log as columns of `audit.parquet`: texts by the numbers that events have.

use super::parquet::{Cells, Column};
use crate::audit::columns::COLUMNS;
use crate::audit::order::Order;
use crate::contact::{EventKind, Events, Records, Stage};
use crate::merge::Merged;

/// The columns of [`COLUMNS`], in that order. An event from before the merge carries the
/// golden id that its record got later, so that one query by golden id shows everything.
/// The rows are in `order`, and `seq` numbers them.
pub fn columns<'a>(
    events: &'a Events,
    order: &'a Order,
    records: &'a Records,
    merged: &'a Merged,
) -> Vec<Column<'a>> {
    let weighted = events.weighted_kinds();
    let at = move |row: usize| order.events[row] as usize;
    let row_of = move |at: usize| {
        let row = events.record(at)? as usize;
        (row < records.rows()).then_some(row)
    };
    let golden_of = move |at: usize| {
        let later = || merged.golden_of.get(row_of(at)?).copied().flatten();
        let row = events.golden(at).or_else(later)?;
        ((row as usize) < merged.golden_ids.len()).then_some(row)
    };
    let words = events.words();
    let word = move |name: &str, place: usize| {
        Column::texts(
            name,
            words.len(),
            |number| words[number as usize].as_str(),
            move |row| {
                let number = events.texts(at(row))[place];
                (!words[number as usize].is_empty()).then_some(number)
            },
        )
    };
    let ids = records.record_id.as_ref();
    let column = |name: &str| -> Column<'a> {
        match name {
            "seq" => Column {
                name: name.to_owned(),
                cells: Cells::Integers(Box::new(|row| i64::try_from(row).ok())),
            },
            "stage" => Column::texts(
                name,
                Stage::ALL.len(),
                |number| Stage::ALL[number as usize].name(),
                move |row| Some(events.about(at(row)).0 as u32),
            ),
            "kind" => Column::texts(
                name,
                EventKind::ALL.len(),
                |number| EventKind::ALL[number as usize].name(),
                move |row| Some(events.about(at(row)).1 as u32),
            ),
            "source" => Column::texts(
                name,
                records.sources.len(),
                |number| records.sources[number as usize].name.as_str(),
                move |row| row_of(at(row)).map(|row| u32::from(records.origin[row].source)),
            ),
            "record_id" => Column::texts(
                name,
                ids.map_or(0, |ids| ids.distinct()),
                move |number| ids.map_or("", |ids| ids.value(number)),
                move |row| ids?.code(row_of(at(row))?),
            ),
            "golden_id" => Column::texts(
                name,
                merged.golden_ids.len(),
                |number| merged.golden_ids[number as usize].as_str(),
                move |row| golden_of(at(row)),
            ),
            "field" => word(name, 0),
            "before" => Column::texts(
                name,
                events.values(),
                |number| events.value(number),
                move |row| events.before_number(at(row)),
            ),
            "after" => Column::texts(
                name,
                events.values(),
                |number| events.value(number),
                move |row| events.after_number(at(row)),
            ),
            "rule" => word(name, 1),
            "reason" => word(name, 2),
            _ => Column {
                name: name.to_owned(),
                cells: Cells::Floats(Box::new({
                    let weighted = weighted.clone();
                    move |row| {
                        let at = at(row);
                        let has = weighted.contains(&events.about(at).1);
                        has.then(|| events.weight(at)).flatten().map(f64::from)
                    }
                })),
            },
        }
    };
    COLUMNS.iter().map(|name| column(name)).collect()
}
