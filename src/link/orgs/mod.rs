//! Organisations: records that name no person.
//!
//! A file may hold restaurants, sites or suppliers, or mix them with people. Which a
//! record is is decided once ([`decide`]); organisations have their own candidate keys
//! ([`keys`]), comparisons ([`compare`]) and classes of pairs, estimated like those of
//! people: *one organisation*, *one that has moved*, *two branches*, *two neighbours*
//! (one place, two names) and *unrelated*. A person and an organisation are never one.

pub mod compare;
pub mod features;
pub mod keys;
pub mod name;
pub mod place;

pub use features::Orgs;

use super::features::{FeatureRules, Features, NONE};
use crate::contact::Table;

/// Of the records with a company, the share that has to name a person for the source
/// to be one of people.
const PEOPLE: f64 = 0.1;

/// For each dense record the id (in [`Features::texts`]) of the organisation's name,
/// [`NONE`] for a person.
///
/// A record that names a person is one. A record without one is an organisation when
/// its source names hardly anybody; in a source of people only when nothing else speaks
/// of a person either: no mailbox of its own, job, birth date, number or profile. A
/// whole name that shows a company's legal form is an organisation's.
pub fn decide(f: &mut Features, table: &Table, rules: &FeatureRules) -> Vec<u32> {
    let sources = f.source.iter().map(|&s| usize::from(s) + 1).max();
    let mut with_company = vec![0u32; sources.unwrap_or(0)];
    let mut named = with_company.clone();
    let is_named = |f: &Features, record: usize| {
        [f.given[record], f.family[record], f.whole[record]]
            .iter()
            .any(|&name| name != NONE)
    };
    for record in 0..f.len() {
        if f.company[record] != NONE {
            let source = usize::from(f.source[record]);
            with_company[source] += 1;
            named[source] += u32::from(is_named(f, record));
        }
    }
    let full = table.column("full_name");
    let mobile = table.column("mobile");
    let mut names = vec![NONE; f.len()];
    for (record, slot) in names.iter_mut().enumerate() {
        let row = f.rows[record] as usize;
        if f.whole[record] != NONE {
            let text = full.and_then(|c| c.get(row)).unwrap_or("");
            if rules.company.has_legal_form(text) {
                let core = features::core(text, rules);
                if !core.is_empty() {
                    *slot = f.texts.intern(&core);
                    f.whole[record] = NONE;
                }
            }
            continue;
        }
        if f.company[record] == NONE || is_named(f, record) {
            continue;
        }
        let source = usize::from(f.source[record]);
        let of_people = f64::from(named[source]) >= PEOPLE * f64::from(with_company[source]);
        let personal = f.title[record] != NONE
            || f.birth[record] != NONE
            || f.number[record] != NONE
            || f.profile[record] != NONE
            || f.middle[record] != NONE
            || mobile.is_some_and(|c| c.get(row).is_some())
            || f.emails
                .of(record)
                .iter()
                .any(|&e| !f.email_list[e as usize].role);
        if !(of_people && personal) {
            *slot = f.company[record];
        }
    }
    names
}
