//! Survivorship as data: `rules/merging.toml`, the plan's `[[merge.field]]` over it.
//!
//! In: the rulebook, the plan, the columns of the table. Out: one [`Policy`] a column.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::same::Same;
use crate::contact::{Field, FieldType};
use crate::plan::{Plan, Strategy};
use crate::rulebook::Rulebook;

/// Everything that `rules/merging.toml` says.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Merging {
    /// Date fields, the first filled one is the record's date.
    pub recency: Vec<String>,
    /// Date fields, the first filled one is the record's age.
    pub age: Vec<String>,
    default: Strategies,
    #[serde(default, rename = "type")]
    types: Vec<TypeRule>,
    #[serde(default, rename = "group")]
    pub groups: Vec<GroupRule>,
    #[serde(default, rename = "field")]
    fields: Vec<FieldRule>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Strategies {
    strategy: Vec<Strategy>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TypeRule {
    #[serde(rename = "type")]
    kind: FieldType,
    strategy: Vec<Strategy>,
}

/// Fields that come whole from one record.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GroupRule {
    pub group: String,
    pub strategy: Vec<Strategy>,
    /// Fields that may be filled in where all other records agree.
    #[serde(default)]
    pub fill: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct FieldRule {
    field: String,
    strategy: Vec<Strategy>,
    #[serde(default)]
    avoid: Vec<Avoid>,
    #[serde(default)]
    attested_by: Vec<String>,
    #[serde(default)]
    with: Option<String>,
    #[serde(default)]
    collects: Vec<String>,
    #[serde(default)]
    through: Vec<String>,
    #[serde(default)]
    ends: BTreeMap<String, String>,
    #[serde(default)]
    other_half: Option<String>,
    #[serde(default)]
    apart_from: Vec<String>,
    #[serde(default)]
    spelled_in: Vec<String>,
    #[serde(default)]
    region: Option<String>,
}

/// What makes a value step back while another is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Avoid {
    Shared,
    OtherScript,
    Initial,
    Nickname,
    Misspelling,
    Unaccented,
    RoleMailbox,
    Tagged,
    National,
    Swapped,
}

/// How one column survives.
#[derive(Clone, Debug)]
pub struct Policy {
    pub column: String,
    pub strategies: Vec<Strategy>,
    /// Source names, most trusted first, for this column only.
    pub sources: Vec<String>,
    pub avoid: Vec<Avoid>,
    pub attested_by: Vec<String>,
    pub with: Option<String>,
    pub collects: Vec<String>,
    pub through: Vec<String>,
    /// Value outside the order → the mark that it must be newer than.
    pub ends: BTreeMap<String, String>,
    /// The column that a value stands in when the halves of a name are swapped.
    pub other_half: Option<String>,
    /// Columns, merged before, whose value is not said again here.
    pub apart_from: Vec<String>,
    /// Columns that may hold the full form of a phone.
    pub spelled_in: Vec<String>,
    /// The field, merged before, that tells a national number's country.
    pub region: Option<String>,
    /// How two values of this column are told to mean the same.
    pub same: Option<Same>,
    pub multi: bool,
    /// Values are points in time: `most_recent` and `earliest` compare them.
    pub is_time: bool,
    /// The order of the vocabulary, for `furthest`.
    pub order: BTreeMap<String, i64>,
    /// The group that the plan did not take the column out of.
    pub group: Option<String>,
}

impl Policy {
    /// Columns that have to be merged before this one.
    pub fn leans_on(&self) -> impl Iterator<Item = &str> {
        self.with
            .iter()
            .chain(&self.collects)
            .chain(&self.apart_from)
            .chain(&self.region)
            .map(String::as_str)
    }
}

impl Merging {
    /// Reads the built-in file.
    ///
    /// # Errors
    /// The parser's message: `rules/merging.toml` is held to its form by a test.
    pub fn load(rulebook: &Rulebook) -> Result<Self, String> {
        let text = rulebook
            .file("merging.toml")
            .ok_or("rules/merging.toml is missing")?;
        toml::from_str(text).map_err(|error| format!("rules/merging.toml: {error}"))
    }

    /// The policy of a canonical field or an extra column.
    #[must_use]
    pub fn policy(&self, column: &str, rulebook: &Rulebook, plan: &Plan) -> Policy {
        let field: Option<&Field> = rulebook.fields().get(column);
        let rule = self.fields.iter().find(|rule| rule.field == column);
        let by_type = field.and_then(|field| self.types.iter().find(|t| t.kind == field.kind));
        let own = plan.merge.iter().find(|merge| merge.field == column);
        let multi = field.is_some_and(|field| field.multi);
        let strategies = own
            .map(|own| own.strategies.clone())
            .filter(|strategies| !strategies.is_empty())
            .or_else(|| rule.map(|rule| rule.strategy.clone()))
            .or_else(|| by_type.map(|t| t.strategy.clone()))
            .or_else(|| multi.then(|| vec![Strategy::Union]))
            .unwrap_or_else(|| self.default.strategy.clone());
        let rule = rule.cloned();
        Policy {
            column: column.to_owned(),
            strategies,
            sources: own.map(|own| own.sources.clone()).unwrap_or_default(),
            // A plan's own strategy stands alone: what a team asked for is what it gets.
            avoid: match own {
                Some(own) if !own.strategies.is_empty() => Vec::new(),
                _ => rule.as_ref().map(|r| r.avoid.clone()).unwrap_or_default(),
            },
            attested_by: rule
                .as_ref()
                .map(|r| r.attested_by.clone())
                .unwrap_or_default(),
            with: match own {
                Some(_) => None,
                None => rule.as_ref().and_then(|r| r.with.clone()),
            },
            collects: rule
                .as_ref()
                .map(|r| r.collects.clone())
                .unwrap_or_default(),
            through: rule.as_ref().map(|r| r.through.clone()).unwrap_or_default(),
            ends: rule.as_ref().map(|r| r.ends.clone()).unwrap_or_default(),
            same: rule.as_ref().and_then(|rule| {
                let told = !rule.apart_from.is_empty() || !rule.spelled_in.is_empty();
                Same::of(&field?.kind).filter(|_| told)
            }),
            other_half: rule.as_ref().and_then(|r| r.other_half.clone()),
            apart_from: rule
                .as_ref()
                .map(|r| r.apart_from.clone())
                .unwrap_or_default(),
            spelled_in: rule
                .as_ref()
                .map(|r| r.spelled_in.clone())
                .unwrap_or_default(),
            region: rule.and_then(|r| r.region),
            multi,
            is_time: field.is_some_and(|field| field.kind == FieldType::DateTime),
            order: field
                .and_then(|field| field.vocabulary.as_deref())
                .map(|name| vocabulary_order(name, rulebook))
                .unwrap_or_default(),
            group: match own {
                Some(_) => None,
                None => field.and_then(|field| field.group.clone()),
            },
        }
    }

    /// How a group's record is chosen.
    #[must_use]
    pub fn group_strategies(&self, group: &str) -> Vec<Strategy> {
        self.groups
            .iter()
            .find(|rule| rule.group == group)
            .map_or_else(
                || self.default.strategy.clone(),
                |rule| rule.strategy.clone(),
            )
    }
}

/// Value → order, from `rules/vocabularies/<name>.toml`: every table in it that has
/// an integer `order` and names its value.
fn vocabulary_order(name: &str, rulebook: &Rulebook) -> BTreeMap<String, i64> {
    let mut order = BTreeMap::new();
    let parsed = rulebook
        .file(&format!("vocabularies/{name}.toml"))
        .and_then(|text| text.parse::<toml::Table>().ok());
    for (key, value) in parsed.iter().flatten() {
        match value {
            toml::Value::Array(entries) => {
                for entry in entries.iter().filter_map(toml::Value::as_table) {
                    let named = ["name", "value", "id", "canonical"]
                        .iter()
                        .find_map(|key| entry.get(*key).and_then(toml::Value::as_str));
                    if let (Some(named), Some(rank)) =
                        (named, entry.get("order").and_then(toml::Value::as_integer))
                    {
                        order.insert(named.to_owned(), rank);
                    }
                }
            }
            toml::Value::Table(entry) => {
                if let Some(rank) = entry.get("order").and_then(toml::Value::as_integer) {
                    order.insert(key.clone(), rank);
                }
            }
            _ => {}
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_survivorship_names_known_fields_and_groups() {
        let rulebook = Rulebook::builtin();
        let merging = Merging::load(&rulebook).expect("the built-in file parses");
        let known = |name: &String| rulebook.fields().get(name).is_some();
        for rule in &merging.fields {
            assert!(known(&rule.field), "{}", rule.field);
            for name in rule
                .attested_by
                .iter()
                .chain(&rule.with)
                .chain(&rule.collects)
                .chain(&rule.through)
                .chain(&rule.other_half)
                .chain(&rule.apart_from)
                .chain(&rule.spelled_in)
                .chain(&rule.region)
            {
                assert!(known(name), "{name} in {}", rule.field);
            }
        }
        for group in &merging.groups {
            assert!(
                rulebook
                    .fields()
                    .iter()
                    .any(|field| field.group.as_deref() == Some(&group.group))
            );
        }
        for name in merging.recency.iter().chain(&merging.age) {
            assert!(known(name), "{name}");
        }
    }
}
