//! Values that stand for nothing (`n/a`, `---`, `[not provided]`), by field type,
//! and records that nobody meant (`test test`, `DO NOT USE`): `rules/placeholders.toml`.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;

use super::text::tidy_line;
use crate::contact::FieldType;
use crate::rulebook::Rulebook;

type Set = HashSet<String, foldhash::fast::FixedState>;

#[derive(Clone, Debug, Default)]
pub struct Placeholders {
    sure: HashMap<FieldType, Set, foldhash::fast::FixedState>,
    maybe: HashMap<FieldType, Set, foldhash::fast::FixedState>,
    junk: Junk,
}

/// What a value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Value,
    Placeholder,
    /// A word that is a name too (`Null`, `None`): the column must tell.
    Maybe,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    list: Vec<List>,
    junk: Junk,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    types: Vec<FieldType>,
    values: Vec<String>,
    #[serde(default)]
    column_must_tell: bool,
}

/// What marks a whole record as nobody's.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Junk {
    /// Words: a name of nothing but these is nobody's.
    name_words: Vec<String>,
    /// A name of just this word, in one column, is none.
    alone: Vec<String>,
    /// Names, companies and titles that say so as a whole.
    values: Vec<String>,
    /// Texts that say so wherever they stand in a name, company or title.
    texts: Vec<String>,
}

impl Placeholders {
    /// # Panics
    /// Never: a test holds the built-in file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let file: File = toml::from_str(rulebook.file("placeholders.toml").unwrap_or_default())
            .unwrap_or_else(|error| {
                unreachable!("invariant: the built-in rules/placeholders.toml is tested: {error}")
            });
        let mut all = Self {
            junk: file.junk,
            ..Self::default()
        };
        for list in file.list {
            let map = if list.column_must_tell {
                &mut all.maybe
            } else {
                &mut all.sure
            };
            for kind in list.types {
                map.entry(kind)
                    .or_default()
                    .extend(list.values.iter().cloned());
            }
        }
        all
    }

    #[must_use]
    pub fn judge(&self, kind: &FieldType, value: &str) -> Verdict {
        // The longest entry is far shorter; long text is never folded for nothing.
        if value.len() > 64 {
            return Verdict::Value;
        }
        let folded = folded(value);
        let among = |map: &HashMap<FieldType, Set, foldhash::fast::FixedState>| {
            map.get(kind).is_some_and(|set| set.contains(&folded))
        };
        if among(&self.sure) {
            Verdict::Placeholder
        } else if among(&self.maybe) {
            Verdict::Maybe
        } else {
            Verdict::Value
        }
    }

    /// Whether a word that may be a surname stands for no name where it is all of a name.
    #[must_use]
    pub fn is_none_alone(&self, name: &str) -> bool {
        name.len() <= 64 && self.junk.alone.contains(&folded(name))
    }

    /// Why a record with these raw values is nobody's, if it is: the value that says so.
    #[must_use]
    pub fn junk<'a>(
        &self,
        names: &[Option<&'a str>],
        others: &[Option<&'a str>],
    ) -> Option<&'a str> {
        let all = names.iter().chain(others).filter_map(|value| *value);
        for value in all {
            if value.len() > 200 {
                continue;
            }
            let folded = folded(value);
            let says = self.junk.values.contains(&folded)
                || self
                    .junk
                    .texts
                    .iter()
                    .any(|text| folded.contains(text.as_str()));
            if says {
                return Some(value);
            }
        }
        // `test test`: every word of the name is such a word, and there are two at least.
        let words: BTreeMap<usize, (String, &'a str)> = names
            .iter()
            .filter_map(|value| *value)
            .flat_map(|value| value.split_whitespace().map(move |word| (word, value)))
            .enumerate()
            .map(|(at, (word, value))| (at, (folded_word(word), value)))
            .collect();
        let nobody = words.len() >= 2
            && words
                .values()
                .all(|(word, _)| self.junk.name_words.contains(word));
        if nobody {
            words.values().next().map(|(_, value)| *value)
        } else {
            None
        }
    }
}

/// Lower case, tidy.
#[must_use]
pub fn folded(value: &str) -> String {
    tidy_line(value).to_lowercase()
}

fn folded_word(word: &str) -> String {
    folded(word)
        .trim_matches(|c: char| !c.is_alphanumeric())
        .trim_end_matches(|c: char| c.is_ascii_digit())
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_depend_on_the_type() {
        let all = Placeholders::load(&Rulebook::builtin());
        for (kind, value, verdict) in [
            (FieldType::Company, "N/A", Verdict::Placeholder),
            (FieldType::Company, "self-employed", Verdict::Placeholder),
            (FieldType::Company, "NA", Verdict::Placeholder),
            (FieldType::Country, "NA", Verdict::Value),
            (FieldType::Language, "no", Verdict::Value),
            (FieldType::FamilyName, "Null", Verdict::Maybe),
            (
                FieldType::FamilyName,
                "[not provided]",
                Verdict::Placeholder,
            ),
            (FieldType::FamilyName, "Lee", Verdict::Value),
            (FieldType::GivenName, "Na", Verdict::Maybe),
            (FieldType::Postcode, "00000", Verdict::Placeholder),
            (FieldType::Street, "12345", Verdict::Value),
            (FieldType::Vocabulary, "-None-", Verdict::Placeholder),
            (FieldType::Text, " (blank) ", Verdict::Placeholder),
        ] {
            assert_eq!(all.judge(&kind, value), verdict, "{kind:?} {value}");
        }
    }

    #[test]
    fn junk_records_are_known() {
        let all = Placeholders::load(&Rulebook::builtin());
        for (names, others) in [
            ([Some("test"), Some("test")], [None]),
            ([Some("Test"), Some("User2")], [None]),
            ([Some("DO NOT USE"), None], [None]),
            ([Some("Ann"), Some("Lee (do not use)")], [None]),
            ([Some("asdf"), Some("asdf")], [None]),
            ([Some("Ann"), Some("Lee")], [Some("Test Account")]),
        ] {
            assert!(all.junk(&names, &others).is_some(), "{names:?}");
        }
        for names in [
            [Some("Ann"), Some("Test")],
            [Some("Test"), None],
            [Some("Anna"), Some("Lee")],
            [None, None],
        ] {
            assert_eq!(all.junk(&names, &[Some("Testo AG")]), None, "{names:?}");
        }
    }
}
