//! What changed between two runs, for people: an overview, then the changes told.

use std::fmt::Write as _;

use super::render::one_line;
use crate::contact::diagnostic::shown;
use crate::diff::changes::{ByReason, Cause, Changes, Person, RecordName};

/// The whole text.
#[must_use]
pub fn text(changes: &Changes) -> String {
    let mut out = String::new();
    overview(&mut out, changes);
    let counts = &changes.counts;
    list(
        &mut out,
        "merged",
        counts.merged,
        &changes.merged,
        |out, merge| {
            person(out, &merge.into, &format!("  <- {}", merge.from.join(", ")));
        },
    );
    list(
        &mut out,
        "split",
        counts.split,
        &changes.split,
        |out, split| {
            person(out, &split.from, &format!("  -> {}", split.into.join(", ")));
        },
    );
    list(
        &mut out,
        "moved",
        counts.moved_records,
        &changes.moved,
        |out, own| {
            let _ = writeln!(
                out,
                "  {}  {} -> {}",
                record(&own.record),
                own.from,
                own.into
            );
            cause(out, &own.cause);
        },
    );
    list(
        &mut out,
        "changed",
        counts.changed,
        &changes.changed,
        |out, own| {
            person(out, &own.person, "");
            for field in &own.fields {
                let side = |value: &Option<String>| value.as_deref().map_or("-".to_owned(), shown);
                let _ = writeln!(
                    out,
                    "      {}: {} -> {}",
                    field.field,
                    side(&field.before),
                    side(&field.after)
                );
            }
        },
    );
    let added = counts.added + counts.revived;
    list(&mut out, "added", added, &changes.added, |out, own| {
        person(out, own, "")
    });
    list(&mut out, "gone", counts.gone, &changes.gone, |out, own| {
        person(out, own, "")
    });
    out
}

/// The figures alone.
pub fn overview(out: &mut String, changes: &Changes) {
    let counts = &changes.counts;
    let name = |run: &crate::diff::changes::RunName| {
        if run.id.is_empty() {
            "this run".to_owned()
        } else {
            run.id.clone()
        }
    };
    let _ = writeln!(out, "{} -> {}", name(&changes.before), name(&changes.after));
    let _ = writeln!(
        out,
        "golden records: {} -> {} ({} unchanged)",
        counts.persons_before, counts.persons_after, counts.unchanged
    );
    let mut line = |what: &str, number: u64, more: String| {
        if number > 0 {
            let key = if what == "moved" {
                "moved_records"
            } else {
                what
            };
            let reasons = changes.reasons.get(key).map_or(String::new(), reasons);
            let _ = writeln!(out, "  {what:<8} {number:>8}  {more}{reasons}");
        }
    };
    let revived = match counts.revived {
        0 => String::new(),
        revived => format!("(and {revived} back) "),
    };
    line("added", counts.added + counts.revived, revived);
    line("gone", counts.gone, String::new());
    line(
        "merged",
        counts.merged,
        format!("(took in {} others) ", counts.merged_ids),
    );
    line(
        "split",
        counts.split,
        format!("({} new ids) ", counts.split_ids),
    );
    line("moved", counts.moved_records, "(records) ".to_owned());
    line(
        "changed",
        counts.changed,
        format!("({} values) ", counts.changed_values),
    );
    let mut records: Vec<String> = [
        (counts.records_new, "new"),
        (counts.records_gone, "gone"),
        (counts.records_changed.unwrap_or(0), "changed"),
        (counts.records_held, "now held out"),
        (counts.records_released, "no longer held out"),
    ]
    .iter()
    .filter(|(number, _)| *number > 0)
    .map(|(number, word)| format!("{number} {word}"))
    .collect();
    if counts.records_changed.is_none() {
        records.push("how many changed is not known: the earlier run kept no fingerprints".into());
    }
    let records = match records.as_slice() {
        [] => "all the same".to_owned(),
        some => some.join(", "),
    };
    let _ = writeln!(
        out,
        "records: {} -> {} ({records})",
        counts.records_before, counts.records_after
    );
    for circumstance in &changes.circumstances {
        let _ = writeln!(
            out,
            "{}: {}",
            circumstance.reason.name(),
            one_line(&circumstance.what)
        );
    }
    if !changes.fields.is_empty() {
        const FIELDS: usize = 8;
        let mut shown: Vec<String> = changes
            .fields
            .iter()
            .take(FIELDS)
            .map(|field| {
                let all = field.filled + field.emptied + field.replaced;
                format!("{} {all}", field.field)
            })
            .collect();
        if changes.fields.len() > FIELDS {
            shown.push(format!("and {} more", changes.fields.len() - FIELDS));
        }
        let _ = writeln!(out, "fields: {}", shown.join(", "));
    }
}

fn list<T>(
    out: &mut String,
    title: &str,
    all: u64,
    some: &[T],
    mut tell: impl FnMut(&mut String, &T),
) {
    if some.is_empty() {
        return;
    }
    let _ = writeln!(out, "\n{title}:");
    for one in some {
        tell(out, one);
    }
    let more = all.saturating_sub(some.len() as u64);
    if more > 0 {
        let _ = writeln!(out, "  … and {more} more (karat diff --all)");
    }
}

fn person(out: &mut String, person: &Person, more: &str) {
    let mut records: Vec<String> = person.records.iter().map(record).collect();
    let hidden = person.record_count.saturating_sub(records.len() as u64);
    if hidden > 0 {
        records.push(format!("{hidden} more"));
    }
    let label = if person.label.is_empty() {
        String::new()
    } else {
        format!(" {}", shown(&person.label))
    };
    let _ = writeln!(
        out,
        "  {}{label}{more}  ({})",
        person.golden_id,
        records.join(", ")
    );
    cause(out, &person.cause);
}

fn cause(out: &mut String, cause: &Cause) {
    let _ = writeln!(
        out,
        "      {}: {}",
        cause.reason.name(),
        one_line(&cause.what)
    );
}

fn record(record: &RecordName) -> String {
    one_line(&format!("{}:{}", record.source, record.record_id))
}

fn reasons(by: &ByReason) -> String {
    by.iter()
        .map(|(reason, number)| format!("{} {number}", reason.name()))
        .collect::<Vec<_>>()
        .join(", ")
}
