//! NDJSON and JSON arrays: objects → rows, values as text exactly as written.
//!
//! Numbers keep their digits (`007.0` is not JSON, `1.10` stays `1.10`), `null` is
//! missing, nested objects become columns `a.b`, arrays are joined by `;` (an array
//! that holds objects stays JSON text). A key that comes twice in an object is two
//! columns. A bad line of NDJSON is a torn row; a fault in a JSON array is an error
//! with line and column, since nothing behind it can be trusted.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::decode::{Oddity, TextStream};
use super::fault::{self, BoundPassed, Fault, fault, fault_at, hinted};
use super::header::Choice;
use super::oddities::{self, OddLine};
use super::open::read_fault;
use super::sink::{FileTable, Sink};
use super::split::{line_end, line_ends};
use super::{FileRead, Format, Job};

/// Lines that are looked at to tell NDJSON.
const LOOKED_AT: usize = 20;

/// NDJSON or JSON, by the first bytes; none for other text.
pub fn sniff(path: &str, head: &[u8]) -> Option<Format> {
    let lower = path.to_ascii_lowercase();
    let name = lower.trim_end_matches(".gz").trim_end_matches(".zst");
    if name.ends_with(".ndjson") || name.ends_with(".jsonl") {
        return Some(Format::Ndjson);
    }
    let by_name = name.ends_with(".json").then_some(Format::Json);
    if [".csv", ".tsv", ".txt", ".tab"]
        .iter()
        .any(|end| name.ends_with(end))
    {
        return None;
    }
    // UTF-16 has NULs between; a BOM may stand in front.
    let mut text = head
        .iter()
        .copied()
        .filter(|b| *b != 0 && *b != 0xff && *b != 0xfe)
        .skip_while(|b| b.is_ascii_whitespace() || matches!(b, 0xef | 0xbb | 0xbf));
    match text.next() {
        Some(b'{') => {
            let first = head
                .split(|b| *b == b'\n')
                .find(|line| !line.trim_ascii().is_empty())?;
            // Blank lines behind it make no second record.
            let more = head.trim_ascii().len() > first.trim_ascii().len() + 4;
            if is_object(first) {
                // One object alone may wrap a list; several are one a line.
                return Some(if more { Format::Ndjson } else { Format::Json });
            }
            let later = head.split(|b| *b == b'\n').take(LOOKED_AT).any(is_object);
            if later && first.trim_ascii().len() > 1 {
                return Some(Format::Ndjson);
            }
            by_name.or_else(|| {
                text.find(|b| !b.is_ascii_whitespace())
                    .filter(|b| matches!(b, b'"' | b'}'))
                    .map(|_| Format::Json)
            })
        }
        Some(b'[') => by_name.or_else(|| {
            text.find(|b| !b.is_ascii_whitespace())
                .filter(|b| matches!(b, b'{' | b']'))
                .map(|_| Format::Json)
        }),
        _ => by_name,
    }
}

fn is_object(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.first() == Some(&b'{') && serde_json::from_slice::<&RawValue>(line).is_ok()
}

/// Reads NDJSON: one object a line.
///
/// # Errors
/// A bound, an unreadable stream, no line at all.
pub fn read_lines(
    mut stream: TextStream,
    job: &Job<'_>,
    mut file: FileRead,
) -> Result<FileTable, Fault> {
    let mut rows = Objects::new(job);
    let mut odd = Odd::default();
    let mut line = 1_u32;
    let io = |error| read_fault(&job.path, job.compression, &error);
    loop {
        let text = stream.rest();
        if text.is_empty() {
            if stream.eof {
                break;
            }
            stream.more().map_err(io)?;
            continue;
        }
        let Some((end, next)) = line_end(text.as_bytes(), 0, stream.eof) else {
            let limit = job
                .bounds
                .max_field_bytes
                .saturating_mul(u64::from(job.bounds.max_columns));
            if text.len() as u64 > limit {
                return Err(fault::bound(
                    &job.path,
                    line,
                    &BoundPassed {
                        what: format!("a line is longer than {limit} bytes"),
                        key: "field_bytes",
                    },
                ));
            }
            stream.more().map_err(io)?;
            continue;
        };
        let text = text.get(..end).unwrap_or("");
        if !text.trim().is_empty() {
            rows.line(line, text)?;
        }
        let to = stream.offset() + next as u64;
        while let Some(oddity) = stream
            .oddities
            .pop_front_if(|oddity: &mut Oddity| oddity.at < to)
        {
            odd.0.push(OddLine {
                line,
                kind: oddity.kind,
            });
        }
        stream.start += next;
        line = line.saturating_add(1);
    }
    file.encoding = Some(stream.encoding());
    let mut table = rows.finish(file)?;
    table.diagnostics.extend(oddities::diagnostics(
        &job.path,
        &odd.0,
        stream.more_oddities,
    ));
    Ok(table)
}

#[derive(Default)]
struct Odd(Vec<OddLine>);

/// Reads one JSON document: an array of objects, an object that wraps one, one
/// object, or objects one after the other over several lines each.
///
/// # Errors
/// Faults of the JSON with line and column, bounds, no object in it.
pub fn read_whole(
    mut stream: TextStream,
    job: &Job<'_>,
    mut file: FileRead,
) -> Result<FileTable, Fault> {
    while !stream.eof {
        stream
            .more()
            .map_err(|error| read_fault(&job.path, job.compression, &error))?;
    }
    let text = stream.rest();
    let mut values: Vec<&RawValue> = Vec::new();
    for value in serde_json::Deserializer::from_str(text).into_iter::<&RawValue>() {
        values.push(value.map_err(|error| json_fault(&job.path, text, &error))?);
    }
    if values.is_empty() {
        return Err(fault(
            &job.path,
            "input_empty",
            "the file holds nothing but blanks",
        ));
    }
    let mut rows = Objects::new(job);
    if let [only] = values.as_slice() {
        values = elements_of(job, text, only)?;
    } else if let Some(other) = values.iter().find(|value| !value.get().starts_with('{')) {
        return Err(second_value(job, text, other));
    }
    let mut line = 1_u32;
    let mut from = 0;
    for value in values {
        let at = offset_in(text, value.get());
        line = line.saturating_add(line_ends(text.as_bytes().get(from..at).unwrap_or_default()));
        from = at;
        rows.line(line, value.get())?;
    }
    let mut odd = Vec::new();
    for oddity in &stream.oddities {
        let at = usize::try_from(oddity.at)
            .unwrap_or(usize::MAX)
            .min(text.len());
        odd.push(OddLine {
            line: 1 + line_ends(text.as_bytes().get(..at).unwrap_or_default()),
            kind: oddity.kind.clone(),
        });
    }
    file.encoding = Some(stream.encoding());
    let mut table = rows.finish(file)?;
    table
        .diagnostics
        .extend(oddities::diagnostics(&job.path, &odd, stream.more_oddities));
    Ok(table)
}

/// The records in a document's one value.
fn elements_of<'t>(
    job: &Job<'_>,
    text: &'t str,
    value: &'t RawValue,
) -> Result<Vec<&'t RawValue>, Fault> {
    let json = |error: serde_json::Error| json_fault(&job.path, text, &error);
    match value.get().as_bytes().first() {
        Some(b'[') => serde_json::from_str(value.get()).map_err(json),
        Some(b'{') => {
            // An API's answer wraps its list: {"results": [{…}, …], "paging": …}.
            let members = members(value.get()).map_err(json)?;
            let mut lists = members
                .iter()
                .filter(|(_, raw)| raw.get().starts_with('['))
                .filter_map(|(_, raw)| serde_json::from_str::<Vec<&RawValue>>(raw.get()).ok())
                .filter(|list| {
                    !list.is_empty() && list.iter().all(|raw| raw.get().starts_with('{'))
                });
            let plain = members
                .iter()
                .filter(|(_, raw)| !raw.get().starts_with(['{', '[']))
                .count();
            match (lists.next(), lists.next()) {
                (Some(list), None) if plain <= 4 => Ok(list),
                _ => Ok(vec![value]),
            }
        }
        _ => Err(hinted(
            fault_at(
                &job.path,
                1,
                1,
                "json_no_records",
                "the JSON holds no records: it is a single value",
            ),
            "karat reads a list of objects, one a record",
        )),
    }
}

/// Something stands beside the document's objects.
fn second_value(job: &Job<'_>, text: &str, value: &RawValue) -> Fault {
    let before = text.get(..offset_in(text, value.get())).unwrap_or("");
    let line = 1 + line_ends(before.as_bytes());
    let start = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
    let column = before.get(start..).unwrap_or("").chars().count() + 1;
    hinted(
        fault_at(
            &job.path,
            line,
            u32::try_from(column).unwrap_or(u32::MAX),
            "json_syntax",
            "this is no JSON: a value stands where the file should end",
        ),
        "karat reads a list of objects, or objects one after the other",
    )
}

fn json_fault(path: &str, text: &str, error: &serde_json::Error) -> Fault {
    let line = u32::try_from(error.line()).unwrap_or(0).max(1);
    let column = u32::try_from(error.column()).unwrap_or(0);
    let message = words(error);
    let ends = error.is_eof() || text.trim().is_empty();
    let found = fault_at(
        path,
        line,
        column,
        "json_syntax",
        format!("this is no JSON: {message}"),
    );
    hinted(
        found,
        if ends {
            "the file ends too early: export or copy it again"
        } else {
            "if each line is an object of its own, call the file .ndjson or set `format = \"ndjson\"`"
        },
    )
}

/// serde_json's message without its position.
fn words(error: &serde_json::Error) -> String {
    let message = error.to_string();
    match message.rfind(" at line ") {
        Some(at) => message.get(..at).unwrap_or(&message).to_owned(),
        None => message,
    }
}

fn offset_in(text: &str, part: &str) -> usize {
    (part.as_ptr() as usize)
        .saturating_sub(text.as_ptr() as usize)
        .min(text.len())
}

/// An object's members in order, a repeated key twice.
fn members(object: &str) -> Result<Vec<(Cow<'_, str>, &RawValue)>, serde_json::Error> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(Cow<'de, str>, &'de RawValue)>;
        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut out = Vec::new();
            while let Some(key) = map.next_key::<String>()? {
                out.push((Cow::Owned(key), map.next_value()?));
            }
            Ok(out)
        }
    }
    let mut deserializer = serde_json::Deserializer::from_str(object);
    let out = deserializer.deserialize_map(Members)?;
    deserializer.end()?;
    Ok(out)
}

/// Rows whose columns are not known before the end.
struct Objects<'a> {
    job: &'a Job<'a>,
    names: Vec<String>,
    place: HashMap<(String, usize), usize>,
    /// Row by row: (column, value).
    cells: Vec<(u32, String)>,
    /// (line, end in `cells`).
    rows: Vec<(u32, usize)>,
    torn: Vec<(u32, String, &'static str, String)>,
}

impl<'a> Objects<'a> {
    fn new(job: &'a Job<'a>) -> Self {
        Self {
            job,
            names: Vec::new(),
            place: HashMap::new(),
            cells: Vec::new(),
            rows: Vec::new(),
            torn: Vec::new(),
        }
    }

    /// Adds the object in `text`, or a torn row.
    fn line(&mut self, line: u32, text: &str) -> Result<(), Fault> {
        let raw = text.trim();
        let mut cells = Vec::new();
        match self.flatten(raw, "", 1, &mut cells) {
            Ok(()) => {
                let mut seen: HashMap<String, usize> = HashMap::new();
                for (name, value) in cells {
                    if value.len() as u64 > self.job.bounds.max_field_bytes {
                        let limit = usize::try_from(self.job.bounds.max_field_bytes);
                        return Err(super::sink::too_long(
                            &self.job.path,
                            line,
                            limit.unwrap_or(usize::MAX),
                        ));
                    }
                    let nth = seen.entry(name.clone()).or_default();
                    let key = (name, *nth);
                    *nth += 1;
                    let column = match self.place.get(&key) {
                        Some(column) => *column,
                        None => {
                            let column = self.names.len();
                            self.names.push(key.0.clone());
                            self.place.insert(key, column);
                            column
                        }
                    };
                    if !value.is_empty() {
                        self.cells
                            .push((u32::try_from(column).unwrap_or(u32::MAX), value));
                    }
                }
                self.check_bounds(line)?;
                self.rows.push((line, self.cells.len()));
            }
            Err(Stop::Deep) => {
                return Err(fault::bound(
                    &self.job.path,
                    line,
                    &BoundPassed {
                        what: format!(
                            "objects are nested deeper than {}",
                            self.job.bounds.max_nesting
                        ),
                        key: "nesting",
                    },
                ));
            }
            Err(Stop::Json(error)) => {
                let reason = format!(
                    "no JSON: {}, at character {}",
                    words(&error),
                    error.column()
                );
                self.torn
                    .push((line, text.to_owned(), "json_syntax", reason));
            }
            Err(Stop::NoObject) => {
                let reason = "no JSON object: each record has to be one".to_owned();
                self.torn
                    .push((line, text.to_owned(), "json_not_object", reason));
            }
        }
        Ok(())
    }

    fn check_bounds(&self, line: u32) -> Result<(), Fault> {
        let (columns, bounds) = (self.names.len() as u64, self.job.bounds);
        let passed = if columns > u64::from(bounds.max_columns) {
            BoundPassed {
                what: format!("{columns} columns are more than {}", bounds.max_columns),
                key: "columns",
            }
        } else if columns.saturating_mul(self.rows.len() as u64) > bounds.max_cells {
            BoundPassed {
                what: format!("rows times columns are more than {}", bounds.max_cells),
                key: "cells",
            }
        } else {
            return Ok(());
        };
        Err(fault::bound(&self.job.path, line, &passed))
    }

    fn flatten(
        &self,
        raw: &str,
        prefix: &str,
        depth: u32,
        cells: &mut Vec<(String, String)>,
    ) -> Result<(), Stop> {
        if depth > self.job.bounds.max_nesting {
            return Err(Stop::Deep);
        }
        if !raw.starts_with('{') {
            // Bad JSON is said as such, a good value of another kind as that.
            serde_json::from_str::<&RawValue>(raw)?;
            return Err(Stop::NoObject);
        }
        for (key, value) in members(raw)? {
            let name = if prefix.is_empty() {
                key.into_owned()
            } else {
                format!("{prefix}.{key}")
            };
            let value = value.get();
            match value.as_bytes().first() {
                Some(b'{') if !members(value)?.is_empty() => {
                    self.flatten(value, &name, depth + 1, cells)?;
                }
                _ => cells.push((name, text_of(value)?)),
            }
        }
        Ok(())
    }

    fn finish(self, file: FileRead) -> Result<FileTable, Fault> {
        let choice = Choice {
            cells: self.names,
            ..Choice::default()
        };
        let width = choice.cells.len();
        let mut sink = Sink::new(&self.job.path, choice, self.job.patterns, self.job.bounds)?;
        let mut from = 0;
        let mut row = vec![""; width];
        for (line, end) in &self.rows {
            row.fill("");
            for (column, value) in self.cells.get(from..*end).unwrap_or_default() {
                if let Some(cell) = row.get_mut(*column as usize) {
                    *cell = value;
                }
            }
            sink.row(*line, |at| row.get(at).copied().unwrap_or(""))?;
            from = *end;
        }
        for (line, raw, rule, reason) in self.torn {
            sink.torn(line, &raw, rule, reason);
        }
        Ok(sink.finish(file))
    }
}

enum Stop {
    Json(serde_json::Error),
    NoObject,
    Deep,
}

impl From<serde_json::Error> for Stop {
    fn from(error: serde_json::Error) -> Self {
        Self::Json(error)
    }
}

/// A value as text: a string's content, a number's digits, nothing for null.
fn text_of(value: &str) -> Result<String, serde_json::Error> {
    match value.as_bytes().first() {
        Some(b'"') => serde_json::from_str(value),
        Some(b'n') => Ok(String::new()),
        Some(b'[') => {
            let list: Vec<&RawValue> = serde_json::from_str(value)?;
            if list.iter().any(|raw| raw.get().starts_with(['{', '['])) {
                return Ok(value.to_owned());
            }
            let texts: Result<Vec<String>, _> = list.iter().map(|raw| text_of(raw.get())).collect();
            Ok(texts?.join(";"))
        }
        Some(b'{') => Ok(String::new()),
        _ => Ok(value.to_owned()),
    }
}
