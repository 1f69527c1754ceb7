//! A published run, from its folder: the xref at once, golden columns as they are asked
//! for.

use std::fs::File;
use std::path::{Path, PathBuf};

use polars::prelude::SerReader;
use polars_io::parquet::read::ParquetReader;
use serde_json::Value;

use super::changes::RunName;
use super::sides::{Cells, Side, Values, holds_values};
use crate::audit::search::partition;
use crate::contact::{Table, Text};
use crate::explain::sheet::{Sheet, text};
use crate::merge::PreviousXref;
use crate::write::evidence::{RECORD_COLUMNS, RECORDS_FILE};
use crate::write::previous::csv_table;
use crate::write::state;
use crate::write::tables::GOLDEN_ID;

/// A run in its folder.
pub struct Stored<'a> {
    folder: PathBuf,
    summary: &'a Value,
    xref: &'a PreviousXref,
    /// Golden ids, ascending.
    ids: Text,
    /// By the code of the xref's golden id.
    person_of: Vec<Option<u32>>,
    fingerprints: Option<Vec<i64>>,
    golden: Golden,
    names: Vec<String>,
}

enum Golden {
    Parquet(PathBuf),
    Csv(Table),
}

impl<'a> Stored<'a> {
    /// Opens the run of `folder`, of which summary and xref are read already.
    ///
    /// # Errors
    /// What is wrong, in words, with the file.
    pub fn open(folder: &Path, summary: &'a Value, xref: &'a PreviousXref) -> Result<Self, String> {
        let parquet = folder.join("golden.parquet");
        let (golden, all, ids) = if parquet.is_file() {
            let in_file = |error: String| format!("{}: {error}", parquet.display());
            let file = File::open(&parquet).map_err(|error| in_file(error.to_string()))?;
            let schema = ParquetReader::new(file)
                .schema()
                .map_err(|error| in_file(error.to_string()))?;
            let names: Vec<String> = schema.iter_names().map(ToString::to_string).collect();
            let ids = match parquet_column(&parquet, GOLDEN_ID).map_err(in_file)? {
                Cells::Chunked(ids) => Text::from_polars(&ids),
                Cells::Empty | Cells::Text(_) => Text::missing(0),
            };
            (Golden::Parquet(parquet), names, ids)
        } else {
            let path = folder.join("golden.csv");
            let table = csv_table(&path).map_err(|error| format!("{}: {error}", path.display()))?;
            let ids = table.column(GOLDEN_ID).cloned();
            let ids = ids.ok_or_else(|| format!("{}: no column {GOLDEN_ID}", path.display()))?;
            (Golden::Csv(table.clone()), table.names().to_vec(), ids)
        };
        let ascend = (1..ids.len()).all(|at| ids.get(at - 1) < ids.get(at));
        if !ascend {
            return Err(format!(
                "the golden ids of {} are not in order, or one is there twice",
                folder.display()
            ));
        }
        let place = |id: &str| {
            let at = partition(ids.len(), |at| ids.get(at).unwrap_or("") < id);
            (at < ids.len() && ids.get(at) == Some(id))
                .then(|| u32::try_from(at).ok())
                .flatten()
        };
        let person_of = xref
            .golden_ids()
            .map(|column| column.map_distinct(place))
            .unwrap_or_default();
        let fingerprints = state::read_fingerprints(folder)
            .map_err(|error| format!("{}: {error}", folder.join(state::FINGERPRINTS).display()))?
            .filter(|fingerprints| fingerprints.len() == xref.rows());
        Ok(Self {
            folder: folder.to_owned(),
            summary,
            xref,
            ids,
            person_of,
            fingerprints,
            golden,
            names: all.into_iter().filter(|name| holds_values(name)).collect(),
        })
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }
}

impl Side for Stored<'_> {
    fn name(&self) -> RunName {
        let text = |name: &str| self.summary["run"][name].as_str().unwrap_or("").to_owned();
        RunName {
            id: text("id"),
            started: text("started"),
        }
    }

    fn records(&self) -> usize {
        self.xref.rows()
    }

    fn key(&self, row: usize) -> (&str, &str) {
        self.xref.key(row)
    }

    fn person(&self, row: usize) -> Option<u32> {
        let code = self.xref.golden_ids()?.code(row)?;
        self.person_of[code as usize]
    }

    fn persons(&self) -> usize {
        self.ids.len()
    }

    fn id(&self, person: usize) -> &str {
        self.ids.get(person).unwrap_or("")
    }

    fn was_retired(&self, id: &str) -> bool {
        self.xref.register.is_retired(id)
    }

    fn fingerprints(&self) -> Option<&[i64]> {
        self.fingerprints.as_deref()
    }

    fn values(&self, rows: &[u32]) -> Result<Option<Vec<Values>>, String> {
        let path = self.folder.join(RECORDS_FILE);
        if !path.is_file() {
            return Ok(None);
        }
        let read = || -> Result<Vec<Values>, String> {
            let sheet = Sheet::open(&path)?;
            let columns = sheet.columns().get(RECORD_COLUMNS.len()..).unwrap_or(&[]);
            let columns: Vec<&str> = columns.iter().map(String::as_str).collect();
            let rows: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
            let mut all = Vec::with_capacity(rows.len());
            sheet.take(&columns, &rows, |frame, at, _| {
                let mut values = Values::new();
                for name in &columns {
                    if let Some(value) = text(frame, name)?.get(at) {
                        values.insert((*name).to_owned(), value.to_owned());
                    }
                }
                all.push(values);
                Ok(())
            })?;
            Ok(all)
        };
        read()
            .map(Some)
            .map_err(|error| format!("{}: {error}", path.display()))
    }

    fn columns(&self) -> Vec<String> {
        self.names.clone()
    }

    fn column(&self, name: &str) -> Result<Cells<'_>, String> {
        if !self.names.iter().any(|known| known == name) {
            return Ok(Cells::Empty);
        }
        match &self.golden {
            Golden::Csv(table) => Ok(Cells::of(table.column(name))),
            Golden::Parquet(path) => parquet_column(path, name)
                .map_err(|error| format!("{}: {name}: {error}", path.display())),
        }
    }
}

fn parquet_column(path: &Path, name: &str) -> Result<Cells<'static>, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let frame = ParquetReader::new(file)
        .with_columns(Some(vec![name.to_owned()]))
        .finish()
        .map_err(|error| error.to_string())?;
    let column = frame.column(name).map_err(|error| error.to_string())?;
    let column = column.str().map_err(|error| error.to_string())?;
    Ok(Cells::chunked(column))
}
