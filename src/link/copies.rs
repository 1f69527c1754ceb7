//! A record that a broken job wrote thousands of times.
//!
//! All keys of such copies are in blocks above every bound, so that nobody would compare
//! them, with each other or with anybody else. One of them takes part for all; the
//! others follow where it goes, if the model says that two records like these are one
//! person.

use std::hash::BuildHasher;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::features::{Features, NONE};
use super::kernel::cluster::{Constraints, Link};

type Fixed = foldhash::fast::FixedState;

/// For each record the one that takes part for it, [`NONE`] where it does so itself;
/// empty when there are no copies. Only groups of more than `bound` copies that say who
/// they are: a name, and something to reach or tell the person by.
#[must_use]
pub fn find(f: &Features, constraints: &Constraints, bound: u32) -> Vec<u32> {
    let mut bound_by_hand = vec![false; f.len()];
    for &(a, b) in constraints.never.iter().chain(&constraints.always) {
        bound_by_hand[a as usize] = true;
        bound_by_hand[b as usize] = true;
    }
    let of_clean_source = |record: usize| constraints.distinct.get(record).is_some_and(|g| *g > 0);
    let mut hashed: Vec<(u64, u32)> = (0..f.len())
        .into_par_iter()
        .with_min_len(4096)
        .filter(|&record| !bound_by_hand[record] && !of_clean_source(record) && says_who(f, record))
        .map(|record| {
            let hash = Fixed::default().hash_one(what(f, record));
            (hash, u32::try_from(record).unwrap_or(NONE))
        })
        .collect();
    hashed.par_sort_unstable();
    let mut copy_of = Vec::new();
    for run in hashed.chunk_by(|a, b| a.0 == b.0) {
        if run.len() <= bound as usize {
            continue;
        }
        // Equal hashes are hardly ever other records, but they may be.
        let mut groups: HashMap<_, Vec<u32>, Fixed> = HashMap::default();
        for &(_, record) in run {
            let what = what(f, record as usize);
            groups.entry(what).or_default().push(record);
        }
        for group in groups.values().filter(|group| group.len() > bound as usize) {
            if copy_of.is_empty() {
                copy_of = vec![NONE; f.len()];
            }
            for &record in &group[1..] {
                copy_of[record as usize] = group[0];
            }
        }
    }
    copy_of
}

fn says_who(f: &Features, record: usize) -> bool {
    let named = f.whole[record] != NONE || (f.given[record] != NONE && f.family[record] != NONE);
    let told = !f.emails.of(record).is_empty()
        || !f.phones.of(record).is_empty()
        || [f.birth[record], f.number[record], f.profile[record]]
            .iter()
            .any(|value| *value != NONE);
    named && told && !f.orgs.is(record)
}

/// Everything that comparing people looks at.
fn what(f: &Features, record: usize) -> ([u32; 13], u8, [&[u32]; 3]) {
    (
        [
            f.given[record],
            f.family[record],
            f.whole[record],
            f.middle[record],
            f.birth[record],
            f.number[record],
            f.title[record],
            f.street[record],
            f.postcode[record],
            f.city[record],
            f.profile[record],
            f.company[record],
            u32::from(f.source[record]),
        ],
        f.suffix[record],
        [
            f.emails.of(record),
            f.phones.of(record),
            f.employers.of(record),
        ],
    )
}

/// Puts each copy into the cluster of the one that took part for it, if they are one
/// person by their weight; the links that say so.
pub fn follow(
    copy_of: &[u32],
    of: &mut [u32],
    threshold: f32,
    weigh: impl Fn(&[(u32, u32)]) -> Vec<f32> + Sync,
) -> Vec<Link> {
    let pairs: Vec<(u32, u32)> = (0_u32..)
        .zip(copy_of)
        .filter(|(_, first)| **first != NONE)
        .map(|(copy, &first)| (first, copy))
        .collect();
    let weights: Vec<f32> = pairs
        .par_chunks(4096)
        .map(&weigh)
        .collect::<Vec<_>>()
        .concat();
    let links = pairs.into_iter().zip(weights);
    links
        .filter(|(_, weight)| *weight > threshold)
        .map(|((left, right), weight)| {
            of[right as usize] = of[left as usize];
            Link {
                left,
                right,
                weight,
            }
        })
        .collect()
}
