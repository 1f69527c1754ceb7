//! The order of the log's rows: everything about one person together, persons by
//! golden id, what is about no person or about ids given up behind.
//!
//! A question about one person then looks at one or two row groups, and the file is
//! smaller by a third. Events of one record, and of one golden record, keep their order.

use crate::contact::{EventKind, Events};
use crate::merge::{Merged, RULE_MERGED, RULE_MOVED, RULE_RETIRED};

/// The events in the order of the log.
#[derive(Clone, Debug, Default)]
pub struct Order {
    /// Places in the events.
    pub events: Vec<u32>,
    /// How many of them are sorted by golden id.
    pub by_person: usize,
}

/// Which golden row an event is about: its own, or the one that its record got later.
pub(super) struct GoldenOf<'a> {
    pub events: &'a Events,
    pub merged: &'a Merged,
}

impl GoldenOf<'_> {
    pub fn get(&self, at: usize) -> Option<u32> {
        let later = || {
            let row = self.events.record(at)? as usize;
            self.merged.golden_of.get(row).copied().flatten()
        };
        let golden = self.events.golden(at).or_else(later)?;
        ((golden as usize) < self.merged.golden_ids.len()).then_some(golden)
    }
}

impl Order {
    #[must_use]
    pub fn of(events: &Events, merged: &Merged) -> Self {
        let golden = GoldenOf { events, merged };
        let persons = merged.golden_ids.len();
        // Events about ids that somebody had before stand behind: whoever asks for such
        // an id does not know whose it is now.
        let behind: Vec<bool> = events
            .words()
            .iter()
            .map(|word| [RULE_MOVED, RULE_MERGED, RULE_RETIRED].contains(&word.as_str()))
            .collect();
        let place = |at: usize| {
            if events.about(at).1 == EventKind::GoldenId && behind[events.texts(at)[1] as usize] {
                return persons;
            }
            golden.get(at).map_or(persons, |golden| golden as usize)
        };
        let mut starts: Vec<u32> = vec![0; persons + 2];
        for at in 0..events.len() {
            starts[place(at) + 1] += 1;
        }
        for person in 1..starts.len() {
            starts[person] += starts[person - 1];
        }
        let by_person = starts[persons] as usize;
        let mut order: Vec<u32> = vec![0; events.len()];
        for (at, number) in (0..events.len()).zip(0_u32..) {
            let next = &mut starts[place(at)];
            order[*next as usize] = number;
            *next += 1;
        }
        Self {
            events: order,
            by_person,
        }
    }
}
