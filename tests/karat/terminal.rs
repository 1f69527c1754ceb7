//! `karat review --tui` in a real terminal: a pseudo-terminal of Python's, since the crates
//! that could open one would have polars compiled a second time for their features.
//! Skipped with a word where there is no Python.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use assert_cmd::cargo::cargo_bin;
use serde_json::{Value, json};

use crate::review::folder;

/// Runs karat in a terminal of `size` (columns, rows); none without a Python.
fn sit(folder: &Path, args: &[&str], env: Value, size: [u16; 2], steps: Value) -> Option<Value> {
    let mut command = vec![cargo_bin("karat").display().to_string()];
    command.extend(args.iter().map(ToString::to_string));
    let told = json!({
        "command": command, "folder": folder, "env": env, "size": size, "steps": steps,
    });
    let python = Command::new("python3")
        .arg("-B")
        .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/karat/terminal.py"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn();
    let Ok(mut python) = python else {
        eprintln!("no python3: the terminal is not tested");
        return None;
    };
    let mut stdin = python.stdin.take().unwrap();
    stdin.write_all(told.to_string().as_bytes()).unwrap();
    drop(stdin);
    let output = python.wait_with_output().unwrap();
    let ended: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(
        ended["missing"].is_null(),
        "never seen: {}\n{}",
        ended["missing"],
        ended["screens"]
            .as_array()
            .unwrap()
            .last()
            .unwrap()
            .as_str()
            .unwrap()
    );
    Some(ended)
}

fn screen(ended: &Value, at: usize) -> &str {
    ended["screens"][at].as_str().unwrap()
}

#[test]
fn answers_given_in_a_terminal_are_lines_of_the_decisions_file() {
    let folder = folder();
    let path = folder.path();
    let steps = json!([
        { "wait": "1 of " },
        { "keys": "n" },
        { "wait": "Enter keeps it" },
        { "keys": "one inbox, two names\r" },
        { "wait": "one inbox, two names" },
        { "keys": "s" },
        { "wait": "1 same, 0 different, 0 skipped" },
        { "keys": "d" },
        { "wait": "1 same, 1 different, 0 skipped" },
        { "keys": "k" },
        { "wait": "1 same, 1 different, 1 skipped" },
        { "keys": "d" },
        { "wait": "1 same, 2 different, 1 skipped" },
        { "keys": "u" },
        { "wait": "undone" },
        { "size": [44, 18] },
        { "wait": "1 same, 1 different" },
        { "keys": "?" },
        { "wait": "Any key closes this" },
        { "keys": " " },
        { "keys": "q" },
    ]);
    let args = ["review", "--tui", "--by", "ann"];
    let Some(ended) = sit(path, &args, json!({}), [100, 30], steps) else {
        return;
    };
    assert_eq!(ended["code"], 0, "{}", ended["after"]);
    // Both sides stand in the first question, hostile values as texts.
    let first = screen(&ended, 0);
    assert!(
        first.contains("Is it right?") || first.contains("Are they one?"),
        "{first}"
    );
    // Narrow: no line is wider than the terminal, and the question is still there.
    let narrow = screen(&ended, 16);
    assert!(
        narrow.lines().all(|line| line.chars().count() <= 44),
        "{narrow}"
    );
    assert!(
        narrow.contains("Is it right?") || narrow.contains("Are they one?"),
        "{narrow}"
    );
    // The cursor is seen again, then the answer.
    assert_eq!(
        ended["after"].as_str().unwrap().trim(),
        "\u{1b}[?25hdecisions.csv: 2 added"
    );
    assert_eq!(ended["sane"], true, "the terminal is given back");
    let decisions = fs::read_to_string(path.join("decisions.csv")).unwrap();
    let lines: Vec<&str> = decisions.lines().collect();
    assert_eq!(lines.len(), 3, "{decisions}");
    assert!(
        lines[1].starts_with("always,a,") && lines[1].contains(",ann,"),
        "{decisions}"
    );
    assert!(
        lines[1].ends_with(",\"one inbox, two names\""),
        "{decisions}"
    );
    assert!(lines[2].starts_with("never,a,"), "{decisions}");
    // The next run honours them.
    let ran = crate::command::karat_in(path, &["run", "karat.toml", "--quiet", "--json"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let summary: Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!(summary["decisions"]["always"], 1);
    assert_eq!(summary["decisions"]["never"], 1);
}

#[test]
fn a_terminal_without_colours_gets_none() {
    let folder = folder();
    let steps = json!([{ "wait": "1 of " }, { "keys": "q" }]);
    let colours = |env: Value| {
        let ended = sit(
            folder.path(),
            &["review", "--tui"],
            env,
            [100, 30],
            steps.clone(),
        )?;
        assert_eq!(ended["code"], 0, "{}", ended["after"]);
        let raw = ended["raw"].as_str().unwrap().to_owned();
        // Foreground 30 to 37, 90 to 97, or 38;…
        let coloured = raw.split('\u{1b}').any(|part| {
            part.strip_prefix('[')
                .and_then(|part| part.split_once('m'))
                .is_some_and(|(given, _)| {
                    given
                        .split(';')
                        .any(|n| matches!(n.parse(), Ok(30..=38 | 90..=97)))
                })
        });
        Some(coloured)
    };
    let Some(with) = colours(json!({})) else {
        return;
    };
    assert!(with, "a terminal gets colours");
    assert_eq!(colours(json!({ "NO_COLOR": "1" })), Some(false));
}

#[test]
fn a_signal_writes_the_answers_and_gives_the_terminal_back() {
    let folder = folder();
    let path = folder.path();
    let steps = json!([
        { "wait": "1 of " },
        { "keys": "d" },
        { "wait": "0 same, 1 different" },
        { "signal": 15 },
    ]);
    let Some(ended) = sit(path, &["review", "--tui"], json!({}), [80, 24], steps) else {
        return;
    };
    assert_eq!(ended["code"], 143, "{}", ended["after"]);
    assert_eq!(ended["sane"], true);
    let after = ended["after"].as_str().unwrap();
    assert!(
        after.contains("interrupted; the answers are written"),
        "{after}"
    );
    let decisions = fs::read_to_string(path.join("decisions.csv")).unwrap();
    assert_eq!(decisions.lines().count(), 2, "{decisions}");
}

/// A line of a few cells is no reason to break off.
#[test]
fn a_terminal_of_any_size_is_drawn_into() {
    let folder = folder();
    let steps = json!([
        { "wait": "of" },
        { "size": [8, 3] },
        { "size": [1, 1] },
        { "size": [200, 60] },
        { "wait": "0 same, 0 different, 0 skipped" },
        { "keys": "q" },
    ]);
    let Some(ended) = sit(
        folder.path(),
        &["review", "--tui"],
        json!({}),
        [30, 10],
        steps,
    ) else {
        return;
    };
    assert_eq!(ended["code"], 0, "{}", ended["raw"]);
}
