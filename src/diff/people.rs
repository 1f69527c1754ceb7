//! Who is who in two runs: records by source and id, persons by golden id.

use std::collections::BTreeMap;

use super::sides::Side;
use crate::merge::previous::join;

/// No partner.
pub const NONE: u32 = u32::MAX;

/// A record that is with another person than before.
#[derive(Clone, Copy, Debug)]
pub struct Crossing {
    /// Row of the later run.
    pub record: u32,
    /// Person of the earlier run.
    pub before: u32,
    /// Person of the later run.
    pub after: u32,
}

/// Records and persons of both runs, side by side.
pub struct People {
    /// By record of the later run its row in the earlier one.
    pub record_before: Vec<Option<u32>>,
    /// By person of the earlier run the one of the same id in the later, or [`NONE`].
    pub after_of: Vec<u32>,
    pub before_of: Vec<u32>,
    /// Persons with the same id: (earlier, later), ascending.
    pub pairs: Vec<(u32, u32)>,
    pub crossings: Vec<Crossing>,
    /// Person of the earlier run without a partner → the one that has most of its records.
    merged: BTreeMap<u32, u32>,
    /// Person of the later run without a partner → the one most of its records came from.
    split: BTreeMap<u32, u32>,
    /// The same the other way round.
    merged_by: BTreeMap<u32, Vec<u32>>,
    split_by: BTreeMap<u32, Vec<u32>>,
}

impl People {
    pub fn of(before: &dyn Side, after: &dyn Side) -> Self {
        let record_before = join(
            before.records(),
            |row| before.key(row),
            after.records(),
            |row| after.key(row),
        );
        let mut after_of = vec![NONE; before.persons()];
        let mut before_of = vec![NONE; after.persons()];
        let mut pairs = Vec::new();
        let (mut old, mut new) = (0, 0);
        while old < before.persons() && new < after.persons() {
            match before.id(old).cmp(after.id(new)) {
                std::cmp::Ordering::Less => old += 1,
                std::cmp::Ordering::Greater => new += 1,
                std::cmp::Ordering::Equal => {
                    let (a, b) = (place(old), place(new));
                    after_of[old] = b;
                    before_of[new] = a;
                    pairs.push((a, b));
                    old += 1;
                    new += 1;
                }
            }
        }
        let mut crossings = Vec::new();
        for (row, earlier) in record_before.iter().enumerate() {
            let Some(earlier) = earlier else { continue };
            let persons = (before.person(*earlier as usize), after.person(row));
            if let (Some(old), Some(new)) = persons
                && after_of[old as usize] != new
            {
                crossings.push(Crossing {
                    record: place(row),
                    before: old,
                    after: new,
                });
            }
        }
        let merged = most(crossings.iter().filter_map(|crossing| {
            (after_of[crossing.before as usize] == NONE)
                .then_some((crossing.before, crossing.after))
        }));
        let split = most(crossings.iter().filter_map(|crossing| {
            (before_of[crossing.after as usize] == NONE)
                .then_some((crossing.after, crossing.before))
        }));
        Self {
            record_before,
            after_of,
            before_of,
            pairs,
            crossings,
            merged_by: turned(&merged),
            split_by: turned(&split),
            merged,
            split,
        }
    }

    /// Where the records of an id out of use went, if they are still there.
    pub fn merged_into(&self, before: u32) -> Option<u32> {
        self.merged.get(&before).copied()
    }

    /// Where the records of a new id came from, if they had one.
    pub fn split_from(&self, after: u32) -> Option<u32> {
        self.split.get(&after).copied()
    }

    pub fn ids_merged_into(&self, after: u32) -> &[u32] {
        self.merged_by.get(&after).map_or(&[], Vec::as_slice)
    }

    pub fn ids_split_from(&self, before: u32) -> &[u32] {
        self.split_by.get(&before).map_or(&[], Vec::as_slice)
    }

    /// Whether the crossing is neither part of a merge nor of a split.
    pub fn is_move(&self, crossing: &Crossing) -> bool {
        self.merged_into(crossing.before) != Some(crossing.after)
            && self.split_from(crossing.after) != Some(crossing.before)
    }
}

/// For each first the second that it stands with most often; of several the smallest.
fn most(links: impl Iterator<Item = (u32, u32)>) -> BTreeMap<u32, u32> {
    let mut counts: BTreeMap<(u32, u32), u32> = BTreeMap::new();
    for link in links {
        *counts.entry(link).or_default() += 1;
    }
    let mut best: BTreeMap<u32, (u32, u32)> = BTreeMap::new();
    for ((one, other), count) in counts {
        let own = best.entry(one).or_insert((0, other));
        if count > own.0 {
            *own = (count, other);
        }
    }
    best.into_iter()
        .map(|(one, (_, other))| (one, other))
        .collect()
}

fn turned(links: &BTreeMap<u32, u32>) -> BTreeMap<u32, Vec<u32>> {
    let mut turned: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for (one, other) in links {
        turned.entry(*other).or_default().push(*one);
    }
    turned
}

fn place(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(NONE)
}
