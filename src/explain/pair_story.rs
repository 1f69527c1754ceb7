//! A pair of records: what was compared, what each piece adds, why the verdict is what it
//! is, and what would have turned it.

use serde::Serialize;
use serde_json::Value;

use super::group::{Group, Groups, between};
use super::run::{Pair, Record, Run};
use super::what_if::{Limits, Turning, turning};
use crate::contact::Failure;
use crate::link::kept::Bound;
use crate::link::score::{Evidence, bits};

/// A pair, told. The bits of the steps add up to its weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PairStory {
    /// `source:record_id`.
    pub left: String,
    pub right: String,
    pub left_golden_id: Option<String>,
    pub right_golden_id: Option<String>,
    /// The prior first.
    pub evidence: Vec<Step>,
    pub weight: f64,
    pub probability: f64,
    pub threshold: f64,
    pub review: (f64, f64),
    pub merged: bool,
    pub because: Because,
    /// The smallest changes that would have mattered.
    pub turning: Turning,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Step {
    pub comparison: String,
    pub level: String,
    pub bits: f64,
    /// How much of the bits is there because the value is rarer than average.
    pub frequency: f64,
    /// Of all steps so far.
    pub sum: f64,
    /// What both records have in the fields that were looked at.
    pub left: Vec<String>,
    pub right: Vec<String>,
}

/// A link on the way between two records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Tie {
    pub left: String,
    pub right: String,
    pub weight: f64,
}

/// Why two records are one golden record, or two.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "what", rename_all = "snake_case")]
pub enum Because {
    /// Their own weight.
    Weight,
    /// What no weight can change, said of this very pair.
    Bound { bound: Bound, why: Option<String> },
    /// They were merged through other records.
    Through { ties: Vec<Tie> },
    /// A little below the threshold, and neither has anybody else.
    LeftAlone,
    /// Two other records of both groups must not be one.
    OthersBound {
        tie: Tie,
        bound: Bound,
        why: Option<String>,
    },
    /// Two other records of both groups can't be one (Jr. and Sr.).
    OthersRuledOut { tie: Tie },
    /// Over all pairs of both groups the average is below the threshold; with what speaks
    /// most against.
    Average {
        /// Bits that no pair counts more than.
        clip: f64,
        pairs: usize,
        average: Option<f64>,
        against: Option<Tie>,
    },
}

/// The limits that a run was made with.
#[must_use]
pub fn limits(summary: &Value) -> Limits {
    let matching = &summary["plan"]["matching"];
    let number = |value: &Value, or: f64| value.as_f64().unwrap_or(or);
    Limits {
        threshold: number(&matching["threshold"], 0.5),
        review: (
            number(&matching["review"][0], 0.3),
            number(&matching["review"][1], 0.95),
        ),
    }
}

/// The steps of a pair, with running sums and values.
#[must_use]
pub fn steps(run: &Run, pair: &Pair, left: &Record, right: &Record) -> Vec<Step> {
    let mut sum = 0.0;
    run.evidence(pair)
        .into_iter()
        .map(|piece: Evidence| {
            sum += piece.bits;
            let fields = fields(run, pair, &piece.comparison);
            let values = |record: &Record| {
                fields
                    .iter()
                    .filter_map(|field| record.value(field).map(str::to_owned))
                    .collect()
            };
            Step {
                left: values(left),
                right: values(right),
                comparison: piece.comparison,
                level: piece.level,
                bits: piece.bits,
                frequency: piece.frequency,
                sum,
            }
        })
        .collect()
}

/// The columns that a comparison looks at.
fn fields<'r>(run: &'r Run, pair: &Pair, comparison: &str) -> &'r [String] {
    let own = run
        .weigher
        .comparisons(pair.kind)
        .find(|named| named.name == comparison)
        .map(|named| named.fields);
    let learned = || {
        let columns = run.weigher.columns(pair.kind).iter();
        columns
            .filter(|weights| weights.name == comparison)
            .map(|weights| weights.fields.as_slice())
            .next()
    };
    own.or_else(learned).unwrap_or(&[])
}

/// Tells a remembered pair, and why its verdict is what it is.
///
/// # Errors
/// Exit 3 when the run can't be read.
pub fn tell(run: &Run, pair: &Pair, records: [&Record; 2]) -> Result<PairStory, Failure> {
    let mut told = tell_all(run, &[(pair, records)])?;
    Ok(told.remove(0))
}

/// The same of several pairs, which costs little more than one.
///
/// # Errors
/// Exit 3 when the run can't be read.
pub fn tell_all(run: &Run, pairs: &[(&Pair, [&Record; 2])]) -> Result<Vec<PairStory>, Failure> {
    let asked: Vec<&Record> = pairs
        .iter()
        .filter(|(pair, _)| alone(run, pair).is_none())
        .flat_map(|(_, records)| *records)
        .collect();
    let groups = Groups::of(run, &asked)?;
    Ok(pairs
        .iter()
        .map(|&(pair, records)| {
            let because = alone(run, pair)
                .or_else(|| with_others(run, pair, records, &groups))
                .unwrap_or(Because::Weight);
            tell_with(run, pair, records, because)
        })
        .collect())
}

/// Tells a pair whose records are known, without looking for more.
#[must_use]
pub fn tell_with(
    run: &Run,
    pair: &Pair,
    [left, right]: [&Record; 2],
    because: Because,
) -> PairStory {
    let limits = limits(&run.summary);
    PairStory {
        left: left.name(),
        right: right.name(),
        left_golden_id: left.golden_id.clone(),
        right_golden_id: right.golden_id.clone(),
        evidence: steps(run, pair, left, right),
        weight: f64::from(pair.weight),
        probability: f64::from(pair.probability),
        threshold: limits.threshold,
        review: limits.review,
        merged: pair.merged,
        because,
        turning: turning(&run.weigher, pair, limits),
    }
}

/// Why the verdict is what it is, where the pair alone says it.
fn alone(run: &Run, pair: &Pair) -> Option<Because> {
    let threshold = bits(limits(&run.summary).threshold);
    let above = pair.weight >= threshold;
    if let Some(bound) = pair.bound
        && (bound == Bound::Always) == pair.merged
    {
        let why = pair.why.clone();
        return Some(Because::Bound { bound, why });
    }
    (above == pair.merged).then_some(Because::Weight)
}

/// The same, where it is for the other records of their groups.
fn with_others(
    run: &Run,
    pair: &Pair,
    [left, right]: [&Record; 2],
    groups: &Groups,
) -> Option<Because> {
    let threshold = bits(limits(&run.summary).threshold);
    let (one, other) = (groups.with(left.row)?, groups.with(right.row)?);
    if pair.merged {
        if one.records.len() < 3 {
            return Some(Because::LeftAlone);
        }
        let ties = one
            .path(left.row, right.row)
            .into_iter()
            .map(|tie| named(tie, &[one]))
            .collect();
        return Some(Because::Through { ties });
    }
    let rows = |group: &Group| group.records.iter().map(|r| r.row).collect::<Vec<u32>>();
    let (a, b) = (rows(one), rows(other));
    let split = between(&a, &b, &one.outside, &one.guards);
    let mut crossing: Vec<&Pair> = one
        .outside
        .iter()
        .filter(|p| b.binary_search(&p.left).is_ok() || b.binary_search(&p.right).is_ok())
        .collect();
    crossing.sort_by(|x, y| x.weight.total_cmp(&y.weight));
    let forbids = |p: &&&Pair| matches!(p.bound, Some(Bound::Never | Bound::Distinct));
    if let Some((pair, bound)) = crossing
        .iter()
        .find(forbids)
        .and_then(|p| Some((p, p.bound?)))
    {
        return Some(Because::OthersBound {
            tie: named(pair, &[one, other]),
            bound,
            why: pair.why.clone(),
        });
    }
    // Sorted by weight, the weakest first.
    if let Some(pair) = crossing
        .first()
        .filter(|pair| f64::from(pair.weight) < one.guards.ruled_out)
    {
        let tie = named(pair, &[one, other]);
        return Some(Because::OthersRuledOut { tie });
    }
    Some(Because::Average {
        clip: one.guards.clip,
        pairs: split.pairs,
        average: split.average,
        against: crossing
            .first()
            .filter(|weakest| weakest.weight < threshold)
            .map(|weakest| named(weakest, &[one, other])),
    })
}

/// A link with the names of its records.
#[must_use]
pub fn named(pair: &Pair, groups: &[&Group]) -> Tie {
    let name = |row: u32| {
        let found = groups.iter().find_map(|group| group.record(row));
        found.map(Record::name).unwrap_or_default()
    };
    Tie {
        left: name(pair.left),
        right: name(pair.right),
        weight: f64::from(pair.weight),
    }
}
