//! Given and family names: levels of each half, swapped order, whole names.

use rapidfuzz::distance::osa;

use super::cache::PairCache;
use super::text::similar;
use super::{Compared, Comparison};
use crate::link::card::Card;
use crate::link::features::{Features, NONE};
use crate::link::names::letters::Script;
use crate::link::names::sound::once;
use crate::link::names::{Name, NameId, Word};

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

const CACHE: usize = 1 << 16;

/// Compares names, remembering the pairs it has seen. One for each thread.
pub struct NameComparer<'a> {
    features: &'a Features,
    /// Direct-mapped: key → level. The key holds both ids and the kind.
    cache: Vec<(u64, u8)>,
    /// Levels of titles, streets, cities, employers.
    pub texts: PairCache,
}

impl<'a> NameComparer<'a> {
    #[must_use]
    pub fn new(features: &'a Features) -> Self {
        Self::with_cache(features, CACHE)
    }

    /// For a few pairs only.
    #[must_use]
    pub fn small(features: &'a Features) -> Self {
        Self::with_cache(features, 64)
    }

    fn with_cache(features: &'a Features, slots: usize) -> Self {
        Self {
            features,
            cache: vec![(u64::MAX, 0); slots],
            texts: PairCache::new(slots),
        }
    }

    /// Sets the given, family and swapped levels and the rarity of what agrees.
    pub fn compare(&mut self, a: &Card, b: &Card, out: &mut Compared) {
        let f = self.features;
        let (ga, fa, gb, fb) = (a.given, a.family, b.given, b.family);
        let (wa, wb) = (a.whole, b.whole);
        if wa != NONE || wb != NONE {
            self.compare_whole((ga, fa, wa), (gb, fb, wb), out);
            return;
        }
        let mut given = self.half(ga, gb, true);
        let mut family = self.half(fa, fb, false);
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
        out.given_rarity = self.rarity(given, f.given_rarity(rare_given), gb, f.given_rarity(gb));
        out.family_rarity = self.rarity(
            family,
            f.family_rarity(rare_family),
            fb,
            f.family_rarity(fb),
        );
        if (1..=given::PART).contains(&given) && (1..=given::PART).contains(&family) {
            let (left, right) = (f.communities.bits(ga, fa), f.communities.bits(gb, fb));
            out.community = f32::midpoint(left, right);
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
        let commoner = |id: NameId| f.given_rarity(id).min(f.family_rarity(id));
        let rarity = self.rarity(level, commoner(x), y, commoner(y));
        if as_given {
            out.pattern.set(Comparison::Given, level);
            out.given_rarity = rarity;
        } else {
            out.pattern.set(Comparison::Family, family_level(level));
            out.family_rarity = rarity;
        }
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

    /// How much rarer than average what agrees is: whole for "same", half for less.
    fn rarity(&self, level: u8, left: f32, right_id: NameId, right: f32) -> f32 {
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

    /// All words of both names are the same, in any order, three or more.
    fn same_words(&self, ga: NameId, fa: NameId, gb: NameId, fb: NameId) -> bool {
        let count = |id: NameId| self.features.names.name(id).words.len();
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

    /// The level of two halves of names; 0 when one is missing.
    fn half(&mut self, a: NameId, b: NameId, is_given: bool) -> u8 {
        if a == NONE || b == NONE {
            return 0;
        }
        if a == b {
            return if self.features.names.name(a).initial {
                given::INITIAL
            } else {
                given::SAME
            };
        }
        let cards = &self.features.name_cards;
        if let (Some(x), Some(y)) = (cards.get(a as usize), cards.get(b as usize))
            && x.differs(*y)
        {
            debug_assert_eq!(level(self.features, a, b, is_given), given::DIFFERENT);
            return given::DIFFERENT;
        }
        let (low, high) = (a.min(b), a.max(b));
        let key = u64::from(low) << 33 | u64::from(high) << 1 | u64::from(is_given);
        let at = usize::try_from(key.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 48).unwrap_or(0)
            & (self.cache.len() - 1);
        if self.cache[at].0 == key {
            return self.cache[at].1;
        }
        let level = level(self.features, low, high, is_given);
        self.cache[at] = (key, level);
        level
    }
}

/// The level of two different names, strongest first; symmetric.
#[must_use]
pub fn level(f: &Features, a: NameId, b: NameId, is_given: bool) -> u8 {
    let (left, right) = (f.names.name(a), f.names.name(b));
    if left.sorted == right.sorted || (left.glued == right.glued && !left.initial) {
        return if left.initial {
            given::INITIAL
        } else if left.script == right.script {
            given::SAME
        } else {
            given::SCRIPT
        };
    }
    if left.initial || right.initial {
        let (short, long) = if left.initial {
            (left, right)
        } else {
            (right, left)
        };
        return if initials_fit(f, short, long) {
            given::INITIAL
        } else {
            given::DIFFERENT
        };
    }
    let one_each = left.words.len() == 1 && right.words.len() == 1;
    let allowed = |level: u8| {
        if is_given {
            f.left_out.allows(Comparison::Given, level)
        } else {
            f.left_out.allows(Comparison::Family, family_level(level))
        }
    };
    if is_given
        && allowed(given::NICKNAME)
        && left
            .words
            .iter()
            .any(|&x| right.words.iter().any(|&y| f.nicknames.alike(x, y)))
        && (one_each || left.words.len() != right.words.len() || alike_words(f, left, right))
    {
        return given::NICKNAME;
    }
    if allowed(given::LEARNED) && aligned(left, right, |x, y| f.learned.alike(x, y, is_given)) {
        return given::LEARNED;
    }
    if left.script != right.script {
        return across_scripts(f, left, right);
    }
    if allowed(given::SOUND) && aligned(left, right, |x, y| sounds_alike(f, x, y)) {
        return given::SOUND;
    }
    if allowed(given::TYPO) && typo(&left.glued, &right.glued) {
        return given::TYPO;
    }
    if part(left, right) || part(right, left) {
        return given::PART;
    }
    if similar(&left.glued, &right.glued, 0.83) {
        given::RESEMBLING
    } else {
        given::DIFFERENT
    }
}

/// One edit from four letters, two from seven, or a Jaro-Winkler similarity of 0.93.
fn typo(a: &str, b: &str) -> bool {
    let shorter = a.len().min(b.len());
    let allowed = match shorter {
        0..=3 => return false,
        4..=6 => 1,
        _ => 2,
    };
    osa::distance_with_args(
        a.bytes(),
        b.bytes(),
        &osa::Args::default().score_cutoff(allowed),
    )
    .is_some()
        || similar(a, b, 0.93)
}

/// All words of the shorter name are words of the longer one.
fn part(short: &Name, long: &Name) -> bool {
    short.words.len() < long.words.len() && short.words.iter().all(|w| long.words.contains(w))
}

/// Both names have as many words, and each finds its partner in order.
fn aligned(a: &Name, b: &Name, alike: impl Fn(u32, u32) -> bool) -> bool {
    a.words.len() == b.words.len()
        && a.words
            .iter()
            .zip(&b.words)
            .all(|(&x, &y)| x == y || alike(x, y))
}

fn alike_words(f: &Features, a: &Name, b: &Name) -> bool {
    aligned(a, b, |x, y| f.nicknames.alike(x, y))
}

/// Neutral spelling, a reading in common, or a longer skeleton, inside one script.
fn sounds_alike(f: &Features, x: u32, y: u32) -> bool {
    let (a, b) = (f.names.word(x), f.names.word(y));
    a.neutral == b.neutral
        || a.readings.iter().any(|r| b.readings.contains(r))
        // Vowels are written, so only longer skeletons speak.
        || (a.skeleton == b.skeleton
            && a.skeleton.len() >= 3
            && a.latin.len().abs_diff(b.latin.len()) <= 2)
}

/// The level of two names in two scripts that are not the same letter by letter.
fn across_scripts(f: &Features, left: &Name, right: &Name) -> u8 {
    let words = |name: &Name, key: &dyn Fn(&Word) -> String| {
        name.words
            .iter()
            .map(|&w| key(f.names.word(w)))
            .collect::<String>()
    };
    let neutral = |name: &Name| once(&words(name, &|w| w.neutral.clone()));
    let neutral_of = |word: u32| &f.names.word(word).neutral;
    let listed = |x: u32, y: u32| {
        let (a, b) = (f.names.word(x), f.names.word(y));
        a.readings.iter().any(|&r| neutral_of(r) == &b.neutral)
            || b.readings.iter().any(|&r| neutral_of(r) == &a.neutral)
            || a.readings.iter().any(|r| b.readings.contains(r))
    };
    if neutral(left) == neutral(right) || aligned(left, right, listed) {
        return given::SCRIPT;
    }
    let learned = |x: u32, y: u32| {
        listed(x, y)
            || f.names.readings(x).any(|r| neutral_of(r) == neutral_of(y))
            || f.names.readings(y).any(|r| neutral_of(r) == neutral_of(x))
    };
    // The table is that of the script that is not Latin.
    let table = if left.script == Script::Latin {
        right.script
    } else {
        left.script
    };
    let skeleton = |name: &Name| {
        words(name, &|w| {
            let own = w.across.iter().find(|(script, _)| *script == table);
            own.map_or_else(|| w.coarse.clone(), |(_, key)| key.clone())
        })
    };
    let (a, b) = (skeleton(left), skeleton(right));
    if (a == b && a.len() >= 2) || aligned(left, right, learned) || typo(&left.glued, &right.glued)
    {
        return given::SCRIPT_SOUND;
    }
    if part(left, right) || part(right, left) {
        given::PART
    } else if similar(&left.glued, &right.glued, 0.83) {
        given::RESEMBLING
    } else {
        given::SCRIPT_DIFFERENT
    }
}

/// Each initial begins a word of the long name, in order.
fn initials_fit(f: &Features, short: &Name, long: &Name) -> bool {
    let first = |word: &Word| word.latin.bytes().next();
    let mut rest = long.words.iter();
    short.words.iter().all(|&initial| {
        let letter = first(f.names.word(initial));
        rest.by_ref().any(|&w| {
            first(f.names.word(w)) == letter
                || f.names
                    .readings(w)
                    .any(|r| first(f.names.word(r)) == letter)
        })
    })
}
