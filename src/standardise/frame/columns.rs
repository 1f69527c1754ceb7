//! The raw columns, coded, with what every type has done to it first: mojibake
//! undone, text guards off, blanks tidied, placeholders out.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};

use hashbrown::HashMap;
use rayon::prelude::*;

use super::outcomes;
use super::results::{Results, View};
use crate::contact::{Field, FieldType, Fields, Records, Text};
use crate::standardise::coded::{Coded, NONE, code};
use crate::standardise::mojibake;
use crate::standardise::outcome::Outcome;
use crate::standardise::placeholder::{Placeholders, Verdict, folded};
use crate::standardise::text::{tidy_block, tidy_line, without_guard};

/// One canonical or input-only column of the records.
pub struct Column<'a> {
    pub field: &'a Field,
    pub raw: &'a Text,
    pub coded: Coded<'a>,
    /// By code: the value as the field's type gets it.
    pub clean: Results,
}

impl<'a> Column<'a> {
    /// The cleaned value of a code.
    pub fn clean_of(&self, code: u32) -> Option<View<'_>> {
        self.clean
            .get(code, self.coded.values.get(code as usize).copied())
    }

    /// The cleaned value of a row.
    pub fn clean(&self, row: usize) -> Option<&str> {
        self.coded
            .codes
            .get(row)
            .and_then(|&code| self.clean_of(code))
            .and_then(|view| view.value)
    }

    /// An outcome of the field's type on a cleaned value, told from the raw one on.
    pub fn whole(&self, code: u32, of_type: impl FnOnce(&str) -> Outcome) -> Outcome {
        let Some(view) = self.clean_of(code) else {
            return Outcome::default();
        };
        let Some(clean) = view.value else {
            return Outcome::cleared(view.rule, view.reason);
        };
        let mut outcome = of_type(clean);
        let raw = self.coded.values.get(code as usize).copied();
        if outcome.value.as_deref() == raw {
            outcome.rule = "";
        } else if outcome.value.is_some()
            && (outcome.rule.is_empty() || view.rule == mojibake::RULE)
        {
            outcome.rule = view.rule;
        }
        outcome
    }
}

/// All columns that a canonical field names, in the fields' order.
pub fn read<'a>(
    records: &'a Records,
    fields: &'a Fields,
    placeholders: &Placeholders,
) -> BTreeMap<&'a str, Column<'a>> {
    let present: Vec<(&Field, &Text)> = fields
        .iter()
        .filter_map(|field| Some((field, records.table.column(&field.name)?)))
        .collect();
    let mut columns: Vec<(Column<'a>, Vec<u32>)> = present
        .into_par_iter()
        .map(|(field, raw)| column(field, raw, placeholders))
        .collect();
    settle_maybes(&mut columns, records);
    columns
        .into_iter()
        .map(|(column, _)| (column.field.name.as_str(), column))
        .collect()
}

/// A column and the codes whose values may be placeholders.
fn column<'a>(
    field: &'a Field,
    raw: &'a Text,
    placeholders: &Placeholders,
) -> (Column<'a>, Vec<u32>) {
    let coded = Coded::of(raw);
    let maybe: Vec<AtomicBool> = coded
        .values
        .iter()
        .map(|_| AtomicBool::new(false))
        .collect();
    let clean = outcomes(
        coded.values.len(),
        |at| Some(coded.values[at]),
        |at| {
            let (outcome, is_maybe) = cleaned(coded.values[at], &field.kind, placeholders);
            if is_maybe {
                maybe[at].store(true, Ordering::Relaxed);
            }
            outcome
        },
    )
    .sparse();
    let maybes = (0..)
        .zip(maybe)
        .filter_map(|(at, maybe)| maybe.into_inner().then_some(at))
        .collect();
    let column = Column {
        field,
        raw,
        coded,
        clean,
    };
    (column, maybes)
}

/// What every type has done to a value first; and whether the column must tell if
/// it is one.
fn cleaned(raw: &str, kind: &FieldType, placeholders: &Placeholders) -> (Outcome, bool) {
    let undone = mojibake::undo(raw);
    let text = undone.as_deref().unwrap_or(raw);
    let text = match kind {
        FieldType::Text | FieldType::GivenName | FieldType::FamilyName | FieldType::FullName => {
            text
        }
        _ => without_guard(text),
    };
    let tidy = match kind {
        // Their inner lines say something: address lines, several values in a cell.
        FieldType::Text
        | FieldType::Street
        | FieldType::Address
        | FieldType::Email
        | FieldType::Phone
        | FieldType::Tags => tidy_block(text),
        _ => tidy_line(text),
    };
    if tidy.is_empty() {
        return (Outcome::cleared("blank", "nothing but blanks"), false);
    }
    let maybe = match placeholders.judge(kind, &tidy) {
        Verdict::Placeholder => {
            return (
                Outcome::cleared("placeholder", "stands for no value"),
                false,
            );
        }
        Verdict::Maybe => true,
        Verdict::Value => false,
    };
    let outcome = match (&undone, tidy == raw) {
        (Some(_), _) => Outcome::changed(tidy.into_owned(), mojibake::RULE),
        (None, false) => Outcome::changed(tidy.into_owned(), "text_tidied"),
        (None, true) => Outcome::unchanged(raw),
    };
    (outcome, maybe)
}

/// Words that are names too: cleared in a source where they fill several columns
/// or one row in fifty of a column, kept elsewhere.
fn settle_maybes(columns: &mut [(Column<'_>, Vec<u32>)], records: &Records) {
    let mut seen: HashMap<(u16, String), Seen, foldhash::fast::FixedState> = HashMap::default();
    for (at, (column, maybes)) in columns.iter().enumerate() {
        if maybes.is_empty() {
            continue;
        }
        let mut filled: BTreeMap<u16, u64> = BTreeMap::new();
        let mut rows: BTreeMap<(u16, u32), u64> = BTreeMap::new();
        let is_maybe: Vec<bool> = flags(column.coded.values.len(), maybes);
        for (origin, &code) in records.origin.iter().zip(&column.coded.codes) {
            if code != NONE {
                *filled.entry(origin.source).or_default() += 1;
                if is_maybe[code as usize] {
                    *rows.entry((origin.source, code)).or_default() += 1;
                }
            }
        }
        for ((source, code), count) in rows {
            let word = folded(column.coded.values[code as usize]);
            let of = filled.get(&source).copied().unwrap_or(0);
            let entry = seen.entry((source, word)).or_default();
            if entry.columns.last() != Some(&at) {
                entry.columns.push(at);
            }
            entry.rows += count;
            entry.fills |= count >= 3 && count * 50 >= of;
        }
    }
    for (column, maybes) in columns.iter_mut().filter(|(_, maybes)| !maybes.is_empty()) {
        let words: HashMap<u32, String, foldhash::fast::FixedState> = maybes
            .iter()
            .map(|&code| (code, folded(column.coded.values[code as usize])))
            .collect();
        // A cleared twin of the value, for the rows of the sources that prove it.
        let mut twins: BTreeMap<u32, u32> = BTreeMap::new();
        for (origin, code_of) in records.origin.iter().zip(column.coded.codes.iter_mut()) {
            let Some(word) = words.get(code_of) else {
                continue;
            };
            let proven = seen
                .get(&(origin.source, word.clone()))
                .is_some_and(|seen| seen.fills || (seen.columns.len() > 1 && seen.rows > 2));
            if !proven {
                continue;
            }
            let twin = *twins.entry(*code_of).or_insert_with(|| {
                let value = column.coded.values[*code_of as usize];
                column.coded.values.push(value);
                column.clean.push(
                    Some(value),
                    Outcome::cleared("placeholder", "the whole column writes it for no value"),
                );
                code(column.coded.values.len() - 1)
            });
            *code_of = twin;
        }
    }
}

#[derive(Default)]
struct Seen {
    columns: Vec<usize>,
    rows: u64,
    fills: bool,
}

fn flags(len: usize, set: &[u32]) -> Vec<bool> {
    let mut flags = vec![false; len];
    for &code in set {
        flags[code as usize] = true;
    }
    flags
}
