//! What README.md shows is what karat does.

use std::fs;
use std::path::Path;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> String {
    fs::read_to_string(root().join("README.md")).unwrap()
}

/// The golden record of the first screen, against the story it is taken from.
#[test]
fn the_golden_record_of_the_first_screen_is_real() {
    let mut golden = csv::Reader::from_path(root().join("testdata/acme/expected/golden.csv"))
        .expect("testdata/acme/expected/golden.csv: KARAT_BLESS=1 cargo test stories");
    let headers = golden.headers().unwrap().clone();
    let at = |field: &str| {
        headers
            .iter()
            .position(|header| header == field)
            .unwrap_or_else(|| panic!("the golden set has no field {field}"))
    };
    let rows: Vec<csv::StringRecord> = golden.records().map(Result::unwrap).collect();
    let readme = readme();
    let shown: Vec<(&str, &str)> = readme
        .lines()
        .skip_while(|line| !line.starts_with("| field | golden value |"))
        .skip(2)
        .map_while(|line| {
            let cells: Vec<&str> = line.strip_prefix('|')?.split('|').map(str::trim).collect();
            Some((cells[0], cells[1]))
        })
        .collect();
    assert!(shown.len() >= 4, "README.md shows no golden record");
    let matches = |row: &csv::StringRecord| {
        shown
            .iter()
            .filter(|(field, value)| &row[at(field)] != *value)
            .map(|(field, value)| format!("{field}: README {value}, karat {}", &row[at(field)]))
            .collect::<Vec<_>>()
    };
    let nearest = rows.iter().map(matches).min_by_key(Vec::len).unwrap();
    assert!(nearest.is_empty(), "{nearest:#?}");
}

/// The rows of the two exports stand in the files as they are shown.
#[test]
fn the_exports_of_the_first_screen_are_real() {
    let hubspot = fs::read_to_string(root().join("testdata/acme/hubspot-contacts.csv")).unwrap();
    let bytes = fs::read(root().join("testdata/acme/salesforce-report.csv")).unwrap();
    let (salesforce, _, _) = encoding_rs::WINDOWS_1252.decode(&bytes);
    let readme = readme();
    for (id, file) in [("`003Hs00001AbCdE`", &*salesforce), ("`40101`", &*hubspot)] {
        let row = readme
            .lines()
            .find(|line| line.contains(id))
            .unwrap_or_else(|| panic!("README.md does not show {id}"));
        for cell in row.trim_matches('|').split('|') {
            let cell = cell.trim().trim_matches('`');
            assert!(file.contains(cell), "{cell} is not in the export");
        }
    }
}

/// Every file that the pages link to is there.
#[test]
fn links_lead_somewhere() {
    for page in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
    ] {
        let text = fs::read_to_string(root().join(page)).unwrap();
        for part in text.split("](").skip(1) {
            let target = part.split(')').next().unwrap();
            if !target.contains("://") {
                let path = target.split('#').next().unwrap();
                assert!(root().join(path).exists(), "{page} links to {target}");
            }
        }
    }
}

/// The commands that `.ci/run` takes from README.md are there to be taken.
#[test]
fn readme_has_the_two_commands() {
    let readme = readme();
    for command in [
        "cargo run --release -- run testdata/acme/karat.toml",
        "cargo test",
    ] {
        assert!(readme.lines().any(|line| line == command), "{command}");
    }
}
