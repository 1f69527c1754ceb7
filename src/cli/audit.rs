//! `karat audit`: the log of a run, asked by golden id, record, field, kind or rule.

use std::path::PathBuf;

use serde_json::{Map, Value};

use super::Ending;
use super::console::{Console, usage};
use crate::audit::columns::COLUMNS;
use crate::audit::load::{Log, LogRow};
use crate::audit::query::Query;
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, EventKind, Failure, FailureKind, Place, Stage};
use crate::write::csv::{self, Line};
use crate::write::staging;

#[derive(Debug, clap::Args)]
pub struct AuditArgs {
    /// A run's folder, or an output folder for its latest run
    #[arg(default_value = "out", value_name = "RUN")]
    run: PathBuf,

    /// Only this golden record (also one whose id was given up)
    #[arg(long, value_name = "ID")]
    golden: Vec<String>,

    /// Only this record: its id, or SOURCE:ID
    #[arg(long, value_name = "ID")]
    record: Vec<String>,

    /// Only this source
    #[arg(long, value_name = "NAME")]
    source: Vec<String>,

    /// Only this field or extra column
    #[arg(long, value_name = "NAME")]
    field: Vec<String>,

    /// Only this kind of event (lost, survived, merged, standardised …)
    #[arg(long, value_name = "KIND")]
    kind: Vec<String>,

    /// Only this stage (standardise, validate, link, merge …)
    #[arg(long, value_name = "STAGE")]
    stage: Vec<String>,

    /// Only this rule, standardising step or strategy
    #[arg(long, value_name = "RULE")]
    rule: Vec<String>,

    /// At most so many events
    #[arg(long, value_name = "N")]
    limit: Option<usize>,
}

pub fn run(args: &AuditArgs, console: &Console) -> Result<Ending, Failure> {
    let kinds = EventKind::ALL.map(EventKind::name);
    known("kind", &args.kind, &kinds)?;
    known("stage", &args.stage, &Stage::ALL.map(Stage::name))?;
    let folder = run_folder(&args.run)?;
    let path = folder.join("audit.parquet");
    let log = Log::open(&path).map_err(|message| {
        Failure::one(
            FailureKind::Input,
            Diagnostic::error(
                "audit_unreadable",
                format!("the log can't be read: {message}"),
            )
            .at(Place::file(path.display().to_string())),
        )
    })?;
    let query = Query {
        golden_ids: args.golden.clone(),
        records: args.record.clone(),
        fields: args.field.clone(),
        kinds: args.kind.clone(),
        rules: args.rule.clone(),
        stages: args.stage.clone(),
        sources: args.source.clone(),
    };
    let found: Vec<LogRow<'_>> = log
        .iter()
        .filter(|row| query.matches(row))
        .take(args.limit.unwrap_or(usize::MAX))
        .collect();
    if found.is_empty() {
        console.tell(&nothing_found(args, &log));
    }
    if console.json() {
        console.stream(|out| {
            let mut out = out;
            std::io::Write::write_all(&mut out, b"[")?;
            for (at, row) in found.iter().enumerate() {
                let start = if at == 0 { "\n" } else { ",\n" };
                write!(out, "{start}{}", json(row))?;
            }
            out.write_all(b"\n]\n")
        })?;
    } else {
        console.stream(|mut out| {
            csv::write(&mut out, &COLUMNS, found.len(), true, |at, line| {
                draw(&found[at], line)
            })
        })?;
    }
    Ok(Ending::Done)
}

/// The folder of a run: itself, or the latest of an output folder.
///
/// # Errors
/// Exit 3 when there is no run.
pub fn run_folder(path: &std::path::Path) -> Result<PathBuf, Failure> {
    if path.join("summary.json").is_file() {
        return Ok(path.to_owned());
    }
    staging::latest(path).ok_or_else(|| {
        let name = path.display().to_string();
        Failure::one(
            FailureKind::Input,
            Diagnostic::error(
                "run_not_found",
                format!("there is no run in {}", shown(&name)),
            )
            .at(Place::file(name))
            .hint("name a run's folder (out/runs/…) or the output folder of a plan")
            .hint("`karat run` makes one"),
        )
    })
}

fn known(what: &str, asked: &[String], names: &[&str]) -> Result<(), Failure> {
    for word in asked {
        if !names.contains(&word.as_str()) {
            let hint = match nearest(word, names.iter().copied()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("there are: {}", names.join(", ")),
            };
            let mut failure = usage(
                "usage_unknown",
                format!("there is no {what} {}", shown(word)),
            );
            failure.diagnostics = failure
                .diagnostics
                .into_iter()
                .map(|d| d.hint(&hint))
                .collect();
            return Err(failure);
        }
    }
    Ok(())
}

/// Why nothing was found, with near misses for what the log does not have at all.
fn nothing_found(args: &AuditArgs, log: &Log) -> Vec<Diagnostic> {
    let mut note = Diagnostic::warning("no_event_found", "no event of this run is like that");
    let mut miss = |asked: &[String], have: &dyn Fn(&LogRow<'_>) -> Option<String>| {
        for word in asked {
            let names: std::collections::BTreeSet<String> =
                log.iter().filter_map(|row| have(&row)).collect();
            if !names.contains(word) {
                let near = nearest(word, names.iter().map(String::as_str));
                let near = near.map_or(String::new(), |near| format!(": did you mean '{near}'?"));
                note.hints
                    .push(format!("the log does not know {}{near}", shown(word)));
            }
        }
    };
    let own = |text: Option<&str>| text.map(str::to_owned);
    miss(&args.field, &|row| own(row.field));
    miss(&args.rule, &|row| own(row.rule));
    miss(&args.source, &|row| own(row.source));
    miss(&args.golden, &|row| own(row.golden_id));
    vec![note]
}

fn draw(row: &LogRow<'_>, line: &mut Line<'_>) {
    line.text(&row.seq.to_string());
    line.text(row.stage);
    line.text(row.kind);
    for cell in [
        row.source,
        row.record_id,
        row.golden_id,
        row.field,
        row.before,
        row.after,
        row.rule,
        row.reason,
    ] {
        line.cell(cell);
    }
    line.cell(row.weight.map(|weight| weight.to_string()).as_deref());
}

fn json(row: &LogRow<'_>) -> Value {
    let values: [Value; 12] = [
        row.seq.into(),
        row.stage.into(),
        row.kind.into(),
        row.source.into(),
        row.record_id.into(),
        row.golden_id.into(),
        row.field.into(),
        row.before.into(),
        row.after.into(),
        row.rule.into(),
        row.reason.into(),
        row.weight.into(),
    ];
    let object: Map<String, Value> = COLUMNS
        .iter()
        .map(|&name| name.to_owned())
        .zip(values)
        .collect();
    Value::Object(object)
}
