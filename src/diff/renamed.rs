//! A source that is gone and whose records are all there under another name.
//!
//! In: the run before and the records of this one. Out: a warning for each source that
//! seems to have been renamed: every record of it is about to get a new golden id.

use hashbrown::HashMap;

use crate::contact::{Diagnostic, Place, Records};
use crate::plan::Plan;
use crate::write::{Previous, state};

/// Of the vanished source's records so many in ten must be there again, id and content.
const IN_TEN: usize = 8;

/// The warnings. Nothing is read unless one source vanished and another is new.
#[must_use]
pub fn warnings(
    previous: &Previous,
    records: &Records,
    fingerprints: &[i64],
    plan: &Plan,
) -> Vec<Diagnostic> {
    let (Some(folder), Some(xref)) = (&previous.folder, &previous.xref) else {
        return Vec::new();
    };
    let now: Vec<&str> = plan.sources.iter().map(|own| own.name.as_str()).collect();
    let mut before: Vec<&str> = (0..xref.rows()).map(|row| xref.key(row).0).collect();
    before.dedup();
    before.sort_unstable();
    before.dedup();
    let vanished: Vec<&str> = before
        .iter()
        .copied()
        .filter(|name| !now.contains(name))
        .collect();
    let mut fresh: Vec<&str> = now
        .iter()
        .copied()
        .filter(|name| !before.contains(name))
        .collect();
    fresh.sort_unstable();
    if vanished.is_empty() || fresh.is_empty() {
        return Vec::new();
    }
    let Ok(Some(then)) = state::read_fingerprints(folder) else {
        return Vec::new();
    };
    // Content by record id, of the new sources.
    let mut content: HashMap<(&str, &str), i64> = HashMap::new();
    for (row, print) in fingerprints.iter().enumerate() {
        let source = records.source(row).name.as_str();
        if fresh.contains(&source) {
            content.insert((source, records.id(row)), *print);
        }
    }
    let mut found = Vec::new();
    for old in vanished {
        let rows: Vec<usize> = (0..xref.rows().min(then.len()))
            .filter(|&row| xref.key(row).0 == old)
            .collect();
        let same = |new: &str| {
            rows.iter()
                .filter(|&&row| content.get(&(new, xref.key(row).1)) == Some(&then[row]))
                .count()
        };
        let best = fresh
            .iter()
            .map(|new| (same(new), *new))
            .max_by(|a, b| a.0.cmp(&b.0).then_with(|| b.1.cmp(a.1)));
        if let Some((same, new)) = best
            && same * 10 >= rows.len() * IN_TEN
            && same > 0
        {
            let run = previous.run.as_deref().unwrap_or("");
            found.push(
                Diagnostic::warning(
                    "source_renamed",
                    format!(
                        "the source {new} has {same} of the {} records of the source {old}, which is gone: for karat they are other records, and get other golden ids",
                        rows.len()
                    ),
                )
                .at(Place::file(folder.display().to_string()))
                .hint(format!(
                    "if {old} is called {new} now, write was = [\"{old}\"] under its [[source]]: records keep their ids, decisions and history"
                ))
                .hint(format!(
                    "where this run is published already, point `latest` back to {run} first: a golden id that was given stays given"
                )),
            );
        }
    }
    found
}
