//! The events of a golden value: what survived, what was lost to it, and why.

use super::survive::Choice;
use crate::contact::{Copied, Event, EventKind, Events, Stage, Text, TextBuilder};

/// What a chunk of golden rows gives.
#[derive(Default)]
pub(super) struct Part {
    cells: Vec<Cell>,
    /// Values that stand in no single record's cell.
    own: Vec<String>,
    pub(super) events: Events,
}

#[derive(Clone, Copy)]
enum Cell {
    Missing,
    /// Of the records' column: its code.
    Of(u32),
    /// Into the part's own values.
    Own(u32),
}

impl Part {
    pub(super) fn missing(&mut self) {
        self.cells.push(Cell::Missing);
    }

    /// The golden value is the cell of a record.
    pub(super) fn cell(&mut self, column: &Text, row: u32) {
        let code = column.code(row as usize);
        self.cells.push(code.map_or(Cell::Missing, Cell::Of));
    }

    /// The golden value, a record's of `rows` or a new one.
    pub(super) fn value(&mut self, column: &Text, rows: &[u32], value: &str) {
        let holds = |row: &&u32| column.get(**row as usize) == Some(value);
        if let Some(&row) = rows.iter().find(holds) {
            self.cell(column, row);
        } else {
            let at = u32::try_from(self.own.len()).unwrap_or(u32::MAX);
            self.cells.push(Cell::Own(at));
            self.own.push(value.to_owned());
        }
    }

    /// Puts the cells behind those of `values`; `copied` is the records' column.
    pub(super) fn write(self, values: &mut TextBuilder, copied: &mut Copied<'_>) -> Events {
        for cell in self.cells {
            match cell {
                Cell::Missing => values.push_code(None),
                Cell::Of(code) => values.copy_code(copied, code),
                Cell::Own(at) => values.push(self.own.get(at as usize)),
            }
        }
        self.events
    }
}

pub(super) fn survived(
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
pub(super) fn lost(
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
