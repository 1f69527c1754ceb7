//! Opted out here and not there: people who said no in one system while another may go
//! on writing to them.

use std::collections::BTreeMap;

use askama::Template;

use super::facts::{Facts, Person};
use super::figures::Count;
use crate::contact::Text;
use crate::write::patch_files::{by_hand_name, patch_name, undo_name};

/// People listed of each field.
const LISTED: usize = 20;
/// What a consent column holds for "said no".
const OUT: &str = "true";
/// And for "said yes".
const IN: &str = "false";

#[derive(Debug, Template)]
#[template(path = "consents.html")]
pub struct Consents {
    person: &'static str,
    people: &'static str,
    fields: Vec<Consent>,
}

#[derive(Debug)]
struct Consent {
    field: String,
    /// People who may not be contacted.
    out: Count,
    /// Of those: people with a record that does not know it.
    open: Count,
    sources: Vec<Open>,
    listed: Vec<Listed>,
    more: Count,
}

/// A source that does not know of a no.
#[derive(Debug)]
struct Open {
    name: String,
    /// It holds a yes.
    says_yes: Count,
    /// It holds nothing.
    silent: Count,
    all: Count,
    /// Records that the patch puts right, and the files beside the page.
    files: Count,
    patch: Option<String>,
    undo: Option<String>,
    /// Records that somebody has to put right, and the list of them.
    hands: Count,
    list: Option<String>,
}

#[derive(Debug)]
struct Listed {
    person: Person,
    /// Nobody of them: another person with the same address said no.
    out_in: Vec<String>,
    not_in: Vec<String>,
}

impl Consents {
    /// None where nobody said no.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        let fields: Vec<Consent> = facts
            .rules
            .consents
            .iter()
            .filter_map(|field| consent(facts, field, facts.column(field)?))
            .collect();
        (!fields.is_empty()).then(|| Self {
            person: facts.noun().0,
            people: facts.noun().1,
            fields,
        })
    }
}

fn consent(facts: &Facts<'_>, field: &str, column: &Text) -> Option<Consent> {
    let golden = facts.run.merged.golden.column(field)?;
    let out_code = (0_u32..)
        .take(golden.distinct())
        .find(|&code| golden.value(code) == OUT)?;
    let out = (0..golden.len()).filter(|&at| golden.code(at) == Some(out_code));
    let out = out.count() as u64;
    let mut sources = Vec::new();
    // Golden record → the sources that do not know.
    let mut open: BTreeMap<u32, Vec<usize>> = BTreeMap::new();
    for patch in &facts.run.patches.sources {
        let corrected = patch.corrections.iter();
        let corrected = corrected.filter(|one| one.fields.iter().any(|name| name == field));
        let by_hand = patch.by_hand.iter().filter(|one| one.field == field);
        let rows: Vec<u32> = corrected
            .map(|one| one.row)
            .chain(by_hand.map(|one| one.row))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let yes = rows
            .iter()
            .filter(|&&row| column.get(row as usize) == Some(IN))
            .count() as u64;
        for &row in &rows {
            if let Some(person) = facts.run.merged.golden_of[row as usize] {
                let sources = open.entry(person).or_default();
                if sources.last() != Some(&patch.source) {
                    sources.push(patch.source);
                }
            }
        }
        let name = &facts.run.records.sources[patch.source].name;
        let (files, hands) = patch.counts(field);
        sources.push(Open {
            name: facts.source(patch.source),
            says_yes: Count(yes),
            silent: Count(rows.len() as u64 - yes),
            all: Count(rows.len() as u64),
            files: Count(files),
            patch: facts.link(&patch_name(name)),
            undo: facts.link(&undo_name(name)),
            hands: Count(hands),
            list: facts.link(&by_hand_name(name)),
        });
    }
    let listed: Vec<Listed> = open
        .iter()
        .take(LISTED)
        .map(|(&person, not_in)| {
            let rows = facts.run.merged.clusters.of(person as usize).iter();
            let rows = rows.filter(|row| column.get(**row as usize) == Some(OUT));
            let mut out_in: Vec<u16> = rows
                .map(|&row| facts.run.records.origin[row as usize].source)
                .collect();
            out_in.dedup();
            Listed {
                person: facts.person(person as usize),
                out_in: out_in
                    .iter()
                    .map(|&source| facts.source(usize::from(source)))
                    .collect(),
                not_in: not_in.iter().map(|&source| facts.source(source)).collect(),
            }
        })
        .collect();
    Some(Consent {
        field: facts.rules.label(field),
        out: Count(out),
        open: Count(open.len() as u64),
        sources,
        more: Count((open.len() - listed.len()) as u64),
        listed,
    })
}
