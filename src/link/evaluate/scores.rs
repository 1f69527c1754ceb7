//! Precision, recall and F1, over pairs and over records.

use serde::Serialize;

use super::SILENT;

/// Precision, recall and their harmonic mean, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

impl Score {
    /// From counts: right among found, right among true. Nothing found is precise.
    pub(super) fn of(right: u64, found: u64, truth: u64) -> Self {
        let or_one = |whole: u64| if whole == 0 { 1.0 } else { ratio(right, whole) };
        Self::combined(or_one(found), or_one(truth))
    }

    fn combined(precision: f64, recall: f64) -> Self {
        let sum = precision + recall;
        Self {
            precision,
            recall,
            f1: if sum > 0.0 {
                2.0 * precision * recall / sum
            } else {
                0.0
            },
        }
    }
}

/// `part / whole`; 1 of nothing.
#[allow(clippy::cast_precision_loss)] // counts of pairs
pub(super) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

/// The pairs of two partitions of the records, counted without listing them.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(super) struct Counts {
    pub records: u64,
    pub truth: u64,
    pub found: u64,
    pub right: u64,
    /// B-cubed (Bagga and Baldwin 1998): asked of each record, then averaged.
    pub bcubed: Score,
}

impl Counts {
    /// `entity` and `cluster` by row; a silent row is not counted.
    pub fn of(entity: &[u32], cluster: &[u32]) -> Self {
        let mut rows: Vec<(u32, u32)> = entity
            .iter()
            .zip(cluster)
            .filter(|(entity, _)| **entity != SILENT)
            .map(|(&entity, &cluster)| (entity, cluster))
            .collect();
        let mut clusters: Vec<u32> = rows.iter().map(|row| row.1).collect();
        clusters.sort_unstable();
        let sizes: Vec<(u32, u64)> = clusters
            .chunk_by(|x, y| x == y)
            .map(|run| (run[0], run.len() as u64))
            .collect();
        let size_of = |cluster: u32| {
            sizes
                .binary_search_by_key(&cluster, |size| size.0)
                .map_or(1, |at| sizes[at].1)
        };
        rows.sort_unstable();
        let mut counts = Self {
            records: rows.len() as u64,
            found: sizes.iter().map(|(_, size)| pairs(*size)).sum(),
            ..Self::default()
        };
        let (mut precision, mut recall) = (0.0, 0.0);
        for person in rows.chunk_by(|x, y| x.0 == y.0) {
            let whole = person.len() as u64;
            counts.truth += pairs(whole);
            for shared in person.chunk_by(|x, y| x.1 == y.1) {
                let both = shared.len() as u64;
                counts.right += pairs(both);
                precision += ratio(both * both, size_of(shared[0].1));
                recall += ratio(both * both, whole);
            }
        }
        #[allow(clippy::cast_precision_loss)] // counts of records
        let n = rows.len().max(1) as f64;
        counts.bcubed = Score::combined(precision / n, recall / n);
        counts
    }

    pub fn pairwise(&self) -> Score {
        Score::of(self.right, self.found, self.truth)
    }
}

const fn pairs(size: u64) -> u64 {
    size * size.saturating_sub(1) / 2
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of Bagga and Baldwin (1998), figure 2: one big cluster of twelve
    /// records that are really 5 + 2 + 5.
    #[test]
    fn one_cluster_of_three_persons_has_whole_recall() {
        let entity = [0, 0, 0, 0, 0, 1, 1, 2, 2, 2, 2, 2];
        let counts = Counts::of(&entity, &[7; 12]);
        assert_eq!((counts.truth, counts.found, counts.right), (21, 66, 21));
        assert!((counts.bcubed.recall - 1.0).abs() < 1e-12);
        // (5·5/12 + 2·2/12 + 5·5/12) / 12
        assert!((counts.bcubed.precision - 54.0 / 144.0).abs() < 1e-12);
    }

    #[test]
    fn silent_rows_are_not_counted() {
        let counts = Counts::of(&[0, SILENT, 0], &[5, 5, 5]);
        assert_eq!((counts.records, counts.truth, counts.found), (2, 1, 1));
        let nothing = Counts::of(&[0, 1], &[0, 1]);
        assert!((nothing.pairwise().f1 - 1.0).abs() < 1e-12);
    }
}
