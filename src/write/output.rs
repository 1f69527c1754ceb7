//! One output file: created in the staging folder, hashed as it is written, synced.

use std::fs::File;
use std::io::{self, BufWriter};
use std::ops::Range;

use polars::prelude::PolarsError;

use super::csv::{self, Hashed, Line};
use super::staging::Staging;
use crate::contact::fault::unwritable;
use crate::contact::{Diagnostic, Failure, FailureKind};

/// Rows of a Parquet row group.
pub const ROW_GROUP: usize = 1 << 17;

/// A file of the run as the summary lists it.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Written {
    pub file: String,
    pub bytes: u64,
    /// BLAKE3, hexadecimal.
    pub blake3: String,
}

type Out = Hashed<BufWriter<File>>;

/// Writes one file through `fill`.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn file(
    staging: &Staging,
    name: &str,
    fill: impl FnOnce(&mut Out) -> Result<(), Fault>,
) -> Result<Written, Failure> {
    let mut out = Hashed::new(BufWriter::with_capacity(1 << 16, staging.create(name)?));
    let path = staging.folder().join(name);
    let failed = |error: &io::Error| unwritable(&path, error);
    fill(&mut out).map_err(|fault| match fault {
        Fault::Io(error) => failed(&error),
        Fault::Internal(message) => Failure::one(
            FailureKind::Internal,
            Diagnostic::error("write_failed", format!("{name}: {message}")),
        ),
    })?;
    let (inner, blake3, bytes) = out.finish();
    inner
        .into_inner()
        .map_err(io::IntoInnerError::into_error)
        .and_then(|file| file.sync_all())
        .map_err(|error| failed(&error))?;
    Ok(Written {
        file: name.to_owned(),
        bytes,
        blake3,
    })
}

/// Writes a CSV file.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn csv_file(
    staging: &Staging,
    name: &str,
    header: &[&str],
    rows: usize,
    guard: bool,
    draw: impl Fn(usize, &mut Line<'_>) + Sync,
) -> Result<Written, Failure> {
    file(staging, name, |out| {
        csv::write(out, header, rows, guard, draw).map_err(Fault::Io)
    })
}

/// The same; `fetch` touches the values of rows that are drawn next.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn csv_file_fetched(
    staging: &Staging,
    name: &str,
    header: &[&str],
    rows: usize,
    guard: bool,
    fetch: impl Fn(Range<usize>) + Sync,
    draw: impl Fn(usize, &mut Line<'_>) + Sync,
) -> Result<Written, Failure> {
    file(staging, name, |out| {
        csv::write_fetched(out, header, rows, guard, fetch, draw).map_err(Fault::Io)
    })
}

/// What can go wrong on the way.
pub enum Fault {
    Io(io::Error),
    Internal(String),
}

impl From<PolarsError> for Fault {
    fn from(error: PolarsError) -> Self {
        match error {
            PolarsError::IO { error, .. } => {
                Self::Io(io::Error::new(error.kind(), error.to_string()))
            }
            other => Self::Internal(other.to_string()),
        }
    }
}
