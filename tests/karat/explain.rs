//! `karat explain` and what a run keeps for it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use karat::explain::Run;
use tempfile::TempDir;

use crate::command::{Ended, karat_in};

/// Runs a story into a folder of its own; the published run.
fn story(name: &str, more: &[&str]) -> (TempDir, PathBuf) {
    let out = TempDir::new().unwrap();
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{name}/karat.toml"));
    let (plan, folder) = (plan.display().to_string(), out.path().join("out"));
    let folder = folder.display().to_string();
    let mut args = vec!["run", &plan, "--quiet", "--out", &folder];
    args.extend(more);
    let Ended { code, err, .. } = karat_in(out.path(), &args);
    assert!(matches!(code, 0 | 1), "{err}");
    let run = out.path().join("out/latest").canonicalize().unwrap();
    (out, run)
}

/// The pieces of every remembered pair add up to what it was weighed, and every pair
/// inside a golden record is there.
#[test]
fn the_kept_evidence_adds_up_and_nothing_that_was_merged_is_missing() {
    for name in ["acme", "household", "scripts", "suppliers"] {
        let (_out, folder) = story(name, &[]);
        let run = Run::open(&folder).unwrap();
        let pairs = run.pairs_where(|_| true).unwrap();
        assert!(!pairs.is_empty(), "{name}");
        let rows: Vec<u32> = (0..u32::try_from(run.rows()).unwrap()).collect();
        let records = run.take(&rows).unwrap();
        for pair in &pairs {
            let sum: f64 = run.evidence(pair).iter().map(|piece| piece.bits).sum();
            let weight = f64::from(pair.weight);
            assert!((sum - weight).abs() < 1e-3, "{name}: {sum} {weight}");
            let same = |row: u32| &records[row as usize].golden_id;
            assert_eq!(
                pair.merged,
                same(pair.left).is_some() && same(pair.left) == same(pair.right)
            );
        }
        let mut sizes: BTreeMap<&str, usize> = BTreeMap::new();
        for record in &records {
            if let Some(id) = &record.golden_id {
                *sizes.entry(id).or_default() += 1;
            }
        }
        let inside: usize = sizes.values().map(|n| n * (n - 1) / 2).sum();
        assert_eq!(
            pairs.iter().filter(|pair| pair.merged).count(),
            inside,
            "{name}"
        );
        // The records are those of the xref, in its order.
        let xref = fs::read_to_string(folder.join("xref.csv")).unwrap();
        let named: Vec<String> = xref
            .lines()
            .skip(1)
            .map(|line| {
                let mut cells = line.split(',');
                let (source, id) = (cells.next().unwrap(), cells.next().unwrap());
                format!("{source}:{}", id.trim_matches('"'))
            })
            .collect();
        let read: Vec<String> = records.iter().map(karat::explain::Record::name).collect();
        assert_eq!(read, named, "{name}");
    }
}

/// The same bytes for any number of threads, and listed with their hashes.
#[test]
fn the_evidence_is_an_output_like_the_others() {
    let written: Vec<Vec<Vec<u8>>> = ["1", "3"]
        .iter()
        .map(|threads| {
            let (_out, folder) = story("acme", &["--threads", threads]);
            let summary = karat::write::summary::read(&folder).unwrap();
            let listed: Vec<&str> = summary["outputs"]
                .as_array()
                .unwrap()
                .iter()
                .map(|output| output["file"].as_str().unwrap())
                .collect();
            ["records.parquet", "evidence.parquet"]
                .iter()
                .map(|name| {
                    assert!(listed.contains(name), "{listed:?}");
                    fs::read(folder.join(name)).unwrap()
                })
                .collect()
        })
        .collect();
    assert!(written[0] == written[1]);
}

#[test]
fn a_changed_byte_of_the_evidence_is_found() {
    let (out, folder) = story("acme", &[]);
    let path = folder.join("evidence.parquet");
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let folder = folder.display().to_string();
    let Ended { code, err, .. } = karat_in(out.path(), &["verify", &folder]);
    assert_eq!(code, 3);
    assert!(err.contains("evidence.parquet"), "{err}");
}

/// A plan in a folder of its own, with everything beside it.
fn copied(name: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("testdata/{name}"));
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            fs::copy(&path, folder.path().join(path.file_name().unwrap())).unwrap();
        }
    }
    folder
}

fn told(folder: &Path, args: &[&str]) -> String {
    let mut all = vec!["explain"];
    all.extend(args);
    let Ended { code, out, err } = karat_in(folder, &all);
    assert_eq!(code, 0, "{args:?}\n{err}");
    out
}

/// What the run keeps and what running the line again finds is the same story, to the bit.
#[test]
fn kept_evidence_is_what_the_line_finds_again() {
    let folder = copied("acme");
    let plan = folder.path().join("karat.toml");
    let text = fs::read_to_string(&plan).unwrap();
    let run = || {
        let Ended { code, err, .. } = karat_in(folder.path(), &["run", "karat.toml", "--quiet"]);
        assert_eq!(code, 0, "{err}");
    };
    run();
    let published = Run::open(&folder.path().join("out/latest")).unwrap();
    let pairs = published.pairs_where(|head| head.weight > -8.0).unwrap();
    let names: Vec<[String; 2]> = pairs
        .iter()
        .step_by(1 + pairs.len() / 6)
        .map(|pair| {
            let records = published.take(&[pair.left, pair.right]).unwrap();
            [records[0].name(), records[1].name()]
        })
        .collect();
    let stories = || -> Vec<String> {
        names
            .iter()
            .map(|[a, b]| told(folder.path(), &[a, b, "--json"]))
            .collect()
    };
    let kept = stories();
    let off = if text.contains("[output]") {
        text.replace("[output]", "[output]\nevidence = false")
    } else {
        format!("{text}\n[output]\nevidence = false\n")
    };
    fs::write(&plan, off).unwrap();
    run();
    assert!(!folder.path().join("out/latest/evidence.parquet").exists());
    let again = stories();
    assert!(!kept.is_empty());
    assert_eq!(kept, again);
}

/// What a person sees, on a terminal of 80 columns and a wide one.
#[test]
fn an_analyst_reads_it() {
    let folder = copied("acme");
    let Ended { code, err, .. } = karat_in(folder.path(), &["run", "karat.toml", "--quiet"]);
    assert_eq!(code, 0, "{err}");
    let golden = {
        let run = Run::open(&folder.path().join("out/latest")).unwrap();
        let rows = run.rows_of_id("40101").unwrap();
        run.take(&rows).unwrap()[0].golden_id.clone().unwrap()
    };
    let mut all = String::new();
    for args in [
        vec!["hubspot:40101", "salesforce:003Hs00001AbCdEIAV"],
        vec!["salesforce:003Hs00001AbCdHIAV", "B-1015"],
        vec!["badges:B-1015"],
        vec![&golden],
        vec!["40101", "--field", "given_name"],
        vec!["40101", "--field", "phone"],
    ] {
        all.push_str(&format!("$ karat explain {}\n", args.join(" ")));
        all.push_str(&told(folder.path(), &args));
        all.push('\n');
    }
    insta::assert_snapshot!("explained", all);
    // A wide terminal has the values in the rows.
    let wide = std::process::Command::new(assert_cmd::cargo::cargo_bin("karat"))
        .args(["explain", "hubspot:40101", "salesforce:003Hs00001AbCdEIAV"])
        .current_dir(folder.path())
        .env("COLUMNS", "120")
        .output()
        .unwrap();
    insta::assert_snapshot!("explained_wide", String::from_utf8(wide.stdout).unwrap());
    // Narrow lines stay inside.
    let longest = all
        .lines()
        .filter(|line| !line.starts_with('$'))
        .map(|line| line.chars().count())
        .max();
    assert!(longest <= Some(80), "{longest:?}\n{all}");
}

/// A pair whose verdict is not its weight's says whose it is.
#[test]
fn a_decision_is_told_with_its_why() {
    let folder = copied("acme");
    let plan = folder.path().join("karat.toml");
    let text = fs::read_to_string(&plan).unwrap();
    if !text.contains("decisions") {
        let with = text.replacen("[plan]", "[plan]\ndecisions = \"decisions.csv\"", 1);
        fs::write(&plan, with).unwrap();
    }
    fs::write(
        folder.path().join("decisions.csv"),
        "verdict,source_a,record_id_a,source_b,record_id_b,by,date,why\n\
         never,hubspot,40101,salesforce,003Hs00001AbCdEIAV,kim,2026-01-02,they are sisters\n",
    )
    .unwrap();
    let Ended { code, err, .. } = karat_in(folder.path(), &["run", "karat.toml", "--quiet"]);
    assert_eq!(code, 0, "{err}");
    let pair = ["hubspot:40101", "salesforce:003Hs00001AbCdEIAV"];
    let out = told(folder.path(), &pair);
    assert!(out.contains("Two golden records"), "{out}");
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("a decision says that they are two"), "{out}");
    assert!(words.contains("they are sisters."), "{out}");
    let json = told(folder.path(), &[pair[0], pair[1], "--json"]);
    let story: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(story["because"]["bound"], "never");
    assert_eq!(story["merged"], false);
}

/// The smallest change that is told does turn the verdict, and no smaller one does.
#[test]
fn what_would_have_turned_the_verdict_does() {
    use karat::explain::{pair_story, what_if};
    let (_out, folder) = story("household", &[]);
    let run = Run::open(&folder).unwrap();
    let limits = pair_story::limits(&run.summary);
    let mut turned = 0;
    for pair in run.pairs_where(|_| true).unwrap() {
        let turning = what_if::turning(&run.weigher, &pair, limits);
        let Some(change) = turning.verdict else {
            continue;
        };
        turned += 1;
        let above = f64::from(pair.probability) >= limits.threshold;
        assert_ne!(change.probability >= limits.threshold, above);
        assert!((change.weight - f64::from(pair.weight) - change.bits).abs() < 1e-3);
        if let Some(review) = turning.review {
            assert!(review.bits.abs() < change.bits.abs());
        }
    }
    assert!(turned > 0);
}

#[test]
fn what_nobody_is_called_is_told_with_the_nearest() {
    let (_out, folder) = story("acme", &[]);
    let run = folder.display().to_string();
    for (id, wanted) in [
        ("B-1oo1", "did you mean 'B-1001'?"),
        ("hubspt:40101", "did you mean 'hubspot'?"),
        ("hubspot:4010", "did you mean '40101'?"),
    ] {
        let Ended { code, err, .. } = karat_in(&folder, &["explain", id, "--run", &run]);
        assert_eq!(code, 2, "{err}");
        assert!(err.contains(wanted), "{err}");
    }
}

/// A record that was held out says why.
#[test]
fn a_held_record_says_why() {
    let (_out, folder) = story("torn", &[]);
    let run = Run::open(&folder).unwrap();
    let rows = run
        .rows_where("status", |status| status == "quarantined")
        .unwrap();
    let held = run.take(&rows).unwrap();
    assert!(!held.is_empty());
    let run = folder.display().to_string();
    let out = told(&folder, &[&held[0].name(), "--run", &run]);
    let (_, reason) = held[0].held.clone().unwrap();
    assert!(out.contains("Held out of the golden set"), "{out}");
    let start: String = reason.chars().take(20).collect();
    assert!(out.contains(&start), "{reason}\n{out}");
}
