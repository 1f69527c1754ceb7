//! Rows that stand whole in one quoted cell: `"1,""x"",3"`.
//!
//! A spreadsheet of another locale, or an export of an export, takes a line for one
//! value and quotes it once more. Inside stands the row, as it was written first.

use super::dialect::{self, NONE, Placed};
use super::header::Row;
use super::known::KnownHeaders;
use super::split::{Dialect, Parsed, Span, Splitter, value};

/// Which rows are taken out of their cell.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unwrap {
    /// None: the plan says so.
    Never,
    /// A row of one quoted cell that holds a row of the table's width, among others
    /// that stand as they should. Only from this width on: of two values, `"Lee, Ann"`
    /// may be one.
    From(usize),
    /// The file is written so.
    Each,
}

impl Unwrap {
    /// Whether `spans`, of a table of `width` columns, may hold a row in one cell.
    pub fn may(self, spans: &[Span], width: usize) -> bool {
        let least = match self {
            Self::Never => return false,
            Self::From(least) => least,
            Self::Each => 2,
        };
        width >= least && matches!(spans, [span] if span.quoted)
    }
}

/// The cells of the row that a cell holds; none when it holds no single whole row.
pub fn row(cell: &str, dialect: Dialect) -> Option<Vec<String>> {
    let mut splitter = Splitter::new(dialect, cell.len() as u64);
    let Parsed::Whole { end, .. } = splitter.record(cell.as_bytes(), 0, true) else {
        return None;
    };
    if end != cell.len() {
        return None;
    }
    let mut scratch = String::new();
    Some(
        splitter
            .spans
            .iter()
            .map(|span| value(cell, *span, dialect, &mut scratch).to_owned())
            .collect(),
    )
}

/// The dialect inside the cells, when the lines of the sample are one quoted cell each
/// (but for a few, broken ones perhaps) and the cells hold a table. `sure` (the plan says so) asks for no further evidence.
pub fn find(
    sample: &str,
    outer: Dialect,
    forced: Option<u8>,
    known: &KnownHeaders,
    eof: bool,
    sure: bool,
) -> Option<Dialect> {
    let quote = outer.quote?;
    let alone = Dialect {
        delimiter: NONE,
        ..outer
    };
    let placed = dialect::positions(sample, alone, eof);
    let quoted = |one: &Placed| {
        one.row.whole
            && one.row.cells.len() == 1
            && sample.as_bytes().get(one.start) == Some(&quote)
    };
    let found = placed.iter().filter(|one| quoted(one)).count();
    let mostly = found * 2 > placed.len() && placed.first().is_some_and(&quoted);
    if placed.len() < 2 || !(sure || mostly) {
        return None;
    }
    let inside: Vec<&str> = placed
        .iter()
        .filter(|one| sure || quoted(one))
        .filter_map(|one| one.row.cells.first().map(String::as_str))
        .collect();
    let inner = dialect::sniff(&inside.join("\n"), forced, Some(quote), known, true);
    if inner.delimiter == NONE {
        return None;
    }
    let inner = Dialect {
        lone_cr: outer.lone_cr,
        ..inner
    };
    let rows: Vec<Vec<String>> = inside.iter().filter_map(|cell| row(cell, inner)).collect();
    (sure || is_table(&inside, &rows, inner, known)).then_some(inner)
}

/// A column of texts with commas in them (addresses, `Lee, Ann`) is no table of rows:
/// the first row has to be as wide as the others, and more has to speak for it.
fn is_table(inside: &[&str], rows: &[Vec<String>], dialect: Dialect, known: &KnownHeaders) -> bool {
    let Some(header) = rows.first() else {
        return false;
    };
    let width = header.len();
    let fitting = rows.iter().filter(|row| row.len() == width).count();
    if width < 2 || fitting * 10 < inside.len() * 9 {
        return false;
    }
    let prose = inside.iter().all(|cell| is_prose(cell, dialect));
    let headers = header.iter().filter(|cell| known.has(cell)).count();
    let quotes = dialect.quote.map(char::from);
    let quotes_inside = quotes.is_some_and(|quote| inside.iter().any(|cell| cell.contains(quote)));
    !prose && (headers >= 2 || quotes_inside || (width >= 3 && fitting == inside.len()))
}

/// Whether a blank follows every delimiter, as behind the commas of a sentence.
pub fn is_prose(cell: &str, dialect: Dialect) -> bool {
    let mut parts = cell.split(char::from(dialect.delimiter));
    parts.next();
    parts.all(|part| part.starts_with(' '))
}

/// The sample's rows, each taken out of its cell where it stands in one.
pub fn unwrap_all(placed: &mut [Placed], dialect: Dialect) {
    for one in placed {
        if let Row {
            cells, whole: true, ..
        } = &mut one.row
            && let [cell] = cells.as_slice()
            && let Some(inner) = row(cell, dialect)
        {
            *cells = inner;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    fn found(sample: &str, sure: bool) -> Option<char> {
        let known = super::super::known_headers(&Rulebook::builtin());
        let outer = Dialect::new(NONE, Some(b'"'));
        find(sample, outer, None, &known, true, sure).map(|inner| char::from(inner.delimiter))
    }

    #[test]
    fn wrapped_rows_are_told_from_texts_with_commas() {
        for wrapped in [
            "\"Email,First Name,Zip\"\n\"a@x.com,\"\"Ann\"\",02134\"\n",
            "\"Email;Zip\"\n\"a@x.com;02134\"\n",
            "\"alpha,\"\"b,c\"\",delta\"\n\"1,\"\"2,3\"\",4\"\n",
        ] {
            assert!(found(wrapped, false).is_some(), "{wrapped}");
        }
        for texts in [
            "\"Address\"\n\"1 Main St,Springfield,IL\"\n\"2 Main St,Springfield,IL\"\n",
            "\"Last, First\"\n\"Lee, Ann\"\n\"Ray, Bob\"\n",
            "\"Name\"\n\"Ann Lee\"\n\"Bob Ray\"\n",
            "Email,Zip\n\"a@x.com,02134\"\n",
        ] {
            assert_eq!(found(texts, false), None, "{texts}");
        }
        assert_eq!(
            found("\"Last, First\"\n\"Lee, Ann\"\n", true),
            Some(','),
            "the plan says so"
        );
    }

    #[test]
    fn a_cell_of_two_rows_is_no_row() {
        let dialect = Dialect::new(b',', Some(b'"'));
        assert_eq!(row("1,\"x\ny\",3", dialect).map(|row| row.len()), Some(3));
        assert_eq!(row("1,2\n3,4", dialect), None);
        assert_eq!(row("1,\"open", dialect), None);
    }
}
