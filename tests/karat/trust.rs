//! A person is taken apart and put together again; what changed is told; old ids lead on.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use super::command::{id_of, ids, json, karat_in, ok};

const CRM: &str = "Id,First Name,Last Name,Email,Phone,Company,Created\n\
1,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2020-01-01\n\
2,Bob,Kane,bob.kane@harbour.org,+13125559046,Harbour,2020-01-02\n\
3,Cyra,Voss,cyra.voss@lumen.org,+13125559047,Lumen,2020-01-03\n";
const SHOP: &str = "Id,First Name,Last Name,Email,Phone,Company,Created\n\
a,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2021-01-01\n\
b,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2022-01-01\n\
c,Dora,Quill,dora.quill@quill.org,+13125559048,Quill,2021-01-03\n";

fn write(folder: &Path, name: &str, text: &str) {
    fs::write(folder.join(name), text).unwrap();
}

fn plan(folder: &Path, gates: &str, threshold: &str) {
    let text = format!(
        "[plan]\nname = \"trust\"\ndecisions = \"decisions.csv\"\nrun_date = 2026-01-01\n\n\
         [[source]]\nname = \"crm\"\npath = \"crm.csv\"\nid = \"Id\"\n\n\
         [[source]]\nname = \"shop\"\npath = \"shop.csv\"\nid = \"Id\"\n\n\
         [match]\nthreshold = {threshold}\n\n[gate]\n{gates}\n"
    );
    write(folder, "karat.toml", &text);
}

fn world() -> TempDir {
    let folder = TempDir::new().unwrap();
    write(folder.path(), "crm.csv", CRM);
    write(folder.path(), "shop.csv", SHOP);
    write(
        folder.path(),
        "decisions.csv",
        "verdict,source_a,record_id_a,source_b,record_id_b,by,date,why\n",
    );
    plan(folder.path(), "", "0.5");
    folder
}

fn together(folder: &Path) -> bool {
    let id = id_of(folder, "crm:1");
    id_of(folder, "shop:a") == id && id_of(folder, "shop:b") == id
}

#[test]
fn undone_apart_as_promised_and_together_again_under_the_old_id() {
    let world = world();
    let folder = world.path();
    ok(folder, &["run", "karat.toml"]);
    assert!(together(folder), "{:?}", ids(folder));
    let old = id_of(folder, "crm:1");
    let others: Vec<(String, String)> = ids(folder)
        .into_iter()
        .filter(|(_, id)| *id != old)
        .collect();

    // The oldest record is taken out: the larger part keeps the id.
    let told = json(folder, &["undo", "crm:1", "--json", "--by", "ann"]);
    assert_eq!(told["lines"].as_array().map(Vec::len), Some(2), "{told:#}");
    let promised = &told["persons"][0]["next_run"];
    ok(folder, &["run", "karat.toml"]);
    for part in promised.as_array().unwrap() {
        for record in part["records"].as_array().unwrap() {
            assert_eq!(
                Some(id_of(folder, record.as_str().unwrap()).as_str()),
                part["golden_id"].as_str(),
                "{told:#}"
            );
        }
    }
    assert_eq!(id_of(folder, "shop:a"), old);
    assert_eq!(id_of(folder, "shop:b"), old);
    let apart = id_of(folder, "crm:1");
    assert_ne!(apart, old);
    for (record, id) in &others {
        assert_eq!(&id_of(folder, record), id, "{record} was touched");
    }

    let text = ok(folder, &["diff"]).out;
    for words in ["split", "decision", "never crm:1, shop:a was taken", &apart] {
        assert!(text.contains(words), "no {words}: {text}");
    }

    // The lines are deleted again: together, and the id is the old one.
    let decisions = fs::read_to_string(folder.join("decisions.csv")).unwrap();
    let head = decisions.lines().next().unwrap().to_owned();
    write(folder, "decisions.csv", &format!("{head}\n"));
    ok(folder, &["run", "karat.toml"]);
    assert!(together(folder));
    assert_eq!(id_of(folder, "crm:1"), old);
    let text = ok(folder, &["diff"]).out;
    assert!(text.contains("was taken back"), "{text}");
    assert!(text.contains(&format!("<- {apart}")), "{text}");

    // The id that was given up leads to today's, and tells what happened to it.
    let lead = json(folder, &["audit", "--id", &apart, "--json"]);
    assert_eq!(lead[0]["in_use"], false);
    assert_eq!(lead[0]["today"][0]["golden_id"], old.as_str());
    let steps: Vec<&str> = lead[0]["history"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|step| step["what"].as_str())
        .collect();
    assert!(steps.contains(&"golden_id_split"), "{steps:?}");
    assert!(steps.contains(&"golden_id_merged"), "{steps:?}");
    // Of the run in between, the old id is where its records are.
    let lead = json(folder, &["audit", "--id", &old, "--run", "2", "--json"]);
    assert_eq!(
        lead[0]["today"][0]["records"].as_array().map(Vec::len),
        Some(2)
    );
    ok(folder, &["verify"]);
}

#[test]
fn a_person_is_taken_apart_wholly_or_at_the_weakest_link() {
    let world = world();
    let folder = world.path();
    // `b` has another phone and no email: it hangs on by less.
    write(
        folder,
        "shop.csv",
        &SHOP.replace(
            "b,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,2022-01-01",
            "b,Ann,Lee,ann.lee@northfield.org,,Northfield,2022-01-01",
        ),
    );
    ok(folder, &["run", "karat.toml"]);
    assert!(together(folder), "{:?}", ids(folder));
    let id = id_of(folder, "crm:1");
    let before = fs::read_to_string(folder.join("decisions.csv")).unwrap();

    let all = json(folder, &["undo", &id, "--dry-run", "--json"]);
    assert_eq!(all["written"], false);
    assert_eq!(all["lines"].as_array().map(Vec::len), Some(3));
    assert_eq!(
        all["persons"][0]["next_run"].as_array().map(Vec::len),
        Some(3)
    );
    assert_eq!(
        fs::read_to_string(folder.join("decisions.csv")).unwrap(),
        before
    );

    let split = json(folder, &["undo", &id, "--split", "--dry-run", "--json"]);
    let groups = &split["persons"][0]["apart"];
    assert_eq!(
        groups[0],
        serde_json::json!(["crm:1", "shop:a"]),
        "{split:#}"
    );
    assert_eq!(groups[1], serde_json::json!(["shop:b"]));
    assert_eq!(split["lines"].as_array().map(Vec::len), Some(2));

    // Written twice, it is said once.
    ok(
        folder,
        &["undo", &id, "--no-preview", "--why", "three people"],
    );
    let once = fs::read_to_string(folder.join("decisions.csv")).unwrap();
    assert_eq!(once.matches("three people").count(), 3, "{once}");
    let again = ok(folder, &["undo", &id, "--no-preview"]);
    assert!(again.out.contains("decided already"), "{}", again.out);
    assert_eq!(
        fs::read_to_string(folder.join("decisions.csv")).unwrap(),
        once
    );
}

#[test]
fn a_merge_of_last_night_is_undone_by_the_id_that_was_given_up() {
    let world = world();
    let folder = world.path();
    ok(folder, &["decide", "never", "crm:1", "shop:a", "--by", "x"]);
    ok(folder, &["decide", "never", "crm:1", "shop:b", "--by", "x"]);
    ok(folder, &["run", "karat.toml"]);
    let (one, other) = (id_of(folder, "crm:1"), id_of(folder, "shop:a"));
    assert_ne!(one, other);
    write(
        folder,
        "decisions.csv",
        "verdict,source_a,record_id_a,source_b,record_id_b\n",
    );
    ok(folder, &["run", "karat.toml"]);
    assert!(together(folder));
    let given_up = if id_of(folder, "crm:1") == one {
        other
    } else {
        one
    };
    let told = json(folder, &["undo", &given_up, "--json"]);
    // The two records that came together as one person stay together.
    assert_eq!(told["lines"].as_array().map(Vec::len), Some(2), "{told:#}");
    ok(folder, &["run", "karat.toml"]);
    assert_eq!(id_of(folder, "shop:a"), id_of(folder, "shop:b"));
    assert_ne!(id_of(folder, "crm:1"), id_of(folder, "shop:a"));
}

#[test]
fn what_can_not_be_undone_is_said_with_what_may_be_meant() {
    let world = world();
    let folder = world.path();
    let none = karat_in(folder, &["undo", "g1"]);
    assert_eq!(none.code, 3, "{}", none.err);
    ok(folder, &["run", "karat.toml"]);
    let id = id_of(folder, "crm:1");
    let mut near = id.clone();
    near.pop();
    for (args, words) in [
        (vec!["undo", near.as_str()], format!("did you mean {id}?")),
        (
            vec!["undo", "crm:2"],
            "there is nothing to take apart".to_owned(),
        ),
        (
            vec!["undo", id.as_str(), "--record", "crm:9"],
            "it has crm:1, shop:a, shop:b".to_owned(),
        ),
        (
            vec!["undo", "shop:z"],
            "no golden id and no record".to_owned(),
        ),
    ] {
        let ended = karat_in(folder, &args);
        assert_eq!(ended.code, 2, "{args:?} {}", ended.err);
        assert!(ended.err.contains(&words), "{args:?} {}", ended.err);
    }
    // An `always` stands against it: both lines are shown, and nothing is written.
    ok(
        folder,
        &["decide", "always", "crm:1", "shop:a", "--by", "x"],
    );
    let before = fs::read_to_string(folder.join("decisions.csv")).unwrap();
    let against = karat_in(folder, &["undo", "crm:1", "--no-preview"]);
    assert_eq!(against.code, 2, "{}", against.err);
    assert!(against.err.contains("always"), "{}", against.err);
    assert_eq!(
        fs::read_to_string(folder.join("decisions.csv")).unwrap(),
        before
    );
}

#[test]
fn changes_are_told_with_their_reasons_and_a_dry_run_tells_the_same() {
    let world = world();
    let folder = world.path();
    ok(folder, &["run", "karat.toml"]);
    let again = ok(folder, &["run", "karat.toml", "--dry-run"]);
    assert!(
        again.out.contains("records: 6 -> 6 (all the same)"),
        "{}",
        again.out
    );

    // One record changed, one came, one went.
    write(
        folder,
        "crm.csv",
        &CRM.replace("+13125559046", "+13125559999").replace(
            "3,Cyra,Voss,cyra.voss@lumen.org,+13125559047,Lumen,2020-01-03",
            "4,Emil,Orr,emil.orr@orr.org,+13125559050,Orr,2020-01-04",
        ),
    );
    let dry = ok(folder, &["run", "karat.toml", "--dry-run"]).out;
    ok(folder, &["run", "karat.toml"]);
    let wet = ok(folder, &["diff"]).out;
    let from = |text: &str| {
        let at = text.find("golden records:").unwrap_or_default();
        text[at..].to_owned()
    };
    assert_eq!(
        from(&dry),
        from(&wet),
        "a dry run and the run tell different things"
    );
    for words in [
        "records: 6 -> 6 (1 new, 1 gone, 1 changed)",
        "added           1  input 1",
        "gone            1  input 1",
        "input: crm:2 changed (phone)",
        "phone: '+13125559046' -> '+13125559999'",
        "input: crm:4 is new",
        "input: crm:3 is gone",
    ] {
        assert!(wet.contains(words), "no {words}: {wet}");
    }

    let told = json(folder, &["diff", "--json"]);
    assert_eq!(
        told["changed"][0]["person"]["cause"]["inputs"],
        serde_json::json!([{
            "record": {"source": "crm", "record_id": "2"},
            "fate": "changed",
            "fields": ["phone"],
        }]),
        "{told:#}"
    );

    // The same exports under another rule of survivorship.
    let text = fs::read_to_string(folder.join("karat.toml")).unwrap();
    write(
        folder,
        "karat.toml",
        &format!("{text}\n[[merge.field]]\nfield = \"email\"\nstrategy = \"earliest\"\n"),
    );
    write(
        folder,
        "shop.csv",
        &SHOP.replace("2022-01-01", "2022-01-02"),
    );
    ok(folder, &["run", "karat.toml"]);
    let told = json(folder, &["diff", "--json"]);
    let circumstances = told["circumstances"].to_string();
    assert!(
        circumstances.contains("[[merge.field]] changed"),
        "{circumstances}"
    );
    // Both ways, and over more than one run.
    let runs: Vec<String> = {
        let mut names: Vec<String> = fs::read_dir(folder.join("out/runs"))
            .unwrap()
            .map(|entry| entry.unwrap().path().display().to_string())
            .collect();
        // Runs of one second have names in no order; their numbers follow them.
        names.sort_by_key(|name| {
            let text = fs::read_to_string(format!("{name}/summary.json")).unwrap();
            let summary: serde_json::Value = serde_json::from_str(&text).unwrap();
            summary["run_number"].as_u64()
        });
        names
    };
    let (first, last) = (&runs[0], &runs[runs.len() - 1]);
    let forth = json(folder, &["diff", first, last, "--json"]);
    let back = json(folder, &["diff", last, first, "--json"]);
    assert_eq!(forth["counts"]["added"], back["counts"]["gone"]);
    assert_eq!(forth["counts"]["changed"], back["counts"]["changed"]);
    let alone = karat_in(folder, &["diff", first]);
    assert_eq!(alone.code, 3, "{}", alone.err);
    assert!(alone.err.contains("no run before"), "{}", alone.err);
}

#[test]
fn gates_on_changes_stop_a_bad_night_and_a_dry_run_shows_it() {
    let world = world();
    let folder = world.path();
    // Nothing can be judged on the first night.
    plan(
        folder,
        "max_splits = 0\nmax_lost_ids = 0\nmax_source_shrink = 0.3",
        "0.5",
    );
    ok(folder, &["run", "karat.toml"]);
    let first = fs::canonicalize(folder.join("out/latest")).unwrap();
    ok(folder, &["undo", "crm:1", "--no-preview"]);
    let mut crm = CRM.to_owned();
    crm.truncate(crm.find("2,Bob").unwrap());
    write(folder, "crm.csv", &crm);
    let stopped = karat_in(folder, &["run", "karat.toml"]);
    assert_eq!(stopped.code, 4, "{}", stopped.err);
    for words in [
        "max_splits did not hold: 1 against a limit of 0 (1 golden records were split, 1 new ids",
        "max_lost_ids did not hold: 2 against a limit of 0 (2 golden ids are gone",
        "max_source_shrink did not hold: 0.666667 against a limit of 0.3 (the source crm has 1 records after 3)",
        "--dry-run",
    ] {
        assert!(stopped.err.contains(words), "no {words}: {}", stopped.err);
    }
    assert_eq!(fs::canonicalize(folder.join("out/latest")).unwrap(), first);
    // The dry run ends the same way, and tells what would change.
    let dry = karat_in(folder, &["run", "karat.toml", "--dry-run"]);
    assert_eq!(dry.code, 4, "{}", dry.err);
    assert!(
        dry.out.contains("gone            2  input 2"),
        "{}",
        dry.out
    );
    // A soft gate lets it through, with exit 1, and the summary says so.
    plan(
        folder,
        "max_splits = 0\nmax_merges = 0\nmax_changed_share = 0.1\nsoft = [\"max_splits\", \"max_changed_share\"]",
        "0.5",
    );
    let soft = karat_in(folder, &["run", "karat.toml"]);
    assert_eq!(soft.code, 1, "{}", soft.err);
    let summary: Value =
        serde_json::from_slice(&fs::read(folder.join("out/latest/summary.json")).unwrap()).unwrap();
    let gates = summary["gates"].as_array().unwrap();
    let held: Vec<(&str, bool)> = gates
        .iter()
        .map(|gate| {
            (
                gate["name"].as_str().unwrap(),
                gate["held"].as_bool().unwrap(),
            )
        })
        .collect();
    assert_eq!(
        held,
        [
            ("max_changed_share", false),
            ("max_merges", true),
            ("max_splits", false)
        ]
    );
    assert_eq!(summary["changes"]["counts"]["split"], 1);
    assert_eq!(summary["run_number"], 2);
}

#[test]
fn the_audit_answers_by_record_person_rule_and_time() {
    let world = world();
    let folder = world.path();
    ok(folder, &["run", "karat.toml"]);
    let id = id_of(folder, "crm:1");
    let rows = |args: &[&str]| {
        let mut all = vec!["audit"];
        all.extend(args);
        all.push("--json");
        json(folder, &all).as_array().unwrap().clone()
    };
    let whole = rows(&[]);
    let person = rows(&["--golden", &id]);
    let by_hand = whole
        .iter()
        .filter(|row| row["golden_id"] == id.as_str())
        .count();
    assert_eq!(person.len(), by_hand);
    let record = rows(&["--record", "shop:a"]);
    let by_hand = whole
        .iter()
        .filter(|row| row["source"] == "shop" && row["record_id"] == "a")
        .count();
    assert_eq!(record.len(), by_hand);
    assert!(!record.is_empty());
    let both = rows(&["--golden", &id, "--field", "email", "--stage", "merge"]);
    assert!(!both.is_empty());
    assert!(
        both.iter()
            .all(|row| row["field"] == "email" && row["stage"] == "merge")
    );
    assert_eq!(rows(&["--golden", &id, "--limit", "1"]).len(), 1);
    // `seq` numbers the rows.
    assert!((0..).zip(&whole).all(|(at, row)| row["seq"] == at));

    let table = ok(
        folder,
        &["audit", "--record", "shop:a", "--format", "table"],
    )
    .out;
    assert!(table.starts_with("event  stage"), "{table}");
    assert!(table.contains("shop:a"), "{table}");
    let csv = ok(folder, &["audit", "--record", "shop:a"]).out;
    assert!(csv.starts_with("seq,stage,kind,"), "{csv}");

    ok(folder, &["run", "karat.toml"]);
    let over = rows(&["--golden", &id, "--since", "2020-01-01"]);
    let runs: std::collections::BTreeSet<&str> =
        over.iter().filter_map(|row| row["run"].as_str()).collect();
    assert_eq!(runs.len(), 2);
    let first = rows(&["--golden", &id, "--run", "1"]);
    assert!(first.iter().any(|row| row["rule"] == "golden_id_made"));
    let never = karat_in(folder, &["audit", "--until", "2020-01-01"]);
    assert_eq!(never.code, 2);
    let bad = karat_in(folder, &["audit", "--since", "yesterday"]);
    assert_eq!(bad.code, 2);
    assert!(bad.err.contains("write 2026-11-25"), "{}", bad.err);
    let near = karat_in(folder, &["audit", "--rule", "golden_id_kep"]);
    assert!(
        near.err.contains("did you mean 'golden_id_kept'?"),
        "{}",
        near.err
    );
    let unknown = karat_in(folder, &["audit", "--id", "g0"]);
    assert_eq!(unknown.code, 2, "{}", unknown.err);
}
