//! The candidate keys of a record, each a 64-bit hash of its kind and value.

use std::hash::{BuildHasher, Hasher};

use crate::link::features::{Features, NONE};
use crate::link::names::{NameId, Word};
use crate::link::orgs;

/// The kinds of key, for the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum KeyKind {
    Email,
    MailboxLetters,
    SortedMailbox,
    Phone,
    Word,
    WordCompany,
    NicknameSkeleton,
    WordEmployer,
    BeginningEmployer,
    TwoSkeletons,
    TwoBeginnings,
    SkeletonInitial,
    CoarseEmployer,
    TwoCoarse,
    TwoAcross,
    AcrossEmployer,
    BirthDate,
    BirthDayInitial,
    BirthYearWord,
    WordCity,
    WordPostcode,
    WordPhone,
    Number,
    Profile,
    CompanyCity,
    Street,
    Deletion,
    OrgName,
    OrgGlued,
    OrgInitials,
    OrgWord,
    OrgBeginning,
    OrgTwoWords,
    OrgCity,
    OrgPostcode,
    OrgHouse,
    OrgStreet,
    OrgPhone,
    OrgEmail,
    OrgDomain,
}

/// Calls `emit` with every key of a record. Keys may repeat.
pub fn emit(f: &Features, record: usize, mut emit: impl FnMut(u64)) {
    if f.orgs.is(record) {
        orgs::keys::emit(f, record, &mut emit);
        return;
    }
    let words: Vec<&Word> = f
        .words
        .of(record)
        .iter()
        .map(|&w| f.names.word(w))
        .collect();
    let long: Vec<&Word> = words
        .iter()
        .copied()
        .filter(|w| w.latin.len() >= 2)
        .collect();
    contact_keys(f, record, &mut emit);
    for word in &long {
        emit(key(KeyKind::Word, &[&word.neutral]));
        let mut with = |kind: KeyKind, id: u32| {
            if id != NONE {
                emit(key(kind, &[&word.neutral, f.texts.get(id)]));
            }
        };
        for &employer in f.employers.of(record) {
            with(KeyKind::WordEmployer, employer);
        }
        // A company that is written in another way still begins alike.
        if f.company[record] != NONE {
            let company = start(f.texts.get(f.company[record]), COMPANY_START);
            emit(key(KeyKind::WordCompany, &[&word.neutral, company]));
        }
        let mut with = |kind: KeyKind, id: u32| {
            if id != NONE {
                emit(key(kind, &[&word.neutral, f.texts.get(id)]));
            }
        };
        with(KeyKind::WordCity, f.city[record]);
        with(KeyKind::WordPostcode, f.postcode[record]);
    }
    for word in &long {
        for &employer in f.employers.of(record) {
            let employer = f.texts.get(employer);
            emit(key(
                KeyKind::BeginningEmployer,
                &[start(&word.neutral, 3), employer],
            ));
            if word.coarse.len() >= 2 {
                emit(key(KeyKind::CoarseEmployer, &[&word.coarse, employer]));
            }
            for (script, across) in word.across.iter().filter(|(_, a)| a.len() >= 2) {
                let script = script.name();
                emit(key(KeyKind::AcrossEmployer, &[script, across, employer]));
            }
        }
        for &phone in f.phones.of(record) {
            let digits = f.phone_digits[phone as usize];
            emit(number(KeyKind::WordPhone, &word.neutral, digits % 10_000));
        }
        if f.birth[record] != NONE && f.birth[record] >> 9 > 0 {
            emit(number(
                KeyKind::BirthYearWord,
                start(&word.neutral, 3),
                f.birth[record] >> 9,
            ));
        }
    }
    nicknames(f, record, &long, &mut emit);
    name_pairs(&words, &long, &mut emit);
    sparse_keys(f, record, &long, &mut emit);
}

/// The longer names that a word may stand for, with what another word sounds like.
fn nicknames(f: &Features, record: usize, long: &[&Word], emit: &mut impl FnMut(u64)) {
    for &id in f.words.of(record) {
        for &formal in f.nicknames.formal(id) {
            for other in long.iter().filter(|&&w| !std::ptr::eq(w, f.names.word(id))) {
                let mut hasher = hasher(KeyKind::NicknameSkeleton);
                hasher.write_u64(formal);
                hasher.write(other.skeleton.as_bytes());
                emit(hasher.finish());
            }
        }
    }
}

/// Letters of a company that a key takes.
const COMPANY_START: usize = 6;

/// Keys of what reaches or names the person.
fn contact_keys(f: &Features, record: usize, emit: &mut impl FnMut(u64)) {
    for &email in f.emails.of(record) {
        let e = &f.email_list[email as usize];
        emit(key(KeyKind::Email, &[&e.local, &e.domain_name]));
        if e.role {
            continue;
        }
        let mut letters: Vec<u8> = e.local.bytes().filter(u8::is_ascii_alphabetic).collect();
        if letters.len() >= 5 {
            emit(bytes(KeyKind::MailboxLetters, &letters, ""));
        }
        letters.sort_unstable();
        if letters.len() >= 4 {
            emit(bytes(KeyKind::SortedMailbox, &letters, &e.domain_name));
        }
    }
    for &phone in f.phones.of(record) {
        emit(number(KeyKind::Phone, "", f.phone_digits[phone as usize]));
    }
    let birth = f.birth[record];
    if birth != NONE {
        if birth >> 9 > 0 {
            emit(number(KeyKind::BirthDate, "", birth));
        }
        for name in [f.given[record], f.family[record], f.whole[record]] {
            if let Some(initial) = initial(f, name) {
                emit(number(KeyKind::BirthDayInitial, initial, birth & 511));
            }
        }
    }
    for (kind, id) in [
        (KeyKind::Number, f.number[record]),
        (KeyKind::Profile, f.profile[record]),
        (KeyKind::Street, f.street[record]),
    ] {
        if id != NONE {
            emit(key(kind, &[f.texts.get(id)]));
        }
    }
    if f.words.of(record).is_empty() || f.given[record] == NONE {
        for &employer in f.employers.of(record) {
            if f.city[record] != NONE {
                emit(key(
                    KeyKind::CompanyCity,
                    &[f.texts.get(employer), f.texts.get(f.city[record])],
                ));
            }
        }
    }
}

/// Keys of two words of the name, in either order.
fn name_pairs(words: &[&Word], long: &[&Word], emit: &mut impl FnMut(u64)) {
    let ordered = |a: &str, b: &str, kind| {
        if a <= b {
            key(kind, &[a, b])
        } else {
            key(kind, &[b, a])
        }
    };
    for (at, a) in long.iter().enumerate() {
        for b in &long[at + 1..] {
            emit(ordered(&a.skeleton, &b.skeleton, KeyKind::TwoSkeletons));
            emit(ordered(
                start(&a.neutral, 3),
                start(&b.neutral, 3),
                KeyKind::TwoBeginnings,
            ));
            for (script, x) in &a.across {
                if let Some((_, y)) = b.across.iter().find(|(s, _)| s == script)
                    && x.len() + y.len() >= 3
                {
                    let (x, y) = if x <= y { (x, y) } else { (y, x) };
                    emit(key(KeyKind::TwoAcross, &[script.name(), x, y]));
                }
            }
            if a.coarse.len() + b.coarse.len() >= 3 {
                emit(ordered(&a.coarse, &b.coarse, KeyKind::TwoCoarse));
            }
        }
        for b in words {
            if !std::ptr::eq(*a, *b) {
                emit(key(
                    KeyKind::SkeletonInitial,
                    &[&a.skeleton, start(&b.neutral, 1)],
                ));
            }
        }
    }
}

/// Where a record has little but a name, its words with one letter left out
/// stand in for the fields that are missing.
fn sparse_keys(f: &Features, record: usize, long: &[&Word], emit: &mut impl FnMut(u64)) {
    let has_contact = !f.employers.of(record).is_empty() || !f.phones.of(record).is_empty();
    if has_contact {
        return;
    }
    for (at, word) in long.iter().enumerate() {
        if word.neutral.len() < 4 {
            continue;
        }
        for other in long
            .iter()
            .enumerate()
            .filter(|(o, _)| *o != at)
            .map(|(_, w)| w)
        {
            let initial = start(&other.neutral, 1);
            emit(key(KeyKind::Deletion, &[&word.neutral, initial]));
            for (skip, letter) in word.neutral.char_indices() {
                let rest = [
                    &word.neutral[..skip],
                    &word.neutral[skip + letter.len_utf8()..],
                ];
                emit(key(KeyKind::Deletion, &[&rest.concat(), initial]));
            }
        }
    }
}

fn initial(f: &Features, name: NameId) -> Option<&str> {
    (name != NONE)
        .then(|| f.names.name(name).glued.get(..1))
        .flatten()
}

/// The first `len` letters; neutral spellings are ASCII.
pub(in crate::link) fn start(word: &str, len: usize) -> &str {
    word.get(..len).unwrap_or(word)
}

pub(in crate::link) fn key(kind: KeyKind, parts: &[&str]) -> u64 {
    let mut hasher = hasher(kind);
    for part in parts {
        hasher.write(part.as_bytes());
        hasher.write_u8(0xFF);
    }
    hasher.finish()
}

fn bytes(kind: KeyKind, letters: &[u8], domain: &str) -> u64 {
    let mut hasher = hasher(kind);
    hasher.write(letters);
    hasher.write_u8(0xFF);
    hasher.write(domain.as_bytes());
    hasher.finish()
}

pub(in crate::link) fn number(kind: KeyKind, text: &str, number: u32) -> u64 {
    let mut hasher = hasher(kind);
    hasher.write(text.as_bytes());
    hasher.write_u8(0xFF);
    hasher.write_u32(number);
    hasher.finish()
}

/// A hasher with a fixed seed: keys are the same in every run.
fn hasher(kind: KeyKind) -> impl Hasher {
    let mut hasher = foldhash::quality::FixedState::with_seed(0x6B61_7261_7400).build_hasher();
    hasher.write_u8(kind as u8);
    hasher
}
