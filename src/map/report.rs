//! What the mapping tells a person: what was recognised, guessed and left alone.

use super::assign::{Assigned, By};
use super::ids::Ordered;
use crate::contact::Diagnostic;
use crate::contact::diagnostic::shown;
use crate::plan::SourcePlan;
use crate::read::SourceRead;
use crate::standardise::identifier::is_scientific;

/// Notes on one source's mapping.
#[must_use]
pub fn mapping(source: &SourceRead, plan: &SourcePlan, assigned: &Assigned<'_>) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    let names = source.table.names();
    let name = &source.name;
    if let Some(system) = assigned.system.as_ref().filter(|_| plan.system.is_none()) {
        notes.push(Diagnostic::info(
            "map_system_recognised",
            format!(
                "source {name}: recognised as {} by its columns {}",
                system.preset.label,
                system.by.join(", ")
            ),
        ));
    }
    let mut carried = Vec::new();
    for (at, column) in assigned.columns.iter().enumerate() {
        let header = shown(&names[at]);
        match (&column.field, column.by) {
            (Some(field), By::Values) => notes.push(
                Diagnostic::info(
                    "map_by_values",
                    format!(
                        "source {name}: the column {header} is taken for {field} by its values"
                    ),
                )
                .hint(format!(
                    "map = {{ {field} = … }} in the plan says it for good"
                )),
            ),
            (Some(_), By::Preset) => {}
            (Some(field), _) => {
                if let Some(first) = &column.second_for {
                    notes.push(Diagnostic::info(
                        "map_second_column",
                        format!("source {name}: the column {header} goes to {field}, since {first} has a column already"),
                    ));
                }
            }
            (None, _) => {
                // A preset's own second choice is no news.
                if column.by == By::Preset {
                } else if let Some(first) = &column.second_for {
                    notes.push(
                        Diagnostic::info(
                            "map_second_column",
                            format!("source {name}: the column {header} is carried through as it is, since {first} has a column already"),
                        )
                        .hint(format!("map = {{ {first} = … }} in the plan decides which one it is")),
                    );
                } else if assigned.id != Some(at) && !is_known(assigned, &names[at]) {
                    carried.push(header);
                }
            }
        }
    }
    if !carried.is_empty() {
        notes.push(
            Diagnostic::info(
                "map_not_mapped",
                format!(
                    "source {name}: carried through as they are: {}",
                    carried.join(", ")
                ),
            )
            .hint("map = { field = \"Header\" } in the plan maps a column"),
        );
    }
    if !assigned.columns.iter().any(|column| column.field.is_some()) && !names.is_empty() {
        notes.push(
            Diagnostic::warning(
                "map_nothing_mapped",
                format!(
                    "source {name}: no column is known, so its records hold nothing to compare"
                ),
            )
            .hint("map = { email = \"Header\" } in the plan maps a column"),
        );
    }
    notes
}

/// Notes on one source's record ids.
#[must_use]
pub fn ids(source: &SourceRead, assigned: &Assigned<'_>, ordered: &Ordered) -> Vec<Diagnostic> {
    let mut notes = Vec::new();
    let name = &source.name;
    let header = assigned
        .id
        .and_then(|at| source.table.names().get(at))
        .map(|header| shown(header));
    if !ordered.twice.is_empty() {
        let some: Vec<String> = ordered.twice.iter().take(3).map(|id| shown(id)).collect();
        let more = if ordered.twice.len() > 3 { " …" } else { "" };
        notes.push(
            Diagnostic::warning(
                "map_duplicate_ids",
                format!(
                    "source {name}: {} record ids stand on more than one record ({}{more}){}",
                    ordered.twice.len(),
                    some.join(", "),
                    header.as_deref().map_or_else(String::new, |h| format!(" in the column {h}"))
                ),
            )
            .hint("the records stay apart: the second has '#2' behind its id, in the order of their content"),
        );
    }
    match header {
        Some(header) if ordered.empty > 0 => notes.push(Diagnostic::warning(
            "map_empty_ids",
            format!(
                "source {name}: {} records have no id in the column {header}; they are named by their line",
                ordered.empty
            ),
        )),
        None if !source.at.is_empty() && assigned.id_refused.is_some() => {
            let refused = assigned
                .id_refused
                .and_then(|at| source.table.names().get(at))
                .map_or_else(String::new, |header| shown(header));
            let rounded = assigned
                .id_refused
                .and_then(|at| source.table.column(source.table.names().get(at)?))
                .is_some_and(|column| column.iter().flatten().any(|id| is_scientific(id.trim())));
            notes.push(
                Diagnostic::warning(
                    "map_id_not_unique",
                    format!("source {name}: the column {refused} is called like an id, but has values twice or none; records are named by their line"),
                )
                .hint(format!("id = {refused} in the plan takes it all the same"))
                .hint_if(
                    rounded,
                    "a spreadsheet has rounded some of its values (1.23E+10): export the ids again, as text",
                ),
            );
        }
        None if !ordered.rows.is_empty() => notes.push(
            Diagnostic::info(
                "map_no_ids",
                format!("source {name}: no id column is known, so records are named by their line"),
            )
            .hint("id = \"Header\" in the plan names the column of the record id"),
        ),
        _ => {}
    }
    notes
}

pub fn is_known(assigned: &Assigned<'_>, header: &str) -> bool {
    assigned
        .system
        .as_ref()
        .is_some_and(|system| system.preset.knows(&super::fold::fold(header)))
}
