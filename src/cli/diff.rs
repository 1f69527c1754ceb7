//! `karat diff`: what changed between two runs, and why.

use std::path::{Path, PathBuf};

use super::Ending;
use super::audit::run_folder;
use super::console::Console;
use super::diff_text;
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::diff::{self, published};

#[derive(Debug, clap::Args)]
pub struct DiffArgs {
    /// The earlier run, then the later one: run folders, or output folders for their
    /// latest. One alone is compared with the run before it
    #[arg(num_args = 0..=2, value_name = "RUN")]
    runs: Vec<PathBuf>,

    /// Tell every change, not only the first of each kind
    #[arg(long, conflicts_with = "limit")]
    all: bool,

    /// Tell so many changes of each kind
    #[arg(long, value_name = "N", default_value_t = diff::SHOWN)]
    limit: usize,
}

pub fn run(args: &DiffArgs, console: &Console) -> Result<Ending, Failure> {
    let (before, after) = match args.runs.as_slice() {
        [before, after] => (run_folder(before)?, run_folder(after)?),
        [only] => with_previous(only)?,
        _ => with_previous(Path::new("out"))?,
    };
    let limit = if args.all { usize::MAX } else { args.limit };
    let changes = published::compare_folders(&before, &after, limit)?;
    if console.json() {
        let text = serde_json::to_string_pretty(&changes).unwrap_or_default();
        console.print(&format!("{text}\n"))?;
    } else {
        console.print(&diff_text::text(&changes))?;
    }
    Ok(Ending::Done)
}

fn with_previous(run: &Path) -> Result<(PathBuf, PathBuf), Failure> {
    let after = run_folder(run)?;
    match published::before(&after) {
        Some(before) => Ok((before, after)),
        None => {
            let name = after.display().to_string();
            Err(Failure::one(
                FailureKind::Input,
                Diagnostic::error(
                    "run_before_not_found",
                    format!("there is no run before {} to compare it with", shown(&name)),
                )
                .at(Place::file(name))
                .hint("it is the first one, or the one before it was deleted")
                .hint("name two runs: karat diff EARLIER LATER"),
            ))
        }
    }
}
