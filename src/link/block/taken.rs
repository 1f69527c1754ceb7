//! From blocks to partners: what each record takes of the blocks that it is in.

use std::ops::Range;

use super::blocks::Blocks;

/// Partners that there is room for at each record, whatever its blocks offer.
const FEW_PARTNERS: usize = 32;
/// Records whose blocks, or whose numbers, are begun together.
const AHEAD: usize = 64;
/// Numbers that a processor's caches hold, about: records that have no more are looked for
/// in the blocks of all for nothing.
const CACHED: usize = 1 << 23;

/// What some records, one behind the other, have taken of the blocks so far.
pub(super) struct Taken {
    records: Range<u32>,
    /// Where the numbers of each record begin, and the end.
    starts: Vec<usize>,
    /// For each record first how many partners it has, and the partners behind it, in any
    /// order; once it has all, the block that brought the last of them, which it takes
    /// whole, and its partners of before. So a record is a cache line.
    pub(super) slots: Vec<u32>,
    /// A bit for each record that has all its partners.
    full: Vec<u64>,
}

impl Taken {
    /// Goes through all blocks, the smallest first, in the order in which they stand in
    /// memory. Each record takes whole blocks until it has its partners.
    pub(super) fn of(blocks: &Blocks, records: Range<u32>, wanted: usize) -> Self {
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
    pub(super) fn fetch(&self, records: &[u32]) {
        let own = records
            .iter()
            .filter(|record| self.records.contains(record));
        let first = own.filter_map(|record| {
            let at = (record - self.records.start) as usize;
            self.slots
                .get(self.starts[at])
                .filter(|_| !self.is_full(at))
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
        if self.is_full(at) {
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
                self.full[at / 64] |= 1 << (at % 64);
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
    pub(super) fn lists(&self, blocks: &Blocks) -> (Vec<u32>, Vec<u32>) {
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
        let own = self.starts[at]..self.starts[at + 1];
        (&self.slots[own], self.is_full(at))
    }

    /// Whether a record has all its partners, by its place among these.
    fn is_full(&self, at: usize) -> bool {
        self.full[at / 64] >> (at % 64) & 1 == 1
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
