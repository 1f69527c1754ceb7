//! Events by what they are about, so that a column is looked at once.

use hashbrown::{HashMap, HashSet};

use crate::contact::{EventKind, Events, Stage};

/// Positions of events, in order.
#[derive(Clone, Debug, Default)]
pub struct FieldEvents {
    /// Changes of a record's value by standardising and validating.
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
    /// Values that mapping split, joined or took out.
    pub mapped: Vec<u32>,
    pub merged: Vec<u32>,
    pub golden_ids: Vec<u32>,
    /// Records held out.
    pub quarantined: HashSet<u32>,
}

impl<'a> Index<'a> {
    #[must_use]
    pub fn of(events: &'a Events) -> Self {
        let mut index = Self::default();
        // By number of the field's word first: a string is hashed once, not per event.
        // Most words are reasons, so that the fields get a number of their own.
        let mut place: Vec<u32> = vec![u32::MAX; events.words().len()];
        let mut fields: Vec<(&str, FieldEvents)> = Vec::new();
        let mut moved: Vec<(&str, Option<u32>)> = Vec::new();
        // Lists that fit: there are millions of events.
        let mut sizes: Vec<[usize; 3]> = Vec::new();
        let (mut merged, mut golden_ids) = (0, 0);
        for (about, count) in events.tally() {
            let slot = &mut place[about.field as usize];
            if *slot == u32::MAX {
                *slot = u32::try_from(fields.len()).unwrap_or(u32::MAX);
                let word = &events.words()[about.field as usize];
                fields.push((word, FieldEvents::default()));
                sizes.push([0; 3]);
            }
            let [changes, survived, lost] = &mut sizes[*slot as usize];
            let size = match (about.kind, about.stage) {
                (EventKind::Survived, _) => survived,
                (EventKind::Lost, _) => lost,
                (EventKind::Merged, _) => &mut merged,
                (EventKind::GoldenId, _) => &mut golden_ids,
                (_, Stage::Standardise | Stage::Validate) => changes,
                _ => continue,
            };
            *size += usize::try_from(count).unwrap_or(0);
        }
        index.merged.reserve_exact(merged);
        index.golden_ids.reserve_exact(golden_ids);
        for ((_, own), [changes, survived, lost]) in fields.iter_mut().zip(sizes) {
            own.changes.reserve_exact(changes);
            own.survived.reserve_exact(survived);
            own.lost.reserve_exact(lost);
        }
        for at in 0..events.len() {
            let (stage, kind, word) = events.about(at);
            let own = &mut fields[place[word as usize] as usize].1;
            let number = u32::try_from(at).unwrap_or(u32::MAX);
            match kind {
                EventKind::Quarantined => index.quarantined.extend(events.record(at)),
                EventKind::Merged => index.merged.push(number),
                EventKind::GoldenId => index.golden_ids.push(number),
                EventKind::Survived => own.survived.push(number),
                EventKind::Lost => own.lost.push(number),
                EventKind::Decision | EventKind::Guarded => {}
                EventKind::Standardised
                | EventKind::Cleared
                | EventKind::Derived
                | EventKind::Fixed => match stage {
                    // What mapping changed is in the records already.
                    Stage::Map => index.mapped.push(number),
                    Stage::Standardise | Stage::Validate => {
                        own.changes.push(number);
                        if kind == EventKind::Derived {
                            let reason = &events.words()[events.texts(at)[2] as usize];
                            moved.push((reason, events.record(at)));
                        }
                    }
                    Stage::Read | Stage::Link | Stage::Merge | Stage::Write => {}
                },
            }
        }
        index.fields = fields.into_iter().collect();
        for (field, record) in moved {
            index.fields.entry(field).or_default().moved.extend(record);
        }
        index
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
