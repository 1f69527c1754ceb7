//! Rows in, one file's columns out; what is no record is sorted out here.
//!
//! All formats end in this place, so that headers, totals, closing lines, guards
//! and bounds are treated alike whatever the file was.

use super::fault::{self, BoundPassed, Fault};
use super::guard::unguarded;
use super::header::Choice;
use super::patterns::Patterns;
use super::{FileRead, Torn};
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Place, Text, TextBuilder};
use crate::plan::Bounds;

/// One file as read.
#[derive(Debug, Default)]
pub struct FileTable {
    pub file: FileRead,
    /// As written.
    pub headers: Vec<String>,
    /// Unique.
    pub names: Vec<String>,
    pub columns: Vec<Text>,
    pub lines: Vec<u32>,
    pub torn: Vec<Torn>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Whether to go on after a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum After {
    Next,
    /// The data ends here (a report's next section).
    Stop,
}

/// Collects the rows of one file.
pub struct Sink<'a> {
    path: String,
    patterns: &'a Patterns,
    /// As written, for rows that repeat it; empty without a header.
    header: Vec<String>,
    headers: Vec<String>,
    ends: Vec<String>,
    columns: Vec<TextBuilder>,
    /// The last rows, on their way into the columns.
    block: Block,
    guards: Vec<u64>,
    lines: Vec<u32>,
    torn: Vec<Torn>,
    /// Rows of the table that may be totals or closing lines: (row, line, text, kind).
    doubtful: Vec<Doubtful>,
    /// Lines that are no records: line and what it says.
    aside: Vec<(u32, String)>,
    repeated_headers: Vec<u32>,
    /// Lines from here on are no records.
    cut_from: u32,
    max_rows: u64,
    max_field: usize,
    pub diagnostics: Vec<Diagnostic>,
}

/// Rows of a block: their texts stay in the cache, and columns take many cells at once.
const BLOCK_ROWS: usize = 256;
/// Bytes at which a block is full with fewer rows.
const BLOCK_BYTES: usize = 1 << 20;

/// Cells of some rows, row by row.
#[derive(Default)]
struct Block {
    text: String,
    /// Where each cell ends.
    ends: Vec<usize>,
}

impl Block {
    fn push(&mut self, cell: &str) {
        self.text.push_str(cell);
        self.ends.push(self.text.len());
    }

    fn is_full(&self, width: usize) -> bool {
        self.ends.len() >= BLOCK_ROWS * width || self.text.len() >= BLOCK_BYTES
    }

    fn empty_into(&mut self, columns: &mut [TextBuilder]) {
        let start = |cell: usize| cell.checked_sub(1).map_or(0, |before| self.ends[before]);
        let width = columns.len();
        let mut cells: Vec<&str> = Vec::with_capacity(BLOCK_ROWS);
        for (at, column) in columns.iter_mut().enumerate() {
            let own = (at..self.ends.len()).step_by(width);
            cells.clear();
            cells.extend(own.map(|cell| &self.text[start(cell)..self.ends[cell]]));
            column.extend(&cells);
        }
        self.text.clear();
        self.ends.clear();
    }
}

struct Doubtful {
    row: u32,
    line: u32,
    text: String,
    raw: String,
    kind: Kind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Footer,
    /// A total with numbers beside its label.
    Sums,
    /// The label alone.
    Label,
}

impl<'a> Sink<'a> {
    /// A sink for the columns of `choice`.
    ///
    /// # Errors
    /// More columns than the plan's bound.
    pub fn new(
        path: &str,
        choice: Choice,
        patterns: &'a Patterns,
        bounds: &Bounds,
    ) -> Result<Self, Fault> {
        let width = choice.cells.len();
        if width > bounds.max_columns as usize {
            return Err(fault::bound(
                path,
                0,
                &BoundPassed {
                    what: format!("{width} columns are more than {}", bounds.max_columns),
                    key: "columns",
                },
            ));
        }
        Ok(Self {
            path: path.to_owned(),
            patterns,
            header: if choice.header.is_some() {
                choice.cells.clone()
            } else {
                Vec::new()
            },
            headers: choice.cells,
            ends: choice.ends,
            columns: (0..width).map(|_| TextBuilder::with_capacity(0)).collect(),
            block: Block::default(),
            guards: vec![0; width],
            lines: Vec::new(),
            torn: Vec::new(),
            doubtful: Vec::new(),
            aside: Vec::new(),
            repeated_headers: Vec::new(),
            cut_from: u32::MAX,
            max_rows: bounds.max_cells / (width.max(1) as u64),
            max_field: usize::try_from(bounds.max_field_bytes).unwrap_or(usize::MAX),
            diagnostics: choice.notes,
        })
    }

    pub fn width(&self) -> usize {
        self.columns.len()
    }

    /// Adds a row of the right width; `cell` gives the value of a column.
    ///
    /// # Errors
    /// More cells or a longer value than the bounds.
    pub fn row<'t>(&mut self, line: u32, cell: impl Fn(usize) -> &'t str) -> Result<After, Fault> {
        if self.repeats_header(&cell) {
            self.repeated_headers.push(line);
            return Ok(After::Next);
        }
        if let Some(kind) = self.doubt(&cell) {
            let text = (0..self.width())
                .map(&cell)
                .find(|text| !text.trim().is_empty())
                .unwrap_or("")
                .trim()
                .to_owned();
            if self.ends.contains(&text) {
                self.aside.push((line, text));
                return Ok(After::Stop);
            }
            let raw: Vec<&str> = (0..self.width()).map(&cell).collect();
            self.doubtful.push(Doubtful {
                row: u32::try_from(self.lines.len()).unwrap_or(u32::MAX),
                line,
                text,
                raw: raw.join(","),
                kind,
            });
        }
        if self.lines.len() as u64 >= self.max_rows {
            return Err(self.too_many_cells(line));
        }
        for (at, guards) in self.guards.iter_mut().enumerate() {
            let text = cell(at);
            if text.len() > self.max_field {
                return Err(too_long(&self.path, line, self.max_field));
            }
            let value = unguarded(text);
            *guards += u64::from(value.is_some());
            self.block.push(value.unwrap_or(text));
        }
        self.lines.push(line);
        if self.block.is_full(self.columns.len()) {
            self.block.empty_into(&mut self.columns);
        }
        Ok(After::Next)
    }

    /// A line that is no row of the table: a closing line, the end, or torn.
    pub fn odd(
        &mut self,
        line: u32,
        raw: &str,
        cells: &[&str],
        why: (&'static str, String),
    ) -> After {
        let mut filled = cells.iter().filter(|cell| !cell.trim().is_empty());
        if let (Some(only), None) = (filled.next(), filled.next()) {
            let text = only.trim();
            if self.ends.iter().any(|end| end == text) {
                self.aside.push((line, text.to_owned()));
                return After::Stop;
            }
            if self.patterns.is_footer(text) {
                self.aside.push((line, text.to_owned()));
                return After::Next;
            }
        }
        let label = cells.iter().find(|cell| !cell.trim().is_empty());
        if label.is_some_and(|text| self.patterns.is_total(text))
            && cells
                .iter()
                .all(|cell| cell.trim().is_empty() || Some(cell) == label || is_number(cell))
        {
            self.torn(
                line,
                raw,
                "total_row",
                "a row of totals, not a record".to_owned(),
            );
            return After::Next;
        }
        self.torn(line, raw, why.0, why.1);
        After::Next
    }

    /// Holds out a row that can't be read whole.
    pub fn torn(&mut self, line: u32, raw: &str, rule: &'static str, reason: String) {
        self.torn.push(Torn {
            file: 0,
            line,
            raw: raw.to_owned(),
            reason,
            rule,
        });
    }

    /// A line after the data that is no record.
    pub fn after_data(&mut self, line: u32, text: &str) {
        self.aside.push((line, text.to_owned()));
    }

    /// Leaves out what stands on the last `count` of `last` lines: the plan says
    /// that these are no records.
    pub fn cut_last(&mut self, last: u32, count: u32) {
        if count > 0 {
            self.cut_from = last.saturating_sub(count).saturating_add(1);
        }
    }

    /// Closes the file.
    #[must_use]
    pub fn finish(mut self, mut file: FileRead) -> FileTable {
        self.block.empty_into(&mut self.columns);
        let mut columns: Vec<Text> = std::mem::take(&mut self.columns)
            .into_iter()
            .map(TextBuilder::finish)
            .collect();
        let mut lines = std::mem::take(&mut self.lines);
        let kept = lines.partition_point(|line| *line < self.cut_from);
        self.cut_torn();
        for line in lines.drain(kept..) {
            self.aside
                .push((line, "a line that `footer_lines` names".to_owned()));
        }
        let rows_before = columns.first().map_or(lines.len(), Text::len);
        let mut dropped = self.settle_doubts(lines.len());
        dropped.extend((lines.len()..rows_before).filter_map(|row| u32::try_from(row).ok()));
        if !dropped.is_empty() {
            let keep: Vec<u32> = (0..u32::try_from(rows_before).unwrap_or(u32::MAX))
                .filter(|row| dropped.binary_search(row).is_err())
                .collect();
            columns = columns.iter().map(|column| column.take(&keep)).collect();
            lines = keep
                .iter()
                .filter_map(|row| lines.get(*row as usize).copied())
                .collect();
        }
        self.torn.sort_by_key(|torn| torn.line);
        self.notes(&columns, lines.len());
        file.rows = lines.len() as u64;
        file.torn = self.torn.len() as u64;
        let no_records = self.aside.len() + self.repeated_headers.len();
        file.footer_lines = u32::try_from(no_records).unwrap_or(u32::MAX);
        FileTable {
            file,
            names: unique_names(&self.headers),
            headers: self.headers,
            columns,
            lines,
            torn: self.torn,
            diagnostics: self.diagnostics,
        }
    }

    fn cut_torn(&mut self) {
        let from = self.cut_from;
        self.doubtful.retain(|doubtful| doubtful.line < from);
        let (kept, cut) = std::mem::take(&mut self.torn)
            .into_iter()
            .partition(|torn: &Torn| torn.line < from);
        self.torn = kept;
        self.aside
            .extend(cut.into_iter().map(|torn| (torn.line, torn.raw)));
    }

    fn repeats_header<'t>(&self, cell: &impl Fn(usize) -> &'t str) -> bool {
        self.header.first().is_some_and(|first| first == cell(0))
            && self
                .header
                .iter()
                .enumerate()
                .all(|(at, header)| header == cell(at))
    }

    /// Whether a row may be a total or a closing line: a label, and no text beside it.
    fn doubt<'t>(&self, cell: &impl Fn(usize) -> &'t str) -> Option<Kind> {
        let mut cells = (0..self.width())
            .map(cell)
            .filter(|text| !text.trim().is_empty());
        let label = cells.next()?;
        let mut numbers = 0;
        for other in cells {
            if !is_number(other) {
                return None;
            }
            numbers += 1;
        }
        if numbers == 0
            && (self.ends.iter().any(|e| e == label.trim()) || self.patterns.is_footer(label))
        {
            Some(Kind::Footer)
        } else if self.width() > 1 && self.patterns.is_total(label) {
            Some(if numbers > 0 { Kind::Sums } else { Kind::Label })
        } else {
            None
        }
    }

    /// Decides about doubtful rows now that the end is known; gives the rows that go.
    fn settle_doubts(&mut self, rows: usize) -> Vec<u32> {
        let mut gone = Vec::new();
        let mut end = u32::try_from(rows).unwrap_or(u32::MAX);
        for doubtful in std::mem::take(&mut self.doubtful).into_iter().rev() {
            let last = doubtful.row + 1 == end;
            match doubtful.kind {
                Kind::Footer => self.aside.push((doubtful.line, doubtful.text)),
                Kind::Sums if last => self.aside.push((doubtful.line, doubtful.text)),
                Kind::Sums | Kind::Label if last || doubtful.kind == Kind::Sums => self.torn(
                    doubtful.line,
                    &doubtful.raw,
                    "total_row",
                    "a row of totals, not a record".to_owned(),
                ),
                // A company may be called "Total".
                _ => continue,
            }
            if last {
                end = doubtful.row;
            }
            gone.push(doubtful.row);
        }
        gone.reverse();
        gone
    }

    fn notes(&mut self, columns: &[Text], rows: usize) {
        self.aside.sort();
        if let Some((line, text)) = self.aside.first() {
            let count = self.aside.len();
            self.diagnostics.push(
                Diagnostic::info(
                    "input_lines_aside",
                    format!(
                        "{count} {} no records, the first {}",
                        lines_are(count),
                        shown(text)
                    ),
                )
                .at(Place::line(&self.path, *line)),
            );
        }
        if let Some(line) = self.repeated_headers.first() {
            let count = self.repeated_headers.len();
            self.diagnostics.push(
                Diagnostic::warning(
                    "header_repeated",
                    format!("the header comes back {count} more times inside the data, and is left out there"),
                )
                .at(Place::line(&self.path, *line)),
            );
        }
        for (header, guards) in self.headers.iter().zip(&self.guards) {
            if *guards > 0 {
                self.diagnostics.push(
                    Diagnostic::info(
                        "text_guard_taken_off",
                        format!("{guards} values of {} had a text guard (' or =\"…\") that was taken off", shown(header)),
                    )
                    .at(Place::file(&self.path)),
                );
            }
        }
        let torn = self.torn.len();
        if torn > 0 {
            let line = self.torn.first().map_or(0, |torn| torn.line);
            let mut note = Diagnostic::warning(
                "input_rows_torn",
                format!(
                    "{torn} of {} rows can't be read whole and are held out, the first on line {line}",
                    rows + torn
                ),
            )
            .at(Place::line(&self.path, line));
            if torn > rows {
                note = note.hint(
                    "most rows are torn: check `delimiter`, `quote` and `header_line` of the source",
                );
            }
            self.diagnostics.push(note);
        }
        if rows == 0 && torn == 0 {
            self.diagnostics.push(
                Diagnostic::warning("input_no_records", "the file has a header and no records")
                    .at(Place::file(&self.path)),
            );
        }
        debug_assert!(columns.iter().all(|column| column.len() == rows));
    }

    fn too_many_cells(&self, line: u32) -> Fault {
        fault::bound(
            &self.path,
            line,
            &BoundPassed {
                what: format!(
                    "{} columns and more than {} rows are too many cells",
                    self.width(),
                    self.max_rows
                ),
                key: "cells",
            },
        )
    }
}

/// The fault of a value that is too long.
pub fn too_long(path: &str, line: u32, limit: usize) -> Fault {
    fault::bound(
        path,
        line,
        &BoundPassed {
            what: format!("a value is longer than {limit} bytes"),
            key: "field_bytes",
        },
    )
}

fn lines_are(count: usize) -> &'static str {
    if count == 1 { "line is" } else { "lines are" }
}

fn is_number(text: &str) -> bool {
    let text = text.trim();
    text.bytes().any(|b| b.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || c.is_whitespace() || ".,'-+%$€£¥".contains(c))
}

/// One name a column: as written but trimmed; `Email (2)` for the second of a name,
/// `column 3` for none.
pub fn unique_names(headers: &[String]) -> Vec<String> {
    let trimmed: Vec<String> = headers
        .iter()
        .enumerate()
        .map(|(at, h)| trim(h, at))
        .collect();
    let mut names: Vec<String> = Vec::with_capacity(trimmed.len());
    let written: std::collections::BTreeSet<&String> = trimmed.iter().collect();
    let mut used = std::collections::BTreeSet::new();
    for name in &trimmed {
        let mut unique = name.clone();
        let mut n = 2;
        while used.contains(&unique) || (n > 2 && written.contains(&unique)) {
            unique = format!("{name} ({n})");
            n += 1;
        }
        used.insert(unique.clone());
        names.push(unique);
    }
    names
}

fn trim(header: &str, at: usize) -> String {
    let name = header.trim_matches(|c: char| {
        c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}' | '\u{a0}' | '\0')
    });
    if name.is_empty() {
        format!("column {}", at + 1)
    } else {
        name.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_unique_and_never_empty() {
        let headers = ["Email", "", "Email", "Email (2)", " Email "].map(str::to_owned);
        assert_eq!(
            unique_names(&headers),
            ["Email", "column 2", "Email (3)", "Email (2)", "Email (4)"]
        );
    }
}
