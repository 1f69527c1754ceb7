//! What merging a column works with: the cells of some golden rows, and lists.

use super::same::{Key, Same};
use crate::contact::{Events, Text};
use crate::standardise::email::EmailRules;

/// What a chunk of golden rows gives.
pub struct Part {
    pub cells: Vec<Cell>,
    /// Values that stand in no single record's cell.
    pub own: Vec<String>,
    pub events: Events,
}

#[derive(Clone, Copy)]
pub enum Cell {
    Missing,
    /// Of the records' column: its code.
    Of(u32),
    /// Into the part's own values.
    Own(u32),
}

impl Part {
    /// The golden value is the cell of a record.
    pub fn cell(&mut self, column: &Text, row: u32) {
        let code = column.code(row as usize);
        self.cells.push(code.map_or(Cell::Missing, Cell::Of));
    }

    pub fn missing(&mut self) {
        self.cells.push(Cell::Missing);
    }

    pub fn own(&mut self, value: &str) {
        self.cells
            .push(Cell::Own(u32::try_from(self.own.len()).unwrap_or(u32::MAX)));
        self.own.push(value.to_owned());
    }
}

/// A list that says each value once, in its fullest form.
pub struct List<'a> {
    pub same: Option<Same>,
    pub emails: &'a EmailRules,
    /// Keys that stand in other columns.
    pub said: Vec<Key<'a>>,
    pub keys: Vec<Key<'a>>,
    pub values: Vec<&'a str>,
    /// A spelling was left out.
    pub dropped: bool,
}

impl<'a> List<'a> {
    /// Whether `value` is in the list now in its own spelling.
    pub fn add(&mut self, value: &'a str) -> bool {
        if self.values.contains(&value) {
            return true;
        }
        if let Some(same) = self.same {
            if !self.said.is_empty() && self.said.contains(&same.key(value, self.emails)) {
                self.dropped = true;
                return false;
            }
            let key = same.list_key(value, self.emails);
            if let Some(at) = self.keys.iter().position(|known| *known == key) {
                self.dropped = true;
                let fuller = same.is_fuller(value, self.values[at]);
                if fuller {
                    self.values[at] = value;
                }
                return fuller;
            }
            self.keys.push(key);
        }
        self.values.push(value);
        true
    }
}
