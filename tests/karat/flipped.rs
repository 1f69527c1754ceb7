//! One byte flipped in any file of a run, its inputs or the runs before it: found, and
//! the file named.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use karat::audit::verify::{Given, verify};
use karat::rulebook::Rulebook;
use tempfile::TempDir;

use super::command::karat_in;
use crate::generator::made::{self, Shape};

/// Two runs over generated exports; the folder of the second.
fn two_runs(folder: &Path) -> PathBuf {
    made::generate(folder, 60, 11, Shape::Usual).unwrap();
    // A row that can't be read whole, for a file in quarantine/.
    let path = folder.join("events.csv");
    let mut text = fs::read(&path).unwrap();
    text.extend_from_slice(b"torn,\"row\n");
    fs::write(&path, text).unwrap();
    for _ in 0..2 {
        let run = karat_in(
            folder,
            &["run", "karat.toml", "--quiet", "--as-of", "2025-10-01"],
        );
        assert!(matches!(run.code, 0 | 1), "{}", run.err);
    }
    fs::canonicalize(folder.join("out/latest")).unwrap()
}

fn files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            files(&path, found);
        } else {
            found.push(path);
        }
    }
    found.sort();
}

/// Where to flip: both ends, and some places between.
fn offsets(len: usize, count: usize) -> BTreeSet<usize> {
    let mut state = 0x2545_f491_4f6c_dd1d_u64;
    let mut places: BTreeSet<usize> = [0, len - 1].into();
    for _ in 0..count {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1);
        places.insert(usize::try_from(state >> 33).unwrap() % len);
    }
    places
}

fn named(folder: &Path, file: &Path) -> Vec<String> {
    let name = file.file_name().unwrap().to_string_lossy().into_owned();
    match verify(folder, Given::default(), &Rulebook::builtin()) {
        Ok(_) => Vec::new(),
        Err(failure) => failure
            .diagnostics
            .iter()
            .filter_map(|diagnostic| diagnostic.place.as_ref())
            .map(|place| place.file.clone())
            .filter(|place| place.ends_with(&name))
            .collect(),
    }
}

#[test]
fn a_flipped_byte_anywhere_is_found_and_its_file_named() {
    let world = TempDir::new().unwrap();
    let run = two_runs(world.path());
    let whole = verify(&run, Given::default(), &Rulebook::builtin()).expect("the run is whole");
    assert_eq!(whole.chain.earlier, 1);
    assert_eq!(whole.chain.missing, None);

    let mut all = Vec::new();
    files(&run, &mut all);
    let names: BTreeSet<String> = all
        .iter()
        .map(|path| path.strip_prefix(&run).unwrap().display().to_string())
        .collect();
    for name in [
        "audit.parquet",
        "decisions.csv",
        "fingerprints.parquet",
        "golden.csv",
        "golden.parquet",
        "ids.csv",
        "quarantine/events.csv",
        "review.csv",
        "seal.b3",
        "summary.json",
        "violations.csv",
        "xref.csv",
        "xref.parquet",
    ] {
        assert!(names.contains(name), "no {name} in {names:?}");
    }
    let earlier = run
        .parent()
        .unwrap()
        .join(whole_previous(&run))
        .join("summary.json");
    all.push(earlier);
    for source in [
        "salesforce",
        "hubspot",
        "mailchimp",
        "events",
        "spreadsheet",
    ] {
        all.push(world.path().join(format!("{source}.csv")));
    }
    let mut flips = 0;
    for path in &all {
        let bytes = fs::read(path).unwrap();
        let count = if path.ends_with("summary.json") || path.ends_with("seal.b3") {
            40
        } else {
            4
        };
        for at in offsets(bytes.len(), count) {
            let mut changed = bytes.clone();
            changed[at] ^= 1 << (at % 8);
            fs::write(path, &changed).unwrap();
            let found = named(&run, path);
            assert!(
                !found.is_empty(),
                "byte {at} of {} is not missed",
                path.display()
            );
            flips += 1;
        }
        // Also a byte more, and a byte less.
        for other in [
            &bytes[..bytes.len() - 1],
            &[bytes.as_slice(), b"x"].concat(),
        ] {
            fs::write(path, other).unwrap();
            assert!(
                !named(&run, path).is_empty(),
                "{} has another length",
                path.display()
            );
        }
        fs::write(path, &bytes).unwrap();
    }
    assert!(flips > 150, "only {flips} flips");
    // A file that is not the run's, and one that is gone.
    let stranger = run.join("stranger.csv");
    fs::write(&stranger, "x").unwrap();
    assert!(!named(&run, &stranger).is_empty());
    fs::remove_file(&stranger).unwrap();
    let review = run.join("review.csv");
    let bytes = fs::read(&review).unwrap();
    fs::remove_file(&review).unwrap();
    assert!(!named(&run, &review).is_empty());
    fs::write(&review, bytes).unwrap();
    verify(&run, Given::default(), &Rulebook::builtin()).expect("all is back in its place");
}

fn whole_previous(run: &Path) -> String {
    let text = fs::read(run.join("summary.json")).unwrap();
    let summary: serde_json::Value = serde_json::from_slice(&text).unwrap();
    summary["previous"]["run"].as_str().unwrap().to_owned()
}

/// The first run's summary forged together with its seal: the second run knows better.
#[test]
fn a_forged_seal_is_found_by_the_next_run_and_by_who_noted_it() {
    let world = TempDir::new().unwrap();
    let second = two_runs(world.path());
    let first = second.parent().unwrap().join(whole_previous(&second));
    let seal = {
        let text = fs::read_to_string(first.join("seal.b3")).unwrap();
        text.split_whitespace().next().unwrap().to_owned()
    };
    let forge = |folder: &Path| {
        let path = folder.join("summary.json");
        let text = fs::read_to_string(&path).unwrap();
        let forged = text.replacen("\"name\": \"bench\"", "\"name\": \"other\"", 1);
        assert_ne!(text, forged);
        fs::write(&path, &forged).unwrap();
        let hash = blake3::hash(forged.as_bytes()).to_hex().to_string();
        fs::write(folder.join("seal.b3"), karat::write::seal::text(&hash)).unwrap();
    };
    forge(&first);
    let found = verify(&first, Given::default(), &Rulebook::builtin()).unwrap_err();
    let told = &found.diagnostics[0].hints[0];
    assert!(told.contains("knows it by another hash"), "{told}");
    let found = verify(&second, Given::default(), &Rulebook::builtin()).unwrap_err();
    assert!(
        found.diagnostics[0]
            .place
            .as_ref()
            .unwrap()
            .file
            .ends_with("summary.json")
    );

    // Copied away from the others, only the noted seal can tell.
    let alone = TempDir::new().unwrap();
    let copy = alone.path().join("copy");
    copied(&first, &copy);
    let inputs = Given {
        inputs: Some(world.path()),
        ..Given::default()
    };
    verify(&copy, inputs, &Rulebook::builtin()).expect("nobody can tell");
    let noted = Given {
        seal: Some(&seal),
        ..inputs
    };
    let found = verify(&copy, noted, &Rulebook::builtin()).unwrap_err();
    assert!(
        found.diagnostics[0].hints[0].contains("the seal given"),
        "{found:?}"
    );
}

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let target = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copied(&path, &target);
        } else {
            fs::copy(&path, &target).unwrap();
        }
    }
}

/// A run and its inputs, copied to another place, without the folder that they were in.
#[test]
fn a_copied_run_is_verified_anywhere() {
    let world = TempDir::new().unwrap();
    let run = two_runs(world.path());
    let elsewhere = TempDir::new().unwrap();
    copied(&run, &elsewhere.path().join("run"));
    fs::create_dir(elsewhere.path().join("exports")).unwrap();
    for source in [
        "salesforce",
        "hubspot",
        "mailchimp",
        "events",
        "spreadsheet",
    ] {
        let name = format!("{source}.csv");
        fs::copy(
            world.path().join(&name),
            elsewhere.path().join("exports").join(&name),
        )
        .unwrap();
    }
    drop(world);
    let lost = karat_in(elsewhere.path(), &["verify", "run"]);
    assert_eq!(lost.code, 3, "{}", lost.err);
    assert!(lost.err.contains("salesforce.csv"), "{}", lost.err);
    let found = karat_in(elsewhere.path(), &["verify", "run", "--inputs", "exports"]);
    assert_eq!(found.code, 0, "{}", found.err);
    assert!(
        found.out.contains("there is no folder beside"),
        "{}",
        found.out
    );
    assert!(found.out.contains("Seal: "), "{}", found.out);
}
