//! The audit log as columns: `audit.parquet` out, and back into events.

use polars::prelude::{
    ChunkTake, Column, DataFrame, DataType, Field as PlField, IdxCa, IntoColumn, NamedFrom,
    PolarsResult, Schema, Series, StringChunked,
};
use rayon::prelude::*;

use super::order::{GoldenOf, Order};
use crate::contact::{EventKind, Events, Records, Stage};
use crate::merge::Merged;

/// The columns of `audit.parquet`, a contract.
pub const COLUMNS: [&str; 12] = [
    "seq",
    "stage",
    "kind",
    "source",
    "record_id",
    "golden_id",
    "field",
    "before",
    "after",
    "rule",
    "reason",
    "weight",
];

/// The types of [`COLUMNS`].
#[must_use]
pub fn schema() -> Schema {
    COLUMNS
        .iter()
        .map(|&name| {
            let kind = match name {
                "seq" => DataType::Int64,
                "weight" => DataType::Float64,
                _ => DataType::String,
            };
            PlField::new(name.into(), kind)
        })
        .collect()
}

/// Makes the frames of a run's events. Texts that many events share are put into
/// polars' form once; an event has their number.
pub struct Frames<'a> {
    events: &'a Events,
    order: &'a [u32],
    weighted: Vec<EventKind>,
    records: &'a Records,
    merged: &'a Merged,
    stages: StringChunked,
    kinds: StringChunked,
    sources: StringChunked,
    record_ids: StringChunked,
    golden_ids: StringChunked,
    words: StringChunked,
}

impl<'a> Frames<'a> {
    #[must_use]
    pub fn new(
        events: &'a Events,
        order: &'a Order,
        records: &'a Records,
        merged: &'a Merged,
    ) -> Self {
        let of = |texts: &mut dyn Iterator<Item = &str>| -> StringChunked {
            texts.map(filled).collect()
        };
        let ids = records.record_id.as_ref();
        Self {
            events,
            order: &order.events,
            weighted: events.weighted_kinds(),
            records,
            merged,
            stages: of(&mut Stage::ALL.iter().map(|stage| stage.name())),
            kinds: of(&mut EventKind::ALL.iter().map(|kind| kind.name())),
            sources: of(&mut records.sources.iter().map(|source| source.name.as_str())),
            record_ids: of(&mut ids.iter().flat_map(|ids| ids.distinct_values())),
            golden_ids: of(&mut merged.golden_ids.iter().map(String::as_str)),
            words: of(&mut events.words().iter().map(String::as_str)),
        }
    }

    /// The rows `start..end` of the log as a frame. An event from before the merge carries
    /// the golden id that its record got later, so that one query by golden id shows
    /// everything. `seq` numbers the rows.
    ///
    /// # Errors
    /// When polars refuses the columns.
    pub fn frame(&self, start: usize, end: usize) -> PolarsResult<DataFrame> {
        let events = self.events;
        let row_of = |at: usize| {
            let row = events.record(at)? as usize;
            (row < self.records.rows()).then_some(row)
        };
        let golden = GoldenOf {
            events,
            merged: self.merged,
        };
        let golden_of = |at: usize| golden.get(at);
        let ids = self.records.record_id.as_ref();
        let seq: Vec<i64> = (0..).skip(start).take(end - start).collect();
        let weight: Vec<Option<f64>> = self.order[start..end]
            .iter()
            .map(|&at| {
                let at = at as usize;
                let has = self.weighted.contains(&events.about(at).1);
                has.then(|| events.weight(at)).flatten().map(f64::from)
            })
            .collect();
        // One column a thread: this is the largest file of a run.
        type Build<'b> = Box<dyn Fn() -> PolarsResult<Column> + Sync + 'b>;
        let range = || &self.order[start..end];
        let builds: Vec<Build<'_>> = vec![
            Box::new(|| Ok(Series::new("seq".into(), &seq).into_column())),
            Box::new(|| {
                coded("stage", &self.stages, range(), |at| {
                    Some(events.about(at).0 as u32)
                })
            }),
            Box::new(|| {
                coded("kind", &self.kinds, range(), |at| {
                    Some(events.about(at).1 as u32)
                })
            }),
            Box::new(|| {
                coded("source", &self.sources, range(), |at| {
                    row_of(at).map(|row| u32::from(self.records.origin[row].source))
                })
            }),
            Box::new(|| {
                coded("record_id", &self.record_ids, range(), |at| {
                    ids?.code(row_of(at)?)
                })
            }),
            Box::new(|| coded("golden_id", &self.golden_ids, range(), golden_of)),
            Box::new(|| {
                coded("field", &self.words, range(), |at| {
                    Some(events.texts(at)[0])
                })
            }),
            Box::new(|| Ok(text("before", range(), |at| events.before(at)))),
            Box::new(|| Ok(text("after", range(), |at| events.after(at)))),
            Box::new(|| coded("rule", &self.words, range(), |at| Some(events.texts(at)[1]))),
            Box::new(|| {
                coded("reason", &self.words, range(), |at| {
                    Some(events.texts(at)[2])
                })
            }),
            Box::new(|| Ok(Series::new("weight".into(), &weight).into_column())),
        ];
        let columns = builds
            .par_iter()
            .map(|build| build())
            .collect::<PolarsResult<_>>()?;
        DataFrame::new(end - start, columns)
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

/// A column of which each cell is one of `values`, by its number.
fn coded(
    name: &str,
    values: &StringChunked,
    events: &[u32],
    code: impl Fn(usize) -> Option<u32>,
) -> PolarsResult<Column> {
    let codes: IdxCa = events.iter().map(|&at| code(at as usize)).collect();
    Ok(values.take(&codes)?.with_name(name.into()).into_column())
}

fn text<'e>(name: &str, events: &[u32], cell: impl Fn(usize) -> Option<&'e str>) -> Column {
    let cells: StringChunked = events.iter().map(|&at| cell(at as usize)).collect();
    cells.with_name(name.into()).into_column()
}
