//! The command line: words, colours, streams and exit codes live only here.
//!
//! One file a command, named like it. [`main`] settles what an error, a panic, a
//! signal and a closed pipe mean for the exit code; a command only returns.

pub mod audit;
mod audit_rows;
pub mod canvas;
pub mod check;
pub mod check_report;
pub mod check_table;
pub mod completions;
pub mod console;
pub mod decide;
pub mod diff;
mod diff_text;
pub mod evaluate;
mod evaluate_report;
pub mod explain;
mod explain_again;
mod explain_field;
mod explain_group;
mod explain_pair;
mod explain_record;
mod explain_target;
pub mod init;
pub mod inputs;
mod lineage_text;
pub mod lock;
pub mod panic;
pub mod progress;
pub mod read;
pub mod render;
pub mod review;
mod review_screen;
mod review_session;
mod review_tui;
pub mod rules;
pub mod rules_docs;
pub mod run;
pub mod schema;
pub mod signals;
pub mod threads;
pub mod undo;
pub mod verify;
pub mod waterfall;

use std::process::ExitCode;

use clap::{ColorChoice, CommandFactory, FromArgMatches, Parser, Subcommand};

use crate::contact::Failure;
use console::{Console, GlobalArgs};

/// Turns messy contact exports into one golden dataset, with a proof of every change.
#[derive(Debug, Parser)]
#[command(
    name = "karat",
    version,
    propagate_version = true,
    subcommand_required = true,
    arg_required_else_help = true,
    after_help = EXIT_CODES
)]
pub struct Cli {
    #[command(flatten)]
    pub globals: GlobalArgs,

    #[command(subcommand)]
    pub command: Command,
}

const EXIT_CODES: &str = "\
Exit codes:
    0  done
    1  done and published, but a soft gate did not hold
    2  wrong usage, plan or rules
    3  input could not be read
    4  a hard gate did not hold, nothing published
    5  another run holds the lock
   70  internal error
   74  output could not be written
  130  interrupted (143: terminated), nothing published";

/// The commands, in the order in which a newcomer meets them.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Run the whole line and publish a golden dataset
    Run(run::RunArgs),
    /// Read, map, standardise and validate, without linking; print what is wrong
    Check(check::CheckArgs),
    /// Print a file as karat reads it, as CSV
    Read(read::ReadArgs),
    /// Draft a plan for files
    Init(init::InitArgs),
    /// Tell why records were merged or not, and where a value comes from
    Explain(explain::ExplainArgs),
    /// Show what a person should look at, and take the answers
    Review(review::ReviewArgs),
    /// Say that two records are one person, or never are
    Decide(decide::DecideArgs),
    /// Take a person apart, for good, and show what the next run will do
    Undo(undo::UndoArgs),
    /// Query the audit log of a run
    Audit(audit::AuditArgs),
    /// Tell what changed between two runs, and why
    Diff(diff::DiffArgs),
    /// Replay a run and compare it with what it published
    Verify(verify::VerifyArgs),
    /// Compare a run with known truth
    Evaluate(evaluate::EvaluateArgs),
    /// Test or print the rules
    Rules(rules::RulesArgs),
    /// Print the JSON Schema of the plan
    Schema(schema::SchemaArgs),
    /// Print a completion script for a shell
    Completions(completions::CompletionsArgs),
}

/// How a command that did its work ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// Exit 0.
    Done,
    /// Published, but a soft gate did not hold: exit 1.
    SoftGate,
    /// A hard gate did not hold, and the result that says so is printed: exit 4.
    HardGate,
}

impl Ending {
    const fn exit_code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::SoftGate => 1,
            Self::HardGate => 4,
        }
    }
}

/// Runs the command of this process's arguments.
#[must_use]
pub fn main() -> ExitCode {
    panic::install();
    let cli = match parse() {
        Ok(cli) => cli,
        Err(error) => return usage(&error),
    };
    let console = Console::new(&cli.globals);
    let ending = panic::caught(|| {
        threads::limit(cli.globals.threads);
        dispatch(&cli.command, &console)
    });
    let code = match ending {
        Some(Ok(ending)) => ending.exit_code(),
        Some(Err(failure)) => console.fail(&failure),
        None => console.broke(),
    };
    ExitCode::from(code)
}

fn dispatch(command: &Command, console: &Console) -> Result<Ending, Failure> {
    match command {
        Command::Run(args) => run::run(args, console),
        Command::Check(args) => check::run(args, console),
        Command::Read(args) => read::run(args, console),
        Command::Init(args) => init::run(args, console),
        Command::Explain(args) => explain::run(args, console),
        Command::Review(args) => review::run(args, console),
        Command::Decide(args) => decide::run(args, console),
        Command::Undo(args) => undo::run(args, console),
        Command::Audit(args) => audit::run(args, console),
        Command::Diff(args) => diff::run(args, console),
        Command::Verify(args) => verify::run(args, console),
        Command::Evaluate(args) => evaluate::run(args, console),
        Command::Rules(args) => rules::run(args, console),
        Command::Schema(args) => schema::run(args, console),
        Command::Completions(args) => completions::run(args, console),
    }
}

/// Parses the arguments; clap's own messages follow `--color` as well.
fn parse() -> Result<Cli, clap::Error> {
    let color = console::color_asked_for(std::env::args_os());
    let choice = match color {
        console::ColorArg::Auto => ColorChoice::Auto,
        console::ColorArg::Always => ColorChoice::Always,
        console::ColorArg::Never => ColorChoice::Never,
    };
    let matches = Cli::command().color(choice).try_get_matches()?;
    Cli::from_arg_matches(&matches)
}

/// Prints clap's message: help to stdout (exit 0), errors to stderr (exit 2). A
/// pipe that closed meanwhile (`karat --help | head -1`) is no error.
fn usage(error: &clap::Error) -> ExitCode {
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_frame_is_sound() {
        Cli::command().debug_assert();
    }
}
