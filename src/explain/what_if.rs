//! What would have turned a verdict: one comparison at a time, missing, at its best or at
//! its worst level, all else as it was; the smallest change that does, of a value that is
//! there before one that is not.
//!
//! Levels depend on each other (an equal company after an equal address is no news), so
//! every other outcome is weighed anew by the run's own model, never subtracted.

use serde::Serialize;

use super::run::Pair;
use crate::link::columns::{LEVEL_NAMES, Seen};
use crate::link::compare::{Compared, Comparison};
use crate::link::judge::Kind;
use crate::link::stored::Weigher;

/// Where a probability lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Band {
    /// Below the review band.
    Apart,
    /// Inside it, below the threshold.
    DoubtfulApart,
    /// Inside it, at the threshold or above.
    DoubtfulMerged,
    /// Above the review band.
    Merged,
}

/// The probabilities that decide.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    pub threshold: f64,
    pub review: (f64, f64),
}

impl Limits {
    #[must_use]
    pub fn band(&self, probability: f64) -> Band {
        let doubtful = (self.review.0..=self.review.1).contains(&probability);
        match (probability >= self.threshold, doubtful) {
            (false, false) => Band::Apart,
            (false, true) => Band::DoubtfulApart,
            (true, true) => Band::DoubtfulMerged,
            (true, false) => Band::Merged,
        }
    }
}

/// One comparison that came out otherwise.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Change {
    pub comparison: String,
    /// The level that it has; empty when a value is missing.
    pub from: String,
    /// The level that it would have had; empty for a missing value.
    pub to: String,
    /// Bits that the whole pair would have weighed more (or less).
    pub bits: f64,
    pub weight: f64,
    pub probability: f64,
    pub band: Band,
}

/// The smallest changes that would have mattered.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Turning {
    /// Across the threshold.
    pub verdict: Option<Change>,
    /// Into the review band or out of it, where a smaller change does that.
    pub review: Option<Change>,
}

/// Looks for the smallest changes of `pair` that matter.
#[must_use]
pub fn turning(weigher: &Weigher, pair: &Pair, limits: Limits) -> Turning {
    let own = limits.band(f64::from(pair.probability));
    let above = |band: Band| band >= Band::DoubtfulMerged;
    let doubtful = |band: Band| matches!(band, Band::DoubtfulApart | Band::DoubtfulMerged);
    let mut all = changes(weigher, pair, limits);
    // What is known comes first: of a value that is missing anything can be supposed.
    all.sort_by(|x, y| {
        let supposed = |change: &Change| change.from.is_empty();
        supposed(x)
            .cmp(&supposed(y))
            .then_with(|| x.bits.abs().total_cmp(&y.bits.abs()))
            .then_with(|| x.comparison.cmp(&y.comparison))
    });
    let first = |wanted: &dyn Fn(Band) -> bool| all.iter().find(|change| wanted(change.band));
    let verdict = first(&|band| above(band) != above(own)).cloned();
    let review = first(&|band| doubtful(band) != doubtful(own))
        .filter(|review| {
            // Less than what turns the verdict, or no news.
            verdict
                .as_ref()
                .is_none_or(|verdict| review.bits.abs() < verdict.bits.abs())
        })
        .cloned();
    Turning { verdict, review }
}

/// All single changes.
fn changes(weigher: &Weigher, pair: &Pair, limits: Limits) -> Vec<Change> {
    let mut all = Vec::new();
    let mut add = |comparison: &str, from: &str, to: &str, compared: &Compared, seen: &[Seen]| {
        let weight = weigher.weight(pair.kind, compared, seen);
        // That a missing value is one that rules the pair out is no thought worth.
        if from.is_empty() && weight < weigher.guards.ruled_out {
            return;
        }
        let probability = 1.0 / (1.0 + (-weight).exp2());
        all.push(Change {
            comparison: comparison.to_owned(),
            from: from.to_owned(),
            to: to.to_owned(),
            bits: weight - f64::from(pair.weight),
            weight,
            probability,
            band: limits.band(probability),
        });
    };
    let people = pair.kind == Kind::People;
    for (at, stored) in weigher.comparisons(pair.kind).enumerate() {
        let levels = stored.levels;
        // Swapped halves are a matter of both names, not a value of their own.
        if people && at == Comparison::Swapped as usize {
            continue;
        }
        let now = pair.compared.pattern.level_at(at);
        let name = |level: u8| match level {
            0 => "",
            level => levels
                .get(usize::from(level) - 1)
                .map_or("", String::as_str),
        };
        let worst = u8::try_from(levels.len()).unwrap_or(0);
        for level in [0, 1, worst] {
            if level == now || level == 0 && now == 0 {
                continue;
            }
            let compared = with(&pair.compared, people, at, level);
            add(stored.name, name(now), name(level), &compared, &pair.seen);
        }
    }
    for (at, (weights, now)) in weigher
        .columns(pair.kind)
        .iter()
        .zip(&pair.seen)
        .enumerate()
    {
        let name = |level: u8| match level {
            0 => "",
            level => LEVEL_NAMES
                .get(usize::from(level) - 1)
                .copied()
                .unwrap_or(""),
        };
        for level in [0, 1, u8::try_from(LEVEL_NAMES.len()).unwrap_or(0)] {
            if level == now.level {
                continue;
            }
            let mut seen = pair.seen.clone();
            seen[at] = Seen { level, rarity: 0.0 };
            add(
                &weights.name,
                name(now.level),
                name(level),
                &pair.compared,
                &seen,
            );
        }
    }
    all
}

/// The same pair with another level of one comparison. A name that no longer agrees is
/// neither rare nor part of a community.
fn with(compared: &Compared, people: bool, at: usize, level: u8) -> Compared {
    let mut other = *compared;
    other.pattern.set_at(at, level);
    if people && level != 1 {
        if at == Comparison::Given as usize {
            (other.given_rarity, other.community) = (0.0, 0.0);
        }
        if at == Comparison::Family as usize {
            (other.family_rarity, other.community) = (0.0, 0.0);
        }
    }
    if people
        && (other.pattern.level(Comparison::Given) == 0
            || other.pattern.level(Comparison::Family) == 0)
    {
        other.pattern.set(Comparison::Swapped, 0);
    }
    other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probability_lies_in_one_band() {
        let limits = Limits {
            threshold: 0.5,
            review: (0.3, 0.95),
        };
        let bands = [0.1, 0.3, 0.49, 0.5, 0.95, 0.96].map(|p| limits.band(p));
        assert_eq!(
            bands,
            [
                Band::Apart,
                Band::DoubtfulApart,
                Band::DoubtfulApart,
                Band::DoubtfulMerged,
                Band::DoubtfulMerged,
                Band::Merged
            ]
        );
    }
}
