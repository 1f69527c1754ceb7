//! What happened to the records of each person, in a few bits.

use std::collections::BTreeMap;

use super::changes::Counts;
use super::people::{NONE, People};
use super::sides::Side;
use super::why::Why;

/// A record of the person came, went, or has other values.
pub const INPUT: u8 = 1;
/// A decision that only one of the runs has names a record of the person.
pub const DECIDED: u8 = 2;
/// A record came from or went to another person.
pub const JOINED_OR_LEFT: u8 = 4;

/// What happened to a record of the later run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    Same,
    New,
    Changed,
}

/// The bits by person, and what was counted on the way.
pub struct Flags {
    pub before: Vec<u8>,
    pub after: Vec<u8>,
    pub counts: Counts,
    /// Rows of the earlier run that are not in the later, by person.
    pub gone: Vec<u32>,
}

impl Flags {
    pub fn of(people: &People, before: &dyn Side, after: &dyn Side, why: &Why) -> Self {
        let mut own = Self {
            before: vec![0; before.persons()],
            after: vec![0; after.persons()],
            counts: Counts::default(),
            gone: Vec::new(),
        };
        own.records(people, before, after, why);
        own.decisions(people, before, after, why);
        own.across(people);
        own
    }

    fn records(&mut self, people: &People, before: &dyn Side, after: &dyn Side, why: &Why) {
        let known = before.fingerprints().is_some() && after.fingerprints().is_some();
        let mut changed = 0;
        let mut found = vec![false; before.records()];
        for row in 0..after.records() {
            let new = after.person(row);
            let mark = |flags: &mut Vec<u8>, person: Option<u32>| {
                if let Some(slot) = person.and_then(|person| flags.get_mut(person as usize)) {
                    *slot |= INPUT;
                }
            };
            let Some(earlier) = people.record_before[row] else {
                self.counts.records_new += 1;
                mark(&mut self.after, new);
                continue;
            };
            found[earlier as usize] = true;
            let old = before.person(earlier as usize);
            match (old, new) {
                (Some(_), None) => self.counts.records_held += 1,
                (None, Some(_)) => self.counts.records_released += 1,
                _ => {}
            }
            if fate(Some(earlier), row, before, after, why) == Fate::Changed {
                changed += 1;
                mark(&mut self.after, new);
                mark(&mut self.before, old);
            }
        }
        self.counts.records_changed = known.then_some(changed);
        for (row, found) in (0_u32..).zip(found) {
            if !found {
                self.counts.records_gone += 1;
                self.gone.push(row);
                if let Some(person) = before.person(row as usize) {
                    self.before[person as usize] |= INPUT;
                }
            }
        }
    }

    fn decisions(&mut self, people: &People, before: &dyn Side, after: &dyn Side, why: &Why) {
        if why.decided.is_empty() {
            return;
        }
        let mut named: BTreeMap<(&str, &str), ()> = BTreeMap::new();
        for ((_, a, b), _) in &why.decided {
            for (source, id) in [a, b] {
                named.insert((source, id), ());
            }
        }
        for row in 0..after.records() {
            if named.contains_key(&after.key(row)) {
                let old = people.record_before[row].and_then(|row| before.person(row as usize));
                if let Some(person) = after.person(row) {
                    self.after[person as usize] |= DECIDED;
                }
                if let Some(person) = old {
                    self.before[person as usize] |= DECIDED;
                }
            }
        }
        for &row in &self.gone {
            if named.contains_key(&before.key(row as usize))
                && let Some(person) = before.person(row as usize)
            {
                self.before[person as usize] |= DECIDED;
            }
        }
    }

    /// A record that goes from one person to another is the business of both: what
    /// happened to either is a reason for it.
    fn across(&mut self, people: &People) {
        let (old, new) = (self.before.clone(), self.after.clone());
        for crossing in &people.crossings {
            let (from, into) = (crossing.before as usize, crossing.after as usize);
            let mut all = old[from] | new[into] | JOINED_OR_LEFT;
            // The person that stays under the id of `from`, and what `into` was.
            let (rest, was) = (people.after_of[from], people.before_of[into]);
            if rest != NONE {
                all |= new[rest as usize];
            }
            if was != NONE {
                all |= old[was as usize];
            }
            self.before[from] |= all;
            self.after[into] |= all;
            if rest != NONE {
                self.after[rest as usize] |= all;
            }
            if was != NONE {
                self.before[was as usize] |= all;
            }
        }
    }
}

/// What happened to a record. Without fingerprints a record counts as changed when
/// a file of its source is another.
pub fn fate(
    earlier: Option<u32>,
    row: usize,
    before: &dyn Side,
    after: &dyn Side,
    why: &Why,
) -> Fate {
    let Some(earlier) = earlier else {
        return Fate::New;
    };
    let same = match (before.fingerprints(), after.fingerprints()) {
        (Some(old), Some(new)) => old.get(earlier as usize) == new.get(row),
        _ => !why.changed_sources.contains(after.key(row).0),
    };
    if same { Fate::Same } else { Fate::Changed }
}
