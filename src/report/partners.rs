//! Two sides that should know the same people: marketing's systems and sales'.
//!
//! Who is on which side is data (`role` in `rules/systems/`, `partners` in
//! `rules/report.toml`). Where the roles are not known, the two sources that share most
//! people stand in.

use askama::Template;

use super::facts::{Facts, Person};
use super::figures::{Count, Share, listed};
use crate::contact::Text;

/// People listed of those that a side lacks.
const LISTED: usize = 12;

/// Two sides, as sets of sources.
#[derive(Clone, Debug)]
pub struct Sides {
    pub names: [String; 2],
    /// By source: 0 or 1.
    side: Vec<Option<usize>>,
}

impl Sides {
    /// The first partners of the rules that both have sources; else the two sources that
    /// share most people.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        let with = |role: &str| -> Vec<usize> {
            (0..facts.sources())
                .filter(|&at| facts.systems[at].role.as_deref() == Some(role))
                .collect()
        };
        let found = facts.rules.partners.iter().find_map(|partners| {
            let (one, other) = (with(&partners.one), with(&partners.other));
            if one.is_empty() || other.is_empty() {
                return None;
            }
            let name = |role: &str, sources: &[usize]| {
                let names: Vec<String> = sources.iter().map(|&at| facts.source(at)).collect();
                format!("{} ({})", facts.rules.label(role), listed(&names))
            };
            let names = [name(&partners.one, &one), name(&partners.other, &other)];
            Some((names, one, other))
        });
        let (names, one, other) = found.or_else(|| {
            let (one, other) = closest(facts, |_| true)?;
            Some((
                [one, other].map(|at| facts.source(at)),
                vec![one],
                vec![other],
            ))
        })?;
        Some(Self::new(facts, names, [one, other]))
    }

    fn new(facts: &Facts<'_>, names: [String; 2], sources: [Vec<usize>; 2]) -> Self {
        let mut side = vec![None; facts.sources()];
        for (number, sources) in sources.iter().enumerate() {
            for &source in sources {
                side[source] = Some(number);
            }
        }
        Self { names, side }
    }

    /// Which sides have a record of a golden record.
    fn there(&self, facts: &Facts<'_>, golden: usize) -> [bool; 2] {
        let mut there = [false; 2];
        for source in facts.sources_of(golden) {
            if let Some(side) = self.side[usize::from(source)] {
                there[side] = true;
            }
        }
        there
    }
}

/// The two sources that share most people, of those that are wanted.
fn closest(facts: &Facts<'_>, wanted: impl Fn(usize) -> bool) -> Option<(usize, usize)> {
    let sources = facts.sources();
    let wanted: Vec<bool> = (0..sources).map(wanted).collect();
    let mut shared = vec![0_u64; sources * sources];
    for golden in 0..facts.run.merged.clusters.len() {
        let set = facts.sources_of(golden).map(usize::from);
        let set: Vec<usize> = set.filter(|source| wanted[*source]).collect();
        for (at, one) in set.iter().enumerate() {
            for other in &set[at + 1..] {
                shared[one * sources + other] += 1;
            }
        }
    }
    let most = shared.iter().copied().max().filter(|most| *most > 0)?;
    let at = shared.iter().position(|count| *count == most)?;
    Some((at / sources, at % sources))
}

/// People that one side has and the other lacks.
#[derive(Debug, Template)]
#[template(path = "gaps.html")]
pub struct Gaps {
    person: &'static str,
    people: &'static str,
    names: [String; 2],
    both: Count,
    gaps: Vec<Gap>,
}

#[derive(Debug)]
struct Gap {
    has: String,
    lacks: String,
    people: Count,
    share: Share,
    /// The furthest first.
    stages: Vec<(String, Count)>,
    listed: Vec<Person>,
    more: Count,
}

impl Gaps {
    #[must_use]
    pub fn of(facts: &Facts<'_>, sides: &Sides) -> Self {
        let golden = &facts.run.merged.golden;
        let stage = golden.column(&facts.rules.stage);
        let rank_of: Vec<u32> = stage.map_or_else(Vec::new, |stage| {
            stage
                .distinct_values()
                .map(|value| facts.rank(value))
                .collect()
        });
        let rank = |at: usize| {
            let code = stage.and_then(|stage| stage.code(at));
            code.map_or(0, |code| rank_of[code as usize])
        };
        let mut both = 0_u64;
        let mut has = [0_u64; 2];
        let mut only: [Vec<usize>; 2] = Default::default();
        for at in 0..facts.run.merged.clusters.len() {
            let there = sides.there(facts, at);
            for (has, there) in has.iter_mut().zip(there) {
                *has += u64::from(there);
            }
            match there {
                [true, true] => both += 1,
                [true, false] => only[0].push(at),
                [false, true] => only[1].push(at),
                [false, false] => {}
            }
        }
        let gaps = only.into_iter().enumerate().map(|(side, mut only)| {
            let people = only.len() as u64;
            let mut stages: Vec<(u32, u64)> = Vec::new();
            let mut by_code = vec![0_u64; rank_of.len()];
            for &at in &only {
                if let Some(code) = stage.and_then(|stage| stage.code(at)) {
                    by_code[code as usize] += 1;
                }
            }
            stages.extend((0_u32..).zip(by_code).filter(|(_, count)| *count > 0));
            stages.sort_by_key(|(code, _)| (std::cmp::Reverse(rank_of[*code as usize]), *code));
            // The furthest first; golden ids are in order.
            let by = |at: &usize| (std::cmp::Reverse(rank(*at)), *at);
            if only.len() > LISTED {
                only.select_nth_unstable_by_key(LISTED, by);
                only.truncate(LISTED);
            }
            only.sort_unstable_by_key(by);
            Gap {
                has: sides.names[side].clone(),
                lacks: sides.names[1 - side].clone(),
                people: Count(people),
                share: Share::of(people, has[side]),
                stages: stages
                    .into_iter()
                    .filter_map(|(code, count)| {
                        let value = stage?.value(code);
                        Some((facts.rules.label(value), Count(count)))
                    })
                    .collect(),
                more: Count(people - only.len() as u64),
                listed: only.iter().map(|&at| facts.person(at)).collect(),
            }
        });
        Self {
            person: facts.noun().0,
            people: facts.noun().1,
            gaps: gaps.collect(),
            names: sides.names.clone(),
            both: Count(both),
        }
    }
}

/// What one side says of the stage against what the other says.
#[derive(Debug, Template)]
#[template(path = "stages.html")]
pub struct Stages {
    person: &'static str,
    people: &'static str,
    names: [String; 2],
    stages: Vec<String>,
    rows: Vec<StageRow>,
    both: Count,
    differ: Count,
    share: Share,
    /// People whom each side has further than the other.
    ahead: [Count; 2],
}

#[derive(Debug)]
struct StageRow {
    name: String,
    cells: Vec<StageCell>,
}

#[derive(Debug)]
struct StageCell {
    people: Count,
    agrees: bool,
    /// 0 to 5, for the tint.
    step: u8,
}

impl Stages {
    /// The sides, or the two sources that both know the stage and share most people;
    /// none where no person has a stage in two places.
    #[must_use]
    pub fn of(facts: &Facts<'_>, sides: &Sides) -> Option<Self> {
        let column = facts.column(&facts.rules.stage)?;
        Self::by(facts, column, sides).or_else(|| {
            let knows = |source: usize| {
                let mut rows = facts.ranges[source].clone();
                rows.any(|row| column.code(row).is_some())
            };
            let (one, other) = closest(facts, knows)?;
            let names = [one, other].map(|at| facts.source(at));
            let sides = Sides::new(facts, names, [vec![one], vec![other]]);
            Self::by(facts, column, &sides)
        })
    }

    fn by(facts: &Facts<'_>, column: &Text, sides: &Sides) -> Option<Self> {
        let origin = &facts.run.records.origin;
        // Stages by place in the order; what is no value of the vocabulary is left out.
        let place: Vec<Option<usize>> = column
            .distinct_values()
            .map(|value| facts.stages.iter().position(|(stage, _)| stage == value))
            .collect();
        let order = |at: usize| facts.stages[at].1.unwrap_or(0);
        let all = facts.stages.len();
        let mut table = vec![0_u64; all * all];
        for rows in facts
            .run
            .merged
            .clusters
            .iter()
            .filter(|rows| rows.len() > 1)
        {
            let mut says: [Option<usize>; 2] = [None; 2];
            for &row in rows {
                let side = sides.side[usize::from(origin[row as usize].source)];
                let stage = column
                    .code(row as usize)
                    .and_then(|code| place[code as usize]);
                if let (Some(side), Some(stage)) = (side, stage) {
                    // A side that says two things means the further.
                    let further = says[side].is_none_or(|known| order(stage) > order(known));
                    if further {
                        says[side] = Some(stage);
                    }
                }
            }
            if let [Some(one), Some(other)] = says {
                table[one * all + other] += 1;
            }
        }
        let both: u64 = table.iter().sum();
        if both == 0 {
            return None;
        }
        let used: Vec<usize> = (0..all)
            .filter(|&at| (0..all).any(|to| table[at * all + to] + table[to * all + at] > 0))
            .collect();
        let count = |keep: &dyn Fn(usize, usize) -> bool| -> u64 {
            (0..all * all)
                .filter(|at| keep(at / all, at % all))
                .map(|at| table[at])
                .sum()
        };
        let differ = count(&|one, other| one != other);
        let largest = (0..all * all)
            .filter(|at| at / all != at % all)
            .map(|at| table[at])
            .max()
            .unwrap_or(0);
        let rows = used.iter().map(|&one| StageRow {
            name: facts.rules.label(&facts.stages[one].0),
            cells: used
                .iter()
                .map(|&other| {
                    let people = table[one * all + other];
                    let agrees = one == other;
                    let step = (people * 5).div_ceil(largest.max(1));
                    StageCell {
                        people: Count(people),
                        agrees,
                        step: u8::try_from(step).unwrap_or(5).min(5),
                    }
                })
                .collect(),
        });
        Some(Self {
            person: facts.noun().0,
            people: facts.noun().1,
            rows: rows.collect(),
            stages: used
                .iter()
                .map(|&at| facts.rules.label(&facts.stages[at].0))
                .collect(),
            names: sides.names.clone(),
            both: Count(both),
            differ: Count(differ),
            share: Share::of(differ, both),
            ahead: [
                Count(count(&|one, other| order(one) > order(other))),
                Count(count(&|one, other| order(one) < order(other))),
            ],
        })
    }
}
