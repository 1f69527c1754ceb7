//! Two published runs, from their folders.

use std::path::{Path, PathBuf};

use super::Changes;
use super::compare::compare;
use super::in_run::renamed;
use super::stored::Stored;
use super::why::Why;
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::plan::Renames;
use crate::write::{previous, state};

/// Compares the runs of two folders; at most `limit` of each kind of change are told.
///
/// # Errors
/// Exit 3 when a file of a run can't be read.
pub fn compare_folders(before: &Path, after: &Path, limit: usize) -> Result<Changes, Failure> {
    let (mut old, mut new) = (previous::open(before)?, previous::open(after)?);
    // Whichever of the two is the later one knows what was renamed.
    let later = Renames::of_summary(&new.summary);
    let renames = if later.is_empty() {
        Renames::of_summary(&old.summary)
    } else {
        later
    };
    for run in [&mut old, &mut new] {
        run.xref.rename(&renames);
        renames.apply_to_summary(&mut run.summary);
    }
    let decisions = |folder: &Path| {
        state::read_decisions(folder)
            .map_err(|message| unreadable(&folder.join(state::DECISIONS), &message))
    };
    let [then, now] = [decisions(before)?, decisions(after)?].map(|own| renamed(own, &renames));
    let why = Why::of(&old.summary, &new.summary, [&then, &now]);
    let one = Stored::open(before, &old.summary, &old.xref)
        .map_err(|message| unreadable(before, &message))?;
    let other = Stored::open(after, &new.summary, &new.xref)
        .map_err(|message| unreadable(after, &message))?;
    compare(&one, &other, &why, limit).map_err(|message| unreadable(before, &message))
}

/// The folder of the run before the one in `folder`, if it is still there.
#[must_use]
pub fn before(folder: &Path) -> Option<PathBuf> {
    let summary = crate::write::summary::read(folder).ok()?;
    let id = summary["previous"]["run"].as_str()?;
    let folder = std::fs::canonicalize(folder).ok()?.parent()?.join(id);
    folder.join("summary.json").is_file().then_some(folder)
}

fn unreadable(path: &Path, message: &str) -> Failure {
    Failure::one(
        FailureKind::Input,
        Diagnostic::error(
            "run_unreadable",
            format!("the run can't be compared: {message}"),
        )
        .at(Place::file(path.display().to_string())),
    )
}
