//! Record ids and the one order of a source's records.
//!
//! Comes in: the source as read and its id column. Goes out: the rows in order,
//! each with an id that is unique in the source. With an id column the order is by
//! id, then content; without one it is by content, then line.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::path::Path;

use hashbrown::HashSet;
use rayon::prelude::*;

use crate::contact::{Text, TextBuilder};
use crate::read::SourceRead;
use crate::standardise::outcome::Outcome;
use crate::standardise::system_id;

/// A record in its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Row {
    /// A row of the source's table.
    Whole(u32),
    /// An index into the source's torn rows.
    Torn(u32),
}

/// A source's records in order.
#[derive(Clone, Debug)]
pub struct Ordered {
    pub rows: Vec<Row>,
    pub ids: Text,
    /// Ids that more than one record has, sorted.
    pub twice: Vec<String>,
    /// How many records have an empty id in the id column.
    pub empty: usize,
    /// Ids that were brought to another form: (record, raw id, step).
    pub changed: Vec<(u32, String, &'static str)>,
}

/// The id column, and whether its ids are brought to the form in which systems' ids
/// are compared.
#[derive(Clone, Copy, Debug)]
pub struct IdColumn<'a> {
    pub text: &'a Text,
    pub standard: bool,
}

struct Entry<'a> {
    id: Cow<'a, str>,
    row: Row,
    /// The step that changed the id.
    step: &'static str,
}

/// Whether a column can be an id on its own word.
#[must_use]
pub fn is_unique_and_complete(column: &Text) -> bool {
    if column.is_empty() || column.filled() < column.len() {
        return false;
    }
    let mut seen = HashSet::with_capacity(column.len());
    column
        .iter()
        .flatten()
        .map(str::trim)
        .all(|id| !id.is_empty() && seen.insert(id))
}

/// Puts the records of a source in order and gives each its id.
#[must_use]
pub fn order(source: &SourceRead, id: Option<IdColumn<'_>>) -> Ordered {
    let several = source.files.len() > 1;
    let stems: Vec<String> = source.files.iter().map(|file| stem(&file.path)).collect();
    let place = |file: u32, line: u32, word: &str| match stems.get(file as usize) {
        Some(stem) if several => format!("{stem}:{word}{line}"),
        _ => format!("{word}{line}"),
    };
    let mut empty = 0;
    let mut entries: Vec<Entry<'_>> = Vec::with_capacity(source.at.len() + source.torn.len());
    for (row, &(file, line)) in source.at.iter().enumerate() {
        let own = id.and_then(|column| column.text.get(row)).map(str::trim);
        let mut step = "";
        let id = match own {
            Some(own) if !own.is_empty() => {
                let found = id
                    .filter(|column| column.standard)
                    .map(|_| system_id::standardise(own));
                match found {
                    Some(Outcome {
                        value: Some(value),
                        rule,
                        ..
                    }) if value != own => {
                        step = rule;
                        Cow::Owned(value)
                    }
                    _ => Cow::Borrowed(own),
                }
            }
            _ if id.is_some() => {
                empty += 1;
                Cow::Owned(place(file, line, "line "))
            }
            _ => Cow::Owned(place(file, line, "")),
        };
        entries.push(Entry {
            id,
            row: Row::Whole(u32::try_from(row).unwrap_or(u32::MAX)),
            step,
        });
    }
    for (at, torn) in source.torn.iter().enumerate() {
        entries.push(Entry {
            id: Cow::Owned(place(torn.file, torn.line, "line ")),
            row: Row::Torn(u32::try_from(at).unwrap_or(u32::MAX)),
            step: "",
        });
    }
    let columns: Vec<&Text> = source.table.iter().map(|(_, column)| column).collect();
    let by_id = id.is_some();
    entries.par_sort_unstable_by(|a, b| {
        let first = if by_id {
            a.id.cmp(&b.id)
        } else {
            Ordering::Equal
        };
        first
            .then_with(|| by_content(source, &columns, a.row, b.row))
            .then_with(|| line_of(source, a.row).cmp(&line_of(source, b.row)))
    });
    let changed = changed(&entries, id);
    Ordered {
        changed,
        ..name(entries, by_id, empty)
    }
}

fn changed(entries: &[Entry<'_>], id: Option<IdColumn<'_>>) -> Vec<(u32, String, &'static str)> {
    let Some(id) = id else { return Vec::new() };
    (0_u32..)
        .zip(entries)
        .filter(|(_, entry)| !entry.step.is_empty())
        .filter_map(|(record, entry)| match entry.row {
            Row::Whole(row) => Some((record, id.text.get(row as usize)?.to_owned(), entry.step)),
            Row::Torn(_) => None,
        })
        .collect()
}

/// Gives each record its own id: later ones of the same get `#2`, `#3` … `sorted`: the
/// entries are in the order of their ids.
fn name(entries: Vec<Entry<'_>>, sorted: bool, empty: usize) -> Ordered {
    let all = || -> HashSet<&str> { entries.iter().map(|entry| entry.id.as_ref()).collect() };
    let different = if sorted {
        entries.windows(2).all(|pair| pair[0].id != pair[1].id)
    } else {
        all().len() == entries.len()
    };
    let mut twice = Vec::new();
    let mut ids = TextBuilder::with_capacity(entries.len());
    if different {
        for entry in &entries {
            ids.push(Some(entry.id.as_ref()));
        }
    } else {
        let all = all();
        let mut used: HashSet<String> = HashSet::new();
        for entry in &entries {
            let id = entry.id.as_ref();
            if used.insert(id.to_owned()) {
                ids.push(Some(id));
                continue;
            }
            twice.push(id.to_owned());
            let mut number = 2_u64;
            let own = loop {
                let own = format!("{id}#{number}");
                if !all.contains(own.as_str()) && !used.contains(&own) {
                    break own;
                }
                number += 1;
            };
            ids.push(Some(&own));
            used.insert(own);
        }
    }
    twice.sort_unstable();
    twice.dedup();
    Ordered {
        rows: entries.iter().map(|entry| entry.row).collect(),
        ids: ids.finish(),
        twice,
        empty,
        changed: Vec::new(),
    }
}

fn by_content(source: &SourceRead, columns: &[&Text], a: Row, b: Row) -> Ordering {
    match (a, b) {
        (Row::Whole(a), Row::Whole(b)) => columns
            .iter()
            .map(|column| column.get(a as usize).cmp(&column.get(b as usize)))
            .find(|order| order.is_ne())
            .unwrap_or(Ordering::Equal),
        (Row::Torn(a), Row::Torn(b)) => source.torn[a as usize]
            .raw
            .cmp(&source.torn[b as usize].raw),
        (Row::Whole(_), Row::Torn(_)) => Ordering::Less,
        (Row::Torn(_), Row::Whole(_)) => Ordering::Greater,
    }
}

/// File and line of a row.
#[must_use]
pub fn line_of(source: &SourceRead, row: Row) -> (u32, u32) {
    match row {
        Row::Whole(row) => source.at.get(row as usize).copied().unwrap_or_default(),
        Row::Torn(at) => source
            .torn
            .get(at as usize)
            .map_or((0, 0), |torn| (torn.file, torn.line)),
    }
}

/// A file's name without folders and endings (`a/contacts.csv.gz` → `contacts`).
#[must_use]
pub fn stem(path: &str) -> String {
    let name = Path::new(path).file_name().map_or_else(
        || path.to_owned(),
        |name| name.to_string_lossy().into_owned(),
    );
    match name.find('.') {
        Some(at) if at > 0 => name[..at].to_owned(),
        _ => name,
    }
}
