//! A finished run for people: in a few words, from its summary, and as a page.

mod alignment;
mod changes;
mod conflicts;
mod consents;
mod facts;
mod figures;
mod funnel;
mod gates;
mod groups;
mod meaning;
mod merges;
mod model;
mod overlap;
pub mod page;
mod partners;
mod quality;
mod rules;
pub mod sample;
mod survivorship;
#[cfg(test)]
mod tests;
mod trend;

use std::path::Path;

use serde_json::Value;

use crate::contact::diagnostic::shown;

/// The few lines that a person sees at the end of a run.
#[must_use]
pub fn text(summary: &Value, folder: Option<&Path>) -> String {
    let counts = &summary["counts"];
    let count = |key: &str| counts[key].as_u64().unwrap_or(0);
    let estimate = &summary["model"]["estimate"];
    let mut lines = vec![format!(
        "{} records -> {} golden records ({} held out, {} pairs to review, {} violations)",
        count("records"),
        count("golden_records"),
        count("quarantined"),
        count("review_pairs"),
        count("violations"),
    )];
    let told = |name: &str| {
        let interval = &estimate[format!("{name}_interval")];
        Some(format!(
            "{name} {:.3} ({:.3} to {:.3})",
            estimate[name].as_f64()?,
            interval[0].as_f64()?,
            interval[1].as_f64()?
        ))
    };
    if let (Some(precision), Some(recall)) = (told("precision"), told("recall")) {
        lines.push(format!(
            "estimated without labels, over pairs: {precision}, {recall}"
        ));
    }
    if let Some(changes) = changes(&summary["model"]["changed_by_plan"]) {
        lines.push(format!("the plan changes the match model: {changes}"));
    }
    let taken: Vec<String> = summary["model"]["columns"]
        .as_array()
        .into_iter()
        .flatten()
        .filter(|column| column["taken"].as_bool() == Some(true))
        .filter_map(|column| column["column"].as_str().map(shown))
        .collect();
    if !taken.is_empty() {
        lines.push(format!(
            "compared as well: {} (no field fits, but they say who is who; m and u in summary.json)",
            taken.join(", ")
        ));
    }
    lines.extend(bound(&summary["decisions"]));
    if let Some(taught) = taught(&summary["model"]["taught_by_decisions"]) {
        lines.push(taught);
    }
    lines.extend(corrected(&summary["patches"], folder.is_some()));
    match folder {
        Some(folder) => lines.push(format!("published: {}", folder.display())),
        None => lines.push("dry run: nothing was published".to_owned()),
    }
    lines.push(String::new());
    lines.join("\n")
}

/// How many records do not know of their person's opt-out, and where that is put right.
fn corrected(patches: &Value, written: bool) -> Option<String> {
    let sum = |key: &str| {
        let sources = patches.as_array().into_iter().flatten();
        sources
            .filter_map(|source| source[key].as_u64())
            .sum::<u64>()
    };
    let (files, by_hand) = (sum("records"), sum("by_hand"));
    if files + by_hand == 0 {
        return None;
    }
    let place = if written { ": patches/" } else { "" };
    Some(match (files, by_hand) {
        (files, 0) => format!("opted out, and not known in a system: {files} records{place}"),
        (files, by_hand) => format!(
            "opted out, and not known in a system: {} records, {by_hand} of them to be corrected by hand{place}",
            files + by_hand
        ),
    })
}

/// What the plan changed of the match model: the first few changes, and how many more.
fn changes(list: &Value) -> Option<String> {
    const SHOWN: usize = 4;
    let list = list.as_array().filter(|list| !list.is_empty())?;
    let words = |change: &Value| {
        ["of", "comparison", "candidate_key", "level", "key"]
            .iter()
            .filter_map(|key| change[*key].as_str())
            .filter(|word| !word.is_empty())
            .chain(["=", change["to"].as_str().unwrap_or("")])
            .collect::<Vec<_>>()
            .join(" ")
    };
    let mut text = list
        .iter()
        .take(SHOWN)
        .map(words)
        .collect::<Vec<_>>()
        .join(", ");
    if list.len() > SHOWN {
        text.push_str(&format!(" and {} more", list.len() - SHOWN));
    }
    Some(text)
}

/// What decisions bound: how many, and what became another person for them.
fn bound(decisions: &Value) -> Option<String> {
    let count = |key: &str| decisions[key].as_u64().unwrap_or(0);
    let (always, never, idle) = (count("always"), count("never"), count("idle"));
    if always + never + idle == 0 {
        return None;
    }
    let idle = match idle {
        0 => String::new(),
        1 => ", 1 waits for a record that is not here".to_owned(),
        more => format!(", {more} wait for records that are not here"),
    };
    Some(format!(
        "decisions: {always} always and {never} never bind{idle}; persons joined by them: {}, split: {}",
        count("joined"),
        count("split")
    ))
}

/// What decisions taught the match model: how many, and the largest changes.
fn taught(taught: &Value) -> Option<String> {
    const SHOWN: usize = 3;
    let levels = taught["levels"].as_array()?;
    let words = |level: &Value| {
        Some(format!(
            "{} {} {:.1} -> {:.1} bits",
            level["comparison"].as_str()?,
            level["level"].as_str()?,
            level["before"].as_f64()?,
            level["after"].as_f64()?
        ))
    };
    let shown: Vec<String> = levels.iter().take(SHOWN).filter_map(words).collect();
    let told = if shown.is_empty() {
        "they confirm its weights".to_owned()
    } else {
        shown.join(", ")
    };
    let all = levels.len();
    let more = if all > SHOWN {
        format!(" ({all} levels changed)")
    } else {
        String::new()
    };
    Some(format!(
        "{} decisions taught the match model: {told}{more}; pairs above the threshold: {} more, {} fewer",
        taught["decisions"].as_u64()?,
        taught["pairs_up"].as_u64()?,
        taught["pairs_down"].as_u64()?
    ))
}
