//! A linking against known truth: pairwise and B-cubed scores, calibration,
//! blocking's completeness, the most confident mistakes.

use std::collections::BTreeMap;

use serde::Serialize;

use super::compare::names::NameComparer;
use super::score::{Evidence, probability};
use super::{Linked, Linking, OwnEstimate, judge};
use crate::contact::Records;

/// Precision, recall and their harmonic mean, 0 to 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Score {
    pub precision: f64,
    pub recall: f64,
    pub f1: f64,
}

/// Everything that the truth says about a linking.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Evaluation {
    pub pairwise: Score,
    pub bcubed: Score,
    pub true_pairs: u64,
    pub found_pairs: u64,
    pub false_pairs: u64,
    /// Share of the true pairs among the candidates.
    pub pair_completeness: f64,
    pub pairs_per_record: f64,
    pub own_estimate: OwnEstimate,
    /// Mean squared error of the match probability over pairs between 0.01 and 0.99.
    pub brier: f64,
    pub calibration: Vec<Bin>,
    pub by_source_pair: Vec<SourcePair>,
    pub false_merges: Vec<Mistake>,
    pub misses: Vec<Mistake>,
}

/// Pairs of nearly one match probability.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Bin {
    /// Mean probability that the model gave.
    pub said: f64,
    /// Share of the pairs that are one person.
    pub truth: f64,
    pub pairs: u64,
}

#[derive(Clone, Debug, Serialize)]
pub struct SourcePair {
    pub sources: String,
    pub true_pairs: u64,
    pub recall: f64,
}

/// A pair that came out wrong, with its evidence.
#[derive(Clone, Debug, Serialize)]
pub struct Mistake {
    pub left: String,
    pub right: String,
    pub weight: f64,
    pub evidence: Vec<Evidence>,
}

/// Mistakes shown of each kind.
const SHOWN: usize = 20;
/// Upper ends of the calibration bins.
const BINS: [f64; 8] = [0.01, 0.1, 0.3, 0.5, 0.7, 0.9, 0.99, 1.0];

/// Scores `linked`; `entity` gives each row's true person, `None` where the truth is silent.
#[must_use]
pub fn evaluate(
    entity: &[Option<String>],
    records: &Records,
    linked: &Linked,
    linking: &Linking,
) -> Evaluation {
    let known: Vec<u32> = (0u32..)
        .zip(entity)
        .filter(|(_, e)| e.is_some())
        .map(|(row, _)| row)
        .collect();
    let truth = groups(
        known
            .iter()
            .map(|&row| (entity[row as usize].as_deref().unwrap_or(""), row)),
    );
    let found = groups(known.iter().map(|&row| (linked.cluster[row as usize], row)));
    let both = groups(known.iter().map(|&row| {
        (
            (
                entity[row as usize].as_deref().unwrap_or(""),
                linked.cluster[row as usize],
            ),
            row,
        )
    }));
    let (true_pairs, put_together, right) = (pairs_in(&truth), pairs_in(&found), pairs_in(&both));
    let mut dense = vec![u32::MAX; records.rows()];
    for (at, &row) in (0u32..).zip(&linking.features.rows) {
        dense[row as usize] = at;
    }
    let mut covered = 0u64;
    let mut by_source: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    let mut misses: Vec<(u32, u32)> = Vec::new();
    for rows in truth.values() {
        for (at, &a) in rows.iter().enumerate() {
            for &b in &rows[at + 1..] {
                let (x, y) = (dense[a as usize], dense[b as usize]);
                covered +=
                    u64::from(x != u32::MAX && y != u32::MAX && linking.candidates.contains(x, y));
                let together = linked.cluster[a as usize] == linked.cluster[b as usize];
                let mut names = [
                    records.source(a as usize).name.as_str(),
                    records.source(b as usize).name.as_str(),
                ];
                names.sort_unstable();
                let entry = by_source.entry(names.join(" + ")).or_default();
                entry.0 += 1;
                entry.1 += u64::from(together);
                if !together {
                    misses.push((a, b));
                }
            }
        }
    }
    let false_merges: Vec<(u32, u32)> = found
        .values()
        .flat_map(|rows| {
            rows.iter()
                .enumerate()
                .flat_map(move |(at, &a)| rows[at + 1..].iter().map(move |&b| (a, b)))
        })
        .filter(|&(a, b)| entity[a as usize] != entity[b as usize])
        .collect();
    let (calibration, brier) = calibration(entity, linking);
    Evaluation {
        pairwise: score(right, put_together, true_pairs),
        bcubed: bcubed(&truth, &found, &both, known.len()),
        true_pairs,
        found_pairs: right,
        false_pairs: put_together - right,
        pair_completeness: ratio(covered, true_pairs),
        pairs_per_record: ratio(
            linking.candidates.stats.pairs,
            linking.features.len() as u64,
        ),
        own_estimate: linked.report.own,
        brier,
        calibration,
        by_source_pair: by_source
            .into_iter()
            .map(|(sources, (all, found))| SourcePair {
                sources,
                true_pairs: all,
                recall: ratio(found, all),
            })
            .collect(),
        false_merges: mistakes(&false_merges, records, &dense, linking),
        misses: mistakes(&misses, records, &dense, linking),
    }
}

fn groups<K: Ord>(rows: impl Iterator<Item = (K, u32)>) -> BTreeMap<K, Vec<u32>> {
    let mut groups: BTreeMap<K, Vec<u32>> = BTreeMap::new();
    for (key, row) in rows {
        groups.entry(key).or_default().push(row);
    }
    groups
}

fn pairs_in<K>(groups: &BTreeMap<K, Vec<u32>>) -> u64 {
    groups
        .values()
        .map(|rows| rows.len() as u64 * (rows.len() as u64 - 1) / 2)
        .sum()
}

#[allow(clippy::cast_precision_loss)] // counts of pairs
fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        1.0
    } else {
        part as f64 / whole as f64
    }
}

fn score(right: u64, found: u64, truth: u64) -> Score {
    combined(ratio(right, found), ratio(right, truth))
}

fn combined(precision: f64, recall: f64) -> Score {
    let sum = precision + recall;
    Score {
        precision,
        recall,
        f1: if sum > 0.0 {
            2.0 * precision * recall / sum
        } else {
            0.0
        },
    }
}

/// B-cubed (Bagga and Baldwin 1998): asked of each record, then averaged.
fn bcubed(
    truth: &BTreeMap<&str, Vec<u32>>,
    found: &BTreeMap<u32, Vec<u32>>,
    both: &BTreeMap<(&str, u32), Vec<u32>>,
    records: usize,
) -> Score {
    let (mut precision, mut recall) = (0.0, 0.0);
    #[allow(clippy::cast_precision_loss)] // counts of records
    for ((entity, cluster), rows) in both {
        let shared = rows.len() as f64;
        let size = |group: Option<&Vec<u32>>| group.map_or(1, Vec::len) as f64;
        precision += shared * shared / size(found.get(cluster));
        recall += shared * shared / size(truth.get(entity));
    }
    #[allow(clippy::cast_precision_loss)] // counts of records
    let n = records.max(1) as f64;
    combined(precision / n, recall / n)
}

fn calibration(entity: &[Option<String>], linking: &Linking) -> (Vec<Bin>, f64) {
    let mut bins = vec![(0f64, 0u64, 0u64); BINS.len()];
    let (mut squares, mut uncertain) = (0f64, 0u64);
    let rows = &linking.features.rows;
    for link in &linking.links {
        let (a, b) = (
            rows[link.left as usize] as usize,
            rows[link.right as usize] as usize,
        );
        let (Some(x), Some(y)) = (&entity[a], &entity[b]) else {
            continue;
        };
        let p = f64::from(probability(link.weight));
        let same = x == y;
        let at = BINS
            .iter()
            .position(|&end| p <= end)
            .unwrap_or(BINS.len() - 1);
        bins[at].0 += p;
        bins[at].1 += u64::from(same);
        bins[at].2 += 1;
        if (0.01..=0.99).contains(&p) {
            squares += (p - f64::from(u8::from(same))).powi(2);
            uncertain += 1;
        }
    }
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    let list = bins
        .into_iter()
        .filter(|bin| bin.2 > 0)
        .map(|(sum, same, pairs)| Bin {
            said: sum / pairs as f64,
            truth: same as f64 / pairs as f64,
            pairs,
        })
        .collect();
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    let brier = squares / uncertain.max(1) as f64;
    (list, brier)
}

/// The mistakes with the highest weights, each with its evidence.
fn mistakes(
    pairs: &[(u32, u32)],
    records: &Records,
    dense: &[u32],
    linking: &Linking,
) -> Vec<Mistake> {
    let mut names = NameComparer::small(&linking.features);
    let mut weighed: Vec<(f32, u32, u32)> = pairs
        .iter()
        .filter(|(a, b)| dense[*a as usize] != u32::MAX && dense[*b as usize] != u32::MAX)
        .map(|&(a, b)| {
            let compared = judge::compare(
                &linking.features,
                dense[a as usize],
                dense[b as usize],
                &mut names,
            );
            let (x, y) = (dense[a as usize], dense[b as usize]);
            let weight = linking.judge.weight(&linking.features, x, y, &compared);
            (weight, a, b)
        })
        .collect();
    weighed.sort_by(|x, y| {
        y.0.total_cmp(&x.0)
            .then_with(|| (x.1, x.2).cmp(&(y.1, y.2)))
    });
    let name = |row: u32| {
        format!(
            "{}:{}",
            records.source(row as usize).name,
            records.id(row as usize)
        )
    };
    weighed
        .into_iter()
        .take(SHOWN)
        .map(|(weight, a, b)| {
            let compared = judge::compare(
                &linking.features,
                dense[a as usize],
                dense[b as usize],
                &mut names,
            );
            Mistake {
                left: name(a),
                right: name(b),
                weight: f64::from(weight),
                evidence: linking.judge.evidence(
                    &linking.features,
                    dense[a as usize],
                    dense[b as usize],
                    &compared,
                ),
            }
        })
        .collect()
}
