//! Who is in which systems: the combinations of sources, the commonest first (an UpSet
//! chart, after Lex and others 2014, as a table).

use askama::Template;
use hashbrown::HashMap;

use super::facts::Facts;
use super::figures::{At, Count, Share, listed};

/// Combinations shown one by one.
const SHOWN: usize = 14;

#[derive(Debug, Template)]
#[template(path = "overlap.html")]
pub struct Overlap {
    person: &'static str,
    people: &'static str,
    sources: Vec<Source>,
    combinations: Vec<Combination>,
    /// Further combinations, and the people in them.
    rest: Option<(Count, Count)>,
    /// People in two systems or more.
    shared: Share,
}

#[derive(Debug)]
struct Source {
    name: String,
    records: Count,
    people: Count,
    /// People that no other source has.
    alone: Count,
    alone_share: Share,
    bar: At,
    alone_bar: At,
}

#[derive(Debug)]
struct Combination {
    words: String,
    dots: Vec<Dot>,
    people: Count,
    share: Share,
    bar: At,
}

/// A cell of the chart.
#[derive(Debug)]
struct Dot {
    there: bool,
    /// The line that joins the dots goes on to this side.
    left: bool,
    right: bool,
}

impl Overlap {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let golden = facts.run.merged.clusters.len();
        let mut counts: HashMap<Vec<u16>, u64, foldhash::fast::FixedState> = HashMap::default();
        let mut set = Vec::new();
        for at in 0..golden {
            set.clear();
            set.extend(facts.sources_of(at));
            match counts.get_mut(set.as_slice()) {
                Some(count) => *count += 1,
                None => {
                    counts.insert(set.clone(), 1);
                }
            }
        }
        let mut sets: Vec<(Vec<u16>, u64)> = counts.into_iter().collect();
        sets.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
        let largest = sets.first().map_or(0, |(_, count)| *count);
        let all = golden as u64;
        let sum = |keep: &dyn Fn(&[u16]) -> bool| -> u64 {
            sets.iter()
                .filter(|(set, _)| keep(set))
                .map(|(_, count)| count)
                .sum()
        };
        let people: Vec<(u64, u64)> = (0_u16..)
            .take(facts.sources())
            .map(|source| {
                (
                    sum(&|set| set.contains(&source)),
                    sum(&|set| set == [source]),
                )
            })
            .collect();
        let most = people.iter().map(|(people, _)| *people).max().unwrap_or(0);
        let sources = people
            .iter()
            .enumerate()
            .map(|(at, &(people, alone))| Source {
                name: facts.source(at),
                records: facts.ranges[at].len().into(),
                people: Count(people),
                alone: Count(alone),
                alone_share: Share::of(alone, people),
                bar: At::bar(people, most),
                alone_bar: At::bar(alone, most),
            })
            .collect();
        let rest = sets
            .get(SHOWN..)
            .filter(|rest| !rest.is_empty())
            .map(|rest| {
                let people = rest.iter().map(|(_, count)| count).sum();
                (Count::from(rest.len()), Count(people))
            });
        let combinations = sets.iter().take(SHOWN).map(|(set, count)| Combination {
            words: words(facts, set),
            dots: (0_u16..)
                .take(facts.sources())
                .map(|source| {
                    let (first, last) = (set.first(), set.last());
                    Dot {
                        there: set.contains(&source),
                        left: first.is_some_and(|f| *f < source) && last >= Some(&source),
                        right: last.is_some_and(|l| *l > source) && first <= Some(&source),
                    }
                })
                .collect(),
            people: Count(*count),
            share: Share::of(*count, all),
            bar: At::bar(*count, largest),
        });
        Self {
            person: facts.noun().0,
            people: facts.noun().1,
            sources,
            combinations: combinations.collect(),
            rest,
            shared: Share::of(sum(&|set| set.len() > 1), all),
        }
    }
}

fn words(facts: &Facts<'_>, set: &[u16]) -> String {
    let names: Vec<String> = set
        .iter()
        .map(|at| facts.source(usize::from(*at)))
        .collect();
    match names.as_slice() {
        [one] => format!("only {one}"),
        names => listed(names),
    }
}
