//! `karat read`: a file as karat reads it, as CSV on stdout; what was sniffed, and
//! each row that could not be read whole, on stderr.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::path::PathBuf;

use serde_json::json;

use super::console::Console;
use super::{Ending, render};
use crate::contact::diagnostic::shown;
use crate::contact::{Failure, Table};
use crate::plan::{Bounds, ReadingPlan, SourcePlan};
use crate::read::{FileRead, SourceRead, bytes_of, read_source};
use crate::rulebook::Rulebook;
use crate::watch::Watch as _;

/// Torn rows that are named one by one.
const SHOWN: usize = 100;

#[derive(Debug, clap::Args)]
pub struct ReadArgs {
    /// The file to read; `-` for standard input
    #[arg(value_name = "FILE")]
    pub file: PathBuf,

    /// What the file is, instead of what its content shows
    #[arg(long, value_parser = ["csv", "xlsx", "parquet", "ndjson", "json"])]
    pub format: Option<String>,

    /// The text encoding (utf-8, windows-1252, shift_jis …)
    #[arg(long, value_name = "NAME")]
    pub encoding: Option<String>,

    /// What parts the fields: one character, or `tab`
    #[arg(long, value_name = "CHAR", value_parser = character)]
    pub delimiter: Option<char>,

    /// What encloses fields
    #[arg(long, value_name = "CHAR", value_parser = character)]
    pub quote: Option<char>,

    /// Whether each line is one quoted cell that holds the row
    #[arg(long, value_name = "BOOL")]
    pub wrapped: Option<bool>,

    /// The line of the header, from 1; 0 when there is none
    #[arg(long, value_name = "LINE")]
    pub header_line: Option<u32>,

    /// Lines to leave out at the end
    #[arg(long, value_name = "COUNT")]
    pub footer_lines: Option<u32>,

    /// The sheet of a workbook
    #[arg(long, value_name = "NAME")]
    pub sheet: Option<String>,

    /// Names for the columns of a file without a header
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub columns: Option<Vec<String>>,
}

/// Reads the file and prints it.
///
/// # Errors
/// Exit 3 when the file can't be read, 74 when stdout refuses.
pub fn run(args: &ReadArgs, console: &Console) -> Result<Ending, Failure> {
    let path = args.file.display().to_string();
    let plan = SourcePlan {
        name: "file".to_owned(),
        path: path.clone(),
        files: vec![args.file.clone()],
        columns: args.columns.clone(),
        reading: ReadingPlan {
            format: args.format.clone(),
            encoding: args.encoding.clone(),
            delimiter: args.delimiter,
            quote: args.quote,
            wrapped: args.wrapped,
            header_line: args.header_line,
            footer_lines: args.footer_lines,
            sheet: args.sheet.clone(),
        },
        ..SourcePlan::default()
    };
    let progress = console.progress();
    progress.stage_of_bytes("read", bytes_of(&plan));
    let source = read_source(&plan, &Bounds::default(), &Rulebook::builtin(), &progress);
    progress.finish();
    let source = source?;
    for file in &source.files {
        console.say(&summary(file));
    }
    console.tell(&source.diagnostics);
    for torn in source.torn.iter().take(SHOWN) {
        let raw = shown(&torn.raw);
        console.say(&format!("{path}:{}: {}: {raw}\n", torn.line, torn.reason));
    }
    if source.torn.len() > SHOWN {
        let more = source.torn.len() - SHOWN;
        console.say(&format!(
            "{path}: {more} more rows could not be read whole\n"
        ));
    }
    if console.json() {
        let value = as_json(&source);
        console.print(&format!("{value:#}\n"))?;
    } else {
        console.stream(|out| csv(out, &source.table))?;
    }
    Ok(Ending::Done)
}

/// One line on what was found out about a file.
fn summary(file: &FileRead) -> String {
    let mut text = format!("{}: {}", file.path, file.format);
    let mut add = |part: String| {
        let _ = write!(text, ", {part}");
    };
    if let Some(compression) = &file.compression {
        add(compression.clone());
    }
    if let Some(encoding) = &file.encoding {
        add(encoding.clone());
    }
    if let Some(delimiter) = file.delimiter {
        add(format!("delimiter {}", named(delimiter)));
    }
    if file.wrapped {
        add("each row in one quoted cell".to_owned());
    }
    if let Some(sheet) = &file.sheet {
        add(format!("sheet {}", shown(sheet)));
    }
    match file.header_line {
        Some(line) => add(format!("header on line {line}")),
        None if file.format == "csv" || file.format == "xlsx" => add("no header".to_owned()),
        None => {}
    }
    add(format!("{} records", file.rows));
    if file.torn > 0 {
        add(format!("{} torn rows", file.torn));
    }
    if file.footer_lines > 0 {
        add(format!("{} lines that are no records", file.footer_lines));
    }
    text.push('\n');
    text
}

fn named(delimiter: char) -> String {
    match delimiter {
        '\t' => "tab".to_owned(),
        other => format!("'{other}'"),
    }
}

/// The table as read, headers made unique. Formulas stay as they are: this is a
/// look at the input, and reading takes a guard off again.
fn csv(out: &mut dyn Write, table: &Table) -> io::Result<()> {
    let mut writer = csv::WriterBuilder::new().from_writer(out);
    if table.names().is_empty() {
        return writer.flush();
    }
    writer.write_record(table.names())?;
    let columns: Vec<_> = table.iter().map(|(_, column)| column).collect();
    for row in 0..table.rows() {
        writer.write_record(columns.iter().map(|column| column.get(row).unwrap_or("")))?;
    }
    writer.flush()
}

fn as_json(source: &SourceRead) -> serde_json::Value {
    let torn: Vec<_> = source
        .torn
        .iter()
        .map(|torn| {
            json!({ "line": torn.line, "rule": torn.rule, "reason": torn.reason, "raw": torn.raw })
        })
        .collect();
    let columns: Vec<_> = source.table.iter().map(|(_, column)| column).collect();
    let records: Vec<_> = (0..source.table.rows())
        .map(|row| {
            let cells: Vec<_> = columns.iter().map(|column| column.get(row)).collect();
            json!({ "line": source.at.get(row).map(|at| at.1), "values": cells })
        })
        .collect();
    json!({
        "files": source.files,
        "columns": source.table.names(),
        "records": records,
        "torn": torn,
        "diagnostics": render::json(&source.diagnostics),
    })
}

/// One character, or a word for one that is hard to type.
fn character(text: &str) -> Result<char, String> {
    match text {
        "tab" | "\\t" => return Ok('\t'),
        "comma" => return Ok(','),
        "semicolon" => return Ok(';'),
        "pipe" => return Ok('|'),
        _ => {}
    }
    let mut chars = text.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) if c.is_ascii() => Ok(c),
        _ => Err("has to be one ASCII character, or the word tab".to_owned()),
    }
}
