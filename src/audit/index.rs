//! Events by what they are about, so that a column is looked at once.

use hashbrown::{HashMap, HashSet};

use crate::contact::{EventKind, Events, Stage};

/// Positions of events, in order.
#[derive(Clone, Debug, Default)]
pub struct FieldEvents {
    /// Changes of a record's value before the merge.
    pub changes: Vec<u32>,
    /// Records whose value of this field went into another field.
    pub moved: Vec<u32>,
    pub survived: Vec<u32>,
    pub lost: Vec<u32>,
}

/// All events of a run, by field and by kind.
#[derive(Clone, Debug, Default)]
pub struct Index<'a> {
    pub fields: HashMap<&'a str, FieldEvents>,
    pub merged: Vec<u32>,
    pub golden_ids: Vec<u32>,
    /// Records held out.
    pub quarantined: HashSet<u32>,
}

impl<'a> Index<'a> {
    #[must_use]
    pub fn of(events: &'a Events) -> Self {
        let mut index = Self::default();
        for (at, event) in (0_u32..).zip(events.iter()) {
            match event.kind {
                EventKind::Quarantined => index.quarantined.extend(event.record),
                EventKind::Merged => index.merged.push(at),
                EventKind::GoldenId => index.golden_ids.push(at),
                EventKind::Survived => index.field(event.field).survived.push(at),
                EventKind::Lost => index.field(event.field).lost.push(at),
                EventKind::Decision | EventKind::Guarded => {}
                EventKind::Standardised
                | EventKind::Cleared
                | EventKind::Derived
                | EventKind::Fixed => {
                    if event.stage >= Stage::Link {
                        continue;
                    }
                    index.field(event.field).changes.push(at);
                    if event.kind == EventKind::Derived {
                        index.field(event.reason).moved.extend(event.record);
                    }
                }
            }
        }
        index
    }

    fn field(&mut self, name: &'a str) -> &mut FieldEvents {
        self.fields.entry(name).or_default()
    }
}

/// For each row the last of `positions` that is about it, plus one; 0 for none.
pub(super) fn last_by(
    rows: usize,
    positions: &[u32],
    row_of: impl Fn(u32) -> Option<u32>,
) -> Vec<u32> {
    let mut last = vec![0; rows];
    for &at in positions {
        if let Some(slot) = row_of(at).and_then(|row| last.get_mut(row as usize)) {
            *slot = at + 1;
        }
    }
    last
}
