//! What an undo wrote, and what the next run will do, in words and as JSON.

use std::path::Path;

use serde_json::{Value, json};

use super::Preview;
use super::case::Case;
use crate::cli::render::one_line;
use crate::diff::changes::Reason;
use crate::write::decisions::New;

/// All that is told.
pub(super) struct Told<'a> {
    pub file: &'a Path,
    pub first_line: usize,
    pub new: &'a [New],
    pub written: bool,
    pub cases: &'a [Case],
    pub preview: Option<&'a Preview>,
}

impl Told<'_> {
    pub fn text(&self) -> String {
        const LINES: usize = 20;
        let mut out = String::new();
        let file = self.file.display();
        out.push_str(&match (self.new.len(), self.written) {
            (0, _) => format!("{file}: all of it is decided already\n"),
            (1, true) => format!("{file}: 1 line added\n"),
            (count, true) => format!("{file}: {count} lines added\n"),
            (1, false) => format!("{file}: 1 line would be added\n"),
            (count, false) => format!("{file}: {count} lines would be added\n"),
        });
        for (line, new) in (self.first_line..).zip(self.new.iter().take(LINES)) {
            out.push_str(&format!(
                "  {line}: never {}, {}\n",
                one_line(&new.a.to_string()),
                one_line(&new.b.to_string())
            ));
        }
        if self.new.len() > LINES {
            out.push_str(&format!("  … and {} more\n", self.new.len() - LINES));
        }
        if let Some(preview) = self.preview {
            out.push_str(
                "\nThe next run will do this (the whole line was run without publishing: exact for the exports as they are now):\n",
            );
            for (case, ids) in self.cases.iter().zip(&preview.ids) {
                out.push_str(&format!("  {}\n", one_line(&case.golden_id)));
                for (id, records) in by_id(case, ids) {
                    let kept = if id == Some(case.golden_id.as_str()) {
                        " (keeps the id)"
                    } else {
                        ""
                    };
                    out.push_str(&format!(
                        "    -> {}{kept}: {}\n",
                        id.unwrap_or("held out or gone"),
                        records.join(", ")
                    ));
                }
            }
            if let Some(changes) = &preview.changes {
                let counts = &changes.counts;
                out.push_str(&format!(
                    "  over all: {} added, {} gone, {} merged, {} split, {} changed\n",
                    counts.added, counts.gone, counts.merged, counts.split, counts.changed
                ));
                for own in &changes.circumstances {
                    if own.reason == Reason::Model {
                        out.push_str(&format!("  {}\n", one_line(&own.what)));
                    }
                }
            }
        }
        if self.written && !self.new.is_empty() {
            let ids: Vec<&str> = self
                .cases
                .iter()
                .map(|case| case.golden_id.as_str())
                .collect();
            out.push_str(&format!(
                "\nTo take it back, delete {} from {file}: the records can come together again, as {}.\n",
                if self.new.len() == 1 { "the line" } else { "the lines" },
                ids.join(", ")
            ));
        }
        out
    }

    pub fn json(&self) -> Value {
        let cases: Vec<Value> = self
            .cases
            .iter()
            .enumerate()
            .map(|(at, case)| {
                let groups: Vec<Vec<String>> = case
                    .groups
                    .iter()
                    .map(|group| group.iter().map(|&r| case.records[r].to_string()).collect())
                    .collect();
                let next = self.preview.map(|preview| {
                    by_id(case, &preview.ids[at])
                        .into_iter()
                        .map(|(id, records)| json!({ "golden_id": id, "records": records }))
                        .collect::<Vec<Value>>()
                });
                json!({ "golden_id": case.golden_id, "apart": groups, "next_run": next })
            })
            .collect();
        let lines: Vec<Value> = (self.first_line..)
            .zip(self.new)
            .map(|(line, new)| {
                json!({
                    "line": line,
                    "verdict": new.verdict.name(),
                    "source_a": new.a.source,
                    "record_id_a": new.a.record_id,
                    "source_b": new.b.source,
                    "record_id_b": new.b.record_id,
                })
            })
            .collect();
        json!({
            "file": self.file.display().to_string(),
            "written": self.written,
            "lines": lines,
            "persons": cases,
            "changes": self.preview.and_then(|preview| preview.changes.as_ref()).map(|changes| &changes.counts),
        })
    }
}

/// The records by the golden id that they will have.
fn by_id<'a>(case: &'a Case, ids: &'a [Option<String>]) -> Vec<(Option<&'a str>, Vec<String>)> {
    let mut found: Vec<(Option<&str>, Vec<String>)> = Vec::new();
    for (name, id) in case.records.iter().zip(ids) {
        let id = id.as_deref();
        let name = one_line(&name.to_string());
        match found.iter_mut().find(|(known, _)| *known == id) {
            Some((_, records)) => records.push(name),
            None => found.push((id, vec![name])),
        }
    }
    found
}
