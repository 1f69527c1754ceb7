//! Seeded randomness that is the same on every machine: SplitMix64 (Steele, Lea,
//! Flood 2014), and a permutation of `0..n` that needs no memory.

/// One stream of numbers. Streams of different seeds are unrelated.
#[derive(Clone)]
pub struct Rng(u64);

impl Rng {
    /// A stream of its own for each combination of parts.
    pub fn of(parts: &[u64]) -> Self {
        let mut state = 0x243f_6a88_85a3_08d3;
        for part in parts {
            state = mix(state ^ part.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        }
        Self(state)
    }

    pub fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        mix(self.0)
    }

    /// Below `n`, which must not be 0.
    pub fn below(&mut self, n: usize) -> usize {
        ((u128::from(self.next()) * n as u128) >> 64) as usize
    }

    /// From 0 up to 1.
    pub fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    pub fn chance(&mut self, probability: f64) -> bool {
        self.unit() < probability
    }

    pub fn pick<'a, T: ?Sized>(&mut self, list: &[&'a T]) -> &'a T {
        list[self.below(list.len())]
    }
}

fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A shuffling of `0..n`: a four-round Feistel network over the next power of four,
/// walked until it lands inside. Two sources shuffled by different keys share no order.
pub struct Shuffle {
    n: u64,
    half: u32,
    keys: [u64; 4],
}

impl Shuffle {
    pub fn new(n: u64, key: u64) -> Self {
        let bits = 64 - n.saturating_sub(1).leading_zeros();
        let half = bits.div_ceil(2).max(1);
        let mut rng = Rng::of(&[key, n]);
        Self {
            n,
            half,
            keys: [rng.next(), rng.next(), rng.next(), rng.next()],
        }
    }

    pub fn at(&self, index: u64) -> u64 {
        let mask = (1u64 << self.half) - 1;
        let mut value = index;
        loop {
            let (mut left, mut right) = (value >> self.half, value & mask);
            for key in self.keys {
                (left, right) = (right, left ^ (mix(right ^ key) & mask));
            }
            value = (left << self.half) | right;
            if value < self.n {
                return value;
            }
        }
    }
}
