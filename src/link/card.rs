//! What comparing needs of a record, side by side in memory.
//!
//! Comparing a pair touches two records at random. With a column for each field that
//! is a cache miss a field; a card is two cache lines, and its letter masks tell most
//! different texts apart without touching them.

use std::hash::BuildHasher;

use super::features::{Features, NONE};
use super::names::NameId;
use super::names::letters::Script;

/// One record. Ids are those of [`Features`]; of lists the first entries stand here.
#[derive(Clone, Copy, Debug)]
pub struct Card {
    pub given: NameId,
    pub family: NameId,
    pub whole: NameId,
    pub middle: NameId,
    pub birth: u32,
    pub number: u32,
    pub title: u32,
    pub street: u32,
    pub postcode: u32,
    pub city: u32,
    pub profile: u32,
    pub company: u32,
    pub email: u32,
    /// Last eight digits of the first phone.
    pub phone: u32,
    pub employers: [u32; 2],
    pub domain: u32,
    pub company_letters: Letters,
    pub domain_letters: Letters,
    pub street_letters: Letters,
    pub emails: u8,
    pub phones: u8,
    pub employer_count: u8,
    pub domains: u8,
    pub suffix: u8,
    pub company_script: Script,
    pub organisation: bool,
}

impl Card {
    fn of(f: &Features, record: usize) -> Self {
        let first = |list: &[u32]| list.first().copied().unwrap_or(NONE);
        let letters = |id: u32| {
            if id == NONE {
                Letters::default()
            } else {
                Letters::of(f.texts.get(id))
            }
        };
        let count = |list: &[u32]| u8::try_from(list.len()).unwrap_or(u8::MAX);
        let (emails, phones) = (f.emails.of(record), f.phones.of(record));
        let (employers, domains) = (f.employers.of(record), f.domains.of(record));
        Self {
            given: f.given[record],
            family: f.family[record],
            whole: f.whole[record],
            middle: f.middle[record],
            birth: f.birth[record],
            number: f.number[record],
            title: f.title[record],
            street: f.street[record],
            postcode: f.postcode[record],
            city: f.city[record],
            profile: f.profile[record],
            company: f.company[record],
            email: first(emails),
            phone: phones
                .first()
                .map_or(NONE, |&phone| f.phone_digits[phone as usize]),
            employers: [first(employers), employers.get(1).copied().unwrap_or(NONE)],
            domain: first(domains),
            company_letters: letters(f.company[record]),
            domain_letters: letters(first(domains)),
            street_letters: letters(f.street[record]),
            emails: count(emails),
            phones: count(phones),
            employer_count: count(employers),
            domains: count(domains),
            suffix: f.suffix[record],
            company_script: f.company_script[record],
            organisation: f.orgs.is(record),
        }
    }
}

/// One half of a name, as far as telling it apart from another needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameCard {
    letters: Letters,
    /// Hashes of the neutral spelling and of the skeleton.
    neutral: u32,
    skeleton: u32,
    length: u8,
    /// One Latin word, no initial.
    plain: bool,
    /// It has nicknames, aliases or readings.
    related: bool,
}

impl NameCard {
    /// Certainly different: no other level of two names can be reached. (Jaro's bound:
    /// letters that the other lacks can't match.)
    #[must_use]
    pub fn differs(self, other: Self) -> bool {
        if !self.plain
            || !other.plain
            || (self.related && other.related)
            || self.neutral == other.neutral
            || self.skeleton == other.skeleton
        {
            return false;
        }
        // An edit brings one letter in and takes one away, and one place more or less.
        let edits = self
            .letters
            .lacking(other.letters)
            .max(other.letters.lacking(self.letters))
            .max(self.length.abs_diff(other.length).into());
        if edits <= u32::from(self.length.max(other.length) / 3).max(2) {
            return false;
        }
        let (a, b) = (f32::from(self.length), f32::from(other.length));
        #[allow(clippy::cast_precision_loss)] // letters of a name
        let lacking = |of: Letters, other: Letters| of.lacking(other) as f32;
        let common = (a - lacking(self.letters, other.letters))
            .min(b - lacking(other.letters, self.letters))
            .max(0.0);
        let jaro = (common / a + common / b + 1.0) / 3.0;
        // Winkler's bonus is 0.1 for each of up to four first letters in common.
        let bonus = if self.letters.same_start(other.letters) {
            0.4 * (1.0 - jaro)
        } else {
            0.0
        };
        jaro < 0.829 && jaro + bonus < 0.929
    }
}

/// The cards of all names of a run.
#[must_use]
pub fn name_cards(f: &Features) -> Vec<NameCard> {
    let short = |text: &str| {
        let hash = foldhash::fast::FixedState::default().hash_one(text);
        u32::try_from(hash >> 32).unwrap_or(0)
    };
    f.names
        .names
        .iter()
        .map(|name| {
            let [word] = name.words[..] else {
                return NameCard::default();
            };
            let related = f.nicknames.knows(word) || f.learned.knows(word);
            let word = f.names.word(word);
            NameCard {
                letters: Letters::of(&name.glued),
                neutral: short(&word.neutral),
                skeleton: short(&word.skeleton),
                length: u8::try_from(name.glued.len()).unwrap_or(u8::MAX),
                plain: !name.initial && name.script == Script::Latin && name.glued.len() < 255,
                related: related || !word.readings.is_empty() || !word.learned.is_empty(),
            }
        })
        .collect()
}

/// The cards of all records.
#[must_use]
pub fn cards(f: &Features) -> Vec<Card> {
    use rayon::prelude::*;
    (0..f.len())
        .into_par_iter()
        .with_min_len(1024)
        .map(|record| Card::of(f, record))
        .collect()
}

/// Which letters a text has: a to z, any digit, and anything else, a bit each; and its
/// first byte above them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters(u32);

impl Letters {
    #[must_use]
    pub fn of(text: &str) -> Self {
        let bit = |byte: u8| match byte {
            b'a'..=b'z' => 1u32 << (byte - b'a'),
            b'0'..=b'9' => 1 << 26,
            _ => 1 << 27,
        };
        let first = text
            .bytes()
            .next()
            .map_or(0, |byte| u32::from(byte & 15) << 28);
        Self(text.bytes().fold(first, |mask, byte| mask | bit(byte)))
    }

    /// The fewest edits that can make one text of the other, by their letters: an edit
    /// takes one away and brings one in, at most.
    #[must_use]
    pub const fn edits(self, other: Self) -> u32 {
        let differing = (self.0 ^ other.0) & 0x0FFF_FFFF;
        differing.count_ones().div_ceil(2)
    }

    /// Both texts may begin with the same letter.
    #[must_use]
    pub const fn same_start(self, other: Self) -> bool {
        self.0 >> 28 == other.0 >> 28
    }

    /// Letters that the other lacks.
    #[must_use]
    pub const fn lacking(self, other: Self) -> u32 {
        (self.0 & !other.0 & 0x0FFF_FFFF).count_ones()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_never_ask_for_more_edits_than_there_are() {
        for (a, b, edits) in [
            ("harley", "haoley", 1),
            ("houston.net", "hovston.met", 2),
            ("abc", "abc", 0),
            ("abc", "xbc", 1),
            ("ab12", "ab34", 2),
            ("abcd", "acbd", 1),
        ] {
            let (x, y) = (Letters::of(a), Letters::of(b));
            assert!(x.edits(y) <= edits, "{a} {b}");
        }
        assert!(Letters::of("smith").edits(Letters::of("kowalczuk")) > 2);
    }
}
