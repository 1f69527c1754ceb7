//! Gates: limits on a run as a whole, evaluated on a few counts.
//!
//! `karat check` has the counts before linking; a run has all of them. A limit on
//! a count that is not known yet is not evaluated, and does not appear.

use crate::diff::Counts as Changed;
use crate::plan::GatePlan;

/// What a run came to so far; `None` is not known yet.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Counts {
    pub records: u64,
    /// Held out of the golden set.
    pub held: u64,
    /// Records with a violation of severity error.
    pub error_records: u64,
    pub golden: Option<u64>,
    /// Golden records of the previous run, if there was one.
    pub golden_before: Option<u64>,
    /// Records beyond the first of each golden record.
    pub merged: Option<u64>,
    pub largest_cluster: Option<u64>,
    /// What changed since the previous run, if there was one.
    pub changed: Option<Changed>,
    /// The source that lost the largest share of its records since the previous run:
    /// its name, how many it had and has.
    pub shrunk: Option<(String, u64, u64)>,
}

/// One gate's verdict.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct GateResult {
    /// The plan's key (`max_error_share`).
    pub name: &'static str,
    pub limit: f64,
    pub value: f64,
    /// The limit was kept.
    pub held: bool,
    /// A broken one only warns.
    pub soft: bool,
    /// What the value counts, in words with figures; empty when the name says it.
    #[serde(skip_serializing_if = "String::is_empty")]
    pub about: String,
}

/// Evaluates every gate of the plan whose counts are known, in a fixed order.
#[must_use]
pub fn evaluate(plan: &GatePlan, counts: &Counts) -> Vec<GateResult> {
    let shrink = counts
        .golden
        .zip(counts.golden_before)
        .map(|(now, before)| share(before.saturating_sub(now), before));
    let merged = counts.merged.map(|merged| share(merged, counts.records));
    let changed = counts.changed.as_ref();
    let growth = counts
        .golden
        .zip(counts.golden_before)
        .map(|(now, before)| share(now.saturating_sub(before), before));
    let sizes = counts
        .golden
        .zip(counts.golden_before)
        .map_or(String::new(), |(now, before)| {
            format!("{now} golden records after {before}")
        });
    let shrunk = counts.shrunk.as_ref();
    let soft = |name: &str| plan.soft.iter().any(|soft| soft == name);
    let most = |name: &'static str, limit: Option<f64>, value: Option<f64>, about: &str| {
        let (limit, value) = limit.zip(value)?;
        Some(GateResult {
            name,
            limit,
            value,
            held: value <= limit,
            soft: soft(name),
            about: about.to_owned(),
        })
    };
    let least = plan.min_records.map(|limit| {
        let (limit, value) = (number(limit), number(counts.records));
        GateResult {
            name: "min_records",
            limit,
            value,
            held: value >= limit,
            soft: soft("min_records"),
            about: String::new(),
        }
    });
    let of = |what: fn(&Changed) -> u64| changed.map(|changed| number(what(changed)));
    let told = |words: &dyn Fn(&Changed) -> String| changed.map_or(String::new(), words);
    [
        least,
        most(
            "max_error_share",
            plan.max_error_share,
            Some(share(counts.error_records, counts.records)),
            "",
        ),
        most(
            "max_quarantine_share",
            plan.max_quarantine_share,
            Some(share(counts.held, counts.records)),
            "",
        ),
        most("max_merge_share", plan.max_merge_share, merged, ""),
        most(
            "max_cluster_size",
            plan.max_cluster_size.map(number),
            counts.largest_cluster.map(number),
            "",
        ),
        most(
            "max_source_shrink",
            plan.max_source_shrink,
            shrunk.map(|(_, before, now)| share(before.saturating_sub(*now), *before)),
            &shrunk.map_or(String::new(), |(name, before, now)| {
                format!("the source {name} has {now} records after {before}")
            }),
        ),
        most("max_golden_shrink", plan.max_golden_shrink, shrink, &sizes),
        most("max_golden_growth", plan.max_golden_growth, growth, &sizes),
        most(
            "max_changed_share",
            plan.max_changed_share,
            changed.map(|changed| share(changed.touched(), changed.persons_before)),
            &told(&|changed| {
                format!(
                    "of {} golden records {} have other values, {} are gone, {} were merged into others",
                    changed.persons_before, changed.changed, changed.gone, changed.merged_ids
                )
            }),
        ),
        most(
            "max_merges",
            plan.max_merges.map(number),
            of(|changed| changed.merged),
            &told(&|changed| {
                format!(
                    "{} golden records took in {} others",
                    changed.merged, changed.merged_ids
                )
            }),
        ),
        most(
            "max_splits",
            plan.max_splits.map(number),
            of(|changed| changed.split),
            &told(&|changed| {
                format!(
                    "{} golden records were split, {} new ids came out of them",
                    changed.split, changed.split_ids
                )
            }),
        ),
        most(
            "max_lost_ids",
            plan.max_lost_ids.map(number),
            of(Changed::lost_ids),
            &told(&|changed| {
                format!(
                    "{} golden ids are gone with their records, {} were merged into others",
                    changed.gone, changed.merged_ids
                )
            }),
        ),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// A share; of nothing it is none.
fn share(part: u64, whole: u64) -> f64 {
    if whole == 0 {
        0.0
    } else {
        number(part) / number(whole)
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of records are far below 2^53"
)]
fn number(count: u64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_kept_up_to_its_very_value() {
        let plan = GatePlan {
            max_error_share: Some(0.1),
            ..GatePlan::default()
        };
        let verdict = |errors| {
            let counts = Counts {
                records: 100,
                error_records: errors,
                ..Counts::default()
            };
            evaluate(&plan, &counts)[0].held
        };
        assert!(verdict(10));
        assert!(!verdict(11));
    }

    #[test]
    fn what_is_not_known_is_not_judged() {
        let plan = GatePlan {
            max_golden_shrink: Some(0.05),
            max_merge_share: Some(0.5),
            max_cluster_size: Some(50),
            min_records: Some(10),
            soft: vec!["min_records".to_owned()],
            ..GatePlan::default()
        };
        let before = Counts {
            records: 4,
            ..Counts::default()
        };
        let results = evaluate(&plan, &before);
        assert_eq!(results.len(), 1);
        assert_eq!((results[0].held, results[0].soft), (false, true));

        let after = Counts {
            golden: Some(90),
            golden_before: Some(100),
            merged: Some(1),
            largest_cluster: Some(51),
            ..before.clone()
        };
        let names: Vec<(&str, bool)> = evaluate(&plan, &after)
            .iter()
            .map(|gate| (gate.name, gate.held))
            .collect();
        assert_eq!(
            names,
            [
                ("min_records", false),
                ("max_merge_share", true),
                ("max_cluster_size", false),
                ("max_golden_shrink", false),
            ]
        );
    }

    #[test]
    fn a_run_without_records_breaks_no_share() {
        let plan = GatePlan {
            max_error_share: Some(0.0),
            max_quarantine_share: Some(0.0),
            ..GatePlan::default()
        };
        assert!(
            evaluate(&plan, &Counts::default())
                .iter()
                .all(|gate| gate.held)
        );
    }
}
