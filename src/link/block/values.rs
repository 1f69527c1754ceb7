//! The values that keys are made of: for each record their ids, for each id its text.

use std::borrow::Cow;
use std::slice;

use hashbrown::HashMap;

use crate::contact::{Records, Table, Text};
use crate::link::columns;
use crate::link::features::{FeatureRules, Features, Lists, NONE, folded};
use crate::link::names::Sound;
use crate::link::names::letters::Script;
use crate::link::orgs::Orgs;
use crate::plan::RecordKind;
use crate::plan::key_parts::{KeyPart, Of, Take};

/// Where values are found.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub features: &'a Features,
    pub records: &'a Records,
    pub table: &'a Table,
    pub rules: &'a FeatureRules,
}

/// The ids of each record.
pub enum Ids<'a> {
    Lists(&'a Lists),
    Column(Cow<'a, [u32]>),
    OrgWords(&'a Orgs),
}

impl Ids<'_> {
    pub fn of(&self, record: usize) -> &[u32] {
        match self {
            Self::Lists(lists) => lists.of(record),
            Self::Column(column) => match column.get(record) {
                Some(id) if *id != NONE => slice::from_ref(id),
                _ => &[],
            },
            Self::OrgWords(orgs) => &orgs.name_of(record).words,
        }
    }
}

/// What ids stand for. Sources that share their ids share a space, so that what is taken
/// of a text is worked out once.
pub enum Space<'a> {
    Words(&'a Features),
    OrgWords(&'a Orgs),
    Names(&'a Features),
    Emails(&'a Features),
    Phones(&'a Features),
    Texts(&'a Features),
    Organisations(&'a Orgs),
    Streets(&'a Orgs),
    /// Packed dates.
    Dates(Vec<u32>),
    Own(Vec<String>),
}

/// One step of taking; a script is chosen when keys are compiled.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Take(Take),
    Script(Script),
}

impl Space<'_> {
    /// How many ids there are.
    pub fn len(&self) -> usize {
        match self {
            Self::Words(f) => f.names.words.len(),
            Self::OrgWords(orgs) => orgs.tokens.len(),
            Self::Names(f) => f.names.names.len(),
            Self::Emails(f) => f.email_list.len(),
            Self::Phones(f) => f.phone_digits.len(),
            Self::Texts(f) => f.texts.len(),
            Self::Organisations(orgs) => orgs.names.len(),
            Self::Streets(orgs) => orgs.streets.len(),
            Self::Dates(list) => list.len(),
            Self::Own(list) => list.len(),
        }
    }

    /// Calls `each` with every text that `steps` take of an id.
    pub fn take(&self, id: usize, steps: &[Step], sound: &Sound, each: &mut dyn FnMut(Value<'_>)) {
        let (first, rest) = match steps.split_first() {
            Some((first, rest)) => (Some(*first), rest),
            None => (None, steps),
        };
        let mut text = |text: &str| through(text, rest, sound, each);
        match self {
            Self::Words(f) => {
                let word = &f.names.words[id];
                let short = word.latin.len() < 2;
                match first {
                    Some(Step::Take(Take::Initial)) => text(start(&word.neutral, 1)),
                    _ if short => {}
                    Some(Step::Take(Take::Sound)) => text(&word.skeleton),
                    Some(Step::Take(Take::Rough)) => text(&word.coarse),
                    Some(Step::Script(script)) => {
                        if let Some((_, left)) = word.across.iter().find(|(s, _)| *s == script) {
                            text(left);
                        }
                    }
                    Some(Step::Take(Take::Nickname)) => {
                        let id = u32::try_from(id).unwrap_or(NONE);
                        for &formal in f.nicknames.formal(id) {
                            each(Value::Hashed(formal));
                        }
                    }
                    _ => filled(&word.neutral, steps, sound, each),
                }
            }
            Self::OrgWords(orgs) => match first {
                Some(Step::Take(Take::Initial)) => text(start(&orgs.tokens[id].text, 1)),
                _ => filled(&orgs.tokens[id].text, steps, sound, each),
            },
            Self::Names(f) => match first {
                Some(Step::Take(Take::Initial)) => text(start(&f.names.names[id].glued, 1)),
                _ => filled(&f.names.names[id].glued, steps, sound, each),
            },
            Self::Emails(f) => {
                let email = &f.email_list[id];
                let at = u32::try_from(id).unwrap_or(NONE);
                match first {
                    // A mailbox of an office says nothing about whose it is.
                    Some(Step::Take(Take::Local)) if email.role => {}
                    Some(Step::Take(Take::Local)) => text(f.local(at)),
                    Some(Step::Take(Take::EmailDomain)) => text(f.domain_name(at)),
                    _ => {
                        let whole = format!("{}@{}", f.local(at), f.domain_name(at));
                        filled(&whole, steps, sound, each);
                    }
                }
            }
            Self::Phones(f) => filled(&format!("{:08}", f.phone_digits[id]), steps, sound, each),
            Self::Texts(f) => {
                let id = u32::try_from(id).unwrap_or(NONE);
                filled(f.texts.get(id), steps, sound, each);
            }
            Self::Organisations(orgs) => {
                let name = &orgs.names[id];
                match first {
                    Some(Step::Take(Take::Glued)) => text(&name.glued),
                    Some(Step::Take(Take::Initials)) => {
                        for initials in initials(name) {
                            text(initials);
                        }
                    }
                    _ => filled(&name.key, steps, sound, each),
                }
            }
            Self::Streets(orgs) => {
                let (house, word) = orgs.streets[id].place(&orgs.street_tokens);
                match first {
                    Some(Step::Take(Take::House)) if house != NONE => text(&house.to_string()),
                    Some(Step::Take(Take::Rarest)) if word != NONE => {
                        text(&orgs.street_tokens[word as usize].text);
                    }
                    _ => {}
                }
            }
            Self::Dates(list) => {
                let (year, day) = (list[id] >> 9, list[id] & 511);
                match first {
                    Some(Step::Take(Take::MonthDay)) => text(&day.to_string()),
                    Some(Step::Take(Take::Year)) if year > 0 => text(&year.to_string()),
                    None if year > 0 => text(&list[id].to_string()),
                    _ => {}
                }
            }
            Self::Own(list) => filled(&list[id], steps, sound, each),
        }
    }
}

/// What comes out: a text, or the hash that already stands for one.
pub enum Value<'a> {
    Text(&'a str),
    Hashed(u64),
}

/// The ways in which an organisation's name is shortened to letters.
fn initials(name: &crate::link::orgs::name::OrgName) -> Vec<&str> {
    let mut list: Vec<&str> = Vec::new();
    if name.words.len() >= 2 {
        list.extend([name.initials.as_str(), name.initials_all.as_str()]);
    }
    let short = (2..=6).contains(&name.glued.len());
    if short && (name.words.len() == 1 || name.glued == name.initials) {
        list.push(&name.glued);
    }
    list.dedup();
    list
}

fn filled(text: &str, steps: &[Step], sound: &Sound, each: &mut dyn FnMut(Value<'_>)) {
    if !text.is_empty() {
        through(text, steps, sound, each);
    }
}

/// Takes one step after the other. What is left empty is no value, but for sounds: names
/// of vowels alone sound alike.
fn through(text: &str, steps: &[Step], sound: &Sound, each: &mut dyn FnMut(Value<'_>)) {
    let Some((step, rest)) = steps.split_first() else {
        each(Value::Text(text));
        return;
    };
    let Step::Take(take) = step else { return };
    let mut next = |text: &str| filled(text, rest, sound, each);
    match *take {
        Take::Start(n) => next(start(text, n)),
        Take::End(n) => next(end(text, n)),
        Take::Min(n) if text.len() < n => {}
        Take::Min(_) => next(text),
        Take::Letters => next(&kept(text, |b| b.is_ascii_alphabetic())),
        Take::Digits => next(&kept(text, |b| b.is_ascii_digit())),
        Take::Sorted => {
            let mut letters: Vec<char> = text.chars().collect();
            letters.sort_unstable();
            next(&letters.into_iter().collect::<String>());
        }
        Take::Sound => through(&Sound::skeleton(&sound.neutral(text)), rest, sound, each),
        Take::Rough => through(&Sound::coarse(&sound.neutral(text)), rest, sound, each),
        Take::Words => text.split(' ').for_each(next),
        Take::Initials => {
            let letters = text.split(' ').filter_map(|word| word.chars().next());
            next(&letters.collect::<String>());
        }
        Take::OneOff => {
            next(text);
            for (at, letter) in text.char_indices() {
                next(&[&text[..at], &text[at + letter.len_utf8()..]].concat());
            }
        }
        // These are taken of their own kinds of values, and first.
        Take::Initial
        | Take::Nickname
        | Take::Script
        | Take::Local
        | Take::EmailDomain
        | Take::Year
        | Take::MonthDay
        | Take::Glued
        | Take::House
        | Take::Rarest => {}
    }
}

/// The first `len` letters; what is compared is ASCII, but for what no table knows.
fn start(text: &str, len: usize) -> &str {
    match text.char_indices().nth(len) {
        Some((at, _)) => &text[..at],
        None => text,
    }
}

fn end(text: &str, len: usize) -> &str {
    match text.char_indices().rev().nth(len - 1) {
        Some((at, _)) => &text[at..],
        None => text,
    }
}

fn kept(text: &str, keep: impl Fn(&u8) -> bool) -> String {
    text.bytes().filter(keep).map(char::from).collect()
}

/// Can a chain of steps give several values?
pub fn is_many(steps: &[Step], records: RecordKind) -> bool {
    steps.iter().any(|step| match step {
        Step::Take(Take::OneOff | Take::Words | Take::Nickname) => true,
        Step::Take(Take::Initials) => records == RecordKind::Organisations,
        _ => false,
    })
}

/// Which source a part is of: parts of one source are of one value.
pub fn source(part: &KeyPart) -> Of {
    match part.of {
        Of::OtherWord => Of::Word,
        _ => part.of.clone(),
    }
}

/// Is the part of a street taken apart, and not of its text?
pub fn of_place(part: &KeyPart) -> bool {
    matches!(part.take.first(), Some(Take::House | Take::Rarest))
}

/// The values of a column of the table, folded: dense record → id, and the texts.
fn of_columns(input: Input<'_>, list: &[&Text]) -> (Vec<u32>, Vec<String>) {
    let Input {
        features: f, rules, ..
    } = input;
    let mut ids: HashMap<String, u32, foldhash::fast::FixedState> = HashMap::default();
    let mut texts: Vec<String> = Vec::new();
    // Distinct value → id, by column.
    let known: Vec<Vec<u32>> = list
        .iter()
        .map(|column| {
            (0u32..)
                .take(column.distinct())
                .map(|code| {
                    let text = folded(column.value(code), &rules.letters);
                    if text.is_empty() {
                        return NONE;
                    }
                    *ids.entry(text).or_insert_with_key(|text| {
                        texts.push(text.clone());
                        u32::try_from(texts.len() - 1).unwrap_or(NONE)
                    })
                })
                .collect()
        })
        .collect();
    let of = f
        .rows
        .iter()
        .map(|&row| {
            list.iter()
                .zip(&known)
                .find_map(|(column, ids)| Some(ids[column.code(row as usize)? as usize]))
                .unwrap_or(NONE)
        })
        .collect();
    (of, texts)
}

/// Finds the values of a source; `None` when the input has no such column.
///
/// # Errors
/// For a column that is in no source: the headers that there are.
pub fn find<'a>(
    input: Input<'a>,
    of: &Of,
    of_place: bool,
    records: RecordKind,
) -> Result<Option<(Ids<'a>, Space<'a>)>, Vec<String>> {
    let f = input.features;
    let orgs = &f.orgs;
    let texts = |column: &'a [u32]| (Ids::Column(Cow::Borrowed(column)), Space::Texts(f));
    let names = |column: &'a [u32]| (Ids::Column(Cow::Borrowed(column)), Space::Names(f));
    let own = |list: &[&Text]| {
        let (ids, texts) = of_columns(input, list);
        (Ids::Column(Cow::Owned(ids)), Space::Own(texts))
    };
    let of_organisations = records == RecordKind::Organisations;
    Ok(Some(match of {
        Of::Word | Of::OtherWord if of_organisations => {
            (Ids::OrgWords(orgs), Space::OrgWords(orgs))
        }
        Of::Word | Of::OtherWord => (Ids::Lists(&f.words), Space::Words(f)),
        Of::GivenName => names(&f.given),
        Of::FamilyName => names(&f.family),
        Of::FullName => names(&f.whole),
        Of::Email => (Ids::Lists(&f.emails), Space::Emails(f)),
        Of::Phone => (Ids::Lists(&f.phones), Space::Phones(f)),
        Of::Employer => (Ids::Lists(&f.employers), Space::Texts(f)),
        Of::Domain if of_organisations => (Ids::Lists(&orgs.domains), Space::Texts(f)),
        Of::Domain => (Ids::Lists(&f.domains), Space::Texts(f)),
        Of::Organisation => (
            Ids::Column(Cow::Borrowed(&orgs.name)),
            Space::Organisations(orgs),
        ),
        Of::BirthDate => {
            let mut dates: Vec<u32> = f.birth.iter().copied().filter(|&d| d != NONE).collect();
            dates.sort_unstable();
            dates.dedup();
            let id = |date: &u32| match dates.binary_search(date) {
                Ok(at) => u32::try_from(at).unwrap_or(NONE),
                Err(_) => NONE,
            };
            let ids = f.birth.iter().map(id).collect();
            (Ids::Column(Cow::Owned(ids)), Space::Dates(dates))
        }
        Of::Field(name) => match name.as_str() {
            "street" if of_place => (
                Ids::Column(Cow::Borrowed(&orgs.street)),
                Space::Streets(orgs),
            ),
            "street" => texts(&f.street),
            "city" => texts(&f.city),
            "postcode" => texts(&f.postcode),
            "company" => texts(&f.company),
            "job_title" => texts(&f.title),
            "national_id" => texts(&f.number),
            "linkedin_url" => texts(&f.profile),
            name => match input.table.column(name) {
                Some(column) => own(&[column]),
                None => return Ok(None),
            },
        },
        Of::Column(header) => own(&columns::named(
            input.records,
            input.table,
            &input.rules.letters,
            header,
        )?),
    }))
}
