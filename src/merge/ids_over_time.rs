//! Golden ids over sequences of runs: records come, go, are held out, merge, split; sources
//! get another name; the order changes. Never twice, never to another, never lost silently.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::golden_ids::{self, Assigned, IdChange};
use super::register::{Fate, Register, Today};
use super::*;
use crate::contact::{Origin, SourceInfo, TextBuilder};

type Key = (String, String);

/// One run: for each record that is in the input its cluster, or none when held out.
#[derive(Clone, Debug)]
struct Night {
    /// By record: absent, held, or its cluster.
    state: Vec<Option<Option<u8>>>,
    /// By record: its age.
    age: Vec<u8>,
    /// The first source is called otherwise from this night on.
    renamed: bool,
}

const RECORDS: usize = 8;

fn night() -> impl Strategy<Value = Night> {
    let state = prop_oneof![
        1 => Just(None),
        1 => Just(Some(None)),
        8 => (0..4_u8).prop_map(|cluster| Some(Some(cluster))),
    ];
    (
        prop::collection::vec(state, RECORDS),
        prop::collection::vec(0..4_u8, RECORDS),
        prop::bool::weighted(0.05),
    )
        .prop_map(|(state, age, renamed)| Night {
            state,
            age,
            renamed,
        })
}

/// Records in the order of a run: by source, then id.
fn records(keys: &[Key]) -> Records {
    let mut names: Vec<String> = keys.iter().map(|key| key.0.clone()).collect();
    names.dedup();
    let mut ids = TextBuilder::with_capacity(keys.len());
    let mut origin = Vec::new();
    for (source, id) in keys {
        ids.push(Some(id));
        let at = names.iter().position(|name| name == source).unwrap_or(0);
        origin.push(Origin {
            source: u16::try_from(at).unwrap_or(0),
            file: 0,
            line: 1,
        });
    }
    Records {
        sources: names
            .into_iter()
            .map(|name| SourceInfo {
                name,
                ..SourceInfo::default()
            })
            .collect(),
        origin,
        record_id: Some(ids.finish()),
        table: Table::new(keys.len()),
        ..Records::default()
    }
}

/// What a run leaves: its xref, and what became of ids.
struct Left {
    xref: BTreeMap<Key, Option<String>>,
    register: Register,
    assigned: Assigned,
}

/// What a row of an xref gives for a column.
type Cell<'c> = &'c dyn Fn((&Key, &Option<String>)) -> Option<String>;

fn run(keys: &[Key], clusters: &[Vec<u32>], before: Option<(&Left, u64)>) -> Left {
    let records = records(keys);
    let previous = match before {
        None => PreviousXref::default(),
        Some((left, number)) => {
            let mut table = Table::new(left.xref.len());
            let column = |cell: Cell<'_>| left.xref.iter().map(cell).collect::<Text>();
            table.set("source", column(&|(key, _)| Some(key.0.clone())));
            table.set("record_id", column(&|(key, _)| Some(key.1.clone())));
            table.set("golden_id", column(&|(_, id)| id.clone()));
            let mut xref = PreviousXref::new(table).expect("has the columns");
            xref.register = left.register.clone();
            xref.number = number;
            xref
        }
    };
    let claims = previous.before(&records);
    let known = |id: &str| previous.register.knows(id);
    let assigned = golden_ids::assign(clusters, &claims, known, |row| {
        let (source, id) = &keys[row as usize];
        (source.as_str(), id.as_str())
    });
    let mut xref: BTreeMap<Key, Option<String>> =
        keys.iter().map(|key| (key.clone(), None)).collect();
    for (cluster, id) in clusters.iter().zip(&assigned.ids) {
        for &row in cluster {
            xref.insert(keys[row as usize].clone(), Some(id.clone()));
        }
    }
    Left {
        xref,
        register: previous.register_after(&assigned),
        assigned,
    }
}

fn persons(xref: &BTreeMap<Key, Option<String>>) -> BTreeMap<String, BTreeSet<Key>> {
    let mut persons: BTreeMap<String, BTreeSet<Key>> = BTreeMap::new();
    for (key, id) in xref {
        if let Some(id) = id {
            persons.entry(id.clone()).or_default().insert(key.clone());
        }
    }
    persons
}

/// Keys and clusters of a night, clusters oldest first.
fn plan_of(night: &Night, renamed: bool) -> (Vec<Key>, Vec<Vec<u32>>) {
    let mut rows: Vec<(Key, Option<u8>, u8)> = Vec::new();
    for (at, state) in night.state.iter().enumerate() {
        let Some(cluster) = state else { continue };
        let source = match (at % 2, renamed) {
            (0, false) => "crm",
            (0, true) => "new-crm",
            _ => "shop",
        };
        rows.push(((source.to_owned(), at.to_string()), *cluster, night.age[at]));
    }
    rows.sort_by(|a, b| a.0.cmp(&b.0));
    let mut clusters: BTreeMap<u8, Vec<u32>> = BTreeMap::new();
    for (row, (_, cluster, _)) in (0_u32..).zip(&rows) {
        if let Some(cluster) = cluster {
            clusters.entry(*cluster).or_default().push(row);
        }
    }
    let age = |row: &u32| (rows[*row as usize].2, *row);
    let mut clusters: Vec<Vec<u32>> = clusters
        .into_values()
        .map(|mut rows| {
            rows.sort_by_key(age);
            rows
        })
        .collect();
    clusters.sort_by_key(|rows| age(&rows[0]));
    (rows.into_iter().map(|(key, _, _)| key).collect(), clusters)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_id_is_never_reused_never_doubled_never_lost_silently(
        nights in prop::collection::vec(night(), 1..7)
    ) {
        let mut last: Option<Left> = None;
        // By id: the records that had it when it was last in use.
        let mut holders: BTreeMap<String, BTreeSet<Key>> = BTreeMap::new();
        let mut renamed = false;
        for (number, night) in (1_u64..).zip(&nights) {
            renamed |= night.renamed;
            let (keys, clusters) = plan_of(night, renamed);
            let left = run(&keys, &clusters, last.as_ref().map(|left| (left, number - 1)));
            let now = persons(&left.xref);
            prop_assert_eq!(now.len(), clusters.len(), "an id is on two persons");
            let before = last.as_ref().map(|left| persons(&left.xref)).unwrap_or_default();
            let told = |wanted: &str| left.assigned.changes.iter().any(|change| match change {
                IdChange::Merged { from, .. } | IdChange::Retired { from } => from == wanted,
                _ => false,
            });
            for id in before.keys() {
                prop_assert!(now.contains_key(id) || told(id), "{} is lost without an event", id);
                prop_assert!(!(now.contains_key(id) && told(id)), "{} is there and told lost", id);
            }
            for (id, own) in &now {
                if before.contains_key(id) {
                    continue;
                }
                let cluster = left.assigned.ids.iter().position(|one| one == id).unwrap_or(0);
                let revived = left.assigned.changes.iter().any(|change|
                    matches!(change, IdChange::Revived { cluster: own } if *own as usize == cluster));
                match holders.get(id) {
                    None => prop_assert!(!revived, "{} is new and told revived", id),
                    Some(old) => {
                        prop_assert!(revived, "{} was used before and comes back without a word", id);
                        prop_assert!(!old.is_disjoint(own), "{} was given to somebody else", id);
                        let fate = last.as_ref().and_then(|left| left.register.ids.get(id));
                        prop_assert!(
                            matches!(fate.map(|entry| &entry.fate), Some(Fate::Retired(_))),
                            "{} was merged and is given again", id
                        );
                    }
                }
            }
            // Every id that ever was leads to one in use, or is told gone.
            for (id, own) in &now {
                holders.insert(id.clone(), own.clone());
            }
            for id in holders.keys() {
                match left.register.today(id) {
                    Today::Itself => prop_assert!(now.contains_key(id), "{} leads nowhere", id),
                    Today::Into(into) => {
                        prop_assert!(!now.contains_key(id));
                        prop_assert!(now.contains_key(into), "{} leads to {}, who is not", id, into);
                    }
                    Today::Gone(last, _) => {
                        prop_assert!(!now.contains_key(id) && !now.contains_key(last));
                    }
                }
            }
            last = Some(left);
        }
    }

    /// The same run again, in any order of clusters, changes no id.
    #[test]
    fn a_run_again_changes_nothing(nights in prop::collection::vec(night(), 1..4)) {
        let mut last: Option<Left> = None;
        for (number, night) in (1_u64..).zip(&nights) {
            let (keys, clusters) = plan_of(night, false);
            last = Some(run(&keys, &clusters, last.as_ref().map(|left| (left, number - 1))));
        }
        let left = last.expect("there is a night");
        let (keys, mut clusters) = plan_of(&nights[nights.len() - 1], false);
        clusters.reverse();
        let again = run(&keys, &clusters, Some((&left, nights.len() as u64)));
        prop_assert_eq!(&left.xref, &again.xref);
        prop_assert_eq!(&left.register, &again.register);
    }
}

fn key(id: &str) -> Key {
    ("crm".to_owned(), id.to_owned())
}

/// Taken apart and put together again: the id is the old one, whoever is the oldest.
#[test]
fn parts_that_come_together_have_the_old_id_again() {
    let keys = ["a", "b", "c"].map(key);
    let first = run(&keys, &[vec![0, 1, 2]], None);
    let id = first.assigned.ids[0].clone();
    // The larger part keeps the id; the oldest record is the one that leaves.
    let apart = run(&keys, &[vec![0], vec![1, 2]], Some((&first, 1)));
    assert_eq!(apart.assigned.ids[1], id);
    let other = apart.assigned.ids[0].clone();
    assert_ne!(other, id);
    let together = run(&keys, &[vec![0, 1, 2]], Some((&apart, 2)));
    assert_eq!(together.assigned.ids, std::slice::from_ref(&id));
    assert_eq!(together.register.today(&other), Today::Into(&id));
    // And apart again: the id that was given up stays out of use.
    let again = run(&keys, &[vec![0], vec![1, 2]], Some((&together, 3)));
    assert!(![&id, &other].contains(&&again.assigned.ids[0]));
}

/// A night without one export does not cost its people their ids.
#[test]
fn people_who_come_back_have_their_ids_again() {
    let keys = ["a", "b", "c"].map(key);
    // `b` is older than `a`: a fresh id would be another.
    let first = run(&keys, &[vec![1, 0], vec![2]], None);
    let id = first.assigned.ids[0].clone();
    let without = run(&keys[2..], &[vec![0]], Some((&first, 1)));
    assert!(without.register.is_retired(&id));
    let back = run(&keys, &[vec![0], vec![1], vec![2]], Some((&without, 2)));
    assert!(back.assigned.ids.contains(&id));
    assert!(
        back.assigned
            .changes
            .iter()
            .any(|change| matches!(change, IdChange::Revived { .. }))
    );
    assert!(!back.register.is_retired(&id));
}
