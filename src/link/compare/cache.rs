//! Levels of pairs of values that were compared before.

use std::sync::atomic::{AtomicU64, Ordering};

/// Direct-mapped: a pair that meets another in its slot takes its place. All threads
/// share one without a lock: a slot is one number, and what it answers is what
/// comparing again would.
#[derive(Debug)]
pub struct PairCache {
    /// Kind, both values, the level in the lowest bits.
    slots: Vec<AtomicU64>,
}

/// Bits of a value, of a level.
const VALUE: u32 = 28;
const LEVEL: u32 = 4;

impl PairCache {
    /// `slots` is a power of two.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        let slots = 0..slots.next_power_of_two();
        Self {
            slots: slots.map(|_| AtomicU64::new(u64::MAX)).collect(),
        }
    }

    /// The level (below 15) of two values of one `kind` (below 16), the same in either
    /// order.
    pub fn level(&self, kind: u8, a: u32, b: u32, compare: impl FnOnce(u32, u32) -> u8) -> u8 {
        let (low, high) = (a.min(b), a.max(b));
        let Some((key, slot)) = self.slot(kind, low, high) else {
            return compare(low, high);
        };
        if let Some(level) = told(slot, key) {
            return level;
        }
        let level = compare(low, high);
        slot.store(key << LEVEL | u64::from(level), Ordering::Relaxed);
        level
    }

    /// The same if it was compared before and not forgotten.
    pub fn known(&self, kind: u8, a: u32, b: u32) -> Option<u8> {
        let (key, slot) = self.slot(kind, a.min(b), a.max(b))?;
        told(slot, key)
    }

    /// The key of a pair, and where it stands if it is remembered.
    fn slot(&self, kind: u8, low: u32, high: u32) -> Option<(u64, &AtomicU64)> {
        if high >= 1 << VALUE {
            return None;
        }
        let key = u64::from(kind) << (2 * VALUE) | u64::from(low) << VALUE | u64::from(high);
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let at = usize::try_from(hash).unwrap_or(0) & (self.slots.len() - 1);
        Some((key, self.slots.get(at)?))
    }
}

/// The level that a slot holds, if it is of this pair.
fn told(slot: &AtomicU64, key: u64) -> Option<u8> {
    let seen = slot.load(Ordering::Relaxed);
    (seen >> LEVEL == key).then_some((seen & ((1 << LEVEL) - 1)) as u8)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_compared_once_in_either_order() {
        let cache = PairCache::new(64);
        let mut asked = 0;
        for (a, b) in [(3, 9), (9, 3), (3, 9)] {
            let level = cache.level(1, a, b, |low, high| {
                asked += 1;
                assert_eq!((low, high), (3, 9));
                7
            });
            assert_eq!(level, 7);
        }
        assert_eq!(asked, 1);
        assert_eq!(cache.known(1, 9, 3), Some(7));
        assert_eq!(cache.known(2, 9, 3), None);
        assert_eq!(cache.level(2, 3, 9, |_, _| 5), 5);
        let far = 1 << VALUE;
        assert_eq!(cache.level(2, 3, far, |_, high| (high >> VALUE) as u8), 1);
    }
}
