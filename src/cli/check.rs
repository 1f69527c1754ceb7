//! `karat check`: read, map, standardise, validate; then say what is wrong.

use clap::Args;

use super::check_report::{CheckReport, Verdict};
use super::console::Console;
use super::inputs::{self, PlanArgs};
use super::{Ending, check_table};
use crate::contact::{Events, Failure};
use crate::pipeline;
use crate::rulebook::Rulebook;
use crate::validate::{self, Validated};

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    plan: PlanArgs,
}

pub fn run(args: &CheckArgs, console: &Console) -> Result<Ending, Failure> {
    let rulebook = Rulebook::builtin();
    let loaded = inputs::load(&args.plan, console, &rulebook)?;
    console.tell(&loaded.diagnostics);
    // Rules are read before the files, so that a fault in them costs no waiting.
    let rules = validate::load(&loaded.plan, &rulebook, None)?;
    let progress = console.progress();
    // It tells what is wrong, not what was changed: no log is kept.
    let prepared = pipeline::prepare(&loaded.plan, &rulebook, Events::deaf(), &progress);
    progress.finish();
    let prepared = prepared?;
    console.tell(&prepared.diagnostics);
    let validated = Validated {
        violations: prepared.violations,
        held: prepared.held,
        ..Validated::default()
    };
    let report = CheckReport::new(&prepared.records, &validated, &rules, &loaded.plan.gate);
    if console.json() {
        let value = serde_json::to_value(&report).unwrap_or_default();
        console.print(&format!("{value:#}\n"))?;
    } else {
        console.print(&check_table::text(&report, console.colours_results()))?;
    }
    // The process ends here: the tables are left to the system, as [`pipeline::Options`] has it.
    std::mem::forget((prepared.records, prepared.table, prepared.events, validated));
    Ok(match report.verdict {
        Verdict::Publishable => Ending::Done,
        Verdict::SoftGateBroken => Ending::SoftGate,
        Verdict::HardGateBroken => Ending::HardGate,
    })
}
