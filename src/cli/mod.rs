//! The command line: words, colours, streams and exit codes live only here.

pub mod check_report;
pub mod check_table;
pub mod rules_docs;

/// Runs the command of this process's arguments.
#[must_use]
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
