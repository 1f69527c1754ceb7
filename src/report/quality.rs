//! Data quality: by source, by rule, by field; with the trend of earlier runs.

use std::collections::BTreeMap;

use askama::Template;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::facts::Facts;
use super::figures::{At, Count, Share, clean};
use super::trend::{History, Spark};
use crate::contact::Severity;

/// Rules shown at once; the others open.
const RULES: usize = 12;

#[derive(Debug, Template)]
#[template(path = "quality.html")]
pub struct Quality {
    sources: Vec<Source>,
    rules: Vec<Rule>,
    more_rules: Vec<Rule>,
    fields: Vec<Field>,
    /// Whether there are earlier runs to compare with.
    trend: bool,
    violations: Option<String>,
}

#[derive(Debug)]
struct Source {
    name: String,
    system: String,
    records: Count,
    held: Count,
    held_file: Option<String>,
    errors: Count,
    error_share: Share,
    /// Violations a hundred records.
    rate: String,
    rate_bar: At,
    spark: Option<Spark>,
}

#[derive(Debug)]
struct Rule {
    id: String,
    severity: &'static str,
    why: String,
    owner: String,
    count: Count,
    /// The source with most of them, where there are several sources.
    most: Option<(String, Share)>,
    spark: Option<Spark>,
}

#[derive(Debug)]
struct Field {
    name: String,
    cells: Vec<Filled>,
}

#[derive(Debug)]
struct Filled {
    share: Share,
    bar: At,
}

/// What breaks one rule.
struct Tally<'a> {
    severity: Severity,
    message: &'a str,
    owner: &'a str,
    count: u64,
    by_source: Vec<u64>,
}

impl Quality {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let history = History::of(facts);
        let sources = facts.sources();
        let origin = &facts.run.records.origin;
        let mut errors = vec![0_u64; sources];
        let mut counts = vec![0_u64; sources];
        let mut by_rule: HashMap<&str, Tally<'_>, foldhash::fast::FixedState> = HashMap::default();
        let mut wrong = vec![false; origin.len()];
        for violation in &facts.run.violations {
            let row = violation.record as usize;
            let source = usize::from(origin[row].source);
            counts[source] += 1;
            if violation.severity == Severity::Error && !wrong[row] {
                wrong[row] = true;
                errors[source] += 1;
            }
            let tally = by_rule.entry(&violation.rule).or_insert_with(|| Tally {
                severity: violation.severity,
                message: &violation.message,
                owner: &violation.owner,
                count: 0,
                by_source: vec![0; sources],
            });
            // A rule may speak with several words: the first in order stands for it.
            tally.message = tally.message.min(&violation.message);
            tally.severity = tally.severity.max(violation.severity);
            tally.count += 1;
            tally.by_source[source] += 1;
        }
        let mut held = vec![0_u64; sources];
        for &row in facts.run.held.keys() {
            held[usize::from(origin[row as usize].source)] += 1;
        }
        let rules = rules(facts, by_rule, &history);
        let mut shown = rules;
        let more_rules = shown.split_off(shown.len().min(RULES));
        let rates: Vec<f64> = counts
            .iter()
            .zip(&facts.ranges)
            .map(|(count, range)| Share::of(*count, range.len() as u64).0 * 100.0)
            .collect();
        let worst = rates.iter().copied().fold(0.0, f64::max);
        Self {
            sources: (0..sources)
                .map(|at| {
                    let info = &facts.run.records.sources[at];
                    let records = facts.ranges[at].len() as u64;
                    let file = crate::write::reports::file_stem(&info.name);
                    Source {
                        name: facts.source(at),
                        system: facts.systems[at].label.clone().unwrap_or_default(),
                        records: Count(records),
                        held: Count(held[at]),
                        held_file: facts.link(&format!("quarantine/{file}.csv")),
                        errors: Count(errors[at]),
                        error_share: Share::of(errors[at], records),
                        rate: format!("{:.0}", rates[at]),
                        rate_bar: At::on(rates[at], 0.0, worst.max(1.0)),
                        spark: history.source(&info.name, rates[at]),
                    }
                })
                .collect(),
            rules: shown,
            more_rules,
            fields: fields(facts),
            trend: history.is_there(),
            violations: facts.link("violations.csv"),
        }
    }
}

fn rules(
    facts: &Facts<'_>,
    by_rule: HashMap<&str, Tally<'_>, foldhash::fast::FixedState>,
    history: &History<'_>,
) -> Vec<Rule> {
    let known = crate::validate::load(facts.run.plan, facts.run.rulebook, None).unwrap_or_default();
    let by_id: BTreeMap<&str, &Tally<'_>> =
        by_rule.iter().map(|(id, tally)| (*id, tally)).collect();
    let mut list: Vec<(&str, &Tally<'_>)> = by_id.into_iter().collect();
    list.sort_by_key(|(id, tally)| {
        (
            std::cmp::Reverse(tally.severity),
            std::cmp::Reverse(tally.count),
            *id,
        )
    });
    let rule = |(id, tally): (&str, &Tally<'_>)| {
        let most = (0..tally.by_source.len())
            .rev()
            .max_by_key(|&at| tally.by_source[at])
            .filter(|_| facts.sources() > 1)
            .map(|at| {
                let share = Share::of(tally.by_source[at], tally.count);
                (facts.source(at), share)
            });
        let why = known
            .get(id)
            .map(|rule| rule.why.as_str())
            .filter(|why| !why.is_empty())
            .unwrap_or(tally.message);
        Rule {
            id: clean(id).into_owned(),
            severity: tally.severity.name(),
            why: clean_whole(why),
            owner: clean(tally.owner).into_owned(),
            count: Count(tally.count),
            most,
            spark: history.rule(id, tally.count),
        }
    };
    list.into_iter().map(rule).collect()
}

/// A rule's own words are not cut.
fn clean_whole(text: &str) -> String {
    text.split_inclusive(' ').map(clean).collect()
}

/// How complete each source is.
fn fields(facts: &Facts<'_>) -> Vec<Field> {
    let columns: Vec<_> = facts
        .rules
        .completeness
        .iter()
        .filter_map(|field| Some((field, facts.column(field)?)))
        .collect();
    columns
        .par_iter()
        .map(|(name, column)| {
            let cells: Vec<Filled> = facts
                .ranges
                .iter()
                .map(|range| {
                    let filled = range
                        .clone()
                        .filter(|row| column.code(*row).is_some())
                        .count();
                    Filled {
                        share: Share::of(filled as u64, range.len() as u64),
                        bar: At::bar(filled as u64, range.len() as u64),
                    }
                })
                .collect();
            Field {
                name: facts.rules.label(name),
                cells,
            }
        })
        .collect::<Vec<Field>>()
        .into_iter()
        .filter(|field| field.cells.iter().any(|cell| cell.share.0 > 0.0))
        .collect()
}
