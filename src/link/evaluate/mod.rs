//! A linking against known truth: pairwise and B-cubed scores, by sources and by
//! kind of record, calibration, blocking's completeness, F1 by threshold, the most
//! confident mistakes.

mod calibration;
mod mistakes;
mod scores;
mod thresholds;

use std::collections::BTreeMap;

use serde::Serialize;

pub use calibration::{Bin, Calibration};
pub use mistakes::{Cause, Causes, Mistake};
pub use scores::Score;
use scores::{Counts, ratio};
pub use thresholds::{AtThreshold, Thresholds};

use super::{Linked, Linking, OwnEstimate};
use crate::contact::Records;

/// A kind of record, such as "without an email": which rows are of it.
#[derive(Clone, Debug, Default)]
pub struct Kind {
    pub name: String,
    /// One for each row.
    pub holds: Vec<bool>,
}

/// What is evaluated.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// Each row's true person; `None` where the truth is silent: such a row is not scored.
    pub entity: &'a [Option<String>],
    pub records: &'a Records,
    pub linked: &'a Linked,
    pub linking: &'a Linking,
    /// Kinds of record to score apart; 32 at most are looked at.
    pub kinds: &'a [Kind],
    /// The probability from which the run merged.
    pub threshold: f64,
}

/// Everything that the truth says about a linking.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Evaluation {
    /// Records that the truth knows.
    pub records: u64,
    pub pairwise: Score,
    pub bcubed: Score,
    pub true_pairs: u64,
    pub found_pairs: u64,
    pub false_pairs: u64,
    pub missed_pairs: u64,
    /// Share of the true pairs among the candidates.
    pub pair_completeness: f64,
    pub pairs_per_record: f64,
    pub own_estimate: OwnEstimate,
    #[serde(flatten)]
    pub calibration: Calibration,
    pub thresholds: Thresholds,
    pub by_source_pair: Vec<Part>,
    pub by_kind: Vec<Part>,
    /// Why true pairs were missed.
    pub missed_because: Causes,
    pub false_merges: Vec<Mistake>,
    pub misses: Vec<Mistake>,
}

/// The scores of a part of the pairs: those between two sources, or those with a
/// record of one kind on either side.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Part {
    pub name: String,
    /// Records of the kind; for a pair of sources, of both.
    pub records: u64,
    pub true_pairs: u64,
    pub found_pairs: u64,
    pub false_pairs: u64,
    #[serde(flatten)]
    pub score: Score,
}

/// No person, where the truth is silent.
const SILENT: u32 = u32::MAX;

/// Scores a linking.
#[must_use]
pub fn evaluate(question: Question<'_>) -> Evaluation {
    let Question {
        records,
        linked,
        linking,
        ..
    } = question;
    let entity = numbered(question.entity);
    let counts = Counts::of(&entity, &linked.cluster);
    let dense = Dense::of(linking, records.rows());
    let (mut kinds, mut sources) = (Parts::kinds(&question), Parts::sources(records));
    let (mut covered, mut misses, mut false_merges) = (0u64, Vec::new(), Vec::new());
    for_pairs(&entity, |a, b| {
        covered += u64::from(dense.candidate(linking, a, b));
        let together = linked.cluster[a as usize] == linked.cluster[b as usize];
        for parts in [&mut kinds, &mut sources] {
            parts.count(a, b, |tally| {
                tally.truth += 1;
                tally.right += u64::from(together);
            });
        }
        if !together {
            misses.push((a, b));
        }
    });
    // A row that is not scored is in no cluster that is.
    let cluster: Vec<u32> = (0..entity.len())
        .map(|row| {
            if entity[row] == SILENT {
                SILENT
            } else {
                linked.cluster[row]
            }
        })
        .collect();
    for_pairs(&cluster, |a, b| {
        for parts in [&mut kinds, &mut sources] {
            parts.count(a, b, |tally| tally.found += 1);
        }
        if entity[a as usize] != entity[b as usize] {
            false_merges.push((a, b));
        }
    });
    let mistakes = mistakes::Finder {
        records,
        linking,
        dense: &dense,
        threshold: question.threshold,
    };
    let (misses, missed_because) = mistakes.misses(&misses);
    Evaluation {
        records: counts.records,
        pairwise: counts.pairwise(),
        bcubed: counts.bcubed,
        true_pairs: counts.truth,
        found_pairs: counts.found,
        false_pairs: counts.found - counts.right,
        missed_pairs: counts.truth - counts.right,
        pair_completeness: ratio(covered, counts.truth),
        pairs_per_record: ratio(
            linking.candidates.stats.pairs,
            (linking.features.len() as u64).max(1),
        ),
        own_estimate: linked.report.own,
        calibration: calibration::calibrate(&entity, linking),
        thresholds: thresholds::try_all(&entity, linked, linking, question.threshold),
        by_source_pair: sources.finish(),
        by_kind: kinds.finish(),
        missed_because,
        false_merges: mistakes.false_merges(&false_merges),
        misses,
    }
}

/// Persons as numbers.
fn numbered(entity: &[Option<String>]) -> Vec<u32> {
    let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
    entity
        .iter()
        .map(|name| {
            let Some(name) = name else { return SILENT };
            let next = u32::try_from(numbers.len()).unwrap_or(SILENT - 1);
            *numbers.entry(name).or_insert(next)
        })
        .collect()
}

/// Calls `each` with every pair of rows of one group, smaller first, in order.
fn for_pairs(group: &[u32], mut each: impl FnMut(u32, u32)) {
    let mut rows: Vec<(u32, u32)> = (0u32..)
        .zip(group)
        .filter(|&(_, &group)| group != SILENT)
        .map(|(row, &group)| (group, row))
        .collect();
    rows.sort_unstable();
    for group in rows.chunk_by(|x, y| x.0 == y.0) {
        for (at, &(_, a)) in group.iter().enumerate() {
            for &(_, b) in &group[at + 1..] {
                each(a, b);
            }
        }
    }
}

/// Row → its place among the records that were linked.
struct Dense(Vec<u32>);

impl Dense {
    fn of(linking: &Linking, rows: usize) -> Self {
        let mut dense = vec![u32::MAX; rows];
        for (at, &row) in (0u32..).zip(&linking.features.rows) {
            dense[row as usize] = at;
        }
        Self(dense)
    }

    /// Both places, smaller first; `None` when one of the records was held out.
    fn pair(&self, a: u32, b: u32) -> Option<(u32, u32)> {
        let (x, y) = (self.0[a as usize], self.0[b as usize]);
        (x != u32::MAX && y != u32::MAX).then(|| (x.min(y), x.max(y)))
    }

    fn candidate(&self, linking: &Linking, a: u32, b: u32) -> bool {
        self.pair(a, b)
            .is_some_and(|(x, y)| linking.candidates.contains(x, y))
    }
}

#[derive(Clone, Debug, Default)]
struct Tally {
    truth: u64,
    found: u64,
    right: u64,
}

/// Pairs counted apart. A pair belongs to every part that one of its records is of,
/// or to the one part of its two sources.
struct Parts {
    names: Vec<String>,
    records: Vec<u64>,
    tallies: Vec<Tally>,
    belongs: Belongs,
}

enum Belongs {
    /// Row → a bit for each kind.
    Kinds(Vec<u32>),
    /// Row → its source; the number of sources.
    Sources(Vec<usize>, usize),
}

impl Parts {
    fn kinds(question: &Question<'_>) -> Self {
        let known = |row: usize| question.entity[row].is_some();
        let kinds = &question.kinds[..question.kinds.len().min(32)];
        let mut masks = vec![0u32; question.entity.len()];
        for (bit, kind) in kinds.iter().enumerate() {
            for (row, mask) in masks.iter_mut().enumerate() {
                *mask |= u32::from(kind.holds[row] && known(row)) << bit;
            }
        }
        let records = (0..kinds.len())
            .map(|bit| masks.iter().filter(|mask| *mask >> bit & 1 == 1).count() as u64)
            .collect();
        Self {
            names: kinds.iter().map(|kind| kind.name.clone()).collect(),
            records,
            tallies: vec![Tally::default(); kinds.len()],
            belongs: Belongs::Kinds(masks),
        }
    }

    fn sources(records: &Records) -> Self {
        let count = records.sources.len();
        let mut sizes = vec![0u64; count];
        for origin in &records.origin {
            sizes[origin.source as usize] += 1;
        }
        let (mut names, mut both) = (Vec::new(), Vec::new());
        for (at, left) in records.sources.iter().enumerate() {
            for (other, right) in records.sources.iter().enumerate() {
                names.push(if at == other {
                    left.name.clone()
                } else {
                    format!("{} + {}", left.name, right.name)
                });
                both.push(if at == other {
                    sizes[at]
                } else {
                    sizes[at] + sizes[other]
                });
            }
        }
        Self {
            tallies: vec![Tally::default(); names.len()],
            names,
            records: both,
            belongs: Belongs::Sources(
                records.origin.iter().map(|o| o.source as usize).collect(),
                count,
            ),
        }
    }

    fn count(&mut self, a: u32, b: u32, add: impl Fn(&mut Tally)) {
        match &self.belongs {
            Belongs::Kinds(masks) => {
                let mut mask = masks[a as usize] | masks[b as usize];
                while mask != 0 {
                    add(&mut self.tallies[mask.trailing_zeros() as usize]);
                    mask &= mask - 1;
                }
            }
            Belongs::Sources(of, count) => {
                let (x, y) = (of[a as usize], of[b as usize]);
                add(&mut self.tallies[x.min(y) * count + x.max(y)]);
            }
        }
    }

    /// The parts that have anything to tell.
    fn finish(self) -> Vec<Part> {
        self.names
            .into_iter()
            .zip(self.records)
            .zip(self.tallies)
            .filter(|(_, tally)| tally.truth + tally.found > 0)
            .map(|((name, records), tally)| Part {
                name,
                records,
                true_pairs: tally.truth,
                found_pairs: tally.found,
                false_pairs: tally.found - tally.right,
                score: Score::of(tally.right, tally.found, tally.truth),
            })
            .collect()
    }
}
