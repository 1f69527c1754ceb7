//! The two runs of a comparison: one in memory or in its folder, behind one door.

use std::collections::BTreeMap;

use polars::prelude::StringChunked;

use super::changes::RunName;
use crate::contact::{Records, Table, Text};
use crate::merge::{self, Merged};
use crate::rulebook::Rulebook;

/// The filled fields and extra columns of a record as it was linked.
pub type Values = BTreeMap<String, String>;

/// A run as far as it is compared.
pub trait Side: Sync {
    fn name(&self) -> RunName;
    /// How many records, held ones included.
    fn records(&self) -> usize;
    /// Source and record id of a record.
    fn key(&self, row: usize) -> (&str, &str);
    /// The person of a record, as a place in the order of ids; none when held out.
    fn person(&self, row: usize) -> Option<u32>;
    /// How many persons.
    fn persons(&self) -> usize;
    /// The golden id of a person; ids ascend.
    fn id(&self, person: usize) -> &str;
    /// Whether the id was out of use in this run because its records were gone.
    fn was_retired(&self, id: &str) -> bool;
    /// Of each record's content.
    fn fingerprints(&self) -> Option<&[i64]>;
    /// The values of some records, by ascending row; none when the run kept none.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn values(&self, rows: &[u32]) -> Result<Option<Vec<Values>>, String>;
    /// The names of the golden columns that hold values of records.
    fn columns(&self) -> Vec<String>;
    /// A golden column; empty when there is none of that name.
    ///
    /// # Errors
    /// What is wrong, in words.
    fn column(&self, name: &str) -> Result<Cells<'_>, String>;
}

/// A column's cells.
pub enum Cells<'a> {
    Empty,
    Text(&'a Text),
    /// As polars has it, in one chunk.
    Chunked(StringChunked),
}

impl<'a> Cells<'a> {
    #[must_use]
    pub fn of(column: Option<&'a Text>) -> Self {
        column
            .filter(|column| column.filled() > 0)
            .map_or(Self::Empty, Self::Text)
    }

    #[must_use]
    pub fn chunked(column: &StringChunked) -> Self {
        if column.null_count() == column.len() {
            Self::Empty
        } else {
            Self::Chunked(column.rechunk().into_owned())
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        matches!(self, Self::Empty)
    }

    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        match self {
            Self::Empty => None,
            Self::Text(text) => text.get(row),
            Self::Chunked(chunked) => chunked.get(row),
        }
    }
}

/// Whether a golden column holds values of records.
#[must_use]
pub fn holds_values(name: &str) -> bool {
    ![
        crate::write::tables::GOLDEN_ID,
        merge::SOURCES,
        merge::RECORD_COUNT,
        merge::CONFIDENCE,
    ]
    .contains(&name)
}

/// The run that is under way.
pub struct UnderWay<'a> {
    pub records: &'a Records,
    pub table: &'a Table,
    pub merged: &'a Merged,
    pub fingerprints: &'a [i64],
    pub rulebook: &'a Rulebook,
    pub started: &'a str,
}

impl Side for UnderWay<'_> {
    fn name(&self) -> RunName {
        RunName {
            id: String::new(),
            started: self.started.to_owned(),
        }
    }

    fn records(&self) -> usize {
        self.records.rows()
    }

    fn key(&self, row: usize) -> (&str, &str) {
        (&self.records.source(row).name, self.records.id(row))
    }

    fn person(&self, row: usize) -> Option<u32> {
        self.merged.golden_of.get(row).copied().flatten()
    }

    fn persons(&self) -> usize {
        self.merged.golden_ids.len()
    }

    fn id(&self, person: usize) -> &str {
        &self.merged.golden_ids[person]
    }

    fn was_retired(&self, id: &str) -> bool {
        self.merged.register.is_retired(id)
    }

    fn fingerprints(&self) -> Option<&[i64]> {
        Some(self.fingerprints)
    }

    fn values(&self, rows: &[u32]) -> Result<Option<Vec<Values>>, String> {
        let of = |row: &u32| -> Values {
            let cells = self.table.iter().filter_map(|(name, column)| {
                let cell = column.get(*row as usize)?;
                Some((name.to_owned(), cell.to_owned()))
            });
            cells.collect()
        };
        Ok(Some(rows.iter().map(of).collect()))
    }

    fn columns(&self) -> Vec<String> {
        merge::golden_columns(self.table, self.rulebook)
    }

    fn column(&self, name: &str) -> Result<Cells<'_>, String> {
        Ok(Cells::of(self.merged.golden.column(name)))
    }
}
