//! Decisions: what they bind, how their file's faults are told, `karat decide`.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Ended, karat_in};

const PLAN: &str = "[plan]\nname = \"d\"\ndecisions = \"decisions.csv\"\n\n[[source]]\nname = \"a\"\npath = \"a.csv\"\nid = \"Id\"\n\n[output]\ndir = \"out\"\n";
const PEOPLE: &str = "Id,First Name,Last Name,Email,Phone\n1,Ann,Lee,ann.lee@northfield.org,+14155552671\n2,Bob,Kane,bob.kane@harbour.org,+13125559046\n3,Zoltan,Wimmer,z@quarry.org,+12025550143\n6,Ann,Lee,ann.lee@northfield.org,+14155552671\n";
const HEAD: &str = "verdict,source_a,record_id_a,source_b,record_id_b,by,date,why\n";

/// A folder with people, a plan and decisions.
fn folder(decisions: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), PEOPLE).unwrap();
    fs::write(folder.path().join("karat.toml"), PLAN).unwrap();
    fs::write(folder.path().join("decisions.csv"), decisions).unwrap();
    folder
}

fn run(folder: &Path) -> Ended {
    karat_in(folder, &["run", "karat.toml", "--no-progress"])
}

/// Who is with whom: for each record of the xref the first record of its golden record;
/// a held record is with nobody.
fn partition(folder: &Path) -> Vec<(String, Option<String>)> {
    let mut xref = csv::Reader::from_path(folder.join("out/latest/xref.csv")).unwrap();
    let rows: Vec<csv::StringRecord> = xref.records().map(Result::unwrap).collect();
    rows.iter()
        .map(|row| {
            let first = rows.iter().find(|other| other[2] == row[2]).unwrap();
            let golden = (!row[2].is_empty()).then(|| first[1].to_owned());
            (row[1].to_owned(), golden)
        })
        .collect()
}

fn with_whom(folder: &Path, id: &str) -> Option<String> {
    let partition = partition(folder);
    partition
        .iter()
        .find(|(own, _)| own == id)
        .unwrap()
        .1
        .clone()
}

fn summary(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("out/latest/summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn decided(lines: &str) -> TempDir {
    let folder = folder(&format!("{HEAD}{lines}"));
    let ended = run(folder.path());
    assert_eq!(ended.code, 0, "{}", ended.err);
    folder
}

#[test]
fn never_and_always_are_kept_and_counted() {
    let folder = decided("never,a,1,a,6,ann,2026-01-01,namesakes\n");
    assert_eq!(with_whom(folder.path(), "6").as_deref(), Some("6"));
    let told = &summary(folder.path())["decisions"];
    assert_eq!(
        (&told["never"], &told["split"]),
        (&1.into(), &1.into()),
        "{told}"
    );
    assert!(told["blake3"].is_string());
    let folder = decided("always,a,1,a,2,,,\n");
    for id in ["1", "2", "6"] {
        // The twin goes with its other half.
        assert_eq!(with_whom(folder.path(), id).as_deref(), Some("1"), "{id}");
    }
    let ended = run(folder.path());
    assert!(
        ended
            .out
            .contains("decisions: 1 always and 0 never bind; persons joined by them: 1, split: 0"),
        "{}",
        ended.out
    );
    // Who, when and why is in the audit.
    let folder = decided("never,a,1,a,6,ann,2026-01-01,namesakes\n");
    let ended = karat_in(folder.path(), &["audit", "--kind", "decision"]);
    assert!(
        ended.out.contains("\"ann, 2026-01-01: namesakes\""),
        "{}",
        ended.out
    );
}

#[test]
fn a_chain_ties_and_parts_through_records_that_are_gone() {
    // 9 was in an earlier export.
    let folder =
        decided("always,a,2,a,9,,,\nalways,a,9,a,3,,,\nnever,a,6,a,10,,,\nalways,a,10,a,1,,,\n");
    let path = folder.path();
    assert_eq!(with_whom(path, "3").as_deref(), Some("2"));
    assert_eq!(with_whom(path, "6").as_deref(), Some("6"), "1 was 10 once");
    assert_eq!(summary(path)["decisions"]["idle"], 4);
    let ended = karat_in(path, &["run", "karat.toml", "--dry-run", "--verbose"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(
        ended.err.contains("'a:9' is not in this run"),
        "{}",
        ended.err
    );
    assert!(
        ended.out.contains("4 wait for records that are not here"),
        "{}",
        ended.out
    );
}

/// A record that is held out of the golden set still says who is one with whom.
#[test]
fn a_chain_ties_across_quarantine() {
    let folder = folder(&format!("{HEAD}always,a,2,a,4,,,\nalways,a,4,a,3,,,\n"));
    let rules = "[[rule]]\nid = \"left_the_company\"\ncondition = \"family_name = 'Gone'\"\nmessage = \"left\"\nseverity = \"error\"\naction = \"quarantine\"\nowner = \"ops\"\nwhy = \"nobody to write to\"\nexamples.fail = [{ family_name = \"Gone\" }]\nexamples.pass = [{ family_name = \"Lee\" }]\n";
    fs::write(folder.path().join("own.toml"), rules).unwrap();
    let plan = PLAN.replacen("[plan]", "[plan]\nrules = [\"own.toml\"]", 1);
    fs::write(folder.path().join("karat.toml"), plan).unwrap();
    fs::write(
        folder.path().join("a.csv"),
        format!("{PEOPLE}4,Zoltan,Gone,z@quarry.org,+12025550143\n"),
    )
    .unwrap();
    let ended = run(folder.path());
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(with_whom(folder.path(), "4"), None, "it is held");
    assert_eq!(with_whom(folder.path(), "3").as_deref(), Some("2"));
}

/// A source that holds nobody twice (karat's own golden records) keeps its records
/// apart; a person who says otherwise is believed.
#[test]
fn an_always_wins_against_a_source_without_duplicates() {
    let folder = decided("");
    let golden = folder.path().join("out/latest/golden.csv");
    let again = TempDir::new().unwrap();
    fs::copy(golden, again.path().join("golden.csv")).unwrap();
    let ids: Vec<String> = csv::Reader::from_path(again.path().join("golden.csv"))
        .unwrap()
        .records()
        .map(|row| row.unwrap()[0].to_owned())
        .collect();
    assert_eq!(ids.len(), 3);
    let plan = "[plan]\ndecisions = \"decisions.csv\"\n\n[[source]]\nname = \"g\"\npath = \"golden.csv\"\n";
    fs::write(again.path().join("karat.toml"), plan).unwrap();
    let lines = format!("{HEAD}always,g,{},g,{},,,\n", ids[0], ids[1]);
    fs::write(again.path().join("decisions.csv"), lines).unwrap();
    let ended = run(again.path());
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(
        with_whom(again.path(), &ids[1]),
        with_whom(again.path(), &ids[0])
    );
    assert_ne!(
        with_whom(again.path(), &ids[2]),
        with_whom(again.path(), &ids[0])
    );
}

#[test]
fn an_always_wins_against_all_evidence_and_a_never_too() {
    // A person and an organisation, different in everything.
    let people = "Id,First Name,Last Name,Company,Email\n1,Ann,Lee,,ann.lee@northfield.org\n2,,,Harbour Tools GmbH,office@harbour.org\n3,Ann,Lee,,ann.lee@northfield.org\n";
    let folder = folder(&format!("{HEAD}always,a,1,a,2,,,\nnever,a,2,a,3,,,\n"));
    fs::write(folder.path().join("a.csv"), people).unwrap();
    let ended = run(folder.path());
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(with_whom(folder.path(), "2").as_deref(), Some("1"));
    assert_eq!(with_whom(folder.path(), "3").as_deref(), Some("3"));
}

/// The short and the long form of an id are one record, in decisions as elsewhere.
#[test]
fn a_decision_may_name_a_record_by_its_short_id() {
    let short = "003aBcDeFgHiJkL";
    let long = karat::standardise::system_id::with_check(short);
    let people = PEOPLE.replace("\n1,", &format!("\n{long},"));
    let folder = folder(&format!("{HEAD}never,a,{short},a,6,,,\n"));
    fs::write(folder.path().join("a.csv"), people).unwrap();
    assert_eq!(run(folder.path()).code, 0);
    assert_eq!(with_whom(folder.path(), "6").as_deref(), Some("6"));
    // And so is a contradiction between both spellings.
    let lines = format!("{HEAD}never,a,{short},a,6,,,\nalways,a,{long},a,6,,,\n");
    fs::write(folder.path().join("decisions.csv"), lines).unwrap();
    let ended = run(folder.path());
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("line 3 contradicts line 2"),
        "{}",
        ended.err
    );
}

/// A system's own history gives way to a person.
#[test]
fn a_decision_overrules_a_systems_merge_history() {
    let plan = PLAN.replace(
        "id = \"Id\"",
        "id = \"Id\"\nmap = { merged_ids = \"Merged\" }",
    );
    let people = "Id,First Name,Last Name,Merged\n1,Ann,Lee,2\n2,Bob,Kane,\n3,Zoltan,Wimmer,2\n";
    let folder = folder(HEAD);
    fs::write(folder.path().join("a.csv"), people).unwrap();
    fs::write(folder.path().join("karat.toml"), plan).unwrap();
    assert_eq!(run(folder.path()).code, 0);
    assert_eq!(with_whom(folder.path(), "3").as_deref(), Some("1"));
    fs::write(
        folder.path().join("decisions.csv"),
        format!("{HEAD}never,a,1,a,2,,,\n"),
    )
    .unwrap();
    let ended = karat_in(folder.path(), &["run", "karat.toml", "--verbose"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(
        ended
            .err
            .contains("a decision says that they are not, and holds"),
        "{}",
        ended.err
    );
    assert_eq!(with_whom(folder.path(), "1").as_deref(), Some("1"));
    assert_eq!(with_whom(folder.path(), "3").as_deref(), Some("2"));
}

#[test]
fn contradictions_and_faults_end_the_run_and_are_drawn() {
    let told = |decisions: &str| {
        let folder = folder(decisions);
        let ended = run(folder.path());
        assert_eq!(ended.code, 2, "{}", ended.err);
        assert!(!folder.path().join("out/latest").exists());
        ended.err
    };
    insta::assert_snapshot!(
        "contradiction",
        told(&format!(
            "{HEAD}always,a,1,a,2,ann,2026-01-01,\n# ours\nalways,a,3,a,6,bob,2026-01-02,\nalways,a,2,a,3,ann,2026-01-03,one inbox\nnever,a,1,a,3,cleo,2026-02-01,\"father, son\"\nalways,a,1,a,6,dan,2026-02-02,\nnever,a,6,a,1,dan,2026-02-03,\n"
        ))
    );
    insta::assert_snapshot!(
        "faults",
        told(&format!(
            "{HEAD}nevr,a,1,a,2,,,\nnever,a,1,a,,,,\nnever,a,1,a,6,ann,2026-01-01,one, two\n"
        ))
    );
    insta::assert_snapshot!(
        "older_form",
        told("decision,left,right,who,when,why\nnever,a:1,a:6,ann,2026-01-01,namesakes\n")
    );
    let folder = folder("");
    fs::write(
        folder.path().join("decisions.csv"),
        b"verdict\nnever,caf\xe9\n",
    )
    .unwrap();
    let ended = run(folder.path());
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("--> decisions.csv:2:10"),
        "{}",
        ended.err
    );
    let folder = decided("never,q,1,a,2,,,\n");
    let ended = run(folder.path());
    assert!(
        ended.err.contains("which the plan does not have"),
        "{}",
        ended.err
    );
}

fn decide(folder: &Path, args: &[&str]) -> Ended {
    karat_in(folder, &[&["decide"], args].concat())
}

#[test]
fn decide_writes_the_line_and_the_file() {
    let folder = folder("");
    let path = folder.path();
    fs::remove_file(path.join("decisions.csv")).unwrap();
    // No run yet, no file yet.
    let ended = decide(
        path,
        &[
            "never",
            "a:1",
            "a:6",
            "--why",
            "father\nand son",
            "--by",
            "ann",
            "--date",
            "2026-01-31",
        ],
    );
    assert_eq!(ended.code, 0, "{}", ended.err);
    insta::assert_snapshot!(ended.out + &ended.err, @r"
    decisions.csv:2: never,a,1,a,6,ann,2026-01-31,father and son
      there is no run yet to look 'a:1' up in
      there is no run yet to look 'a:6' up in
    It binds from the next run on; see what it will do: karat run karat.toml --dry-run
    ");
    let text = fs::read_to_string(path.join("decisions.csv")).unwrap();
    assert_eq!(
        text,
        format!("{HEAD}never,a,1,a,6,ann,2026-01-31,father and son\n")
    );
    assert_eq!(run(path).code, 0);
    assert_eq!(with_whom(path, "6").as_deref(), Some("6"));
    // By golden id.
    let mut xref = csv::Reader::from_path(path.join("out/latest/xref.csv")).unwrap();
    let ids: Vec<String> = xref
        .records()
        .map(|row| row.unwrap()[2].to_owned())
        .collect();
    let ended = decide(path, &["always", &ids[1], &ids[2], "--json", "--by", "ann"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(told["line"], 3);
    assert_eq!(
        (&told["record_id_a"], &told["record_id_b"]),
        (&"2".into(), &"3".into())
    );
    assert_eq!(told["notes"].as_array().unwrap().len(), 2);
    assert_eq!(run(path).code, 0);
    assert_eq!(with_whom(path, "3").as_deref(), Some("2"));
}

#[test]
fn decide_refuses_what_is_known_contradicts_or_is_not_there() {
    let folder = decided("never,a,1,a,6,ann,2026-01-01,namesakes\nalways,a,2,a,3,,,\n");
    let path = folder.path();
    let before = fs::read_to_string(path.join("decisions.csv")).unwrap();
    let mut told = String::new();
    for args in [
        ["never", "a:6", "a:1"],
        ["always", "a:1", "a:6"],
        ["never", "b:1", "a:77"],
        ["always", "a:1", "a:1"],
        ["never", "g1", "a:1"],
    ] {
        let ended = decide(
            path,
            &[&args[..], &["--date", "2026-01-31", "--by", "x"]].concat(),
        );
        assert_eq!(ended.code, 2, "{}", ended.err);
        told.push_str(&format!("$ karat decide {}\n{}", args.join(" "), ended.err));
    }
    insta::assert_snapshot!("refused", told);
    assert_eq!(
        fs::read_to_string(path.join("decisions.csv")).unwrap(),
        before
    );
    // One golden record has nothing to part from.
    let mut xref = csv::Reader::from_path(path.join("out/latest/xref.csv")).unwrap();
    let ids: Vec<String> = xref
        .records()
        .map(|row| row.unwrap()[2].to_owned())
        .collect();
    let ended = decide(path, &["never", &ids[1], "a:3"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("its records are a:2, a:3"),
        "{}",
        ended.err
    );
    // A plan without a decisions file says how to get one.
    fs::write(
        path.join("karat.toml"),
        PLAN.replace("decisions = \"decisions.csv\"\n", ""),
    )
    .unwrap();
    let ended = decide(path, &["never", "a:1", "a:2"]);
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.err, @r#"
    error: the plan names no decisions file
    --> karat.toml
     = help: add this line under [plan]: decisions = "decisions.csv"
     = help: the file need not be there: the first decision makes it, beside the plan
    "#);
}

#[test]
fn decide_takes_an_export_and_leaves_out_what_is_known() {
    let folder = folder(&format!(
        "# ours\r\n{}never,a,1,a,6,ann,2026-01-01,\r\n",
        HEAD.replace('\n', "\r\n")
    ));
    let path = folder.path();
    let export = format!("{HEAD}never,a,6,a,1,bob,2026-01-02,\nalways,a,2,a,3,bob,2026-01-02,=x\n");
    fs::write(path.join("answers.csv"), export).unwrap();
    let ended = decide(path, &["--import", "answers.csv"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert_eq!(ended.out, "decisions.csv: 1 added, 1 known already\n");
    let text = fs::read_to_string(path.join("decisions.csv")).unwrap();
    assert!(
        text.ends_with("ann,2026-01-01,\r\nalways,a,2,a,3,bob,2026-01-02,'=x\r\n"),
        "{text:?}"
    );
    // A contradiction is drawn, and nothing is written.
    fs::write(
        path.join("answers.csv"),
        format!("{HEAD}never,a,2,a,3,,,\n"),
    )
    .unwrap();
    let ended = decide(path, &["--import", "answers.csv"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("line 5 contradicts line 4"),
        "{}",
        ended.err
    );
    assert_eq!(
        fs::read_to_string(path.join("decisions.csv")).unwrap(),
        text
    );
}
