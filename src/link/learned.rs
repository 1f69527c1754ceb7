//! What the data says about names that no list knows: records that share an address
//! or a phone are mostly one person, so how their names differ shows which names go
//! for each other.
//!
//! * **Readings**: how a native word is written in Latin letters (`田中` Tanaka), from
//!   records that share an address or a phone and from the record's own mailbox.
//! * **Aliases**: names that stand for each other though no rule finds them alike
//!   (Christopher and Topher, Liu and Lau).

use std::collections::{BTreeMap, BTreeSet};

use hashbrown::{HashMap, HashSet};
use rayon::prelude::*;

use super::compare::names::{given, level};
use super::features::{Features, Lists, NONE};
use super::mailbox;
use super::names::letters::Script;
use super::names::{NameId, WordId};

type Fixed = foldhash::fast::FixedState;

/// Addresses and phones of more differently named people say nothing.
const NAMES: usize = 6;
/// A phone of more records is a switchboard.
const PHONE_RECORDS: usize = 6;
/// What a Latin word counts, in twentieths: in the same half of the name, in the other, in
/// the mailbox. Whole numbers, so that the order of adding them does not matter.
const SAME_HALF: u32 = 20;
const OTHER_HALF: u32 = 5;
const MAILBOX: u32 = 12;
/// A reading needs this count …
const COUNT: u32 = 24;
/// … this share of all counts of its word, in tenths, and this lead over the second, in tenths.
const SHARE: u32 = 3;
const LEAD: u32 = 15;
/// An alias needs as many bearers and this share of the rarer name's.
const BEARERS: usize = 2;
const OF_THE_RARER: f64 = 0.08;

/// Aliases of words, by half of the name.
#[derive(Debug, Default)]
pub struct Learned {
    given: HashSet<(WordId, WordId), Fixed>,
    family: HashSet<(WordId, WordId), Fixed>,
    /// The words of both.
    known: HashSet<WordId, Fixed>,
    /// Readings learned.
    pub readings: usize,
}

/// Two words that are aliases of each other, the smaller first; whether of given names.
pub type Alias = (bool, WordId, WordId);

impl Learned {
    pub fn take_up(&mut self, aliases: Vec<Alias>) {
        for (is_given, x, y) in aliases {
            let half = if is_given {
                &mut self.given
            } else {
                &mut self.family
            };
            half.insert((x, y));
            self.known.extend([x, y]);
        }
    }

    /// Are two words aliases of each other in this half of a name?
    #[must_use]
    pub fn alike(&self, a: WordId, b: WordId, is_given: bool) -> bool {
        self.half(is_given).contains(&(a.min(b), a.max(b)))
    }

    /// The word has an alias, in whichever half.
    #[must_use]
    pub fn knows(&self, word: WordId) -> bool {
        self.known.contains(&word)
    }

    #[must_use]
    pub fn aliases(&self) -> usize {
        self.given.len() + self.family.len()
    }

    const fn half(&self, is_given: bool) -> &HashSet<(WordId, WordId), Fixed> {
        if is_given { &self.given } else { &self.family }
    }
}

/// Learns the Latin readings of native words; the number of those learned.
pub fn readings(f: &mut Features) {
    let native = |script: Script| script != Script::Latin;
    if !f.names.words.iter().any(|w| native(w.script)) {
        return;
    }
    let mut votes: HashMap<(WordId, WordId), u32, Fixed> = HashMap::default();
    for names in groups(f) {
        // Each pair once a group, at its best.
        let mut here: BTreeMap<(WordId, WordId), u32> = BTreeMap::new();
        for a in &names {
            for b in &names {
                for (x, half) in [(a.0, 0), (a.1, 1)] {
                    for (y, other) in [(b.0, 0), (b.1, 1)] {
                        let (Some(x), Some(y)) = (one_word(f, x), one_word(f, y)) else {
                            continue;
                        };
                        let (from, to) = (f.names.word(x), f.names.word(y));
                        if native(from.script) && !native(to.script) && to.latin.len() > 1 {
                            let worth = if half == other { SAME_HALF } else { OTHER_HALF };
                            let vote = here.entry((x, y)).or_default();
                            *vote = (*vote).max(worth);
                        }
                    }
                }
            }
        }
        for (pair, worth) in here {
            *votes.entry(pair).or_default() += worth;
        }
    }
    for (word, latin) in in_mailboxes(f) {
        *votes.entry((word, latin)).or_default() += MAILBOX;
    }
    for (word, latin) in best(f, votes) {
        f.names.learn_reading(word, latin);
        f.learned.readings += 1;
    }
}

/// Native words of a record's name with the Latin words of its own mailboxes, each
/// pair once a mailbox.
fn in_mailboxes(f: &Features) -> Vec<(WordId, WordId)> {
    let known = mailbox::known_words(f);
    let mut found: Vec<(u32, WordId, WordId)> = Vec::new();
    for record in 0..f.len() {
        let words: Vec<WordId> = [f.given[record], f.family[record]]
            .into_iter()
            .filter_map(|name| one_word(f, name))
            .filter(|&w| f.names.word(w).script != Script::Latin)
            .collect();
        if words.is_empty() {
            continue;
        }
        for &email in f.emails.of(record) {
            if f.email_list[email as usize].role {
                continue;
            }
            for latin in mailbox::mailbox_words(f, &known, f.local(email)) {
                let word = f.names.word(latin);
                if word.script == Script::Latin && word.latin.len() > 1 {
                    found.extend(words.iter().map(|&w| (email, w, latin)));
                }
            }
        }
    }
    found.sort_unstable();
    found.dedup();
    found.into_iter().map(|(_, w, latin)| (w, latin)).collect()
}

/// The winning Latin word of each native one, where it wins clearly and letters alone
/// would not have found it.
fn best(f: &Features, votes: HashMap<(WordId, WordId), u32, Fixed>) -> Vec<(WordId, WordId)> {
    let mut of_word: BTreeMap<WordId, Vec<(u32, WordId)>> = BTreeMap::new();
    for ((word, latin), count) in votes {
        of_word.entry(word).or_default().push((count, latin));
    }
    let mut out = Vec::new();
    for (word, mut list) in of_word {
        // Ties by spelling: ids follow the rows' order.
        list.sort_by(|a, b| {
            b.0.cmp(&a.0)
                .then_with(|| f.names.word(a.1).latin.cmp(&f.names.word(b.1).latin))
        });
        let (count, latin) = list[0];
        let all: u32 = list.iter().map(|v| v.0).sum();
        let spelled = &f.names.word(latin).neutral;
        let second = list[1..]
            .iter()
            .find(|v| f.names.word(v.1).neutral != *spelled)
            .map_or(0, |v| v.0);
        if count >= COUNT && count * 10 >= SHARE * all && count * 10 >= LEAD * second {
            out.push((word, latin));
        }
    }
    out
}

/// The aliases that the data show: whether of given names, and both words. To be asked
/// when the readings and the nicknames are known.
pub fn aliases(f: &Features) -> Vec<Alias> {
    let mut seen: HashMap<(bool, WordId, WordId), BTreeSet<&str>, Fixed> = HashMap::default();
    for names in groups(f) {
        for (at, a) in names.iter().enumerate() {
            for b in &names[at + 1..] {
                for is_given in [true, false] {
                    let ((x, y), (u, v)) = if is_given {
                        ((a.0, b.0), (a.1, b.1))
                    } else {
                        ((a.1, b.1), (a.0, b.0))
                    };
                    let (Some(x), Some(y)) = (one_word(f, x), one_word(f, y)) else {
                        continue;
                    };
                    if x == y || u == NONE || v == NONE {
                        continue;
                    }
                    let other = if u == v {
                        given::SAME
                    } else {
                        level(f, u, v, !is_given)
                    };
                    if other > given::PART {
                        continue;
                    }
                    // One bearer, whichever of the two spellings of the other half it has.
                    let sound = |name: NameId| {
                        let first = f.names.name(name).words[0];
                        f.names.word(first).coarse.as_str()
                    };
                    let bearers = seen.entry((is_given, x.min(y), x.max(y))).or_default();
                    bearers.insert(sound(u).min(sound(v)));
                }
            }
        }
    }
    let bearers = bearers(f);
    let mut found: Vec<Alias> = Vec::new();
    for ((is_given, x, y), of) in seen {
        let rarer = [x, y].map(|w| bearers.get(&(is_given, w)).copied().unwrap_or(0));
        let rarer = f64::from(rarer[0].min(rarer[1]));
        #[allow(clippy::cast_precision_loss)] // counts of names
        let share = of.len() as f64 / rarer.max(1.0);
        if of.len() < BEARERS || share < OF_THE_RARER || !unlike(f, x, y, is_given) {
            continue;
        }
        found.push((is_given, x, y));
    }
    found
}

/// No rule finds the two words alike.
fn unlike(f: &Features, x: WordId, y: WordId, is_given: bool) -> bool {
    let name = |w: WordId| f.names.of_word(w);
    match (name(x), name(y)) {
        (Some(a), Some(b)) => level(f, a, b, is_given) >= given::RESEMBLING,
        _ => false,
    }
}

/// How many different full names have a word as that half.
fn bearers(f: &Features) -> HashMap<(bool, WordId), u32, Fixed> {
    let mut full: Vec<(NameId, NameId)> = f
        .given
        .iter()
        .copied()
        .zip(f.family.iter().copied())
        .collect();
    full.par_sort_unstable();
    full.dedup();
    let mut counts: HashMap<(bool, WordId), u32, Fixed> = HashMap::default();
    for (g, fa) in full {
        for (is_given, name) in [(true, g), (false, fa)] {
            if let Some(word) = one_word(f, name) {
                *counts.entry((is_given, word)).or_default() += 1;
            }
        }
    }
    counts
}

/// The word of a half that has just one, and more than an initial.
fn one_word(f: &Features, name: NameId) -> Option<WordId> {
    if name == NONE {
        return None;
    }
    match f.names.name(name).words[..] {
        [word] if !f.names.word(word).initial => Some(word),
        _ => None,
    }
}

/// The different names of each address and phone that few names share.
fn groups(f: &Features) -> Vec<Vec<(NameId, NameId)>> {
    let mut out = Vec::new();
    let emails = by_value(f, &f.emails, |id| !f.email_list[id as usize].role);
    let phones = by_value(f, &f.phones, |_| true);
    for run in emails.chunk_by(|a, b| a.0 == b.0) {
        names_of(f, run, &mut out);
    }
    for run in phones
        .chunk_by(|a, b| a.0 == b.0)
        .filter(|run| run.len() <= PHONE_RECORDS)
    {
        names_of(f, run, &mut out);
    }
    out
}

/// (value, record), sorted.
fn by_value(f: &Features, lists: &Lists, wanted: impl Fn(u32) -> bool) -> Vec<(u32, u32)> {
    let mut out: Vec<(u32, u32)> = (0u32..)
        .take(f.len())
        .flat_map(|record| {
            lists
                .of(record as usize)
                .iter()
                .map(move |&id| (id, record))
        })
        .filter(|&(id, _)| wanted(id))
        .collect();
    out.sort_unstable();
    out
}

fn names_of(f: &Features, run: &[(u32, u32)], out: &mut Vec<Vec<(NameId, NameId)>>) {
    if run.len() < 2 {
        return;
    }
    let mut names: Vec<(NameId, NameId)> = run
        .iter()
        .map(|&(_, record)| (f.given[record as usize], f.family[record as usize]))
        .filter(|&(g, fa)| g != NONE || fa != NONE)
        .collect();
    names.sort_unstable();
    names.dedup();
    if (2..=NAMES).contains(&names.len()) {
        out.push(names);
    }
}
