//! A rule file as TOML with positions: keys are taken one by one, and whatever
//! is wrong is collected, so that a person sees all faults at once.
//!
//! Works on `toml`'s spanned tree rather than on serde: spans inside enums do not
//! survive serde, and serde stops at the first fault.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::path::PathBuf;
use std::sync::Arc;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::literal;
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, Place};

/// Where a rule file comes from; decides how its lists are found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Home {
    /// `rules/` in the binary; lists are paths below it.
    Builtin,
    /// The folder of a file on disk; lists are relative to it.
    Folder(PathBuf),
}

/// The text of a rule file.
#[derive(Clone, Debug)]
pub struct Document {
    /// As shown in messages.
    pub name: String,
    pub text: Arc<str>,
    pub home: Home,
}

impl Document {
    #[must_use]
    pub fn place(&self, span: &Range<usize>) -> Place {
        Place::span(self.name.clone(), &self.text, span.start, span.end)
    }

    /// Parses the file; what cannot be parsed is told in `faults`.
    pub fn parse(&self, faults: &mut Vec<Diagnostic>) -> Spanned<DeTable<'_>> {
        let (table, errors) = DeTable::parse_recoverable(&self.text);
        for error in errors {
            let span = error.span().unwrap_or(0..0);
            faults.push(
                Diagnostic::error("rule_file_syntax", first_line(error.message()))
                    .at(self.place(&span)),
            );
        }
        table
    }
}

/// A value with the bytes where it stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At<T> {
    pub value: T,
    pub span: Range<usize>,
}

/// One table of a document whose keys are asked for by name; [`Section::finish`]
/// tells which keys nobody asked for.
pub struct Section<'d> {
    pub document: &'d Document,
    table: &'d DeTable<'d>,
    pub span: Range<usize>,
    /// For messages: `rule 'email_invalid'`.
    pub what: String,
    known: RefCell<BTreeSet<&'static str>>,
}

impl<'d> Section<'d> {
    #[must_use]
    pub fn new(
        document: &'d Document,
        table: &'d DeTable<'d>,
        span: Range<usize>,
        what: impl Into<String>,
    ) -> Self {
        Self {
            document,
            table,
            span,
            what: what.into(),
            known: RefCell::default(),
        }
    }

    /// The value of `key`; from now on the key is a known one.
    pub fn get(&self, key: &'static str) -> Option<&'d Spanned<DeValue<'d>>> {
        self.known.borrow_mut().insert(key);
        self.table
            .iter()
            .find(|(name, _)| name.get_ref().as_ref() == key)
            .map(|(_, value)| value)
    }

    #[must_use]
    pub fn has(&self, key: &'static str) -> bool {
        self.get(key).is_some()
    }

    /// The bytes of a key that is there, else of the table.
    #[must_use]
    pub fn key_span(&self, key: &str) -> Range<usize> {
        self.table
            .keys()
            .find(|name| name.get_ref().as_ref() == key)
            .map_or_else(|| self.span.clone(), Spanned::span)
    }

    pub fn text(&self, key: &'static str, faults: &mut Vec<Diagnostic>) -> Option<At<String>> {
        let value = self.get(key)?;
        self.as_text(key, value, faults)
    }

    pub fn boolean(&self, key: &'static str, faults: &mut Vec<Diagnostic>) -> Option<bool> {
        let value = self.get(key)?;
        let found = value.get_ref().as_bool();
        if found.is_none() {
            self.wrong_type(key, "true or false", value, faults);
        }
        found
    }

    /// A whole number, 0 or more.
    pub fn count(&self, key: &'static str, faults: &mut Vec<Diagnostic>) -> Option<u64> {
        let value = self.get(key)?;
        let found = whole(value.get_ref()).and_then(|number| u64::try_from(number).ok());
        if found.is_none() {
            self.wrong_type(key, "a whole number, 0 or more", value, faults);
        }
        found
    }

    /// One string or an array of strings.
    pub fn texts(&self, key: &'static str, faults: &mut Vec<Diagnostic>) -> Vec<At<String>> {
        let Some(value) = self.get(key) else {
            return Vec::new();
        };
        match value.get_ref() {
            DeValue::Array(list) => list
                .iter()
                .filter_map(|item| self.as_text(key, item, faults))
                .collect(),
            _ => self.as_text(key, value, faults).into_iter().collect(),
        }
    }

    pub fn as_text(
        &self,
        key: &str,
        value: &Spanned<DeValue<'_>>,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<At<String>> {
        let Some(text) = value.get_ref().as_str() else {
            self.wrong_type(key, "a string", value, faults);
            return None;
        };
        Some(At {
            value: text.to_owned(),
            span: value.span(),
        })
    }

    /// One of `words`; else a fault that names them.
    pub fn word<T: Copy>(
        &self,
        key: &'static str,
        words: &[(&str, T)],
        faults: &mut Vec<Diagnostic>,
    ) -> Option<T> {
        let text = self.text(key, faults)?;
        let found = words.iter().find(|(word, _)| *word == text.value);
        if found.is_none() {
            faults.push(self.unknown_word(key, &text, words.iter().map(|(word, _)| *word)));
        }
        found.map(|(_, value)| *value)
    }

    pub fn unknown_word<'a>(
        &self,
        key: &str,
        text: &At<String>,
        words: impl Iterator<Item = &'a str> + Clone,
    ) -> Diagnostic {
        let list = words.clone().collect::<Vec<_>>().join(", ");
        let mut fault = Diagnostic::error(
            "rule_unknown_word",
            format!("{}: `{key}` cannot be {}", self.what, shown(&text.value)),
        )
        .at(self.document.place(&text.span));
        if let Some(near) = nearest(&text.value, words) {
            fault = fault.hint(format!("did you mean \"{near}\"?"));
        }
        fault.hint(format!("it is one of: {list}"))
    }

    pub fn wrong_type(
        &self,
        key: &str,
        wanted: &str,
        value: &Spanned<DeValue<'_>>,
        faults: &mut Vec<Diagnostic>,
    ) {
        // A number's own text says more than that it is one.
        let is = match value.get_ref() {
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            other => format!("{} {}", article(other.type_str()), other.type_str()),
        };
        faults.push(
            Diagnostic::error(
                "rule_wrong_type",
                format!("{}: `{key}` must be {wanted}, and is {is}", self.what),
            )
            .at(self.document.place(&value.span())),
        );
    }

    /// A fault at the value or key `span`.
    #[must_use]
    pub fn fault(
        &self,
        code: &'static str,
        message: impl AsRef<str>,
        span: &Range<usize>,
    ) -> Diagnostic {
        Diagnostic::error(code, format!("{}: {}", self.what, message.as_ref()))
            .at(self.document.place(span))
    }

    /// Tells the keys that were never asked for.
    pub fn finish(&self, faults: &mut Vec<Diagnostic>) {
        let known = self.known.borrow();
        for name in self.table.keys() {
            let word = name.get_ref().as_ref();
            if known.contains(word) {
                continue;
            }
            let mut fault = Diagnostic::error(
                "rule_unknown_key",
                format!("{} has no key {}", self.what, shown(word)),
            )
            .at(self.document.place(&name.span()));
            fault = match nearest(word, known.iter().copied()) {
                Some(near) => fault.hint(format!("did you mean `{near}`?")),
                None => fault.hint(format!(
                    "its keys are: {}",
                    known.iter().copied().collect::<Vec<_>>().join(", ")
                )),
            };
            faults.push(fault);
        }
    }
}

impl At<String> {
    /// The bytes in the file of the characters `from..to` of the string's value.
    #[must_use]
    pub fn inner(&self, document: &Document, from: usize, to: usize) -> Range<usize> {
        literal::inner(&document.text, &self.span, &self.value, from, to)
    }
}

/// A whole number of a TOML value.
#[must_use]
pub fn whole(value: &DeValue<'_>) -> Option<i64> {
    let number = value.as_integer()?;
    i64::from_str_radix(&number.as_str().replace('_', ""), number.radix()).ok()
}

/// A number of a TOML value, whole or not.
#[must_use]
pub fn number(value: &DeValue<'_>) -> Option<f64> {
    if let Some(number) = value.as_float() {
        return number.as_str().replace('_', "").parse().ok();
    }
    #[expect(clippy::cast_precision_loss, reason = "limits are small numbers")]
    whole(value).map(|number| number as f64)
}

fn article(word: &str) -> &'static str {
    if word.starts_with(['a', 'e', 'i', 'o', 'u']) {
        "an"
    } else {
        "a"
    }
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or(text)
}
