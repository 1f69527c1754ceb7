//! Rules end to end inside the stage: a rule file and a few records in, violations out.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::*;
use crate::contact::{
    Action, Event, EventKind, Events, Origin, Severity, SourceInfo, Text, Violation,
};

mod asked;
mod faults;
mod kinds;

/// A document from text, as if it stood in `testdata/rules`.
pub(super) fn document(text: &str) -> Document {
    Document {
        name: "rules.toml".to_owned(),
        text: text.into(),
        home: Home::Folder("testdata/rules".into()),
    }
}

/// The rules of a text, nothing built in.
#[track_caller]
pub(super) fn rules(text: &str) -> Rules {
    let rulebook = Rulebook::builtin();
    let known = Known {
        fields: rulebook.fields(),
        columns: None,
        sources: None,
    };
    load_documents(&[document(text)], &rulebook, &known)
        .unwrap_or_else(|failure| panic!("{failure}"))
}

/// Records of sources, one line each: `source: field=value, field=value`.
pub(super) fn records(lines: &str) -> Records {
    let mut parsed: Vec<(String, BTreeMap<String, String>)> = Vec::new();
    for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (source, cells) = line.split_once(':').expect("source: cells");
        let cells = cells
            .split(',')
            .filter_map(|cell| cell.split_once('='))
            .map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned()))
            .collect();
        parsed.push((source.to_owned(), cells));
    }
    let mut names: Vec<String> = parsed.iter().map(|(source, _)| source.clone()).collect();
    names.sort();
    names.dedup();
    let mut table = Table::new(parsed.len());
    let mut columns: Vec<&String> = parsed.iter().flat_map(|(_, cells)| cells.keys()).collect();
    columns.sort();
    columns.dedup();
    for name in columns {
        let cells: Text = parsed.iter().map(|(_, cells)| cells.get(name)).collect();
        table.set(name, cells);
    }
    Records {
        origin: (1..)
            .zip(&parsed)
            .map(|(line, (source, _))| Origin {
                source: u16::try_from(names.binary_search(source).unwrap_or(0)).unwrap_or(0),
                file: 0,
                line,
            })
            .collect(),
        record_id: Some(
            (0..parsed.len())
                .map(|row| Some(format!("r{row}")))
                .collect(),
        ),
        sources: names
            .into_iter()
            .map(|name| SourceInfo {
                files: vec![format!("{name}.csv")],
                name,
                ..SourceInfo::default()
            })
            .collect(),
        table,
        ..Records::default()
    }
}

/// Runs rules over records on 2026-01-01.
#[track_caller]
pub(super) fn ran(rules_text: &str, lines: &str) -> Validated {
    let records = records(lines);
    ran_on(rules_text, &records, Violations::new())
}

#[track_caller]
pub(super) fn ran_on(rules_text: &str, records: &Records, doubts: Violations) -> Validated {
    let rulebook = Rulebook::builtin();
    run(
        &rules(rules_text),
        records.table.clone(),
        records,
        rulebook.fields(),
        "2026-01-01",
        doubts,
        &crate::watch::Silent,
    )
    .unwrap_or_else(|failure| panic!("{failure}"))
}

/// Which rows each rule is broken in, on which field: `0 email, 2 email`.
#[track_caller]
pub(super) fn check(rules_text: &str, lines: &str, expected: &str) {
    let done = ran(rules_text, lines);
    let mut found = String::new();
    for violation in &done.violations {
        if !found.is_empty() {
            found.push_str(", ");
        }
        let _ = write!(found, "{} {}", violation.record, violation.field);
    }
    assert_eq!(found, expected, "{:#?}", done.violations);
}

fn doubt(record: u32, field: &str, value: &str, rule: &str) -> Violation {
    Violation {
        record,
        value: Some(value.into()),
        broken: std::sync::Arc::new(crate::contact::Broken {
            field: field.into(),
            rule: rule.into(),
            severity: Severity::Warning,
            message: format!("{rule} was found").into(),
            action: Action::Flag,
            owner: "".into(),
        }),
    }
}

/// Kind, record, field, before, after.
type Told<'a> = (
    EventKind,
    Option<u32>,
    &'a str,
    Option<&'a str>,
    Option<&'a str>,
);

fn events(done: &Validated) -> Vec<Told<'_>> {
    (0..done.events.len())
        .map(|at| {
            let Event {
                kind,
                record,
                field,
                before,
                after,
                ..
            } = done.events.get(at);
            (kind, record, field, before, after)
        })
        .collect()
}

#[test]
fn the_built_in_rulebook_loads_whole_and_its_examples_hold() {
    let rulebook = Rulebook::builtin();
    let known = Known {
        fields: rulebook.fields(),
        columns: None,
        sources: Some(Vec::new()),
    };
    let rules = load_files(&[], &rulebook, &known).unwrap_or_else(|failure| panic!("{failure}"));
    assert!(rules.list.len() >= 60, "{}", rules.list.len());
    assert!(rules.notes.is_empty(), "{:?}", rules.notes);
    // Doubts come from standardising, so their examples go through it.
    let plan = crate::plan::draft(&["-".into()], &crate::plan::Overrides::default(), &rulebook)
        .unwrap_or_else(|failure| panic!("{failure}"))
        .plan;
    let raise = |records: &Records| {
        let done = crate::standardise::standardise(
            records,
            &plan,
            &rulebook,
            &Events::deaf(),
            &crate::watch::Silent,
        );
        (done.table, done.violations)
    };
    let mut wrong = Vec::new();
    for tested in examples::test(&rules, rulebook.fields(), "2026-01-01", &raise).expect("runs") {
        let rule = rules.get(&tested.rule).expect("the rule is there");
        let both = !rule.examples.pass.is_empty() && !rule.examples.fail.is_empty();
        assert!(both || matches!(rule.kind, Kind::Doubt(_)), "{}", rule.id);
        wrong.extend(
            tested
                .wrong
                .iter()
                .map(|one| (tested.rule.clone(), one.place.line)),
        );
    }
    assert_eq!(wrong, []);
}

#[test]
fn a_fix_changes_the_value_and_says_so() {
    let done = ran(
        "[[rule]]\nid = 'upper_city'\nfield = 'city'\ncondition = 'city = UPPER(city)'\naction = 'fix'\nfix = 'lower'",
        "a: city=SOFIA\na: city=Varna",
    );
    assert_eq!(done.table.get("city", 0), Some("sofia"));
    assert_eq!(done.table.get("city", 1), Some("Varna"));
    assert_eq!(
        events(&done),
        [(
            EventKind::Fixed,
            Some(0),
            "city",
            Some("SOFIA"),
            Some("sofia")
        )]
    );
    assert_eq!(done.violations[0].value.as_deref(), Some("SOFIA"));
    assert_eq!(done.violations[0].action, Action::Fix);
}

#[test]
fn a_fix_can_fill_a_column_that_was_not_there() {
    let done = ran(
        "[[rule]]\nid = 'no_country'\nfield = 'country'\nrequired = 'each'\naction = 'fix'\nfix = { set = 'BG' }",
        "a: city=Sofia",
    );
    assert_eq!(done.table.get("country", 0), Some("BG"));
    assert_eq!(
        events(&done),
        [(EventKind::Fixed, Some(0), "country", None, Some("BG"))]
    );
}

#[test]
fn later_rules_judge_the_mended_table() {
    let done = ran(
        "[[rule]]\nid = 'judge'\nfield = 'city'\nrequired = 'each'\n\n[[rule]]\nid = 'mend'\nfield = 'city'\nallowed = ['Sofia']\naction = 'clear'",
        "a: city=Nowhere\na: city=Sofia",
    );
    assert_eq!(done.table.get("city", 0), None);
    assert_eq!(
        events(&done),
        [(EventKind::Cleared, Some(0), "city", Some("Nowhere"), None)]
    );
    let rules: Vec<(&str, u32)> = done
        .violations
        .iter()
        .map(|violation| (violation.rule.as_ref(), violation.record))
        .collect();
    assert_eq!(rules, [("judge", 0), ("mend", 0)]);
}

#[test]
fn quarantine_holds_the_record_with_every_reason() {
    let done = ran(
        "[[rule]]\nid = 'no_city'\nfield = 'city'\nrequired = 'each'\naction = 'quarantine'\n\n[[rule]]\nid = 'no_email'\nfield = 'email'\nrequired = 'each'\naction = 'quarantine'",
        "a: city=Sofia, email=a@example.com\na: phone=1",
    );
    let held: Vec<(u32, &str, &str)> = done
        .held
        .iter()
        .map(|(row, held)| (*row, held.rule.as_str(), held.reason.as_str()))
        .collect();
    assert_eq!(held, [(1, "no_city", "city is missing; email is missing")]);
    assert_eq!(done.events.len(), 2);
    assert_eq!(done.table.rows(), 2, "no record is lost");
}

#[test]
fn rules_do_not_look_at_records_held_before() {
    let mut records = records("a: city=Sofia\na: email=x");
    records.held.insert(
        1,
        Held {
            rule: "row_too_long".to_owned(),
            reason: "torn".to_owned(),
            raw: Some("x".to_owned()),
        },
    );
    let done = ran_on(
        "[[rule]]\nid = 'no_city'\nfield = 'city'\nrequired = 'each'",
        &records,
        Violations::new(),
    );
    assert_eq!(done.violations, []);
}

#[test]
fn a_doubt_gets_its_rules_severity_owner_and_action() {
    let text = "[[rule]]\nid = 'junk'\ndoubt = 'junk_record'\nseverity = 'error'\nowner = 'ann'\naction = 'quarantine'\n\n[[rule]]\nid = 'off'\ndoubt = 'noise'\nenabled = false\n\n[[rule]]\nid = 'gone'\ndoubt = 'bad_phone'\naction = 'clear'";
    let records = records("a: given_name=asdf\na: phone=000");
    let doubts = vec![
        doubt(0, "", "asdf", "junk_record"),
        doubt(0, "email", "x", "noise"),
        doubt(1, "phone", "000", "bad_phone"),
        doubt(1, "email", "x", "unknown_here"),
    ];
    let done = ran_on(text, &records, doubts);
    let found: Vec<(u32, &str, Severity, &str, Action)> = done
        .violations
        .iter()
        .map(|v| {
            (
                v.record,
                v.rule.as_ref(),
                v.severity,
                v.owner.as_ref(),
                v.action,
            )
        })
        .collect();
    assert_eq!(
        found,
        [
            (0, "junk", Severity::Error, "ann", Action::Quarantine),
            (1, "unknown_here", Severity::Warning, "", Action::Flag),
            (1, "gone", Severity::Warning, "", Action::Clear),
        ]
    );
    assert_eq!(done.held[&0].reason, "junk_record was found");
    assert_eq!(done.table.get("phone", 1), None);
}

#[test]
fn a_rule_with_the_same_id_adjusts_or_replaces() {
    let rulebook = Rulebook::builtin();
    let known = Known {
        fields: rulebook.fields(),
        columns: None,
        sources: None,
    };
    let first = document(
        "[aliases]\nold_name = 'no_city'\n[[rule]]\nid = 'no_city'\nfield = 'city'\nrequired = 'each'\nowner = 'ann'\nwhy = 'x'\n\n[[rule]]\nid = 'no_email'\nfield = 'email'\nrequired = 'each'\nowner = 'ann'\nwhy = 'x'",
    );
    let second = document(
        "[[rule]]\nid = 'old_name'\nseverity = 'error'\n\n[[rule]]\nid = 'no_email'\nfield = 'phone'\nrequired = 'each'\nowner = 'bob'\nwhy = 'y'",
    );
    let rules = load_documents(&[first, second], &rulebook, &known)
        .unwrap_or_else(|failure| panic!("{failure}"));
    assert_eq!(rules.list.len(), 2);
    let adjusted = rules.get("old_name").expect("by its old id");
    assert_eq!(
        (
            adjusted.id.as_str(),
            adjusted.severity,
            adjusted.owner.as_str()
        ),
        ("no_city", Severity::Error, "ann")
    );
    assert_eq!(rules.list[1].fields, ["phone"]);
    assert_eq!(rules.notes.len(), 1, "the old id is told");
}

#[test]
fn a_field_that_a_whole_source_lacks_is_told_once() {
    let lines = "a: city=Sofia\n".repeat(100) + "b: city=Sofia";
    let text = "[[rule]]\nid = 'no_email'\nfield = 'email'\nrequired = 'each'\nseverity = 'info'\nowner = 'x'\nwhy = 'x'";
    let done = ran(text, &lines);
    assert_eq!(
        done.violations.len(),
        1,
        "the small source is told by record"
    );
    assert_eq!(done.diagnostics.len(), 1);
    // What gates count is never shortened.
    let done = ran(&text.replace("'info'", "'error'"), &lines);
    assert_eq!(done.violations.len(), 101);
}
