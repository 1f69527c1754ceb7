//! From a place inside a string's value to the bytes of the TOML file.
//!
//! A condition is checked as decoded text, and its faults must be marked in the
//! file as written: with quotes, escapes, and lines that TOML joins.

use std::ops::Range;

/// The bytes of `text` that hold the characters `from..to` of the string whose
/// literal, quotes included, is `text[span]` and whose decoded value is `value`.
///
/// Falls back to the whole literal when the two cannot be brought together.
#[must_use]
pub fn inner(text: &str, span: &Range<usize>, value: &str, from: usize, to: usize) -> Range<usize> {
    let Some(raw) = text.get(span.clone()) else {
        return span.clone();
    };
    let (decoded, starts) = decode(raw);
    if decoded != value {
        return span.clone();
    }
    let at = |index: usize| starts[index.min(starts.len() - 1)] + span.start;
    let start = at(from);
    start..at(to).max(start)
}

/// The value of a literal, and for each of its characters (and the end) the byte
/// in `raw` where it starts.
fn decode(raw: &str) -> (String, Vec<usize>) {
    let (quotes, escapes) = if raw.starts_with("\"\"\"") {
        (3, true)
    } else if raw.starts_with("'''") {
        (3, false)
    } else if raw.starts_with('"') {
        (1, true)
    } else {
        (1, false)
    };
    let end = raw.len().saturating_sub(quotes).max(quotes.min(raw.len()));
    let mut at = quotes.min(raw.len());
    if quotes == 3 {
        // A line break right behind the opening quotes is not part of the value.
        let rest = &raw[at..end];
        at += if rest.starts_with("\r\n") {
            2
        } else {
            usize::from(rest.starts_with('\n'))
        };
    }
    let mut value = String::new();
    let mut starts = Vec::new();
    while let Some(c) = raw.get(at..end).and_then(|rest| rest.chars().next()) {
        if c == '\\' && escapes {
            let (decoded, len) = escape(&raw[at..end]);
            if let Some(c) = decoded {
                value.push(c);
                starts.push(at);
            }
            at += len;
        } else if c == '\r' && raw[at..end].starts_with("\r\n") {
            // TOML line ends are read as `\n`.
            at += 1;
        } else {
            value.push(c);
            starts.push(at);
            at += c.len_utf8();
        }
    }
    starts.push(end);
    (value, starts)
}

/// One escape at the head of `rest`: its character, if any, and its bytes.
fn escape(rest: &str) -> (Option<char>, usize) {
    let hex = |digits: usize| {
        let code = rest
            .get(2..2 + digits)
            .and_then(|hex| u32::from_str_radix(hex, 16).ok());
        (code.and_then(char::from_u32), 2 + digits)
    };
    let simple = |c: char| (Some(c), 2);
    match rest[1..].chars().next() {
        Some('n') => simple('\n'),
        Some('t') => simple('\t'),
        Some('r') => simple('\r'),
        Some('b') => simple('\u{8}'),
        Some('f') => simple('\u{c}'),
        Some('e') => simple('\u{1b}'),
        Some('x') => hex(2),
        Some('u') => hex(4),
        Some('U') => hex(8),
        Some(c @ ('"' | '\\')) => simple(c),
        // A backslash at the end of a line joins it with the next word.
        _ => {
            let joined = rest[1..].trim_start_matches([' ', '\t', '\r', '\n']);
            (None, (rest.len() - joined.len()).max(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The part of a literal that holds a word of its value.
    fn found<'t>(literal: &'t str, value: &str, word: &str) -> &'t str {
        let byte = value.find(word).expect("the word is in the value");
        let from = value[..byte].chars().count();
        let to = from + word.chars().count();
        &literal[inner(literal, &(0..literal.len()), value, from, to)]
    }

    #[test]
    fn words_are_found_in_every_kind_of_literal() {
        assert_eq!(found("\"a = \\\"é\\\" b\"", "a = \"é\" b", "b"), "b");
        assert_eq!(found("'a \\ b'", "a \\ b", "b"), "b");
        assert_eq!(found("\"\"\"\na\n  bé c\"\"\"", "a\n  bé c", "c"), "c");
        assert_eq!(found("\"\"\"a \\\n   b\"\"\"", "a b", "b"), "b");
        assert_eq!(found("'''a\r\nb'''", "a\nb", "b"), "b");
    }

    #[test]
    fn a_value_that_does_not_fit_marks_the_whole_literal() {
        assert_eq!(inner("'abc'", &(0..5), "xyz", 1, 2), 0..5);
    }
}
