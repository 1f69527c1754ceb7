//! How well this run did, told without labels: precision from the pairs inside
//! clusters, recall from the pairs between them (after Enamorado, Fifield and Imai
//! 2019).
//!
//! Each can be seen in two ways. A pair on its own has the match probability that
//! the model gave it; but two records that are surely one person with a third are one
//! person, however different they look, and two clusters stand apart by the average
//! over all their pairs. The first view overrates doubts that the other records have
//! settled, the second overlooks mistakes that several records share: a namesake
//! with four records is wrong four times. The estimate is the middle of the two; its
//! interval reaches from one to the other, and further by chance. Chance counts by
//! cluster, since pairs of one cluster are right or wrong together.
//!
//! True pairs that blocking never brought are in no estimate.

use rayon::prelude::*;

use super::kernel::cluster::Link;
use super::score::probability;
use super::texts::NONE;

/// Estimated precision and recall over pairs, each with a 95 % interval.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct OwnEstimate {
    pub precision: f64,
    pub precision_low: f64,
    pub precision_high: f64,
    pub recall: f64,
    pub recall_low: f64,
    pub recall_high: f64,
}

/// Clusters above this size are looked at pair by pair only.
const THIRDS: usize = 100;
/// Pairs of clusters without a link above this many bits are no thought worth.
const FAR: f32 = -8.0;
/// Weights are clipped to this many bits before they are averaged, as in clustering.
const CLIP: f32 = 12.0;
/// A 95 % interval is this many standard deviations to each side.
const DEVIATIONS: f64 = 1.96;

/// A number seen in two ways, and its variance by chance.
#[derive(Clone, Copy, Debug, Default)]
struct Seen {
    alone: f64,
    together: f64,
    variance: f64,
}

impl Seen {
    fn middle(&self) -> f64 {
        f64::midpoint(self.alone, self.together)
    }

    fn low(&self) -> f64 {
        self.alone.min(self.together) - DEVIATIONS * self.variance.sqrt()
    }

    fn high(&self) -> f64 {
        self.alone.max(self.together) + DEVIATIONS * self.variance.sqrt()
    }

    fn add(&mut self, alone: f64, together: f64, pairs: f64) {
        self.alone += alone;
        self.together += together;
        let share = f64::midpoint(alone, together) / pairs.max(1.0);
        self.variance += share * (1.0 - share).max(0.0) * pairs * pairs;
    }
}

/// Which compared pairs are wanted.
pub type Wanted<'a> = dyn Fn(&Link) -> bool + Sync + 'a;

/// `of`: record → cluster; `near`: at least the compared pairs inside clusters; `links`: the
/// wanted ones of all compared pairs, always in the same order.
#[must_use]
pub fn estimate(
    of: &[u32],
    near: &[Link],
    links: impl Fn(&Wanted<'_>) -> Vec<Link> + Sync,
) -> OwnEstimate {
    let mut sizes = vec![0u64; of.len()];
    for &root in of {
        sizes[root as usize] += 1;
    }
    let put_together: u64 = sizes.iter().map(|s| s * s.saturating_sub(1) / 2).sum();
    let ((right, compared), missed) = rayon::join(|| inside(of, near), || between(of, &links));
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    let put_together = put_together as f64;
    // A pair inside a cluster that was not compared is believed as the others are.
    let share = |right: f64| {
        if compared > 0.0 {
            (right / compared).clamp(0.0, 1.0)
        } else {
            1.0
        }
    };
    let precision = share(right.middle());
    let found = precision * put_together;
    let recall = |missed: f64| {
        if found + missed > 0.0 {
            (found / (found + missed.max(0.0))).clamp(0.0, 1.0)
        } else {
            1.0
        }
    };
    OwnEstimate {
        precision,
        precision_low: share(right.low()),
        precision_high: share(right.high()),
        recall: recall(missed.middle()),
        recall_low: recall(missed.high()),
        recall_high: recall(missed.low()),
    }
}

/// Compared pairs inside clusters: how many are one person, and how many there are.
fn inside(of: &[u32], near: &[Link]) -> (Seen, f64) {
    let cluster = |record: u32| of[record as usize];
    let mut pairs: Vec<(u32, u32, u32, f64)> = near
        .par_iter()
        .filter(|link| cluster(link.left) == cluster(link.right))
        .map(|link| {
            let p = f64::from(probability(link.weight));
            (cluster(link.left), link.left, link.right, p)
        })
        .collect();
    pairs.par_sort_unstable_by_key(|pair| (pair.0, pair.1, pair.2));
    let mut right = Seen::default();
    for cluster in pairs.chunk_by(|x, y| x.0 == y.0) {
        let alone: f64 = cluster.iter().map(|pair| pair.3).sum();
        #[allow(clippy::cast_precision_loss)] // pairs of a cluster
        right.add(alone, with_thirds(cluster), cluster.len() as f64);
    }
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    (right, pairs.len() as f64)
}

/// The same sum where a pair is at least as sure as its surest way over a third record.
fn with_thirds(cluster: &[(u32, u32, u32, f64)]) -> f64 {
    let mut records: Vec<u32> = cluster.iter().flat_map(|pair| [pair.1, pair.2]).collect();
    records.sort_unstable();
    records.dedup();
    let n = records.len();
    if n > THIRDS {
        return cluster.iter().map(|pair| pair.3).sum();
    }
    let at = |record: u32| records.binary_search(&record).unwrap_or(0);
    let mut p = vec![0f64; n * n];
    for &(_, left, right, probability) in cluster {
        let (x, y) = (at(left), at(right));
        p[x * n + y] = probability;
        p[y * n + x] = probability;
    }
    cluster
        .iter()
        .map(|&(_, left, right, probability)| {
            let (x, y) = (at(left), at(right));
            (0..n)
                .map(|third| p[x * n + third] * p[y * n + third])
                .fold(probability, f64::max)
        })
        .sum()
}

/// Compared pairs between clusters: how many are one person all the same.
fn between(of: &[u32], links: impl Fn(&Wanted<'_>) -> Vec<Link>) -> Seen {
    // Only cluster pairs with a link worth a thought, but then all their links.
    let apart = |link: &Link| of[link.left as usize] != of[link.right as usize];
    let near: Vec<(u32, u32)> = links(&|link| link.weight > FAR && apart(link))
        .iter()
        .map(|link| {
            let (a, b) = (of[link.left as usize], of[link.right as usize]);
            (a.min(b), a.max(b))
        })
        .collect();
    let near = Near::of(of, near);
    // Sum of probabilities, sum of bits, pairs.
    let mut sums = vec![(0f64, 0f64, 0f64); near.second.len()];
    for link in links(&|link| near.place(link).is_some()) {
        if let Some(at) = near.place(&link) {
            sums[at].0 += f64::from(probability(link.weight));
            sums[at].1 += f64::from(link.weight.clamp(-CLIP, CLIP));
            sums[at].2 += 1.0;
        }
    }
    let mut missed = Seen::default();
    for (alone, bits, pairs) in sums {
        #[allow(clippy::cast_possible_truncation)] // bits
        let together = f64::from(probability((bits / pairs) as f32)) * pairs;
        missed.add(alone, together, pairs);
    }
    missed
}

/// Pairs of clusters, to be found by their records. All compared pairs are looked up, and
/// most are of clusters that are near to none: one look at each record tells.
struct Near {
    /// Record → its cluster, [`NONE`] where that is near to no other.
    of: Vec<u32>,
    /// Cluster → where the pairs begin of which it is the first; and the end.
    starts: Vec<u32>,
    /// The second clusters, sorted for each first.
    second: Vec<u32>,
}

impl Near {
    /// `near`: (smaller, larger cluster), in any order, repeated.
    fn of(of: &[u32], mut near: Vec<(u32, u32)>) -> Self {
        near.par_sort_unstable();
        near.dedup();
        let mut touched = vec![false; of.len()];
        let mut starts = vec![0u32; of.len() + 1];
        for &(a, b) in &near {
            touched[a as usize] = true;
            touched[b as usize] = true;
            starts[a as usize + 1] += 1;
        }
        for at in 0..of.len() {
            starts[at + 1] += starts[at];
        }
        let own = |&root: &u32| if touched[root as usize] { root } else { NONE };
        Self {
            of: of.iter().map(own).collect(),
            starts,
            second: near.into_iter().map(|(_, b)| b).collect(),
        }
    }

    /// Where the pair of a link's clusters stands, if it is near.
    fn place(&self, link: &Link) -> Option<usize> {
        let near = |record: u32| Some(self.of[record as usize]).filter(|&root| root != NONE);
        let (a, b) = (near(link.left)?, near(link.right)?);
        let (first, second) = (a.min(b) as usize, a.max(b));
        let (start, end) = (self.starts[first] as usize, self.starts[first + 1] as usize);
        let at = self.second[start..end].binary_search(&second).ok()?;
        Some(start + at)
    }
}

#[cfg(test)]
mod tests {
    use super::{Link, OwnEstimate};

    fn estimate(of: &[u32], links: &[Link]) -> OwnEstimate {
        super::estimate(of, links, |wanted| {
            links.iter().copied().filter(|link| wanted(link)).collect()
        })
    }

    fn link(left: u32, right: u32, weight: f32) -> Link {
        Link {
            left,
            right,
            weight,
        }
    }

    #[test]
    fn sure_pairs_make_a_sure_estimate() {
        let own = estimate(&[0, 0, 2], &[link(0, 1, 20.0), link(0, 2, -20.0)]);
        assert!(own.precision > 0.999 && own.recall > 0.999, "{own:?}");
        assert!(own.precision_low > 0.99 && own.recall_low > 0.99, "{own:?}");
        let nothing = estimate(&[0, 1], &[]);
        assert!((nothing.precision - 1.0).abs() < 1e-12 && (nothing.recall - 1.0).abs() < 1e-12);
    }

    #[test]
    fn a_third_record_settles_a_doubt_half_way() {
        // 0 and 1 look different; both are surely one person with 2.
        let links = [link(0, 1, -5.0), link(0, 2, 10.0), link(1, 2, 10.0)];
        let own = estimate(&[0, 0, 0], &links);
        assert!((0.8..0.9).contains(&own.precision), "{own:?}");
        assert!(
            own.precision_low < 0.7 && own.precision_high > 0.99,
            "{own:?}"
        );
        // A doubt that no third settles stays one.
        let own = estimate(&[0, 0], &[link(0, 1, 0.0)]);
        assert!((own.precision - 0.5).abs() < 1e-6, "{own:?}");
    }

    #[test]
    fn what_is_left_between_clusters_is_missed() {
        let links = [link(0, 1, 20.0), link(0, 2, 0.0), link(1, 2, 0.0)];
        let own = estimate(&[0, 0, 2], &links);
        // One pair found, two at one half.
        assert!((own.recall - 0.5).abs() < 1e-3, "{own:?}");
        assert!(
            own.recall_low < own.recall && own.recall < own.recall_high,
            "{own:?}"
        );
        // A pair that was not compared says nothing.
        let own = estimate(
            &[0, 0, 2, 2],
            &[link(0, 1, 20.0), link(0, 2, -7.0), link(2, 3, 20.0)],
        );
        assert!(own.recall > 0.98, "{own:?}");
    }
}
