//! A signal stops a run wherever it is, with the signal's exit code, and nothing is left
//! half-written.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use karat::contact::FailureKind;
use karat::plan::{self, Overrides};
use karat::rulebook::Rulebook;
use karat::watch::Watch;
use tempfile::TempDir;

/// Signals from the beginning of one stage on.
struct StopsAt {
    stage: &'static str,
    reached: AtomicBool,
}

impl Watch for StopsAt {
    fn stage(&self, name: &str, _total: u64) {
        if name == self.stage {
            self.reached.store(true, Ordering::Relaxed);
        }
    }

    fn tick(&self, _count: u64) {}

    fn signal(&self) -> Option<i32> {
        self.reached.load(Ordering::Relaxed).then_some(15)
    }
}

#[test]
fn a_signal_in_any_stage_publishes_nothing() {
    let story = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/household/karat.toml");
    let rulebook = Rulebook::builtin();
    for stage in [
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
        "write",
    ] {
        let out = TempDir::new().unwrap();
        let overrides = Overrides {
            out: Some(out.path().to_owned()),
            ..Overrides::default()
        };
        let plan = plan::load(&story, &overrides, &rulebook).unwrap().plan;
        let watch = StopsAt {
            stage,
            reached: AtomicBool::new(false),
        };
        let failure = karat::pipeline::run(&plan, &rulebook, &watch, false).expect_err(stage);
        assert_eq!(failure.kind, FailureKind::Interrupted(15), "{stage}");
        assert_eq!(files(out.path()), Vec::<PathBuf>::new(), "{stage}");
    }
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(&entry.path()));
        } else {
            found.push(entry.path());
        }
    }
    found
}

/// Everybody works for one company in one city, and the plan compares all of them: most
/// of a minute's work, nearly all of it comparing.
#[cfg(unix)]
#[test]
fn a_signal_during_a_long_linking_ends_the_process_with_its_code() {
    use std::process::{Command, Stdio};
    use std::time::Duration;

    let folder = TempDir::new().unwrap();
    let mut text = "Contact ID,First Name,Last Name,Email,Company,City\n".to_owned();
    for n in 0..6_000 {
        let (given, family) = (n * 7919 % 911, n * 7919 % 1301);
        let _ = writeln!(
            text,
            "{n},Na{given}ra,Fa{family}son,p{n}@firm.com,Firm Inc,Boston"
        );
    }
    fs::write(folder.path().join("a.csv"), text).unwrap();
    let plan = "[[source]]\nname = \"a\"\npath = \"a.csv\"\n\n[match]\npartners = 100000\nmax_block = 100000\n";
    fs::write(folder.path().join("karat.toml"), plan).unwrap();
    let mut run = Command::new(assert_cmd::cargo::cargo_bin("karat"))
        .args(["run", "karat.toml"])
        .current_dir(folder.path())
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    std::thread::sleep(Duration::from_secs(6));
    assert!(run.try_wait().unwrap().is_none(), "over before the signal");
    let kill = Command::new("kill")
        .args(["-TERM", &run.id().to_string()])
        .status()
        .unwrap();
    assert!(kill.success());
    let ended = run.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(143));
    let message = String::from_utf8(ended.stderr).unwrap();
    assert!(message.contains("nothing was published"), "{message}");
    let out = folder.path().join("out");
    assert!(!out.join("latest").exists());
    let left: Vec<PathBuf> = files(&out)
        .into_iter()
        .filter(|file| !file.ends_with(".lock"))
        .collect();
    assert_eq!(left, Vec::<PathBuf>::new());
    let again = super::command::karat_in(folder.path(), &["check", "karat.toml"]);
    assert_eq!(again.code, 0, "{}", again.err);
}
