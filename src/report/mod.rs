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
    match folder {
        Some(folder) => lines.push(format!("published: {}", folder.display())),
        None => lines.push("dry run: nothing was published".to_owned()),
    }
    lines.push(String::new());
    lines.join("\n")
}
