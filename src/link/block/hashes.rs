//! Hashes of values: each distinct value once, before any record is looked at.

use std::hash::BuildHasher;

use rayon::prelude::*;

use super::values::{Space, Step, Value, is_many};
use crate::link::names::Sound;
use crate::plan::RecordKind;

/// What is taken of a value by one key: several chains when the key has several parts of it.
pub type Chains = Vec<Vec<Step>>;

/// Ids whose hashes are worked out together.
const CHUNK: usize = 2048;

/// The hashes of the values of a space: a row an id, a column for what is taken of it.
pub struct Table {
    width: usize,
    /// A hash, 0 for none; or, where there may be several, their range in `many`.
    rows: Vec<u64>,
    many: Vec<u64>,
}

impl Table {
    /// The hashes of an id in a column; `many` as [`is_many`] has it.
    pub fn of(&self, id: u32, column: usize, many: bool) -> &[u64] {
        let cell = &self.rows[id as usize * self.width + column];
        if many {
            let (start, len) = (*cell >> 24, *cell & 0xFF_FFFF);
            let range = |at: u64| usize::try_from(at).unwrap_or(usize::MAX);
            &self.many[range(start)..range(start + len)]
        } else if *cell == 0 {
            &[]
        } else {
            std::slice::from_ref(cell)
        }
    }

    /// Hashes what is taken of every id of a space.
    pub fn build(
        space: &Space<'_>,
        columns: &[Chains],
        sound: &Sound,
        records: RecordKind,
    ) -> Self {
        let width = columns.len();
        let is_many: Vec<bool> = columns
            .iter()
            .map(|chains| chains.iter().any(|steps| is_many(steps, records)))
            .collect();
        let chunks: Vec<(Vec<u64>, Vec<u64>)> = (0..space.len().div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let (mut rows, mut many) = (Vec::with_capacity(CHUNK * width), Vec::new());
                let mut found = Vec::new();
                for id in chunk * CHUNK..((chunk + 1) * CHUNK).min(space.len()) {
                    for (chains, is_many) in columns.iter().zip(&is_many) {
                        found.clear();
                        combine(space, id, chains, sound, &mut found);
                        if *is_many {
                            rows.push((many.len() as u64) << 24 | found.len() as u64 & 0xFF_FFFF);
                            many.extend_from_slice(&found);
                        } else {
                            rows.push(found.first().copied().unwrap_or(0));
                        }
                    }
                }
                (rows, many)
            })
            .collect();
        let mut out = Self {
            width,
            rows: Vec::with_capacity(space.len() * width),
            many: Vec::new(),
        };
        for (mut rows, many) in chunks {
            let moved = (out.many.len() as u64) << 24;
            for (at, cell) in rows.iter_mut().enumerate() {
                if is_many[at % width] {
                    *cell += moved;
                }
            }
            out.rows.extend(rows);
            out.many.extend(many);
        }
        out
    }
}

/// The hashes of an id: one of each chain's, in every combination.
fn combine(space: &Space<'_>, id: usize, chains: &Chains, sound: &Sound, out: &mut Vec<u64>) {
    let of = |steps: &[Step], out: &mut Vec<u64>| {
        space.take(id, steps, sound, &mut |value| {
            out.push(match value {
                Value::Text(text) => packed(hash(text.as_bytes()), text.len()),
                Value::Hashed(hash) => packed(hash, MOST_LETTERS),
            });
        });
    };
    let Some((first, rest)) = chains.split_first() else {
        return;
    };
    of(first, out);
    for steps in rest {
        let mut next = Vec::new();
        of(steps, &mut next);
        *out = out
            .iter()
            .flat_map(|&a| {
                let both = |&b: &u64| packed(mix(a, b), (letters(a) + letters(b)) as usize);
                next.iter().map(both).collect::<Vec<u64>>()
            })
            .collect();
    }
}

/// The low bits of a value's hash hold how many letters it has.
const MOST_LETTERS: usize = 31;

/// Never 0.
fn packed(hash: u64, letters: usize) -> u64 {
    let hash = (hash & !31) | letters.min(MOST_LETTERS) as u64;
    if hash < 32 { hash | 32 } else { hash }
}

pub fn letters(value: u64) -> u32 {
    u32::try_from(value & 31).unwrap_or(0)
}

/// The same in every run.
pub fn hash(bytes: &[u8]) -> u64 {
    foldhash::quality::FixedState::with_seed(0x6B61_7261_7400).hash_one(bytes)
}

/// Two hashes to one; their order matters (a folded multiplication, as in wyhash).
pub fn mix(a: u64, b: u64) -> u64 {
    let product = u128::from(a ^ 0x9E37_79B9_7F4A_7C15) * u128::from(b ^ 0xD1B5_4A32_D192_ED03);
    #[allow(clippy::cast_possible_truncation)] // both halves are used
    let (low, high) = (product as u64, (product >> 64) as u64);
    low ^ high
}
