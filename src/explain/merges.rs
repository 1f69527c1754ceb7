//! The merges of a golden record by name, as `karat undo` takes them.

use serde::Serialize;

use super::log::{Log, LogEvent};

/// One merge of a golden record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Merge {
    /// `RUN#SEQ`.
    pub event: String,
    /// The record that is with the others, as `SOURCE:RECORD_ID`.
    pub record: Option<String>,
    /// The golden id that was given up to this one.
    pub from: Option<String>,
}

/// The merges of the golden record, in the order of the log: a record each, then the
/// persons that went into it in this run.
///
/// # Errors
/// What is wrong, in words.
pub fn of_golden(log: &Log, golden_id: &str) -> Result<Vec<Merge>, String> {
    let mut events = log.events(&[("golden_id", golden_id), ("kind", "merged")])?;
    let ids = log.events_of_nobody(&[("golden_id", golden_id), ("kind", "golden_id")])?;
    // A record that moved did so by the merge of its person, which has an event as well.
    events.extend(ids.into_iter().filter(|event| event.record_id.is_none()));
    Ok(events.into_iter().filter_map(told).collect())
}

/// The merge by which a record is with the others of its golden record.
///
/// # Errors
/// What is wrong, in words.
pub fn of_record(
    log: &Log,
    golden_id: &str,
    record: (&str, &str),
) -> Result<Option<Merge>, String> {
    let events = log.events(&[
        ("golden_id", golden_id),
        ("kind", "merged"),
        ("source", record.0),
        ("record_id", record.1),
    ])?;
    Ok(events.into_iter().find_map(told))
}

fn told(event: LogEvent) -> Option<Merge> {
    let record = event.source.zip(event.record_id);
    let from = if record.is_none() { event.before } else { None };
    Some(Merge {
        event: event.handle?,
        record: record.map(|(source, id)| format!("{source}:{id}")),
        from,
    })
}
