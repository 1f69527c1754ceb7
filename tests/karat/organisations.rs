//! Who is a person and who is an organisation, as a user sees it.

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::Value;
use tempfile::TempDir;

/// Runs karat on files (name, content) without a plan; the folder is gone afterwards.
fn run(files: &[(&str, &str)]) -> (Vec<Vec<String>>, Value) {
    let folder = TempDir::new().unwrap();
    let mut args = vec!["run"];
    for (name, content) in files {
        fs::write(folder.path().join(name), content).unwrap();
        args.push(name);
    }
    args.extend(["--out", "out", "--quiet"]);
    let output = Command::cargo_bin("karat")
        .unwrap()
        .current_dir(folder.path())
        .args(&args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let latest = folder.path().join("out/latest");
    let summary = fs::read_to_string(latest.join("summary.json")).unwrap();
    (
        rows(&latest.join("golden.csv"), &["company", "sources"]),
        serde_json::from_str(&summary).unwrap(),
    )
}

fn rows(path: &Path, columns: &[&str]) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    let headers = reader.headers().unwrap().clone();
    let at = |name: &&str| headers.iter().position(|h| h == *name).unwrap();
    let places: Vec<usize> = columns.iter().map(at).collect();
    let mut rows: Vec<Vec<String>> = reader
        .records()
        .map(Result::unwrap)
        .map(|row| places.iter().map(|&at| row[at].to_owned()).collect())
        .collect();
    rows.sort();
    rows
}

fn organisations(summary: &Value) -> u64 {
    summary["model"]["organisations"].as_u64().unwrap()
}

#[test]
fn a_list_of_names_of_companies_is_kept_and_linked() {
    let first = "No,Name\n1,Harbourside Printing Ltd\n2,Northern Lights Manufacturing\n3,Golden Crust Bakery\n4,Blue Door Cafe\n";
    let second = "No,Name\n7,Harbourside Printing\n8,\"Manufacturing, Northern Lights\"\n9,Penrose Consulting\n";
    let (golden, summary) = run(&[("ledger.csv", first), ("vendors.csv", second)]);
    assert_eq!(organisations(&summary), 7);
    assert_eq!(summary["counts"]["quarantined"], 0, "{}", summary["counts"]);
    assert_eq!(golden.len(), 5, "{golden:?}");
    let both = golden.iter().filter(|row| row[1] == "ledger;vendors");
    assert_eq!(both.count(), 2, "{golden:?}");
}

#[test]
fn a_mailing_list_without_names_is_one_of_people() {
    let crm = "Id,First Name,Last Name,Company,Email\n1,Rose,Harding,Harbourside Printing,rose.harding@harbourside.example\n2,Sam,Okafor,Harbourside Printing,sam.okafor@harbourside.example\n";
    let mails = "Email,Company\nrose.harding@harbourside.example,Harbourside Printing\nlena@crust.example,Golden Crust Bakery\n";
    let (golden, summary) = run(&[("crm.csv", crm), ("mails.csv", mails)]);
    assert_eq!(organisations(&summary), 0);
    assert_eq!(golden.len(), 3, "{golden:?}");
    assert!(golden.iter().any(|row| row[1] == "crm;mails"), "{golden:?}");
}

#[test]
fn nobody_is_one_with_the_company_that_he_works_for() {
    let people = "Id,First Name,Last Name,Company,Phone\n1,Rose,Harding,Harbourside Printing,+44 117 496 0101\n";
    let firms = "Id,Company,Street,City,Phone\n5,Harbourside Printing Ltd,14 Quay Street,Bristol,+44 117 496 0101\n6,Harbourside Printing,14 Quay St,Bristol,+44 117 496 0101\n";
    let (golden, summary) = run(&[("people.csv", people), ("firms.csv", firms)]);
    assert_eq!(organisations(&summary), 2);
    assert_eq!(golden.len(), 2, "{golden:?}");
    assert!(golden.iter().all(|row| !row[1].contains(';')), "{golden:?}");
}
