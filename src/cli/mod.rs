//! The command line: words, colours, streams and exit codes live only here.

/// Runs the command of this process's arguments.
#[must_use]
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
