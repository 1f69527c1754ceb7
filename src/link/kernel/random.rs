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

/// A number for some texts, well mixed; the same on every machine.
#[must_use]
pub fn of_texts(texts: [&str; 2]) -> u64 {
    let mut sum = 0xCBF2_9CE4_8422_2325;
    for text in texts {
        for byte in text.bytes() {
            sum = (sum ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3);
        }
        sum = SplitMix(sum).next();
    }
    sum
}

/// Up to `count` random pairs of different members, by place, smaller first; repeats
/// possible. `keys` are a number for each member that stays with it from run to run.
///
/// Which pairs are drawn follows from who the members are, not from how many there are or
/// where they stand: each round lays the members (or, when fewer pairs are wanted, those
/// with the smallest numbers) in a ring in the order of their mixed keys and takes
/// neighbours. A member that comes or goes changes two or three of its round's pairs, so
/// that a small change of the records is a small change of what is learned from the pairs.
#[must_use]
pub fn pairs(keys: &[u64], count: usize) -> Vec<(u32, u32)> {
    let n = u32::try_from(keys.len()).unwrap_or(u32::MAX);
    if n < 2 {
        return Vec::new();
    }
    let all = u64::from(n) * u64::from(n - 1) / 2;
    if all <= count as u64 {
        return (0..n)
            .flat_map(|a| (a + 1..n).map(move |b| (a, b)))
            .collect();
    }
    let mut drawn = Vec::with_capacity(count);
    let mut seeds = SplitMix(0x6B_6172_6174);
    while drawn.len() < count {
        let (who, order) = (seeds.next(), seeds.next());
        let mixed = |seed: u64, at: u32| (SplitMix(keys[at as usize] ^ seed).next(), at);
        let mut ring: Vec<u32> = (0..n).collect();
        let wanted = count - drawn.len();
        if wanted < ring.len() {
            ring.select_nth_unstable_by_key(wanted, |&at| mixed(who, at));
            // A ring of one has no neighbours.
            ring.truncate(wanted.max(2));
        }
        ring.sort_by_cached_key(|&at| mixed(order, at));
        let next = ring.iter().skip(1).chain(&ring);
        drawn.extend(ring.iter().zip(next).map(|(&a, &b)| (a.min(b), a.max(b))));
    }
    drawn.truncate(count);
    drawn
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn keys(ids: impl Iterator<Item = u32>) -> Vec<u64> {
        ids.map(|id| of_texts(["crm", &id.to_string()])).collect()
    }

    /// The pairs by id.
    fn drawn(ids: &[u32], count: usize) -> BTreeSet<(u32, u32)> {
        pairs(&keys(ids.iter().copied()), count)
            .into_iter()
            .map(|(a, b)| (ids[a as usize], ids[b as usize]))
            .map(|(a, b)| (a.min(b), a.max(b)))
            .collect()
    }

    #[test]
    fn a_few_records_that_go_change_few_pairs() {
        let all: Vec<u32> = (0..5_000).collect();
        let fewer: Vec<u32> = (0..5_000).filter(|id| id % 250 != 7).collect();
        for count in [3_000, 20_000] {
            let (before, after) = (drawn(&all, count), drawn(&fewer, count));
            assert!(before.len() > count * 95 / 100, "{}", before.len());
            let kept = before.intersection(&after).count();
            // 20 of 5,000 are gone: 8 in 1,000 of the pairs had one of them.
            assert!(kept > count * 97 / 100, "{kept} of {count}");
        }
    }

    #[test]
    fn any_order_draws_the_same_and_few_members_draw_all() {
        let all: Vec<u32> = (0..900).collect();
        let mut turned = all.clone();
        turned.reverse();
        assert_eq!(drawn(&all, 2_000), drawn(&turned, 2_000));
        assert_eq!(pairs(&keys(0..40), 780).len(), 780);
        for (members, count) in [(40, 779), (40, 1), (3, 2), (2, 9), (1, 9), (0, 9)] {
            let drawn = pairs(&keys(0..members), count);
            assert!(drawn.len() <= count);
            assert!(drawn.iter().all(|(a, b)| a < b && *b < members));
        }
    }

    #[test]
    fn equal_ids_of_two_sources_are_no_neighbours() {
        let source = |id: u32| if id < 500 { "crm" } else { "shop" };
        let keys: Vec<u64> = (0..1_000)
            .map(|id| of_texts([source(id), &(id % 500).to_string()]))
            .collect();
        let same = pairs(&keys, 5_000)
            .iter()
            .filter(|(a, b)| a % 500 == b % 500)
            .count();
        assert!(same < 30, "{same}");
    }
}
