//! Pseudo-random pairs, the same in every run (SplitMix64, Steele et al. 2014).

/// A small generator with a fixed seed.
#[derive(Clone, Debug)]
pub struct SplitMix(pub u64);

impl SplitMix {
    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound` (above 0).
    pub const fn below(&mut self, bound: u32) -> u32 {
        (((self.next() >> 32) * bound as u64) >> 32) as u32
    }
}

/// Up to `count` random pairs of different records below `n`, smaller first; repeats possible.
#[must_use]
pub fn pairs(n: u32, count: usize) -> Vec<(u32, u32)> {
    if n < 2 {
        return Vec::new();
    }
    let mut random = SplitMix(0x6B_6172_6174);
    let all = u64::from(n) * u64::from(n - 1) / 2;
    if all <= count as u64 {
        return (0..n)
            .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
            .collect();
    }
    (0..count)
        .map(|_| {
            let a = random.below(n);
            let mut b = random.below(n - 1);
            if b >= a {
                b += 1;
            }
            (a.min(b), a.max(b))
        })
        .collect()
}
