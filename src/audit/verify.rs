//! `karat verify`: a published run is what its inputs and its audit log say.
//!
//! In: a run folder. Its summary is held against the seal and against the chain of
//! runs, every file against its hash. The inputs are read and mapped again, the log is
//! replayed over them, the golden file is drawn anew and compared byte for byte, the
//! xref record by record. Nothing is written.

use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::Index;
use super::by_itself;
use super::chain::{self, Chain};
use super::drawn::Drawn;
use super::load;
use super::replay::Replay;
use super::search::LogFile;
use crate::contact::{Diagnostic, Failure, FailureKind, Place, Records, Table};
use crate::map;
use crate::merge::PreviousXref;
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
    /// BLAKE3 of `summary.json`, hexadecimal.
    pub seal: String,
    pub chain: Chain,
}

/// What is known beside the run folder.
#[derive(Clone, Copy, Debug, Default)]
pub struct Given<'a> {
    /// The export that the run read from standard input, kept as a file.
    pub input: Option<&'a Path>,
    /// A folder that has the inputs, when they are no longer where they were.
    pub inputs: Option<&'a Path>,
    /// The run's seal, as somebody noted it.
    pub seal: Option<&'a str>,
}

/// Verifies the run in `folder`.
///
/// # Errors
/// Exit 3: the run or an input can't be read, or is not what it was; all that is so are
/// named. Exit 70: the golden file is not what the replay gives.
pub fn verify(folder: &Path, given: Given<'_>, rulebook: &Rulebook) -> Result<Verified, Failure> {
    let (summary, seal) = chain::sealed(folder, given.seal)
        .map_err(|faults| Failure::new(FailureKind::Input, faults))?;
    let mut plan = summary::plan_of(&summary).map_err(|message| {
        unreadable(
            folder,
            &format!("summary.json names no plan that this karat knows: {message}"),
        )
    })?;
    let piped = take_input(&mut plan, given.input)?;
    let mut changed = Vec::new();
    let outputs = chain::outputs(folder, &summary, &mut changed);
    let chain = chain::back(folder, &summary, &mut changed);
    let place = Places {
        summary: &summary,
        plan: &plan,
        given,
    };
    let inputs = place.check(&mut changed);
    let files: Vec<Vec<PathBuf>> = plan
        .sources
        .iter()
        .map(|source| source.files.iter().map(|file| place.of(file)).collect())
        .collect();
    if !piped.is_empty() && given.input.is_none() {
        changed.push(in_part(folder, &plan, (&piped, inputs, outputs), rulebook)?);
    }
    if !changed.is_empty() {
        return Err(Failure::new(FailureKind::Input, changed));
    }
    for (source, files) in plan.sources.iter_mut().zip(files) {
        source.files = files;
    }
    let records = read_again(&plan, rulebook)?;
    let (events, golden_records) = replay(folder, &plan, &records, rulebook)
        .map_err(|failure| of_version(failure, &summary))?;
    Ok(Verified {
        inputs,
        outputs,
        records: records.rows(),
        events,
        golden_records,
        seal,
        chain,
    })
}

/// Another version may map the inputs in another way.
fn of_version(mut failure: Failure, summary: &Value) -> Failure {
    let made = summary["karat"]["version"].as_str().unwrap_or("");
    let own = env!("CARGO_PKG_VERSION");
    if made != own {
        for diagnostic in &mut failure.diagnostics {
            diagnostic.hints.push(format!(
                "karat {made} made the run, this is karat {own}: verify with the version that made it"
            ));
        }
    }
    failure
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
    let log = LogFile::open(folder, &Value::Null)
        .map_err(|message| unreadable(&folder.join("audit.parquet"), &message))?;
    let events = load::events(&log, records).map_err(|message| broken(folder, &message))?;
    let index = Index::of(&events);
    let replay =
        Replay::new(records, &events, &index).map_err(|message| broken(folder, &message))?;
    let golden = replay.golden_table(rulebook);
    compare(folder, plan, &replay.golden_ids, &golden)?;
    compare_xref(folder, records, &replay)?;
    Ok((events.len(), golden.rows()))
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

/// Where the inputs are now.
struct Places<'a> {
    summary: &'a Value,
    plan: &'a Plan,
    given: Given<'a>,
}

impl Places<'_> {
    /// Holds the inputs against their hashes; gives how many there are.
    fn check(&self, changed: &mut Vec<Diagnostic>) -> usize {
        let sources = self.summary["sources"].as_array();
        let files: Vec<(PathBuf, Option<&str>)> = sources
            .into_iter()
            .flatten()
            .flat_map(|source| source["files"].as_array().into_iter().flatten())
            .filter_map(|file| {
                let path = match (file["path"].as_str().unwrap_or(""), self.given.input) {
                    ("-", None) => return None,
                    ("-", Some(input)) => input.to_owned(),
                    (path, _) => self.of(Path::new(path)),
                };
                Some((path, file["blake3"].as_str()))
            })
            .collect();
        let found: Vec<Diagnostic> = files
            .par_iter()
            .filter_map(|(path, hash)| chain::check(path, *hash))
            .collect();
        changed.extend(found);
        files.len()
    }

    /// An input as the run named it: in the folder that was given, by as much of its
    /// path as is there; else from the folder in which the run was started.
    fn of(&self, path: &Path) -> PathBuf {
        if self.given.input.is_some_and(|input| input == path) {
            return path.to_owned();
        }
        if let Some(folder) = self.given.inputs {
            let parts: Vec<_> = path
                .components()
                .filter(|part| matches!(part, std::path::Component::Normal(_)))
                .collect();
            let tails = (0..parts.len()).map(|from| {
                let tail: PathBuf = parts[from..].iter().collect();
                folder.join(tail)
            });
            let name = path.file_name().map(|name| folder.join(name));
            return tails
                .into_iter()
                .find(|candidate| candidate.exists())
                .or(name)
                .unwrap_or_else(|| path.to_owned());
        }
        if path.is_absolute() {
            return path.to_owned();
        }
        let started = self.summary["run"]["folder"].as_str().map(Path::new);
        [
            started.map(|folder| folder.join(path)),
            Some(path.to_owned()),
            Some(self.plan.base.join(path)),
        ]
        .into_iter()
        .flatten()
        .find(|candidate| candidate.exists())
        .unwrap_or_else(|| path.to_owned())
    }
}

fn read_again(plan: &Plan, rulebook: &Rulebook) -> Result<Records, Failure> {
    let sources = plan
        .sources
        .par_iter()
        .map(|source| read::read_source(source, &plan.bounds, rulebook, &Silent))
        .collect::<Result<Vec<_>, Failure>>()?;
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
        let reading = |error: std::io::Error| unreadable(&path, &error.to_string());
        let mut drawn = Drawn::against(&path).map_err(reading)?;
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
        .map_err(reading)?;
        if let Some(line) = drawn.end().map_err(reading)? {
            return Err(broken(
                folder,
                &format!("golden.csv differs from the replay from line {line} on"),
            ));
        }
    }
    if plan.output.parquet {
        let path = folder.join("golden.parquet");
        // A column at a time: the file as a whole is as large as the golden table.
        for name in golden
            .names()
            .iter()
            .filter(|name| !tables::is_number(name))
        {
            let published = previous::parquet_table(&path, &[name])
                .map_err(|message| unreadable(&path, &message))?;
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

/// The xref record by record: who the log says each one is.
fn compare_xref(folder: &Path, records: &Records, replay: &Replay<'_>) -> Result<(), Failure> {
    let (path, xref) = previous::xref_table(folder);
    let xref = xref.map_err(|message| unreadable(&path, &message))?;
    let xref =
        PreviousXref::new(xref).ok_or_else(|| unreadable(&path, "columns are missing in it"))?;
    let golden_of = replay.clusters.golden_of(records.rows());
    let mut told = 0;
    for row in 0..xref.rows() {
        let (source, id) = xref.key(row);
        let same = row < records.rows()
            && (source, id) == (records.source(row).name.as_str(), records.id(row));
        let says = xref.golden_ids().and_then(|ids| ids.get(row));
        let replayed = golden_of
            .get(row)
            .copied()
            .flatten()
            .map(|golden| replay.golden_ids[golden as usize]);
        if !same || says != replayed {
            return Err(broken(
                folder,
                &format!(
                    "the xref differs from the replay in line {}: {source}:{id}",
                    row + 2
                ),
            ));
        }
        told += 1;
    }
    if told != records.rows() {
        return Err(broken(folder, "the xref has fewer records than the inputs"));
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
