//! What is told of single cells of a workbook: sheet, cell, and what to do.

use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Place};

/// Rows and columns, from 0.
pub type Cells = Vec<(u32, u32)>;

/// Cells that are named one by one; the rest is counted.
const SHOWN: usize = 20;

/// One kind of note.
pub struct Note {
    code: &'static str,
    /// What one cell is, and what several are.
    one: &'static str,
    several: &'static str,
    hint: &'static str,
}

/// A program that writes formulas without computing them stores no values: what a
/// person sees in a spreadsheet is not in the file.
pub const FORMULAS: Note = Note {
    code: "formula_without_value",
    one: "is a formula without a stored value, and is read as empty",
    several: "are formulas without a stored value",
    hint: "open the workbook in a spreadsheet program and save it, or export the values as CSV",
};

/// An id that was typed into a spreadsheet as a number.
pub const ROUNDED: Note = Note {
    code: "digits_lost_in_spreadsheet",
    one: "is a number of more than 15 digits, of which a spreadsheet keeps 15: the last ones are lost",
    several: "are numbers of more than 15 digits",
    hint: "export the column again as text; an id that was cut leads to no record, or to another one",
};

impl Note {
    /// One diagnostic a cell, and one for those that are too many.
    pub fn tell(&self, path: &str, sheet: &str, cells: &[(u32, u32)]) -> Vec<Diagnostic> {
        let mut out: Vec<Diagnostic> = cells
            .iter()
            .take(SHOWN)
            .map(|(row, column)| {
                let line = row.saturating_add(1);
                let message = format!(
                    "the cell {}{line} of the sheet {} {}",
                    letters(*column),
                    shown(sheet),
                    self.one
                );
                Diagnostic::warning(self.code, message)
                    .at(Place::line(path, line))
                    .hint(self.hint)
            })
            .collect();
        if cells.len() > SHOWN {
            let message = format!(
                "{} more cells of the sheet {} {}",
                cells.len() - SHOWN,
                shown(sheet),
                self.several
            );
            out.push(
                Diagnostic::warning(self.code, message)
                    .at(Place::file(path))
                    .hint(self.hint),
            );
        }
        out
    }
}

/// A column's name in a spreadsheet: 0 is `A`, 26 is `AA`.
fn letters(column: u32) -> String {
    let mut out = Vec::new();
    let mut left = column.saturating_add(1);
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or(0);
        out.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    out.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_have_their_letters() {
        for (column, name) in [(0, "A"), (25, "Z"), (26, "AA"), (701, "ZZ"), (702, "AAA")] {
            assert_eq!(letters(column), name);
        }
    }

    #[test]
    fn many_cells_are_counted() {
        let cells: Cells = (0..25).map(|row| (row, 2)).collect();
        let told = FORMULAS.tell("a.xlsx", "People", &cells);
        assert_eq!(told.len(), 21);
        assert!(
            told[1]
                .message
                .starts_with("the cell C2 of the sheet 'People' is")
        );
        assert!(told[20].message.starts_with("5 more cells"));
    }
}
