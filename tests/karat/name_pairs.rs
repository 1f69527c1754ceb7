//! Pairs of names of persons, told apart by the name alone. Off unless asked for:
//!
//! ```sh
//! KARAT_NAME_PAIRS=FOLDER cargo test name_pairs -- --ignored --nocapture
//! ```
//! FOLDER has a `pairs.csv` of kind, name1, name2, is_match.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use karat::link::compare::names::NameComparer;
use karat::link::compare::{self, Compared};
use karat::link::kernel::em::Parameters;
use karat::link::model::MatchModel;
use karat::link::score::Scorer;
use karat::pipeline;
use karat::plan::{self, MatchPlan, Overrides};
use karat::rulebook::Rulebook;
use karat::watch::Silent;
use tempfile::TempDir;

#[test]
#[ignore = "needs a folder of labelled pairs in KARAT_NAME_PAIRS"]
fn name_pairs_are_told_apart() {
    let folder = std::env::var("KARAT_NAME_PAIRS").expect("KARAT_NAME_PAIRS names a folder");
    let mut pairs: Vec<(String, String, bool)> = Vec::new();
    let mut reader = csv::Reader::from_path(Path::new(&folder).join("pairs.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let (kind, left, right, label) = (at("kind"), at("name1"), at("name2"), at("is_match"));
    for row in reader.records() {
        let row = row.unwrap();
        if &row[kind] == "person" {
            pairs.push((
                row[left].to_owned(),
                row[right].to_owned(),
                &row[label] == "true",
            ));
        }
    }
    let weights = weights(&pairs);
    let (auc, f1) = scores(&weights);
    println!("{} pairs, AUC {auc:.3}, best F1 {f1:.3}", weights.len());
    assert!(auc > 0.72, "{auc}");
    assert!(f1 > 0.70, "{f1}");
}

/// (bits by the prior model, is one person) of each pair.
fn weights(pairs: &[(String, String, bool)]) -> Vec<(f32, bool)> {
    let mut text = "Id,Full Name\n".to_owned();
    for (at, (left, right, _)) in pairs.iter().enumerate() {
        for (side, name) in [left, right].into_iter().enumerate() {
            let name = name.replace('"', "\"\"");
            writeln!(text, "{},\"{name}\"", at * 2 + side).unwrap();
        }
    }
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("names.csv"), text).unwrap();
    fs::write(
        folder.path().join("karat.toml"),
        "[plan]\nname = \"names\"\n\n[[source]]\nname = \"names\"\npath = \"names.csv\"\nid = \"Id\"\n\n[output]\ndir = \"out\"\n",
    )
    .unwrap();
    let rulebook = Rulebook::builtin();
    let overrides = Overrides {
        out: None,
        as_of: None,
        country: None,
        threads: None,
    };
    let plan = plan::load(&folder.path().join("karat.toml"), &overrides, &rulebook)
        .expect("a plan")
        .plan;
    let prepared = pipeline::prepare(&plan, &rulebook, &Silent).expect("readable");
    let (_, linking) =
        pipeline::link_prepared(&prepared, &[], &plan, &rulebook, &Silent).expect("linked");
    let text = rulebook.file("matching.toml").expect("built in");
    let model = MatchModel::parse(text, &MatchPlan::default()).expect("the built-in model");
    let shares = [0.2; 5];
    let parameters = Parameters::from_priors(&model.specs, shares);
    let scorer = Scorer::new(model, parameters, std::iter::empty());
    let features = &linking.features;
    let mut names = NameComparer::small(features);
    // Rows of the records are sorted; the ids lead back to the pairs.
    let of_id: BTreeMap<usize, usize> = features
        .rows
        .iter()
        .enumerate()
        .map(|(at, &row)| (prepared.records.id(row as usize).parse().unwrap(), at))
        .collect();
    let dense = |id: usize| of_id.get(&id).copied();
    pairs
        .iter()
        .enumerate()
        .map(|(at, (_, _, label))| {
            let weight = match (dense(at * 2), dense(at * 2 + 1)) {
                (Some(a), Some(b)) => {
                    let (a, b) = (u32::try_from(a).unwrap(), u32::try_from(b).unwrap());
                    let pattern = compare::compare(features, a, b, &mut names).pattern;
                    scorer.weight(&Compared {
                        pattern,
                        ..Compared::default()
                    })
                }
                _ => -30.0,
            };
            (weight, *label)
        })
        .collect()
}

/// Area under the ROC curve (ties count half) and the best F1 of any threshold.
#[allow(clippy::cast_precision_loss)]
fn scores(weights: &[(f32, bool)]) -> (f64, f64) {
    let of = |label: bool| -> Vec<f32> {
        weights
            .iter()
            .filter(|w| w.1 == label)
            .map(|w| w.0)
            .collect()
    };
    let (matches, others) = (of(true), of(false));
    let mut above = 0.0;
    for m in &matches {
        for o in &others {
            above += match m.total_cmp(o) {
                std::cmp::Ordering::Greater => 1.0,
                std::cmp::Ordering::Equal => 0.5,
                std::cmp::Ordering::Less => 0.0,
            };
        }
    }
    let auc = above / (matches.len() * others.len()) as f64;
    let f1 = matches
        .iter()
        .map(|&threshold| {
            let found = |list: &[f32]| list.iter().filter(|w| **w >= threshold).count() as f64;
            let (right, wrong) = (found(&matches), found(&others));
            2.0 * right / (right + wrong + matches.len() as f64)
        })
        .fold(0.0, f64::max);
    (auc, f1)
}
