//! Which given names are short for which, by `rules/names/nicknames.csv`.
//!
//! Public nickname lists join too much (Robert and William through Bill), so two
//! names are alike only when one is listed as the other's short form, or both are
//! short forms of one longer name and start with the same letter.

use std::hash::BuildHasher;

use hashbrown::{HashMap, HashSet};

use super::{Letters, WordId};
use crate::rulebook::Rulebook;

type Fixed = foldhash::fast::FixedState;

/// Longer names of a word at most: `al` may be anybody.
const FORMAL: usize = 6;

/// The pairs of alike names, over interned words.
#[derive(Clone, Debug, Default)]
pub struct Nicknames {
    listed: Vec<(String, String)>,
    alike: HashSet<(WordId, WordId), Fixed>,
    /// The words of `alike`.
    known: HashSet<WordId, Fixed>,
    /// The longer names that a word is listed for, itself among them, as hashes.
    formal: HashMap<WordId, Vec<u64>, Fixed>,
}

impl Nicknames {
    /// Loads the list, folded to Latin letters.
    #[must_use]
    pub fn load(rulebook: &Rulebook, letters: &Letters) -> Self {
        let mut listed = Vec::new();
        for line in rulebook.file("names/nicknames.csv").unwrap_or("").lines() {
            if line.starts_with('#') || line.starts_with("name,") {
                continue;
            }
            let mut cells = line.split(',');
            if let (Some(name), Some(short)) = (cells.next(), cells.next()) {
                listed.push((letters.latin(name), letters.latin(short)));
            }
        }
        Self {
            listed,
            alike: HashSet::default(),
            known: HashSet::default(),
            formal: HashMap::default(),
        }
    }

    /// Works out the alike pairs among the words of this data. `find` gives the
    /// ids of all words with that Latin spelling.
    pub fn resolve(&mut self, find: impl Fn(&str) -> Vec<WordId>) {
        let mut shorts: HashMap<&str, Vec<&str>, Fixed> = HashMap::default();
        let mut pairs: Vec<(&str, &str)> = Vec::new();
        for (name, short) in &self.listed {
            pairs.push((name, short));
            shorts.entry(name).or_default().push(short);
        }
        for group in shorts.values() {
            for (at, a) in group.iter().enumerate() {
                for b in &group[at + 1..] {
                    if a.as_bytes().first() == b.as_bytes().first() {
                        pairs.push((a, b));
                    }
                }
            }
        }
        for (name, short) in &self.listed {
            let hash = Fixed::default().hash_one(name.as_str());
            for word in find(name).into_iter().chain(find(short)) {
                let formal = self.formal.entry(word).or_default();
                if formal.len() < FORMAL && !formal.contains(&hash) {
                    formal.push(hash);
                }
            }
        }
        for (a, b) in pairs {
            for &left in &find(a) {
                for &right in &find(b) {
                    if left != right {
                        self.alike.insert((left.min(right), left.max(right)));
                        self.known.extend([left, right]);
                    }
                }
            }
        }
    }

    /// Adds a pair learned from the data.
    pub fn learn(&mut self, a: WordId, b: WordId) {
        self.alike.insert((a.min(b), a.max(b)));
    }

    /// The longer names that a word may stand for, itself among them if it is one; empty
    /// where the list does not know it.
    #[must_use]
    pub fn formal(&self, word: WordId) -> &[u64] {
        self.formal.get(&word).map_or(&[], Vec::as_slice)
    }

    /// The word has another form.
    #[must_use]
    pub fn knows(&self, word: WordId) -> bool {
        self.known.contains(&word)
    }

    #[must_use]
    pub fn alike(&self, a: WordId, b: WordId) -> bool {
        self.alike.contains(&(a.min(b), a.max(b)))
    }
}
