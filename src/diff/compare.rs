//! Two runs, record by record and person by person.
//!
//! In: both sides, and what is another between them outside the records. Out: exact
//! counts, each with its reasons, and bounded samples.

use std::collections::BTreeMap;

use super::changes::{
    ByReason, Changed, Changes, Counts, FieldChange, Merge, Move, Person, Reason, Split,
};
use super::fields::{self, Sampled};
use super::flags::{Flags, JOINED_OR_LEFT};
use super::people::{NONE, People};
use super::sides::Side;
use super::telling::Telling;
use super::why::Why;

/// Compares two runs; at most `limit` of each kind are shown.
///
/// # Errors
/// What can't be read of a side, in words.
pub fn compare(
    before: &dyn Side,
    after: &dyn Side,
    why: &Why,
    limit: usize,
) -> Result<Changes, String> {
    let people = People::of(before, after);
    let flags = Flags::of(&people, before, after, why);
    let mut counts = Counts {
        persons_before: count(before.persons()),
        persons_after: count(after.persons()),
        records_before: count(before.records()),
        records_after: count(after.records()),
        ..flags.counts
    };
    let reason = |flags: u8| reason_of(flags, why);
    let mut tally = Tally::default();

    // Ids that only one of the runs has.
    let mut added = Vec::new();
    let mut merges: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut splits: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    let mut gone = Vec::new();
    for (person, partner) in (0_u32..).zip(&people.before_of) {
        if *partner == NONE {
            match people.split_from(person) {
                Some(from) => splits.entry(from).or_default().push(person),
                None if before.was_retired(after.id(person as usize)) => {
                    counts.revived += 1;
                    added.push((reason(flags.after[person as usize]), person));
                }
                None => {
                    counts.added += 1;
                    added.push((reason(flags.after[person as usize]), person));
                }
            }
        }
    }
    for (person, partner) in (0_u32..).zip(&people.after_of) {
        if *partner == NONE {
            match people.merged_into(person) {
                Some(into) => merges.entry(into).or_default().push(person),
                None => gone.push((reason(flags.before[person as usize]), person)),
            }
        }
    }
    counts.gone = count(gone.len());
    counts.merged = count(merges.len());
    counts.merged_ids = merges.values().map(|ids| count(ids.len())).sum();
    counts.split = count(splits.len());
    counts.split_ids = splits.values().map(|ids| count(ids.len())).sum();
    let merges: Vec<(Reason, u32)> = {
        let of = |into: u32| reason(flags.after[into as usize] | JOINED_OR_LEFT);
        merges.keys().map(|&into| (of(into), into)).collect()
    };
    let splits: Vec<(Reason, u32)> = {
        let of = |from: u32| reason(flags.before[from as usize] | JOINED_OR_LEFT);
        splits.keys().map(|&from| (of(from), from)).collect()
    };
    let moved: Vec<(Reason, u32)> = (0_u32..)
        .zip(&people.crossings)
        .filter(|(_, crossing)| people.is_move(crossing))
        .map(|(at, crossing)| {
            let own = flags.after[crossing.after as usize] | flags.before[crossing.before as usize];
            (reason(own | JOINED_OR_LEFT), at)
        })
        .collect();
    counts.moved_records = count(moved.len());

    // Persons that both have.
    let reasons: Vec<Reason> = people
        .pairs
        .iter()
        .map(|&(old, new)| reason(flags.before[old as usize] | flags.after[new as usize]))
        .collect();
    let fields = fields::compare(before, after, &people.pairs, &reasons, limit)?;
    counts.changed = count(fields.changed.iter().filter(|changed| **changed).count());
    counts.changed_values = fields.values;
    counts.unchanged = count(people.pairs.len()) - counts.changed;
    let changed: Vec<(Reason, u32)> = (0_u32..)
        .zip(fields.changed.iter().zip(&reasons))
        .filter(|(_, (changed, _))| **changed)
        .map(|(pair, (_, reason))| (*reason, pair))
        .collect();

    for (name, list) in [
        ("added", &added),
        ("gone", &gone),
        ("merged", &merges),
        ("split", &splits),
        ("moved_records", &moved),
        ("changed", &changed),
    ] {
        tally.add(name, list);
    }
    let [added, gone, merges, splits, moved, changed] =
        [added, gone, merges, splits, moved, changed].map(|list| first(list, limit));
    let telling = Telling::of(
        before,
        after,
        &people,
        &flags,
        why,
        Telling::asked(&people, &added, &gone, &merges, &splits, &moved, &changed),
    )?;
    let people = &people;
    Ok(Changes {
        before: before.name(),
        after: after.name(),
        counts,
        reasons: tally.reasons,
        fields: fields.counts,
        circumstances: why.circumstances.clone(),
        added: each(&added, |reason, at| telling.of_after(reason, at)),
        gone: each(&gone, |reason, at| telling.of_before(reason, at)),
        merged: each(&merges, |reason, at| Merge {
            into: telling.of_after(reason, at),
            from: people
                .ids_merged_into(at)
                .iter()
                .map(|&old| before.id(old as usize).to_owned())
                .collect(),
        }),
        split: each(&splits, |reason, at| Split {
            from: telling.of_before(reason, at),
            into: people
                .ids_split_from(at)
                .iter()
                .map(|&new| after.id(new as usize).to_owned())
                .collect(),
        }),
        moved: each(&moved, |reason, at| {
            let crossing = &people.crossings[at as usize];
            Move {
                record: telling.record(crossing.record),
                from: before.id(crossing.before as usize).to_owned(),
                into: after.id(crossing.after as usize).to_owned(),
                cause: telling.cause(reason, Some(crossing.before), Some(crossing.after)),
            }
        }),
        changed: each(&changed, |reason, at| {
            changed_person(reason, at, people, &telling, &fields.samples)
        }),
    })
}

fn changed_person(
    reason: Reason,
    pair: u32,
    people: &People,
    telling: &Telling<'_>,
    samples: &[(String, Vec<Sampled>)],
) -> Changed {
    let (old, new) = people.pairs[pair as usize];
    let mut person: Person = telling.of_after(reason, new);
    person.cause = telling.cause(reason, Some(old), Some(new));
    let fields = samples
        .iter()
        .filter_map(|(field, samples)| {
            let at = samples.binary_search_by_key(&pair, |own| own.pair).ok()?;
            let own = &samples[at];
            Some(FieldChange {
                field: field.clone(),
                before: own.before.clone(),
                after: own.after.clone(),
            })
        })
        .collect();
    Changed { person, fields }
}

fn reason_of(flags: u8, why: &Why) -> Reason {
    use super::flags::{DECIDED, INPUT};
    if flags & JOINED_OR_LEFT != 0 && flags & DECIDED != 0 {
        Reason::Decision
    } else if flags & INPUT != 0 {
        Reason::Input
    } else if why.has_rule() {
        Reason::Rule
    } else {
        Reason::Model
    }
}

/// How much a person wants to see of each reason: what nobody asked for comes before
/// what the exports brought.
pub(super) const fn rank(reason: Reason) -> u8 {
    match reason {
        Reason::Decision => 0,
        Reason::Model => 1,
        Reason::Rule => 2,
        Reason::Input => 3,
    }
}

/// The first of a list, by reason and then by id.
fn first(mut list: Vec<(Reason, u32)>, limit: usize) -> Vec<(Reason, u32)> {
    list.sort_by_key(|(reason, at)| (rank(*reason), *at));
    list.truncate(limit);
    list
}

fn each<T>(list: &[(Reason, u32)], tell: impl Fn(Reason, u32) -> T) -> Vec<T> {
    list.iter().map(|&(reason, at)| tell(reason, at)).collect()
}

#[derive(Default)]
struct Tally {
    reasons: BTreeMap<&'static str, ByReason>,
}

impl Tally {
    fn add(&mut self, name: &'static str, list: &[(Reason, u32)]) {
        if list.is_empty() {
            return;
        }
        let own = self.reasons.entry(name).or_default();
        for (reason, _) in list {
            *own.entry(*reason).or_default() += 1;
        }
    }
}

fn count(number: usize) -> u64 {
    number as u64
}
