//! All compared candidate pairs, in twelve bytes each: eight here, four as a candidate.
//!
//! A million records have tens of millions of candidate pairs. They are kept in chunks
//! of records; a chunk has its own list of the agreement patterns that occur in it, so
//! that a pair needs a small number for its pattern, and a pattern is scored once.

use std::sync::Arc;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::block::Candidates;
use super::compare::names::{NameComparer, Remembered};
use super::compare::{Compared, Pattern};
use super::features::Features;
use super::judge::{self, Judge, Kind, Prepared};
use super::kernel::cluster::Link;
use super::lessons::Corrections;
use crate::watch::Watch;

type Fixed = foldhash::fast::FixedState;

/// Records that are compared together, at least and at most: a pattern is weighed once in
/// each chunk that shows it.
const CHUNK: (u32, u32) = (256, 4096);
/// … and chunks, where there are records enough.
const CHUNKS: u32 = 64;
/// Patterns of a chunk at most: their places fit 16 bits.
const PATTERNS: usize = 60_000;

/// Patterns with how many pairs show them, sorted by pattern.
pub type Patterns = Vec<(Pattern, u64)>;

/// The candidate pairs of all records.
#[derive(Debug)]
pub struct Pairs {
    candidates: Candidates,
    chunks: Vec<Chunk>,
    remembered: Arc<Remembered>,
}

#[derive(Debug, Default)]
struct Chunk {
    /// The record of the first pair, and that pair's place among the candidates.
    first: u32,
    start: u64,
    pairs: Vec<Pair>,
    patterns: Vec<(Kind, Pattern, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    /// Before weighing: the rarities of both names, 1/256 bits. After: the weight.
    value: u32,
    pattern: u16,
    community: i16,
}

/// Bits as stored: `Compared` holds nothing finer ([`Compared::rounded`]).
fn packed(bits: f32) -> u16 {
    #[allow(clippy::cast_possible_truncation)] // clamped
    let units = (bits * 256.0).clamp(-32_000.0, 32_000.0) as i16;
    units.cast_unsigned()
}

fn unpacked(units: u16) -> f32 {
    f32::from(units.cast_signed()) / 256.0
}

impl Pairs {
    /// Compares every candidate pair.
    #[must_use]
    pub fn compare(features: &Features, candidates: Candidates, watch: &dyn Watch) -> Self {
        let all = &candidates;
        let n = candidates.records();
        let remembered = Arc::new(Remembered::of(n as usize));
        let step = (n / CHUNKS).clamp(CHUNK.0, CHUNK.1);
        let chunks = (0..n.div_ceil(step))
            .into_par_iter()
            .map_init(
                || {
                    let names = NameComparer::new(features, &remembered);
                    (names, Vec::new(), Vec::new())
                },
                |(names, cards, seen), chunk| {
                    let first = chunk * step;
                    let records = first..n.min(first.saturating_add(step));
                    watch.tick(u64::from(records.end - records.start));
                    // The result of an interrupted run is thrown away by the next step.
                    if watch.interrupted() {
                        return Vec::new();
                    }
                    let mut filler = Filler::new(first, all.start(first));
                    for record in records {
                        let partners = all.of(record);
                        // All cards first: the waits for memory overlap.
                        cards.clear();
                        cards.extend(partners.iter().map(|&at| features.cards[at as usize]));
                        let card = features.cards[record as usize];
                        names.look(&card, cards, seen);
                        let others = partners.iter().zip(&*cards).zip(&*seen);
                        for (at, ((&partner, other), &seen)) in (0u64..).zip(others) {
                            let (own, other) = ((record, &card), (partner, other));
                            let (left, right) = if record < partner {
                                (own, other)
                            } else {
                                (other, own)
                            };
                            let (kind, compared) =
                                judge::compare_cards(features, left, right, seen, names);
                            let place = (record, all.start(record) + at);
                            filler.push(place, kind, &compared);
                        }
                    }
                    filler.end()
                },
            )
            .flatten_iter()
            .collect();
        Self {
            candidates,
            chunks,
            remembered,
        }
    }

    /// Compares names as they were compared here.
    #[must_use]
    pub const fn names<'a>(&'a self, features: &'a Features) -> NameComparer<'a> {
        NameComparer::new(features, &self.remembered)
    }

    /// The pairs that were compared.
    #[must_use]
    pub const fn candidates(&self) -> &Candidates {
        &self.candidates
    }

    /// Forgets how the pairs came out.
    #[must_use]
    pub fn into_candidates(self) -> Candidates {
        self.candidates
    }

    /// How many pairs of one kind show each pattern.
    #[must_use]
    pub fn counts(&self, kind: Kind) -> Patterns {
        let mut counts: HashMap<Pattern, u64, Fixed> = HashMap::default();
        for chunk in &self.chunks {
            for &(_, pattern, count) in chunk.patterns.iter().filter(|p| p.0 == kind) {
                *counts.entry(pattern).or_default() += u64::from(count);
            }
        }
        let mut list: Patterns = counts.into_iter().collect();
        list.sort_unstable();
        list
    }

    /// How many pairs are of one kind.
    #[must_use]
    pub fn number(&self, kind: Kind) -> u64 {
        self.chunks
            .iter()
            .flat_map(|chunk| &chunk.patterns)
            .filter(|pattern| pattern.0 == kind)
            .map(|&(_, _, count)| u64::from(count))
            .sum()
    }

    /// Every so many pairs of one kind, before they are weighed.
    pub fn sample(&self, kind: Kind, every: usize, mut each: impl FnMut(u32, u32, &Compared)) {
        let pairs = self
            .chunks
            .iter()
            .flat_map(|chunk| chunk.compared(&self.candidates));
        for (left, right, _, compared) in pairs.filter(|pair| pair.2 == kind).step_by(every) {
            each(left, right, &compared);
        }
    }

    /// Gives every pair its match weight.
    pub fn weigh(&mut self, judge: &Judge) {
        self.chunks
            .par_iter_mut()
            .for_each(|chunk| chunk.weigh(judge, &self.candidates));
    }

    /// How many weighed pairs of people the corrections took to the threshold or above,
    /// and how many below it.
    #[must_use]
    pub fn crossed(&self, corrections: &Corrections, threshold: f32) -> (u64, u64) {
        let chunks = self.chunks.par_iter();
        chunks
            .map(|chunk| chunk.crossed(corrections, threshold))
            .reduce(|| (0, 0), |x, y| (x.0 + y.0, x.1 + y.1))
    }

    /// The weighed pairs that are wanted, sorted by (left, right).
    #[must_use]
    pub fn links(&self, wanted: impl Fn(&Link) -> bool + Sync) -> Vec<Link> {
        let mut links = self.chosen(&wanted);
        links.par_sort_unstable_by_key(|link| (link.left, link.right));
        links
    }

    /// The weighed pairs that are wanted, as they were compared.
    #[must_use]
    pub fn chosen(&self, wanted: &(impl Fn(&Link) -> bool + Sync + ?Sized)) -> Vec<Link> {
        self.chunks
            .par_iter()
            .flat_map_iter(|chunk| chunk.links(&self.candidates).filter(|link| wanted(link)))
            .collect()
    }

    /// The weight of every weighed pair.
    pub fn weights(&self) -> impl Iterator<Item = f32> + '_ {
        let pairs = self.chunks.iter().flat_map(|chunk| &chunk.pairs);
        pairs.map(|pair| f32::from_bits(pair.value))
    }
}

/// Chunks in the making.
struct Filler {
    done: Vec<Chunk>,
    chunk: Chunk,
    known: HashMap<(Kind, Pattern), u16, Fixed>,
}

impl Filler {
    fn new(first: u32, start: u64) -> Self {
        Self {
            done: Vec::new(),
            chunk: Chunk {
                first,
                start,
                ..Chunk::default()
            },
            known: HashMap::default(),
        }
    }

    /// A pair of a record, at its place among the candidates.
    fn push(&mut self, (record, start): (u32, u64), kind: Kind, compared: &Compared) {
        if self.chunk.patterns.len() >= PATTERNS {
            self.known.clear();
            let next = Chunk {
                first: record,
                start,
                ..Chunk::default()
            };
            self.done.push(std::mem::replace(&mut self.chunk, next));
        }
        let patterns = &mut self.chunk.patterns;
        let at = *self
            .known
            .entry((kind, compared.pattern))
            .or_insert_with(|| {
                patterns.push((kind, compared.pattern, 0));
                u16::try_from(patterns.len() - 1).unwrap_or(u16::MAX)
            });
        patterns[at as usize].2 += 1;
        let [given, family] = [compared.given_rarity, compared.family_rarity].map(packed);
        self.chunk.pairs.push(Pair {
            value: u32::from(given) << 16 | u32::from(family),
            pattern: at,
            community: packed(compared.community).cast_signed(),
        });
    }

    fn end(mut self) -> Vec<Chunk> {
        self.chunk.pairs.shrink_to_fit();
        self.done.push(self.chunk);
        self.done
    }
}

impl Chunk {
    fn weigh(&mut self, judge: &Judge, candidates: &Candidates) {
        // What a pattern weighs when no name is rare or common; none where more than the
        // pattern counts.
        let patterns: Vec<Option<(Prepared<'_>, f32)>> = self
            .patterns
            .iter()
            .map(|&(kind, pattern, _)| {
                let prepared = judge.of_pattern(kind, pattern)?;
                let plain = prepared.weight(&Compared {
                    pattern,
                    ..Compared::default()
                });
                Some((prepared, plain))
            })
            .collect();
        let mut ends = Ends::of(self, candidates);
        for at in 0..self.pairs.len() {
            let pair = &self.pairs[at];
            let weight = match &patterns[pair.pattern as usize] {
                Some((_, plain)) if pair.value == 0 && pair.community == 0 => *plain,
                Some((prepared, _)) => prepared.weight(&self.compared_of(pair).1),
                None => {
                    let (left, right) = ends.of_pair(at);
                    let (kind, compared) = self.compared_of(pair);
                    judge.weight_of(kind, left, right, &compared)
                }
            };
            self.pairs[at].value = weight.to_bits();
        }
    }

    fn crossed(&self, corrections: &Corrections, threshold: f32) -> (u64, u64) {
        #[allow(clippy::cast_possible_truncation)] // bits
        let added: Vec<f32> = self
            .patterns
            .iter()
            .map(|&(kind, pattern, _)| match kind {
                Kind::People => corrections.of(pattern) as f32,
                _ => 0.0,
            })
            .collect();
        let (mut up, mut down) = (0, 0);
        for pair in &self.pairs {
            let now = f32::from_bits(pair.value);
            let before = now - added[pair.pattern as usize];
            up += u64::from(before < threshold && now >= threshold);
            down += u64::from(before >= threshold && now < threshold);
        }
        (up, down)
    }

    /// What a pair came out at, before weighing.
    fn compared_of(&self, pair: &Pair) -> (Kind, Compared) {
        let (kind, pattern, _) = self.patterns[pair.pattern as usize];
        #[allow(clippy::cast_possible_truncation)] // the halves of 32 bits
        let compared = Compared {
            pattern,
            given_rarity: unpacked((pair.value >> 16) as u16),
            family_rarity: unpacked(pair.value as u16),
            community: unpacked(pair.community.cast_unsigned()),
        };
        (kind, compared)
    }

    /// Its pairs, before weighing.
    fn compared<'a>(
        &'a self,
        candidates: &'a Candidates,
    ) -> impl Iterator<Item = (u32, u32, Kind, Compared)> + 'a {
        let mut ends = Ends::of(self, candidates);
        self.pairs.iter().enumerate().map(move |(at, pair)| {
            let (left, right) = ends.of_pair(at);
            let (kind, compared) = self.compared_of(pair);
            (left, right, kind, compared)
        })
    }

    /// Its pairs, after weighing.
    fn links<'a>(&'a self, candidates: &'a Candidates) -> impl Iterator<Item = Link> + 'a {
        let mut ends = Ends::of(self, candidates);
        self.pairs.iter().enumerate().map(move |(at, pair)| {
            let (left, right) = ends.of_pair(at);
            Link {
                left,
                right,
                weight: f32::from_bits(pair.value),
            }
        })
    }
}

/// Finds the records of a chunk's pairs, which are asked for one after the other.
struct Ends<'a> {
    candidates: &'a Candidates,
    partners: &'a [u32],
    start: u64,
    record: u32,
    /// Where the record's pairs end, from the start of the chunk.
    end: usize,
}

impl<'a> Ends<'a> {
    fn of(chunk: &Chunk, candidates: &'a Candidates) -> Self {
        let mut out = Self {
            candidates,
            partners: candidates.partners_from(chunk.start),
            start: chunk.start,
            record: chunk.first,
            end: 0,
        };
        if !chunk.pairs.is_empty() {
            out.find_end();
        }
        out
    }

    fn find_end(&mut self) {
        let end = self.candidates.start(self.record + 1) - self.start;
        self.end = usize::try_from(end).unwrap_or(usize::MAX);
    }

    /// The records of a pair, smaller first.
    fn of_pair(&mut self, at: usize) -> (u32, u32) {
        while self.end <= at {
            self.record += 1;
            self.find_end();
        }
        let (own, other) = (self.record, self.partners[at]);
        (own.min(other), own.max(other))
    }
}
