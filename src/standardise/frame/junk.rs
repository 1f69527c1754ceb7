//! Records that nobody meant: test entries, "do not use". Marked with the error
//! `junk_record`; validation holds them out of the golden set.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::columns::Column;
use super::sheet::Sheet;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::standardise::coded::code;
use crate::standardise::outcome::Doubt;
use crate::standardise::placeholder::{Placeholders, Says};

/// The cells that make up a name, and others that say what a record is.
const NAMES: [&str; 4] = ["given_name", "middle_name", "family_name", "full_name"];
const OTHERS: [&str; 2] = ["company", "job_title"];

pub fn mark(columns: &BTreeMap<&str, Column<'_>>, placeholders: &Placeholders, sheet: &mut Sheet) {
    let of = |fields: &'static [&'static str], is_name: bool| {
        let present = fields.iter().filter_map(|name| columns.get(*name));
        present.map(move |column| (column, is_name))
    };
    let columns: Vec<(&Column<'_>, bool)> = of(&NAMES, true).chain(of(&OTHERS, false)).collect();
    let says: Vec<Vec<Says>> = columns
        .iter()
        .map(|(column, is_name)| {
            let values = column.coded.values.par_iter().with_min_len(256);
            values
                .map(|value| placeholders.says(value, *is_name))
                .collect()
        })
        .collect();
    let rows = columns
        .first()
        .map_or(0, |(column, _)| column.coded.codes.len());
    let marked: Vec<(u32, &str)> = (0..rows)
        .into_par_iter()
        .with_min_len(1 << 14)
        .filter_map(|row| {
            let of_row = columns.iter().zip(&says).enumerate();
            let values = of_row.filter_map(|(place, ((column, _), says))| {
                let code = column.coded.codes[row] as usize;
                Some((place, *says.get(code)?))
            });
            let (column, _) = columns[Placeholders::junk(values)?];
            Some((code(row), column.coded.get(row)?))
        })
        .collect();
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
