//! What is another between two runs outside the records: plan, rules, version, decisions.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::changes::{Circumstance, Reason};
use crate::write::state::Decided;

/// What could be a reason.
#[derive(Clone, Debug, Default)]
pub struct Why {
    pub circumstances: Vec<Circumstance>,
    /// Decisions that only one of the runs had, with what happened to them in words.
    pub decided: Vec<(Decided, &'static str)>,
    /// Sources of which a file is another: what is known of records without
    /// fingerprints.
    pub changed_sources: BTreeSet<String>,
    /// Another day of the run: some rules look at it.
    pub day: Option<(String, String)>,
}

impl Why {
    /// Compares the summaries and decisions of two runs.
    #[must_use]
    pub fn of(before: &Value, after: &Value, decisions: [&[Decided]; 2]) -> Self {
        let mut why = Self::default();
        let mut rule = |what: String| {
            why.circumstances.push(Circumstance {
                reason: Reason::Rule,
                what,
            });
        };
        for (name, path) in [
            ("karat's version", &["karat", "version"][..]),
            ("the built-in rules", &["rules", "builtin_blake3"]),
        ] {
            let (old, new) = (at(before, path), at(after, path));
            if old != new {
                rule(if path[0] == "karat" {
                    format!("{name}: {} -> {}", shown(old), shown(new))
                } else {
                    format!("{name} are others")
                });
            }
        }
        let own = |summary: &Value| -> BTreeMap<String, String> {
            summary["rules"]["own"]
                .as_array()
                .into_iter()
                .flatten()
                .map(|file| (text(&file["file"]), text(&file["blake3"])))
                .collect()
        };
        let (old, new) = (own(before), own(after));
        for name in old.keys().chain(new.keys()).collect::<BTreeSet<_>>() {
            match (old.get(name), new.get(name)) {
                (Some(a), Some(b)) if a != b => rule(format!("the rules in {name} changed")),
                (Some(_), None) => rule(format!("the rules in {name} are no longer used")),
                (None, Some(_)) => rule(format!("the rules in {name} are new")),
                _ => {}
            }
        }
        for what in plan(&before["plan"], &after["plan"]) {
            rule(what);
        }
        let day = |summary: &Value| text(&summary["plan"]["run_date"]);
        if day(before) != day(after) {
            why.day = Some((day(before), day(after)));
        }
        why.changed_sources = changed_sources(before, after);
        why.decided = decided(decisions);
        if !why.decided.is_empty() {
            let count = |how: &str| why.decided.iter().filter(|(_, own)| *own == how).count();
            why.circumstances.push(Circumstance {
                reason: Reason::Decision,
                what: format!(
                    "{} decisions taken, {} taken back",
                    count(TAKEN),
                    count(TAKEN_BACK)
                ),
            });
        }
        why
    }

    /// What stands for a change that only the plan or a rule explains.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        self.circumstances
            .iter()
            .find(|circumstance| circumstance.reason == Reason::Rule)
            .map(|circumstance| circumstance.what.as_str())
    }

    /// What stands for a change that nothing explains.
    #[must_use]
    pub fn model(&self) -> String {
        let learned = "learned from other records";
        match &self.day {
            Some((old, new)) => format!("{learned}, or the day of the run ({old} -> {new})"),
            None => learned.to_owned(),
        }
    }
}

const TAKEN: &str = "taken";
const TAKEN_BACK: &str = "taken back";

fn decided([before, after]: [&[Decided]; 2]) -> Vec<(Decided, &'static str)> {
    let set = |list: &[Decided]| -> BTreeSet<Decided> {
        // `a, b` and `b, a` are one decision.
        list.iter()
            .map(|(verdict, a, b)| {
                let (first, second) = if a <= b { (a, b) } else { (b, a) };
                (verdict.clone(), first.clone(), second.clone())
            })
            .collect()
    };
    let (before, after) = (set(before), set(after));
    let taken = after.difference(&before).map(|own| (own.clone(), TAKEN));
    let back = before
        .difference(&after)
        .map(|own| (own.clone(), TAKEN_BACK));
    taken.chain(back).collect()
}

/// What differs between the plans; where the files lie and which day it is are told
/// elsewhere.
fn plan(before: &Value, after: &Value) -> Vec<String> {
    const ELSEWHERE: [&str; 6] = ["name", "run_date", "decisions", "rules", "gate", "bounds"];
    let mut found = Vec::new();
    let keys = |a: &Value, b: &Value| -> BTreeSet<String> {
        [a, b]
            .into_iter()
            .filter_map(Value::as_object)
            .flat_map(|object| object.keys().cloned())
            .collect()
    };
    for key in keys(before, after) {
        let (old, new) = (&before[&key], &after[&key]);
        if old == new || ELSEWHERE.contains(&key.as_str()) || key == "output" {
            continue;
        }
        match key.as_str() {
            "sources" => found.extend(sources(old, new)),
            "matching" | "merge" => {
                let table = if key == "matching" { "match" } else { "merge" };
                if old.is_object() {
                    for own in keys(old, new) {
                        if old[&own] != new[&own] {
                            found.push(format!(
                                "[{table}] {own}: {} -> {}",
                                shown(Some(&old[&own])),
                                shown(Some(&new[&own]))
                            ));
                        }
                    }
                } else {
                    found.push(format!("[[{table}.field]] changed"));
                }
            }
            other => found.push(format!(
                "{other}: {} -> {}",
                shown(Some(old)),
                shown(Some(new))
            )),
        }
    }
    found
}

/// Of sources that both runs have: what else but the files changed.
fn sources(before: &Value, after: &Value) -> Vec<String> {
    let by_name = |plan: &Value| -> BTreeMap<String, Value> {
        plan.as_array()
            .into_iter()
            .flatten()
            .map(|source| (text(&source["name"]), source.clone()))
            .collect()
    };
    let (before, after) = (by_name(before), by_name(after));
    let mut found = Vec::new();
    for (name, old) in &before {
        let Some(new) = after.get(name) else { continue };
        for (key, value) in old.as_object().into_iter().flatten() {
            if !["path", "files"].contains(&key.as_str()) && *value != new[key] {
                found.push(format!("{key} of the source {name} changed"));
            }
        }
    }
    found
}

fn changed_sources(before: &Value, after: &Value) -> BTreeSet<String> {
    let hashes = |summary: &Value| -> BTreeMap<String, Vec<String>> {
        summary["sources"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|source| {
                let files = source["files"].as_array();
                let mut files: Vec<String> = files
                    .into_iter()
                    .flatten()
                    .map(|file| text(&file["blake3"]))
                    .collect();
                files.sort();
                (text(&source["name"]), files)
            })
            .collect()
    };
    let (before, after) = (hashes(before), hashes(after));
    before
        .keys()
        .chain(after.keys())
        .filter(|name| before.get(*name) != after.get(*name))
        .cloned()
        .collect()
}

fn at<'v>(value: &'v Value, path: &[&str]) -> Option<&'v Value> {
    path.iter().try_fold(value, |value, key| value.get(key))
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("").to_owned()
}

/// A value of a plan, short enough for a line.
fn shown(value: Option<&Value>) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        None | Some(Value::Null) => return "not set".to_owned(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    };
    if text.chars().count() > LONGEST {
        let cut: String = text.chars().take(LONGEST).collect();
        format!("{cut} …")
    } else {
        text
    }
}
