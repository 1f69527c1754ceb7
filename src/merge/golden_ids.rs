//! Golden ids: clusters + the ids that their records had before → ids + what changed.
//!
//! A cluster keeps the id of its oldest record's golden record; where a golden
//! record was split, the larger part keeps it, and when the parts come together again,
//! the id that the others were split from holds. An id out of use comes back with its
//! records. A fresh id is `g` and the BLAKE3 of the oldest record's source and id in
//! base 32, so that it is the same on every machine; it grows by a letter while it is
//! taken, now or ever before.

use std::hash::BuildHasher;

use hashbrown::{HashMap, HashSet, HashTable};
use rayon::prelude::*;

/// Letters of a fresh id behind the `g`: 60 bits.
const LETTERS: usize = 12;
const ALPHABET: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What happened to an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdChange {
    /// A cluster whose records had no id got a fresh one.
    Made { cluster: u32 },
    /// A cluster has the id that its oldest record with a claim had.
    Kept { cluster: u32 },
    /// The records of an id out of use are back, and the id with them.
    Revived { cluster: u32 },
    /// A cluster came out of `from`, whose id stays with another part: a fresh id.
    Split { cluster: u32, from: String },
    /// A record has another id than before.
    Moved {
        record: u32,
        cluster: u32,
        from: String,
    },
    /// The id is no longer in use: its records went into `into`.
    Merged { from: String, into: u32 },
    /// The id is no longer in use: its records are gone or held out.
    Retired { from: String },
}

/// The ids, by cluster, and the changes in a fixed order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Assigned {
    pub ids: Vec<String>,
    pub changes: Vec<IdChange>,
}

/// The ids that records had.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// By record the index into `ids` of the id that it had in the run before, or that
    /// was its last one.
    pub had: Vec<Option<u32>>,
    /// Those in use in the run before, then those out of use.
    pub ids: Vec<String>,
    /// How many were in use.
    pub live: usize,
    /// By id the one that it was split from.
    pub parent: Vec<Option<u32>>,
}

impl Before {
    fn of(&self, record: u32) -> Option<u32> {
        self.had.get(record as usize).copied().flatten()
    }

    /// The id that the record had in the run before.
    fn live_of(&self, record: u32) -> Option<u32> {
        self.of(record).filter(|&id| self.is_live(id))
    }

    fn is_live(&self, id: u32) -> bool {
        (id as usize) < self.live
    }

    /// Whether `id` was split, perhaps in several steps, from `other`.
    fn descends(&self, id: u32, other: u32) -> bool {
        let mut at = id;
        for _ in 0..self.parent.len() {
            match self.parent.get(at as usize).copied().flatten() {
                Some(parent) if parent == other => return true,
                Some(parent) => at = parent,
                None => return false,
            }
        }
        false
    }
}

/// Gives every cluster its id.
///
/// `clusters[c]` lists the records of cluster `c`, oldest first, never empty.
/// `register` tells ids that were given at any time. `key(record)` is its source and
/// record id.
pub fn assign<'a>(
    clusters: &[Vec<u32>],
    before: &Before,
    register: impl Fn(&str) -> bool,
    key: impl Fn(u32) -> (&'a str, &'a str) + Sync,
) -> Assigned {
    let keepers = keepers(clusters, before);
    let first_key = |records: &[u32]| records.first().map_or(("", ""), |&record| key(record));
    // With each that gets a fresh id the one that it gets if nobody has it.
    let chosen: Vec<(Option<u32>, Option<String>)> = clusters
        .par_iter()
        .enumerate()
        .map(|(at, records)| {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            let chosen = choose(at, records, before, &keepers);
            let (source, record_id) = first_key(records);
            let fresh = chosen
                .is_none()
                .then(|| fresh(source, record_id, |_| false));
            (chosen, fresh)
        })
        .collect();
    let (chosen, fresh_ids): (Vec<Option<u32>>, Vec<Option<String>>) = chosen.into_iter().unzip();
    let taken: HashSet<&str> = before.ids.iter().map(String::as_str).collect();
    let mut made = Made::default();
    let mut ids: Vec<String> = Vec::with_capacity(clusters.len());
    for ((records, &chosen), id) in clusters.iter().zip(&chosen).zip(fresh_ids) {
        ids.push(match (chosen, id) {
            (Some(id), _) => before.ids[id as usize].clone(),
            (None, id) => {
                let is_taken = |id: &str| taken.contains(id) || made.has(id, &ids) || register(id);
                let id = id.filter(|id| !is_taken(id)).unwrap_or_else(|| {
                    let (source, record_id) = first_key(records);
                    fresh(source, record_id, is_taken)
                });
                made.add(&id, ids.len());
                id
            }
        });
    }
    let changes = changes(clusters, before, &keepers, &chosen);
    Assigned { ids, changes }
}

/// The fresh ids of a run, by their places.
#[derive(Default)]
struct Made {
    /// (hash, place).
    places: HashTable<(u64, usize)>,
    hasher: foldhash::fast::FixedState,
}

impl Made {
    fn has(&self, id: &str, ids: &[String]) -> bool {
        let hash = self.hasher.hash_one(id);
        let is_it = |&(own, place): &(u64, usize)| own == hash && ids[place] == id;
        self.places.find(hash, is_it).is_some()
    }

    fn add(&mut self, id: &str, place: usize) {
        let hash = self.hasher.hash_one(id);
        self.places
            .insert_unique(hash, (hash, place), |&(hash, _)| hash);
    }
}

/// The id that a cluster keeps, of those that it may keep: one in use before one out
/// of use, then its oldest record's; of ids split from each other the first.
fn choose(at: u32, records: &[u32], before: &Before, keepers: &[Option<u32>]) -> Option<u32> {
    let may_keep = |id: &u32| keepers[*id as usize] == Some(at);
    let claims = || {
        let claims = records.iter().filter_map(|&record| before.of(record));
        claims.filter(may_keep)
    };
    let live = claims().find(|&id| before.is_live(id));
    let mut chosen = live.or_else(|| claims().next())?;
    if live.is_some()
        && before
            .parent
            .get(chosen as usize)
            .copied()
            .flatten()
            .is_some()
    {
        for id in claims().filter(|&id| before.is_live(id)) {
            if before.descends(chosen, id) {
                chosen = id;
            }
        }
    }
    Some(chosen)
}

/// For each id of before the cluster that may keep it: the one with most of its
/// records, then the one with its oldest record (clusters list theirs by age, and
/// come in the order of their own first record).
fn keepers(clusters: &[Vec<u32>], before: &Before) -> Vec<Option<u32>> {
    if before.ids.is_empty() {
        return Vec::new();
    }
    let mut best: Vec<Option<(usize, u32)>> = vec![None; before.ids.len()];
    let mut counts: HashMap<u32, usize> = HashMap::new();
    let mut order: Vec<u32> = Vec::new();
    for (at, records) in (0_u32..).zip(clusters) {
        counts.clear();
        order.clear();
        for id in records.iter().filter_map(|&record| before.of(record)) {
            *counts.entry(id).or_insert_with(|| {
                order.push(id);
                0
            }) += 1;
        }
        for id in &order {
            let count = counts[id];
            let slot = &mut best[*id as usize];
            if slot.is_none_or(|(most, _)| count > most) {
                *slot = Some((count, at));
            }
        }
    }
    best.into_iter()
        .map(|slot| slot.map(|(_, at)| at))
        .collect()
}

fn changes(
    clusters: &[Vec<u32>],
    before: &Before,
    keepers: &[Option<u32>],
    chosen: &[Option<u32>],
) -> Vec<IdChange> {
    let name = |id: u32| before.ids[id as usize].clone();
    let mut changes = Vec::new();
    for (cluster, records) in (0_u32..).zip(clusters) {
        let chosen = chosen[cluster as usize];
        let live = records.iter().find_map(|&record| before.live_of(record));
        let past = || records.iter().find_map(|&record| before.of(record));
        changes.push(match chosen {
            Some(id) if before.is_live(id) => IdChange::Kept { cluster },
            Some(_) => IdChange::Revived { cluster },
            None => match live.or_else(past) {
                Some(id) => IdChange::Split {
                    cluster,
                    from: name(id),
                },
                None => IdChange::Made { cluster },
            },
        });
        for &record in records {
            if let Some(id) = before.live_of(record).filter(|&id| chosen != Some(id)) {
                changes.push(IdChange::Moved {
                    record,
                    cluster,
                    from: name(id),
                });
            }
        }
    }
    for (id, keeper) in (0_u32..).zip(keepers) {
        match *keeper {
            None if before.is_live(id) => changes.push(IdChange::Retired { from: name(id) }),
            // Out of use already, and still without a record.
            None => {}
            Some(into) if chosen[into as usize] != Some(id) => {
                changes.push(IdChange::Merged {
                    from: name(id),
                    into,
                });
            }
            Some(_) => {}
        }
    }
    changes
}

/// The fresh id of a record that is not taken.
#[must_use]
pub fn fresh(source: &str, record_id: &str, taken: impl Fn(&str) -> bool) -> String {
    let mut hasher = blake3::Hasher::new();
    // The length keeps ("a", "bc") and ("ab", "c") apart.
    hasher.update(&(source.len() as u64).to_le_bytes());
    hasher.update(source.as_bytes());
    hasher.update(record_id.as_bytes());
    let mut reader = hasher.finalize_xof();
    let mut id = String::from("g");
    let mut block = [0_u8; 32];
    loop {
        reader.fill(&mut block);
        for byte in block {
            id.push(char::from(ALPHABET[usize::from(byte % 32)]));
            if id.len() > LETTERS && !taken(&id) {
                return id;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

    fn check(clusters: &[&[u32]], before: &[Option<u32>], previous: &[&str]) -> Assigned {
        let clusters: Vec<Vec<u32>> = clusters.iter().map(|c| c.to_vec()).collect();
        let before = Before {
            had: before.to_vec(),
            ids: previous.iter().map(|&id| id.to_owned()).collect(),
            live: previous.len(),
            parent: Vec::new(),
        };
        assign(
            &clusters,
            &before,
            |_| false,
            |record| ("crm", IDS[record as usize]),
        )
    }

    fn of(record: u32) -> String {
        fresh("crm", IDS[record as usize], |_| false)
    }

    #[test]
    fn without_a_previous_run_ids_come_from_the_oldest_record() {
        let got = check(&[&[1, 0], &[2]], &[None; 3], &[]);
        assert_eq!(got.ids, [of(1), of(2)]);
        assert_eq!(
            got.changes,
            [IdChange::Made { cluster: 0 }, IdChange::Made { cluster: 1 }]
        );
    }

    #[test]
    fn an_unchanged_cluster_keeps_its_id_and_nothing_else_happens() {
        let got = check(&[&[0, 1]], &[Some(0), Some(0)], &["gx"]);
        assert_eq!(got.ids, ["gx"]);
        assert_eq!(got.changes, [IdChange::Kept { cluster: 0 }]);
    }

    #[test]
    fn two_golden_records_that_merge_keep_the_oldest_records_id() {
        let got = check(&[&[2, 0, 1]], &[Some(0), Some(0), Some(1)], &["gx", "gy"]);
        assert_eq!(got.ids, ["gy"]);
        assert_eq!(
            got.changes,
            [
                IdChange::Kept { cluster: 0 },
                IdChange::Moved {
                    record: 0,
                    cluster: 0,
                    from: "gx".into()
                },
                IdChange::Moved {
                    record: 1,
                    cluster: 0,
                    from: "gx".into()
                },
                IdChange::Merged {
                    from: "gx".into(),
                    into: 0
                },
            ]
        );
    }

    #[test]
    fn a_split_leaves_the_id_with_the_larger_part() {
        let before = [Some(0), Some(0), Some(0)];
        let got = check(&[&[0], &[1, 2]], &before, &["gx"]);
        assert_eq!(got.ids, [of(0), "gx".into()]);
        assert_eq!(
            got.changes,
            [
                IdChange::Split {
                    cluster: 0,
                    from: "gx".into()
                },
                IdChange::Moved {
                    record: 0,
                    cluster: 0,
                    from: "gx".into()
                },
                IdChange::Kept { cluster: 1 },
            ]
        );
    }

    #[test]
    fn a_split_part_does_not_take_the_id_that_its_own_record_once_gave() {
        let old = of(0);
        let before = [Some(0), Some(0), Some(0)];
        let got = check(&[&[0], &[1, 2]], &before, &[&old]);
        assert_eq!(got.ids[1], old);
        assert_ne!(got.ids[0], old);
        assert!(got.ids[0].starts_with(&old), "one letter longer");
    }

    #[test]
    fn a_record_that_moves_takes_no_id_along() {
        let before = [Some(0), Some(0), Some(1), Some(1), Some(1)];
        let got = check(&[&[0], &[1, 2, 3, 4]], &before, &["gx", "gy"]);
        assert_eq!(got.ids, ["gx", "gy"]);
        assert_eq!(
            got.changes,
            [
                IdChange::Kept { cluster: 0 },
                IdChange::Kept { cluster: 1 },
                IdChange::Moved {
                    record: 1,
                    cluster: 1,
                    from: "gx".into()
                },
            ]
        );
    }

    #[test]
    fn an_id_whose_records_are_gone_retires() {
        let got = check(&[&[0]], &[None], &["gx"]);
        assert_eq!(
            got.changes,
            [
                IdChange::Made { cluster: 0 },
                IdChange::Retired { from: "gx".into() },
            ]
        );
    }
}
