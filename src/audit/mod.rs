//! The audit log: every change and decision of a run, as columns, and replayed.

pub mod by_itself;
pub mod chain;
pub mod columns;
mod drawn;
mod id_law;
mod index;
pub mod joined;
pub mod laws;
pub mod lineage;
pub mod load;
pub mod order;
pub mod persons;
pub mod query;
pub mod replay;
pub mod runs;
pub mod search;
pub mod verify;

pub use index::Index;

use std::collections::BTreeMap;

use crate::contact::{Event, EventKind, Events, Held, Stage};

/// Adds a `Quarantined` event for every held record that has none: a row that a
/// reader could not read whole is held before there are events.
pub fn tell_held(held: &BTreeMap<u32, Held>, events: &mut Events) {
    if held.is_empty() {
        return;
    }
    let told: std::collections::BTreeSet<u32> = (0..events.len())
        .filter(|&at| events.about(at).1 == EventKind::Quarantined)
        .filter_map(|at| events.record(at))
        .collect();
    for (&row, held) in held.iter().filter(|(row, _)| !told.contains(*row)) {
        events.push(Event {
            stage: Stage::Read,
            kind: EventKind::Quarantined,
            record: Some(row),
            before: held.raw.as_deref(),
            rule: &held.rule,
            reason: &held.reason,
            ..Event::default()
        });
    }
}
