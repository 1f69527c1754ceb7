//! Parquet: every column as text.
//!
//! Numbers in their shortest digits, whole ones without `.0`; dates and times as
//! ISO; lists joined by `;`; nested fields as columns `a.b`. The line of a record is
//! its row, from 1.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use polars::prelude::*;
use polars_io::SerReader;
use polars_io::parquet::read::ParquetReader;

use super::fault::{self, BoundPassed, Fault, fault, hinted};
use super::header::Choice;
use super::open::read_fault;
use super::sink::{FileTable, Sink};
use super::{FileRead, Job};

/// Below this unpacked size the ratio is not asked.
const RATIO_FROM: u64 = 64 << 20;

/// Reads a Parquet file.
///
/// # Errors
/// A damaged file, a bound.
pub fn read(mut content: Box<dyn Read>, job: &Job<'_>, file: FileRead) -> Result<FileTable, Fault> {
    let mut bytes = Vec::new();
    content
        .read_to_end(&mut bytes)
        .map_err(|error| read_fault(&job.path, job.compression, &error))?;
    // In memory, not mapped: a file that shrinks must not kill the process. The
    // library may panic on a damaged file.
    let columns = catch_unwind(AssertUnwindSafe(|| columns(bytes, job)))
        .unwrap_or_else(|_| Err(damaged(job, "its structure is broken")))?;
    let rows = columns.first().map_or(0, |(_, values)| values.len());
    let choice = Choice {
        cells: columns.iter().map(|(name, _)| name.clone()).collect(),
        ..Choice::default()
    };
    let mut sink = Sink::new(&job.path, choice, job.patterns, job.bounds)?;
    for row in 0..rows {
        let line = u32::try_from(row + 1).unwrap_or(u32::MAX);
        sink.row(line, |at| {
            columns
                .get(at)
                .and_then(|(_, values)| values.get(row))
                .unwrap_or("")
        })?;
    }
    Ok(sink.finish(file))
}

fn columns(bytes: Vec<u8>, job: &Job<'_>) -> Result<Vec<(String, StringChunked)>, Fault> {
    let size = bytes.len().max(1) as u64;
    let bad = |error: PolarsError| damaged(job, &first_line(&error.to_string()));
    let mut reader = ParquetReader::new(Cursor::new(bytes));
    let metadata = reader.get_metadata().map_err(bad)?.clone();
    let unpacked: u64 = metadata
        .row_groups
        .iter()
        .map(|group| u64::try_from(group.total_byte_size()).unwrap_or(u64::MAX))
        .fold(0, u64::saturating_add);
    let width = metadata.schema_descr.columns().len() as u64;
    let cells = (metadata.num_rows as u64).saturating_mul(width);
    let bounds = job.bounds;
    let passed = if unpacked > bounds.max_unpacked_bytes {
        Some((
            "unpacked_bytes",
            format!(
                "the content is larger than {} bytes",
                bounds.max_unpacked_bytes
            ),
        ))
    } else if unpacked > RATIO_FROM && unpacked / size > bounds.max_unpack_ratio {
        Some((
            "unpack_ratio",
            format!(
                "{size} packed bytes unpack to more than {} times as many",
                bounds.max_unpack_ratio
            ),
        ))
    } else if cells > bounds.max_cells {
        Some((
            "cells",
            format!("{cells} cells are more than {}", bounds.max_cells),
        ))
    } else {
        None
    };
    if let Some((key, what)) = passed {
        return Err(fault::bound(&job.path, 0, &BoundPassed { what, key }));
    }
    let frame = reader.finish().map_err(bad)?;
    let mut out = Vec::new();
    for column in frame.columns() {
        let series = column.as_materialized_series();
        flatten(series.name().as_str(), series, &mut out).map_err(bad)?;
    }
    Ok(out)
}

fn flatten(
    name: &str,
    series: &Series,
    out: &mut Vec<(String, StringChunked)>,
) -> PolarsResult<()> {
    if let DataType::Struct(_) = series.dtype() {
        for field in series.struct_()?.fields_as_series() {
            flatten(&format!("{name}.{}", field.name()), &field, out)?;
        }
        return Ok(());
    }
    let values: StringChunked = match series.dtype() {
        DataType::String => series.str()?.rechunk().into_owned(),
        _ => series.iter().map(|value| text(&value)).collect(),
    };
    out.push((name.to_owned(), values.rechunk().into_owned()));
    Ok(())
}

fn text(value: &AnyValue<'_>) -> Option<String> {
    match value {
        AnyValue::Null => None,
        AnyValue::String(text) => Some((*text).to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        AnyValue::Float64(number) => Some(format!("{number}")),
        AnyValue::Float32(number) => Some(format!("{number}")),
        AnyValue::Binary(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        AnyValue::BinaryOwned(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
        AnyValue::Date(days) => {
            civil(i64::from(*days) * 86_400, 0).map(|moment| moment.date().to_string())
        }
        AnyValue::Datetime(value, unit, zone) => datetime(*value, *unit, zone.is_some()),
        AnyValue::DatetimeOwned(value, unit, zone) => datetime(*value, *unit, zone.is_some()),
        AnyValue::List(list) => {
            let texts: Vec<String> = list.iter().filter_map(|value| text(&value)).collect();
            Some(texts.join(";"))
        }
        other => Some(other.to_string()),
    }
}

/// `2024-03-12 09:14:00`; with a zone `2024-03-12T09:14:00Z` (Parquet keeps UTC).
fn datetime(value: i64, unit: TimeUnit, zoned: bool) -> Option<String> {
    let per_second: i64 = match unit {
        TimeUnit::Nanoseconds => 1_000_000_000,
        TimeUnit::Microseconds => 1_000_000,
        TimeUnit::Milliseconds => 1_000,
    };
    let nanos = value.rem_euclid(per_second) * (1_000_000_000 / per_second);
    let moment = civil(value.div_euclid(per_second), i32::try_from(nanos).ok()?)?;
    let iso = moment.to_string();
    Some(if zoned {
        format!("{iso}Z")
    } else {
        iso.replacen('T', " ", 1)
    })
}

fn civil(seconds: i64, nanos: i32) -> Option<jiff::civil::DateTime> {
    let moment = jiff::Timestamp::new(seconds, nanos).ok()?;
    Some(jiff::tz::TimeZone::UTC.to_datetime(moment))
}

fn first_line(message: &str) -> String {
    message.lines().next().unwrap_or("").to_owned()
}

fn damaged(job: &Job<'_>, why: &str) -> Fault {
    hinted(
        fault(
            &job.path,
            "input_damaged",
            format!("the Parquet file can't be read: {why}"),
        ),
        "export or copy it again",
    )
}
