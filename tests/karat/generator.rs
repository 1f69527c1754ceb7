//! The benchmark's generator, held to what it promises, and the line held to a floor
//! on what it makes.

// The bench uses the same module; not all of it is used here.
#[allow(dead_code)]
#[path = "../../benches/generator/mod.rs"]
pub mod made;
#[allow(dead_code)]
#[path = "../../benches/score.rs"]
mod score;

use made::Shape;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            (name, fs::read(path).unwrap())
        })
        .collect();
    files.sort();
    files
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let folders = [1, 1, 2].map(|seed| {
        let folder = tempfile::tempdir().unwrap();
        made::generate(folder.path(), 2_000, seed, Shape::Usual).unwrap();
        files(folder.path())
    });
    assert!(folders[0] == folders[1]);
    assert!(folders[0] != folders[2]);
}

#[test]
fn truth_has_every_record_once() {
    let folder = tempfile::tempdir().unwrap();
    let written = made::generate(folder.path(), 5_000, 3, Shape::Usual).unwrap();
    let mut truth = csv::Reader::from_path(folder.path().join("truth.csv")).unwrap();
    let mut known = BTreeSet::new();
    for row in truth.records() {
        let row = row.unwrap();
        assert!(
            known.insert((row[0].to_owned(), row[1].to_owned())),
            "{row:?} twice"
        );
    }
    let mut found = BTreeSet::new();
    for (source, id, delimiter) in [
        ("salesforce", "Id", b','),
        ("hubspot", "Record ID", b','),
        ("mailchimp", "LEID", b','),
        ("events", "Attendee ID", b','),
        ("spreadsheet", "No", b';'),
    ] {
        let bytes = fs::read(folder.path().join(format!("{source}.csv"))).unwrap();
        let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&bytes);
        let mut rows = csv::ReaderBuilder::new()
            .delimiter(delimiter)
            .from_reader(text);
        let at = rows
            .headers()
            .unwrap()
            .iter()
            .position(|h| h == id)
            .unwrap();
        for row in rows.records() {
            found.insert((source.to_owned(), row.unwrap()[at].to_owned()));
        }
    }
    assert_eq!(known, found);
    assert_eq!(known.len() as u64, written.records);
    // Close to what was asked for.
    assert!(
        (4_700..5_300).contains(&written.records),
        "{}",
        written.records
    );
}

#[test]
fn the_line_finds_most_of_what_was_made() {
    let folder = tempfile::tempdir().unwrap();
    made::generate(folder.path(), 3_000, 1, Shape::Usual).unwrap();
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_karat"))
        .current_dir(folder.path())
        .args(["run", "karat.toml", "--quiet", "--as-of", "2025-10-01"])
        .output()
        .unwrap();
    assert!(
        matches!(output.status.code(), Some(0 | 1)),
        "{:?}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr)
    );
    let score = score::score(
        &folder.path().join("truth.csv"),
        &folder.path().join("out/latest/xref.csv"),
    )
    .unwrap();
    assert!(
        score.precision() > 0.9 && score.recall() > 0.8,
        "precision {:.3}, recall {:.3}, F1 {:.3}",
        score.precision(),
        score.recall(),
        score.f1()
    );
}
