//! Fields with several values: each value of the person once, in its fullest form.

use super::column::{Cells, Work};
use super::phones;
use super::proof::{Part, Value};
use super::same::{Key, Same};
use super::survive::{self, Choice};
use crate::plan::Strategy;
use crate::standardise::email::EmailRules;

/// The values of a cell that holds several.
pub fn parts_of(cell: &str) -> impl Iterator<Item = &str> {
    cell.split(';')
        .map(str::trim)
        .filter(|part| !part.is_empty())
}

/// A list that says each value once, in its fullest form.
struct List<'a> {
    same: Option<Same>,
    emails: &'a EmailRules,
    /// Keys that stand in other columns.
    said: Vec<Key<'a>>,
    keys: Vec<Key<'a>>,
    values: Vec<&'a str>,
    /// A spelling was left out.
    dropped: bool,
}

impl<'a> List<'a> {
    /// Whether `value` is in the list now in its own spelling.
    fn add(&mut self, value: &'a str) -> bool {
        if self.values.contains(&value) {
            return true;
        }
        if let Some(same) = self.same {
            if !self.said.is_empty() && self.said.contains(&same.key(value, self.emails)) {
                self.dropped = true;
                return false;
            }
            let key = same.list_key(value, self.emails);
            if let Some(at) = self.keys.iter().position(|known| *known == key) {
                self.dropped = true;
                let fuller = same.is_fuller(value, self.values[at]);
                if fuller {
                    self.values[at] = value;
                }
                return fuller;
            }
            self.keys.push(key);
        }
        self.values.push(value);
        true
    }
}

impl Work<'_> {
    pub(super) fn union(&self, golden: usize, cells: Cells<'_>, part: &mut Part<'_>) {
        let rows = cells.rows;
        if cells.filled().next().is_none() && self.none_to_collect(golden, rows) {
            part.missing();
            return;
        }
        let mut list = List {
            same: self.policy.same,
            emails: self.sources.emails,
            said: self.said(golden),
            keys: Vec::new(),
            values: Vec::new(),
            dropped: false,
        };
        let mut first = None;
        for (row, code) in cells.filled() {
            for value in parts_of(self.column.value(code)) {
                if list.add(value) {
                    first = first.or(Some(row));
                }
            }
        }
        let winners: Vec<&str> = self
            .collects
            .iter()
            .filter_map(|(_, merged)| merged.get(golden))
            .collect();
        // The values of a single record are its golden ones: there are no losers.
        for &row in rows.iter().filter(|_| rows.len() > 1) {
            for (records, _) in &self.collects {
                if let Some(value) = records.get(row as usize)
                    && !winners.contains(&value)
                    && list.add(value)
                {
                    first = first.or(Some(row));
                }
            }
        }
        if rows.len() == 1 && !list.dropped {
            part.cell(cells.code(0));
            return;
        }
        let why = self
            .policy
            .same
            .map_or(("", ""), |same| (same.rule(), same.reason()));
        let Some(first) = first else {
            part.missing();
            self.all_lost(golden, cells, None, why, part);
            return;
        };
        let (mut value, mut coded) = (String::new(), false);
        for own in list.values {
            if !value.is_empty() {
                value.push(';');
            }
            match self.with_country_code(golden, own) {
                None => value.push_str(own),
                Some(number) => {
                    value.push_str(&number);
                    coded = true;
                }
            }
        }
        let differ = rows
            .iter()
            .any(|&row| self.column.get(row as usize) != Some(value.as_str()));
        let rule = if differ {
            survive::name(Strategy::Union)
        } else {
            survive::AGREED
        };
        let holds = |(_, code): &(u32, u32)| self.column.value(*code) == value;
        let value = match cells.filled().find(holds) {
            Some((_, code)) => Value::Of(code),
            None => Value::Own(&value),
        };
        part.value(value);
        let choice = Choice { row: first, rule };
        part.survived(golden, choice, Some(value), "");
        if coded {
            let why = (phones::RULE, phones::REASON);
            self.all_lost(golden, cells, Some(value), why, part);
        } else if list.dropped {
            self.all_lost(golden, cells, Some(value), why, part);
        }
    }

    /// Whether the records' values of the columns that losers come from are the golden
    /// ones, as far as codes tell.
    fn none_to_collect(&self, golden: usize, rows: &[u32]) -> bool {
        rows.len() == 1
            || self.collects.iter().all(|(records, merged)| {
                let won = merged.code(golden);
                merged.shares_codes(records)
                    && rows.iter().all(|&row| {
                        let own = records.code(row as usize);
                        own.is_none() || own == won
                    })
            })
    }

    /// `Lost` for each record whose value the golden one does not hold.
    pub(super) fn all_lost(
        &self,
        golden: usize,
        cells: Cells<'_>,
        value: Option<Value<'_>>,
        why: (&'static str, &'static str),
        part: &mut Part<'_>,
    ) {
        if self.policy.same.is_none() {
            return;
        }
        let won = value.map(|value| value.text(self.column));
        for (row, code) in cells.filled() {
            let kept = parts_of(self.column.value(code))
                .all(|one| won.is_some_and(|won| parts_of(won).any(|known| known == one)));
            if !kept {
                part.lost(golden, row, code, value, why);
            }
        }
    }
}
