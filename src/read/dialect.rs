//! Delimiter, quote and line ends of a text file, from its beginning.
//!
//! Each delimiter is tried on the sample: the one whose rows agree most in width
//! wins, wide tables before narrow ones; rows of known headers weigh more.

use std::collections::BTreeMap;

use super::header::Row;
use super::known::KnownHeaders;
use super::split::{Dialect, Parsed, Splitter, line_end, line_ends, value};

/// No byte of UTF-8 text: the "delimiter" of a file of one column.
pub const NONE: u8 = 0xff;
const CANDIDATES: [u8; 4] = [b',', b';', b'\t', b'|'];
/// Rows that are looked at.
pub const SAMPLE_ROWS: usize = 400;

/// The dialect of the sample; `forced` is the plan's delimiter.
pub fn sniff(
    sample: &str,
    forced: Option<u8>,
    quote: Option<u8>,
    known: &KnownHeaders,
    eof: bool,
) -> Dialect {
    let mut dialect = Dialect::new(NONE, quote);
    dialect.lone_cr = lone_cr_ends_lines(sample);
    dialect.delimiter = forced.unwrap_or_else(|| {
        let mut best = (0.0, NONE);
        for delimiter in CANDIDATES {
            let rows = rows(
                sample,
                Dialect {
                    delimiter,
                    ..dialect
                },
                eof,
            );
            let score = score(&rows, known);
            if score > best.0 {
                best = (score, delimiter);
            }
        }
        best.1
    });
    dialect.backslash = escapes_by_backslash(sample, dialect, eof);
    dialect
}

/// The sample's rows with their lines; a line that can't be taken apart is one
/// cell, not whole.
pub fn rows(sample: &str, dialect: Dialect, eof: bool) -> Vec<Row> {
    positions(sample, dialect, eof)
        .into_iter()
        .map(|placed| placed.row)
        .collect()
}

/// A row with the bytes of the sample that it takes, line end included.
#[derive(Clone, Debug)]
pub struct Placed {
    pub row: Row,
    pub start: usize,
    pub next: usize,
}

/// An open quote is waited for over this many bytes of the sample.
const PATIENCE: usize = 64 << 10;

/// Rows and the offsets where they start.
pub fn positions(sample: &str, dialect: Dialect, eof: bool) -> Vec<Placed> {
    let bytes = sample.as_bytes();
    let mut splitter = Splitter::new(dialect, sample.len() as u64);
    let mut out = Vec::new();
    let mut scratch = String::new();
    let (mut at, mut line) = (0, 1_u32);
    while at < bytes.len() && out.len() < SAMPLE_ROWS {
        match splitter.record(bytes, at, eof) {
            Parsed::Whole { end, next } => {
                let cells: Vec<String> = splitter
                    .spans
                    .iter()
                    .map(|span| value(sample, *span, dialect, &mut scratch).to_owned())
                    .collect();
                if end > at {
                    out.push(Placed {
                        row: Row {
                            line,
                            cells,
                            whole: true,
                        },
                        start: at,
                        next,
                    });
                }
                line = line.saturating_add(line_ends(bytes.get(at..next).unwrap_or_default()));
                at = next;
            }
            // Cut off by the sample's end.
            Parsed::More if bytes.len() - at < PATIENCE => break,
            Parsed::More | Parsed::Stray { .. } | Parsed::Open | Parsed::TooLong => {
                let Some((end, next)) = line_end(bytes, at, eof) else {
                    break;
                };
                out.push(Placed {
                    row: Row {
                        line,
                        cells: vec![sample.get(at..end).unwrap_or("").to_owned()],
                        whole: false,
                    },
                    start: at,
                    next,
                });
                line += 1;
                at = next;
            }
        }
    }
    out
}

/// Share of the rows with the commonest width, squared, times the logarithm of
/// that width; more for a row of known headers.
fn score(rows: &[Row], known: &KnownHeaders) -> f64 {
    let mut widths: BTreeMap<usize, usize> = BTreeMap::new();
    for row in rows {
        let width = if row.whole { row.cells.len() } else { 0 };
        *widths.entry(width).or_default() += 1;
    }
    let wide = widths.iter().filter(|(width, _)| **width > 1);
    let Some((width, count)) = wide.max_by_key(|(width, count)| (**count, **width)) else {
        return 0.0;
    };
    let known_cells = |row: &Row| row.cells.iter().filter(|cell| known.has(cell)).count();
    let headers = rows.iter().take(30).map(known_cells).max().unwrap_or(0);
    let first_is_one_known_header = rows
        .first()
        .is_some_and(|row| row.cells.len() == 1 && known_cells(row) == 1);
    if headers < 2 && first_is_one_known_header {
        return 0.0;
    }
    let share = *count as f64 / rows.len().max(1) as f64;
    let structure = share * share * (1.0 + (*width as f64).ln());
    let bonus = if headers >= 2 {
        2.0 + (headers as f64).ln()
    } else {
        0.0
    };
    if share < 0.3 && headers < 2 {
        return 0.0;
    }
    structure + bonus
}

/// Whether a CR without LF ends a line: yes, unless the sample is a file of LF
/// lines with a stray CR here and there.
fn lone_cr_ends_lines(sample: &str) -> bool {
    let bytes = sample.as_bytes();
    let lf = memchr::memchr_iter(b'\n', bytes).count();
    let lone = memchr::memchr_iter(b'\r', bytes)
        .filter(|at| bytes.get(at + 1).is_some_and(|b| *b != b'\n'))
        .count();
    lone * 20 > lf || lone == 0
}

/// MySQL's way: `\"` inside quotes. Only when it mends faults and makes none.
fn escapes_by_backslash(sample: &str, dialect: Dialect, eof: bool) -> bool {
    let Some(quote) = dialect.quote else {
        return false;
    };
    let pair = [b'\\', quote];
    if memchr::memmem::find(sample.as_bytes(), &pair).is_none() {
        return false;
    }
    let torn = |backslash: bool| {
        rows(
            sample,
            Dialect {
                backslash,
                ..dialect
            },
            eof,
        )
        .iter()
        .filter(|row| !row.whole)
        .count()
    };
    let plain = torn(false);
    plain > 0 && torn(true) == 0
}
