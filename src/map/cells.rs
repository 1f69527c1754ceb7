//! The mapped columns of one source, in the order of its records.
//!
//! A column that a field takes as it is stays the reader's column; only what is
//! joined, split, filled or cleared is built anew, and its raw form is kept aside
//! ([`Mapped::as_read`]).

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use super::assign::Assigned;
use super::fold::fold;
use super::ids::Row;
use super::preset::{ColumnRule, Preset, matches};
use super::{fill, lists, route};
use crate::contact::{Event, EventKind, Events, Fields, Stage, Text, TextBuilder};
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
        self.text().get(self.place(order, at)?)
    }

    /// The column that the cells are in.
    #[must_use]
    pub fn text(&self) -> &Text {
        match self {
            Self::AsRead(text) | Self::Ready(text) => text,
        }
    }

    /// Where the cell of the record at `at` is in that column; nowhere for a torn row.
    #[must_use]
    pub fn place(&self, order: Order<'_>, at: usize) -> Option<usize> {
        match self {
            Self::Ready(_) => Some(at),
            Self::AsRead(_) => match order.0[at] {
                Row::Whole(row) => Some(row as usize),
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
    route::by_label(source, &columns, &mut out);
    split_parts(source, &columns, &mut out);
    fill::blocks(source, &columns, &mut out);
    fill::when_filled(source, &columns, &mut out);
    fill::from_file_name(source, &mut out);
    for (field, value) in &source.plan.constants {
        fill::constant(source, field, value, &mut out);
    }
    for (at, column) in source.assigned.columns.iter().enumerate() {
        if column.field.is_none() && source.assigned.id != Some(at) {
            out.extra.insert(at, columns[at].clone());
        }
    }
    out
}

impl<'a> Source<'a> {
    pub fn preset(self) -> Option<&'a Preset> {
        self.assigned.system.as_ref().map(|system| system.preset)
    }

    pub fn header(self, at: usize) -> &'a str {
        self.read.table.names().get(at).map_or("", String::as_str)
    }

    pub fn rule(self, at: usize) -> Option<&'a ColumnRule> {
        self.preset()?.column_rule(&fold(self.header(at)))
    }

    /// Headers that a preset's name means.
    pub fn headers(self, name: &str) -> Vec<usize> {
        let name = fold(name);
        (0..self.read.table.names().len())
            .filter(|&at| matches(&name, &fold(self.header(at))))
            .collect()
    }

    pub fn event(self, at: usize) -> Option<u32> {
        u32::try_from(self.base + at).ok()
    }

    pub fn rows(self) -> usize {
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
                || !column.distinct_values().any(is_null)
            {
                return (plain, Events::new());
            }
            let mut events = Events::new();
            let mut text = TextBuilder::with_capacity(source.rows());
            let assigned = &source.assigned.columns[at];
            let own = format!("{}:{}", source.read.name, source.header(at));
            for row in 0..source.rows() {
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
    let mut text = TextBuilder::with_capacity(source.rows());
    let rules: Vec<Option<&ColumnRule>> = feeds.iter().map(|(at, _)| source.rule(*at)).collect();
    let mut cell = String::new();
    for row in 0..source.rows() {
        cell.clear();
        for ((at, share), rule) in feeds.iter().zip(&rules) {
            let Some(raw) = columns[*at].get(source.order, row) else {
                continue;
            };
            let before = cell.len();
            match rule.and_then(|rule| Some((rule, rule.separator.as_deref()?))) {
                Some((rule, separator)) => {
                    let values = lists::values(raw, rule, separator);
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
                            lists::push(&mut cell, value);
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
            .map(|field| (*field, TextBuilder::with_capacity(source.rows())))
            .collect();
        let mut rest = TextBuilder::with_capacity(source.rows());
        let mut any = false;
        for row in 0..source.rows() {
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
