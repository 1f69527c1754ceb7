//! Texts one behind the other: what columns and events keep their values in.

use std::hash::BuildHasher;

use hashbrown::HashTable;

/// Texts by number, in one string.
#[derive(Clone, Debug, Default)]
pub struct Values {
    bytes: String,
    /// The low half of each text's end.
    ends: Vec<u32>,
    /// The texts at which the low half began anew: none below 4 GiB.
    wraps: Vec<u32>,
}

impl Values {
    #[must_use]
    #[allow(clippy::len_without_is_empty)] // Nobody asks.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// The text of a number.
    ///
    /// # Panics
    /// When `at` is not below [`Values::len`].
    #[must_use]
    pub fn get(&self, at: u32) -> &str {
        let start = if at == 0 { 0 } else { self.end(at - 1) };
        &self.bytes[start..self.end(at)]
    }

    /// Touches texts that are read next, each with the list that it is in: first where they
    /// end, then their first bytes, so that the waits for memory overlap.
    pub fn fetch<'v>(texts: impl Iterator<Item = (&'v Self, u32)> + Clone) {
        let end = |(values, at): (&Self, u32)| values.ends.get(at as usize).copied();
        let ends = texts.clone().filter_map(end).fold(0, |all, end| all ^ end);
        std::hint::black_box(ends);
        let first = |(values, at): (&Self, u32)| {
            let start = if at == 0 { 0 } else { values.end(at - 1) };
            values.bytes.as_bytes().get(start).copied()
        };
        let bytes = texts.filter_map(first).fold(0, |all, byte| all ^ byte);
        std::hint::black_box(bytes);
    }

    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0_u32..).take(self.len()).map(|at| self.get(at))
    }

    /// Adds a text and gives its number. A run has fewer than 2³² − 1 of them: the
    /// reader's bound on cells is far below.
    pub fn push(&mut self, text: &str) -> u32 {
        let at = u32::try_from(self.ends.len()).unwrap_or(u32::MAX - 1);
        let before = self.bytes.len() as u64;
        self.bytes.push_str(text);
        self.end_at(before, self.bytes.len() as u64);
        at
    }

    /// Adds all texts of `other`; their numbers go up by [`Values::len`] of before.
    pub fn append(&mut self, other: &Self) {
        let shift = self.bytes.len() as u64;
        self.bytes.push_str(&other.bytes);
        let mut before = shift;
        self.ends.reserve(other.ends.len());
        for at in (0_u32..).take(other.len()) {
            let end = shift + other.end(at) as u64;
            self.end_at(before, end);
            before = end;
        }
    }

    /// Room for exactly these further texts.
    pub fn reserve_exact(&mut self, texts: usize, bytes: usize) {
        self.ends.reserve_exact(texts);
        self.bytes.reserve_exact(bytes);
    }

    /// Bytes of all texts.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.bytes.len()
    }

    pub fn shrink_to_fit(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    fn end(&self, at: u32) -> usize {
        let low = self.ends[at as usize] as usize;
        if self.wraps.is_empty() {
            return low;
        }
        low + (self.wraps.partition_point(|wrap| *wrap <= at) << 32)
    }

    #[allow(clippy::cast_possible_truncation)] // The low half is meant.
    fn end_at(&mut self, before: u64, end: u64) {
        // A field is bounded far below 4 GiB when it is read: one wrap at most.
        if end >> 32 > before >> 32 {
            self.wraps.push(self.ends.len() as u32);
        }
        self.ends.push(end as u32);
    }
}

/// No text has this number.
const NONE: u32 = u32::MAX;
/// So many texts are in a cache with their table.
const CACHED: usize = 4096;

/// Finds the number of a text in [`Values`]. An entry keeps half of its hash, so that
/// growing touches no text, and looking for one hardly ever touches another.
#[derive(Debug, Default)]
pub struct Numbers {
    /// (hash, number).
    known: HashTable<(u32, u32)>,
    hasher: foldhash::fast::FixedState,
}

impl Numbers {
    /// Room for so many further texts.
    pub fn reserve(&mut self, texts: usize) {
        self.known.reserve(texts, |&(hash, _)| spread(hash));
    }

    /// The number of a text, and whether it is new in `values`.
    pub fn number(&mut self, values: &mut Values, text: &str) -> (u32, bool) {
        let short = self.short(text);
        self.number_of(values, text, short)
    }

    /// The number of each of some texts, as [`Numbers::number`] one after the other gives
    /// it. Where the table is larger than a cache, each look waits for memory: here the
    /// waits of all texts overlap. Some hundred texts at a time.
    pub fn numbers(&mut self, values: &mut Values, texts: &[&str]) -> Vec<u32> {
        if values.len() < CACHED {
            let number = |text: &&str| self.number(values, text).0;
            return texts.iter().map(number).collect();
        }
        let shorts: Vec<u32> = texts.iter().map(|text| self.short(text)).collect();
        // What is likely the text: the first with half of its hash.
        let likely = |short: &u32| {
            let found = self.known.find(spread(*short), |&(hash, _)| hash == *short);
            found.map_or(NONE, |&(_, at)| at)
        };
        let mut numbers: Vec<u32> = shorts.iter().map(likely).collect();
        let known = numbers.iter().copied().filter(|at| *at != NONE);
        Values::fetch(known.map(|at| (&*values, at)));
        for ((number, text), short) in numbers.iter_mut().zip(texts).zip(shorts) {
            if *number == NONE || values.get(*number) != *text {
                *number = self.number_of(values, text, short).0;
            }
        }
        numbers
    }

    #[allow(clippy::cast_possible_truncation)] // Half of it is meant.
    fn short(&self, text: &str) -> u32 {
        (self.hasher.hash_one(text) >> 32) as u32
    }

    fn number_of(&mut self, values: &mut Values, text: &str, short: u32) -> (u32, bool) {
        let is_it = |&(hash, at): &(u32, u32)| hash == short && values.get(at) == text;
        if let Some(&(_, at)) = self.known.find(spread(short), is_it) {
            return (at, false);
        }
        let at = values.push(text);
        self.known
            .insert_unique(spread(short), (short, at), |&(hash, _)| spread(hash));
        (at, true)
    }
}

/// Half of a hash as the table wants one.
fn spread(short: u32) -> u64 {
    u64::from(short).wrapping_mul(0x9E37_79B9_7F4A_7C15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_keeps_its_number() {
        let (mut values, mut numbers) = (Values::default(), Numbers::default());
        for round in 0..2 {
            for at in 0..1000 {
                let found = numbers.number(&mut values, &at.to_string());
                assert_eq!(found, (at, round == 0));
            }
        }
        assert_eq!(values.len(), 1000);
    }

    #[test]
    fn many_at_a_time_get_the_numbers_of_one_by_one() {
        // Some new and some known in each block, the same text twice in one, and a table
        // that grows beyond the caches.
        let texts: Vec<String> = (0..40_000_u64)
            .map(|at| (at.wrapping_mul(at) % 9_973).to_string())
            .collect();
        let mut one = (Values::default(), Numbers::default());
        let mut many = (Values::default(), Numbers::default());
        for block in texts.chunks(300) {
            let block: Vec<&str> = block.iter().map(String::as_str).collect();
            let numbers = many.1.numbers(&mut many.0, &block);
            let by_one = block.iter().map(|text| one.1.number(&mut one.0, text).0);
            assert!(by_one.eq(numbers));
        }
        assert!(one.0.iter().eq(many.0.iter()));
        assert!(many.0.len() > CACHED);
    }

    #[test]
    fn texts_come_back_also_after_append() {
        let (mut one, mut two) = (Values::default(), Values::default());
        assert_eq!((one.push("a"), one.push(""), one.push("bé")), (0, 1, 2));
        assert_eq!(two.push("c"), 0);
        one.append(&two);
        assert_eq!(one.iter().collect::<Vec<_>>(), ["a", "", "bé", "c"]);
    }

    #[test]
    fn texts_beyond_four_gigabytes_are_told_apart() {
        let mut values = Values::default();
        values.end_at(0, 5);
        values.end_at(5, (1 << 32) + 3);
        values.end_at((1 << 32) + 3, (1 << 32) + 9);
        let ends: Vec<usize> = (0..3).map(|at| values.end(at)).collect();
        assert_eq!(ends, [5, (1 << 32) + 3, (1 << 32) + 9]);
    }
}
