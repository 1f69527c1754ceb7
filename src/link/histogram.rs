//! Compared pairs by match weight: what a picture of the merges is drawn from.

use super::kernel::cluster::Link;

/// The first and the last whole bits with a bin of their own; beyond, the bins are open.
pub const LOWEST: i32 = -20;
pub const HIGHEST: i32 = 40;
const BINS: usize = (HIGHEST - LOWEST + 1) as usize;

/// Counts by bit: bin 0 holds all up to [`LOWEST`], the last all from [`HIGHEST`] on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Histogram {
    /// Pairs inside a cluster.
    pub merged: Vec<u64>,
    /// Pairs between two.
    pub apart: Vec<u64>,
}

impl Default for Histogram {
    fn default() -> Self {
        Self {
            merged: vec![0; BINS],
            apart: vec![0; BINS],
        }
    }
}

impl Histogram {
    /// `of`: record → cluster; `weights`: of all compared pairs; `near`: of these at least
    /// the ones inside clusters, so that the others, which stand anywhere, need no look at
    /// their records.
    #[must_use]
    pub fn of(of: &[u32], weights: impl Iterator<Item = f32>, near: &[Link]) -> Self {
        let mut counts = Self::default();
        for weight in weights {
            counts.apart[bin(weight)] += 1;
        }
        for link in near {
            if of[link.left as usize] == of[link.right as usize] {
                let bin = bin(link.weight);
                counts.merged[bin] += 1;
                counts.apart[bin] = counts.apart[bin].saturating_sub(1);
            }
        }
        counts
    }
}

/// A weight's bin; bin `n` starts at `LOWEST + n` bits.
fn bin(weight: f32) -> usize {
    #[expect(clippy::cast_possible_truncation, reason = "clamped to the bins")]
    let bin = (weight.floor() as i32).clamp(LOWEST, HIGHEST) - LOWEST;
    usize::try_from(bin).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pair_is_in_one_bin() {
        let link = |left, right, weight| Link {
            left,
            right,
            weight,
        };
        let links = [
            link(0, 1, 0.9),
            link(0, 1, 99.0),
            link(0, 2, -0.1),
            link(1, 2, -99.0),
        ];
        let weights = links.iter().map(|link| link.weight);
        let counts = Histogram::of(&[0, 0, 2], weights, &links[..3]);
        assert_eq!((counts.merged[20], counts.merged[BINS - 1]), (1, 1));
        assert_eq!((counts.apart[19], counts.apart[0]), (1, 1));
    }
}
