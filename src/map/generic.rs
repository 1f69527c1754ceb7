//! Headers that need no system: the word lists of `rules/headers/`, by language,
//! with the conditions under which a word means one field or another.

use std::collections::{BTreeMap, BTreeSet};

use regex::Regex;
use serde::Deserialize;

use super::fold::{bare, fold, numbered};
use crate::contact::Text;
use crate::rulebook::Rulebook;

/// A file of `rules/headers/`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    header: Vec<HeaderRule>,
    kind: Vec<KindRule>,
    /// Headers that may be the record id, if their values are unique and complete.
    ids: Vec<String>,
    /// Single field → field of several values that takes a second column.
    companion: BTreeMap<String, String>,
    /// Endings that say nothing about the meaning (`__c`).
    endings: Vec<String>,
}

/// Some words for one field, and when they mean it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct HeaderRule {
    field: String,
    /// In order of preference; `#` stands for a number.
    names: Vec<String>,
    /// Only when another column is one of these fields.
    beside: Vec<String>,
    /// Not when another column is one of these fields.
    without: Vec<String>,
    /// Only when all of these headers are there.
    together: Vec<String>,
    /// Only when the values are of this kind.
    holds: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KindRule {
    name: String,
    /// Whole trimmed values of the kind.
    #[serde(default)]
    pattern: Option<String>,
    /// A file of `rules/vocabularies/` whose words are of the kind as well.
    #[serde(default)]
    vocabulary: Option<String>,
    /// Share of the non-empty values that must be of the kind.
    share: f64,
    /// The field of a column that only its values tell.
    field: Option<String>,
}

/// The generic headers of all languages.
#[derive(Debug, Default)]
pub struct Generic {
    rules: Vec<Rule>,
    kinds: Vec<Kind>,
    ids: Vec<String>,
    companions: BTreeMap<String, String>,
    endings: Vec<String>,
}

#[derive(Debug)]
struct Rule {
    field: String,
    folded: Vec<String>,
    bare: Vec<String>,
    beside: Vec<String>,
    without: Vec<String>,
    together: Vec<String>,
    holds: Option<String>,
}

#[derive(Debug)]
pub struct Kind {
    pub name: String,
    pattern: Option<Regex>,
    words: BTreeSet<String>,
    share: f64,
    pub field: Option<String>,
}

/// What a header may mean, best first.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    rule: &'a Rule,
    /// Place of the word in the rule's list: lower is preferred.
    pub rank: u32,
}

impl Candidate<'_> {
    #[must_use]
    pub fn field(&self) -> &str {
        &self.rule.field
    }

    /// Whether the word means the field whatever else is in the file.
    #[must_use]
    pub fn always(&self) -> bool {
        self.rule.always()
    }

    /// Whether the conditions hold, `fields` being what the other columns are,
    /// `headers` all folded headers of the file.
    #[must_use]
    pub fn holds(
        &self,
        fields: &BTreeSet<&str>,
        headers: &BTreeSet<String>,
        is_kind: impl Fn(&str) -> bool,
    ) -> bool {
        let rule = self.rule;
        let has = |field: &String| fields.contains(field.as_str());
        (rule.beside.is_empty() || rule.beside.iter().any(has))
            && !rule.without.iter().any(has)
            && rule.together.iter().all(|header| headers.contains(header))
            && rule.holds.as_deref().is_none_or(is_kind)
    }
}

impl Rule {
    fn always(&self) -> bool {
        self.beside.is_empty()
            && self.without.is_empty()
            && self.together.is_empty()
            && self.holds.is_none()
    }
}

impl Generic {
    /// Reads `rules/headers/`.
    ///
    /// # Errors
    /// The first file that is not of the form, with the parser's message.
    pub fn load(rulebook: &Rulebook) -> Result<Self, String> {
        let mut all = Self::default();
        for (path, text) in rulebook.folder("headers") {
            let file: File = toml::from_str(text).map_err(|e| format!("rules/{path}: {e}"))?;
            for rule in file.header {
                all.rules.push(Rule {
                    folded: rule.names.iter().map(|n| fold(n)).collect(),
                    bare: rule.names.iter().map(|n| bare(n)).collect(),
                    field: rule.field,
                    beside: rule.beside,
                    without: rule.without,
                    together: rule.together.iter().map(|n| fold(n)).collect(),
                    holds: rule.holds,
                });
            }
            for kind in file.kind {
                let pattern = kind
                    .pattern
                    .map(|pattern| Regex::new(&format!("^(?:{pattern})$")))
                    .transpose()
                    .map_err(|e| format!("rules/{path}: {e}"))?;
                let words = match &kind.vocabulary {
                    Some(name) => vocabulary(rulebook, name)?,
                    None => BTreeSet::new(),
                };
                all.kinds.push(Kind {
                    name: kind.name,
                    pattern,
                    words,
                    share: kind.share,
                    field: kind.field,
                });
            }
            all.ids.extend(file.ids.iter().map(|n| fold(n)));
            all.companions.extend(file.companion);
            all.endings.extend(file.endings);
        }
        Ok(all)
    }

    /// What a header may mean: conditional rules first, then the one that always
    /// holds. Words without accents count only when no word with them is known.
    #[must_use]
    pub fn candidates(&self, header: &str) -> Vec<Candidate<'_>> {
        let plain = self
            .endings
            .iter()
            .find_map(|ending| header.strip_suffix(ending.as_str()))
            .unwrap_or(header);
        let folded = fold(plain);
        let found = self.by_word(&folded, |rule| &rule.folded);
        if !found.is_empty() {
            return found;
        }
        let stripped = bare(plain);
        let found = self.by_word(&stripped, |rule| &rule.bare);
        if !found.is_empty() {
            return found;
        }
        numbered(&folded).map_or_else(Vec::new, |(pattern, _)| {
            self.by_word(&pattern, |rule| &rule.folded)
        })
    }

    fn by_word(&self, word: &str, words: impl Fn(&Rule) -> &Vec<String>) -> Vec<Candidate<'_>> {
        let mut found: Vec<Candidate<'_>> = self
            .rules
            .iter()
            .filter_map(|rule| {
                let at = words(rule).iter().position(|known| known == word)?;
                Some(Candidate {
                    rule,
                    rank: u32::try_from(at).unwrap_or(u32::MAX),
                })
            })
            .collect();
        found.sort_by_key(Candidate::always);
        found
    }

    /// The place of a header among those that may be a record id.
    #[must_use]
    pub fn id_rank(&self, header: &str) -> Option<usize> {
        let folded = fold(header);
        self.ids.iter().position(|id| *id == folded)
    }

    /// The field that takes a second column for `field`.
    #[must_use]
    pub fn companion(&self, field: &str) -> Option<&str> {
        self.companions.get(field).map(String::as_str)
    }

    pub fn kinds(&self) -> impl Iterator<Item = &Kind> {
        self.kinds.iter()
    }

    #[must_use]
    pub fn kind(&self, name: &str) -> Option<&Kind> {
        self.kinds.iter().find(|kind| kind.name == name)
    }

    /// Every known word with its field: for the nearest guess, and for the test of
    /// the lists' form.
    pub fn words(&self) -> impl Iterator<Item = (&str, &str)> {
        self.rules.iter().flat_map(|rule| {
            rule.folded
                .iter()
                .map(move |word| (word.as_str(), rule.field.as_str()))
        })
    }
}

/// All words of a vocabulary, in lower case.
fn vocabulary(rulebook: &Rulebook, name: &str) -> Result<BTreeSet<String>, String> {
    #[derive(Deserialize)]
    struct Vocabulary {
        value: Vec<Value>,
    }
    #[derive(Deserialize)]
    struct Value {
        name: String,
        #[serde(default)]
        aliases: Vec<String>,
    }
    let path = format!("vocabularies/{name}.toml");
    let text = rulebook
        .file(&path)
        .ok_or_else(|| format!("rules/{path} is missing"))?;
    let vocabulary: Vocabulary = toml::from_str(text).map_err(|e| format!("rules/{path}: {e}"))?;
    Ok(vocabulary
        .value
        .into_iter()
        .flat_map(|value| value.aliases.into_iter().chain([value.name]))
        .map(|word| word.to_lowercase())
        .collect())
}

impl Kind {
    /// Whether a column's values are of the kind. All values are looked at, so that
    /// the order of rows does not decide.
    #[must_use]
    pub fn fits(&self, column: &Text) -> bool {
        let mut filled = 0_u64;
        let mut hits = 0_u64;
        for value in column.iter().flatten() {
            let value = value.trim();
            if value.is_empty() {
                continue;
            }
            filled += 1;
            hits += u64::from(self.is_one(value));
        }
        #[expect(
            clippy::cast_precision_loss,
            reason = "counts of rows are far below 2^52"
        )]
        let share = hits as f64 / filled.max(1) as f64;
        filled > 0 && share >= self.share
    }

    fn is_one(&self, value: &str) -> bool {
        self.pattern.as_ref().is_some_and(|p| p.is_match(value))
            || (!self.words.is_empty() && self.words.contains(&value.to_lowercase()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lists_are_of_the_form() {
        let rulebook = Rulebook::builtin();
        let fields = rulebook.fields();
        let generic = Generic::load(&rulebook).expect("headers parse");
        for (path, text) in rulebook.folder("headers") {
            assert!(text.contains("# Provenance:"), "{path} has no provenance");
        }
        for rule in &generic.rules {
            for field in [&rule.field]
                .into_iter()
                .chain(&rule.beside)
                .chain(&rule.without)
            {
                assert!(fields.get(field).is_some(), "{field} is no field");
            }
            if let Some(kind) = &rule.holds {
                assert!(generic.kind(kind).is_some(), "{kind} is no kind");
            }
        }
        for (from, to) in &generic.companions {
            assert!(fields.get(from).is_some_and(|field| !field.multi), "{from}");
            assert!(fields.get(to).is_some_and(|field| field.multi), "{to}");
        }
    }

    #[test]
    fn a_word_without_conditions_means_one_field_in_all_languages() {
        let generic = Generic::load(&Rulebook::builtin()).expect("headers parse");
        let mut seen: BTreeMap<&str, &str> = BTreeMap::new();
        for rule in generic.rules.iter().filter(|rule| rule.always()) {
            for word in &rule.folded {
                if let Some(other) = seen.insert(word, &rule.field) {
                    assert_eq!(other, rule.field, "{word} means two fields");
                }
            }
        }
        // Without accents a word may be another one, but then the plain one is listed.
        for rule in generic.rules.iter().filter(|rule| rule.always()) {
            for word in &rule.bare {
                if let Some(other) = seen.get(word.as_str()) {
                    assert_eq!(*other, rule.field, "{word} means two fields");
                }
            }
        }
    }
}
