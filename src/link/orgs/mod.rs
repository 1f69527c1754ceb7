//! Organisations: records that name no person.
//!
//! A file may hold restaurants, sites or suppliers, or mix them with people. Which a
//! record is is decided once ([`decide`]); organisations have their own candidate
//! keys, comparisons ([`compare`]) and classes of pairs, estimated like those of
//! people: *one organisation*, *one that has moved*, *two branches*, *two neighbours*
//! (one place, two names) and *unrelated*. A person and an organisation are never one.

pub mod compare;
pub mod features;
pub mod name;
pub mod place;

pub use features::Orgs;

use super::features::{FeatureRules, Features, NONE};
use crate::contact::Table;

/// Of the records with a company, the share that has to name a person for the source
/// to be one of people …
const NAMED: f64 = 0.1;
/// … or to show a person in another way: a mailing list without names.
const PERSONAL: f64 = 0.5;

/// For each dense record the id (in [`Features::texts`]) of the organisation's name,
/// [`NONE`] for a person.
///
/// A record that names a person is one. A record that does not, but has a company, is
/// an organisation when its source names hardly anybody and shows hardly anybody in
/// another way; in a source of people only when nothing else in it speaks of a person
/// either: no mailbox of one's own, job, birth date, number or profile. A whole name
/// that shows a company's legal form is an organisation's.
pub fn decide(f: &mut Features, table: &Table, rules: &FeatureRules) -> Vec<u32> {
    let full = table.column("full_name");
    let mobile = table.column("mobile");
    let is_named = |f: &Features, record: usize| {
        [f.given[record], f.family[record], f.whole[record]]
            .iter()
            .any(|&name| name != NONE)
    };
    let is_personal = |f: &Features, record: usize| {
        [
            f.title[record],
            f.birth[record],
            f.number[record],
            f.profile[record],
            f.middle[record],
        ]
        .iter()
        .any(|&value| value != NONE)
            || mobile.is_some_and(|c| c.has(f.rows[record] as usize))
            || f.emails
                .of(record)
                .iter()
                .any(|&e| !f.email_list[e as usize].role)
    };
    let sources = f.source.iter().map(|&s| usize::from(s) + 1).max();
    // Records with a company: all, those that name a person, those that show one.
    let mut counts = vec![[0u32; 3]; sources.unwrap_or(0)];
    for record in 0..f.len() {
        if f.company[record] != NONE {
            let of = &mut counts[usize::from(f.source[record])];
            of[0] += 1;
            of[1] += u32::from(is_named(f, record));
            of[2] += u32::from(is_personal(f, record));
        }
    }
    let of_people: Vec<bool> = counts
        .iter()
        .map(|&[all, named, personal]| {
            f64::from(named) >= NAMED * f64::from(all)
                || f64::from(personal) >= PERSONAL * f64::from(all)
        })
        .collect();
    let mut names = vec![NONE; f.len()];
    for (record, slot) in names.iter_mut().enumerate() {
        if f.whole[record] != NONE {
            let row = f.rows[record] as usize;
            let text = full.and_then(|c| c.get(row)).unwrap_or("");
            if rules.company.has_legal_form(text) && !is_personal(f, record) {
                let core = features::core(text, rules);
                if !core.is_empty() {
                    *slot = f.texts.intern(&core);
                    f.whole[record] = NONE;
                }
            }
        } else if f.company[record] != NONE
            && !is_named(f, record)
            && !(of_people[usize::from(f.source[record])] && is_personal(f, record))
        {
            *slot = f.company[record];
        }
    }
    names
}
