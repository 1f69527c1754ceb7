//! `karat completions`: a script that completes commands and flags in a shell.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::console::Console;
use super::{Cli, Ending};
use crate::contact::Failure;

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell to write for
    shell: Shell,
}

pub fn run(args: &CompletionsArgs, console: &Console) -> Result<Ending, Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "karat", &mut script);
    console.print(&String::from_utf8_lossy(&script))?;
    Ok(Ending::Done)
}
