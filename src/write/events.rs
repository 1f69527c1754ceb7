//! The audit log as columns of `audit.parquet`: texts by the numbers that events have.

use std::ops::Range;
use std::sync::Arc;

use polars::prelude::DataType;

use super::pages::NONE;
use super::parquet::Column;
use crate::audit::columns::COLUMNS;
use crate::audit::order::Order;
use crate::contact::events::About;
use crate::contact::{EventKind, Events, Records, Stage, Weights};
use crate::merge::Merged;

/// What the log is drawn from.
#[derive(Clone, Copy)]
pub struct Log<'a> {
    pub events: &'a Events,
    pub order: &'a Order,
    pub weights: &'a Weights<'a>,
    pub records: &'a Records,
    pub merged: &'a Merged,
}

/// An event of a row group, with what its record says; [`NONE`] for what it does not say.
#[derive(Clone, Copy)]
struct Drawn {
    /// The place in the events.
    at: u32,
    /// Into the abouts of the events.
    about: u32,
    before: u32,
    after: u32,
    id: u32,
    golden: u32,
    source: u16,
}

fn some(number: u32) -> Option<u32> {
    (number != NONE).then_some(number)
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
        let row = self.events.row(at as usize);
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
        let id = |record: u32| self.records.record_id.as_ref()?.code(record as usize);
        let golden = golden.filter(|golden| (*golden as usize) < self.merged.golden_ids.len());
        Drawn {
            at,
            about: row.about(),
            before: before.unwrap_or(NONE),
            after: after.unwrap_or(NONE),
            id: record.and_then(id).unwrap_or(NONE),
            golden: golden.unwrap_or(NONE),
            source: record.map_or(u16::MAX, |record| {
                self.records.origin[record as usize].source
            }),
        }
    }

    fn column(self, name: &str, first: usize, drawn: Arc<[Drawn]>) -> Column<'a> {
        let Self {
            events,
            records,
            merged,
            ..
        } = self;
        let (words, abouts) = (events.words(), events.abouts());
        let ids = records.record_id.as_ref();
        let word = |number: fn(&About) -> u32, drawn: Arc<[Drawn]>| {
            let of_about: Vec<Option<u32>> = abouts
                .iter()
                .map(|about| {
                    let number = number(about);
                    (!words[number as usize].is_empty()).then_some(number)
                })
                .collect();
            Column::texts(
                name,
                words.len(),
                |number| words[number as usize].as_str(),
                move |row| of_about[drawn[row].about as usize],
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
                move |row| Some(abouts[drawn[row].about as usize].stage as u32),
            ),
            "kind" => Column::texts(
                name,
                EventKind::ALL.len(),
                |number| EventKind::ALL[number as usize].name(),
                move |row| Some(abouts[drawn[row].about as usize].kind as u32),
            ),
            "source" => Column::texts(
                name,
                records.sources.len(),
                |number| records.sources[number as usize].name.as_str(),
                move |row| {
                    let source = drawn[row].source;
                    (source != u16::MAX).then(|| u32::from(source))
                },
            ),
            "record_id" => Column::texts(
                name,
                ids.map_or(0, |ids| ids.distinct()),
                move |number| ids.map_or("", |ids| ids.value(number)),
                move |row| some(drawn[row].id),
            ),
            "golden_id" => Column::texts(
                name,
                merged.golden_ids.len(),
                |number| merged.golden_ids[number as usize].as_str(),
                move |row| some(drawn[row].golden),
            ),
            "field" => word(|about| about.field, drawn),
            "before" => Column::texts(
                name,
                events.values(),
                |number| events.value(number),
                move |row| some(drawn[row].before),
            )
            .fetched(|numbers| events.fetch(numbers)),
            "after" => Column::texts(
                name,
                events.values(),
                |number| events.value(number),
                move |row| some(drawn[row].after),
            )
            .fetched(|numbers| events.fetch(numbers)),
            "rule" => word(|about| about.rule, drawn),
            "reason" => word(|about| about.reason, drawn),
            _ => {
                let weights = self.weights;
                Column::numbers(name, DataType::Float64, move |row| {
                    let drawn = &drawn[row];
                    let kind = abouts[drawn.about as usize].kind;
                    let has = weights.kinds.contains(&kind);
                    has.then(|| weights.get(drawn.at)).flatten().map(f64::from)
                })
            }
        }
    }
}
