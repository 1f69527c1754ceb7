//! `karat audit`.

use super::Ending;
use super::console::Console;
use crate::contact::{Diagnostic, Failure, FailureKind};

#[derive(Debug, clap::Args)]
pub struct AuditArgs {}

pub fn run(args: &AuditArgs, console: &Console) -> Result<Ending, Failure> {
    let _ = (args, console);
    Err(Failure::one(
        FailureKind::Internal,
        Diagnostic::error("not_built", "`karat audit` is not built yet"),
    ))
}
