//! The mistakes with the highest weights, each with its evidence; why true pairs
//! were missed.

use rayon::prelude::*;
use serde::Serialize;

use super::Dense;
use crate::contact::Records;
use crate::link::compare::{Compared, names::NameComparer};
use crate::link::score::{Evidence, bits, probability};
use crate::link::{Linking, judge};

/// A pair that came out wrong, with its evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    pub left: String,
    pub right: String,
    /// Match weight in bits; of a pair that blocking never brought: what it would have been.
    pub weight: f64,
    pub probability: f64,
    /// Why a true pair was missed, or a false pair is together.
    pub cause: Cause,
    /// The prior first; the bits add up to the weight.
    pub evidence: Vec<Evidence>,
}

/// How a mistake came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// One of the records was held out of the golden set.
    HeldOut,
    /// A decision forbids it, or demands it, or the source is said to be without duplicates.
    Decided,
    /// Blocking did not bring the pair, and nothing else compared it.
    NotCompared,
    /// The pair's own weight spoke for the mistake.
    Weight,
    /// The pair's own weight spoke against it; the other records of the clusters decided.
    Others,
}

/// Why true pairs were missed, counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Causes {
    pub held_out: u64,
    pub decided: u64,
    pub not_compared: u64,
    /// Of them: pairs that would have been merged by their own weight.
    pub not_compared_above_threshold: u64,
    pub weight: u64,
    pub others: u64,
}

/// Mistakes shown of each kind.
const SHOWN: usize = 20;

pub(super) struct Finder<'a> {
    pub records: &'a Records,
    pub linking: &'a Linking,
    pub dense: &'a Dense,
    pub threshold: f64,
}

/// A wrong pair weighed: its weight, both rows, why.
type Weighed = (f32, (u32, u32), Cause);

impl Finder<'_> {
    /// True pairs that are not together: the heaviest ones, and the reasons for all.
    pub fn misses(&self, pairs: &[(u32, u32)]) -> (Vec<Mistake>, Causes) {
        let weighed = self.weigh(pairs, |x, y, weight| {
            let constraints = &self.linking.constraints;
            let distinct = |at: u32| constraints.distinct.get(at as usize).copied().unwrap_or(0);
            if constraints.never.contains(&(x, y)) || distinct(x) > 0 && distinct(x) == distinct(y)
            {
                Cause::Decided
            } else if !self.compared(x, y) {
                Cause::NotCompared
            } else if weight < bits(self.threshold) {
                Cause::Weight
            } else {
                Cause::Others
            }
        });
        let mut causes = Causes {
            held_out: (pairs.len() - weighed.len()) as u64,
            ..Causes::default()
        };
        for (weight, _, cause) in &weighed {
            match cause {
                Cause::HeldOut => causes.held_out += 1,
                Cause::Decided => causes.decided += 1,
                Cause::NotCompared => {
                    causes.not_compared += 1;
                    causes.not_compared_above_threshold +=
                        u64::from(*weight >= bits(self.threshold));
                }
                Cause::Weight => causes.weight += 1,
                Cause::Others => causes.others += 1,
            }
        }
        (self.shown(weighed), causes)
    }

    /// Pairs that are together and are not one person: the heaviest ones.
    pub fn false_merges(&self, pairs: &[(u32, u32)]) -> Vec<Mistake> {
        let weighed = self.weigh(pairs, |x, y, weight| {
            if self.linking.constraints.always.contains(&(x, y)) {
                Cause::Decided
            } else if weight >= bits(self.threshold) {
                Cause::Weight
            } else {
                Cause::Others
            }
        });
        self.shown(weighed)
    }

    /// Weighs the pairs of which both records were linked, heaviest first.
    fn weigh(
        &self,
        pairs: &[(u32, u32)],
        cause: impl Fn(u32, u32, f32) -> Cause + Sync,
    ) -> Vec<Weighed> {
        let mut weighed: Vec<Weighed> = pairs
            .par_iter()
            .with_min_len(512)
            .map_init(
                || NameComparer::small(&self.linking.features),
                |names, &(a, b)| {
                    let (x, y) = self.dense.pair(a, b)?;
                    let compared = self.compare(x, y, names);
                    let weight = self
                        .linking
                        .judge
                        .weight(&self.linking.features, x, y, &compared);
                    Some((weight, (a, b), cause(x, y, weight)))
                },
            )
            .flatten()
            .collect();
        weighed.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| x.1.cmp(&y.1)));
        weighed
    }

    fn shown(&self, weighed: Vec<Weighed>) -> Vec<Mistake> {
        let mut names = NameComparer::small(&self.linking.features);
        let name = |row: u32| {
            format!(
                "{}:{}",
                self.records.source(row as usize).name,
                self.records.id(row as usize)
            )
        };
        weighed
            .into_iter()
            .filter_map(|(weight, (a, b), cause)| {
                let (x, y) = self.dense.pair(a, b)?;
                let compared = self.compare(x, y, &mut names);
                Some(Mistake {
                    left: name(a),
                    right: name(b),
                    weight: f64::from(weight),
                    probability: f64::from(probability(weight)),
                    cause,
                    evidence: self.evidence(x, y, &compared),
                })
            })
            .take(SHOWN)
            .collect()
    }

    fn compare(&self, x: u32, y: u32, names: &mut NameComparer<'_>) -> Compared {
        judge::compare(&self.linking.features, x, y, names)
    }

    fn evidence(&self, x: u32, y: u32, compared: &Compared) -> Vec<Evidence> {
        let features = &self.linking.features;
        self.linking.judge.evidence(features, x, y, compared)
    }

    /// By blocking, or inside a loose component.
    fn compared(&self, x: u32, y: u32) -> bool {
        self.linking
            .links
            .binary_search_by_key(&(x, y), |link| (link.left, link.right))
            .is_ok()
    }
}
