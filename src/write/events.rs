//! The audit log as columns of `audit.parquet`: texts by the numbers that events have.

use std::ops::Range;
use std::sync::Arc;

use polars::prelude::DataType;

use super::parquet::Column;
use crate::audit::columns::COLUMNS;
use crate::audit::order::Order;
use crate::contact::events::About;
use crate::contact::{EventKind, Events, Records, Stage};
use crate::merge::Merged;

/// What the log is drawn from.
#[derive(Clone, Copy)]
pub struct Log<'a> {
    pub events: &'a Events,
    pub order: &'a Order,
    pub records: &'a Records,
    pub merged: &'a Merged,
}

/// An event of a row group, with what its record says.
#[derive(Clone, Copy)]
struct Drawn {
    /// The place in the events.
    at: u32,
    about: About,
    before: Option<u32>,
    after: Option<u32>,
    source: Option<u16>,
    id: Option<u32>,
    golden: Option<u32>,
}

impl<'a> Log<'a> {
    /// The columns of [`COLUMNS`], in that order, of some rows; to be asked for them from 0.
    /// An event from before the merge carries the golden id that its record got later, so
    /// that one query by golden id shows everything. The rows are in `order`, and `seq`
    /// numbers them.
    pub fn columns(self, rows: Range<usize>) -> Vec<Column<'a>> {
        // Events of a person stand anywhere: each is fetched once for all columns.
        let drawn: Arc<[Drawn]> = rows.clone().map(|row| self.drawn(row)).collect();
        COLUMNS
            .iter()
            .map(|name| self.column(name, rows.start, Arc::clone(&drawn)))
            .collect()
    }

    fn drawn(self, row: usize) -> Drawn {
        let at = self.order.events[row];
        let (row, about) = self.events.row(at as usize);
        let record = row
            .record()
            .filter(|record| (*record as usize) < self.records.rows());
        let later = |record: u32| {
            self.merged
                .golden_of
                .get(record as usize)
                .copied()
                .flatten()
        };
        let golden = row.golden().or_else(|| later(record?));
        let [before, after] = self.events.values_of(&row);
        Drawn {
            at,
            about,
            before,
            after,
            source: record.map(|record| self.records.origin[record as usize].source),
            id: record.and_then(|record| self.records.record_id.as_ref()?.code(record as usize)),
            golden: golden.filter(|golden| (*golden as usize) < self.merged.golden_ids.len()),
        }
    }

    fn column(self, name: &str, first: usize, drawn: Arc<[Drawn]>) -> Column<'a> {
        let Self {
            events,
            records,
            merged,
            ..
        } = self;
        let words = events.words();
        let ids = records.record_id.as_ref();
        let word = |number: fn(&About) -> u32, drawn: Arc<[Drawn]>| {
            Column::texts(
                name,
                words.len(),
                |number| words[number as usize].as_str(),
                move |row| {
                    let number = number(&drawn[row].about);
                    (!words[number as usize].is_empty()).then_some(number)
                },
            )
        };
        match name {
            "seq" => Column::steps(name, DataType::Int64, move |row| {
                i64::try_from(first + row).ok()
            }),
            "stage" => Column::texts(
                name,
                Stage::ALL.len(),
                |number| Stage::ALL[number as usize].name(),
                move |row| Some(drawn[row].about.stage as u32),
            ),
            "kind" => Column::texts(
                name,
                EventKind::ALL.len(),
                |number| EventKind::ALL[number as usize].name(),
                move |row| Some(drawn[row].about.kind as u32),
            ),
            "source" => Column::texts(
                name,
                records.sources.len(),
                |number| records.sources[number as usize].name.as_str(),
                move |row| drawn[row].source.map(u32::from),
            ),
            "record_id" => Column::texts(
                name,
                ids.map_or(0, |ids| ids.distinct()),
                move |number| ids.map_or("", |ids| ids.value(number)),
                move |row| drawn[row].id,
            ),
            "golden_id" => Column::texts(
                name,
                merged.golden_ids.len(),
                |number| merged.golden_ids[number as usize].as_str(),
                move |row| drawn[row].golden,
            ),
            "field" => word(|about| about.field, drawn),
            "before" => Column::texts(
                name,
                events.values(),
                |number| events.value(number),
                move |row| drawn[row].before,
            ),
            "after" => Column::texts(
                name,
                events.values(),
                |number| events.value(number),
                move |row| drawn[row].after,
            ),
            "rule" => word(|about| about.rule, drawn),
            "reason" => word(|about| about.reason, drawn),
            _ => {
                let weighted = events.weighted_kinds();
                Column::numbers(name, DataType::Float64, move |row| {
                    let drawn = &drawn[row];
                    let has = weighted.contains(&drawn.about.kind);
                    has.then(|| events.weight(drawn.at as usize))
                        .flatten()
                        .map(f64::from)
                })
            }
        }
    }
}
