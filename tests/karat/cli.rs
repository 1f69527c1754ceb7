//! The command line's frame: help, exit codes, streams.

use std::fs;
use std::io::Read;
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::Value;

use super::command::karat;

#[test]
fn help_names_every_command_and_goes_to_stdout() {
    let ended = karat(&["--help"]);
    assert_eq!(ended.code, 0);
    assert_eq!(ended.err, "");
    for command in [
        "run",
        "check",
        "read",
        "init",
        "explain",
        "audit",
        "verify",
        "evaluate",
        "rules",
        "schema",
        "completions",
    ] {
        assert!(ended.out.contains(&format!("\n  {command} ")), "{command}");
        assert_eq!(karat(&[command, "--help"]).code, 0, "{command}");
    }
}

#[test]
fn a_mistyped_command_or_flag_gets_a_suggestion() {
    let ended = karat(&["rum", "plan.toml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("'run'"), "{}", ended.err);
    let ended = karat(&["run", "plan.toml", "--dryrun"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("'--dry-run'"), "{}", ended.err);
    assert_eq!(karat(&["run"]).code, 2);
    assert_eq!(karat(&["run", "x.csv", "--threads", "0"]).code, 2);
}

#[test]
fn completions_come_for_each_shell() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ended = karat(&["completions", shell]);
        assert_eq!(ended.code, 0, "{shell}");
        assert!(ended.out.contains("evaluate"), "{shell}");
    }
    assert_eq!(karat(&["completions", "tcsh"]).code, 2);
}

#[test]
fn the_schema_is_json() {
    let ended = karat(&["schema"]);
    assert_eq!(ended.code, 0);
    let schema: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(
        schema["properties"]["plan"]["properties"]["name"]["type"],
        "string"
    );
    assert_eq!(schema["additionalProperties"], false);
}

#[test]
fn a_wrong_plan_is_exit_2_and_a_missing_input_exit_3() {
    let ended = karat(&["run", "testdata/plans/invalid/unknown_key.toml"]);
    assert_eq!(ended.code, 2);
    assert_eq!(ended.out, "");
    assert!(
        ended.err.contains("did you mean 'country'?"),
        "{}",
        ended.err
    );
    let ended = karat(&["run", "testdata/plans/invalid/missing_file.toml"]);
    assert_eq!(ended.code, 3);
    assert!(
        ended.err.contains("did you mean '../exports/people.csv'?"),
        "{}",
        ended.err
    );
    let ended = karat(&["run", "testdata/plans/exports/peple.csv"]);
    assert_eq!(ended.code, 3);
    assert!(ended.err.contains("people.csv'?"), "{}", ended.err);
    let ended = karat(&["run", "testdata/plans/valid/minmal.toml"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("minimal.toml'?"), "{}", ended.err);
}

#[test]
fn flags_are_checked_like_the_plan() {
    let plan = "testdata/plans/valid/minimal.toml";
    let ended = karat(&["run", plan, "--country", "Germany", "--as-of", "yesterday"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended
            .err
            .contains("--country: 'Germany' is no country code"),
        "{}",
        ended.err
    );
    assert!(
        ended.err.contains("--as-of: 'yesterday' is no date"),
        "{}",
        ended.err
    );
    let ended = karat(&["run", plan, "a.csv"]);
    assert_eq!(ended.code, 2);
    let ended = karat(&["run", plan, "--engine", "ballista://x"]);
    assert_eq!(ended.code, 2);
    assert!(ended.err.contains("not in this version"), "{}", ended.err);
}

#[test]
fn a_failure_for_machines_is_json_on_stdout() {
    let ended = karat(&[
        "--json",
        "run",
        "testdata/plans/invalid/several_faults.toml",
    ]);
    assert_eq!(ended.code, 2);
    let value: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(value["exit_code"], 2);
    assert_eq!(value["diagnostics"].as_array().unwrap().len(), 5);
    assert_eq!(value["diagnostics"][0]["line"], 2);
}

#[test]
fn a_reader_that_goes_away_is_no_error_and_hides_none() {
    let closed = |args: &[&str]| {
        let mut child = Command::new(cargo_bin("karat"))
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let mut err = String::new();
        child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut err)
            .unwrap();
        (child.wait().unwrap().code(), err)
    };
    assert_eq!(closed(&["schema"]), (Some(0), String::new()));
    assert_eq!(closed(&["completions", "zsh"]), (Some(0), String::new()));
    assert_eq!(closed(&["--help"]).0, Some(0));
    let failed = closed(&["--json", "run", "testdata/plans/invalid/unknown_key.toml"]);
    assert_eq!(failed.0, Some(2));
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_behind_stdout_is_told() {
    let full = fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let output = Command::new(cargo_bin("karat"))
        .arg("schema")
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(74));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("the disk is full"), "{err}");
}

#[test]
fn colours_come_when_asked_for_only() {
    let plan = "testdata/plans/invalid/unknown_key.toml";
    assert!(!karat(&["run", plan]).err.contains('\u{1b}'));
    assert!(
        karat(&["--color=always", "run", plan])
            .err
            .contains('\u{1b}')
    );
    assert!(
        !karat(&["--color", "never", "run", plan])
            .err
            .contains('\u{1b}')
    );
    assert!(karat(&["--color", "always", "rnu"]).err.contains('\u{1b}'));
}

#[test]
fn one_run_at_a_time_in_an_output_folder() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let held = karat::cli::lock::Lock::take(&out).unwrap();
    let ended = karat(&[
        "run",
        "testdata/plans/valid/minimal.toml",
        "--out",
        out.to_str().unwrap(),
    ]);
    assert_eq!(ended.code, 5, "{}", ended.err);
    let holder = format!("process {} since ", std::process::id());
    assert!(ended.err.contains(&holder), "{}", ended.err);
    drop(held);
}

#[test]
fn an_output_folder_that_cannot_be_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    fs::write(&file, "").unwrap();
    let plan = "testdata/plans/valid/minimal.toml";
    let run = |out: &Path| karat(&["run", plan, "--out", out.to_str().unwrap()]);
    let ended = run(&file);
    assert_eq!(ended.code, 2, "{}", ended.err);
    assert!(ended.err.contains("is a file"), "{}", ended.err);
    let ended = run(&file.join("out"));
    assert_eq!(ended.code, 74, "{}", ended.err);
    assert!(ended.err.contains("could not be written"), "{}", ended.err);
}
