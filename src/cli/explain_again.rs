//! What the run folder does not have, by running the line again.

use super::console::Console;
use crate::contact::{Diagnostic, Events, Failure, FailureKind};
use crate::explain::Run;
use crate::link::kept::Kept;
use crate::link::{Keep, Linked};
use crate::merge::{MergeInput, Merged, merge};
use crate::pipeline::{self, Prepared};
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::write::evidence::{evidence_frame, record_frame};
use crate::write::{previous, tables::Xref};

/// Runs the line as far as merging; nothing is written. `asked` looks for the pair that
/// must be among those that are kept.
///
/// # Errors
/// Any stage's failure, and what `asked` can't find.
pub fn run_again(
    plan: &Plan,
    rulebook: &Rulebook,
    console: &Console,
    asked: impl Fn(&Run) -> Result<Option<(u32, u32)>, Failure>,
) -> Result<Run, Failure> {
    let progress = console.progress();
    let mut plan = plan.clone();
    plan.output.evidence = true;
    let decisions = pipeline::load_decisions(&plan)?;
    // For the golden ids that the next run would give.
    let previous = previous::load(&plan.output.dir)?;
    let prepared = pipeline::prepare(&plan, rulebook, Events::deaf(), &progress)?;
    let (linked, linking) = pipeline::link_prepared(
        &prepared,
        &decisions.list,
        &plan,
        rulebook,
        Keep::Near,
        &progress,
    )?;
    let merged = merge(MergeInput {
        records: &prepared.records,
        table: &prepared.table,
        held: &prepared.held,
        linked: &linked,
        plan: &plan,
        rulebook,
        previous: previous.xref.as_ref(),
        watch: &progress,
    })?;
    progress.finish();
    let Some((kept, _)) = &linked.kept else {
        return Err(internal("linking kept no evidence"));
    };
    let again = Again {
        plan: &plan,
        prepared: &prepared,
        linked: &linked,
        merged: &merged,
    };
    let run = again.run(kept)?;
    let Some((a, b)) = asked(&run)? else {
        return Ok(run);
    };
    if run.pair(a, b)?.is_some() {
        return Ok(run);
    }
    let dense = |row: u32| {
        let at = linking.features.rows.binary_search(&row).ok()?;
        u32::try_from(at).ok()
    };
    let (Some(x), Some(y)) = (dense(a), dense(b)) else {
        // A record that is held out was not compared.
        return Ok(run);
    };
    let mut more = kept.clone();
    more.add(&linking.compared(&[(x.min(y), x.max(y), None)]));
    again.run(&more)
}

struct Again<'a> {
    plan: &'a Plan,
    prepared: &'a Prepared,
    linked: &'a Linked,
    merged: &'a Merged,
}

impl Again<'_> {
    fn run(&self, kept: &Kept) -> Result<Run, Failure> {
        let Some((_, model)) = &self.linked.kept else {
            return Err(internal("linking kept no model"));
        };
        let xref = Xref {
            records: &self.prepared.records,
            held: &self.prepared.held,
            linked: self.linked,
            merged: self.merged,
        };
        let frames = record_frame(&xref, &self.prepared.table)
            .and_then(|records| Ok((records, evidence_frame(&xref, kept)?)));
        let (records, evidence) = frames.map_err(|error| internal(&error.to_string()))?;
        let sources: Vec<serde_json::Value> = self
            .prepared
            .records
            .sources
            .iter()
            .map(|source| serde_json::json!({"name": source.name, "trust": source.trust}))
            .collect();
        let summary = serde_json::json!({
            "plan": serde_json::to_value(self.plan).unwrap_or_default(),
            "run": {"base": self.plan.base},
            "sources": sources,
        });
        Run::in_memory(summary, records, evidence, model).map_err(|message| internal(&message))
    }
}

fn internal(message: &str) -> Failure {
    Failure::one(
        FailureKind::Internal,
        Diagnostic::error("explain_failed", message),
    )
}
