//! Consent: an opt-out of any record counts, also through an address that it shares.

use hashbrown::HashMap;

use super::column::{Work, columns};
use super::policy::Policy;
use super::proof::{Part, lost, survived};
use super::survive::{self, Choice};
use super::union::parts_of;
use crate::contact::{Table, Text};
use crate::plan::Strategy;

/// Values of the `through` columns that some record opted out, with its row.
pub(super) fn opted_out<'a>(
    policy: &Policy,
    column: &Text,
    table: &'a Table,
) -> HashMap<&'a str, u32> {
    let mut out = HashMap::new();
    if !policy.strategies.contains(&Strategy::OptOut) {
        return out;
    }
    for through in columns(table, &policy.through) {
        for row in (0_u32..).take(table.rows()) {
            if column.get(row as usize) == Some("true") {
                for value in through.get(row as usize).into_iter().flat_map(parts_of) {
                    let first = out.entry(value).or_insert(row);
                    *first = row.min(*first);
                }
            }
        }
    }
    out
}

impl Work<'_> {
    /// `true` over `false` over missing, and an opt-out of the same address counts.
    pub(super) fn opt_out(&self, golden: usize, rows: &[u32], part: &mut Part) {
        let own = |wanted: &str| {
            rows.iter()
                .copied()
                .find(|&row| self.column.get(row as usize) == Some(wanted))
        };
        let foreign = || {
            rows.iter()
                .flat_map(|&row| self.through.iter().filter_map(move |t| t.get(row as usize)))
                .flat_map(parts_of)
                .filter_map(|value| self.opted_out.get(value).copied())
                .min()
        };
        let rule = survive::name(Strategy::OptOut);
        let (row, value, why) = if let Some(row) = own("true") {
            (row, "true", "")
        } else if let Some(row) = foreign() {
            (row, "true", "another record with this address opted out")
        } else if let Some(row) = own("false") {
            (row, "false", "")
        } else {
            // A value that is neither can't be read as a yes or a no: it is kept.
            let other = rows
                .iter()
                .find_map(|&row| Some((row, self.column.get(row as usize)?)));
            let Some((row, value)) = other else {
                part.missing();
                return;
            };
            (row, value, "")
        };
        part.value(self.column, &[row], value);
        if rows.len() == 1 && why.is_empty() {
            return;
        }
        let agreed = why.is_empty()
            && rows
                .iter()
                .all(|&row| self.column.get(row as usize).is_none_or(|v| v == value));
        let rule = if agreed { survive::AGREED } else { rule };
        survived(
            part,
            golden,
            Choice { row, rule },
            &self.policy.column,
            Some(value),
            why,
        );
        for &row in rows {
            lost(
                part,
                golden,
                row,
                &self.policy.column,
                self.column.get(row as usize),
                Some(value),
                rule,
                why,
            );
        }
    }
}
