//! What an answer would do: the records concerned are clustered again, with it.

use std::collections::BTreeSet;

use hashbrown::HashMap;

use crate::link::kernel::cluster::{Constraints, Link, cluster};
use crate::link::kernel::guards::Guards;

/// The records of one question (rows, sorted), and what the run knows of their pairs.
#[derive(Clone, Debug, Default)]
pub struct Near {
    pub rows: Vec<u32>,
    /// By rows.
    pub links: Vec<Link>,
    /// Pairs of rows that are decided already.
    pub always: Vec<(u32, u32)>,
    pub never: Vec<(u32, u32)>,
}

/// Groups of rows, each sorted, by their smallest.
pub type Parts = Vec<Vec<u32>>;

impl Near {
    /// The groups once `a` and `b` are said to be one, or two.
    #[must_use]
    pub fn answered(
        &self,
        (a, b): (u32, u32),
        one: bool,
        threshold: f32,
        guards: &Guards,
    ) -> Parts {
        let place: HashMap<u32, u32> = (0u32..)
            .zip(&self.rows)
            .map(|(at, &row)| (row, at))
            .collect();
        let pair = |a: u32, b: u32| Some((*place.get(&a)?, *place.get(&b)?));
        let pairs = |list: &[(u32, u32)]| -> Vec<(u32, u32)> {
            list.iter().filter_map(|&(a, b)| pair(a, b)).collect()
        };
        let links: Vec<Link> = self
            .links
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
        let mut constraints = Constraints {
            never: pairs(&self.never),
            always: pairs(&self.always),
            distinct: Vec::new(),
        };
        if one {
            constraints.always.extend(pair(a, b));
        } else {
            constraints.never.extend(pair(a, b));
        }
        let n = u32::try_from(self.rows.len()).unwrap_or(u32::MAX);
        #[allow(clippy::cast_possible_truncation)] // a small constant
        let uncompared = guards.uncompared as f32;
        let (of, _) = cluster(n, &links, &constraints, threshold, guards, |pairs| {
            vec![uncompared; pairs.len()]
        });
        let mut parts: Vec<Vec<u32>> = vec![Vec::new(); self.rows.len()];
        for (&root, &row) in of.iter().zip(&self.rows) {
            parts[root as usize].push(row);
        }
        parts.retain(|part| !part.is_empty());
        parts
    }
}

/// The part that a row is in.
#[must_use]
pub fn part_of(parts: &[Vec<u32>], row: u32) -> &[u32] {
    parts
        .iter()
        .find(|part| part.binary_search(&row).is_ok())
        .map_or(&[], Vec::as_slice)
}

/// How many pairs of records are together in one of two partitions and not in the other.
#[must_use]
pub fn moved(before: &[Vec<u32>], after: &[Vec<u32>]) -> u64 {
    let pairs = |parts: &[Vec<u32>]| -> BTreeSet<(u32, u32)> {
        let of = |part: &Vec<u32>| {
            let part = part.clone();
            (0..part.len()).flat_map(move |at| {
                let (own, rest) = (part[at], part[at + 1..].to_vec());
                rest.into_iter().map(move |other| (own, other))
            })
        };
        parts.iter().flat_map(of).collect()
    };
    let (before, after) = (pairs(before), pairs(after));
    before.symmetric_difference(&after).count() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn near() -> Near {
        let link = |left, right, weight| Link {
            left,
            right,
            weight,
        };
        Near {
            rows: vec![10, 20, 30, 40],
            links: vec![
                link(10, 20, 9.0),
                link(10, 30, -3.0),
                link(20, 30, -1.0),
                link(30, 40, 8.0),
            ],
            ..Near::default()
        }
    }

    #[test]
    fn a_same_joins_groups_and_a_different_splits_one() {
        let near = near();
        let before = vec![vec![10, 20], vec![30, 40]];
        let joined = near.answered((20, 30), true, 0.0, &Guards::usual());
        assert_eq!(joined, [vec![10, 20, 30, 40]]);
        assert_eq!(moved(&before, &joined), 4);
        let kept = near.answered((20, 30), false, 0.0, &Guards::usual());
        assert_eq!(
            (kept.as_slice(), moved(&before, &kept)),
            (before.as_slice(), 0)
        );
        let split = near.answered((10, 20), false, 0.0, &Guards::usual());
        assert_eq!(part_of(&split, 10), [10]);
        assert_eq!(moved(&before, &split), 1);
    }

    #[test]
    fn what_is_decided_stays() {
        let near = Near {
            never: vec![(10, 40)],
            ..near()
        };
        let parts = near.answered((20, 30), true, 0.0, &Guards::usual());
        assert!(!part_of(&parts, 10).contains(&40));
    }
}
