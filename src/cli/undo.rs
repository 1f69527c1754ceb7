//! `karat undo`: one person taken apart, for good, without touching any other.
//!
//! Writes the `never` decisions that say so, and runs the whole line without publishing
//! to show what the next run will make of them.

mod case;
mod told;

use std::path::{Path, PathBuf};

use self::case::Case;
use self::told::Told;
use super::Ending;
use super::console::{Console, usage};
use super::decide::{self, Head};
use super::inputs::{self, PlanArgs};
use crate::audit::runs::Run;
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::diff::{apart, changes::Changes};
use crate::link::decisions::Verdict;
use crate::pipeline::{self, Options};
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::write::decisions::{self, Decisions, New};
use crate::write::previous;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct UndoArgs {
    /// Golden ids of the latest run, to be taken apart; a golden id that was merged into
    /// another, to be parted from it again; SOURCE:RECORD_ID, to be taken out of its person;
    /// or RUN#SEQ, one merge of any run, as `karat audit` and `karat explain` name it
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,

    /// Take only this record out of the person; may be given several times
    #[arg(long, value_name = "SOURCE:ID")]
    record: Vec<String>,

    /// In two at the weakest link, instead of every record by itself
    #[arg(long, conflicts_with = "record")]
    split: bool,

    /// Why, for whoever reads the file later
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,

    /// Who decides; you, when not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Write nothing; show what would be written, and what the next run would do
    #[arg(long)]
    dry_run: bool,

    /// Don't run the line to show what the next run will do
    #[arg(long, conflicts_with = "dry_run")]
    no_preview: bool,

    /// The plan of the run
    #[arg(long, default_value = "karat.toml", value_name = "PLAN.toml")]
    plan: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  karat undo g7sjhs1qpsghj                      every record by itself
  karat undo g7sjhs1qpsghj --split              in two, at the weakest link
  karat undo g7sjhs1qpsghj --record crm:17      crm:17 out of it
  karat undo crm:17                             the same, by the record alone
  karat undo 12#4711                            this one merge of run 12, and no other
To take it back, delete the lines from the decisions file.";

/// Lines that one command writes at most: a person of a hundred records has 4950 pairs.
const MOST: usize = 5_000;

pub fn run(args: &UndoArgs, console: &Console) -> Result<Ending, Failure> {
    let head = Head::read(&args.plan)?;
    let file = head
        .decisions
        .as_deref()
        .ok_or_else(|| decide::no_file(&args.plan))?;
    let folder = decide::latest(&head.out).ok_or_else(|| no_run(&head.out))?;
    let latest = Run::open(&folder).map_err(|message| unreadable(&folder, &message))?;
    let xref = previous::open(&folder)?.xref;
    let rulebook = Rulebook::builtin();
    let mut cases = Vec::new();
    for id in &args.ids {
        cases.extend(case::cases(id, args, &latest, &xref)?);
    }
    let open = cases.iter().any(|case| case.open.is_some());
    let loaded = if open || !args.no_preview {
        let plan = PlanArgs {
            inputs: vec![args.plan.clone()],
            out: None,
            as_of: None,
            country: None,
        };
        // The first decision makes the file; a plan whose file is not there is a fault.
        if !args.dry_run {
            decisions::create(file)?;
        }
        Some(inputs::load(&plan, console, &rulebook)?.plan)
    } else {
        None
    };
    if open && let Some(plan) = &loaded {
        let progress = console.progress();
        let settled = case::settle(&mut cases, plan, &rulebook, &progress);
        progress.finish();
        settled?;
    }
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let name = file.display().to_string();
    let known = decisions::parse(&name, &text)
        .map_err(|faults| Failure::new(FailureKind::Usage, faults))?;
    let new = lines(&cases, args, &known)?;
    let next = decisions::with(&name, &text, &new)
        .map_err(|faults| Failure::new(FailureKind::Usage, faults))?;
    if !args.dry_run && !new.is_empty() {
        decide::write_down(file, &new)?;
    }
    let preview = match &loaded {
        Some(plan) if !args.no_preview => {
            let decisions = decisions::parse(&name, &next)
                .map_err(|faults| Failure::new(FailureKind::Usage, faults))?;
            Some(preview(&cases, plan, decisions, &rulebook, console)?)
        }
        _ => None,
    };
    let told = Told {
        file,
        first_line: text.lines().count() + usize::from(text.trim().is_empty()) + 1,
        new: &new,
        written: !args.dry_run,
        cases: &cases,
        preview: preview.as_ref(),
    };
    if console.json() {
        console.print(&format!("{:#}\n", told.json()))?;
    } else {
        console.print(&told.text())?;
    }
    Ok(Ending::Done)
}

fn unreadable(path: &Path, message: &str) -> Failure {
    Failure::one(
        FailureKind::Input,
        Diagnostic::error(
            "run_unreadable",
            format!("the run can't be read: {message}"),
        )
        .at(Place::file(path.display().to_string())),
    )
}

fn no_run(out: &Path) -> Failure {
    let name = out.display().to_string();
    Failure::one(
        FailureKind::Input,
        Diagnostic::error(
            "run_not_found",
            format!("there is no run in {}", shown(&name)),
        )
        .at(Place::file(name))
        .hint("a person of a run is taken apart: `karat run` makes one"),
    )
}

/// The decisions that are not there yet.
fn lines(cases: &[Case], args: &UndoArgs, known: &Decisions) -> Result<Vec<New>, Failure> {
    let mut new = Vec::new();
    let by = decide::one_line(&args.by.clone().unwrap_or_else(decide::user));
    for case in cases {
        let why = match &args.why {
            Some(why) => decide::one_line(why),
            None => format!("undo of {}", case.named),
        };
        for (a, b) in apart::pairs(&case.groups) {
            let (a, b) = (&case.records[a], &case.records[b]);
            let repeated = new
                .iter()
                .any(|one: &New| (&one.a, &one.b) == (a, b) || (&one.a, &one.b) == (b, a));
            if repeated || known.says(Verdict::Never, a, b).is_some() {
                continue;
            }
            new.push(New {
                verdict: Verdict::Never,
                a: a.clone(),
                b: b.clone(),
                by: by.clone(),
                date: decide::today(),
                why: why.clone(),
            });
            if new.len() > MOST {
                let mut failure = usage(
                    "usage_too_many_lines",
                    format!("that would be more than {MOST} decisions"),
                );
                for fault in &mut failure.diagnostics {
                    fault.hints.push(
                        "take single records out with --record, or part it in two with --split"
                            .to_owned(),
                    );
                }
                return Err(failure);
            }
        }
    }
    Ok(new)
}

/// What the next run will do.
struct Preview {
    changes: Option<Changes>,
    /// By case and record: the golden id.
    ids: Vec<Vec<Option<String>>>,
}

fn preview(
    cases: &[Case],
    plan: &Plan,
    decisions: Decisions,
    rulebook: &Rulebook,
    console: &Console,
) -> Result<Preview, Failure> {
    let asked = cases
        .iter()
        .flat_map(|case| &case.records)
        .map(|name| (name.source.clone(), name.record_id.clone()))
        .collect();
    let progress = console.progress();
    let mut plan = plan.clone();
    plan.output.report = false;
    let outcome = pipeline::run_with(
        &plan,
        rulebook,
        &progress,
        Options {
            dry_run: true,
            limit: 0,
            decisions: Some(decisions),
            asked,
            // The undo is told, and perhaps written, behind it.
            is_last: false,
        },
    );
    progress.finish();
    let outcome = outcome?;
    let mut ids = outcome.asked.into_iter();
    Ok(Preview {
        changes: outcome.changes,
        ids: cases
            .iter()
            .map(|case| ids.by_ref().take(case.records.len()).collect())
            .collect(),
    })
}
