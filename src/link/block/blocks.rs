//! From keys to blocks: who shares a key, the smallest blocks first.

use rayon::prelude::*;

use super::{BlockStats, Program};
use crate::link::features::Features;

/// The parts in which keys are gathered and sorted, by their highest bits: each fits
/// a processor's cache, and only one is held twice at a time.
const PARTS: usize = 256;
/// Records that are gone through together.
pub(super) const CHUNK: usize = 4096;

/// The records of every block that two or more records, and not too many, share: the
/// smallest blocks first, those of one size in the order of their keys. So a block's
/// number tells its size and its place.
pub(super) struct Blocks {
    pub(super) sizes: Vec<Size>,
    pub(super) records: Vec<u32>,
    pub(super) stats: BlockStats,
}

/// The blocks of one size.
pub(super) struct Size {
    /// Records of each.
    pub(super) records: u32,
    /// The number of the first one, and where its records begin.
    block: u32,
    start: u64,
    /// How many there are.
    pub(super) blocks: u32,
}

impl Blocks {
    /// Sorts keys with their record in the low bits: eight bytes an entry. The key's
    /// other bits (40 and more up to 16 million records) hardly ever collide, and a
    /// collision costs a comparison, no more.
    pub(super) fn build(f: &Features, keys: &Program<'_>, max_block: u32) -> Self {
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
    pub(super) fn by_size(runs: &[Runs]) -> Self {
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
    pub(super) fn of(&self, block: u32) -> &[u32] {
        let larger = self.sizes.partition_point(|size| size.block <= block);
        let Some(own) = larger.checked_sub(1).map(|at| &self.sizes[at]) else {
            return &[];
        };
        let before = (block - own.block) as usize * own.records as usize;
        &self.records_from(own)[before..before + own.records as usize]
    }

    /// The records of all blocks from the first of a size on.
    pub(super) fn records_from(&self, size: &Size) -> &[u32] {
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
pub(super) struct Runs {
    /// By size: the records of all blocks of that size, one block behind the other.
    pub(super) records: Vec<Vec<u32>>,
    pub(super) stats: BlockStats,
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

/// The lists as one, copied on all threads.
pub(super) fn concat(lists: &[&[u32]]) -> Vec<u32> {
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
