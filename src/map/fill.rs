//! Values that come from beside: a second block of columns, a column that tells by
//! being filled, the file's name, a constant of the plan. They only fill cells that
//! are missing.

use std::collections::BTreeSet;

use super::cells::{Cells, Mapped, Source};
use super::ids::{self, Row};
use crate::contact::{Event, EventKind, Events, Stage, Text, TextBuilder};

/// Blocks of columns that fill records in which none of their fields has a value.
pub fn blocks(source: Source<'_>, columns: &[Cells], out: &mut Mapped) {
    let Some(preset) = source.preset() else {
        return;
    };
    for block in &preset.fill {
        let feeds: Vec<(&str, usize)> = block
            .iter()
            .filter(|(_, header)| !header.is_empty())
            .filter_map(|(field, header)| {
                let at = source.headers(header).into_iter().next()?;
                // Given to a field by the plan or for want of another: nothing to fill.
                source.assigned.columns[at]
                    .field
                    .is_none()
                    .then_some((field.as_str(), at))
            })
            .filter(|(field, _)| !source.plan.constants.contains_key(*field))
            .collect();
        let is_open = |row: usize, out: &Mapped| {
            block.keys().all(|field| {
                out.fields
                    .get(field)
                    .and_then(|c| c.get(source.order, row))
                    .is_none()
            })
        };
        let open: Vec<bool> = (0..source.rows()).map(|row| is_open(row, out)).collect();
        for (field, at) in feeds {
            let mut any = false;
            let mut text = TextBuilder::with_capacity(source.rows());
            let mut events = Events::new();
            let held = out.fields.get(field);
            for (row, open) in open.iter().enumerate() {
                let other = columns[at].get(source.order, row).filter(|_| *open);
                if let Some(value) = other {
                    any = true;
                    events.push(Event {
                        stage: Stage::Map,
                        kind: EventKind::Derived,
                        record: source.event(row),
                        field,
                        before: Some(value),
                        after: Some(value),
                        rule: "fill",
                        reason: source.header(at),
                        ..Event::default()
                    });
                    text.push(other);
                } else {
                    text.push(held.and_then(|cells| cells.get(source.order, row)));
                }
            }
            if any {
                out.fields
                    .insert(field.to_owned(), Cells::Ready(text.finish()));
                out.events.append(&events);
            }
        }
    }
}

/// What a filled column tells (`UNSUB_TIME`), where the field has no value.
pub fn when_filled(source: Source<'_>, columns: &[Cells], out: &mut Mapped) {
    let Some(preset) = source.preset() else {
        return;
    };
    for rule in &preset.when_filled {
        for at in source.headers(&rule.header) {
            let held = out.fields.get(&rule.field);
            let mut any = false;
            let mut text = TextBuilder::with_capacity(source.rows());
            let mut events = Events::new();
            for row in 0..source.rows() {
                let own = held.and_then(|cells| cells.get(source.order, row));
                let filled = columns[at]
                    .get(source.order, row)
                    .filter(|c| rule.speaks(c));
                if own.is_none()
                    && let Some(before) = filled
                {
                    any = true;
                    text.push(Some(rule.value.as_str()));
                    events.push(Event {
                        stage: Stage::Map,
                        kind: EventKind::Derived,
                        record: source.event(row),
                        field: &rule.field,
                        before: Some(before),
                        after: Some(&rule.value),
                        rule: "when_filled",
                        reason: source.header(at),
                        ..Event::default()
                    });
                } else {
                    text.push(own);
                }
            }
            if any {
                out.fields
                    .insert(rule.field.clone(), Cells::Ready(text.finish()));
                out.events.append(&events);
            }
        }
    }
}

/// What the name of a file tells of all its records, where the field has no value.
pub fn from_file_name(source: Source<'_>, out: &mut Mapped) {
    let Some(preset) = source.preset() else {
        return;
    };
    for field in preset
        .from_file_name
        .iter()
        .map(|rule| &rule.field)
        .collect::<BTreeSet<_>>()
    {
        if source.plan.constants.contains_key(field) {
            continue;
        }
        let by_file: Vec<Option<&str>> = source
            .read
            .files
            .iter()
            .map(|file| {
                let name = ids::stem(&file.path).to_lowercase();
                preset
                    .from_file_name
                    .iter()
                    .find(|rule| {
                        rule.field == *field
                            && rule
                                .starts
                                .iter()
                                .any(|start| name.starts_with(start.as_str()))
                    })
                    .map(|rule| rule.value.as_str())
            })
            .collect();
        if by_file.iter().all(Option::is_none) {
            continue;
        }
        let value = |row: usize| match source.order.0[row] {
            Row::Whole(at) => {
                let (file, _) = source.read.at.get(at as usize)?;
                by_file.get(*file as usize).copied().flatten()
            }
            Row::Torn(_) => None,
        };
        fill_missing(source, field, value, out);
    }
}

pub fn constant(source: Source<'_>, field: &str, value: &str, out: &mut Mapped) {
    let whole = |row: usize| matches!(source.order.0[row], Row::Whole(_)).then_some(value);
    fill_missing(source, field, whole, out);
}

fn fill_missing<'v>(
    source: Source<'_>,
    field: &str,
    value: impl Fn(usize) -> Option<&'v str>,
    out: &mut Mapped,
) {
    let held = out.fields.get(field);
    let text: Text = (0..source.rows())
        .map(|row| {
            held.and_then(|cells| cells.get(source.order, row))
                .or_else(|| value(row))
        })
        .collect();
    out.fields.insert(field.to_owned(), Cells::Ready(text));
}
