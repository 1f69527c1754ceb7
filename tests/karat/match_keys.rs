//! What a plan changes of blocking, clustering and the model of organisations, as a user
//! sees it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

const PLAN: &str =
    "[[source]]\nname = \"a\"\npath = \"a.csv\"\nid = \"Id\"\n\n[output]\ndir = \"out\"\n\n";

/// Runs karat on one file with a plan's further lines; gives the summary, the number of
/// golden records, and what was told.
fn run(csv: &str, lines: &str) -> (Value, usize, String) {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), csv).unwrap();
    fs::write(folder.path().join("karat.toml"), format!("{PLAN}{lines}")).unwrap();
    let output = Command::cargo_bin("karat")
        .unwrap()
        .current_dir(folder.path())
        .args(["run", "karat.toml"])
        .output()
        .unwrap();
    let told = [output.stdout, output.stderr]
        .map(|out| String::from_utf8(out).unwrap())
        .concat();
    assert!(output.status.code().is_some_and(|code| code < 2), "{told}");
    let latest = folder.path().join("out/latest");
    let summary = fs::read_to_string(latest.join("summary.json")).unwrap();
    (
        serde_json::from_str(&summary).unwrap(),
        rows(&latest.join("golden.csv")),
        told,
    )
}

fn rows(path: &Path) -> usize {
    csv::Reader::from_path(path).unwrap().records().count()
}

fn pairs(summary: &Value) -> u64 {
    summary["model"]["blocking"]["candidate_pairs"]
        .as_u64()
        .unwrap()
}

/// Two records of one man who shares nothing with himself but a badge and the beginning
/// of his street.
const STRANGERS: &str = "Id,First Name,Last Name,Email,Street,Badge No\n\
    1,Walter,Brandt,w.brandt@northfield.org,Mill Lane 4,B-77 01\n\
    2,Irina,Koleva,ikoleva@harbour.org,Mill Lane 19,b7701\n\
    3,Chidi,Okafor,chidi@quay.org,Dock Road 3,K1200\n";

#[test]
fn a_plans_own_key_finds_a_pair_that_nothing_else_finds() {
    assert_eq!(pairs(&run(STRANGERS, "").0), 0);
    let badge = "[[match.key]]\nname = \"badge\"\nparts = [\"column:Badge No.digits\"]\n";
    let (summary, _, told) = run(STRANGERS, badge);
    assert_eq!(pairs(&summary), 1);
    assert_eq!(
        summary["model"]["changed_by_plan"],
        json!([{"of": "candidate key", "comparison": "", "candidate_key": "badge", "level": "", "key": "parts", "from": "", "to": "column:Badge No.digits"}])
    );
    assert!(
        told.contains("candidate key badge parts = column:Badge No.digits"),
        "{told}"
    );
    // What is taken of a field, one part or another, and a bound on the letters.
    let key = |parts: &str, more: &str| {
        let lines = format!("[[match.key]]\nname = \"own\"\nparts = {parts}\n{more}");
        pairs(&run(STRANGERS, &lines).0)
    };
    assert_eq!(key("[\"street.start4\"]", ""), 1);
    assert_eq!(key("[\"street.words\"]", ""), 1);
    assert_eq!(key("[\"street.start4\"]", "letters = 5"), 0);
    assert_eq!(key("[\"street.start4\"]", "unless = [\"email\"]"), 0);
    assert_eq!(key("[\"street.start4\"]", "unless = [\"phone\"]"), 1);
    assert_eq!(key("[\"street.start4\", \"email.domain\"]", ""), 0);
    assert_eq!(
        key(
            "[\"street.start4\", [\"email.domain\", \"column:Badge No.digits\"]]",
            ""
        ),
        1
    );
}

#[test]
fn a_key_of_a_column_that_is_not_there_is_told() {
    let badge = "[[match.key]]\nname = \"badge\"\nparts = [\"column:Badge Nr\"]\n";
    let (summary, _, told) = run(STRANGERS, badge);
    assert_eq!(pairs(&summary), 0);
    assert!(told.contains("the key 'badge' finds nothing"), "{told}");
    assert!(told.contains("did you mean 'Badge No'?"), "{told}");
    let (_, _, told) = run(
        STRANGERS,
        "[[match.key]]\nname = \"by department\"\nparts = [\"department\"]\n",
    );
    assert!(told.contains("no source has a department"), "{told}");
}

/// Two of one phone, and of nothing else.
const ONE_PHONE: &str = "Id,First Name,Last Name,Phone\n\
    1,Walter,Brandt,+14155552671\n2,Irina,Koleva,+14155552671\n3,Chidi,Okafor,+13125559046\n";

#[test]
fn a_plan_switches_a_key_off() {
    assert_eq!(pairs(&run(ONE_PHONE, "").0), 1);
    let (summary, _, told) = run(ONE_PHONE, "[[match.key]]\nname = \"phone\"\nuse = false\n");
    assert_eq!(pairs(&summary), 0);
    assert!(told.contains("candidate key phone use = false"), "{told}");
}

#[test]
fn a_wrong_part_is_drawn_with_its_place() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), STRANGERS).unwrap();
    let lines = "[[match.key]]\nname = \"own\"\nparts = [\"word.sund\", \"city\"]\n";
    fs::write(folder.path().join("karat.toml"), format!("{PLAN}{lines}")).unwrap();
    let output = Command::cargo_bin("karat")
        .unwrap()
        .current_dir(folder.path())
        .args(["run", "karat.toml"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    insta::assert_snapshot!(String::from_utf8(output.stderr).unwrap());
}

/// A pair that is half a bit below the threshold is joined when it has no rival, and is
/// not when the plan takes that away.
#[test]
fn a_guard_changes_what_is_joined() {
    let people = "Id,First Name,Last Name,City\n1,Walter,Brandt,Northam\n2,Walt,Brand,Northam\n3,Irina,Koleva,Southam\n";
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), people).unwrap();
    fs::write(folder.path().join("karat.toml"), PLAN).unwrap();
    let karat = |args: &[&str]| {
        let output = Command::cargo_bin("karat")
            .unwrap()
            .current_dir(folder.path())
            .args(args)
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    karat(&["run", "karat.toml"]);
    let story: Value = serde_json::from_str(&karat(&["explain", "a:1", "a:2", "--json"])).unwrap();
    let weight = story["weight"].as_f64().unwrap();
    assert!((-3.0..11.0).contains(&weight), "{weight}");
    let threshold = 1.0 / (1.0 + (-(weight + 0.5)).exp2());
    let golden = |guards: &str| {
        let lines = format!("[match]\nthreshold = {threshold:.9}\n[match.guards]\n{guards}");
        run(people, &lines)
    };
    let (summary, joined, _) = golden("");
    assert_eq!(
        (joined, &summary["model"]["changed_by_plan"]),
        (2, &json!([]))
    );
    let (summary, apart, told) = golden("alone = 0\n");
    assert_eq!(apart, 3);
    assert_eq!(summary["model"]["changed_by_plan"][0]["of"], "guards");
    assert!(told.contains("guards alone = 0"), "{told}");
    // No single pair adds more than the clip to an average.
    let (_, apart, _) = golden("clip = 1\nloose = -1\n");
    assert_eq!(apart, if weight > 1.5 { 3 } else { 2 });
}

/// Two records of one supplier, whose name is rarer than that of the dairies.
const SUPPLIERS: &str = "Id,Company,Street,City,Phone\n\
    1,Harrow Tool Hire,4 Mill Lane,Leeds,+441132431122\n\
    2,Harrow Tool Hire,4 Mill Lane,Leeds,+441132431122\n\
    3,Quarry Bank Dairy,17 Dock Road,York,+441904551122\n\
    4,Quarry Bank Dairy,2 Ferry Street,Hull,+441482991122\n\
    5,Quarry Bank Dairy,90 Abbey Road,Ripon,+441765661122\n";

/// The model of organisations is changed apart from that of people.
#[test]
fn a_plan_changes_the_model_of_organisations() {
    let bits = |lines: &str| {
        let folder = TempDir::new().unwrap();
        fs::write(folder.path().join("a.csv"), SUPPLIERS).unwrap();
        fs::write(folder.path().join("karat.toml"), format!("{PLAN}{lines}")).unwrap();
        let karat = |args: &[&str]| {
            let output = Command::cargo_bin("karat")
                .unwrap()
                .current_dir(folder.path())
                .args(args)
                .output()
                .unwrap();
            let err = String::from_utf8(output.stderr).unwrap();
            assert!(output.status.success(), "{err}");
            String::from_utf8(output.stdout).unwrap()
        };
        let told = karat(&["run", "karat.toml"]);
        let out = karat(&["explain", "a:1", "a:2", "--json"]);
        let story: Value = serde_json::from_str(&out).unwrap();
        let of = |comparison: &str| {
            story["evidence"]
                .as_array()
                .unwrap()
                .iter()
                .find(|piece| piece["comparison"] == comparison)
                .map(|piece| piece["bits"].as_f64().unwrap())
        };
        (of("phone"), of("organisation"), told)
    };
    let (phone, name, _) = bits("");
    assert!(phone.is_some() && name > Some(1.0));
    let entry = |name: &str, records: &str, rest: &str| {
        format!("[[match.comparison]]\nname = \"{name}\"\n{records}{rest}")
    };
    let of_organisations = "records = \"organisations\"\n";
    // What is said of people leaves organisations alone, and the other way round.
    let (same, _, _) = bits(&entry("phone", "", "use = false\n"));
    assert_eq!(same, phone);
    let (none, _, told) = bits(&entry("phone", of_organisations, "use = false\n"));
    assert_eq!(none, None);
    assert!(told.contains("organisations phone use = false"), "{told}");
    // A level that is left out comes out at the next one.
    let level = "level = [{ name = \"same\", use = false }]\n";
    let (weaker, _, _) = bits(&entry("phone", of_organisations, level));
    assert!(weaker.is_some() && weaker < phone, "{weaker:?} {phone:?}");
    // A rare name counts no more than a common one.
    let (_, plain, _) = bits(&entry("organisation", of_organisations, "rarity = false\n"));
    assert!(plain.is_some() && plain != name, "{plain:?} {name:?}");
}
