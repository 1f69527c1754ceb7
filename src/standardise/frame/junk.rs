//! Records that nobody meant: test entries, "do not use". Marked with the error
//! `junk_record`; validation holds them out of the golden set.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::columns::Column;
use super::sheet::Sheet;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::standardise::coded::{Groups, code};
use crate::standardise::outcome::Doubt;
use crate::standardise::placeholder::Placeholders;

/// The cells that make up a name, and others that say what a record is.
const NAMES: [&str; 4] = ["given_name", "middle_name", "family_name", "full_name"];
const OTHERS: [&str; 2] = ["company", "job_title"];

pub fn mark(columns: &BTreeMap<&str, Column<'_>>, placeholders: &Placeholders, sheet: &mut Sheet) {
    let (names, others) = (of(columns, &NAMES), of(columns, &OTHERS));
    let Some(first) = names.first().or(others.first()) else {
        return;
    };
    let rows = first.coded.codes.len();
    let mut marked: BTreeMap<u32, &str> = BTreeMap::new();
    // Names by themselves, the rest by itself: together they would hardly repeat.
    for (names, others) in [
        (names.as_slice(), [].as_slice()),
        ([].as_slice(), others.as_slice()),
    ] {
        let codes: Vec<&[u32]> = names
            .iter()
            .chain(others)
            .map(|column| column.coded.codes.as_slice())
            .collect();
        if codes.is_empty() {
            continue;
        }
        let groups = Groups::of(rows, &codes, &[]);
        let said: Vec<Option<&str>> = groups
            .first
            .par_iter()
            .with_min_len(256)
            .map(|&row| {
                let row = row as usize;
                placeholders.junk(&cells(names, row), &cells(others, row))
            })
            .collect();
        for (row, &group) in groups.codes.iter().enumerate() {
            if let Some(Some(value)) = said.get(group as usize) {
                marked.entry(code(row)).or_insert(value);
            }
        }
    }
    for (row, value) in marked {
        let doubt = Doubt {
            rule: "junk_record",
            severity: Severity::Error,
            message: format!(
                "{} says that the record is nobody's: a test or a leftover",
                shown(value)
            ),
            suggestion: None,
        };
        sheet.doubt(row, "", Some(value), &doubt);
    }
}

fn of<'c, 'a>(columns: &'c BTreeMap<&str, Column<'a>>, fields: &[&str]) -> Vec<&'c Column<'a>> {
    fields
        .iter()
        .filter_map(|name| columns.get(*name))
        .collect()
}

fn cells<'a>(columns: &[&Column<'a>], row: usize) -> Vec<Option<&'a str>> {
    columns.iter().map(|column| column.raw.get(row)).collect()
}
