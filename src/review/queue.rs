//! The questions of a run, the most telling first.

use std::collections::BTreeSet;

use hashbrown::HashMap;
use serde::Serialize;

use super::effect::{Parts, part_of};
use super::question::{Found, Question};
use super::select::{Selected, select};
use crate::contact::{Failure, Fields};
use crate::explain::{Record, Run};
use crate::link::decisions::{Decision, RecordName, Tie, Verdict, says};

/// Questions to be answered.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Queue {
    /// The run's id, name, and when it started.
    pub run: String,
    pub name: String,
    pub started: String,
    pub records: u64,
    pub persons: u64,
    pub questions: Vec<Question>,
    /// Doubtful pairs of the run, how many of them are decided, and how many the
    /// questions settle.
    pub doubtful: usize,
    pub decided: usize,
    pub settled: usize,
}

impl Queue {
    /// Doubtful pairs that are neither decided nor asked about.
    #[must_use]
    pub fn left_out(&self) -> usize {
        self.doubtful.saturating_sub(self.decided + self.settled)
    }
}

/// Up to `limit` questions of a run; what `decisions` say already is not asked.
///
/// # Errors
/// Exit 3 when the run can't be read.
pub fn queue(
    run: &Run,
    fields: &Fields,
    decisions: &[Decision],
    limit: usize,
) -> Result<Queue, Failure> {
    let ties = ties(run, decisions)?;
    let pairs = |verdict| -> Vec<(u32, u32)> {
        let own = ties.iter().filter(|tie| tie.verdict == verdict);
        own.map(|tie| (tie.a.min(tie.b), tie.a.max(tie.b)))
            .collect()
    };
    let (always, never) = (pairs(Verdict::Always), pairs(Verdict::Never));
    let said = says(&ties);
    let selection = select(run, &always, &never, |a, b| said(a, b).is_some(), limit)?;
    let mut rows: BTreeSet<u32> = BTreeSet::new();
    for question in &selection.questions {
        for side in &question.sides {
            // As many as are drawn.
            rows.extend(side.iter().take(14));
        }
    }
    let rows: Vec<u32> = rows.into_iter().collect();
    let records = run.take(&rows)?;
    let by_row: HashMap<u32, &Record> = records.iter().map(|r| (r.row, r)).collect();
    let questions: Vec<Question> = selection
        .questions
        .iter()
        .filter_map(|selected| {
            let found = found(selected);
            Question::new(run, fields, &found, |row| by_row.get(&row).copied())
        })
        .collect();
    let summary = &run.summary;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let count = |key: &str| summary["counts"][key].as_u64().unwrap_or(0);
    Ok(Queue {
        run: text(&summary["run"]["id"]),
        name: text(&summary["name"]),
        started: text(&summary["run"]["started"]),
        records: count("records"),
        persons: count("golden_records"),
        settled: questions.iter().map(|question| question.settles).sum(),
        questions,
        doubtful: selection.doubtful,
        decided: selection.decided,
    })
}

/// Decisions in rows; those of records that the run does not have get numbers past them,
/// for what they tie together.
fn ties(run: &Run, decisions: &[Decision]) -> Result<Vec<Tie>, Failure> {
    if decisions.is_empty() {
        return Ok(Vec::new());
    }
    let (sources, ids) = (run.column("source")?, run.column("record_id")?);
    let mut row_of: HashMap<(&str, &str), u32> = HashMap::new();
    let names = || decisions.iter().flat_map(|d| [&d.a, &d.b]);
    let mut next = u32::try_from(run.rows()).unwrap_or(u32::MAX);
    for RecordName { source, record_id } in names() {
        row_of.entry((source, record_id)).or_insert_with(|| {
            next = next.saturating_add(1);
            next - 1
        });
    }
    for (row, (source, id)) in (0u32..).zip(sources.iter().zip(ids.iter())) {
        let key = (source.unwrap_or_default(), id.unwrap_or_default());
        if let Some(slot) = row_of.get_mut(&key) {
            *slot = row;
        }
    }
    let of = |name: &RecordName| {
        let key = (name.source.as_str(), name.record_id.as_str());
        row_of.get(&key).copied().unwrap_or(u32::MAX)
    };
    Ok(decisions
        .iter()
        .map(|decision| Tie::new(decision.verdict, of(&decision.a), of(&decision.b)))
        .collect())
}

fn found(selected: &Selected) -> Found<'_> {
    let (a, b) = (selected.pair.left, selected.pair.right);
    Found {
        pair: &selected.pair,
        sides: selected.sides.clone(),
        together: selected.together,
        moves: selected.moves,
        alike: selected.alike,
        settles: selected.settles,
        if_same: told(&selected.before, &selected.same, (a, b), true),
        if_different: told(&selected.before, &selected.different, (a, b), false),
    }
}

/// What an answer does, in a sentence without its full stop.
fn told(before: &Parts, after: &Parts, (a, b): (u32, u32), same: bool) -> String {
    let records = |n: usize| {
        if n == 1 {
            "1 record".to_owned()
        } else {
            format!("{n} records")
        }
    };
    let (was_a, was_b) = (part_of(before, a), part_of(before, b));
    if before == after {
        return if same {
            format!("keeps {} together", records(was_a.len()))
        } else {
            "keeps them apart, for good".to_owned()
        };
    }
    let (is_a, is_b) = (part_of(after, a), part_of(after, b));
    if same && was_a != was_b && before.len() == 2 && after.len() == 1 {
        return format!(
            "joins {} and {} into one person",
            records(was_a.len()),
            records(was_b.len())
        );
    }
    if !same && before.len() == 1 && after.len() == 2 {
        return format!(
            "splits {} into {} and {}",
            records(was_a.len()),
            is_a.len(),
            is_b.len()
        );
    }
    let sizes: Vec<String> = after.iter().map(|part| part.len().to_string()).collect();
    let all: usize = before.iter().map(Vec::len).sum();
    format!("regroups {}: {}", records(all), sizes.join(" + "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_are_told() {
        let (two, one) = (vec![vec![1, 2, 3], vec![4, 5]], vec![vec![1, 2, 3, 4, 5]]);
        let say = |before: &Parts, after: &Parts, same| told(before, after, (1, 4), same);
        assert_eq!(
            say(&two, &one, true),
            "joins 3 records and 2 records into one person"
        );
        assert_eq!(say(&two, &two, false), "keeps them apart, for good");
        assert_eq!(say(&one, &two, false), "splits 5 records into 3 and 2");
        assert_eq!(say(&one, &one, true), "keeps 5 records together");
        let odd = vec![vec![1, 4], vec![2, 3], vec![5]];
        assert_eq!(say(&two, &odd, true), "regroups 5 records: 2 + 2 + 1");
    }
}
