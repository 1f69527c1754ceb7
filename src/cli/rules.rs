//! `karat rules`.

use super::Ending;
use super::console::Console;
use crate::contact::{Diagnostic, Failure, FailureKind};

#[derive(Debug, clap::Args)]
pub struct RulesArgs {}

pub fn run(args: &RulesArgs, console: &Console) -> Result<Ending, Failure> {
    let _ = (args, console);
    Err(Failure::one(
        FailureKind::Internal,
        Diagnostic::error("not_built", "`karat rules` is not built yet"),
    ))
}
