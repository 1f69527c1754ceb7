//! The two streams: results to stdout, everything else to stderr.

use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::sync::atomic::{AtomicU8, Ordering};

use clap::{Args, ValueEnum};

use super::progress::Progress;
use super::render;
use crate::contact::fault;
use crate::contact::{Diagnostic, Failure, FailureKind, Severity};

/// Flags that every command takes.
#[derive(Clone, Debug, Default, Args)]
pub struct GlobalArgs {
    /// Print the result as JSON on stdout, for machines
    #[arg(long, global = true, help_heading = "Global options")]
    pub json: bool,

    /// Print errors and results only
    #[arg(long, short, global = true, help_heading = "Global options")]
    pub quiet: bool,

    /// Print notes as well as warnings
    #[arg(
        long,
        short,
        global = true,
        conflicts_with = "quiet",
        help_heading = "Global options"
    )]
    pub verbose: bool,

    /// Worker threads; all cores when not given
    #[arg(
        long,
        global = true,
        value_name = "N",
        value_parser = clap::value_parser!(u16).range(1..=1024),
        help_heading = "Global options"
    )]
    pub threads: Option<u16>,

    /// Draw no progress bars
    #[arg(long, global = true, help_heading = "Global options")]
    pub no_progress: bool,

    /// When to colour messages: auto, always or never
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true,
        help_heading = "Global options"
    )]
    pub color: ColorArg,
}

/// When to colour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal, unless NO_COLOR is set
    #[default]
    Auto,
    Always,
    Never,
}

/// What a command writes to.
#[derive(Debug)]
pub struct Console {
    globals: GlobalArgs,
    color: bool,
    /// The exit code when the reader of stdout went away.
    closed_code: AtomicU8,
}

impl Console {
    #[must_use]
    pub fn new(globals: &GlobalArgs) -> Self {
        let color = match globals.color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => io::stderr().is_terminal() && color_welcome(),
        };
        Self {
            globals: globals.clone(),
            color,
            closed_code: AtomicU8::new(0),
        }
    }

    /// Sets the exit code that a reader of stdout that went away must not hide.
    pub fn set_code(&self, code: u8) {
        self.closed_code.store(code, Ordering::Relaxed);
    }

    #[must_use]
    pub const fn globals(&self) -> &GlobalArgs {
        &self.globals
    }

    /// Whether the result is for machines.
    #[must_use]
    pub const fn json(&self) -> bool {
        self.globals.json
    }

    /// Whether results may be coloured: as messages, but by what stdout is.
    #[must_use]
    pub fn colours_results(&self) -> bool {
        match self.globals.color {
            ColorArg::Always => true,
            ColorArg::Never => false,
            ColorArg::Auto => io::stdout().is_terminal() && color_welcome(),
        }
    }

    /// Prints a result to stdout.
    ///
    /// # Errors
    /// Exit 74 when stdout refuses (a full disk behind `>`). A reader that went
    /// away (`| head`) is no error: the process ends there.
    pub fn print(&self, text: &str) -> Result<(), Failure> {
        self.stream(|out| out.write_all(text.as_bytes()))
    }

    /// Writes a long result to stdout, buffered.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn stream(
        &self,
        write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    ) -> Result<(), Failure> {
        let mut out = io::BufWriter::with_capacity(
            1 << 16,
            Stdout {
                lock: io::stdout().lock(),
                closed_code: self.closed_code.load(Ordering::Relaxed),
            },
        );
        write(&mut out)
            .and_then(|()| out.flush())
            .map_err(|error| fault::unwritable(std::path::Path::new("<stdout>"), &error))
    }

    /// Says something to people, on stderr; nothing with `--quiet`.
    pub fn say(&self, text: &str) {
        if !self.globals.quiet {
            self.stderr(text);
        }
    }

    /// Shows diagnostics on stderr: errors always, warnings unless `--quiet`,
    /// notes with `--verbose`.
    pub fn tell(&self, diagnostics: &[Diagnostic]) {
        let least = if self.globals.quiet {
            Severity::Error
        } else if self.globals.verbose {
            Severity::Info
        } else {
            Severity::Warning
        };
        let mut text = String::new();
        for diagnostic in diagnostics.iter().filter(|one| one.severity >= least) {
            text.push_str(&render::diagnostic(diagnostic, self.color));
            text.push('\n');
        }
        self.stderr(&text);
    }

    /// Progress for a long command: bars on a terminal, never with `--quiet` or `--json`.
    #[must_use]
    pub fn progress(&self) -> Progress {
        let globals = &self.globals;
        let shown =
            !globals.quiet && !globals.json && !globals.no_progress && io::stderr().is_terminal();
        Progress::new(shown)
    }

    /// Tells a failure (as JSON on stdout too, with `--json`); its exit code.
    pub(super) fn fail(&self, failure: &Failure) -> u8 {
        self.tell(&failure.diagnostics);
        let errors = failure
            .diagnostics
            .iter()
            .filter(|one| one.severity == Severity::Error)
            .count();
        if errors > 1 {
            self.say(&format!("{errors} errors\n"));
        }
        let code = u8::try_from(failure.kind.exit_code()).unwrap_or(70);
        self.failed(code, &failure.diagnostics);
        code
    }

    /// The exit code after a panic, whose hook has spoken.
    pub(super) fn broke(&self) -> u8 {
        self.failed(70, &[]);
        70
    }

    fn failed(&self, code: u8, diagnostics: &[Diagnostic]) {
        if self.globals.json {
            let value = serde_json::json!({
                "status": "failed",
                "exit_code": code,
                "diagnostics": render::json(diagnostics),
            });
            self.set_code(code);
            // The exit code tells the failure; a refusing stdout adds nothing.
            let _ = self.print(&format!("{value:#}\n"));
        }
    }

    fn stderr(&self, text: &str) {
        // Nobody is left to be told that stderr is gone.
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

/// Stdout for which a reader that went away is the quiet end of the process.
struct Stdout<'a> {
    lock: io::StdoutLock<'a>,
    closed_code: u8,
}

impl Stdout<'_> {
    /// Everything that a command publishes is published by the time it prints,
    /// so that the end here leaves nothing half-done.
    #[expect(
        clippy::disallowed_methods,
        reason = "nobody reads on, and all is published"
    )]
    fn settle<T>(&self, result: io::Result<T>) -> io::Result<T> {
        if let Err(error) = &result
            && error.kind() == io::ErrorKind::BrokenPipe
        {
            std::process::exit(i32::from(self.closed_code));
        }
        result
    }
}

impl Write for Stdout<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.lock.write(bytes);
        self.settle(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.lock.flush();
        self.settle(result)
    }
}

/// `NO_COLOR` (any value but the empty one) and dumb terminals get no colours.
fn color_welcome() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
        && std::env::var_os("TERM").is_none_or(|value| value != "dumb")
}

/// Finds `--color` before clap does, so that clap's own errors follow it.
pub(super) fn color_asked_for(args: impl IntoIterator<Item = OsString>) -> ColorArg {
    let mut found = ColorArg::Auto;
    let mut args = args.into_iter().peekable();
    while let Some(arg) = args.next() {
        let Some(arg) = arg.to_str() else { continue };
        let value = match arg.strip_prefix("--color") {
            Some("") => args.peek().and_then(|next| next.to_str()),
            Some(rest) => rest.strip_prefix('='),
            None if arg == "--" => break,
            None => None,
        };
        match value {
            Some("always") => found = ColorArg::Always,
            Some("never") => found = ColorArg::Never,
            Some("auto") => found = ColorArg::Auto,
            _ => {}
        }
    }
    found
}

/// A failure of kind usage with one sentence.
#[must_use]
pub fn usage(code: &'static str, message: impl Into<String>) -> Failure {
    Failure::one(FailureKind::Usage, Diagnostic::error(code, message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn color_is_found_in_both_spellings() {
        let asked = |args: &[&str]| color_asked_for(args.iter().map(OsString::from));
        assert_eq!(asked(&["karat", "--color=never", "run"]), ColorArg::Never);
        assert_eq!(asked(&["karat", "--color", "always"]), ColorArg::Always);
        assert_eq!(asked(&["karat", "--", "--color=never"]), ColorArg::Auto);
        assert_eq!(asked(&["karat", "--color"]), ColorArg::Auto);
    }
}
