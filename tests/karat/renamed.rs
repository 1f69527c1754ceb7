//! A source gets another name: its records keep ids, decisions and history when the plan
//! says so, and the run says so when it does not.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::command::{karat_in, ok};

const HEAD: &str = "Id,First Name,Last Name,Email,Phone,Company,Created\n";
const CRM: &str = "1,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2020-01-01\n\
2,Bob,Kane,bob.kane@harbour.org,+13125559046,Harbour,2020-01-02\n\
3,Cyra,Voss,cyra.voss@lumen.org,+13125559047,Lumen,2020-01-03\n";
const SHOP: &str = "a,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2021-01-01\n\
b,Dora,Quill,dora.quill@quill.org,+13125559048,Quill,2021-01-03\n";

fn plan(folder: &Path, name: &str, more: &str) {
    let text = format!(
        "[plan]\nname = \"renamed\"\ndecisions = \"decisions.csv\"\nrun_date = 2026-01-01\n\n\
         [[source]]\nname = \"{name}\"\n{more}\npath = \"crm.csv\"\nid = \"Id\"\n\n\
         [[source]]\nname = \"shop\"\npath = \"shop.csv\"\nid = \"Id\"\n"
    );
    fs::write(folder.join("karat.toml"), text).unwrap();
}

fn world() -> TempDir {
    let folder = TempDir::new().unwrap();
    let write = |name: &str, text: String| fs::write(folder.path().join(name), text).unwrap();
    write("crm.csv", format!("{HEAD}{CRM}"));
    write("shop.csv", format!("{HEAD}{SHOP}"));
    write(
        "decisions.csv",
        "verdict,source_a,record_id_a,source_b,record_id_b\nnever,crm,1,shop,a\n".to_owned(),
    );
    plan(folder.path(), "crm", "");
    folder
}

/// Record → golden id, of the latest run.
fn ids(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join("out/latest/xref.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut ids: Vec<(String, String)> = reader
        .records()
        .map(Result::unwrap)
        .map(|row| (row[1].to_owned(), row[2].to_owned()))
        .collect();
    ids.sort();
    ids
}

#[test]
fn a_renamed_source_keeps_ids_decisions_and_history() {
    let world = world();
    let folder = world.path();
    ok(folder, &["run", "karat.toml"]);
    let before = ids(folder);
    assert_ne!(before[0].1, before[3].1, "never crm:1, shop:a");

    plan(folder, "sales", "was = [\"crm\"]");
    let ended = ok(folder, &["run", "karat.toml"]);
    assert!(!ended.err.contains("source_renamed"), "{}", ended.err);
    assert_eq!(ids(folder), before);
    let told = ok(folder, &["diff", "--json"]);
    let told: Value = serde_json::from_str(&told.out).unwrap();
    let counts = &told["counts"];
    for what in [
        "added",
        "gone",
        "merged",
        "split",
        "records_new",
        "records_gone",
    ] {
        assert_eq!(counts[what], 0, "{what}: {counts:#}");
    }
    assert_eq!(counts["records_changed"], 0);
    assert_eq!(told["circumstances"], serde_json::json!([]), "{told:#}");
    // An id of before is led to today's by the records, under their new name.
    let lead = ok(
        folder,
        &["audit", "--id", &before[1].1, "--run", "1", "--json"],
    );
    assert!(lead.out.contains("sales:2"), "{}", lead.out);
    ok(folder, &["verify"]);

    // The decisions file still has the old name, and holds as long as `was` stands there.
    ok(folder, &["run", "karat.toml"]);
    assert_eq!(ids(folder), before);
}

#[test]
fn a_source_that_seems_renamed_is_told_with_what_to_write() {
    let world = world();
    let folder = world.path();
    ok(folder, &["run", "karat.toml"]);
    let before = ids(folder);
    plan(folder, "sales", "");
    let dry = karat_in(folder, &["run", "karat.toml", "--dry-run"]);
    for words in [
        "the source sales has 3 of the 3 records of the source crm, which is gone",
        "write was = [\"crm\"]",
        "point `latest` back",
    ] {
        assert!(dry.err.contains(words), "no {words}: {}", dry.err);
    }
    // Another export under another name is no rename.
    let other = CRM
        .replace("1,", "91,")
        .replace("2,", "92,")
        .replace("3,", "93,");
    fs::write(folder.join("crm.csv"), format!("{HEAD}{other}")).unwrap();
    let dry = karat_in(folder, &["run", "karat.toml", "--dry-run"]);
    assert!(!dry.err.contains("which is gone"), "{}", dry.err);
    assert_eq!(ids(folder), before);
}

#[test]
fn impossible_names_of_before_and_unknown_roles_are_faults() {
    let world = world();
    let folder = world.path();
    plan(
        folder,
        "sales",
        "was = [\"shop\", \"old\", \"old\"]\nrole = \"salez\"",
    );
    let ended = karat_in(folder, &["run", "karat.toml"]);
    assert_eq!(ended.code, 2, "{}", ended.err);
    for words in [
        "there is a source 'shop' in this plan",
        "the source 'sales' was 'old' already",
        "'salez' is no role that the report compares",
        "did you mean 'sales'",
    ] {
        assert!(ended.err.contains(words), "no {words}: {}", ended.err);
    }
    plan(folder, "tickets", "role = \"sales\"");
    ok(folder, &["run", "karat.toml"]);
}
