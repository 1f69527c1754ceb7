//! The formula guard: a cell that a spreadsheet would run gets a `'` in front.
//!
//! Plain numbers, phone numbers and dates without a year stay as they are: a quote there breaks a CRM's
//! import.

use std::borrow::Cow;

/// The value as a CSV may hold it.
#[must_use]
pub fn guarded(value: &str) -> Cow<'_, str> {
    if is_formula(value) {
        Cow::Owned(format!("'{value}"))
    } else {
        Cow::Borrowed(value)
    }
}

/// The value as it was before the guard.
#[must_use]
pub fn unguarded(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(value) if is_formula(value) => value,
        _ => cell,
    }
}

/// Whether a spreadsheet could take the value for a formula.
#[must_use]
pub fn is_formula(value: &str) -> bool {
    let Some(first) = value.chars().next() else {
        return false;
    };
    match first {
        '+' | '-' => !is_number(value) && !are_phones(value) && !is_yearless_date(value),
        '=' | '@' | '\t' | '\r' | '\n' | '\0' => true,
        // The full-width twins of = + - @, and the small ones.
        '\u{ff1d}' | '\u{ff0b}' | '\u{ff0d}' | '\u{ff20}' => true,
        '\u{fe66}' | '\u{fe62}' | '\u{fe63}' | '\u{fe6b}' => true,
        _ => false,
    }
}

/// One phone number or several, `;` between them; RFC 3966 writes extensions `;ext=`.
fn are_phones(value: &str) -> bool {
    value
        .to_ascii_lowercase()
        .replace(";ext=", " ext=")
        .split(';')
        .all(|part| is_phone(part.trim()))
}

/// `--03-14`, the canonical form of a birthday without its year.
fn is_yearless_date(value: &str) -> bool {
    let [b'-', b'-', m1, m2, b'-', d1, d2] = *value.as_bytes() else {
        return false;
    };
    let number = |tens: u8, ones: u8| {
        (tens.is_ascii_digit() && ones.is_ascii_digit()).then(|| (tens - b'0') * 10 + (ones - b'0'))
    };
    number(m1, m2).is_some_and(|month| (1..=12).contains(&month))
        && number(d1, d2).is_some_and(|day| (1..=31).contains(&day))
}

/// A sign, digits, and points or commas between digits.
fn is_number(value: &str) -> bool {
    let digits = value.strip_prefix(['+', '-']).unwrap_or(value);
    let mut last_was_digit = false;
    for c in digits.chars() {
        match c {
            '0'..='9' => last_was_digit = true,
            '.' | ',' if last_was_digit => last_was_digit = false,
            _ => return false,
        }
    }
    last_was_digit
}

/// `+`, at least five digits, the signs that phone numbers are written with, and
/// perhaps an extension.
fn is_phone(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('+') else {
        return false;
    };
    let number = ["ext=", "ext.", "ext", "x", "#"]
        .iter()
        .find_map(|word| {
            let (number, extension) = rest.rsplit_once(word)?;
            let extension = extension.trim();
            let fits =
                (1..=8).contains(&extension.len()) && extension.bytes().all(|b| b.is_ascii_digit());
            fits.then_some(number)
        })
        .unwrap_or(rest);
    let number = number.trim_end_matches([' ', ';', ',']);
    number.starts_with(|c: char| c.is_ascii_digit() || c == '(')
        && number.bytes().filter(u8::is_ascii_digit).count() >= 5
        && number.chars().all(|c| {
            c.is_ascii_digit() || matches!(c, ' ' | '\u{a0}' | '(' | ')' | '-' | '.' | '/')
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_spreadsheet_would_run_is_guarded() {
        for value in [
            "=1+1",
            "@SUM(A1)",
            "+cmd|' /C calc'!A0",
            "-2+3+cmd|' /C calc'!A0",
            "\t=1",
            "\r=1",
            "\n=1",
            "\0=1",
            "＝1",
            "＋a",
            "－a",
            "＠a",
            "-",
            "+",
            "-=1",
            "+1(2)*A1",
            "+1415555010;=1",
            "--03-14+1",
            "--13-14",
            "--1",
        ] {
            assert!(is_formula(value), "{value:?}");
            assert_eq!(guarded(value), format!("'{value}"));
            assert_eq!(unguarded(&guarded(value)), value);
        }
    }

    #[test]
    fn numbers_phones_and_words_stay() {
        for value in [
            "",
            "a",
            "-5",
            "+5",
            "-1,234.50",
            "+14155550100",
            "+49 (0)30/123-456",
            "+1 (303) 427-6436",
            "+14155550100;+35921234567",
            "+14155550100;ext=12",
            "+14155550100;ext=12;+35921234567",
            "+14155550100 ext. 12",
            "+1 415 555 0100 x12",
            "a=b",
            "'=1",
            "--03-14",
            "--12-31",
        ] {
            assert!(!is_formula(value), "{value:?}");
        }
    }
}
