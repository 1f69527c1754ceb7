//! `audit.parquet` back into events over the same records.

use std::fs::File;
use std::path::Path;

use hashbrown::HashMap;
use polars::prelude::{DataFrame, SerReader};
use polars_io::parquet::read::ParquetReader;

use super::columns::TEXT_COLUMNS;
use crate::contact::{Event, EventKind, Events, Records, Stage, Text};
use crate::merge;

/// One row of the log as text, in the order of the log's columns; numbers as numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogRow<'a> {
    pub seq: i64,
    pub stage: &'a str,
    pub kind: &'a str,
    pub source: Option<&'a str>,
    pub record_id: Option<&'a str>,
    pub golden_id: Option<&'a str>,
    pub field: Option<&'a str>,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
    pub rule: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub weight: Option<f64>,
}

impl<'l> LogRow<'l> {
    /// The row at `at`, of the columns between the first and the last by their place.
    pub(super) fn of(
        at: usize,
        text: impl Fn(usize) -> Option<&'l str>,
        weight: Option<f64>,
    ) -> Self {
        Self {
            seq: i64::try_from(at).unwrap_or(i64::MAX),
            stage: text(0).unwrap_or(""),
            kind: text(1).unwrap_or(""),
            source: text(2),
            record_id: text(3),
            golden_id: text(4),
            field: text(5),
            before: text(6),
            after: text(7),
            rule: text(8),
            reason: text(9),
            weight,
        }
    }
}

/// A log in memory.
pub struct Log {
    text: Vec<Text>,
    weight: Vec<Option<f64>>,
    rows: usize,
}

impl Log {
    /// Reads the log of a run.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let frame: DataFrame = ParquetReader::new(file)
            .finish()
            .map_err(|error| error.to_string())?;
        let text = TEXT_COLUMNS
            .iter()
            .map(|name| {
                let column = frame.column(name).map_err(|error| error.to_string())?;
                Ok(Text::from_polars(
                    column.str().map_err(|error| error.to_string())?,
                ))
            })
            .collect::<Result<Vec<Text>, String>>()?;
        let weight = frame.column("weight").map_err(|error| error.to_string())?;
        let weight = weight
            .f64()
            .map_err(|error| error.to_string())?
            .iter()
            .collect();
        Ok(Self {
            text,
            weight,
            rows: frame.height(),
        })
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows == 0
    }

    /// The row at `at`, which is below [`Log::len`].
    #[must_use]
    pub fn row(&self, at: usize) -> LogRow<'_> {
        let text = |column: usize| self.text[column].get(at);
        LogRow::of(at, text, self.weight.get(at).copied().flatten())
    }

    pub fn iter(&self) -> impl Iterator<Item = LogRow<'_>> {
        (0..self.rows).map(|at| self.row(at))
    }

    /// The log as events over `records`. Golden rows are numbered by golden id, as
    /// the merge numbers them.
    ///
    /// # Errors
    /// A record or a word that the log has and this karat does not know.
    pub fn events(&self, records: &Records) -> Result<Events, String> {
        let mut rows: HashMap<(&str, &str), u32> = HashMap::with_capacity(records.rows());
        for row in (0_u32..).take(records.rows()) {
            let key = (
                records.source(row as usize).name.as_str(),
                records.id(row as usize),
            );
            rows.insert(key, row);
        }
        let golden = self.golden_rows();
        let mut events = Events::new();
        for row in self.iter() {
            let record = match (row.source, row.record_id) {
                (Some(source), Some(id)) => Some(*rows.get(&(source, id)).ok_or_else(|| {
                    format!(
                        "event {} is about a record that the inputs do not have",
                        row.seq
                    )
                })?),
                _ => None,
            };
            let unknown = |what: &str, word: &str| {
                format!(
                    "event {} has the {what} '{word}', which is unknown",
                    row.seq
                )
            };
            events.push(Event {
                stage: Stage::ALL
                    .into_iter()
                    .find(|stage| stage.name() == row.stage)
                    .ok_or_else(|| unknown("stage", row.stage))?,
                kind: EventKind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == row.kind)
                    .ok_or_else(|| unknown("kind", row.kind))?,
                record,
                golden: row.golden_id.and_then(|id| golden.get(id).copied()),
                field: row.field.unwrap_or(""),
                before: row.before,
                after: row.after,
                rule: row.rule.unwrap_or(""),
                reason: row.reason.unwrap_or(""),
                #[allow(clippy::cast_possible_truncation)] // It was an f32 when written.
                weight: row.weight.map(|weight| weight as f32),
            });
        }
        Ok(events)
    }

    fn golden_rows(&self) -> HashMap<&str, u32> {
        let mut ids: Vec<&str> = self
            .iter()
            .filter(|row| row.kind == EventKind::GoldenId.name())
            .filter(|row| row.rule.is_some_and(merge::names_golden))
            .filter_map(|row| row.golden_id)
            .collect();
        ids.sort_unstable();
        ids.dedup();
        ids.into_iter().zip(0..).collect()
    }
}
