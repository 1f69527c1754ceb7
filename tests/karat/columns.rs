//! Columns that no field fits: which are taken as evidence, and what they do.

use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

const GIVEN: [&str; 23] = [
    "Anna", "Ben", "Carla", "David", "Emma", "Frank", "Greta", "Hans", "Ivy", "Jack", "Kira",
    "Liam", "Mona", "Nils", "Olga", "Paul", "Rita", "Simon", "Tessa", "Viktor", "Wanda", "Yusuf",
    "Zoe",
];
const STARTS: [&str; 11] = [
    "Hart", "Bell", "Cran", "Dun", "Fair", "Gold", "Kirk", "Lang", "Mor", "North", "Wool",
];
const ENDS: [&str; 9] = [
    "ley", "ford", "wick", "by", "ton", "croft", "field", "stead", "worth",
];
const COLOURS: [&str; 3] = ["red", "green", "blue"];

/// Two shop systems with the same customers and a customer number that both know; every
/// twentieth has a namesake in another town. `people` customers.
fn exports(folder: &Path, people: usize) {
    let mut first =
        String::from("Id,First Name,Last Name,City,Customer No,Badge colour,Imported\n");
    let mut second = String::from("Key,Vorname,Nachname,Ort,customer no.,badge colour,Row\n");
    let mut truth = String::from("source,record_id,entity_id\n");
    for n in 0..people {
        let who = if n % 20 == 1 { n - 1 } else { n };
        let given = GIVEN[who % 23];
        let family = format!("{}{}", STARTS[(who / 2) % 11], ENDS[(who / 3) % 9]);
        let city = ["Leeds", "York", "Hull"][n % 3];
        let number = 70_000 + n * 37;
        let colour = COLOURS[(n * 7 + n / 5) % 3];
        let other = COLOURS[(n * 5 + n / 7) % 3];
        let minute = n % 60;
        let hour = n / 60;
        writeln!(
            first,
            "A{n},{given},{family},{city},{number},{colour},2024-01-02T{hour:02}:{minute:02}:00"
        )
        .unwrap();
        // Every sixth has moved, every ninth has lost the given name but its initial.
        let city = if n % 6 == 0 { "Bath" } else { city };
        let given = if n % 9 == 0 { &given[..1] } else { given };
        writeln!(second, "B{n},{given},{family},{city},{number},{other},{n}").unwrap();
        writeln!(truth, "first,A{n},p{n}\nsecond,B{n},p{n}").unwrap();
    }
    fs::write(folder.join("first.csv"), first).unwrap();
    fs::write(folder.join("second.csv"), second).unwrap();
    fs::write(folder.join("truth.csv"), truth).unwrap();
    let plan = "[plan]\nname = \"numbers\"\nrun_date = \"2025-01-01\"\n\n[[source]]\nname = \"first\"\npath = \"first.csv\"\nid = \"Id\"\n\n[[source]]\nname = \"second\"\npath = \"second.csv\"\nid = \"Key\"\n\n[output]\ndir = \"out\"\n";
    fs::write(folder.join("karat.toml"), plan).unwrap();
}

fn karat(folder: &Path, args: &[&str]) -> String {
    let output = Command::cargo_bin("karat")
        .unwrap()
        .current_dir(folder)
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    String::from_utf8(output.stdout).unwrap()
}

fn summary(folder: &Path) -> Value {
    let text = fs::read_to_string(folder.join("out/latest/summary.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn taken(summary: &Value) -> Vec<&str> {
    summary["model"]["columns"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|column| column["taken"] == true)
        .map(|column| column["column"].as_str().unwrap())
        .collect()
}

#[test]
fn a_number_that_two_systems_share_is_evidence_and_a_colour_is_not() {
    let folder = TempDir::new().unwrap();
    exports(folder.path(), 240);
    let said = karat(folder.path(), &["run", "karat.toml"]);
    let summary = summary(folder.path());
    assert_eq!(taken(&summary), ["Customer No"], "{summary:#}");
    assert!(said.contains("compared as well: 'Customer No'"), "{said}");
    let columns = summary["model"]["columns"].as_array().unwrap();
    let number = &columns[0]["levels"]["same"];
    assert!(number["m"].as_f64().unwrap() > 0.8, "{number}");
    assert!(number["u"].as_f64().unwrap() < 0.05, "{number}");
    // A namesake with another number does not make people seem to change theirs.
    let different = &columns[0]["levels"]["different"];
    assert!(different["bits"].as_f64().unwrap() < -3.0, "{different}");
    for column in &columns[1..] {
        assert!(!column["why_not"].as_str().unwrap().is_empty(), "{column}");
    }
    // Who has moved and lost a name is found by it.
    let out = karat(
        folder.path(),
        &["evaluate", "karat.toml", "--truth", "truth.csv", "--json"],
    );
    let found: Value = serde_json::from_str(&out).unwrap();
    assert!(
        found["pairwise"]["f1"].as_f64().unwrap() > 0.9,
        "{}",
        found["pairwise"]
    );
    // Its bits stand in the explanation and add up.
    let out = karat(
        folder.path(),
        &["explain", "first:A54", "second:B54", "--json"],
    );
    let pair: Value = serde_json::from_str(&out).unwrap();
    let evidence = pair["evidence"].as_array().unwrap();
    let own = evidence.iter().find(|e| e["comparison"] == "Customer No");
    assert!(own.unwrap()["bits"].as_f64().unwrap() > 3.0, "{pair:#}");
    let sum: f64 = evidence.iter().map(|e| e["bits"].as_f64().unwrap()).sum();
    assert!(
        (sum - pair["weight"].as_f64().unwrap()).abs() < 1e-3,
        "{sum}"
    );
}

#[test]
fn a_small_file_learns_no_column() {
    let folder = TempDir::new().unwrap();
    exports(folder.path(), 12);
    karat(folder.path(), &["run", "karat.toml"]);
    assert!(taken(&summary(folder.path())).is_empty());
}
