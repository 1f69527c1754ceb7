//! Extra columns of the table, by header, and their values.

use hashbrown::HashMap;

use super::Input;
use crate::contact::{Records, Table, Text};
use crate::link::features::{Features, NONE, folded};
use crate::link::names::Letters;

type Fixed = foldhash::fast::FixedState;

/// A column that has the value of one field in this share of its records repeats it.
const COPY: f64 = 0.5;

/// Does the table have columns that no field fits?
#[must_use]
pub fn are_there(records: &Records, table: &Table) -> bool {
    table
        .names()
        .iter()
        .any(|name| header(records, name).is_some())
}

/// The header of an extra column, which is named `source:Header`.
fn header<'n>(records: &Records, name: &'n str) -> Option<&'n str> {
    records
        .sources
        .iter()
        .find_map(|source| name.strip_prefix(source.name.as_str())?.strip_prefix(':'))
}

/// Extra columns of one header, one a source.
pub struct Group {
    pub name: String,
    columns: Vec<usize>,
}

impl Group {
    /// What the table calls its columns.
    pub fn names(&self, table: &Table) -> Vec<String> {
        let names = self.columns.iter().filter_map(|&at| table.names().get(at));
        names.cloned().collect()
    }
}

/// The extra columns of the table by their headers, whatever the source; sorted.
pub fn groups(input: Input<'_>) -> Vec<Group> {
    let mut known: HashMap<String, usize, Fixed> = HashMap::default();
    let mut list: Vec<Group> = Vec::new();
    for (at, name) in input.table.names().iter().enumerate() {
        let Some(header) = header(input.records, name) else {
            continue;
        };
        let folded = folded(header, input.letters).replace(' ', "");
        let group = *known.entry(folded).or_insert_with(|| {
            list.push(Group {
                name: header.to_owned(),
                columns: Vec::new(),
            });
            list.len() - 1
        });
        list[group].columns.push(at);
    }
    list
}

/// The columns of one header, whatever their sources; or, when there are none, the headers
/// that there are.
pub fn named<'t>(
    records: &Records,
    table: &'t Table,
    letters: &Letters,
    wanted: &str,
) -> Result<Vec<&'t Text>, Vec<String>> {
    let key = |text: &str| folded(text, letters).replace(' ', "");
    let wanted = key(wanted);
    let mut headers = Vec::new();
    let mut found = Vec::new();
    for (name, column) in table.iter() {
        if let Some(header) = header(records, name) {
            headers.push(header.to_owned());
            if key(header) == wanted {
                found.push(column);
            }
        }
    }
    headers.sort_unstable();
    headers.dedup();
    if found.is_empty() {
        Err(headers)
    } else {
        Ok(found)
    }
}

/// The table's columns that a group holds, in the table's order.
fn columns_of<'t>(table: &'t Table, group: &Group) -> Vec<&'t Text> {
    table
        .iter()
        .enumerate()
        .filter(|(at, _)| group.columns.contains(at))
        .map(|(_, (_, column))| column)
        .collect()
}

/// Dense record → value id, the folded texts of the ids, and how many records have one.
pub fn values(input: Input<'_>, group: &Group) -> (Vec<u32>, Vec<String>, usize) {
    let Input {
        features: f,
        table,
        letters,
        ..
    } = input;
    let columns = columns_of(table, group);
    let mut ids: HashMap<String, u32, Fixed> = HashMap::default();
    let mut texts = Vec::new();
    let mut filled = 0;
    let values = f
        .rows
        .iter()
        .map(|&row| {
            let Some(cell) = columns.iter().find_map(|c| c.get(row as usize)) else {
                return NONE;
            };
            let text = folded(cell, letters);
            if text.is_empty() {
                return NONE;
            }
            filled += 1;
            if let Some(&id) = ids.get(&text) {
                return id;
            }
            let id = u32::try_from(texts.len()).unwrap_or(NONE);
            texts.push(text.clone());
            ids.insert(text, id);
            id
        })
        .collect();
    (values, texts, filled)
}

/// Rarity of each value; persons are counted, not records.
pub fn rarity(f: &Features, values: &[u32], distinct: usize) -> Vec<f32> {
    let mut seen: Vec<(u32, u32, u32)> = (0..f.len())
        .filter(|&record| values[record] != NONE)
        .map(|record| {
            let organisation = f.orgs.name.get(record).copied().unwrap_or(NONE);
            let (a, b) = if organisation == NONE {
                let card = &f.cards[record];
                (card.given, card.family)
            } else {
                (organisation, NONE)
            };
            (values[record], a, b)
        })
        .collect();
    seen.sort_unstable();
    seen.dedup();
    let mut counts = vec![0u32; distinct];
    for (value, _, _) in &seen {
        counts[*value as usize] += 1;
    }
    #[allow(clippy::cast_precision_loss)] // counts of records
    let total = seen.len().max(1) as f64;
    let average: f64 = counts
        .iter()
        .map(|&c| (f64::from(c) / total).powi(2))
        .sum::<f64>()
        .max(1e-12);
    counts
        .iter()
        .map(|&c| {
            #[allow(clippy::cast_possible_truncation)] // bits, clamped
            let bits = (average * total / f64::from(c.max(1)))
                .log2()
                .clamp(-4.0, 4.0) as f32;
            bits
        })
        .collect()
}

/// The field that has the column's value in most of its records, if one has.
pub fn copied(input: Input<'_>, group: &Group) -> Option<String> {
    let Input {
        features: f,
        table,
        letters,
        ..
    } = input;
    let columns = columns_of(table, group);
    let fields: Vec<_> = table
        .iter()
        .filter(|(name, _)| !name.contains(':'))
        .collect();
    let mut equal = vec![0u32; fields.len()];
    let mut filled = 0u32;
    // A few thousand records tell; every so many, the same in each run.
    let step = f.rows.len().div_ceil(5_000).max(1);
    for &row in f.rows.iter().step_by(step) {
        let Some(cell) = columns.iter().find_map(|c| c.get(row as usize)) else {
            continue;
        };
        filled += 1;
        let text = folded(cell, letters);
        for (count, (_, field)) in equal.iter_mut().zip(&fields) {
            *count += u32::from(
                field
                    .get(row as usize)
                    .is_some_and(|other| other == cell || folded(other, letters) == text),
            );
        }
    }
    equal
        .iter()
        .position(|&count| f64::from(count) >= COPY * f64::from(filled.max(1)))
        .map(|at| fields[at].0.to_owned())
}
