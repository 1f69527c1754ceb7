//! Clusters in flat arrays, and the order that everything of the merge follows.
//!
//! In: link's cluster of each row, the rows held out. Out: for each golden row the
//! rows of its records, in canonical row order.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::contact::Held;

/// Golden row → rows of its records.
#[derive(Clone, Debug, Default)]
pub struct Clusters {
    offsets: Vec<u32>,
    rows: Vec<u32>,
}

impl Clusters {
    /// Groups the rows that are not held out. The clusters come in the order of
    /// their first row.
    #[must_use]
    pub fn group(cluster: &[u32], held: &BTreeMap<u32, Held>) -> Self {
        let mut place: Vec<u32> = vec![u32::MAX; cluster.len()];
        let mut lists: Vec<u32> = Vec::new();
        let mut at_of_row = Vec::with_capacity(cluster.len());
        for (row, &name) in (0_u32..).zip(cluster) {
            if held.contains_key(&row) {
                at_of_row.push(u32::MAX);
                continue;
            }
            // A name that is no row would be a fault of linking; the row stands alone.
            let name = if (name as usize) < place.len() {
                name
            } else {
                row
            };
            let slot = &mut place[name as usize];
            if *slot == u32::MAX {
                *slot = u32::try_from(lists.len()).unwrap_or(u32::MAX);
                lists.push(0);
            }
            lists[*slot as usize] += 1;
            at_of_row.push(*slot);
        }
        let mut offsets = Vec::with_capacity(lists.len() + 1);
        let mut sum = 0;
        offsets.push(0);
        for len in &lists {
            sum += len;
            offsets.push(sum);
        }
        let mut next = offsets.clone();
        let mut rows = vec![0; sum as usize];
        for (row, &at) in (0_u32..).zip(&at_of_row) {
            if at != u32::MAX {
                rows[next[at as usize] as usize] = row;
                next[at as usize] += 1;
            }
        }
        Self { offsets, rows }
    }

    /// Clusters as listed, each with its rows ascending.
    #[must_use]
    pub fn from_lists(lists: impl IntoIterator<Item = Vec<u32>>) -> Self {
        let mut offsets = vec![0];
        let mut rows = Vec::new();
        for list in lists {
            rows.extend_from_slice(&list);
            offsets.push(u32::try_from(rows.len()).unwrap_or(u32::MAX));
        }
        Self { offsets, rows }
    }

    /// Clusters of (golden row, record row), sorted, below `len` golden rows.
    #[must_use]
    pub fn from_sorted(members: &[(u32, u32)], len: usize) -> Self {
        let mut offsets = Vec::with_capacity(len + 1);
        offsets.push(0);
        let mut at = 0;
        for golden in (0_u32..).take(len) {
            while members.get(at).is_some_and(|(own, _)| *own == golden) {
                at += 1;
            }
            offsets.push(u32::try_from(at).unwrap_or(u32::MAX));
        }
        Self {
            offsets,
            rows: members.iter().map(|(_, row)| *row).collect(),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.offsets.len().saturating_sub(1)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The rows of golden row `at`, ascending, never empty.
    #[must_use]
    pub fn of(&self, at: usize) -> &[u32] {
        &self.rows[self.range(at)]
    }

    /// Where the rows of golden row `at` stand among those of all.
    #[must_use]
    pub fn range(&self, at: usize) -> Range<usize> {
        self.offsets[at] as usize..self.offsets[at + 1] as usize
    }

    /// The rows of golden rows `from..to`, one after the other.
    #[must_use]
    pub fn between(&self, from: usize, to: usize) -> &[u32] {
        &self.rows[self.offsets[from] as usize..self.offsets[to] as usize]
    }

    /// How many of golden rows `from..to` are of several records.
    #[must_use]
    pub fn several(&self, from: usize, to: usize) -> usize {
        (from..to).filter(|&at| self.of(at).len() > 1).count()
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u32]> {
        (0..self.len()).map(|at| self.of(at))
    }

    /// The golden row of each of `rows` records.
    #[must_use]
    pub fn golden_of(&self, rows: usize) -> Vec<Option<u32>> {
        let mut golden = vec![None; rows];
        for (at, members) in (0_u32..).zip(self.iter()) {
            for &row in members {
                golden[row as usize] = Some(at);
            }
        }
        golden
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn held_rows_are_in_no_cluster_even_where_one_names_it() {
        let held = BTreeMap::from([(
            0,
            Held {
                rule: "x".into(),
                reason: "x".into(),
                raw: None,
            },
        )]);
        let clusters = Clusters::group(&[0, 1, 0, 1], &held);
        assert_eq!(clusters.iter().collect::<Vec<_>>(), [&[1, 3][..], &[2]]);
        assert_eq!(clusters.golden_of(4), [None, Some(0), Some(1), Some(0)]);
        assert!(Clusters::from_lists([]).is_empty());
    }
}
