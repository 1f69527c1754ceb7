//! What the systems must learn: people who opted out, in each system that does not know it.
//!
//! In: the mapped records and the golden consent. Out: for each source the records to
//! correct with their new cells, and those that no file can correct with the reason. A
//! patch only ever writes "opted out"; an opt-out is never taken back by one.
//! `patches/<source>.csv` is made to be imported by that system: its own headers, ids and
//! words; `patches/undo/<source>.csv` has the cells as they were.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::guard::is_formula;
use super::patch_words::{Speech, Words};
use crate::contact::{Records, Table};
use crate::merge::Merged;
use crate::rulebook::Rulebook;

/// What a consent field holds for "opted out".
const OUT: &str = "true";

/// All corrections of a run, by source; sources without any are left out.
#[derive(Clone, Debug, Default)]
pub struct Patches {
    pub sources: Vec<SourcePatch>,
}

/// The corrections of one source.
#[derive(Clone, Debug)]
pub struct SourcePatch {
    /// Index into [`Records::sources`].
    pub source: usize,
    /// The header of the record id; none where nothing can be corrected by a file.
    pub id: Option<usize>,
    /// Changed columns, as indices of the source's headers, ascending.
    pub headers: Vec<usize>,
    /// In the order of records.
    pub corrections: Vec<Correction>,
    /// In the order of records, then of fields.
    pub by_hand: Vec<ByHand>,
}

/// One record with what it must say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Correction {
    pub row: u32,
    /// (header, new cell), by header.
    pub cells: Vec<(usize, String)>,
    /// The consent fields that this sets right.
    pub fields: Vec<String>,
}

/// One record that somebody has to correct in the system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ByHand {
    pub row: u32,
    pub field: String,
    pub why: String,
}

impl SourcePatch {
    /// Corrected records and those left to a person, of one field.
    #[must_use]
    pub fn counts(&self, field: &str) -> (u64, u64) {
        let corrected = self.corrections.iter();
        let corrected = corrected.filter(|one| one.fields.iter().any(|name| name == field));
        let by_hand = self.by_hand.iter().filter(|one| one.field == field);
        (corrected.count() as u64, by_hand.count() as u64)
    }
}

/// A correction that can't be made by a file, and why.
type Refused = String;

impl Patches {
    /// Looks for records that don't know of their person's opt-out. `guard`: the formula
    /// guard changes cells of the files.
    #[must_use]
    pub fn of(
        records: &Records,
        table: &Table,
        merged: &Merged,
        rulebook: &Rulebook,
        guard: bool,
    ) -> Self {
        let fields: Vec<&str> = rulebook
            .fields()
            .of_type(&crate::contact::FieldType::Consent)
            .filter(|field| !field.input_only)
            .map(|field| field.name.as_str())
            .collect();
        let mut wanting: BTreeMap<usize, Vec<(u32, &str)>> = BTreeMap::new();
        for field in &fields {
            for row in wants(records, table, merged, field) {
                let source = usize::from(records.origin[row as usize].source);
                wanting.entry(source).or_default().push((row, field));
            }
        }
        if wanting.is_empty() {
            return Self::default();
        }
        let words = Words::load(rulebook);
        let sources = wanting.into_iter().map(|(source, mut wanting)| {
            // Stable: fields keep their order.
            wanting.sort_by_key(|(row, _)| *row);
            let speech = words.speech(records, source, rulebook.fields());
            let mut patch = of_source(records, source, &wanting, &speech, guard);
            patch
                .by_hand
                .retain(|one| words.reaches(table, one.row, &one.field));
            patch
        });
        Self {
            sources: sources
                .filter(|patch| !patch.corrections.is_empty() || !patch.by_hand.is_empty())
                .collect(),
        }
    }

    /// The corrections of a source.
    #[must_use]
    pub fn of_source(&self, source: usize) -> Option<&SourcePatch> {
        self.sources.iter().find(|patch| patch.source == source)
    }
}

/// The records whose golden record is opted out and that say otherwise, or nothing.
fn wants<'a>(
    records: &'a Records,
    table: &'a Table,
    merged: &'a Merged,
    field: &str,
) -> impl Iterator<Item = u32> + 'a {
    let golden = merged.golden.column(field);
    let own = table.column(field);
    (0_u32..).take(records.rows()).filter(move |&row| {
        let row = row as usize;
        merged.golden_of[row].is_some_and(|person| {
            golden.and_then(|golden| golden.get(person as usize)) == Some(OUT)
                && own.and_then(|own| own.get(row)) != Some(OUT)
        })
    })
}

fn of_source(
    records: &Records,
    source: usize,
    wanting: &[(u32, &str)],
    speech: &Speech,
    guard: bool,
) -> SourcePatch {
    let info = &records.sources[source];
    let id = info
        .id_header
        .as_ref()
        .and_then(|id| info.headers.iter().position(|header| header == id));
    let seen = id.map(|id| ids_seen(records, source, id));
    let mut corrections: Vec<Correction> = Vec::new();
    let mut by_hand = Vec::new();
    for &(row, field) in wanting {
        let found = named(records, row, id, seen.as_ref(), guard)
            .and_then(|()| speech.correct(records, row as usize, field))
            .and_then(|cells| restorable(records, row, cells, guard));
        match found {
            Err(why) => by_hand.push(ByHand {
                row,
                field: field.to_owned(),
                why,
            }),
            Ok(cells) => match corrections.last_mut().filter(|last| last.row == row) {
                Some(last) => {
                    last.cells.extend(cells);
                    last.cells.sort();
                    last.fields.push(field.to_owned());
                }
                None => corrections.push(Correction {
                    row,
                    cells,
                    fields: vec![field.to_owned()],
                }),
            },
        }
    }
    let mut headers: Vec<usize> = corrections
        .iter()
        .flat_map(|one| one.cells.iter().map(|(header, _)| *header))
        .collect();
    headers.sort_unstable();
    headers.dedup();
    SourcePatch {
        source,
        id,
        headers,
        corrections,
        by_hand,
    }
}

/// How often each id as it was read stands in a source.
fn ids_seen(records: &Records, source: usize, id: usize) -> HashMap<&str, u32> {
    let mut seen = HashMap::new();
    let Some(column) = records.raw_column(source, id) else {
        return seen;
    };
    for (row, origin) in records.origin.iter().enumerate() {
        if usize::from(origin.source) == source
            && let Some(id) = column.get(row)
        {
            *seen.entry(id.trim()).or_insert(0) += 1;
        }
    }
    seen
}

/// Whether the system will know which record is meant.
fn named(
    records: &Records,
    row: u32,
    id: Option<usize>,
    seen: Option<&HashMap<&str, u32>>,
    guard: bool,
) -> Result<(), Refused> {
    let (Some(header), Some(seen)) = (id, seen) else {
        return Err("the export has no column of record ids".to_owned());
    };
    let id = records.raw(row as usize, header).unwrap_or("").trim();
    if id.is_empty() {
        return Err("the record has no id".to_owned());
    }
    if seen.get(id).is_some_and(|&times| times > 1) {
        return Err("several records of the export have this id".to_owned());
    }
    if guard && is_formula(id) {
        return Err(unsafe_to_write("id"));
    }
    Ok(())
}

/// The cells, if the undo file can put back what they replace.
fn restorable(
    records: &Records,
    row: u32,
    cells: Vec<(usize, String)>,
    guard: bool,
) -> Result<Vec<(usize, String)>, Refused> {
    let formula = |header: usize| {
        let old = records.raw(row as usize, header).unwrap_or("");
        is_formula(old)
    };
    if guard
        && cells
            .iter()
            .any(|(header, new)| is_formula(new) || formula(*header))
    {
        return Err(unsafe_to_write("value"));
    }
    Ok(cells)
}

fn unsafe_to_write(what: &str) -> Refused {
    format!("a spreadsheet would run its {what} as a formula")
}
