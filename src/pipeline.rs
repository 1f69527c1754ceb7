//! The line: read → map → standardise → validate → link → merge → write.
//!
//! Plan, rulebook, decisions and the previous run are loaded once, before, and
//! passed as values; every stage returns its table, its events and its diagnostics.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rayon::prelude::*;

use crate::audit::laws;
use crate::contact::{
    Action, Broken, Diagnostic, Events, Failure, FailureKind, Held, Records, Severity, Table,
    Violation, Violations,
};
use crate::diff::in_run::against_previous;
use crate::diff::{self, Changes, UnderWay, fingerprint};
use crate::link::decisions::Decision;
use crate::link::{Keep, Linked, Linking, link};
use crate::map::{Mapped, map};
use crate::merge::{MergeInput, Merged, merge_after};
use crate::plan::{Plan, Renames};
use crate::read::{FileRead, Reading, SourceRead, bytes_of};
use crate::report::sample;
use crate::rulebook::Rulebook;
use crate::standardise::standardise;
use crate::validate::gate::{self, GateResult};
use crate::validate::validate;
use crate::watch::Watch;
use crate::write::decisions::Decisions;
use crate::write::{self, Previous, RunOutput};

/// What a run leaves behind, for the command line to tell.
#[derive(Clone, Debug, Default)]
pub struct RunOutcome {
    /// The content of `summary.json`.
    pub summary: serde_json::Value,
    /// The run's folder; none after a dry run.
    pub dir: Option<PathBuf>,
    /// Warnings and notes of all stages.
    pub diagnostics: Vec<Diagnostic>,
    /// Published, but a soft gate did not hold.
    pub soft_gates_broken: bool,
    /// A dry run in which a hard gate did not hold.
    pub hard_gates_broken: bool,
    /// What changed since the latest run, if there was one.
    pub changes: Option<Changes>,
    /// The golden ids of the records that were asked for; none for one that is held out
    /// or not there.
    pub asked: Vec<Option<String>>,
    /// The summary for people, a few lines.
    pub text: String,
    /// The report of a dry run; a published run has it in its folder.
    pub page: Option<String>,
}

/// The records as far as validating: what `check` shows and what linking takes.
#[derive(Clone, Debug, Default)]
pub struct Prepared {
    /// As mapped, raw values.
    pub records: Records,
    /// Validated.
    pub table: Table,
    /// All rows held out, by reading or by a rule.
    pub held: BTreeMap<u32, Held>,
    pub events: Events,
    pub violations: Violations,
    pub diagnostics: Vec<Diagnostic>,
    /// By source name, what was sniffed of each file.
    pub files: Vec<(String, Vec<FileRead>)>,
    pub timings: Vec<(String, Duration)>,
}

/// How a run is to be done.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Publish nothing.
    pub dry_run: bool,
    /// Of each kind of change, tell so many.
    pub limit: usize,
    /// Instead of those in the plan's file.
    pub decisions: Option<Decisions>,
    /// Records (source, record id) whose golden ids the caller wants to know.
    pub asked: Vec<(String, String)>,
    /// The process ends after this run: its tables are left to the system, since giving
    /// them back piece by piece takes as long as some stages.
    pub is_last: bool,
}

/// Runs the whole line; `dry_run` publishes nothing. The report is drawn if the plan wants
/// one.
///
/// # Errors
/// Any stage's failure; nothing is published then.
pub fn run(
    plan: &Plan,
    rulebook: &Rulebook,
    watch: &dyn Watch,
    dry_run: bool,
) -> Result<RunOutcome, Failure> {
    let options = Options {
        dry_run,
        limit: diff::SHOWN,
        ..Options::default()
    };
    run_with(plan, rulebook, watch, options)
}

/// As [`run`], with all there is to choose.
///
/// # Errors
/// Those of [`run`].
pub fn run_with(
    plan: &Plan,
    rulebook: &Rulebook,
    watch: &dyn Watch,
    options: Options,
) -> Result<RunOutcome, Failure> {
    let started = now();
    let dry_run = options.dry_run;
    let mut decisions = match options.decisions {
        Some(decisions) => decisions,
        None => load_decisions(plan)?,
    };
    let renames = Renames::of(plan);
    decisions.rename(&renames);
    let mut previous = write::previous::load(&plan.output.dir)?;
    previous.rename(&renames);

    let mut prepared = prepare(plan, rulebook, Events::new(), watch)?;
    let mut clock = Clock::new(watch, std::mem::take(&mut prepared.timings));
    let records = prepared.records.rows() as u64;
    let (mut linked, linking) = link_prepared(
        &prepared,
        &decisions.list,
        plan,
        rulebook,
        Keep::Near,
        watch,
    )?;
    linked.report.decisions.blake3 = decisions.blake3;
    clock.timings.append(&mut linked.timings);
    let samples = plan.output.report.then(|| sample::take(&linked, &linking));
    drop(linking);
    // From here on the run's events are the only ones: they are hundreds of megabytes.
    let mut events = std::mem::take(&mut prepared.events);
    events.take_over(std::mem::take(&mut linked.events));
    let (mut merged, fingerprints) = clock.stage("merge", records, || {
        let input = MergeInput {
            records: &prepared.records,
            table: &prepared.table,
            held: &prepared.held,
            linked: &linked,
            plan,
            rulebook,
            previous: previous.xref.as_ref(),
            watch,
        };
        // Merging leaves threads without work at its ends.
        let (merged, fingerprints) = rayon::join(
            || merge_after(input, events),
            || fingerprint::of(&prepared.records),
        );
        Ok((merged?, fingerprints))
    })?;
    let mut diagnostics = std::mem::take(&mut prepared.diagnostics);
    let told = diff::renamed::warnings(&previous, &prepared.records, &fingerprints, plan);
    diagnostics.extend(told);
    // Too short to be told to the watch as a stage of its own.
    let changes = clock.timed("diff", || {
        let after = UnderWay {
            records: &prepared.records,
            table: &prepared.table,
            merged: &merged,
            fingerprints: &fingerprints,
            rulebook,
            started: &started,
        };
        let circumstances = write::summary::circumstances(
            plan,
            rulebook,
            &prepared.files,
            linked.report.taught.as_ref(),
        );
        against_previous(
            &previous,
            &after,
            &decisions.list,
            &circumstances,
            plan,
            options.limit,
            &mut diagnostics,
        )
    })?;
    let gates = evaluate_gates(
        plan,
        &prepared,
        &linked,
        merged.clusters.len(),
        &previous,
        changes.as_ref(),
    );
    diagnostics.extend(decisions.notes);
    diagnostics.extend(linked.diagnostics.iter().cloned());
    diagnostics.extend(merged.diagnostics.iter().cloned());
    // A dry run publishes nothing anyway: it tells what would have stopped it, and why.
    if !dry_run {
        stop_at_hard_gates(&gates)?;
    }

    let events = std::mem::take(&mut merged.events);
    let mut output = RunOutput {
        plan,
        rulebook,
        records: &prepared.records,
        table: &prepared.table,
        held: &prepared.held,
        linked: &linked,
        merged: &merged,
        events,
        violations: std::mem::take(&mut prepared.violations),
        files: &prepared.files,
        gates: serde_json::to_value(&gates).unwrap_or_default(),
        timings: Vec::new(),
        started,
        previous: &previous,
        decisions: &decisions.list,
        fingerprints: &fingerprints,
        samples: samples.as_ref(),
        changes,
        patches: write::patches::Patches::default(),
    };
    clock.stage("laws", records, || {
        write::complete(&mut output);
        laws::check(output.facts(), watch)
    })?;
    output.timings = std::mem::take(&mut clock.timings);
    let broken: Vec<&GateResult> = gates.iter().filter(|gate| !gate.held).collect();
    diagnostics.extend(broken.iter().map(|gate| gate_diagnostic(gate)));
    let (summary, dir, page, seal) = if dry_run {
        let page = write::page(&output, &[])?;
        (write::summarise(&output), None, page, None)
    } else {
        watch.stage("write", records);
        let published = write::publish(&output, watch)?;
        let seal = Some(published.seal);
        (published.summary, Some(published.folder), None, seal)
    };
    let mut text = crate::report::text(&summary, dir.as_deref());
    if let Some(seal) = seal {
        text.push_str(&format!("seal: {seal}\n"));
    }
    let asked = golden_ids_of(&options.asked, &prepared.records, &merged);
    let (events, violations, changes) = (output.events, output.violations, output.changes);
    if options.is_last {
        std::mem::forget((
            prepared, linked, merged, events, violations, previous, samples,
        ));
    }
    Ok(RunOutcome {
        asked,
        text,
        changes,
        summary,
        dir,
        page,
        diagnostics,
        soft_gates_broken: broken.iter().any(|gate| gate.soft),
        hard_gates_broken: broken.iter().any(|gate| !gate.soft),
    })
}

/// The line as far as validating. Its events are added to `log`, an empty list.
///
/// # Errors
/// Exit 3 when a source can't be read (all of them are told), 2 for plan and rules.
pub fn prepare(
    plan: &Plan,
    rulebook: &Rulebook,
    mut log: Events,
    watch: &dyn Watch,
) -> Result<Prepared, Failure> {
    let mut clock = Clock::new(watch, Vec::new());
    let sources = clock.timed("read", || {
        let sizes: Vec<u64> = plan.sources.iter().map(bytes_of).collect();
        // The end is known when the size of every source is.
        let total = if sizes.contains(&0) {
            0
        } else {
            sizes.iter().sum()
        };
        watch.stage_of_bytes("read", total);
        read_all(plan, rulebook, watch)
    })?;
    let rows: u64 = sources
        .iter()
        .map(|source| (source.table.rows() + source.torn.len()) as u64)
        .sum();
    let mut files: Vec<(String, Vec<FileRead>)> = sources
        .iter()
        .map(|source| (source.name.clone(), source.files.clone()))
        .collect();
    files.sort_by(|a, b| a.0.cmp(&b.0));
    let mut diagnostics: Vec<Diagnostic> = sources
        .iter()
        .flat_map(|source| source.diagnostics.iter().cloned())
        .collect();
    let Mapped {
        records,
        events,
        diagnostics: told,
    } = clock.stage("map", rows, || map(sources, plan, rulebook, watch))?;
    diagnostics.extend(told);
    let standardised = clock.stage("standardise", rows, || {
        Ok(standardise(&records, plan, rulebook, &log, watch))
    })?;
    diagnostics.extend(standardised.diagnostics);
    log.take_over(events);
    log.take_over(standardised.events);
    let validated = clock.stage("validate", rows, || {
        validate(
            standardised.table,
            &records,
            plan,
            rulebook,
            standardised.violations,
            watch,
        )
    })?;
    diagnostics.extend(validated.diagnostics);
    log.take_over(validated.events);
    let mut held = records.held.clone();
    for (row, reason) in validated.held {
        held.entry(row).or_insert(reason);
    }
    let mut violations = validated.violations;
    tell_torn(&records, &mut violations);
    Ok(Prepared {
        records,
        table: validated.table,
        held,
        events: log,
        violations,
        diagnostics,
        files,
        timings: clock.timings,
    })
}

/// A row that could not be read whole breaks a rule too: one violation each, in
/// the order of records.
fn tell_torn(records: &Records, violations: &mut Violations) {
    if records.held.values().all(|held| held.raw.is_none()) {
        return;
    }
    let known: BTreeSet<(u32, &str)> = violations
        .iter()
        .map(|violation| (violation.record, violation.rule.as_ref()))
        .collect();
    let torn = records.held.iter().filter(|(_, held)| held.raw.is_some());
    let told: Vec<Violation> = torn
        .filter(|(row, held)| !known.contains(&(**row, held.rule.as_str())))
        .map(|(row, held)| Violation {
            record: *row,
            value: None,
            broken: Arc::new(Broken {
                field: Arc::default(),
                rule: held.rule.as_str().into(),
                severity: Severity::Error,
                message: held.reason.as_str().into(),
                action: Action::Quarantine,
                owner: Arc::default(),
            }),
        })
        .collect();
    if !told.is_empty() {
        violations.extend(told);
        violations.sort_by_key(|violation| violation.record);
    }
}

/// Links what is not held out; the [`Linking`] can still be asked about pairs.
///
/// # Errors
/// Exit 70 for a fault in the built-in model.
pub fn link_prepared(
    prepared: &Prepared,
    decisions: &[Decision],
    plan: &Plan,
    rulebook: &Rulebook,
    keep: Keep,
    watch: &dyn Watch,
) -> Result<(Linked, Linking), Failure> {
    let mut linkable = vec![true; prepared.records.rows()];
    for &row in prepared.held.keys() {
        if let Some(slot) = linkable.get_mut(row as usize) {
            *slot = false;
        }
    }
    link(
        &prepared.records,
        &prepared.table,
        &linkable,
        decisions,
        plan,
        rulebook,
        keep,
        watch,
    )
}

/// The line as far as linking, with every compared pair kept, for asking about them.
///
/// # Errors
/// Those of loading the decisions, preparing and linking.
pub fn run_to_links(
    plan: &Plan,
    rulebook: &Rulebook,
    watch: &dyn Watch,
) -> Result<(Prepared, Linked, Linking), Failure> {
    let mut decisions = load_decisions(plan)?;
    decisions.rename(&Renames::of(plan));
    let prepared = prepare(plan, rulebook, Events::new(), watch)?;
    let decisions = &decisions.list;
    let (linked, linking) = link_prepared(&prepared, decisions, plan, rulebook, Keep::All, watch)?;
    Ok((prepared, linked, linking))
}

/// Reads the plan's decisions file, if it names one.
///
/// # Errors
/// Those of [`write::decisions::load`].
pub fn load_decisions(plan: &Plan) -> Result<Decisions, Failure> {
    match &plan.decisions {
        Some(path) => write::decisions::load(path),
        None => Ok(Decisions::default()),
    }
}

/// All sources, each by its own thread; every one that can't be read is told.
fn read_all(
    plan: &Plan,
    rulebook: &Rulebook,
    watch: &dyn Watch,
) -> Result<Vec<SourceRead>, Failure> {
    let reading = Reading::load(rulebook);
    let results: Vec<Result<SourceRead, Failure>> = plan
        .sources
        .par_iter()
        .map(|source| {
            watch.go_on()?;
            reading.source(source, &plan.bounds, watch)
        })
        .collect();
    let mut sources = Vec::new();
    let mut faults: Vec<Failure> = Vec::new();
    for result in results {
        match result {
            Ok(source) => sources.push(source),
            Err(failure) => faults.push(failure),
        }
    }
    let Some(kind) = faults.first().map(|failure| failure.kind) else {
        return Ok(sources);
    };
    Err(Failure::new(
        kind,
        faults
            .into_iter()
            .flat_map(|failure| failure.diagnostics)
            .collect(),
    ))
}

/// Times stages, tells them to the watch, and stops between them when asked to.
struct Clock<'a> {
    watch: &'a dyn Watch,
    timings: Vec<(String, Duration)>,
}

impl<'a> Clock<'a> {
    fn new(watch: &'a dyn Watch, timings: Vec<(String, Duration)>) -> Self {
        Self { watch, timings }
    }

    fn stage<T>(
        &mut self,
        name: &str,
        records: u64,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let watch = self.watch;
        self.timed(name, || {
            watch.stage(name, records);
            work()
        })
    }

    /// A stage that tells the watch itself.
    fn timed<T>(
        &mut self,
        name: &str,
        work: impl FnOnce() -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        self.watch.go_on()?;
        let start = Instant::now();
        let result = work();
        self.timings.push((name.to_owned(), start.elapsed()));
        result
    }
}

fn evaluate_gates(
    plan: &Plan,
    prepared: &Prepared,
    linked: &Linked,
    golden: usize,
    previous: &Previous,
    changes: Option<&Changes>,
) -> Vec<GateResult> {
    let mut wrong: Vec<u32> = prepared
        .violations
        .iter()
        .filter(|violation| violation.severity == Severity::Error)
        .map(|violation| violation.record)
        .collect();
    wrong.sort_unstable();
    wrong.dedup();
    let records = prepared.records.rows() as u64;
    let held = prepared.held.len() as u64;
    let golden = golden as u64;
    gate::evaluate(
        &plan.gate,
        &gate::Counts {
            records,
            held,
            error_records: wrong.len() as u64,
            golden: Some(golden),
            golden_before: previous.golden_records,
            merged: Some(records.saturating_sub(held).saturating_sub(golden)),
            largest_cluster: Some(linked.report.largest_cluster),
            changed: changes.map(|changes| changes.counts.clone()),
            shrunk: diff::shrunk::most(&prepared.records, &previous.summary),
        },
    )
}

/// The golden ids of records by name.
fn golden_ids_of(
    asked: &[(String, String)],
    records: &Records,
    merged: &Merged,
) -> Vec<Option<String>> {
    if asked.is_empty() {
        return Vec::new();
    }
    let mut rows: BTreeMap<(&str, &str), Option<usize>> = asked
        .iter()
        .map(|(source, id)| ((source.as_str(), id.as_str()), None))
        .collect();
    for row in 0..records.rows() {
        let key = (records.source(row).name.as_str(), records.id(row));
        if let Some(slot) = rows.get_mut(&key) {
            *slot = Some(row);
        }
    }
    let id_of = |row: usize| {
        let golden = merged.golden_of.get(row).copied().flatten()?;
        merged.golden_ids.get(golden as usize).cloned()
    };
    asked
        .iter()
        .map(|(source, id)| id_of(rows.get(&(source.as_str(), id.as_str())).copied()??))
        .collect()
}

fn stop_at_hard_gates(gates: &[GateResult]) -> Result<(), Failure> {
    let broken: Vec<Diagnostic> = gates
        .iter()
        .filter(|gate| !gate.held && !gate.soft)
        .map(gate_diagnostic)
        .collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(FailureKind::Gate, broken))
    }
}

fn gate_diagnostic(gate: &GateResult) -> Diagnostic {
    let mut message = format!(
        "the gate {} did not hold: {} against a limit of {}",
        gate.name,
        (gate.value * 1e6).round() / 1e6,
        gate.limit
    );
    if !gate.about.is_empty() {
        message.push_str(&format!(" ({})", gate.about));
    }
    if gate.soft {
        Diagnostic::warning("gate_soft", message)
    } else {
        Diagnostic::error("gate_hard", message)
            .hint("nothing is published; 'karat run --dry-run' tells what would change, 'karat check' what is wrong; mend the input, or lift the limit under [gate]")
    }
}

/// RFC 3339, UTC, whole seconds.
fn now() -> String {
    jiff::Timestamp::now()
        .strftime("%Y-%m-%dT%H:%M:%SZ")
        .to_string()
}
