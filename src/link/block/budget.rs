//! From keys to candidate pairs: blocks by size, a budget of partners a record.

use std::sync::atomic::{AtomicU32, Ordering};

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
        // A bit for each pair that stands.
        let stand: Vec<Vec<u64>> = (0..records.div_ceil(step))
            .into_par_iter()
            .map(|chunk| {
                let (mut bits, mut at) = (Vec::new(), 0);
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
                    for place in 0..own.len() {
                        let stands = lists
                            .get(place)
                            .is_none_or(|list| list.binary_search(&record).is_err());
                        if at % 64 == 0 {
                            bits.push(0u64);
                        }
                        if let Some(last) = bits.last_mut() {
                            *last |= u64::from(stands) << (at % 64);
                        }
                        at += 1;
                    }
                }
                bits
            })
            .collect();
        let (mut from, mut to) = (0usize, 0usize);
        for (chunk, bits) in stand.into_iter().enumerate() {
            let first = from;
            for record in chunk * CHUNK..((chunk + 1) * CHUNK).min(records as usize) {
                let end = usize::try_from(self.starts[record + 1]).unwrap_or(usize::MAX);
                while from < end {
                    let bit = from - first;
                    if bits[bit / 64] >> (bit % 64) & 1 == 1 {
                        self.partners[to] = self.partners[from];
                        to += 1;
                    }
                    from += 1;
                }
                self.starts[record + 1] = to as u64;
            }
        }
        self.partners.truncate(to);
        self.partners.shrink_to_fit();
        self.stats.pairs = to as u64;
    }
}

/// Walks each record's blocks, smallest first.
#[must_use]
pub fn candidates(f: &Features, keys: &Program<'_>, plan: BlockPlan) -> Candidates {
    let blocks = Blocks::build(f, keys, plan.max_block);
    let members = Memberships::of(&blocks, f.len());
    let mut out = walk(&blocks, &members, f.len(), plan.partners as usize);
    out.stats = blocks.stats;
    drop((blocks.records, members));
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
        Self::by_size(runs)
    }

    /// Brings the blocks of all parts in the order of their sizes.
    fn by_size(runs: Vec<Runs>) -> Self {
        let mut stats = BlockStats::default();
        let mut counts: Vec<u32> = Vec::new();
        for run in &runs {
            stats.keys += run.stats.keys;
            stats.oversized += run.stats.oversized;
            stats.largest = stats.largest.max(run.stats.largest);
            for &size in &run.sizes {
                let size = size as usize;
                if counts.len() <= size {
                    counts.resize(size + 1, 0);
                }
                counts[size] += 1;
            }
        }
        let (mut sizes, mut next) = (Vec::new(), vec![0usize; counts.len()]);
        let (mut block, mut start) = (0, 0u64);
        for (size, count) in (0u32..).zip(counts).filter(|(_, count)| *count > 0) {
            next[size as usize] = usize::try_from(start).unwrap_or(usize::MAX);
            sizes.push(Size {
                records: size,
                block,
                start,
            });
            block += count;
            start += u64::from(size) * u64::from(count);
        }
        stats.blocks = block.into();
        let mut records = vec![0; usize::try_from(start).unwrap_or(usize::MAX)];
        for run in runs {
            let mut left = run.records.as_slice();
            for size in run.sizes {
                let (own, rest) = left.split_at(size as usize);
                let place = &mut next[size as usize];
                records[*place..*place + own.len()].copy_from_slice(own);
                *place += own.len();
                left = rest;
            }
        }
        Self {
            sizes,
            records,
            stats,
        }
    }

    /// The records of a block. `size` is where to begin looking for its size: numbers are
    /// asked for in ascending order.
    fn of(&self, block: u32, size: &mut usize) -> &[u32] {
        let larger = |at: usize| self.sizes.get(at).is_some_and(|size| size.block <= block);
        while larger(*size + 1) {
            *size += 1;
        }
        let Some(own) = self.sizes.get(*size) else {
            return &[];
        };
        let start = own.start + u64::from(block - own.block) * u64::from(own.records);
        let start = usize::try_from(start).unwrap_or(usize::MAX);
        &self.records[start..start + own.records as usize]
    }

    fn len(&self) -> u32 {
        u32::try_from(self.stats.blocks).unwrap_or(u32::MAX)
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
    sizes: Vec<u32>,
    records: Vec<u32>,
    stats: BlockStats,
}

impl Runs {
    fn of(keyed: &[u64], mask: u64, max_block: u32) -> Self {
        let mut out = Self::default();
        out.stats.keys = keyed.len() as u64;
        for run in keyed.chunk_by(|a, b| a & !mask == b & !mask) {
            let size = u32::try_from(run.len()).unwrap_or(u32::MAX);
            if size < 2 {
                continue;
            }
            out.stats.largest = out.stats.largest.max(size);
            if size > max_block {
                out.stats.oversized += 1;
                continue;
            }
            out.sizes.push(size);
            out.records.extend(
                run.iter()
                    .map(|&entry| u32::try_from(entry & mask).unwrap_or(u32::MAX)),
            );
        }
        out
    }
}

/// Record → its blocks.
struct Memberships {
    starts: Vec<u64>,
    blocks: Vec<AtomicU32>,
}

impl Memberships {
    fn of(blocks: &Blocks, n: usize) -> Self {
        let mut starts = vec![0u64; n + 1];
        for &record in &blocks.records {
            starts[record as usize + 1] += 1;
        }
        for at in 0..n {
            starts[at + 1] += starts[at];
        }
        // Threads fill the places of a record in any order; sorting them afterwards
        // (in `walk`) makes the result the same again.
        let filled: Vec<AtomicU32> = (0..n).map(|_| AtomicU32::new(0)).collect();
        let list: Vec<AtomicU32> = (0..blocks.records.len())
            .map(|_| AtomicU32::new(0))
            .collect();
        (0..blocks.len().div_ceil(TOGETHER))
            .into_par_iter()
            .for_each(|chunk| {
                let first = chunk * TOGETHER;
                let mut size = blocks.sizes.partition_point(|size| size.block <= first) - 1;
                for block in first..blocks.len().min(first + TOGETHER) {
                    for &record in blocks.of(block, &mut size) {
                        let place = filled[record as usize].fetch_add(1, Ordering::Relaxed);
                        let at = starts[record as usize] + u64::from(place);
                        if let Some(slot) = usize::try_from(at).ok().and_then(|at| list.get(at)) {
                            slot.store(block, Ordering::Relaxed);
                        }
                    }
                }
            });
        Self {
            starts,
            blocks: list,
        }
    }

    /// Into `list`: the record's blocks in the order of the walk, smallest first.
    fn sorted(&self, record: usize, list: &mut Vec<u32>) {
        let range = |i: usize| usize::try_from(self.starts[i]).unwrap_or(usize::MAX);
        list.clear();
        let own = &self.blocks[range(record)..range(record + 1)];
        list.extend(own.iter().map(|block| block.load(Ordering::Relaxed)));
        list.sort_unstable();
    }
}

/// Blocks whose records are told of them together.
const TOGETHER: u32 = 4096;

/// Takes whole blocks until a record has its partners.
fn walk(blocks: &Blocks, members: &Memberships, n: usize, wanted: usize) -> Candidates {
    let chunks: Vec<(Vec<u32>, Vec<u32>)> = (0..n.div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let (mut counts, mut taken) = (Vec::with_capacity(CHUNK), Vec::new());
            let (mut order, mut partners) = (Vec::new(), Vec::new());
            for record in chunk * CHUNK..((chunk + 1) * CHUNK).min(n) {
                members.sorted(record, &mut order);
                partners.clear();
                let own = u32::try_from(record).unwrap_or(u32::MAX);
                let mut size = 0;
                for &block in &order {
                    let block = blocks.of(block, &mut size);
                    partners.extend(block.iter().filter(|&&partner| partner != own));
                    if partners.len() >= wanted {
                        partners.sort_unstable();
                        partners.dedup();
                        if partners.len() >= wanted {
                            break;
                        }
                    }
                }
                partners.sort_unstable();
                partners.dedup();
                counts.push(u32::try_from(partners.len()).unwrap_or(u32::MAX));
                taken.extend_from_slice(&partners);
            }
            (counts, taken)
        })
        .collect();
    let mut out = Candidates {
        starts: Vec::with_capacity(n + 1),
        partners: Vec::with_capacity(chunks.iter().map(|c| c.1.len()).sum()),
        stats: BlockStats::default(),
    };
    let mut end = 0;
    out.starts.push(end);
    for (counts, taken) in chunks {
        for count in counts {
            end += u64::from(count);
            out.starts.push(end);
        }
        out.partners.extend(taken);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

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
