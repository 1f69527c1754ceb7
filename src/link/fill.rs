//! A half-empty or empty name is filled from the record's mailbox, for comparing only:
//! `garrett.ruiz@` with "Ruiz" gives Garrett, `togawa@` with "Ogawa" gives T., and
//! `maaya.sato@` without a name gives both.

use hashbrown::HashMap;
use rapidfuzz::distance::osa;
use rayon::prelude::*;

use super::features::{FeatureRules, Features, NONE};
use super::names::{NameId, Sound};

/// How many records use a Latin word as given and as family name.
type Usage = HashMap<String, [u32; 2], foldhash::fast::FixedState>;

const GIVEN: usize = 0;
const FAMILY: usize = 1;
/// A name that is this many times commoner as the other half stands in the wrong column.
const ELSEWHERE: u32 = 10;

/// What a mailbox tells: the halves that it holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Read<'a> {
    halves: [Option<&'a str>; 2],
}

/// Fills the names of all records that lack a half.
pub fn from_mailboxes(f: &mut Features, rules: &FeatureRules) {
    let usage = usage(f);
    for record in 0..f.len() {
        put_right(f, record, &usage);
    }
    let filled: Vec<(usize, [Option<String>; 2])> = (0..f.len())
        .into_par_iter()
        .with_min_len(1024)
        .filter_map(|record| Some((record, missing_halves(f, record, &usage, &rules.sound)?)))
        .collect();
    for (record, [given, family]) in filled {
        let mut intern = |text: Option<String>| {
            text.and_then(|t| f.names.intern(&t, &rules.letters, &rules.sound))
        };
        let (given, family) = (intern(given), intern(family));
        let whole = f.whole[record];
        if whole != NONE {
            // The mailbox has told which half the only word is.
            let (half, other) = if given.is_none() {
                (&mut f.given, &mut f.family)
            } else {
                (&mut f.family, &mut f.given)
            };
            half[record] = whole;
            other[record] = given.or(family).unwrap_or(NONE);
            f.whole[record] = NONE;
            continue;
        }
        if let Some(given) = given {
            f.given[record] = given;
        }
        if let Some(family) = family {
            f.family[record] = family;
        }
    }
}

/// A single half that the data uses nearly always as the other one goes there.
fn put_right(f: &mut Features, record: usize, usage: &Usage) {
    let (given, family) = (f.given[record], f.family[record]);
    let (half, name) = match (given, family) {
        (NONE, NONE) => return,
        (name, NONE) => (GIVEN, name),
        (NONE, name) => (FAMILY, name),
        _ => return,
    };
    let counts = counts(f, name, usage);
    if counts[1 - half] >= 3 && counts[1 - half] >= ELSEWHERE * counts[half] {
        f.given[record] = family;
        f.family[record] = given;
    }
}

/// How often a name is used as each half.
fn counts(f: &Features, name: NameId, usage: &Usage) -> [u32; 2] {
    spellings(f, name)
        .iter()
        .filter_map(|s| usage.get(*s))
        .fold([0, 0], |sum, c| [sum[0] + c[0], sum[1] + c[1]])
}

fn usage(f: &Features) -> Usage {
    let mut by_name = vec![[0_u32; 2]; f.names.names.len()];
    for (half, names) in [(GIVEN, &f.given), (FAMILY, &f.family)] {
        for &name in names.iter().filter(|&&name| name != NONE) {
            by_name[name as usize][half] += 1;
        }
    }
    let mut usage = Usage::default();
    for (name, counts) in f.names.names.iter().zip(by_name) {
        if name.initial || counts == [0, 0] {
            continue;
        }
        let latin = name.words.iter().map(|&w| f.names.word(w).latin.as_str());
        for word in latin.chain((name.words.len() > 1).then_some(name.glued.as_str())) {
            let sum = match usage.get_mut(word) {
                Some(sum) => sum,
                None => usage.entry(word.to_owned()).or_default(),
            };
            sum[GIVEN] += counts[GIVEN];
            sum[FAMILY] += counts[FAMILY];
        }
    }
    usage
}

/// The halves that a record lacks and one of its mailboxes tells.
fn missing_halves(
    f: &Features,
    record: usize,
    usage: &Usage,
    sound: &Sound,
) -> Option<[Option<String>; 2]> {
    let halves = [f.given[record], f.family[record]];
    let full = |name: NameId| name != NONE && !f.names.name(name).initial;
    if full(halves[GIVEN]) && full(halves[FAMILY]) {
        return None;
    }
    let whole = f.whole[record];
    let mut emails = f.emails.of(record).to_vec();
    // Ids follow the rows' order; spellings do not.
    emails.sort_unstable_by_key(|&email| (f.local(email), f.domain_name(email)));
    emails.into_iter().find_map(|email| {
        if f.email_list[email as usize].role {
            return None;
        }
        let local = f.local(email);
        let mut found = [None, None];
        if whole != NONE {
            let counts = counts(f, whole, usage);
            let half = usize::from(counts[FAMILY] > counts[GIVEN]);
            found[1 - half] = beside(f, whole, 1 - half, local, usage, sound);
        } else if let Some(half) = [GIVEN, FAMILY].into_iter().find(|&h| full(halves[h])) {
            found[1 - half] = beside(f, halves[half], 1 - half, local, usage, sound);
        } else {
            found = alone(local, usage)?.halves;
        }
        // What the record has of a half must fit what the mailbox tells.
        for half in [GIVEN, FAMILY] {
            if halves[half] == NONE || full(halves[half]) {
                continue;
            }
            let letter = spellings(f, halves[half])
                .first()
                .and_then(|s| s.bytes().next());
            if found[half].is_some_and(|word| word.bytes().next() != letter) {
                return None;
            }
            // An initial is no news.
            found[half] = found[half].filter(|word| word.len() > 1);
        }
        (found != [None, None]).then(|| found.map(|half| half.map(str::to_owned)))
    })
}

/// Latin spellings of half a name: each word, all glued, listed and learned readings.
fn spellings(f: &Features, name: NameId) -> Vec<&str> {
    let name = f.names.name(name);
    let mut out = vec![name.glued.as_str()];
    for &word in &name.words {
        out.push(f.names.word(word).latin.as_str());
        out.extend(
            f.names
                .readings(word)
                .map(|r| f.names.word(r).latin.as_str()),
        );
    }
    out
}

fn parts(local: &str) -> Vec<&str> {
    local
        .split(|c: char| !c.is_ascii_alphabetic())
        .filter(|part| !part.is_empty())
        .collect()
}

/// The `missing` half beside a known one.
fn beside<'a>(
    f: &Features,
    known: NameId,
    missing: usize,
    local: &'a str,
    usage: &Usage,
    sound: &Sound,
) -> Option<&'a str> {
    let spelled = spellings(f, known);
    let native = f.names.name(known).script;
    let skeleton: String = f
        .names
        .name(known)
        .words
        .iter()
        .flat_map(|&w| &f.names.word(w).across)
        .filter(|(script, _)| *script == native)
        .map(|(_, key)| key.as_str())
        .collect();
    let is_known = |part: &str| {
        if skeleton.len() >= 2
            && sound
                .across(native, part)
                .is_some_and(|key| key == skeleton)
        {
            return true;
        }
        spelled.iter().any(|s| {
            *s == part
                || s.len() >= 5
                    && osa::distance_with_args(
                        s.bytes(),
                        part.bytes(),
                        &osa::Args::default().score_cutoff(1),
                    )
                    .is_some()
        })
    };
    let begins = |part: &str| {
        spelled
            .iter()
            .any(|s| s.bytes().next() == part.bytes().next())
    };
    let used = |part: &str| usage.get(part).is_some_and(|c| c[missing] > 0);
    match parts(local)[..] {
        [a, b] if is_known(a) => Some(b),
        [a, b] if is_known(b) => Some(a),
        [a, b] if a.len() == 1 && b.len() >= 3 && begins(a) => Some(b),
        [a, b] if b.len() == 1 && a.len() >= 3 && begins(b) => Some(a),
        [whole] => {
            let rest = spelled
                .iter()
                .filter(|s| s.len() >= 2 && s.len() < whole.len())
                .filter_map(|s| whole.strip_prefix(*s).or_else(|| whole.strip_suffix(*s)))
                // Two letters, known or left over, are part of any word.
                .filter(|rest| used(rest) || rest.len() != 2 && whole.len() - rest.len() > 2)
                .min_by_key(|rest| rest.len());
            if rest.is_some() {
                return rest;
            }
            let (tail, head) = (whole.get(1..)?, whole.get(..whole.len() - 1)?);
            if begins(whole) && tail.len() >= 3 && used(tail) {
                return Some(tail);
            }
            let last = whole.get(whole.len() - 1..)?;
            if begins(last) && head.len() >= 3 && used(head) {
                return Some(head);
            }
            // Nothing but the other half.
            (whole.len() >= 3 && used(whole) && !is_known(whole)).then_some(whole)
        }
        _ => None,
    }
}

/// Both halves of a mailbox without a name beside it.
fn alone<'a>(local: &'a str, usage: &Usage) -> Option<Read<'a>> {
    let count = |part: &str, half: usize| usage.get(part).map_or(0, |c| c[half]);
    let known = |part: &str| count(part, GIVEN) + count(part, FAMILY);
    // Which of two parts is the given name, by how the data uses them.
    let in_order = |a: &'a str, b: &'a str| {
        let fits = |g: &str, fa: &str| {
            (f64::from(count(g, GIVEN)) + 0.1) * (f64::from(count(fa, FAMILY)) + 0.1)
        };
        Read {
            halves: if fits(b, a) > fits(a, b) {
                [Some(b), Some(a)]
            } else {
                [Some(a), Some(b)]
            },
        }
    };
    let with_initial = |letter: &'a str, word: &'a str| Read {
        halves: if count(word, GIVEN) > count(word, FAMILY) {
            [Some(word), Some(letter)]
        } else {
            [Some(letter), Some(word)]
        },
    };
    match parts(local)[..] {
        [a, b] if a.len() >= 2 && b.len() >= 2 && known(a) + known(b) > 0 => Some(in_order(a, b)),
        [a, b] if a.len() == 1 && known(b) > 0 => Some(with_initial(a, b)),
        [a, b] if b.len() == 1 && known(a) > 0 => Some(with_initial(b, a)),
        [whole] if whole.len() >= 3 => {
            if known(whole) > 0 {
                let half = usize::from(count(whole, FAMILY) > count(whole, GIVEN));
                let mut read = Read::default();
                read.halves[half] = Some(whole);
                return Some(read);
            }
            let at = whole.len() - 1;
            let (tail, head) = (whole.get(1..)?, whole.get(..at)?);
            for (letter, word) in [(whole.get(..1)?, tail), (whole.get(at..)?, head)] {
                if word.len() >= 3 && known(word) >= 2 {
                    return Some(with_initial(letter, word));
                }
            }
            (3..whole.len().saturating_sub(2))
                .filter_map(|at| Some((whole.get(..at)?, whole.get(at..)?)))
                .filter(|(a, b)| known(a) > 0 && known(b) > 0)
                .max_by_key(|(a, b)| known(a).min(known(b)))
                .map(|(a, b)| in_order(a, b))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_alone_tells_both_halves() {
        let mut usage = Usage::default();
        for (word, counts) in [("maaya", [3, 0]), ("sato", [0, 9]), ("ogawa", [0, 2])] {
            usage.insert(word.to_owned(), counts);
        }
        for (local, given, family) in [
            ("maaya.sato", Some("maaya"), Some("sato")),
            ("sato_maaya77", Some("maaya"), Some("sato")),
            ("maayasato", Some("maaya"), Some("sato")),
            ("togawa", Some("t"), Some("ogawa")),
            ("maayas", Some("maaya"), Some("s")),
            ("sato", None, Some("sato")),
        ] {
            let halves = [given, family];
            assert_eq!(alone(local, &usage), Some(Read { halves }), "{local}");
        }
        for local in ["info", "k9", "a.b.c", "webshop.berlin"] {
            assert_eq!(alone(local, &usage), None, "{local}");
        }
    }
}
