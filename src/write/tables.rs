//! The golden records and the xref, as CSV and as Parquet.

use std::ops::Range;

use polars::prelude::DataType;

use super::csv::Line;
use super::output::{Written, csv_file_fetched};
use super::parquet::{Column, parquet_columns};
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
        let fetch = |rows: Range<usize>| {
            for (_, column) in merged.golden.iter() {
                column.fetch(rows.clone());
            }
        };
        written.push(csv_file_fetched(
            staging,
            "golden.csv",
            &header,
            rows,
            output.guard_formulas,
            fetch,
            |row, line| golden_line(merged, row, line),
        )?);
    }
    if output.parquet {
        let ids = &merged.golden_ids;
        let id = Column::texts(
            GOLDEN_ID,
            ids.len(),
            |number| ids[number as usize].as_str(),
            |row| u32::try_from(row).ok(),
        );
        let others = merged.golden.iter();
        let columns: Vec<Column<'_>> = std::iter::once(id)
            .chain(others.map(|(name, column)| golden_column(name, column)))
            .collect();
        written.push(parquet_columns(staging, "golden.parquet", &columns, rows)?);
    }
    Ok(written)
}

/// Whether `golden.parquet` holds the column as numbers.
#[must_use]
pub fn is_number(name: &str) -> bool {
    matches!(name, RECORD_COUNT | CONFIDENCE)
}

fn golden_column<'a>(name: &str, column: &'a Text) -> Column<'a> {
    let by_value = |value: &str| -> Option<f64> { value.parse().ok() };
    match name {
        RECORD_COUNT => {
            let counts: Vec<Option<i64>> = column
                .distinct_values()
                .map(|value| value.parse().ok())
                .collect();
            Column::numbers(name, DataType::Int64, move |row| {
                counts[column.code(row)? as usize]
            })
        }
        CONFIDENCE => {
            let sure: Vec<Option<f64>> = column.distinct_values().map(by_value).collect();
            Column::numbers(name, DataType::Float64, move |row| {
                sure[column.code(row)? as usize]
            })
        }
        _ => Column::of(name, column),
    }
}

/// Texts that are read next: first where they stand, then their first bytes.
fn touch<'t>(texts: impl Iterator<Item = &'t str>) {
    let texts: Vec<&str> = texts.collect();
    let first = |all, text: &&str| all ^ text.as_bytes().first().copied().unwrap_or(0);
    std::hint::black_box(texts.iter().fold(0, first));
}

/// What may have become of a record.
const STATUSES: [&str; 3] = ["merged", "single", "quarantined"];

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

    /// Touches the ids of records that are written next: they stand anywhere, and in loops
    /// of nothing else the waits for memory overlap.
    pub(super) fn fetch(&self, rows: &[u32]) {
        if let Some(ids) = &self.records.record_id {
            ids.fetch_rows(rows);
        }
        touch(rows.iter().filter_map(|&row| self.golden_id(row as usize)));
    }

    fn probability(&self, row: usize) -> Option<&'static str> {
        self.merged.golden_of.get(row).copied().flatten()?;
        Some(if self.status(row) == "merged" {
            shown_probability(self.linked.probability.get(row).copied().unwrap_or(1.0))
        } else {
            "1"
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
            written.push(csv_file_fetched(
                staging,
                "xref.csv",
                &XREF_COLUMNS,
                rows,
                output.guard_formulas,
                |rows| {
                    let rows = rows.filter_map(|row| u32::try_from(row).ok());
                    self.fetch(&rows.collect::<Vec<_>>());
                },
                |row, line| {
                    line.text(&self.records.source(row).name);
                    line.text(self.records.id(row));
                    line.cell(self.golden_id(row));
                    line.text(self.status(row));
                    line.cell(self.probability(row));
                },
            )?);
        }
        if output.parquet {
            let columns = self.columns();
            written.push(parquet_columns(staging, "xref.parquet", &columns, rows)?);
        }
        Ok(written)
    }

    /// The columns of [`XREF_COLUMNS`], in that order.
    fn columns(&self) -> Vec<Column<'_>> {
        XREF_COLUMNS.iter().map(|name| self.column(name)).collect()
    }

    /// One of [`XREF_COLUMNS`].
    pub(super) fn column(&self, name: &str) -> Column<'_> {
        let (records, merged) = (self.records, self.merged);
        let ids = records.record_id.as_ref();
        match name {
            "source" => Column::texts(
                name,
                records.sources.len(),
                |number| records.sources[number as usize].name.as_str(),
                |row| Some(u32::from(records.origin[row].source)),
            ),
            "record_id" => Column::texts(
                name,
                ids.map_or(0, Text::distinct),
                move |number| ids.map_or("", |ids| ids.value(number)),
                move |row| ids?.code(row),
            ),
            GOLDEN_ID => Column::texts(
                name,
                merged.golden_ids.len(),
                |number| merged.golden_ids[number as usize].as_str(),
                |row| merged.golden_of.get(row).copied().flatten(),
            )
            .fetched(|numbers| {
                let id = |&number: &u32| merged.golden_ids[number as usize].as_str();
                touch(numbers.iter().map(id));
            }),
            "status" => Column::texts(
                name,
                STATUSES.len(),
                |number| STATUSES[number as usize],
                |row| {
                    let own = self.status(row);
                    let place = STATUSES.iter().position(|status| *status == own)?;
                    u32::try_from(place).ok()
                },
            ),
            _ => Column::numbers(name, DataType::Float64, |row| {
                self.probability(row)?.parse::<f64>().ok()
            }),
        }
    }
}
