//! Everything of a run into one folder, published at once.
//!
//! In: the values of all stages. Out: the files of a run folder. Nothing that is
//! written here depends on the clock but the object `run` of `summary.json`.

pub mod csv;
pub mod decisions;
mod events;
pub mod evidence;
mod formulas;
pub mod guard;
pub mod model;
pub mod output;
mod packer;
mod pages;
pub mod parquet;
pub mod patch_files;
mod patch_words;
pub mod patches;
pub mod previous;
pub mod reports;
mod runs;
pub mod seal;
pub mod staging;
pub mod state;
pub mod summary;
pub mod tables;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::sync::OnceLock;
use std::time::Duration;

use rayon::prelude::*;
use serde_json::Value;

pub use previous::Previous;

use crate::audit::{self, order::Order};
use crate::contact::{Events, Failure, Held, Records, Table, Violations};
use crate::link::Linked;
use crate::link::decisions::Decision;
use crate::merge::Merged;
use crate::plan::Plan;
use crate::read::FileRead;
use crate::report::page as report;
use crate::report::sample::Samples;
use crate::rulebook::Rulebook;
use crate::watch::{Share, Watch};
use output::Written;
use staging::Staging;
use tables::Xref;

/// A finished run.
pub struct RunOutput<'a> {
    pub plan: &'a Plan,
    pub rulebook: &'a Rulebook,
    pub records: &'a Records,
    /// Validated.
    pub table: &'a Table,
    /// All rows held out.
    pub held: &'a BTreeMap<u32, Held>,
    pub linked: &'a Linked,
    pub merged: &'a Merged,
    /// Of all stages, in their order; the guard's are added here.
    pub events: Events,
    pub violations: Violations,
    /// By source name, what was sniffed of each file.
    pub files: &'a [(String, Vec<FileRead>)],
    /// The gates' verdicts, as the summary shows them.
    pub gates: Value,
    pub timings: Vec<(String, Duration)>,
    /// RFC 3339, UTC, whole seconds.
    pub started: String,
    pub previous: &'a Previous,
    /// As the run was given them.
    pub decisions: &'a [Decision],
    /// Of each record's content.
    pub fingerprints: &'a [i64],
    /// What of linking the report shows; none where no report is wanted.
    pub samples: Option<&'a Samples>,
    /// Since the previous run, if there was one.
    pub changes: Option<crate::diff::Changes>,
    /// What the systems must learn; found by [`complete`].
    pub patches: patches::Patches,
}

/// A published run.
#[derive(Clone, Debug)]
pub struct Published {
    pub id: String,
    pub folder: PathBuf,
    /// BLAKE3 of its `summary.json`, hexadecimal.
    pub seal: String,
    pub summary: Value,
}

impl<'a> RunOutput<'a> {
    /// What the laws are about.
    #[must_use]
    pub fn facts(&'a self) -> audit::laws::Facts<'a> {
        audit::laws::Facts {
            records: self.records,
            table: self.table,
            held: self.held,
            merged: self.merged,
            events: &self.events,
            rulebook: self.rulebook,
            previous: self.previous.xref.as_ref(),
        }
    }
}

/// Adds what only the whole run knows to events and violations: records held out
/// that no stage told of, cells that the formula guard will change; finds what the
/// systems must learn. To be done before the laws are checked.
pub fn complete(run: &mut RunOutput<'_>) {
    let guard = run.plan.output.guard_formulas;
    let (records, table, merged, rulebook) = (run.records, run.table, run.merged, run.rulebook);
    let (events, violations) = (&mut run.events, &mut run.violations);
    (run.patches, ()) = rayon::join(
        || patches::Patches::of(records, table, merged, rulebook, guard),
        || {
            audit::tell_held(run.held, events);
            if guard && run.plan.output.csv {
                formulas::tell(records, run.held, merged, events, violations);
            }
        },
    );
}

/// The summary of a run that is not written (`--dry-run`).
#[must_use]
pub fn summarise(run: &RunOutput<'_>) -> Value {
    let review = reports::uncertain(&run.linked.pairs, run.plan).len();
    summary::summary(run, &run_id(run), review, None, &[])
}

/// The report, if one is wanted; `files` stand beside it.
///
/// # Errors
/// Exit 70 for a fault in its templates.
pub fn page(run: &RunOutput<'_>, files: &[Written]) -> Result<Option<String>, Failure> {
    let Some(samples) = run.samples else {
        return Ok(None);
    };
    let review = reports::uncertain(&run.linked.pairs, run.plan).len();
    report::page(run, samples, files, review).map(Some)
}

/// Writes all files and publishes the folder.
///
/// # Errors
/// Exit 74 when the output can't be written, 130 or 143 when a signal came before
/// the folder was renamed; nothing is published then.
pub fn publish(run: &RunOutput<'_>, watch: &dyn Watch) -> Result<Published, Failure> {
    let out = &run.plan.output.dir;
    let id = free_id(out, run_id(run));
    let staging = Staging::start(out, &id)?;
    let (files, review, by_person) = write_files(run, &staging, watch)?;
    let summary = summary::summary(run, &id, review, Some(by_person), &files);
    let written = output::file(&staging, "summary.json", |file| {
        file.write_all(summary::text(&summary).as_bytes())
            .map_err(output::Fault::Io)
    })?;
    output::file(&staging, seal::FILE, |file| {
        file.write_all(seal::text(&written.blake3).as_bytes())
            .map_err(output::Fault::Io)
    })?;
    watch.go_on()?;
    let folder = staging.publish()?;
    Ok(Published {
        id,
        folder,
        seal: written.blake3,
        summary,
    })
}

/// The files in the order of the summary, the pairs that wait for a person, and how many
/// events are about one.
fn write_files(
    run: &RunOutput<'_>,
    staging: &Staging,
    watch: &dyn Watch,
) -> Result<(Vec<Written>, usize, usize), Failure> {
    let guard = run.plan.output.guard_formulas;
    let xref = Xref {
        records: run.records,
        held: run.held,
        linked: run.linked,
        merged: run.merged,
    };
    let pairs = reports::uncertain(&run.linked.pairs, run.plan);
    let by_person = OnceLock::new();
    // One file a thread: each is hashed and packed in one go.
    // The order of the list is that of the summary.
    type File<'f> = Box<dyn Fn() -> Result<Vec<Written>, Failure> + Sync + Send + 'f>;
    let files: [File<'_>; 9] = [
        Box::new(|| tables::golden(staging, run.merged, &run.plan.output)),
        Box::new(|| xref.write(staging, &run.plan.output)),
        Box::new(|| {
            let order = Order::of(&run.events, run.merged);
            by_person.get_or_init(|| order.by_person);
            let log = events::Log {
                events: &run.events,
                order: &order,
                weights: &run.events.weights(),
                records: run.records,
                merged: run.merged,
            };
            let shape = parquet::Shape {
                rows: run.events.len(),
                row_group: output::ROW_GROUP,
                about: Vec::new(),
            };
            let written =
                parquet::parquet_groups(staging, "audit.parquet", shape, |rows| log.columns(rows))?;
            Ok(vec![written])
        }),
        Box::new(|| {
            let written = reports::violations(staging, run.records, &run.violations, guard)?;
            Ok(vec![written])
        }),
        Box::new(|| reports::quarantine(staging, run.records, run.held, guard)),
        Box::new(|| patch_files::write(staging, run)),
        Box::new(|| {
            let written = reports::review(staging, &pairs, &xref, run.table, run.rulebook, guard)?;
            Ok(vec![written])
        }),
        Box::new(|| {
            let Some((kept, model)) = &run.linked.kept else {
                return Ok(Vec::new());
            };
            Ok(vec![
                evidence::records(staging, &xref, run.table)?,
                evidence::evidence(staging, &xref, kept, model)?,
            ])
        }),
        Box::new(|| {
            Ok(vec![
                state::ids(staging, &run.merged.register, guard)?,
                state::decisions(staging, run.decisions, guard)?,
                state::fingerprints(staging, run.fingerprints)?,
            ])
        }),
    ];
    let share = Share::new(watch, run.records.rows(), files.len());
    let written: Vec<Result<Vec<Written>, Failure>> = files
        .par_iter()
        .with_max_len(1)
        .map(|file| {
            watch.go_on()?;
            let written = file();
            share.step();
            written
        })
        .collect();
    let mut all = Vec::new();
    for files in written {
        all.extend(files?);
    }
    if let Some(page) = page(run, &all)? {
        watch.go_on()?;
        all.push(output::file(staging, report::NAME, |file| {
            file.write_all(page.as_bytes()).map_err(output::Fault::Io)
        })?);
    }
    let by_person = by_person.get().copied().unwrap_or(0);
    Ok((all, pairs.len(), by_person))
}

/// The time of the start and a short hash of the inputs: `20261125T031500Z-1f3a9c2b`.
fn run_id(run: &RunOutput<'_>) -> String {
    let mut hasher = blake3::Hasher::new();
    for file in run.files.iter().flat_map(|(_, files)| files) {
        hasher.update(file.blake3.as_bytes());
    }
    let time: String = run
        .started
        .chars()
        .filter(|c| !matches!(c, '-' | ':'))
        .collect();
    let hash = hasher.finalize().to_hex();
    format!("{time}-{}", &hash[..8])
}

/// Two runs may start in one second.
fn free_id(out: &std::path::Path, id: String) -> String {
    let taken = |id: &str| out.join("runs").join(id).exists();
    if !taken(&id) {
        return id;
    }
    (2_u32..)
        .map(|number| format!("{id}-{number}"))
        .find(|id| !taken(id))
        .unwrap_or(id)
}
