//! Faults of one plan file, gathered.

use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use crate::contact::diagnostic::nearest;
use crate::contact::{Diagnostic, Failure, FailureKind, Place, Severity};

/// Diagnostics about one text, with what they do to the exit code.
#[derive(Debug)]
pub struct Faults {
    /// Empty when the text is drafted: then there is no place to point at.
    file: String,
    text: Arc<str>,
    found: Vec<(FailureKind, Diagnostic)>,
    /// Keys that are there but wrong, by the start of their table: nobody should
    /// be told that they are missing.
    refused: BTreeSet<(usize, String)>,
}

impl Faults {
    pub fn new(file: impl Into<String>, text: Arc<str>) -> Self {
        Self {
            file: file.into(),
            text,
            found: Vec::new(),
            refused: BTreeSet::new(),
        }
    }

    /// Remembers that the table that starts at `table` has `key`, though a wrong one.
    pub fn refuse(&mut self, table: usize, key: &str) {
        self.refused.insert((table, key.to_owned()));
    }

    pub fn refused(&self, table: usize, key: &str) -> bool {
        self.refused.contains(&(table, key.to_owned()))
    }

    /// How many there are so far.
    pub fn count(&self) -> usize {
        self.found.len()
    }

    /// A fault of the plan (exit 2) at a place of its text.
    pub fn fault(
        &mut self,
        span: Range<usize>,
        code: &'static str,
        message: impl Into<String>,
    ) -> &mut Self {
        self.add(FailureKind::Usage, Diagnostic::error(code, message), span)
    }

    /// An input that is not there (exit 3).
    pub fn input(
        &mut self,
        span: Range<usize>,
        code: &'static str,
        message: impl Into<String>,
    ) -> &mut Self {
        self.add(FailureKind::Input, Diagnostic::error(code, message), span)
    }

    pub fn warning(
        &mut self,
        span: Range<usize>,
        code: &'static str,
        message: impl Into<String>,
    ) -> &mut Self {
        self.add(FailureKind::Usage, Diagnostic::warning(code, message), span)
    }

    /// A fault of a command-line flag, which is in no file.
    pub fn flag(&mut self, code: &'static str, message: impl Into<String>) -> &mut Self {
        self.found
            .push((FailureKind::Usage, Diagnostic::error(code, message)));
        self
    }

    /// Adds what to do to the fault found last.
    pub fn hint(&mut self, hint: impl Into<String>) -> &mut Self {
        if let Some((_, last)) = self.found.last_mut() {
            last.hints.push(hint.into());
        }
        self
    }

    /// Adds the nearest of `known` to the fault found last, or `else_hint`.
    pub fn near<'a>(
        &mut self,
        word: &str,
        known: impl IntoIterator<Item = &'a str>,
        else_hint: impl FnOnce() -> Option<String>,
    ) -> &mut Self {
        let hint = match nearest(word, known) {
            Some(name) => Some(format!("did you mean '{name}'?")),
            None => else_hint(),
        };
        match hint {
            Some(hint) => self.hint(hint),
            None => self,
        }
    }

    /// Splits into warnings, or a failure when there is an error. In the order of
    /// the text; wrong plans outrank missing inputs.
    pub fn settle(mut self) -> Result<Vec<Diagnostic>, Failure> {
        self.found.sort_by_key(|(_, one)| {
            one.place
                .as_ref()
                .map_or((0, 0), |place| (place.line, place.column))
        });
        let errors = || {
            self.found
                .iter()
                .filter(|(_, one)| one.severity == Severity::Error)
                .map(|(kind, _)| *kind)
        };
        let kind = match errors().next() {
            None => None,
            Some(_) if errors().any(|kind| kind == FailureKind::Usage) => Some(FailureKind::Usage),
            Some(kind) => Some(kind),
        };
        let diagnostics = self.found.into_iter().map(|(_, one)| one).collect();
        match kind {
            None => Ok(diagnostics),
            Some(kind) => Err(Failure::new(kind, diagnostics)),
        }
    }

    fn add(&mut self, kind: FailureKind, diagnostic: Diagnostic, span: Range<usize>) -> &mut Self {
        let place = if self.file.is_empty() {
            None
        } else if span == (0..0) {
            Some(Place::file(self.file.clone()))
        } else {
            Some(Place::span(
                self.file.clone(),
                &self.text,
                span.start,
                span.end,
            ))
        };
        let diagnostic = Diagnostic {
            place,
            ..diagnostic
        };
        self.found.push((kind, diagnostic));
        self
    }
}

/// "'a', 'b' or 'c'", for lists short enough to read.
pub fn any_of<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    let names: Vec<String> = names.into_iter().map(|name| format!("'{name}'")).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [before @ .., last] => format!("{} or {last}", before.join(", ")),
    }
}
