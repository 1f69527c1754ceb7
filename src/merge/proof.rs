//! The events of a golden value: what survived, what was lost to it, and why.

use super::survive::Choice;
use crate::contact::{Event, EventKind, Events, Stage, TextBuilder};

/// What a chunk of golden rows gives.
pub(super) struct Part {
    pub(super) values: TextBuilder,
    pub(super) events: Events,
}

pub(super) fn survived(
    part: &mut Part,
    golden: usize,
    choice: Choice,
    field: &str,
    value: Option<&str>,
    reason: &str,
) {
    push_survived(&mut part.events, golden, choice, field, value, reason);
}

/// The event for a golden value.
pub fn push_survived(
    events: &mut Events,
    golden: usize,
    choice: Choice,
    field: &str,
    value: Option<&str>,
    reason: &str,
) {
    events.push(Event {
        stage: Stage::Merge,
        kind: EventKind::Survived,
        record: Some(choice.row),
        golden: u32::try_from(golden).ok(),
        field,
        after: value,
        rule: choice.rule,
        reason,
        ..Event::default()
    });
}

#[allow(clippy::too_many_arguments)]
pub(super) fn lost(
    part: &mut Part,
    golden: usize,
    row: u32,
    field: &str,
    value: Option<&str>,
    won: Option<&str>,
    rule: &str,
    reason: &str,
) {
    push_lost(
        &mut part.events,
        golden,
        row,
        field,
        value,
        won,
        rule,
        reason,
    );
}

/// The event for a record's value that is not the golden one; none when it is.
#[allow(clippy::too_many_arguments)]
pub fn push_lost(
    events: &mut Events,
    golden: usize,
    row: u32,
    field: &str,
    value: Option<&str>,
    won: Option<&str>,
    rule: &str,
    reason: &str,
) {
    if value.is_none() || value == won {
        return;
    }
    events.push(Event {
        stage: Stage::Merge,
        kind: EventKind::Lost,
        record: Some(row),
        golden: u32::try_from(golden).ok(),
        field,
        before: value,
        after: won,
        rule,
        reason,
        ..Event::default()
    });
}
