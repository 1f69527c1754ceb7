//! XLSX, XLS and ODS: the first or the named sheet, every cell as text.
//!
//! Dates come as ISO text from their serial numbers, whole numbers without `.0`, numbers
//! with a format of fixed digits as that writes them, text as it is (leading zeros live).
//! The line of a record is its row in the sheet. A formula's value is the one stored
//! with it; one without is told, since it would be lost in silence, and so is a number
//! whose last digits a spreadsheet has cut. Of XLS and ODS the library gives no formats:
//! there a number comes as it is.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, ExcelDateTime, Reader, Sheets, Xlsx};

use super::cell_notes::{Cells, FORMULAS, ROUNDED};
use super::fault::{self, BoundPassed, Fault, fault, hinted};
use super::header::{Question, Row};
use super::number_format::Digits;
use super::open::read_fault;
use super::sink::{After, FileTable, Sink};
use super::{FileRead, Job, zipped};
use crate::contact::diagnostic::{nearest, shown};

type Book = Sheets<Cursor<Vec<u8>>>;
/// A row of the sheet (from 1) and its filled cells by column.
type SheetRow = (u32, Vec<(u32, String)>);

/// Reads a workbook.
///
/// # Errors
/// A damaged or foreign file, an unknown sheet, a bound, no header.
pub fn read(
    mut content: Box<dyn Read>,
    job: &Job<'_>,
    mut file: FileRead,
) -> Result<FileTable, Fault> {
    let mut bytes = Vec::new();
    content
        .read_to_end(&mut bytes)
        .map_err(|error| read_fault(&job.path, job.compression, &error))?;
    let is_zip = bytes.starts_with(b"PK");
    if is_zip {
        zipped::check(&bytes, job.bounds).map_err(|passed| fault::bound(&job.path, 0, &passed))?;
    }
    // The library may panic on a damaged workbook; that is a damaged file, no crash.
    let sheet = catch_unwind(AssertUnwindSafe(|| sheet(bytes, job)))
        .unwrap_or_else(|_| Err(damaged(job, "its structure is broken")))?;
    let mut told = FORMULAS.tell(&job.path, &sheet.name, &sheet.without_value);
    told.extend(ROUNDED.tell(&job.path, &sheet.name, &sheet.rounded));
    file.sheet = Some(sheet.name);
    let mut table = table(job, file, sheet.rows)?;
    table.diagnostics.extend(told);
    Ok(table)
}

/// What one sheet holds.
struct Sheet {
    name: String,
    rows: Vec<SheetRow>,
    /// Formulas that no value is stored with.
    without_value: Cells,
    /// Numbers of more digits than a spreadsheet keeps.
    rounded: Cells,
}

fn sheet(bytes: Vec<u8>, job: &Job<'_>) -> Result<Sheet, Fault> {
    let mut book: Book = calamine::open_workbook_auto_from_rs(Cursor::new(bytes))
        .map_err(|error| damaged(job, &error.to_string()))?;
    let name = choose_sheet(job, &book.sheet_names())?;
    let mut without_value = Vec::new();
    let rows = match &mut book {
        Sheets::Xlsx(xlsx) => {
            let (rows, blanks) = xlsx_rows(job, xlsx, &name)?;
            if blanks {
                without_value = uncomputed(xlsx, &name);
            }
            rows
        }
        _ => {
            let range = book
                .worksheet_range(&name)
                .map_err(|error| damaged(job, &error.to_string()))?;
            let (row0, column0) = range.start().unwrap_or((0, 0));
            let mut rows = Rows::new(job);
            for (row, column, cell) in range.used_cells() {
                let row = row0.saturating_add(u32::try_from(row).unwrap_or(u32::MAX));
                let column = column0.saturating_add(u32::try_from(column).unwrap_or(u32::MAX));
                if let Data::Float(number) = cell {
                    rows.check_digits(row, column, *number);
                }
                rows.push(row, column, text(cell))?;
            }
            rows
        }
    };
    Ok(Sheet {
        name,
        rows: rows.out,
        without_value,
        rounded: rows.rounded,
    })
}

fn choose_sheet(job: &Job<'_>, names: &[String]) -> Result<String, Fault> {
    let wanted = &job.plan.reading.sheet;
    let Some(wanted) = wanted else {
        return names
            .first()
            .cloned()
            .ok_or_else(|| fault(&job.path, "input_empty", "the workbook has no sheet"));
    };
    if let Some(name) = names.iter().find(|name| *name == wanted) {
        return Ok(name.clone());
    }
    let found = fault(
        &job.path,
        "sheet_missing",
        format!("there is no sheet {}", shown(wanted)),
    );
    Err(match nearest(wanted, names.iter().map(String::as_str)) {
        Some(name) => hinted(found, format!("did you mean \"{name}\"?")),
        None => hinted(found, format!("the workbook has: {}", names.join(", "))),
    })
}

/// Cell by cell, so that one cell far out does not make a huge empty sheet; and
/// whether there are cells without a value.
fn xlsx_rows<'j>(
    job: &'j Job<'j>,
    xlsx: &mut Xlsx<Cursor<Vec<u8>>>,
    sheet: &str,
) -> Result<(Rows<'j>, bool), Fault> {
    let bad = |error: calamine::XlsxError| damaged(job, &error.to_string());
    let mut reader = xlsx.worksheet_cells_reader(sheet).map_err(bad)?;
    let formats: Vec<Option<Digits>> = reader
        .styles()
        .iter()
        .map(|style| Digits::of(&style.number_format.as_ref()?.format_code))
        .collect();
    let mut rows = Rows::new(job);
    let mut blanks = false;
    while let Some((cell, style)) = reader.next_cell_with_style_id().map_err(bad)? {
        let (row, column) = cell.get_position();
        let value = match cell.get_value() {
            DataRef::SharedString(shared) => (*shared).to_owned(),
            DataRef::Float(number) => {
                rows.check_digits(row, column, *number);
                formats
                    .get(style)
                    .and_then(|format| format.as_ref()?.write(*number))
                    .unwrap_or_else(|| number_text(*number))
            }
            other => text(&Data::from(other.clone())),
        };
        blanks |= value.is_empty();
        rows.push(row, column, value)?;
    }
    Ok((rows, blanks))
}

/// The formulas that no value is stored with. The cells were read once before: what
/// can't be read now is no formula to tell of.
fn uncomputed(xlsx: &mut Xlsx<Cursor<Vec<u8>>>, sheet: &str) -> Cells {
    let mut out = Vec::new();
    let Ok(mut reader) = xlsx.worksheet_cells_reader(sheet) else {
        return out;
    };
    while let Ok(Some(cell)) = reader.next_cell_with_formula_metadata() {
        if cell.formula.is_some() && matches!(cell.value, DataRef::Empty) {
            out.push(cell.pos);
        }
    }
    out
}

/// Rows of filled cells, counted against the bounds.
struct Rows<'a> {
    job: &'a Job<'a>,
    cells: u64,
    out: Vec<SheetRow>,
    rounded: Cells,
}

impl<'a> Rows<'a> {
    fn new(job: &'a Job<'a>) -> Self {
        Self {
            job,
            cells: 0,
            out: Vec::new(),
            rounded: Cells::new(),
        }
    }

    /// Spreadsheets keep fifteen digits of a number; what stands behind is zeros.
    fn check_digits(&mut self, row: u32, column: u32, number: f64) {
        if number.abs() >= 1e15 && number.is_finite() {
            self.rounded.push((row, column));
        }
    }

    fn push(&mut self, row: u32, column: u32, value: String) -> Result<(), Fault> {
        if value.is_empty() {
            return Ok(());
        }
        let line = row.saturating_add(1);
        self.cells += 1;
        if self.cells > self.job.bounds.max_cells {
            return Err(fault::bound(
                &self.job.path,
                line,
                &BoundPassed {
                    what: format!(
                        "the sheet has more than {} cells",
                        self.job.bounds.max_cells
                    ),
                    key: "cells",
                },
            ));
        }
        if column >= self.job.bounds.max_columns {
            return Err(fault::bound(
                &self.job.path,
                line,
                &BoundPassed {
                    what: format!(
                        "the sheet has more than {} columns",
                        self.job.bounds.max_columns
                    ),
                    key: "columns",
                },
            ));
        }
        match self.out.last_mut() {
            Some((last, cells)) if *last == line => cells.push((column, value)),
            _ => self.out.push((line, vec![(column, value)])),
        }
        Ok(())
    }
}

fn table(job: &Job<'_>, mut file: FileRead, mut rows: Vec<SheetRow>) -> Result<FileTable, Fault> {
    rows.sort_by_key(|(line, _)| *line);
    if rows.is_empty() {
        return Err(fault(&job.path, "input_empty", "the sheet is empty"));
    }
    let width = |rows: &[SheetRow]| {
        let columns = rows.iter().flat_map(|(_, cells)| cells);
        columns
            .map(|(column, _)| *column as usize + 1)
            .max()
            .unwrap_or(0)
    };
    let head = rows
        .get(..super::dialect::SAMPLE_ROWS.min(rows.len()))
        .unwrap_or_default();
    let head_width = width(head);
    let sample: Vec<Row> = head
        .iter()
        .map(|(line, cells)| Row {
            line: *line,
            cells: dense(cells, head_width),
            whole: true,
        })
        .collect();
    let mut choice = Question {
        path: &job.path,
        rows: &sample,
        known: job.known,
        sections: &job.patterns.sections,
        plan: job.plan,
    }
    .answer()?;
    let first = choice.data;
    if let Some(header) = choice.header.and_then(|at| sample.get(at)) {
        file.header_line = Some(header.line);
        file.preamble_lines = header.line - 1;
    }
    // Columns without a header or any value are none; those with values are kept.
    let data_width = width(rows.get(first..).unwrap_or_default());
    let named = choice
        .cells
        .iter()
        .rposition(|cell| !cell.trim().is_empty())
        .map_or(0, |at| at + 1);
    if job.plan.columns.is_none() {
        choice.cells.resize(named.max(data_width), String::new());
    }
    let mut sink = Sink::new(&job.path, choice, job.patterns, job.bounds)?;
    let last = rows.last().map_or(0, |(line, _)| *line);
    for (line, cells) in rows.get(first..).unwrap_or_default() {
        let row = dense(cells, sink.width());
        if row.len() > sink.width() {
            let reason = format!(
                "{} cells where the plan names {} columns",
                row.len(),
                sink.width()
            );
            sink.torn(*line, &row.join(","), "row_too_long", reason);
        } else if sink.row(*line, |at| row.get(at).map_or("", String::as_str))? == After::Stop {
            break;
        }
    }
    sink.cut_last(last, job.plan.reading.footer_lines.unwrap_or(0));
    Ok(sink.finish(file))
}

fn dense(cells: &[(u32, String)], width: usize) -> Vec<String> {
    let mut row = vec![String::new(); width];
    for (column, value) in cells {
        let at = *column as usize;
        if at >= row.len() {
            row.resize(at + 1, String::new());
        }
        if let Some(cell) = row.get_mut(at) {
            value.clone_into(cell);
        }
    }
    row
}

fn damaged(job: &Job<'_>, why: &str) -> Fault {
    hinted(
        fault(
            &job.path,
            "input_damaged",
            format!("the workbook can't be read: {why}"),
        ),
        "save it again as XLSX or CSV; a ZIP of exports has to be unpacked first",
    )
}

fn text(cell: &Data) -> String {
    match cell {
        Data::Empty => String::new(),
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text.clone(),
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number_text(*number),
        Data::Bool(value) => if *value { "TRUE" } else { "FALSE" }.to_owned(),
        Data::DateTime(moment) => date_text(moment),
        Data::Error(error) => error.to_string(),
    }
}

/// Shortest digits that give the number back; never an exponent.
fn number_text(number: f64) -> String {
    format!("{number}")
}

/// `2024-03-12`, with ` 09:14:00` when there is a time of day; `09:14:00` for a time.
fn date_text(moment: &ExcelDateTime) -> String {
    let serial = moment.as_f64();
    if moment.is_duration() || !serial.is_finite() || serial < 0.0 {
        return number_text(serial);
    }
    let (year, month, day, hour, minute, second, milli) = moment.to_ymd_hms_milli();
    let time = if milli == 0 {
        format!("{hour:02}:{minute:02}:{second:02}")
    } else {
        format!("{hour:02}:{minute:02}:{second:02}.{milli:03}")
    };
    if serial < 1.0 {
        time
    } else if serial.fract() == 0.0 {
        format!("{year:04}-{month:02}-{day:02}")
    } else {
        format!("{year:04}-{month:02}-{day:02} {time}")
    }
}
