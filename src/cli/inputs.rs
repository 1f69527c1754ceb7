//! What a run is about: a plan, or files without one.

use std::io::{self, IsTerminal};
use std::path::PathBuf;

use clap::Args;

use super::console::{Console, usage};
use crate::contact::{Diagnostic, Failure};
use crate::plan::{self, Plan};
use crate::rulebook::Rulebook;

/// A plan or files, and what overrides the plan.
#[derive(Clone, Debug, Args)]
pub struct PlanArgs {
    /// A plan (PLAN.toml), or files to read without one; `-` for standard input
    #[arg(required = true, value_name = "PLAN.toml | FILES")]
    pub inputs: Vec<PathBuf>,

    /// The folder to write to, instead of the plan's
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,

    /// The date that counts as today, so that a run can be repeated
    #[arg(long, value_name = "YYYY-MM-DD")]
    pub as_of: Option<String>,

    /// Country of phones and addresses without one, as two letters
    #[arg(long, value_name = "CC")]
    pub country: Option<String>,
}

/// A checked plan, and what there is to say about it.
#[derive(Debug)]
pub struct Loaded {
    pub plan: Plan,
    pub diagnostics: Vec<Diagnostic>,
    /// Made from files on the command line, not from a plan.
    pub drafted: bool,
}

/// Loads and checks the plan, or drafts one from files.
///
/// # Errors
/// Exit 2 or 3, with every fault found.
pub fn load(args: &PlanArgs, console: &Console, rulebook: &Rulebook) -> Result<Loaded, Failure> {
    let overrides = plan::Overrides {
        out: args.out.clone(),
        as_of: args.as_of.clone(),
        country: args.country.clone(),
        threads: console.globals().threads.map(usize::from),
    };
    let loaded = read(args, &overrides, rulebook)?;
    let stdin = loaded.plan.sources.iter().any(|source| source.path == "-");
    if stdin && io::stdin().is_terminal() {
        console.say("Reading standard input; end it with Ctrl-D.\n");
    }
    Ok(loaded)
}

fn read(
    args: &PlanArgs,
    overrides: &plan::Overrides,
    rulebook: &Rulebook,
) -> Result<Loaded, Failure> {
    let plans = args.inputs.iter().filter(|path| is_plan(path)).count();
    if plans == 0 {
        let checked = plan::draft(&args.inputs, overrides, rulebook)?;
        return Ok(Loaded {
            plan: checked.plan,
            diagnostics: checked.diagnostics,
            drafted: true,
        });
    }
    match args.inputs.as_slice() {
        [plan] => {
            let checked = plan::load(plan, overrides, rulebook)?;
            Ok(Loaded {
                plan: checked.plan,
                diagnostics: checked.diagnostics,
                drafted: false,
            })
        }
        _ if plans > 1 => Err(usage(
            "usage_two_plans",
            "only one plan can be run at a time",
        )),
        _ => Err(usage(
            "usage_plan_and_files",
            "give either a plan or files, not both: the plan names its files itself",
        )),
    }
}

/// A plan is a TOML file; no export is.
fn is_plan(path: &std::path::Path) -> bool {
    path.extension()
        .is_some_and(|extension| extension.eq_ignore_ascii_case("toml"))
}
