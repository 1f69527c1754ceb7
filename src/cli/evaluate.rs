//! `karat evaluate`.

use super::Ending;
use super::console::Console;
use crate::contact::{Diagnostic, Failure, FailureKind};

#[derive(Debug, clap::Args)]
pub struct EvaluateArgs {}

pub fn run(args: &EvaluateArgs, console: &Console) -> Result<Ending, Failure> {
    let _ = (args, console);
    Err(Failure::one(
        FailureKind::Internal,
        Diagnostic::error("not_built", "`karat evaluate` is not built yet"),
    ))
}
