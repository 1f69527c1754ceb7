//! Files in, text tables out: every record with its file and line, none lost.

mod cell_notes;
mod decode;
mod delimited;
mod dialect;
mod fault;
mod guard;
mod header;
mod json;
mod known;
mod number_format;
mod oddities;
mod open;
mod parquet;
mod patterns;
mod sink;
mod split;
mod swallow;
mod unite;
mod workbook;
mod wrapped;
mod zipped;

use std::cell::Cell;
use std::path::Path;

use rayon::prelude::*;

use crate::contact::diagnostic::nearest;
use crate::contact::{Diagnostic, Failure, FailureKind, Table};
use crate::plan::{Bounds, SourcePlan};
use crate::rulebook::Rulebook;
use crate::watch::Watch;
use decode::TextStream;
use fault::{Fault, fault, hinted};
pub use known::{KnownHeaders, known_headers};
use open::{Opened, Taken, open, read_fault};
use patterns::Patterns;
use sink::FileTable;

/// One source as read.
#[derive(Clone, Debug, Default)]
pub struct SourceRead {
    pub name: String,
    pub files: Vec<FileRead>,
    /// Headers as written in the files, in order of first appearance.
    pub headers: Vec<String>,
    /// One column a header; names made unique (`Email`, `Email (2)`; an empty
    /// one is `column 3`). Every value as text.
    pub table: Table,
    /// For each row of `table`: index into `files`, line from 1.
    pub at: Vec<(u32, u32)>,
    /// Rows that could not be read whole.
    pub torn: Vec<Torn>,
    /// Warnings and notes, values left out.
    pub diagnostics: Vec<Diagnostic>,
}

/// What was found about one file.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct FileRead {
    /// As the user wrote it.
    pub path: String,
    /// `csv`, `xlsx`, `parquet`, `ndjson`, `json`.
    pub format: String,
    /// `gzip`, `zstd` or none.
    pub compression: Option<String>,
    pub encoding: Option<String>,
    pub delimiter: Option<char>,
    pub quote: Option<char>,
    /// Each row stands in one quoted cell.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub wrapped: bool,
    /// From 1; none for a file without a header.
    pub header_line: Option<u32>,
    /// Lines before the header, and lines inside and after the data that are no
    /// records (closing lines, totals, a header that comes back).
    pub preamble_lines: u32,
    pub footer_lines: u32,
    pub sheet: Option<String>,
    pub rows: u64,
    pub torn: u64,
    pub bytes: u64,
    /// BLAKE3 of the bytes on disk, hexadecimal.
    pub blake3: String,
}

/// A row that could not be read whole: never dropped, never mended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// Index into [`SourceRead::files`].
    pub file: u32,
    /// From 1.
    pub line: u32,
    /// The row's text, as decoded.
    pub raw: String,
    /// What is wrong, in words (`7 fields where the header has 5`).
    pub reason: String,
    /// The check that found it (`row_too_long`, `quote_unclosed` …).
    pub rule: &'static str,
}

/// Reads all files of a source; the watch is told the bytes taken from the disk.
///
/// # Errors
/// Exit 3, with every file that could not be read.
pub fn read_source(
    plan: &SourcePlan,
    bounds: &Bounds,
    rulebook: &Rulebook,
    watch: &dyn Watch,
) -> Result<SourceRead, Failure> {
    Reading::load(rulebook).source(plan, bounds, watch)
}

/// What reading knows from the rulebook; loaded once for all sources.
#[derive(Debug)]
pub struct Reading {
    patterns: Patterns,
    known: KnownHeaders,
}

impl Reading {
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        Self {
            patterns: Patterns::load(rulebook),
            known: known_headers(rulebook),
        }
    }

    /// Reads all files of a source.
    ///
    /// # Errors
    /// As [`read_source`].
    pub fn source(
        &self,
        plan: &SourcePlan,
        bounds: &Bounds,
        watch: &dyn Watch,
    ) -> Result<SourceRead, Failure> {
        read_files(plan, bounds, (&self.patterns, &self.known), watch)
    }
}

fn read_files(
    plan: &SourcePlan,
    bounds: &Bounds,
    (patterns, known): (&Patterns, &KnownHeaders),
    watch: &dyn Watch,
) -> Result<SourceRead, Failure> {
    if plan.files.is_empty() {
        let missing = fault(&plan.path, "input_missing", "no file matches");
        return Err(Failure::one(FailureKind::Input, *missing));
    }
    let results: Vec<Result<FileTable, Fault>> = plan
        .files
        .par_iter()
        .map(|path| read_file(path, plan, bounds, (patterns, known), watch))
        .collect();
    let mut tables = Vec::new();
    let mut faults = Vec::new();
    for result in results {
        match result {
            Ok(table) => tables.push(table),
            Err(fault) => faults.push(*fault),
        }
    }
    if faults.is_empty() {
        Ok(unite::unite(&plan.name, tables))
    } else {
        Err(Failure::new(FailureKind::Input, faults))
    }
}

/// The bytes on disk of a source's files; 0 when one of them has no size to ask for
/// (standard input, a pipe).
#[must_use]
pub fn bytes_of(plan: &SourcePlan) -> u64 {
    let size = |path: &std::path::PathBuf| {
        let meta = std::fs::metadata(path)
            .ok()
            .filter(std::fs::Metadata::is_file)?;
        Some(meta.len())
    };
    let sizes: Option<Vec<u64>> = plan.files.iter().map(size).collect();
    sizes.map_or(0, |sizes| sizes.iter().sum())
}

/// What the reader of one file is given.
struct Job<'a> {
    /// As shown in messages.
    path: String,
    compression: Option<&'static str>,
    plan: &'a SourcePlan,
    bounds: &'a Bounds,
    patterns: &'a Patterns,
    known: &'a KnownHeaders,
    taken: Taken,
    /// Bytes that the watch knows of.
    told: Cell<u64>,
    watch: &'a dyn Watch,
}

impl Job<'_> {
    /// Tells the watch what was taken from the disk since the last time.
    fn tell(&self) {
        let bytes = self.taken.bytes();
        self.watch
            .tick(bytes.saturating_sub(self.told.replace(bytes)));
    }
}

/// The formats that karat reads, as the plan names them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Format {
    Csv,
    Workbook,
    Parquet,
    Ndjson,
    Json,
}

impl Format {
    const NAMES: [(&'static str, Self); 5] = [
        ("csv", Self::Csv),
        ("xlsx", Self::Workbook),
        ("parquet", Self::Parquet),
        ("ndjson", Self::Ndjson),
        ("json", Self::Json),
    ];

    fn name(self) -> &'static str {
        Self::NAMES
            .iter()
            .find(|(_, format)| *format == self)
            .map_or("csv", |(name, _)| name)
    }
}

fn read_file(
    path: &Path,
    plan: &SourcePlan,
    bounds: &Bounds,
    (patterns, known): (&Patterns, &KnownHeaders),
    watch: &dyn Watch,
) -> Result<FileTable, Fault> {
    let mut opened = open(path, bounds)?;
    let job = Job {
        path: opened.path.clone(),
        compression: opened.compression,
        plan,
        bounds,
        patterns,
        known,
        taken: opened.taken(),
        told: Cell::new(0),
        watch,
    };
    let format = format_of(&job, &opened)?;
    let file = FileRead {
        path: opened.path.clone(),
        format: format.name().to_owned(),
        compression: opened.compression.map(str::to_owned),
        ..FileRead::default()
    };
    let head = std::mem::take(&mut opened.head);
    let content = std::mem::replace(&mut opened.content, Box::new(std::io::empty()));
    let mut table = match format {
        Format::Csv => delimited::read(text_of(&job, &head, content)?, &job, file)?,
        Format::Ndjson => json::read_lines(text_of(&job, &head, content)?, &job, file)?,
        Format::Json => json::read_whole(text_of(&job, &head, content)?, &job, file)?,
        Format::Workbook => workbook::read(content, &job, file)?,
        Format::Parquet => parquet::read(content, &job, file)?,
    };
    let (bytes, hash) = opened.finish()?;
    job.tell();
    table.file.bytes = bytes;
    table.file.blake3 = hash;
    Ok(table)
}

fn text_of(
    job: &Job<'_>,
    head: &[u8],
    content: Box<dyn std::io::Read>,
) -> Result<TextStream, Fault> {
    let forced = match &job.plan.reading.encoding {
        None => None,
        Some(label) => Some(
            encoding_rs::Encoding::for_label(label.as_bytes())
                .ok_or_else(|| unknown(&job.path, "encoding", label, ENCODINGS))?,
        ),
    };
    TextStream::new(head, content, forced).map_err(|e| read_fault(&job.path, job.compression, &e))
}

/// Suggested when an encoding's name is unknown; every WHATWG label is taken.
const ENCODINGS: &[&str] = &[
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1256",
    "windows-874",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-15",
    "gb18030",
    "gbk",
    "big5",
    "shift_jis",
    "euc-jp",
    "euc-kr",
    "koi8-r",
];

fn unknown(path: &str, key: &str, value: &str, names: &[&str]) -> Fault {
    let found = fault(
        path,
        "input_setting",
        format!(
            "`{key}` is {}, which karat does not know",
            crate::contact::diagnostic::shown(value)
        ),
    );
    match nearest(value, names.iter().copied()) {
        Some(name) => hinted(found, format!("did you mean \"{name}\"?")),
        None => hinted(found, format!("it can be one of {}", names.join(", "))),
    }
}

/// The format that the plan forces, or that the first bytes show.
fn format_of(job: &Job<'_>, opened: &Opened) -> Result<Format, Fault> {
    if let Some(name) = &job.plan.reading.format {
        return Format::NAMES
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, format)| *format)
            .ok_or_else(|| {
                unknown(
                    &job.path,
                    "format",
                    name,
                    &Format::NAMES.map(|(name, _)| name),
                )
            });
    }
    let head = opened.head.as_slice();
    if head.starts_with(b"PAR1") {
        return Ok(Format::Parquet);
    }
    if head.starts_with(b"PK\x03\x04") || head.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return Ok(Format::Workbook);
    }
    if let Some(is) = job.patterns.foreign(head) {
        return Err(hinted(
            fault(
                &job.path,
                "input_foreign",
                format!("this is {is}, which karat does not read"),
            ),
            "karat reads CSV, TSV, XLSX, XLS, ODS, Parquet, NDJSON and JSON, also in gzip or zstd",
        ));
    }
    Ok(json::sniff(&job.path, head).unwrap_or(Format::Csv))
}
