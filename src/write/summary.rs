//! `summary.json`: the run in figures, for machines.
//!
//! Everything that the clock or the machine decides stands in the object `run`;
//! `history` and `previous` come from the run before; all else is the same bytes
//! for the same input. No contact value is in it.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use super::RunOutput;
use super::model::model;
use super::output::Written;
use crate::contact::Severity;
use crate::diff::Changes;
use crate::link::lessons::Taught;
use crate::plan::Plan;
use crate::read::FileRead;
use crate::rulebook::Rulebook;

/// The form of the summary; grows when a key changes its meaning.
const FORMAT: u32 = 1;
/// Cluster sizes shown one by one; larger ones are counted together.
const SIZES: usize = 10;

/// The whole summary.
#[must_use]
pub fn summary(
    run: &RunOutput<'_>,
    id: &str,
    review: usize,
    by_person: Option<usize>,
    outputs: &[Written],
) -> Value {
    json!({
        "karat": karat(),
        "name": run.plan.name,
        "run": {
            "id": id,
            "started": run.started,
            "timings_ms": timings(run),
            "threads": rayon::current_num_threads(),
            "base": run.plan.base.display().to_string(),
            // So that a run can be verified from anywhere: paths are relative to it.
            "folder": std::env::current_dir().map(|here| here.display().to_string()).ok(),
        },
        "counts": counts(run, review),
        "changes": run.changes.as_ref().map(changes),
        "rates": rates(run),
        "violations": violations(run),
        "rules": rules(run.plan, run.rulebook),
        "sources": sources(run),
        "gates": run.gates,
        "model": model(&run.linked.report),
        // So many rows of the log are sorted by golden id.
        "audit": { "by_person": by_person },
        "decisions": run.linked.report.decisions,
        "patches": patches(run),
        "outputs": outputs,
        "run_number": run.previous.xref.as_ref().map_or(1, |previous| previous.number + 1),
        "previous": {
            "run": run.previous.run,
            "summary_blake3": run.previous.summary_blake3,
        },
        "history": run.previous.history,
        "plan": plan_json(run.plan),
    })
}

fn karat() -> Value {
    json!({ "version": env!("CARGO_PKG_VERSION"), "format": FORMAT })
}

/// Which rules were applied, by their hashes.
fn rules(plan: &Plan, rulebook: &Rulebook) -> Value {
    let own: Vec<Value> = plan
        .rules
        .iter()
        .map(|path| {
            let bytes = std::fs::read(path).unwrap_or_default();
            let name = path.strip_prefix(&plan.base).unwrap_or(path);
            json!({
                "file": name.display().to_string(),
                "blake3": blake3::hash(&bytes).to_hex().to_string(),
            })
        })
        .collect();
    json!({ "builtin_blake3": rulebook.blake3(), "own": own })
}

/// What of a summary says under which circumstances the run was made: the part of it
/// that is known before the run is done.
#[must_use]
pub fn circumstances(
    plan: &Plan,
    rulebook: &Rulebook,
    files: &[(String, Vec<FileRead>)],
    taught: Option<&Taught>,
) -> Value {
    let sources: Vec<Value> = files
        .iter()
        .map(|(name, files)| json!({ "name": name, "files": files }))
        .collect();
    json!({
        "karat": karat(),
        "rules": rules(plan, rulebook),
        "sources": sources,
        "plan": plan_json(plan),
        "model": { "taught_by_decisions": taught },
    })
}

/// The figures of what changed: no value, no record.
fn changes(changes: &Changes) -> Value {
    json!({
        "since": changes.before.id,
        "counts": changes.counts,
        "reasons": changes.reasons,
        "fields": changes.fields,
        "circumstances": changes.circumstances,
    })
}

/// What each system must learn: records that its patch corrects, and those left to a person.
fn patches(run: &RunOutput<'_>) -> Vec<Value> {
    let sources = run.patches.sources.iter();
    sources
        .map(|patch| {
            json!({
                "source": run.records.sources[patch.source].name,
                "records": patch.corrections.len(),
                "by_hand": patch.by_hand.len(),
            })
        })
        .collect()
}

fn timings(run: &RunOutput<'_>) -> Map<String, Value> {
    run.timings
        .iter()
        .map(|(stage, took)| {
            let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
            (stage.clone(), Value::from(ms))
        })
        .collect()
}

fn counts(run: &RunOutput<'_>, review: usize) -> Value {
    let clusters = &run.merged.clusters;
    let mut sizes = [0_u64; SIZES + 1];
    let mut largest = 0;
    for rows in clusters.iter() {
        largest = largest.max(rows.len());
        sizes[rows.len().min(SIZES + 1) - 1] += 1;
    }
    let by_size: Map<String, Value> = sizes
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0)
        .map(|(at, count)| {
            let name = if at == SIZES {
                format!("more than {SIZES}")
            } else {
                (at + 1).to_string()
            };
            (name, Value::from(*count))
        })
        .collect();
    let single = clusters.iter().filter(|rows| rows.len() == 1).count();
    let mut changes: BTreeMap<&str, u64> = BTreeMap::new();
    let mut kinds: BTreeMap<&str, u64> = BTreeMap::new();
    let words = run.events.words();
    for (about, count) in run
        .events
        .tally()
        .into_iter()
        .filter(|(_, count)| *count > 0)
    {
        *kinds.entry(about.kind.name()).or_default() += count;
        if about.kind == crate::contact::EventKind::GoldenId {
            *changes
                .entry(words[about.rule as usize].as_str())
                .or_default() += count;
        }
    }
    json!({
        "records": run.records.rows(),
        "quarantined": run.held.len(),
        "golden_records": clusters.len(),
        "single": single,
        "merged_records": run.records.rows() - run.held.len() - single,
        "largest_golden_record": largest,
        "golden_records_by_size": by_size,
        "golden_ids": changes,
        "review_pairs": review,
        "violations": run.violations.len(),
        "events": run.events.len(),
        "events_by_kind": kinds,
    })
}

fn rates(run: &RunOutput<'_>) -> Value {
    let records = run.records.rows();
    let golden = run.merged.clusters.len();
    let erroneous: std::collections::BTreeSet<u32> = run
        .violations
        .iter()
        .filter(|violation| violation.severity == Severity::Error)
        .map(|violation| violation.record)
        .collect();
    let filled: Map<String, Value> = run
        .merged
        .golden
        .iter()
        .filter(|(name, column)| run.rulebook.fields().get(name).is_some() && column.filled() > 0)
        .map(|(name, column)| (name.to_owned(), share(column.filled(), golden)))
        .collect();
    json!({
        "quarantined": share(run.held.len(), records),
        "with_errors": share(erroneous.len(), records),
        "merged_away": share(records - run.held.len() - golden, records),
        "golden_filled": filled,
    })
}

/// A share with six digits, so that it is the same text on every machine.
#[allow(clippy::cast_precision_loss)]
fn share(part: usize, whole: usize) -> Value {
    if whole == 0 {
        return Value::from(0.0);
    }
    Value::from((part as f64 / whole as f64 * 1e6).round() / 1e6)
}

fn violations(run: &RunOutput<'_>) -> Value {
    let mut by_rule: BTreeMap<&str, u64> = BTreeMap::new();
    let mut by_severity: BTreeMap<&str, u64> = BTreeMap::new();
    for violation in &run.violations {
        *by_rule.entry(&violation.rule).or_default() += 1;
        *by_severity.entry(violation.severity.name()).or_default() += 1;
    }
    json!({ "by_severity": by_severity, "by_rule": by_rule })
}

fn sources(run: &RunOutput<'_>) -> Vec<Value> {
    let mut records = vec![0_u64; run.records.sources.len()];
    let mut held = records.clone();
    for (row, origin) in run.records.origin.iter().enumerate() {
        if let Some(count) = records.get_mut(usize::from(origin.source)) {
            *count += 1;
            if run.merged.golden_of.get(row).copied().flatten().is_none() {
                held[usize::from(origin.source)] += 1;
            }
        }
    }
    let mut broken = vec![0_u64; run.records.sources.len()];
    for violation in &run.violations {
        let source = run.records.origin[violation.record as usize].source;
        broken[usize::from(source)] += 1;
    }
    run.records
        .sources
        .iter()
        .enumerate()
        .map(|(at, source)| {
            let files = run.files.iter().find(|(name, _)| *name == source.name);
            json!({
                "name": source.name,
                "system": source.system,
                "trust": source.trust,
                "records": records[at],
                "quarantined": held[at],
                "violations": broken[at],
                "columns": columns(source),
                "files": files.map(|(_, files)| files),
            })
        })
        .collect()
}

fn columns(source: &crate::contact::SourceInfo) -> Map<String, Value> {
    source
        .headers
        .iter()
        .zip(&source.columns)
        .map(|(header, column)| (header.clone(), Value::from(column.clone())))
        .collect()
}

/// The plan as it was used, so that `verify` can read the inputs again. Folders
/// stand in `run`: they are the machine's.
fn plan_json(plan: &Plan) -> Value {
    let mut plan = serde_json::to_value(plan).unwrap_or(Value::Null);
    if let Some(plan) = plan.as_object_mut() {
        plan.remove("base");
        plan.remove("threads");
        if let Some(output) = plan.get_mut("output").and_then(Value::as_object_mut) {
            output.remove("dir");
        }
    }
    plan
}

/// The plan that a summary was made with.
///
/// # Errors
/// What is wrong, in words.
pub fn plan_of(summary: &Value) -> Result<crate::plan::Plan, String> {
    let mut plan = summary["plan"].clone();
    if let Some(object) = plan.as_object_mut() {
        object.insert("base".to_owned(), summary["run"]["base"].clone());
        object.insert("threads".to_owned(), Value::Null);
        if let Some(output) = object.get_mut("output").and_then(Value::as_object_mut) {
            output.insert("dir".to_owned(), Value::from(""));
        }
    }
    serde_json::from_value(plan).map_err(|error| error.to_string())
}

/// The text of a summary.
#[must_use]
pub fn text(summary: &Value) -> String {
    let mut text = serde_json::to_string_pretty(summary).unwrap_or_default();
    text.push('\n');
    text
}

/// Reads the summary of a run folder.
///
/// # Errors
/// What is wrong, in words.
pub fn read(folder: &Path) -> Result<Value, String> {
    let path = folder.join("summary.json");
    let bytes = std::fs::read(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    serde_json::from_slice(&bytes).map_err(|error| format!("{}: {error}", path.display()))
}
