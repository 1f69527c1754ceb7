//! `karat evaluate`: what it says is what a run did, held against the truth.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

use crate::generator::made::{self, Shape};

fn karat(folder: &Path, args: &[&str]) -> (i32, String, String) {
    let output = Command::cargo_bin("karat")
        .unwrap()
        .current_dir(folder)
        .args(args)
        .output()
        .unwrap();
    (
        output.status.code().unwrap_or(-1),
        String::from_utf8(output.stdout).unwrap(),
        String::from_utf8(output.stderr).unwrap(),
    )
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn evaluation(folder: &Path, plan: &str, truth: &str) -> Value {
    let (code, out, err) = karat(folder, &["evaluate", plan, "--truth", truth, "--json"]);
    assert_eq!(code, 0, "{err}");
    serde_json::from_str(&out).unwrap()
}

/// (source, record) → a column of a CSV.
fn keyed(path: &Path, column: &str) -> BTreeMap<(String, String), String> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let (source, record, value) = (at("source"), at("record_id"), at(column));
    reader
        .records()
        .map(Result::unwrap)
        .map(|row| {
            (
                (row[source].to_owned(), row[record].to_owned()),
                row[value].to_owned(),
            )
        })
        .collect()
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("{value} is no count"))
}

/// The counts of a story, from its published xref and its truth, pair by pair.
#[test]
fn the_counts_are_those_of_the_published_run() {
    for story in ["household", "scripts", "acme"] {
        let folder = root().join("testdata").join(story);
        let truth = keyed(&folder.join("truth.csv"), "entity_id");
        let golden = keyed(&folder.join("expected/xref.csv"), "golden_id");
        let (mut true_pairs, mut found, mut right) = (0u64, 0u64, 0u64);
        let records: Vec<_> = truth
            .keys()
            .filter(|key| golden.contains_key(*key))
            .collect();
        for (at, a) in records.iter().enumerate() {
            for b in &records[at + 1..] {
                let same = truth[*a] == truth[*b];
                let together = !golden[*a].is_empty() && golden[*a] == golden[*b];
                true_pairs += u64::from(same);
                found += u64::from(together);
                right += u64::from(same && together);
            }
        }
        let plan = format!("testdata/{story}/karat.toml");
        let e = evaluation(root(), &plan, &format!("testdata/{story}/truth.csv"));
        assert_eq!(number(&e["true_pairs"]), true_pairs, "{story}");
        assert_eq!(number(&e["found_pairs"]), found, "{story}");
        assert_eq!(number(&e["false_pairs"]), found - right, "{story}");
        let recall = if true_pairs == 0 {
            1.0
        } else {
            right as f64 / true_pairs as f64
        };
        assert!(
            (e["pairwise"]["recall"].as_f64().unwrap() - recall).abs() < 1e-9,
            "{story}"
        );
        parts_add_up(&e, story);
        mistakes_add_up(&e, story);
    }
}

/// Pairs of sources share the pairs out; kinds that exclude each other do nearly so.
fn parts_add_up(e: &Value, story: &str) {
    let sum = |part: &str, key: &str| -> u64 {
        e[part]
            .as_array()
            .unwrap()
            .iter()
            .map(|p| number(&p[key]))
            .sum()
    };
    for key in ["true_pairs", "found_pairs", "false_pairs"] {
        assert_eq!(sum("by_source_pair", key), number(&e[key]), "{story} {key}");
    }
    let kind = |name: &str| {
        e["by_kind"]
            .as_array()
            .unwrap()
            .iter()
            .find(|k| k["name"] == name)
    };
    let records = |name: &str| kind(name).map_or(0, |k| number(&k["records"]));
    let all = records("with an email") + records("without an email");
    assert!(all <= number(&e["records"]), "{story}");
    let pairs = |name: &str| kind(name).map_or(0, |k| number(&k["true_pairs"]));
    assert!(
        pairs("with an email") + pairs("without an email") >= number(&e["true_pairs"]),
        "{story}"
    );
    let compared: u64 = e["calibration"]
        .as_array()
        .unwrap()
        .iter()
        .map(|b| number(&b["pairs"]))
        .sum();
    assert!(compared >= number(&e["uncertain_pairs"]), "{story}");
    let run = &e["thresholds"]["run"];
    assert_eq!(run["pairwise"], e["pairwise"], "{story}");
    assert_eq!(run["bcubed"], e["bcubed"], "{story}");
    let best = e["thresholds"]["best"]["pairwise"]["f1"].as_f64().unwrap();
    assert!(best >= e["pairwise"]["f1"].as_f64().unwrap(), "{story}");
    let tried = e["thresholds"]["tried"].as_array().unwrap();
    let recalls: Vec<f64> = tried
        .iter()
        .map(|t| t["pairwise"]["recall"].as_f64().unwrap())
        .collect();
    assert!(recalls.first() >= recalls.last(), "{story}: {recalls:?}");
}

fn mistakes_add_up(e: &Value, story: &str) {
    let why = e["missed_because"].as_object().unwrap();
    let causes: u64 = ["held_out", "decided", "not_compared", "weight", "others"]
        .iter()
        .map(|cause| number(&why[*cause]))
        .sum();
    assert_eq!(causes, number(&e["missed_pairs"]), "{story}");
    let shown = |key: &str| e[key].as_array().unwrap().clone();
    assert_eq!(
        shown("false_merges").len() as u64,
        number(&e["false_pairs"]).min(20),
        "{story}"
    );
    for mistake in shown("false_merges").iter().chain(&shown("misses")) {
        let sum: f64 = mistake["evidence"]
            .as_array()
            .unwrap()
            .iter()
            .map(|piece| piece["bits"].as_f64().unwrap())
            .sum();
        assert!(
            (sum - mistake["weight"].as_f64().unwrap()).abs() < 1e-3,
            "{story}: {mistake}"
        );
    }
}

const PLAN: &str = "[plan]\nname = \"e\"\ndecisions = \"decisions.csv\"\n\n[[source]]\nname = \"a\"\npath = \"a.csv\"\nid = \"Id\"\n\n[output]\ndir = \"out\"\n";
const PEOPLE: &str = "\
Id,First Name,Last Name,Email,Phone
1,Ann,Lee,ann.lee@northfield.org,+14155552671
2,Ann,Lee,ann.lee@northfield.org,+14155552671
3,Bob,Kane,bob.kane@harbour.org,+13125559046
4,Zoltan,Wimmer,z@quarry.org,+12025550143
5,Carla,Duval,carla.duval@harbour.org,+13125559047
6,Carla,Duval,carla.duval@harbour.org,+13125559047
";

fn small(truth: &str, decisions: &str) -> (TempDir, Value) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), PEOPLE).unwrap();
    fs::write(folder.path().join("karat.toml"), PLAN).unwrap();
    fs::write(folder.path().join("decisions.csv"), decisions).unwrap();
    fs::write(folder.path().join("truth.csv"), truth).unwrap();
    let e = evaluation(folder.path(), "karat.toml", "truth.csv");
    (folder, e)
}

/// Two records that share nothing are no candidates; as a miss they are compared
/// on the spot, and it is said.
#[test]
fn a_miss_that_blocking_never_brought_is_compared_on_the_spot() {
    let truth =
        "source,record_id,entity_id\na,1,ann\na,2,ann\na,3,bob\na,4,bob\na,5,carla\na,6,carla\n";
    let (folder, e) = small(truth, "");
    assert_eq!(number(&e["missed_because"]["not_compared"]), 1);
    assert_eq!(
        number(&e["missed_because"]["not_compared_above_threshold"]),
        0
    );
    let miss = &e["misses"][0];
    assert_eq!(miss["cause"], "not_compared");
    assert!(miss["evidence"].as_array().unwrap().len() > 2, "{miss}");
    assert!((e["pair_completeness"].as_f64().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    let args = ["evaluate", "karat.toml", "--truth", "truth.csv"];
    let (code, out, err) = karat(folder.path(), &args);
    assert_eq!(code, 0, "{err}");
    for line in [
        "pairwise           precision 1.0000  recall 0.6667",
        "calibration of the match probability",
        "Brier score",
        "<- this run",
        "by sources  records true pairs   false  precision  recall      F1\na                 6          3       0     1.0000  0.6667  0.8000",
        "with a phone                             6          3       0     1.0000  0.6667",
        "      1 blocking did not bring them (would do by weight: 0)",
        "a:3 + a:4   ",
        "blocking did not bring this pair: compared now",
    ] {
        assert!(out.contains(line), "{line:?} is not in\n{out}");
    }
}

#[test]
fn a_false_merge_and_a_decided_miss_are_told_with_their_evidence() {
    let truth = "source,record_id,entity_id\na,1,ann\na,2,ann\na,3,bob\na,4,zoltan\na,5,carla\na,6,another\n";
    let decided = "verdict,source_a,record_id_a,source_b,record_id_b\nnever,a,1,a,2\n";
    let (_, e) = small(truth, decided);
    assert_eq!(number(&e["missed_because"]["decided"]), 1);
    assert_eq!(e["misses"][0]["cause"], "decided");
    assert_eq!(number(&e["false_pairs"]), 1);
    let wrong = &e["false_merges"][0];
    assert_eq!(
        (&wrong["left"], &wrong["right"]),
        (&Value::from("a:5"), &Value::from("a:6"))
    );
    assert_eq!(wrong["cause"], "weight");
    assert!(wrong["probability"].as_f64().unwrap() > 0.5);
    let pieces: Vec<&str> = wrong["evidence"]
        .as_array()
        .unwrap()
        .iter()
        .map(|p| p["comparison"].as_str().unwrap())
        .collect();
    assert!(
        pieces.contains(&"email") && pieces.contains(&"phone"),
        "{pieces:?}"
    );
}

/// A truth that is silent about some records scores the others.
#[test]
fn records_that_the_truth_does_not_know_are_not_scored() {
    let (_, e) = small(
        "source,record_id,entity_id\na,1,ann\na,2,ann\na,3,bob\n",
        "",
    );
    assert_eq!(number(&e["records"]), 3);
    assert_eq!(number(&e["true_pairs"]), 1);
    assert_eq!(number(&e["found_pairs"]), 1);
}

/// Answers to pairs of the review band teach the model, are told, and do no harm; with
/// `learn = false` they only bind.
#[test]
fn answers_to_doubtful_pairs_teach_the_model() {
    let folder = TempDir::new().unwrap();
    made::generate(folder.path(), 3_000, 7, Shape::Usual).unwrap();
    let plan = fs::read_to_string(folder.path().join("karat.toml")).unwrap();
    let args = ["evaluate", "karat.toml", "--truth", "truth.csv", "--json"];
    let pairs = ["--pairs", "pairs.csv"];
    let (code, out, err) = karat(folder.path(), &[&args[..], &pairs].concat());
    assert_eq!(code, 0, "{err}");
    let before: Value = serde_json::from_str(&out).unwrap();
    let mut reader = csv::Reader::from_path(folder.path().join("pairs.csv")).unwrap();
    let all: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    let bins = before["calibration"].as_array().unwrap();
    let compared: u64 = bins.iter().map(|bin| number(&bin["pairs"])).sum();
    assert_eq!(all.len() as u64, compared);
    let band = |row: &&csv::StringRecord| (0.3..=0.95).contains(&row[3].parse::<f64>().unwrap());
    let answers: String = all
        .iter()
        .filter(band)
        .map(|row| {
            let verdict = if &row[4] == "true" { "always" } else { "never" };
            let [left, right] = [&row[0], &row[1]].map(|name| name.replacen(':', ",", 1));
            format!("{verdict},{left},{right},ann,2026-01-01,\n")
        })
        .collect();
    let answered = answers.lines().count() as u64;
    let head = "verdict,source_a,record_id_a,source_b,record_id_b,by,date,why\n";
    let decisions = format!("{head}{answers}");
    assert!(answered >= 40, "{answered} doubtful pairs");
    fs::write(folder.path().join("decisions.csv"), &decisions).unwrap();
    let decided = plan.replacen("[plan]", "[plan]\ndecisions = \"decisions.csv\"", 1);
    let run = |more: &str| {
        fs::write(
            folder.path().join("karat.toml"),
            format!("{decided}\n{more}"),
        )
        .unwrap();
        let (code, told, err) = karat(
            folder.path(),
            &["run", "karat.toml", "--as-of", "2025-10-01"],
        );
        assert!(code < 2, "{err}");
        let summary = fs::read_to_string(folder.path().join("out/latest/summary.json")).unwrap();
        let summary: Value = serde_json::from_str(&summary).unwrap();
        let (_, out, _) = karat(folder.path(), &args);
        let scores: Value = serde_json::from_str(&out).unwrap();
        let f1 = scores["pairwise"]["f1"].as_f64().unwrap();
        (summary["model"]["taught_by_decisions"].clone(), told, f1)
    };
    let (taught, told, f1) = run("");
    assert_eq!(number(&taught["decisions"]), answered);
    assert_eq!(
        number(&taught["always"]) + number(&taught["never"]),
        answered
    );
    assert!(
        number(&taught["pairs_up"]) + number(&taught["pairs_down"]) > 0,
        "{taught}"
    );
    let levels = taught["levels"].as_array().unwrap();
    assert!(!levels.is_empty() && levels.iter().all(|l| l["before"] != l["after"]));
    assert!(
        told.contains(&format!("{answered} decisions taught the match model: ")),
        "{told}"
    );
    let (nothing, told, bound) = run("[match]\nlearn = false\n");
    assert_eq!(nothing, Value::Null);
    assert!(!told.contains("taught"), "{told}");
    assert!(bound > before["pairwise"]["f1"].as_f64().unwrap());
    assert!(f1 > bound - 0.005, "{f1} after learning, {bound} before");
    // A handful is not enough.
    let few: Vec<&str> = decisions.lines().take(11).collect();
    fs::write(folder.path().join("decisions.csv"), few.join("\n")).unwrap();
    assert_eq!(run("").0, Value::Null);
}
