//! One merge of many is taken back by its name, out of order, and the others stand.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::command::{id_of, json, karat_in, ok};

const HEAD: &str = "Id,First Name,Last Name,Email,Phone,Company,Created\n";
const ANN: &str = "1,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2020-01-01\n";
const OTHER: &str = "2,Bob,Kane,bob.kane@harbour.org,+13125559046,Harbour,2020-01-02\n";
/// Without the phone: it hangs on by less than the others.
const FIRST: &str = "a,Ann,Lee,ann.lee@northfield.org,,Northfield,2021-01-01\n";
const SECOND: &str = "b,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2022-01-01\n";
const THIRD: &str = "c,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2023-01-01\n";

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

fn shop(folder: &Path, rows: &[&str]) {
    write(folder, "shop.csv", &format!("{HEAD}{}", rows.concat()));
}

fn world() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "crm.csv", &format!("{HEAD}{ANN}{OTHER}"));
    write(
        folder.path(),
        "decisions.csv",
        "verdict,source_a,record_id_a,source_b,record_id_b,by,date,why\n",
    );
    write(
        folder.path(),
        "karat.toml",
        "[plan]\nname = \"undo\"\ndecisions = \"decisions.csv\"\nrun_date = 2026-01-01\n\n\
         [[source]]\nname = \"crm\"\npath = \"crm.csv\"\nid = \"Id\"\n\n\
         [[source]]\nname = \"shop\"\npath = \"shop.csv\"\nid = \"Id\"\n",
    );
    folder
}

/// The name of the merge of a record in a run, as `karat audit` tells it.
fn merge_of(folder: &Path, run: &str, record: &str) -> String {
    let told = json(
        folder,
        &[
            "audit", "--run", run, "--record", record, "--kind", "merged", "--json",
        ],
    );
    told[0]["event"]
        .as_str()
        .unwrap_or_else(|| panic!("no event: {told:#}"))
        .to_owned()
}

/// Three nights, each of which brought a record to Ann.
fn three_nights(folder: &Path) {
    for rows in [&[FIRST][..], &[FIRST, SECOND], &[FIRST, SECOND, THIRD]] {
        shop(folder, rows);
        ok(folder, &["run", "karat.toml"]);
    }
    let ann = id_of(folder, "crm:1");
    for record in ["shop:a", "shop:b", "shop:c"] {
        assert_eq!(id_of(folder, record), ann, "{record}");
    }
}

#[test]
fn the_first_of_three_merges_is_undone_and_the_later_two_stand() {
    let world = world();
    let folder = world.path();
    three_nights(folder);
    let ann = id_of(folder, "crm:1");
    let bob = id_of(folder, "crm:2");
    let event = merge_of(folder, "1", "shop:a");
    assert!(event.starts_with("1#"), "{event}");
    let told = json(folder, &["undo", &event, "--json", "--by", "ann"]);
    // b and c came later, and hold by more to crm:1: they stay with it.
    assert_eq!(
        told["persons"][0]["apart"],
        serde_json::json!([["shop:a"], ["crm:1", "shop:b", "shop:c"]]),
        "{told:#}"
    );
    assert_eq!(told["lines"].as_array().map(Vec::len), Some(3));
    for _ in 0..2 {
        ok(folder, &["run", "karat.toml"]);
        for record in ["shop:b", "shop:c"] {
            assert_eq!(id_of(folder, record), ann, "{record}");
        }
        assert_eq!(id_of(folder, "crm:1"), ann);
        assert_ne!(id_of(folder, "shop:a"), ann);
        assert_eq!(id_of(folder, "crm:2"), bob);
        let split = json(folder, &["diff", "out/latest", "out/latest", "--json"]);
        assert_eq!(split["counts"]["split"], 0);
    }
    let decisions = fs::read_to_string(folder.join("decisions.csv")).unwrap();
    assert!(
        decisions.contains(&format!("undo of merge {event}")),
        "{decisions}"
    );
    // The same name means the same for ever: what it joined is apart now.
    let again = karat_in(folder, &["undo", &event]);
    assert_eq!(again.code, 2, "{}", again.err);
    assert!(again.err.contains("no longer together"), "{}", again.err);
}

#[test]
fn who_came_by_the_undone_side_leaves_with_it() {
    let world = world();
    let folder = world.path();
    let phone = "+14155552671";
    let taken = ANN.replace(phone, "");
    write(folder, "crm.csv", &format!("{HEAD}{taken}{OTHER}"));
    let first = SECOND.replace("b,", "a,");
    for rows in [&[first.as_str()][..], &[&first, THIRD]] {
        shop(folder, rows);
        ok(folder, &["run", "karat.toml"]);
    }
    let ann = id_of(folder, "crm:1");
    assert_eq!(id_of(folder, "shop:c"), ann);
    let event = merge_of(folder, "1", "shop:a");
    let told = ok(folder, &["undo", &event]).out;
    assert!(
        told.contains("never crm:1, shop:a") || told.contains("never shop:a, crm:1"),
        "{told}"
    );
    ok(folder, &["run", "karat.toml"]);
    assert_eq!(id_of(folder, "shop:a"), id_of(folder, "shop:c"));
    assert_ne!(id_of(folder, "shop:a"), id_of(folder, "crm:1"));
}

#[test]
fn two_persons_that_merged_are_parted_by_the_event_of_the_id_given_up() {
    let world = world();
    let folder = world.path();
    shop(folder, &[FIRST, SECOND]);
    ok(folder, &["decide", "never", "crm:1", "shop:a", "--by", "x"]);
    ok(folder, &["decide", "never", "crm:1", "shop:b", "--by", "x"]);
    ok(folder, &["run", "karat.toml"]);
    assert_eq!(id_of(folder, "shop:a"), id_of(folder, "shop:b"));
    write(
        folder,
        "decisions.csv",
        "verdict,source_a,record_id_a,source_b,record_id_b\n",
    );
    ok(folder, &["run", "karat.toml"]);
    let ann = id_of(folder, "crm:1");
    assert_eq!(id_of(folder, "shop:a"), ann);
    shop(folder, &[FIRST, SECOND, THIRD]);
    ok(folder, &["run", "karat.toml"]);

    // The merge of two persons, as audit and explain name it, from the run before.
    let told = json(
        folder,
        &[
            "audit",
            "--run",
            "2",
            "--rule",
            "golden_id_merged",
            "--json",
        ],
    );
    let event = told[0]["event"].as_str().unwrap().to_owned();
    let table = ok(
        folder,
        &[
            "audit",
            "--run",
            "2",
            "--kind",
            "golden_id",
            "--format",
            "table",
        ],
    );
    assert!(table.out.contains(&event), "{}", table.out);
    let told = json(folder, &["undo", &event, "--json", "--dry-run"]);
    let apart = told["persons"][0]["apart"].to_string();
    assert!(
        apart.contains("[\"shop:a\",\"shop:b\"") || apart.contains("[\"crm:1\"]"),
        "{told:#}"
    );
    ok(folder, &["undo", &event, "--no-preview"]);
    ok(folder, &["run", "karat.toml"]);
    assert_eq!(id_of(folder, "shop:a"), id_of(folder, "shop:b"));
    assert_ne!(id_of(folder, "crm:1"), id_of(folder, "shop:a"));
}

#[test]
fn explain_names_the_merges_of_a_person_and_of_a_record() {
    let world = world();
    let folder = world.path();
    three_nights(folder);
    let ann = id_of(folder, "crm:1");
    let event = merge_of(folder, "3", "shop:b");
    let text = ok(folder, &["explain", &ann]).out;
    assert!(text.contains(&format!("{event} shop:b")), "{text}");
    let text = ok(folder, &["explain", "shop:b"]).out;
    assert!(text.contains(&format!("karat undo {event}")), "{text}");
    let told = json(folder, &["explain", &ann, "--json"]);
    assert_eq!(told["merges"].as_array().map(Vec::len), Some(4), "{told:#}");
    let told = json(folder, &["explain", "shop:b", "--json"]);
    assert_eq!(told["merge_event"], event.as_str());
}

#[test]
fn what_names_no_merge_is_said_with_what_to_do() {
    let world = world();
    let folder = world.path();
    shop(folder, &[FIRST]);
    ok(folder, &["run", "karat.toml"]);
    let ann = id_of(folder, "crm:1");
    let told = json(
        folder,
        &["audit", "--golden", &ann, "--kind", "survived", "--json"],
    );
    let other = format!("1#{}", told[0]["seq"]);
    assert_eq!(told[0]["event"], Value::Null);
    let merge = merge_of(folder, "1", "shop:a");
    for (args, words) in [
        (
            vec!["undo", other.as_str()],
            "kind 'survived', and no merge",
        ),
        (vec!["undo", "1#99999999"], "none of the number 99999999"),
        (vec!["undo", "7#1"], "there is no run '7' here"),
        (
            vec!["undo", merge.as_str(), "--split"],
            "leave --split and --record out",
        ),
    ] {
        let ended = karat_in(folder, &args);
        assert_eq!(ended.code, 2, "{args:?} {}", ended.err);
        assert!(ended.err.contains(words), "{args:?} {}", ended.err);
    }
}
