//! The level of two halves of names, by their words.

use rapidfuzz::distance::jaro;

use super::Comparison;
use super::names::{family_level, given};
use super::text::{similar, within_edits};
use crate::link::features::Features;
use crate::link::names::sound::once;
use crate::link::names::{Name, NameId, Word};

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
        let all_initials = left.initial && right.initial;
        let left_is_short = if all_initials {
            left.words.len() <= right.words.len()
        } else {
            left.initial
        };
        let (short, long) = if left_is_short {
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
    if allowed(given::TYPO) && typos(f, left, right) {
        return given::TYPO;
    }
    if part(left, right) || part(right, left) {
        return given::PART;
    }
    if resemble(f, left, right) {
        given::RESEMBLING
    } else {
        given::DIFFERENT
    }
}

/// A third of the letters differ at most, or many are the same in about the same order
/// (Jaro; not Jaro-Winkler, which forgives another word with the same beginning). Word by
/// word where both names have as many words: the worst word decides.
fn resemble(f: &Features, left: &Name, right: &Name) -> bool {
    by_word(f, left, right, |a, b| {
        let letters = jaro::Args::default().score_cutoff(0.83);
        within_edits(a, b, a.len().max(b.len()) / 3)
            || jaro::similarity_with_args(a.bytes(), b.bytes(), &letters).is_some()
    })
}

/// Typing errors, word by word where both names have as many words.
fn typos(f: &Features, left: &Name, right: &Name) -> bool {
    by_word(f, left, right, typo)
}

/// Words in order where both names have as many, else all glued (a blank more or less).
fn by_word(f: &Features, left: &Name, right: &Name, alike: impl Fn(&str, &str) -> bool) -> bool {
    if left.words.len() == right.words.len() {
        let latin = |w: u32| f.names.word(w).latin.as_str();
        aligned(left, right, |x, y| alike(latin(x), latin(y)))
    } else {
        alike(&left.glued, &right.glued)
    }
}

/// One edit from four letters, two from seven, or a Jaro-Winkler similarity of 0.93.
pub(super) fn typo(a: &str, b: &str) -> bool {
    let shorter = a.len().min(b.len());
    let allowed = match shorter {
        0..=3 => return false,
        4..=6 => 1,
        _ => 2,
    };
    within_edits(a, b, allowed) || similar(a, b, 0.93)
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
pub(super) fn sounds_alike(f: &Features, x: u32, y: u32) -> bool {
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
    // The table is that of the script that is not Latin (Latin is the smallest).
    let table = left.script.max(right.script);
    let skeleton = |name: &Name| {
        words(name, &|w| {
            let own = w.across.iter().find(|(script, _)| *script == table);
            own.map_or_else(|| w.coarse.clone(), |(_, key)| key.clone())
        })
    };
    let (a, b) = (skeleton(left), skeleton(right));
    if (a == b && a.len() >= 2) || aligned(left, right, learned) || typos(f, left, right) {
        return given::SCRIPT_SOUND;
    }
    if part(left, right) || part(right, left) {
        given::PART
    } else if resemble(f, left, right) {
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
