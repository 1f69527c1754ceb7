//! Whitespace, invisible characters and Unicode form: changes that lose no meaning.
//!
//! Text in, the same text tidied out. Nothing here looks at what a value says.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, is_nfc};

use super::outcome::Outcome;

/// Free text: NFC, no control codes, no blanks at line ends, line breaks as `\n`.
#[must_use]
pub fn standardise(value: &str) -> Outcome {
    same_or_changed(value, tidy_block(value), "text_tidied")
}

/// One line: invisible characters out, every run of white space one blank, NFC.
#[must_use]
pub fn tidy_line(value: &str) -> Cow<'_, str> {
    if is_tidy_ascii(value) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    let mut gap = false;
    for c in value.chars() {
        if c.is_whitespace() {
            gap = true;
        } else if !is_invisible(c) {
            if gap && !out.is_empty() {
                out.push(' ');
            }
            gap = false;
            out.push(c);
        }
    }
    Cow::Owned(nfc(out))
}

/// Several lines: like [`tidy_line`], line by line, but inner blanks stay as they
/// are (a note may be a table) and empty lines inside stay.
#[must_use]
pub fn tidy_block(value: &str) -> Cow<'_, str> {
    if is_tidy_ascii(value) {
        return Cow::Borrowed(value);
    }
    let unified = value.replace("\r\n", "\n").replace('\r', "\n");
    let mut out = String::with_capacity(unified.len());
    for line in unified.split('\n') {
        let start = out.len();
        out.extend(
            line.chars()
                .filter(|&c| c == '\t' || !is_invisible(c))
                .map(|c| if c == '\u{a0}' { ' ' } else { c }),
        );
        let kept = out[start..].trim_end().len();
        out.truncate(start + kept);
        out.push('\n');
    }
    Cow::Owned(nfc(out.trim().to_owned()))
}

/// Digits of any script as ASCII digits; everything else as it is.
#[must_use]
pub fn ascii_digits(value: &str) -> Cow<'_, str> {
    if value.is_ascii() {
        return Cow::Borrowed(value);
    }
    Cow::Owned(
        value
            .chars()
            .map(|c| digit(c).map_or(c, |d| char::from(b'0' + d)))
            .collect(),
    )
}

/// The value of a decimal digit of a script that contacts are written in.
#[must_use]
pub fn digit(c: char) -> Option<u8> {
    // Unicode gives each script its ten digits in a row; these are their zeros.
    const ZEROS: [u32; 22] = [
        0x30, 0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66,
        0xde6, 0xe50, 0xed0, 0xf20, 0x1040, 0x17e0, 0x1810, 0xa8d0, 0xff10,
    ];
    let code = u32::from(c);
    ZEROS
        .iter()
        .find(|&&zero| (zero..zero + 10).contains(&code))
        .and_then(|zero| u8::try_from(code - zero).ok())
}

/// What a spreadsheet's text guard holds: `="0123"`, or `'` before a number.
#[must_use]
pub fn without_guard(value: &str) -> &str {
    let trimmed = value.trim();
    if let Some(inner) = trimmed
        .strip_prefix("=\"")
        .and_then(|rest| rest.strip_suffix('"'))
        && !inner.contains('"')
    {
        return inner;
    }
    if let Some(rest) = trimmed.strip_prefix('\'')
        && rest.starts_with(|c: char| c.is_ascii_digit() || matches!(c, '+' | '=' | '-' | '@'))
        && !rest.contains('\'')
    {
        return rest;
    }
    value
}

/// Characters that show nothing and mean nothing: controls, byte order marks,
/// zero-width blanks, soft hyphens, direction marks. The joiners of Persian and
/// Indic words (U+200C, U+200D) are letters' business and stay.
#[must_use]
pub fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}' | '\u{2066}'..='\u{2069}' | '\u{feff}')
}

/// `Outcome::unchanged` when nothing changed, else the change under `rule`;
/// cleared when nothing is left.
#[must_use]
pub fn same_or_changed(before: &str, after: Cow<'_, str>, rule: &'static str) -> Outcome {
    if after.is_empty() {
        Outcome::cleared("blank", "nothing but blanks")
    } else if after == before {
        Outcome::unchanged(before)
    } else {
        Outcome::changed(after.into_owned(), rule)
    }
}

fn nfc(text: String) -> String {
    if is_nfc(&text) {
        text
    } else {
        text.nfc().collect()
    }
}

/// Lower case; most values that are compared so have it already.
#[must_use]
pub fn lower(value: &str) -> Cow<'_, str> {
    let is_lower = |b: u8| b.is_ascii() && !b.is_ascii_uppercase();
    if value.bytes().all(is_lower) {
        Cow::Borrowed(value)
    } else {
        Cow::Owned(value.to_lowercase())
    }
}

pub(super) fn is_tidy_ascii(value: &str) -> bool {
    let bytes = value.as_bytes();
    let edge = |byte: Option<&u8>| byte.is_some_and(|b| *b == b' ');
    !edge(bytes.first())
        && !edge(bytes.last())
        && bytes.iter().all(|b| matches!(b, b' '..=b'~'))
        && !bytes.windows(2).any(|pair| pair == b"  ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_tidied() {
        for (raw, tidy) in [
            ("ann", "ann"),
            ("  ann  lee ", "ann lee"),
            ("ann\u{a0}lee", "ann lee"),
            ("\u{feff}ann\u{200b}", "ann"),
            ("ann\r\nlee", "ann lee"),
            ("Jose\u{301}", "José"),
            ("می\u{200c}خواهم", "می\u{200c}خواهم"),
            ("a\u{0}b", "ab"),
            ("\u{200b} \u{200b}", ""),
        ] {
            assert_eq!(tidy_line(raw), tidy, "{raw:?}");
        }
    }

    #[test]
    fn blocks_keep_their_lines_and_columns() {
        assert_eq!(
            tidy_block(" one  two \r\n\r\n\tthree\u{a0}\r"),
            "one  two\n\n\tthree"
        );
    }

    #[test]
    fn guards_come_off_and_names_keep_their_apostrophe() {
        assert_eq!(without_guard("=\"0123\""), "0123");
        assert_eq!(without_guard("'+39 333"), "+39 333");
        assert_eq!(without_guard("'t Hooft"), "'t Hooft");
    }

    #[test]
    fn digits_of_other_scripts() {
        assert_eq!(ascii_digits("۰۹۱۲-٣٤ ๕ ９"), "0912-34 5 9");
    }

    proptest::proptest! {
        #[test]
        fn tidying_twice_changes_nothing(value in "\\PC{0,40}|[ \\t\\r\\na\u{301}\u{200b}\u{a0}]{0,12}") {
            let line = tidy_line(&value).into_owned();
            proptest::prop_assert_eq!(tidy_line(&line), line.as_str());
            let block = tidy_block(&value).into_owned();
            proptest::prop_assert_eq!(tidy_block(&block), block.as_str());
        }
    }
}
