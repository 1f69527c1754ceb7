//! Employers: company and work domain are one fact.

use rapidfuzz::distance::osa;

use super::text::similar;
use crate::link::features::{Features, NONE};
use crate::link::names::letters::Script;

/// 1 same company or domain · 2 near (abbreviated, acronym, a spelling) · 3 same first word · 4 different; 0 missing.
#[must_use]
pub fn compare(f: &Features, a: usize, b: usize) -> u8 {
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
        best = best.min(texts(f.texts.get(ca), f.texts.get(cb)));
    }
    let (da, db) = (f.domains.of(a), f.domains.of(b));
    if best > 2
        && da
            .iter()
            .any(|&x| db.iter().any(|&y| misspelt(f.texts.get(x), f.texts.get(y))))
    {
        best = 2;
    }
    // A company without a mail against a mail without a company: the domain's label spells it.
    for (company, domains) in [(ca, f.domains.of(b)), (cb, f.domains.of(a))] {
        if company == NONE {
            continue;
        }
        for &domain in domains {
            if spells(f.texts.get(company), f.texts.get(domain)) {
                best = best.min(2);
            }
        }
    }
    if best == 4 && untold(f, a, b) {
        return 0;
    }
    best
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
    let (wa, wb): (Vec<&str>, Vec<&str>) = (a.split(' ').collect(), b.split(' ').collect());
    wa.len() >= 2
        && wa.len() == wb.len()
        && wa.iter().zip(&wb).all(|(x, y)| {
            x == y || (x.len().min(y.len()) >= 2 && (x.starts_with(y) || y.starts_with(x)))
        })
}

fn acronym(words: &str, short: &str) -> bool {
    let initials: String = words.split(' ').filter_map(|w| w.chars().next()).collect();
    initials.len() >= 3 && initials == short
}

/// Does a domain's label spell the company: glued, its beginning, or its first word?
fn spells(company: &str, domain: &str) -> bool {
    let label = domain.split('.').next().unwrap_or("").replace('-', "");
    let glued = company.replace(' ', "");
    label.len() >= 5 && (glued.starts_with(&label) || label.starts_with(&glued) && glued.len() >= 5)
}
