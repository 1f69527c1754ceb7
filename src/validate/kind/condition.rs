//! `condition = "SQL"`: violated where it is TRUE (never where it is NULL).
//! `required_if = "SQL"`: where it is TRUE, the fields must have a value.

use super::super::sql::Condition;
use super::{Hit, Look, Reading, hit};

pub(super) fn read(key: &'static str, reading: &mut Reading<'_>) -> Option<Condition> {
    let text = reading.section.text(key, reading.faults)?;
    Condition::read(reading.section, &text, reading.known, reading.faults)
}

pub(super) fn true_where(look: &Look<'_>) -> Vec<Hit> {
    let truths = look.truths.unwrap_or_default();
    let field = (!look.fields.is_empty()).then_some(0);
    look.rows(|row, hits| {
        if truths.get(row) == Some(&true) {
            hits.push(hit(row, field));
        }
    })
}

pub(super) fn missing_where(look: &Look<'_>) -> Vec<Hit> {
    let truths = look.truths.unwrap_or_default();
    let columns: Vec<_> = look
        .fields
        .iter()
        .map(|field| look.view.column(field))
        .collect();
    look.rows(|row, hits| {
        if truths.get(row) != Some(&true) {
            return;
        }
        for (at, column) in (0u16..).zip(&columns) {
            if column.is_none_or(|column| !column.has(row)) {
                hits.push(hit(row, Some(at)));
            }
        }
    })
}
