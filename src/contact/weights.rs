//! The weights of events, for asking after many of them.

use super::event::EventKind;

/// Events of one entry of the index.
const STEP: u32 = 1 << 8;

/// Few events have a weight: which kinds have one, and where each stands.
#[derive(Debug)]
pub struct Weights<'e> {
    /// By event, sorted.
    all: &'e [(u32, f32)],
    /// For each [`STEP`] of events how many weights are of events before.
    starts: Vec<u32>,
    /// The kinds of which an event has one.
    pub kinds: Vec<EventKind>,
}

impl<'e> Weights<'e> {
    /// `all` by event, sorted; `kind` tells an event's.
    pub(super) fn of(all: &'e [(u32, f32)], kind: impl Fn(u32) -> EventKind) -> Self {
        let mut kinds = Vec::new();
        let mut starts = Vec::new();
        for (place, &(at, _)) in (0_u32..).zip(all) {
            let entries = (at / STEP) as usize + 1;
            if starts.len() < entries {
                starts.resize(entries, place);
            }
            let kind = kind(at);
            if !kinds.contains(&kind) {
                kinds.push(kind);
            }
        }
        Self { all, starts, kinds }
    }

    /// The weight of an event.
    #[must_use]
    pub fn get(&self, at: u32) -> Option<f32> {
        let entry = (at / STEP) as usize;
        let from = *self.starts.get(entry)? as usize;
        let next = self.starts.get(entry + 1).map(|&next| next as usize);
        let own = &self.all[from..next.unwrap_or(self.all.len())];
        let place = own.binary_search_by_key(&at, |(own, _)| *own).ok()?;
        Some(own[place].1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_event_has_its_own_weight() {
        let weighted = [0, 3, 255, 256, 257, 1000, 5000, 5001, 5119, 5120];
        #[allow(clippy::cast_precision_loss)] // small
        let all: Vec<(u32, f32)> = weighted.iter().map(|&at| (at, at as f32)).collect();
        let kind = |at| match at {
            5000 => EventKind::Survived,
            _ => EventKind::Merged,
        };
        let weights = Weights::of(&all, kind);
        assert_eq!(weights.kinds, [EventKind::Merged, EventKind::Survived]);
        for at in 0..6000 {
            #[allow(clippy::cast_precision_loss)] // small
            let wanted = weighted.contains(&at).then_some(at as f32);
            assert_eq!(weights.get(at), wanted, "{at}");
        }
        assert_eq!(Weights::of(&[], kind).get(0), None);
    }
}
