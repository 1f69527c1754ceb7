//! The sources' columns under one another: canonical fields first, then the extra
//! columns of each source.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::assign::{Assigned, Lists};
use super::cells::{self, Cells, Order};
use super::ids::{self, IdColumn, Ordered, Row};
use super::{Mapped, report};
use crate::contact::{
    Copied, Event, EventKind, Held, Origin, RECORD_ID, Records, SourceInfo, Stage, Table, Text,
    TextBuilder,
};
use crate::plan::{Plan, SourcePlan};
use crate::read::SourceRead;
use crate::watch::{Share, Watch};

/// Fills `mapped.records` and the events and diagnostics that belong to it.
pub fn union(
    sources: &[SourceRead],
    plan: &Plan,
    plans: &[SourcePlan],
    assigned: &[Assigned<'_>],
    lists: Lists<'_>,
    mapped: &mut Mapped,
    watch: &dyn Watch,
) {
    // Half of the work is a source's, half a column's.
    let rows: usize = sources
        .iter()
        .map(|source| source.at.len() + source.torn.len())
        .sum();
    let share = Share::new(watch, rows / 2, 2 * sources.len());
    let ordered: Vec<Ordered> = sources
        .par_iter()
        .zip(assigned)
        .with_max_len(1)
        .map(|(source, found)| {
            let order = ids::order(source, id_column(source, found));
            share.step();
            order
        })
        .collect();
    let mut bases = Vec::with_capacity(sources.len());
    let mut total = 0;
    for order in &ordered {
        bases.push(total);
        total += order.rows.len();
    }
    let companion: BTreeMap<String, String> = lists
        .fields
        .names()
        .filter_map(|field| Some((field.to_owned(), lists.generic.companion(field)?.to_owned())))
        .collect();
    let mut built: Vec<cells::Mapped> = sources
        .par_iter()
        .enumerate()
        .with_max_len(1)
        .map(|(at, source)| {
            let own = cells::build(cells::Source {
                read: source,
                plan: &plans[at],
                assigned: &assigned[at],
                fields: lists.fields,
                companion: &companion,
                order: Order(&ordered[at].rows),
                base: bases[at],
            });
            share.step();
            own
        })
        .collect();
    for (at, source) in sources.iter().enumerate() {
        let own = &mut built[at];
        if !ordered[at].twice.is_empty() || ordered[at].empty > 0 || !ordered[at].changed.is_empty()
        {
            own.as_read.extend(assigned[at].id);
        }
        for (record, raw, step) in &ordered[at].changed {
            mapped.events.push(Event {
                stage: Stage::Map,
                kind: EventKind::Standardised,
                record: u32::try_from(bases[at] + *record as usize).ok(),
                field: RECORD_ID,
                before: Some(raw),
                after: ordered[at].ids.get(*record as usize),
                rule: step,
                reason: "the id in the form that is compared",
                ..Event::default()
            });
        }
        mapped.events.append(&own.events);
        mapped
            .diagnostics
            .extend(report::ids(source, &assigned[at], &ordered[at]));
    }

    let records = &mut mapped.records;
    for (at, source) in sources.iter().enumerate() {
        origins(at, source, &ordered[at], bases[at], records);
        records
            .sources
            .push(info(source, plan, &plans[at], &assigned[at]));
    }
    records.table = Table::new(total);
    records.as_read = Table::new(total);

    // (name, [the source's cells]) of every column of the two tables, in order.
    type Part<'c> = (usize, std::borrow::Cow<'c, Cells>);
    let mut columns: Vec<(String, Vec<Part<'_>>)> = Vec::new();
    for field in lists.fields.names() {
        let parts: Vec<Part<'_>> = (0..sources.len())
            .filter_map(|at| Some((at, std::borrow::Cow::Borrowed(built[at].fields.get(field)?))))
            .collect();
        if !parts.is_empty() {
            columns.push((field.to_owned(), parts));
        }
    }
    for (at, source) in sources.iter().enumerate() {
        for (&header, cells) in &built[at].extra {
            let part = (at, std::borrow::Cow::Borrowed(cells));
            columns.push((extra_name(source, header), vec![part]));
        }
    }
    let mapped_columns = columns.len();
    for (at, source) in sources.iter().enumerate() {
        for &header in &built[at].as_read {
            let name = &source.table.names()[header];
            if let Some(text) = source.table.column(name) {
                let part = (at, std::borrow::Cow::Owned(Cells::AsRead(text.clone())));
                columns.push((extra_name(source, header), vec![part]));
            }
        }
    }
    let share = Share::new(watch, rows - rows / 2, columns.len());
    let (texts, record_ids): (Vec<Text>, Text) = rayon::join(
        || {
            let stacked = columns.par_iter().with_max_len(1).map(|(_, parts)| {
                let text = stack(parts, &ordered);
                share.step();
                text
            });
            stacked.collect()
        },
        || ids_of(&ordered, total),
    );
    records.record_id = Some(record_ids);
    for (nth, ((name, _), text)) in columns.iter().zip(texts).enumerate() {
        let table = if nth < mapped_columns {
            &mut records.table
        } else {
            &mut records.as_read
        };
        table.set(name, text);
    }
}

/// One column over all records, missing where a source does not have it.
fn stack(parts: &[(usize, std::borrow::Cow<'_, Cells>)], ordered: &[Ordered]) -> Text {
    let of: Vec<&Text> = parts.iter().map(|(_, cells)| cells.text()).collect();
    let mut text = TextBuilder::for_all_of(&of);
    let mut parts = parts.iter().peekable();
    for (at, order) in ordered.iter().enumerate() {
        let Some((_, cells)) = parts.next_if(|(source, _)| *source == at) else {
            text.skip(order.rows.len());
            continue;
        };
        let mut from = if of.len() == 1 {
            Copied::alone(cells.text())
        } else {
            Copied::of(cells.text())
        };
        let rows = 0..order.rows.len();
        let places = rows.map(|row| cells.place(Order(&order.rows), row));
        text.copy_all(&mut from, places);
    }
    text.finish()
}

fn origins(at: usize, source: &SourceRead, ordered: &Ordered, base: usize, records: &mut Records) {
    for (nth, &row) in ordered.rows.iter().enumerate() {
        let (file, line) = ids::line_of(source, row);
        records.origin.push(Origin {
            source: u16::try_from(at).unwrap_or(u16::MAX),
            file,
            line,
        });
        if let Row::Torn(torn) = row
            && let (Some(torn), Ok(row)) =
                (source.torn.get(torn as usize), u32::try_from(base + nth))
        {
            records.held.insert(
                row,
                Held {
                    rule: torn.rule.to_owned(),
                    reason: torn.reason.clone(),
                    raw: Some(torn.raw.clone()),
                },
            );
        }
    }
}

fn ids_of(ordered: &[Ordered], total: usize) -> Text {
    let mut text = TextBuilder::with_capacity(total);
    for order in ordered {
        text.append(&order.ids);
    }
    text.finish()
}

/// A file's path as the outputs name it: from the plan's folder, so that they are the
/// same wherever the plan is run from.
fn from_plan(path: &str, plan: &Plan) -> String {
    let path = std::path::Path::new(path);
    path.strip_prefix(&plan.base)
        .unwrap_or(path)
        .display()
        .to_string()
}

fn info(source: &SourceRead, plan: &Plan, own: &SourcePlan, assigned: &Assigned<'_>) -> SourceInfo {
    let names = source.table.names();
    let preset = assigned.system.as_ref().map(|system| system.preset);
    let columns: Vec<String> = (0..names.len())
        .map(|at| match &assigned.columns[at].field {
            Some(field) => field.clone(),
            None if assigned.id == Some(at) => RECORD_ID.to_owned(),
            None => extra_name(source, at),
        })
        .collect();
    SourceInfo {
        name: source.name.clone(),
        system: preset.map(|preset| preset.name.clone()),
        trust: own.trust,
        country: own.country.clone().or_else(|| plan.country.clone()),
        files: source
            .files
            .iter()
            .map(|file| from_plan(&file.path, plan))
            .collect(),
        headers: names.to_vec(),
        columns,
        id_header: assigned.id.map(|at| names[at].clone()),
        id_refused: assigned.id_refused.map(|at| extra_name(source, at)),
        deduplicated: preset.is_some_and(|preset| preset.deduplicated),
    }
}

fn extra_name(source: &SourceRead, header: usize) -> String {
    format!("{}:{}", source.name, source.table.names()[header])
}

fn id_column<'s>(source: &'s SourceRead, assigned: &Assigned<'_>) -> Option<IdColumn<'s>> {
    Some(IdColumn {
        text: source
            .table
            .column(source.table.names().get(assigned.id?)?)?,
        standard: assigned
            .system
            .as_ref()
            .is_some_and(|s| s.preset.standard_ids),
    })
}
