//! CSV as karat writes it: UTF-8, comma, `"` where needed, LF; rows drawn in parallel.
//!
//! In: a number of rows and a function that draws one. Out: bytes in row order,
//! whatever the thread count, and their hash.

use std::io::{self, Write};
use std::ops::Range;

use rayon::prelude::*;

use super::guard;

/// Rows that one thread draws at a time.
const CHUNK: usize = 4096;
/// Rows whose values are fetched together before they are drawn: they fit into a core's
/// own cache.
const FETCHED: usize = 128;

/// Bytes on their way to a file, counted and hashed.
pub struct Hashed<W> {
    inner: W,
    hasher: blake3::Hasher,
    bytes: u64,
}

impl<W: Write> Hashed<W> {
    pub fn new(inner: W) -> Self {
        Self {
            inner,
            hasher: blake3::Hasher::new(),
            bytes: 0,
        }
    }

    /// The writer, the BLAKE3 in hexadecimal, the number of bytes.
    pub fn finish(self) -> (W, String, u64) {
        (
            self.inner,
            self.hasher.finalize().to_hex().to_string(),
            self.bytes,
        )
    }
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let written = self.inner.write(bytes)?;
        self.hasher.update(&bytes[..written]);
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.inner.flush()
    }
}

/// One line under construction.
pub struct Line<'a> {
    bytes: &'a mut Vec<u8>,
    first: bool,
    guard: bool,
}

impl Line<'_> {
    /// Adds a cell; missing is empty.
    pub fn cell(&mut self, value: Option<&str>) {
        if !self.first {
            self.bytes.push(b',');
        }
        self.first = false;
        let Some(value) = value else { return };
        // Most values begin with a letter or a digit: no formula does.
        let plain = value
            .as_bytes()
            .first()
            .is_none_or(u8::is_ascii_alphanumeric);
        if self.guard && !plain {
            quote(self.bytes, &guard::guarded(value));
        } else {
            quote(self.bytes, value);
        }
    }

    pub fn text(&mut self, value: &str) {
        self.cell(Some(value));
    }
}

/// Writes a header and `rows` lines.
///
/// # Errors
/// What the writer says.
pub fn write(
    out: &mut impl Write,
    header: &[&str],
    rows: usize,
    guard: bool,
    draw: impl Fn(usize, &mut Line<'_>) + Sync,
) -> io::Result<()> {
    write_fetched(out, header, rows, guard, |_| {}, draw)
}

/// The same; `fetch` touches the values of rows that are drawn next, so that the waits for
/// memory overlap.
///
/// # Errors
/// What the writer says.
pub fn write_fetched(
    out: &mut impl Write,
    header: &[&str],
    rows: usize,
    guard: bool,
    fetch: impl Fn(Range<usize>) + Sync,
    draw: impl Fn(usize, &mut Line<'_>) + Sync,
) -> io::Result<()> {
    let mut bytes = Vec::new();
    line(&mut bytes, guard, |line| {
        header.iter().for_each(|name| line.text(name))
    });
    out.write_all(&bytes)?;
    // A wave of chunks in memory at a time.
    let wave = CHUNK * rayon::current_num_threads().max(1) * 4;
    // Used wave after wave.
    let mut chunks: Vec<Vec<u8>> = Vec::new();
    for start in (0..rows).step_by(wave) {
        let end = (start + wave).min(rows);
        let starts: Vec<usize> = (start..end).step_by(CHUNK).collect();
        chunks.resize_with(starts.len(), Vec::new);
        starts
            .into_par_iter()
            .zip(&mut chunks)
            .for_each(|(from, bytes)| {
                bytes.clear();
                let to = (from + CHUNK).min(end);
                for first in (from..to).step_by(FETCHED) {
                    let some = first..(first + FETCHED).min(to);
                    fetch(some.clone());
                    for row in some {
                        line(bytes, guard, |line| draw(row, line));
                    }
                }
            });
        for chunk in &chunks {
            out.write_all(chunk)?;
        }
    }
    out.flush()
}

/// Draws one line, its end included.
pub fn line(bytes: &mut Vec<u8>, guard: bool, draw: impl FnOnce(&mut Line<'_>)) {
    let start = bytes.len();
    draw(&mut Line {
        bytes,
        first: true,
        guard,
    });
    if bytes.len() == start {
        // A line of one empty cell would be read as no line.
        bytes.extend_from_slice(b"\"\"");
    }
    bytes.push(b'\n');
}

/// Bytes for which a cell is quoted.
const QUOTED: [bool; 256] = {
    let mut quoted = [false; 256];
    quoted[b',' as usize] = true;
    quoted[b'"' as usize] = true;
    quoted[b'\n' as usize] = true;
    quoted[b'\r' as usize] = true;
    quoted
};

fn quote(bytes: &mut Vec<u8>, value: &str) {
    let raw = value.as_bytes();
    let plain = raw.iter().all(|b| !QUOTED[usize::from(*b)])
        && raw.first().is_none_or(|b| *b != b' ')
        && raw.last().is_none_or(|b| *b != b' ');
    if plain {
        bytes.extend_from_slice(raw);
        return;
    }
    bytes.push(b'"');
    for &b in raw {
        if b == b'"' {
            bytes.push(b'"');
        }
        bytes.push(b);
    }
    bytes.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_come_back_as_they_went_in() {
        let cells = ["plain", "a,b", "a\"b", "a\r\nb", " a ", "=1", ""];
        let mut out = Vec::new();
        write(&mut out, &["x"], cells.len(), false, |row, line| {
            line.text(cells[row])
        })
        .expect("writes to memory");
        let mut reader = csv::Reader::from_reader(out.as_slice());
        let got: Vec<String> = reader
            .records()
            .map(|r| r.expect("is CSV")[0].to_owned())
            .collect();
        assert_eq!(got, cells);
    }

    #[test]
    fn many_rows_keep_their_order() {
        let rows = CHUNK * 40 + 7;
        let mut out = Vec::new();
        write(&mut out, &["n"], rows, true, |row, line| {
            line.text(&row.to_string())
        })
        .expect("writes to memory");
        let text = String::from_utf8(out).expect("is UTF-8");
        assert!(
            text.lines()
                .skip(1)
                .enumerate()
                .all(|(at, line)| line == at.to_string())
        );
        assert_eq!(text.lines().count(), rows + 1);
    }
}
