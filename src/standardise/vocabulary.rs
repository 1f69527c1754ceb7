//! Values of a fixed list (`mql`, `closed_won`), out of what systems and people
//! call them: `rules/vocabularies/`. An unknown value is kept, never guessed.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde::Deserialize;
use unicode_normalization::UnicodeNormalization;

use super::outcome::{Doubt, Outcome};
use super::text::tidy_line;
use crate::contact::Severity;
use crate::contact::diagnostic::{nearest, shown};
use crate::rulebook::Rulebook;

/// One list of values, some in an order.
#[derive(Clone, Debug, Default)]
pub struct Vocabulary {
    name: String,
    values: Vec<Value>,
    /// Folded name or alias → position in `values`.
    by_key: HashMap<String, usize, foldhash::fast::FixedState>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Value {
    name: String,
    /// Higher is further; a value without one stands outside the order.
    #[serde(default)]
    order: Option<u32>,
    /// What people and systems call it, in any language and spelling.
    #[serde(default)]
    aliases: Vec<String>,
    /// What it says about consent fields: field → `true` or `false`.
    #[serde(default)]
    sets: BTreeMap<String, String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    value: Vec<Value>,
}

impl Vocabulary {
    /// The vocabulary of `rules/vocabularies/<name>.toml`; one without values when
    /// there is none (a team's own field): then every value is kept.
    ///
    /// # Panics
    /// Never: a test holds the built-in files to their form.
    #[must_use]
    pub fn load(name: &str, rulebook: &Rulebook) -> Self {
        let Some(text) = rulebook.file(&format!("vocabularies/{name}.toml")) else {
            return Self {
                name: name.to_owned(),
                ..Self::default()
            };
        };
        let file: File = toml::from_str(text).unwrap_or_else(|error| {
            unreachable!("invariant: the built-in vocabulary {name} is tested: {error}")
        });
        let mut by_key = HashMap::default();
        for (at, value) in file.value.iter().enumerate() {
            for word in std::iter::once(&value.name).chain(&value.aliases) {
                by_key.entry(key(word)).or_insert(at);
            }
        }
        Self {
            name: name.to_owned(),
            values: file.value,
            by_key,
        }
    }

    /// The place of a canonical value in the order; `None` outside of it.
    #[must_use]
    pub fn order(&self, value: &str) -> Option<u32> {
        self.value(value)?.order
    }

    /// Whether `value` is one of the canonical values.
    #[must_use]
    pub fn has(&self, value: &str) -> bool {
        self.value(value).is_some()
    }

    /// The canonical values, in the order of the file.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.values.iter().map(|value| value.name.as_str())
    }

    /// What a canonical value says about a consent field.
    #[must_use]
    pub fn sets(&self, value: &str, field: &str) -> Option<&str> {
        self.value(value)?.sets.get(field).map(String::as_str)
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|value| value.name == name)
    }
}

#[must_use]
pub fn standardise(value: &str, vocabulary: &Vocabulary) -> Outcome {
    if vocabulary.values.is_empty() {
        return super::text::standardise(value);
    }
    let tidy = tidy_line(value);
    let found = vocabulary
        .by_key
        .get(&key(&tidy))
        .map(|&at| &vocabulary.values[at]);
    if let Some(known) = found {
        return if known.name == value {
            Outcome::unchanged(value)
        } else {
            Outcome::changed(known.name.clone(), "vocabulary_value")
        };
    }
    let outcome = if tidy == value {
        Outcome::unchanged(value)
    } else {
        Outcome::changed(tidy.as_ref(), "text_tidied")
    };
    let field = vocabulary.name.replace('_', " ");
    outcome.doubt(Doubt {
        rule: "vocabulary_unknown",
        severity: Severity::Warning,
        message: format!(
            "{} is no {field} that karat knows; map it or add it to the vocabulary",
            shown(value)
        ),
        suggestion: nearest(&tidy, vocabulary.names()).map(str::to_owned),
    })
}

/// Letters and digits only, lower case, letters that Arabic and Persian keyboards
/// write in two ways made one.
fn key(text: &str) -> String {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| c.is_alphanumeric() || unicode_normalization::char::is_combining_mark(*c))
        .map(|c| match c {
            'ي' | 'ى' => 'ی',
            'ك' => 'ک',
            'ё' => 'е',
            _ => c,
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(name: &str) -> Vocabulary {
        Vocabulary::load(name, &Rulebook::builtin())
    }

    #[test]
    fn values_of_all_systems_are_known() {
        for (name, raw, canonical) in [
            ("lifecycle_stage", "marketingqualifiedlead", "mql"),
            ("lifecycle_stage", "Marketing Qualified Lead", "mql"),
            ("lifecycle_stage", "Sales qualified lead", "sql"),
            ("lifecycle_stage", "SQL", "sql"),
            ("lifecycle_stage", "Evangelist", "evangelist"),
            ("lifecycle_stage", "client - active", "customer"),
            ("lifecycle_stage", "клиент", "customer"),
            ("lifecycle_stage", "ลูกค้า", "customer"),
            ("lifecycle_stage", "مشتري", "customer"),
            ("lifecycle_stage", "سرنخ", "lead"),
            ("lead_status", "ATTEMPTED_TO_CONTACT", "attempting"),
            ("lead_status", "Open - Not Contacted", "new"),
            ("lead_status", "IN_PROGRESS", "working"),
            ("lead_status", "Closed - Converted", "qualified"),
            ("lead_source", "Trade Show", "event"),
            ("lead_source", "ORGANIC_SEARCH", "organic_search"),
            ("deal_stage", "closedwon", "closed_won"),
            ("deal_stage", "Proposal/Price Quote", "quote_presented"),
            ("gender", "Male", "male"),
            ("gender", "weiblich", "female"),
            ("email_status", "SUBSCRIBED", "subscribed"),
            ("email_status", "cleaned", "bounced"),
        ] {
            let vocabulary = of(name);
            let out = standardise(raw, &vocabulary);
            assert_eq!(out.value.as_deref(), Some(canonical), "{raw}");
            assert!(out.doubts.is_empty(), "{raw}");
            assert_eq!(
                standardise(canonical, &vocabulary),
                Outcome::unchanged(canonical)
            );
        }
    }

    #[test]
    fn unknown_values_are_kept() {
        let out = standardise("1452450030", &of("lifecycle_stage"));
        assert_eq!(out.value.as_deref(), Some("1452450030"));
        assert_eq!(out.doubts[0].rule, "vocabulary_unknown");
        let near = standardise("custmer", &of("lifecycle_stage"));
        assert_eq!(near.value.as_deref(), Some("custmer"));
        assert_eq!(near.doubts[0].suggestion.as_deref(), Some("customer"));
    }

    #[test]
    fn the_order_is_for_merging() {
        let stages = of("lifecycle_stage");
        assert!(stages.order("customer") > stages.order("mql"));
        assert_eq!(stages.order("other"), None);
        assert_eq!(stages.order("nonsense"), None);
        assert_eq!(
            of("email_status").sets("unsubscribed", "email_opt_out"),
            Some("true")
        );
        assert_eq!(of("email_status").sets("bounced", "email_opt_out"), None);
    }

    #[test]
    fn no_alias_means_two_values() {
        for (path, text) in Rulebook::builtin().folder("vocabularies") {
            let file: File = toml::from_str(text).unwrap_or_else(|e| panic!("{path}: {e}"));
            let mut seen: BTreeMap<String, &str> = BTreeMap::new();
            for value in &file.value {
                for word in std::iter::once(&value.name).chain(&value.aliases) {
                    assert!(!key(word).is_empty(), "{path} {word:?}");
                    let other = *seen.entry(key(word)).or_insert(&value.name);
                    assert_eq!(other, value.name, "{path} {word}");
                }
            }
        }
    }
}
