//! Diagnostics as people and machines see them.

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Group, Level, Origin, Renderer, Snippet};
use serde_json::{Value, json};

use crate::contact::{Diagnostic, Severity};

/// Draws one diagnostic: the sentence, the line with its mark, what to do.
/// Values in it are escaped already.
#[must_use]
pub fn diagnostic(diagnostic: &Diagnostic, color: bool) -> String {
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Info => Level::NOTE,
    };
    let mut group = Group::with_title(level.primary_title(diagnostic.message.as_str()));
    if let Some(place) = &diagnostic.place {
        group = match &place.excerpt {
            Some(excerpt) => group.element(
                Snippet::source(excerpt.text.as_ref())
                    .path(place.file.as_str())
                    .annotation(AnnotationKind::Primary.span(excerpt.start..excerpt.end)),
            ),
            None => {
                let mut origin = Origin::path(place.file.as_str());
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
    for hint in &diagnostic.hints {
        group = group.element(Level::HELP.message(hint.as_str()));
    }
    let renderer = if color {
        Renderer::styled()
    } else {
        Renderer::plain()
    };
    let mut text = renderer.decor_style(DecorStyle::Ascii).render(&[group]);
    text.push('\n');
    text
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
