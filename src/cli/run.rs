//! `karat run`: the whole line, published at once.

use std::path::PathBuf;

use clap::Args;

use super::Ending;
use super::console::{Console, usage};
use super::diff_text;
use super::inputs::{self, PlanArgs};
use super::lock::Lock;
use crate::contact::Failure;
use crate::rulebook::Rulebook;
use crate::write::staging;
use crate::{pipeline, plan};

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    plan: PlanArgs,

    /// Do everything but publish, and tell what would change since the latest run
    #[arg(long)]
    dry_run: bool,

    /// Write the report of a dry run here (a run has it in its folder)
    #[arg(long, requires = "dry_run", value_name = "FILE.html")]
    report: Option<PathBuf>,

    /// Where to run: this version knows only its own engine
    #[arg(long, value_name = "URL", hide = true)]
    engine: Option<String>,
}

pub fn run(args: &RunArgs, console: &Console) -> Result<Ending, Failure> {
    if args.engine.is_some() {
        return Err(usage(
            "usage_engine",
            "--engine is not in this version: every run is on this machine",
        ));
    }
    let rulebook = Rulebook::builtin();
    let mut loaded = inputs::load(&args.plan, console, &rulebook)?;
    if args.dry_run {
        loaded.plan.output.report = args.report.is_some();
    }
    console.tell(&loaded.diagnostics);
    if loaded.drafted {
        console.say(&format!(
            "The plan that is used (save it as karat.toml to change it):\n\n{}\n",
            plan::to_toml(&loaded.plan)
        ));
    }
    let progress = console.progress();
    // A dry run publishes nothing, so it may stand beside another run.
    let lock = match args.dry_run {
        true => None,
        false => Some(Lock::take(&loaded.plan.output.dir)?),
    };
    let result = pipeline::run_with(
        &loaded.plan,
        &rulebook,
        &progress,
        pipeline::Options {
            dry_run: args.dry_run,
            limit: crate::diff::SHOWN,
            is_last: true,
            ..pipeline::Options::default()
        },
    );
    progress.finish();
    drop(lock);
    let outcome = result?;
    if let (Some(path), Some(page)) = (&args.report, &outcome.page) {
        staging::write_private(path, page.as_bytes())?;
    }
    console.tell(&outcome.diagnostics);
    let ending = if outcome.hard_gates_broken {
        Ending::HardGate
    } else if outcome.soft_gates_broken {
        Ending::SoftGate
    } else {
        Ending::Done
    };
    console.set_code(ending.exit_code());
    if console.json() {
        console.print(&format!("{:#}\n", outcome.summary))?;
    } else if !console.globals().quiet {
        console.print(&outcome.text)?;
        if let Some(changes) = outcome.changes.as_ref().filter(|_| args.dry_run) {
            console.print(&format!("\n{}", diff_text::text(changes)))?;
        }
    }
    Ok(ending)
}
