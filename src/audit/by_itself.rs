//! What a run's log proves without its inputs: when a source came from standard input,
//! nothing can be read again.
//!
//! In: a run folder and its plan. The records are known from the xref by name only.
//! Checked: the log names the golden records and their records as the files do, and
//! every golden value that the log tells stands in the golden file.

use std::path::Path;

use serde_json::Value;

use super::Index;
use super::load;
use super::replay::Replay;
use super::search::LogFile;
use crate::contact::diagnostic::shown;
use crate::contact::{Origin, Records, SourceInfo, Table, TextBuilder};
use crate::merge;
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::write::previous::{csv_table, parquet_table};

/// What was found to hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Proven {
    pub events: usize,
    pub golden_records: usize,
    /// Golden values that the log tells.
    pub values: usize,
}

/// Checks the log of `folder` against its xref and golden file.
///
/// # Errors
/// What does not hold or can't be read, in words.
pub fn check(folder: &Path, plan: &Plan, rulebook: &Rulebook) -> Result<Proven, String> {
    let xref = table(
        folder,
        "xref",
        &["source", "record_id", "golden_id"],
        plan.output.csv,
    )?;
    let records = records(&xref, plan)?;
    let log = LogFile::open(folder, &Value::Null)?;
    let events = load::events(&log, &records)?;
    let index = Index::of(&events);
    let replay = Replay::new(&records, &events, &index)?;

    let fields = merge::golden_columns(&Table::new(0), rulebook);
    let mut names = vec!["golden_id"];
    names.extend(fields.iter().map(String::as_str));
    let golden = table(folder, "golden", &names, plan.output.csv)?;
    let ids = golden.column("golden_id").ok_or("no column golden_id")?;
    if !ids.iter().eq(replay.golden_ids.iter().map(|id| Some(*id))) {
        return Err("the golden file has other golden ids than the log".to_owned());
    }
    for (rows, id) in replay.clusters.iter().zip(&replay.golden_ids) {
        for &row in rows {
            if xref.get("golden_id", row as usize) != Some(*id) {
                return Err(format!(
                    "the log has the record {} in {id}, the xref has not",
                    shown(records.id(row as usize))
                ));
            }
        }
    }
    let mut values = 0;
    for (name, column) in golden.iter().filter(|(name, _)| *name != "golden_id") {
        for (row, told) in replay.told(name) {
            if column.get(row) != told {
                return Err(format!(
                    "{name} of {}: the log says {}, the golden file {}",
                    ids.get(row).unwrap_or(""),
                    shown(told.unwrap_or("")),
                    shown(column.get(row).unwrap_or(""))
                ));
            }
            values += usize::from(told.is_some());
        }
    }
    Ok(Proven {
        events: events.len(),
        golden_records: replay.golden_ids.len(),
        values,
    })
}

fn table(folder: &Path, name: &str, columns: &[&str], csv: bool) -> Result<Table, String> {
    let path = folder.join(format!("{name}.{}", if csv { "csv" } else { "parquet" }));
    let read = if csv {
        csv_table(&path)
    } else {
        parquet_table(&path, columns)
    };
    read.map_err(|error| format!("{}: {error}", path.display()))
}

/// The records by name, without any value.
fn records(xref: &Table, plan: &Plan) -> Result<Records, String> {
    let mut names: Vec<String> = plan.sources.iter().map(|s| s.name.clone()).collect();
    names.sort();
    let mut origin = Vec::with_capacity(xref.rows());
    let mut ids = TextBuilder::with_capacity(xref.rows());
    for row in 0..xref.rows() {
        let source = xref.get("source", row).unwrap_or("");
        let at = names
            .iter()
            .position(|name| name == source)
            .ok_or_else(|| format!("the xref has a source {} and the plan none", shown(source)))?;
        origin.push(Origin {
            source: u16::try_from(at).unwrap_or(u16::MAX),
            file: 0,
            line: 0,
        });
        ids.push(xref.get("record_id", row));
    }
    Ok(Records {
        sources: names
            .into_iter()
            .map(|name| SourceInfo {
                name,
                ..SourceInfo::default()
            })
            .collect(),
        origin,
        record_id: Some(ids.finish()),
        table: Table::new(xref.rows()),
        ..Records::default()
    })
}
