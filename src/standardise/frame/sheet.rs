//! The standardised table as it grows: cells, events, violations, and values on
//! their way from one field to another.

use std::collections::BTreeMap;

use super::results::{Results, View};
use crate::contact::{
    Action, Event, EventKind, Events, Stage, Table, Text, TextBuilder, Violation, Violations,
};
use crate::standardise::coded::NONE;
use crate::standardise::outcome::Doubt;

/// Everything that the stage has made so far.
#[derive(Default)]
pub struct Sheet {
    pub columns: BTreeMap<String, Text>,
    pub events: Events,
    pub violations: Violations,
    arrivals: BTreeMap<String, Vec<Arrival>>,
}

/// A value found in one field for another.
struct Arrival {
    row: u32,
    value: String,
    from: String,
    raw: String,
    rule: &'static str,
}

/// How a multi-valued cell joins its values.
pub const JOIN: char = ';';

impl Sheet {
    /// Writes a field: for each row the outcome of its code; `raw` is what the row
    /// had. Where it had nothing and now has something, `source` names the field
    /// that it came from and that field's raw value.
    pub fn write<'a>(
        &mut self,
        field: &str,
        raw: Option<&'a Text>,
        codes: &[u32],
        results: &'a Results,
        source: impl Fn(usize, View<'a>) -> Option<(&'a str, &'a str)>,
    ) {
        let mut column = TextBuilder::with_capacity(codes.len());
        for (row, &code) in codes.iter().enumerate() {
            let before = raw.and_then(|raw| raw.get(row));
            let view = if code == NONE {
                None
            } else {
                results.get(code, before)
            };
            let Some(view) = view else {
                column.push(before);
                continue;
            };
            column.push(view.value);
            self.tell(row, field, before, view, &source);
        }
        self.columns.insert(field.to_owned(), column.finish());
    }

    /// Events and violations of a field that is taken apart: it has no column, its
    /// values go elsewhere.
    pub fn take_apart<'a>(
        &mut self,
        field: &str,
        raw: &'a Text,
        codes: &[u32],
        results: &'a Results,
    ) {
        for (row, &code) in codes.iter().enumerate() {
            let before = raw.get(row);
            if before.is_none() || code == NONE {
                continue;
            }
            if let Some(view) = results.get(code, before) {
                let gone = View {
                    value: None,
                    ..view
                };
                self.tell(row, field, before, gone, &|_, _| None);
            }
        }
    }

    fn tell<'a>(
        &mut self,
        row: usize,
        field: &str,
        before: Option<&'a str>,
        view: View<'a>,
        source: &impl Fn(usize, View<'a>) -> Option<(&'a str, &'a str)>,
    ) {
        let record = u32::try_from(row).unwrap_or(NONE);
        let event = Event {
            stage: Stage::Standardise,
            record: Some(record),
            field,
            rule: view.rule,
            reason: view.reason,
            ..Event::default()
        };
        match (before, view.value) {
            (Some(old), Some(new)) if old != new => self.events.push(Event {
                kind: EventKind::Standardised,
                before,
                after: view.value,
                ..event
            }),
            (Some(_), None) => self.events.push(Event {
                kind: EventKind::Cleared,
                before,
                ..event
            }),
            (None, Some(_)) => {
                let (from, old) = source(row, view).unwrap_or(("", ""));
                self.events.push(Event {
                    kind: EventKind::Derived,
                    before: (!old.is_empty()).then_some(old),
                    after: view.value,
                    reason: from,
                    ..event
                });
            }
            _ => {}
        }
        let Some(extra) = view.extra else { return };
        for (to, value) in &extra.parts {
            self.arrive(to, record, value, field, before.unwrap_or(""), view.rule);
        }
        for doubt in &extra.doubts {
            self.doubt(record, field, before, doubt);
        }
    }

    /// A value for another field; one that the row has there already stays.
    pub fn arrive(
        &mut self,
        to: &str,
        row: u32,
        value: &str,
        from: &str,
        raw: &str,
        rule: &'static str,
    ) {
        if value.is_empty() {
            return;
        }
        self.arrivals
            .entry(to.to_owned())
            .or_default()
            .push(Arrival {
                row,
                value: value.to_owned(),
                from: from.to_owned(),
                raw: raw.to_owned(),
                rule,
            });
    }

    pub fn doubt(&mut self, record: u32, field: &str, value: Option<&str>, doubt: &Doubt) {
        let message = match &doubt.suggestion {
            Some(better) => format!("{} (proposed: {better})", doubt.message),
            None => doubt.message.clone(),
        };
        self.violations.push(Violation {
            record,
            field: field.to_owned(),
            value: value.map(str::to_owned),
            rule: doubt.rule.to_owned(),
            severity: doubt.severity,
            message,
            action: Action::Flag,
            owner: String::new(),
        });
    }

    /// Puts the values that other fields had for `field` into it, in the form that
    /// `canonical` gives them.
    pub fn settle(
        &mut self,
        field: &str,
        multi: bool,
        rows: usize,
        canonical: impl Fn(&str) -> Option<String>,
    ) {
        let Some(mut arrivals) = self.arrivals.remove(field) else {
            return;
        };
        arrivals.sort_by_key(|arrival| arrival.row);
        let old = self
            .columns
            .remove(field)
            .unwrap_or_else(|| Text::missing(rows));
        let mut column = TextBuilder::with_capacity(rows);
        let mut waiting = arrivals.iter().peekable();
        for row in 0..rows {
            let mut cell = old.get(row).map(str::to_owned);
            while let Some(arrival) = waiting.next_if(|arrival| arrival.row as usize == row) {
                let Some(value) = canonical(&arrival.value) else {
                    continue;
                };
                let joined = match &cell {
                    None => value,
                    Some(cell) if multi && !has(cell, &value) => format!("{cell}{JOIN}{value}"),
                    Some(_) => continue,
                };
                let event = Event {
                    stage: Stage::Standardise,
                    record: Some(arrival.row),
                    field,
                    after: Some(&joined),
                    rule: arrival.rule,
                    reason: &arrival.from,
                    ..Event::default()
                };
                self.events.push(match &cell {
                    None => Event {
                        kind: EventKind::Derived,
                        before: (!arrival.raw.is_empty()).then_some(&arrival.raw),
                        ..event
                    },
                    // The cell's own value is changed: the audit names it.
                    Some(cell) => Event {
                        kind: EventKind::Standardised,
                        before: Some(cell),
                        ..event
                    },
                });
                cell = Some(joined);
            }
            column.push(cell.as_deref());
        }
        self.columns.insert(field.to_owned(), column.finish());
    }

    /// Takes out of a field with several values those that the row has in one of
    /// `mains`: one address is not two.
    pub fn without_mains(&mut self, field: &str, mains: &[&str], raw: Option<&Text>) {
        let Some(old) = self.columns.get(field) else {
            return;
        };
        let mains: Vec<&Text> = mains
            .iter()
            .filter_map(|name| self.columns.get(*name))
            .collect();
        let mut column = TextBuilder::with_capacity(old.len());
        let mut told = Events::new();
        for row in 0..old.len() {
            let Some(cell) = old.get(row) else {
                column.push(None::<&str>);
                continue;
            };
            let is_main = |value: &str| mains.iter().any(|main| main.get(row) == Some(value));
            if !cell.split(JOIN).any(is_main) {
                column.push(Some(cell));
                continue;
            }
            let rest: Vec<&str> = cell.split(JOIN).filter(|value| !is_main(value)).collect();
            let rest = rest.join(";");
            told.push(Event {
                stage: Stage::Standardise,
                kind: if rest.is_empty() {
                    EventKind::Cleared
                } else {
                    EventKind::Standardised
                },
                record: u32::try_from(row).ok(),
                field,
                // The raw value where the cell still is it, so that the audit names it.
                before: raw.and_then(|raw| raw.get(row)).or(Some(cell)),
                after: (!rest.is_empty()).then_some(&rest),
                rule: "main_value_repeated",
                reason: "the record has it in its main field",
                ..Event::default()
            });
            column.push(Some(rest));
        }
        let column = column.finish();
        self.events.append(&told);
        self.columns.insert(field.to_owned(), column);
    }

    /// The table in the order of `fields`, then the columns of `extras`.
    #[must_use]
    pub fn into_table<'a>(
        mut self,
        rows: usize,
        fields: impl Iterator<Item = &'a str>,
        extras: impl Iterator<Item = (&'a str, &'a Text)>,
    ) -> (Table, Events, Violations) {
        let mut table = Table::new(rows);
        for field in fields {
            if let Some(column) = self.columns.remove(field) {
                table.set(field, column);
            }
        }
        for (name, column) in extras {
            table.set(name, column.clone());
        }
        (table, self.events, self.violations)
    }
}

fn has(cell: &str, value: &str) -> bool {
    cell.split(JOIN).any(|known| known == value)
}
