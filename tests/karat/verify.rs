//! `karat verify` of a run whose export was piped in.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use super::command::karat_in;

const PEOPLE: &str = "Id,First Name,Last Name,Email,Phone,Country\n1,ANN,LEE,ann.lee@northfield.org,415 555 2671,US\n2,Bob,Kane,bob.kane@harbour.org,+13125559046,\n6,Ann,Lee,Ann.Lee@northfield.org,+14155552671,United States\n";

/// A run over `a.csv` from standard input and `b.csv` from disk.
fn piped(folder: &Path, format: &str) {
    fs::write(folder.join("a.csv"), PEOPLE).unwrap();
    fs::write(folder.join("b.csv"), "Id,Email\n9,cy@harbour.org\n").unwrap();
    let plan = format!(
        "[[source]]\nname = \"a\"\npath = \"-\"\nid = \"Id\"\n\n[[source]]\nname = \"b\"\npath = \"b.csv\"\nid = \"Id\"\n\n[output]\nformat = {format}\n"
    );
    fs::write(folder.join("karat.toml"), plan).unwrap();
    let run = Command::new(assert_cmd::cargo::cargo_bin("karat"))
        .args(["run", "karat.toml"])
        .current_dir(folder)
        .stdin(Stdio::from(File::open(folder.join("a.csv")).unwrap()))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&run.stderr);
    assert_eq!(run.status.code(), Some(0), "{said}");
}

#[test]
fn what_a_pipe_brought_is_said_and_the_rest_is_checked() {
    for format in ["[\"csv\", \"parquet\"]", "\"parquet\""] {
        let folder = TempDir::new().unwrap();
        piped(folder.path(), format);
        let ended = karat_in(folder.path(), &["verify"]);
        assert_eq!(ended.code, 3, "{}", ended.err);
        for words in [
            "verified in part only: a came from standard input",
            "1 other inputs",
            "agree with the xref",
            "of the 3 golden records",
            "--input FILE",
        ] {
            assert!(ended.err.contains(words), "no {words}: {}", ended.err);
        }
        let whole = karat_in(folder.path(), &["verify", "--input", "a.csv"]);
        assert_eq!(whole.code, 0, "{}", whole.err);
        assert!(whole.out.contains("2 input"), "{}", whole.out);
        fs::write(
            folder.path().join("other.csv"),
            PEOPLE.replace("Kane", "Cane"),
        )
        .unwrap();
        let other = karat_in(folder.path(), &["verify", "--input", "other.csv"]);
        assert_eq!(other.code, 3);
        assert!(
            other.err.contains("not the one of the run"),
            "{}",
            other.err
        );
        fs::write(folder.path().join("b.csv"), "Id,Email\n9,cyd@harbour.org\n").unwrap();
        let changed = karat_in(folder.path(), &["verify"]);
        assert_eq!(changed.code, 3);
        assert!(changed.err.contains("b.csv"), "{}", changed.err);
    }
}

/// A golden value that somebody changed, hash and all, is not what the log says.
#[test]
fn a_forged_value_is_found_without_the_input() {
    let folder = TempDir::new().unwrap();
    piped(folder.path(), "\"csv\"");
    let latest = fs::canonicalize(folder.path().join("out/latest")).unwrap();
    let forge = |name: &str, from: &str, to: &str| {
        let path = latest.join(name);
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{name} has no {from}");
        let mut permissions = fs::metadata(&path).unwrap().permissions();
        #[allow(clippy::permissions_set_readonly_false)]
        permissions.set_readonly(false);
        fs::set_permissions(&path, permissions).unwrap();
        fs::write(&path, text.replace(from, to)).unwrap();
    };
    let hash = |name: &str| {
        let bytes = fs::read(latest.join(name)).unwrap();
        blake3::hash(&bytes).to_hex().to_string()
    };
    let before = hash("golden.csv");
    forge("golden.csv", "+14155552671", "+14155550000");
    forge("summary.json", &before, &hash("golden.csv"));
    let unsealed = karat_in(folder.path(), &["verify"]);
    assert_eq!(unsealed.code, 3, "{}", unsealed.err);
    assert!(unsealed.err.contains("seal.b3"), "{}", unsealed.err);
    // Whoever forges the seal as well is left with the log.
    let seal = fs::read_to_string(latest.join("seal.b3")).unwrap();
    let forged = karat::write::seal::text(&hash("summary.json"));
    forge("seal.b3", &seal, &forged);
    let ended = karat_in(folder.path(), &["verify"]);
    assert_eq!(ended.code, 70, "{}", ended.err);
    assert!(ended.err.contains("the log says"), "{}", ended.err);
}

#[test]
fn an_input_that_no_source_asks_for_is_a_wrong_use() {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("a.csv"), PEOPLE).unwrap();
    let run = karat_in(folder.path(), &["run", "a.csv", "--out", "out"]);
    assert_eq!(run.code, 0, "{}", run.err);
    let ended = karat_in(folder.path(), &["verify", "--input", "a.csv"]);
    assert_eq!(ended.code, 2);
    let whole = karat_in(folder.path(), &["verify"]);
    assert_eq!(whole.code, 0, "{}", whole.err);
}

/// Found in a real export: the largest text of a column was a long one, and no file could
/// be written.
#[test]
fn a_column_whose_largest_text_is_long_is_written_and_verified() {
    let folder = TempDir::new().unwrap();
    let folder = folder.path();
    let long = format!("zz {}", "top of the list ".repeat(12));
    fs::write(
        folder.join("a.csv"),
        format!("Id,Email,Notes\n1,ann@northfield.org,{long}\n2,bob@harbour.org,short\n3,cy@harbour.org,\n"),
    )
    .unwrap();
    fs::write(
        folder.join("karat.toml"),
        "[[source]]\nname = \"a\"\npath = \"a.csv\"\nid = \"Id\"\n\n[output]\nformat = [\"csv\", \"parquet\"]\n",
    )
    .unwrap();
    for args in [&["run", "karat.toml"][..], &["verify"]] {
        let ended = karat_in(folder, args);
        assert_eq!(ended.code, 0, "{}", ended.err);
    }
}
