//! The law of golden ids, held at run time: none on two persons, none given to somebody
//! else, none of the run before lost without an event.
//!
//! In: what the merge gave, the events, and what the run before left. Out: the breaches.
//! A join of both runs' records and a few passes over integers; it asks the facts, not
//! the code that gave the ids.

use hashbrown::{HashMap, HashSet};

use super::laws::Facts;
use crate::contact::Events;
use crate::merge::register::{Fate, Key, Today};
use crate::merge::{PreviousXref, RULE_MERGED, RULE_RETIRED};

/// What is wrong with the ids, in words. `golden_id_events` are places in the events.
pub(super) fn breaches(facts: &Facts<'_>, golden_id_events: &[u32]) -> Vec<String> {
    let mut broken = Vec::new();
    let ids = &facts.merged.golden_ids;
    for pair in ids.windows(2) {
        if pair[0] >= pair[1] {
            broken.push(if pair[0] == pair[1] {
                format!("the id {} is on two golden records", pair[0])
            } else {
                format!("the ids {} and {} are out of order", pair[0], pair[1])
            });
        }
    }
    if let (Some(previous), true) = (facts.previous, broken.is_empty()) {
        let persons: Persons<'_> = ids.iter().map(String::as_str).zip(0..).collect();
        given_to_others(facts, previous, &persons, &mut broken);
        lost(facts, previous, &persons, golden_id_events, &mut broken);
    }
    broken
}

/// The person of each id.
type Persons<'a> = HashMap<&'a str, u32, foldhash::fast::FixedState>;

fn given_to_others(
    facts: &Facts<'_>,
    previous: &PreviousXref,
    persons: &Persons<'_>,
    broken: &mut Vec<String>,
) {
    let ids = &facts.merged.golden_ids;
    // Ids of the run before: a record of the person must have had it.
    if let Some(had) = previous.golden_ids() {
        let person = |id: &str| persons.get(id).copied();
        let person_of: Vec<Option<u32>> = had.distinct_values().map(person).collect();
        let mut owed: HashSet<u32> = HashSet::new();
        for code in (0..had.len()).filter_map(|row| had.code(row)) {
            owed.extend(person_of[code as usize]);
        }
        for (row, earlier) in previous.rows_of(facts.records).into_iter().enumerate() {
            let person = facts.merged.golden_of.get(row).copied().flatten();
            let code = earlier.and_then(|earlier| had.code(earlier as usize));
            if let (Some(person), Some(code)) = (person, code)
                && person_of[code as usize] == Some(person)
            {
                owed.remove(&person);
            }
        }
        let mut owed: Vec<u32> = owed.into_iter().collect();
        owed.sort_unstable();
        broken.extend(owed.into_iter().map(|person| {
            format!(
                "the id {} is on a golden record none of whose records had it",
                ids[person as usize]
            )
        }));
    }
    // Ids out of use: back with a record that had it, or not at all.
    let mut back: HashMap<u32, &[Key]> = HashMap::new();
    for (id, entry) in &previous.register.ids {
        match (&entry.fate, persons.get(id.as_str()).copied()) {
            (Fate::Merged(into), Some(_)) => {
                broken.push(format!("the id {id} went into {into} and is given again"));
            }
            (Fate::Retired(keys), Some(person)) => {
                back.insert(person, keys);
            }
            _ => {}
        }
    }
    let mut wrong: Vec<u32> = back
        .iter()
        .filter(|(person, keys)| {
            let rows = facts.merged.clusters.of(**person as usize);
            !rows.iter().any(|&row| {
                let source = facts.records.source(row as usize).name.as_str();
                let id = facts.records.id(row as usize);
                keys.iter().any(|key| key.0 == source && key.1 == id)
            })
        })
        .map(|(person, _)| *person)
        .collect();
    wrong.sort_unstable();
    broken.extend(wrong.into_iter().map(|person| {
        format!(
            "the id {} was out of use and is given to records that never had it",
            ids[person as usize]
        )
    }));
}

/// Every id of the run before is in use, or an event and the register say what became of
/// it.
fn lost(
    facts: &Facts<'_>,
    previous: &PreviousXref,
    persons: &Persons<'_>,
    events: &[u32],
    broken: &mut Vec<String>,
) {
    let Some(had) = previous.golden_ids() else {
        return;
    };
    let mut told: Option<HashSet<&str>> = None;
    let mut live: Vec<bool> = vec![false; had.distinct()];
    for code in (0..had.len()).filter_map(|row| had.code(row)) {
        live[code as usize] = true;
    }
    for (id, _) in had.distinct_values().zip(live).filter(|(_, live)| *live) {
        if persons.contains_key(id) {
            continue;
        }
        let told = told.get_or_insert_with(|| gone(facts.events, events));
        if !told.contains(id) {
            broken.push(format!("the id {id} is gone, and no event says so"));
        }
        let register = &facts.merged.register;
        let leads = match register.today(id) {
            Today::Itself => false,
            Today::Into(into) => persons.contains_key(into),
            Today::Gone(..) => true,
        };
        if !leads {
            broken.push(format!("the id {id} is gone, and leads nowhere"));
        }
    }
}

/// The ids that events say are no longer in use.
fn gone<'e>(events: &'e Events, places: &[u32]) -> HashSet<&'e str> {
    let rules: Vec<bool> = events
        .words()
        .iter()
        .map(|word| [RULE_MERGED, RULE_RETIRED].contains(&word.as_str()))
        .collect();
    places
        .iter()
        .map(|&at| at as usize)
        .filter(|&at| rules[events.texts(at)[1] as usize])
        .filter_map(|at| events.before(at))
        .collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::audit::Index;
    use crate::contact::{Records, Table};
    use crate::link::Linked;
    use crate::merge::register::{Entry, Register};
    use crate::merge::tests::{plan, records};
    use crate::merge::{MergeInput, Merged, merge};
    use crate::rulebook::Rulebook;

    fn rows(count: usize) -> Records {
        let rows: Vec<_> = (0..count).map(|_| (0, vec![Some("x")])).collect();
        records(&["company"], &rows)
    }

    fn run(records: &Records, cluster: &[u32], previous: Option<&PreviousXref>) -> Merged {
        let linked = Linked {
            cluster: cluster.to_vec(),
            probability: vec![0.9; cluster.len()],
            ..Linked::default()
        };
        merge(MergeInput {
            records,
            table: &records.table,
            held: &BTreeMap::new(),
            linked: &linked,
            plan: &plan(),
            rulebook: &Rulebook::builtin(),
            previous,
            watch: &crate::watch::Silent,
        })
        .expect("the built-in rules parse")
    }

    fn xref(records: &Records, merged: &Merged) -> PreviousXref {
        let rows = 0..records.rows();
        let mut table = Table::new(rows.len());
        let source = |row: usize| Some(records.source(row).name.clone());
        let golden = |row: usize| {
            let person = merged.golden_of[row]? as usize;
            Some(merged.golden_ids[person].clone())
        };
        table.set("source", rows.clone().map(source).collect());
        let id = |row: usize| Some(records.id(row).to_owned());
        table.set("record_id", rows.clone().map(id).collect());
        table.set("golden_id", rows.map(golden).collect());
        let mut xref = PreviousXref::new(table).expect("has the columns");
        xref.register = merged.register.clone();
        xref
    }

    fn told(records: &Records, merged: &Merged, events: &Events, before: &PreviousXref) -> String {
        let rulebook = Rulebook::builtin();
        let facts = Facts {
            records,
            table: &records.table,
            held: &BTreeMap::new(),
            merged,
            events,
            rulebook: &rulebook,
            previous: Some(before),
        };
        breaches(&facts, &Index::of(events).golden_ids).join("; ")
    }

    /// Records 0 and 1 are one person and 2 another; then 0 goes to 2, and 1 stays.
    fn two_nights() -> (Records, PreviousXref, Merged) {
        let records = rows(3);
        let first = run(&records, &[0, 0, 2], None);
        let before = xref(&records, &first);
        let second = run(&records, &[0, 1, 0], Some(&before));
        (records, before, second)
    }

    #[test]
    fn a_sound_night_breaks_nothing() {
        let (records, before, merged) = two_nights();
        assert_eq!(told(&records, &merged, &merged.events, &before), "");
        // Everybody goes into one, and all but one go out of use.
        let one = run(&records, &[0, 0, 0], Some(&before));
        assert_eq!(told(&records, &one, &one.events, &before), "");
        // Nobody is left of the other.
        let few = rows(2);
        let retired = run(&few, &[0, 0], Some(&before));
        assert_eq!(told(&few, &retired, &retired.events, &before), "");
    }

    #[test]
    fn an_id_on_two_persons_is_found() {
        let (records, before, mut merged) = two_nights();
        merged.golden_ids[1] = merged.golden_ids[0].clone();
        let told = told(&records, &merged, &merged.events, &before);
        assert!(told.contains("is on two golden records"), "{told}");
    }

    #[test]
    fn an_id_that_others_have_now_is_found() {
        let records = rows(3);
        let first = run(&records, &[0, 0, 2], None);
        let before = xref(&records, &first);
        let mut merged = run(&records, &[0, 0, 2], Some(&before));
        // The clusters change places under their ids.
        merged.golden_of = merged
            .golden_of
            .iter()
            .map(|person| person.map(|person| 1 - person))
            .collect();
        let told = told(&records, &merged, &merged.events, &before);
        assert_eq!(
            told.matches("none of whose records had it").count(),
            2,
            "{told}"
        );
    }

    #[test]
    fn an_id_that_is_lost_without_an_event_is_found() {
        let (records, before, _) = two_nights();
        let mut one = run(&records, &[0, 0, 0], Some(&before));
        let silent = told(&records, &one, &Events::new(), &before);
        assert!(silent.contains("is gone, and no event says so"), "{silent}");
        one.register = Register::default();
        let told = told(&records, &one, &one.events, &before);
        assert!(told.contains("is gone, and leads nowhere"), "{told}");
    }

    #[test]
    fn an_id_out_of_use_that_is_given_again_is_found() {
        let (records, mut before, merged) = two_nights();
        let fates = [
            (
                Fate::Merged("gelse".into()),
                "went into gelse and is given again",
            ),
            (
                Fate::Retired(vec![("a".into(), "who".into())]),
                "is given to records that never had it",
            ),
        ];
        for (fate, words) in fates {
            let entry = Entry { fate, run: 1 };
            before.register.ids.clear();
            let id = merged.golden_ids[0].clone();
            before.register.ids.insert(id, entry);
            let told = told(&records, &merged, &merged.events, &before);
            assert!(told.contains(words), "{told}");
        }
    }
}
