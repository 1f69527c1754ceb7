//! What the model is estimated from: patterns of the candidate pairs, and of random pairs
//! that stand for all others.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::block::Candidates;
use super::compare::names::NameComparer;
use super::compare::{Comparison, Pattern};
use super::features::Features;
use super::judge::{self, Kind};
use super::kernel::em::{self, EmPlan, Parameters, PatternRow};
use super::kernel::random;
use super::model::MatchModel;
use super::orgs;
use super::pairs::Patterns;

/// Patterns with their counts, sorted by pattern.
fn count(patterns: impl Iterator<Item = Pattern>) -> Patterns {
    let mut counts: HashMap<Pattern, u64, foldhash::fast::FixedState> = HashMap::default();
    for pattern in patterns {
        *counts.entry(pattern).or_default() += 1;
    }
    let mut list: Vec<(Pattern, u64)> = counts.into_iter().collect();
    list.sort_unstable();
    list
}

/// Patterns of random pairs of one kind that are no candidates: what unrelated records
/// look like.
pub fn random_patterns(
    features: &Features,
    candidates: &Candidates,
    wanted: usize,
    kind: Kind,
) -> Patterns {
    let members: Vec<u32> = (0u32..)
        .take(features.len())
        .filter(|&record| judge::kind(features, record, record) == kind)
        .filter(|&record| !features.is_copy(record))
        .collect();
    let n = u32::try_from(members.len()).unwrap_or(u32::MAX);
    let patterns: Vec<Pattern> = random::pairs(n, wanted)
        .into_par_iter()
        .with_min_len(2048)
        .map(|(a, b)| (members[a as usize], members[b as usize]))
        .filter(|&(a, b)| !candidates.contains(a, b))
        .map_init(
            || NameComparer::small(features),
            |names, (a, b)| judge::compare(features, a, b, names).pattern,
        )
        // Two equal names that nothing tells apart are no example of two organisations.
        .filter(|&pattern| kind != Kind::Organisations || !orgs::compare::only_alike(pattern))
        .collect();
    count(patterns.into_iter())
}

/// The model of so many records, from its patterns.
pub fn estimate(
    model: &MatchModel,
    n: u64,
    counted: &[(Pattern, u64)],
    random: &[(Pattern, u64)],
) -> Parameters {
    let candidate_pairs: u64 = counted.iter().map(|(_, count)| count).sum();
    let all = n.saturating_mul(n.saturating_sub(1)) / 2;
    let sampled: u64 = random.iter().map(|(_, count)| count).sum();
    let rest = all.saturating_sub(candidate_pairs);
    #[allow(clippy::cast_precision_loss)] // counts of pairs, far below 2^52 in effect
    let row = |pattern: Pattern, count: u64, random: bool| {
        let (levels, states) = model.unpack(pattern);
        let weight = if random {
            count as f64 * rest as f64 / sampled.max(1) as f64
        } else {
            count as f64
        };
        PatternRow {
            levels: padded(levels),
            states: padded(states),
            weight,
            random,
        }
    };
    let rows: Vec<PatternRow> = counted
        .iter()
        .map(|&(pattern, count)| row(pattern, count, false))
        .chain(
            random
                .iter()
                .map(|&(pattern, count)| row(pattern, count, true)),
        )
        .collect();
    // The shares to start from, as if every fourth record had a second one.
    #[allow(clippy::cast_precision_loss)]
    let shares = start_shares(model, n as f64, all as f64);
    let mut start = Parameters::from_priors(&model.specs, shares);
    if rows.is_empty() || candidate_pairs < model.least_pairs {
        return start;
    }
    #[allow(clippy::cast_precision_loss)]
    let share_most = most_shares(model, n as f64, all as f64);
    start = em::estimate(
        &model.specs,
        &rows,
        start,
        EmPlan {
            rounds: model.rounds,
            prior_most: model.prior_pairs,
            share_prior: shares,
            share_most,
            without: model.without,
            ..EmPlan::default()
        },
    );
    start
}

fn padded(of: [u8; Comparison::COUNT]) -> [u8; em::MOST] {
    let mut out = [0; em::MOST];
    out[..of.len()].copy_from_slice(&of);
    out
}

/// The largest share of each class. Where all have one surname, and nothing else is known
/// of many, strangers look like relatives. As long as the priors weigh as much as the data,
/// that makes up for a prior that expects surnames to differ; in larger files it takes true
/// pairs away.
fn most_shares(model: &MatchModel, n: f64, all: f64) -> [f64; em::CLASSES] {
    let mut most = [1.0; em::CLASSES];
    if all > model.prior_pairs {
        most[em::Class::Relative as usize] = model.relatives * n / 2.0 / all;
    }
    most
}

/// About half a true pair a record, and never more than one pair in fifty.
fn start_shares(model: &MatchModel, n: f64, all: f64) -> [f64; em::CLASSES] {
    let same = (0.5 * n / all.max(1.0)).min(0.02);
    let scale = same / model.start[0];
    let mut shares = model.start.map(|s| s * scale);
    for (share, without) in shares.iter_mut().zip(model.without) {
        if without {
            *share = 0.0;
        }
    }
    shares[4] = (1.0 - shares[..4].iter().sum::<f64>()).max(0.1);
    let sum: f64 = shares.iter().sum();
    shares.map(|s| s / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::MatchPlan;
    use crate::rulebook::Rulebook;

    #[test]
    fn relatives_are_bounded_where_the_data_outweigh_the_priors() {
        let text = Rulebook::builtin().file("matching.toml").expect("built in");
        let model = MatchModel::parse(text, &MatchPlan::default()).expect("the built-in model");
        let most = |n: f64| most_shares(&model, n, n * (n - 1.0) / 2.0);
        assert_eq!(most(5_000.0), [1.0; em::CLASSES]);
        let mut expected = [1.0; em::CLASSES];
        expected[em::Class::Relative as usize] = model.relatives / 999_999.0;
        assert_eq!(most(1_000_000.0), expected);
    }
}
