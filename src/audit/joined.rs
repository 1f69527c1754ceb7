//! A merge of a run by name, and which records it brought together.
//!
//! In: the latest run, and an event's handle, `RUN#SEQ`. Out: the two sides that the event
//! joined, as they were in its run. A run folder never changes, so that a handle means
//! the same for as long as the folder is there.

use std::fmt;

use super::query::Query;
use super::runs::{self, Run};
use super::search::LogFile;
use crate::merge::register::Key;
use crate::merge::{RULE_MERGED, RULE_MOVED};
use crate::plan::Renames;
use crate::write::previous;

/// An event of a run: the run's number or id, and the event's `seq` in its log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handle {
    pub run: String,
    pub seq: usize,
}

impl Handle {
    /// `3#4711`, if the text has that form.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (run, seq) = text.rsplit_once('#')?;
        let digits = !seq.is_empty() && seq.bytes().all(|byte| byte.is_ascii_digit());
        (digits && !run.is_empty()).then_some(Self {
            run: run.to_owned(),
            seq: seq.parse().ok()?,
        })
    }
}

impl fmt::Display for Handle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}#{}", self.run, self.seq)
    }
}

/// The handle of an event of `run`, when the event is one that brought records together.
#[must_use]
pub fn handle(run: &Run, seq: i64, kind: &str, rule: Option<&str>) -> Option<String> {
    is_merge(kind, rule).then(|| name(&run.id, run.number, seq))
}

/// The handle by the parts of it: the run's number, or its id when it has none.
#[must_use]
pub fn name(run_id: &str, number: u64, seq: i64) -> String {
    if number > 0 {
        format!("{number}#{seq}")
    } else {
        format!("{run_id}#{seq}")
    }
}

/// Whether such an event brought records together.
#[must_use]
pub fn is_merge(kind: &str, rule: Option<&str>) -> bool {
    match kind {
        "merged" => true,
        "golden_id" => rule.is_some_and(|rule| [RULE_MERGED, RULE_MOVED].contains(&rule)),
        _ => false,
    }
}

/// What an event joined, as it was in its run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Joined {
    /// The id of the run.
    pub run: String,
    /// Of the person that came of it.
    pub golden_id: String,
    /// The record, or the records of the person, that came in.
    pub side: Vec<Key>,
    /// The others of the person in that run.
    pub rest: Vec<Key>,
}

/// Why a handle names no merge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// There is no such run beside the latest; the oldest that is there.
    NoRun(Option<String>),
    /// The run has so many events.
    NoEvent(usize),
    /// The event is of another kind.
    NoMerge(String),
    /// A file of a run can't be read: in words.
    Unreadable(String),
}

/// The two sides of an event; `latest` is any run of the output folder.
///
/// # Errors
/// Why it can't be told.
pub fn find(latest: &Run, handle: &Handle) -> Result<Joined, Fault> {
    let unreadable = |error: &dyn fmt::Display| Fault::Unreadable(error.to_string());
    let run = run_called(latest, &handle.run)?;
    let log = LogFile::open(&run.folder, &run.summary).map_err(|error| unreadable(&error))?;
    if handle.seq >= log.rows() {
        return Err(Fault::NoEvent(log.rows()));
    }
    let mut event: Option<Event> = None;
    log.at(handle.seq, |row| {
        event = Some(Event {
            kind: row.kind.to_owned(),
            rule: row.rule.unwrap_or("").to_owned(),
            golden_id: row.golden_id.unwrap_or("").to_owned(),
            before: row.before.unwrap_or("").to_owned(),
            record: row
                .source
                .zip(row.record_id)
                .map(|(source, id)| (source.to_owned(), id.to_owned())),
        });
    })
    .map_err(|error| unreadable(&error))?;
    let event = event.ok_or(Fault::NoEvent(log.rows()))?;
    if !is_merge(&event.kind, Some(&event.rule)) {
        return Err(Fault::NoMerge(event.kind));
    }
    let side = match event.record {
        Some(record) => vec![record],
        None => brought(&log, &event).map_err(|error| unreadable(&error))?,
    };
    let xref = previous::open(&run.folder)
        .map_err(|failure| {
            let messages: Vec<String> =
                failure.diagnostics.into_iter().map(|d| d.message).collect();
            Fault::Unreadable(messages.join("; "))
        })?
        .xref;
    let ids = xref.golden_ids();
    let renames = Renames::of_summary(&latest.summary);
    let today = |(mut source, id): Key| {
        renames.apply(&mut source);
        (source, id)
    };
    let rest = (0..xref.rows())
        .filter(|&row| ids.and_then(|ids| ids.get(row)) == Some(&event.golden_id))
        .map(|row| xref.key(row))
        .map(|(source, id)| (source.to_owned(), id.to_owned()))
        .filter(|key| !side.contains(key))
        .map(today)
        .collect();
    Ok(Joined {
        run: run.id,
        golden_id: event.golden_id,
        side: side.into_iter().map(today).collect(),
        rest,
    })
}

struct Event {
    kind: String,
    rule: String,
    golden_id: String,
    before: String,
    record: Option<Key>,
}

/// The records that an id brought along when it went into another: each has an event of
/// its own that it moved.
fn brought(log: &LogFile, event: &Event) -> Result<Vec<Key>, String> {
    let query = Query {
        golden_ids: vec![event.golden_id.clone()],
        kinds: vec!["golden_id".to_owned()],
        rules: vec![RULE_MOVED.to_owned()],
        ..Query::default()
    };
    let mut side = Vec::new();
    log.search(
        &query,
        Some(std::slice::from_ref(&event.golden_id)),
        |row| {
            if row.before == Some(&event.before) && row.golden_id == Some(&event.golden_id) {
                let key = row.source.zip(row.record_id);
                side.extend(key.map(|(source, id)| (source.to_owned(), id.to_owned())));
            }
            true
        },
    )?;
    side.sort();
    Ok(side)
}

fn run_called(latest: &Run, name: &str) -> Result<Run, Fault> {
    let number = name.parse::<u64>().ok().filter(|number| *number > 0);
    if latest.id == name || number == Some(latest.number) {
        return Ok(latest.clone());
    }
    let beside = std::fs::canonicalize(&latest.folder)
        .ok()
        .and_then(|folder| folder.parent().map(std::path::Path::to_path_buf));
    let all = match beside {
        Some(folder) => runs::all(&folder).map_err(|error| Fault::Unreadable(error.to_string()))?,
        None => Vec::new(),
    };
    let oldest = all
        .first()
        .map(|run| format!("{} (number {})", run.id, run.number));
    all.into_iter()
        .find(|run| run.id == name || number == Some(run.number))
        .ok_or(Fault::NoRun(oldest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_handle_is_a_run_and_a_number() {
        let handle = |text| Handle::parse(text).map(|handle| (handle.run, handle.seq));
        assert_eq!(handle("3#17"), Some(("3".to_owned(), 17)));
        let long = "2026-11-28T03-00-00Z-ab#0";
        assert_eq!(
            Handle::parse(long).map(|h| h.to_string()),
            Some(long.to_owned())
        );
        for text in [
            "#17",
            "3#",
            "3#x",
            "g7sjhs1qpsghj",
            "crm:1",
            "3#99999999999999999999999",
        ] {
            assert_eq!(handle(text), None, "{text}");
        }
    }

    #[test]
    fn only_what_brings_records_together_has_a_handle() {
        assert!(is_merge("merged", Some("cluster")));
        assert!(is_merge("golden_id", Some(RULE_MERGED)));
        assert!(!is_merge("golden_id", Some("golden_id_split")));
        assert!(!is_merge("lost", None));
        assert_eq!(name("x", 0, 4), "x#4");
    }
}
