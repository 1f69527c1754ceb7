//! Fields with several values: each value of the person once, in its fullest form.

use super::column::Work;
use super::phones;
use super::proof::{Part, lost, survived};
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
    pub(super) fn union(&self, golden: usize, rows: &[u32], part: &mut Part) {
        let mut list = List {
            same: self.policy.same,
            emails: self.sources.emails,
            said: self.said(golden),
            keys: Vec::new(),
            values: Vec::new(),
            dropped: false,
        };
        let mut first = None;
        for &row in rows {
            let Some(cell) = self.column.get(row as usize) else {
                continue;
            };
            for value in parts_of(cell) {
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
            part.cell(self.column, rows[0]);
            return;
        }
        let why = self
            .policy
            .same
            .map_or(("", ""), |same| (same.rule(), same.reason()));
        let Some(first) = first else {
            part.missing();
            self.all_lost(golden, rows, None, why, part);
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
        part.value(self.column, rows, &value);
        let choice = Choice { row: first, rule };
        survived(part, golden, choice, &self.policy.column, Some(&value), "");
        if coded {
            self.all_lost(
                golden,
                rows,
                Some(&value),
                (phones::RULE, phones::REASON),
                part,
            );
        } else if list.dropped {
            self.all_lost(golden, rows, Some(&value), why, part);
        }
    }

    /// `Lost` for each record whose value the golden one does not hold.
    pub(super) fn all_lost(
        &self,
        golden: usize,
        rows: &[u32],
        value: Option<&str>,
        (rule, reason): (&str, &str),
        part: &mut Part,
    ) {
        if self.policy.same.is_none() {
            return;
        }
        for &row in rows {
            let own = self.column.get(row as usize);
            let kept = own.is_some_and(|own| {
                parts_of(own)
                    .all(|one| value.is_some_and(|value| parts_of(value).any(|known| known == one)))
            });
            if !kept {
                lost(
                    part,
                    golden,
                    row,
                    &self.policy.column,
                    own,
                    value,
                    rule,
                    reason,
                );
            }
        }
    }
}
