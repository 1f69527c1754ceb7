//! `karat check`: read, map, standardise, validate; then say what is wrong.

use clap::Args;

use super::check_report::{CheckReport, Verdict};
use super::console::Console;
use super::inputs::{self, PlanArgs};
use super::{Ending, check_table};
use crate::contact::{Diagnostic, Failure, FailureKind, Records};
use crate::map::map;
use crate::plan::Plan;
use crate::read::read_source;
use crate::rulebook::Rulebook;
use crate::standardise::standardise;
use crate::validate::{self, Validated, validate};
use crate::watch::Watch;

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
    let prepared = prepare(&loaded.plan, &rulebook, &progress);
    progress.finish();
    let (records, validated, diagnostics) = prepared?;
    console.tell(&diagnostics);
    let report = CheckReport::new(&records, &validated, &rules, &loaded.plan.gate);
    if console.json() {
        let value = serde_json::to_value(&report).unwrap_or_default();
        console.print(&format!("{value:#}\n"))?;
    } else {
        console.print(&check_table::text(&report, console.colours_results()))?;
    }
    Ok(match report.verdict {
        Verdict::Publishable => Ending::Done,
        Verdict::SoftGateBroken => Ending::SoftGate,
        Verdict::HardGateBroken => Ending::HardGate,
    })
}

/// The line as far as validating.
fn prepare(
    plan: &Plan,
    rulebook: &Rulebook,
    watch: &dyn Watch,
) -> Result<(Records, Validated, Vec<Diagnostic>), Failure> {
    let mut diagnostics = Vec::new();
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    watch.stage("read", plan.sources.len() as u64);
    for source in &plan.sources {
        watch.go_on()?;
        match read_source(source, &plan.bounds, rulebook) {
            Ok(read) => {
                diagnostics.extend(read.diagnostics.iter().cloned());
                sources.push(read);
            }
            // Every source that cannot be read is told, not only the first.
            Err(failure) => faults.extend(failure.diagnostics),
        }
        watch.tick(1);
    }
    if !faults.is_empty() {
        return Err(Failure::new(FailureKind::Input, faults));
    }
    watch.stage("map", 0);
    let mapped = map(sources, plan, rulebook)?;
    diagnostics.extend(mapped.diagnostics);
    watch.go_on()?;
    watch.stage("standardise", 0);
    let standardised = standardise(&mapped.records, plan, rulebook);
    diagnostics.extend(standardised.diagnostics);
    watch.go_on()?;
    watch.stage("validate", 0);
    let validated = validate(
        standardised.table,
        &mapped.records,
        plan,
        rulebook,
        standardised.violations,
    )?;
    diagnostics.extend(validated.diagnostics.iter().cloned());
    Ok((mapped.records, validated, diagnostics))
}
