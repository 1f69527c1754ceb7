//! What the run before this one left: its xref, its summary's hash, the key figures.

use std::fs::{self, File};
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, SerReader};
use polars_io::parquet::read::ParquetReader;
use serde_json::Value;

use super::{staging, state};
use crate::contact::{Diagnostic, Failure, FailureKind, Place, Table, Text, TextBuilder};
use crate::merge::PreviousXref;
use crate::plan::Renames;

/// The latest published run of an output folder.
#[derive(Clone, Debug, Default)]
pub struct Previous {
    pub folder: Option<PathBuf>,
    pub xref: Option<PreviousXref>,
    /// Its id.
    pub run: Option<String>,
    /// The content of its `summary.json`.
    pub summary: serde_json::Value,
    /// BLAKE3 of its `summary.json`, hexadecimal.
    pub summary_blake3: Option<String>,
    /// The key figures of all earlier runs, its own included, oldest first.
    pub history: Vec<serde_json::Value>,
    /// How many golden records it had.
    pub golden_records: Option<u64>,
}

/// Key figures kept; a nightly run fills this in a year.
const HISTORY: usize = 366;
/// Runs of which the figures by source and by rule are kept, too.
const DETAILED: usize = 30;

/// Loads the latest run of `out`.
///
/// # Errors
/// Exit 3 when there is one that can't be read: going on would change every id.
pub fn load(out: &Path) -> Result<Previous, Failure> {
    let Some(folder) = staging::latest(out) else {
        return Ok(Previous::default());
    };
    let Opened {
        summary,
        summary_blake3,
        xref,
    } = open(&folder)?;
    let mut history: Vec<Value> = summary["history"].as_array().cloned().unwrap_or_default();
    history.push(serde_json::json!({
        "run": summary["run"]["id"],
        "records": summary["counts"]["records"],
        "golden_records": summary["counts"]["golden_records"],
        "quarantined": summary["counts"]["quarantined"],
        "violations": summary["counts"]["violations"],
        "review_pairs": summary["counts"]["review_pairs"],
        "sources": sources(&summary),
        "violations_by_rule": summary["violations"]["by_rule"],
    }));
    let surplus = history.len().saturating_sub(HISTORY);
    history.drain(..surplus);
    let old = history.len().saturating_sub(DETAILED);
    for run in history[..old].iter_mut().filter_map(Value::as_object_mut) {
        run.shift_remove("sources");
        run.shift_remove("violations_by_rule");
    }
    Ok(Previous {
        golden_records: summary["counts"]["golden_records"].as_u64(),
        run: summary["run"]["id"].as_str().map(str::to_owned),
        summary,
        summary_blake3: Some(summary_blake3),
        xref: Some(xref),
        history,
        folder: Some(folder),
    })
}

impl Previous {
    /// Calls the sources by their names of today: what the run knew of them is of them.
    pub fn rename(&mut self, renames: &Renames) {
        if renames.is_empty() {
            return;
        }
        if let Some(xref) = &mut self.xref {
            xref.rename(renames);
        }
        renames.apply_to_summary(&mut self.summary);
        renames.apply_to_history(&mut self.history);
    }
}

/// A run as far as later runs need it.
#[derive(Clone, Debug)]
pub struct Opened {
    pub summary: serde_json::Value,
    /// BLAKE3 of its `summary.json`, hexadecimal.
    pub summary_blake3: String,
    pub xref: PreviousXref,
}

/// Opens the run of a folder.
///
/// # Errors
/// Exit 3 when summary, xref or register can't be read.
pub fn open(folder: &Path) -> Result<Opened, Failure> {
    let mut xref = read_xref(folder)?;
    xref.register = state::read_ids(folder)
        .map_err(|message| unreadable(&folder.join(state::IDS), &message))?;
    let path = folder.join("summary.json");
    let bytes = fs::read(&path).map_err(|error| unreadable(&path, &error.to_string()))?;
    let summary: serde_json::Value =
        serde_json::from_slice(&bytes).map_err(|error| unreadable(&path, &error.to_string()))?;
    // A run of before there was a number is counted by what it tells of others.
    xref.number = summary["run_number"].as_u64().unwrap_or_else(|| {
        let earlier = summary["history"].as_array().map_or(0, Vec::len);
        earlier as u64 + 1
    });
    Ok(Opened {
        summary_blake3: blake3::hash(&bytes).to_hex().to_string(),
        summary,
        xref,
    })
}

/// By source: its records, those held out, its broken rules.
fn sources(summary: &Value) -> serde_json::Map<String, Value> {
    let sources = summary["sources"].as_array().into_iter().flatten();
    sources
        .filter_map(|source| {
            let figures = serde_json::json!({
                "records": source["records"],
                "quarantined": source["quarantined"],
                "violations": source["violations"],
            });
            Some((source["name"].as_str()?.to_owned(), figures))
        })
        .collect()
}

fn read_xref(folder: &Path) -> Result<PreviousXref, Failure> {
    let (path, table) = xref_table(folder);
    table
        .and_then(|table| {
            PreviousXref::new(table).ok_or_else(|| "columns are missing in it".to_owned())
        })
        .map_err(|message| unreadable(&path, &message))
}

/// `source`, `record_id` and `golden_id` of a run's xref, in its order, from whichever
/// file the run has; and that file.
pub fn xref_table(folder: &Path) -> (PathBuf, Result<Table, String>) {
    let parquet = folder.join("xref.parquet");
    let csv = folder.join("xref.csv");
    if parquet.is_file() {
        let table = parquet_table(&parquet, &["source", "record_id", "golden_id"]);
        (parquet, table)
    } else {
        let table = csv_table(&csv);
        (csv, table)
    }
}

fn unreadable(path: &Path, message: &str) -> Failure {
    let diagnostic = Diagnostic::error(
        "previous_run_unreadable",
        format!("the run can't be read: {message}"),
    )
    .at(Place::file(path.display().to_string()))
    .hint("golden ids are kept through it: restore the file, or point `latest` to an earlier run")
    .hint("deleting the output folder starts afresh, with new golden ids");
    Failure::one(FailureKind::Input, diagnostic)
}

/// Text columns of a Parquet file that karat wrote.
///
/// # Errors
/// What is wrong, in words.
pub fn parquet_table(path: &Path, columns: &[&str]) -> Result<Table, String> {
    let file = File::open(path).map_err(|error| error.to_string())?;
    let frame: DataFrame = ParquetReader::new(file)
        .with_columns(Some(columns.iter().map(|&c| c.to_owned()).collect()))
        .finish()
        .map_err(|error| error.to_string())?;
    let mut table = Table::new(frame.height());
    for &name in columns {
        let column = frame.column(name).map_err(|error| error.to_string())?;
        let text = column.str().map_err(|error| error.to_string())?;
        table.set(name, Text::from_polars(text));
    }
    Ok(table)
}

/// A CSV file that karat wrote, the formula guard taken off again.
///
/// # Errors
/// What is wrong, in words.
pub fn csv_table(path: &Path) -> Result<Table, String> {
    let mut reader = csv::Reader::from_path(path).map_err(|error| error.to_string())?;
    let names: Vec<String> = reader
        .headers()
        .map_err(|error| error.to_string())?
        .iter()
        .map(str::to_owned)
        .collect();
    let mut columns: Vec<TextBuilder> = names
        .iter()
        .map(|_| TextBuilder::with_capacity(0))
        .collect();
    let mut line = csv::StringRecord::new();
    while reader
        .read_record(&mut line)
        .map_err(|error| error.to_string())?
    {
        for (column, cell) in columns.iter_mut().zip(line.iter()) {
            column.push(Some(super::guard::unguarded(cell)));
        }
    }
    let rows = columns.first().map_or(0, TextBuilder::len);
    let mut table = Table::new(rows);
    for (name, column) in names.iter().zip(columns) {
        table.set(name, column.finish());
    }
    Ok(table)
}
