//! The events of one golden record or one record, from the audit log of a run.
//!
//! Rows about persons are sorted by golden id, the others stand behind: most groups of rows
//! can be passed over by their smallest and largest texts.

use std::path::Path;

use serde_json::Value;

use super::sheet::{Sheet, text};
use crate::audit::columns::TEXT_COLUMNS;
use crate::audit::joined;

/// The log of a run, read in part.
pub struct Log {
    sheet: Sheet,
    run_id: String,
    run_number: u64,
    /// So many rows are about persons.
    by_person: usize,
}

/// One event.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LogEvent {
    /// The name of a merge, `RUN#SEQ`; of no other event.
    pub handle: Option<String>,
    pub kind: String,
    pub source: Option<String>,
    pub record_id: Option<String>,
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub rule: String,
    pub reason: String,
}

impl Log {
    /// The log of the run in `folder`, whose summary is known.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn open(folder: &Path, summary: &Value) -> Result<Self, String> {
        let by_person = summary["audit"]["by_person"].as_u64().unwrap_or(0);
        Ok(Self {
            sheet: Sheet::open(&folder.join("audit.parquet"))?,
            run_id: summary["run"]["id"].as_str().unwrap_or("").to_owned(),
            run_number: summary["run_number"].as_u64().unwrap_or(0),
            by_person: usize::try_from(by_person).unwrap_or(0),
        })
    }

    /// The events whose columns have all these texts, in the order of the log.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn events(&self, wanted: &[(&str, &str)]) -> Result<Vec<LogEvent>, String> {
        self.events_from(0, wanted)
    }

    /// The same of what is about no person.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn events_of_nobody(&self, wanted: &[(&str, &str)]) -> Result<Vec<LogEvent>, String> {
        self.events_from(self.by_person, wanted)
    }

    fn events_from(&self, from: usize, wanted: &[(&str, &str)]) -> Result<Vec<LogEvent>, String> {
        let asked: Vec<&str> = wanted.iter().map(|(column, _)| *column).collect();
        let mut found = Vec::new();
        let mut groups = self.sheet.groups_with(wanted);
        groups.retain(|group| group.end > from);
        for group in groups {
            let frame = self.sheet.read(&asked, group.clone())?;
            let columns = wanted
                .iter()
                .map(|(column, value)| Ok((text(&frame, column)?, *value)))
                .collect::<Result<Vec<_>, String>>()?;
            let rows: Vec<usize> = (0..frame.height())
                .filter(|&at| columns.iter().all(|(c, value)| c.get(at) == Some(value)))
                .map(|at| group.start + at)
                .collect();
            self.sheet.take(&TEXT_COLUMNS, &rows, |frame, at, row| {
                let cell =
                    |name: &str| Ok::<_, String>(text(frame, name)?.get(at).map(str::to_owned));
                let kind = cell("kind")?.unwrap_or_default();
                let rule = cell("rule")?.unwrap_or_default();
                let seq = i64::try_from(row).unwrap_or(i64::MAX);
                found.push(LogEvent {
                    handle: joined::is_merge(&kind, Some(&rule))
                        .then(|| joined::name(&self.run_id, self.run_number, seq)),
                    kind,
                    source: cell("source")?,
                    record_id: cell("record_id")?,
                    field: cell("field")?.unwrap_or_default(),
                    before: cell("before")?,
                    after: cell("after")?,
                    rule,
                    reason: cell("reason")?.unwrap_or_default(),
                });
                Ok(())
            })?;
        }
        Ok(found)
    }
}
