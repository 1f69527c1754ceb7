//! What the data says about names: which words are given and family names, how
//! their capitals go, and which order whole names follow per script.
//!
//! Evidence of a word is the log of its share among given names over its share
//! among family names, from the records with separate columns and from names
//! with a comma; a word seen less than three times borrows from its last three
//! letters. Counts only, so that the order of rows does not matter.

use std::hash::{BuildHasher, Hash};
use std::ops::Range;

use rayon::prelude::*;

use super::RawName;
use super::clean::{Found, bare, is_suffix, is_upper, take_titles};
use super::rules::{FastMap, FastSet, PersonRules};
use super::split;
use crate::contact::{Records, Text};
use crate::standardise::company;
use crate::standardise::script::Script;
use crate::standardise::tidy::{fold, tidy};

/// Frequencies learned from all records of a run.
#[derive(Clone, Debug, Default)]
pub struct NameModel {
    /// Folded word → (as given, as family).
    words: FastMap<String, [u32; 2]>,
    /// Last three letters of folded words → the same.
    tails: FastMap<String, [u32; 2]>,
    totals: [u32; 2],
    /// Log odds of given name first, by script.
    prior: [f32; Script::COUNT],
    /// Lower-case word → how its capitals go (`dicaprio` → `DiCaprio`), where that
    /// differs from one capital in front.
    cased: FastMap<String, String>,
    /// Hashes of the cores of all companies.
    companies: FastSet<u64>,
}

/// Words seen fewer times borrow from their endings.
const RARE: u32 = 3;
const BORROWED: f32 = 0.7;
/// A given or family list speaks this loud for a rare word.
const LISTED: f32 = 1.0;
/// Clear without a prior, in log units.
const CLEAR: f32 = 2.0;
const VALUES_A_CHUNK: usize = 8_192;

/// A column's distinct values, and how many rows have each.
struct Seen<'a> {
    name: &'static str,
    column: &'a Text,
    times: Vec<u32>,
}

impl<'a> Seen<'a> {
    fn of(name: &'static str, column: &'a Text) -> Self {
        let mut times = vec![0; column.distinct()];
        for code in (0..column.len()).filter_map(|row| column.code(row)) {
            times[code as usize] += 1;
        }
        Self {
            name,
            column,
            times,
        }
    }

    fn chunks(&self) -> impl IndexedParallelIterator<Item = Range<usize>> + use<> {
        let len = self.times.len();
        (0..len.div_ceil(VALUES_A_CHUNK))
            .into_par_iter()
            .map(move |chunk| {
                let start = chunk * VALUES_A_CHUNK;
                start..(start + VALUES_A_CHUNK).min(len)
            })
    }

    /// The values of `range` with the number of their rows.
    fn values(&self, range: Range<usize>) -> impl Iterator<Item = (&'a str, u32)> {
        let column = self.column;
        (0_u32..)
            .zip(&self.times)
            .skip(range.start)
            .take(range.len())
            .map(move |(code, times)| (column.value(code), *times))
    }
}

/// Learns from all records; the same for any order of rows.
#[must_use]
pub fn learn(records: &Records, rules: &PersonRules) -> NameModel {
    let columns: Vec<Seen<'_>> = ["given_name", "family_name", "full_name", "company"]
        .into_iter()
        .filter_map(|name| Some(Seen::of(name, records.table.column(name)?)))
        .collect();
    let counts = columns
        .par_iter()
        .flat_map(|column| column.chunks().map(|range| count(column, rules, range)))
        .reduce(Counts::default, Counts::join);
    let mut model = NameModel {
        prior: default_prior(),
        cased: counts.spellings(),
        words: counts.words,
        totals: counts.totals,
        companies: counts.companies,
        tails: FastMap::default(),
    };
    for (word, [given, family]) in &model.words {
        if let Some(tail) = tail(word) {
            let sum = model.tails.entry(tail.to_owned()).or_default();
            sum[0] += given;
            sum[1] += family;
        }
    }
    // The order of whole names, from those that are clear without it.
    let orders = columns
        .par_iter()
        .filter(|column| column.name == "full_name")
        .flat_map(|column| {
            let model = &model;
            column
                .chunks()
                .map(move |range| count_orders(column, rules, model, range))
        })
        .reduce(
            || [[0; 2]; Script::COUNT],
            |mut a, b| {
                for (a, b) in a.iter_mut().zip(b) {
                    a[0] += b[0];
                    a[1] += b[1];
                }
                a
            },
        );
    for (prior, [first, last]) in model.prior.iter_mut().zip(orders) {
        // The default weighs as much as twenty names.
        let share = 1.0 / (1.0 + (-*prior).exp());
        *prior = ((first as f32 + 20.0 * share) / (last as f32 + 20.0 * (1.0 - share))).ln();
    }
    model
}

impl NameModel {
    /// A model of no data: orders by script, lists alone.
    #[must_use]
    pub fn empty() -> Self {
        Self {
            prior: default_prior(),
            ..Self::default()
        }
    }

    /// Above zero for a given name, below for a family name, in log units.
    pub(super) fn evidence(&self, folded: &str, rules: &PersonRules) -> f32 {
        let [given, family] = self.words.get(folded).copied().unwrap_or_default();
        let own = self.log_share(given, family);
        if given + family >= RARE {
            return own;
        }
        let mut sum = if given + family > 0 { own } else { 0.0 };
        if let Some(counts) = tail(folded).and_then(|tail| self.tails.get(tail)) {
            sum += BORROWED * self.log_share(counts[0], counts[1]);
        }
        let listed_given = rules.given.contains(folded);
        let listed_family =
            rules.several_given.contains(folded) || rules.east_asian.contains(folded);
        if listed_given && !listed_family {
            sum += LISTED;
        } else if listed_family && !listed_given {
            sum -= LISTED;
        }
        sum
    }

    /// How often a word is seen as (given, family).
    pub(super) fn seen(&self, folded: &str) -> [u32; 2] {
        self.words.get(folded).copied().unwrap_or_default()
    }

    /// Whether a whole word, as written, is a name seen more than once.
    pub(super) fn is_known(&self, word: &str) -> bool {
        !self.words.is_empty() && self.seen(&fold(word)).iter().sum::<u32>() >= 2
    }

    /// Log odds of given name first.
    pub(super) fn given_first(&self, script: Script) -> f32 {
        self.prior[script as usize]
    }

    pub(super) fn cased(&self, lower: &str) -> Option<&str> {
        self.cased.get(lower).map(String::as_str)
    }

    pub(super) fn is_company(&self, text: &str, rules: &PersonRules) -> bool {
        !self.companies.is_empty() && {
            let core = company::core(text, &rules.company);
            !core.is_empty() && self.companies.contains(&hash(&core))
        }
    }

    fn log_share(&self, given: u32, family: u32) -> f32 {
        let given = (given as f32 + 0.5) / (self.totals[0] as f32 + 1.0);
        let family = (family as f32 + 0.5) / (self.totals[1] as f32 + 1.0);
        (given / family).ln().clamp(-6.0, 6.0)
    }
}

#[derive(Default)]
struct Counts {
    words: FastMap<String, [u32; 2]>,
    totals: [u32; 2],
    /// Words in mixed case, as written.
    written: FastMap<String, u32>,
    companies: FastSet<u64>,
}

impl Counts {
    fn add(&mut self, text: &str, slot: usize, times: u32) {
        for word in text.split(|c: char| c.is_whitespace()) {
            let key = fold(word);
            if key.chars().count() < 2 && key.is_ascii() {
                continue;
            }
            self.totals[slot] += times;
            match self.words.get_mut(&key) {
                Some(counts) => counts[slot] += times,
                None => {
                    let mut counts = [0; 2];
                    counts[slot] = times;
                    self.words.insert(key, counts);
                }
            }
            if word.chars().any(char::is_uppercase) && !is_upper(word) {
                match self.written.get_mut(word) {
                    Some(count) => *count += times,
                    None => {
                        self.written.insert(word.to_owned(), times);
                    }
                }
            }
        }
    }

    fn join(mut self, other: Self) -> Self {
        if other.words.len() > self.words.len() {
            return other.join(self);
        }
        for (word, counts) in other.words {
            let sum = self.words.entry(word).or_default();
            sum[0] += counts[0];
            sum[1] += counts[1];
        }
        for (word, count) in other.written {
            *self.written.entry(word).or_default() += count;
        }
        self.totals[0] += other.totals[0];
        self.totals[1] += other.totals[1];
        self.companies.extend(other.companies);
        self
    }

    /// For each word the most frequent capitals, kept where they are unusual.
    fn spellings(&self) -> FastMap<String, String> {
        let mut best: FastMap<String, (u32, &str)> = FastMap::default();
        for (word, &count) in &self.written {
            let entry = best.entry(word.to_lowercase()).or_insert((0, ""));
            if count > entry.0 || (count == entry.0 && word.as_str() < entry.1) {
                *entry = (count, word);
            }
        }
        best.into_iter()
            .filter(|(_, (count, word))| {
                *count >= 2
                    && word.chars().skip(1).any(char::is_uppercase)
                    && !word.contains(['-', '.', '\''])
            })
            .map(|(lower, (_, word))| (lower, word.to_owned()))
            .collect()
    }
}

fn count(column: &Seen<'_>, rules: &PersonRules, range: Range<usize>) -> Counts {
    let mut counts = Counts::default();
    for (value, times) in column.values(range) {
        match column.name {
            "given_name" | "family_name" => {
                let text = tidy(value);
                if !rules.placeholders.contains(&text.to_lowercase()) {
                    counts.add(&text, usize::from(column.name == "family_name"), times);
                }
            }
            "full_name" => {
                let Some((family, given)) = value.split_once([',', '،']) else {
                    continue;
                };
                let (family, given) = (tidy(family), tidy(given));
                if given.contains(',') || given.split(' ').count() > 2 || is_suffix(&given, rules) {
                    continue;
                }
                counts.add(&family, 1, times);
                counts.add(&given, 0, times);
            }
            _ => {
                let core = company::core(value, &rules.company);
                if !core.is_empty() {
                    counts.companies.insert(hash(&core));
                }
            }
        }
    }
    counts
}

fn count_orders(
    column: &Seen<'_>,
    rules: &PersonRules,
    model: &NameModel,
    range: Range<usize>,
) -> [[u32; 2]; Script::COUNT] {
    let mut orders = [[0; 2]; Script::COUNT];
    for (value, times) in column.values(range) {
        if value.contains([',', '،']) {
            continue;
        }
        let mut found = Found::default();
        let text = bare(value, &RawName::default(), rules, model, &mut found);
        let mut words: Vec<&str> = text.split_whitespace().collect();
        take_titles(&mut words, rules, &mut found, false);
        let Some(script) = Script::of_text(&text) else {
            continue;
        };
        if let Some(margin) = split::margin(&words, rules, model)
            && margin.abs() >= CLEAR
        {
            orders[script as usize][usize::from(margin < 0.0)] += times;
        }
    }
    orders
}

fn default_prior() -> [f32; Script::COUNT] {
    let mut prior = [3.0; Script::COUNT];
    for script in [Script::Han, Script::Hangul, Script::Kana] {
        prior[script as usize] = -3.0;
    }
    prior
}

/// The last three letters of a longer word.
fn tail(word: &str) -> Option<&str> {
    let mut letters = word.char_indices().rev();
    let (at, _) = letters.nth(2)?;
    letters.next().map(|_| &word[at..])
}

fn hash(text: &str) -> u64 {
    let state = foldhash::fast::FixedState::default();
    let mut hasher = state.build_hasher();
    text.hash(&mut hasher);
    std::hash::Hasher::finish(&hasher)
}
