//! The events of a golden value: what survived, what was lost to it, and why.
//!
//! A value is the code that it has in the records' column, so that neither the golden
//! column nor the events hold its text again.

use super::survive::Choice;
use crate::contact::{
    Copied, Event, EventKind, Events, Stage, Text, TextBuilder, Told, ValuePlace,
};

/// What a chunk of golden rows gives for one column.
pub(super) struct Part<'a> {
    field: &'a str,
    cells: Vec<Cell>,
    /// Values that stand in no single record's cell.
    own: Vec<String>,
    pub(super) events: Events,
    place: ValuePlace,
    /// Kind, rule and reason of events, as they were prepared.
    told: Vec<(EventKind, &'static str, &'static str, Told)>,
}

#[derive(Clone, Copy)]
enum Cell {
    Missing,
    /// Of the records' column: its code.
    Of(u32),
    /// Into the part's own values.
    Own(u32),
}

/// A golden value.
#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'v> {
    /// Of the records' column: its code.
    Of(u32),
    /// Of no record of the person, in this column.
    Own(&'v str),
}

impl<'v> Value<'v> {
    pub(super) fn text(self, column: &'v Text) -> &'v str {
        match self {
            Self::Of(code) => column.value(code),
            Self::Own(text) => text,
        }
    }

    /// The value as the record at `row` has it, where it does.
    pub(super) fn at(column: &Text, row: u32, text: &'v str) -> Self {
        match column.code(row as usize) {
            Some(code) if column.value(code) == text => Self::Of(code),
            _ => Self::Own(text),
        }
    }
}

impl<'a> Part<'a> {
    /// Of so many golden rows, `several` of them of several records.
    pub(super) fn new(field: &'a str, column: &Text, golden: usize, several: usize) -> Self {
        let mut events = Events::new();
        events.reserve(several);
        Self {
            field,
            cells: Vec::with_capacity(golden),
            own: Vec::new(),
            place: events.share(column),
            events,
            told: Vec::new(),
        }
    }

    pub(super) fn missing(&mut self) {
        self.cells.push(Cell::Missing);
    }

    /// The golden value is a record's cell: its code.
    pub(super) fn cell(&mut self, code: Option<u32>) {
        self.cells.push(code.map_or(Cell::Missing, Cell::Of));
    }

    /// The golden value.
    pub(super) fn value(&mut self, value: Value<'_>) {
        match value {
            Value::Of(code) => self.cells.push(Cell::Of(code)),
            Value::Own(text) => {
                let at = u32::try_from(self.own.len()).unwrap_or(u32::MAX);
                self.cells.push(Cell::Own(at));
                self.own.push(text.to_owned());
            }
        }
    }

    /// The event for a golden value.
    pub(super) fn survived(
        &mut self,
        golden: usize,
        choice: Choice,
        value: Option<Value<'_>>,
        reason: &'static str,
    ) {
        let told = self.told(EventKind::Survived, choice.rule, reason);
        let after = self.number(value);
        self.push(told, choice.row, golden, None, after);
    }

    /// The event for a record's value that is not the golden one.
    pub(super) fn lost(
        &mut self,
        golden: usize,
        row: u32,
        value: u32,
        won: Option<Value<'_>>,
        (rule, reason): (&'static str, &'static str),
    ) {
        let told = self.told(EventKind::Lost, rule, reason);
        let before = self.place.number(value);
        let after = self.number(won);
        self.push(told, row, golden, Some(before), after);
    }

    fn push(
        &mut self,
        told: Told,
        row: u32,
        golden: usize,
        before: Option<u32>,
        after: Option<u32>,
    ) {
        let golden = u32::try_from(golden).unwrap_or(u32::MAX);
        self.events.push_numbers(told, row, golden, before, after);
    }

    fn number(&mut self, value: Option<Value<'_>>) -> Option<u32> {
        Some(match value? {
            Value::Of(code) => self.place.number(code),
            Value::Own(text) => self.events.number(text),
        })
    }

    /// The words of an event, prepared once. They are compared by where they stand: equal
    /// ones that stand twice are only prepared twice.
    fn told(&mut self, kind: EventKind, rule: &'static str, reason: &'static str) -> Told {
        let is_it = |(a, b, c, _): &&(EventKind, &'static str, &'static str, Told)| {
            *a == kind && std::ptr::eq(*b, rule) && std::ptr::eq(*c, reason)
        };
        if let Some((.., told)) = self.told.iter().find(is_it) {
            return *told;
        }
        let told = self.events.prepare(&Event {
            stage: Stage::Merge,
            kind,
            field: self.field,
            rule,
            reason,
            ..Event::default()
        });
        self.told.push((kind, rule, reason, told));
        told
    }
}

/// The golden column of all parts in order, and their events.
pub(super) fn joined(column: &Text, parts: Vec<Part<'_>>, rows: usize) -> (Text, Vec<Events>) {
    let golden = if parts.iter().all(|part| part.own.is_empty()) {
        let codes = parts.iter().flat_map(|part| &part.cells);
        let mut all = Vec::with_capacity(rows);
        all.extend(codes.map(|cell| match cell {
            Cell::Of(code) => code + 1,
            Cell::Missing | Cell::Own(_) => 0,
        }));
        column.of_codes(all)
    } else {
        with_own(column, &parts, rows)
    };
    (golden, parts.into_iter().map(|part| part.events).collect())
}

/// Golden values that are looked up together.
const AT_ONCE: usize = 512;

/// A column with values that the records' one does not have.
fn with_own(column: &Text, parts: &[Part<'_>], rows: usize) -> Text {
    let mut values = TextBuilder::with_capacity(rows);
    let mut copied = Copied::of(column);
    for part in parts {
        for cells in part.cells.chunks(AT_ONCE) {
            let codes = cells.iter().filter_map(|cell| match *cell {
                Cell::Of(code) => Some(code),
                Cell::Missing | Cell::Own(_) => None,
            });
            values.meet(&mut copied, codes);
            for cell in cells {
                match *cell {
                    Cell::Missing => values.push_code(None),
                    Cell::Of(code) => values.copy_code(&mut copied, code),
                    Cell::Own(at) => values.push(part.own.get(at as usize)),
                }
            }
        }
    }
    values.finish()
}
