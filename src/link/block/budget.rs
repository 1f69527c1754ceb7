//! From keys to candidate pairs: blocks by size, a budget of partners a record.

use rayon::prelude::*;

use super::{BlockPlan, BlockStats, keys};
use crate::link::features::Features;

/// For each record the partners that it took, sorted.
#[derive(Debug, Default)]
pub struct Candidates {
    starts: Vec<u64>,
    partners: Vec<u32>,
    pub stats: BlockStats,
}

impl Candidates {
    /// The partners that a record took by its own budget.
    #[must_use]
    pub fn taken(&self, record: u32) -> &[u32] {
        let at = record as usize;
        let range = |i: usize| usize::try_from(self.starts[i]).unwrap_or(usize::MAX);
        &self.partners[range(at)..range(at + 1)]
    }

    /// Calls `each` with every partner for whom this record is responsible: the pair is
    /// visited once, from its smaller side, or from the larger one if only that took it.
    pub fn pairs_of(&self, record: u32, mut each: impl FnMut(u32)) {
        for &partner in self.taken(record) {
            if partner > record || self.taken(partner).binary_search(&record).is_err() {
                each(partner);
            }
        }
    }

    #[must_use]
    pub fn contains(&self, a: u32, b: u32) -> bool {
        self.taken(a).binary_search(&b).is_ok() || self.taken(b).binary_search(&a).is_ok()
    }

    #[must_use]
    pub fn records(&self) -> u32 {
        u32::try_from(self.starts.len().saturating_sub(1)).unwrap_or(u32::MAX)
    }
}

/// Walks each record's blocks, smallest first.
#[must_use]
pub fn candidates(f: &Features, plan: BlockPlan) -> Candidates {
    let n = f.len();
    let mut keyed: Vec<(u64, u32)> = (0..n)
        .into_par_iter()
        .with_min_len(1024)
        .flat_map_iter(|record| {
            let mut list = Vec::with_capacity(48);
            keys::emit(f, record, |key| list.push(key));
            list.sort_unstable();
            list.dedup();
            let record = u32::try_from(record).unwrap_or(u32::MAX);
            list.into_iter().map(move |key| (key, record))
        })
        .collect();
    keyed.par_sort_unstable();
    let (blocks, stats) = blocks(&keyed, plan.max_block);
    // Record → its blocks, smallest first; ties by key.
    let mut memberships: Vec<(u32, u32, u32)> = blocks
        .par_iter()
        .enumerate()
        .flat_map_iter(|(id, block)| {
            let id = u32::try_from(id).unwrap_or(u32::MAX);
            keyed[block.start..block.start + block.size as usize]
                .iter()
                .map(move |&(_, record)| (record, block.size, id))
        })
        .collect();
    memberships.par_sort_unstable();
    let mut starts = vec![0usize; n + 1];
    for &(record, _, _) in &memberships {
        starts[record as usize + 1] += 1;
    }
    for at in 0..n {
        starts[at + 1] += starts[at];
    }
    let taken: Vec<Vec<u32>> = (0..n)
        .into_par_iter()
        .with_min_len(256)
        .map(|record| {
            let own = u32::try_from(record).unwrap_or(u32::MAX);
            let mut partners: Vec<u32> = Vec::new();
            for &(_, _, id) in &memberships[starts[record]..starts[record + 1]] {
                let block = &blocks[id as usize];
                partners.extend(
                    keyed[block.start..block.start + block.size as usize]
                        .iter()
                        .map(|&(_, partner)| partner)
                        .filter(|&partner| partner != own),
                );
                if partners.len() >= plan.partners as usize {
                    partners.sort_unstable();
                    partners.dedup();
                    if partners.len() >= plan.partners as usize {
                        break;
                    }
                }
            }
            partners.sort_unstable();
            partners.dedup();
            // Blocks overlap, so the list has room for many more than it kept.
            partners.shrink_to_fit();
            partners
        })
        .collect();
    drop(memberships);
    drop(keyed);
    let mut out = Candidates {
        starts: Vec::with_capacity(n + 1),
        partners: Vec::with_capacity(taken.iter().map(Vec::len).sum()),
        stats,
    };
    out.starts.push(0);
    for list in taken {
        out.partners.extend(list);
        out.starts.push(out.partners.len() as u64);
    }
    let pairs: u64 = (0..out.records())
        .into_par_iter()
        .map(|record| {
            let mut count = 0u64;
            out.pairs_of(record, |_| count += 1);
            count
        })
        .sum();
    out.stats.pairs = pairs;
    out
}

struct Block {
    start: usize,
    size: u32,
}

/// The runs of equal keys that two or more records, and not too many, share.
fn blocks(keyed: &[(u64, u32)], max_block: u32) -> (Vec<Block>, BlockStats) {
    let mut stats = BlockStats {
        keys: keyed.len() as u64,
        ..BlockStats::default()
    };
    let mut blocks = Vec::new();
    let mut start = 0;
    for run in keyed.chunk_by(|a, b| a.0 == b.0) {
        let size = u32::try_from(run.len()).unwrap_or(u32::MAX);
        if size > 1 {
            stats.largest = stats.largest.max(size);
            if size <= max_block {
                blocks.push(Block { start, size });
            } else {
                stats.oversized += 1;
            }
        }
        start += run.len();
    }
    stats.blocks = blocks.len() as u64;
    (blocks, stats)
}
