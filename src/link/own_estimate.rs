//! How well this run did, told without labels: precision from the pairs inside
//! clusters, recall from the averages between clusters.
//!
//! Precision is the mean match probability of the pairs that were put together;
//! what was missed is the probability that is left between clusters, taken over the
//! average between two clusters, since the other members have settled what a single
//! pair leaves open (after Enamorado, Fifield and Imai 2019).

use super::kernel::cluster::Link;
use super::score::probability;

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

/// `of`: record → cluster; `links`: all compared pairs, gone through twice.
#[must_use]
pub fn estimate<I: Iterator<Item = Link>>(of: &[u32], links: impl Fn() -> I) -> OwnEstimate {
    let mut sizes = vec![0u64; of.len()];
    for &root in of {
        sizes[root as usize] += 1;
    }
    let inside_pairs: u64 = sizes.iter().map(|s| s * s.saturating_sub(1) / 2).sum();
    let (mut inside, mut variance, mut compared) = (0f64, 0f64, 0u64);
    let clusters = |link: &Link| {
        let (a, b) = (of[link.left as usize], of[link.right as usize]);
        (a.min(b), a.max(b))
    };
    // Only cluster pairs with a link worth a thought, but then all their links.
    let mut near: Vec<(u32, u32)> = links()
        .filter(|link| link.weight > -8.0)
        .map(|link| clusters(&link))
        .filter(|(a, b)| a != b)
        .collect();
    near.sort_unstable();
    near.dedup();
    let mut between = vec![0f64; near.len()];
    for link in links() {
        let pair = clusters(&link);
        if pair.0 == pair.1 {
            let p = f64::from(probability(link.weight));
            inside += p;
            variance += p * (1.0 - p);
            compared += 1;
        } else if let Ok(at) = near.binary_search(&pair) {
            between[at] += f64::from(link.weight.clamp(-12.0, 12.0)) + 2.0;
        }
    }
    // A pair inside a cluster that was not compared is believed as the others are.
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    let (all, compared) = (inside_pairs as f64, compared as f64);
    let precision = if compared > 0.0 {
        inside / compared
    } else {
        1.0
    };
    let (mut missed, mut missed_variance) = (0f64, 0f64);
    for (&(a, b), &sum) in near.iter().zip(&between) {
        #[allow(clippy::cast_precision_loss)] // cluster sizes
        let pairs = (sizes[a as usize] * sizes[b as usize]) as f64;
        #[allow(clippy::cast_possible_truncation)] // bits
        let p = f64::from(probability((sum / pairs - 2.0) as f32));
        missed += p * pairs;
        missed_variance += p * (1.0 - p) * pairs * pairs;
    }
    let found = precision * all;
    let recall = if found + missed > 0.0 {
        found / (found + missed)
    } else {
        1.0
    };
    let half = 1.96 * variance.sqrt() / compared.max(1.0);
    let slack = 1.96 * missed_variance.sqrt() / (found + missed).max(1.0);
    OwnEstimate {
        precision,
        precision_low: (precision - half).max(0.0),
        precision_high: (precision + half).min(1.0),
        recall,
        recall_low: (recall - slack).max(0.0),
        recall_high: (recall + slack).min(1.0),
    }
}
