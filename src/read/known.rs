//! The headers that the rulebook knows, so that a header is found below a preamble.
//!
//! Every text of `rules/systems/` and `rules/headers/` counts, keys and values,
//! and the canonical fields' names: a row most of whose cells are among them is a
//! header, whatever the system.

use hashbrown::HashSet;

use crate::rulebook::Rulebook;

/// A text longer than this is a description, not a header.
const LONGEST: usize = 60;

/// Known headers, folded.
#[derive(Clone, Debug, Default)]
pub struct KnownHeaders {
    folded: HashSet<String, foldhash::fast::FixedState>,
}

impl KnownHeaders {
    /// Whether a cell is a known header.
    #[must_use]
    pub fn has(&self, cell: &str) -> bool {
        self.folded.contains(&fold(cell))
    }
}

/// Collects the headers of the rulebook.
#[must_use]
pub fn known_headers(rulebook: &Rulebook) -> KnownHeaders {
    let mut known = KnownHeaders::default();
    for name in rulebook.fields().names() {
        known.folded.insert(fold(name));
    }
    for folder in ["systems", "headers"] {
        for (path, text) in rulebook.folder(folder) {
            if path.ends_with(".toml")
                && let Ok(table) = text.parse::<toml::Table>()
            {
                collect(&toml::Value::Table(table), &mut known);
            }
        }
    }
    known.folded.remove("");
    known
}

/// A header as compared: lower case, trimmed, `_ - . :` and blanks folded into one.
#[must_use]
pub fn fold(header: &str) -> String {
    let mut out = String::with_capacity(header.len());
    for c in header.chars() {
        let blank = c.is_whitespace()
            || matches!(
                c,
                '_' | '-' | '.' | ':' | '\u{feff}' | '\u{200b}' | '\u{a0}'
            );
        if !blank {
            out.extend(c.to_lowercase());
        } else if !out.is_empty() && !out.ends_with(' ') {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn collect(value: &toml::Value, known: &mut KnownHeaders) {
    match value {
        toml::Value::String(text) => add(text, known),
        toml::Value::Array(list) => list.iter().for_each(|value| collect(value, known)),
        toml::Value::Table(table) => {
            for (key, value) in table {
                add(key, known);
                collect(value, known);
            }
        }
        _ => {}
    }
}

fn add(text: &str, known: &mut KnownHeaders) {
    if text.len() <= LONGEST {
        known.folded.insert(fold(text));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_are_compared_folded() {
        assert_eq!(fold(" \u{feff}E-Mail_Address: "), "e mail address");
        let known = known_headers(&Rulebook::builtin());
        assert!(known.has("Given Name"));
        assert!(!known.has("ann@example.com"));
        assert!(!known.has(""));
    }
}
