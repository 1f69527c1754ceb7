//! The log in its file, asked without reading all of it.
//!
//! The rows about persons are sorted by golden id: a person is found by halving, and
//! only the row groups around are read. Any other question reads the columns that it
//! asks about, and the rest of a row group only where something fits.

use std::collections::BTreeSet;
use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use polars::prelude::{Float64Chunked, SerReader, StringChunked};
use polars_io::parquet::read::ParquetReader;
use serde_json::Value;

use super::columns::{COLUMNS, TEXT_COLUMNS};
use super::load::LogRow;
use super::query::Query;
use crate::write::output::ROW_GROUP;

/// A log that was not read yet.
pub struct LogFile {
    path: PathBuf,
    rows: usize,
    /// So many rows are sorted by golden id; none in logs of before they were.
    by_person: usize,
}

/// Some rows of the log: the columns that were read.
pub(super) struct Part {
    first: usize,
    rows: usize,
    text: Vec<Option<StringChunked>>,
    weight: Option<Float64Chunked>,
}

/// The place of the golden id in [`COLUMNS`].
const GOLDEN_ID: usize = 5;

impl LogFile {
    /// The log of the run in `folder`.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn open(folder: &Path, summary: &Value) -> Result<Self, String> {
        let path = folder.join("audit.parquet");
        let file = File::open(&path).map_err(|error| error.to_string())?;
        let rows = ParquetReader::new(file)
            .num_rows()
            .map_err(|error| error.to_string())?;
        let by_person = summary["audit"]["by_person"].as_u64().unwrap_or(0);
        Ok(Self {
            path,
            rows,
            by_person: usize::try_from(by_person).unwrap_or(0).min(rows),
        })
    }

    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// Gives the row of this number to `found`, if there is one.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn at(&self, seq: usize, found: impl FnOnce(&LogRow<'_>)) -> Result<(), String> {
        if seq < self.rows {
            let part = self.read(seq..seq + 1, &COLUMNS)?;
            if part.rows > 0 {
                found(&part.row(0));
            }
        }
        Ok(())
    }

    /// Gives each row that fits to `found`, in the order of the log, until that returns
    /// false. `persons` are the golden ids that the rows can be about, where that is known.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn search(
        &self,
        query: &Query,
        persons: Option<&[String]>,
        mut found: impl FnMut(&LogRow<'_>) -> bool,
    ) -> Result<(), String> {
        let ranges = match persons {
            Some(persons) if self.by_person > 0 => {
                let mut ranges = persons
                    .iter()
                    .map(|id| self.person(id))
                    .collect::<Result<Vec<_>, String>>()?;
                ranges.push(self.by_person..self.rows);
                ranges.retain(|range| !range.is_empty());
                ranges.sort_by_key(|range| range.start);
                ranges.dedup();
                ranges
            }
            _ => std::iter::once(0..self.rows).collect(),
        };
        let asked = query.columns();
        for range in ranges {
            let narrow = range.len() < ROW_GROUP;
            let mut start = range.start;
            while start < range.end {
                let end = ((start / ROW_GROUP + 1) * ROW_GROUP).min(range.end);
                if !narrow && !asked.is_empty() {
                    let part = self.read(start..end, &asked)?;
                    if !(0..part.rows).any(|at| query.matches(&part.row(at))) {
                        start = end;
                        continue;
                    }
                }
                let part = self.read(start..end, &COLUMNS)?;
                for at in 0..part.rows {
                    let row = part.row(at);
                    if query.matches(&row) && !found(&row) {
                        return Ok(());
                    }
                }
                start = end;
            }
        }
        Ok(())
    }

    /// The words of one column, sorted.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn distinct(&self, column: &str) -> Result<BTreeSet<String>, String> {
        let mut words = BTreeSet::new();
        let place = TEXT_COLUMNS.iter().position(|name| *name == column);
        let mut start = 0;
        while start < self.rows {
            let end = (start + ROW_GROUP).min(self.rows);
            let part = self.read(start..end, &[column])?;
            if let Some(text) = place.and_then(|place| part.text[place].as_ref()) {
                for word in text.iter().flatten() {
                    if !words.contains(word) {
                        words.insert(word.to_owned());
                    }
                }
            }
            start = end;
        }
        Ok(words)
    }

    /// The rows about a person.
    fn person(&self, id: &str) -> Result<Range<usize>, String> {
        // Whole row groups first, by their first row.
        let groups = self.by_person.div_ceil(ROW_GROUP);
        let (mut low, mut high) = (0, groups);
        while low < high {
            let middle = low.midpoint(high);
            let first = middle * ROW_GROUP;
            let part = self.read(first..first + 1, &[COLUMNS[GOLDEN_ID]])?;
            if part.row(0).golden_id.unwrap_or("") < id {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        let mut range = 0..0;
        let mut group = low.saturating_sub(1);
        while group < groups {
            let first = group * ROW_GROUP;
            let last = (first + ROW_GROUP).min(self.by_person);
            let part = self.read(first..last, &[COLUMNS[GOLDEN_ID]])?;
            let own = |at: usize| part.row(at).golden_id.unwrap_or("");
            let from = partition(part.rows, |at| own(at) < id);
            let to = partition(part.rows, |at| own(at) <= id);
            if from < to {
                if range.is_empty() {
                    range.start = first + from;
                }
                range.end = first + to;
            }
            if to < part.rows {
                break;
            }
            group += 1;
        }
        Ok(range)
    }

    /// Some columns of some rows; columns that were not asked for are empty.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub(super) fn read(&self, rows: Range<usize>, columns: &[&str]) -> Result<Part, String> {
        let error = |error: &dyn std::fmt::Display| error.to_string();
        let file = File::open(&self.path).map_err(|e| error(&e))?;
        let frame = ParquetReader::new(file)
            .with_columns(Some(columns.iter().map(|&c| c.to_owned()).collect()))
            .with_slice(Some((rows.start, rows.len())))
            .finish()
            .map_err(|e| error(&e))?;
        let text = TEXT_COLUMNS
            .iter()
            .map(|name| {
                if !columns.contains(name) {
                    return Ok(None);
                }
                let column = frame.column(name).map_err(|e| error(&e))?;
                let text = column.str().map_err(|e| error(&e))?;
                Ok(Some(text.rechunk().into_owned()))
            })
            .collect::<Result<_, String>>()?;
        let weight = if columns.contains(&"weight") {
            let column = frame.column("weight").map_err(|e| error(&e))?;
            Some(column.f64().map_err(|e| error(&e))?.rechunk().into_owned())
        } else {
            None
        };
        Ok(Part {
            first: rows.start,
            rows: frame.height(),
            text,
            weight,
        })
    }
}

impl Part {
    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn row(&self, at: usize) -> LogRow<'_> {
        let text = |column: usize| self.text[column].as_ref().and_then(|text| text.get(at));
        let weight = self.weight.as_ref().and_then(|weight| weight.get(at));
        LogRow::of(self.first + at, text, weight)
    }
}

/// The first place below `len` of which `before` does not hold.
pub(crate) fn partition(len: usize, before: impl Fn(usize) -> bool) -> usize {
    let (mut low, mut high) = (0, len);
    while low < high {
        let middle = low.midpoint(high);
        if before(middle) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    low
}
