//! Values that step back while a better one is there: initials, short forms, slips.
//!
//! All comparisons are between values of one cluster, on folded text (Latin letters
//! and digits, lower case); the values themselves are never changed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use hashbrown::{HashMap, HashSet};

use super::policy::Avoid;
use super::survive::Candidate;
use crate::standardise::email::EmailRules;

/// Short form → names that it may stand for, folded.
#[derive(Clone, Debug, Default)]
pub struct Nicknames {
    formal: HashMap<String, BTreeSet<String>>,
}

impl Nicknames {
    /// Reads `rules/names/nicknames.csv`: each line a name and a form of it.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let mut formal: HashMap<String, BTreeSet<String>> = HashMap::new();
        let mut reader = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .flexible(true)
            .from_reader(text.as_bytes());
        let short_first = reader
            .headers()
            .ok()
            .and_then(|headers| {
                headers
                    .get(0)
                    .map(|h| h.contains("nick") || h.contains("short"))
            })
            .unwrap_or(false);
        for line in reader.records().flatten() {
            let (Some(first), Some(second)) = (line.get(0), line.get(1)) else {
                continue;
            };
            let (short, name) = if short_first {
                (first, second)
            } else {
                (second, first)
            };
            for name in name.split([';', ' ']).map(fold).filter(|n| !n.is_empty()) {
                formal.entry(fold(short)).or_default().insert(name);
            }
        }
        Self { formal }
    }

    fn stands_for(&self, short: &str, name: &str) -> bool {
        self.formal
            .get(short)
            .is_some_and(|names| names.contains(name))
    }
}

/// What the marks need to know beside the candidates.
pub struct Context<'a> {
    pub nicknames: &'a Nicknames,
    /// Which mailboxes belong to a function.
    pub emails: &'a EmailRules,
    /// Values of this column that records of several people hold.
    pub shared: Option<&'a HashSet<&'a str>>,
    /// The script that most of this person's names are in.
    pub main_script: Option<Script>,
    /// What this person's records have as the other half of the name.
    pub other_half: Vec<&'a str>,
}

/// Takes out the candidates with a mark while others are left; tells which mark
/// took the last differing value out, and calls `lost` for each one taken.
pub fn step_back<'a>(
    left: &mut Vec<Candidate<'a>>,
    avoid: &[Avoid],
    context: &Context<'_>,
    mut lost: impl FnMut(u32, Avoid),
) -> Option<&'static str> {
    let mut decided = None;
    let mut folded: Vec<String> = Vec::new();
    for &mark in avoid {
        if left.len() < 2 || left.iter().all(|c| c.value == left[0].value) {
            break;
        }
        if folded.is_empty() {
            folded.extend(left.iter().map(|c| fold(c.value)));
        }
        // Records with one value share the mark: a cluster of thousands has few values.
        let mut known: HashMap<&str, bool> = HashMap::new();
        let marked: Vec<bool> = (0..left.len())
            .map(|at| {
                let judge = || is_marked(at, left, &folded, mark, context);
                if left.len() <= FEW {
                    return judge();
                }
                *known.entry(left[at].value).or_insert_with(judge)
            })
            .collect();
        if !marked.contains(&true) || !marked.contains(&false) {
            continue;
        }
        let mut at = 0;
        left.retain(|candidate| {
            let out = marked[at];
            at += 1;
            if out {
                lost(candidate.row, mark);
            }
            !out
        });
        let mut marks = marked.iter();
        folded.retain(|_| marks.next() == Some(&false));
        decided = Some(rule(mark));
    }
    decided
}

/// A mark as the audit spells it.
#[must_use]
pub const fn rule(mark: Avoid) -> &'static str {
    match mark {
        Avoid::Shared => "not_shared",
        Avoid::OtherScript => "main_script",
        Avoid::Initial => "not_an_initial",
        Avoid::Nickname => "not_a_nickname",
        Avoid::Misspelling => "best_spelling",
        Avoid::Unaccented => "accented",
        Avoid::RoleMailbox => "not_a_role_mailbox",
        Avoid::Tagged => "without_tag",
        Avoid::National => "with_country_code",
        Avoid::Swapped => "not_swapped",
    }
}

/// Why a value with this mark lost, in words.
#[must_use]
pub const fn reason(mark: Avoid) -> &'static str {
    match mark {
        Avoid::Shared => "records of other people have this value too",
        Avoid::OtherScript => "not in the script of most of this person's names",
        Avoid::Initial => "an initial of the golden name",
        Avoid::Nickname => "a short form of the golden name",
        Avoid::Misspelling => "close to a spelling that more fields attest",
        Avoid::Unaccented => "the golden spelling has the accents",
        Avoid::RoleMailbox => "a mailbox of a function, not of a person",
        Avoid::Tagged => "the golden address without its tag",
        Avoid::National => "no country code: another record has a full number",
        Avoid::Swapped => "more records have it as the other half of the name",
    }
}

fn is_marked(
    at: usize,
    candidates: &[Candidate<'_>],
    folded: &[String],
    mark: Avoid,
    context: &Context<'_>,
) -> bool {
    let value = candidates[at].value;
    let own = folded[at].as_str();
    match mark {
        Avoid::Shared => context.shared.is_some_and(|shared| shared.contains(value)),
        Avoid::OtherScript => match (context.main_script, Script::of(value)) {
            (Some(main), Some(script)) => main != script,
            _ => false,
        },
        Avoid::Initial => {
            // One ideograph is a whole name.
            value.chars().filter(|c| c.is_alphabetic()).count() == 1
                && Script::of(value) != Some(Script::Other(0x2e80))
                && candidates
                    .iter()
                    .any(|c| c.value.chars().filter(|c| c.is_alphabetic()).count() > 1)
        }
        Avoid::Nickname => folded
            .iter()
            .any(|other| other != own && context.nicknames.stands_for(own, first_word(other))),
        Avoid::Misspelling => candidates.iter().zip(folded).any(|(other, folded)| {
            other.votes > candidates[at].votes && folded != own && is_slip(own, folded)
        }),
        Avoid::Swapped => {
            let here = candidates.iter().filter(|c| c.value == value).count();
            let there = context.other_half.iter().filter(|v| **v == value);
            there.count() > here
        }
        Avoid::National => !value.starts_with('+'),
        Avoid::RoleMailbox => context.emails.is_role(value),
        Avoid::Tagged => {
            untagged(value).is_some_and(|plain| candidates.iter().any(|other| other.value == plain))
        }
        Avoid::Unaccented => candidates
            .iter()
            .zip(folded)
            .any(|(other, folded)| folded == own && non_ascii(other.value) > non_ascii(value)),
    }
}

/// `ann+news@x.com` → `ann@x.com`; none for an address without a tag.
fn untagged(address: &str) -> Option<String> {
    let (local, domain) = address.rsplit_once('@')?;
    let (name, _) = local.split_once('+')?;
    Some(format!("{name}@{domain}"))
}

fn first_word(folded: &str) -> &str {
    folded.split(' ').next().unwrap_or(folded)
}

fn non_ascii(value: &str) -> usize {
    value
        .chars()
        .filter(|c| !c.is_ascii() && c.is_alphabetic())
        .count()
}

/// One slip in up to four letters, two in longer words.
fn is_slip(one: &str, other: &str) -> bool {
    let letters = one.chars().count().min(other.chars().count());
    if letters < 3 {
        return false;
    }
    let allowed = if letters <= 4 { 1 } else { 2 };
    one.chars().count().abs_diff(other.chars().count()) <= allowed
        && strsim::osa_distance(one, other) <= allowed
}

/// How many records hold each candidate's folded value, plus how many of `attests`
/// (folded values of other fields) contain it.
pub fn count_votes(candidates: &mut [Candidate<'_>], attests: &[String]) {
    if candidates.len() < 2 {
        return;
    }
    let folded: Vec<String> = candidates.iter().map(|c| fold(c.value)).collect();
    let records = counted(folded.iter().map(String::as_str));
    let spoken = |own: &str| {
        let tight: Cow<'_, str> = if own.contains(' ') {
            Cow::Owned(own.replace(' ', ""))
        } else {
            Cow::Borrowed(own)
        };
        if tight.len() < 3 {
            return 0;
        }
        let count = attests.iter().filter(|text| text.contains(&*tight)).count();
        u32::try_from(count).unwrap_or(u32::MAX)
    };
    let few = candidates.len() <= FEW;
    let mut known: HashMap<&str, u32> = HashMap::new();
    for ((candidate, own), records) in candidates.iter_mut().zip(&folded).zip(records) {
        let spoken = if few {
            spoken(own)
        } else {
            *known.entry(own).or_insert_with(|| spoken(own))
        };
        candidate.votes = records.saturating_add(spoken);
    }
}

/// Values that are compared each with each; of more, equal ones are found by hash.
pub const FEW: usize = 16;

/// How often each of the values is there.
pub fn counted<'v>(values: impl ExactSizeIterator<Item = &'v str> + Clone) -> Vec<u32> {
    let mut counts: HashMap<&str, u32> = HashMap::new();
    if values.len() <= FEW {
        let count = |own: &str| values.clone().filter(|other| *other == own).count();
        return values
            .clone()
            .map(|own| u32::try_from(count(own)).unwrap_or(u32::MAX))
            .collect();
    }
    for value in values.clone() {
        *counts.entry(value).or_default() += 1;
    }
    values.map(|value| counts[value]).collect()
}

/// Latin letters and digits in lower case, words kept apart by one space.
#[must_use]
pub fn fold(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let ascii = if value.is_ascii() {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(any_ascii::any_ascii(value))
    };
    for c in ascii.chars() {
        if c.is_ascii_alphanumeric() {
            out.push(c.to_ascii_lowercase());
        } else if c != '\'' && !out.ends_with(' ') && !out.is_empty() {
            out.push(' ');
        }
    }
    out.truncate(out.trim_end().len());
    out
}

/// The script of a name: its first letter's block, coarse.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Script {
    Latin,
    /// The high bits of the first letter's code point; CJK, kana and Hangul apart
    /// from each other is of no use here, so that they count as one.
    Other(u32),
}

impl Script {
    #[must_use]
    pub fn of(value: &str) -> Option<Self> {
        let letter = value.chars().find(|c| c.is_alphabetic())? as u32;
        Some(match letter {
            0..0x370 | 0x1e00..0x1f00 => Self::Latin,
            0x2e80..0xfb00 => Self::Other(0x2e80),
            // Greek and Greek extended.
            0x370..0x400 | 0x1f00..0x2000 => Self::Other(0x370),
            // Arabic with its forms.
            0x600..0x780 | 0x8a0..0x900 | 0xfb50..0xfe00 | 0xfe70..0xff00 => Self::Other(0x600),
            _ => Self::Other(letter & !0xff),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn candidates<'a>(values: &[(&'a str, u32)]) -> Vec<Candidate<'a>> {
        (0_u32..)
            .zip(values)
            .map(|(row, &(value, votes))| Candidate {
                row,
                value,
                votes,
                filled: 0,
            })
            .collect()
    }

    fn left_after(values: &[(&'static str, u32)], avoid: &[Avoid]) -> Vec<&'static str> {
        let nicknames = Nicknames::parse("name,form\nrobert,bob\n");
        let emails = EmailRules::load(&crate::rulebook::Rulebook::builtin());
        let context = Context {
            nicknames: &nicknames,
            emails: &emails,
            shared: None,
            main_script: None,
            other_half: vec!["Robert", "Robert"],
        };
        let mut left = candidates(values);
        step_back(&mut left, avoid, &context, |_, _| ());
        left.iter().map(|c| c.value).collect()
    }

    #[test]
    fn initials_short_forms_and_slips_step_back() {
        assert_eq!(
            left_after(&[("J.", 1), ("Jane", 1)], &[Avoid::Initial]),
            ["Jane"]
        );
        assert_eq!(
            left_after(&[("Bob", 2), ("Robert", 1)], &[Avoid::Nickname]),
            ["Robert"]
        );
        assert_eq!(
            left_after(
                &[("Turnre", 1), ("Turner", 2), ("Hall", 1)],
                &[Avoid::Misspelling]
            ),
            ["Turner", "Hall"]
        );
        assert_eq!(
            left_after(&[("Jose", 3), ("José", 1)], &[Avoid::Unaccented]),
            ["José"]
        );
    }

    #[test]
    fn a_swapped_half_steps_back_where_more_records_have_it_right() {
        assert_eq!(
            left_after(&[("Robert", 1), ("Lee", 1)], &[Avoid::Swapped]),
            ["Lee"]
        );
        assert_eq!(
            left_after(
                &[("Robert", 2), ("Robert", 2), ("Lee", 1)],
                &[Avoid::Swapped]
            )
            .len(),
            3
        );
    }

    #[test]
    fn role_mailboxes_and_tags_step_back() {
        let both = [Avoid::RoleMailbox, Avoid::Tagged];
        assert_eq!(
            left_after(
                &[("info@x.com", 1), ("ann+news@x.com", 1), ("ann@x.com", 1)],
                &both
            ),
            ["ann@x.com"]
        );
        assert_eq!(
            left_after(&[("ann+a@x.com", 1), ("ann+b@x.com", 1)], &both).len(),
            2
        );
    }

    #[test]
    fn a_mark_never_takes_the_last_value() {
        assert_eq!(
            left_after(&[("J.", 1), ("K.", 1)], &[Avoid::Initial]),
            ["J.", "K."]
        );
    }

    #[test]
    fn many_records_are_counted_as_few_are() {
        let mut many: Vec<Candidate<'_>> = candidates(&[("Ann", 0), ("ANN", 0), ("Bea", 0)])
            .into_iter()
            .cycle()
            .take(60)
            .collect();
        let attests = ["annlee".to_owned()];
        count_votes(&mut many, &attests);
        let votes: Vec<u32> = many[..3].iter().map(|c| c.votes).collect();
        assert_eq!(votes, [41, 41, 20]);
        let values = ["Turnre"; 20].into_iter().chain(["Turner"; 21]);
        let mixed: Vec<(&'static str, u32)> = values.map(|value| (value, 0)).collect();
        let mut some = candidates(&mixed);
        count_votes(&mut some, &[]);
        assert_eq!((some[0].votes, some[40].votes), (20, 21));
        let voted: Vec<(&'static str, u32)> = mixed
            .iter()
            .zip(&some)
            .map(|((value, _), c)| (*value, c.votes))
            .collect();
        assert_eq!(left_after(&voted, &[Avoid::Misspelling]), ["Turner"; 21]);
    }

    #[test]
    fn an_address_votes_for_the_name_in_it() {
        let mut some = candidates(&[("Turnre", 0), ("Turner", 0)]);
        count_votes(&mut some, &["turnerrichard".to_owned()]);
        assert_eq!((some[0].votes, some[1].votes), (1, 2));
    }

    #[test]
    fn scripts_are_told_apart() {
        assert_eq!(Script::of("Élodie"), Some(Script::Latin));
        assert_eq!(Script::of("王小明"), Script::of("やまだ"));
        assert_ne!(Script::of("Иван"), Script::of("Ivan"));
        assert_eq!(Script::of("123"), None);
    }
}
