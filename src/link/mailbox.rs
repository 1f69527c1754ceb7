//! What a mailbox says about a name: `j.smith@`, `kkimura@`, `garrettruiz@`.

use hashbrown::HashMap;

use super::features::{FeatureRules, Features, Lists, NONE};
use super::names::WordId;

type Fixed = foldhash::fast::FixedState;

/// The words of each record for candidate keys: those of its name (neighbours
/// of a several-part half joined too), and those in its mailbox.
#[must_use]
pub fn words(f: &Features, _rules: &FeatureRules) -> Lists {
    let known = known_words(f);
    let mut cache: HashMap<u32, Vec<WordId>, Fixed> = HashMap::default();
    let mut lists = Lists::default();
    for record in 0..f.len() {
        let mut list: Vec<WordId> = Vec::new();
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
            let found = cache.entry(email).or_insert_with(|| {
                let email = &f.email_list[email as usize];
                if email.role {
                    Vec::new()
                } else {
                    mailbox_words(f, &known, &email.local)
                }
            });
            list.extend(found.iter());
        }
        // A native word stands for its Latin readings too.
        let readings: Vec<WordId> = list.iter().flat_map(|&w| f.names.readings(w)).collect();
        list.extend(readings);
        list.sort_unstable();
        list.dedup();
        lists.push(list);
    }
    lists
}

/// How many records use each Latin word in a name.
pub(super) fn known_words(f: &Features) -> HashMap<&str, u32, Fixed> {
    let mut known: HashMap<&str, u32, Fixed> = HashMap::default();
    for record in 0..f.len() {
        for name in [f.given[record], f.family[record]] {
            if name != NONE {
                for &word in &f.names.name(name).words {
                    *known.entry(f.names.word(word).latin.as_str()).or_default() += 1;
                }
            }
        }
    }
    known
}

/// Parts between separators; else the whole if it is a known word; else one letter
/// off the front or the back if the rest is known; else the best split in two known words.
pub(super) fn mailbox_words(
    f: &Features,
    known: &HashMap<&str, u32, Fixed>,
    local: &str,
) -> Vec<WordId> {
    // A Latin word before one of another script with the same letters.
    let word = |latin: &str| {
        let words = f.names.with_latin(latin);
        words.into_iter().min_by_key(|&w| f.names.word(w).script)
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
