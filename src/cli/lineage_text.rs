//! Where old ids lead: for people, as CSV or as JSON.

use std::fmt::Write as _;

use super::audit_rows::Form;
use super::render::one_line;
use crate::audit::lineage::{Lineage, Step};
use crate::write::csv;

/// The text of the answers. CSV has a row for each record, or for each id of today
/// where only the register knows: the shape of an xref from old ids to new ones.
pub fn text(told: &[Lineage], form: Form) -> String {
    match form {
        Form::Json => {
            let mut text = serde_json::to_string_pretty(told).unwrap_or_default();
            text.push('\n');
            text
        }
        Form::Csv => lines(told),
        Form::Table => {
            let mut out = String::new();
            for lineage in told {
                words(&mut out, lineage);
            }
            out
        }
    }
}

fn lines(told: &[Lineage]) -> String {
    let mut rows: Vec<[&str; 4]> = Vec::new();
    for own in told {
        let old = own.id.as_str();
        for part in &own.today {
            let new = part.golden_id.as_str();
            for record in &part.records {
                rows.push([old, record, new, "in use"]);
            }
            if part.records.is_empty() {
                rows.push([old, "", new, "in use"]);
            }
        }
        for (list, word) in [(&own.held, "held out"), (&own.gone, "gone")] {
            for record in list {
                rows.push([old, record, "", word]);
            }
        }
        if own.today.is_empty() && own.held.is_empty() && own.gone.is_empty() {
            rows.push([old, "", "", "gone"]);
        }
    }
    let mut bytes = Vec::new();
    let header = ["old_id", "record", "golden_id", "status"];
    // Writing to memory does not fail.
    let _ = csv::write(&mut bytes, &header, rows.len(), true, |at, line| {
        for cell in rows[at] {
            line.cell(Some(cell).filter(|cell| !cell.is_empty()));
        }
    });
    String::from_utf8(bytes).unwrap_or_default()
}

fn words(out: &mut String, own: &Lineage) {
    let state = if own.in_use {
        "in use"
    } else {
        "no longer in use"
    };
    let _ = writeln!(out, "{}: {state} in run {}", one_line(&own.id), own.run);
    if let Some(run) = &own.from_run {
        let _ = writeln!(out, "  its records of run {run}:");
    }
    for part in &own.today {
        let same = if part.golden_id == own.id {
            " (the same id)"
        } else {
            ""
        };
        let records: Vec<String> = part.records.iter().map(|record| one_line(record)).collect();
        let _ = writeln!(
            out,
            "  -> {}{same}  {}",
            one_line(&part.golden_id),
            records.join(", ")
        );
    }
    for (list, word) in [(&own.held, "held out now"), (&own.gone, "gone")] {
        if !list.is_empty() {
            let records: Vec<String> = list.iter().map(|record| one_line(record)).collect();
            let _ = writeln!(out, "  {word}: {}", records.join(", "));
        }
    }
    if own.today.is_empty() {
        let _ = writeln!(out, "  nobody has it or its records now");
    }
    if !own.history.is_empty() {
        let _ = writeln!(out, "  what happened to it:");
        for step in &own.history {
            let _ = writeln!(out, "    {}", line(step));
        }
    }
}

fn line(step: &Step) -> String {
    let what = step.what.trim_start_matches("golden_id_");
    let mut text = format!("{}  {what}", step.run);
    match (&step.before, &step.after) {
        (Some(before), Some(after)) if before != after => {
            text.push_str(&format!("  {} -> {}", one_line(before), one_line(after)));
        }
        _ => {}
    }
    if let Some(record) = &step.record {
        text.push_str(&format!("  {}", one_line(record)));
    }
    if !step.reason.is_empty() {
        text.push_str(&format!("  ({})", one_line(&step.reason)));
    }
    text
}
