//! The mapped columns of one source, in the order of its records.
//!
//! A column that a field takes as it is stays the reader's column; only what is
//! joined, split, filled or cleared is built anew, and its raw form is kept aside
//! ([`Mapped::as_read`]).

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::assign::Assigned;
use super::fold::fold;
use super::ids::Row;
use super::preset::{ColumnRule, Preset, matches};
use crate::contact::{Event, EventKind, Events, Fields, Stage, Text, TextBuilder, multi};
use crate::plan::SourcePlan;
use crate::read::SourceRead;

/// Cells of one column in the order of the records.
#[derive(Clone, Debug)]
pub enum Cells {
    /// The reader's column; [`Order`] says which row goes where.
    AsRead(Text),
    Ready(Text),
}

/// Where each record's row is in the reader's table; none for a torn row.
#[derive(Clone, Copy, Debug)]
pub struct Order<'a>(pub &'a [Row]);

impl Cells {
    /// The cell of the record at `at`.
    #[must_use]
    pub fn get(&self, order: Order<'_>, at: usize) -> Option<&str> {
        match self {
            Self::Ready(text) => text.get(at),
            Self::AsRead(text) => match order.0[at] {
                Row::Whole(row) => text.get(row as usize),
                Row::Torn(_) => None,
            },
        }
    }
}

/// The columns of one source.
#[derive(Debug, Default)]
pub struct Mapped {
    /// Canonical field → cells.
    pub fields: BTreeMap<String, Cells>,
    /// Header number → cells, for the columns that no field takes.
    pub extra: BTreeMap<usize, Cells>,
    /// Headers whose raw cells are kept beside, since the fields hold another form.
    pub as_read: BTreeSet<usize>,
    pub events: Events,
}

/// What building needs to know of the source.
#[derive(Clone, Copy, Debug)]
pub struct Source<'a> {
    pub read: &'a SourceRead,
    pub plan: &'a SourcePlan,
    pub assigned: &'a Assigned<'a>,
    pub fields: &'a Fields,
    pub companion: &'a BTreeMap<String, String>,
    pub order: Order<'a>,
    /// Row of the first record among all records.
    pub base: usize,
}

/// Builds all columns.
#[must_use]
pub fn build(source: Source<'_>) -> Mapped {
    let mut out = Mapped::default();
    let columns = clean(source, &mut out);
    fields(source, &columns, &mut out);
    split_parts(source, &columns, &mut out);
    fill(source, &columns, &mut out);
    when_filled(source, &columns, &mut out);
    from_file_name(source, &mut out);
    for (field, value) in &source.plan.constants {
        constant(source, field, value, &mut out);
    }
    for (at, column) in source.assigned.columns.iter().enumerate() {
        if column.field.is_none() && source.assigned.id != Some(at) {
            out.extra.insert(at, columns[at].clone());
        }
    }
    out
}

impl<'a> Source<'a> {
    fn preset(self) -> Option<&'a Preset> {
        self.assigned.system.as_ref().map(|system| system.preset)
    }

    fn header(self, at: usize) -> &'a str {
        self.read.table.names().get(at).map_or("", String::as_str)
    }

    fn rule(self, at: usize) -> Option<&'a ColumnRule> {
        self.preset()?.column_rule(&fold(self.header(at)))
    }

    /// Headers that a preset's name means.
    fn headers(self, name: &str) -> Vec<usize> {
        let name = fold(name);
        (0..self.read.table.names().len())
            .filter(|&at| matches(&name, &fold(self.header(at))))
            .collect()
    }

    fn event(self, at: usize) -> Option<u32> {
        u32::try_from(self.base + at).ok()
    }

    fn len(self) -> usize {
        self.order.0.len()
    }
}

/// All columns of the source, the system's words for "nothing" taken out.
fn clean(source: Source<'_>, out: &mut Mapped) -> Vec<Cells> {
    let nulls: BTreeSet<String> = source.preset().map_or_else(BTreeSet::new, |preset| {
        preset
            .nulls
            .iter()
            .map(|null| null.to_lowercase())
            .collect()
    });
    let lengths: BTreeSet<usize> = nulls.iter().map(String::len).collect();
    let is_null = |cell: &str| {
        let cell = cell.trim();
        lengths.contains(&cell.len()) && nulls.contains(&cell.to_lowercase())
    };
    let columns: Vec<&Text> = source.read.table.iter().map(|(_, column)| column).collect();
    let cleaned: Vec<(Cells, Events)> = columns
        .par_iter()
        .enumerate()
        .map(|(at, &column)| {
            let plain = Cells::AsRead(column.clone());
            if nulls.is_empty()
                || source.assigned.id == Some(at)
                || !column.iter().flatten().any(is_null)
            {
                return (plain, Events::new());
            }
            let mut events = Events::new();
            let mut text = TextBuilder::with_capacity(source.len());
            let assigned = &source.assigned.columns[at];
            let own = format!("{}:{}", source.read.name, source.header(at));
            for row in 0..source.len() {
                let cell = plain.get(source.order, row);
                if let Some(null) = cell.filter(|cell| is_null(cell)) {
                    text.push(None::<&str>);
                    events.push(Event {
                        stage: Stage::Map,
                        kind: EventKind::Cleared,
                        record: source.event(row),
                        field: assigned.field.as_deref().unwrap_or(&own),
                        before: Some(null),
                        rule: "null_of_system",
                        reason: "the system's word for no value",
                        ..Event::default()
                    });
                } else {
                    text.push(cell);
                }
            }
            (Cells::Ready(text.finish()), events)
        })
        .collect();
    let mut cells = Vec::with_capacity(cleaned.len());
    for (at, (column, events)) in cleaned.into_iter().enumerate() {
        if !events.is_empty() {
            out.as_read.insert(at);
            out.events.append(&events);
        }
        cells.push(column);
    }
    cells
}

/// What a column gives to a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Share {
    All,
    /// The first of several values.
    First,
    /// All but the first.
    Rest,
}

/// Every field from its columns.
fn fields(source: Source<'_>, columns: &[Cells], out: &mut Mapped) {
    let mut feeds: BTreeMap<&str, Vec<(usize, Share)>> = BTreeMap::new();
    for field in source.fields.names() {
        for at in source.assigned.of(field) {
            let multi = source.fields.get(field).is_some_and(|f| f.multi);
            let rule = source.rule(at).filter(|rule| rule.parts.is_empty());
            let separated = rule.is_some_and(|rule| rule.separator.is_some());
            match source.companion.get(field) {
                Some(more) if separated && !multi => {
                    feeds.entry(field).or_default().push((at, Share::First));
                    feeds.entry(more).or_default().push((at, Share::Rest));
                }
                _ => feeds.entry(field).or_default().push((at, Share::All)),
            }
        }
    }
    let feeds: Vec<(&str, Vec<(usize, Share)>)> = feeds.into_iter().collect();
    let built: Vec<(String, Cells, Events, bool)> = feeds
        .par_iter()
        .map(|(field, feeds)| {
            let multi = source.fields.get(field).is_some_and(|f| f.multi);
            if let [(at, Share::All)] = feeds.as_slice() {
                let rule = source.rule(*at).filter(|rule| rule.separator.is_some());
                if rule.is_none() || !multi {
                    return (
                        (*field).to_owned(),
                        columns[*at].clone(),
                        Events::new(),
                        false,
                    );
                }
            }
            let (cells, events) = joined(source, columns, field, feeds);
            ((*field).to_owned(), cells, events, true)
        })
        .collect();
    for ((field, cells, events, changed), (_, feeds)) in built.into_iter().zip(&feeds) {
        if changed {
            out.as_read.extend(feeds.iter().map(|(at, _)| *at));
        }
        out.events.append(&events);
        out.fields.insert(field, cells);
    }
}

/// The values of several columns, or of one with a separator of its own, in one
/// cell. Joining alone is no event, every value is still there; another writing of
/// the list is.
fn joined(
    source: Source<'_>,
    columns: &[Cells],
    field: &str,
    feeds: &[(usize, Share)],
) -> (Cells, Events) {
    let mut events = Events::new();
    let mut text = TextBuilder::with_capacity(source.len());
    let rules: Vec<Option<&ColumnRule>> = feeds.iter().map(|(at, _)| source.rule(*at)).collect();
    let mut cell = String::new();
    for row in 0..source.len() {
        cell.clear();
        for ((at, share), rule) in feeds.iter().zip(&rules) {
            let Some(raw) = columns[*at].get(source.order, row) else {
                continue;
            };
            let before = cell.len();
            match rule.and_then(|rule| Some((rule, rule.separator.as_deref()?))) {
                Some((rule, separator)) => {
                    let mut values = list(raw, separator, rule.quoted);
                    if let Some(mark) = rule.strip.as_deref() {
                        for value in &mut values {
                            if let Some(plain) = value.strip_prefix(mark) {
                                *value = Cow::Owned(plain.trim().to_owned());
                            }
                        }
                    }
                    let from = usize::from(*share == Share::Rest);
                    let to = if *share == Share::First {
                        values.len().min(1)
                    } else {
                        values.len()
                    };
                    for value in values.get(from..to).unwrap_or_default() {
                        if *share == Share::First {
                            cell.push_str(value);
                        } else {
                            multi::push(&mut cell, value);
                        }
                    }
                }
                // Already a list of the plain form.
                None => {
                    if !cell.is_empty() {
                        cell.push(';');
                    }
                    cell.push_str(raw);
                }
            }
            let added = cell[before..].trim_start_matches(';');
            if added != raw && !added.is_empty() {
                events.push(Event {
                    stage: Stage::Map,
                    kind: if *share == Share::Rest {
                        EventKind::Derived
                    } else {
                        EventKind::Standardised
                    },
                    record: source.event(row),
                    field,
                    before: Some(raw),
                    after: Some(added),
                    rule: "list_separator",
                    reason: source.header(*at),
                    ..Event::default()
                });
            }
        }
        text.push(Some(cell.as_str()));
    }
    (Cells::Ready(text.finish()), events)
}

/// The values of a cell with a separator of the system's own.
fn list<'c>(cell: &'c str, separator: &str, quoted: bool) -> Vec<Cow<'c, str>> {
    if !quoted || !cell.contains('"') {
        return cell
            .split(separator)
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(Cow::Borrowed)
            .collect();
    }
    let mut values = Vec::new();
    let mut value = String::new();
    let mut inside = false;
    let mut rest = cell;
    while let Some(c) = rest.chars().next() {
        if !inside && rest.starts_with(separator) {
            values.push(std::mem::take(&mut value));
            rest = &rest[separator.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if c != '"' {
            value.push(c);
        } else if inside && rest.starts_with('"') {
            value.push('"');
            rest = &rest[1..];
        } else {
            inside = !inside;
        }
    }
    values.push(value);
    values
        .into_iter()
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
        .map(Cow::Owned)
        .collect()
}

/// Cells whose parts are fields of their own (`street  city  state  zip  country`).
/// A cell with another number of parts stays whole.
fn split_parts(source: Source<'_>, columns: &[Cells], out: &mut Mapped) {
    for (at, column) in source.assigned.columns.iter().enumerate() {
        let (Some(rule), Some(whole)) = (source.rule(at), column.field.as_deref()) else {
            continue;
        };
        let Some(separator) = rule.separator.as_deref().filter(|_| !rule.parts.is_empty()) else {
            continue;
        };
        let targets: BTreeSet<&str> = rule.parts.iter().flatten().map(String::as_str).collect();
        // A part with a column of its own is not split off: one fact, one place.
        if targets.iter().any(|field| out.fields.contains_key(*field)) {
            continue;
        }
        let mut parts: BTreeMap<&str, TextBuilder> = targets
            .iter()
            .map(|field| (*field, TextBuilder::with_capacity(source.len())))
            .collect();
        let mut rest = TextBuilder::with_capacity(source.len());
        let mut any = false;
        for row in 0..source.len() {
            let cell = columns[at].get(source.order, row);
            let values: Vec<&str> =
                cell.map_or_else(Vec::new, |c| c.split(separator).map(str::trim).collect());
            let layout = rule
                .parts
                .iter()
                .find(|layout| layout.len() == values.len());
            rest.push(if layout.is_some() { None } else { cell });
            for (field, text) in &mut parts {
                let value = layout.and_then(|layout| {
                    let nth = layout.iter().position(|name| name == field)?;
                    values.get(nth).copied().filter(|value| !value.is_empty())
                });
                text.push(value);
                if value.is_some() {
                    any = true;
                    out.events.push(Event {
                        stage: Stage::Map,
                        kind: EventKind::Derived,
                        record: source.event(row),
                        field,
                        before: cell,
                        after: value,
                        rule: "split_parts",
                        reason: source.header(at),
                        ..Event::default()
                    });
                }
            }
        }
        if any {
            out.as_read.insert(at);
            for (field, text) in parts {
                out.fields
                    .insert(field.to_owned(), Cells::Ready(text.finish()));
            }
            out.fields
                .insert(whole.to_owned(), Cells::Ready(rest.finish()));
        }
    }
}

/// Blocks of columns that fill records in which none of their fields has a value.
fn fill(source: Source<'_>, columns: &[Cells], out: &mut Mapped) {
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
        let open: Vec<bool> = (0..source.len()).map(|row| is_open(row, out)).collect();
        for (field, at) in feeds {
            let mut any = false;
            let mut text = TextBuilder::with_capacity(source.len());
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
fn when_filled(source: Source<'_>, columns: &[Cells], out: &mut Mapped) {
    let Some(preset) = source.preset() else {
        return;
    };
    for rule in &preset.when_filled {
        for at in source.headers(&rule.header) {
            let held = out.fields.get(&rule.field);
            let mut any = false;
            let mut text = TextBuilder::with_capacity(source.len());
            let mut events = Events::new();
            for row in 0..source.len() {
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
fn from_file_name(source: Source<'_>, out: &mut Mapped) {
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
                let name = super::ids::stem(&file.path).to_lowercase();
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

fn constant(source: Source<'_>, field: &str, value: &str, out: &mut Mapped) {
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
    let text: Text = (0..source.len())
        .map(|row| {
            held.and_then(|cells| cells.get(source.order, row))
                .or_else(|| value(row))
        })
        .collect();
    out.fields.insert(field.to_owned(), Cells::Ready(text));
}
