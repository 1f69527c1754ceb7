//! Employers: company and work domain are one fact.

use std::borrow::Cow;

use super::Side;
use super::cache::PairCache;
use super::text::{similar, within_edits};
use crate::link::card::{Card, Letters};
use crate::link::features::{Features, NONE};
use crate::link::names::letters::Script;

/// Kinds of pairs in the cache; a domain has a dot and a company's core has none, so that
/// a company and a domain are known apart in either order.
const COMPANIES: u8 = 0;
const DOMAINS: u8 = 1;
const SPELLING: u8 = 2;

/// 1 same company or domain · 2 near (abbreviated, acronym, a spelling) · 3 same first word · 4 different; 0 missing.
#[must_use]
pub fn compare(f: &Features, (a, x): Side<'_>, (b, y): Side<'_>, cache: &PairCache) -> u8 {
    if x.employer_count == 0 || y.employer_count == 0 {
        return 0;
    }
    if shared(f, (a, x), (b, y)) {
        return 1;
    }
    let mut best = 4;
    if x.company != NONE && y.company != NONE && may_be_near(x.company_letters, y.company_letters) {
        let card = |id: u32| f.company_cards.get(id);
        let by_text = |x, y| texts(f.texts.get(x), f.texts.get(y));
        let told = card(x.company).level(card(y.company));
        debug_assert!(told.is_none_or(|level| level == by_text(x.company, y.company)));
        best = told.unwrap_or_else(|| cache.level(COMPANIES, x.company, y.company, by_text));
    }
    let (da, db) = (domains(f, a, x), domains(f, b, y));
    for (c, d) in pairs(da, db) {
        let first = c == x.domain && d == y.domain;
        if best > 2 && !(first && x.domain_letters.edits(y.domain_letters) > 2) {
            let misspelt = cache.level(DOMAINS, c, d, |c, d| {
                u8::from(misspelt(f.texts.get(c), f.texts.get(d)))
            });
            best = if misspelt == 1 { 2 } else { best };
        }
    }
    // A company without a mail against a mail without a company: the domain's label spells it.
    for (card, other, domains) in [(x, y, db), (y, x, da)] {
        for &domain in domains {
            let may_spell = domain != other.domain || other.may_spell(card);
            if best > 2 && card.company != NONE && may_spell {
                let spelt = cache.level(SPELLING, card.company, domain, |_, _| {
                    u8::from(spells(f.texts.get(card.company), f.texts.get(domain)))
                });
                best = if spelt == 1 { 2 } else { best };
            }
        }
    }
    if best == 4 && (untold(f, (a, x), (b, y)) || untold(f, (b, y), (a, x))) {
        return 0;
    }
    best
}

/// An employer in common.
fn shared(f: &Features, (a, x): (usize, &Card), (b, y): (usize, &Card)) -> bool {
    if x.employer_count <= 2 && y.employer_count <= 2 {
        return x
            .employers
            .iter()
            .any(|id| *id != NONE && y.employers.contains(id));
    }
    let others = f.employers.of(b);
    f.employers.of(a).iter().any(|id| others.contains(id))
}

fn domains<'a>(f: &'a Features, record: usize, card: &'a Card) -> &'a [u32] {
    match card.domains {
        0 => &[],
        1 => std::slice::from_ref(&card.domain),
        _ => f.domains.of(record),
    }
}

/// Every way to be near keeps the first letter, but for a spelling of few edits.
const fn may_be_near(a: Letters, b: Letters) -> bool {
    a.same_start(b) || a.edits(b) <= 2
}

fn pairs(a: &[u32], b: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    a.iter().flat_map(|&x| b.iter().map(move |&y| (x, y)))
}

/// Two companies in two scripts, of which one is not known by any domain: whether they
/// are one the texts can't tell.
fn untold(f: &Features, (a, x): (usize, &Card), (_, y): (usize, &Card)) -> bool {
    x.company_script != Script::Latin
        && x.company_script != y.company_script
        && f.employers.of(a) == [x.company]
}

/// Two domains that one or two typing errors part.
fn misspelt(a: &str, b: &str) -> bool {
    let allowed = match a.len().min(b.len()) {
        0..=5 => return false,
        6..=11 => 1,
        _ => 2,
    };
    within_edits(a, b, allowed)
}

/// The level of two companies' names.
pub(in crate::link) fn texts(a: &str, b: &str) -> u8 {
    let (ga, gb) = (glued(a), glued(b));
    if ga == gb {
        return 1;
    }
    let shorter = ga.len().min(gb.len());
    if similar(&ga, &gb, 0.93) || (shorter >= 6 && (ga.starts_with(&*gb) || gb.starts_with(&*ga))) {
        return 2;
    }
    if acronym(a, &gb) || acronym(b, &ga) {
        return 2;
    }
    let (fa, fb) = (
        a.split(' ').next().unwrap_or(""),
        b.split(' ').next().unwrap_or(""),
    );
    if abbreviated(a, b) {
        return 2;
    }
    if fa.len() >= 4 && fa == fb { 3 } else { 4 }
}

/// Without blanks.
fn glued(text: &str) -> Cow<'_, str> {
    if text.contains(' ') {
        Cow::Owned(text.replace(' ', ""))
    } else {
        Cow::Borrowed(text)
    }
}

/// Every word of one begins a word of the other at the same place: `lodz ind` for `lodz industries`.
fn abbreviated(a: &str, b: &str) -> bool {
    let words = |s: &str| s.split(' ').count();
    words(a) >= 2
        && words(a) == words(b)
        && a.split(' ').zip(b.split(' ')).all(|(x, y)| {
            x == y || (x.len().min(y.len()) >= 2 && (x.starts_with(y) || y.starts_with(x)))
        })
}

fn acronym(words: &str, short: &str) -> bool {
    let initials = || words.split(' ').filter_map(|w| w.chars().next());
    short.len() >= 3 && initials().eq(short.chars())
}

/// Does a domain's label spell the company: glued, its beginning, or its first word?
fn spells(company: &str, domain: &str) -> bool {
    let label = domain.split('.').next().unwrap_or("").replace('-', "");
    let glued = glued(company);
    label.len() >= 5
        && (glued.starts_with(&label) || label.starts_with(&*glued) && glued.len() >= 5)
}
