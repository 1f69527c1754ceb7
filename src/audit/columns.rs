//! The audit log as columns: `audit.parquet` out, and back into events.

use polars::prelude::{
    Column, DataFrame, DataType, Field as PlField, IntoColumn, NamedFrom, PolarsResult, Schema,
    Series, StringChunked,
};
use rayon::prelude::*;

use crate::contact::{Events, Records};
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
    let row_of = |at: usize| {
        let row = events.record(at)? as usize;
        (row < records.rows()).then_some(row)
    };
    let golden_of = |at: usize| {
        let later = || merged.golden_of.get(row_of(at)?).copied().flatten();
        let row = events.golden(at).or_else(later)?;
        merged.golden_ids.get(row as usize).map(String::as_str)
    };
    let seq: Vec<i64> = (0..).skip(start).take(end - start).collect();
    let mut weight: Vec<Option<f64>> = vec![None; end - start];
    for (at, own) in events.weights(start, end) {
        weight[at - start] = Some(f64::from(own));
    }
    // One column a thread: this is the largest file of a run.
    type Build<'b> = Box<dyn Fn() -> Column + Sync + 'b>;
    let range = || start..end;
    let builds: Vec<Build<'_>> = vec![
        Box::new(|| Series::new("seq".into(), &seq).into_column()),
        Box::new(|| text("stage", range(), |at| Some(events.about(at).0.name()))),
        Box::new(|| text("kind", range(), |at| Some(events.about(at).1.name()))),
        Box::new(|| {
            text("source", range(), |at| {
                row_of(at).map(|row| records.source(row).name.as_str())
            })
        }),
        Box::new(|| {
            text("record_id", range(), |at| {
                row_of(at).map(|row| records.id(row))
            })
        }),
        Box::new(|| text("golden_id", range(), golden_of)),
        Box::new(|| text("field", range(), |at| filled(events.texts(at)[0]))),
        Box::new(|| text("before", range(), |at| events.before(at))),
        Box::new(|| text("after", range(), |at| events.after(at))),
        Box::new(|| text("rule", range(), |at| filled(events.texts(at)[1]))),
        Box::new(|| text("reason", range(), |at| filled(events.texts(at)[2]))),
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
    events: std::ops::Range<usize>,
    cell: impl Fn(usize) -> Option<&'e str>,
) -> Column {
    let cells: StringChunked = events.map(cell).collect();
    cells.with_name(name.into()).into_column()
}
