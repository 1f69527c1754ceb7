//! Pairs of names: the level that they come out at, and, if asked for, how well the
//! name alone tells labelled pairs of persons apart:
//!
//! ```sh
//! KARAT_NAME_PAIRS=FOLDER cargo test name_pairs -- --ignored --nocapture
//! ```
//! FOLDER has a `pairs.csv` of kind, name1, name2, is_match.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use karat::link::Keep;
use karat::link::compare::names::NameComparer;
use karat::link::compare::{self, Compared, Comparison, Pattern};
use karat::link::kernel::em::Parameters;
use karat::link::model::MatchModel;
use karat::link::score::Scorer;
use karat::pipeline;
use karat::plan::{self, MatchPlan, Overrides};
use karat::rulebook::Rulebook;
use karat::watch::Silent;
use tempfile::TempDir;

/// The patterns of the records 0 and 1, 2 and 3 … of a CSV without ids; `None` where
/// one of them is held out.
fn patterns(header: &str, rows: &[String]) -> Vec<Option<Pattern>> {
    let mut text = format!("Id,{header}\n");
    for (at, row) in rows.iter().enumerate() {
        writeln!(text, "{at},{row}").unwrap();
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
    let prepared = pipeline::prepare(&plan, &rulebook, karat::contact::Events::deaf(), &Silent)
        .expect("readable");
    let (_, linking) =
        pipeline::link_prepared(&prepared, &[], &plan, &rulebook, Keep::All, &Silent)
            .expect("linked");
    let features = &linking.features;
    let mut names = NameComparer::small(features);
    // Rows of the records are sorted; the ids lead back.
    let of_id: BTreeMap<usize, u32> = features
        .rows
        .iter()
        .zip(0u32..)
        .map(|(&row, at)| (prepared.records.id(row as usize).parse().unwrap(), at))
        .collect();
    (0..rows.len() / 2)
        .map(|pair| {
            let (a, b) = (of_id.get(&(pair * 2))?, of_id.get(&(pair * 2 + 1))?);
            Some(compare::compare(features, *a, *b, &mut names).pattern)
        })
        .collect()
}

fn model() -> MatchModel {
    let rulebook = Rulebook::builtin();
    let text = rulebook.file("matching.toml").expect("built in");
    MatchModel::parse(text, &MatchPlan::default()).expect("the built-in model")
}

/// Level names of given and family name, "-" where one is missing.
fn levels(pattern: Pattern) -> [String; 2] {
    let model = model();
    [Comparison::Given, Comparison::Family].map(|comparison| {
        match usize::from(pattern.level(comparison)) {
            0 => "-".to_owned(),
            level => model.level_names[comparison as usize][level - 1].clone(),
        }
    })
}

#[test]
fn names_come_out_at_their_levels() {
    // Two records each as given, family, email; then the levels.
    let cases = [
        (
            ["花子,田中,", "Hanako,Tanaka,"],
            ["other script, same", "other script, same"],
        ),
        (
            ["静,陈,", "Jing,Chan,"],
            ["other script, same", "other script, same"],
        ),
        (
            ["영재,김,", "Young Jae,Kim,"],
            ["other script, sound", "other script, same"],
        ),
        (
            ["سعید,محمدی,", "Saeid,Mohammadi,"],
            ["other script, same", "other script, sound"],
        ),
        (
            ["บุญมี,ชัยพร,", "Boonmee,Chaiyaphon,"],
            ["other script, same", "other script, sound"],
        ),
        (
            ["Γεωργία,Ιωαννίδου,", "Georgia,Petridou,"],
            ["other script, same", "other script, different"],
        ),
        // The worst word decides.
        (
            ["Sherif Anwar,Haddad,", "Sherif Mounir,Haddad,"],
            ["different", "same"],
        ),
        // All words of the shorter name are in the longer one, across the halves.
        (
            ["Jamal,Sultan,", "Jamal Mustafa,Rashid Sultan Omar,"],
            ["part", "part"],
        ),
        (
            ["Jamal Sultan,Rashid,", "Jamal Mustafa,Sultan Rashid,"],
            ["part", "part"],
        ),
        // What a mailbox tells of a half that is missing.
        (
            [",Ogawa,togawa@northfield.org", "Taro,Ogawa,"],
            ["initial", "same"],
        ),
        (
            [",Ruiz,garrett.ruiz@northfield.org", "Garret,Ruiz,"],
            ["sound", "same"],
        ),
        (["Thanh Vân,Phan,", "Thanh,Phan,"], ["part", "same"]),
    ];
    let rows: Vec<String> = cases
        .iter()
        .flat_map(|(pair, _)| pair.map(str::to_owned))
        .collect();
    let found = patterns("First Name,Last Name,Email", &rows);
    let found: Vec<_> = cases
        .iter()
        .zip(found)
        .map(|((pair, _), pattern)| (pair, levels(pattern.expect("both linked"))))
        .collect();
    let expected: Vec<_> = cases
        .iter()
        .map(|(pair, levels)| (pair, levels.map(str::to_owned)))
        .collect();
    assert_eq!(found, expected);
}

#[test]
fn aliases_and_readings_are_learned_from_shared_mailboxes() {
    let rows = [
        // Seen: two people under both names.
        "Zebedee,Moss,zeb.moss@gmail.com",
        "Bedo,Moss,zeb.moss@gmail.com",
        "Zebedee,Vale,z.vale@gmail.com",
        "Bedo,Vale,z.vale@gmail.com",
        // One person in two scripts.
        "晃一郎,田中,tanaka81@gmail.com",
        "Akiichiro,Tanaka,tanaka81@gmail.com",
        // Asked for.
        "Zebedee,Reed,",
        "Bedo,Reed,",
        "晃一郎,佐藤,akiichiro.sato@northfield.org",
        "Akiichiro,Sato,",
    ];
    let rows: Vec<String> = rows.iter().map(|row| (*row).to_owned()).collect();
    let found = patterns("First Name,Last Name,Email", &rows);
    let of = |at: usize| levels(found[at].expect("both linked"));
    assert_eq!(of(3), ["learned alias", "same"]);
    assert_eq!(of(4), ["other script, sound", "other script, same"]);
}

#[test]
#[ignore = "needs a folder of labelled pairs in KARAT_NAME_PAIRS"]
fn labelled_pairs_are_told_apart() {
    let folder = std::env::var("KARAT_NAME_PAIRS").expect("KARAT_NAME_PAIRS names a folder");
    let mut reader = csv::Reader::from_path(Path::new(&folder).join("pairs.csv")).unwrap();
    let headers = reader.headers().unwrap().clone();
    let at = |name: &str| headers.iter().position(|h| h == name).unwrap();
    let (kind, label) = (at("kind"), at("is_match"));
    let sides = [at("name1"), at("name2")];
    let mut rows: Vec<String> = Vec::new();
    let mut labels: Vec<bool> = Vec::new();
    for row in reader.records() {
        let row = row.unwrap();
        if &row[kind] == "person" {
            rows.extend(sides.map(|side| format!("\"{}\"", row[side].replace('"', "\"\""))));
            labels.push(&row[label] == "true");
        }
    }
    let model = model();
    let parameters = Parameters::from_priors(&model.specs, [0.2; 5]);
    let scorer = Scorer::new(model, parameters, std::iter::empty());
    let weights: Vec<(f32, bool)> = patterns("Full Name", &rows)
        .into_iter()
        .zip(labels)
        .map(|(pattern, label)| {
            let weight = pattern.map_or(f32::MIN, |pattern| {
                scorer.weight(&Compared {
                    pattern,
                    ..Compared::default()
                })
            });
            (weight, label)
        })
        .collect();
    let (auc, f1) = scores(&weights);
    println!("{} pairs, AUC {auc:.3}, best F1 {f1:.3}", weights.len());
    assert!(auc > 0.83, "{auc}");
    assert!(f1 > 0.80, "{f1}");
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
