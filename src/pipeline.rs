//! The line: read → map → standardise → validate → link → merge → write.

use std::path::PathBuf;

use crate::contact::{Diagnostic, Failure, FailureKind};
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::watch::Watch;

/// What a run leaves behind, for the command line to tell.
#[derive(Clone, Debug, Default)]
pub struct RunOutcome {
    /// The content of `summary.json`.
    pub summary: serde_json::Value,
    /// The run's folder; none after a dry run.
    pub dir: Option<PathBuf>,
    /// Warnings and notes of all stages.
    pub diagnostics: Vec<Diagnostic>,
    /// Published, but a soft gate did not hold.
    pub soft_gates_broken: bool,
    /// The summary for people, a few lines.
    pub text: String,
}

/// Runs the whole line; `dry_run` publishes nothing.
///
/// # Errors
/// Any stage's failure; nothing is published then.
pub fn run(
    plan: &Plan,
    rulebook: &Rulebook,
    watch: &dyn Watch,
    dry_run: bool,
) -> Result<RunOutcome, Failure> {
    let _ = (plan, rulebook, watch, dry_run);
    Err(Failure::one(
        FailureKind::Internal,
        Diagnostic::error("not_built", "the line is not built yet"),
    ))
}
