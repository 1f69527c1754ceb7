//! `karat audit`: the log of a run or of several, asked by golden id, record, field,
//! kind, rule and time; and where an id of an old run leads today.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Ending;
use super::audit_rows::{Form, Told, Writer};
use super::console::{Console, usage};
use super::lineage_text;
use crate::audit::query::Query;
use crate::audit::runs::{self, Run};
use crate::audit::search::LogFile;
use crate::audit::{lineage, persons};
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, EventKind, Failure, FailureKind, Place, Stage};
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

    /// Where this golden id of an old run leads today, and what happened to it
    #[arg(long, value_name = "ID", conflicts_with_all = ["golden", "record", "source", "field", "kind", "stage", "rule", "limit", "since", "until"])]
    id: Vec<String>,

    /// This run instead of the latest: its id or its number. With --id, the run that
    /// the id is from
    #[arg(long = "run", value_name = "RUN")]
    of: Option<String>,

    /// Also the earlier runs that began at this date or time, or later
    #[arg(long, value_name = "WHEN", conflicts_with = "of")]
    since: Option<String>,

    /// No run that began after this date or time
    #[arg(long, value_name = "WHEN", conflicts_with = "of")]
    until: Option<String>,

    /// At most so many events
    #[arg(long, value_name = "N")]
    limit: Option<usize>,

    /// As a table for people, CSV or JSON; a table on a terminal, else CSV
    #[arg(long, value_name = "FORM")]
    format: Option<Form>,
}

pub fn run(args: &AuditArgs, console: &Console) -> Result<Ending, Failure> {
    let kinds = EventKind::ALL.map(EventKind::name);
    known("kind", &args.kind, &kinds)?;
    known("stage", &args.stage, &Stage::ALL.map(Stage::name))?;
    let form = match (console.json(), args.format) {
        (true, _) => Form::Json,
        (false, Some(form)) => form,
        (false, None) => Form::usual(),
    };
    if !args.id.is_empty() {
        return lead(args, form, console);
    }
    let runs = runs_asked_for(args)?;
    let query = Query {
        golden_ids: args.golden.clone(),
        records: args.record.clone(),
        fields: args.field.clone(),
        kinds: args.kind.clone(),
        rules: args.rule.clone(),
        stages: args.stage.clone(),
        sources: args.source.clone(),
    };
    let mut writer = Writer::new(form, runs.len() > 1);
    let mut left = args.limit.unwrap_or(usize::MAX);
    let mut failed: Option<Failure> = None;
    console.stream(|out| {
        writer.start(out)?;
        for run in &runs {
            let told = search(run, &query, &mut left, &mut |row| writer.row(out, run, row));
            match told {
                Ok(written) => written?,
                Err(failure) => {
                    failed = Some(failure);
                    break;
                }
            }
        }
        writer.end(out)
    })?;
    if let Some(failure) = failed {
        return Err(failure);
    }
    if writer.rows() == 0 {
        console.tell(&nothing_found(&query, &runs)?);
    }
    Ok(Ending::Done)
}

/// The rows of one run, as many as are left; an error of the writer ends it.
fn search(
    run: &Run,
    query: &Query,
    left: &mut usize,
    each: &mut dyn FnMut(&Told<'_>) -> std::io::Result<()>,
) -> Result<std::io::Result<()>, Failure> {
    let fault = |message: String| unreadable(&run.folder.join("audit.parquet"), &message);
    let log = LogFile::open(&run.folder, &run.summary).map_err(fault)?;
    let persons = if !query.golden_ids.is_empty() {
        Some(query.golden_ids.clone())
    } else if !query.records.is_empty() {
        let found = persons::of_records(&run.folder, &query.records);
        Some(
            found
                .map_err(|message| unreadable(&run.folder, &message))?
                .0,
        )
    } else {
        None
    };
    let mut written = Ok(());
    if *left > 0 {
        log.search(query, persons.as_deref(), |row| {
            written = each(row);
            *left -= 1;
            *left > 0 && written.is_ok()
        })
        .map_err(fault)?;
    }
    Ok(written)
}

fn unreadable(path: &Path, message: &str) -> Failure {
    Failure::one(
        FailureKind::Input,
        Diagnostic::error(
            "audit_unreadable",
            format!("the log can't be read: {message}"),
        )
        .at(Place::file(path.display().to_string())),
    )
}

fn open(folder: &Path) -> Result<Run, Failure> {
    Run::open(folder).map_err(|message| unreadable(folder, &message))
}

/// The runs beside the one that the arguments name, itself included.
fn beside(folder: &Path) -> Result<Vec<Run>, Failure> {
    let real =
        std::fs::canonicalize(folder).map_err(|error| unreadable(folder, &error.to_string()))?;
    let all = real.parent().map_or(Path::new("."), |parent| parent);
    runs::all(all).map_err(|error| unreadable(all, &error.to_string()))
}

fn runs_asked_for(args: &AuditArgs) -> Result<Vec<Run>, Failure> {
    let folder = run_folder(&args.run)?;
    if let Some(of) = &args.of {
        return Ok(vec![run_called(of, &folder)?]);
    }
    if args.since.is_none() && args.until.is_none() {
        return Ok(vec![open(&folder)?]);
    }
    let time = |text: &Option<String>, last: bool| match text {
        Some(text) => moment(text, last).map(Some),
        None => Ok(None),
    };
    let (since, until) = (time(&args.since, false)?, time(&args.until, true)?);
    let mut asked = beside(&folder)?;
    asked.retain(|run| {
        let started = run.started.as_str();
        since.as_deref().is_none_or(|since| started >= since)
            && until.as_deref().is_none_or(|until| started <= until)
    });
    if asked.is_empty() {
        return Err(usage(
            "usage_no_run_then",
            "no run of this output folder began in that time",
        ));
    }
    Ok(asked)
}

/// A date or a time as runs write theirs, in UTC. A date alone is its first or its
/// last second.
fn moment(text: &str, last: bool) -> Result<String, Failure> {
    let form = "%Y-%m-%dT%H:%M:%SZ";
    if let Ok(time) = text.parse::<jiff::Timestamp>() {
        return Ok(time.strftime(form).to_string());
    }
    if let Ok(date) = text.parse::<jiff::civil::Date>() {
        let end = if last { "T23:59:59Z" } else { "T00:00:00Z" };
        return Ok(format!("{date}{end}"));
    }
    Err(usage(
        "usage_time",
        format!(
            "{} is no date: write 2026-11-25, or 2026-11-25T03:15:00Z",
            shown(text)
        ),
    ))
}

/// A run by its id or its number.
fn run_called(name: &str, folder: &Path) -> Result<Run, Failure> {
    let all = beside(folder)?;
    let number = name.parse::<u64>().ok();
    if let Some(found) = all
        .iter()
        .find(|run| run.id == name || (number.is_some() && number == Some(run.number)))
    {
        return Ok(found.clone());
    }
    let near = nearest(name, all.iter().map(|run| run.id.as_str()));
    let hint = match near {
        Some(near) => format!("; did you mean {near}?"),
        None => match all.last() {
            Some(last) => format!("; the latest is {} (number {})", last.id, last.number),
            None => String::new(),
        },
    };
    Err(usage(
        "usage_run",
        format!("there is no run {} beside it{hint}", shown(name)),
    ))
}

/// `--id`: where old ids lead.
fn lead(args: &AuditArgs, form: Form, console: &Console) -> Result<Ending, Failure> {
    let folder = run_folder(&args.run)?;
    let latest = open(&folder)?;
    let from = match &args.of {
        Some(of) => Some(run_called(of, &folder)?),
        None => None,
    };
    let mut told = Vec::new();
    for id in &args.id {
        let found = lineage::follow(&latest, id, from.as_ref())
            .map_err(|message| unreadable(&folder, &message))?;
        match found {
            Some(found) => told.push(found),
            None => {
                let run = from.as_ref().map_or(latest.id.as_str(), |run| &run.id);
                let mut failure = usage(
                    "usage_id_unknown",
                    format!(
                        "no person of run {run} or before it has the id {}",
                        shown(id)
                    ),
                );
                for diagnostic in &mut failure.diagnostics {
                    diagnostic
                        .hints
                        .push("--run names the run that the id is from".to_owned());
                }
                return Err(failure);
            }
        }
    }
    console.print(&lineage_text::text(&told, form))?;
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

/// Why nothing was found, with near misses for what the logs do not have at all.
fn nothing_found(query: &Query, runs: &[Run]) -> Result<Vec<Diagnostic>, Failure> {
    let mut note = Diagnostic::warning(
        "no_event_found",
        if runs.len() == 1 {
            "no event of this run is like that"
        } else {
            "no event of these runs is like that"
        },
    );
    for (asked, column) in [
        (&query.fields, "field"),
        (&query.rules, "rule"),
        (&query.sources, "source"),
    ] {
        if asked.is_empty() {
            continue;
        }
        let mut names: BTreeSet<String> = BTreeSet::new();
        for run in runs {
            let log = LogFile::open(&run.folder, &run.summary);
            let own = log.and_then(|log| log.distinct(column));
            names.extend(own.map_err(|message| unreadable(&run.folder, &message))?);
        }
        for word in asked.iter().filter(|word| !names.contains(*word)) {
            let near = nearest(word, names.iter().map(String::as_str));
            let near = near.map_or(String::new(), |near| format!(": did you mean '{near}'?"));
            note.hints
                .push(format!("the log does not know {}{near}", shown(word)));
        }
    }
    for id in &query.golden_ids {
        note.hints.push(format!(
            "if {} is of an earlier run, --id tells where it leads",
            shown(id)
        ));
    }
    for record in &query.records {
        let mut found = false;
        for run in runs {
            let own = persons::of_records(&run.folder, std::slice::from_ref(record));
            found |= own.is_ok_and(|(_, found)| found);
        }
        if !found {
            note.hints
                .push(format!("no record is called {}", shown(record)));
        }
    }
    Ok(vec![note])
}
