//! karat as its users run it: arguments in, exit code and both streams out.

use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;

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
