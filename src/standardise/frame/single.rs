//! Fields whose values need nothing but themselves, and phones, which need a region.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::columns::Column;
use super::outcomes;
use super::sheet::{JOIN, Sheet};
use crate::contact::{FieldType, Text};
use crate::standardise::coded::{Coded, Groups, NONE, code};
use crate::standardise::outcome::Outcome;
use crate::standardise::{Knowledge, phone};

/// Standardises a column by its type alone.
pub fn standardise(column: &Column<'_>, knowledge: &Knowledge, sheet: &mut Sheet) {
    let values = &column.coded.values;
    let results = outcomes(
        values.len(),
        |at| Some(values[at]),
        |at| {
            column.whole(u32::try_from(at).unwrap_or(NONE), |clean| {
                of_type(column, clean, knowledge)
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

/// Standardises a phone column; `regions` has each row's ISO country, `hints` the one
/// that the email tells where there is none.
pub fn phones(
    column: &Column<'_>,
    regions: &Coded<'_>,
    hints: &Coded<'_>,
    knowledge: &Knowledge,
    sheet: &mut Sheet,
) {
    let groups = Groups::of(
        column.coded.codes.len(),
        &[&column.coded.codes],
        &[&regions.codes, &hints.codes],
    );
    let key = |at: usize| {
        let row = groups.first[at] as usize;
        (column.coded.codes[row], regions.get(row), hints.get(row))
    };
    let results = outcomes(
        groups.first.len(),
        |at| column.coded.get(groups.first[at] as usize),
        |at| {
            let (code, region, hint) = key(at);
            let one = |text: &str| match region {
                Some(_) => phone::standardise(text, region, &knowledge.phones),
                None => phone::standardise_by_email(text, hint, &knowledge.phones),
            };
            column.whole(code, |clean| {
                if column.field.multi {
                    several(clean, one)
                } else {
                    one(clean)
                }
            })
        },
    );
    sheet.write(
        &column.field.name,
        Some(column.raw),
        &groups.codes,
        &results,
        |_, _| None,
    );
}

fn of_type(column: &Column<'_>, clean: &str, knowledge: &Knowledge) -> Outcome {
    let one = |value: &str| knowledge.single(column.field, value);
    match column.field.kind {
        FieldType::Email if column.field.multi => several(clean, one),
        // No id has a blank or a comma in it.
        FieldType::SystemId if column.field.multi => {
            let parted = clean
                .split([',', ' ', '|', '\n', '\t'])
                .collect::<Vec<_>>()
                .join(";");
            let mut outcome = several(&parted, one);
            if outcome.rule.is_empty() && outcome.value.as_deref() != Some(clean) {
                outcome.rule = "values_joined";
            }
            outcome
        }
        _ => one(clean),
    }
}

/// A cell of several values: each standardised, equal ones once, joined by `;`.
pub fn several(clean: &str, one: impl Fn(&str) -> Outcome) -> Outcome {
    let mut values: Vec<String> = Vec::new();
    let mut whole = Outcome::default();
    for piece in clean
        .split(JOIN)
        .map(str::trim)
        .filter(|piece| !piece.is_empty())
    {
        let outcome = one(piece);
        if !outcome.rule.is_empty() {
            whole.rule = outcome.rule;
        }
        whole.reason = outcome.reason;
        whole.doubts.extend(outcome.doubts);
        for value in outcome
            .value
            .into_iter()
            .chain(outcome.parts.into_iter().map(|(_, value)| value))
        {
            if !values.contains(&value) {
                values.push(value);
            }
        }
    }
    let joined = values.join(";");
    if joined.is_empty() {
        let rule = if whole.rule.is_empty() {
            "blank"
        } else {
            whole.rule
        };
        return Outcome {
            rule,
            value: None,
            ..whole
        };
    }
    if joined == clean {
        whole.rule = "";
    } else if whole.rule.is_empty() {
        whole.rule = "values_joined";
    }
    Outcome {
        value: Some(joined),
        ..whole
    }
}

/// Each row's region for phones: its country, else its source's, else the plan's.
pub fn regions<'a>(
    country: Option<&'a Text>,
    by_source: &'a [Option<String>],
    sources: &[u16],
) -> Coded<'a> {
    let mut regions = Words::default();
    let of_source: Vec<u32> = by_source
        .iter()
        .map(|region| {
            region
                .as_deref()
                .map_or(NONE, |region| regions.code(region))
        })
        .collect();
    let of_country: Vec<u32> = country.map_or_else(Vec::new, |column| {
        let regions = &mut regions;
        column
            .distinct_values()
            .map(|code| match code.len() {
                2 => regions.code(code),
                _ => NONE,
            })
            .collect()
    });
    let codes = sources
        .iter()
        .enumerate()
        .map(|(row, &source)| {
            country
                .and_then(|column| column.code(row))
                .map(|code| of_country[code as usize])
                .filter(|code| *code != NONE)
                .unwrap_or_else(|| of_source.get(source as usize).copied().unwrap_or(NONE))
        })
        .collect();
    Coded {
        codes,
        values: regions.values,
    }
}

/// For each address the region that its domain tells, empty for none.
pub fn regions_of_emails(email: Option<&Text>, knowledge: &Knowledge) -> Vec<Option<String>> {
    email.map_or_else(Vec::new, |column| {
        (0..column.distinct())
            .into_par_iter()
            .with_min_len(1024)
            .map(|at| phone::region_of_email(column.value(code(at)), &knowledge.phones))
            .collect()
    })
}

/// For each row without a region the one that its email's domain tells;
/// `of_emails` is by the email's code.
pub fn hints<'a>(
    regions: &Coded<'_>,
    email: Option<&Text>,
    of_emails: &'a [Option<String>],
) -> Coded<'a> {
    let mut hints = Words::default();
    let by_email: Vec<u32> = of_emails
        .iter()
        .map(|region| region.as_deref().map_or(NONE, |region| hints.code(region)))
        .collect();
    let codes = regions
        .codes
        .iter()
        .enumerate()
        .map(|(row, region)| {
            email
                .filter(|_| *region == NONE)
                .and_then(|column| column.code(row))
                .map_or(NONE, |code| by_email[code as usize])
        })
        .collect();
    Coded {
        codes,
        values: hints.values,
    }
}

/// Codes of a few words.
#[derive(Default)]
struct Words<'a> {
    values: Vec<&'a str>,
    known: HashMap<&'a str, u32, foldhash::fast::FixedState>,
}

impl<'a> Words<'a> {
    fn code(&mut self, word: &'a str) -> u32 {
        let values = &mut self.values;
        *self.known.entry(word).or_insert_with(|| {
            values.push(word);
            code(values.len() - 1)
        })
    }
}
