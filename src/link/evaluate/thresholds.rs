//! What other thresholds would have done: the compared pairs are kept, so the
//! records are only clustered again.

use serde::Serialize;

use super::scores::{Counts, Score};
use crate::link::compare::names::NameComparer;
use crate::link::kernel::cluster::cluster;
use crate::link::score::{bits, probability};
use crate::link::{Linked, Linking, judge};

/// The threshold of the run, the best one, and what is between.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Thresholds {
    pub run: AtThreshold,
    /// The highest F1; of several the one nearest to the run's.
    pub best: AtThreshold,
    /// In rising order, the run's own among them.
    pub tried: Vec<AtThreshold>,
}

/// The scores with one threshold on the cluster's average.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct AtThreshold {
    pub threshold: f64,
    /// The same in bits.
    pub bits: f64,
    pub pairwise: Score,
    pub bcubed: Score,
}

/// In bits: finer around 1 : 1.
const GRID: [f32; 17] = [
    -6.0, -4.0, -3.0, -2.0, -1.5, -1.0, -0.5, 0.0, 0.5, 1.0, 1.5, 2.0, 3.0, 4.0, 5.0, 6.0, 8.0,
];

/// Clusters with every threshold of the grid, and with the run's own.
pub(super) fn try_all(
    entity: &[u32],
    linked: &Linked,
    linking: &Linking,
    threshold: f64,
) -> Thresholds {
    let own = bits(threshold);
    let mut tried: Vec<AtThreshold> = GRID
        .into_iter()
        .filter(|bits| (bits - own).abs() > 1e-6)
        .map(|bits| {
            let cluster = linking.clusters_at(bits, linked.cluster.len());
            scored(entity, &cluster, bits)
        })
        .collect();
    let run = scored(entity, &linked.cluster, own);
    tried.push(run);
    tried.sort_by(|x, y| x.bits.total_cmp(&y.bits));
    let best = tried
        .iter()
        .copied()
        .max_by(|x, y| {
            let distance = |at: &AtThreshold| (at.bits - run.bits).abs();
            x.pairwise
                .f1
                .total_cmp(&y.pairwise.f1)
                .then_with(|| distance(y).total_cmp(&distance(x)))
        })
        .unwrap_or(run);
    Thresholds { run, best, tried }
}

fn scored(entity: &[u32], cluster: &[u32], bits: f32) -> AtThreshold {
    let counts = Counts::of(entity, cluster);
    AtThreshold {
        threshold: f64::from(probability(bits)),
        bits: f64::from(bits),
        pairwise: counts.pairwise(),
        bcubed: counts.bcubed,
    }
}

impl Linking {
    /// The clusters of all `rows` with another threshold, in bits: for each row the
    /// smallest row of its cluster.
    #[must_use]
    pub fn clusters_at(&self, threshold: f32, rows: usize) -> Vec<u32> {
        let n = u32::try_from(self.features.len()).unwrap_or(u32::MAX);
        let weigh = |wanted: &[(u32, u32)]| {
            let mut names = NameComparer::small(&self.features);
            wanted
                .iter()
                .map(|&(a, b)| {
                    let compared = judge::compare(&self.features, a, b, &mut names);
                    self.judge.weight(&self.features, a, b, &compared)
                })
                .collect()
        };
        let (of, _) = cluster(
            n,
            &self.links,
            &self.constraints,
            threshold,
            &self.guards,
            weigh,
        );
        let mut clusters: Vec<u32> = (0u32..).take(rows).collect();
        for (at, &root) in of.iter().enumerate() {
            clusters[self.features.rows[at] as usize] = self.features.rows[root as usize];
        }
        clusters
    }
}
