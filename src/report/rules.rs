//! What the report looks at and what it calls things, as data: `rules/report.toml`, and
//! the roles of the systems.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::figures::clean;
use crate::contact::{Records, Table};
use crate::map::preset::Presets;
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::standardise::vocabulary::Vocabulary;

/// `rules/report.toml`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReportRules {
    /// The field of the funnel.
    pub stage: String,
    pub conflicts: Vec<String>,
    pub consents: Vec<String>,
    pub alignment: Vec<String>,
    pub completeness: Vec<String>,
    /// Field → fields that may hold its value as well.
    pub also: BTreeMap<String, Vec<String>>,
    called: Vec<Vec<String>>,
    beside: Vec<String>,
    pub hidden: Vec<String>,
    pub partners: Vec<Partners>,
    /// Beginning of a file's name → what is in it.
    files: BTreeMap<String, String>,
    labels: BTreeMap<String, String>,
}

/// Two roles whose systems should know the same people.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Partners {
    pub one: String,
    pub other: String,
}

impl ReportRules {
    /// Reads the built-in file.
    ///
    /// # Panics
    /// Never: a test holds the file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let text = rulebook.file("report.toml").unwrap_or("");
        toml::from_str(text).unwrap_or_else(|error| {
            unreachable!("invariant: the built-in rules/report.toml is tested: {error}")
        })
    }

    /// What a field, stage, strategy or gate is called.
    #[must_use]
    pub fn label(&self, name: &str) -> String {
        if let Some(label) = self.labels.get(name) {
            return label.clone();
        }
        let text = clean(name).replace('_', " ");
        let mut chars = text.chars();
        match chars.next() {
            Some(first) => first.to_uppercase().chain(chars).collect(),
            None => text,
        }
    }

    /// What is in a file of a run.
    #[must_use]
    pub fn about_file(&self, name: &str) -> &str {
        let fitting = self
            .files
            .iter()
            .filter(|(start, _)| name.starts_with(*start));
        fitting
            .max_by_key(|(start, _)| start.len())
            .map_or("", |(_, about)| about)
    }

    /// What a record of `table` is called: its name, else what it has.
    #[must_use]
    pub fn name_of(&self, table: &Table, row: usize) -> String {
        self.called
            .iter()
            .map(|fields| {
                let parts: Vec<&str> = fields.iter().filter_map(|f| table.get(f, row)).collect();
                parts.join(" ")
            })
            .find(|name| !name.is_empty())
            .map_or_else(|| "no name".to_owned(), |name| clean(&name).into_owned())
    }

    /// What stands beside the name in a list, as far as it is no part of it.
    #[must_use]
    pub fn beside(&self, table: &Table, row: usize) -> Vec<String> {
        let name = self.name_of(table, row);
        self.beside
            .iter()
            .filter_map(|field| table.get(field, row))
            .map(|value| clean(value).into_owned())
            .filter(|value| *value != name)
            .collect()
    }

    /// The values of the stage in their order, those outside of it last.
    #[must_use]
    pub fn stages(&self, rulebook: &Rulebook) -> Vec<(String, Option<u32>)> {
        let Some(name) = rulebook
            .fields()
            .get(&self.stage)
            .and_then(|field| field.vocabulary.as_deref())
        else {
            return Vec::new();
        };
        let vocabulary = Vocabulary::load(name, rulebook);
        let mut stages: Vec<(String, Option<u32>)> = vocabulary
            .names()
            .map(|value| (value.to_owned(), vocabulary.order(value)))
            .collect();
        stages.sort_by_key(|(_, order)| order.unwrap_or(u32::MAX));
        stages
    }
}

/// By comparison of the match model: the fields whose values it looks at (`fields` in
/// `rules/matching.toml`).
#[must_use]
pub fn compared_fields(rulebook: &Rulebook) -> BTreeMap<String, Vec<String>> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Model {
        comparison: Vec<Comparison>,
        organisations: Option<Box<Model>>,
    }
    #[derive(Deserialize)]
    struct Comparison {
        name: String,
        #[serde(default)]
        fields: Vec<String>,
    }
    let text = rulebook.file("matching.toml").unwrap_or("");
    let model: Model = toml::from_str(text).unwrap_or_default();
    let organisations = model.organisations.into_iter().flat_map(|o| o.comparison);
    let mut fields: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for comparison in model.comparison.into_iter().chain(organisations) {
        let known = fields.entry(comparison.name).or_default();
        for field in comparison.fields {
            if !known.contains(&field) {
                known.push(field);
            }
        }
    }
    fields
}

/// What the report knows of a source's system.
#[derive(Clone, Debug, Default)]
pub struct System {
    /// Whose tool it is, if that is known.
    pub role: Option<String>,
    /// What it is called, if it was recognised.
    pub label: Option<String>,
}

/// The systems of the sources.
#[must_use]
pub fn systems(records: &Records, plan: &Plan, rulebook: &Rulebook) -> Vec<System> {
    let presets = Presets::load(rulebook).unwrap_or_default();
    records
        .sources
        .iter()
        .map(|source| {
            let preset = source.system.as_deref().and_then(|name| presets.get(name));
            let own = plan.sources.iter().find(|own| own.name == source.name);
            let own = own.and_then(|own| own.role.clone());
            System {
                role: own.or_else(|| preset.and_then(|preset| preset.role.clone())),
                label: preset.map(|preset| preset.label.clone()),
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_names_fields_and_roles_that_exist() {
        let rulebook = Rulebook::builtin();
        let rules = ReportRules::load(&rulebook);
        let fields = [
            &rules.conflicts,
            &rules.consents,
            &rules.alignment,
            &rules.completeness,
            &rules.beside,
            &rules.hidden,
        ];
        let also = rules
            .also
            .iter()
            .flat_map(|(field, also)| also.iter().chain([field]));
        let named = fields
            .into_iter()
            .flatten()
            .chain(rules.called.iter().flatten())
            .chain(also);
        for field in named.chain([&rules.stage]) {
            assert!(rulebook.fields().get(field).is_some(), "{field}");
        }
        let presets = Presets::load(&rulebook).unwrap();
        for role in rules.partners.iter().flat_map(|p| [&p.one, &p.other]) {
            assert!(
                presets.iter().any(|p| p.role.as_ref() == Some(role)),
                "{role}"
            );
        }
        assert!(rules.stages(&rulebook).len() > 3);
        let compared = compared_fields(&rulebook);
        assert_eq!(compared["email"], ["email", "other_emails"]);
        for field in compared.values().flatten() {
            assert!(rulebook.fields().get(field).is_some(), "{field}");
        }
        assert_eq!(rules.label("family_name"), "Family name");
    }
}
