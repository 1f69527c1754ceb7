//! Person names: the name cells of a record belong together, once per distinct set.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;

use super::chunks;
use super::columns::Column;
use super::results::Results;
use super::sheet::Sheet;
use crate::contact::FieldType;
use crate::standardise::Knowledge;
use crate::standardise::coded::{Groups, NONE, code};
use crate::standardise::outcome::Outcome;
use crate::standardise::person::{self, Half, NameModel, NameOutcome, PersonRules, RawName};
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

/// The places of the halves in [`ALL`].
const GIVEN: usize = 1;
const FAMILY: usize = 3;

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
    let mut groups = Groups::of(rows, &codes, &[]);
    // Looked up once, in the order of `ALL`.
    let own = ALL.map(|(name, _)| of(name).filter(|_| !BESIDES.contains(&name)));
    let halves = |at: usize, is_family: bool| {
        own[at].map_or_else(Vec::new, |column| halves(column, is_family, rules, model))
    };
    let names = Names {
        halves: (halves(GIVEN, false), halves(FAMILY, true)),
        own,
        company: of("company"),
        rules,
        model,
        placeholders: &knowledge.placeholders,
    };
    // A name cell may hold the employer: the few rules that look at it are asked again
    // with it, once per set of name cells and company.
    let asked: Vec<AtomicBool> = groups.first.iter().map(|_| AtomicBool::default()).collect();
    let mut results: [_; 8] = chunks(groups.first.len(), |range, results| {
        for at in range {
            names.without_company(groups.first[at] as usize, &asked[at], results);
        }
    });
    if let Some(company) = names.company {
        let asked = |group: u32| {
            let asked = asked.get(group as usize);
            asked.is_some_and(|asked| asked.load(Ordering::Relaxed))
        };
        let companies = company.coded.codes.iter();
        let of_asked = |(group, company): (&u32, &u32)| match asked(*group) {
            true => (*group, *company),
            false => (NONE, NONE),
        };
        let (some, companies): (Vec<u32>, Vec<u32>) =
            groups.codes.iter().zip(companies).map(of_asked).unzip();
        let again = Groups::of(rows, &[&some], &[&companies]);
        let more: [_; 8] = chunks(again.first.len(), |range, results| {
            for &row in &again.first[range] {
                names.with_company(row as usize, results);
            }
        });
        // Their numbers are behind those of the sets of name cells.
        let behind = code(groups.first.len());
        for (results, more) in results.iter_mut().zip(more) {
            results.append(more);
        }
        for (group, again) in groups.codes.iter_mut().zip(&again.codes) {
            if *again != NONE {
                *group = behind + again;
            }
        }
    }
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
    let written: Vec<(&&str, &Results)> = results
        .iter()
        .filter(|(name, results)| {
            FIELDS.contains(name) && (of(name).is_some() || results.any_value())
        })
        .collect();
    // Each on a sheet of its own: whatever else is standardised is done by now.
    let events = &sheet.events;
    let sheets: Vec<Sheet> = written
        .into_par_iter()
        .with_max_len(1)
        .map(|(name, results)| {
            let mut sheet = Sheet::new(events.another());
            sheet.write(
                name,
                of(name).map(|column| column.raw),
                &groups.codes,
                results,
                |row, view| origins.source(row, view.reason),
            );
            sheet
        })
        .collect();
    sheet.join(Sheet::joined(sheets));
}

/// What the names of records are standardised with.
struct Names<'c> {
    /// In the order of [`ALL`].
    own: [Option<&'c Column<'c>>; 8],
    /// Of each given and each family name, by its column's code.
    halves: (Vec<Half>, Vec<Half>),
    company: Option<&'c Column<'c>>,
    rules: &'c PersonRules,
    model: &'c NameModel,
    placeholders: &'c Placeholders,
}

impl Names<'_> {
    /// The outcomes of a row's name for records of any company; nothing for a name whose
    /// rules ask for the company, as `asks` says then.
    fn without_company(&self, row: usize, asks: &AtomicBool, results: &mut [Results; 8]) {
        // A whole name is always compared with the company.
        let [.., full, _, _] = self.own;
        let whole = self.company.is_some() && full.is_some_and(|full| full.clean(row).is_some());
        let asked = Cell::new(whole);
        if !whole {
            let outcome = self.two_words(row);
            debug_assert!(outcome.as_ref().is_none_or(|outcome| {
                *outcome == self.outcome(row, None, Some(&asked)) && !asked.get()
            }));
            let outcome = outcome.unwrap_or_else(|| self.outcome(row, None, Some(&asked)));
            if self.company.is_none() || !asked.get() {
                self.push(row, outcome, results);
                return;
            }
        }
        asks.store(true, Ordering::Relaxed);
        for results in results {
            results.push(None, Outcome::default());
        }
    }

    fn with_company(&self, row: usize, results: &mut [Results; 8]) {
        let company = self.company.and_then(|column| column.clean(row));
        self.push(row, self.outcome(row, company, None), results);
    }

    /// A given and a family name and nothing else, two words that stay as they are: most
    /// names, which need no look at the two together.
    fn two_words(&self, row: usize) -> Option<NameOutcome> {
        let clean = |at: usize| self.own[at].and_then(|column| column.clean(row));
        let (given, family) = (clean(GIVEN)?, clean(FAMILY)?);
        let half = |at: usize, halves: &[Half]| {
            let code = *self.own[at]?.coded.codes.get(row)?;
            halves.get(code as usize).copied()
        };
        let (of_given, of_family) = (half(GIVEN, &self.halves.0)?, half(FAMILY, &self.halves.1)?);
        let others = (0..ALL.len()).filter(|at| ![GIVEN, FAMILY].contains(at));
        if !Half::stay(of_given, of_family) || others.into_iter().any(|at| clean(at).is_some()) {
            return None;
        }
        Some(NameOutcome {
            given: Outcome::unchanged(given),
            family: Outcome::unchanged(family),
            ..NameOutcome::default()
        })
    }

    fn outcome(
        &self,
        row: usize,
        company: Option<&str>,
        asked: Option<&Cell<bool>>,
    ) -> NameOutcome {
        let cells = self
            .own
            .map(|column| column.and_then(|column| column.clean(row)));
        let [prefix, given, middle, family, suffix, full, ..] = cells;
        let raw = RawName {
            prefix,
            given,
            middle,
            family,
            suffix,
            full,
            company,
            asked,
        };
        let mut outcome = person::standardise_name(raw, self.rules, self.model);
        clear_none_alone(&mut outcome, self.placeholders);
        outcome
    }

    fn push(&self, row: usize, outcome: NameOutcome, results: &mut [Results; 8]) {
        let outcomes = ALL.iter().zip(self.own).zip(parts_of(outcome));
        for ((((_, kind), column), outcome), results) in outcomes.zip(results.iter_mut()) {
            let mut outcome = super::from_raw(column, row, outcome);
            // `N/A Lee` has no given name.
            let split_off = column.is_none_or(|column| !column.raw.has(row));
            if split_off
                && outcome.value.as_deref().is_some_and(|value| {
                    self.placeholders.judge(kind, value) == Verdict::Placeholder
                })
            {
                outcome.value = None;
            }
            results.push(column.and_then(|column| column.coded.get(row)), outcome);
        }
    }
}

/// What each value of a column is as one half of a name, by code.
fn halves(
    column: &Column<'_>,
    is_family: bool,
    rules: &PersonRules,
    model: &NameModel,
) -> Vec<Half> {
    let half = |at: usize| {
        let clean = column.clean_of(code(at)).and_then(|view| view.value);
        clean.map_or_else(Half::default, |word| {
            Half::of(word, is_family, rules, model)
        })
    };
    let values = column.coded.values.len();
    (0..values)
        .into_par_iter()
        .with_min_len(512)
        .map(half)
        .collect()
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
