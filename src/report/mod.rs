//! A finished run in words, from its summary.

use std::path::Path;

use serde_json::Value;

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
    if let (Some(precision), Some(recall)) =
        (estimate["precision"].as_f64(), estimate["recall"].as_f64())
    {
        lines.push(format!("estimated precision {precision:.3}, recall {recall:.3} (of merged pairs, without labels)"));
    }
    if let Some(changes) = changes(&summary["model"]["changed_by_plan"]) {
        lines.push(format!("the plan changes the match model: {changes}"));
    }
    match folder {
        Some(folder) => lines.push(format!("published: {}", folder.display())),
        None => lines.push("dry run: nothing was published".to_owned()),
    }
    lines.push(String::new());
    lines.join("\n")
}

/// What the plan changed of the match model: the first few changes, and how many more.
fn changes(list: &Value) -> Option<String> {
    const SHOWN: usize = 4;
    let list = list.as_array().filter(|list| !list.is_empty())?;
    let words = |change: &Value| {
        ["comparison", "level", "key"]
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
