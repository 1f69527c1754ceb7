//! What a run tells while it works: every stage by name, and a count that ends where it
//! said it would.

use std::path::Path;
use std::sync::Mutex;

use karat::plan::{self, Overrides};
use karat::rulebook::Rulebook;
use karat::watch::Watch;

/// Stages as told: name, total, ticks.
#[derive(Default)]
struct Told(Mutex<Vec<(String, u64, u64)>>);

impl Watch for Told {
    fn stage(&self, name: &str, total: u64) {
        self.0.lock().unwrap().push((name.to_owned(), total, 0));
    }

    fn tick(&self, count: u64) {
        if let Some(last) = self.0.lock().unwrap().last_mut() {
            last.2 += count;
        }
    }

    fn signal(&self) -> Option<i32> {
        None
    }
}

#[test]
fn every_stage_counts_to_its_end() {
    let out = tempfile::tempdir().unwrap();
    let plan = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/formats/karat.toml");
    let rulebook = Rulebook::builtin();
    let overrides = Overrides {
        out: Some(out.path().to_owned()),
        ..Overrides::default()
    };
    let plan = plan::load(&plan, &overrides, &rulebook).unwrap().plan;
    let told = Told::default();
    karat::pipeline::run(&plan, &rulebook, &told, false).unwrap();
    let told = told.0.into_inner().unwrap();
    let names: Vec<&str> = told.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "read",
            "map",
            "standardise",
            "validate",
            "block",
            "compare",
            "estimate",
            "cluster",
            "merge",
            "laws",
            "write"
        ]
    );
    for (name, total, ticks) in &told {
        assert!(*total > 0, "{name} tells no end");
        // Comparing ticks by the thousand.
        if name == "compare" {
            assert!(ticks >= total, "{name}");
        } else {
            assert_eq!(total, ticks, "{name}");
        }
    }
}
