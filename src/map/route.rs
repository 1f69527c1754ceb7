//! Numbered values whose field stands in a label beside them (`Phone 2 - Label`).

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::assign::By;
use super::cells::{Cells, Mapped, Source};
use super::fold::{fold, numbered};
use super::lists;
use super::preset::{ByLabel, matches};
use crate::contact::{Event, EventKind, Stage, TextBuilder};

/// A column of values with the column of its labels.
struct Pair {
    value: usize,
    label: Option<usize>,
}

/// Puts each value into the field that its label names; the others stay in the field
/// of the first column and its companion.
pub fn by_label(source: Source<'_>, columns: &[Cells], out: &mut Mapped) {
    let Some(preset) = source.preset() else {
        return;
    };
    for rule in &preset.by_label {
        let pairs = pairs(source, rule);
        let Some(plain) = pairs
            .first()
            .and_then(|pair| source.assigned.columns[pair.value].field.clone())
        else {
            continue;
        };
        let Some(more) = source.companion.get(&plain).cloned() else {
            continue;
        };
        // A field that has a column of its own is not filled from labels.
        let own = |field: &str| {
            source
                .assigned
                .of(field)
                .iter()
                .any(|at| !pairs.iter().any(|pair| pair.value == *at))
        };
        let to: BTreeMap<String, &str> = rule
            .to
            .iter()
            .filter(|(field, _)| !own(field) && !out.fields.contains_key(*field))
            .flat_map(|(field, labels)| labels.iter().map(move |l| (fold(l), field.as_str())))
            .collect();
        if own(&plain) || own(&more) {
            continue;
        }
        route(source, columns, &pairs, &to, (&plain, &more), out);
    }
}

fn pairs(source: Source<'_>, rule: &ByLabel) -> Vec<Pair> {
    let number = |at: usize| numbered(&fold(source.header(at))).map(|(_, n)| n);
    let labels: Vec<usize> = rule
        .labels
        .iter()
        .flat_map(|name| source.headers(name))
        .collect();
    let name = fold(&rule.values);
    let mut values: Vec<usize> = (0..source.assigned.columns.len())
        .filter(|&at| matches(&name, &fold(source.header(at))))
        .filter(|&at| {
            let column = &source.assigned.columns[at];
            column.by == By::Preset && column.field.is_some()
        })
        .collect();
    values.sort_by_key(|&at| (number(at), at));
    values
        .into_iter()
        .map(|value| Pair {
            value,
            label: labels
                .iter()
                .copied()
                .find(|&at| number(at) == number(value)),
        })
        .collect()
}

fn route(
    source: Source<'_>,
    columns: &[Cells],
    pairs: &[Pair],
    to: &BTreeMap<String, &str>,
    (plain, more): (&str, &str),
    out: &mut Mapped,
) {
    let mut texts: BTreeMap<&str, TextBuilder> = to
        .values()
        .copied()
        .chain([plain, more])
        .map(|field| (field, TextBuilder::with_capacity(source.rows())))
        .collect();
    let mut any = false;
    for row in 0..source.rows() {
        let mut first: BTreeMap<&str, Cow<'_, str>> = BTreeMap::new();
        let mut others = String::new();
        for pair in pairs {
            let Some(raw) = columns[pair.value].get(source.order, row) else {
                continue;
            };
            let field = pair
                .label
                .and_then(|at| columns[at].get(source.order, row))
                .and_then(|label| to.get(&fold(label.trim_start_matches("* "))).copied());
            let rule = source.rule(pair.value);
            let values = match rule.and_then(|rule| Some((rule, rule.separator.as_deref()?))) {
                Some((rule, separator)) => lists::values(raw, rule, separator),
                None => vec![Cow::Borrowed(raw)],
            };
            let several = values.len() > 1;
            for value in values {
                let target = field.unwrap_or(plain);
                let lands = if first.contains_key(target) {
                    more
                } else {
                    target
                };
                if field.is_some() || several {
                    any = true;
                    out.events.push(Event {
                        stage: Stage::Map,
                        kind: EventKind::Derived,
                        record: source.event(row),
                        field: lands,
                        before: Some(raw),
                        after: Some(&value),
                        rule: "by_label",
                        reason: source.header(pair.value),
                        ..Event::default()
                    });
                }
                if lands == more {
                    lists::push(&mut others, &value);
                } else {
                    first.insert(target, value);
                }
            }
        }
        for (field, text) in &mut texts {
            if *field == more {
                text.push(Some(others.as_str()));
            } else {
                text.push(first.get(field));
            }
        }
    }
    if any {
        out.as_read.extend(pairs.iter().map(|pair| pair.value));
        for (field, text) in texts {
            out.fields
                .insert(field.to_owned(), Cells::Ready(text.finish()));
        }
    }
}
