//! The presets of `rules/systems/`, one file a system, and how a system is recognised.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;

use super::fold::{fold, numbered};
use crate::rulebook::Rulebook;

/// One system: what its exports look like and what their columns mean.
///
/// In header names `#` stands for a number (`E-mail # - Value`).
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Preset {
    /// The file's stem; how plans name the system.
    pub name: String,
    /// For people.
    pub label: String,
    /// Whose tool it is (`sales`, `marketing`): the report compares roles.
    pub role: Option<String>,
    /// Recognised when all headers of one group are there.
    pub signature: Vec<Vec<String>>,
    /// Headers that other systems have too: no evidence when systems compete.
    pub not_alone: Vec<String>,
    /// Headers of the record id; the first that is there.
    pub id: Vec<String>,
    /// The ids are brought to the form in which systems' ids are compared (15 → 18
    /// characters, damaged case repaired), so that exports of two tools agree.
    pub standard_ids: bool,
    /// No two records of an export are one person.
    pub deduplicated: bool,
    /// What the system writes for "nothing".
    pub nulls: Vec<String>,
    /// Canonical field → headers, in order of preference.
    pub map: BTreeMap<String, Vec<String>>,
    /// Known columns that are carried through and never guessed at.
    pub carry: Vec<String>,
    /// How the values of a column are written.
    pub column: BTreeMap<String, ColumnRule>,
    /// Blocks of field → header: a block fills records in which none of its
    /// fields has a value (a home address where there is no business one). A field
    /// with an empty header only has to be missing.
    pub fill: Vec<BTreeMap<String, String>>,
    pub by_label: Vec<ByLabel>,
    pub from_file_name: Vec<FromFileName>,
    pub when_filled: Vec<WhenFilled>,
    /// Consent header → how an import is told that somebody opted out.
    pub opted_out: BTreeMap<String, OptedOut>,
    /// Consent field → how the system learns of an opt-out for which its export has no column.
    pub opt_out_by_hand: BTreeMap<String, String>,
}

/// What patches may write into a consent column.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OptedOut {
    /// Words that the system's import takes, the usual one first.
    pub write: Vec<String>,
    /// The import does not take this column: what to do instead.
    pub by_hand: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ColumnRule {
    /// What parts several values in a cell, where it is not `;`.
    pub separator: Option<String>,
    /// Each value stands in double quotes inside the cell.
    pub quoted: bool,
    /// A mark at the start of a value that says nothing (`* `).
    pub strip: Option<String>,
    /// The parts of a cell are these fields; one list for each number of parts.
    pub parts: Vec<Vec<String>>,
}

/// Numbered columns whose field is told by a label in the column beside
/// (`Phone 2 - Value`, `Phone 2 - Label`).
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ByLabel {
    pub values: String,
    pub labels: Vec<String>,
    /// Field → labels; a value with another label stays where `map` puts it.
    pub to: BTreeMap<String, Vec<String>>,
}

/// A value that only the file's name tells.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FromFileName {
    pub field: String,
    /// Starts of the name, compared in lower case.
    pub starts: Vec<String>,
    pub value: String,
}

/// A value that another column tells, by being filled (`UNSUB_TIME`) or by one of
/// some values.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WhenFilled {
    pub header: String,
    /// In lower case; none for any value.
    #[serde(default)]
    pub values: Vec<String>,
    pub field: String,
    pub value: String,
}

impl WhenFilled {
    /// Whether the cell says what the rule waits for.
    #[must_use]
    pub fn speaks(&self, cell: &str) -> bool {
        let cell = cell.trim();
        !cell.is_empty() && (self.values.is_empty() || self.values.contains(&cell.to_lowercase()))
    }
}

/// All presets, by name.
#[derive(Clone, Debug, Default)]
pub struct Presets {
    list: Vec<Preset>,
}

/// A recognised system and what gave it away.
#[derive(Clone, Debug)]
pub struct Recognised<'a> {
    pub preset: &'a Preset,
    /// The group of the signature that was found; empty for a forced system.
    pub by: Vec<String>,
}

impl Presets {
    /// Reads `rules/systems/`.
    ///
    /// # Errors
    /// The first file that is not of the form, with the parser's message.
    pub fn load(rulebook: &Rulebook) -> Result<Self, String> {
        let mut list = Vec::new();
        for (path, text) in rulebook.folder("systems") {
            let preset: Preset = toml::from_str(text).map_err(|e| format!("rules/{path}: {e}"))?;
            list.push(preset);
        }
        Ok(Self { list })
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Preset> {
        self.list.iter().find(|preset| preset.name == name)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|preset| preset.name.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = &Preset> {
        self.list.iter()
    }

    /// The system that these headers tell of. When signatures of several are
    /// there, the one with the most headers that only it knows, then with the most
    /// that it knows at all.
    #[must_use]
    pub fn recognise(&self, headers: &[String]) -> Option<Recognised<'_>> {
        let headers: BTreeSet<String> = headers.iter().map(|h| fold(h)).collect();
        let found: Vec<Recognised<'_>> = self
            .list
            .iter()
            .filter_map(|preset| {
                let group = preset.signature.iter().find(|group| {
                    !group.is_empty() && group.iter().all(|h| contains(&headers, h))
                })?;
                Some(Recognised {
                    preset,
                    by: group.clone(),
                })
            })
            .collect();
        if found.len() < 2 {
            return found.into_iter().next();
        }
        let known: Vec<BTreeSet<&String>> = found
            .iter()
            .map(|r| {
                let words = r.preset.words();
                headers.iter().filter(|h| knows(&words, h)).collect()
            })
            .collect();
        let score = |at: usize| {
            let common: BTreeSet<String> =
                found[at].preset.not_alone.iter().map(|h| fold(h)).collect();
            let own = known[at]
                .iter()
                .filter(|h| !common.contains(**h))
                .filter(|h| {
                    (0..known.len()).all(|other| other == at || !known[other].contains(**h))
                })
                .count();
            (own, known[at].len())
        };
        let best = (0..found.len()).rev().max_by_key(|&at| score(at))?;
        found.into_iter().nth(best)
    }
}

impl Preset {
    /// All folded headers that the preset knows.
    #[must_use]
    pub fn words(&self) -> BTreeSet<String> {
        let mut words: BTreeSet<String> = self.map.values().flatten().map(|h| fold(h)).collect();
        words.extend(self.id.iter().chain(&self.carry).map(|h| fold(h)));
        words.extend(
            self.fill
                .iter()
                .flat_map(|block| block.values())
                .map(|h| fold(h)),
        );
        words.extend(self.when_filled.iter().map(|rule| fold(&rule.header)));
        words.extend(
            self.by_label
                .iter()
                .flat_map(|rule| &rule.labels)
                .map(|h| fold(h)),
        );
        words
    }

    /// Whether the preset names this folded header itself, not by a pattern.
    #[must_use]
    pub fn names_exactly(&self, folded: &str) -> bool {
        self.words().contains(folded)
    }

    /// Whether the preset knows this folded header, by itself or by a pattern.
    #[must_use]
    pub fn knows(&self, folded: &str) -> bool {
        knows(&self.words(), folded)
    }

    /// The rule of a column, by its folded header.
    #[must_use]
    pub fn column_rule(&self, folded: &str) -> Option<&ColumnRule> {
        self.column
            .iter()
            .find(|(header, _)| matches(&fold(header), folded))
            .map(|(_, rule)| rule)
    }

    /// How a consent column is told of an opt-out, by its folded header.
    #[must_use]
    pub fn opted_out(&self, folded: &str) -> Option<&OptedOut> {
        self.opted_out
            .iter()
            .find(|(header, _)| matches(&fold(header), folded))
            .map(|(_, rule)| rule)
    }
}

/// Whether a folded name of a preset, which may hold `#`, is this folded header.
#[must_use]
pub fn matches(name: &str, folded: &str) -> bool {
    name == folded
        || (name.contains('#') && numbered(folded).is_some_and(|(pattern, _)| pattern == name))
}

fn contains(headers: &BTreeSet<String>, name: &str) -> bool {
    let name = fold(name);
    headers.contains(&name) || (name.contains('#') && headers.iter().any(|h| matches(&name, h)))
}

fn knows(words: &BTreeSet<String>, folded: &str) -> bool {
    words.contains(folded) || numbered(folded).is_some_and(|(pattern, _)| words.contains(&pattern))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_of_the_form() {
        let rulebook = Rulebook::builtin();
        let fields = rulebook.fields();
        let presets = Presets::load(&rulebook).expect("presets parse");
        let files: BTreeMap<&str, &str> = rulebook.folder("systems").collect();
        assert_eq!(files.len(), presets.iter().count());
        for preset in presets.iter() {
            let name = &preset.name;
            let text = files.get(format!("systems/{name}.toml").as_str());
            let text = text.unwrap_or_else(|| panic!("{name} is not its file's stem"));
            assert!(text.contains("# Provenance:"), "{name} has no provenance");
            assert!(!preset.label.is_empty(), "{name} has no label");
            assert!(!preset.signature.is_empty(), "{name} has no signature");
            assert!(
                preset.signature.iter().all(|group| !group.is_empty()),
                "{name}"
            );

            let targets = preset
                .map
                .keys()
                .chain(preset.fill.iter().flat_map(BTreeMap::keys))
                .chain(preset.when_filled.iter().map(|rule| &rule.field))
                .chain(preset.from_file_name.iter().map(|rule| &rule.field))
                .chain(
                    preset
                        .column
                        .values()
                        .flat_map(|rule| rule.parts.iter().flatten()),
                )
                .chain(preset.by_label.iter().flat_map(|rule| rule.to.keys()));
            for target in targets {
                assert!(fields.get(target).is_some(), "{name}: {target} is no field");
            }

            let mut seen: BTreeMap<String, &str> = BTreeMap::new();
            for (field, header) in preset
                .map
                .iter()
                .flat_map(|(f, hs)| hs.iter().map(move |h| (f, h)))
            {
                if let Some(other) = seen.insert(fold(header), field) {
                    panic!("{name}: {header} feeds {other} and {field}");
                }
            }
            let words = preset.words();
            for header in preset
                .column
                .keys()
                .chain(preset.signature.iter().flatten())
            {
                let header = fold(header);
                assert!(
                    knows(&words, &header) || words.iter().any(|word| matches(word, &header)),
                    "{name}: {header} is in a signature or a column rule, but not mapped or carried"
                );
            }
        }
    }

    #[test]
    fn a_generic_set_of_headers_is_no_system() {
        let presets = Presets::load(&Rulebook::builtin()).expect("presets parse");
        let headers = ["Email", "First Name", "Last Name", "Record ID", "Id"].map(String::from);
        assert!(presets.recognise(&headers).is_none());
    }

    #[test]
    fn each_signature_is_told_from_all_others() {
        let presets = Presets::load(&Rulebook::builtin()).expect("presets parse");
        for preset in presets.iter() {
            for group in &preset.signature {
                let found = presets.recognise(group).map(|found| &found.preset.name);
                assert_eq!(found, Some(&preset.name), "{group:?}");
            }
        }
    }
}
