//! Which compared pairs a run remembers, so that it can be asked about them later, and how
//! each came out: numbers only, the values stand in the records.
//!
//! Millions of pairs were compared. Kept are those that somebody may ask about: all that
//! hold a cluster together or speak against it, those that a person should look at, what
//! kept two clusters apart, and for each record its nearest rivals.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use hashbrown::HashSet;
use rayon::prelude::*;

use super::columns::{Columns, Seen};
use super::compare::names::NameComparer;
use super::compare::{Compared, Pattern};
use super::decisions::{Applied, Verdict};
use super::judge::{self, Judge, Kind};
use super::kernel::cluster::Link;
use super::{Linking, score};
use crate::plan::Plan;

type Fixed = foldhash::fast::FixedState;

/// Clusters up to this size keep all their compared pairs; a larger one its strongest tree,
/// what is doubtful, and as many of its weakest pairs as it has records.
const WHOLE: u32 = 12;
/// Two clusters that a doubtful pair connects keep all their pairs, up to this many.
const BETWEEN: u32 = 64;
/// Nearest records outside that a record keeps when it was merged with none …
const RIVALS: usize = 3;
/// … and when it was.
const RIVALS_OF_MERGED: usize = 1;
/// A pair below this many bits is nobody's rival.
const FAR: f32 = -12.0;

/// How a pair came out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct KeptPair {
    /// Rows of the records, the smaller first.
    pub left: u32,
    pub right: u32,
    pub weight: f32,
    /// The pattern's halves, high and low.
    pattern: [u32; 2],
    /// Bits in steps of 1/256.
    given_rarity: i16,
    family_rarity: i16,
    community: i16,
    pub kind: Kind,
    pub bound: Option<Bound>,
}

/// What no weight can change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Bound {
    /// Decided to be one, by a person or by a system's own history.
    Always,
    /// Decided to be two.
    Never,
    /// Both are of a source in which no two records are one.
    Distinct,
}

impl Bound {
    pub const ALL: [Self; 3] = [Self::Always, Self::Never, Self::Distinct];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Always => Verdict::Always.name(),
            Self::Never => Verdict::Never.name(),
            Self::Distinct => "distinct",
        }
    }
}

/// The pairs that a run remembers, sorted by (left, right).
#[derive(Clone, Debug, Default)]
pub struct Kept {
    pub pairs: Vec<KeptPair>,
    /// How many learned columns a pair has a [`Seen`] for.
    pub columns: usize,
    /// Pair by pair, column by column.
    pub seen: Vec<Seen>,
    /// Why people or systems decided.
    pub whys: BTreeMap<(u32, u32), String>,
}

impl KeptPair {
    #[must_use]
    pub fn pattern(&self) -> Pattern {
        Pattern(u64::from(self.pattern[0]) << 32 | u64::from(self.pattern[1]))
    }

    /// What was compared, as it was weighed.
    #[must_use]
    pub fn compared(&self) -> Compared {
        let bits = |units: i16| f32::from(units) / 256.0;
        Compared {
            pattern: self.pattern(),
            given_rarity: bits(self.given_rarity),
            family_rarity: bits(self.family_rarity),
            community: bits(self.community),
        }
    }

    /// Given rarity, family rarity and community, in steps of 1/256 bit.
    #[must_use]
    pub fn units(&self) -> [i16; 3] {
        [self.given_rarity, self.family_rarity, self.community]
    }

    fn new(rows: (u32, u32), weight: f32, kind: Kind, compared: &Compared) -> Self {
        let Pattern(pattern) = compared.pattern;
        #[allow(clippy::cast_possible_truncation)] // the halves of 64 bits; clamped
        let (halves, units) = (
            [(pattern >> 32) as u32, pattern as u32],
            [
                compared.given_rarity,
                compared.family_rarity,
                compared.community,
            ]
            .map(|bits| (bits * 256.0).clamp(-32_000.0, 32_000.0) as i16),
        );
        Self {
            left: rows.0,
            right: rows.1,
            weight,
            pattern: halves,
            given_rarity: units[0],
            family_rarity: units[1],
            community: units[2],
            kind,
            bound: None,
        }
    }
}

impl Kept {
    /// Adds pairs that were compared alone.
    pub fn add(&mut self, other: &Self) {
        for (at, pair) in other.pairs.iter().enumerate() {
            let key = (pair.left, pair.right);
            if let Err(place) = self
                .pairs
                .binary_search_by_key(&key, |known| (known.left, known.right))
            {
                self.pairs.insert(place, *pair);
                let seen = other.seen(at).iter().copied();
                let start = place * self.columns;
                self.seen.splice(start..start, seen);
            }
        }
    }

    /// What the learned columns said of the pair at `at`.
    #[must_use]
    pub fn seen(&self, at: usize) -> &[Seen] {
        self.seen
            .get(at * self.columns..(at + 1) * self.columns)
            .unwrap_or(&[])
    }
}

impl Linking {
    /// Compares the pairs worth remembering once more, to know how they came out. `of`:
    /// dense record → its cluster.
    #[must_use]
    pub(super) fn keep(&self, of: &[u32], applied: &[Applied], plan: &Plan) -> Kept {
        let threshold = score::bits(plan.matching.threshold);
        let doubtful = threshold.min(score::bits(plan.matching.review.0));
        let sure = score::bits(plan.matching.review.1);
        let chosen = choose(&self.links, of, doubtful..=sure);
        let mut wanted: Vec<(u32, u32, Option<f32>)> = chosen
            .into_iter()
            .map(|link| (link.left, link.right, Some(link.weight)))
            .collect();
        let mut decided: BTreeMap<(u32, u32), &Applied> = BTreeMap::new();
        for decision in applied {
            let dense = |row: u32| self.features.rows.binary_search(&row).ok();
            if let (Some(a), Some(b)) = (dense(decision.left), dense(decision.right))
                && let (Ok(a), Ok(b)) = (u32::try_from(a), u32::try_from(b))
            {
                decided.insert((a.min(b), a.max(b)), decision);
            }
        }
        if !decided.is_empty() {
            let known: HashSet<(u32, u32), Fixed> =
                wanted.iter().map(|&(a, b, _)| (a, b)).collect();
            wanted.extend(
                decided
                    .keys()
                    .filter(|pair| !known.contains(*pair))
                    .map(|&(a, b)| (a, b, None)),
            );
            wanted.par_sort_unstable_by_key(|&(a, b, _)| (a, b));
        }
        let mut kept = self.compared(&wanted);
        let distinct = &self.constraints.distinct;
        for (pair, &(a, b, _)) in kept.pairs.iter_mut().zip(&wanted) {
            let group = |record: u32| distinct.get(record as usize).copied().unwrap_or(0);
            if group(a) > 0 && group(a) == group(b) {
                pair.bound = Some(Bound::Distinct);
            }
        }
        for (&(a, b), decision) in &decided {
            let rows = (
                self.features.rows[a as usize],
                self.features.rows[b as usize],
            );
            if let Ok(at) = kept
                .pairs
                .binary_search_by_key(&rows, |pair| (pair.left, pair.right))
            {
                kept.pairs[at].bound = Some(match decision.verdict {
                    Verdict::Always => Bound::Always,
                    Verdict::Never => Bound::Never,
                });
                kept.whys.insert(rows, decision.why.clone());
            }
        }
        kept
    }

    /// Compares pairs of dense records (the smaller first), sorted; weighs those that have
    /// no weight yet.
    #[must_use]
    pub fn compared(&self, wanted: &[(u32, u32, Option<f32>)]) -> Kept {
        let (features, judge) = (&self.features, &self.judge);
        let pairs = wanted
            .par_iter()
            .with_min_len(4096)
            .map_init(
                || NameComparer::small(features),
                |names, &(a, b, weight)| {
                    let compared = judge::compare(features, a, b, names);
                    let weight = weight.unwrap_or_else(|| judge.weight(features, a, b, &compared));
                    let rows = (features.rows[a as usize], features.rows[b as usize]);
                    KeptPair::new(rows, weight, judge::kind(features, a, b), &compared)
                },
            )
            .collect();
        let columns = learned(judge);
        let mut seen = Vec::with_capacity(wanted.len() * columns);
        if columns > 0 {
            for &(a, b, _) in wanted {
                let taken = match judge.of(judge::kind(features, a, b)) {
                    Some((_, of_kind)) => of_kind.taken.as_slice(),
                    None => &[],
                };
                seen.extend(taken.iter().map(|column| column.seen(a, b)));
                seen.resize(seen.len() + columns - taken.len(), Seen::default());
            }
        }
        Kept {
            pairs,
            columns,
            seen,
            whys: BTreeMap::new(),
        }
    }
}

/// How many learned columns a pair can have.
fn learned(judge: &Judge) -> usize {
    let taken = |columns: &Columns| columns.taken.len();
    taken(&judge.people_columns).max(taken(&judge.organisation_columns))
}

/// The links worth remembering, in their order. `doubtful`: bits from which a pair between
/// two clusters asks for an explanation, to those up to which a person should look at it.
fn choose(links: &[Link], of: &[u32], doubtful: RangeInclusive<f32>) -> Vec<Link> {
    let mut sizes = vec![0u32; of.len()];
    for &root in of {
        sizes[root as usize] += 1;
    }
    let root = |record: u32| of[record as usize];
    let mut chosen = vec![false; links.len()];
    let mut large: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    let mut between: HashSet<(u32, u32), Fixed> = HashSet::default();
    let mut rivals = Rivals::new(of, &sizes);
    for (at, link) in links.iter().enumerate() {
        let (a, b) = (root(link.left), root(link.right));
        if a == b {
            if sizes[a as usize] <= WHOLE || doubtful.contains(&link.weight) {
                chosen[at] = true;
            } else {
                large.entry(a).or_default().push(at);
            }
            continue;
        }
        rivals.look_at(link);
        if link.weight >= *doubtful.start() {
            chosen[at] = true;
            if sizes[a as usize].saturating_mul(sizes[b as usize]) <= BETWEEN {
                between.insert((a.min(b), a.max(b)));
            }
        }
    }
    for own in large.into_values() {
        tree_and_weakest(links, own, of, &mut chosen);
    }
    for (link, chosen) in links.iter().zip(&mut chosen) {
        let (a, b) = (root(link.left), root(link.right));
        let connects = || !between.is_empty() && between.contains(&(a.min(b), a.max(b)));
        *chosen |= a != b && (rivals.has(link) || connects());
    }
    links
        .iter()
        .zip(chosen)
        .filter(|(_, chosen)| *chosen)
        .map(|(link, _)| *link)
        .collect()
}

/// Marks what holds a large cluster together most strongly (a maximum spanning tree,
/// Kruskal 1956) and what speaks most against it.
fn tree_and_weakest(links: &[Link], mut own: Vec<usize>, of: &[u32], chosen: &mut [bool]) {
    own.sort_by(|&x, &y| {
        links[y]
            .weight
            .total_cmp(&links[x].weight)
            .then_with(|| x.cmp(&y))
    });
    let mut into: BTreeMap<u32, u32> = BTreeMap::new();
    let find = |into: &mut BTreeMap<u32, u32>, mut at: u32| {
        while let Some(&next) = into.get(&at).filter(|&&next| next != at) {
            at = next;
        }
        at
    };
    let mut records = 1usize;
    for &at in &own {
        let (a, b) = (
            find(&mut into, links[at].left),
            find(&mut into, links[at].right),
        );
        if a != b {
            into.insert(a.max(b), a.min(b));
            chosen[at] = true;
            records += 1;
        }
    }
    debug_assert!(
        own.iter()
            .all(|&at| of[links[at].left as usize] == of[links[at].right as usize])
    );
    for &at in own.iter().rev().take(records) {
        chosen[at] = true;
    }
}

/// The nearest records outside of each record's cluster.
struct Rivals {
    /// The weight that a link must have to be among them, by record; kept sorted, the
    /// strongest first.
    best: Vec<[f32; RIVALS]>,
    places: Vec<u8>,
}

impl Rivals {
    fn new(of: &[u32], sizes: &[u32]) -> Self {
        let places = of
            .iter()
            .map(|&root| {
                let wanted = if sizes[root as usize] > 1 {
                    RIVALS_OF_MERGED
                } else {
                    RIVALS
                };
                u8::try_from(wanted).unwrap_or(u8::MAX)
            })
            .collect();
        Self {
            best: vec![[f32::NEG_INFINITY; RIVALS]; of.len()],
            places,
        }
    }

    fn look_at(&mut self, link: &Link) {
        if link.weight < FAR {
            return;
        }
        for record in [link.left, link.right] {
            let best = &mut self.best[record as usize];
            let at = best.partition_point(|&weight| weight >= link.weight);
            if at < RIVALS {
                best[at..].rotate_right(1);
                best[at] = link.weight;
            }
        }
    }

    /// Is it among the nearest of one of its ends?
    fn has(&self, link: &Link) -> bool {
        [link.left, link.right].into_iter().any(|record| {
            let record = record as usize;
            let last = usize::from(self.places[record]).saturating_sub(1);
            link.weight >= FAR.max(self.best[record][last])
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(left: u32, right: u32, weight: f32) -> Link {
        Link {
            left,
            right,
            weight,
        }
    }

    fn pairs(chosen: &[Link]) -> Vec<(u32, u32)> {
        chosen.iter().map(|link| (link.left, link.right)).collect()
    }

    #[test]
    fn a_small_cluster_keeps_all_and_a_single_record_its_nearest() {
        // 0, 1, 2 are one; 3 to 8 are alone.
        let of = [0, 0, 0, 3, 4, 5, 6, 7, 8];
        let links = [
            link(0, 1, 9.0),
            link(0, 2, -20.0),
            link(0, 3, -5.0),
            link(1, 2, 8.0),
            link(1, 3, -4.5),
            link(2, 3, -6.0),
            link(3, 4, -7.0),
            link(3, 5, -8.0),
            link(3, 6, -9.0),
            link(3, 7, -30.0),
            link(7, 8, -30.0),
        ];
        let chosen = pairs(&choose(&links, &of, -1.0..=4.0));
        // What is far is nobody's rival, and the fourth nearest of 3 is the nearest of 6.
        let far = [(3, 7), (7, 8)];
        let wanted: Vec<_> = pairs(&links)
            .into_iter()
            .filter(|pair| !far.contains(pair))
            .collect();
        assert_eq!(chosen, wanted);
    }

    #[test]
    fn two_clusters_with_a_doubtful_pair_keep_what_is_between_them() {
        let of = [0, 0, 2, 2];
        let links = [
            link(0, 1, 9.0),
            link(0, 2, 3.0),
            link(0, 3, -15.0),
            link(1, 2, -16.0),
            link(1, 3, -17.0),
            link(2, 3, 9.0),
        ];
        assert_eq!(pairs(&choose(&links, &of, -1.0..=4.0)).len(), 6);
        let mut quiet = links;
        quiet[1].weight = -13.0;
        assert_eq!(pairs(&choose(&quiet, &of, -1.0..=4.0)), [(0, 1), (2, 3)]);
    }

    #[test]
    fn a_large_cluster_keeps_its_tree_and_what_speaks_against_it() {
        let n = 30u32;
        let of = vec![0; n as usize];
        let mut links = Vec::new();
        for left in 0..n {
            for right in left + 1..n {
                let near = right == left + 1;
                #[allow(clippy::cast_precision_loss)]
                let weight = if near {
                    10.0
                } else {
                    5.0 - (right - left) as f32
                };
                links.push(link(left, right, weight));
            }
        }
        let chosen = choose(&links, &of, 4.0..=4.5);
        let tree = chosen.iter().filter(|l| l.right == l.left + 1).count();
        assert_eq!(tree, n as usize - 1);
        assert_eq!(chosen.len(), 2 * n as usize - 1);
        assert!(pairs(&chosen).contains(&(0, n - 1)));
        // And what a person should look at.
        let doubtful = |link: &&Link| (-1.0..=4.0).contains(&link.weight);
        let chosen = choose(&links, &of, -1.0..=4.0);
        assert_eq!(
            chosen.iter().filter(doubtful).count(),
            links.iter().filter(doubtful).count()
        );
        assert!(chosen.len() > 2 * n as usize - 1);
    }
}
