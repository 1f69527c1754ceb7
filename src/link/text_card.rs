//! What tells most different titles, postcodes, cities and companies apart, id by id: there are few
//! of them in many records, so that their cards stay in the cache while their texts, and
//! the table of remembered levels, do not.

use super::card::{Letters, jaro_of, length, most_winkler, short_hash, winkler_of};
use super::texts::{NONE, Texts};

/// One text.
#[derive(Clone, Copy, Debug, Default)]
pub struct TextCard {
    letters: Letters,
    /// A bit for each word of two letters and more, by its hash.
    words: u32,
    length: u8,
    /// The first three bytes, 0 where it has fewer.
    start: [u8; 3],
}

impl From<&str> for TextCard {
    fn from(text: &str) -> Self {
        let bytes = text.as_bytes();
        let at = |place: usize| bytes.get(place).copied().unwrap_or(0);
        let words = text.split(' ').filter(|word| word.len() > 1);
        Self {
            letters: Letters::of(text),
            words: words.fold(0, |mask, word| mask | 1 << (short_hash(word) >> 27)),
            length: length(text),
            start: [at(0), at(1), at(2)],
        }
    }
}

impl TextCard {
    /// Its length is known, so that likeness has a bound.
    const fn is_short(self) -> bool {
        self.length < u8::MAX
    }

    /// Jaro-Winkler can't reach what titles and cities are called similar from.
    fn unlike(self, other: Self) -> bool {
        self.is_short()
            && other.is_short()
            && most_winkler((self.letters, self.length), (other.letters, other.length)) < 0.899
    }

    /// Certainly two titles: no word in common, and no one spelling.
    #[must_use]
    pub fn other_title(self, other: Self) -> bool {
        self.words & other.words == 0 && self.unlike(other)
    }

    /// Certainly two cities: no one spelling, and neither is inside the other.
    #[must_use]
    pub fn other_city(self, other: Self) -> bool {
        self.letters.lacking(other.letters) > 0
            && other.letters.lacking(self.letters) > 0
            && self.unlike(other)
    }

    /// The level of two postcodes where the texts need no look: 2 near, 3 different.
    #[must_use]
    pub fn postcode(self, other: Self) -> Option<u8> {
        if !self.is_short() || !other.is_short() {
            return None;
        }
        let (a, b) = (self.length, other.length);
        if a == b && a >= 3 && self.start == other.start {
            Some(2)
        } else if a.abs_diff(b) > 1 || self.letters.edits(other.letters) > 1 {
            Some(3)
        } else {
            None
        }
    }
}

/// The name of a company, legal form left out.
#[derive(Clone, Copy, Debug, Default)]
pub struct CompanyCard {
    /// Of the words glued together; those that stand there twice; a hash of all.
    letters: Letters,
    twice: Letters,
    glued: u32,
    /// A hash of the first word and its length, 0 where it is short.
    first: (u32, u8),
    /// The first letters of the first four words.
    initials: [u8; 4],
    /// Bytes of the glued words; [`u8::MAX`] where the card can't tell.
    length: u8,
    words: u8,
}

impl From<&str> for CompanyCard {
    fn from(text: &str) -> Self {
        let glued = text.replace(' ', "");
        let words = || text.split(' ');
        let plain = text.is_ascii() && words().all(|word| !word.is_empty());
        let first = words().next().unwrap_or("");
        let mut initials = [0; 4];
        for (place, word) in initials.iter_mut().zip(words()) {
            *place = word.bytes().next().unwrap_or(0);
        }
        Self {
            letters: Letters::of(&glued),
            twice: Letters::twice(&glued),
            glued: short_hash(&glued),
            first: match length(first) {
                0..4 => (0, 0),
                length => (short_hash(first), length),
            },
            initials,
            length: if plain { length(&glued) } else { u8::MAX },
            words: u8::try_from(words().count()).unwrap_or(u8::MAX),
        }
    }
}

impl CompanyCard {
    /// The level of two companies where the texts need no look: 3 the same first word,
    /// 4 different.
    #[must_use]
    pub fn level(self, other: Self) -> Option<u8> {
        if self.length == u8::MAX || other.length == u8::MAX || self.glued == other.glued {
            return None;
        }
        let lacking = |a: Self, b: Self| a.letters.lacking(b.letters) + a.twice.lacking(b.twice);
        let (less, more) = (lacking(self, other), lacking(other, self));
        let acronym = self.words == other.length || other.words == self.length;
        let abbreviated = self.words == other.words && self.initials == other.initials;
        if less == 0 || more == 0 || acronym || abbreviated {
            return None;
        }
        let (a, b) = (u32::from(self.length), u32::from(other.length));
        let common = a.saturating_sub(less).min(b.saturating_sub(more));
        let same_start = self.initials[0] == other.initials[0];
        if winkler_of(jaro_of(common, a, b), same_start) >= 0.929 {
            return None;
        }
        // Hashes of two words of one length are hardly ever equal.
        let same_first = self.first.1 > 0 && self.first == other.first;
        Some(if same_first { 3 } else { 4 })
    }
}

/// The cards of a column's texts, whose ids follow each other, or nearly.
#[derive(Debug, Default)]
pub struct Cards<T> {
    first: u32,
    cards: Vec<T>,
}

pub type TextCards = Cards<TextCard>;
pub type CompanyCards = Cards<CompanyCard>;

impl<T: Copy + Default + for<'a> From<&'a str>> Cards<T> {
    #[must_use]
    pub fn of(ids: &[u32], texts: &Texts) -> Self {
        let known = || ids.iter().copied().filter(|&id| id != NONE);
        let (Some(first), Some(last)) = (known().min(), known().max()) else {
            return Self::default();
        };
        // A text that another column has too stands among that one's, far from its own.
        let mut cards = vec![T::default(); (last - first) as usize + 1];
        let mut made = vec![false; cards.len()];
        for id in known() {
            let at = (id - first) as usize;
            if !made[at] {
                made[at] = true;
                cards[at] = T::from(texts.get(id));
            }
        }
        Self { first, cards }
    }

    /// The card of an id of the column.
    ///
    /// # Panics
    /// For an id that the column does not have.
    #[must_use]
    pub fn get(&self, id: u32) -> T {
        self.cards[(id - self.first) as usize]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::compare::{employer, text};

    #[test]
    fn a_card_never_contradicts_the_texts() {
        let list = [
            "head of sales",
            "sales lead",
            "vp sales",
            "vice president of engineering",
            "a",
            "engineer",
            "engineering",
            "york",
            "new york",
            "berlin",
            "bern",
            "10115",
            "10117",
            "10 115",
            "sw1a 1aa",
            "sw1a",
            "sw",
            "90210",
            "9021",
            "80210",
        ];
        let mut texts = Texts::default();
        let mut ids: Vec<u32> = list.iter().map(|text| texts.intern(text)).collect();
        ids.push(texts.intern(&"x".repeat(300)));
        ids.push(texts.intern(&"x".repeat(256)));
        let cards = TextCards::of(&ids, &texts);
        let mut told = [0; 3];
        for &a in &ids {
            for &b in ids.iter().filter(|&&b| b != a) {
                let (x, y) = (cards.get(a), cards.get(b));
                if x.other_title(y) {
                    assert_eq!(text::title(&texts, a, b), 3);
                    told[0] += 1;
                }
                if x.other_city(y) {
                    assert_eq!(text::city(&texts, a, b), 3);
                    told[1] += 1;
                }
                if let Some(level) = x.postcode(y) {
                    assert_eq!(text::postcode(&texts, a, b), level);
                    told[2] += 1;
                }
            }
        }
        assert!(told.iter().all(|&told| told > 100), "{told:?}");
    }

    #[test]
    fn a_card_never_contradicts_two_companies() {
        let list = [
            "lodz industries",
            "lodz ind",
            "lodz",
            "international business machines",
            "ibm",
            "harrow tool hire",
            "harrow tools",
            "harow tool hire",
            "harrowtoolhire",
            "zeta",
            "nordwind",
            "nord wind",
            "quick brown fox",
            "qbf",
            "a b c",
            "acme holdings",
            "acme",
            "köln messe",
            "golden heron energy",
            "golden river tools",
            "golden heron foods",
            "aa bb aa",
            "aabb",
        ];
        let mut told = 0;
        for a in list {
            for b in list {
                if let Some(level) = CompanyCard::from(a).level(b.into()) {
                    assert_eq!(employer::texts(a, b), level, "{a} {b}");
                    told += 1;
                }
            }
        }
        assert!(told > 100, "{told}");
    }

    #[test]
    fn a_column_without_values_has_no_cards() {
        let cards = TextCards::of(&[NONE, NONE], &Texts::default());
        assert!(cards.cards.is_empty());
    }
}
