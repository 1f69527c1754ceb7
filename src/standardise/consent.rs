//! Consent: `true` may not be contacted, `false` said yes, missing was never asked.
//!
//! A cell's own words come first (`Do Not Allow`, `SUBSCRIBED`); a bare yes or no
//! is read with the column's polarity; a date in the column says that it happened.
//! What cannot be read is kept with a doubt and counts as neither: it never turns a
//! missing consent into a yes, and an opt-out beside it stays one.

use std::collections::BTreeMap;

use hashbrown::HashSet;
use serde::Deserialize;

use super::date::{DateRules, parse};
use super::outcome::{Doubt, Outcome};
use super::placeholder::folded;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::rulebook::Rulebook;

type Set = HashSet<String, foldhash::fast::FixedState>;

/// Words of consent columns: `rules/consent.toml`.
#[derive(Clone, Debug, Default)]
pub struct ConsentRules {
    yes: Set,
    no: Set,
    says_in: Set,
    says_out: Set,
    never_asked: Set,
    opposites: Vec<[String; 2]>,
    reached_by: BTreeMap<String, Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    yes: Vec<String>,
    no: Vec<String>,
    says_in: Vec<String>,
    says_out: Vec<String>,
    never_asked: Vec<String>,
    opposites: Vec<[String; 2]>,
    reached_by: BTreeMap<String, Vec<String>>,
}

impl ConsentRules {
    /// # Panics
    /// Never: a test holds the built-in file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let file: File = toml::from_str(rulebook.file("consent.toml").unwrap_or_default())
            .unwrap_or_else(|error| {
                unreachable!("invariant: the built-in rules/consent.toml is tested: {error}")
            });
        let set = |words: Vec<String>| words.into_iter().collect();
        Self {
            yes: set(file.yes),
            no: set(file.no),
            says_in: set(file.says_in),
            says_out: set(file.says_out),
            never_asked: set(file.never_asked),
            opposites: file.opposites,
            reached_by: file.reached_by,
        }
    }

    /// The fields by which a person is reached who may have opted out of it.
    #[must_use]
    pub fn reached_by(&self, field: &str) -> &[String] {
        self.reached_by.get(field).map_or(&[], Vec::as_slice)
    }

    /// The word that says the opposite in the same column, in the same case.
    #[must_use]
    pub fn opposite(&self, cell: &str) -> Option<String> {
        let cell = cell.trim();
        let word = key(cell);
        let mut others = self.opposites.iter().filter_map(|[one, other]| {
            if *one == word {
                Some(other)
            } else {
                (*other == word).then_some(one)
            }
        });
        // A "no" may be of a column that says "yes" or of one that says "sí".
        let (other, None) = (others.next()?, others.next()) else {
            return None;
        };
        let parted = if cell.contains('_') { "_" } else { " " };
        let other = other.replace(' ', parted);
        let mut chars = cell.chars();
        let first = chars.next().is_some_and(char::is_uppercase);
        Some(if first && !chars.any(char::is_lowercase) {
            other.to_uppercase()
        } else if first {
            let mut rest = other.chars();
            let first = rest.next().into_iter().flat_map(char::to_uppercase);
            first.chain(rest).collect()
        } else {
            other
        })
    }
}

/// A cell in the form of the word lists.
fn key(cell: &str) -> String {
    let word = folded(cell);
    let word = word.trim_matches(|c: char| matches!(c, '.' | '!' | '[' | ']' | '\'' | '"'));
    word.replace(['_', '-'], " ")
}

/// What one cell says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Consent {
    Out,
    In,
    NeverAsked,
    Unreadable,
}

impl Consent {
    /// The canonical value of an opt-out field.
    #[must_use]
    pub const fn opt_out(self) -> Option<&'static str> {
        match self {
            Self::Out => Some("true"),
            Self::In => Some("false"),
            Self::NeverAsked | Self::Unreadable => None,
        }
    }

    /// The reverse of [`Consent::opt_out`].
    #[must_use]
    pub fn of_opt_out(value: &str) -> Self {
        match value {
            "true" => Self::Out,
            "false" => Self::In,
            _ => Self::Unreadable,
        }
    }
}

/// Reads a cell; `positive`: the column says "may contact" when true.
#[must_use]
pub fn read(value: &str, positive: bool, rules: &ConsentRules, dates: &DateRules) -> Consent {
    match word(value, positive, rules) {
        Some(consent) => consent,
        None if value.len() >= 8 && parse::read(value, true, dates).is_some() => {
            if positive {
                Consent::In
            } else {
                Consent::Out
            }
        }
        None => Consent::Unreadable,
    }
}

/// What a cell says by a word; none for anything else, a date too.
#[must_use]
pub fn word(value: &str, positive: bool, rules: &ConsentRules) -> Option<Consent> {
    let word = key(value);
    let (happened, did_not) = if positive {
        (Consent::In, Consent::Out)
    } else {
        (Consent::Out, Consent::In)
    };
    [
        (&rules.says_out, Consent::Out),
        (&rules.says_in, Consent::In),
        (&rules.never_asked, Consent::NeverAsked),
        (&rules.yes, happened),
        (&rules.no, did_not),
    ]
    .into_iter()
    .find_map(|(words, consent)| words.contains(&word).then_some(consent))
}

/// Standardises the cell of an opt-out field by itself.
#[must_use]
pub fn standardise(value: &str, rules: &ConsentRules, dates: &DateRules) -> Outcome {
    match read(value, false, rules, dates) {
        Consent::NeverAsked => {
            Outcome::cleared("consent_never_asked", "the person was never asked")
        }
        Consent::Unreadable => Outcome::unchanged(value).doubt(unreadable(value)),
        consent => {
            let canonical = consent.opt_out().unwrap_or_default();
            if canonical == value {
                Outcome::unchanged(value)
            } else {
                Outcome::changed(canonical, "consent_value")
            }
        }
    }
}

/// What to tell about a cell that says neither yes nor no.
#[must_use]
pub fn unreadable(value: &str) -> Doubt {
    Doubt {
        rule: "consent_not_readable",
        severity: Severity::Error,
        message: format!(
            "{} says neither yes nor no; until somebody clears it up, don't contact the person",
            shown(value)
        ),
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polarity_is_read_from_the_words_first() {
        let rulebook = Rulebook::builtin();
        let (rules, dates) = (ConsentRules::load(&rulebook), DateRules::load(&rulebook));
        for (raw, positive, consent) in [
            ("true", false, Consent::Out),
            ("true", true, Consent::In),
            ("FALSE", false, Consent::In),
            ("0", true, Consent::Out),
            ("1", false, Consent::Out),
            ("Y", true, Consent::In),
            ("n", false, Consent::In),
            ("ja", true, Consent::In),
            ("да", false, Consent::Out),
            ("بله", true, Consent::In),
            ("ใช่", true, Consent::In),
            ("Do Not Allow", false, Consent::Out),
            ("Do Not Allow", true, Consent::Out),
            ("Allow", false, Consent::In),
            ("Allow", true, Consent::In),
            ("Do Not Send", true, Consent::Out),
            ("SUBSCRIBED", false, Consent::In),
            ("UNSUBSCRIBED", true, Consent::Out),
            ("NEVER_SUBSCRIBED", true, Consent::NeverAsked),
            ("2024-03-12 09:14:00", false, Consent::Out),
            ("2024-03-12 09:14:00", true, Consent::In),
            ("maybe", true, Consent::Unreadable),
            ("x", false, Consent::Out),
        ] {
            assert_eq!(
                read(raw, positive, &rules, &dates),
                consent,
                "{raw} {positive}"
            );
        }
        let kept = standardise("ask Ann", &rules, &dates);
        assert_eq!(kept.value.as_deref(), Some("ask Ann"));
        assert_eq!(kept.doubts[0].rule, "consent_not_readable");
    }

    #[test]
    fn no_word_says_two_things() {
        let text = Rulebook::builtin().file("consent.toml").unwrap_or_default();
        let mut file: toml::Table = toml::from_str(text).unwrap_or_else(|e| panic!("{e}"));
        let pairs = file.remove("opposites").expect("are there");
        let pairs: Vec<[String; 2]> = pairs.try_into().expect("are pairs of words");
        let reached: BTreeMap<String, Vec<String>> = file
            .remove("reached_by")
            .and_then(|reached| reached.try_into().ok())
            .expect("is there");
        let fields = Rulebook::builtin();
        for name in reached
            .iter()
            .flat_map(|(field, by)| by.iter().chain([field]))
        {
            assert!(fields.fields().get(name).is_some(), "{name}");
        }
        let lists: BTreeMap<String, Vec<String>> = file.try_into().expect("are lists of words");
        let mut seen = std::collections::BTreeMap::new();
        for (list, words) in &lists {
            for word in words {
                assert_eq!(*word, word.to_lowercase().replace(['_', '-'], " "));
                let other = *seen.entry(word.clone()).or_insert(list);
                assert_eq!(other, list, "{word}");
            }
        }
        for [one, other] in &pairs {
            let list = |word: &String| seen.get(word).unwrap_or_else(|| panic!("{word}")).as_str();
            let lists = [list(one), list(other)];
            assert!(
                lists == ["yes", "no"] || lists == ["says_in", "says_out"],
                "{one} {other}"
            );
        }
    }

    #[test]
    fn the_opposite_is_written_as_its_column_writes() {
        let rules = ConsentRules::load(&Rulebook::builtin());
        for (cell, other) in [
            ("yes", Some("no")),
            ("Yes", Some("No")),
            ("no", None),
            ("FALSE", Some("TRUE")),
            ("0", Some("1")),
            ("Y", Some("N")),
            ("nein", Some("ja")),
            ("SUBSCRIBED", Some("UNSUBSCRIBED")),
            ("Do Not Allow", Some("Allow")),
            ("OPTED_IN", Some("OPTED_OUT")),
            ("x", None),
            ("2024-03-12", None),
        ] {
            assert_eq!(rules.opposite(cell).as_deref(), other, "{cell}");
        }
    }
}
