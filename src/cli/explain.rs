//! `karat explain`: why records were merged or not, and where a value comes from.
//!
//! The latest published run answers, from what it keeps. What it does not keep is
//! computed by running the line again, and said so.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Ending;
use super::audit::run_folder;
use super::canvas::Canvas;
use super::console::{Console, usage};
use super::explain_again::run_again;
use super::explain_group::GroupView;
use super::explain_record::RecordView;
use super::explain_target::{Target, find, one};
use super::inputs::{self, PlanArgs};
use super::{explain_field, explain_pair};
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::explain::group::Group;
use crate::explain::log::Log;
use crate::explain::merges;
use crate::explain::{Pair, Run, field, pair_story};
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::write::{staging, summary};

#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// A record (SOURCE:ID), two of them, a golden record, or a field of one (ID.phone)
    #[arg(required = true, num_args = 1..=2, value_name = "ID")]
    ids: Vec<String>,

    /// Only this field of the golden record
    #[arg(long, value_name = "NAME")]
    field: Option<String>,

    /// A run's folder, or an output folder for its latest run
    #[arg(long, value_name = "RUN")]
    run: Option<PathBuf>,

    /// The plan whose latest run is asked, or by which the line is run again where a run
    /// does not remember a pair [default: karat.toml]
    #[arg(long, value_name = "PLAN.toml")]
    plan: Option<PathBuf>,
}

/// What is asked: a published run, or a plan that has none.
struct Asked<'a> {
    console: &'a Console,
    rulebook: Rulebook,
    folder: Option<PathBuf>,
    /// As on the command line.
    plan: Option<Plan>,
}

pub fn run(args: &ExplainArgs, console: &Console) -> Result<Ending, Failure> {
    let mut asked = Asked {
        console,
        rulebook: Rulebook::builtin(),
        folder: None,
        plan: None,
    };
    asked.settle(args)?;
    let run = asked.open(args)?;
    let targets = targets(&run, args)?;
    let text = match &targets[..] {
        [Target::Field(golden, field)] => asked.field(&run, golden, field)?,
        [Target::Golden(golden)] => asked.golden(&run, golden)?,
        [Target::Records(rows)] => asked.records(&run, rows, &args.ids[0])?,
        [a, b] => {
            let (a, b) = pair_of(&run, args, a, b)?;
            asked.pair(&run, args, a, b)?
        }
        _ => return Err(usage("usage_ids", "name one record or two")),
    };
    console.print(&text)?;
    Ok(Ending::Done)
}

fn targets(run: &Run, args: &ExplainArgs) -> Result<Vec<Target>, Failure> {
    let mut targets = args
        .ids
        .iter()
        .map(|id| find(run, id))
        .collect::<Result<Vec<Target>, Failure>>()?;
    let Some(field) = &args.field else {
        return Ok(targets);
    };
    let golden = match &targets[..] {
        [Target::Golden(golden) | Target::Field(golden, _)] => golden.clone(),
        [target] => {
            let row = one(run, target, &args.ids[0])?;
            let record = run.take(&[row])?.pop().unwrap_or_default();
            record.golden_id.ok_or_else(|| {
                usage(
                    "usage_held",
                    format!("{} is held out of the golden set", shown(&args.ids[0])),
                )
            })?
        }
        _ => {
            return Err(usage(
                "usage_field",
                "--field is about one golden record: name one id",
            ));
        }
    };
    targets = vec![Target::Field(golden, field.clone())];
    Ok(targets)
}

/// The two records that are meant; of golden records those that come nearest.
fn pair_of(run: &Run, args: &ExplainArgs, a: &Target, b: &Target) -> Result<(u32, u32), Failure> {
    let rows = |target: &Target| match target {
        Target::Golden(golden) => run.rows_of_golden(golden),
        Target::Records(rows) if rows.len() == 1 => Ok(rows.clone()),
        other => one(run, other, "").map(|row| vec![row]),
    };
    if matches!(a, Target::Golden(_)) || matches!(b, Target::Golden(_)) {
        let (left, right) = (rows(a)?, rows(b)?);
        let is = |rows: &[u32], row: u32| rows.binary_search(&row).is_ok();
        let near = run
            .pairs_where(|head| {
                is(&left, head.left) && is(&right, head.right)
                    || is(&left, head.right) && is(&right, head.left)
            })?
            .into_iter()
            .max_by(|x, y| x.weight.total_cmp(&y.weight));
        return Ok(near.map_or_else(|| (left[0], right[0]), |pair| (pair.left, pair.right)));
    }
    let (left, right) = (one(run, a, &args.ids[0])?, one(run, b, &args.ids[1])?);
    if left == right {
        return Err(usage("usage_same", "both ids name the same record"));
    }
    Ok((left, right))
}

impl Asked<'_> {
    /// Which run answers.
    fn settle(&mut self, args: &ExplainArgs) -> Result<(), Failure> {
        if let Some(run) = &args.run {
            self.folder = Some(run_folder(run)?);
            if args.plan.is_none() {
                return Ok(());
            }
        }
        let path = args.plan.clone().unwrap_or_else(|| "karat.toml".into());
        // Runs without a plan have a folder of their own name.
        if args.plan.is_none() && !path.is_file() {
            self.folder = Some(run_folder(Path::new("out"))?);
            return Ok(());
        }
        let plan_args = PlanArgs {
            inputs: vec![path],
            out: None,
            as_of: None,
            country: None,
        };
        let loaded = inputs::load(&plan_args, self.console, &self.rulebook)?;
        if self.folder.is_none() {
            self.folder = staging::latest(&loaded.plan.output.dir);
        }
        self.plan = Some(loaded.plan);
        Ok(())
    }

    /// The published run; the line is run again where it keeps nothing.
    fn open(&self, args: &ExplainArgs) -> Result<Run, Failure> {
        match &self.folder {
            Some(folder) if Run::is_kept(folder) => return Run::open(folder),
            Some(_) => self.console.say(
                "The run keeps no evidence ([output] evidence = false): the line is run again.\n",
            ),
            None => self.console.say(
                "There is no run yet (`karat run` makes one, and then this takes no time): the line is run as far as merging.\n",
            ),
        }
        self.again(None, args)
    }

    fn again(
        &self,
        summary: Option<&serde_json::Value>,
        args: &ExplainArgs,
    ) -> Result<Run, Failure> {
        let plan = self.plan_of(summary)?;
        run_again(&plan, &self.rulebook, self.console, |run| {
            match &targets(run, args)?[..] {
                [a, b] => pair_of(run, args, a, b).map(Some),
                _ => Ok(None),
            }
        })
        .map_err(|mut failure| {
            if failure.kind == FailureKind::Input
                && self.plan.is_none()
                && let Some(last) = failure.diagnostics.last_mut()
            {
                last.hints.push(
                    "the run names its inputs from the folder that it was started in: go there, or name the plan with --plan".to_owned(),
                );
            }
            failure
        })
    }

    /// The plan of the command line, or the one that the run was made with.
    fn plan_of(&self, summary: Option<&serde_json::Value>) -> Result<Plan, Failure> {
        if let Some(plan) = &self.plan {
            return Ok(plan.clone());
        }
        let folder = self.folder.clone().unwrap_or_default();
        let failed = |message: String| {
            Failure::one(
                FailureKind::Input,
                Diagnostic::error(
                    "run_unreadable",
                    format!("the plan of this run can't be read: {message}"),
                )
                .at(Place::file(folder.display().to_string())),
            )
        };
        let read;
        let summary = match summary {
            Some(summary) => summary,
            None => {
                read = summary::read(&folder).map_err(failed)?;
                &read
            }
        };
        let mut plan = summary::plan_of(summary).map_err(failed)?;
        // out/runs/<run>
        if let Some(out) = folder.ancestors().nth(2) {
            plan.output.dir = out.to_owned();
        }
        Ok(plan)
    }

    fn log(&self, run: &Run) -> Option<Log> {
        Log::open(self.folder.as_deref()?, &run.summary).ok()
    }

    fn pair(&self, run: &Run, args: &ExplainArgs, a: u32, b: u32) -> Result<String, Failure> {
        if let Some(pair) = run.pair(a, b)? {
            return self.tell_pair(run, &pair, a);
        }
        let records = run.take(&[a, b])?;
        let held: Vec<_> = records.iter().filter(|r| r.golden_id.is_none()).collect();
        if !held.is_empty() {
            if self.console.json() {
                let list: Vec<_> = held
                    .iter()
                    .map(|record| json!({"record": record.name(), "held": record.held}))
                    .collect();
                return Ok(format!("{:#}\n", json!({"held": list})));
            }
            return Ok(held
                .iter()
                .map(|record| {
                    let (rule, reason) = record.held.clone().unwrap_or_default();
                    format!(
                        "{} is held out of the golden set, so that it was compared with nobody: {reason} ({rule})\n",
                        record.name()
                    )
                })
                .collect());
        }
        self.console.say(
            "The run does not remember this pair (it was far apart, or never compared): the line is run again.\n",
        );
        let names = [records[0].name(), records[1].name()];
        let again = self.again(Some(&run.summary), args)?;
        let found = names.map(|name| find(&again, &name));
        let [Ok(Target::Records(left)), Ok(Target::Records(right))] = &found else {
            return Err(usage(
                "usage_record",
                "the inputs do not have these records any more",
            ));
        };
        match again.pair(left[0], right[0])? {
            Some(pair) => self.tell_pair(&again, &pair, left[0]),
            None => Err(usage("usage_record", "these records can't be compared")),
        }
    }

    fn tell_pair(&self, run: &Run, pair: &Pair, first: u32) -> Result<String, Failure> {
        let records = run.take(&[first, pair.other(first)])?;
        let records = [&records[0], &records[1]];
        let story = pair_story::tell(run, pair, records)?;
        if self.console.json() {
            let value = serde_json::to_value(&story).unwrap_or_default();
            return Ok(format!("{value:#}\n"));
        }
        Ok(explain_pair::text(
            &story,
            records,
            Canvas::of(self.console),
        ))
    }

    fn golden(&self, run: &Run, golden: &str) -> Result<String, Failure> {
        let log = self.log(run);
        let merges = log.and_then(|log| merges::of_golden(&log, golden).ok());
        let view = GroupView {
            run,
            golden_id: golden,
            group: Group::of_golden(run, golden)?,
            merges: merges.unwrap_or_default(),
        };
        if self.console.json() {
            return Ok(format!("{:#}\n", view.json()));
        }
        Ok(view.text(Canvas::of(self.console)))
    }

    fn records(&self, run: &Run, rows: &[u32], id: &str) -> Result<String, Failure> {
        let log = self.log(run);
        let views = rows
            .iter()
            .take(20)
            .map(|&row| RecordView::of(run, log.as_ref(), row))
            .collect::<Result<Vec<RecordView>, Failure>>()?;
        if self.console.json() {
            return Ok(match &views[..] {
                [view] => format!("{:#}\n", view.json()),
                views => {
                    let all: Vec<_> = views.iter().map(RecordView::json).collect();
                    format!("{:#}\n", json!(all))
                }
            });
        }
        let canvas = Canvas::of(self.console);
        let texts: Vec<String> = views.iter().map(|view| view.text(canvas)).collect();
        let mut out = String::new();
        if rows.len() > 1 {
            out.push_str(&format!(
                "{} is a record of {} sources; write SOURCE:ID for one of them\n\n",
                shown(id),
                rows.len()
            ));
        }
        out.push_str(&texts.join("\n"));
        Ok(out)
    }

    fn field(&self, run: &Run, golden: &str, name: &str) -> Result<String, Failure> {
        let group = Group::of_golden(run, golden)?;
        let failed = |message: String| {
            Failure::one(
                FailureKind::Input,
                Diagnostic::error(
                    "audit_unreadable",
                    format!("a value is explained from the log of a run: {message}"),
                )
                .hint("`karat run` makes one"),
            )
        };
        let folder = self
            .folder
            .as_deref()
            .ok_or_else(|| failed("there is none yet".to_owned()))?;
        let log = Log::open(folder, &run.summary).map_err(failed)?;
        let told =
            field::tell(run, &log, &group, (golden, name), &self.rulebook).map_err(failed)?;
        let Some(story) = told else {
            let mut message = format!("there is no field {}", shown(name));
            let known = self.rulebook.fields().names();
            let columns = run.columns().iter().map(String::as_str);
            if let Some(near) = nearest(name, known.chain(columns)) {
                message.push_str(&format!("; did you mean '{near}'?"));
            }
            return Err(usage("usage_field", message));
        };
        if self.console.json() {
            let value = serde_json::to_value(&story).unwrap_or_default();
            return Ok(format!("{value:#}\n"));
        }
        Ok(explain_field::text(&story, Canvas::of(self.console)))
    }
}
