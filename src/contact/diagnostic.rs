//! What a person must be told: a sentence, the place, what to do.
//!
//! Diagnostics are about files, plans and rules; what is wrong with a single
//! record is a [`super::Violation`]. Nothing here prints: `cli` does.

use std::fmt;

#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Severity {
    Info,
    Warning,
    Error,
}

impl Severity {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// A place in a text file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The file's path as the user wrote it.
    pub file: String,
    /// From 1; 0 when only the file is known.
    pub line: u32,
    /// From 1, in characters; 0 when only the line is known.
    pub column: u32,
    /// The text around, and the bytes in it to mark: `cli` draws them.
    pub excerpt: Option<Excerpt>,
}

/// The source text of a plan or rule file, with the bytes to mark.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Excerpt {
    pub text: std::sync::Arc<str>,
    pub start: usize,
    pub end: usize,
    /// What to write at the mark; mostly nothing, the message says it.
    pub label: String,
    /// Other places of the same text that belong to the fault.
    pub also: Vec<Mark>,
}

/// Bytes of a text to mark, with what to write there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    pub start: usize,
    pub end: usize,
    pub label: String,
}

impl Place {
    /// A place that is a whole file.
    #[must_use]
    pub fn file(path: impl Into<String>) -> Self {
        Self {
            file: path.into(),
            ..Self::default()
        }
    }

    /// A line of a file, from 1.
    #[must_use]
    pub fn line(path: impl Into<String>, line: u32) -> Self {
        Self {
            file: path.into(),
            line,
            ..Self::default()
        }
    }

    /// The bytes `start..end` of `text`, the whole content of the file.
    #[must_use]
    pub fn span(
        path: impl Into<String>,
        text: &std::sync::Arc<str>,
        start: usize,
        end: usize,
    ) -> Self {
        let mut start = start.min(text.len());
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        let before = &text[..start];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        let line = before.bytes().filter(|&b| b == b'\n').count() + 1;
        let column = before[line_start..].chars().count() + 1;
        Self {
            file: path.into(),
            line: u32::try_from(line).unwrap_or(u32::MAX),
            column: u32::try_from(column).unwrap_or(u32::MAX),
            excerpt: Some(Excerpt {
                text: text.clone(),
                start,
                end: end.clamp(start, text.len()),
                ..Excerpt::default()
            }),
        }
    }
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    pub severity: Severity,
    /// A short stable word for machines (`plan_unknown_key`).
    pub code: &'static str,
    /// What is wrong, one sentence, no full stop.
    pub message: String,
    pub place: Option<Place>,
    /// What to do about it, each one sentence.
    pub hints: Vec<String>,
}

impl Diagnostic {
    #[must_use]
    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, code, message)
    }

    #[must_use]
    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, code, message)
    }

    #[must_use]
    pub fn info(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(Severity::Info, code, message)
    }

    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// A hint that only sometimes helps.
    #[must_use]
    pub fn hint_if(self, helps: bool, hint: impl Into<String>) -> Self {
        if helps { self.hint(hint) } else { self }
    }

    fn new(severity: Severity, code: &'static str, message: impl Into<String>) -> Self {
        Self {
            severity,
            code,
            message: message.into(),
            place: None,
            hints: Vec::new(),
        }
    }
}

/// Why a command ends early; the kind gives the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// Wrong usage, plan or rules: exit 2.
    Usage,
    /// Input could not be read: exit 3.
    Input,
    /// A hard gate did not hold: exit 4.
    Gate,
    /// Another run holds the lock: exit 5.
    Locked,
    /// A broken law or a fault of karat's: exit 70.
    Internal,
    /// Output could not be written (disk full, no permission): exit 74.
    Output,
    /// SIGINT (130) or SIGTERM (143): the signal's number.
    Interrupted(i32),
}

impl FailureKind {
    #[must_use]
    pub const fn exit_code(self) -> i32 {
        match self {
            Self::Usage => 2,
            Self::Input => 3,
            Self::Gate => 4,
            Self::Locked => 5,
            Self::Internal => 70,
            Self::Output => 74,
            Self::Interrupted(signal) => 128 + signal,
        }
    }
}

/// A command's failure: its kind and everything that was found, never only the first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    pub diagnostics: Vec<Diagnostic>,
}

impl Failure {
    #[must_use]
    pub fn new(kind: FailureKind, diagnostics: Vec<Diagnostic>) -> Self {
        Self { kind, diagnostics }
    }

    #[must_use]
    pub fn one(kind: FailureKind, diagnostic: Diagnostic) -> Self {
        Self::new(kind, vec![diagnostic])
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, diagnostic) in self.diagnostics.iter().enumerate() {
            if at > 0 {
                writeln!(f)?;
            }
            if let Some(place) = &diagnostic.place {
                write!(f, "{}", place.file)?;
                if place.line > 0 {
                    write!(f, ":{}", place.line)?;
                }
                write!(f, ": ")?;
            }
            write!(f, "{}", diagnostic.message)?;
        }
        Ok(())
    }
}

impl std::error::Error for Failure {}

/// The nearest of `known` to `word`, for "did you mean".
///
/// The one place that decides what a near miss is: Jaro-Winkler of 0.8 or more.
#[must_use]
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|name| {
            (
                strsim::jaro_winkler(&word.to_lowercase(), &name.to_lowercase()),
                name,
            )
        })
        .filter(|(score, _)| *score >= 0.8)
        .max_by(|a, b| a.0.total_cmp(&b.0).then_with(|| b.1.cmp(a.1)))
        .map(|(_, name)| name)
}

/// A value as it may be shown in a message: quoted, cut at 60 characters, no
/// control codes, no bidirectional overrides.
#[must_use]
pub fn shown(value: &str) -> String {
    let mut out = String::from("'");
    for (at, c) in value.chars().enumerate() {
        if at == 60 {
            out.push('…');
            break;
        }
        let hidden = c.is_control()
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
        if hidden {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    out.push('\'');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_knows_its_line_and_column() {
        let text: std::sync::Arc<str> = "a = 1\nbé = 2\n".into();
        let place = Place::span("p.toml", &text, 10, 11);
        assert_eq!((place.line, place.column), (2, 4));
    }

    #[test]
    fn near_misses_are_found_and_far_ones_are_not() {
        assert_eq!(nearest("countri", ["name", "country"]), Some("country"));
        assert_eq!(nearest("zzz", ["name", "country"]), None);
    }

    #[test]
    fn shown_values_reach_no_terminal() {
        assert_eq!(shown("a\u{1b}[31m\u{202e}b"), "'a\\u{1b}[31m\\u{202e}b'");
    }
}
