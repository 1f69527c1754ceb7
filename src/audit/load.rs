//! `audit.parquet` back into events over the same records: a few row groups at a time, so
//! that the log is never in memory as text.

use hashbrown::HashMap;
use rayon::prelude::*;

use super::search::LogFile;
use crate::contact::{Event, EventKind, Events, Records, Stage};
use crate::merge;
use crate::write::output::ROW_GROUP;

/// One row of the log as text, in the order of the log's columns; numbers as numbers.
#[derive(Clone, Copy, Debug, Default)]
pub struct LogRow<'a> {
    pub seq: i64,
    pub stage: &'a str,
    pub kind: &'a str,
    pub source: Option<&'a str>,
    pub record_id: Option<&'a str>,
    pub golden_id: Option<&'a str>,
    pub field: Option<&'a str>,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
    pub rule: Option<&'a str>,
    pub reason: Option<&'a str>,
    pub weight: Option<f64>,
}

impl<'l> LogRow<'l> {
    /// The row at `at`, of the columns between the first and the last by their place.
    pub(super) fn of(
        at: usize,
        text: impl Fn(usize) -> Option<&'l str>,
        weight: Option<f64>,
    ) -> Self {
        Self {
            seq: i64::try_from(at).unwrap_or(i64::MAX),
            stage: text(0).unwrap_or(""),
            kind: text(1).unwrap_or(""),
            source: text(2),
            record_id: text(3),
            golden_id: text(4),
            field: text(5),
            before: text(6),
            after: text(7),
            rule: text(8),
            reason: text(9),
            weight,
        }
    }
}

/// What a replay looks at: not what a value was before, and no weight.
const REPLAYED: [&str; 9] = [
    "stage",
    "kind",
    "source",
    "record_id",
    "golden_id",
    "field",
    "after",
    "rule",
    "reason",
];

/// The log as events over `records`, without [`Event::before`] and [`Event::weight`].
/// Golden rows are numbered by golden id, as the merge numbers them.
///
/// # Errors
/// A file that can't be read; a record or a word that the log has and this karat does
/// not know.
pub fn events(log: &LogFile, records: &Records) -> Result<Events, String> {
    let mut rows: HashMap<(&str, &str), u32> = HashMap::with_capacity(records.rows());
    for row in (0_u32..).take(records.rows()) {
        let key = (
            records.source(row as usize).name.as_str(),
            records.id(row as usize),
        );
        rows.insert(key, row);
    }
    let golden = golden_rows(log)?;
    let names = Names {
        rows: &rows,
        golden: &golden,
    };
    let mut events = Events::with_room(log.rows());
    let starts: Vec<usize> = (0..log.rows()).step_by(ROW_GROUP).collect();
    for wave in starts.chunks(rayon::current_num_threads().max(1)) {
        let parts: Vec<Result<Events, String>> = wave
            .par_iter()
            .map(|&start| names.part(log, start, (start + ROW_GROUP).min(log.rows())))
            .collect();
        for part in parts {
            events.append(&part?);
        }
    }
    Ok(events)
}

/// Golden rows by golden id.
fn golden_rows(log: &LogFile) -> Result<HashMap<String, u32>, String> {
    let mut ids: Vec<String> = Vec::new();
    for start in (0..log.rows()).step_by(ROW_GROUP) {
        let end = (start + ROW_GROUP).min(log.rows());
        let part = log.read(start..end, &["kind", "golden_id", "rule"])?;
        for at in 0..part.rows() {
            let row = part.row(at);
            if row.kind == EventKind::GoldenId.name() && row.rule.is_some_and(merge::names_golden) {
                ids.extend(row.golden_id.map(str::to_owned));
            }
        }
    }
    ids.sort_unstable();
    ids.dedup();
    Ok(ids.into_iter().zip(0..).collect())
}

/// The numbers that events have instead of names.
struct Names<'n> {
    rows: &'n HashMap<(&'n str, &'n str), u32>,
    golden: &'n HashMap<String, u32>,
}

impl Names<'_> {
    fn part(&self, log: &LogFile, start: usize, end: usize) -> Result<Events, String> {
        let part = log.read(start..end, &REPLAYED)?;
        let mut events = Events::with_room(part.rows());
        // Rows about one record and one person come together.
        let mut record: Option<((&str, &str), u32)> = None;
        let mut person: Option<(&str, Option<u32>)> = None;
        for at in 0..part.rows() {
            let row = part.row(at);
            let unknown = |what: &str, word: &str| {
                format!(
                    "event {} has the {what} '{word}', which is unknown",
                    row.seq
                )
            };
            events.push(Event {
                stage: Stage::ALL
                    .into_iter()
                    .find(|stage| stage.name() == row.stage)
                    .ok_or_else(|| unknown("stage", row.stage))?,
                kind: EventKind::ALL
                    .into_iter()
                    .find(|kind| kind.name() == row.kind)
                    .ok_or_else(|| unknown("kind", row.kind))?,
                record: match row.source.zip(row.record_id) {
                    Some(key) => {
                        let known = record.filter(|(last, _)| *last == key);
                        let found = known.or_else(|| Some((key, *self.rows.get(&key)?)));
                        record = found;
                        let (_, number) = found.ok_or_else(|| {
                            format!(
                                "event {} is about a record that the inputs do not have",
                                row.seq
                            )
                        })?;
                        Some(number)
                    }
                    None => None,
                },
                golden: row.golden_id.and_then(|id| {
                    let known = person.filter(|(last, _)| *last == id);
                    let found = known.unwrap_or_else(|| (id, self.golden.get(id).copied()));
                    person = Some(found);
                    found.1
                }),
                field: row.field.unwrap_or(""),
                before: None,
                after: row.after,
                rule: row.rule.unwrap_or(""),
                reason: row.reason.unwrap_or(""),
                weight: None,
            });
        }
        Ok(events)
    }
}
