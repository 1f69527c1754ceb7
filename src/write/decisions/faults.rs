//! Rows → decisions, or what is wrong with them, each with its cell marked.

use std::sync::Arc;

use super::{COLUMNS, Cell, NEEDED, Row, line_of, value};
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, Place};
use crate::link::decisions::{Decision, RecordName, Verdict};

/// Lines of an older form that a message shows in the new one.
const SHOWN: usize = 5;
/// The columns of the first form, which had `SOURCE:ID` in one cell.
const OLD: [&str; 6] = ["decision", "left", "right", "who", "when", "why"];

/// A file on the way to its decisions.
pub struct Reading<'a> {
    pub file: &'a str,
    pub text: Arc<str>,
}

impl Reading<'_> {
    fn at(&self, start: usize, end: usize) -> Place {
        Place::span(self.file, &self.text, start, end)
    }

    /// Which column each header is. `lines` are the rows below it, for the hint.
    pub fn header(
        &self,
        head: &Row,
        lines: &[Row],
        notes: &mut Vec<Diagnostic>,
    ) -> Result<Vec<Option<usize>>, Vec<Diagnostic>> {
        let names: Vec<String> = head
            .cells
            .iter()
            .map(|cell| cell.value.trim().to_lowercase())
            .collect();
        if names.first().map(String::as_str) == Some(OLD[0]) {
            return Err(vec![self.older(head, lines)]);
        }
        if names
            .first()
            .is_some_and(|word| Verdict::of(word).is_some())
        {
            return Err(vec![self.headless(head, lines)]);
        }
        let mut order = Vec::new();
        let mut faults = Vec::new();
        for (name, cell) in names.iter().zip(&head.cells) {
            let column = COLUMNS.iter().position(|column| column == name);
            if column.is_some() && order.contains(&column) {
                faults.push(
                    Diagnostic::error(
                        "decisions_header",
                        format!("the column {} stands twice", shown(name)),
                    )
                    .at(self.at(cell.start, cell.end)),
                );
            }
            order.push(column);
        }
        let missing: Vec<&str> = COLUMNS
            .iter()
            .enumerate()
            .filter(|(at, _)| !order.contains(&Some(*at)))
            .map(|(_, column)| *column)
            .collect();
        let needed: Vec<&str> = missing
            .iter()
            .copied()
            .filter(|column| COLUMNS[..NEEDED].contains(column))
            .collect();
        if !needed.is_empty() {
            let mut fault = Diagnostic::error(
                "decisions_header",
                format!("the header lacks {}", needed.join(", ")),
            )
            .at(self.at(head.start, head.end));
            if head.cells.len() == 1 && names[0].contains([';', '\t']) {
                fault = fault.hint("save the file with commas between the cells");
            }
            faults.push(fault.hint(format!("write it as {}", COLUMNS.join(","))));
        }
        for ((name, cell), column) in names.iter().zip(&head.cells).zip(&order) {
            if column.is_some() || name.is_empty() {
                continue;
            }
            let mut note = Diagnostic::warning(
                "decisions_column",
                format!("the column {} is not read", shown(name)),
            )
            .at(self.at(cell.start, cell.end));
            if let Some(near) = nearest(name, missing.iter().copied()) {
                note = note.hint(format!("did you mean '{near}'?"));
            }
            notes.push(note);
        }
        if faults.is_empty() {
            Ok(order)
        } else {
            // A misspelt column is the reason of a missing one.
            faults.append(notes);
            Err(faults)
        }
    }

    /// The form `decision,left,right,who,when,why` of before.
    fn older(&self, head: &Row, lines: &[Row]) -> Diagnostic {
        self.rewritten(
            Diagnostic::error(
                "decisions_old_form",
                "these decisions are in an older form, with SOURCE:ID in one cell",
            )
            .at(self.at(head.start, head.end)),
            lines,
        )
    }

    fn headless(&self, head: &Row, lines: &[Row]) -> Diagnostic {
        let fault = Diagnostic::error("decisions_header", "the file has no header")
            .at(self.at(head.start, head.end));
        let all: Vec<Row> = std::iter::once(head).chain(lines).cloned().collect();
        self.rewritten(fault, &all)
    }

    fn rewritten(&self, fault: Diagnostic, lines: &[Row]) -> Diagnostic {
        let mut hint = format!("write it so:\n{}", COLUMNS.join(","));
        for row in lines.iter().take(SHOWN) {
            hint.push('\n');
            hint.push_str(&new_form(row));
        }
        if lines.len() > SHOWN {
            hint.push_str(&format!(
                "\n… and {} more lines in the same way",
                lines.len() - SHOWN
            ));
        }
        fault.hint(hint)
    }

    /// A row's decision.
    ///
    /// # Errors
    /// Everything that is wrong with it.
    pub fn decision(
        &self,
        row: &Row,
        order: &[Option<usize>],
        notes: &mut Vec<Diagnostic>,
    ) -> Result<Decision, Vec<Diagnostic>> {
        if let Some((start, end, what)) = row.torn {
            return Err(vec![
                Diagnostic::error("decision_torn", what).at(self.at(start, end)),
            ]);
        }
        let cell = |column: usize| {
            let place = order.iter().position(|own| *own == Some(column));
            place.and_then(|at| row.cells.get(at))
        };
        let text = |column: usize| cell(column).map_or("", value);
        let place = |column: usize| {
            // A cell that is missing would stand at the end.
            let (start, end) =
                cell(column).map_or((row.end, row.end), |cell: &Cell| (cell.start, cell.end));
            self.at(start, end)
        };
        let mut faults = Vec::new();
        let verdict = Verdict::of(text(0));
        if verdict.is_none() {
            let word = text(0).to_lowercase();
            let fault = Diagnostic::error(
                "decision_unknown",
                if word.is_empty() {
                    "the line has no verdict".to_owned()
                } else {
                    format!("{} is no verdict", shown(&word))
                },
            )
            .at(place(0));
            faults.push(fault.hint(match nearest(&word, ["never", "always"]) {
                Some(name) => format!("did you mean '{name}'?"),
                None => "a verdict is 'never' or 'always'".to_owned(),
            }));
        }
        for (column, name) in COLUMNS.iter().enumerate().take(NEEDED).skip(1) {
            if text(column).is_empty() {
                let fault = Diagnostic::error("decision_record", format!("the line has no {name}"));
                faults.push(fault.at(place(column)));
            }
        }
        let beyond = row.cells.get(order.len()..).unwrap_or_default();
        if let Some(cell) = beyond.iter().find(|cell| !cell.value.trim().is_empty()) {
            faults.push(
                Diagnostic::error("decision_cells", "the line has more cells than the header")
                    .at(self.at(cell.start, row.end))
                    .hint("put a text with commas between double quotes"),
            );
        }
        let (Some(verdict), true) = (verdict, faults.is_empty()) else {
            return Err(faults);
        };
        let a = RecordName::new(text(1), text(2));
        let b = RecordName::new(text(3), text(4));
        if a == b {
            let (start, end) = cell(3)
                .zip(cell(4))
                .map_or((row.start, row.end), |(source, id)| {
                    (source.start.min(id.start), source.end.max(id.end))
                });
            return Err(vec![
                Diagnostic::error("decision_self", "the line names one record twice")
                    .at(self.at(start, end)),
            ]);
        }
        let date = text(6);
        if !date.is_empty() && date.parse::<jiff::civil::Date>().is_err() {
            notes.push(
                Diagnostic::warning("decision_date", format!("{} is no date", shown(date)))
                    .at(place(6))
                    .hint("write it as YYYY-MM-DD; the decision holds all the same"),
            );
        }
        Ok(Decision {
            verdict,
            a,
            b,
            by: text(5).to_owned(),
            date: date.to_owned(),
            why: text(7).to_owned(),
            place: self.at(row.start, row.end),
        })
    }
}

/// A row `verdict,SOURCE:ID,SOURCE:ID,who,when,why` as it is written now; one that is in
/// the new form already stays.
fn new_form(row: &Row) -> String {
    let cell = |at: usize| row.cells.get(at).map_or("", value);
    let split = |at: usize| cell(at).split_once(':');
    match (split(1), split(2)) {
        (Some((source_a, id_a)), Some((source_b, id_b))) => line_of(
            [
                cell(0),
                source_a,
                id_a,
                source_b,
                id_b,
                cell(3),
                cell(4),
                cell(5),
            ]
            .into_iter(),
        ),
        _ => line_of(row.cells.iter().map(value)),
    }
}
