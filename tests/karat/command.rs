//! karat as its users run it: arguments in, exit code and both streams out.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

/// How a command ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub code: i32,
    pub out: String,
    pub err: String,
}

/// Runs karat in the repository's folder.
pub(crate) fn karat(args: &[&str]) -> Ended {
    karat_in(Path::new("."), args)
}

/// Runs karat in `folder`.
pub(crate) fn karat_in(folder: &Path, args: &[&str]) -> Ended {
    let output = Command::new(cargo_bin("karat"))
        .args(args)
        .current_dir(folder)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    Ended {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout).unwrap(),
        err: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Runs karat in `folder`, where it must end well.
pub(crate) fn ok(folder: &Path, args: &[&str]) -> Ended {
    let ended = karat_in(folder, args);
    assert_eq!(ended.code, 0, "{args:?}\n{}\n{}", ended.out, ended.err);
    ended
}

/// What it prints as JSON.
pub(crate) fn json(folder: &Path, args: &[&str]) -> Value {
    let ended = ok(folder, args);
    serde_json::from_str(&ended.out).unwrap_or_else(|error| panic!("{error}: {}", ended.out))
}

/// `source:record` → golden id, of the latest run in `folder`.
pub(crate) fn ids(folder: &Path) -> Vec<(String, String)> {
    let text = fs::read_to_string(folder.join("out/latest/xref.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    reader
        .records()
        .map(Result::unwrap)
        .map(|row| (format!("{}:{}", &row[0], &row[1]), row[2].to_owned()))
        .collect()
}

/// The golden id of a record, `source:record`, in the latest run in `folder`.
pub(crate) fn id_of(folder: &Path, record: &str) -> String {
    let all = ids(folder);
    let found = all.iter().find(|(name, _)| name == record);
    let (_, id) = found.unwrap_or_else(|| panic!("no {record} in {all:?}"));
    id.clone()
}
