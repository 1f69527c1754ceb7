//! Employers: company and work domain are one fact.

use rapidfuzz::distance::osa;

use super::cache::PairCache;
use super::text::similar;
use crate::link::features::{Features, NONE};
use crate::link::names::letters::Script;

/// Kinds of pairs in the cache; a domain has a dot and a company's core has none, so that
/// a company and a domain are known apart in either order.
const COMPANIES: u8 = 0;
const DOMAINS: u8 = 1;
const SPELLING: u8 = 2;

/// 1 same company or domain · 2 near (abbreviated, acronym, a spelling) · 3 same first word · 4 different; 0 missing.
#[must_use]
pub fn compare(f: &Features, a: usize, b: usize, cache: &mut PairCache) -> u8 {
    let (left, right) = (f.employers.of(a), f.employers.of(b));
    if left.is_empty() || right.is_empty() {
        return 0;
    }
    if left.iter().any(|x| right.contains(x)) {
        return 1;
    }
    let (ca, cb) = (f.company[a], f.company[b]);
    let mut best = 4;
    if ca != NONE && cb != NONE {
        best = cache.level(COMPANIES, ca, cb, |x, y| {
            texts(f.texts.get(x), f.texts.get(y))
        });
    }
    let (da, db) = (f.domains.of(a), f.domains.of(b));
    for (x, y) in pairs(da, db) {
        if best > 2 {
            let misspelt = cache.level(DOMAINS, x, y, |x, y| {
                u8::from(misspelt(f.texts.get(x), f.texts.get(y)))
            });
            best = if misspelt == 1 { 2 } else { best };
        }
    }
    // A company without a mail against a mail without a company: the domain's label spells it.
    for (company, domains) in [(ca, db), (cb, da)] {
        for &domain in domains {
            if best > 2 && company != NONE {
                let spelt = cache.level(SPELLING, company, domain, |_, _| {
                    u8::from(spells(f.texts.get(company), f.texts.get(domain)))
                });
                best = if spelt == 1 { 2 } else { best };
            }
        }
    }
    if best == 4 && untold(f, a, b) {
        return 0;
    }
    best
}

fn pairs(a: &[u32], b: &[u32]) -> impl Iterator<Item = (u32, u32)> {
    a.iter().flat_map(|&x| b.iter().map(move |&y| (x, y)))
}

/// Two companies in two scripts, of which one is not known by any domain: whether they
/// are one the texts can't tell.
fn untold(f: &Features, a: usize, b: usize) -> bool {
    let unknown = |record: usize| f.employers.of(record) == [f.company[record]];
    let script = |record: usize| f.company_script[record];
    (unknown(a) && script(a) != script(b) && script(a) != Script::Latin)
        || (unknown(b) && script(b) != script(a) && script(b) != Script::Latin)
}

/// Two domains that one or two typing errors part.
fn misspelt(a: &str, b: &str) -> bool {
    let allowed = match a.len().min(b.len()) {
        0..=5 => return false,
        6..=11 => 1,
        _ => 2,
    };
    osa::distance_with_args(
        a.bytes(),
        b.bytes(),
        &osa::Args::default().score_cutoff(allowed),
    )
    .is_some()
}

fn texts(a: &str, b: &str) -> u8 {
    let (ga, gb): (String, String) = (a.replace(' ', ""), b.replace(' ', ""));
    if ga == gb {
        return 1;
    }
    let shorter = ga.len().min(gb.len());
    if similar(&ga, &gb, 0.93) || (shorter >= 6 && (ga.starts_with(&gb) || gb.starts_with(&ga))) {
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
    let glued = company.replace(' ', "");
    label.len() >= 5 && (glued.starts_with(&label) || label.starts_with(&glued) && glued.len() >= 5)
}
