//! `karat init`: a draft of a plan.

use std::path::PathBuf;

use clap::Args;

use super::Ending;
use super::console::Console;
use crate::contact::{Diagnostic, Failure, FailureKind};
use crate::map::draft::draft;
use crate::plan::{self, Bounds};
use crate::read::read_source;
use crate::rulebook::Rulebook;
use crate::watch::Silent;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// The files to draft a plan for; `-` for standard input
    #[arg(required = true, value_name = "FILES")]
    pub files: Vec<PathBuf>,
}

/// Prints the draft to stdout: `karat init exports/*.csv > karat.toml`.
pub fn run(args: &InitArgs, console: &Console) -> Result<Ending, Failure> {
    let rulebook = Rulebook::builtin();
    let checked = plan::draft(&args.files, &plan::Overrides::default(), &rulebook)?;
    console.tell(&checked.diagnostics);
    let mut sources = Vec::new();
    let mut faults = Vec::new();
    let mut kind = FailureKind::Input;
    for source in checked.plan.sources {
        match read_source(&source, &Bounds::default(), &rulebook, &Silent) {
            Ok(read) => sources.push((source, read)),
            Err(failure) => {
                kind = failure.kind;
                faults.extend(failure.diagnostics);
            }
        }
    }
    if !faults.is_empty() {
        return Err(Failure::new(kind, faults));
    }
    let notes: Vec<Diagnostic> = sources
        .iter()
        .flat_map(|(_, read)| read.diagnostics.iter().cloned())
        .collect();
    console.tell(&notes);
    console.print(&draft(&checked.plan.name, &sources, &rulebook)?)?;
    Ok(Ending::Done)
}
