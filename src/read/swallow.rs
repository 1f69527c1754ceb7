//! A record of several lines: a value with line breaks, or an open quote that ran
//! into its neighbours?
//!
//! An open quote may meet the next quote in a place where the record closes well
//! and even has the right width. Then each of its lines is a row of the table by
//! itself. Text with line breaks may look so too, so one more sign is asked for: in
//! some column all lines hold a value of one unmistakable kind (an email address, a
//! date, an id of many digits).

use super::split::{Dialect, line_end};

/// Whether the lines of `raw` are rows of their own.
pub fn swallowed(raw: &str, dialect: Dialect, width: usize) -> bool {
    if width < 3 {
        return false;
    }
    let mut lines = Vec::new();
    let mut at = 0;
    while at < raw.len() {
        let Some((end, next)) = line_end(raw.as_bytes(), at, true) else {
            break;
        };
        let line = raw.get(at..end).unwrap_or("");
        let cells: Vec<&str> = line.split(char::from(dialect.delimiter)).collect();
        if cells.len() != width {
            return false;
        }
        lines.push(cells);
        at = next;
    }
    let Some((first, others)) = lines.split_first() else {
        return false;
    };
    !others.is_empty()
        && first.iter().enumerate().any(|(column, cell)| {
            kind(cell).is_some_and(|kind_of_first| {
                others
                    .iter()
                    .all(|line| line.get(column).and_then(|cell| kind(cell)) == Some(kind_of_first))
            })
        })
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Email,
    Date,
    Digits,
}

fn kind(cell: &str) -> Option<Kind> {
    let cell = cell.trim().trim_matches('"');
    let digits = cell.bytes().filter(u8::is_ascii_digit).count();
    let marks = cell.bytes().filter(|b| b"-/.:T ".contains(b)).count();
    if cell
        .split_once('@')
        .is_some_and(|(local, domain)| !local.is_empty() && domain.contains('.'))
        && !cell.contains(' ')
    {
        Some(Kind::Email)
    } else if digits >= 3 && digits == cell.len() {
        Some(Kind::Digits)
    } else if digits >= 6 && marks >= 2 && digits + marks == cell.len() {
        Some(Kind::Date)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_told_from_text() {
        let dialect = Dialect::new(b',', Some(b'"'));
        assert!(swallowed(
            "1,a@x.com,\"open\n2,b@x.com,closed\"",
            dialect,
            3
        ));
        assert!(!swallowed(
            "1,a@x.com,\"a note\nof two, or, more lines\"",
            dialect,
            3
        ));
    }
}
