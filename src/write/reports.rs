//! The files for people: violations, quarantine, review.

use std::collections::BTreeMap;
use std::ops::Range;

use super::output::{Written, csv_file, csv_file_fetched};
use super::staging::Staging;
use super::tables::Xref;
use crate::contact::{Failure, FieldType, Held, Records, Table, Text, Violation};
use crate::link::LinkedPair;
use crate::plan::Plan;
use crate::rulebook::Rulebook;

const VIOLATION_COLUMNS: [&str; 11] = [
    "source",
    "record_id",
    "file",
    "line",
    "field",
    "value",
    "rule",
    "severity",
    "message",
    "action",
    "owner",
];

/// Writes `violations.csv`, by record.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn violations(
    staging: &Staging,
    records: &Records,
    violations: &[Violation],
    guard: bool,
) -> Result<Written, Failure> {
    let mut order: Vec<&Violation> = violations.iter().collect();
    order.sort_by(|a, b| {
        (a.record, &a.field, &a.rule, &a.message).cmp(&(b.record, &b.field, &b.rule, &b.message))
    });
    csv_file(
        staging,
        "violations.csv",
        &VIOLATION_COLUMNS,
        order.len(),
        guard,
        |at, line| {
            let violation = order[at];
            let row = violation.record as usize;
            line.text(&records.source(row).name);
            line.text(records.id(row));
            line.text(records.file(row));
            line.text(&records.origin[row].line.to_string());
            line.text(&violation.field);
            line.cell(violation.value.as_deref());
            line.text(&violation.rule);
            line.text(violation.severity.name());
            line.text(&violation.message);
            line.text(violation.action.name());
            line.text(&violation.owner);
        },
    )
}

/// Writes `quarantine/<source>.csv` for each source that has held records: its own
/// headers and values as read, then the reason; the raw text of torn rows.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn quarantine(
    staging: &Staging,
    records: &Records,
    held: &BTreeMap<u32, Held>,
    guard: bool,
) -> Result<Vec<Written>, Failure> {
    let mut written = Vec::new();
    for (at, source) in (0_u16..).zip(&records.sources) {
        let rows: Vec<(usize, &Held)> = held
            .iter()
            .map(|(&row, held)| (row as usize, held))
            .filter(|(row, _)| records.origin.get(*row).is_some_and(|o| o.source == at))
            .collect();
        if rows.is_empty() {
            continue;
        }
        let torn = rows.iter().any(|(_, held)| held.raw.is_some());
        let mut header: Vec<&str> = source.headers.iter().map(String::as_str).collect();
        header.push("karat_reason");
        if torn {
            header.push("karat_raw");
        }
        let name = format!("quarantine/{}.csv", file_stem(&source.name));
        written.push(csv_file(
            staging,
            &name,
            &header,
            rows.len(),
            guard,
            |at, line| {
                let (row, held) = rows[at];
                for header in 0..source.headers.len() {
                    // A torn row has no value of its own, and the id that it got is not its.
                    let raw = records.raw(row, header).filter(|_| held.raw.is_none());
                    line.cell(raw);
                }
                let place = format!(
                    "{} ({}, line {})",
                    held.reason,
                    records.file(row),
                    records.origin[row].line
                );
                line.text(&place);
                if torn {
                    line.cell(held.raw.as_deref());
                }
            },
        )?);
    }
    Ok(written)
}

/// A source's name as a file name: what no file system takes becomes `_`.
#[must_use]
pub fn file_stem(name: &str) -> String {
    let stem: String = name
        .chars()
        .map(|c| {
            if c.is_control() || "/\\:*?\"<>|".contains(c) {
                '_'
            } else {
                c
            }
        })
        .collect();
    if stem.is_empty() || stem.starts_with('.') {
        format!("_{stem}")
    } else {
        stem
    }
}

/// The pairs that a person should look at: those inside the review band.
#[must_use]
pub fn uncertain<'a>(pairs: &'a [LinkedPair], plan: &Plan) -> Vec<&'a LinkedPair> {
    let (low, high) = plan.matching.review;
    let mut pairs: Vec<&LinkedPair> = pairs
        .iter()
        .filter(|pair| (low..=high).contains(&f64::from(pair.match_probability)))
        .collect();
    // The least certain last: where a person's hour changes most comes first.
    pairs.sort_by(|a, b| {
        b.match_probability
            .total_cmp(&a.match_probability)
            .then_with(|| (a.left, a.right).cmp(&(b.left, b.right)))
    });
    pairs
}

/// Writes `review.csv`.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn review(
    staging: &Staging,
    pairs: &[&LinkedPair],
    xref: &Xref<'_>,
    table: &Table,
    rulebook: &Rulebook,
    guard: bool,
) -> Result<Written, Failure> {
    let shown: Vec<(&str, &Text)> = rulebook
        .fields()
        .iter()
        .filter(|field| !field.input_only && tells_people_apart(&field.kind))
        .filter_map(|field| Some((field.name.as_str(), table.column(&field.name)?)))
        .filter(|(_, column)| {
            pairs.iter().any(|pair| {
                [pair.left, pair.right]
                    .iter()
                    .any(|&row| column.has(row as usize))
            })
        })
        .collect();
    let mut header: Vec<String> = [
        "match_probability",
        "match_weight",
        "verdict",
        "left_source",
        "left_record_id",
        "right_source",
        "right_record_id",
        "left_golden_id",
        "right_golden_id",
        "for",
        "against",
    ]
    .map(String::from)
    .to_vec();
    for (name, _) in &shown {
        header.push(format!("left_{name}"));
        header.push(format!("right_{name}"));
    }
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let records = xref.records;
    // Pairs stand by how sure they are: their records anywhere.
    let fetch = |some: Range<usize>| {
        let pairs = pairs[some].iter();
        let rows: Vec<u32> = pairs.flat_map(|pair| [pair.left, pair.right]).collect();
        xref.fetch(&rows);
        for (_, column) in &shown {
            column.fetch_rows(&rows);
        }
    };
    csv_file_fetched(
        staging,
        "review.csv",
        &header,
        pairs.len(),
        guard,
        fetch,
        |at, line| {
            let pair = pairs[at];
            let (left, right) = (pair.left as usize, pair.right as usize);
            let golden = [left, right].map(|row| xref.golden_id(row));
            line.text(crate::merge::shown_probability(pair.match_probability));
            line.text(&format!("{:.2}", pair.match_weight));
            line.text(if golden[0].is_some() && golden[0] == golden[1] {
                "merged"
            } else {
                "apart"
            });
            line.text(&records.source(left).name);
            line.text(records.id(left));
            line.text(&records.source(right).name);
            line.text(records.id(right));
            line.cell(golden[0]);
            line.cell(golden[1]);
            line.text(&evidence(pair, |bits| bits > 0.0));
            line.text(&evidence(pair, |bits| bits < 0.0));
            for (_, column) in &shown {
                line.cell(column.get(left));
                line.cell(column.get(right));
            }
        },
    )
}

fn evidence(pair: &LinkedPair, keep: impl Fn(f32) -> bool) -> String {
    let shown: Vec<String> = pair
        .evidence
        .iter()
        .filter(|(_, bits)| keep(*bits))
        .map(|(what, bits)| format!("{what} ({bits:+.1})"))
        .collect();
    shown.join("; ")
}

/// Fields that a person compares two records by.
#[must_use]
pub const fn tells_people_apart(kind: &FieldType) -> bool {
    !matches!(
        kind,
        FieldType::Vocabulary
            | FieldType::Consent
            | FieldType::DateTime
            | FieldType::SystemId
            | FieldType::Tags
            | FieldType::Number
            | FieldType::Text
            | FieldType::Language
    )
}

#[cfg(test)]
mod tests {
    use super::file_stem;

    #[test]
    fn a_source_name_can_not_leave_the_folder() {
        assert_eq!(file_stem("crm"), "crm");
        assert_eq!(file_stem("../x"), "_.._x");
        assert_eq!(file_stem(""), "_");
        assert_eq!(file_stem("a:b"), "a_b");
    }
}
