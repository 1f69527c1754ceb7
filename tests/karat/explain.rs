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
    assert_eq!(code, 0, "{err}");
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
