//! Every story of `testdata/` is run as a user would run it, and what it wrote is
//! compared with its `expected/`. `KARAT_BLESS=1 cargo test stories` rewrites those
//! files; the change is then looked at like code.
//!
//! A story is a folder with `karat.toml`, or with `night1/`, `night2/` … that are run
//! one after the other into one output. `truth.csv` beside the plan names the people;
//! what the run got wrong is itself an expected file, `against-truth.csv`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

#[test]
fn every_story_writes_what_it_is_known_to_write() {
    let mut faults = String::new();
    let mut seen = 0;
    for story in stories() {
        let out = tempfile::tempdir().expect("a throw-away folder");
        for part in parts(&story) {
            seen += 1;
            let name = part
                .strip_prefix(testdata())
                .unwrap_or(&part)
                .display()
                .to_string();
            match run(&part, out.path()) {
                Ok(written) => compare(&name, &part, &written, &mut faults),
                Err(message) => {
                    let _ = writeln!(faults, "{name}: {message}");
                }
            }
        }
    }
    assert!(seen >= 8, "only {seen} plans found under testdata/");
    assert!(
        faults.is_empty(),
        "{faults}\nIf the new output is right: KARAT_BLESS=1 cargo test stories"
    );
}

#[test]
fn every_story_says_in_three_lines_what_it_is() {
    for story in stories() {
        let readme = fs::read_to_string(story.join("README.md"))
            .unwrap_or_else(|error| panic!("{}/README.md: {error}", story.display()));
        assert_eq!(readme.lines().count(), 3, "{}", story.display());
        assert!(readme.starts_with("# "), "{}", story.display());
    }
}

/// A run of the same story on one and on four threads writes the same bytes.
#[test]
fn a_story_does_not_depend_on_the_thread_count() {
    let story = testdata().join("acme");
    let mut outputs = Vec::new();
    for threads in ["1", "4"] {
        let out = tempfile::tempdir().expect("a throw-away folder");
        outputs.push(run_with(&story, out.path(), &["--threads", threads]).expect("acme runs"));
    }
    assert!(
        outputs[0] == outputs[1],
        "1 and 4 threads wrote different files"
    );
}

fn testdata() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata")
}

fn stories() -> Vec<PathBuf> {
    folders(&testdata())
        .into_iter()
        .filter(|folder| !parts(folder).is_empty())
        .collect()
}

/// The folders with a plan: the story itself, or its nights in order.
fn parts(story: &Path) -> Vec<PathBuf> {
    if story.join("karat.toml").is_file() {
        return vec![story.to_path_buf()];
    }
    folders(story)
        .into_iter()
        .filter(|night| night.join("karat.toml").is_file())
        .collect()
}

fn folders(of: &Path) -> Vec<PathBuf> {
    let mut folders: Vec<PathBuf> = fs::read_dir(of)
        .expect("a readable folder")
        .map(|entry| entry.expect("a readable entry").path())
        .filter(|path| path.is_dir())
        .collect();
    folders.sort();
    folders
}

/// The folders of a run that a story shows.
const FOLDERS: [&str; 4] = ["quarantine", "patches", "patches/undo", "patches/by-hand"];

/// File name (with its folder below the run's) → text.
type Files = BTreeMap<String, String>;

fn run(part: &Path, out: &Path) -> Result<Files, String> {
    run_with(part, out, &[])
}

fn run_with(part: &Path, out: &Path, more: &[&str]) -> Result<Files, String> {
    let output = assert_cmd::Command::new(env!("CARGO_BIN_EXE_karat"))
        .current_dir(part)
        .env_remove("KARAT_THREADS")
        .args(["run", "karat.toml", "--quiet", "--out"])
        .arg(out)
        .args(more)
        .output()
        .map_err(|error| error.to_string())?;
    // 1 is "published, but a soft gate did not hold".
    if !matches!(output.status.code(), Some(0 | 1)) {
        return Err(format!(
            "exit {:?}\n{}",
            output.status.code(),
            String::from_utf8_lossy(&output.stderr)
        ));
    }
    let latest = out.join("latest");
    let mut files = Files::new();
    for name in ["golden.csv", "xref.csv", "violations.csv", "review.csv"] {
        let text =
            fs::read_to_string(latest.join(name)).map_err(|error| format!("{name}: {error}"))?;
        files.insert(name.to_owned(), text);
    }
    for folder in FOLDERS.iter().filter(|folder| latest.join(folder).is_dir()) {
        for entry in fs::read_dir(latest.join(folder)).map_err(|error| error.to_string())? {
            let path = entry.map_err(|error| error.to_string())?.path();
            if !path.is_file() {
                continue;
            }
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            let bytes = fs::read(&path).map_err(|error| error.to_string())?;
            files.insert(
                format!("{folder}/{name}"),
                String::from_utf8_lossy(&bytes).into_owned(),
            );
        }
    }
    let truth = part.join("truth.csv");
    if truth.is_file() {
        let truth = fs::read_to_string(truth).map_err(|error| error.to_string())?;
        files.insert(
            "against-truth.csv".to_owned(),
            against_truth(&truth, &files["xref.csv"])?,
        );
    }
    Ok(files)
}

/// Each pair that was merged wrongly or missed, a line each.
fn against_truth(truth: &str, xref: &str) -> Result<String, String> {
    let person = keyed(truth, "entity_id")?;
    let golden = keyed(xref, "golden_id")?;
    let known: BTreeSet<_> = person.keys().collect();
    let found: BTreeSet<_> = golden.keys().collect();
    if known != found {
        return Err(format!(
            "records of truth.csv and xref.csv differ: only in truth {:?}, only in xref {:?}",
            known.difference(&found).collect::<Vec<_>>(),
            found.difference(&known).collect::<Vec<_>>()
        ));
    }
    let records: Vec<_> = person.keys().collect();
    let mut lines = String::from("fault,source_a,record_a,person_a,source_b,record_b,person_b\n");
    for (index, a) in records.iter().enumerate() {
        for b in &records[index + 1..] {
            let same_person = person[*a] == person[*b];
            let same_golden = golden[*a] == golden[*b] && !golden[*a].is_empty();
            let fault = match (same_person, same_golden) {
                (true, false) => "missed",
                (false, true) => "merged wrongly",
                _ => continue,
            };
            let _ = writeln!(
                lines,
                "{fault},{},{},{},{},{},{}",
                a.0, a.1, person[*a], b.0, b.1, person[*b]
            );
        }
    }
    Ok(lines)
}

/// (source, record id) → the value of a column.
fn keyed(text: &str, column: &str) -> Result<BTreeMap<(String, String), String>, String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let headers = reader.headers().map_err(|error| error.to_string())?.clone();
    let at = |name: &str| {
        headers
            .iter()
            .position(|header| header == name)
            .ok_or_else(|| format!("no column {name}"))
    };
    let (source, record, value) = (at("source")?, at("record_id")?, at(column)?);
    let mut map = BTreeMap::new();
    for row in reader.records() {
        let row = row.map_err(|error| error.to_string())?;
        let key = (row[source].to_owned(), row[record].to_owned());
        if map.insert(key.clone(), row[value].to_owned()).is_some() {
            return Err(format!("{} {} stands there twice", key.0, key.1));
        }
    }
    Ok(map)
}

/// Holds what was written against `expected/`, or puts it there.
fn compare(name: &str, part: &Path, written: &Files, faults: &mut String) {
    let expected = part.join("expected");
    if env::var_os("KARAT_BLESS").is_some() {
        let _ = fs::remove_dir_all(&expected);
        for (file, text) in written {
            let path = expected.join(file);
            fs::create_dir_all(path.parent().expect("a folder")).expect("a writable folder");
            fs::write(path, text).expect("a writable file");
        }
        return;
    }
    for (file, text) in written {
        match fs::read(expected.join(file)) {
            Ok(known) => {
                let known = String::from_utf8_lossy(&known);
                if known != *text {
                    let _ = writeln!(faults, "{name}/{file}: {}", first_difference(&known, text));
                }
            }
            Err(error) => {
                let _ = writeln!(faults, "{name}/expected/{file}: {error}");
            }
        }
    }
    for file in files_below(&expected) {
        if !written.contains_key(&file) {
            let _ = writeln!(faults, "{name}/{file} was not written");
        }
    }
}

fn files_below(folder: &Path) -> Vec<String> {
    let mut names = Vec::new();
    let below = FOLDERS.map(|name| (format!("{name}/"), folder.join(name)));
    for (prefix, folder) in below
        .into_iter()
        .chain([(String::new(), folder.to_path_buf())])
    {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.flatten().filter(|entry| entry.path().is_file()) {
            names.push(format!("{prefix}{}", entry.file_name().to_string_lossy()));
        }
    }
    names.sort();
    names
}

fn first_difference(known: &str, text: &str) -> String {
    let (mut a, mut b) = (known.lines(), text.lines());
    let mut line = 1;
    loop {
        match (a.next(), b.next()) {
            (None, None) => return "only line ends differ".to_owned(),
            (a, b) if a == b => line += 1,
            (a, b) => {
                let show = |side: Option<&str>| side.unwrap_or("(end of file)").to_owned();
                return format!(
                    "line {line}\n  expected {}\n  written  {}",
                    show(a),
                    show(b)
                );
            }
        }
    }
}
