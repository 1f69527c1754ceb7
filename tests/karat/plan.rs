//! Plans: every fault's message, the schema, and the way back to TOML.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use karat::cli::render;
use karat::contact::FailureKind;
use karat::plan::{self, Overrides, Plan};
use karat::rulebook::Rulebook;
use serde_json::Value;

fn plans(folder: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(Path::new("testdata/plans").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|end| end == "toml"))
        .collect();
    files.sort();
    assert!(!files.is_empty());
    files
}

fn load(path: &Path) -> Result<plan::Checked, karat::contact::Failure> {
    plan::load(path, &Overrides::default(), &Rulebook::builtin())
}

#[test]
fn each_fault_has_its_message() {
    let mut all = String::new();
    for path in plans("invalid") {
        let failure = load(&path).expect_err(&path.display().to_string());
        let input = [
            "missing_file",
            "missing_folder",
            "path_from_elsewhere",
            "pattern_without_match",
            "path_is_folder",
        ];
        let stem = path.file_stem().unwrap().to_str().unwrap();
        let kind = if input.contains(&stem) {
            FailureKind::Input
        } else {
            FailureKind::Usage
        };
        assert_eq!(failure.kind, kind, "{stem}");
        if stem != "several_faults" {
            assert_eq!(failure.diagnostics.len(), 1, "{stem}: {failure}");
        }
        all.push_str(&format!("== {stem}\n"));
        for diagnostic in &failure.diagnostics {
            all.push_str(&render::diagnostic(diagnostic, false));
            all.push('\n');
        }
    }
    insta::assert_snapshot!("invalid_plans", without_presets(&all));
}

/// Which presets there are is data, and no matter of these messages.
fn without_presets(text: &str) -> String {
    text.lines()
        .filter(|line| !line.contains("help: the presets are "))
        .map(|line| format!("{line}\n"))
        .collect()
}

#[test]
fn all_faults_are_told_at_once() {
    let failure = load(Path::new("testdata/plans/invalid/several_faults.toml")).unwrap_err();
    let codes: Vec<&str> = failure.diagnostics.iter().map(|one| one.code).collect();
    assert_eq!(
        codes,
        [
            "plan_unknown_key",
            "plan_unknown_country",
            "input_missing",
            "plan_out_of_range",
            "plan_review_order",
        ]
    );
}

#[test]
fn valid_plans_are_accepted_without_a_word() {
    for path in plans("valid") {
        let checked = load(&path).unwrap_or_else(|failure| panic!("{}: {failure}", path.display()));
        assert_eq!(checked.diagnostics, [], "{}", path.display());
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(400))]

    /// Whatever is typed over a plan, its faults can be found and drawn.
    #[test]
    fn a_mangled_plan_never_breaks_the_checker(
        at in 0.0..1.0_f64,
        length in 0_usize..30,
        typed in "[\\PC\n\"'\\[\\]{}=#.é漢\u{202e}]{0,8}",
    ) {
        let text = fs::read_to_string("testdata/plans/valid/full.toml").unwrap();
        let signs: Vec<char> = text.chars().collect();
        let start = (at * signs.len() as f64) as usize;
        let end = (start + length).min(signs.len());
        let mangled: String = signs[..start]
            .iter()
            .copied()
            .chain(typed.chars())
            .chain(signs[end..].iter().copied())
            .collect();
        let base = Path::new("testdata/plans/valid");
        let overrides = Overrides::default();
        let diagnostics =
            match plan::parse(&mangled, "p.toml", "p", base, &overrides, &Rulebook::builtin()) {
                Ok(checked) => checked.diagnostics,
                Err(failure) => {
                    assert!(!failure.diagnostics.is_empty());
                    failure.diagnostics
                }
            };
        for diagnostic in &diagnostics {
            let drawn = render::diagnostic(diagnostic, false);
            assert!(!drawn.contains('\u{202e}'), "{drawn}");
        }
    }
}

#[test]
fn the_full_plan_reaches_the_stages() {
    let plan = load(Path::new("testdata/plans/valid/full.toml"))
        .unwrap()
        .plan;
    assert_eq!(plan.run_date, "2026-11-24");
    assert_eq!(plan.country.as_deref(), Some("BG"));
    let people = &plan.sources[0];
    assert_eq!(people.map["other_emails"], ["Mail 2", "Mail 3"]);
    assert_eq!(people.reading.delimiter, Some(','));
    assert_eq!(people.reading.encoding.as_deref(), Some("UTF-8"));
    assert_eq!(
        people.files,
        [Path::new("testdata/plans/valid/../exports/people.csv")]
    );
    assert_eq!(plan.matching.review, (0.2, 0.9));
    assert_eq!(plan.gate.soft, ["max_merge_share"]);
    assert_eq!(plan.bounds.max_columns, 100);
    assert!(!plan.output.guard_formulas);
    assert!(!plan.output.evidence);
}

/// Keys of a table of the schema, lists of tables looked through.
fn schema_keys(schema: &Value, path: &str, keys: &mut BTreeSet<String>) {
    let schema = schema.get("items").unwrap_or(schema);
    for (key, inner) in schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flatten()
    {
        let path = format!("{path}.{key}");
        schema_keys(inner, &path, keys);
        keys.insert(path);
    }
}

/// Keys that a plan uses; those of `map` and `constants` are fields.
fn used_keys(value: &toml::Value, path: &str, keys: &mut BTreeSet<String>) {
    match value {
        toml::Value::Table(table) if !path.ends_with(".map") && !path.ends_with(".constants") => {
            for (key, inner) in table {
                let path = format!("{path}.{key}");
                used_keys(inner, &path, keys);
                keys.insert(path);
            }
        }
        toml::Value::Array(list) => list.iter().for_each(|item| used_keys(item, path, keys)),
        _ => {}
    }
}

#[test]
fn the_schema_knows_exactly_the_keys_that_the_checker_takes() {
    let mut schema = BTreeSet::new();
    schema_keys(&plan::schema(), "", &mut schema);
    let mut used = BTreeSet::new();
    let text = fs::read_to_string("testdata/plans/valid/full.toml").unwrap();
    used_keys(&toml::Value::Table(text.parse().unwrap()), "", &mut used);
    // `system` needs a preset by name, which is data.
    used.insert(".source.system".to_owned());
    assert_eq!(schema, used);
}

#[test]
fn every_key_of_the_schema_is_described() {
    fn walk(schema: &Value, path: &str) {
        let schema = schema.get("items").unwrap_or(schema);
        for (key, inner) in schema
            .get("properties")
            .and_then(Value::as_object)
            .into_iter()
            .flatten()
        {
            let path = format!("{path}.{key}");
            assert!(inner.get("description").is_some(), "{path}");
            walk(inner, &path);
        }
    }
    let schema = plan::schema();
    walk(&schema, "");
    assert!(!schema.to_string().contains("null"), "TOML has no null");
}

#[test]
fn a_plan_survives_the_way_to_toml_and_back() {
    for path in plans("valid") {
        let first = load(&path).unwrap().plan;
        let text = plan::to_toml(&first);
        let base = path.parent().unwrap();
        let overrides = Overrides::default();
        let second = plan::parse(&text, "x", "x", base, &overrides, &Rulebook::builtin())
            .unwrap_or_else(|failure| panic!("{failure}\n{text}"))
            .plan;
        assert_eq!(debug(&first), debug(&second), "{text}");
    }
}

/// All of a plan; paths may differ in spelling only.
fn debug(plan: &Plan) -> String {
    format!("{plan:#?}")
}

#[test]
fn files_alone_make_a_plan() {
    let inputs = [
        PathBuf::from("testdata/plans/exports/people.csv"),
        PathBuf::from("testdata/plans/exports/more.csv"),
    ];
    let overrides = Overrides {
        as_of: Some("2026-11-24".to_owned()),
        out: Some(PathBuf::from("elsewhere")),
        country: Some("de".to_owned()),
        threads: Some(2),
    };
    let plan = plan::draft(&inputs, &overrides, &Rulebook::builtin())
        .unwrap()
        .plan;
    insta::assert_snapshot!(plan::to_toml(&plan), @r#"
    [plan]
    name = "karat"
    country = "DE"
    run_date = "2026-11-24"

    [[source]]
    name = "people"
    path = "testdata/plans/exports/people.csv"

    [[source]]
    name = "more"
    path = "testdata/plans/exports/more.csv"

    [match]
    threshold = 0.5
    review = [0.3, 0.95]

    [output]
    dir = "elsewhere"
    format = ["csv", "parquet"]
    "#);
}
