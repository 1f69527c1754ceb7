//! Which source won how often for which field, where records of one person disagreed.

use std::collections::BTreeMap;

use askama::Template;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::facts::Facts;
use super::figures::{At, Count, Share};
use crate::contact::{EventKind, Events, Stage};
use crate::merge::survive::AGREED;

type Fixed = foldhash::fast::FixedState;

/// Strategies named beside a field.
const STRATEGIES: usize = 2;

#[derive(Debug, Template)]
#[template(path = "survivorship.html")]
pub struct Survivorship {
    person: &'static str,
    sources: Vec<String>,
    fields: Vec<Field>,
}

#[derive(Debug)]
struct Field {
    name: String,
    decided: Count,
    cells: Vec<Cell>,
    how: Vec<(String, Share)>,
}

/// How a source fared in a field.
#[derive(Debug)]
struct Cell {
    /// None where it never had a say.
    share: Option<Share>,
    won: Count,
    of: Count,
    bar: At,
}

/// By field (a number of `Events::words`) and source: won and lost; by field and
/// strategy: decided.
#[derive(Default)]
struct Tally {
    sources: HashMap<(u32, u16), (u64, u64), Fixed>,
    rules: HashMap<(u32, u32), u64, Fixed>,
    /// The last event of merging that was looked at, and whether it or one before it about
    /// the same value was a win.
    last: Option<(usize, bool)>,
}

impl Tally {
    /// Whether an event of merging, or one before it about the same golden value, is a win.
    /// Asked of one event after the other it looks at the last one only: a golden value may
    /// have lost and won a hundred thousand times.
    fn won(&mut self, events: &Events, at: usize) -> bool {
        let is_win = |at: usize| events.about(at).1 == EventKind::Survived;
        let same = |at: &usize| {
            let next = at + 1;
            let about = |at: usize| {
                let (stage, _, field) = events.about(at);
                (stage, field, events.golden(at))
            };
            about(*at) == about(next)
        };
        let before = |at: usize| match self.last {
            _ if !same(&at) => false,
            Some((last, won)) if last == at => won,
            _ => (0..=at).rev().take_while(same).any(is_win),
        };
        let won = is_win(at) || at.checked_sub(1).is_some_and(before);
        self.last = Some((at, won));
        won
    }
}

impl Survivorship {
    /// None where no two records of one person disagreed.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        let events = &facts.run.events;
        let words = events.words();
        let agreed = words.iter().position(|word| word == AGREED);
        let agreed = agreed.and_then(|at| u32::try_from(at).ok());
        let origin = &facts.run.records.origin;
        let tally = (0..events.len())
            .into_par_iter()
            .with_min_len(1 << 16)
            .fold(Tally::default, |mut tally, at| {
                let (stage, kind, field) = events.about(at);
                let won = stage == Stage::Merge && tally.won(events, at);
                let is_won = match kind {
                    EventKind::Survived if stage == Stage::Merge => true,
                    EventKind::Lost if stage == Stage::Merge => false,
                    _ => return tally,
                };
                let rule = events.texts(at)[1];
                // What nothing was lost to was no contest, and neither is what nothing won:
                // the losses follow the win.
                let contested = || {
                    let next = at + 1;
                    next < events.len()
                        && events.about(next) == (Stage::Merge, EventKind::Lost, field)
                        && events.golden(next) == events.golden(at)
                };
                if is_won && (Some(rule) == agreed || !contested()) {
                    return tally;
                }
                if !is_won && !won {
                    return tally;
                }
                let Some(record) = events.record(at) else {
                    return tally;
                };
                let source = origin[record as usize].source;
                let (won, lost) = tally.sources.entry((field, source)).or_default();
                if is_won {
                    *won += 1;
                    *tally.rules.entry((field, rule)).or_default() += 1;
                } else {
                    *lost += 1;
                }
                tally
            })
            .reduce(Tally::default, |mut sum, part| {
                for (key, (won, lost)) in part.sources {
                    let sum = sum.sources.entry(key).or_default();
                    sum.0 += won;
                    sum.1 += lost;
                }
                for (key, count) in part.rules {
                    *sum.rules.entry(key).or_default() += count;
                }
                sum
            });
        let number: BTreeMap<&str, u32> = words
            .iter()
            .zip(0_u32..)
            .map(|(word, at)| (word.as_str(), at))
            .collect();
        let fields: Vec<Field> = facts
            .run
            .rulebook
            .fields()
            .iter()
            .filter(|field| !field.multi && !field.input_only)
            .filter_map(|field| {
                let at = *number.get(field.name.as_str())?;
                let name = facts.rules.label(&field.name);
                row(facts, &tally, at, name)
            })
            .collect();
        (!fields.is_empty()).then(|| Self {
            person: facts.noun().0,
            sources: (0..facts.sources()).map(|at| facts.source(at)).collect(),
            fields,
        })
    }
}

fn row(facts: &Facts<'_>, tally: &Tally, field: u32, name: String) -> Option<Field> {
    let mut how: Vec<(&str, u64)> = tally
        .rules
        .iter()
        .filter(|((of, _), _)| *of == field)
        .map(|((_, rule), count)| (facts.run.events.words()[*rule as usize].as_str(), *count))
        .collect();
    how.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
    let decided: u64 = how.iter().map(|(_, count)| count).sum();
    if decided == 0 {
        return None;
    }
    let cells = (0_u16..).take(facts.sources()).map(|source| {
        let (won, lost) = tally
            .sources
            .get(&(field, source))
            .copied()
            .unwrap_or_default();
        let of = won + lost;
        Cell {
            share: (of > 0).then(|| Share::of(won, of)),
            won: Count(won),
            of: Count(of),
            bar: At::bar(won, of),
        }
    });
    Some(Field {
        name,
        decided: Count(decided),
        cells: cells.collect(),
        how: how
            .iter()
            .take(STRATEGIES)
            .map(|(rule, count)| {
                (
                    facts.rules.label(rule).to_lowercase(),
                    Share::of(*count, decided),
                )
            })
            .collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Event;

    #[test]
    fn a_loss_counts_where_somebody_won() {
        let (win, loss) = (EventKind::Survived, EventKind::Lost);
        let told = [
            (0, "email", win, true),
            (0, "email", loss, true),
            (0, "email", loss, true),
            (0, "phone", loss, false),
            (1, "phone", loss, false),
            (1, "phone", win, true),
            (1, "phone", loss, true),
            (2, "phone", loss, false),
        ];
        let mut events = Events::new();
        for (golden, field, kind, _) in told {
            events.push(Event {
                stage: Stage::Merge,
                golden: Some(golden),
                field,
                kind,
                ..Event::default()
            });
        }
        let mut running = Tally::default();
        for (at, (.., won)) in told.into_iter().enumerate() {
            assert_eq!(running.won(&events, at), won, "{at}");
            // As where a thread begins.
            assert_eq!(Tally::default().won(&events, at), won, "{at}");
        }
    }
}
