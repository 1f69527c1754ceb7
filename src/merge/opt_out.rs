//! Consent: an opt-out of any record counts, also through an address that it shares.

use hashbrown::HashMap;

use super::column::{Cells, Work, columns};
use super::policy::Policy;
use super::proof::{Part, Value};
use super::survive::{self, Choice};
use super::union::parts_of;
use crate::contact::{Table, Text};
use crate::plan::Strategy;

/// The addresses that some record opted out.
#[derive(Default)]
pub(super) struct OptedOut<'a> {
    /// For each column of addresses, by code, the first record that opted one of them out.
    through: Vec<(&'a Text, Vec<u32>)>,
    /// The codes of a yes and a no.
    codes: [Option<u32>; 2],
}

const NOBODY: u32 = u32::MAX;

impl<'a> OptedOut<'a> {
    pub(super) fn of(policy: &Policy, column: &Text, table: &'a Table) -> Self {
        if !policy.strategies.contains(&Strategy::OptOut) {
            return Self::default();
        }
        let code_of = |wanted: &str| {
            let place = column.distinct_values().position(|value| value == wanted)?;
            u32::try_from(place).ok()
        };
        let codes = ["true", "false"].map(code_of);
        let through = columns(table, &policy.through);
        let mut first: HashMap<&str, u32> = HashMap::new();
        let out = |row: &u32| codes[0].is_some() && column.code(*row as usize) == codes[0];
        for row in (0_u32..).take(table.rows()).filter(out) {
            let addresses = through.iter().filter_map(|text| text.get(row as usize));
            for value in addresses.flat_map(parts_of) {
                let first = first.entry(value).or_insert(row);
                *first = row.min(*first);
            }
        }
        if first.is_empty() {
            return Self {
                through: Vec::new(),
                codes,
            };
        }
        let by_code = |text: &'a Text| {
            let of = |value| {
                let known = parts_of(value).filter_map(|part| first.get(part).copied());
                known.min().unwrap_or(NOBODY)
            };
            (text, text.distinct_values().map(of).collect())
        };
        Self {
            through: through.into_iter().map(by_code).collect(),
            codes,
        }
    }

    /// Whether records without a value may get one.
    pub(super) fn is_through(&self) -> bool {
        !self.through.is_empty()
    }

    /// The first record that opted out an address of these records.
    fn by(&self, rows: &[u32]) -> Option<u32> {
        let of = |row: &u32| {
            let found = self.through.iter().filter_map(|(text, first)| {
                let code = text.code(*row as usize)?;
                Some(first[code as usize])
            });
            found.min()
        };
        let first = rows.iter().filter_map(of).min()?;
        (first != NOBODY).then_some(first)
    }
}

impl Work<'_> {
    /// `true` over `false` over missing, and an opt-out of the same address counts.
    pub(super) fn opt_out(&self, golden: usize, cells: Cells<'_>, part: &mut Part<'_>) {
        let [yes, no] = self.opted_out.codes;
        let own = |wanted: Option<u32>| {
            let wanted = wanted?;
            cells.filled().find(|(_, code)| *code == wanted)
        };
        let foreign = || Some((self.opted_out.by(cells.rows)?, yes?));
        let (row, code, why) = if let Some((row, code)) = own(yes) {
            (row, code, "")
        } else if let Some((row, code)) = foreign() {
            (row, code, "another record with this address opted out")
        } else if let Some((row, code)) = own(no) {
            (row, code, "")
        } else {
            // A value that is neither can't be read as a yes or a no: it is kept.
            let Some((row, code)) = cells.filled().next() else {
                part.missing();
                return;
            };
            (row, code, "")
        };
        part.cell(Some(code));
        if cells.rows.len() == 1 && why.is_empty() {
            return;
        }
        let agreed = why.is_empty() && cells.filled().all(|(_, own)| own == code);
        let rule = if agreed {
            survive::AGREED
        } else {
            survive::name(Strategy::OptOut)
        };
        part.survived(golden, Choice { row, rule }, Some(Value::Of(code)), why);
        for (row, own) in cells.filled().filter(|(_, own)| *own != code) {
            part.lost(golden, row, own, Some(Value::Of(code)), (rule, why));
        }
    }
}
