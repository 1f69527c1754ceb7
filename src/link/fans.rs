//! How many people share a value, and how rare a name is: persons are counted, not
//! records.

use rayon::prelude::*;

use super::common_names;
use super::features::Features;
use super::names::NameId;
use super::texts::{Lists, NONE, Texts};

/// How many differently named people share a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fan(pub u32);

impl Fan {
    /// The level of "same": 1 nobody else's · 2 one or two others · 3 three or more.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self.0 {
            0 | 1 => 1,
            2 | 3 => 2,
            _ => 3,
        }
    }
}

/// More people than this are not told apart.
const MOST: usize = 8;

/// Counts the differently named people of each address and phone.
pub fn count(f: &mut Features) {
    let sounds = sounds(f);
    let fan = |lists: &Lists, values: usize| {
        let mut seen: Vec<u64> = lists
            .iter()
            .filter(|&(record, _)| sounds[record as usize] != NONE)
            .map(|(record, value)| u64::from(value) << 32 | u64::from(sounds[record as usize]))
            .collect();
        seen.par_sort_unstable();
        seen.dedup();
        let mut fans = vec![Fan(0); values];
        for run in seen.chunk_by(|a, b| a >> 32 == b >> 32) {
            if let Some(fan) = fans.get_mut((run[0] >> 32) as usize) {
                *fan = Fan(u32::try_from(run.len().min(MOST)).unwrap_or(0));
            }
        }
        fans
    };
    let (emails, phones) = (
        fan(&f.emails, f.email_list.len()),
        fan(&f.phones, f.phone_digits.len()),
    );
    (f.email_fan, f.phone_fan) = (emails, phones);
}

/// For each record what its given name sounds like; [`NONE`] when nobody is named.
fn sounds(f: &Features) -> Vec<u32> {
    let mut sounds = Texts::default();
    let mut of_word = vec![NONE; f.names.words.len()];
    (0..f.len())
        .map(|record| {
            let given = f.given[record];
            if given != NONE && !f.names.name(given).initial {
                let first = f.names.name(given).words.first().copied().unwrap_or(0);
                let known = &mut of_word[first as usize];
                if *known == NONE {
                    *known = sounds.intern(&f.names.word(first).coarse);
                }
                return *known;
            }
            let mut mailboxes = f.emails.of(record).iter().copied();
            let role = mailboxes.find(|&email| f.email_list[email as usize].role);
            // Nobody in particular: the office shares what it has with whoever works there.
            role.map_or(NONE, |role| {
                sounds.intern(&format!("{}@{}", f.local(role), f.domain_name(role)))
            })
        })
        .collect()
}

/// Rarity of each given and each family name, by counting each distinct pair of (name,
/// full name) once (Winkler's frequency adjustment). A full name that many more people have
/// than its halves explain counts for each of them.
#[must_use]
pub fn rarities(f: &Features) -> (Vec<f32>, Vec<f32>) {
    let mut full: Vec<(NameId, NameId)> = (0..f.len())
        .map(|r| (f.given[r], f.family[r]))
        .filter(|&(g, f)| g != NONE || f != NONE)
        .collect();
    full.par_sort_unstable();
    full.dedup();
    let names = f.names.names.len();
    let (mut given, mut family) = (vec![0u32; names], vec![0u32; names]);
    let mut count = |(g, s): (NameId, NameId), persons: u32| {
        for (counts, name) in [(&mut given, g), (&mut family, s)] {
            if let Some(count) = counts.get_mut(name as usize) {
                *count += persons;
            }
        }
    };
    full.into_iter().for_each(|name| count(name, 1));
    for common in common_names::find(f) {
        count((common.given, common.family), common.persons - 1);
    }
    (rarity(&given), rarity(&family))
}

fn rarity(counts: &[u32]) -> Vec<f32> {
    let total: f64 = counts.iter().map(|&c| f64::from(c)).sum::<f64>().max(1.0);
    let average: f64 = counts.iter().map(|&c| (f64::from(c) / total).powi(2)).sum();
    counts
        .iter()
        .map(|&c| {
            let share = f64::from(c.max(1)) / total;
            #[allow(clippy::cast_possible_truncation)] // bits, clamped
            let bits = (average.max(1e-12) / share).log2().clamp(-8.0, 6.0) as f32;
            bits
        })
        .collect()
}
