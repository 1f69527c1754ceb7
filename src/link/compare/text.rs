//! Plain texts: titles, streets, postcodes, cities, numbers, suffixes.

use rapidfuzz::distance::{jaro_winkler, osa};

use crate::link::card::Letters;
use crate::link::features::{NONE, Texts};

/// 1 same · 2 on one side only · 3 conflict; 0 when neither has one.
#[must_use]
pub const fn suffix(a: u8, b: u8) -> u8 {
    match (a, b) {
        (0, 0) => 0,
        (0, _) | (_, 0) => 2,
        _ if a == b => 1,
        _ => 3,
    }
}

/// 1 same · 2 different; 0 missing.
#[must_use]
pub const fn same_or_not(a: u32, b: u32) -> u8 {
    if a == NONE || b == NONE {
        0
    } else if a == b {
        1
    } else {
        2
    }
}

/// A number that names a person: 1 same · 2 one edit · 3 two edits · 4 different; 0 missing.
#[must_use]
pub fn number(texts: &Texts, a: u32, b: u32) -> u8 {
    if a == NONE || b == NONE {
        return 0;
    }
    if a == b {
        return 1;
    }
    let (a, b) = (texts.get(a), texts.get(b));
    match osa::distance_with_args(a.bytes(), b.bytes(), &osa::Args::default().score_cutoff(2)) {
        Some(0 | 1) => 2,
        Some(_) => 3,
        None => 4,
    }
}

/// 1 same · 2 similar (half of the words, or one spelling) · 3 different; 0 missing.
#[must_use]
pub fn title(texts: &Texts, a: u32, b: u32) -> u8 {
    if a == NONE || b == NONE {
        return 0;
    }
    if a == b {
        return 1;
    }
    let (a, b) = (texts.get(a), texts.get(b));
    if shared_words(a, b) >= 0.5 || similar(a, b, 0.9) {
        2
    } else {
        3
    }
}

/// 1 same · 2 same street, and a number in common · 3 same street, other number · 4 different; 0 missing.
#[must_use]
pub fn street(texts: &Texts, a: u32, b: u32) -> u8 {
    if a == NONE || b == NONE {
        return 0;
    }
    if a == b {
        return 1;
    }
    let (a, b) = (texts.get(a), texts.get(b));
    let is_number = |w: &&str| w.bytes().any(|c| c.is_ascii_digit());
    let words = |s: &'_ str| s.split(' ').filter(|w| !is_number(w)).count();
    if words(a) == 0 || words(b) == 0 {
        return 4;
    }
    let same = a
        .split(' ')
        .filter(|w| !is_number(w))
        .eq(b.split(' ').filter(|w| !is_number(w)));
    if !same && !alike_streets(a, b, is_number) {
        return 4;
    }
    let shared = a
        .split(' ')
        .filter(is_number)
        .any(|n| b.split(' ').any(|m| m == n));
    if !shared {
        3
    } else if same
        && a.split(' ')
            .filter(is_number)
            .eq(b.split(' ').filter(is_number))
    {
        1
    } else {
        2
    }
}

/// Two different streets, numbers left out, that are one spelling or share most words.
fn alike_streets(a: &str, b: &str, is_number: impl Fn(&&str) -> bool) -> bool {
    let words = |s: &str| {
        let mut out = String::with_capacity(s.len());
        for word in s.split(' ').filter(|w| !is_number(w)) {
            if !out.is_empty() {
                out.push(' ');
            }
            out.push_str(word);
        }
        out
    };
    let (a, b) = (words(a), words(b));
    similar(&a, &b, 0.92) || shared_words(&a, &b) >= 0.66
}

/// 1 same · 2 near (one edit, or the same beginning) · 3 different; 0 missing.
#[must_use]
pub fn postcode(texts: &Texts, a: u32, b: u32) -> u8 {
    if a == NONE || b == NONE {
        return 0;
    }
    if a == b {
        return 1;
    }
    let (a, b) = (texts.get(a), texts.get(b));
    let near = a.len() == b.len() && a.len() >= 3 && a.as_bytes()[..3] == b.as_bytes()[..3];
    let far = a.len().abs_diff(b.len()) > 1 || Letters::of(a).edits(Letters::of(b)) > 1;
    if near {
        2
    } else if far {
        3
    } else if osa::distance_with_args(a.bytes(), b.bytes(), &osa::Args::default().score_cutoff(1))
        .is_some()
    {
        2
    } else {
        3
    }
}

/// 1 same · 2 near spelling or one inside the other · 3 different; 0 missing.
#[must_use]
pub fn city(texts: &Texts, a: u32, b: u32) -> u8 {
    if a == NONE || b == NONE {
        return 0;
    }
    if a == b {
        return 1;
    }
    let (a, b) = (texts.get(a), texts.get(b));
    if similar(a, b, 0.9) || (a.len() >= 4 && b.contains(a)) || (b.len() >= 4 && a.contains(b)) {
        2
    } else {
        3
    }
}

/// Jaro-Winkler similarity of at least `cutoff`, on bytes of folded text.
#[must_use]
pub fn similar(a: &str, b: &str, cutoff: f64) -> bool {
    let args = jaro_winkler::Args::default().score_cutoff(cutoff);
    jaro_winkler::similarity_with_args(a.bytes(), b.bytes(), &args).is_some()
}

/// At most so many edits (a letter more, less or other, or two neighbours exchanged) part two
/// texts, on bytes of folded text.
#[must_use]
pub fn within_edits(a: &str, b: &str, allowed: usize) -> bool {
    let args = osa::Args::default().score_cutoff(allowed);
    osa::distance_with_args(a.bytes(), b.bytes(), &args).is_some()
}

/// Words in common over the words of the longer text, 0 to 1, the same in either order.
fn shared_words(a: &str, b: &str) -> f64 {
    let found = |a: &str, b: &str| {
        a.split(' ')
            .filter(|word| word.len() > 1 && b.split(' ').any(|other| other == *word))
            .count()
    };
    let all = a.split(' ').count().max(b.split(' ').count());
    #[allow(clippy::cast_precision_loss)] // a handful of words
    let share = found(a, b).min(found(b, a)) as f64 / all.max(1) as f64;
    share
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The prepared comparator's scores are strsim's.
    #[test]
    fn rapidfuzz_scores_as_strsim_does() {
        let words = [
            "martha",
            "marhta",
            "dixon",
            "dicksonx",
            "jellyfish",
            "smellyfish",
            "a",
            "ab",
            "georgieva",
            "georgiev",
        ];
        for a in words {
            for b in words {
                let theirs = strsim::jaro_winkler(a, b);
                let ours = jaro_winkler::similarity(a.bytes(), b.bytes());
                assert!((theirs - ours).abs() < 1e-9, "{a} {b} {theirs} {ours}");
                assert_eq!(
                    strsim::osa_distance(a, b),
                    osa::distance(a.bytes(), b.bytes()),
                    "{a} {b}"
                );
            }
        }
    }

    #[test]
    fn streets_with_and_without_the_same_number() {
        let mut texts = Texts::default();
        let id = |texts: &mut Texts, s: &str| texts.intern(s);
        let a = id(&mut texts, "12 oak street");
        let b = id(&mut texts, "12 oak street apt 4");
        let c = id(&mut texts, "99 oak street");
        let d = id(&mut texts, "7 elm avenue");
        assert_eq!(street(&texts, a, a), 1);
        assert_eq!(street(&texts, a, b), 2);
        assert_eq!(street(&texts, a, c), 3);
        assert_eq!(street(&texts, a, d), 4);
    }
}
