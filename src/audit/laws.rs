//! The laws that every run is held to before anything is published.
//!
//! In: the values of the run. Out: nothing, or a failure (exit 70) that names the
//! law, the record and the field. Checked here: (1) every record is in exactly one
//! row of the xref, (2) no raw value disappears without a word, (3) the golden set is
//! what the audit says, (7) no opt-out is lost, (8) golden ids
//! stay with their persons. (4) to (6) compare runs: tests.

use std::collections::BTreeMap;

use rayon::prelude::*;

use super::id_law;
use super::index::{FieldEvents, Index, last_by};
use super::replay::Replay;
use crate::contact::diagnostic::shown;
use crate::contact::{
    Alike, Diagnostic, Events, Failure, FailureKind, FieldType, Held, RECORD_ID, Records, Stage,
    Table, Text,
};
use crate::merge::{self, Merged, PreviousXref};
use crate::rulebook::Rulebook;
use crate::watch::{Share, Watch};

/// The values of a run that the laws are about.
#[derive(Clone, Copy)]
pub struct Facts<'a> {
    pub records: &'a Records,
    /// Validated.
    pub table: &'a Table,
    pub held: &'a BTreeMap<u32, Held>,
    pub merged: &'a Merged,
    pub events: &'a Events,
    pub rulebook: &'a Rulebook,
    /// What the run before left, if there was one.
    pub previous: Option<&'a PreviousXref>,
}

/// Breaches shown for each law; the rest is counted.
const SHOWN: usize = 5;
/// Rows whose golden values are fetched together.
const BLOCK: usize = 1 << 12;
/// The golden row of a record that is in none.
const NOWHERE: u32 = u32::MAX;

/// Checks the laws; the watch is told the share of them that is done, in records.
///
/// # Errors
/// Exit 70 with every law that is broken.
pub fn check(facts: Facts<'_>, watch: &dyn Watch) -> Result<(), Failure> {
    let index = Index::of(facts.events);
    let share = Share::new(watch, facts.records.rows(), 5);
    type Law = fn(Facts<'_>, &Index<'_>) -> Option<Diagnostic>;
    let laws: [Law; 5] = [
        one_row_each,
        nothing_disappears,
        replays,
        no_opt_out_lost,
        ids_keep_their_persons,
    ];
    let broken: Vec<Diagnostic> = laws
        .par_iter()
        .filter_map(|law| {
            let found = law(facts, &index);
            share.step();
            found
        })
        .collect();
    if broken.is_empty() {
        Ok(())
    } else {
        Err(Failure::new(FailureKind::Internal, broken))
    }
}

/// Law 1.
fn one_row_each(facts: Facts<'_>, index: &Index<'_>) -> Option<Diagnostic> {
    let records = facts.records;
    let mut broken = Vec::new();
    let mut seen = vec![false; records.rows()];
    for (golden, rows) in (0_u32..).zip(facts.merged.clusters.iter()) {
        for &row in rows {
            let twice = seen.get(row as usize).copied().unwrap_or(true);
            let elsewhere = facts.merged.golden_of.get(row as usize) != Some(&Some(golden));
            if twice || elsewhere || facts.held.contains_key(&row) {
                broken.push(format!("{} is in two places", name(records, row)));
            } else {
                seen[row as usize] = true;
            }
        }
    }
    // Equal codes are equal ids; the last place is for a record without one.
    let code_of = |row: usize| records.record_id.as_ref().and_then(|ids| ids.code(row));
    let ids = records.record_id.as_ref().map_or(0, Text::distinct);
    let mut keys: Vec<Vec<bool>> = vec![vec![false; ids + 1]; records.sources.len()];
    for (row, &seen) in (0_u32..).zip(&seen) {
        if !seen && !facts.held.contains_key(&row) {
            broken.push(format!("{} is in no golden record", name(records, row)));
        }
        let source = usize::from(records.origin[row as usize].source);
        let place = code_of(row as usize).map_or(ids, |code| code as usize);
        if std::mem::replace(&mut keys[source][place], true) {
            broken.push(format!("{} is there twice", name(records, row)));
        }
    }
    for &row in facts
        .held
        .keys()
        .filter(|row| !index.quarantined.contains(*row))
    {
        broken.push(format!(
            "{} is held out without an event",
            name(records, row)
        ));
    }
    if facts.merged.golden_ids.len() != facts.merged.clusters.len() {
        broken.push("there are more golden records than ids, or fewer".to_owned());
    }
    verdict(
        "law_1",
        "every record is in exactly one row of the xref",
        broken,
    )
}

/// Law 8.
fn ids_keep_their_persons(facts: Facts<'_>, index: &Index<'_>) -> Option<Diagnostic> {
    verdict(
        "law_8",
        "a golden id is on one person, never on another, and never lost without an event",
        id_law::breaches(&facts, &index.golden_ids),
    )
}

/// Law 2: raw value → canonical value → golden value, each step the same or told.
fn nothing_disappears(facts: Facts<'_>, index: &Index<'_>) -> Option<Diagnostic> {
    let mut names: Vec<&str> = facts
        .records
        .table
        .names()
        .iter()
        .map(String::as_str)
        .collect();
    for name in facts.table.names() {
        if facts.records.table.column(name).is_none() {
            names.push(name);
        }
    }
    let mut broken: Vec<String> = names
        .into_par_iter()
        .map(|column| unexplained(facts, column, index.fields.get(column)))
        .collect::<Vec<_>>()
        .concat();
    broken.extend(unmapped(facts, index));
    verdict("law_2", "no value disappears without a word", broken)
}

/// Values as read that mapping neither kept nor told of.
fn unmapped(facts: Facts<'_>, index: &Index<'_>) -> Vec<String> {
    let records = facts.records;
    if records.as_read.names().is_empty() {
        return Vec::new();
    }
    // Record and event, sorted: a set of the values would be several times as large.
    let mut told: Vec<(u32, u32)> = index
        .mapped
        .iter()
        .filter_map(|&at| Some((facts.events.record(at as usize)?, at)))
        .collect();
    told.sort_unstable();
    let is_told = |record: u32, value: &str| {
        let first = told.partition_point(|(known, _)| *known < record);
        told[first..]
            .iter()
            .take_while(|(known, _)| *known == record)
            .any(|(_, at)| facts.events.before(*at as usize) == Some(value))
    };
    let mut broken = Vec::new();
    for (number, source) in (0_u16..).zip(&records.sources) {
        for (header, target) in source.headers.iter().zip(&source.columns) {
            let Some(read) = records.as_read.column(&format!("{}:{header}", source.name)) else {
                continue;
            };
            let mapped = records.table.column(target);
            for (row, origin) in records.origin.iter().enumerate() {
                let Some(value) = read.get(row).filter(|_| origin.source == number) else {
                    continue;
                };
                let kept = mapped.and_then(|mapped| mapped.get(row));
                let at = u32::try_from(row).unwrap_or(u32::MAX);
                let is_id = target == RECORD_ID && records.id(row).starts_with(value);
                if !is_id && !holds_all(kept, value) && !is_told(at, value) {
                    broken.push(breach(
                        facts,
                        row,
                        header,
                        Some(value),
                        "lost, when mapped,",
                    ));
                }
            }
        }
    }
    broken
}

fn unexplained(facts: Facts<'_>, column: &str, own: Option<&FieldEvents>) -> Vec<String> {
    let none = FieldEvents::default();
    let own = own.unwrap_or(&none);
    let rows = facts.records.rows();
    let record = |at: u32| facts.events.record(at as usize);
    let raw = facts.records.table.column(column);
    let canonical = facts.table.column(column);
    let golden = facts.merged.golden.column(column);
    let changed = last_by(rows, &own.changes, record);
    let lost = last_by(rows, &own.lost, record);
    let mut moved = vec![false; if own.moved.is_empty() { 0 } else { rows }];
    for &row in &own.moved {
        if let Some(slot) = moved.get_mut(row as usize) {
            *slot = true;
        }
    }
    // One column in both tables: nothing changed.
    let shared = raw
        .zip(canonical)
        .is_some_and(|(raw, own)| raw.is_same(own));
    let mut as_read = Alike::of(raw, canonical);
    let mut as_merged = Alike::of(canonical, golden);
    let mut lost_values = facts.events.against(canonical);
    let goes_on = canonical.is_some() && (golden.is_some() || is_golden(facts, column));
    let mut broken = Vec::new();
    let mut places: Vec<u32> = Vec::with_capacity(BLOCK);
    let mut codes = Vec::new();
    for row in 0..rows {
        if row.is_multiple_of(BLOCK) {
            // Golden records stand anywhere: the waits for their values overlap.
            let block = row..rows.min(row + BLOCK);
            let place = |row| facts.merged.golden_of.get(row).copied().flatten();
            places.clear();
            places.extend(block.map(|row| place(row).unwrap_or(NOWHERE)));
            codes = golden.map_or_else(Vec::new, |column| column.codes_of(&places));
        }
        let at = places[row % BLOCK];
        if at == NOWHERE {
            continue;
        }
        let told = shared || changed[row] != 0 || moved.get(row) == Some(&true);
        if !told && raw.is_some_and(|raw| raw.code(row).is_some()) && !as_read.are(row, row) {
            let before = raw.and_then(|raw| raw.get(row));
            broken.push(breach(facts, row, column, before, "changed"));
            continue;
        }
        let code = codes.get(row % BLOCK).and_then(|code| code.checked_sub(1));
        if !goes_on || as_merged.is(row, code) {
            continue;
        }
        let Some(value) = canonical.and_then(|column| column.get(row)) else {
            continue;
        };
        let kept = golden.and_then(|column| column.get(at as usize));
        let loses = lost[row] != 0 && lost_values.before_is(lost[row] as usize - 1, row);
        if !loses && !holds_all(kept, value) {
            broken.push(breach(facts, row, column, Some(value), "lost"));
        }
    }
    broken
}

fn is_golden(facts: Facts<'_>, column: &str) -> bool {
    facts
        .rulebook
        .fields()
        .get(column)
        .is_none_or(|field| !field.input_only)
}

fn holds_all(kept: Option<&str>, value: &str) -> bool {
    let Some(kept) = kept else { return false };
    merge::parts_of(value).all(|part| merge::parts_of(kept).any(|known| known == part))
}

fn breach(facts: Facts<'_>, row: usize, column: &str, value: Option<&str>, how: &str) -> String {
    let row = u32::try_from(row).unwrap_or(u32::MAX);
    format!(
        "{} {how} its {column} {} without an event",
        name(facts.records, row),
        shown(value.unwrap_or(""))
    )
}

/// Law 3.
fn replays(facts: Facts<'_>, index: &Index<'_>) -> Option<Diagnostic> {
    const LAW: &str = "the golden set is what the audit says";
    let replay = match Replay::new(facts.records, facts.events, index) {
        Ok(replay) => replay,
        Err(message) => return verdict("law_3", LAW, vec![message]),
    };
    let merged = facts.merged;
    let mut broken = Vec::new();
    if replay.golden_ids != merged.golden_ids {
        broken.push("the golden ids differ".to_owned());
    }
    if !replay.clusters.iter().eq(merged.clusters.iter()) {
        broken.push("the records of a golden record differ".to_owned());
    }
    if !broken.is_empty() {
        return verdict("law_3", LAW, broken);
    }
    for (name, column) in replay.counts() {
        let made = merged.golden.column(name);
        let mut same = Alike::of(Some(&column), made);
        let cell = |row| column.get(row);
        let is_same = |row| same.are(row, row);
        broken.extend(differs(
            name,
            column.len(),
            made,
            "golden row",
            is_same,
            cell,
        ));
    }
    let names = merge::golden_columns(facts.table, facts.rulebook);
    let columns: Vec<Vec<String>> = names
        .par_iter()
        .map(|name| {
            let canonical = replay.canonical(name);
            let golden = replay.golden(name, &canonical);
            let made = facts.table.column(name);
            let shared = |raw: &Text| made.is_some_and(|made| made.is_same(raw));
            let mut broken = if canonical.is_raw() && canonical.raw.is_some_and(shared) {
                Vec::new()
            } else {
                let mut same = canonical.beside(made);
                let cell = |row| canonical.get(row);
                differs(
                    name,
                    canonical.rows(),
                    made,
                    "record row",
                    |row| same.is(row, row),
                    cell,
                )
            };
            let made = merged.golden.column(name);
            let mut same = golden.beside(made);
            let cell = |row| golden.get(row);
            broken.extend(differs(
                name,
                golden.rows(),
                made,
                "golden row",
                |row| same.is(row),
                cell,
            ));
            broken
        })
        .collect();
    broken.extend(columns.concat());
    verdict("law_3", LAW, broken)
}

/// The first row in which a replayed column is not what the run made.
fn differs<'r>(
    name: &str,
    len: usize,
    made: Option<&Text>,
    what: &str,
    is_same: impl FnMut(usize) -> bool,
    replayed: impl Fn(usize) -> Option<&'r str>,
) -> Vec<String> {
    if made.is_some_and(|made| made.len() != len) {
        return vec![format!("{name} has another number of rows")];
    }
    let mut is_same = is_same;
    (0..len)
        .find(|&row| !is_same(row))
        .map(|row| {
            format!(
                "{name} of {what} {row}: the audit says {}, the run {}",
                shown(replayed(row).unwrap_or("")),
                shown(made.and_then(|made| made.get(row)).unwrap_or(""))
            )
        })
        .into_iter()
        .collect()
}

/// Law 7.
fn no_opt_out_lost(facts: Facts<'_>, index: &Index<'_>) -> Option<Diagnostic> {
    let mut broken = Vec::new();
    for field in facts.rulebook.fields().of_type(&FieldType::Consent) {
        let (Some(column), Some(golden)) = (
            facts.table.column(&field.name),
            facts.merged.golden.column(&field.name),
        ) else {
            continue;
        };
        let yes: Vec<bool> = column
            .distinct_values()
            .map(|value| value == "true")
            .collect();
        for row in (0_u32..).take(column.len()) {
            let out = column
                .code(row as usize)
                .is_some_and(|code| yes[code as usize]);
            let at = facts.merged.golden_of.get(row as usize).copied().flatten();
            if let Some(at) = at.filter(|_| out)
                && golden.get(at as usize) != Some("true")
            {
                broken.push(format!(
                    "{} opted out ({})",
                    name(facts.records, row),
                    field.name
                ));
            }
        }
        for &at in index
            .fields
            .get(field.name.as_str())
            .map_or(&[][..], |own| &own.changes)
        {
            let event = facts.events.get(at as usize);
            if event.stage == Stage::Validate
                && event.before == Some("true")
                && event.after != Some("true")
            {
                let who = event
                    .record
                    .map_or(String::new(), |row| name(facts.records, row));
                broken.push(format!(
                    "a rule took back that {who} opted out ({})",
                    event.rule
                ));
            }
        }
    }
    verdict("law_7", "no opt-out is ever lost", broken)
}

fn name(records: &Records, row: u32) -> String {
    if (row as usize) < records.rows() {
        format!(
            "{} {}",
            records.source(row as usize).name,
            shown(records.id(row as usize))
        )
    } else {
        format!("row {row}")
    }
}

fn verdict(code: &'static str, law: &str, mut broken: Vec<String>) -> Option<Diagnostic> {
    if broken.is_empty() {
        return None;
    }
    let count = broken.len();
    broken.truncate(SHOWN);
    let mut diagnostic = Diagnostic::error(code, format!("a law is broken, {count} times: {law}"))
        .hint("this is a fault of karat's, not of your data: nothing was published");
    for breach in broken {
        diagnostic = diagnostic.hint(breach);
    }
    Some(diagnostic)
}
