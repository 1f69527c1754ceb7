//! Which names go together: the communities of [`kernel::communities`](crate::link::kernel::communities)
//! over the names of a run.

use rayon::prelude::*;

use super::word::{NameId, Names};
use crate::link::features::NONE;
use crate::link::kernel::communities::{Communities, Halves};

/// Letters of a Latin spelling: the edge of a word, 26 letters, ten digits.
const LETTERS: u32 = 37;
/// Different full names to learn from; more are thinned out evenly.
const LEARNED_FROM: usize = 10_000;
/// The most that an agreement of both halves can lose or win, in bits.
const MOST: f64 = 5.0;
const LEAST: f64 = -2.0;

/// The communities of a run's names; empty where names do not show any.
#[derive(Debug, Default)]
pub struct NameCommunities {
    learned: Option<Communities>,
    /// `[name × class]`: probability of each class for half a name.
    belongs: Vec<f32>,
    classes: usize,
}

impl NameCommunities {
    /// Learns from each distinct full name once, so that a person with many records
    /// counts once; `given` and `family` have one entry a record.
    #[must_use]
    pub fn learn(names: &Names, given: &[NameId], family: &[NameId]) -> Self {
        let usable = |id: NameId| id != NONE && !names.name(id).initial;
        let mut full: Vec<(NameId, NameId)> = given
            .iter()
            .copied()
            .zip(family.iter().copied())
            .filter(|&(g, f)| usable(g) && usable(f))
            .collect();
        full.sort_unstable();
        full.dedup();
        // Ids follow the rows' order; spellings do not.
        let mut spelled: Vec<(&str, &str)> = full
            .iter()
            .map(|&(g, f)| (names.name(g).glued.as_str(), names.name(f).glued.as_str()))
            .collect();
        spelled.sort_unstable();
        spelled.dedup();
        let step = spelled.len().div_ceil(LEARNED_FROM).max(1);
        let halves: Vec<Halves> = spelled
            .iter()
            .step_by(step)
            .map(|&(g, f)| Halves {
                given: letter_pairs(g),
                family: letter_pairs(f),
                // The same for a name and its swapped twin.
                trial: g.bytes().next().min(f.bytes().next()).unwrap_or(0) % 2 == 0,
            })
            .collect();
        let Some(learned) = Communities::learn(&halves, (LETTERS * LETTERS) as usize) else {
            return Self::default();
        };
        let mut out = Self::default();
        let belongs: Vec<Vec<f32>> = names
            .names
            .par_iter()
            .with_min_len(256)
            .map(|name| learned.belongs(&letter_pairs(&name.glued)))
            .collect();
        out.classes = belongs.first().map_or(0, Vec::len);
        out.belongs = belongs.concat();
        out.learned = Some(learned);
        out
    }

    /// Bits that one half of a name tells about the other, over all names; `None`
    /// where there are no communities.
    #[must_use]
    pub fn gain(&self) -> Option<f64> {
        self.learned.as_ref().map(|l| l.gain)
    }

    /// By how many bits it is likelier than the shares of both halves say that two
    /// persons share this given and this family name; negative when it is less likely.
    #[must_use]
    pub fn bits(&self, given: NameId, family: NameId) -> f32 {
        let Some(learned) = &self.learned else {
            return 0.0;
        };
        let of = |id: NameId| {
            let from = id as usize * self.classes;
            self.belongs.get(from..from + self.classes)
        };
        let (Some(g), Some(f)) = (of(given), of(family)) else {
            return 0.0;
        };
        #[allow(clippy::cast_possible_truncation)] // bits, clamped
        let bits = learned.bits(g, f).clamp(LEAST, MOST) as f32;
        bits
    }
}

/// The letter pairs of a word with its edges.
fn letter_pairs(latin: &str) -> Vec<u32> {
    let letters: Vec<u32> = std::iter::once(0)
        .chain(latin.bytes().filter_map(|b| match b {
            b'a'..=b'z' => Some(u32::from(b - b'a') + 1),
            b'0'..=b'9' => Some(u32::from(b - b'0') + 27),
            _ => None,
        }))
        .chain(std::iter::once(0))
        .collect();
    letters
        .windows(2)
        .map(|pair| pair[0] * LETTERS + pair[1])
        .collect()
}
