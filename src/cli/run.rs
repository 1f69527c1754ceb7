//! `karat run`: the whole line, published at once.

use clap::Args;

use super::Ending;
use super::console::{Console, usage};
use super::diff_text;
use super::inputs::{self, PlanArgs};
use super::lock::Lock;
use crate::contact::Failure;
use crate::rulebook::Rulebook;
use crate::{pipeline, plan};

#[derive(Debug, Args)]
pub struct RunArgs {
    #[command(flatten)]
    plan: PlanArgs,

    /// Do everything but publish, and tell what would change since the latest run
    #[arg(long)]
    dry_run: bool,

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
    let loaded = inputs::load(&args.plan, console, &rulebook)?;
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
    let result = pipeline::run(&loaded.plan, &rulebook, &progress, args.dry_run);
    progress.finish();
    drop(lock);
    let outcome = result?;
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
