//! A golden record: its records, what holds them together, what speaks against.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::run::{Pair, Record, Run};
use crate::contact::Failure;
use crate::link::kept::Bound;
use crate::link::kernel::guards::Guards;

/// The records of one golden record, and the pairs that the run remembers of them.
#[derive(Clone, Debug)]
pub struct Group {
    pub records: Vec<Record>,
    /// Between two of them.
    pub inside: Vec<Pair>,
    /// Between one of them and another golden record's.
    pub outside: Vec<Pair>,
    /// What holds them together most strongly: a maximum spanning tree (Kruskal 1956) over
    /// `inside`, as places in it, the strongest first.
    pub tree: Vec<usize>,
    /// As the run clustered.
    pub guards: Guards,
}

/// The two parts that a group would fall into.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Split {
    /// Rows, sorted.
    pub parts: [Vec<u32>; 2],
    /// Pairs between them, and how many of them were compared.
    pub pairs: usize,
    pub compared: usize,
    /// Bits, over all pairs between them as clustering counts them; none where the run
    /// does not remember them all.
    pub average: Option<f64>,
    /// A pair between them that was decided to be one, as its rows.
    pub decided: Option<(u32, u32)>,
}

/// What keeps two parts together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// A decision or a system's history.
    Decision,
    /// The average over all pairs between them.
    Average,
    /// A little below the threshold, and nobody else was as near to either.
    LeftAlone,
    /// Neither: records of both came together one by one.
    Steps,
}

impl Split {
    /// By the threshold in bits. None where the run does not remember enough.
    #[must_use]
    pub fn kept_by(&self, threshold: f64, guards: &Guards) -> Option<Kept> {
        if self.decided.is_some() {
            return Some(Kept::Decision);
        }
        let average = self.average?;
        Some(if average > threshold {
            Kept::Average
        } else if average > threshold - guards.alone {
            Kept::LeftAlone
        } else {
            Kept::Steps
        })
    }
}

impl Group {
    /// # Errors
    /// Exit 3 when the run can't be read.
    pub fn of_golden(run: &Run, golden_id: &str) -> Result<Self, Failure> {
        Self::of_rows(run, &run.rows_of_golden(golden_id)?)
    }

    /// The group of `rows`, sorted.
    ///
    /// # Errors
    /// Exit 3 when the run can't be read.
    pub fn of_rows(run: &Run, rows: &[u32]) -> Result<Self, Failure> {
        Ok(Self::new(run, run.take(rows)?, run.pairs_of(rows)?))
    }

    /// `records` by row; `pairs` are all that touch one of them.
    fn new(run: &Run, records: Vec<Record>, pairs: Vec<Pair>) -> Self {
        let is = |row: u32| records.binary_search_by_key(&row, |own| own.row).is_ok();
        let (inside, outside): (Vec<Pair>, Vec<Pair>) = pairs
            .into_iter()
            .partition(|pair| is(pair.left) && is(pair.right));
        Self {
            tree: tree(&inside),
            records,
            inside,
            outside,
            guards: run.weigher.guards,
        }
    }

    #[must_use]
    pub fn record(&self, row: u32) -> Option<&Record> {
        let at = self.records.binary_search_by_key(&row, |record| record.row);
        at.ok().and_then(|at| self.records.get(at))
    }

    /// The links of the tree, the strongest first.
    pub fn ties(&self) -> impl DoubleEndedIterator<Item = &Pair> {
        self.tree.iter().map(|&at| &self.inside[at])
    }

    /// What a record is held by most strongly.
    #[must_use]
    pub fn strongest(&self, row: u32) -> Option<&Pair> {
        self.ties()
            .find(|pair| pair.left == row || pair.right == row)
    }

    /// Pairs below `bits`, the weakest first.
    #[must_use]
    pub fn against(&self, bits: f32) -> Vec<&Pair> {
        let mut pairs: Vec<&Pair> = self.inside.iter().filter(|p| p.weight < bits).collect();
        pairs.sort_by(|x, y| x.weight.total_cmp(&y.weight));
        pairs
    }

    /// The links on the way from one record to another in the tree.
    #[must_use]
    pub fn path(&self, from: u32, to: u32) -> Vec<&Pair> {
        let mut ways: Vec<(u32, Vec<&Pair>)> = vec![(from, Vec::new())];
        let mut at = 0;
        while at < ways.len() {
            let (row, way) = ways[at].clone();
            if row == to {
                return way;
            }
            for pair in self.ties() {
                let next = pair.other(row);
                let touches = pair.left == row || pair.right == row;
                if touches && !ways.iter().any(|(seen, _)| *seen == next) {
                    let mut longer = way.clone();
                    longer.push(pair);
                    ways.push((next, longer));
                }
            }
            at += 1;
        }
        Vec::new()
    }

    /// Without its weakest link: the parts, and what keeps them together all the same.
    #[must_use]
    pub fn weakest_split(&self) -> Option<(&Pair, Split)> {
        let weakest = self.ties().next_back()?;
        let rest: Vec<&Pair> = self.ties().rev().skip(1).collect();
        let mut part = vec![weakest.left];
        let mut at = 0;
        while at < part.len() {
            let row = part[at];
            for pair in &rest {
                let next = pair.other(row);
                if (pair.left == row || pair.right == row) && !part.contains(&next) {
                    part.push(next);
                }
            }
            at += 1;
        }
        part.sort_unstable();
        let rows = self.records.iter().map(|record| record.row);
        let other: Vec<u32> = rows
            .filter(|row| part.binary_search(row).is_err())
            .collect();
        let split = between(&part, &other, &self.inside, &self.guards);
        Some((weakest, split))
    }
}

/// The groups of several records, read at once: each reading goes through all records and
/// pairs of the run.
#[derive(Clone, Debug, Default)]
pub struct Groups(Vec<Group>);

impl Groups {
    /// # Errors
    /// Exit 3 when the run can't be read.
    pub fn of(run: &Run, records: &[&Record]) -> Result<Self, Failure> {
        let ids: BTreeSet<&str> = records
            .iter()
            .filter_map(|record| record.golden_id.as_deref())
            .collect();
        let mut rows = if ids.is_empty() {
            Vec::new()
        } else {
            run.rows_where("golden_id", |id| ids.contains(id))?
        };
        let alone = records.iter().filter(|record| record.golden_id.is_none());
        rows.extend(alone.map(|record| record.row));
        rows.sort_unstable();
        rows.dedup();
        if rows.is_empty() {
            return Ok(Self::default());
        }
        let pairs = run.pairs_of(&rows)?;
        let mut parts: BTreeMap<(Option<String>, u32), Vec<Record>> = BTreeMap::new();
        for record in run.take(&rows)? {
            let alone = record.golden_id.as_ref().map_or(record.row, |_| 0);
            let part = parts.entry((record.golden_id.clone(), alone));
            part.or_default().push(record);
        }
        let groups = parts.into_values().map(|records| {
            let is = |row: u32| records.binary_search_by_key(&row, |own| own.row).is_ok();
            let own = pairs.iter().filter(|pair| is(pair.left) || is(pair.right));
            let own = own.cloned().collect();
            Group::new(run, records, own)
        });
        Ok(Self(groups.collect()))
    }

    /// The group that a row is in.
    #[must_use]
    pub fn with(&self, row: u32) -> Option<&Group> {
        self.0.iter().find(|group| group.record(row).is_some())
    }
}

/// What `pairs` say of two groups of records (rows, sorted).
#[must_use]
pub fn between(one: &[u32], other: &[u32], pairs: &[Pair], guards: &Guards) -> Split {
    let in_one = |row: u32| one.binary_search(&row).is_ok();
    let in_other = |row: u32| other.binary_search(&row).is_ok();
    let crossing: Vec<&Pair> = pairs
        .iter()
        .filter(|p| in_one(p.left) && in_other(p.right) || in_one(p.right) && in_other(p.left))
        .collect();
    let all = one.len() * other.len();
    let sum: f64 = crossing
        .iter()
        .map(|pair| guards.clipped(pair.weight))
        .sum();
    #[allow(clippy::cast_precision_loss)] // counts of pairs of a group
    let average = (all > 0 && all <= REMEMBERED)
        .then(|| (sum + guards.uncompared * (all - crossing.len()) as f64) / all as f64);
    Split {
        parts: [one.to_vec(), other.to_vec()],
        pairs: all,
        compared: crossing.len(),
        average,
        decided: crossing
            .iter()
            .find(|pair| pair.bound == Some(Bound::Always))
            .map(|pair| (pair.left, pair.right)),
    }
}

/// Up to so many pairs between two groups the run remembers all that were compared.
const REMEMBERED: usize = 64;

/// Places of the pairs of a maximum spanning tree, the strongest first.
fn tree(pairs: &[Pair]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..pairs.len()).collect();
    order.sort_by(|&x, &y| {
        pairs[y]
            .weight
            .total_cmp(&pairs[x].weight)
            .then_with(|| x.cmp(&y))
    });
    let mut into: BTreeMap<u32, u32> = BTreeMap::new();
    let root = |into: &BTreeMap<u32, u32>, mut row: u32| {
        while let Some(&next) = into.get(&row) {
            row = next;
        }
        row
    };
    order.retain(|&at| {
        let (a, b) = (root(&into, pairs[at].left), root(&into, pairs[at].right));
        if a == b {
            return false;
        }
        into.insert(a.max(b), a.min(b));
        true
    });
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_keeps_two_parts_together_is_what_did() {
        let split = |average, decided| Split {
            average,
            decided,
            ..Split::default()
        };
        let guards = Guards::usual();
        let kept = |average, decided| split(average, decided).kept_by(0.0, &guards);
        assert_eq!(kept(Some(0.1), None), Some(Kept::Average));
        assert_eq!(kept(Some(-0.4), None), Some(Kept::LeftAlone));
        assert_eq!(kept(Some(-1.0), None), Some(Kept::Steps));
        assert_eq!(kept(Some(-11.1), Some((1, 2))), Some(Kept::Decision));
        assert_eq!(kept(None, None), None);
        assert_eq!(
            split(Some(3.5), None).kept_by(4.0, &guards),
            Some(Kept::LeftAlone)
        );
    }
}
