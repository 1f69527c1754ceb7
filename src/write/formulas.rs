//! Which cells of this run the formula guard changes: events and violations.
//!
//! The guard itself works cell by cell on the way out (`guard`); this looks at the
//! golden values, the record ids and the held records' raw values beforehand, so
//! that the audit and the violations can say so.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::guard;
use crate::contact::{
    Action, Broken, Event, EventKind, Events, Held, Records, Severity, Stage, Violation, Violations,
};
use crate::merge::Merged;

const RULE: &str = "formula_in_cell";
const MESSAGE: &str =
    "a spreadsheet would run this value as a formula; karat writes it with a ' in front";

/// Adds an event and a violation for every cell that will be guarded.
pub fn tell(
    records: &Records,
    held: &BTreeMap<u32, Held>,
    merged: &Merged,
    events: &mut Events,
    violations: &mut Violations,
) {
    let mut cell = |record: u32, golden: Option<u32>, field: &str, value: &str| {
        events.push(Event {
            stage: Stage::Write,
            kind: EventKind::Guarded,
            record: Some(record),
            golden,
            field,
            before: Some(value),
            after: Some(&guard::guarded(value)),
            rule: RULE,
            ..Event::default()
        });
        violations.push(Violation {
            record,
            value: Some(value.into()),
            broken: Arc::new(Broken {
                field: field.into(),
                rule: RULE.into(),
                severity: Severity::Warning,
                message: MESSAGE.into(),
                action: Action::Fix,
                owner: "".into(),
            }),
        });
    };
    for (name, column) in merged.golden.iter() {
        let formulas: Vec<bool> = column.distinct_values().map(guard::is_formula).collect();
        if !formulas.contains(&true) {
            continue;
        }
        for golden in (0_u32..).take(column.len()) {
            let code = column.code(golden as usize);
            if let (Some(code), Some(&record)) = (
                code.filter(|code| formulas[*code as usize]),
                merged.clusters.of(golden as usize).first(),
            ) {
                cell(record, Some(golden), name, column.value(code));
            }
        }
    }
    for row in (0_u32..).take(records.rows()) {
        let id = records.id(row as usize);
        if guard::is_formula(id) {
            cell(row, merged.golden_of[row as usize], "record_id", id);
        }
    }
    for (&row, held) in held {
        for (name, column) in records.table.iter() {
            if let Some(value) = column.get(row as usize).filter(|v| guard::is_formula(v)) {
                cell(row, None, name, value);
            }
        }
        if let Some(raw) = held.raw.as_deref().filter(|raw| guard::is_formula(raw)) {
            cell(row, None, "", raw);
        }
    }
}
