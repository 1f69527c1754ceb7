//! A whole run folder, written and read back.

use std::path::Path;

use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;

use super::*;
use crate::audit::{laws, verify};
use crate::merge::tests::{World, merged, plan, row, world};
use crate::watch::Silent;

/// A fixed messy world.
fn some_world() -> World {
    let mut runner = TestRunner::deterministic();
    let rows = prop::collection::vec(row(), 40)
        .new_tree(&mut runner)
        .expect("makes rows")
        .current();
    world(rows)
}

fn publish_into(out: &Path, world: &World, previous: &Previous) -> Published {
    let mut plan = plan();
    plan.output.dir = out.to_owned();
    let merged = merged(world, previous.xref.as_ref());
    let mut events = world.events.clone();
    events.append(&merged.events);
    let fingerprints = crate::diff::fingerprint::of(&world.records);
    let mut run = RunOutput {
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
        gates: Value::Null,
        timings: Vec::new(),
        started: "2026-01-01T00:00:00Z".to_owned(),
        previous,
        decisions: &[],
        fingerprints: &fingerprints,
        samples: None,
        changes: None,
        patches: patches::Patches::default(),
    };
    complete(&mut run);
    laws::check(run.facts(), &Silent).expect("the laws hold");
    publish(&run, &Silent).expect("publishes")
}

#[test]
fn a_published_run_replays_to_the_same_bytes() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let world = some_world();
    let run = publish_into(out.path(), &world, &Previous::default());
    let (events, golden) =
        verify::replay(&run.folder, &plan(), &world.records, &Rulebook::builtin())
            .expect("replays");
    assert_eq!(run.summary["counts"]["events"], events);
    assert_eq!(run.summary["counts"]["golden_records"], golden);
}

#[test]
fn a_changed_golden_file_is_found_and_its_line_named() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let world = some_world();
    let run = publish_into(out.path(), &world, &Previous::default());
    let path = run.folder.join("golden.csv");
    let text = std::fs::read_to_string(&path).expect("reads");
    std::fs::write(&path, text.replacen("One", "Two", 1)).expect("writes");
    let failure = verify::replay(&run.folder, &plan(), &world.records, &Rulebook::builtin())
        .expect_err("differs");
    assert_eq!(failure.kind.exit_code(), 70);
    assert!(failure.diagnostics[0].message.contains("from line"));
}

#[test]
fn a_second_run_keeps_ids_and_writes_the_same_golden_bytes() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let world = some_world();
    let first = publish_into(out.path(), &world, &Previous::default());
    let previous = previous::load(out.path()).expect("loads");
    assert_eq!(
        previous.golden_records,
        first.summary["counts"]["golden_records"].as_u64()
    );
    let second = publish_into(out.path(), &world, &previous);
    assert_ne!(first.folder, second.folder);
    for name in [
        "golden.csv",
        "golden.parquet",
        "xref.csv",
        "xref.parquet",
        "review.csv",
    ] {
        let read = |folder: &Path| std::fs::read(folder.join(name)).expect("reads");
        assert!(read(&first.folder) == read(&second.folder), "{name}");
    }
    assert_eq!(second.summary["history"].as_array().map(Vec::len), Some(1));
}

#[test]
fn the_xref_in_csv_keeps_ids_as_the_one_in_parquet() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let world = some_world();
    let run = publish_into(out.path(), &world, &Previous::default());
    let ids = |previous: Previous| {
        let before = previous.xref.expect("is there").before(&world.records);
        (before.had, before.ids)
    };
    let of_parquet = ids(previous::load(out.path()).expect("loads"));
    std::fs::remove_file(run.folder.join("xref.parquet")).expect("removes");
    let of_csv = ids(previous::load(out.path()).expect("loads"));
    assert_eq!(of_parquet, of_csv);
    assert!(!of_csv.1.is_empty());
}

#[test]
fn a_formula_is_guarded_told_and_kept_in_the_log() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let run = publish_into(out.path(), &some_world(), &Previous::default());
    let read = |name: &str| std::fs::read_to_string(run.folder.join(name)).expect("reads");
    assert!(read("golden.csv").contains(",'=cmd,"));
    assert!(!read("golden.csv").contains(",=cmd,"));
    assert!(read("violations.csv").contains("formula_in_cell"));
    let log = audit::search::LogFile::open(&run.folder, &serde_json::Value::Null).expect("opens");
    let mut found = 0;
    log.search(&audit::query::Query::default(), None, |row| {
        found += usize::from(row.kind == "guarded" && row.before == Some("=cmd"));
        true
    })
    .expect("reads");
    assert!(found > 0);
}

#[test]
fn held_records_are_in_the_quarantine_and_the_xref() {
    let out = tempfile::tempdir().expect("a temporary folder");
    let world = some_world();
    assert!(!world.held.is_empty());
    let run = publish_into(out.path(), &world, &Previous::default());
    let xref = std::fs::read_to_string(run.folder.join("xref.csv")).expect("reads");
    let held = xref
        .lines()
        .filter(|line| line.contains(",quarantined,"))
        .count();
    assert_eq!(held, world.held.len());
    assert_eq!(xref.lines().count(), world.records.rows() + 1);
    let listed: usize = std::fs::read_dir(run.folder.join("quarantine"))
        .expect("lists")
        .flatten()
        .map(|file| {
            let text = std::fs::read_to_string(file.path()).expect("reads");
            text.lines().count() - 1
        })
        .sum();
    assert_eq!(listed, world.held.len());
}
