//! A number for the content of each record, so that the next run can say which changed.
//!
//! In: the records as they were read. Out: 64 bits a record: the sum of a hash of each
//! filled cell with its header, so that the order of columns does not matter. The same
//! on every machine and in every version; two contents of one record have the same
//! number once in 2⁶⁴ times.

use rayon::prelude::*;

use crate::contact::{RECORD_ID, Records, Text};

const K0: u64 = 0x9e37_79b9_7f4a_7c15;
const K1: u64 = 0xd6e8_feb8_6659_fd93;

/// The fingerprint of each record.
#[must_use]
pub fn of(records: &Records) -> Vec<i64> {
    let rows = records.rows();
    let mut sums: Vec<u64> = vec![0; rows];
    for (&row, held) in &records.held {
        if let (Some(sum), Some(raw)) = (sums.get_mut(row as usize), &held.raw) {
            *sum = hash(K1, raw);
        }
    }
    // Rows are sorted by source: each source is a range.
    let mut start = 0;
    let mut sources = Vec::new();
    for at in 0..records.sources.len() {
        let own = records.origin[start..]
            .iter()
            .take_while(|origin| usize::from(origin.source) == at)
            .count();
        sources.push(start..start + own);
        start += own;
    }
    for (source, range) in records.sources.iter().zip(sources) {
        let columns: Vec<(u64, &Text)> = source
            .headers
            .iter()
            .zip(&source.columns)
            .filter_map(|(header, column)| {
                let own = format!("{}:{header}", source.name);
                let text = records.as_read.column(&own).or_else(|| {
                    (column != RECORD_ID)
                        .then(|| records.table.column(column))
                        .flatten()
                })?;
                Some((hash(K1, header), text))
            })
            .collect();
        const CHUNK: usize = 1 << 15;
        let first = range.start;
        sums[range]
            .par_chunks_mut(CHUNK)
            .enumerate()
            .for_each(|(chunk, sums)| {
                let first = first + chunk * CHUNK;
                for (header, text) in &columns {
                    add(sums, first, *header, text);
                }
            });
    }
    sums.into_iter().map(u64::cast_signed).collect()
}

fn add(sums: &mut [u64], first: usize, header: u64, text: &Text) {
    // Few distinct values: each is hashed once a chunk.
    let few = text.distinct() < sums.len() / 4;
    let mut known: Vec<u64> = vec![0; if few { text.distinct() } else { 0 }];
    for (at, sum) in sums.iter_mut().enumerate() {
        let Some(code) = text.code(first + at) else {
            continue;
        };
        let own = match known.get_mut(code as usize) {
            Some(known) => {
                if *known == 0 {
                    *known = hash(header, text.value(code));
                }
                *known
            }
            None => hash(header, text.value(code)),
        };
        *sum = sum.wrapping_add(own);
    }
}

/// A hash after wyhash: eight bytes at a time, multiplied and folded.
fn hash(seed: u64, text: &str) -> u64 {
    let mut state = seed ^ K0;
    let mut chunks = text.as_bytes().chunks_exact(8);
    for chunk in &mut chunks {
        let mut word = [0; 8];
        word.copy_from_slice(chunk);
        state = fold(state ^ u64::from_le_bytes(word), K1);
    }
    let mut word = [0; 8];
    let rest = chunks.remainder();
    word[..rest.len()].copy_from_slice(rest);
    state = fold(state ^ u64::from_le_bytes(word), K1);
    fold(state ^ text.len() as u64, K0)
}

#[allow(clippy::cast_possible_truncation)] // Both halves are used.
fn fold(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn the_hash_is_the_same_for_ever_and_tells_texts_apart() {
        // What earlier runs wrote must fit what later versions make.
        assert_eq!(hash(K1, ""), 0xb774_7c1d_e921_bf6c);
        assert_eq!(hash(K1, "ann.lee@northfield.org"), 0x3aa2_d2a4_4c31_feff);
        let mut seen = HashSet::new();
        for number in 0..100_000 {
            assert!(seen.insert(hash(K1, &number.to_string())));
            assert!(seen.insert(hash(K1, &format!("long text with a number {number}"))));
        }
        assert_ne!(hash(K1, "a\0"), hash(K1, "a"));
        assert_ne!(hash(1, "a"), hash(K1, "a"));
    }
}
