//! What explaining needs, as Parquet: every record as it was linked and merged, and the
//! pairs that the run remembers.
//!
//! `evidence.parquet` has numbers only: a pair's records are rows of `records.parquet`,
//! how it came out is its pattern, and the model that gives each level its bits stands in
//! the file's metadata. [`crate::explain`] reads both.

use polars::prelude::{DataFrame, DataType, PolarsResult};

use super::output::Written;
use super::parquet::{Column, Shape, frame, parquet_of};
use super::staging::Staging;
use super::tables::Xref;
use crate::contact::{Failure, Held, Table};
use crate::link::judge::Kind;
use crate::link::kept::{Bound, Kept, KeptPair};
use crate::link::score::probability;
use crate::link::stored::StoredModel;

pub const RECORDS_FILE: &str = "records.parquet";
pub const EVIDENCE_FILE: &str = "evidence.parquet";
/// The key of the model in the metadata of [`EVIDENCE_FILE`].
pub const MODEL_KEY: &str = "karat.model";
/// Rows of a row group: one is read to see one record.
pub const ROWS: usize = 1 << 14;

/// The columns of `records.parquet` before the fields.
pub const RECORD_COLUMNS: [&str; 10] = [
    "row",
    "source",
    "record_id",
    "golden_id",
    "status",
    "match_probability",
    "held_by",
    "held_because",
    "file",
    "line",
];

/// The columns of `evidence.parquet`; then `column_1_level`, `column_1_rarity` … for each
/// learned column.
pub const EVIDENCE_COLUMNS: [&str; 12] = [
    "left",
    "right",
    "weight",
    "probability",
    "verdict",
    "kind",
    "bound",
    "why",
    "pattern",
    "given_rarity",
    "family_rarity",
    "community",
];

/// Writes `records.parquet`: a row for each row of `xref`, in its order.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn records(staging: &Staging, xref: &Xref<'_>, table: &Table) -> Result<Written, Failure> {
    let shape = Shape {
        rows: table.rows(),
        row_group: ROWS,
        about: Vec::new(),
    };
    parquet_of(staging, RECORDS_FILE, &record_columns(xref, table), shape)
}

/// The content of `records.parquet`, not written.
///
/// # Errors
/// When polars refuses the columns.
pub fn record_frame(xref: &Xref<'_>, table: &Table) -> PolarsResult<DataFrame> {
    frame(&record_columns(xref, table), 0..table.rows())
}

fn record_columns<'a>(xref: &'a Xref<'_>, table: &'a Table) -> Vec<Column<'a>> {
    let filled = table.iter().filter(|(_, column)| column.filled() > 0);
    RECORD_COLUMNS
        .iter()
        .map(|name| who(xref, name))
        .chain(filled.map(|(name, column)| Column::of(name, column)))
        .collect()
}

/// A column that is not a field.
fn who<'a>(xref: &'a Xref<'_>, name: &str) -> Column<'a> {
    let records = xref.records;
    let held = |row: usize| xref.held.get(&u32::try_from(row).ok()?);
    match name {
        "row" => Column::steps(name, DataType::UInt32, |row| u32::try_from(row).ok()),
        // How sure it is that a record belongs to the others of its golden record; 1 for a
        // single one, none for a held one.
        "match_probability" => Column::numbers(name, DataType::Float32, |row| {
            xref.golden_id(row)?;
            Some(xref.linked.probability.get(row).copied().unwrap_or(1.0))
        }),
        "held_by" | "held_because" => {
            let because = name == "held_because";
            let rows: Vec<(&u32, &Held)> = xref.held.iter().collect();
            let texts: Vec<&str> = rows
                .iter()
                .map(|(_, held)| if because { &held.reason } else { &held.rule }.as_str())
                .collect();
            Column::texts(
                name,
                texts.len(),
                move |number| texts[number as usize],
                move |row| {
                    held(row)?;
                    let row = u32::try_from(row).ok()?;
                    let place = rows.binary_search_by_key(&&row, |(held, _)| *held).ok()?;
                    u32::try_from(place).ok()
                },
            )
        }
        "file" => {
            // Files by number over all sources.
            let mut starts = Vec::with_capacity(records.sources.len());
            let mut files: Vec<&str> = Vec::new();
            for source in &records.sources {
                starts.push(u32::try_from(files.len()).unwrap_or(0));
                files.extend(source.files.iter().map(String::as_str));
            }
            Column::texts(
                name,
                files.len(),
                move |number| files[number as usize],
                move |row| {
                    let origin = records.origin[row];
                    Some(starts[usize::from(origin.source)] + origin.file)
                },
            )
        }
        "line" => Column::measures(name, DataType::UInt32, |row| Some(records.origin[row].line)),
        _ => xref.column(name),
    }
}

/// Writes `evidence.parquet`.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn evidence(
    staging: &Staging,
    xref: &Xref<'_>,
    kept: &Kept,
    model: &StoredModel,
) -> Result<Written, Failure> {
    let model = serde_json::to_string(model).unwrap_or_default();
    let shape = Shape {
        rows: kept.pairs.len(),
        row_group: ROWS,
        about: vec![(MODEL_KEY.to_owned(), model)],
    };
    let draw = Draw { xref, kept };
    parquet_of(staging, EVIDENCE_FILE, &draw.columns(), shape)
}

/// The content of `evidence.parquet`, not written.
///
/// # Errors
/// When polars refuses the columns.
pub fn evidence_frame(xref: &Xref<'_>, kept: &Kept) -> PolarsResult<DataFrame> {
    frame(&Draw { xref, kept }.columns(), 0..kept.pairs.len())
}

/// The level of the learned column number `at`, from 1.
#[must_use]
pub fn level_column(at: usize) -> String {
    format!("column_{at}_level")
}

/// By how much rarer than average the shared value of a learned column is, bits.
#[must_use]
pub fn rarity_column(at: usize) -> String {
    format!("column_{at}_rarity")
}

/// `people`, `organisations` or `mixed`.
#[must_use]
pub const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::People => "people",
        Kind::Organisations => "organisations",
        Kind::Mixed => "mixed",
    }
}

const VERDICTS: [&str; 2] = ["merged", "apart"];
const KINDS: [&str; 3] = [
    kind_name(Kind::People),
    kind_name(Kind::Organisations),
    kind_name(Kind::Mixed),
];
const BOUNDS: [&str; 3] = [
    Bound::Always.name(),
    Bound::Never.name(),
    Bound::Distinct.name(),
];

/// A column of a handful of words.
fn words<'a>(
    name: &str,
    all: &'static [&'static str],
    word: impl Fn(usize) -> Option<&'static str> + Sync + 'a,
) -> Column<'a> {
    Column::texts(
        name,
        all.len(),
        |number| all[number as usize],
        move |row| {
            let own = word(row)?;
            let place = all.iter().position(|known| *known == own)?;
            u32::try_from(place).ok()
        },
    )
}

struct Draw<'a> {
    xref: &'a Xref<'a>,
    kept: &'a Kept,
}

impl Draw<'_> {
    fn verdict(&self, pair: &KeptPair) -> &'static str {
        let golden_of = &self.xref.merged.golden_of;
        let of = |row: u32| golden_of.get(row as usize).copied().flatten();
        let golden = of(pair.left);
        if golden.is_some() && golden == of(pair.right) {
            "merged"
        } else {
            "apart"
        }
    }

    /// Why decisions bind pairs.
    fn whys(&self) -> Column<'_> {
        let whys: Vec<(&(u32, u32), &str)> = self
            .kept
            .whys
            .iter()
            .map(|(rows, why)| (rows, why.as_str()))
            .collect();
        let texts: Vec<&str> = whys.iter().map(|(_, why)| *why).collect();
        Column::texts(
            "why",
            texts.len(),
            move |number| texts[number as usize],
            move |at| {
                let pair = &self.kept.pairs[at];
                pair.bound?;
                let rows = (pair.left, pair.right);
                let place = whys
                    .binary_search_by_key(&&rows, |(known, _)| *known)
                    .ok()?;
                u32::try_from(place).ok()
            },
        )
    }

    fn columns(&self) -> Vec<Column<'_>> {
        let pairs = &self.kept.pairs;
        let row = |name: &str, of: fn(&KeptPair) -> u32| {
            Column::measures(name, DataType::UInt32, move |at| Some(of(&pairs[at])))
        };
        let real = |name: &str, of: fn(&KeptPair) -> f32| {
            Column::numbers(name, DataType::Float32, move |at| Some(of(&pairs[at])))
        };
        let units = |name: &str, unit: usize| {
            Column::numbers(name, DataType::Int32, move |at| {
                Some(i32::from(pairs[at].units()[unit]))
            })
        };
        let mut columns = vec![
            row("left", |pair| pair.left),
            row("right", |pair| pair.right),
            real("weight", |pair| pair.weight),
            real("probability", |pair| probability(pair.weight)),
            words("verdict", &VERDICTS, |at| Some(self.verdict(&pairs[at]))),
            words("kind", &KINDS, |at| Some(kind_name(pairs[at].kind))),
            words("bound", &BOUNDS, |at| pairs[at].bound.map(Bound::name)),
            self.whys(),
            Column::numbers("pattern", DataType::UInt64, |at| {
                Some(pairs[at].pattern().0)
            }),
            units("given_rarity", 0),
            units("family_rarity", 1),
            units("community", 2),
        ];
        for at in 0..self.kept.columns {
            let seen = move |pair: usize| self.kept.seen(pair)[at];
            columns.push(Column::numbers(
                &level_column(at + 1),
                DataType::UInt32,
                move |pair| Some(u32::from(seen(pair).level)),
            ));
            columns.push(Column::numbers(
                &rarity_column(at + 1),
                DataType::Float32,
                move |pair| Some(seen(pair).rarity),
            ));
        }
        columns
    }
}
