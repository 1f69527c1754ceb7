//! Rows of the log as a table, CSV or JSON.

use std::io::{self, IsTerminal, Write};

use serde_json::{Map, Value};

use super::render::one_line;
use crate::audit::columns::COLUMNS;
use crate::audit::joined;
use crate::audit::load::LogRow;
use crate::audit::runs::Run;
use crate::write::csv::{self, Line};

/// The column with the name of a merge, by which `karat undo` takes it back.
const EVENT: &str = "event";

fn handle(run: &Run, row: &LogRow<'_>) -> Option<String> {
    joined::handle(run, row.seq, row.kind, row.rule)
}

/// A row of the log.
pub type Told<'a> = LogRow<'a>;

/// How rows are printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub enum Form {
    Table,
    Csv,
    Json,
}

impl Form {
    /// A table for people at a terminal, CSV for whatever reads a pipe.
    pub fn usual() -> Self {
        if io::stdout().is_terminal() {
            Self::Table
        } else {
            Self::Csv
        }
    }
}

/// Prints rows as they come; a table once it knows its widths.
pub struct Writer {
    form: Form,
    /// With the run that a row is of.
    of_run: bool,
    rows: usize,
    /// The first rows of a table, until there are enough to know the widths.
    waiting: Vec<Vec<String>>,
    widths: Vec<usize>,
}

/// Rows that set the widths of a table.
const MEASURED: usize = 500;
/// No column is drawn wider; longer cells stick out.
const WIDEST: usize = 40;

impl Writer {
    pub fn new(form: Form, of_run: bool) -> Self {
        Self {
            form,
            of_run,
            rows: 0,
            waiting: Vec::new(),
            widths: Vec::new(),
        }
    }

    pub fn rows(&self) -> usize {
        self.rows
    }

    pub fn start(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.form {
            Form::Json => out.write_all(b"["),
            Form::Csv => {
                let mut header: Vec<&str> = COLUMNS.to_vec();
                if self.of_run {
                    header.insert(0, "run");
                }
                header.push(EVENT);
                csv::write(&mut { out }, &header, 0, true, |_, _| {})
            }
            Form::Table => {
                let mut header = [
                    EVENT,
                    "stage",
                    "kind",
                    "record",
                    "golden_id",
                    "field",
                    "before",
                    "after",
                    "rule",
                    "reason",
                ]
                .map(str::to_owned)
                .to_vec();
                if self.of_run {
                    header.insert(0, "run".to_owned());
                }
                self.waiting.push(header);
                Ok(())
            }
        }
    }

    pub fn row(&mut self, out: &mut dyn Write, run: &Run, row: &LogRow<'_>) -> io::Result<()> {
        self.rows += 1;
        match self.form {
            Form::Json => {
                let start = if self.rows == 1 { "\n" } else { ",\n" };
                let id = self.of_run.then_some(run.id.as_str());
                write!(out, "{start}{}", json(row, id, handle(run, row)))
            }
            Form::Csv => {
                let mut bytes = Vec::new();
                csv::line(&mut bytes, true, |line| {
                    if self.of_run {
                        line.text(&run.id);
                    }
                    draw(row, line);
                    line.cell(handle(run, row).as_deref());
                });
                out.write_all(&bytes)
            }
            Form::Table => {
                let text = |cell: Option<&str>| cell.map_or(String::new(), one_line);
                let record = match (row.source, row.record_id) {
                    (Some(source), Some(id)) => one_line(&format!("{source}:{id}")),
                    _ => String::new(),
                };
                let mut cells = vec![
                    handle(run, row).unwrap_or_default(),
                    row.stage.to_owned(),
                    row.kind.to_owned(),
                    record,
                    text(row.golden_id),
                    text(row.field),
                    text(row.before),
                    text(row.after),
                    text(row.rule),
                    text(row.reason),
                ];
                if self.of_run {
                    cells.insert(0, run.id.clone());
                }
                if self.widths.is_empty() {
                    self.waiting.push(cells);
                    if self.waiting.len() > MEASURED {
                        self.flush(out)?;
                    }
                    Ok(())
                } else {
                    self.print(out, &cells)
                }
            }
        }
    }

    pub fn end(&mut self, out: &mut dyn Write) -> io::Result<()> {
        match self.form {
            Form::Json => out.write_all(b"\n]\n"),
            Form::Csv => Ok(()),
            Form::Table if self.rows == 0 => Ok(()),
            Form::Table => self.flush(out),
        }
    }

    fn flush(&mut self, out: &mut dyn Write) -> io::Result<()> {
        let rows = std::mem::take(&mut self.waiting);
        if let Some(first) = rows.first().filter(|_| self.widths.is_empty()) {
            self.widths = (0..first.len())
                .map(|at| {
                    let lengths = rows.iter().map(|row| row[at].chars().count());
                    lengths.max().unwrap_or(0).min(WIDEST)
                })
                .collect();
        }
        rows.iter().try_for_each(|row| self.print(out, row))
    }

    fn print(&self, out: &mut dyn Write, cells: &[String]) -> io::Result<()> {
        let mut line = String::new();
        for (cell, width) in cells.iter().zip(&self.widths) {
            line.push_str(cell);
            let blank = width.saturating_sub(cell.chars().count()) + 2;
            line.extend(std::iter::repeat_n(' ', blank));
        }
        writeln!(out, "{}", line.trim_end())
    }
}

fn draw(row: &LogRow<'_>, line: &mut Line<'_>) {
    line.text(&row.seq.to_string());
    line.text(row.stage);
    line.text(row.kind);
    for cell in [
        row.source,
        row.record_id,
        row.golden_id,
        row.field,
        row.before,
        row.after,
        row.rule,
        row.reason,
    ] {
        line.cell(cell);
    }
    line.cell(row.weight.map(|weight| weight.to_string()).as_deref());
}

fn json(row: &LogRow<'_>, run: Option<&str>, handle: Option<String>) -> Value {
    let values: [Value; 12] = [
        row.seq.into(),
        row.stage.into(),
        row.kind.into(),
        row.source.into(),
        row.record_id.into(),
        row.golden_id.into(),
        row.field.into(),
        row.before.into(),
        row.after.into(),
        row.rule.into(),
        row.reason.into(),
        row.weight.into(),
    ];
    let run = run.map(|run| ("run".to_owned(), Value::from(run)));
    let object: Map<String, Value> = run
        .into_iter()
        .chain(COLUMNS.iter().map(|&name| name.to_owned()).zip(values))
        .chain([(EVENT.to_owned(), handle.into())])
        .collect();
    Value::Object(object)
}
