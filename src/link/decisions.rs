//! A team's decisions: `never` and `always`, one a line, and systems' own merge histories.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, Records, Table};

/// What a person decided of two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Never,
    Always,
}

impl Verdict {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Always => "always",
        }
    }
}

/// A decision as written: `decision,left,right,who,when,why`, a record being `source:record_id`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub verdict: Verdict,
    pub left: (String, String),
    pub right: (String, String),
    pub why: String,
    /// Line of the file, from 1.
    pub line: u32,
}

/// A decision whose records are in this run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applied {
    pub verdict: Verdict,
    pub left: u32,
    pub right: u32,
    pub why: String,
    /// Said by a person, in the decisions file; not by a system's history.
    pub by_person: bool,
}

/// Reads a decisions file.
///
/// # Errors
/// Every line that cannot be a decision, with its place.
pub fn parse(file: &str, text: &str) -> Result<Vec<Decision>, Vec<Diagnostic>> {
    let whole: Arc<str> = text.into();
    let mut decisions = Vec::new();
    let mut faults = Vec::new();
    let mut reader = csv::ReaderBuilder::new()
        .flexible(true)
        .has_headers(false)
        .comment(Some(b'#'))
        .from_reader(text.as_bytes());
    for record in reader.records() {
        let Ok(record) = record else { continue };
        let start = record
            .position()
            .map_or(0, |p| usize::try_from(p.byte()).unwrap_or(0));
        let skipped = text.get(start..).map_or(0, |rest| {
            rest.len() - rest.trim_start_matches(['\r', '\n']).len()
        });
        let start = start + skipped;
        let end = text
            .get(start..)
            .and_then(|rest| rest.find('\n'))
            .map_or(text.len(), |at| start + at);
        let place = crate::contact::Place::span(file, &whole, start, end);
        let cell = |at: usize| record.get(at).unwrap_or("").trim();
        let verdict = match cell(0).to_lowercase().as_str() {
            "" => continue,
            "decision" => continue,
            "never" => Verdict::Never,
            "always" => Verdict::Always,
            other => {
                let mut fault = Diagnostic::error(
                    "decision_unknown",
                    format!("{} is no decision", shown(other)),
                )
                .at(place);
                fault.hints.push(match nearest(other, ["never", "always"]) {
                    Some(name) => format!("did you mean '{name}'?"),
                    None => "a line begins with 'never' or 'always'".into(),
                });
                faults.push(fault);
                continue;
            }
        };
        let (Some(left), Some(right)) = (cell(1).split_once(':'), cell(2).split_once(':')) else {
            faults.push(
                Diagnostic::error("decision_record", "a decision names two records")
                    .at(place)
                    .hint("write never,SOURCE:RECORD_ID,SOURCE:RECORD_ID,who,when,why"),
            );
            continue;
        };
        let owned = |(source, id): (&str, &str)| (source.trim().to_owned(), id.trim().to_owned());
        decisions.push(Decision {
            verdict,
            left: owned(left),
            right: owned(right),
            why: cell(5).to_owned(),
            line: place.line,
        });
    }
    if faults.is_empty() {
        Ok(decisions)
    } else {
        Err(faults)
    }
}

/// Finds the decisions' records; one that is not in this run is told and left alone.
#[must_use]
pub fn apply(
    decisions: &[Decision],
    records: &Records,
    table: &Table,
) -> (Vec<Applied>, Vec<Diagnostic>) {
    let mut wanted: BTreeMap<(&str, &str), Option<u32>> = BTreeMap::new();
    for decision in decisions {
        for (source, id) in [&decision.left, &decision.right] {
            wanted.insert((source, id), None);
        }
    }
    let merged = table.column("merged_ids");
    if !wanted.is_empty() {
        for row in 0..records.rows() {
            if let Some(found) =
                wanted.get_mut(&(records.source(row).name.as_str(), records.id(row)))
            {
                *found = u32::try_from(row).ok();
            }
        }
    }
    let mut applied = Vec::new();
    let mut diagnostics = Vec::new();
    for decision in decisions {
        let find = |(source, id): &(String, String)| {
            wanted
                .get(&(source.as_str(), id.as_str()))
                .copied()
                .flatten()
        };
        match (find(&decision.left), find(&decision.right)) {
            (Some(left), Some(right)) if left != right => applied.push(Applied {
                verdict: decision.verdict,
                left: left.min(right),
                right: left.max(right),
                why: decision.why.clone(),
                by_person: true,
            }),
            (Some(_), Some(_)) => diagnostics.push(Diagnostic::warning(
                "decision_self",
                format!(
                    "the decision of line {} names one record twice",
                    decision.line
                ),
            )),
            _ => diagnostics.push(idle(decision, records)),
        }
    }
    if let Some(merged) = merged {
        applied.extend(histories(records, merged));
    }
    applied.sort();
    applied.dedup();
    diagnostics.extend(contradictions(&applied, records));
    (applied, diagnostics)
}

/// A decision about a record that is not there: a gone record is a note, an unknown
/// source a warning, since it is a slip of the pen.
fn idle(decision: &Decision, records: &Records) -> Diagnostic {
    let names: Vec<&str> = records.sources.iter().map(|s| s.name.as_str()).collect();
    let unknown = [&decision.left.0, &decision.right.0]
        .into_iter()
        .find(|source| !names.contains(&source.as_str()));
    let Some(source) = unknown else {
        return Diagnostic::info(
            "decision_idle",
            format!(
                "the decision of line {} names a record that is not in this run",
                decision.line
            ),
        );
    };
    let told = Diagnostic::warning(
        "decision_source",
        format!(
            "the decision of line {} names the source {}, which the plan does not have",
            decision.line,
            shown(source)
        ),
    );
    match nearest(source, names) {
        Some(name) => told.hint(format!("did you mean '{name}'?")),
        None => told,
    }
}

/// A `never` between records that `always` ties together: the `never` holds, and a
/// person must say which is meant.
fn contradictions(applied: &[Applied], records: &Records) -> Vec<Diagnostic> {
    let mut up: BTreeMap<u32, u32> = BTreeMap::new();
    fn root(up: &BTreeMap<u32, u32>, mut at: u32) -> u32 {
        while let Some(&next) = up.get(&at) {
            at = next;
        }
        at
    }
    for tie in applied.iter().filter(|a| a.verdict == Verdict::Always) {
        let (a, b) = (root(&up, tie.left), root(&up, tie.right));
        if a != b {
            up.insert(a.max(b), a.min(b));
        }
    }
    let name = |row: u32| {
        format!(
            "{}:{}",
            records.source(row as usize).name,
            records.id(row as usize)
        )
    };
    applied
        .iter()
        .filter(|a| a.verdict == Verdict::Never && root(&up, a.left) == root(&up, a.right))
        .map(|a| {
            Diagnostic::warning(
                "decision_contradiction",
                format!(
                    "'never' and 'always' contradict each other for {} and {}: the 'never' holds",
                    shown(&name(a.left)),
                    shown(&name(a.right))
                ),
            )
            .hint("take one of the decisions out")
        })
        .collect()
}

/// A system's list of merged ids is an `always` with the records that still carry them.
fn histories(records: &Records, merged: &crate::contact::Text) -> Vec<Applied> {
    let mut by_id: BTreeMap<(u16, &str), u32> = BTreeMap::new();
    if merged.filled() > 0 {
        for row in 0..records.rows() {
            by_id.insert(
                (records.origin[row].source, records.id(row)),
                u32::try_from(row).unwrap_or(u32::MAX),
            );
        }
    }
    let mut applied = Vec::new();
    for (row, ids) in merged.iter().enumerate() {
        for id in ids
            .unwrap_or("")
            .split(';')
            .map(str::trim)
            .filter(|id| !id.is_empty())
        {
            let own = u32::try_from(row).unwrap_or(u32::MAX);
            let other = by_id.get(&(records.origin[row].source, id)).copied();
            if let Some(other) = other.filter(|&other| other != own) {
                applied.push(Applied {
                    verdict: Verdict::Always,
                    left: own.min(other),
                    right: own.max(other),
                    why: "the system's own merge history".into(),
                    by_person: false,
                });
            }
        }
    }
    applied
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decisions_are_read_and_faults_are_all_told() {
        let text = "decision,left,right,who,when,why\nnever,a:1,b:2,ann,2026-01-01,namesakes\nalways,a:3,a:4\n";
        let read = parse("decisions.csv", text).expect("two decisions");
        assert_eq!(read.len(), 2);
        assert_eq!(read[0].left, ("a".into(), "1".into()));
        assert_eq!(read[0].why, "namesakes");
        let faults =
            parse("decisions.csv", "nevr,a:1,b:2\nalways,a1,b:2\n").expect_err("two faults");
        assert_eq!(faults.len(), 2);
        assert_eq!(faults[1].place.as_ref().map(|p| p.line), Some(2));
    }
}
