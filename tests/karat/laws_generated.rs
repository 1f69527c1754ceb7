//! The laws, asked of the whole tool on generated messy exports of five systems:
//! what goes in and what comes out, nothing of the inside.

use crate::generator::made::{self, Shape};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// Sources, their delimiter, and when a record says "do not mail".
const SOURCES: [(&str, &str, u8, &str, &[&str]); 5] = [
    ("salesforce", "Id", b',', "HasOptedOutOfEmail", &["true"]),
    (
        "hubspot",
        "Record ID",
        b',',
        "Unsubscribed from all email",
        &["true"],
    ),
    ("mailchimp", "LEID", b',', "Status", &["unsubscribed"]),
    ("events", "Attendee ID", b',', "Marketing Consent", &["N"]),
    ("spreadsheet", "No", b';', "Opt out?", &["yes", "x", "YES"]),
];

type Row = BTreeMap<String, String>;

fn read(path: &Path, delimiter: u8) -> Vec<Row> {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
    let mut reader = csv::ReaderBuilder::new()
        .delimiter(delimiter)
        .from_reader(text);
    let headers = reader.headers().unwrap().clone();
    reader
        .records()
        .map(|row| {
            let row = row.unwrap();
            headers
                .iter()
                .zip(row.iter())
                .map(|(h, v)| (h.to_owned(), v.to_owned()))
                .collect()
        })
        .collect()
}

fn run(folder: &Path, more: &[&str]) {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_karat"))
        .current_dir(folder)
        .args(["run", "karat.toml", "--quiet", "--as-of", "2025-10-01"])
        .args(more)
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{:?}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
}

fn sorted_lines(path: &Path) -> Vec<String> {
    let mut lines: Vec<String> = fs::read_to_string(path)
        .unwrap()
        .lines()
        .map(str::to_owned)
        .collect();
    lines.sort();
    lines
}

/// Turns the rows of every export round, and the order of the sources in the plan.
fn turn_round(folder: &Path) {
    for (source, _, delimiter, _, _) in SOURCES {
        let path = folder.join(format!("{source}.csv"));
        let bytes = fs::read(&path).unwrap();
        let bom = bytes.starts_with(b"\xef\xbb\xbf");
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .from_reader(text);
        let headers = reader.byte_headers().unwrap().clone();
        let mut rows: Vec<csv::ByteRecord> = reader.byte_records().map(Result::unwrap).collect();
        rows.reverse();
        let mut out = if bom {
            b"\xef\xbb\xbf".to_vec()
        } else {
            Vec::new()
        };
        {
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .from_writer(&mut out);
            writer.write_byte_record(&headers).unwrap();
            for row in &rows {
                writer.write_byte_record(row).unwrap();
            }
        }
        fs::write(path, out).unwrap();
    }
    let plan = fs::read_to_string(folder.join("karat.toml")).unwrap();
    let (head, rest) = plan.split_once("[[source]]").unwrap();
    let (sources, tail) = rest.split_once("[output]").unwrap();
    let mut sources: Vec<&str> = sources.split("[[source]]").collect();
    sources.reverse();
    let plan = format!(
        "{head}[[source]]{}[output]{tail}",
        sources.join("[[source]]")
    );
    fs::write(folder.join("karat.toml"), plan).unwrap();
}

#[test]
fn every_record_is_in_one_row_and_no_opt_out_is_lost() {
    for (seed, shape) in [(1, Shape::Usual), (2, Shape::Alike), (3, Shape::Unique)] {
        let folder = tempfile::tempdir().unwrap();
        made::generate(folder.path(), 500, seed, shape).unwrap();
        run(folder.path(), &[]);
        let latest = folder.path().join("out/latest");
        let mut xref = BTreeMap::new();
        for row in read(&latest.join("xref.csv"), b',') {
            let key = (row["source"].clone(), row["record_id"].clone());
            assert!(
                xref.insert(key, row["golden_id"].clone()).is_none(),
                "twice: {row:?}"
            );
        }
        let truth: BTreeSet<_> = read(&folder.path().join("truth.csv"), b',')
            .into_iter()
            .map(|row| (row["source"].clone(), row["record_id"].clone()))
            .collect();
        assert_eq!(xref.keys().cloned().collect::<BTreeSet<_>>(), truth);

        let golden: BTreeMap<String, Row> = read(&latest.join("golden.csv"), b',')
            .into_iter()
            .map(|row| (row["golden_id"].clone(), row))
            .collect();
        let mut asked = 0;
        for (source, id, delimiter, column, says_no) in SOURCES {
            for row in read(&folder.path().join(format!("{source}.csv")), delimiter) {
                let person = &xref[&(source.to_owned(), row[id].clone())];
                if says_no.contains(&row[column].as_str()) && !person.is_empty() {
                    asked += 1;
                    assert_eq!(golden[person]["email_opt_out"], "true", "{source} {row:?}");
                }
            }
        }
        assert!(asked > 10, "too few opt-outs to mean anything: {asked}");
    }
}

#[test]
fn order_and_threads_do_not_matter() {
    let mut seen: Vec<[Vec<String>; 2]> = Vec::new();
    for (threads, turned) in [("1", false), ("4", false), ("4", true)] {
        let folder = tempfile::tempdir().unwrap();
        made::generate(folder.path(), 600, 5, Shape::Usual).unwrap();
        if turned {
            turn_round(folder.path());
        }
        run(folder.path(), &["--threads", threads]);
        let latest = folder.path().join("out/latest");
        seen.push(["golden.csv", "xref.csv"].map(|name| sorted_lines(&latest.join(name))));
    }
    assert!(seen[0] == seen[1], "1 and 4 threads differ");
    for file in [0, 1] {
        let differ = seen[0][file]
            .iter()
            .zip(&seen[2][file])
            .find(|(a, b)| a != b);
        assert_eq!(differ, None, "the order of rows and sources matters");
        assert_eq!(seen[0][file].len(), seen[2][file].len());
    }
}

#[test]
fn a_second_run_changes_nothing_and_its_own_output_merges_nothing() {
    let folder = tempfile::tempdir().unwrap();
    made::generate(folder.path(), 600, 7, Shape::Usual).unwrap();
    run(folder.path(), &[]);
    let latest = folder.path().join("out/latest");
    // Law 3: what was published is what the audit says, replayed over the inputs.
    assert_cmd::Command::new(env!("CARGO_BIN_EXE_karat"))
        .current_dir(folder.path())
        .args(["verify", "out/latest"])
        .assert()
        .success();
    let files = ["golden.csv", "xref.csv", "violations.csv", "review.csv"];
    let first = files.map(|name| fs::read_to_string(latest.join(name)).unwrap());
    run(folder.path(), &[]);
    for (name, text) in files.iter().zip(&first) {
        assert!(
            *text == fs::read_to_string(latest.join(name)).unwrap(),
            "{name} changed"
        );
    }

    let again = tempfile::tempdir().unwrap();
    fs::copy(latest.join("golden.csv"), again.path().join("golden.csv")).unwrap();
    fs::write(
        again.path().join("karat.toml"),
        "[plan]\nname = \"again\"\n\n[[source]]\nname = \"golden\"\npath = \"golden.csv\"\nid = \"golden_id\"\n\n[output]\ndir = \"out\"\n",
    )
    .unwrap();
    run(again.path(), &[]);
    let xref = read(&again.path().join("out/latest/xref.csv"), b',');
    let people: BTreeSet<_> = xref
        .iter()
        .map(|row| &row["golden_id"])
        .filter(|id| !id.is_empty())
        .collect();
    let kept = xref
        .iter()
        .filter(|row| !row["golden_id"].is_empty())
        .count();
    assert_eq!(
        people.len(),
        kept,
        "golden records were merged with each other"
    );
    assert_eq!(
        kept,
        first[0].lines().count() - 1,
        "a golden record was held out"
    );
}
