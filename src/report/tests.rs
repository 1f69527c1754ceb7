//! The page of made-up runs: one that changed much, and one of nothing.

use crate::contact::Violations;
use crate::diff::changes::{
    Cause, Changed, Changes, Circumstance, Counts, FieldChange, FieldCount, Person, Reason,
    RecordName, Split,
};
use crate::merge::tests::{World, merged, plan, world};
use crate::rulebook::Rulebook;
use crate::write::{Previous, RunOutput, page};

use super::sample::Samples;

fn draw(world: &World, previous: &Previous, changes: Option<Changes>) -> String {
    let plan = plan();
    let merged = merged(world, previous.xref.as_ref());
    let mut events = world.events.clone();
    events.append(&merged.events);
    let fingerprints = crate::diff::fingerprint::of(&world.records);
    let run = RunOutput {
        plan: &plan,
        rulebook: &Rulebook::builtin(),
        records: &world.records,
        table: &world.table,
        held: &world.held,
        linked: &world.linked,
        merged: &merged,
        events,
        violations: Violations::new(),
        files: &[],
        gates: serde_json::json!([
            { "name": "max_error_share", "limit": 0.02, "value": 0.05, "held": false, "soft": true },
        ]),
        timings: Vec::new(),
        started: "2026-01-01T00:00:00Z".to_owned(),
        previous,
        decisions: &[],
        fingerprints: &fingerprints,
        samples: Some(&Samples::default()),
        changes,
        patches: Default::default(),
    };
    page(&run, &[]).expect("draws").expect("is wanted")
}

#[test]
fn a_run_of_nothing_has_a_page() {
    let page = draw(&world(Vec::new()), &Previous::default(), None);
    assert!(page.contains("are 0 people") && page.contains("This is the first run"));
    assert!(!page.contains("NaN") && !page.contains("inf%"));
}

#[test]
fn what_changed_is_told_with_its_reasons_and_a_broken_gate_at_the_top() {
    let person = |id: &str, label: &str| Person {
        golden_id: id.to_owned(),
        label: label.to_owned(),
        records: vec![RecordName {
            source: "crm".to_owned(),
            record_id: "<7>".to_owned(),
        }],
        record_count: 1,
        cause: Cause {
            reason: Reason::Input,
            what: "crm:<7> is new".to_owned(),
            inputs: Vec::new(),
        },
    };
    let changes = Changes {
        counts: Counts {
            persons_before: 10,
            persons_after: 11,
            unchanged: 8,
            split: 1,
            changed: 40,
            ..Counts::default()
        },
        reasons: [("split", [(Reason::Decision, 1)].into())].into(),
        fields: vec![FieldCount {
            field: "family_name".to_owned(),
            filled: 1,
            emptied: 2,
            replaced: 37,
            reasons: [(Reason::Model, 40)].into(),
        }],
        circumstances: vec![Circumstance {
            reason: Reason::Rule,
            what: "[match] threshold: 0.5 -> 0.6".to_owned(),
        }],
        split: vec![Split {
            from: person("g1", "<b>Ann"),
            into: vec!["g2".to_owned()],
        }],
        changed: vec![Changed {
            person: person("g3", "Bob"),
            fields: vec![FieldChange {
                field: "city".to_owned(),
                before: None,
                after: Some("\u{202e}York".to_owned()),
            }],
        }],
        ..Changes::default()
    };
    let previous = Previous {
        history: vec![serde_json::json!({
            "run": "20261124T030000Z-00000000",
            "records": 9,
            "golden_records": 10,
        })],
        ..Previous::default()
    };
    let page = draw(&world(Vec::new()), &previous, Some(changes));
    for words in [
        "One gate did not hold",
        "Compared with the run of <time datetime=\"2026-11-24\">",
        "8 golden records are as they were",
        "[match] threshold: 0.5 -&#62; 0.6",
        "a decision <span class=\"quiet\">1</span>",
        "new id g2",
        "&#60;b&#62;Ann",
        "City: – → \\u{202e}York",
        "and 39 more",
        "Family name",
    ] {
        assert!(page.contains(words), "{words}\n{page}");
    }
}
