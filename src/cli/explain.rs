//! `karat explain`.

use super::Ending;
use super::console::Console;
use crate::contact::{Diagnostic, Failure, FailureKind};

#[derive(Debug, clap::Args)]
pub struct ExplainArgs {}

pub fn run(args: &ExplainArgs, console: &Console) -> Result<Ending, Failure> {
    let _ = (args, console);
    Err(Failure::one(
        FailureKind::Internal,
        Diagnostic::error("not_built", "`karat explain` is not built yet"),
    ))
}
