//! What comparing needs of a record, side by side in memory.
//!
//! Comparing a pair touches two records at random. With a column for each field that
//! is a cache miss a field; a card is two cache lines, and its letter masks and hashes
//! tell most different texts apart without touching them.

use std::hash::BuildHasher;

use rayon::prelude::*;

use super::features::{Features, NONE};
use super::names::NameId;
use super::names::letters::Script;

/// One record, two cache lines. Ids are those of [`Features`]; of lists the first
/// entries stand here.
#[derive(Clone, Copy, Debug)]
#[repr(align(64))]
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
    /// The first two phones, a digit in four bits ([`digits`]).
    pub phone: [u32; 2],
    pub employers: [u32; 2],
    pub domain: u32,
    pub company_letters: Letters,
    pub domain_letters: Letters,
    /// What the company begins with, and the first domain, which may spell one ([`Start`]).
    company_start: Start,
    domain_start: Start,
    /// Of both halves of the name ([`NameCommunities::bits`](super::names::NameCommunities::bits)).
    pub community: f32,
    pub address: Address,
    pub road: Road,
    pub emails: u8,
    pub phones: u8,
    /// How many people share each of the two phones ([`Fan::level`](super::fans::Fan::level)),
    /// four bits each.
    phone_fans: u8,
    pub employer_count: u8,
    pub domains: u8,
    pub suffix: u8,
    pub company_script: Script,
    pub organisation: bool,
}

const _: () = assert!(size_of::<Card>() == 128, "a card is two cache lines");

impl Card {
    fn of(f: &Features, record: usize, roads: &[Road]) -> Self {
        let first = |list: &[u32]| list.first().copied().unwrap_or(NONE);
        let letters = |id: u32| {
            if id == NONE {
                Letters::default()
            } else {
                Letters::of(f.texts.get(id))
            }
        };
        let start = |id: u32, of: fn(&str) -> Start| {
            if id == NONE {
                Start::default()
            } else {
                of(f.texts.get(id))
            }
        };
        let count = |list: &[u32]| u8::try_from(list.len()).unwrap_or(u8::MAX);
        let (emails, phones) = (f.emails.of(record), f.phones.of(record));
        let (employers, domains) = (f.employers.of(record), f.domains.of(record));
        let email = first(emails);
        let fan = |at: usize| {
            let phone = phones.get(at);
            phone.map_or(0, |&phone| f.phone_fan[phone as usize].level())
        };
        let of_text = |id: u32| roads.get(id as usize).copied().unwrap_or_default();
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
            email,
            phone: [0, 1].map(|at| {
                let phone = phones.get(at);
                phone.map_or(NONE, |&phone| f.packed_phones[phone as usize])
            }),
            employers: [first(employers), employers.get(1).copied().unwrap_or(NONE)],
            domain: first(domains),
            company_letters: letters(f.company[record]),
            domain_letters: letters(first(domains)),
            company_start: start(f.company[record], Start::of_company),
            domain_start: start(first(domains), Start::of_domain),
            community: f.communities.bits(f.given[record], f.family[record]),
            address: f
                .email_list
                .get(email as usize)
                .copied()
                .unwrap_or_default(),
            road: of_text(f.street[record]),
            emails: count(emails),
            phones: count(phones),
            phone_fans: fan(0) | fan(1) << 4,
            employer_count: count(employers),
            domains: count(domains),
            suffix: f.suffix[record],
            company_script: f.company_script[record],
            organisation: f.orgs.is(record),
        }
    }
}

impl Card {
    /// How many people share the first phone or the second.
    #[must_use]
    pub const fn phone_fan(&self, at: usize) -> u8 {
        self.phone_fans >> (4 * at) & 15
    }

    /// The first domain may spell the other's company: both begin alike.
    #[must_use]
    pub const fn may_spell(&self, other: &Self) -> bool {
        self.domain_start.may_be(other.company_start)
    }
}

/// How a company's name or a domain's label begins, blanks and hyphens left out: hashes of
/// the first five letters and of the first twelve; 0 where it has fewer.
#[derive(Clone, Copy, Debug, Default)]
struct Start([u8; 2]);

impl Start {
    fn of_company(company: &str) -> Self {
        Self::of(company.bytes().filter(|&byte| byte != b' '))
    }

    fn of_domain(domain: &str) -> Self {
        let label = domain.split('.').next().unwrap_or("");
        Self::of(label.bytes().filter(|&byte| byte != b'-'))
    }

    fn of(letters: impl Iterator<Item = u8>) -> Self {
        let (mut start, mut count) = ([0u8; 12], 0);
        for (place, letter) in start.iter_mut().zip(letters) {
            *place = letter;
            count += 1;
        }
        let hash = |letters: usize| {
            let hash = foldhash::fast::FixedState::default().hash_one(&start[..letters]);
            u8::try_from(hash >> 56).unwrap_or(0).max(1)
        };
        Self([5, 12].map(|letters| if count < letters { 0 } else { hash(letters) }))
    }

    /// One may begin with all of the other, which has five letters or more.
    const fn may_be(self, other: Self) -> bool {
        let ([five, twelve], [other_five, other_twelve]) = (self.0, other.0);
        five != 0
            && five == other_five
            && (twelve == 0 || other_twelve == 0 || twelve == other_twelve)
    }
}

/// A number of eight digits, four bits each.
#[must_use]
pub fn digits(mut number: u32) -> u32 {
    let mut out = 0;
    for place in 0..8 {
        out |= (number % 10) << (4 * place);
        number /= 10;
    }
    out
}

/// One address, as far as telling it apart from another needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Address {
    /// Id in [`Features::texts`] of the registrable domain.
    pub domain: u32,
    /// Hash of the local part.
    pub local: u32,
    pub local_letters: Letters,
    pub domain_letters: Letters,
    pub local_length: u8,
    pub domain_length: u8,
    /// A free-mail domain.
    pub private: bool,
    /// `info@`, `sales@` …
    pub role: bool,
}

impl Address {
    /// What the local part tells.
    #[must_use]
    pub fn of(local: &str) -> Self {
        Self {
            local: short_hash(local),
            local_letters: Letters::of(local),
            local_length: length(local),
            ..Self::default()
        }
    }
}

/// How many bytes, 255 for that many and more.
#[must_use]
pub fn length(text: &str) -> u8 {
    u8::try_from(text.len()).unwrap_or(u8::MAX)
}

/// A street without its numbers, as far as telling it apart from another needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct Road {
    hash: u32,
    letters: Letters,
    /// Bytes, and words.
    length: u8,
    words: u8,
}

impl Road {
    #[must_use]
    pub fn of(street: &str) -> Self {
        let words = || {
            let all = street.split(' ');
            all.filter(|word| !word.bytes().any(|c| c.is_ascii_digit()))
        };
        let mut text = String::with_capacity(street.len());
        for word in words() {
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        let count = |of: usize| u8::try_from(of).unwrap_or(u8::MAX);
        Self {
            hash: short_hash(&text),
            letters: Letters::of(&text),
            length: count(text.len()),
            words: count(words().count()),
        }
    }

    /// Certainly not one street: neither the same words, nor most of them in common,
    /// nor one spelling.
    #[must_use]
    pub fn differs(self, other: Self) -> bool {
        if self.length == u8::MAX || other.length == u8::MAX || self.hash == other.hash {
            return false;
        }
        // Of two words and fewer, both must be shared: the same letters.
        if self.words.max(other.words) > 2 || self.letters == other.letters {
            return false;
        }
        // Where one has only numbers nothing is alike.
        self.words == 0
            || other.words == 0
            || most_winkler((self.letters, self.length), (other.letters, other.length)) < 0.919
    }
}

/// The highest Jaro-Winkler similarity that two texts can have, by Jaro's bound: letters
/// that the other lacks can't match.
pub(super) fn most_winkler((a, length): (Letters, u8), (b, other): (Letters, u8)) -> f32 {
    let (x, y) = (u32::from(length), u32::from(other));
    let common = x.saturating_sub(a.lacking(b));
    let jaro = jaro_of(common.min(y.saturating_sub(b.lacking(a))), x, y);
    winkler_of(jaro, a.same_start(b))
}

/// The highest Jaro similarity of two texts of so many letters, `common` of which match.
#[allow(clippy::cast_precision_loss)] // letters of a text
pub(super) fn jaro_of(common: u32, a: u32, b: u32) -> f32 {
    let common = common as f32;
    (common / a as f32 + common / b as f32 + 1.0) / 3.0
}

/// Winkler's bonus is 0.1 for each of up to four first letters in common.
pub(super) fn winkler_of(jaro: f32, same_start: bool) -> f32 {
    let bonus = if same_start { 0.4 * (1.0 - jaro) } else { 0.0 };
    jaro + bonus
}

pub(super) fn short_hash(text: &str) -> u32 {
    let hash = foldhash::fast::FixedState::default().hash_one(text);
    u32::try_from(hash >> 32).unwrap_or(0)
}

fn shorter_hash(text: &str) -> u16 {
    u16::try_from(short_hash(text) >> 16).unwrap_or(0)
}

/// One half of a name, as far as telling it apart from another needs.
#[derive(Clone, Copy, Debug, Default)]
pub struct NameCard {
    letters: Letters,
    twice: Letters,
    /// Hashes of the neutral spelling and of the skeleton.
    neutral: u16,
    skeleton: u16,
    length: u8,
    /// How many words it has.
    pub words: u8,
    marks: u8,
}

const _: () = assert!(size_of::<NameCard>() == 16, "four to a cache line");

/// One Latin word, no initial.
const PLAIN: u8 = 1;
/// It has nicknames, aliases or readings.
const RELATED: u8 = 2;
/// Only initials.
const INITIAL: u8 = 4;

impl NameCard {
    const fn is(self, mark: u8) -> bool {
        self.marks & mark != 0
    }

    /// Only initials.
    #[must_use]
    pub const fn initial(self) -> bool {
        self.is(INITIAL)
    }

    /// Certainly different: no other level of two names can be reached. (Jaro's bound:
    /// letters that the other lacks can't match.)
    #[must_use]
    pub fn differs(self, other: Self) -> bool {
        if self.marks & other.marks & PLAIN == 0
            || self.marks & other.marks & RELATED != 0
            || self.neutral == other.neutral
            || self.skeleton == other.skeleton
        {
            return false;
        }
        // An edit brings one letter in and takes one away, and one place more or less.
        let lacking = |a: Self, b: Self| a.letters.lacking(b.letters) + a.twice.lacking(b.twice);
        let (less, more) = (lacking(self, other), lacking(other, self));
        let (a, b) = (u32::from(self.length), u32::from(other.length));
        if less.max(more).max(a.abs_diff(b)) <= (a.max(b) / 3).max(2) {
            return false;
        }
        let common = a.saturating_sub(less).min(b.saturating_sub(more));
        let jaro = jaro_of(common, a, b);
        let same_start = self.letters.same_start(other.letters);
        jaro < 0.829 && winkler_of(jaro, same_start) < 0.929
    }
}

/// The cards of all names of a run.
#[must_use]
pub fn name_cards(f: &Features) -> Vec<NameCard> {
    f.names
        .names
        .iter()
        .map(|name| {
            let mark = |mark: u8, has: bool| if has { mark } else { 0 };
            let words = u8::try_from(name.words.len()).unwrap_or(u8::MAX);
            let initial = mark(INITIAL, name.initial);
            let [word] = name.words[..] else {
                return NameCard {
                    words,
                    marks: initial,
                    ..NameCard::default()
                };
            };
            let related = f.nicknames.knows(word) || f.learned.knows(word);
            let word = f.names.word(word);
            let related = related || !word.readings.is_empty() || !word.learned.is_empty();
            let plain = !name.initial && name.script == Script::Latin && name.glued.len() < 255;
            NameCard {
                letters: Letters::of(&name.glued),
                twice: Letters::twice(&name.glued),
                neutral: shorter_hash(&word.neutral),
                skeleton: shorter_hash(&word.skeleton),
                length: u8::try_from(name.glued.len()).unwrap_or(u8::MAX),
                words,
                marks: initial | mark(PLAIN, plain) | mark(RELATED, related),
            }
        })
        .collect()
}

/// The cards of all records.
#[must_use]
pub fn cards(f: &Features) -> Vec<Card> {
    let mut roads = vec![Road::default(); f.texts.len()];
    let mut known = vec![false; roads.len()];
    for &street in f.street.iter().filter(|&&street| street != NONE) {
        known[street as usize] = true;
    }
    roads
        .par_iter_mut()
        .zip(known)
        .enumerate()
        .with_min_len(1024)
        .filter(|(_, (_, known))| *known)
        .for_each(|(id, (road, _))| {
            *road = Road::of(f.texts.get(u32::try_from(id).unwrap_or(NONE)));
        });
    (0..f.len())
        .into_par_iter()
        .with_min_len(1024)
        .map(|record| Card::of(f, record, &roads))
        .collect()
}

/// Which letters a text has: a to z, any digit, and anything else, a bit each; and its
/// first byte above them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Letters(u32);

impl Letters {
    #[must_use]
    pub fn of(text: &str) -> Self {
        let first = text
            .bytes()
            .next()
            .map_or(0, |byte| u32::from(byte & 15) << 28);
        Self(
            text.bytes()
                .fold(first, |mask, byte| mask | Self::bit(byte)),
        )
    }

    /// The letters that a text has twice or more, in the same bits.
    #[must_use]
    pub fn twice(text: &str) -> Self {
        let (mut once, mut twice) = (0, 0);
        for byte in text.bytes() {
            let bit = Self::bit(byte);
            twice |= once & bit;
            once |= bit;
        }
        Self(twice)
    }

    const fn bit(byte: u8) -> u32 {
        match byte {
            b'a'..=b'z' => 1u32 << (byte - b'a'),
            b'0'..=b'9' => 1 << 26,
            _ => 1 << 27,
        }
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

    /// The same letters, and the same first one; digits count as nothing.
    #[must_use]
    pub const fn same_without_digits(self, other: Self) -> bool {
        (self.0 ^ other.0) & !(1 << 26) == 0
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
