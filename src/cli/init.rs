//! `karat init`.

use super::Ending;
use super::console::Console;
use crate::contact::{Diagnostic, Failure, FailureKind};

#[derive(Debug, clap::Args)]
pub struct InitArgs {}

pub fn run(args: &InitArgs, console: &Console) -> Result<Ending, Failure> {
    let _ = (args, console);
    Err(Failure::one(
        FailureKind::Internal,
        Diagnostic::error("not_built", "`karat init` is not built yet"),
    ))
}
