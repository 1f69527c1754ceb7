//! Diagnostics as people and machines see them.

use std::borrow::Cow;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use crate::contact::{Diagnostic, Severity};

/// Draws one diagnostic: the sentence, the line with its mark, what to do.
#[must_use]
pub fn diagnostic(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(tame(&diagnostic.message)));
    if let Some(place) = &diagnostic.place {
        group = match &place.excerpt {
            Some(excerpt) => {
                let mark = |kind: AnnotationKind, start, end, label: &str| {
                    let label = (!label.is_empty()).then(|| tame(label).into_owned());
                    kind.span(start..end).label(label)
                };
                let also = excerpt.also.iter().map(|other| {
                    mark(
                        AnnotationKind::Context,
                        other.start,
                        other.end,
                        &other.label,
                    )
                });
                group.element(
                    Snippet::source(excerpt.text.as_ref())
                        .path(one_line(&place.file))
                        .annotation(mark(
                            AnnotationKind::Primary,
                            excerpt.start,
                            excerpt.end,
                            &excerpt.label,
                        ))
                        .annotations(also),
                )
            }
            None => {
                let mut origin = Origin::path(one_line(&place.file));
                if place.line > 0 {
                    origin = origin.line(place.line as usize);
                    if place.column > 0 {
                        origin = origin.char_column(place.column as usize);
                    }
                }
                group.element(origin)
            }
        };
    }
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let renderer = renderer.decor_style(DecorStyle::Ascii);
    // Without a place there is no drawing for the hints to hang on: each is a
    // line of its own.
    let mut lines = Vec::new();
    for hint in &diagnostic.hints {
        let hint = tame(hint);
        if diagnostic.place.is_some() {
            group = group.element(Level::HELP.message(hint));
        } else {
            lines.push(Group::with_title(Level::HELP.secondary_title(hint)));
        }
    }
    let mut text = String::new();
    for group in std::iter::once(group).chain(lines) {
        text.push_str(&renderer.render(&[group]));
        text.push('\n');
    }
    text
}

/// Values in a message are escaped where they are put in; this is the second
/// fence, for file names and whatever a system's message quotes.
fn tame(text: &str) -> Cow<'_, str> {
    let wild = |c: char| {
        (c.is_control() && c != '\n')
            || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    if !text.contains(wild) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if wild(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A file's name, in which a line break is no more welcome than a control code.
pub(super) fn one_line(name: &str) -> String {
    tame(name).replace('\n', "\\n")
}

/// The same for machines.
#[must_use]
pub fn json(diagnostics: &[Diagnostic]) -> Vec<Value> {
    diagnostics
        .iter()
        .map(|one| {
            let place = one.place.as_ref();
            json!({
                "severity": one.severity.name(),
                "code": one.code,
                "message": one.message,
                "file": place.map(|place| place.file.as_str()),
                "line": place.map(|place| place.line).filter(|&line| line > 0),
                "column": place.map(|place| place.column).filter(|&column| column > 0),
                "hints": one.hints,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Place;

    #[test]
    fn no_file_name_reaches_a_terminal_raw() {
        let wild = Diagnostic::error("x", "bad \u{1b}[31m").at(Place::file("a\u{202e}b\nc"));
        let text = diagnostic(&wild, false);
        assert!(!text.contains(['\u{1b}', '\u{202e}']), "{text}");
        assert_eq!(text.lines().count(), 2, "{text}");
    }

    #[test]
    fn hints_without_a_place_are_lines_of_their_own() {
        let error = Diagnostic::error("x", "no").hint("do this").hint("or that");
        assert_eq!(
            diagnostic(&error, false),
            "error: no\nhelp: do this\nhelp: or that\n"
        );
    }

    #[test]
    fn places_without_an_excerpt_have_line_and_column() {
        let mut place = Place::line("data.csv", 7);
        place.column = 3;
        let note = Diagnostic::info("x", "seen").at(place).hint("look");
        insta::assert_snapshot!(diagnostic(&note, false), @r"
        note: seen
        --> data.csv:7:3
         = help: look
        ");
    }
}
