//! `karat decide`: one line for the decisions file, written safely.
//!
//! Only the plan's head is read: a decision needs no export at hand.

mod records;

use std::path::{Path, PathBuf};

use clap::ValueEnum;
use serde_json::json;

use super::Ending;
use super::console::{Console, usage};
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::link::decisions::Verdict;
use crate::plan::written::Written;
use crate::rulebook::Rulebook;
use crate::write::decisions::{self, New};
use crate::{plan, write};
use records::Known;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct DecideArgs {
    /// Whether they are one person ('always') or two ('never')
    #[arg(required_unless_present = "import")]
    verdict: Option<VerdictArg>,

    /// Two records as SOURCE:RECORD_ID, or golden ids of the latest run
    #[arg(num_args = 2, required_unless_present = "import", value_names = ["A", "B"])]
    records: Vec<String>,

    /// Why, for whoever reads the file later
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,

    /// Who decides; you, when not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// When it was decided; today, when not given
    #[arg(long, value_name = "YYYY-MM-DD")]
    date: Option<String>,

    /// Take the decisions of a file that 'karat review' exported, those that are known left out
    #[arg(long, value_name = "FILE", conflicts_with_all = ["verdict", "records", "why", "by", "date"])]
    import: Option<PathBuf>,

    /// The plan whose decisions file is written
    #[arg(long, default_value = "karat.toml", value_name = "PLAN.toml")]
    plan: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  karat decide never crm:17 badges:B-9 --why 'father and son'
  karat decide always g7sjhs1qpsghj gs8s8wtz6wwgz
  karat decide --import answers.csv";

#[derive(Clone, Copy, Debug, ValueEnum)]
pub enum VerdictArg {
    /// They are one
    Always,
    /// They are two
    Never,
}

impl From<VerdictArg> for Verdict {
    fn from(verdict: VerdictArg) -> Self {
        match verdict {
            VerdictArg::Always => Self::Always,
            VerdictArg::Never => Self::Never,
        }
    }
}

pub fn run(args: &DecideArgs, console: &Console) -> Result<Ending, Failure> {
    let head = Head::read(&args.plan)?;
    let file = head
        .decisions
        .as_deref()
        .ok_or_else(|| no_file(&args.plan))?;
    if let Some(from) = &args.import {
        return import(from, file, console);
    }
    let (Some(verdict), [a, b]) = (args.verdict, args.records.as_slice()) else {
        return Err(usage("usage_records", "name two records"));
    };
    let date = args.date.clone().unwrap_or_else(today);
    if date.parse::<jiff::civil::Date>().is_err() || date.len() != 10 {
        return Err(usage(
            "usage_bad_date",
            format!("--date: {} is no date: write YYYY-MM-DD", shown(&date)),
        ));
    }
    let known = Known::load(head.sources.clone(), &head.out)?;
    let (a, b) = known.pair(verdict.into(), a, b)?;
    let new = New {
        verdict: verdict.into(),
        a: a.name,
        b: b.name,
        by: one_line(&args.by.clone().unwrap_or_else(user)),
        date,
        why: one_line(args.why.as_deref().unwrap_or_default()),
    };
    let notes: Vec<String> = [a.note, b.note].into_iter().flatten().collect();
    let text = write_down(file, std::slice::from_ref(&new))?;
    let line = text.lines().count();
    if console.json() {
        let value = json!({
            "file": file.display().to_string(),
            "line": line,
            "verdict": new.verdict.name(),
            "source_a": new.a.source,
            "record_id_a": new.a.record_id,
            "source_b": new.b.source,
            "record_id_b": new.b.record_id,
            "by": new.by,
            "date": new.date,
            "why": new.why,
            "notes": notes,
        });
        console.print(&format!("{value:#}\n"))?;
        return Ok(Ending::Done);
    }
    let mut told = format!(
        "{}:{line}: {}\n",
        file.display(),
        text.lines().last().unwrap_or_default()
    );
    for note in notes {
        told.push_str(&format!("  {note}\n"));
    }
    console.print(&told)?;
    console.say(&format!(
        "It binds from the next run on; see what it will do: karat run {} --dry-run\n",
        args.plan.display()
    ));
    Ok(Ending::Done)
}

fn import(from: &Path, file: &Path, console: &Console) -> Result<Ending, Failure> {
    let read = decisions::load(from)?;
    console.tell(&read.notes);
    let before = if file.is_file() {
        decisions::load(file)?
    } else {
        decisions::Decisions::default()
    };
    let new: Vec<New> = read
        .list
        .iter()
        .filter(|one| before.says(one.verdict, &one.a, &one.b).is_none())
        .map(New::from)
        .collect();
    if !new.is_empty() {
        write_down(file, &new)?;
    }
    let known = read.list.len() - new.len();
    if console.json() {
        let value = json!({
            "file": file.display().to_string(),
            "added": new.len(),
            "known": known,
        });
        console.print(&format!("{value:#}\n"))?;
    } else {
        console.print(&format!(
            "{}: {} added, {known} known already\n",
            file.display(),
            new.len()
        ))?;
    }
    Ok(Ending::Done)
}

/// Adds to the file, which a first decision makes.
///
/// # Errors
/// Those of [`decisions::create`] and [`decisions::extend`].
pub(super) fn write_down(file: &Path, new: &[New]) -> Result<String, Failure> {
    decisions::create(file)?;
    decisions::extend(file, new)
}

/// What a decision needs of a plan.
pub(super) struct Head {
    /// As the plan names it, there or not.
    pub decisions: Option<PathBuf>,
    pub out: PathBuf,
    pub sources: Vec<String>,
}

impl Head {
    /// # Errors
    /// Those of loading the plan, when it can't be understood.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let written = std::fs::read_to_string(path)
            .ok()
            .and_then(|text| toml::from_str::<Written>(text.trim_start_matches('\u{feff}')).ok());
        let Some(written) = written else {
            // Loading says what is wrong with it.
            let rulebook = Rulebook::builtin();
            let checked = plan::load(path, &plan::Overrides::default(), &rulebook)?;
            return Ok(Self {
                decisions: checked.plan.decisions,
                out: checked.plan.output.dir,
                sources: checked.plan.sources.into_iter().map(|s| s.name).collect(),
            });
        };
        let base = path.parent().unwrap_or(Path::new(""));
        let dir = written.output.and_then(|output| output.dir);
        Ok(Self {
            decisions: written
                .plan
                .and_then(|plan| plan.decisions)
                .map(|path| base.join(path.get())),
            out: base.join(dir.as_ref().map_or("out", |dir| dir.get().as_str())),
            sources: written
                .source
                .into_iter()
                .flatten()
                .filter_map(|source| Some(source.get().name.as_ref()?.get().clone()))
                .collect(),
        })
    }
}

pub(super) fn no_file(plan: &Path) -> Failure {
    Failure::one(
        FailureKind::Usage,
        Diagnostic::error("decisions_not_in_plan", "the plan names no decisions file")
            .at(Place::file(plan.display().to_string()))
            .hint("add this line under [plan]: decisions = \"decisions.csv\"")
            .hint("the file need not be there: the first decision makes it, beside the plan"),
    )
}

/// The local date.
pub(super) fn today() -> String {
    let zone = jiff::tz::TimeZone::system();
    jiff::Timestamp::now()
        .to_zoned_datetime(zone)
        .date()
        .to_string()
}

/// Who is at the keyboard: as the system says, else as git knows him.
pub(super) fn user() -> String {
    for name in ["USER", "LOGNAME", "USERNAME"] {
        if let Ok(user) = std::env::var(name)
            && !user.trim().is_empty()
        {
            return user.trim().to_owned();
        }
    }
    std::process::Command::new("git")
        .args(["config", "user.name"])
        .stderr(std::process::Stdio::null())
        .output()
        .ok()
        .and_then(|done| String::from_utf8(done.stdout).ok())
        .map(|name| name.trim().to_owned())
        .unwrap_or_default()
}

/// A decision is one line of the file.
pub(super) fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The golden id and the records of the latest run, if there is one.
pub(super) fn latest(out: &Path) -> Option<PathBuf> {
    write::staging::latest(out)
}
