//! What changed since the last run.
//!
//! The key figures come from the summary of the run before, the fate of golden ids from
//! this run's events.

use std::collections::BTreeMap;

use askama::Template;

use super::facts::Facts;
use super::figures::{Change, Count};
use super::trend::{History, Spark, day};
use crate::contact::EventKind;

#[derive(Debug, Template)]
#[template(path = "changes.html")]
pub struct Changes {
    /// None in a first run.
    before: Option<Before>,
}

#[derive(Debug)]
struct Before {
    run: String,
    day: Option<String>,
    figures: Vec<Figure>,
    /// What became of the golden ids: in words, how many.
    ids: Vec<(String, Count)>,
}

#[derive(Debug)]
struct Figure {
    name: &'static str,
    before: Count,
    now: Count,
    change: Change,
    spark: Option<Spark>,
}

impl Changes {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        Self {
            before: before(facts),
        }
    }
}

fn before(facts: &Facts<'_>) -> Option<Before> {
    let last = facts.run.previous.history.last()?;
    let history = History::of(facts);
    let now = [
        ("Records read", "records", facts.run.records.rows()),
        (
            "Golden records",
            "golden_records",
            facts.run.merged.clusters.len(),
        ),
        ("Records held out", "quarantined", facts.run.held.len()),
        ("Broken rules", "violations", facts.run.violations.len()),
    ];
    let pairs = ("Pairs that wait for a person", "review_pairs", facts.review);
    let figures = now
        .into_iter()
        .map(|(name, key, count)| (name, key, count as u64))
        .chain([pairs])
        .filter_map(|(name, key, now)| {
            let before = last[key].as_u64()?;
            Some(Figure {
                name,
                before: Count(before),
                now: Count(now),
                change: Change::between(before, now),
                spark: history.figure(key, now),
            })
        });
    let run = last["run"].as_str().unwrap_or("");
    Some(Before {
        day: day(run),
        run: super::figures::clean(run).into_owned(),
        figures: figures.collect(),
        ids: ids(facts),
    })
}

/// How many golden ids went which way.
fn ids(facts: &Facts<'_>) -> Vec<(String, Count)> {
    let events = &facts.run.events;
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for at in 0..events.len() {
        if events.about(at).1 == EventKind::GoldenId {
            *counts.entry(events.texts(at)[1]).or_default() += 1;
        }
    }
    let mut list: Vec<(String, Count)> = counts
        .into_iter()
        .map(|(rule, count)| {
            let rule = &events.words()[rule as usize];
            (facts.rules.label(rule), Count(count))
        })
        .collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list
}
