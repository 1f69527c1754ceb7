//! All compared candidate pairs, in twelve bytes each.
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

/// Records that are compared together.
const CHUNK: u32 = 1024;
/// Patterns of a chunk at most: their places fit 16 bits.
const PATTERNS: usize = 60_000;

/// Patterns with how many pairs show them, sorted by pattern.
pub type Patterns = Vec<(Pattern, u64)>;

/// The candidate pairs of all records.
#[derive(Debug, Default)]
pub struct Pairs {
    chunks: Vec<Chunk>,
}

#[derive(Debug, Default)]
struct Chunk {
    first: u32,
    /// Where the pairs of each record end, from the first on.
    ends: Vec<u32>,
    pairs: Vec<Pair>,
    patterns: Vec<(Kind, Pattern, u32)>,
}

#[derive(Clone, Copy, Debug)]
struct Pair {
    other: u32,
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
    pub fn compare(features: &Features, candidates: &Candidates, watch: &dyn Watch) -> Self {
        let n = candidates.records();
        let remembered = Arc::new(Remembered::of(n as usize));
        let chunks = (0..n.div_ceil(CHUNK))
            .into_par_iter()
            .map_init(
                || {
                    (
                        NameComparer::new(features, &remembered),
                        Vec::new(),
                        Vec::new(),
                    )
                },
                |(names, partners, cards), chunk| {
                    let first = chunk * CHUNK;
                    let records = first..n.min(first + CHUNK);
                    watch.tick(u64::from(records.end - records.start));
                    // The result of an interrupted run is thrown away by the next step.
                    if watch.interrupted() {
                        return Vec::new();
                    }
                    let mut filler = Filler::new(first);
                    for record in records {
                        partners.clear();
                        candidates.pairs_of(record, |partner| partners.push(partner));
                        // All cards first: the waits for memory overlap.
                        cards.clear();
                        cards.extend(partners.iter().map(|&at| features.cards[at as usize]));
                        names.fetch(cards);
                        let card = features.cards[record as usize];
                        for (&partner, other) in partners.iter().zip(&*cards) {
                            let (own, other) = ((record, &card), (partner, other));
                            let (left, right) = if record < partner {
                                (own, other)
                            } else {
                                (other, own)
                            };
                            let (kind, compared) =
                                judge::compare_cards(features, left, right, names);
                            filler.push(record, partner, kind, &compared);
                        }
                        filler.close(record);
                    }
                    filler.end()
                },
            )
            .flatten_iter()
            .collect();
        Self { chunks }
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
        let pairs = self.chunks.iter().flat_map(Chunk::compared);
        for (left, right, _, compared) in pairs.filter(|pair| pair.2 == kind).step_by(every) {
            each(left, right, &compared);
        }
    }

    /// Gives every pair its match weight.
    pub fn weigh(&mut self, judge: &Judge) {
        self.chunks
            .par_iter_mut()
            .for_each(|chunk| chunk.weigh(judge));
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
            .flat_map_iter(|chunk| chunk.links().filter(|link| wanted(link)))
            .collect()
    }

    /// Every weighed pair.
    pub fn iter(&self) -> impl Iterator<Item = Link> + '_ {
        self.chunks.iter().flat_map(Chunk::links)
    }
}

/// Chunks in the making.
struct Filler {
    done: Vec<Chunk>,
    chunk: Chunk,
    known: HashMap<(Kind, Pattern), u16, Fixed>,
}

impl Filler {
    fn new(first: u32) -> Self {
        Self {
            done: Vec::new(),
            chunk: Chunk {
                first,
                ..Chunk::default()
            },
            known: HashMap::default(),
        }
    }

    fn push(&mut self, record: u32, other: u32, kind: Kind, compared: &Compared) {
        if self.chunk.patterns.len() >= PATTERNS {
            self.close(record);
            self.known.clear();
            let full = std::mem::take(&mut self.chunk);
            self.done.push(full);
            self.chunk.first = record;
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
            other,
            value: u32::from(given) << 16 | u32::from(family),
            pattern: at,
            community: packed(compared.community).cast_signed(),
        });
    }

    /// The record's pairs end here.
    fn close(&mut self, record: u32) {
        let end = u32::try_from(self.chunk.pairs.len()).unwrap_or(u32::MAX);
        // A record without pairs, too, has its end.
        let records = (record - self.chunk.first) as usize + 1;
        self.chunk.ends.resize(records, end);
    }

    fn end(mut self) -> Vec<Chunk> {
        self.chunk.pairs.shrink_to_fit();
        self.done.push(self.chunk);
        self.done
    }
}

impl Chunk {
    fn weigh(&mut self, judge: &Judge) {
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
        let mut record = 0usize;
        for at in 0..self.pairs.len() {
            let pair = &self.pairs[at];
            let weight = match &patterns[pair.pattern as usize] {
                Some((_, plain)) if pair.value == 0 && pair.community == 0 => *plain,
                Some((prepared, _)) => prepared.weight(&self.compared_of(pair).1),
                None => {
                    let (left, right) = self.ends_of(at, &mut record);
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

    /// The records of a pair, smaller first. `record` is where the pair before it stood.
    fn ends_of(&self, at: usize, record: &mut usize) -> (u32, u32) {
        while self.ends[*record] as usize <= at {
            *record += 1;
        }
        let own = self.first + u32::try_from(*record).unwrap_or(u32::MAX);
        let other = self.pairs[at].other;
        (own.min(other), own.max(other))
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
    fn compared(&self) -> impl Iterator<Item = (u32, u32, Kind, Compared)> + '_ {
        let mut record = 0usize;
        self.pairs.iter().enumerate().map(move |(at, pair)| {
            let (left, right) = self.ends_of(at, &mut record);
            let (kind, compared) = self.compared_of(pair);
            (left, right, kind, compared)
        })
    }

    /// Its pairs, after weighing.
    fn links(&self) -> impl Iterator<Item = Link> + '_ {
        let mut record = 0usize;
        self.pairs.iter().enumerate().map(move |(at, pair)| {
            let (left, right) = self.ends_of(at, &mut record);
            Link {
                left,
                right,
                weight: f32::from_bits(pair.value),
            }
        })
    }
}
