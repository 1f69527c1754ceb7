//! Comparing on made-up runs: every figure against a count by hand, every reason.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::changes::{Circumstance, RunName};
use super::sides::{Cells, Values};
use super::*;
use crate::contact::Text;

/// A run in a few words: record → (golden id, content), golden id → value.
#[derive(Clone, Debug)]
struct Made {
    records: Vec<(String, Option<String>, i64)>,
    ids: Vec<String>,
    values: Text,
}

impl Made {
    /// Records with their person and content; a person's value.
    fn of(records: &[(&str, Option<&str>, i64)], values: &[(&str, &str)]) -> Self {
        let mut records: Vec<(String, Option<String>, i64)> = records
            .iter()
            .map(|(key, id, content)| ((*key).to_owned(), id.map(str::to_owned), *content))
            .collect();
        records.sort();
        let ids: BTreeSet<String> = records
            .iter()
            .filter_map(|record| record.1.clone())
            .collect();
        let values: BTreeMap<&str, &str> = values.iter().copied().collect();
        Self {
            values: ids
                .iter()
                .map(|id| values.get(id.as_str()))
                .map(|v| v.copied())
                .collect(),
            ids: ids.into_iter().collect(),
            records,
        }
    }
}

impl Side for Made {
    fn name(&self) -> RunName {
        RunName::default()
    }

    fn records(&self) -> usize {
        self.records.len()
    }

    fn key(&self, row: usize) -> (&str, &str) {
        ("crm", &self.records[row].0)
    }

    fn person(&self, row: usize) -> Option<u32> {
        let id = self.records[row].1.as_ref()?;
        let at = self.ids.iter().position(|known| known == id)?;
        u32::try_from(at).ok()
    }

    fn persons(&self) -> usize {
        self.ids.len()
    }

    fn id(&self, person: usize) -> &str {
        &self.ids[person]
    }

    fn was_retired(&self, _: &str) -> bool {
        false
    }

    fn fingerprints(&self) -> Option<&[i64]> {
        None
    }

    fn values(&self, _: &[u32]) -> Result<Option<Vec<Values>>, String> {
        Ok(None)
    }

    fn columns(&self) -> Vec<String> {
        vec!["email".to_owned()]
    }

    fn column(&self, name: &str) -> Result<Cells<'_>, String> {
        Ok(Cells::of((name == "email").then_some(&self.values)))
    }
}

/// The same with fingerprints.
struct WithPrints(Made, Vec<i64>);

impl WithPrints {
    fn of(records: &[(&str, Option<&str>, i64)], values: &[(&str, &str)]) -> Self {
        let made = Made::of(records, values);
        let prints = made.records.iter().map(|record| record.2).collect();
        Self(made, prints)
    }
}

impl Side for WithPrints {
    fn name(&self) -> RunName {
        self.0.name()
    }
    fn records(&self) -> usize {
        self.0.records()
    }
    fn key(&self, row: usize) -> (&str, &str) {
        self.0.key(row)
    }
    fn person(&self, row: usize) -> Option<u32> {
        self.0.person(row)
    }
    fn persons(&self) -> usize {
        self.0.persons()
    }
    fn id(&self, person: usize) -> &str {
        self.0.id(person)
    }
    fn was_retired(&self, id: &str) -> bool {
        self.0.was_retired(id)
    }
    fn fingerprints(&self) -> Option<&[i64]> {
        Some(&self.1)
    }
    fn values(&self, rows: &[u32]) -> Result<Option<Vec<Values>>, String> {
        self.0.values(rows)
    }
    fn columns(&self) -> Vec<String> {
        self.0.columns()
    }
    fn column(&self, name: &str) -> Result<Cells<'_>, String> {
        self.0.column(name)
    }
}

fn rule_changed() -> Why {
    Why {
        circumstances: vec![Circumstance {
            reason: Reason::Rule,
            what: "[match] threshold: 0.5 -> 0.6".into(),
        }],
        ..Why::default()
    }
}

fn decided(a: &str, b: &str) -> Why {
    let key = |id: &str| ("crm".to_owned(), id.to_owned());
    Why {
        decided: vec![(("never".to_owned(), key(a), key(b)), "taken")],
        ..Why::default()
    }
}

#[test]
fn a_changed_value_has_the_reason_that_explains_it() {
    let before = WithPrints::of(
        &[("1", Some("a"), 1), ("2", Some("a"), 2)],
        &[("a", "x@y.org")],
    );
    let values = [("a", "z@y.org")];
    let check = |records: &[(&str, Option<&str>, i64)], why: &Why, reason: Reason, what: &str| {
        let after = WithPrints::of(records, &values);
        let changes = compare(&before, &after, why, 10).expect("compares");
        assert_eq!(changes.counts.changed, 1);
        let cause = &changes.changed[0].person.cause;
        assert_eq!((cause.reason, cause.what.as_str()), (reason, what));
        let field = &changes.changed[0].fields[0];
        assert_eq!(field.before.as_deref(), Some("x@y.org"));
        assert_eq!(field.after.as_deref(), Some("z@y.org"));
    };
    let same = [("1", Some("a"), 1), ("2", Some("a"), 2)];
    let none = Why::default();
    check(&same, &none, Reason::Model, "learned from other records");
    check(
        &same,
        &rule_changed(),
        Reason::Rule,
        "[match] threshold: 0.5 -> 0.6",
    );
    let changed = [("1", Some("a"), 1), ("2", Some("a"), 3)];
    check(&changed, &rule_changed(), Reason::Input, "crm:2 changed");
    check(
        &[("1", Some("a"), 1)],
        &none,
        Reason::Input,
        "crm:2 is gone",
    );
    let new = [
        ("1", Some("a"), 1),
        ("2", Some("a"), 2),
        ("3", Some("a"), 3),
    ];
    check(&new, &none, Reason::Input, "crm:3 is new");
    // A decision explains who is with whom, not a value.
    check(
        &same,
        &decided("1", "2"),
        Reason::Model,
        "learned from other records",
    );
}

#[test]
fn merges_splits_and_moves_are_told_apart_with_their_reasons() {
    let before = WithPrints::of(
        &[
            ("1", Some("a"), 0),
            ("2", Some("b"), 0),
            ("3", Some("c"), 0),
            ("4", Some("c"), 0),
            ("5", Some("d"), 0),
            ("6", Some("d"), 0),
            ("7", Some("e"), 0),
            ("8", Some("f"), 0),
        ],
        &[],
    );
    let after = WithPrints::of(
        &[
            ("1", Some("a"), 0),
            // b went into a.
            ("2", Some("a"), 0),
            // c was split.
            ("3", Some("c"), 0),
            ("4", Some("new"), 0),
            // 6 moved from d to e.
            ("5", Some("d"), 0),
            ("6", Some("e"), 0),
            ("7", Some("e"), 0),
            // f is held out.
            ("8", None, 0),
        ],
        &[],
    );
    let changes = compare(&before, &after, &decided("3", "4"), 10).expect("compares");
    let counts = &changes.counts;
    assert_eq!((counts.merged, counts.merged_ids), (1, 1));
    assert_eq!((counts.split, counts.split_ids), (1, 1));
    assert_eq!((counts.moved_records, counts.gone, counts.added), (1, 1, 0));
    assert_eq!((counts.records_held, counts.lost_ids()), (1, 2));
    assert_eq!(changes.merged[0].from, ["b"]);
    assert_eq!(changes.merged[0].into.golden_id, "a");
    assert_eq!(changes.merged[0].into.cause.reason, Reason::Model);
    assert_eq!(changes.split[0].from.golden_id, "c");
    assert_eq!(changes.split[0].into, ["new"]);
    assert_eq!(
        changes.split[0].from.cause.what,
        "never crm:3, crm:4 was taken"
    );
    assert_eq!(
        (
            changes.moved[0].from.as_str(),
            changes.moved[0].into.as_str()
        ),
        ("d", "e")
    );
    assert_eq!(changes.gone[0].golden_id, "f");
    assert_eq!(changes.gone[0].cause.reason, Reason::Model);
}

/// A decision takes 1 out of `p`, and for that 5 has a place there: its move is told by
/// the line that made it, which names none of the records that move.
#[test]
fn what_a_decision_set_off_elsewhere_names_the_decision() {
    let before = WithPrints::of(
        &[
            ("1", Some("p"), 0),
            ("2", Some("q"), 0),
            ("5", Some("r"), 0),
            ("6", Some("r"), 0),
            ("9", Some("p"), 0),
        ],
        &[],
    );
    let after = WithPrints::of(
        &[
            ("1", Some("q"), 0),
            ("2", Some("q"), 0),
            ("5", Some("p"), 0),
            ("6", Some("r"), 0),
            ("9", Some("p"), 0),
        ],
        &[],
    );
    let changes = compare(&before, &after, &decided("1", "2"), 10).expect("compares");
    let told: Vec<(&str, Reason, &str)> = changes
        .moved
        .iter()
        .map(|own| {
            let cause = &own.cause;
            (
                own.record.record_id.as_str(),
                cause.reason,
                cause.what.as_str(),
            )
        })
        .collect();
    let what = "never crm:1, crm:2 was taken";
    assert_eq!(
        told,
        [("1", Reason::Decision, what), ("5", Reason::Decision, what)]
    );
}

type Record = (Option<Option<u8>>, i64);

fn side() -> impl Strategy<Value = (Vec<Record>, Vec<Option<u8>>)> {
    let state = prop_oneof![
        1 => Just(None),
        1 => Just(Some(None)),
        6 => (0..5_u8).prop_map(|id| Some(Some(id))),
    ];
    (
        prop::collection::vec((state, 0..2_i64), 7),
        prop::collection::vec(prop::option::of(0..3_u8), 5),
    )
}

fn made(records: &[Record], values: &[Option<u8>]) -> WithPrints {
    let keys: Vec<String> = (0..records.len()).map(|at| at.to_string()).collect();
    let ids = ["a", "b", "c", "d", "e"];
    let texts = ["x", "y", "z"];
    let records: Vec<(&str, Option<&str>, i64)> = records
        .iter()
        .zip(&keys)
        .filter_map(|((state, content), key)| {
            Some((key.as_str(), (*state)?.map(|id| ids[id as usize]), *content))
        })
        .collect();
    let values: Vec<(&str, &str)> = values
        .iter()
        .zip(ids)
        .filter_map(|(value, id)| Some((id, texts[(*value)? as usize])))
        .collect();
    WithPrints::of(&records, &values)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 800, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_record_and_every_person_is_counted_once(one in side(), other in side()) {
        let (before, after) = (made(&one.0, &one.1), made(&other.0, &other.1));
        let changes = compare(&before, &after, &Why::default(), 100).expect("compares");
        let counts = &changes.counts;
        let records = |side: &WithPrints| -> BTreeMap<String, (Option<String>, i64)> {
            side.0.records.iter().map(|r| (r.0.clone(), (r.1.clone(), r.2))).collect()
        };
        let (old, new) = (records(&before), records(&after));
        prop_assert_eq!(counts.records_new as usize, new.keys().filter(|k| !old.contains_key(*k)).count());
        prop_assert_eq!(counts.records_gone as usize, old.keys().filter(|k| !new.contains_key(*k)).count());
        let changed = new.iter().filter(|(k, v)| old.get(*k).is_some_and(|o| o.1 != v.1)).count();
        prop_assert_eq!(counts.records_changed, Some(changed as u64));
        let (ids_old, ids_new): (BTreeSet<&String>, BTreeSet<&String>) =
            (before.0.ids.iter().collect(), after.0.ids.iter().collect());
        let both = ids_old.intersection(&ids_new).count() as u64;
        prop_assert_eq!(counts.changed + counts.unchanged, both);
        // Ids that only one run has are added, split off, gone or merged, each in one way.
        prop_assert_eq!(counts.added + counts.split_ids, counts.persons_after - both);
        prop_assert_eq!(counts.gone + counts.merged_ids, counts.persons_before - both);
        let value = |side: &WithPrints, id: &str| {
            let at = side.0.ids.iter().position(|known| known == id)?;
            side.0.values.get(at).map(str::to_owned)
        };
        let differ = ids_old.intersection(&ids_new).filter(|id| value(&before, id) != value(&after, id)).count();
        prop_assert_eq!(counts.changed, differ as u64);
        prop_assert_eq!(changes.changed.len(), differ);
        // A record with another id is in a merge, a split or a move.
        let merged: BTreeSet<(String, String)> = changes.merged.iter()
            .flat_map(|m| m.from.iter().map(|f| (f.clone(), m.into.golden_id.clone()))).collect();
        let split: BTreeSet<(String, String)> = changes.split.iter()
            .flat_map(|s| s.into.iter().map(|i| (s.from.golden_id.clone(), i.clone()))).collect();
        let mut moves = 0;
        for (key, (now, _)) in &new {
            let then = old.get(key).and_then(|o| o.0.clone());
            if let (Some(then), Some(now)) = (then, now.clone()) && then != now {
                let link = (then, now);
                if !merged.contains(&link) && !split.contains(&link) {
                    moves += 1;
                }
            }
        }
        prop_assert_eq!(counts.moved_records, moves);
        // Reasons add up to the counts.
        for (name, number) in [("changed", counts.changed), ("gone", counts.gone), ("merged", counts.merged)] {
            let sum: u64 = changes.reasons.get(name).map_or(0, |by| by.values().sum());
            prop_assert_eq!(sum, number, "{}", name);
        }
        // Nothing changed in the records of who changed by the model alone.
        for own in changes.changed.iter().filter(|own| own.person.cause.reason == Reason::Model) {
            let id = Some(own.person.golden_id.clone());
            let of = |side: &BTreeMap<String, (Option<String>, i64)>| -> BTreeSet<(String, i64)> {
                side.iter().filter(|(_, v)| v.0 == id).map(|(k, v)| (k.clone(), v.1)).collect()
            };
            let (then, now) = (of(&old), of(&new));
            let all_known = then.iter().all(|(k, c)| new.get(k).is_some_and(|n| n.1 == *c))
                && now.iter().all(|(k, c)| old.get(k).is_some_and(|o| o.1 == *c));
            prop_assert!(all_known, "{:?} {:?}", then, now);
        }
    }
}

#[test]
fn a_limit_bounds_what_is_told_and_not_what_is_counted() {
    let ids: Vec<String> = (0..50).map(|at| format!("{at:02}")).collect();
    let records: Vec<(&str, Option<&str>, i64)> = ids
        .iter()
        .map(|id| (id.as_str(), Some(id.as_str()), 0))
        .collect();
    let before = WithPrints::of(&records, &[]);
    let values: Vec<(&str, &str)> = ids.iter().map(|id| (id.as_str(), "x")).collect();
    let after = WithPrints::of(&records, &values);
    let changes = compare(&before, &after, &Why::default(), 3).expect("compares");
    assert_eq!(changes.counts.changed, 50);
    assert_eq!(changes.fields[0].filled, 50);
    assert_eq!(changes.changed.len(), 3);
    assert!(changes.changed.iter().all(|own| own.fields.len() == 1));
}
