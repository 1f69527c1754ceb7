//! From keys to candidate pairs: blocks by size, a budget of partners a record.

use std::ops::Range;

use rayon::prelude::*;

use super::{BlockPlan, BlockStats, Program};
use crate::link::features::Features;

/// The candidate pairs. Each stands once: at its smaller record, or at the larger one if
/// only that took it.
#[derive(Debug, Default)]
pub struct Candidates {
    /// Where the partners of each record begin, and the end.
    starts: Vec<u64>,
    /// For each record sorted.
    partners: Vec<u32>,
    pub stats: BlockStats,
}

impl Candidates {
    /// The partners whose pairs with the record stand here.
    #[must_use]
    pub fn of(&self, record: u32) -> &[u32] {
        let at = record as usize;
        let range = |i: usize| usize::try_from(self.starts[i]).unwrap_or(usize::MAX);
        &self.partners[range(at)..range(at + 1)]
    }

    /// The place of the record's first pair among all.
    #[must_use]
    pub fn start(&self, record: u32) -> u64 {
        self.starts[record as usize]
    }

    /// The partners of pairs, from a place on.
    #[must_use]
    pub fn partners_from(&self, start: u64) -> &[u32] {
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        self.partners.get(start..).unwrap_or(&[])
    }

    #[must_use]
    pub fn contains(&self, a: u32, b: u32) -> bool {
        self.of(a).binary_search(&b).is_ok() || self.of(b).binary_search(&a).is_ok()
    }

    /// Forgets the pairs, but for what is told of them.
    pub fn forget(&mut self) {
        let stats = std::mem::take(&mut self.stats);
        *self = Self {
            stats,
            ..Self::default()
        };
    }

    #[must_use]
    pub fn records(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }

    /// From what each record took to each pair once.
    fn divide(&mut self) {
        let records = self.records();
        let step = u32::try_from(CHUNK).unwrap_or(u32::MAX);
        let taken = &*self;
        let stand: Vec<(Vec<u32>, Vec<u32>)> = (0..records.div_ceil(step))
            .into_par_iter()
            .map(|chunk| {
                let (mut counts, mut partners) = (Vec::with_capacity(CHUNK), Vec::new());
                let mut lists: Vec<&[u32]> = Vec::new();
                for record in chunk * step..((chunk + 1) * step).min(records) {
                    let own = taken.of(record);
                    // All lists are begun before the first is searched: the waits for
                    // memory overlap.
                    lists.clear();
                    let smaller = own.iter().take_while(|&&partner| partner < record);
                    lists.extend(smaller.map(|&partner| taken.of(partner)));
                    let first = |sum: u32, list: &&[u32]| sum ^ list.first().unwrap_or(&0);
                    std::hint::black_box(lists.iter().fold(0, first));
                    let before = partners.len();
                    for (place, &partner) in own.iter().enumerate() {
                        let list = lists.get(place);
                        if list.is_none_or(|list| list.binary_search(&record).is_err()) {
                            partners.push(partner);
                        }
                    }
                    counts.push(u32::try_from(partners.len() - before).unwrap_or(u32::MAX));
                }
                partners.shrink_to_fit();
                (counts, partners)
            })
            .collect();
        self.partners = Vec::new();
        let counts: Vec<&[u32]> = stand.iter().map(|list| list.0.as_slice()).collect();
        let partners: Vec<&[u32]> = stand.iter().map(|list| list.1.as_slice()).collect();
        self.starts = starts(&counts);
        self.partners = concat(&partners);
        self.stats.pairs = self.partners.len() as u64;
    }
}

/// What each record takes of its blocks, the smallest first.
#[must_use]
pub fn candidates(f: &Features, keys: &Program<'_>, plan: BlockPlan) -> Candidates {
    let blocks = Blocks::build(f, keys, plan.max_block);
    let mut out = walk(&blocks, f.len(), plan.partners as usize);
    out.stats = blocks.stats;
    drop(blocks.records);
    out.divide();
    out
}

/// The parts in which keys are gathered and sorted, by their highest bits: each fits
/// a processor's cache, and only one is held twice at a time.
const PARTS: usize = 256;
/// Records whose keys are emitted together.
const CHUNK: usize = 4096;

/// The records of every block that two or more records, and not too many, share: the
/// smallest blocks first, those of one size in the order of their keys. So a block's
/// number tells its size and its place.
struct Blocks {
    sizes: Vec<Size>,
    records: Vec<u32>,
    stats: BlockStats,
}

/// The blocks of one size.
struct Size {
    /// Records of each.
    records: u32,
    /// The number of the first one, and where its records begin.
    block: u32,
    start: u64,
    /// How many there are.
    blocks: u32,
}

impl Blocks {
    /// Sorts keys with their record in the low bits: eight bytes an entry. The key's
    /// other bits (40 and more up to 16 million records) hardly ever collide, and a
    /// collision costs a comparison, no more.
    fn build(f: &Features, keys: &Program<'_>, max_block: u32) -> Self {
        let n = f.len();
        let record_bits = usize::BITS - n.leading_zeros();
        let mask = (1u64 << record_bits) - 1;
        let chunks: Vec<Emitted> = (0..n.div_ceil(CHUNK))
            .into_par_iter()
            .map_init(Vec::new, |all, chunk| {
                all.clear();
                for record in chunk * CHUNK..((chunk + 1) * CHUNK).min(n) {
                    if !f.is_copy(u32::try_from(record).unwrap_or(u32::MAX)) {
                        keys.emit(f, record, &mut |key: u64| {
                            all.push(key & !mask | record as u64);
                        });
                    }
                }
                Emitted::of(all)
            })
            .collect();
        let runs: Vec<Runs> = (0..PARTS)
            .into_par_iter()
            .with_max_len(1)
            .map(|part| {
                let lists = || chunks.iter().map(|chunk| chunk.part(part));
                let mut keyed = Vec::with_capacity(lists().map(<[u64]>::len).sum());
                lists().for_each(|list| keyed.extend_from_slice(list));
                let mut keyed = by_key(keyed, record_bits);
                keyed.dedup();
                Runs::of(&keyed, mask, max_block)
            })
            .collect();
        drop(chunks);
        Self::by_size(&runs)
    }

    /// Brings the blocks of all parts in the order of their sizes.
    fn by_size(runs: &[Runs]) -> Self {
        let mut stats = BlockStats::default();
        for run in runs {
            stats.keys += run.stats.keys;
            stats.oversized += run.stats.oversized;
            stats.largest = stats.largest.max(run.stats.largest);
        }
        let largest = runs.iter().map(|run| run.records.len()).max().unwrap_or(0);
        let (mut sizes, mut parts) = (Vec::new(), Vec::new());
        let (mut block, mut start) = (0, 0usize);
        for size in 2..largest {
            let own = runs.iter().map(|run| run.of_size(size));
            let records: usize = own.clone().map(<[u32]>::len).sum();
            if records == 0 {
                continue;
            }
            let blocks = u32::try_from(records / size).unwrap_or(u32::MAX);
            sizes.push(Size {
                records: u32::try_from(size).unwrap_or(u32::MAX),
                block,
                start: start as u64,
                blocks,
            });
            parts.extend(own);
            block += blocks;
            start += records;
        }
        stats.blocks = block.into();
        Self {
            sizes,
            records: concat(&parts),
            stats,
        }
    }

    /// The records of a block.
    fn of(&self, block: u32) -> &[u32] {
        let larger = self.sizes.partition_point(|size| size.block <= block);
        let Some(own) = larger.checked_sub(1).map(|at| &self.sizes[at]) else {
            return &[];
        };
        let before = (block - own.block) as usize * own.records as usize;
        &self.records_from(own)[before..before + own.records as usize]
    }

    /// The records of all blocks from the first of a size on.
    fn records_from(&self, size: &Size) -> &[u32] {
        &self.records[usize::try_from(size.start).unwrap_or(usize::MAX)..]
    }
}

/// Entries below which a comparison sort is as fast.
const FEW: usize = 4096;
/// Bits of a key that are sorted by at a time.
const DIGIT: u32 = 11;

/// Sorts the entries of a part, which come in the order of their records, by key (a stable
/// radix sort from the lowest bits on; those that parted them are the same in all).
fn by_key(mut from: Vec<u64>, record_bits: u32) -> Vec<u64> {
    if from.len() < FEW {
        from.sort_unstable();
        return from;
    }
    let key_bits = u64::BITS - PARTS.ilog2();
    let mut to = vec![0u64; from.len()];
    let mut shift = record_bits;
    while shift < key_bits {
        let digit = |entry: u64| {
            usize::try_from(entry >> shift & ((1 << DIGIT.min(key_bits - shift)) - 1)).unwrap_or(0)
        };
        let mut places = vec![0usize; 1 << DIGIT];
        for &entry in &from {
            places[digit(entry)] += 1;
        }
        let mut start = 0;
        for place in &mut places {
            start += std::mem::replace(place, start);
        }
        for &entry in &from {
            let place = &mut places[digit(entry)];
            to[*place] = entry;
            *place += 1;
        }
        std::mem::swap(&mut from, &mut to);
        shift += DIGIT;
    }
    from
}

/// The keys of a chunk of records, part by part, in memory that fits.
struct Emitted {
    starts: Vec<u32>,
    keys: Vec<u64>,
}

impl Emitted {
    fn of(all: &[u64]) -> Self {
        let part = |key: u64| usize::try_from(key >> 56).unwrap_or(0);
        let mut starts = vec![0_u32; PARTS + 1];
        for &key in all {
            starts[part(key) + 1] += 1;
        }
        for at in 0..PARTS {
            starts[at + 1] += starts[at];
        }
        let mut next = starts.clone();
        let mut keys = vec![0; all.len()];
        for &key in all {
            let place = &mut next[part(key)];
            keys[*place as usize] = key;
            *place += 1;
        }
        Self { starts, keys }
    }

    fn part(&self, part: usize) -> &[u64] {
        &self.keys[self.starts[part] as usize..self.starts[part + 1] as usize]
    }
}

/// The blocks of one part.
#[derive(Default)]
struct Runs {
    /// By size: the records of all blocks of that size, one block behind the other.
    records: Vec<Vec<u32>>,
    stats: BlockStats,
}

impl Runs {
    fn of(keyed: &[u64], mask: u64, max_block: u32) -> Self {
        let mut out = Self::default();
        out.stats.keys = keyed.len() as u64;
        let runs = || keyed.chunk_by(|a, b| a & !mask == b & !mask);
        // Counted first, for memory that fits.
        let mut counts: Vec<usize> = Vec::new();
        for run in runs().filter(|run| run.len() > 1) {
            let size = u32::try_from(run.len()).unwrap_or(u32::MAX);
            out.stats.largest = out.stats.largest.max(size);
            if size > max_block {
                out.stats.oversized += 1;
                continue;
            }
            if counts.len() <= run.len() {
                counts.resize(run.len() + 1, 0);
            }
            counts[run.len()] += run.len();
        }
        out.records = counts.into_iter().map(Vec::with_capacity).collect();
        for run in runs().filter(|run| run.len() > 1) {
            if let Some(records) = out.records.get_mut(run.len()) {
                let record = |entry: &u64| u32::try_from(entry & mask).unwrap_or(u32::MAX);
                records.extend(run.iter().map(record));
            }
        }
        out
    }

    fn of_size(&self, size: usize) -> &[u32] {
        self.records.get(size).map_or(&[], Vec::as_slice)
    }
}

/// What some records, one behind the other, have taken of the blocks so far.
struct Taken {
    records: Range<u32>,
    /// Where the numbers of each record begin, and the end.
    starts: Vec<usize>,
    /// For each record first how many partners it has, and the partners behind it, in any
    /// order; once it has all, the block that brought the last of them, which it takes
    /// whole, and its partners of before. So a record is a cache line.
    slots: Vec<u32>,
    /// A bit for each record that has all its partners.
    full: Vec<u64>,
}

impl Taken {
    /// Goes through all blocks, the smallest first, in the order in which they stand in
    /// memory. Each record takes whole blocks until it has its partners.
    fn of(blocks: &Blocks, records: Range<u32>, wanted: usize) -> Self {
        let mut taken = Self {
            slots: Vec::new(),
            starts: Vec::new(),
            full: vec![0; records.len().div_ceil(64)],
            records,
        };
        taken.make_room(blocks, wanted);
        let mut block = 0;
        for size in &blocks.sizes {
            let (of_one, count) = (size.records as usize, size.blocks as usize);
            let of_some = (AHEAD / of_one).max(1) * of_one;
            for some in blocks.records_from(size)[..count * of_one].chunks(of_some) {
                if taken.slots.len() > CACHED {
                    taken.fetch(some);
                }
                for own in some.chunks(of_one) {
                    for &record in own {
                        taken.take(record, block, own);
                    }
                    block += 1;
                }
            }
        }
        taken
    }

    /// Touches the numbers of records that are gone through next: they stand anywhere, and
    /// in a loop of nothing else the waits for memory overlap.
    fn fetch(&self, records: &[u32]) {
        let own = records
            .iter()
            .filter(|record| self.records.contains(record));
        let first = own.filter_map(|record| {
            let at = (record - self.records.start) as usize;
            let full = self.full[at / 64] >> (at % 64) & 1 == 1;
            self.slots.get(self.starts[at]).filter(|_| !full)
        });
        std::hint::black_box(first.fold(0, |all, number| all ^ number));
    }

    /// Room for as many numbers a record as it wants partners; where that is many, for no
    /// more than its blocks offer.
    fn make_room(&mut self, blocks: &Blocks, wanted: usize) {
        let mut room = vec![wanted; self.records.len()];
        if wanted > FEW_PARTNERS {
            room.fill(1);
            for size in &blocks.sizes {
                let all = size.blocks as usize * size.records as usize;
                for record in &blocks.records_from(size)[..all] {
                    if self.records.contains(record) {
                        let room = &mut room[(record - self.records.start) as usize];
                        *room = wanted.min(*room + size.records as usize - 1);
                    }
                }
            }
        }
        let mut end = 0;
        self.starts.push(end);
        self.starts.extend(room.iter().map(|room| {
            end += room;
            end
        }));
        self.slots = vec![0; end];
    }

    fn take(&mut self, record: u32, block: u32, members: &[u32]) {
        if !self.records.contains(&record) {
            return;
        }
        let at = (record - self.records.start) as usize;
        let full = &mut self.full[at / 64];
        if *full >> (at % 64) & 1 == 1 {
            return;
        }
        let own = self.starts[at]..self.starts[at + 1];
        let Some((first, partners)) = self.slots[own].split_first_mut() else {
            return;
        };
        let mut count = *first as usize;
        for &partner in members.iter().filter(|&&partner| partner != record) {
            if partners[..count].contains(&partner) {
                continue;
            }
            let Some(slot) = partners.get_mut(count) else {
                *full |= 1 << (at % 64);
                *first = block;
                return;
            };
            *slot = partner;
            count += 1;
        }
        *first = u32::try_from(count).unwrap_or(u32::MAX);
    }

    /// The partners of each record, sorted, one record behind the other, and how many each
    /// has.
    fn lists(&self, blocks: &Blocks) -> (Vec<u32>, Vec<u32>) {
        // About as many as there is room for; growing would copy all of them.
        let mut lists = Vec::with_capacity(self.slots.len());
        let mut counts = Vec::with_capacity(self.records.len());
        let (mut last, mut partners) = (Vec::new(), Vec::new());
        let records: Vec<u32> = self.records.clone().collect();
        for some in records.chunks(AHEAD) {
            // Blocks stand anywhere: all are begun before the first is read.
            last.clear();
            last.extend(some.iter().map(|&record| self.last(record, blocks)));
            let first = |sum: u32, block: &&[u32]| sum ^ block.first().unwrap_or(&0);
            std::hint::black_box(last.iter().fold(0, first));
            for (&record, block) in some.iter().zip(&last) {
                partners.clear();
                partners.extend(self.before(record));
                partners.extend(block.iter().filter(|&&partner| partner != record));
                partners.sort_unstable();
                partners.dedup();
                counts.push(u32::try_from(partners.len()).unwrap_or(u32::MAX));
                lists.extend_from_slice(&partners);
            }
        }
        (counts, lists)
    }

    fn slots(&self, record: u32) -> (&[u32], bool) {
        let at = (record - self.records.start) as usize;
        let full = self.full[at / 64] >> (at % 64) & 1 == 1;
        (&self.slots[self.starts[at]..self.starts[at + 1]], full)
    }

    /// The block that brought a record the last of its partners.
    fn last<'b>(&self, record: u32, blocks: &'b Blocks) -> &'b [u32] {
        match self.slots(record) {
            ([block, ..], true) => blocks.of(*block),
            _ => &[],
        }
    }

    /// The partners of before that block.
    fn before(&self, record: u32) -> &[u32] {
        match self.slots(record) {
            ([_, partners @ ..], true) => partners,
            ([count, partners @ ..], false) => &partners[..*count as usize],
            ([], _) => &[],
        }
    }
}

/// Partners that there is room for at each record, whatever its blocks offer.
const FEW_PARTNERS: usize = 32;
/// Records whose blocks, or whose numbers, are begun together.
const AHEAD: usize = 64;
/// Numbers that a processor's caches hold, about: records that have no more are looked for
/// in the blocks of all for nothing.
const CACHED: usize = 1 << 23;

/// Takes whole blocks until a record has its partners.
fn walk(blocks: &Blocks, n: usize, wanted: usize) -> Candidates {
    // Each thread goes through all blocks for its own records. Twice as many parts, since
    // records of one source have more keys than those of another.
    let threads = rayon::current_num_threads();
    let parts = if threads == 1 { 1 } else { 2 * threads };
    let n = u32::try_from(n).unwrap_or(u32::MAX);
    let step = n.div_ceil(u32::try_from(parts).unwrap_or(1)).max(1);
    let lists: Vec<(Vec<u32>, Vec<u32>)> = (0..n.div_ceil(step))
        .into_par_iter()
        .with_max_len(1)
        .map(|part| {
            let own = part * step..n.min((part + 1) * step);
            Taken::of(blocks, own, wanted.max(1)).lists(blocks)
        })
        .collect();
    let counts: Vec<&[u32]> = lists.iter().map(|list| list.0.as_slice()).collect();
    let partners: Vec<&[u32]> = lists.iter().map(|list| list.1.as_slice()).collect();
    Candidates {
        starts: starts(&counts),
        partners: concat(&partners),
        stats: BlockStats::default(),
    }
}

/// The lists as one, copied on all threads.
fn concat(lists: &[&[u32]]) -> Vec<u32> {
    let mut all = vec![0; lists.iter().map(|list| list.len()).sum()];
    let (mut left, mut places) = (all.as_mut_slice(), Vec::with_capacity(lists.len()));
    for list in lists {
        let (own, rest) = left.split_at_mut(list.len());
        places.push(own);
        left = rest;
    }
    let copy = |(place, list): (&mut [u32], &&[u32])| place.copy_from_slice(list);
    places.into_par_iter().zip(lists).for_each(copy);
    all
}

/// Where each record's partners begin, and the end, from how many each has.
fn starts(counts: &[&[u32]]) -> Vec<u64> {
    let mut starts = vec![0];
    starts.reserve_exact(counts.iter().map(|counts| counts.len()).sum());
    let mut end = 0;
    for &count in counts.iter().copied().flatten() {
        end += u64::from(count);
        starts.push(end);
    }
    starts
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record's blocks one by one, the smallest first.
    fn one_by_one(blocks: &Blocks, record: u32, wanted: usize) -> Vec<u32> {
        let mut partners = std::collections::BTreeSet::new();
        for block in (0..blocks.stats.blocks).map(|block| u32::try_from(block).expect("few")) {
            let members = blocks.of(block);
            if members.contains(&record) && partners.len() < wanted {
                partners.extend(members.iter().filter(|&&other| other != record));
            }
        }
        partners.into_iter().collect()
    }

    #[test]
    fn each_record_takes_whole_blocks_until_it_has_its_partners() {
        let mut seed = 1_u64;
        let mut random = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let n = 150;
        let mut of_size: Vec<Vec<u32>> = vec![Vec::new(); 61];
        for _ in 0..900 {
            let below = 1 + random(59);
            let size = usize::try_from(2 + random(below)).expect("small");
            let mut block = std::collections::BTreeSet::new();
            while block.len() < size {
                block.insert(u32::try_from(random(n)).expect("small"));
            }
            of_size[size].extend(block);
        }
        let blocks = Blocks::by_size(&[Runs {
            records: of_size,
            ..Runs::default()
        }]);
        for wanted in [1, 2, 12, 32, 33, 60, 140, 100_000] {
            let taken = walk(&blocks, n as usize, wanted);
            for record in 0..u32::try_from(n).expect("small") {
                let expected = one_by_one(&blocks, record, wanted);
                assert_eq!(taken.of(record), expected, "{record} wants {wanted}");
            }
        }
        // Many wanted partners take no more room than blocks have records.
        let room = Taken::of(&blocks, 0..150, 100_000).slots.len();
        assert!(room < 150 * 10_000, "{room}");
    }

    #[test]
    fn entries_are_sorted_by_key_and_stay_in_the_order_of_their_records() {
        let record_bits = 17;
        // Keys of one part, few enough that each is met several times.
        let mut random = 1u64;
        let entries: Vec<u64> = (0..20_000u64)
            .map(|record| {
                random = random
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let key = (random >> 40) % 5_000 * 0x1_2345_6789;
                0xAB << 56 | (key << record_bits) & ((1 << 56) - 1) | record
            })
            .collect();
        let mut sorted = entries.clone();
        sorted.sort_unstable();
        assert!(entries.len() >= FEW);
        assert_eq!(by_key(entries, record_bits), sorted);
    }
}
