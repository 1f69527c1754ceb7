//! Are pairs called 0.8 one person in eight of ten?

use serde::Serialize;

use super::SILENT;
use crate::link::Linking;
use crate::link::score::probability;

/// A reliability table and its summary in one number (Brier 1950).
#[derive(Clone, Debug, Default, Serialize)]
pub struct Calibration {
    /// Mean squared error of the match probability over all compared pairs.
    pub brier: f64,
    /// The same over the pairs that the model calls uncertain, between 0.01 and 0.99:
    /// the others are many, and easy.
    pub brier_uncertain: f64,
    pub uncertain_pairs: u64,
    pub calibration: Vec<Bin>,
}

/// Pairs of nearly one match probability.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Bin {
    /// The probabilities in it: above `from`, up to `to`.
    pub from: f64,
    pub to: f64,
    /// Mean probability that the model gave.
    pub said: f64,
    /// Share of the pairs that are one person.
    pub truth: f64,
    pub pairs: u64,
}

/// Upper ends of the bins.
const BINS: [f64; 12] = [
    0.01, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 1.0,
];

/// Over all compared pairs whose records the truth knows.
pub(super) fn calibrate(entity: &[u32], linking: &Linking) -> Calibration {
    let mut bins = [(0f64, 0u64, 0u64); BINS.len()];
    let (mut squares, mut uncertain_squares, mut uncertain) = (0f64, 0f64, 0u64);
    let rows = &linking.features.rows;
    for link in &linking.links {
        let person = |at: u32| entity[rows[at as usize] as usize];
        let (x, y) = (person(link.left), person(link.right));
        if x == SILENT || y == SILENT {
            continue;
        }
        let p = f64::from(probability(link.weight));
        let same = u64::from(x == y);
        let at = BINS
            .iter()
            .position(|&end| p <= end)
            .unwrap_or(BINS.len() - 1);
        bins[at].0 += p;
        bins[at].1 += same;
        bins[at].2 += 1;
        #[allow(clippy::cast_precision_loss)] // 0 or 1
        let square = (p - same as f64).powi(2);
        squares += square;
        if (0.01..=0.99).contains(&p) {
            uncertain_squares += square;
            uncertain += 1;
        }
    }
    let compared: u64 = bins.iter().map(|bin| bin.2).sum();
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    Calibration {
        brier: squares / compared.max(1) as f64,
        brier_uncertain: uncertain_squares / uncertain.max(1) as f64,
        uncertain_pairs: uncertain,
        calibration: bins
            .into_iter()
            .enumerate()
            .filter(|(_, bin)| bin.2 > 0)
            .map(|(at, (sum, same, pairs))| Bin {
                from: if at == 0 { 0.0 } else { BINS[at - 1] },
                to: BINS[at],
                said: sum / pairs as f64,
                truth: same as f64 / pairs as f64,
                pairs,
            })
            .collect(),
    }
}
