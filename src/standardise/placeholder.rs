//! Values that stand for nothing (`n/a`, `---`, `[not provided]`), by field type,
//! and records that nobody meant (`test test`, `DO NOT USE`): `rules/placeholders.toml`.

use hashbrown::{HashMap, HashSet};
use regex::Regex;
use serde::Deserialize;

use super::text::{is_tidy_ascii, tidy_line};
use crate::contact::FieldType;
use crate::rulebook::Rulebook;

type Set = HashSet<String, foldhash::fast::FixedState>;

#[derive(Clone, Debug, Default)]
pub struct Placeholders {
    sure: HashMap<FieldType, Set, foldhash::fast::FixedState>,
    maybe: HashMap<FieldType, Set, foldhash::fast::FixedState>,
    seen: Seen,
    junk: Junk,
}

/// Longest value that is looked up: the longest entry is far shorter.
const LONGEST: usize = 64;

/// Which first characters (of ASCII) entries of each length have: most values are told by
/// that to be none.
#[derive(Clone, Debug)]
struct Seen([u128; LONGEST + 1]);

impl Default for Seen {
    fn default() -> Self {
        Self([0; LONGEST + 1])
    }
}

impl Seen {
    fn add(&mut self, entry: &str) {
        if let (Some(of_length), Some(first)) = (self.0.get_mut(entry.len()), first_of(entry)) {
            *of_length |= 1 << first;
        }
    }

    /// Whether an entry may be equal to a tidy text of ASCII, but for its case.
    fn may_have(&self, text: &str) -> bool {
        let of_length = self.0.get(text.len());
        of_length.is_some_and(|of_length| {
            first_of(text).is_some_and(|first| of_length >> first & 1 == 1)
        })
    }
}

/// The first byte in lower case, where it is ASCII.
fn first_of(text: &str) -> Option<u8> {
    let first = text.bytes().next()?.to_ascii_lowercase();
    first.is_ascii().then_some(first)
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
    junk: JunkLists,
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct JunkLists {
    /// Words: a name of nothing but these is nobody's.
    name_words: Vec<String>,
    /// A name of just this word, in one column, is none.
    alone: Vec<String>,
    /// Names, companies and titles that say so as a whole.
    values: Vec<String>,
    /// Texts that say so wherever they stand in a name, company or title.
    texts: Vec<String>,
}

/// The same, ready to be asked of hundreds of thousands of names.
#[derive(Clone, Debug, Default)]
struct Junk {
    name_words: Set,
    alone: Set,
    values: Set,
    /// Finds any of the texts.
    texts: Option<Regex>,
}

impl Junk {
    fn of(lists: JunkLists) -> Self {
        let texts: Vec<String> = lists.texts.iter().map(|text| regex::escape(text)).collect();
        let texts = (!texts.is_empty()).then(|| {
            Regex::new(&texts.join("|"))
                .unwrap_or_else(|error| unreachable!("invariant: escaped texts compile: {error}"))
        });
        Self {
            name_words: lists.name_words.into_iter().collect(),
            alone: lists.alone.into_iter().collect(),
            values: lists.values.into_iter().collect(),
            texts,
        }
    }
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
            junk: Junk::of(file.junk),
            ..Self::default()
        };
        for list in file.list {
            let map = if list.column_must_tell {
                &mut all.maybe
            } else {
                &mut all.sure
            };
            for value in &list.values {
                all.seen.add(value);
            }
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
        // Long text is never folded for nothing.
        if value.len() > LONGEST || (is_tidy_ascii(value) && !self.seen.may_have(value)) {
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
        name.len() <= LONGEST && self.junk.alone.contains(&folded(name))
    }

    /// What a raw value says of its record.
    #[must_use]
    pub fn says(&self, value: &str, is_name: bool) -> Says {
        let junk = value.len() <= 200 && {
            let folded = folded(value);
            let texts = self.junk.texts.as_ref();
            self.junk.values.contains(&folded) || texts.is_some_and(|texts| texts.is_match(&folded))
        };
        let mut says = Says {
            junk,
            is_name,
            words: 0,
            all_listed: true,
        };
        if is_name {
            for word in value.split_whitespace() {
                says.words += 1;
                says.all_listed =
                    says.all_listed && self.junk.name_words.contains(&folded_word(word));
            }
        }
        says
    }

    /// Why a record with these raw values is nobody's, if it is: the place of the value
    /// that says so. `values` are those of names, then others, that are not missing.
    #[must_use]
    pub fn junk(values: impl Iterator<Item = (usize, Says)> + Clone) -> Option<usize> {
        let junk = |names: bool| {
            let mut values = values.clone();
            let junk = values.find(|(_, says)| says.junk && says.is_name == names);
            junk.map(|(place, _)| place)
        };
        junk(true)
            .or_else(|| Self::nobody(values.clone()))
            .or_else(|| junk(false))
    }

    fn nobody(values: impl Iterator<Item = (usize, Says)>) -> Option<usize> {
        // `test test`: every word of the name is such a word, and there are two at least.
        let mut words = values.filter(|(_, says)| says.words > 0);
        let (place, first) = words.next()?;
        let count = words.try_fold(first.words, |count, (_, says)| {
            says.all_listed.then_some(count + says.words)
        })?;
        (first.all_listed && count >= 2).then_some(place)
    }
}

/// What a raw value says of its record.
#[derive(Clone, Copy, Debug)]
pub struct Says {
    /// It is nobody's.
    junk: bool,
    is_name: bool,
    /// Of a name, its words, and whether all of them are such that name nobody.
    words: usize,
    all_listed: bool,
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
    fn every_entry_is_found_in_any_case() {
        let all = Placeholders::load(&Rulebook::builtin());
        let mut found = 0;
        for lists in [&all.sure, &all.maybe] {
            for (kind, entries) in lists {
                for entry in entries.iter().filter(|entry| entry.len() <= LONGEST) {
                    // A text that lower case changes again is no entry that could be met.
                    for text in [entry.clone(), entry.to_uppercase()] {
                        if folded(&text) == *entry {
                            assert_ne!(all.judge(kind, &text), Verdict::Value, "{kind:?} {text}");
                            found += 1;
                        }
                    }
                }
            }
        }
        assert!(found > 2000, "{found}");
    }

    #[test]
    fn junk_records_are_known() {
        let all = Placeholders::load(&Rulebook::builtin());
        let junk = |names: [Option<&str>; 2], other: Option<&str>| {
            let values = [(names[0], true), (names[1], true), (other, false)];
            let says: Vec<(usize, Says)> = values
                .iter()
                .enumerate()
                .filter_map(|(at, (value, is_name))| Some((at, all.says((*value)?, *is_name))))
                .collect();
            Placeholders::junk(says.into_iter())
        };
        for (names, other, place) in [
            ([Some("test"), Some("test")], None, 0),
            ([Some("Test"), Some("User2")], None, 0),
            ([Some(" "), Some("Test test")], None, 1),
            ([Some("DO NOT USE"), None], None, 0),
            ([Some("Ann"), Some("Lee (do not use)")], None, 1),
            ([Some("asdf"), Some("asdf")], None, 0),
            ([Some("Ann"), Some("Lee")], Some("Test Account"), 2),
            ([Some("Test"), Some("user")], Some("Test Account"), 0),
        ] {
            assert_eq!(junk(names, other), Some(place), "{names:?}");
        }
        for names in [
            [Some("Ann"), Some("Test")],
            [Some("Test"), Some("Ann")],
            [Some("Test"), None],
            [Some("Anna"), Some("Lee")],
            [None, None],
        ] {
            assert_eq!(junk(names, Some("Testo AG")), None, "{names:?}");
        }
    }
}
