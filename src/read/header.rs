//! Which line is the header, and what stands above it.
//!
//! In: the first rows of a file. Out: the header's row, or none when the plan
//! names the columns. Evidence in this order: what the plan forces; a report's
//! section marks; a row most of whose cells are known headers; the structure (a
//! full row above rows that look otherwise). A first row that looks like a record
//! is an error that asks for `columns`; a guess without evidence is a warning:
//! no record is taken for a header in silence.

use std::collections::BTreeMap;

use super::fault::{Fault, fault_at, hinted};
use super::known::{KnownHeaders, fold};
use super::patterns::Section;
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Place};
use crate::plan::{ReadingPlan, SourcePlan};

/// A row of the file's beginning.
#[derive(Clone, Debug, Default)]
pub struct Row {
    /// From 1.
    pub line: u32,
    pub cells: Vec<String>,
    /// False for a line that could not be taken apart.
    pub whole: bool,
}

/// What was decided.
#[derive(Clone, Debug, Default)]
pub struct Choice {
    /// The header's index in the rows given; none without a header.
    pub header: Option<usize>,
    /// Index of the first row of data.
    pub data: usize,
    /// Header cells as written, one a column.
    pub cells: Vec<String>,
    pub notes: Vec<Diagnostic>,
    /// Lines that end the data.
    pub ends: Vec<String>,
}

/// What the choice is made from.
pub struct Question<'a> {
    pub path: &'a str,
    pub rows: &'a [Row],
    pub known: &'a KnownHeaders,
    pub sections: &'a [Section],
    pub plan: &'a SourcePlan,
}

/// Rows in which a header is looked for.
const DEPTH: usize = 80;

impl Question<'_> {
    /// Finds the header.
    ///
    /// # Errors
    /// A forced line that is not there, columns that don't fit, a first row that
    /// looks like a record.
    pub fn answer(&self) -> Result<Choice, Fault> {
        let reading: &ReadingPlan = &self.plan.reading;
        let mut choice = match (reading.header_line, &self.plan.columns) {
            (Some(0), None) => self.numbered(),
            (Some(0) | None, Some(columns)) => self.named(columns, reading.header_line.is_some()),
            (Some(line), columns) => self.forced(line, columns.as_deref())?,
            (None, None) => self.sniffed()?,
        };
        if self.plan.columns.is_none() {
            self.fit_width(&mut choice);
        }
        Ok(choice)
    }

    fn numbered(&self) -> Choice {
        let width = self.width(0);
        Choice {
            cells: vec![String::new(); width],
            ..Choice::default()
        }
    }

    /// The plan names the columns; a first row that is just those names is a header.
    fn named(&self, columns: &[String], sure: bool) -> Choice {
        let same = |row: &Row| {
            row.cells.len() == columns.len()
                && row
                    .cells
                    .iter()
                    .zip(columns)
                    .all(|(a, b)| fold(a) == fold(b))
        };
        let header = (!sure && self.rows.first().is_some_and(same)).then_some(0);
        let mut notes = Vec::new();
        if header.is_none()
            && let Some(first) = self.rows.first()
            && self.is_known(first)
        {
            notes.push(
                Diagnostic::warning(
                    "header_read_as_record",
                    "the first row looks like a header, and is read as a record since the plan gives `columns`",
                )
                .at(Place::line(self.path, first.line))
                .hint("add `header_line = 1` to the source if it is a header"),
            );
        }
        Choice {
            header,
            data: header.map_or(0, |at| at + 1),
            cells: columns.to_vec(),
            notes,
            ends: Vec::new(),
        }
    }

    fn forced(&self, line: u32, columns: Option<&[String]>) -> Result<Choice, Fault> {
        let Some(at) = self.rows.iter().position(|row| row.line == line) else {
            let last = self.rows.last().map_or(0, |row| row.line);
            return Err(hinted(
                fault_at(
                    self.path,
                    line,
                    0,
                    "header_line_missing",
                    format!("no row starts at line {line}, which `header_line` names"),
                ),
                format!(
                    "the rows looked at are on lines 1 to {last}; 0 means that there is no header"
                ),
            ));
        };
        let row = self.rows.get(at).cloned().unwrap_or_default();
        if let Some(columns) = columns
            && columns.len() != row.cells.len()
        {
            return Err(hinted(
                fault_at(
                    self.path,
                    line,
                    0,
                    "columns_do_not_fit",
                    format!(
                        "`columns` names {} columns, the header has {}",
                        columns.len(),
                        row.cells.len()
                    ),
                ),
                "name every column of the file, in its order",
            ));
        }
        Ok(Choice {
            header: Some(at),
            data: at + 1,
            cells: columns.map_or(row.cells, <[String]>::to_vec),
            ..Choice::default()
        })
    }

    fn sniffed(&self) -> Result<Choice, Fault> {
        if let Some(choice) = self.by_section() {
            return Ok(choice);
        }
        if let Some(at) = self.by_known_headers() {
            return Ok(self.chosen(at));
        }
        self.by_structure()
    }

    fn chosen(&self, at: usize) -> Choice {
        Choice {
            header: Some(at),
            data: at + 1,
            cells: self
                .rows
                .get(at)
                .map(|row| row.cells.clone())
                .unwrap_or_default(),
            ..Choice::default()
        }
    }

    fn by_section(&self) -> Option<Choice> {
        let first = only_cell(self.rows.first()?)?;
        let section = self.sections.iter().find(|s| s.first == first.trim())?;
        let mark = self
            .rows
            .iter()
            .position(|row| only_cell(row).is_some_and(|cell| cell.trim() == section.table))?;
        let at = (mark + 1..self.rows.len()).find(|at| filled(&self.rows[*at]) > 0)?;
        Some(Choice {
            ends: section.ends.clone(),
            ..self.chosen(at)
        })
    }

    /// The first row that most headers of are known, and that no record stands above.
    fn by_known_headers(&self) -> Option<usize> {
        // A lone word above a wide table ("Notes:") is no header, known or not.
        let narrow = self.width(0) <= 1;
        let at = self
            .rows
            .iter()
            .take(DEPTH)
            .position(|row| self.is_known(row) && (row.cells.len() > 1 || narrow))?;
        let width = self.rows.get(at)?.cells.len();
        let above = self.rows.get(..at)?;
        let record_above = above
            .iter()
            .any(|row| row.whole && row.cells.len() == width && filled(row) * 2 > width);
        (!record_above).then_some(at)
    }

    fn is_known(&self, row: &Row) -> bool {
        if !row.whole || row.cells.iter().any(|cell| looks_like_data(cell)) {
            return false;
        }
        let known = row.cells.iter().filter(|cell| self.known.has(cell)).count();
        let filled = filled(row);
        known * 2 >= filled && (known >= 2 || (known == 1 && filled == 1 && row.cells.len() == 1))
    }

    fn by_structure(&self) -> Result<Choice, Fault> {
        let width = self.width(0);
        let at = self
            .rows
            .iter()
            .position(|row| !is_preamble(row, width))
            .unwrap_or(0);
        let Some(row) = self.rows.get(at) else {
            return Ok(Choice::default());
        };
        let below: Vec<&Row> = self
            .rows
            .get(at + 1..)
            .unwrap_or_default()
            .iter()
            .filter(|other| other.whole && other.cells != row.cells)
            .collect();
        if row_is_record(row, &below) {
            return Err(self.no_header(row));
        }
        let mut choice = self.chosen(at);
        let known = row.cells.iter().any(|cell| self.known.has(cell));
        if !known && !differs(row, &below) && !below.is_empty() {
            let first: Vec<String> = row.cells.iter().take(3).map(|cell| shown(cell)).collect();
            choice.notes.push(
                Diagnostic::warning(
                    "header_guessed",
                    format!("the row {} is taken for the header; none of its names is known", first.join(", ")),
                )
                .at(Place::line(self.path, row.line))
                .hint("if it is a record, name the columns: `columns = [\"…\"]` in the source, or `header_line = 0`"),
            );
        }
        Ok(choice)
    }

    fn no_header(&self, row: &Row) -> Fault {
        let example: Vec<String> = (1..=row.cells.len().min(3))
            .map(|n| format!("\"name of column {n}\""))
            .collect();
        let more = if row.cells.len() > 3 { ", …" } else { "" };
        hinted(
            hinted(
                fault_at(
                    self.path,
                    row.line,
                    0,
                    "header_missing",
                    "there is no header: the first row looks like a record",
                ),
                format!(
                    "name its {} columns in the source: columns = [{}{more}]",
                    row.cells.len(),
                    example.join(", ")
                ),
            ),
            format!(
                "if it is a header after all, say so: header_line = {}; header_line = 0 numbers the columns",
                row.line
            ),
        )
    }

    /// The commonest width of the rows from `from` on; 1 and broken rows only when
    /// there is nothing else.
    fn width(&self, from: usize) -> usize {
        let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
        for row in self.rows.iter().skip(from).filter(|row| row.whole) {
            *counts.entry(row.cells.len()).or_default() += 1;
        }
        let wide = counts.iter().filter(|(width, _)| **width > 1);
        wide.max_by_key(|(width, count)| (**count, **width))
            .or_else(|| counts.iter().next())
            .map_or(0, |(width, _)| *width)
    }

    /// Delimiters at the line's end that only the header, or only the records, have.
    fn fit_width(&self, choice: &mut Choice) {
        let below: Vec<&Row> = self
            .rows
            .get(choice.data..)
            .unwrap_or_default()
            .iter()
            .filter(|row| row.whole && row.cells.len() > 1)
            .collect();
        if below.is_empty() || choice.header.is_none() {
            return;
        }
        let width = self.width(choice.data);
        let have = choice.cells.len();
        let all_empty = |row: &&Row| {
            row.cells
                .get(have..)
                .is_some_and(|extra| extra.iter().all(String::is_empty))
        };
        let fits = below.iter().filter(|row| row.cells.len() == have).count();
        if width > have && fits == 0 && below.iter().all(all_empty) {
            choice.cells.resize(width, String::new());
        }
        let empty_tail = choice.cells.get(width..).is_some_and(|extra| {
            !extra.is_empty() && extra.iter().all(|cell| cell.trim().is_empty())
        });
        if width > 1 && fits == 0 && empty_tail {
            choice.cells.truncate(width);
        }
    }
}

/// Whether a cell looks like a value: an address, a number, a date, a link.
pub fn looks_like_data(cell: &str) -> bool {
    let cell = cell.trim();
    let at_sign = cell.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty() && domain.contains('.') && !cell.contains(' ')
    });
    let digits = cell.chars().filter(char::is_ascii_digit).count();
    let numeric = digits > 0
        && cell.chars().all(|c| {
            c.is_ascii_digit()
                || matches!(c, '+' | '-' | '(' | ')' | '.' | '/' | ' ' | ':' | ',' | '#')
        });
    let lower = cell.get(..8).unwrap_or(cell).to_ascii_lowercase();
    at_sign
        || numeric
        || lower.starts_with("http://")
        || lower.starts_with("https://")
        || lower.starts_with("www.")
}

fn row_is_record(row: &Row, below: &[&Row]) -> bool {
    let strong = row
        .cells
        .iter()
        .any(|cell| looks_like_data(cell) && !is_short_number(cell));
    let weak = row
        .cells
        .iter()
        .filter(|cell| looks_like_data(cell))
        .count();
    if strong || weak * 2 > row.cells.len() {
        return true;
    }
    // A header's names don't come back as values of their own column.
    !differs(row, below)
        && row.cells.iter().enumerate().any(|(at, cell)| {
            !cell.trim().is_empty() && below.iter().any(|other| other.cells.get(at) == Some(cell))
        })
}

/// Years and counts occur as headers of columns.
fn is_short_number(cell: &str) -> bool {
    let cell = cell.trim();
    cell.len() <= 4 && cell.bytes().all(|b| b.is_ascii_digit())
}

/// Some column holds values below (numbers, addresses …) and a name here.
fn differs(row: &Row, below: &[&Row]) -> bool {
    row.cells.iter().enumerate().any(|(at, cell)| {
        if cell.trim().is_empty() || looks_like_data(cell) {
            return false;
        }
        let values: Vec<&String> = below
            .iter()
            .filter_map(|other| other.cells.get(at))
            .filter(|value| !value.trim().is_empty())
            .collect();
        let data = values.iter().filter(|value| looks_like_data(value)).count();
        !values.is_empty() && data * 5 >= values.len() * 4
    })
}

fn is_preamble(row: &Row, width: usize) -> bool {
    let filled = filled(row);
    let thin = filled <= 1 || filled * 3 <= width;
    let remark = row.cells.first().is_some_and(|cell| cell.starts_with('#'));
    width > 1
        && (!row.whole
            || (row.cells.len() != width && (thin || remark))
            || (width > 2 && filled <= 1))
}

fn filled(row: &Row) -> usize {
    row.cells
        .iter()
        .filter(|cell| !cell.trim().is_empty())
        .count()
}

fn only_cell(row: &Row) -> Option<&str> {
    let mut cells = row.cells.iter().filter(|cell| !cell.trim().is_empty());
    let first = cells.next()?;
    cells.next().is_none().then_some(first.as_str())
}
