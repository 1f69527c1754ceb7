//! Columns as dictionary codes, so that each distinct value is standardised once.

use hashbrown::HashMap;

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
        Self {
            codes: (0..column.len())
                .map(|row| column.code(row).unwrap_or(NONE))
                .collect(),
            values: column.distinct_values().collect(),
        }
    }

    #[must_use]
    pub fn of_values(cells: &[Option<&'a str>]) -> Self {
        let mut known: HashMap<&str, u32, foldhash::fast::FixedState> = HashMap::default();
        let mut values = Vec::new();
        let codes = cells
            .iter()
            .map(|&cell| match cell {
                None => NONE,
                Some(value) => *known.entry(value).or_insert_with(|| {
                    values.push(value);
                    code(values.len() - 1)
                }),
            })
            .collect();
        Self { codes, values }
    }

    /// The same values for other rows: each gets what the row of its number has.
    #[must_use]
    pub fn at(self, rows: &[u32]) -> Self {
        Self {
            codes: rows
                .iter()
                .map(|&row| self.codes.get(row as usize).copied().unwrap_or(NONE))
                .collect(),
            values: self.values,
        }
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
        let mut keys = Keys {
            keys: vec![0; rows],
            size: 1,
        };
        for column in columns.iter().chain(context) {
            keys.refine(column);
        }
        let mut first = Vec::new();
        let mut dense = Dense::of(keys.size, rows);
        let codes = (0..rows)
            .map(|row| {
                let filled = columns.iter().any(|column| column[row] != NONE);
                if !filled {
                    return NONE;
                }
                let group = dense.number(keys.keys[row]);
                if group as usize == first.len() {
                    first.push(code(row));
                }
                group
            })
            .collect();
        Self { codes, first }
    }
}

/// For each row one number for all its codes; they are below `size`.
struct Keys {
    keys: Vec<u64>,
    size: u64,
}

impl Keys {
    /// One step finer: rows stay together when they also agree in `column`.
    fn refine(&mut self, column: &[u32]) {
        let most = column.iter().filter(|code| **code != NONE).max();
        let own = most.map_or(1, |most| u64::from(*most) + 2);
        if self.size.checked_mul(own).is_none() {
            let mut dense = Dense::of(self.size, self.keys.len());
            for key in &mut self.keys {
                *key = u64::from(dense.number(*key));
            }
            self.size = u64::from(dense.count);
        }
        // Two codes of 32 bits fit side by side, so that this can't overflow.
        self.size = self.size.saturating_mul(own);
        for (key, code) in self.keys.iter_mut().zip(column) {
            let code = if *code == NONE {
                0
            } else {
                u64::from(*code) + 1
            };
            *key = *key * own + code;
        }
    }
}

/// Numbers for keys, in order of first sight.
struct Dense {
    count: u32,
    known: Known,
}

enum Known {
    /// Few possible keys: by key.
    Slots(Vec<u32>),
    Map(HashMap<u64, u32, foldhash::fast::FixedState>),
}

impl Dense {
    fn of(size: u64, rows: usize) -> Self {
        let few = size <= (rows as u64).saturating_mul(2).max(1 << 12);
        Self {
            count: 0,
            known: match usize::try_from(size) {
                Ok(size) if few => Known::Slots(vec![NONE; size]),
                _ => Known::Map(HashMap::default()),
            },
        }
    }

    fn number(&mut self, key: u64) -> u32 {
        let next = self.count;
        let number = match &mut self.known {
            #[allow(clippy::cast_possible_truncation)] // Below the slots' number.
            Known::Slots(slots) => {
                let slot = &mut slots[key as usize];
                if *slot == NONE {
                    *slot = next;
                }
                *slot
            }
            Known::Map(map) => *map.entry(key).or_insert(next),
        };
        self.count += u32::from(number == next);
        number
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

    #[test]
    fn many_wide_columns_group_as_tuples_do() {
        let wide = |seed: u32| -> Vec<u32> {
            (0..200_u32)
                .map(|row| (row % 7 * seed).wrapping_mul(600_000_011) | 1)
                .collect()
        };
        let columns: Vec<Vec<u32>> = (1..6).map(wide).collect();
        let columns: Vec<&[u32]> = columns.iter().map(Vec::as_slice).collect();
        let groups = Groups::of(200, &columns, &[]);
        assert_eq!(groups.first, [0, 1, 2, 3, 4, 5, 6]);
        assert!((0_u32..200).all(|row| groups.codes[row as usize] == row % 7));
    }
}
