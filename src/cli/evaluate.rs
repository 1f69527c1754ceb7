//! `karat evaluate`: a run against known truth.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Ending;
use super::canvas::Canvas;
use super::console::Console;
use super::evaluate_report;
use super::inputs::{self, PlanArgs};
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Failure, FailureKind, Place, Records};
use crate::link::evaluate::{Kind, Question, evaluate};
use crate::link::score::probability;
use crate::link::{Linked, Linking};
use crate::pipeline::{self, Prepared};
use crate::rulebook::Rulebook;
use crate::validate;

#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    plan: PlanArgs,

    /// The truth: a CSV of source, record_id, entity_id
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,

    /// Write every compared pair to a CSV: weight, probability, whether the truth and the run have it as one person
    #[arg(long, value_name = "FILE")]
    pairs: Option<PathBuf>,
}

pub fn run(args: &EvaluateArgs, console: &Console) -> Result<Ending, Failure> {
    let rulebook = Rulebook::builtin();
    let loaded = inputs::load(&args.plan, console, &rulebook)?;
    console.tell(&loaded.diagnostics);
    let truth = read_truth(&args.truth)?;
    let progress = console.progress();
    let result = pipeline::run_to_links(&loaded.plan, &rulebook, &progress);
    progress.finish();
    let (prepared, linked, linking) = result?;
    let entity = entities(&prepared.records, &truth, &args.truth, console)?;
    if let Some(path) = &args.pairs {
        write_pairs(path, &entity, &prepared.records, &linked, &linking)?;
    }
    let evaluation = evaluate(Question {
        entity: &entity,
        records: &prepared.records,
        linked: &linked,
        linking: &linking,
        kinds: &kinds(&prepared, &loaded.plan.run_date, &rulebook)?,
        threshold: loaded.plan.matching.threshold,
    });
    if console.json() {
        let value = serde_json::to_value(&evaluation).unwrap_or_default();
        console.print(&format!("{value:#}\n"))?;
    } else {
        console.print(&evaluate_report::text(&evaluation, Canvas::of(console)))?;
    }
    Ok(Ending::Done)
}

/// Every compared pair, the truth beside it: for a calibration plot, or a sample to review.
fn write_pairs(
    path: &std::path::Path,
    entity: &[Option<String>],
    records: &Records,
    linked: &Linked,
    linking: &Linking,
) -> Result<(), Failure> {
    let unwritten = |error: csv::Error| {
        Failure::one(
            FailureKind::Output,
            Diagnostic::error(
                "pairs_unwritten",
                format!("the pairs can't be written: {error}"),
            )
            .at(Place::file(path.display().to_string())),
        )
    };
    let mut out = csv::Writer::from_path(path).map_err(unwritten)?;
    out.write_record([
        "left",
        "right",
        "match_weight",
        "match_probability",
        "one_person",
        "merged",
    ])
    .map_err(unwritten)?;
    let rows = &linking.features.rows;
    for link in &linking.links {
        let (a, b) = (
            rows[link.left as usize] as usize,
            rows[link.right as usize] as usize,
        );
        let name = |row: usize| format!("{}:{}", records.source(row).name, records.id(row));
        let same = match (&entity[a], &entity[b]) {
            (Some(x), Some(y)) => (x == y).to_string(),
            _ => String::new(),
        };
        out.write_record([
            name(a),
            name(b),
            format!("{:.3}", link.weight),
            format!("{:.6}", probability(link.weight)),
            same,
            (linked.cluster[a] == linked.cluster[b]).to_string(),
        ])
        .map_err(unwritten)?;
    }
    out.flush().map_err(|error| unwritten(error.into()))
}

/// The kinds of record to score apart.
fn kinds(prepared: &Prepared, run_date: &str, rulebook: &Rulebook) -> Result<Vec<Kind>, Failure> {
    let kinds = validate::kinds(&prepared.records, &prepared.table, run_date, rulebook).map_err(
        |message| {
            Failure::one(
                FailureKind::Internal,
                Diagnostic::error("kinds_broken", message),
            )
        },
    )?;
    Ok(kinds
        .into_iter()
        .map(|(name, holds)| Kind { name, holds })
        .collect())
}

type Truth = BTreeMap<(String, String), String>;

fn read_truth(path: &PathBuf) -> Result<Truth, Failure> {
    let name = path.display().to_string();
    let fault = |message: String, line: u64| {
        let place = Place::line(&name, u32::try_from(line).unwrap_or(0));
        Failure::one(
            FailureKind::Input,
            Diagnostic::error("truth_unreadable", message).at(place),
        )
    };
    let mut reader = csv::ReaderBuilder::new()
        .from_path(path)
        .map_err(|error| fault(format!("the truth can't be read: {error}"), 0))?;
    let headers = reader
        .headers()
        .cloned()
        .map_err(|error| fault(error.to_string(), 1))?;
    let column = |wanted: &str| {
        headers.iter().position(|header| header.trim_start_matches('\u{feff}').trim() == wanted).ok_or_else(|| {
            fault(format!("the truth has no column '{wanted}'; it needs source, record_id and entity_id"), 1)
        })
    };
    let (source, id, entity) = (
        column("source")?,
        column("record_id")?,
        column("entity_id")?,
    );
    let mut truth = Truth::new();
    for record in reader.records() {
        let record = record.map_err(|error| {
            let line = error.position().map_or(0, csv::Position::line);
            fault("this row of the truth can't be read".to_owned(), line)
        })?;
        let cell = |at: usize| record.get(at).unwrap_or("").to_owned();
        let line = record.position().map_or(0, csv::Position::line);
        if truth
            .insert((cell(source), cell(id)), cell(entity))
            .is_some()
        {
            return Err(fault(
                format!("record {} stands twice in the truth", shown(&cell(id))),
                line,
            ));
        }
    }
    Ok(truth)
}

/// The entity of each row; a record that the truth does not know is not scored.
fn entities(
    records: &Records,
    truth: &Truth,
    path: &std::path::Path,
    console: &Console,
) -> Result<Vec<Option<String>>, Failure> {
    let mut known = 0usize;
    let list: Vec<Option<String>> = (0..records.rows())
        .map(|row| {
            let key = (records.source(row).name.clone(), records.id(row).to_owned());
            let found = truth.get(&key).cloned();
            known += usize::from(found.is_some());
            found
        })
        .collect();
    if known == 0 {
        return Err(Failure::one(
            FailureKind::Input,
            Diagnostic::error("truth_strange", "the truth names none of the run's records")
                .at(Place::file(path.display().to_string()))
                .hint("its 'source' is the name of a source of the plan, its 'record_id' the value of that source's id column"),
        ));
    }
    if known < list.len() || known < truth.len() {
        console.tell(&[Diagnostic::warning(
            "truth_partial",
            format!(
                "{} of {} records are in the truth; {} lines of it name no record of this run",
                known,
                list.len(),
                truth.len().saturating_sub(known)
            ),
        )]);
    }
    Ok(list)
}
