//! Levels of pairs of values that were compared before.

/// Direct-mapped: a pair that meets another in its slot takes its place. One for each
/// thread, so it holds no lock; what it answers is what comparing again would.
#[derive(Debug)]
pub struct PairCache {
    slots: Vec<(u64, u8)>,
}

impl PairCache {
    /// `slots` is a power of two.
    #[must_use]
    pub fn new(slots: usize) -> Self {
        Self {
            slots: vec![(u64::MAX, 0); slots.next_power_of_two()],
        }
    }

    /// The level of two values of one `kind` (below 16), the same in either order.
    pub fn level(&mut self, kind: u8, a: u32, b: u32, compare: impl FnOnce(u32, u32) -> u8) -> u8 {
        let (low, high) = (a.min(b), a.max(b));
        if high >= 1 << 30 {
            return compare(low, high);
        }
        let key = u64::from(kind) << 60 | u64::from(low) << 30 | u64::from(high);
        let at = usize::try_from(key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 40).unwrap_or(0)
            & (self.slots.len() - 1);
        match self.slots.get_mut(at) {
            Some(slot) if slot.0 == key => slot.1,
            Some(slot) => {
                let level = compare(low, high);
                *slot = (key, level);
                level
            }
            None => compare(low, high),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pair_is_compared_once_in_either_order() {
        let mut cache = PairCache::new(64);
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
    }
}
