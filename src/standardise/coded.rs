//! Columns as dictionary codes, so that each distinct value is standardised once.

use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::contact::Text;

/// The code of a missing cell.
pub const NONE: u32 = u32::MAX;

/// A column: for each row the position of its value, in order of first sight.
#[derive(Clone, Debug, Default)]
pub struct Coded<'a> {
    pub codes: Vec<u32>,
    pub values: Vec<&'a str>,
}

impl<'a> Coded<'a> {
    #[must_use]
    pub fn of(column: &'a Text) -> Self {
        Self::of_cells(column.iter())
    }

    #[must_use]
    pub fn of_values(cells: &[Option<&'a str>]) -> Self {
        Self::of_cells(cells.iter().copied())
    }

    fn of_cells(cells: impl Iterator<Item = Option<&'a str>>) -> Self {
        let mut known: HashMap<&str, u32, foldhash::fast::FixedState> = HashMap::default();
        let mut values = Vec::new();
        let codes = cells
            .map(|cell| match cell {
                None => NONE,
                Some(value) => *known.entry(value).or_insert_with(|| {
                    values.push(value);
                    code(values.len() - 1)
                }),
            })
            .collect();
        Self { codes, values }
    }

    /// The value of a row.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&'a str> {
        let code = *self.codes.get(row)?;
        self.values.get(code as usize).copied()
    }

    /// How many rows have each value.
    #[must_use]
    pub fn counts(&self) -> Vec<u32> {
        let mut counts = vec![0; self.values.len()];
        for &code in self.codes.iter().filter(|&&code| code != NONE) {
            counts[code as usize] += 1;
        }
        counts
    }
}

/// Rows grouped by what they have in several columns.
#[derive(Clone, Debug, Default)]
pub struct Groups {
    /// For each row its group; `NONE` where every column is missing.
    pub codes: Vec<u32>,
    /// For each group its first row.
    pub first: Vec<u32>,
}

impl Groups {
    /// Groups by the codes of `columns`, all of one length. Columns of `context`
    /// tell groups apart but do not make one: a row that has nothing else is `NONE`.
    #[must_use]
    pub fn of(rows: usize, columns: &[&[u32]], context: &[&[u32]]) -> Self {
        let mut codes = vec![0_u32; rows];
        let mut filled = vec![false; rows];
        for column in columns {
            for (row, &code) in column.iter().enumerate() {
                filled[row] |= code != NONE;
            }
        }
        for column in columns.iter().chain(context) {
            codes = Self::refine(&codes, column);
        }
        let mut first = Vec::new();
        let mut names: HashMap<u32, u32, foldhash::fast::FixedState> = HashMap::default();
        for (row, code_of) in codes.iter_mut().enumerate() {
            if !filled[row] {
                *code_of = NONE;
                continue;
            }
            *code_of = *names.entry(*code_of).or_insert_with(|| {
                first.push(code(row));
                code(first.len() - 1)
            });
        }
        Self { codes, first }
    }

    /// One step finer: rows stay together when they also agree in `column`.
    fn refine(codes: &[u32], column: &[u32]) -> Vec<u32> {
        let mut known: HashMap<(u32, u32), u32, foldhash::fast::FixedState> = HashMap::default();
        codes
            .iter()
            .zip(column)
            .map(|(&left, &right)| {
                let next = code(known.len());
                match known.entry((left, right)) {
                    Entry::Occupied(entry) => *entry.get(),
                    Entry::Vacant(entry) => *entry.insert(next),
                }
            })
            .collect()
    }
}

/// A row or code as `u32`: the reader's bounds keep a run below 2³² rows.
pub fn code(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_get_codes_in_order_of_first_sight() {
        let column: Text = [Some("b"), None, Some("a"), Some("b")]
            .into_iter()
            .collect();
        let coded = Coded::of(&column);
        assert_eq!(coded.codes, [0, NONE, 1, 0]);
        assert_eq!(coded.values, ["b", "a"]);
        assert_eq!(coded.counts(), [2, 1]);
    }

    #[test]
    fn groups_need_a_value_and_respect_the_context() {
        let one = [0, NONE, 0, NONE, 0];
        let two = [5, NONE, 5, 7, 5];
        let context = [1, 1, 2, 1, 1];
        let groups = Groups::of(5, &[&one, &two], &[&context]);
        assert_eq!(groups.codes, [0, NONE, 1, 2, 0]);
        assert_eq!(groups.first, [0, 2, 3]);
    }
}
