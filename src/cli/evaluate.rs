//! `karat evaluate`: a run against known truth.

use std::collections::BTreeMap;
use std::path::PathBuf;

use super::Ending;
use super::console::Console;
use super::inputs::{self, PlanArgs};
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Failure, FailureKind, Place, Records};
use crate::link::evaluate::{Evaluation, evaluate};
use crate::pipeline;
use crate::rulebook::Rulebook;

#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {
    #[command(flatten)]
    plan: PlanArgs,

    /// The truth: a CSV of source, record_id, entity_id
    #[arg(long, value_name = "FILE")]
    truth: PathBuf,
}

pub fn run(args: &EvaluateArgs, console: &Console) -> Result<Ending, Failure> {
    let rulebook = Rulebook::builtin();
    let loaded = inputs::load(&args.plan, console, &rulebook)?;
    console.tell(&loaded.diagnostics);
    let truth = read_truth(&args.truth)?;
    let progress = console.progress();
    let result = (|| {
        let decisions = pipeline::load_decisions(&loaded.plan)?;
        let prepared = pipeline::prepare(&loaded.plan, &rulebook, &progress)?;
        let (linked, linking) =
            pipeline::link_prepared(&prepared, &decisions, &loaded.plan, &rulebook, &progress)?;
        Ok((prepared, linked, linking))
    })();
    progress.finish();
    let (prepared, linked, linking) = result?;
    let entity = entities(&prepared.records, &truth, &args.truth, console)?;
    let evaluation = evaluate(&entity, &prepared.records, &linked, &linking);
    if console.json() {
        let value = serde_json::to_value(&evaluation).unwrap_or_default();
        console.print(&format!("{value:#}\n"))?;
    } else {
        console.print(&text(&evaluation))?;
    }
    Ok(Ending::Done)
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

fn text(e: &Evaluation) -> String {
    let mut out = String::new();
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!(
        "pairwise   precision {:.4}  recall {:.4}  F1 {:.4}   ({} true pairs, {} found, {} false)",
        e.pairwise.precision,
        e.pairwise.recall,
        e.pairwise.f1,
        e.true_pairs,
        e.found_pairs,
        e.false_pairs
    ));
    line(format!(
        "B-cubed    precision {:.4}  recall {:.4}  F1 {:.4}",
        e.bcubed.precision, e.bcubed.recall, e.bcubed.f1
    ));
    line(format!(
        "blocking   pair completeness {:.4}, {:.1} candidate pairs a record",
        e.pair_completeness, e.pairs_per_record
    ));
    line(format!(
        "own guess  precision {:.4}  recall {:.4}   (without labels)",
        e.own_estimate.precision, e.own_estimate.recall
    ));
    line(format!(
        "Brier      {:.4} over the compared pairs that the model calls uncertain",
        e.brier
    ));
    line(String::new());
    line("said       true     pairs   (calibration of the match probability)".to_owned());
    for bin in &e.calibration {
        line(format!(
            "{:<10.3} {:<8.3} {}",
            bin.said, bin.truth, bin.pairs
        ));
    }
    line(String::new());
    line("recall by source pair".to_owned());
    for pair in &e.by_source_pair {
        line(format!(
            "{:<40} {:>7} true pairs  recall {:.4}",
            pair.sources, pair.true_pairs, pair.recall
        ));
    }
    for (title, list) in [
        ("most confident false merges", &e.false_merges),
        ("most confident misses", &e.misses),
    ] {
        line(String::new());
        line(format!("{title} ({} shown)", list.len()));
        for pair in list {
            line(format!(
                "{} + {}   weight {:.1}",
                pair.left, pair.right, pair.weight
            ));
            for piece in &pair.evidence {
                line(format!(
                    "    {:<16} {:<34} {:+.1}",
                    piece.comparison, piece.level, piece.bits
                ));
            }
        }
    }
    out
}
