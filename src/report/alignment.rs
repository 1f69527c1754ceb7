//! Where two systems know the same people and say different things about them.
//!
//! Compared is what the standardised values mean: `(612) 555-4410` and `+1 612-555-4410`
//! are one number, and a company with and without its legal form is one.

use askama::Template;
use hashbrown::HashMap;
use rayon::prelude::*;

use super::facts::Facts;
use super::figures::{Count, Share};
use super::meaning::Meanings;
use crate::contact::{Field, Text};
use crate::merge::parts_of;

/// Pairs of sources shown.
const PAIRS: usize = 15;
/// Different values of a source that are compared with those of another, of one person.
const VALUES: usize = 16;
/// A share of fewer people is not tinted: it says little.
const FEW: u64 = 10;
/// Sources that are compared with each other: those with the most records.
const SOURCES: usize = 16;

#[derive(Debug, Template)]
#[template(path = "alignment.html")]
pub struct Alignment {
    people: &'static str,
    fields: Vec<String>,
    pairs: Vec<Row>,
    /// Pairs of sources that share people and are not shown.
    more: usize,
}

#[derive(Debug)]
struct Row {
    one: String,
    other: String,
    shared: Count,
    cells: Vec<Cell>,
}

#[derive(Debug)]
struct Cell {
    /// None where no person has the field in both.
    share: Option<Share>,
    both: Count,
    differ: Count,
    /// 0 to 5, for the tint.
    step: u8,
    few: bool,
}

/// People in both of two sources, and those of them whose values differ.
#[derive(Clone, Copy, Debug, Default)]
struct Tally {
    both: u64,
    differ: u64,
}

impl Alignment {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let slots = Slots::of(facts);
        let fields: Vec<(&String, &Text)> = facts
            .rules
            .alignment
            .iter()
            .filter_map(|field| Some((field, facts.column(field)?)))
            .collect();
        let shared = slots.tally(facts, None);
        let tallies: Vec<Vec<Tally>> = fields
            .par_iter()
            .map(|(field, column)| {
                let compared = Compared {
                    column,
                    field: facts.run.rulebook.fields().get(field),
                    also: facts
                        .rules
                        .also
                        .get(*field)
                        .into_iter()
                        .flatten()
                        .filter_map(|also| facts.column(also))
                        .collect(),
                    meanings: &facts.meanings,
                };
                slots.tally(facts, Some(&compared))
            })
            .collect();
        let used: Vec<usize> = (0..fields.len())
            .filter(|&at| tallies[at].iter().any(|tally| tally.both > 0))
            .collect();
        let mut pairs: Vec<usize> = (0..shared.len())
            .filter(|&at| shared[at].both > 0)
            .collect();
        pairs.sort_by_key(|&at| (std::cmp::Reverse(shared[at].both), at));
        let more = pairs.len().saturating_sub(PAIRS);
        pairs.truncate(PAIRS);
        let rows = pairs.iter().map(|&at| {
            let (one, other) = slots.pair(at);
            Row {
                one: facts.source(one),
                other: facts.source(other),
                shared: Count(shared[at].both),
                cells: used.iter().map(|&field| cell(tallies[field][at])).collect(),
            }
        });
        Self {
            people: facts.noun().1,
            pairs: rows.collect(),
            fields: used
                .iter()
                .map(|&at| facts.rules.label(fields[at].0))
                .collect(),
            more,
        }
    }
}

fn cell(tally: Tally) -> Cell {
    let share = Share::of(tally.differ, tally.both);
    let step = match share.0 {
        _ if tally.both < FEW => 0,
        s if s <= 0.0 => 0,
        s if s < 0.05 => 1,
        s if s < 0.15 => 2,
        s if s < 0.30 => 3,
        s if s < 0.50 => 4,
        _ => 5,
    };
    Cell {
        share: (tally.both > 0).then_some(share),
        both: Count(tally.both),
        differ: Count(tally.differ),
        step,
        few: tally.both < FEW,
    }
}

/// A field that is compared.
struct Compared<'a> {
    column: &'a Text,
    field: Option<&'a Field>,
    /// Columns that may hold its value as well.
    also: Vec<&'a Text>,
    meanings: &'a Meanings,
}

impl Compared<'_> {
    /// Whether a source says of a person what another says: one value means the same as
    /// one of the other, or stands there in another field.
    fn agrees(&self, one: &[Said], other: &[Said], known: &mut Known) -> bool {
        let any = |same: &mut dyn FnMut(&Said, &Said) -> bool| {
            one.iter().any(|a| other.iter().any(|b| same(a, b)))
        };
        let value = |said: &Said| self.column.value(said.code);
        any(&mut |a, b| a.code == b.code)
            || any(&mut |a, b| {
                if known.len() >= REMEMBERED {
                    known.clear();
                }
                let same = || self.meanings.same(self.field, value(a), value(b));
                *known.entry((a.code, b.code)).or_insert_with(same)
            })
            || any(&mut |a, b| self.elsewhere(value(a), b.row) || self.elsewhere(value(b), a.row))
    }

    fn elsewhere(&self, value: &str, row: u32) -> bool {
        self.also
            .iter()
            .filter_map(|column| column.get(row as usize))
            .flat_map(parts_of)
            .any(|part| self.meanings.same(self.field, value, part))
    }
}

/// Which two values mean the same: colleagues have one company, written in the same two ways.
type Known = HashMap<(u32, u32), bool, foldhash::fast::FixedState>;
/// Pairs of values that are remembered at a time.
const REMEMBERED: usize = 1 << 16;

/// What one record says.
#[derive(Clone, Copy)]
struct Said {
    slot: u8,
    code: u32,
    row: u32,
}

/// The sources that are compared, and the pairs of them.
struct Slots {
    /// The slot of each record's source, golden record by golden record, as
    /// `Clusters::between` lists them; `u8::MAX` when it is not compared.
    slots: Vec<u8>,
    /// Slot → source.
    sources: Vec<usize>,
}

impl Slots {
    fn of(facts: &Facts<'_>) -> Self {
        let mut sources: Vec<usize> = (0..facts.sources()).collect();
        sources.sort_by_key(|&at| (std::cmp::Reverse(facts.ranges[at].len()), at));
        sources.truncate(SOURCES);
        sources.sort_unstable();
        let mut slot = vec![u8::MAX; facts.sources()];
        for (at, &source) in (0_u8..).zip(&sources) {
            slot[source] = at;
        }
        // Records stand anywhere: they are looked at once, not once a field.
        let origin = &facts.run.records.origin;
        let clusters = &facts.run.merged.clusters;
        let slots = clusters
            .between(0, clusters.len())
            .par_iter()
            .map(|&row| slot[usize::from(origin[row as usize].source)])
            .collect();
        Self { slots, sources }
    }

    /// The place of a pair of slots, the smaller first.
    fn at(&self, one: u8, other: u8) -> usize {
        usize::from(one) * self.sources.len() + usize::from(other)
    }

    /// The sources of a place.
    fn pair(&self, at: usize) -> (usize, usize) {
        let slots = self.sources.len();
        (self.sources[at / slots], self.sources[at % slots])
    }

    /// By pair: the people that both sources have, or have a value of. They differ when
    /// no value of one is a value of the other.
    fn tally(&self, facts: &Facts<'_>, field: Option<&Compared<'_>>) -> Vec<Tally> {
        let slots = self.sources.len();
        let clusters = &facts.run.merged.clusters;
        let start = || vec![Tally::default(); slots * slots];
        (0..clusters.len().div_ceil(CHUNK))
            .into_par_iter()
            .fold(
                || (start(), Vec::<Said>::new(), Known::default()),
                |(mut tallies, mut values, mut known), chunk| {
                    let own = chunk * CHUNK..clusters.len().min((chunk + 1) * CHUNK);
                    // Records stand anywhere: the waits for their values overlap.
                    let rows = clusters.between(own.start, own.end);
                    let codes = match field {
                        Some(field) => field.column.codes_of(rows),
                        None => vec![1; rows.len()],
                    };
                    let mut next = 0;
                    for golden in own {
                        let range = clusters.range(golden);
                        let codes = &codes[next..next + range.len()];
                        next += range.len();
                        if range.len() < 2 {
                            continue;
                        }
                        values.clear();
                        let cells = clusters.of(golden).iter().zip(codes);
                        for ((&row, &code), &slot) in cells.zip(&self.slots[range]) {
                            if let Some(code) = code.checked_sub(1).filter(|_| slot != u8::MAX) {
                                values.push(Said { slot, code, row });
                            }
                        }
                        if values.len() > 2 * VALUES {
                            shorten(&mut values, field);
                        }
                        self.count(&values, &mut tallies, |one, other| {
                            field.is_none_or(|field| field.agrees(one, other, &mut known))
                        });
                    }
                    (tallies, values, known)
                },
            )
            .map(|(tallies, ..)| tallies)
            .reduce(start, |mut sum, part| {
                for (sum, part) in sum.iter_mut().zip(part) {
                    sum.both += part.both;
                    sum.differ += part.differ;
                }
                sum
            })
    }

    /// Counts what each two sources say of a person.
    fn count(
        &self,
        values: &[Said],
        tallies: &mut [Tally],
        mut agrees: impl FnMut(&[Said], &[Said]) -> bool,
    ) {
        // Rows are sorted by source, so a source's values stand together.
        let mut from = 0;
        while from < values.len() {
            let own = values[from].slot;
            let end = from + run_length(&values[from..]);
            let mut next = end;
            while next < values.len() {
                let other = values[next].slot;
                let until = next + run_length(&values[next..]);
                let tally = &mut tallies[self.at(own, other)];
                tally.both += 1;
                tally.differ += u64::from(!agrees(&values[from..end], &values[next..until]));
                next = until;
            }
            from = end;
        }
    }
}

/// Golden records whose values are fetched together.
const CHUNK: usize = 2048;

/// Leaves [`VALUES`] different values of each source, the first by the alphabet: a person of
/// thousands of records would be compared with each of them as often.
fn shorten(values: &mut Vec<Said>, field: Option<&Compared<'_>>) {
    let text = |said: &Said| field.map_or("", |field| field.column.value(said.code));
    values.sort_by(|a, b| {
        (a.slot, text(a))
            .cmp(&(b.slot, text(b)))
            .then(a.row.cmp(&b.row))
    });
    values.dedup_by_key(|said| (said.slot, said.code));
    let (mut slot, mut seen) = (u8::MAX, 0);
    values.retain(|said| {
        seen = if said.slot == slot { seen + 1 } else { 1 };
        slot = said.slot;
        seen <= VALUES
    });
}

fn run_length(values: &[Said]) -> usize {
    let own = values.first().map(|said| said.slot);
    values
        .iter()
        .take_while(|said| Some(said.slot) == own)
        .count()
}
