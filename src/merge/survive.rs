//! Which record's value of one column survives in one cluster.
//!
//! In: the candidates (rows of the cluster that have a value) and the column's
//! policy. Out: the winning row and the strategy that decided. Each strategy keeps
//! the best of what the one before it left; the last tie goes to the first row.

use super::policy::Policy;
use super::ranks::{self, Ranks};
use crate::plan::Strategy;

/// One record's value for the column.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'a> {
    pub row: u32,
    pub value: &'a str,
    /// How many records and other fields speak for this value.
    pub votes: u32,
    /// Filled fields that count for `most_complete`.
    pub filled: u32,
}

/// The winner and why.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice {
    pub row: u32,
    pub rule: &'static str,
}

/// All candidates have the same value.
pub const AGREED: &str = "agreed";
/// Nothing else told the candidates apart.
pub const FIRST_RECORD: &str = "first_record";

/// Picks among `candidates` (in row order, not empty); `left` is used up.
#[must_use]
pub fn choose(
    left: &mut Vec<Candidate<'_>>,
    policy: &Policy,
    strategies: &[Strategy],
    ranks: &Ranks,
    trust_rank: &[u32],
) -> Option<Choice> {
    let all_same = same(left);
    let mut rule = AGREED;
    for &strategy in strategies {
        if left.len() < 2 {
            break;
        }
        let settled = same(left);
        keep_best(left, policy, strategy, ranks, trust_rank);
        if !settled {
            rule = if same(left) {
                name(strategy)
            } else {
                FIRST_RECORD
            };
        }
    }
    if all_same {
        rule = AGREED;
    } else if rule == AGREED && !same(left) {
        rule = FIRST_RECORD;
    }
    left.first().map(|winner| Choice {
        row: winner.row,
        rule,
    })
}

/// The row that [`choose`] picks of records (in order, not empty) that all have the same
/// value and one vote each: what is told by the value can't tell them apart.
#[must_use]
pub fn row_of_equals(
    rows: impl Iterator<Item = u32>,
    policy: &Policy,
    strategies: &[Strategy],
    ranks: &Ranks,
    trust_rank: &[u32],
) -> u32 {
    let by_value = |strategy: Strategy| {
        policy.is_time && matches!(strategy, Strategy::MostRecent | Strategy::Earliest)
    };
    let is_better = |row: u32, than: u32| {
        let key = |row: u32, strategy: Strategy| by_row(row, strategy, ranks, trust_rank);
        let told = strategies.iter().filter(|strategy| !by_value(**strategy));
        told.map(|&strategy| key(row, strategy).cmp(&key(than, strategy)))
            .find(|order| order.is_ne())
            .is_some_and(std::cmp::Ordering::is_gt)
    };
    rows.reduce(|best, row| if is_better(row, best) { row } else { best })
        .unwrap_or(0)
}

/// What strategies say of a record that do not look at its value; more is better.
fn by_row(row: u32, strategy: Strategy, ranks: &Ranks, trust_rank: &[u32]) -> i64 {
    let row = row as usize;
    match strategy {
        Strategy::MostRecent => ranks.recency[row],
        Strategy::Earliest => match ranks.age[row] {
            i64::MAX => i64::MIN,
            age => -age,
        },
        Strategy::MostTrusted => match trust_rank.get(usize::from(ranks.source[row])) {
            // Sources of the field's own list come before all others, in its order.
            Some(&at) if at != u32::MAX => i64::MAX - i64::from(at),
            _ => ranks.trust[row],
        },
        Strategy::MostComplete => i64::from(ranks.filled[row]),
        _ => 0,
    }
}

fn same(candidates: &[Candidate<'_>]) -> bool {
    candidates
        .split_first()
        .is_none_or(|(first, rest)| rest.iter().all(|other| other.value == first.value))
}

fn keep_best(
    left: &mut Vec<Candidate<'_>>,
    policy: &Policy,
    strategy: Strategy,
    ranks: &Ranks,
    trust_rank: &[u32],
) {
    let ended = if strategy == Strategy::Furthest && !policy.ends.is_empty() {
        ended_by(left, policy, ranks)
    } else {
        None
    };
    let key = |candidate: &Candidate<'_>| -> i64 {
        match strategy {
            Strategy::MostRecent if policy.is_time => {
                ranks::seconds(candidate.value).unwrap_or(i64::MIN)
            }
            Strategy::Earliest if policy.is_time => {
                ranks::seconds(candidate.value).map_or(i64::MIN, |at| -at)
            }
            Strategy::MostRecent | Strategy::Earliest | Strategy::MostTrusted => {
                by_row(candidate.row, strategy, ranks, trust_rank)
            }
            Strategy::MostComplete => i64::from(candidate.filled),
            Strategy::MostFrequent => i64::from(candidate.votes),
            Strategy::Longest => candidate
                .value
                .chars()
                .count()
                .try_into()
                .unwrap_or(i64::MAX),
            Strategy::Furthest => match ended {
                Some(value) if candidate.value == value => i64::MAX,
                _ => policy
                    .order
                    .get(candidate.value)
                    .copied()
                    .unwrap_or(i64::MIN),
            },
            // These two look at the whole cluster, see `column`.
            Strategy::Union | Strategy::OptOut => 0,
        }
    };
    let best = left.iter().map(key).max();
    left.retain(|candidate| Some(key(candidate)) == best);
}

/// The value outside the order that is newer than the mark that it ends (all ordered
/// values at or past that mark; the furthest ones where there are none).
fn ended_by<'a>(left: &[Candidate<'a>], policy: &Policy, ranks: &Ranks) -> Option<&'a str> {
    let newest = |keep: &dyn Fn(&Candidate<'_>) -> bool| {
        left.iter()
            .filter(|c| keep(c))
            .map(|c| ranks.recency[c.row as usize])
            .max()
    };
    let order = |c: &Candidate<'_>| policy.order.get(c.value).copied();
    let furthest = left.iter().filter_map(order).max();
    let mut winner: Option<(i64, &'a str)> = None;
    // Marks that were looked at before: there are a handful, records may be thousands.
    let mut known: Vec<(&str, Option<i64>)> = Vec::new();
    for candidate in left {
        let Some(mark) = policy.ends.get(candidate.value) else {
            continue;
        };
        let at = ranks.recency[candidate.row as usize];
        let from = policy
            .order
            .get(mark)
            .copied()
            .filter(|mark| furthest.is_some_and(|furthest| furthest >= *mark))
            .or(furthest);
        let marked = match known.iter().find(|(known, _)| known == mark) {
            Some((_, marked)) => *marked,
            None => {
                let marked = newest(&|c| order(c).zip(from).is_some_and(|(own, from)| own >= from));
                known.push((mark, marked));
                marked
            }
        };
        let wins = marked.is_none_or(|marked| at > marked);
        if wins && winner.is_none_or(|(best, _)| at > best) {
            winner = Some((at, candidate.value));
        }
    }
    winner.map(|(_, value)| value)
}

/// A strategy as plans and the audit spell it.
#[must_use]
pub const fn name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::MostRecent => "most_recent",
        Strategy::MostTrusted => "most_trusted",
        Strategy::MostComplete => "most_complete",
        Strategy::MostFrequent => "most_frequent",
        Strategy::Longest => "longest",
        Strategy::Earliest => "earliest",
        Strategy::Furthest => "furthest",
        Strategy::Union => "union",
        Strategy::OptOut => "opt_out",
    }
}
