//! CSV and TSV: decoded text → rows with their lines, torn rows apart.
//!
//! The rule for faults: what can't be read whole costs its first physical line;
//! reading goes on at the next one. Lines of a torn record of several lines that
//! are no records by themselves stay with it. So an open quote costs one record,
//! and no neighbour is shifted or swallowed.

use super::decode::TextStream;
use super::dialect::{self, NONE};
use super::fault::{BoundPassed, Fault, bound, fault, hinted};
use super::header::{Question, Row};
use super::oddities::{self, OddLine};
use super::open::read_fault;
use super::sink::{After, FileTable, Sink, too_long};
use super::split::{Dialect, Parsed, Splitter, line_end, line_ends, value};
use super::swallow::swallowed;
use super::wrapped::{self, Unwrap};
use super::{FileRead, Job};
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Place};

/// Text that the dialect and the header are told from.
const SAMPLE: usize = 256 << 10;
/// A first line that is longer than the sample is waited for over this many fields of
/// the greatest length.
const FIRST_LINE: usize = 4;
/// A single row in one cell, among others that are not, is taken out from this width on.
const WRAPPED_FROM: usize = 3;

/// Reads the text of one file.
///
/// # Errors
/// No header, a bound, an unreadable stream.
pub fn read(stream: TextStream, job: &Job<'_>, mut file: FileRead) -> Result<FileTable, Fault> {
    let mut reader = Reader {
        stream,
        job,
        line: 1,
        last_line: 0,
        odd: Vec::new(),
        unwrap: Unwrap::Never,
        unwrapped: Vec::new(),
    };
    reader.more()?;
    let sep = reader.sep_line()?;
    let room = reader.reach_first_row()?;
    let sample = sample_of(reader.stream.rest(), room);
    let whole = reader.stream.eof && sample.len() == reader.stream.rest().len();
    refuse_junk(job, sample)?;
    let reading = &job.plan.reading;
    let forced = ascii(job, "delimiter", reading.delimiter)?.or(sep);
    let quote = ascii(job, "quote", reading.quote)?.unwrap_or(b'"');
    let mut dialect = dialect::sniff(sample, forced, Some(quote), job.known, whole);
    let mut placed = dialect::positions(sample, dialect, whole);
    reader.unwrap = match reading.wrapped {
        Some(false) => Unwrap::Never,
        _ => Unwrap::From(WRAPPED_FROM),
    };
    let sure = reading.wrapped == Some(true);
    let alone = placed.iter().filter(|one| one.row.cells.len() == 1).count();
    let may = reading.wrapped != Some(false) && alone * 2 > placed.len();
    if (sure || may)
        && let Some(inner) = wrapped::find(sample, dialect, forced, job.known, whole, sure)
    {
        dialect = inner;
        reader.unwrap = Unwrap::Each;
        file.wrapped = true;
        placed = dialect::positions(sample, dialect, whole);
        wrapped::unwrap_all(&mut placed, dialect);
    }
    for row in &mut placed {
        row.row.line += reader.line - 1;
    }
    if placed.is_empty() {
        return Err(hinted(
            fault(
                &job.path,
                "input_empty",
                "the file holds nothing but blank lines",
            ),
            "export it again, or take the source out of the plan",
        ));
    }
    let rows: Vec<_> = placed.iter().map(|placed| placed.row.clone()).collect();
    let choice = Question {
        path: &job.path,
        rows: &rows,
        known: job.known,
        sections: &job.patterns.sections,
        plan: job.plan,
    }
    .answer()?;
    let above = above_header(&job.path, &rows, choice.header.unwrap_or(choice.data));
    let start = match choice.header.and_then(|at| placed.get(at)) {
        Some(header) => {
            file.header_line = Some(header.row.line);
            file.preamble_lines = header.row.line - 1;
            header.next
        }
        None => placed.get(choice.data).map_or(0, |row| {
            file.preamble_lines = row.row.line - 1;
            row.start
        }),
    };
    file.delimiter = (dialect.delimiter != NONE).then(|| char::from(dialect.delimiter));
    file.quote = Some(char::from(quote));
    reader.advance(start);
    let mut sink = Sink::new(&job.path, choice, job.patterns, job.bounds)?;
    sink.diagnostics.extend(above);
    reader.rows(dialect, &mut sink)?;
    sink.diagnostics
        .extend(told_unwrapped(&job.path, file.wrapped, &reader.unwrapped));
    file.encoding = Some(reader.stream.encoding());
    sink.cut_last(reader.last_line, reading.footer_lines.unwrap_or(0));
    sink.diagnostics.extend(oddities::diagnostics(
        &job.path,
        &reader.odd,
        reader.stream.more_oddities,
    ));
    Ok(sink.finish(file))
}

/// No line above the header goes without a word.
fn above_header(path: &str, rows: &[Row], header: usize) -> Option<Diagnostic> {
    let above = rows.get(..header)?;
    let first = above.first()?;
    let count = above.len();
    Some(
        Diagnostic::info(
            "input_preamble",
            format!(
                "{count} {} above the header, the first {}",
                if count == 1 {
                    "line stands"
                } else {
                    "lines stand"
                },
                shown(&first.cells.join(" "))
            ),
        )
        .at(Place::line(path, first.line)),
    )
}

/// A row that was taken out of its cell goes with a word.
fn told_unwrapped(path: &str, each: bool, lines: &[u32]) -> Option<Diagnostic> {
    let first = *lines.first()?;
    let count = lines.len();
    let message = if each {
        format!("each row stands in one quoted cell, and was taken out of it ({count} rows)")
    } else if count == 1 {
        "one row stands in one quoted cell, and was taken out of it".to_owned()
    } else {
        format!("{count} rows stand in one quoted cell each, and were taken out of it")
    };
    Some(
        Diagnostic::info("input_rows_wrapped", message)
            .at(Place::line(path, first))
            .hint("if the cells are values, say so: `wrapped = false` in the source"),
    )
}

struct Reader<'a> {
    stream: TextStream,
    job: &'a Job<'a>,
    /// Line of the first byte not yet taken.
    line: u32,
    /// The last line that was not blank.
    last_line: u32,
    odd: Vec<OddLine>,
    unwrap: Unwrap,
    /// Lines of the rows that were taken out of one cell.
    unwrapped: Vec<u32>,
}

impl Reader<'_> {
    fn more(&mut self) -> Result<(), Fault> {
        self.job.tell();
        self.stream
            .more()
            .map_err(|error| read_fault(&self.job.path, self.job.compression, &error))
    }

    /// Takes `len` bytes of text as read.
    fn advance(&mut self, len: usize) {
        let from = self.stream.offset();
        let to = from + len as u64;
        let bytes = self.stream.buf.as_bytes();
        let text = bytes
            .get(self.stream.start..self.stream.start + len)
            .unwrap_or_default();
        let oddities = &mut self.stream.oddities;
        while let Some(oddity) = oddities.pop_front_if(|oddity| oddity.at < to) {
            let at = usize::try_from(oddity.at.saturating_sub(from)).unwrap_or(0);
            self.odd.push(OddLine {
                line: self.line + line_ends(text.get(..at).unwrap_or_default()),
                kind: oddity.kind,
            });
        }
        self.line = self.line.saturating_add(line_ends(text));
        self.stream.start += text.len();
    }

    /// Excel's first line `sep=;`: it says the delimiter and is no row.
    fn sep_line(&mut self) -> Result<Option<u8>, Fault> {
        let text = self.stream.rest();
        let Some((end, next)) = line_end(text.as_bytes(), 0, self.stream.eof) else {
            return Ok(None);
        };
        let line = text.get(..end).unwrap_or("").trim_matches('"');
        let sep = line
            .get(..4)
            .filter(|start| start.eq_ignore_ascii_case("sep="))
            .and_then(|_| match line.as_bytes().get(4..) {
                Some([b]) if b.is_ascii() => Some(*b),
                _ => None,
            });
        if sep.is_some() {
            self.advance(next);
        }
        Ok(sep)
    }

    /// Passes blank lines and gets hold of the whole first row; gives the bytes to
    /// look at.
    ///
    /// # Errors
    /// A first line without an end within the bounds.
    fn reach_first_row(&mut self) -> Result<usize, Fault> {
        let max_field = usize::try_from(self.job.bounds.max_field_bytes).unwrap_or(usize::MAX);
        let limit = max_field.saturating_mul(FIRST_LINE).max(SAMPLE);
        let mut room = SAMPLE;
        loop {
            while self.stream.rest().len() < room && !self.stream.eof {
                self.more()?;
            }
            let sample = sample_of(self.stream.rest(), room);
            let whole = self.stream.eof && sample.len() == self.stream.rest().len();
            if whole {
                return Ok(room);
            }
            let blank = sample.trim_end_matches('\r').len();
            if sample.trim().is_empty() && blank > 0 {
                self.advance(blank);
            } else if line_end(sample.trim_start().as_bytes(), 0, false).is_some() {
                return Ok(room);
            } else if room >= limit {
                return Err(bound(
                    &self.job.path,
                    self.line,
                    &BoundPassed {
                        what: format!("the first line does not end within {room} bytes"),
                        key: "field_bytes",
                    },
                ));
            } else {
                room = room.saturating_mul(2).min(limit);
            }
        }
    }

    fn rows(&mut self, dialect: Dialect, sink: &mut Sink<'_>) -> Result<(), Fault> {
        let width = sink.width();
        let mut splitter = Splitter::new(dialect, self.job.bounds.max_field_bytes);
        // Blank lines of a file of one column are records without a value, unless
        // nothing follows.
        let mut blank_lines: Vec<u32> = Vec::new();
        loop {
            let text = self.stream.rest();
            let bytes = text.as_bytes();
            if bytes.is_empty() {
                if self.stream.eof {
                    return Ok(());
                }
                self.more()?;
                continue;
            }
            let mut parsed = splitter.record(bytes, 0, self.stream.eof);
            if let Parsed::Whole { end, next } = parsed
                && splitter.spans.len() != width
                && bytes.get(end..next) == Some(b"\r")
            {
                parsed = self.retry_with_cr(&mut splitter, width, parsed);
            }
            match parsed {
                Parsed::More => self.more()?,
                Parsed::TooLong => {
                    let limit = usize::try_from(self.job.bounds.max_field_bytes);
                    return Err(too_long(
                        &self.job.path,
                        self.line,
                        limit.unwrap_or(usize::MAX),
                    ));
                }
                Parsed::Whole { end, next } if is_blank(text, end, &splitter, width) => {
                    if width == 1 {
                        blank_lines.push(self.line);
                    }
                    self.advance(next);
                }
                Parsed::Whole { end, next } => {
                    for line in blank_lines.drain(..) {
                        sink.row(line, |_| "")?;
                    }
                    self.last_line = self.line;
                    if self.whole(&mut splitter, sink, end, next)? == After::Stop {
                        return self.leave_out_rest(sink);
                    }
                }
                Parsed::Open => {
                    self.last_line = self.line;
                    let reason = if self.stream.eof {
                        "a quote is opened and never closed".to_owned()
                    } else {
                        format!(
                            "a quote is opened and not closed within {} bytes (`max_field_bytes`)",
                            self.job.bounds.max_field_bytes
                        )
                    };
                    self.torn(&mut splitter, sink, 0, "quote_unclosed", reason);
                }
                Parsed::Stray { at } => {
                    self.last_line = self.line;
                    let reason = "text follows a closing quote".to_owned();
                    self.torn(&mut splitter, sink, at, "quote_stray", reason);
                }
            }
        }
    }

    /// A record that was taken apart: a row, or of the wrong width.
    fn whole(
        &mut self,
        splitter: &mut Splitter,
        sink: &mut Sink<'_>,
        end: usize,
        next: usize,
    ) -> Result<After, Fault> {
        let width = sink.width();
        let text = self.stream.rest();
        let raw = text.get(..end).unwrap_or("");
        let several_lines = splitter.spans.iter().any(|span| span.quoted)
            && memchr::memchr2(b'\n', b'\r', raw.as_bytes()).is_some();
        let dialect = splitter.dialect;
        if splitter.spans.len() == width {
            if several_lines && swallowed(raw, dialect, width) {
                let reason = "a quote is opened and not closed on its line; the lines after it are rows of their own";
                self.torn(splitter, sink, 0, "quote_unclosed", reason.to_owned());
                return Ok(After::Next);
            }
            let after = if splitter.spans.iter().any(|span| span.escaped) {
                let mut scratch = String::new();
                let cells: Vec<String> = splitter
                    .spans
                    .iter()
                    .map(|span| value(text, *span, dialect, &mut scratch).to_owned())
                    .collect();
                sink.row(self.line, |at| cells.get(at).map_or("", String::as_str))?
            } else {
                let spans = &splitter.spans;
                sink.row(self.line, |at| {
                    spans
                        .get(at)
                        .and_then(|span| text.get(span.start..span.end))
                        .unwrap_or("")
                })?
            };
            self.advance(next);
            return Ok(after);
        }
        if let Some(cells) = self.wrapped(splitter, width) {
            let after = sink.row(self.line, |at| cells.get(at).map_or("", String::as_str))?;
            self.unwrapped.push(self.line);
            self.advance(next);
            return Ok(after);
        }
        let found = splitter.spans.len();
        let rule = if found > width {
            "row_too_long"
        } else {
            "row_too_short"
        };
        let fields = if found == 1 { "field" } else { "fields" };
        if several_lines {
            let reason = format!(
                "{found} {fields} where the header has {width}, over several lines: a quote that is not closed?"
            );
            self.torn(splitter, sink, end, rule, reason);
            return Ok(After::Next);
        }
        let reason = format!("{found} {fields} where the header has {width}");
        let cells: Vec<&str> = splitter
            .spans
            .iter()
            .map(|span| text.get(span.start..span.end).unwrap_or(""))
            .collect();
        let after = sink.odd(self.line, raw, &cells, (rule, reason));
        self.advance(next);
        Ok(after)
    }

    /// The cells of the row that stands in the record's only cell.
    fn wrapped(&self, splitter: &Splitter, width: usize) -> Option<Vec<String>> {
        if !self.unwrap.may(&splitter.spans, width) {
            return None;
        }
        let span = *splitter.spans.first()?;
        let mut scratch = String::new();
        let cell = value(self.stream.rest(), span, splitter.dialect, &mut scratch);
        if self.unwrap != Unwrap::Each && wrapped::is_prose(cell, splitter.dialect) {
            return None;
        }
        wrapped::row(cell, splitter.dialect).filter(|cells| cells.len() == width)
    }

    /// Holds out the record at hand: its first line, and those after it, up to the
    /// fault at `until`, that are no records by themselves.
    fn torn(
        &mut self,
        splitter: &mut Splitter,
        sink: &mut Sink<'_>,
        until: usize,
        rule: &'static str,
        reason: String,
    ) {
        let text = self.stream.rest();
        let bytes = text.as_bytes();
        let eof = self.stream.eof;
        // A torn record was scanned past its first line; at the end of the text at
        // hand, that is its end.
        let (mut end, mut next) = line_end(bytes, 0, eof).unwrap_or((bytes.len(), bytes.len()));
        while next < until {
            match splitter.record(bytes, next, eof) {
                Parsed::Whole { .. } if splitter.spans.len() == sink.width() => break,
                Parsed::Whole { .. } if self.wrapped(splitter, sink.width()).is_some() => break,
                Parsed::More => break,
                _ => {}
            }
            let Some(line) = line_end(bytes, next, eof) else {
                break;
            };
            (end, next) = line;
        }
        sink.torn(self.line, text.get(..end).unwrap_or(""), rule, reason);
        self.advance(next);
    }

    /// A lone CR ended a record of the wrong width: perhaps it belongs to a value.
    fn retry_with_cr(&self, splitter: &mut Splitter, width: usize, first: Parsed) -> Parsed {
        let bytes = self.stream.rest().as_bytes();
        let lone_cr = splitter.dialect.lone_cr;
        splitter.dialect.lone_cr = !lone_cr;
        let parsed = splitter.record(bytes, 0, self.stream.eof);
        splitter.dialect.lone_cr = lone_cr;
        match parsed {
            Parsed::Whole { .. } if splitter.spans.len() == width => parsed,
            Parsed::More => parsed,
            _ => {
                splitter.record(bytes, 0, self.stream.eof);
                first
            }
        }
    }

    /// The lines behind the data's end: counted and shown, no records.
    fn leave_out_rest(&mut self, sink: &mut Sink<'_>) -> Result<(), Fault> {
        loop {
            let text = self.stream.rest();
            if text.is_empty() && self.stream.eof {
                return Ok(());
            }
            match line_end(text.as_bytes(), 0, self.stream.eof) {
                None => self.more()?,
                Some((end, next)) => {
                    let line = text.get(..end).unwrap_or("").trim();
                    if !line.is_empty() {
                        sink.after_data(self.line, line);
                        self.last_line = self.line;
                    }
                    self.advance(next);
                }
            }
        }
    }
}

/// A line without any field: blank, or DOS's end-of-file mark.
fn is_blank(text: &str, end: usize, splitter: &Splitter, width: usize) -> bool {
    if splitter.spans.len() != 1 || splitter.spans.iter().any(|span| span.quoted) {
        return false;
    }
    let line = text.get(..end).unwrap_or("");
    line.is_empty() || line == "\u{1a}" || (width > 1 && line.trim().is_empty())
}

fn sample_of(text: &str, room: usize) -> &str {
    let mut end = room.min(text.len());
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    text.get(..end).unwrap_or("")
}

/// Text has few control codes; a file that has many is no text.
fn refuse_junk(job: &Job<'_>, sample: &str) -> Result<(), Fault> {
    let mut all = 0_usize;
    let mut controls = 0_usize;
    let mut odd = 0_usize;
    for c in sample.chars() {
        all += 1;
        match c {
            '\t' | '\n' | '\r' => {}
            '\0' | '\u{fffd}' => odd += 1,
            c if c.is_ascii_control() => controls += 1,
            _ => {}
        }
    }
    if controls * 50 > all.max(50) || (controls + odd) * 3 > all {
        return Err(hinted(
            fault(
                &job.path,
                "input_binary",
                "this is no text and no format that karat reads",
            ),
            "karat reads CSV, TSV, XLSX, XLS, ODS, Parquet, NDJSON and JSON, also in gzip or zstd; `encoding` forces a text encoding",
        ));
    }
    Ok(())
}

fn ascii(job: &Job<'_>, key: &str, c: Option<char>) -> Result<Option<u8>, Fault> {
    match c {
        None => Ok(None),
        Some(c) => match u8::try_from(c) {
            Ok(b) if b.is_ascii() && !matches!(b, b'\n' | b'\r') => Ok(Some(b)),
            _ => Err(hinted(
                fault(
                    &job.path,
                    "input_dialect",
                    format!(
                        "`{key}` is {}, and must be one ASCII character",
                        shown(&c.to_string())
                    ),
                ),
                "the usual ones are , ; | and a tab",
            )),
        },
    }
}
