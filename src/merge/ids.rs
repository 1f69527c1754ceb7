//! Clusters in their final order with their golden ids, and the events that say so.

use rayon::prelude::*;

use super::clusters::Clusters;
use super::golden_ids::{self, Before, IdChange};
use super::ranks::Ranks;
use super::register::Register;
use super::{MergeInput, PreviousXref};
use crate::contact::{Event, EventKind, Events, Stage};

/// Rules of the one `GoldenId` event that each golden record has: it names the
/// golden record and its oldest record.
pub const RULE_MADE: &str = "golden_id_made";
pub const RULE_KEPT: &str = "golden_id_kept";
pub const RULE_SPLIT: &str = "golden_id_split";
pub const RULE_REVIVED: &str = "golden_id_revived";
/// A record has another golden id than in the previous run.
pub const RULE_MOVED: &str = "golden_id_moved";
/// An id is no longer in use.
pub const RULE_MERGED: &str = "golden_id_merged";
pub const RULE_RETIRED: &str = "golden_id_retired";

/// Whether a `GoldenId` event with this rule stands for a golden record.
#[must_use]
pub fn names_golden(rule: &str) -> bool {
    matches!(rule, RULE_MADE | RULE_KEPT | RULE_SPLIT | RULE_REVIVED)
}

/// The clusters with their ids.
pub(super) struct Named {
    /// Sorted by golden id.
    pub clusters: Clusters,
    /// In that order.
    pub ids: Vec<String>,
    pub events: Events,
    pub register: Register,
}

pub(super) fn name(input: &MergeInput<'_>, ranks: &Ranks) -> Named {
    let grouped = Clusters::group(&input.linked.cluster, input.held);
    let mut aged: Vec<Vec<u32>> = (0..grouped.len())
        .into_par_iter()
        .map(|at| {
            let mut rows = grouped.of(at).to_vec();
            rows.sort_by_key(|&row| ranks.by_age(row));
            rows
        })
        .collect();
    // No two have a row in common: there are no ties.
    aged.par_sort_unstable_by_key(|rows| rows.first().map(|&row| ranks.by_age(row)));
    let none = PreviousXref::default();
    let previous = input.previous.unwrap_or(&none);
    let before = previous.before(input.records);
    let known = |id: &str| previous.register.knows(id);
    let assigned = golden_ids::assign(&aged, &before, known, |row| {
        (
            input.records.source(row as usize).name.as_str(),
            input.records.id(row as usize),
        )
    });
    let register = previous.register_after(&assigned);
    let order = in_order(&assigned.ids);
    let mut place = vec![0_u32; aged.len()];
    for (new, &old) in (0_u32..).zip(&order) {
        place[old as usize] = new;
    }
    let oldest: Vec<u32> = aged.iter().map(|rows| rows[0]).collect();
    let clusters = Clusters::from_lists(order.iter().map(|&old| {
        let mut rows = std::mem::take(&mut aged[old as usize]);
        rows.sort_unstable();
        rows
    }));
    let mut events = Events::new();
    let made = events.prepare(&Event {
        stage: Stage::Merge,
        kind: EventKind::GoldenId,
        rule: RULE_MADE,
        ..Event::default()
    });
    for change in &assigned.changes {
        // On a first run all are.
        if let IdChange::Made { cluster } = change {
            let at = *cluster as usize;
            let id = events.new_number(&assigned.ids[at]);
            events.push_numbers(made, oldest[at], place[at], None, Some(id));
            continue;
        }
        push(&mut events, change, &assigned.ids, &place, &oldest, &before);
    }
    let mut ids = assigned.ids;
    let ids = order
        .iter()
        .map(|&old| std::mem::take(&mut ids[old as usize]))
        .collect();
    Named {
        clusters,
        ids,
        events,
        register,
    }
}

/// The places of ids, which are all different, in their order.
fn in_order(ids: &[String]) -> Vec<u32> {
    // With their first bytes as a number: hardly ever two are compared by more.
    let mut places: Vec<(u128, u32)> = (0..)
        .zip(ids)
        .map(|(place, id)| {
            let mut first = [0; 16];
            let len = id.len().min(first.len());
            first[..len].copy_from_slice(&id.as_bytes()[..len]);
            (u128::from_be_bytes(first), place)
        })
        .collect();
    places.par_sort_unstable_by(|a, b| {
        let text = |place: u32| &ids[place as usize];
        a.0.cmp(&b.0).then_with(|| text(a.1).cmp(text(b.1)))
    });
    places.into_iter().map(|(_, place)| place).collect()
}

fn push(
    events: &mut Events,
    change: &IdChange,
    ids: &[String],
    place: &[u32],
    oldest: &[u32],
    before: &Before,
) {
    let id = |cluster: u32| Some(ids[cluster as usize].as_str());
    let golden = |cluster: u32| Some(place[cluster as usize]);
    let event = Event {
        stage: Stage::Merge,
        kind: EventKind::GoldenId,
        ..Event::default()
    };
    let named = |cluster: u32, rule: &'static str| Event {
        record: Some(oldest[cluster as usize]),
        golden: golden(cluster),
        after: id(cluster),
        rule,
        ..event
    };
    match change {
        IdChange::Made { cluster } => events.push(named(*cluster, RULE_MADE)),
        IdChange::Kept { cluster } => events.push(Event {
            before: before
                .had
                .get(oldest[*cluster as usize] as usize)
                .copied()
                .flatten()
                .map(|at| before.ids[at as usize].as_str()),
            ..named(*cluster, RULE_KEPT)
        }),
        IdChange::Revived { cluster } => events.push(Event {
            before: id(*cluster),
            reason: "its records are back",
            ..named(*cluster, RULE_REVIVED)
        }),
        IdChange::Split { cluster, from } => events.push(Event {
            before: Some(from),
            reason: "the larger part of the golden record keeps the id",
            ..named(*cluster, RULE_SPLIT)
        }),
        IdChange::Moved {
            record,
            cluster,
            from,
        } => events.push(Event {
            record: Some(*record),
            golden: golden(*cluster),
            before: Some(from),
            after: id(*cluster),
            rule: RULE_MOVED,
            ..event
        }),
        IdChange::Merged { from, into } => events.push(Event {
            golden: golden(*into),
            before: Some(from),
            after: id(*into),
            rule: RULE_MERGED,
            reason: "its records went into another golden record",
            ..event
        }),
        IdChange::Retired { from } => events.push(Event {
            before: Some(from),
            rule: RULE_RETIRED,
            reason: "none of its records is in this run's golden set",
            ..event
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::in_order;

    #[test]
    fn ids_are_ordered_as_their_texts_are() {
        let ids: Vec<String> = [
            "gb",
            "ga",
            "g",
            "",
            "ga\0",
            "gaaaaaaaaaaaaaaaaab",
            "gaaaaaaaaaaaaaaaaaa",
            "gaaaaaaaaaaaaaaa",
            "gé",
            "z",
        ]
        .map(str::to_owned)
        .to_vec();
        let ordered = in_order(&ids).into_iter().map(|place| &ids[place as usize]);
        assert!(ordered.is_sorted());
    }
}
