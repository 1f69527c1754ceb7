//! Why a file could not be read: one diagnostic, made the same way everywhere.

use std::fmt;
use std::io;

use crate::contact::{Diagnostic, Place};

/// Boxed, since it travels through every `Result` of the reader.
pub type Fault = Box<Diagnostic>;

/// A fault of a whole file.
pub fn fault(path: &str, code: &'static str, message: impl Into<String>) -> Fault {
    Box::new(Diagnostic::error(code, message).at(Place::file(path)))
}

/// A fault at a line and column (both from 1; 0 for "not known").
pub fn fault_at(
    path: &str,
    line: u32,
    column: u32,
    code: &'static str,
    message: impl Into<String>,
) -> Fault {
    let place = Place {
        column,
        ..Place::line(path, line)
    };
    Box::new(Diagnostic::error(code, message).at(place))
}

/// A fault with what to do about it.
pub fn hinted(mut fault: Fault, hint: impl Into<String>) -> Fault {
    fault.hints.push(hint.into());
    fault
}

/// A bound of the plan that the input went past.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BoundPassed {
    /// What there is too much of, with the limit, in words.
    pub what: String,
    /// The key under `[bounds]`.
    pub key: &'static str,
}

impl fmt::Display for BoundPassed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (`max_{}`)", self.what, self.key)
    }
}

impl std::error::Error for BoundPassed {}

/// The fault of a bound; `key` is the name below `[bounds]` without `max_`.
pub fn bound(path: &str, line: u32, passed: &BoundPassed) -> Fault {
    let message = format!("{}, the limit of `max_{}`", passed.what, passed.key);
    hinted(
        fault_at(path, line, 0, "input_bound", message),
        format!(
            "if the file is what it should be, raise `max_{}` under `[bounds]` in the plan",
            passed.key
        ),
    )
}

/// The fault of a failed read; a passed bound travels inside the error.
pub fn of_io(path: &str, error: &io::Error) -> Fault {
    if let Some(passed) = error
        .get_ref()
        .and_then(|inner| inner.downcast_ref::<BoundPassed>())
    {
        return bound(path, 0, passed);
    }
    match error.kind() {
        io::ErrorKind::PermissionDenied => hinted(
            fault(
                path,
                "input_no_permission",
                "no permission to read the file",
            ),
            "check the file's owner and mode, and the user that karat runs as",
        ),
        io::ErrorKind::IsADirectory => is_a_folder(path),
        _ => fault(
            path,
            "input_unreadable",
            format!("the file can't be read: {error}"),
        ),
    }
}

pub fn is_a_folder(path: &str) -> Fault {
    hinted(
        fault(path, "input_is_a_folder", "this is a folder, not a file"),
        format!(
            "name the files in it with a pattern: {}/*.csv",
            path.trim_end_matches('/')
        ),
    )
}
