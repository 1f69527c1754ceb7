//! What a run changes, against the run before it, while it is under way.

use super::Changes;
use super::compare::compare;
use super::sides::Side;
use super::stored::Stored;
use super::why::Why;
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::link::decisions::Decision;
use crate::plan::{Plan, Renames};
use crate::write::Previous;
use crate::write::state::{self, Decided};

/// Compares, at most `limit` of each kind of change told; none without a previous run, or when it can't be compared (a warning).
/// `circumstances` is what the summary will say of plan, rules and files.
///
/// # Errors
/// Exit 3 when a file of the previous run can't be read and a gate wants to know what
/// changed.
pub fn against_previous(
    previous: &Previous,
    after: &dyn Side,
    decisions: &[Decision],
    circumstances: &serde_json::Value,
    plan: &Plan,
    limit: usize,
    diagnostics: &mut Vec<Diagnostic>,
) -> Result<Option<Changes>, Failure> {
    let (Some(folder), Some(xref)) = (&previous.folder, &previous.xref) else {
        return Ok(None);
    };
    let compared = || -> Result<Changes, String> {
        let before = Stored::open(folder, &previous.summary, xref)?;
        let then = renamed(state::read_decisions(folder)?, &Renames::of(plan));
        let now: Vec<Decided> = decisions.iter().map(decided).collect();
        let why = Why::of(&previous.summary, circumstances, [&then, &now]);
        compare(&before, after, &why, limit)
    };
    match compared() {
        Ok(changes) => Ok(Some(changes)),
        Err(message) => {
            let place = Place::file(folder.display().to_string());
            if plan.gate.looks_at_changes() {
                return Err(Failure::one(
                    FailureKind::Input,
                    Diagnostic::error(
                        "changes_unknown",
                        format!("the gates on changes can't be judged, the latest run can't be compared: {message}"),
                    )
                    .at(place)
                    .hint("restore the file, point `latest` to an earlier run, or take the gates out for one run"),
                ));
            }
            diagnostics.push(
                Diagnostic::warning(
                    "changes_unknown",
                    format!("what changed since the latest run is not known: {message}"),
                )
                .at(place),
            );
            Ok(None)
        }
    }
}

/// Decisions of an earlier run about sources by their names of today.
#[must_use]
pub fn renamed(mut decisions: Vec<Decided>, renames: &Renames) -> Vec<Decided> {
    for (_, a, b) in &mut decisions {
        renames.apply(&mut a.0);
        renames.apply(&mut b.0);
    }
    decisions
}

/// A decision as a run folder keeps it.
#[must_use]
pub fn decided(decision: &Decision) -> Decided {
    (
        decision.verdict.name().to_owned(),
        (decision.a.source.clone(), decision.a.record_id.clone()),
        (decision.b.source.clone(), decision.b.record_id.clone()),
    )
}
