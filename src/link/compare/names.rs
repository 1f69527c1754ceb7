//! Given and family names: levels of each half, swapped order, whole names.

use std::borrow::Cow;
use std::sync::Arc;

use super::cache::PairCache;
pub use super::name_level::level;
use super::name_level::{sounds_alike, typo};
use super::{Compared, Comparison};
use crate::link::card::Card;
use crate::link::features::{Features, NONE};
use crate::link::names::NameId;

/// Levels of the given name, strongest first.
pub mod given {
    pub const SAME: u8 = 1;
    pub const NICKNAME: u8 = 2;
    /// Another name of the same people, learned from the data.
    pub const LEARNED: u8 = 3;
    /// Two scripts, the same letters or a listed reading.
    pub const SCRIPT: u8 = 4;
    pub const SOUND: u8 = 5;
    /// Two scripts, a learned reading or the same skeleton.
    pub const SCRIPT_SOUND: u8 = 6;
    pub const TYPO: u8 = 7;
    pub const PART: u8 = 8;
    pub const INITIAL: u8 = 9;
    pub const RESEMBLING: u8 = 10;
    /// Two scripts, no likeness found.
    pub const SCRIPT_DIFFERENT: u8 = 11;
    pub const DIFFERENT: u8 = 12;
}

/// Levels of the family name: the given name's without the nickname.
#[must_use]
pub const fn family_level(level: u8) -> u8 {
    if level <= given::NICKNAME {
        1
    } else {
        level - 1
    }
}

/// Levels that are remembered, of names and of texts: at most, and for each record.
const REMEMBERED: usize = 1 << 20;
const FOR_A_RECORD: usize = 4;

/// How much of a community's bits counts: letters place a name loosely, and how rare the
/// name is says a part of it already.
const COMMUNITY: f32 = 0.5;

/// Levels that were found before, for all threads.
#[derive(Debug)]
pub struct Remembered {
    names: PairCache,
    texts: PairCache,
}

impl Remembered {
    /// As much as pays for comparing all candidate pairs of so many records.
    #[must_use]
    pub fn of(records: usize) -> Self {
        Self::with((records * FOR_A_RECORD).clamp(1 << 10, REMEMBERED))
    }

    fn with(slots: usize) -> Self {
        Self {
            names: PairCache::new(slots),
            texts: PairCache::new(slots),
        }
    }
}

/// The levels of both halves of two names, as far as they are known before comparing.
#[derive(Clone, Copy, Debug, Default)]
pub struct KnownNames {
    given: Option<u8>,
    family: Option<u8>,
}

/// Compares names, remembering the pairs it has seen.
pub struct NameComparer<'a> {
    features: &'a Features,
    remembered: Cow<'a, Arc<Remembered>>,
}

impl<'a> NameComparer<'a> {
    #[must_use]
    pub const fn new(features: &'a Features, remembered: &'a Arc<Remembered>) -> Self {
        Self {
            features,
            remembered: Cow::Borrowed(remembered),
        }
    }

    /// For a few pairs only.
    #[must_use]
    pub fn small(features: &'a Features) -> Self {
        Self {
            features,
            remembered: Cow::Owned(Arc::new(Remembered::with(64))),
        }
    }

    /// Levels of titles, cities, employers.
    #[must_use]
    pub fn texts(&self) -> &PairCache {
        &self.remembered.texts
    }

    /// What is known of the names of a record and of those that it is about to be compared
    /// with, before any name is compared: the waits for memory overlap.
    pub fn look(&self, own: &Card, others: &[Card], seen: &mut Vec<KnownNames>) {
        let names = &self.features.name_cards;
        let words = |id: NameId| names.get(id as usize).map_or(0, |name| name.words);
        let read = |sum: u8, card: &Card| sum ^ words(card.given) ^ words(card.family);
        std::hint::black_box(others.iter().fold(0, read));
        let known = |other: &Card| KnownNames {
            given: self.known(own.given, other.given, true),
            family: self.known(own.family, other.family, false),
        };
        seen.clear();
        seen.extend(others.iter().map(known));
    }

    /// Sets the given, family and swapped levels and the rarity of what agrees.
    pub fn compare(&mut self, a: &Card, b: &Card, seen: KnownNames, out: &mut Compared) {
        let f = self.features;
        let (ga, fa, gb, fb) = (a.given, a.family, b.given, b.family);
        let (wa, wb) = (a.whole, b.whole);
        if wa != NONE || wb != NONE {
            self.compare_whole((ga, fa, wa), (gb, fb, wb), out);
            return;
        }
        let mut given = seen.given.unwrap_or_else(|| self.half(ga, gb, true));
        let mut family = seen.family.unwrap_or_else(|| self.half(fa, fb, false));
        let mut swapped = 0;
        let agree =
            |g: u8, f: u8| (1..=given::INITIAL).contains(&g) && (1..=given::INITIAL).contains(&f);
        let (mut rare_given, mut rare_family) = (ga, fa);
        if agree(given, family) {
            swapped = 2;
        } else if ga != NONE && fa != NONE && gb != NONE && fb != NONE {
            let x = self.half(ga, fb, true);
            let crossed = (1..=given::INITIAL).contains(&x);
            let y = if crossed { self.half(fa, gb, true) } else { 0 };
            if agree(x, y) && x.min(y) <= given::TYPO {
                given = x;
                family = y;
                swapped = 1;
                (rare_given, rare_family) = (ga, fa);
            } else if self.same_words(ga, fa, gb, fb) {
                given = given::SAME;
                family = given::SAME;
                swapped = 2;
            } else if self.contained(ga, fa, gb, fb) {
                given = given::PART;
                family = given::PART;
                swapped = 2;
            }
        } else {
            // A half is missing: what is there may stand in the other column. Weak, since a given
            // name of one person is often the family name of another.
            let disagree = |level: u8| level == 0 || level >= given::RESEMBLING;
            let crossed = |level: u8| (given::SAME..=given::TYPO).contains(&level);
            if disagree(given)
                && disagree(family)
                && (crossed(self.half(ga, fb, true)) || crossed(self.half(fa, gb, true)))
            {
                given = 0;
                family = given::RESEMBLING;
            }
        }
        if (given::SAME..=given::PART).contains(&given) {
            let (left, right) = (f.given_rarity(rare_given), f.given_rarity(gb));
            out.given_rarity = rarity(given, left, gb, right);
        }
        if (given::SAME..=given::PART).contains(&family) {
            let (left, right) = (f.family_rarity(rare_family), f.family_rarity(fb));
            out.family_rarity = rarity(family, left, fb, right);
        }
        if (1..=given::PART).contains(&given) && (1..=given::PART).contains(&family) {
            let (left, right) = (a.community, b.community);
            // As with rarity, what is only alike counts half.
            let exact = given == given::SAME && family == given::SAME;
            let share = if exact { COMMUNITY } else { COMMUNITY / 2.0 };
            out.community = f32::midpoint(left, right) * share;
        }
        out.pattern.set(Comparison::Given, given);
        out.pattern.set(
            Comparison::Family,
            if family == 0 { 0 } else { family_level(family) },
        );
        out.pattern.set(Comparison::Swapped, swapped);
    }

    /// Middle names: 1 same · 2 an initial, or one inside the other · 3 conflict.
    pub fn middle(&mut self, a: NameId, b: NameId) -> u8 {
        match self.half(a, b, true) {
            0 => 0,
            given::SAME..=given::TYPO => 1,
            given::PART | given::INITIAL => 2,
            _ => 3,
        }
    }

    /// A name of one word may be either half: the better half counts, and its
    /// rarity is that of the commoner use.
    fn compare_whole(
        &mut self,
        a: (NameId, NameId, NameId),
        b: (NameId, NameId, NameId),
        out: &mut Compared,
    ) {
        let f = self.features;
        let (level, as_given, x, y) = match (a.2 == NONE, b.2 == NONE) {
            (false, false) => (self.half(a.2, b.2, true), true, a.2, b.2),
            (false, true) => self.either(a.2, b),
            _ => self.either(b.2, a),
        };
        if level == 0 {
            return;
        }
        if level > given::INITIAL
            && let Some(level) = self.spelled_out(a, b)
        {
            out.pattern.set(Comparison::Given, level);
            out.pattern.set(Comparison::Family, family_level(level));
            out.pattern.set(Comparison::Swapped, 2);
            return;
        }
        let commoner = |id: NameId| f.given_rarity(id).min(f.family_rarity(id));
        let rarity = rarity(level, commoner(x), y, commoner(y));
        if as_given {
            out.pattern.set(Comparison::Given, level);
            out.given_rarity = rarity;
        } else {
            out.pattern.set(Comparison::Family, family_level(level));
            out.family_rarity = rarity;
        }
    }

    /// A whole name against both halves of the other, glued in either order.
    fn spelled_out(&self, a: (NameId, NameId, NameId), b: (NameId, NameId, NameId)) -> Option<u8> {
        let (whole, other) = if a.2 == NONE { (b.2, a) } else { (a.2, b) };
        if whole == NONE || other.0 == NONE || other.1 == NONE {
            return None;
        }
        let glued = |id: NameId| self.features.names.name(id).glued.as_str();
        let (whole, given, family) = (glued(whole), glued(other.0), glued(other.1));
        [format!("{given}{family}"), format!("{family}{given}")]
            .iter()
            .filter_map(|spelled| {
                if spelled == whole {
                    Some(given::SAME)
                } else if typo(spelled, whole) {
                    Some(given::TYPO)
                } else {
                    None
                }
            })
            .min()
    }

    fn either(
        &mut self,
        whole: NameId,
        other: (NameId, NameId, NameId),
    ) -> (u8, bool, NameId, NameId) {
        let g = self.half(whole, other.0, true);
        let f = self.half(whole, other.1, false);
        if f != 0 && (g == 0 || f < g) {
            (f, false, whole, other.1)
        } else {
            (g, true, whole, other.0)
        }
    }

    /// All words of both names are the same, in any order, three or more.
    fn same_words(&self, ga: NameId, fa: NameId, gb: NameId, fb: NameId) -> bool {
        let count = |id: NameId| self.words_in(id);
        let wanted = count(ga) + count(fa);
        if wanted < 3 || wanted != count(gb) + count(fb) {
            return false;
        }
        let words = |g: NameId, f: NameId| {
            let mut all: Vec<u32> = [g, f]
                .iter()
                .flat_map(|&n| self.features.names.name(n).words.iter().copied())
                .collect();
            all.sort_unstable();
            all
        };
        words(ga, fa) == words(gb, fb)
    }

    /// All words of the shorter name, two or more, are words of the longer one, in any half.
    fn contained(&self, ga: NameId, fa: NameId, gb: NameId, fb: NameId) -> bool {
        let f = self.features;
        let count = |g: NameId, fa: NameId| self.words_in(g) + self.words_in(fa);
        let words = |g: NameId, fa: NameId| {
            let (given, family) = (&f.names.name(g).words, &f.names.name(fa).words);
            given.iter().chain(family).copied()
        };
        let (short, long) = match count(ga, fa).cmp(&count(gb, fb)) {
            std::cmp::Ordering::Less => ((ga, fa), (gb, fb)),
            std::cmp::Ordering::Equal => return false,
            std::cmp::Ordering::Greater => ((gb, fb), (ga, fa)),
        };
        // An initial begins too many words.
        words(short.0, short.1).all(|x| {
            !f.names.word(x).initial
                && words(long.0, long.1).any(|y| x == y || sounds_alike(f, x, y))
        })
    }

    /// The level of two halves of names; 0 when one is missing.
    fn half(&mut self, a: NameId, b: NameId, is_given: bool) -> u8 {
        let f = self.features;
        self.told(a, b, is_given).unwrap_or_else(|| {
            let names = &self.remembered.names;
            names.level(u8::from(is_given), a, b, |a, b| level(f, a, b, is_given))
        })
    }

    /// The level where no name needs to be compared for it.
    fn known(&self, a: NameId, b: NameId, is_given: bool) -> Option<u8> {
        let remembered = || self.remembered.names.known(u8::from(is_given), a, b);
        self.told(a, b, is_given).or_else(remembered)
    }

    /// The level where the cards tell it.
    fn told(&self, a: NameId, b: NameId, is_given: bool) -> Option<u8> {
        let f = self.features;
        if a == NONE || b == NONE {
            return Some(0);
        }
        let (x, y) = (&f.name_cards[a as usize], &f.name_cards[b as usize]);
        if a == b {
            return Some(if x.initial() {
                given::INITIAL
            } else {
                given::SAME
            });
        }
        if x.differs(*y) {
            debug_assert_eq!(level(f, a, b, is_given), given::DIFFERENT);
            return Some(given::DIFFERENT);
        }
        None
    }

    /// How many words a name has.
    fn words_in(&self, id: NameId) -> usize {
        match self.features.name_cards[id as usize].words {
            u8::MAX => self.features.names.name(id).words.len(),
            words => usize::from(words),
        }
    }
}

/// How much rarer than average what agrees is: whole for "same", half for less.
fn rarity(level: u8, left: f32, right_id: NameId, right: f32) -> f32 {
    let rarity = if right_id == NONE {
        left
    } else {
        left.min(right)
    };
    match level {
        given::SAME => rarity,
        given::NICKNAME..=given::PART => rarity / 2.0,
        _ => 0.0,
    }
}
