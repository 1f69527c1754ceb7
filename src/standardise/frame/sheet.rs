//! The standardised table as it grows: cells, events, violations, and values on
//! their way from one field to another.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use hashbrown::HashMap;

use super::results::{Results, View};
use crate::contact::{
    Action, Broken, Copied, Event, EventKind, Events, Stage, Table, Text, TextBuilder, Told,
    Violation, Violations,
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

/// What is known of a code once its first row was seen.
#[derive(Clone, Copy)]
struct Known {
    /// In the new column.
    cell: Option<u32>,
    told: Change,
    /// The cell is as it was and there is nothing to tell.
    quiet: bool,
}

#[derive(Clone, Copy)]
enum Change {
    None,
    Told(Told),
    /// The source may differ from row to row.
    Derived,
}

/// Rows whose new codes are looked at together.
const BLOCK: usize = 512;

/// How a multi-valued cell joins its values.
pub const JOIN: char = ';';

impl Sheet {
    /// An empty sheet whose events go into this empty list.
    #[must_use]
    pub fn new(events: Events) -> Self {
        Self {
            events,
            ..Self::default()
        }
    }

    /// The sheets of different fields as one, in memory that fits.
    #[must_use]
    pub fn joined(sheets: Vec<Self>) -> Self {
        let log = sheets.first().map(|sheet| sheet.events.another());
        let mut all = Self::new(log.unwrap_or_default());
        let mut events = Vec::with_capacity(sheets.len());
        for mut sheet in sheets {
            events.push(std::mem::take(&mut sheet.events));
            all.join(sheet);
        }
        all.events.take_over_all(events);
        all
    }

    /// Puts what another sheet has made behind the own: other fields, later events.
    pub fn join(&mut self, other: Self) {
        self.columns.extend(other.columns);
        self.events.take_over(other.events);
        if self.violations.is_empty() {
            self.violations = other.violations;
        } else {
            self.violations.extend(other.violations);
        }
        for (field, arrivals) in other.arrivals {
            self.arrivals.entry(field).or_default().extend(arrivals);
        }
    }

    /// Writes a field: for each row the outcome of its code; `raw` is what the row
    /// had, the same for all rows of a code. Where it had nothing and now has
    /// something, `source` names the field that it came from and that field's raw
    /// value.
    pub fn write<'a>(
        &mut self,
        field: &str,
        raw: Option<&'a Text>,
        codes: &[u32],
        results: &'a Results,
        source: impl Fn(usize, View<'a>) -> Option<(&'a str, &'a str)>,
    ) {
        let mut column = TextBuilder::with_capacity(codes.len());
        let mut known: Vec<Option<Known>> = vec![None; results.len()];
        let mut doubted = Doubted::default();
        let mut abouts = Abouts::new();
        let mut changes = false;
        let mut seen = 0;
        for (row, &code) in codes.iter().enumerate() {
            if row == seen {
                let block = row..codes.len().min(row + BLOCK);
                seen = block.end;
                changes |= self.meet(
                    field,
                    raw,
                    codes,
                    block,
                    results,
                    &mut column,
                    &mut known,
                    &mut abouts,
                );
            }
            let Some(own) = known.get(code as usize).copied().flatten() else {
                column.push_code(None);
                continue;
            };
            column.push_code(own.cell);
            if own.quiet {
                continue;
            }
            let record = u32::try_from(row).unwrap_or(NONE);
            match own.told {
                Change::Told(told) => self.events.push_told(record, told),
                Change::Derived => {
                    let Some(view) = results.get(code, None) else {
                        continue;
                    };
                    let (from, old) = source(row, view).unwrap_or(("", ""));
                    self.events.push(Event {
                        stage: Stage::Standardise,
                        kind: EventKind::Derived,
                        record: Some(record),
                        field,
                        before: (!old.is_empty()).then_some(old),
                        after: view.value,
                        rule: view.rule,
                        reason: from,
                        ..Event::default()
                    });
                }
                Change::None => {}
            }
            self.besides(row, field, raw, results, code, &mut doubted);
        }
        let column = match raw {
            // Every cell as it was: one column does for both tables.
            Some(raw) if !changes => raw.clone(),
            _ => column.finish(),
        };
        self.columns.insert(field.to_owned(), column);
    }

    /// Looks at the codes of a block of rows that were not seen before; whether one of them
    /// changes its cells.
    #[expect(clippy::too_many_arguments, reason = "what `write` has made so far")]
    fn meet(
        &mut self,
        field: &str,
        raw: Option<&Text>,
        codes: &[u32],
        block: Range<usize>,
        results: &Results,
        column: &mut TextBuilder,
        known: &mut [Option<Known>],
        abouts: &mut Abouts,
    ) -> bool {
        let mut new = Vec::new();
        let mut changes = false;
        for row in block {
            let code = codes[row];
            let Some(slot @ None) = known.get_mut(code as usize) else {
                continue;
            };
            let before = raw.and_then(|raw| raw.get(row));
            let Some(view) = results.get(code, before) else {
                continue;
            };
            // Most outcomes are the value that went in, at its own address.
            let same = match (before, view.value) {
                (Some(before), Some(after)) => std::ptr::eq(before, after) || before == after,
                (before, after) => before == after,
            };
            changes |= !same;
            *slot = Some(Known {
                cell: None,
                told: if same {
                    Change::None
                } else {
                    self.told(field, before, view, abouts)
                },
                quiet: view.extra.is_none() && same,
            });
            if let Some(value) = view.value.filter(|value| !value.is_empty()) {
                new.push((code, value));
            }
        }
        let cells = column.codes_of(new.iter().map(|(_, value)| *value));
        for ((code, _), cell) in new.iter().zip(cells) {
            if let Some(own) = &mut known[*code as usize] {
                own.cell = Some(cell);
            }
        }
        changes
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
        let mut known: Vec<Option<Change>> = vec![None; results.len()];
        let mut abouts = Abouts::new();
        let mut doubted = Doubted::default();
        for (row, &code) in codes.iter().enumerate() {
            let Some(slot) = known.get_mut(code as usize) else {
                continue;
            };
            if slot.is_none() {
                let before = raw.get(row);
                if let (Some(_), Some(view)) = (before, results.get(code, before)) {
                    let gone = View {
                        value: None,
                        ..view
                    };
                    *slot = Some(self.told(field, before, gone, &mut abouts));
                }
            }
            if let Some(Change::Told(told)) = *slot {
                self.events
                    .push_told(u32::try_from(row).unwrap_or(NONE), told);
                self.besides(row, field, Some(raw), results, code, &mut doubted);
            }
        }
    }

    /// What happens to every row of a code.
    fn told(
        &mut self,
        field: &str,
        before: Option<&str>,
        view: View<'_>,
        abouts: &mut Abouts,
    ) -> Change {
        let kind = match (before, view.value) {
            (Some(old), Some(new)) if old != new => EventKind::Standardised,
            (Some(_), None) => EventKind::Cleared,
            (None, Some(_)) => return Change::Derived,
            _ => return Change::None,
        };
        // Rules and reasons are literals: looked for by address, which compares no text.
        let known = abouts.iter().find(|(own, rule, reason, _)| {
            *own == kind && std::ptr::eq(*rule, view.rule) && std::ptr::eq(*reason, view.reason)
        });
        let about = match known {
            Some((.., about)) => *about,
            None => {
                let about = self.events.about_number(&Event {
                    stage: Stage::Standardise,
                    kind,
                    field,
                    rule: view.rule,
                    reason: view.reason,
                    ..Event::default()
                });
                abouts.push((kind, view.rule, view.reason, about));
                about
            }
        };
        Change::Told(self.events.prepare_as(about, before, view.value))
    }

    /// Values for other fields and doubts of one row.
    fn besides(
        &mut self,
        row: usize,
        field: &str,
        raw: Option<&Text>,
        results: &Results,
        code: u32,
        doubted: &mut Doubted,
    ) {
        let Some(extra) = results.extra(code) else {
            return;
        };
        let record = u32::try_from(row).unwrap_or(NONE);
        let before = raw.and_then(|raw| raw.get(row));
        let rule = results.rule(code);
        for (to, value) in &extra.parts {
            self.arrive(to, record, value, field, before.unwrap_or(""), rule);
        }
        if extra.doubts.is_empty() {
            return;
        }
        let known = doubted.entry(code).or_insert_with(|| {
            let doubts = extra.doubts.iter();
            doubts
                .map(|doubt| violation(record, field, before, doubt))
                .collect()
        });
        self.violations.extend(known.iter().map(|known| Violation {
            record,
            ..known.clone()
        }));
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
        self.violations.push(violation(record, field, value, doubt));
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
        let mut copied = Copied::of(&old);
        let mut waiting = arrivals.iter().peekable();
        for row in 0..rows {
            if waiting
                .peek()
                .is_none_or(|arrival| arrival.row as usize != row)
            {
                column.copy(&mut copied, row);
                continue;
            }
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
        let mut copied = Copied::of(old);
        let mut told = Events::new();
        for row in 0..old.len() {
            let Some(cell) = old.get(row) else {
                column.push_code(None);
                continue;
            };
            let is_main = |value: &str| mains.iter().any(|main| main.get(row) == Some(value));
            if !cell.split(JOIN).any(is_main) {
                column.copy(&mut copied, row);
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
        if told.is_empty() {
            return;
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

fn violation(record: u32, field: &str, value: Option<&str>, doubt: &Doubt) -> Violation {
    let message = match &doubt.suggestion {
        Some(better) => format!("{} (proposed: {better})", doubt.message).into(),
        None => doubt.message.as_str().into(),
    };
    Violation {
        record,
        value: value.map(Arc::from),
        broken: Arc::new(Broken {
            field: field.into(),
            rule: doubt.rule.into(),
            severity: doubt.severity,
            message,
            action: Action::Flag,
            owner: Arc::default(),
        }),
    }
}

/// What events of one field are numbered by: kind, rule, reason and their number.
type Abouts = Vec<(EventKind, &'static str, &'static str, u32)>;

/// The violations of a code whose rows have doubts: their texts are shared.
type Doubted = HashMap<u32, Vec<Violation>, foldhash::fast::FixedState>;

fn has(cell: &str, value: &str) -> bool {
    cell.split(JOIN).any(|known| known == value)
}
