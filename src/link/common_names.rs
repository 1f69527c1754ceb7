//! Full names that many more people have than their halves explain. Most of them were
//! written by a machine: an import's default in every tenth record. Such a one is no
//! evidence, neither where two records have it nor where only one does.
//!
//! In: the records' names and addresses. Out: those names; and records that have one which
//! is nobody's name without it, for linking only.

use rayon::prelude::*;

use super::features::Features;
use super::names::NameId;
use super::texts::NONE;
use crate::contact::{Diagnostic, Table};

/// Addresses of one person, at most: no fewer persons are told by so many addresses.
const ADDRESSES: usize = 4;
/// A full name has so many times the records that its halves explain.
const UNEXPLAINED: u64 = 4;
/// Fewer persons may be a family, or chance.
const PERSONS: u32 = 16;
/// Of people's own names, many more addresses than this share hold a word.
const OWN: usize = 4;

/// A full name of very many people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Common {
    pub given: NameId,
    pub family: NameId,
    pub records: Vec<u32>,
    /// At least so many, by their addresses.
    pub persons: u32,
    /// Hardly any of the addresses is made of it: the name is nobody's.
    pub nobody: bool,
}

/// A name that was left out of linking.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Nobody {
    /// A row that has it.
    pub row: u32,
    pub records: usize,
}

/// The full names that many more people have than their halves explain, by their numbers.
#[must_use]
pub fn find(f: &Features) -> Vec<Common> {
    let mut records: Vec<(NameId, NameId, u32)> = (0_u32..)
        .take(f.len())
        .map(|r| (f.given[r as usize], f.family[r as usize], r))
        .filter(|&(g, s, _)| g != NONE && s != NONE)
        .collect();
    records.par_sort_unstable();
    let mut halves = [0; 2].map(|_: u32| vec![0_u64; f.names.names.len()]);
    let alike = || records.chunk_by(|a, b| (a.0, a.1) == (b.0, b.1));
    for group in alike() {
        halves[0][group[0].0 as usize] += group.len() as u64;
        halves[1][group[0].1 as usize] += group.len() as u64;
    }
    let all = records.len() as u64;
    alike()
        .filter(|group| group.len() >= PERSONS as usize)
        .filter(|group| {
            let explained = halves[0][group[0].0 as usize] * halves[1][group[0].1 as usize];
            group.len() as u64 * all > UNEXPLAINED * explained
        })
        .filter_map(|group| common(f, group))
        .collect()
}

fn common(f: &Features, group: &[(NameId, NameId, u32)]) -> Option<Common> {
    let (given, family, _) = group[0];
    let mut addresses: Vec<u32> = group
        .iter()
        .flat_map(|&(.., record)| f.emails.of(record as usize))
        .copied()
        .filter(|&email| !f.email_list[email as usize].role)
        .collect();
    addresses.sort_unstable();
    addresses.dedup();
    let persons = u32::try_from(addresses.len() / ADDRESSES).unwrap_or(u32::MAX);
    let own = addresses
        .iter()
        .filter(|&&email| f.made_of([given, family], email))
        .count();
    (persons >= PERSONS).then(|| Common {
        given,
        family,
        records: group.iter().map(|&(.., record)| record).collect(),
        persons,
        nobody: own * OWN < addresses.len(),
    })
}

/// Takes the names that are nobody's from their records.
pub fn take_out(f: &mut Features) -> Vec<Nobody> {
    let mut told = Vec::new();
    for common in find(f).into_iter().filter(|common| common.nobody) {
        told.extend(common.records.first().map(|&record| Nobody {
            row: f.rows[record as usize],
            records: common.records.len(),
        }));
        for record in common.records {
            f.given[record as usize] = NONE;
            f.family[record as usize] = NONE;
        }
    }
    told
}

/// What was left out, for people.
#[must_use]
pub fn told(nobodies: &[Nobody], table: &Table) -> Vec<Diagnostic> {
    let told = |nobody: &Nobody| {
        let half = |field: &str| table.get(field, nobody.row as usize).unwrap_or_default();
        let name = format!("{} {}", half("given_name"), half("family_name"));
        Diagnostic::warning(
            "name_of_nobody",
            format!(
                "{} records are called '{}', and hardly one of their addresses is: the name is taken for no evidence in linking",
                nobody.records,
                name.trim()
            ),
        )
        .hint("an import may have written it into records of other people: look where they come from")
    };
    nobodies.iter().map(told).collect()
}
