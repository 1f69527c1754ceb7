//! The golden records and the xref, as CSV and as Parquet.

use polars::prelude::{
    Column, DataFrame, DataType, Field as PlField, Float64Chunked, Int64Chunked, IntoColumn,
    NamedFrom, PolarsResult, Schema, Series, StringChunked,
};

use super::csv::Line;
use super::output::{Written, csv_file, parquet_file};
use super::staging::Staging;
use crate::contact::{Failure, Held, Records, Text};
use crate::link::Linked;
use crate::merge::{CONFIDENCE, Merged, RECORD_COUNT, shown_probability};
use crate::plan::OutputPlan;
use std::collections::BTreeMap;

pub const GOLDEN_ID: &str = "golden_id";
pub const XREF_COLUMNS: [&str; 5] = [
    "source",
    "record_id",
    "golden_id",
    "status",
    "match_probability",
];

/// Draws one line of `golden.csv`; `verify` draws the same.
pub fn golden_line(merged: &Merged, row: usize, line: &mut Line<'_>) {
    line.cell(merged.golden_ids.get(row).map(String::as_str));
    for (_, column) in merged.golden.iter() {
        line.cell(column.get(row));
    }
}

/// The header of `golden.csv`.
#[must_use]
pub fn golden_header(merged: &Merged) -> Vec<&str> {
    std::iter::once(GOLDEN_ID)
        .chain(merged.golden.names().iter().map(String::as_str))
        .collect()
}

/// Writes `golden.csv` and `golden.parquet`.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn golden(
    staging: &Staging,
    merged: &Merged,
    output: &OutputPlan,
) -> Result<Vec<Written>, Failure> {
    let rows = merged.golden.rows();
    let mut written = Vec::new();
    if output.csv {
        let header = golden_header(merged);
        written.push(csv_file(
            staging,
            "golden.csv",
            &header,
            rows,
            output.guard_formulas,
            |row, line| {
                golden_line(merged, row, line);
            },
        )?);
    }
    if output.parquet {
        let schema: Schema = golden_header(merged)
            .into_iter()
            .map(|name| PlField::new(name.into(), golden_type(name)))
            .collect();
        written.push(parquet_file(
            staging,
            "golden.parquet",
            &schema,
            rows,
            |start, end| {
                let ids: StringChunked = merged.golden_ids[start..end]
                    .iter()
                    .map(|id| Some(id.as_str()))
                    .collect();
                let mut columns = vec![named(ids, GOLDEN_ID)];
                for (name, column) in merged.golden.iter() {
                    columns.push(golden_column(name, column, start, end));
                }
                DataFrame::new(end - start, columns)
            },
        )?);
    }
    Ok(written)
}

/// Whether `golden.parquet` holds the column as numbers.
#[must_use]
pub fn is_number(name: &str) -> bool {
    golden_type(name) != DataType::String
}

fn golden_type(name: &str) -> DataType {
    match name {
        RECORD_COUNT => DataType::Int64,
        CONFIDENCE => DataType::Float64,
        _ => DataType::String,
    }
}

fn golden_column(name: &str, column: &Text, start: usize, end: usize) -> Column {
    let cells = || (start..end).map(|row| column.get(row));
    match golden_type(name) {
        DataType::Int64 => {
            let numbers: Int64Chunked = cells()
                .map(|c| c.and_then(|c| c.parse::<i64>().ok()))
                .collect();
            numbers.with_name(name.into()).into_column()
        }
        DataType::Float64 => {
            let numbers: Float64Chunked = cells()
                .map(|c| c.and_then(|c| c.parse::<f64>().ok()))
                .collect();
            numbers.with_name(name.into()).into_column()
        }
        _ => named(column.to_polars(start..end), name),
    }
}

/// A polars column of text.
#[must_use]
pub fn named(cells: StringChunked, name: &str) -> Column {
    cells.with_name(name.into()).into_column()
}

/// Where each record went.
pub struct Xref<'a> {
    pub records: &'a Records,
    pub held: &'a BTreeMap<u32, Held>,
    pub linked: &'a Linked,
    pub merged: &'a Merged,
}

impl Xref<'_> {
    /// `merged`, `single` or `quarantined`.
    #[must_use]
    pub fn status(&self, row: usize) -> &'static str {
        match self.merged.golden_of.get(row).copied().flatten() {
            None => "quarantined",
            Some(golden) if self.merged.clusters.of(golden as usize).len() > 1 => "merged",
            Some(_) => "single",
        }
    }

    /// The golden id of a record; none when it is held out.
    #[must_use]
    pub fn golden_id(&self, row: usize) -> Option<&str> {
        let golden = self.merged.golden_of.get(row).copied().flatten()?;
        self.merged
            .golden_ids
            .get(golden as usize)
            .map(String::as_str)
    }

    fn probability(&self, row: usize) -> Option<String> {
        self.golden_id(row)?;
        Some(if self.status(row) == "merged" {
            shown_probability(self.linked.probability.get(row).copied().unwrap_or(1.0))
        } else {
            "1".to_owned()
        })
    }

    /// Writes `xref.csv` and `xref.parquet`.
    ///
    /// # Errors
    /// Exit 74 when the system refuses.
    pub fn write(&self, staging: &Staging, output: &OutputPlan) -> Result<Vec<Written>, Failure> {
        let rows = self.records.rows();
        let mut written = Vec::new();
        if output.csv {
            written.push(csv_file(
                staging,
                "xref.csv",
                &XREF_COLUMNS,
                rows,
                output.guard_formulas,
                |row, line| {
                    line.text(&self.records.source(row).name);
                    line.text(self.records.id(row));
                    line.cell(self.golden_id(row));
                    line.text(self.status(row));
                    line.cell(self.probability(row).as_deref());
                },
            )?);
        }
        if output.parquet {
            let schema: Schema = XREF_COLUMNS
                .iter()
                .map(|&name| {
                    let kind = if name == "match_probability" {
                        DataType::Float64
                    } else {
                        DataType::String
                    };
                    PlField::new(name.into(), kind)
                })
                .collect();
            written.push(parquet_file(
                staging,
                "xref.parquet",
                &schema,
                rows,
                |start, end| self.frame(start, end),
            )?);
        }
        Ok(written)
    }

    fn frame<'s>(&'s self, start: usize, end: usize) -> PolarsResult<DataFrame> {
        let text = |name: &str, cell: &dyn Fn(usize) -> Option<&'s str>| {
            named((start..end).map(cell).collect(), name)
        };
        let probabilities: Vec<Option<f64>> = (start..end)
            .map(|row| self.probability(row).and_then(|p| p.parse().ok()))
            .collect();
        let columns = vec![
            text("source", &|row| Some(&self.records.source(row).name)),
            text("record_id", &|row| Some(self.records.id(row))),
            text("golden_id", &|row| self.golden_id(row)),
            text("status", &|row| Some(self.status(row))),
            Series::new("match_probability".into(), probabilities).into_column(),
        ];
        DataFrame::new(end - start, columns)
    }
}
