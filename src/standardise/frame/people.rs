//! Person names: the name cells of a record belong together, once per distinct set.

use std::collections::BTreeMap;

use super::chunks;
use super::columns::Column;
use super::results::Results;
use super::sheet::Sheet;
use crate::contact::FieldType;
use crate::standardise::Knowledge;
use crate::standardise::coded::{Groups, code};
use crate::standardise::outcome::Outcome;
use crate::standardise::person::{self, NameModel, NameOutcome, PersonRules, RawName};
use crate::standardise::placeholder::{Placeholders, Verdict};
use crate::standardise::text;

/// The cells of a name, in the order that a missing value is looked for as its source.
const FIELDS: [&str; 6] = [
    "full_name",
    "given_name",
    "family_name",
    "middle_name",
    "prefix",
    "suffix",
];

/// What a name cell may hold besides; a field that has a value of its own keeps it.
const BESIDES: [&str; 2] = ["nickname", "former_family_name"];

/// All of them, in the order of [`parts_of`].
const ALL: [(&str, FieldType); 8] = [
    ("prefix", FieldType::NamePrefix),
    ("given_name", FieldType::GivenName),
    ("middle_name", FieldType::MiddleName),
    ("family_name", FieldType::FamilyName),
    ("suffix", FieldType::NameSuffix),
    ("full_name", FieldType::FullName),
    ("nickname", FieldType::FullName),
    ("former_family_name", FieldType::FamilyName),
];

fn parts_of(name: NameOutcome) -> [Outcome; 8] {
    [
        name.prefix,
        name.given,
        name.middle,
        name.family,
        name.suffix,
        name.full,
        name.nickname,
        name.former_family,
    ]
}

/// Standardises all name fields of the records.
pub fn standardise(
    columns: &BTreeMap<&str, Column<'_>>,
    knowledge: &Knowledge,
    model: &NameModel,
    sheet: &mut Sheet,
) {
    let rules = &knowledge.people;
    let of = |name: &str| columns.get(name);
    let named: Vec<&Column<'_>> = FIELDS.iter().filter_map(|name| of(name)).collect();
    let Some(first) = named.first() else { return };
    let rows = first.coded.codes.len();
    let codes: Vec<&[u32]> = named
        .iter()
        .map(|column| column.coded.codes.as_slice())
        .collect();
    // A name cell may hold the employer: the rules look at it.
    let context: Vec<&[u32]> = of("company")
        .map(|column| column.coded.codes.as_slice())
        .into_iter()
        .collect();
    let groups = Groups::of(rows, &codes, &context);
    // Looked up once, in the order of `ALL`.
    let own = ALL.map(|(name, _)| of(name).filter(|_| !BESIDES.contains(&name)));
    let [prefix, given, middle, family, suffix, full, ..] = own;
    let (company, email) = (of("company"), of("email"));
    let cells = [prefix, given, middle, family, suffix, full, company, email];
    let results: [_; 8] = chunks(groups.first.len(), |range, results| {
        for &row in &groups.first[range] {
            let row = row as usize;
            let [prefix, given, middle, family, suffix, full, company, email] =
                cells.map(|column| column.and_then(|column| column.clean(row)));
            let raw = RawName {
                prefix,
                given,
                middle,
                family,
                suffix,
                full,
                company,
                email,
            };
            let mut outcome = person::standardise_name(raw, rules, model);
            clear_none_alone(&mut outcome, &knowledge.placeholders);
            let outcomes = ALL.iter().zip(own).zip(parts_of(outcome));
            for ((((_, kind), column), outcome), results) in outcomes.zip(results.iter_mut()) {
                let mut outcome = super::from_raw(column, row, outcome);
                // `N/A Lee` has no given name.
                let split_off = column.is_none_or(|column| column.raw.get(row).is_none());
                if split_off
                    && outcome.value.as_deref().is_some_and(|value| {
                        knowledge.placeholders.judge(kind, value) == Verdict::Placeholder
                    })
                {
                    outcome.value = None;
                }
                results.push(column.and_then(|column| column.coded.get(row)), outcome);
            }
        }
    });
    let results: BTreeMap<&str, Results> = ALL.iter().map(|(name, _)| *name).zip(results).collect();
    let origins = Origins::of(columns);
    for name in BESIDES {
        let Some(results) = results.get(name) else {
            continue;
        };
        for (row, &group) in groups.codes.iter().enumerate() {
            let Some(view) = results.get(group, None) else {
                continue;
            };
            let (Some(value), Some((from, raw))) = (view.value, origins.source(row, view.reason))
            else {
                continue;
            };
            sheet.arrive(name, code(row), value, from, raw, view.rule);
        }
    }
    for (name, results) in results.iter().filter(|(name, _)| FIELDS.contains(name)) {
        let column = of(name);
        let has_values = column.is_some() || results.any_value();
        if !has_values {
            continue;
        }
        sheet.write(
            name,
            column.map(|column| column.raw),
            &groups.codes,
            results,
            |row, view| origins.source(row, view.reason),
        );
    }
}

/// Clears a name of one part whose word stands for no name: `Test`, not `Ann Test`.
fn clear_none_alone(name: &mut NameOutcome, placeholders: &Placeholders) {
    let mut filled = [
        &mut name.given,
        &mut name.middle,
        &mut name.family,
        &mut name.full,
    ]
    .into_iter()
    .filter(|part| part.value.is_some());
    let (Some(part), None) = (filled.next(), filled.next()) else {
        return;
    };
    if part
        .value
        .as_deref()
        .is_some_and(|value| placeholders.is_none_alone(value))
    {
        part.value = None;
        part.rule = "placeholder";
        part.reason = "stands for no name";
    }
}

/// Where a part of a row's name came from.
struct Origins<'c> {
    columns: &'c BTreeMap<&'c str, Column<'c>>,
    fields: Vec<&'c Column<'c>>,
}

impl<'c> Origins<'c> {
    fn of(columns: &'c BTreeMap<&'c str, Column<'c>>) -> Self {
        Self {
            columns,
            fields: FIELDS.iter().filter_map(|name| columns.get(name)).collect(),
        }
    }

    /// The name cell that a part of the row came out of, and its raw value: the one
    /// that the outcome names, else the first that is filled.
    fn source(&self, row: usize, named: &str) -> Option<(&'c str, &'c str)> {
        let cell = |column: &&'c Column<'c>| {
            let column: &'c Column<'c> = column;
            Some((column.field.name.as_str(), column.raw.get(row)?))
        };
        let named = match named {
            "" => None,
            named => self.columns.get(named).as_ref().and_then(cell),
        };
        named.or_else(|| self.fields.iter().find_map(cell))
    }
}

/// A family name in a column of its own that is no part of today's name.
pub fn former_family(
    column: &Column<'_>,
    rules: &PersonRules,
    model: &NameModel,
    sheet: &mut Sheet,
) {
    let values = &column.coded.values;
    let results = super::outcomes(
        values.len(),
        |at| Some(values[at]),
        |at| {
            column.whole(code(at), |clean| {
                let raw = RawName {
                    family: Some(clean),
                    ..RawName::default()
                };
                let outcome = person::standardise_name(raw, rules, model).family;
                if outcome.value.is_some() {
                    outcome
                } else {
                    text::standardise(clean)
                }
            })
        },
    );
    sheet.write(
        &column.field.name,
        Some(column.raw),
        &column.coded.codes,
        &results,
        |_, _| None,
    );
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    #[test]
    fn test_is_a_name_only_beside_another() {
        let rulebook = Rulebook::builtin();
        let (rules, placeholders) = (PersonRules::load(&rulebook), Placeholders::load(&rulebook));
        for (given, family, full, none) in [
            (Some("test"), None, None, true),
            (None, Some("Test"), None, true),
            (None, None, Some("Test"), true),
            (None, None, Some("TEST"), true),
            (Some("Ann"), Some("Test"), None, false),
            (None, None, Some("Ann Testa"), false),
            (Some("Testa"), None, None, false),
        ] {
            let raw = RawName {
                given,
                family,
                full,
                ..RawName::default()
            };
            let mut out = person::standardise_name(raw, &rules, &NameModel::empty());
            clear_none_alone(&mut out, &placeholders);
            let parts = [&out.given, &out.family, &out.full];
            let logged = parts.iter().any(|part| part.rule == "placeholder");
            let empty = parts.iter().all(|part| part.value.is_none());
            assert_eq!((empty, logged), (none, none), "{raw:?}");
        }
    }
}
