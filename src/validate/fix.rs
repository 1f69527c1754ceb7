//! The changes that a rule may make to a value: few, declared, each an event.
//!
//! `fix = "lower"`, `"upper"`, `"trim"` (and inner runs of blanks to one),
//! `"digits"` (keep digits only), `{ set = "US" }`, `{ copy = "mobile" }` (the
//! record's value of another field), `{ map = { old = "new" } }`,
//! `{ regex = "…", with = "$1" }`.

use std::collections::BTreeMap;

use regex::Regex;
use toml::de::DeValue;

use super::document::Section;
use super::known::Known;
use super::parse::check_field;
use super::sql_allowed::regex_fault;
use crate::contact::Diagnostic;

#[derive(Clone, Debug)]
pub enum Fix {
    Lower,
    Upper,
    Trim,
    Digits,
    Set(String),
    Copy(String),
    Map(BTreeMap<String, String>),
    Replace { regex: Regex, with: String },
}

const PLAIN: [(&str, Plain); 4] = [
    ("lower", Plain::Lower),
    ("upper", Plain::Upper),
    ("trim", Plain::Trim),
    ("digits", Plain::Digits),
];

#[derive(Clone, Copy)]
enum Plain {
    Lower,
    Upper,
    Trim,
    Digits,
}

impl Fix {
    /// Reads the key `fix` of a rule.
    pub fn read(
        section: &Section<'_>,
        known: &Known<'_>,
        faults: &mut Vec<Diagnostic>,
    ) -> Option<Self> {
        let value = section.get("fix")?;
        let DeValue::Table(table) = value.get_ref() else {
            return Some(match section.word("fix", &PLAIN, faults)? {
                Plain::Lower => Self::Lower,
                Plain::Upper => Self::Upper,
                Plain::Trim => Self::Trim,
                Plain::Digits => Self::Digits,
            });
        };
        let what = format!("{}, `fix`", section.what);
        let inner = Section::new(section.document, table, value.span(), what);
        let before = faults.len();
        let set = inner.text("set", faults);
        let copy = inner.text("copy", faults);
        let regex = inner.text("regex", faults);
        let with = inner.text("with", faults);
        let map = inner.get("map").map(|value| words(&inner, value, faults));
        inner.finish(faults);
        if let Some(field) = &copy {
            check_field(&inner, field, known, faults);
        }
        if faults.len() > before {
            return None;
        }
        let found = match (set, copy, map, regex, with) {
            (Some(text), None, None, None, None) => Some(Self::Set(text.value)),
            (None, Some(field), None, None, None) => Some(Self::Copy(field.value)),
            (None, None, Some(map), None, None) => Some(Self::Map(map)),
            (None, None, None, Some(regex), Some(with)) => match Regex::new(&regex.value) {
                Ok(regex) => Some(Self::Replace {
                    regex,
                    with: with.value,
                }),
                Err(error) => {
                    let message = format!("bad pattern: {}", regex_fault(&error));
                    faults.push(inner.fault("rule_bad_regex", message, &regex.span));
                    return None;
                }
            },
            _ => None,
        };
        if found.is_none() {
            faults.push(
                section
                    .fault("rule_impossible", "`fix` says no single change", &value.span())
                    .hint("one of: \"lower\", \"upper\", \"trim\", \"digits\", { set = … }, { copy = … }, { map = { … } }, { regex = …, with = … }"),
            );
        }
        found
    }

    /// The value after the fix. `copied` gives the record's value of another field.
    #[must_use]
    pub fn apply<'a>(
        &self,
        value: Option<&str>,
        copied: impl FnOnce(&str) -> Option<&'a str>,
    ) -> Option<String> {
        match (self, value) {
            (Self::Set(text), _) => Some(text.clone()),
            // Nothing to copy: the value stays.
            (Self::Copy(field), _) => copied(field).or(value).map(str::to_owned),
            (_, None) => None,
            (Self::Lower, Some(value)) => Some(value.to_lowercase()),
            (Self::Upper, Some(value)) => Some(value.to_uppercase()),
            (Self::Trim, Some(value)) => {
                Some(value.split_whitespace().collect::<Vec<_>>().join(" "))
            }
            (Self::Digits, Some(value)) => {
                Some(value.chars().filter(char::is_ascii_digit).collect())
            }
            (Self::Map(map), Some(value)) => {
                Some(map.get(value).map_or(value, String::as_str).to_owned())
            }
            (Self::Replace { regex, with }, Some(value)) => {
                Some(regex.replace_all(value, with.as_str()).into_owned())
            }
        }
    }

    /// For the rulebook's pages.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Lower => "written in lower case".to_owned(),
            Self::Upper => "written in upper case".to_owned(),
            Self::Trim => "freed of needless blanks".to_owned(),
            Self::Digits => "reduced to its digits".to_owned(),
            Self::Set(text) => format!("set to `{text}`"),
            Self::Copy(field) => format!("taken from `{field}`"),
            Self::Map(_) => "replaced by the rule's table".to_owned(),
            Self::Replace { with, .. } => format!("rewritten as `{with}`"),
        }
    }
}

fn words(
    section: &Section<'_>,
    value: &toml::Spanned<DeValue<'_>>,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let DeValue::Table(table) = value.get_ref() else {
        section.wrong_type("map", "a table of old = \"new\"", value, faults);
        return BTreeMap::new();
    };
    table
        .iter()
        .filter_map(|(old, new)| {
            let new = section.as_text("map", new, faults)?;
            Some((old.get_ref().to_string(), new.value))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fix_does_what_its_name_says() {
        let none = |_: &str| None;
        assert_eq!(Fix::Lower.apply(Some("AÉ"), none).as_deref(), Some("aé"));
        assert_eq!(
            Fix::Trim.apply(Some(" a  b "), none).as_deref(),
            Some("a b")
        );
        assert_eq!(
            Fix::Digits.apply(Some("0 1-2"), none).as_deref(),
            Some("012")
        );
        assert_eq!(Fix::Upper.apply(None, none), None);
        assert_eq!(
            Fix::Set("US".into()).apply(None, none).as_deref(),
            Some("US")
        );
        let copy = Fix::Copy("mobile".into());
        assert_eq!(copy.apply(None, |_| Some("+1")).as_deref(), Some("+1"));
        assert_eq!(copy.apply(Some("x"), none).as_deref(), Some("x"));
        let replace = Fix::Replace {
            regex: Regex::new("^www\\.(.*)$").expect("a good pattern"),
            with: "$1".into(),
        };
        assert_eq!(
            replace.apply(Some("www.x.com"), none).as_deref(),
            Some("x.com")
        );
    }
}
