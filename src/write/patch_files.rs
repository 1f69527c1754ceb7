//! `patches/`: a file for each system that brings it in line, one that takes that back, and
//! the list of what a person has to do there.
//!
//! A recognised system gets comma and UTF-8, which all of their imports take; any other
//! source gets the delimiter and encoding of its own export.

use std::io::Write;

use encoding_rs::{Encoding, UTF_8};

use super::RunOutput;
use super::guard::guarded;
use super::output::{self, Fault, Written, csv_file};
use super::patches::SourcePatch;
use super::reports::file_stem;
use super::staging::Staging;
use crate::contact::Failure;

/// The name of a source's patch.
#[must_use]
pub fn patch_name(source: &str) -> String {
    format!("patches/{}.csv", file_stem(source))
}

/// The name of the file that takes a source's patch back.
#[must_use]
pub fn undo_name(source: &str) -> String {
    format!("patches/undo/{}.csv", file_stem(source))
}

/// The name of the list of what no file can correct.
#[must_use]
pub fn by_hand_name(source: &str) -> String {
    format!("patches/by-hand/{}.csv", file_stem(source))
}

/// Writes all files of `patches/`.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn write(staging: &Staging, run: &RunOutput<'_>) -> Result<Vec<Written>, Failure> {
    let mut written = Vec::new();
    for patch in &run.patches.sources {
        let name = &run.records.sources[patch.source].name;
        if !patch.corrections.is_empty() {
            let form = Form::of(run, patch.source);
            let new = form.text(&lines(run, patch, false));
            let old = form.text(&lines(run, patch, true));
            for (file, bytes) in [(patch_name(name), new), (undo_name(name), old)] {
                written.push(output::file(staging, &file, |out| {
                    out.write_all(&bytes).map_err(Fault::Io)
                })?);
            }
        }
        if !patch.by_hand.is_empty() {
            written.push(by_hand(staging, run, patch)?);
        }
    }
    Ok(written)
}

/// Header and records: the id and, of each changed column, the new cell or the old one. A
/// column that is right in a record keeps its cell: an import may clear an empty one.
fn lines(run: &RunOutput<'_>, patch: &SourcePatch, undo: bool) -> Vec<Vec<String>> {
    let records = run.records;
    let headers = &records.sources[patch.source].headers;
    let guard = run.plan.output.guard_formulas;
    let cell = |text: &str| {
        if guard {
            guarded(text).into_owned()
        } else {
            text.to_owned()
        }
    };
    let columns: Vec<usize> = patch.id.into_iter().chain(patch.headers.clone()).collect();
    let mut lines = vec![columns.iter().map(|&at| cell(&headers[at])).collect()];
    lines.extend(patch.corrections.iter().map(|one| {
        let row = one.row as usize;
        columns
            .iter()
            .map(|&header| {
                let new = one.cells.iter().find(|(at, _)| *at == header);
                let old = records.raw(row, header).unwrap_or("");
                match new.filter(|_| !undo) {
                    Some((_, new)) => cell(new),
                    None if Some(header) == patch.id => cell(old.trim()),
                    None => cell(old),
                }
            })
            .collect()
    }));
    lines
}

/// How a source's file is written.
struct Form {
    delimiter: u8,
    encoding: &'static Encoding,
}

impl Form {
    fn of(run: &RunOutput<'_>, source: usize) -> Self {
        let info = &run.records.sources[source];
        let read = run.files.iter().find(|(name, _)| *name == info.name);
        let own = read
            .and_then(|(_, files)| files.first())
            .filter(|_| info.system.is_none());
        let delimiter = own
            .and_then(|file| file.delimiter)
            .and_then(|delimiter| u8::try_from(delimiter).ok())
            .unwrap_or(b',');
        let encoding = own
            // `windows-1252 (guessed)`.
            .and_then(|file| file.encoding.as_deref()?.split(' ').next())
            .and_then(|name| Encoding::for_label(name.as_bytes()))
            // UTF-16 is only read.
            .map_or(UTF_8, Encoding::output_encoding);
        Self {
            delimiter,
            encoding,
        }
    }

    fn text(&self, lines: &[Vec<String>]) -> Vec<u8> {
        let mut out = csv::WriterBuilder::new()
            .delimiter(self.delimiter)
            .from_writer(Vec::new());
        for line in lines {
            // Writing to memory does not fail, nor are lines of different lengths.
            let _ = out.write_record(line);
        }
        let text = out.into_inner().unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let (bytes, _, lossy) = self.encoding.encode(&text);
        if lossy {
            text.into_owned().into_bytes()
        } else {
            bytes.into_owned()
        }
    }
}

fn by_hand(
    staging: &Staging,
    run: &RunOutput<'_>,
    patch: &SourcePatch,
) -> Result<Written, Failure> {
    let records = run.records;
    csv_file(
        staging,
        &by_hand_name(&records.sources[patch.source].name),
        &["record_id", "email", "phone", "golden_id", "field", "why"],
        patch.by_hand.len(),
        run.plan.output.guard_formulas,
        |at, line| {
            let one = &patch.by_hand[at];
            let row = one.row as usize;
            line.text(records.id(row));
            line.cell(run.table.get("email", row));
            let phone = run.table.get("mobile", row);
            line.cell(phone.or_else(|| run.table.get("phone", row)));
            let golden = run.merged.golden_of[row];
            line.cell(golden.map(|at| run.merged.golden_ids[at as usize].as_str()));
            line.text(&one.field);
            line.text(&one.why);
        },
    )
}
