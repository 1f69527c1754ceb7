//! Columns that number the records of a source: customer numbers, ids of another system.
//!
//! Such a column is met once a source, hardly twice, so that inside one source it can
//! only tell records apart that a person may well have twice; between two sources it
//! says who is who, if both number the same people. Whether they do is seen from the
//! pairs that share a number: the model, which does not know the column, must hold most
//! of them for one person. (Row numbers are shared by strangers.)

use hashbrown::HashMap;

use super::{DIFFERENT, NEAR, SAME, Sample};
use crate::link::features::NONE;

type Fixed = foldhash::fast::FixedState;

/// Share of a source's records whose number nobody else in the source has.
const UNIQUE: f64 = 0.95;
/// Share of the pairs with one number that the model holds for one person.
const CONFIRMED: f64 = 0.5;
/// Pairs with one number, at least.
const ENOUGH: f64 = 25.0;

/// A column that numbers the records of each source.
#[derive(Debug)]
pub struct Key {
    /// Dense record → source.
    source: Vec<u16>,
    /// (value, source) → how many records; only of values.
    met: HashMap<(u32, u16), u32, Fixed>,
}

impl Key {
    /// `values`: dense record → value id.
    #[must_use]
    pub fn find(values: &[u32], source: &[u16], sample: &Sample) -> Option<Self> {
        let mut met: HashMap<(u32, u16), u32, Fixed> = HashMap::default();
        for (&value, &source) in values.iter().zip(source).filter(|(v, _)| **v != NONE) {
            *met.entry((value, source)).or_default() += 1;
        }
        // Source → records with a number, and those whose number is theirs alone.
        let mut filled: HashMap<u16, (u32, u32), Fixed> = HashMap::default();
        // Value → sources that have it.
        let mut sources: HashMap<u32, u32, Fixed> = HashMap::default();
        for (&(value, source), &count) in &met {
            let entry = filled.entry(source).or_default();
            entry.0 += count;
            entry.1 += u32::from(count == 1);
            *sources.entry(value).or_default() += 1;
        }
        let unique = |&(all, alone): &(u32, u32)| f64::from(alone) >= UNIQUE * f64::from(all);
        if filled.len() < 2 || !filled.values().all(unique) {
            return None;
        }
        let shared: u64 = sources
            .values()
            .map(|&n| u64::from(n) * u64::from(n - 1) / 2)
            .sum();
        let linked: f64 = sample
            .pairs
            .iter()
            .filter(|pair| {
                let (a, b) = (pair.left as usize, pair.right as usize);
                source[a] != source[b] && values[a] == values[b] && values[a] != NONE
            })
            .map(|pair| pair.belongs[0] + pair.belongs[1])
            .sum();
        #[allow(clippy::cast_precision_loss)] // counts of pairs
        let (linked, shared) = (linked * sample.stride as f64, shared as f64);
        (shared >= ENOUGH && linked >= CONFIRMED * shared).then(|| Self {
            source: source.to_vec(),
            met,
        })
    }

    /// The level that a pair comes out at: inside one source a difference says nothing.
    #[must_use]
    pub fn level(&self, level: u8, a: u32, b: u32) -> u8 {
        let inside = self.source[a as usize] == self.source[b as usize];
        if inside && level != SAME { 0 } else { level }
    }

    /// Does a pair that differs count when it is asked how often one person differs? Not
    /// if one of the two has its number in the other's source: then that record is the
    /// same person, and this one a namesake.
    #[must_use]
    pub fn counts(&self, level: u8, values: &[u32], a: u32, b: u32) -> bool {
        let (a, b) = (a as usize, b as usize);
        !matches!(level, NEAR | DIFFERENT)
            || !self.met.contains_key(&(values[a], self.source[b]))
                && !self.met.contains_key(&(values[b], self.source[a]))
    }
}
