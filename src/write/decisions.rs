//! The decisions file: read with all its faults at once, and added to.
//!
//! Plain CSV for git, one decision a line:
//! `verdict,source_a,record_id_a,source_b,record_id_b,by,date,why`. The header names the
//! columns, in any order; `#` begins a comment. What is added keeps the file's line ends
//! and its order of columns.

mod faults;
mod place;
mod rows;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use super::guard::{guarded, unguarded};
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::link::decisions::{self as ties, Decision, RecordName, Verdict};
use crate::plan::Renames;
pub use place::{create, extend};
use rows::{Cell, Row, rows};

/// The columns, in the order in which karat writes them.
pub const COLUMNS: [&str; 8] = [
    "verdict",
    "source_a",
    "record_id_a",
    "source_b",
    "record_id_b",
    "by",
    "date",
    "why",
];
/// The first so many of them are needed.
const NEEDED: usize = 5;

/// A decisions file as read.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// Each once, in the order of the file.
    pub list: Vec<Decision>,
    /// What there is to say about the file, none of it a fault.
    pub notes: Vec<Diagnostic>,
    /// BLAKE3 of the file, hexadecimal; none without a file.
    pub blake3: Option<String>,
    /// For each of its columns, which of [`COLUMNS`] it is; empty without a header.
    order: Vec<Option<usize>>,
}

impl Decisions {
    /// Calls the sources by their names of today: a decision about a record holds when its
    /// source is renamed.
    pub fn rename(&mut self, renames: &Renames) {
        for decision in &mut self.list {
            for record in [&mut decision.a, &mut decision.b] {
                renames.apply(&mut record.source);
            }
        }
    }

    /// The decision that says this of the pair, if the file has one.
    #[must_use]
    pub fn says(&self, verdict: Verdict, a: &RecordName, b: &RecordName) -> Option<&Decision> {
        let pair = sorted(a, b);
        self.list.iter().find(|decision| {
            decision.verdict == verdict && sorted(&decision.a, &decision.b) == pair
        })
    }
}

/// A decision to be added.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct New {
    pub verdict: Verdict,
    pub a: RecordName,
    pub b: RecordName,
    pub by: String,
    pub date: String,
    pub why: String,
}

impl From<&Decision> for New {
    fn from(decision: &Decision) -> Self {
        Self {
            verdict: decision.verdict,
            a: decision.a.clone(),
            b: decision.b.clone(),
            by: decision.by.clone(),
            date: decision.date.clone(),
            why: decision.why.clone(),
        }
    }
}

impl New {
    fn cells(&self) -> [&str; COLUMNS.len()] {
        [
            self.verdict.name(),
            &self.a.source,
            &self.a.record_id,
            &self.b.source,
            &self.b.record_id,
            &self.by,
            &self.date,
            &self.why,
        ]
    }
}

/// Reads a decisions file.
///
/// # Errors
/// Exit 2 with every line that is no decision and every contradiction, 3 when the file
/// can't be read.
pub fn load(path: &Path) -> Result<Decisions, Failure> {
    let name = path.display().to_string();
    let bytes = std::fs::read(path).map_err(|error| {
        Failure::one(
            FailureKind::Input,
            Diagnostic::error(
                "decisions_unreadable",
                format!("the decisions can't be read: {error}"),
            )
            .at(Place::file(&name)),
        )
    })?;
    let text = utf8(&name, &bytes)?;
    let mut read = parse(&name, text).map_err(|faults| Failure::new(FailureKind::Usage, faults))?;
    read.blake3 = Some(blake3::hash(&bytes).to_hex().to_string());
    Ok(read)
}

fn utf8<'a>(name: &str, bytes: &'a [u8]) -> Result<&'a str, Failure> {
    std::str::from_utf8(bytes).map_err(|error| {
        let before = &bytes[..error.valid_up_to()];
        let line = before.iter().filter(|&&byte| byte == b'\n').count() + 1;
        let start = before.iter().rposition(|&byte| byte == b'\n');
        let own = String::from_utf8_lossy(&before[start.map_or(0, |at| at + 1)..]);
        let mut place = Place::line(name, u32::try_from(line).unwrap_or(u32::MAX));
        place.column = u32::try_from(own.chars().count() + 1).unwrap_or(u32::MAX);
        Failure::one(
            FailureKind::Usage,
            Diagnostic::error("decisions_not_utf8", "the decisions are not UTF-8 text")
                .at(place)
                .hint("save the file as UTF-8 (in a spreadsheet: CSV UTF-8)"),
        )
    })
}

/// Reads the text of a decisions file; `file` is its name for messages.
///
/// # Errors
/// Every line that can't be a decision and every contradiction, with its place.
pub fn parse(file: &str, text: &str) -> Result<Decisions, Vec<Diagnostic>> {
    let text: Arc<str> = text.strip_prefix('\u{feff}').unwrap_or(text).into();
    let reading = faults::Reading {
        file,
        text: text.clone(),
    };
    let rows = rows(&text);
    let Some((head, lines)) = rows.split_first() else {
        return Ok(Decisions::default());
    };
    let mut read = Decisions::default();
    read.order = reading.header(head, lines, &mut read.notes)?;
    let mut faults = Vec::new();
    let mut known: BTreeMap<(Verdict, (RecordName, RecordName)), u32> = BTreeMap::new();
    for row in lines {
        // Files that were put one behind the other have several headers.
        let same = |(a, b): (&Cell, &Cell)| a.value.trim() == b.value.trim();
        if row.cells.len() == head.cells.len() && row.cells.iter().zip(&head.cells).all(same) {
            continue;
        }
        let decision = match reading.decision(row, &read.order, &mut read.notes) {
            Ok(decision) => decision,
            Err(mut found) => {
                faults.append(&mut found);
                continue;
            }
        };
        let (a, b) = sorted(&decision.a, &decision.b);
        let key = (decision.verdict, (a.clone(), b.clone()));
        if let Some(first) = known.get(&key) {
            read.notes.push(
                Diagnostic::info(
                    "decision_twice",
                    format!(
                        "line {} says again what line {first} says",
                        decision.place.line
                    ),
                )
                .at(decision.place),
            );
            continue;
        }
        known.insert(key, decision.place.line);
        read.list.push(decision);
    }
    faults.append(&mut contradictions(&read.list));
    if faults.is_empty() {
        Ok(read)
    } else {
        faults.sort_by_key(|fault| fault.place.as_ref().map_or(0, |place| place.line));
        Err(faults)
    }
}

fn sorted<'a>(a: &'a RecordName, b: &'a RecordName) -> (&'a RecordName, &'a RecordName) {
    if a <= b { (a, b) } else { (b, a) }
}

fn contradictions(list: &[Decision]) -> Vec<Diagnostic> {
    let mut number: BTreeMap<&RecordName, u32> = BTreeMap::new();
    let mut of = |name| {
        let next = u32::try_from(number.len()).unwrap_or(u32::MAX);
        *number.entry(name).or_insert(next)
    };
    let pairs: Vec<ties::Tie> = list
        .iter()
        .map(|decision| ties::Tie::new(decision.verdict, of(&decision.a), of(&decision.b)))
        .collect();
    ties::told(&pairs, list)
}

/// The text with decisions added: a header where there is none, the file's own line
/// ends, its own order of columns.
///
/// # Errors
/// The faults that the file has, or would have: a contradiction, or a decision that
/// stands there already.
pub fn with(file: &str, text: &str, new: &[New]) -> Result<String, Vec<Diagnostic>> {
    let before = parse(file, text)?;
    let end = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut out = text.to_owned();
    if !out.is_empty() && !out.ends_with('\n') {
        out.push_str(end);
    }
    let order: Vec<Option<usize>> = if before.order.is_empty() {
        out.push_str(&COLUMNS.join(","));
        out.push_str(end);
        (0..COLUMNS.len()).map(Some).collect()
    } else {
        before.order.clone()
    };
    let mut faults = Vec::new();
    for decision in new {
        if let Some(known) = before.says(decision.verdict, &decision.a, &decision.b) {
            faults.push(
                Diagnostic::error(
                    "decision_known",
                    format!("line {} says so already", known.place.line),
                )
                .at(known.place.clone()),
            );
            continue;
        }
        let cells = decision.cells();
        let line = order.iter().map(|column| column.map_or("", |at| cells[at]));
        out.push_str(&line_of(line));
        out.push_str(end);
    }
    if faults.is_empty() {
        match parse(file, &out) {
            Ok(_) => return Ok(out),
            Err(found) => {
                let first = text.lines().count() + 1 + usize::from(before.order.is_empty());
                faults = found
                    .into_iter()
                    .map(|fault| {
                        fault.hint(format!(
                            "nothing was added: lines from {first} on would be new"
                        ))
                    })
                    .collect();
            }
        }
    }
    Err(faults)
}

/// Cells as a line of CSV, without its end.
fn line_of<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let mut line = String::new();
    for (at, cell) in cells.enumerate() {
        if at > 0 {
            line.push(',');
        }
        let cell = guarded(cell);
        let quoted = cell.contains([',', '"', '\n', '\r'])
            || cell.starts_with([' ', '#'])
            || cell.ends_with(' ');
        if quoted {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(&cell);
        }
    }
    line
}

/// A cell as its writer meant it.
fn value(cell: &Cell) -> &str {
    unguarded(cell.value.trim())
}

#[cfg(test)]
mod tests;
