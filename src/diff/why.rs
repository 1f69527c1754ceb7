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
    /// What decisions taught the match model is another: what is to be said of it.
    pub taught: Option<String>,
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
        why.taught = taught(before, after);
        why.changed_sources = changed_sources(before, after);
        why.decided = decided(decisions);
        if !why.decided.is_empty() {
            let count = |how: &str| why.decided.iter().filter(|(_, own)| *own == how).count();
            why.circumstances.push(Circumstance {
                reason: Reason::Decision,
                what: format!(
                    "{} taken, {} taken back",
                    match count(TAKEN) {
                        1 => "1 decision".to_owned(),
                        taken => format!("{taken} decisions"),
                    },
                    count(TAKEN_BACK)
                ),
            });
        }
        why.circumstances
            .extend(why.taught.iter().map(|what| Circumstance {
                reason: Reason::Model,
                what: what.clone(),
            }));
        why
    }

    /// What stands for a change that only the plan or a rule explains; which of several
    /// it was nobody knows.
    #[must_use]
    pub fn rule(&self) -> Option<String> {
        const TOLD: usize = 3;
        let rules: Vec<&str> = self
            .circumstances
            .iter()
            .filter(|circumstance| circumstance.reason == Reason::Rule)
            .map(|circumstance| circumstance.what.as_str())
            .collect();
        let told = rules[..rules.len().min(TOLD)].join("; or ");
        match rules.len().saturating_sub(TOLD) {
            0 => (!rules.is_empty()).then_some(told),
            more => Some(format!("{told}; or one of {more} more")),
        }
    }

    /// Whether plan, rules or karat itself are others.
    #[must_use]
    pub fn has_rule(&self) -> bool {
        let mut reasons = self.circumstances.iter().map(|own| own.reason);
        reasons.any(|reason| reason == Reason::Rule)
    }

    /// What stands for a change that nothing explains.
    #[must_use]
    pub fn model(&self) -> String {
        let learned = self
            .taught
            .as_deref()
            .unwrap_or("learned from other records");
        match &self.day {
            Some((old, new)) => format!("{learned}, or the day of the run ({old} -> {new})"),
            None => learned.to_owned(),
        }
    }
}

/// What decisions taught the match model, where it is not what they taught before.
fn taught(before: &Value, after: &Value) -> Option<String> {
    let own = |summary: &Value| summary["model"]["taught_by_decisions"].clone();
    let (old, new) = (own(before), own(after));
    if old == new {
        return None;
    }
    let count = |taught: &Value| taught["decisions"].as_u64().unwrap_or(0);
    Some(match (count(&old), count(&new)) {
        (_, 0) => "decisions teach the match model no longer".to_owned(),
        (0, new) => format!("{new} decisions taught the match model, none before"),
        (old, new) => format!("{new} decisions taught the match model, {old} before"),
    })
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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_decisions_taught_is_no_secret() {
        let run = |decisions: Option<u64>| {
            let taught = decisions.map(|count| json!({ "decisions": count, "levels": [] }));
            json!({ "model": { "taught_by_decisions": taught } })
        };
        let why = |old, new| Why::of(&run(old), &run(new), [&[], &[]]);
        let first = why(None, Some(20));
        let words = "20 decisions taught the match model, none before";
        assert_eq!(first.model(), words);
        assert_eq!(
            (
                first.circumstances[0].reason,
                first.circumstances[0].what.as_str()
            ),
            (Reason::Model, words)
        );
        assert_eq!(
            why(Some(20), Some(27)).model(),
            "27 decisions taught the match model, 20 before"
        );
        assert_eq!(
            why(Some(20), None).model(),
            "decisions teach the match model no longer"
        );
        assert_eq!(
            why(Some(20), Some(20)).model(),
            "learned from other records"
        );
        // A run of before this was written down.
        assert_eq!(
            Why::of(&json!({}), &run(None), [&[], &[]]).model(),
            "learned from other records"
        );
    }

    #[test]
    fn of_several_rules_each_is_told() {
        let why = |count: usize| Why {
            circumstances: (0..count)
                .map(|at| Circumstance {
                    reason: Reason::Rule,
                    what: format!("rule {at}"),
                })
                .collect(),
            ..Why::default()
        };
        assert_eq!(why(0).rule(), None);
        assert_eq!(why(1).rule().as_deref(), Some("rule 0"));
        assert_eq!(why(2).rule().as_deref(), Some("rule 0; or rule 1"));
        assert_eq!(
            why(5).rule().as_deref(),
            Some("rule 0; or rule 1; or rule 2; or one of 2 more")
        );
    }
}
