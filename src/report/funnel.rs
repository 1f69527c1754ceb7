//! The funnel: how many records stand at each stage, and how many people they are.

use askama::Template;

use super::facts::Facts;
use super::figures::{At, Count, counted};

#[derive(Debug, Template)]
#[template(path = "funnel.html")]
pub struct Funnel {
    people: &'static str,
    /// The sources that know the stage.
    sources: Vec<String>,
    stages: Vec<Stage>,
    /// What there is to say about the furthest stages.
    told: Vec<String>,
}

#[derive(Debug)]
struct Stage {
    name: String,
    /// Part of the order; the others stand below.
    ordered: bool,
    records: Count,
    people: Count,
    records_bar: At,
    people_bar: At,
    /// By source: records that say so, and people known to the source that are there.
    by_source: Vec<(Count, Count)>,
}

impl Funnel {
    /// None where no record has a stage.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        let column = facts.column(&facts.rules.stage)?;
        let golden = facts.run.merged.golden.column(&facts.rules.stage)?;
        let known = |value: &str| facts.stages.iter().position(|(stage, _)| stage == value);
        // The last line takes what is no value of the vocabulary.
        let other = facts.stages.len();
        let line_of = |text: &crate::contact::Text| -> Vec<usize> {
            text.distinct_values()
                .map(|value| known(value).unwrap_or(other))
                .collect()
        };
        let (from, to) = (line_of(column), line_of(golden));
        let sources = facts.sources();
        let mut records = vec![vec![0_u64; sources]; other + 1];
        for (source, range) in facts.ranges.iter().enumerate() {
            for row in range.clone() {
                if let Some(code) = column.code(row) {
                    records[from[code as usize]][source] += 1;
                }
            }
        }
        let mut people = vec![vec![0_u64; sources]; other + 1];
        let mut all = vec![0_u64; other + 1];
        for at in 0..golden.len() {
            if let Some(code) = golden.code(at) {
                let line = to[code as usize];
                all[line] += 1;
                for source in facts.sources_of(at) {
                    people[line][usize::from(source)] += 1;
                }
            }
        }
        let knows: Vec<usize> = (0..sources)
            .filter(|&source| records.iter().any(|line| line[source] > 0))
            .collect();
        if knows.is_empty() {
            return None;
        }
        let sums: Vec<u64> = records.iter().map(|line| line.iter().sum()).collect();
        let largest = sums.iter().chain(&all).copied().max().unwrap_or(0);
        let stages: Vec<Stage> = (0..=other)
            .filter(|&line| sums[line] > 0 || all[line] > 0)
            .map(|line| Stage {
                name: facts.stages.get(line).map_or_else(
                    || "Other values".to_owned(),
                    |(name, _)| facts.rules.label(name),
                ),
                ordered: facts.stages.get(line).is_some_and(|(_, o)| o.is_some()),
                records: Count(sums[line]),
                people: Count(all[line]),
                records_bar: At::bar(sums[line], largest),
                people_bar: At::bar(all[line], largest),
                by_source: knows
                    .iter()
                    .map(|&source| (Count(records[line][source]), Count(people[line][source])))
                    .collect(),
            })
            .collect();
        let (one, many) = facts.noun();
        // The two stages with most to correct, the furthest first.
        let mut corrected: Vec<(usize, u64)> = stages
            .iter()
            .enumerate()
            .filter(|(_, stage)| stage.ordered && stage.records > stage.people)
            .map(|(at, stage)| (at, stage.records.0 - stage.people.0))
            .collect();
        corrected.sort_by_key(|(at, surplus)| std::cmp::Reverse((*surplus, *at)));
        corrected.truncate(2);
        corrected.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let told = corrected
            .iter()
            .map(|(at, _)| &stages[*at])
            .map(|stage| {
                format!(
                    "{}: {}, but {}.",
                    stage.name,
                    counted(stage.records.0, "record", "records"),
                    counted(stage.people.0, one, many)
                )
            })
            .collect();
        Some(Self {
            people: many,
            sources: knows.iter().map(|&at| facts.source(at)).collect(),
            stages,
            told,
        })
    }
}
