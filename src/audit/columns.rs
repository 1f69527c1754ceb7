//! The audit log as columns: `audit.parquet` out, and back into events.

use polars::prelude::{
    Column, DataFrame, DataType, Field as PlField, IntoColumn, NamedFrom, PolarsResult, Schema,
    Series, StringChunked,
};
use rayon::prelude::*;

use crate::contact::{Event, Events, Records};
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

/// Events `start..end` as a frame. An event from before the merge carries the golden
/// id that its record got later, so that one query by golden id shows everything.
///
/// # Errors
/// When polars refuses the columns.
pub fn frame(
    events: &Events,
    start: usize,
    end: usize,
    records: &Records,
    merged: &Merged,
) -> PolarsResult<DataFrame> {
    let events: Vec<Event<'_>> = (start..end).map(|at| events.get(at)).collect();
    let row_of = |event: &Event<'_>| {
        event
            .record
            .map(|row| row as usize)
            .filter(|row| *row < records.rows())
    };
    let golden_of = |event: &Event<'_>| {
        let later = || merged.golden_of.get(row_of(event)?).copied().flatten();
        let row = event.golden.or_else(later)?;
        merged.golden_ids.get(row as usize).map(String::as_str)
    };
    let seq: Vec<i64> = (0..).skip(start).take(events.len()).collect();
    let weight: Vec<Option<f64>> = events.iter().map(|e| e.weight.map(f64::from)).collect();
    // One column a thread: this is the largest file of a run.
    type Build<'b> = Box<dyn Fn() -> Column + Sync + 'b>;
    let (events, records) = (&events, &records);
    let builds: Vec<Build<'_>> = vec![
        Box::new(|| Series::new("seq".into(), &seq).into_column()),
        Box::new(|| text("stage", events, |e| Some(e.stage.name()))),
        Box::new(|| text("kind", events, |e| Some(e.kind.name()))),
        Box::new(|| {
            text("source", events, |e| {
                row_of(e).map(|row| records.source(row).name.as_str())
            })
        }),
        Box::new(|| {
            text("record_id", events, |e| {
                row_of(e).map(|row| records.id(row))
            })
        }),
        Box::new(|| text("golden_id", events, golden_of)),
        Box::new(|| text("field", events, |e| filled(e.field))),
        Box::new(|| text("before", events, |e| e.before)),
        Box::new(|| text("after", events, |e| e.after)),
        Box::new(|| text("rule", events, |e| filled(e.rule))),
        Box::new(|| text("reason", events, |e| filled(e.reason))),
        Box::new(|| Series::new("weight".into(), &weight).into_column()),
    ];
    let columns = builds.par_iter().map(|build| build()).collect();
    DataFrame::new(end - start, columns)
}

fn filled(text: &str) -> Option<&str> {
    Some(text).filter(|text| !text.is_empty())
}

fn text<'e>(
    name: &str,
    events: &'e [Event<'e>],
    cell: impl Fn(&'e Event<'e>) -> Option<&'e str>,
) -> Column {
    let cells: StringChunked = events.iter().map(cell).collect();
    cells.with_name(name.into()).into_column()
}
