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
        if high >= 1 << VALUE {
            return compare(low, high);
        }
        let key = u64::from(kind) << (2 * VALUE) | u64::from(low) << VALUE | u64::from(high);
        let hash = key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 32;
        let at = usize::try_from(hash).unwrap_or(0) & (self.slots.len() - 1);
        let Some(slot) = self.slots.get(at) else {
            return compare(low, high);
        };
        let seen = slot.load(Ordering::Relaxed);
        if seen >> LEVEL == key {
            return (seen & ((1 << LEVEL) - 1)) as u8;
        }
        let level = compare(low, high);
        slot.store(key << LEVEL | u64::from(level), Ordering::Relaxed);
        level
    }
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
        assert_eq!(cache.level(2, 3, 9, |_, _| 5), 5);
        let far = 1 << VALUE;
        assert_eq!(cache.level(2, 3, far, |_, high| (high >> VALUE) as u8), 1);
    }
}
