//! What people's decisions changed: the clusters that they touch, linked once more
//! without them.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use serde::Serialize;

use super::{Applied, Verdict};
use crate::link::kernel::cluster::{Constraints, Link, cluster, components};
use crate::link::kernel::guards::Guards;

/// The decisions of a run in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct DecisionReport {
    /// Decisions between two records of this run.
    pub always: u64,
    pub never: u64,
    /// Decisions that name a record which is not in this run.
    pub idle: u64,
    /// How many persons fewer there are for what was joined …
    pub joined: u64,
    /// … and how many more for what was split.
    pub split: u64,
    /// BLAKE3 of the decisions file.
    pub blake3: Option<String>,
}

impl DecisionReport {
    #[must_use]
    pub fn count(applied: &[Applied], idle: u64) -> Self {
        let count = |verdict| {
            let own = |one: &&Applied| one.by_person && one.verdict == verdict;
            applied.iter().filter(own).count() as u64
        };
        Self {
            always: count(Verdict::Always),
            never: count(Verdict::Never),
            idle,
            ..Self::default()
        }
    }

    /// Adds how the clusters `of` differ from those that are found `without` decisions.
    /// `extra` are the pairs that were compared for the clusters' sake, `weigh` compares
    /// more; `touched` are the records that decisions bind.
    pub fn compare(
        &mut self,
        of: &[u32],
        (links, extra): (&[Link], &[Link]),
        (with, without): (&Constraints, &Constraints),
        touched: &BTreeSet<u32>,
        (threshold, guards): (f32, &Guards),
        weigh: impl Fn(&[(u32, u32)]) -> Vec<f32> + Sync,
    ) {
        if touched.is_empty() {
            return;
        }
        let component = components(
            u32::try_from(of.len()).unwrap_or(u32::MAX),
            links,
            with,
            guards,
        );
        let wanted: BTreeSet<u32> = touched
            .iter()
            .map(|&record| component[record as usize])
            .collect();
        // What the run had no time to compare in full is not compared in full here.
        let whole: BTreeSet<u32> = extra
            .iter()
            .map(|link| component[link.left as usize])
            .collect();
        for full in [true, false] {
            let near: Vec<u32> = (0u32..)
                .zip(&component)
                .filter(|(_, root)| wanted.contains(root) && whole.contains(root) == full)
                .map(|(record, _)| record)
                .collect();
            let guards = Guards {
                full_pairs: if full { u64::MAX } else { 0 },
                ..*guards
            };
            self.compare_near(of, links, without, &near, (threshold, &guards), &weigh);
        }
    }

    /// The same for the records `near`, sorted.
    fn compare_near(
        &mut self,
        of: &[u32],
        links: &[Link],
        without: &Constraints,
        near: &[u32],
        (threshold, guards): (f32, &Guards),
        weigh: impl Fn(&[(u32, u32)]) -> Vec<f32> + Sync,
    ) {
        let place: HashMap<u32, u32> = (0u32..)
            .zip(near)
            .map(|(at, &record)| (record, at))
            .collect();
        let pair = |a: u32, b: u32| Some((*place.get(&a)?, *place.get(&b)?));
        let links: Vec<Link> = links
            .iter()
            .filter_map(|link| {
                let (left, right) = pair(link.left, link.right)?;
                Some(Link {
                    left,
                    right,
                    ..*link
                })
            })
            .collect();
        let pairs = |list: &[(u32, u32)]| list.iter().filter_map(|&(a, b)| pair(a, b)).collect();
        let constraints = Constraints {
            never: pairs(&without.never),
            always: pairs(&without.always),
            distinct: near
                .iter()
                .filter_map(|&record| without.distinct.get(record as usize).copied())
                .collect(),
        };
        let n = u32::try_from(near.len()).unwrap_or(u32::MAX);
        let (before, _) = cluster(n, &links, &constraints, threshold, guards, |wanted| {
            let rows: Vec<(u32, u32)> = wanted
                .iter()
                .map(|&(a, b)| (near[a as usize], near[b as usize]))
                .collect();
            weigh(&rows)
        });
        let after: Vec<u32> = near.iter().map(|&record| of[record as usize]).collect();
        let parts = |list: &[u32]| list.iter().collect::<BTreeSet<_>>().len();
        let common = before.iter().zip(&after).collect::<BTreeSet<_>>().len();
        self.joined += (common - parts(&after)) as u64;
        self.split += (common - parts(&before)) as u64;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(left: u32, right: u32, weight: f32) -> Link {
        Link {
            left,
            right,
            weight,
        }
    }

    #[test]
    fn what_was_joined_and_split_is_counted() {
        // 0-1 would be one, 2 apart, 3-4 one; 5-6 is nobody's business.
        let links = [
            link(0, 1, 8.0),
            link(0, 2, -3.0),
            link(3, 4, 8.0),
            link(5, 6, 8.0),
        ];
        let with = Constraints {
            never: vec![(3, 4)],
            always: vec![(1, 2)],
            distinct: Vec::new(),
        };
        let weigh = |pairs: &[(u32, u32)]| vec![-8.0; pairs.len()];
        let (of, extra) = cluster(7, &links, &with, 0.0, &Guards::usual(), weigh);
        let mut report = DecisionReport::default();
        let without = Constraints::default();
        let touched = BTreeSet::from([1, 2, 3, 4]);
        report.compare(
            &of,
            (&links, &extra),
            (&with, &without),
            &touched,
            (0.0, &Guards::usual()),
            weigh,
        );
        assert_eq!((report.joined, report.split), (1, 1));
        // What a decision confirms changes nothing.
        let with = Constraints {
            always: vec![(0, 1)],
            ..Constraints::default()
        };
        let (of, extra) = cluster(7, &links, &with, 0.0, &Guards::usual(), weigh);
        let mut report = DecisionReport::default();
        report.compare(
            &of,
            (&links, &extra),
            (&with, &without),
            &BTreeSet::from([0, 1]),
            (0.0, &Guards::usual()),
            weigh,
        );
        assert_eq!((report.joined, report.split), (0, 0));
    }

    /// Two long chains, of which there is time to compare one in full. A decision about
    /// the other must not be told to have done what comparing that one in full would.
    #[test]
    fn what_the_run_did_not_compare_is_no_effect_of_a_decision() {
        let guards = Guards {
            full: 3,
            full_pairs: 25,
            ..Guards::usual()
        };
        let links: Vec<Link> = (0..7)
            .chain(8..14)
            .map(|at| link(at, at + 1, 9.0))
            .collect();
        let with = Constraints {
            never: vec![(0, 1)],
            ..Constraints::default()
        };
        let without = Constraints::default();
        let weigh = |pairs: &[(u32, u32)]| vec![9.0; pairs.len()];
        let (of, extra) = cluster(15, &links, &with, 0.0, &guards, weigh);
        let (bare, _) = cluster(15, &links, &without, 0.0, &guards, weigh);
        let parts = |list: &[u32]| list.iter().collect::<BTreeSet<_>>().len();
        assert_eq!((parts(&bare[..8]), parts(&bare[8..])), (2, 1));
        let mut report = DecisionReport::default();
        report.compare(
            &of,
            (&links, &extra),
            (&with, &without),
            &BTreeSet::from([0, 1]),
            (0.0, &guards),
            weigh,
        );
        let common = of.iter().zip(&bare).collect::<BTreeSet<_>>().len();
        assert_eq!(
            (report.joined, report.split),
            ((common - parts(&of)) as u64, (common - parts(&bare)) as u64)
        );
    }
}
