//! One CSV record at a time, strictly: what is not certain is said, not mended.
//!
//! In: decoded text and a position. Out: the spans of the record's fields, or
//! why there is none. A field is quoted when it starts with the quote (blanks
//! before it allowed); inside, a doubled quote is one; behind the closing quote
//! only the delimiter or the line's end may follow (blanks allowed). A quote
//! inside an unquoted field is an ordinary character.

use memchr::{memchr, memchr2, memchr3};

/// Where a field's value lies in the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    pub start: usize,
    pub end: usize,
    /// Quotes inside are doubled (or escaped) and have to be taken back.
    pub escaped: bool,
    pub quoted: bool,
}

/// What was found at a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Parsed {
    /// A record; `spans` holds its fields. `end` is behind its last field,
    /// `next` behind its line end.
    Whole { end: usize, next: usize },
    /// At `at`, text follows a closing quote.
    Stray { at: usize },
    /// A quote is not closed before the end of the text (or of `max_field`).
    Open,
    /// A field is longer than the bound.
    TooLong,
    /// The text at hand ends inside the record.
    More,
}

/// How the fields of a file are parted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dialect {
    pub delimiter: u8,
    pub quote: Option<u8>,
    /// A backslash takes the next quote's meaning (MySQL's exports).
    pub backslash: bool,
    /// A lone CR ends a line.
    pub lone_cr: bool,
}

impl Dialect {
    pub const fn new(delimiter: u8, quote: Option<u8>) -> Self {
        Self {
            delimiter,
            quote,
            backslash: false,
            lone_cr: true,
        }
    }
}

/// Takes records apart; the spans of the last one stay until the next call.
pub struct Splitter {
    pub dialect: Dialect,
    pub spans: Vec<Span>,
    max_field: usize,
}

impl Splitter {
    pub fn new(dialect: Dialect, max_field_bytes: u64) -> Self {
        Self {
            dialect,
            spans: Vec::new(),
            max_field: usize::try_from(max_field_bytes).unwrap_or(usize::MAX),
        }
    }

    /// Reads the record at `at`. `eof` says that `text` is all there is.
    pub fn record(&mut self, text: &[u8], at: usize, eof: bool) -> Parsed {
        self.spans.clear();
        let mut pos = at;
        loop {
            let field = self.field(text, pos, eof);
            match field {
                Field::End(span, end) => {
                    if span.end - span.start > self.max_field {
                        return Parsed::TooLong;
                    }
                    self.spans.push(span);
                    match text.get(end) {
                        None if eof => return Parsed::Whole { end, next: end },
                        None => return Parsed::More,
                        Some(b'\n') => {
                            return Parsed::Whole { end, next: end + 1 };
                        }
                        Some(b) if *b == self.dialect.delimiter => pos = end + 1,
                        // A CR; with an LF behind it, they are one line end.
                        Some(_) => match text.get(end + 1) {
                            None if !eof => return Parsed::More,
                            Some(b'\n') => {
                                return Parsed::Whole { end, next: end + 2 };
                            }
                            _ => {
                                return Parsed::Whole { end, next: end + 1 };
                            }
                        },
                    }
                }
                Field::Other(parsed) => return parsed,
            }
        }
    }

    fn field(&self, text: &[u8], pos: usize, eof: bool) -> Field {
        let Some(quote) = self.dialect.quote else {
            return self.plain(text, pos, eof);
        };
        match text.get(pos) {
            Some(b) if *b == quote => self.quoted(text, pos + 1, quote, eof),
            Some(b' ') => {
                let blanks = blanks(text, pos);
                match text.get(pos + blanks) {
                    None if !eof => Field::Other(Parsed::More),
                    Some(b) if *b == quote => {
                        match self.quoted(text, pos + blanks + 1, quote, eof) {
                            // Only certain when it is a well-formed quoted field.
                            Field::Other(Parsed::Stray { .. } | Parsed::Open) => {
                                self.plain(text, pos, eof)
                            }
                            field => field,
                        }
                    }
                    _ => self.plain(text, pos, eof),
                }
            }
            _ => self.plain(text, pos, eof),
        }
    }

    fn plain(&self, text: &[u8], pos: usize, eof: bool) -> Field {
        let mut from = pos;
        loop {
            let rest = text.get(from..).unwrap_or_default();
            let found = memchr3(self.dialect.delimiter, b'\n', b'\r', rest);
            let end = match found {
                Some(at) => from + at,
                None if eof => text.len(),
                None if text.len() - pos > self.max_field => {
                    return Field::Other(Parsed::TooLong);
                }
                None => return Field::Other(Parsed::More),
            };
            if text.get(end) == Some(&b'\r') && !self.dialect.lone_cr {
                match text.get(end + 1) {
                    Some(b'\n') => {}
                    None if !eof => return Field::Other(Parsed::More),
                    None => {}
                    Some(_) => {
                        from = end + 1;
                        continue;
                    }
                }
            }
            let span = Span {
                start: pos,
                end,
                escaped: false,
                quoted: false,
            };
            return Field::End(span, end);
        }
    }

    /// `start` is behind the opening quote.
    fn quoted(&self, text: &[u8], start: usize, quote: u8, eof: bool) -> Field {
        let mut from = start;
        let mut escaped = false;
        let close = loop {
            let rest = text.get(from..).unwrap_or_default();
            let found = if self.dialect.backslash {
                memchr2(quote, b'\\', rest)
            } else {
                memchr(quote, rest)
            };
            let Some(at) = found.map(|at| from + at) else {
                return self.unclosed(text, start, eof);
            };
            if text.get(at) == Some(&b'\\') && quote != b'\\' {
                escaped = true;
                from = at + 2;
                if from > text.len() {
                    return self.unclosed(text, start, eof);
                }
                continue;
            }
            match text.get(at + 1) {
                Some(b) if *b == quote => {
                    escaped = true;
                    from = at + 2;
                }
                None if !eof => return Field::Other(Parsed::More),
                _ => break at,
            }
        };
        let span = Span {
            start,
            end: close,
            escaped,
            quoted: true,
        };
        let end = close + 1 + blanks(text, close + 1);
        match text.get(end) {
            None if !eof => Field::Other(Parsed::More),
            None | Some(b'\n' | b'\r') => Field::End(span, end),
            Some(b) if *b == self.dialect.delimiter => Field::End(span, end),
            Some(_) => Field::Other(Parsed::Stray { at: end }),
        }
    }

    fn unclosed(&self, text: &[u8], start: usize, eof: bool) -> Field {
        let open = text.get(start..).unwrap_or_default();
        Field::Other(if eof {
            Parsed::Open
        } else if open.len() <= self.max_field {
            Parsed::More
        } else if memchr2(b'\n', b'\r', open).is_some() {
            Parsed::Open
        } else {
            Parsed::TooLong
        })
    }
}

enum Field {
    /// The span and the position behind the field (closing quote and blanks included).
    End(Span, usize),
    Other(Parsed),
}

fn blanks(text: &[u8], at: usize) -> usize {
    text.get(at..)
        .unwrap_or_default()
        .iter()
        .take_while(|b| **b == b' ')
        .count()
}

/// A field's value: doubled quotes and backslashes taken back.
pub fn value<'a>(text: &'a str, span: Span, dialect: Dialect, scratch: &'a mut String) -> &'a str {
    let raw = text.get(span.start..span.end).unwrap_or("");
    if !span.escaped {
        return raw;
    }
    scratch.clear();
    let quote = dialect.quote.map_or('"', char::from);
    let mut chars = raw.chars();
    while let Some(c) = chars.next() {
        let next = chars.clone().next();
        let pair = c == quote && next == Some(quote)
            || dialect.backslash && c == '\\' && (next == Some(quote) || next == Some('\\'));
        if pair {
            scratch.extend(chars.next());
        } else {
            scratch.push(c);
        }
    }
    scratch
}

/// The end of the physical line at `at`: (end of its text, start of the next).
/// None when the text at hand ends before.
pub fn line_end(text: &[u8], at: usize, eof: bool) -> Option<(usize, usize)> {
    match memchr2(b'\n', b'\r', text.get(at..).unwrap_or_default()) {
        None if eof => Some((text.len(), text.len())),
        None => None,
        Some(found) => {
            let end = at + found;
            if text.get(end) == Some(&b'\n') {
                return Some((end, end + 1));
            }
            match text.get(end + 1) {
                None if !eof => None,
                Some(b'\n') => Some((end, end + 2)),
                _ => Some((end, end + 1)),
            }
        }
    }
}

/// Line ends in a piece of text: CRLF, LF and CR count one each.
pub fn line_ends(text: &[u8]) -> u32 {
    let mut count = 0_u32;
    for at in memchr::memchr2_iter(b'\n', b'\r', text) {
        let second_half =
            text.get(at) == Some(&b'\n') && at > 0 && text.get(at - 1) == Some(&b'\r');
        count = count.saturating_add(u32::from(!second_half));
    }
    count
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str, delimiter: u8) -> Vec<Result<Vec<String>, Parsed>> {
        let mut splitter = Splitter::new(Dialect::new(delimiter, Some(b'"')), 1 << 20);
        let mut out = Vec::new();
        let mut at = 0;
        while at < text.len() {
            match splitter.record(text.as_bytes(), at, true) {
                Parsed::Whole { next, .. } => {
                    let mut scratch = String::new();
                    out.push(Ok(splitter
                        .spans
                        .iter()
                        .map(|s| value(text, *s, splitter.dialect, &mut scratch).to_owned())
                        .collect()));
                    at = next;
                }
                other => {
                    out.push(Err(other));
                    break;
                }
            }
        }
        out
    }

    fn ok(fields: &[&str]) -> Result<Vec<String>, Parsed> {
        Ok(fields.iter().map(|f| (*f).to_owned()).collect())
    }

    #[test]
    fn quotes_blanks_and_line_ends() {
        assert_eq!(
            all(
                "a,b\r\n\"x, \"\"y\"\"\nz\",2\r3, \"q,r\" \n5\" pipe,\n",
                b','
            ),
            [
                ok(&["a", "b"]),
                ok(&["x, \"y\"\nz", "2"]),
                ok(&["3", "q,r"]),
                ok(&["5\" pipe", ""]),
            ]
        );
    }

    #[test]
    fn faults_are_said() {
        assert_eq!(
            all("\"Bob \"Bobby\" Lee\",x\n", b','),
            [Err(Parsed::Stray { at: 6 })]
        );
        assert_eq!(all("\"Bob,x\ny,z\n", b','), [Err(Parsed::Open)]);
    }

    #[test]
    fn line_ends_are_counted_once() {
        assert_eq!(line_ends(b"a\r\nb\nc\rd\r\n"), 4);
    }
}
