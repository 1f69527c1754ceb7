//! What a mailbox says about a name: `j.smith@`, `kkimura@`, `garrettruiz@`.

use hashbrown::HashMap;

use rayon::prelude::*;

use super::features::{FeatureRules, Features};
use super::names::WordId;
use super::texts::{Lists, NONE, dedup};

type Fixed = foldhash::fast::FixedState;

/// Records whose words are worked out together.
const CHUNK: usize = 4096;

/// The words of each record for candidate keys: those of its name (neighbours
/// of a several-part half joined too), and those in its mailbox.
#[must_use]
pub fn words(f: &Features, _rules: &FeatureRules) -> Lists {
    let known = known_words(f);
    let parts: Vec<Lists> = (0..f.len().div_ceil(CHUNK))
        .into_par_iter()
        .map(|chunk| {
            let mut lists = Lists::default();
            let mut list: Vec<WordId> = Vec::new();
            for record in chunk * CHUNK..((chunk + 1) * CHUNK).min(f.len()) {
                words_of(f, &known, record, &mut list);
                lists.push(list.iter().copied());
            }
            lists
        })
        .collect();
    Lists::concat(&parts)
}

fn words_of(f: &Features, known: &Known<'_>, record: usize, list: &mut Vec<WordId>) {
    list.clear();
    for name in [
        f.given[record],
        f.family[record],
        f.whole[record],
        f.middle[record],
    ] {
        if name == NONE {
            continue;
        }
        let name = f.names.name(name);
        list.extend(&name.words);
        if name.words.len() > 1 {
            list.extend(f.names.with_latin(&name.glued).first());
        }
    }
    for &email in f.emails.of(record) {
        if !f.email_list[email as usize].role {
            list.extend(mailbox_words(f, known, f.local(email)));
        }
    }
    // A native word stands for its Latin readings too.
    for at in 0..list.len() {
        list.extend(f.names.readings(list[at]));
    }
    dedup(list);
}

/// How many records use each Latin word in a name.
pub(super) type Known<'f> = HashMap<&'f str, u32, Fixed>;

/// How many records use each Latin word in a name.
pub(super) fn known_words(f: &Features) -> Known<'_> {
    let mut by_name = vec![0_u32; f.names.names.len()];
    for &name in f.given.iter().chain(&f.family) {
        if name != NONE {
            by_name[name as usize] += 1;
        }
    }
    let mut known: Known<'_> = HashMap::default();
    for (name, count) in f.names.names.iter().zip(by_name) {
        for &word in name.words.iter().filter(|_| count > 0) {
            *known.entry(f.names.word(word).latin.as_str()).or_default() += count;
        }
    }
    known
}

/// Parts between separators; else the whole if it is a known word; else one letter
/// off the front or the back if the rest is known; else the best split in two known words.
pub(super) fn mailbox_words(f: &Features, known: &Known<'_>, local: &str) -> Vec<WordId> {
    // A Latin word before one of another script with the same letters.
    let word = |latin: &str| {
        let words = f.names.with_latin(latin);
        words
            .iter()
            .copied()
            .min_by_key(|&w| f.names.word(w).script)
    };
    let parts: Vec<&str> = local
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|p| !p.is_empty())
        .collect();
    if parts.len() > 1 {
        return parts.into_iter().filter_map(word).collect();
    }
    let Some(&whole) = parts.first() else {
        return Vec::new();
    };
    let seen = |part: &str| known.get(part).copied().unwrap_or(0);
    if seen(whole) > 0 {
        return word(whole).into_iter().collect();
    }
    let (Some(tail), Some(head)) = (whole.get(1..), whole.get(..whole.len() - 1)) else {
        return Vec::new();
    };
    for (rest, letter) in [(tail, &whole[..1]), (head, &whole[whole.len() - 1..])] {
        if rest.len() >= 2 && seen(rest) >= 2 {
            return [word(rest), word(letter)].into_iter().flatten().collect();
        }
    }
    let split = (2..whole.len().saturating_sub(1))
        .map(|at| whole.split_at(at))
        .map(|(a, b)| (seen(a).min(seen(b)), a, b))
        .filter(|(rarer, _, _)| *rarer >= 2)
        .max_by_key(|(rarer, _, _)| *rarer);
    match split {
        Some((_, a, b)) => [word(a), word(b)].into_iter().flatten().collect(),
        None => Vec::new(),
    }
}
