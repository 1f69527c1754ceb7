//! From keys to candidate pairs: a budget of partners a record.

use rayon::prelude::*;

use super::blocks::{Blocks, CHUNK, concat};
use super::taken::Taken;
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
    use super::super::blocks::Runs;
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
        let taken = Taken::of(&blocks, 0..150, 100_000);
        let room = taken.slots.len();
        assert!(room < 150 * 10_000, "{room}");
        // Touching is of any records, also such as are not among these.
        taken.fetch(&[0, 149, 150, u32::MAX]);
    }
}
