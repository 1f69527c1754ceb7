//! What a run keeps for the runs after it: the register of ids, the decisions that it
//! was given, a fingerprint of each record.

use std::fs;
use std::io;
use std::path::Path;

use polars::prelude::{DataType, SerReader};
use polars_io::parquet::read::ParquetReader;

use super::output::{Written, csv_file};
use super::parquet::{Column, parquet_columns};
use super::previous::csv_table;
use super::staging::Staging;
use crate::contact::Failure;
use crate::link::decisions::Decision;
use crate::merge::Register;
use crate::merge::register::{Entry, Fate};

pub const IDS: &str = "ids.csv";
pub const DECISIONS: &str = "decisions.csv";
pub const FINGERPRINTS: &str = "fingerprints.parquet";

const ID_COLUMNS: [&str; 6] = ["golden_id", "fate", "other", "source", "record_id", "run"];
const DECISION_COLUMNS: [&str; 5] = [
    "verdict",
    "source_a",
    "record_id_a",
    "source_b",
    "record_id_b",
];

/// Writes `ids.csv`: what became of ids that are not plainly in use, sorted by id.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn ids(staging: &Staging, register: &Register, guard: bool) -> Result<Written, Failure> {
    let mut lines: Vec<[&str; 5]> = Vec::new();
    let mut runs: Vec<u64> = Vec::new();
    for (id, entry) in &register.ids {
        match &entry.fate {
            Fate::Merged(into) => lines.push([id, "merged", into, "", ""]),
            Fate::Split(from) => lines.push([id, "split", from, "", ""]),
            Fate::Retired(records) => {
                for (source, record_id) in records {
                    lines.push([id, "retired", "", source, record_id]);
                }
            }
        }
        runs.resize(lines.len(), entry.run);
    }
    csv_file(staging, IDS, &ID_COLUMNS, lines.len(), guard, |at, line| {
        for cell in lines[at] {
            line.text(cell);
        }
        line.text(&runs[at].to_string());
    })
}

/// Reads `ids.csv` of a run folder; a run of before there was one has nothing to tell.
///
/// # Errors
/// What is wrong, in words.
pub fn read_ids(folder: &Path) -> Result<Register, String> {
    let path = folder.join(IDS);
    if !path.exists() {
        return Ok(Register::default());
    }
    let table = csv_table(&path)?;
    let mut register = Register::default();
    for row in 0..table.rows() {
        let cell = |name: &str| table.get(name, row).unwrap_or("");
        let id = cell("golden_id").to_owned();
        let wrong = || format!("line {} is no entry of the register", row + 2);
        let run = cell("run").parse::<u64>().map_err(|_| wrong())?;
        let other = || Some(cell("other").to_owned()).filter(|id| !id.is_empty());
        let fate = match cell("fate") {
            "merged" => Fate::Merged(other().ok_or_else(wrong)?),
            "split" => Fate::Split(other().ok_or_else(wrong)?),
            "retired" => {
                let record = (cell("source").to_owned(), cell("record_id").to_owned());
                match register.ids.get_mut(&id).map(|entry| &mut entry.fate) {
                    Some(Fate::Retired(records)) => {
                        records.push(record);
                        continue;
                    }
                    _ => Fate::Retired(vec![record]),
                }
            }
            _ => return Err(wrong()),
        };
        if id.is_empty() || register.ids.insert(id, Entry { fate, run }).is_some() {
            return Err(wrong());
        }
    }
    Ok(register)
}

/// Writes `decisions.csv`: the decisions that the run was given, in their order.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn decisions(
    staging: &Staging,
    decisions: &[Decision],
    guard: bool,
) -> Result<Written, Failure> {
    csv_file(
        staging,
        DECISIONS,
        &DECISION_COLUMNS,
        decisions.len(),
        guard,
        |at, line| {
            let decision = &decisions[at];
            line.text(decision.verdict.name());
            for name in [&decision.a, &decision.b] {
                line.text(&name.source);
                line.text(&name.record_id);
            }
        },
    )
}

/// Verdict and the two records.
pub type Decided = (String, (String, String), (String, String));

/// Reads `decisions.csv` of a run folder.
///
/// # Errors
/// What is wrong, in words.
pub fn read_decisions(folder: &Path) -> Result<Vec<Decided>, String> {
    let path = folder.join(DECISIONS);
    if !path.exists() {
        return Ok(Vec::new());
    }
    let table = csv_table(&path)?;
    let cell = |name: &str, row: usize| table.get(name, row).unwrap_or("").to_owned();
    Ok((0..table.rows())
        .map(|row| {
            (
                cell("verdict", row),
                (cell("source_a", row), cell("record_id_a", row)),
                (cell("source_b", row), cell("record_id_b", row)),
            )
        })
        .collect())
}

/// Writes `fingerprints.parquet`: a number for the content of each record, in the order
/// of the xref.
///
/// # Errors
/// Exit 74 or 70, as of every Parquet file.
pub fn fingerprints(staging: &Staging, fingerprints: &[i64]) -> Result<Written, Failure> {
    let column = Column::measures("fingerprint", DataType::Int64, |row| {
        Some(fingerprints[row])
    });
    parquet_columns(staging, FINGERPRINTS, &[column], fingerprints.len())
}

/// Reads `fingerprints.parquet`; none for a run of before there was one.
///
/// # Errors
/// What is wrong, in words.
pub fn read_fingerprints(folder: &Path) -> Result<Option<Vec<i64>>, String> {
    let file = match fs::File::open(folder.join(FINGERPRINTS)) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error.to_string()),
    };
    let frame = ParquetReader::new(file)
        .finish()
        .map_err(|error| error.to_string())?;
    let column = frame
        .column("fingerprint")
        .and_then(|column| column.i64())
        .map_err(|error| error.to_string())?;
    Ok(Some(column.iter().map(|cell| cell.unwrap_or(0)).collect()))
}
