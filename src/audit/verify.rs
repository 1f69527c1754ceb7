//! `karat verify`: a published run is what its inputs and its audit log say.
//!
//! In: a run folder. The files that its summary names are hashed and read again,
//! mapped again, the log is replayed over them, and the golden file is drawn anew and
//! compared byte for byte. Nothing is written.

use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use serde_json::Value;

use super::Index;
use super::by_itself;
use super::load::Log;
use super::replay::Replay;
use crate::contact::{Diagnostic, Failure, FailureKind, Place, Records, Table};
use crate::map;
use crate::plan::Plan;
use crate::read;
use crate::rulebook::Rulebook;
use crate::watch::Silent;
use crate::write::{csv, previous, summary, tables};

/// What was found to hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    pub inputs: usize,
    pub outputs: usize,
    pub records: usize,
    pub events: usize,
    pub golden_records: usize,
}

/// Verifies the run in `folder`. `input` is the export that the run read from standard
/// input, kept as a file.
///
/// # Errors
/// Exit 3: the run or an input can't be read, or is not what it was. Exit 70: the
/// golden file is not what the replay gives.
pub fn verify(
    folder: &Path,
    input: Option<&Path>,
    rulebook: &Rulebook,
) -> Result<Verified, Failure> {
    let summary = summary::read(folder).map_err(|message| unreadable(folder, &message))?;
    let mut plan = summary::plan_of(&summary).map_err(|message| {
        unreadable(
            folder,
            &format!("summary.json names no plan that this karat knows: {message}"),
        )
    })?;
    let piped = take_input(&mut plan, input)?;
    let mut changed = Vec::new();
    let outputs = check_outputs(folder, &summary, &mut changed);
    let inputs = check_inputs(&plan, &summary, input, &mut changed);
    if !piped.is_empty() && input.is_none() {
        changed.push(in_part(folder, &plan, (&piped, inputs, outputs), rulebook)?);
    }
    if !changed.is_empty() {
        return Err(Failure::new(FailureKind::Input, changed));
    }
    let records = read_again(&plan, rulebook)?;
    let (events, golden_records) = replay(folder, &plan, &records, rulebook)?;
    Ok(Verified {
        inputs,
        outputs,
        records: records.rows(),
        events,
        golden_records,
    })
}

/// Replays the log of `folder` over `records` and compares the golden file; gives
/// the number of events and of golden records.
///
/// # Errors
/// Exit 3 when the log can't be read, 70 when the golden file differs.
pub(crate) fn replay(
    folder: &Path,
    plan: &Plan,
    records: &Records,
    rulebook: &Rulebook,
) -> Result<(usize, usize), Failure> {
    let log = Log::open(&folder.join("audit.parquet"))
        .map_err(|message| unreadable(&folder.join("audit.parquet"), &message))?;
    let events = log
        .events(records)
        .map_err(|message| broken(folder, &message))?;
    let index = Index::of(&events);
    let replay =
        Replay::new(records, &events, &index).map_err(|message| broken(folder, &message))?;
    let golden = replay.golden_table(rulebook);
    compare(folder, plan, &replay.golden_ids, &golden)?;
    Ok((events.len(), golden.rows()))
}

fn check_outputs(folder: &Path, summary: &Value, changed: &mut Vec<Diagnostic>) -> usize {
    let outputs = summary["outputs"].as_array().map_or(&[][..], Vec::as_slice);
    for output in outputs {
        let name = output["file"].as_str().unwrap_or("");
        check_hash(&folder.join(name), output["blake3"].as_str(), changed);
    }
    outputs.len()
}

/// Puts `input` in the place of standard input; gives the sources that came from there.
fn take_input(plan: &mut Plan, input: Option<&Path>) -> Result<Vec<String>, Failure> {
    let mut piped = Vec::new();
    for source in plan.sources.iter_mut().filter(|source| source.path == "-") {
        piped.push(source.name.clone());
        if let Some(input) = input {
            source.files = vec![input.to_owned()];
        }
    }
    match input {
        Some(input) if piped.is_empty() => Err(Failure::one(
            FailureKind::Usage,
            Diagnostic::error(
                "input_not_asked_for",
                "no source of this run came from standard input",
            )
            .at(Place::file(input.display().to_string())),
        )),
        _ => Ok(piped),
    }
}

/// What can't be verified without the records, and what holds all the same.
fn in_part(
    folder: &Path,
    plan: &Plan,
    (piped, inputs, outputs): (&[String], usize, usize),
    rulebook: &Rulebook,
) -> Result<Diagnostic, Failure> {
    let proven =
        by_itself::check(folder, plan, rulebook).map_err(|message| broken(folder, &message))?;
    let names = piped.join(", ");
    Ok(Diagnostic::error(
        "input_was_standard_input",
        format!(
            "verified in part only: {names} came from standard input, so that its records can't be read again and the golden records not drawn anew"
        ),
    )
    .at(Place::file(folder.display().to_string()))
    .hint(format!(
        "looked at: {inputs} other inputs and {outputs} outputs by their hashes; the {} events, which agree with the xref and with {} values of the {} golden records",
        proven.events, proven.values, proven.golden_records
    ))
    .hint("if the export was kept as a file, --input FILE verifies the whole"))
}

fn check_inputs(
    plan: &Plan,
    summary: &Value,
    input: Option<&Path>,
    changed: &mut Vec<Diagnostic>,
) -> usize {
    let mut count = 0;
    for source in summary["sources"].as_array().map_or(&[][..], Vec::as_slice) {
        for file in source["files"].as_array().map_or(&[][..], Vec::as_slice) {
            let path = file["path"].as_str().unwrap_or("");
            let path = match (path, input) {
                ("-", None) => continue,
                ("-", Some(input)) => input.to_owned(),
                _ => located(plan, path),
            };
            count += 1;
            check_hash(&path, file["blake3"].as_str(), changed);
        }
    }
    count
}

/// A path as the summary shows it, from the folder that the run started in.
fn located(plan: &Plan, path: &str) -> PathBuf {
    let direct = PathBuf::from(path);
    if direct.is_absolute() || direct.exists() {
        direct
    } else {
        plan.base.join(path)
    }
}

fn check_hash(path: &Path, expected: Option<&str>, changed: &mut Vec<Diagnostic>) {
    let place = || Place::file(path.display().to_string());
    match hash(path) {
        Ok(found) if Some(found.as_str()) == expected => {}
        Ok(_) => changed.push(
            Diagnostic::error(
                "file_changed",
                "this file is not the one of the run any more",
            )
            .at(place())
            .hint("its BLAKE3 is not the one in summary.json"),
        ),
        Err(error) => changed.push(
            Diagnostic::error(
                "file_unreadable",
                format!("this file can't be read: {error}"),
            )
            .at(place()),
        ),
    }
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&buffer[..read]);
    }
}

fn read_again(plan: &Plan, rulebook: &Rulebook) -> Result<Records, Failure> {
    let mut sources = Vec::new();
    for source in &plan.sources {
        sources.push(read::read_source(source, &plan.bounds, rulebook, &Silent)?);
    }
    Ok(map::map(sources, plan, rulebook, &Silent)?.records)
}

/// The golden file drawn anew against the one that was published.
fn compare(folder: &Path, plan: &Plan, ids: &[&str], golden: &Table) -> Result<(), Failure> {
    let merged = crate::merge::Merged {
        golden: golden.clone(),
        golden_ids: ids.iter().map(|&id| id.to_owned()).collect(),
        ..crate::merge::Merged::default()
    };
    if plan.output.csv {
        let path = folder.join("golden.csv");
        let published = fs::read(&path).map_err(|error| unreadable(&path, &error.to_string()))?;
        let mut drawn = Vec::with_capacity(published.len());
        let header = tables::golden_header(&merged);
        csv::write(
            &mut drawn,
            &header,
            golden.rows(),
            plan.output.guard_formulas,
            |row, line| {
                tables::golden_line(&merged, row, line);
            },
        )
        .map_err(|error| broken(folder, &error.to_string()))?;
        if drawn != published {
            let at = drawn
                .iter()
                .zip(&published)
                .take_while(|(a, b)| a == b)
                .count();
            let line = published[..at.min(published.len())]
                .iter()
                .filter(|b| **b == b'\n')
                .count();
            return Err(broken(
                folder,
                &format!(
                    "golden.csv differs from the replay from line {} on",
                    line + 1
                ),
            ));
        }
    } else {
        let names: Vec<&str> = golden
            .names()
            .iter()
            .map(String::as_str)
            .filter(|name| !tables::is_number(name))
            .collect();
        let path = folder.join("golden.parquet");
        let published = previous::parquet_table(&path, &names)
            .map_err(|message| unreadable(&path, &message))?;
        for name in names {
            let (Some(one), Some(other)) = (golden.column(name), published.column(name)) else {
                return Err(broken(
                    folder,
                    &format!("golden.parquet has no column {name}"),
                ));
            };
            if !one.iter().eq(other.iter()) {
                return Err(broken(
                    folder,
                    &format!("{name} of golden.parquet differs from the replay"),
                ));
            }
        }
    }
    Ok(())
}

fn unreadable(path: &Path, message: &str) -> Failure {
    Failure::one(
        FailureKind::Input,
        Diagnostic::error(
            "run_unreadable",
            format!("the run can't be verified: {message}"),
        )
        .at(Place::file(path.display().to_string()))
        .hint("give the folder of a published run, `out/runs/<run>` or `out/latest`"),
    )
}

fn broken(folder: &Path, message: &str) -> Failure {
    Failure::one(
        FailureKind::Internal,
        Diagnostic::error("replay_differs", message)
            .at(Place::file(folder.display().to_string()))
            .hint("the audit log does not lead to this golden set: please report it"),
    )
}
