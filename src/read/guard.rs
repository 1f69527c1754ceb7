//! Text guards of spreadsheets and of karat's own output, taken off again.
//!
//! Only what is certain: `="0123"` as a whole cell; a `'` in front of a character
//! that starts a formula (karat writes it there), and in front of a number or
//! phone number (spreadsheets and shops write it there). `'t Hooft` stays.

/// The value without its guard, when it has one.
pub fn unguarded(cell: &str) -> Option<&str> {
    match cell.as_bytes().first() {
        Some(b'=') => {
            let inner = cell.strip_prefix("=\"")?.strip_suffix('"')?;
            (!inner.contains('"')).then_some(inner)
        }
        Some(b'\'') => {
            let inner = cell.strip_prefix('\'')?;
            let first = inner.chars().next()?;
            (starts_formula(first) || is_number_like(inner)).then_some(inner)
        }
        _ => None,
    }
}

/// Characters that make a spreadsheet take a cell for a formula, full-width twins
/// included: those that karat guards when it writes.
fn starts_formula(c: char) -> bool {
    matches!(
        c,
        '=' | '+' | '-' | '@' | '\t' | '\r' | '\n' | '\0' | '＝' | '＋' | '－' | '＠'
    )
}

fn is_number_like(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text
            .chars()
            .all(|c| c.is_ascii_digit() || " +-().,/x#".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_certain_guards_go() {
        for (cell, value) in [
            ("'+39 333 1", "+39 333 1"),
            ("'0123", "0123"),
            ("=\"0123\"", "0123"),
            ("'=cmd()", "=cmd()"),
            ("'-x", "-x"),
        ] {
            assert_eq!(unguarded(cell), Some(value), "{cell}");
        }
        for cell in [
            "'t Hooft",
            "'90s",
            "'",
            "=1+1",
            "=\"a\"&\"b\"",
            "O'Neil",
            "",
        ] {
            assert_eq!(unguarded(cell), None, "{cell}");
        }
    }
}
