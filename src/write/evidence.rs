//! What explaining needs, as Parquet: every record as it was linked and merged, and the
//! pairs that the run remembers.
//!
//! `evidence.parquet` has numbers only: a pair's records are rows of `records.parquet`,
//! how it came out is its pattern, and the model that gives each level its bits stands in
//! the file's metadata. [`crate::explain`] reads both.

use polars::prelude::{
    Column, DataFrame, DataType, Field as PlField, Float32Chunked, Int32Chunked, IntoColumn,
    NamedFrom, PolarsResult, Schema, Series, StringChunked, UInt32Chunked,
};

use super::output::{Written, parquet_file_of};
use super::staging::Staging;
use super::tables::{Xref, named};
use crate::contact::{Failure, Table, Text};
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
    let filled = filled(table);
    let names = RECORD_COLUMNS
        .into_iter()
        .chain(filled.iter().map(|(name, _)| *name));
    let schema: Schema = names
        .map(|name| {
            let kind = match name {
                "row" | "line" => DataType::UInt32,
                "match_probability" => DataType::Float32,
                _ => DataType::String,
            };
            PlField::new(name.into(), kind)
        })
        .collect();
    parquet_file_of(
        staging,
        RECORDS_FILE,
        &schema,
        table.rows(),
        ROWS,
        Vec::new(),
        |start, end| record_rows(xref, &filled, start, end),
    )
}

/// The content of `records.parquet`, not written.
///
/// # Errors
/// When polars refuses the columns.
pub fn record_frame(xref: &Xref<'_>, table: &Table) -> PolarsResult<DataFrame> {
    record_rows(xref, &filled(table), 0, table.rows())
}

fn filled(table: &Table) -> Vec<(&str, &Text)> {
    table
        .iter()
        .filter(|(_, column)| column.filled() > 0)
        .collect()
}

fn record_rows(
    xref: &Xref<'_>,
    filled: &[(&str, &Text)],
    start: usize,
    end: usize,
) -> PolarsResult<DataFrame> {
    let mut columns = who(xref, start, end);
    for (name, column) in filled {
        columns.push(named(column.to_polars(start..end), name));
    }
    DataFrame::new(end - start, columns)
}

/// The columns that are not fields.
fn who(xref: &Xref<'_>, start: usize, end: usize) -> Vec<Column> {
    let records = xref.records;
    let rows = || start..end;
    let text = |name: &str, cells: StringChunked| named(cells, name);
    let numbers = |name: &str, numbers: UInt32Chunked| numbers.with_name(name.into()).into_column();
    let ids = records.record_id.as_ref();
    let held = |row: usize| xref.held.get(&u32::try_from(row).ok()?);
    vec![
        numbers(
            "row",
            rows()
                .map(|row| Some(u32::try_from(row).unwrap_or(u32::MAX)))
                .collect(),
        ),
        text(
            "source",
            rows()
                .map(|row| Some(records.source(row).name.as_str()))
                .collect(),
        ),
        text(
            "record_id",
            ids.map_or_else(
                || rows().map(|_| None::<&str>).collect(),
                |ids| ids.to_polars(rows()),
            ),
        ),
        text("golden_id", rows().map(|row| xref.golden_id(row)).collect()),
        text("status", rows().map(|row| Some(xref.status(row))).collect()),
        probabilities(xref, start, end),
        text(
            "held_by",
            rows()
                .map(|row| held(row).map(|held| held.rule.as_str()))
                .collect(),
        ),
        text(
            "held_because",
            rows()
                .map(|row| held(row).map(|held| held.reason.as_str()))
                .collect(),
        ),
        text("file", rows().map(|row| Some(records.file(row))).collect()),
        numbers(
            "line",
            rows().map(|row| Some(records.origin[row].line)).collect(),
        ),
    ]
}

/// How sure it is that a record belongs to the others of its golden record; 1 for a single
/// one, none for a held one.
fn probabilities(xref: &Xref<'_>, start: usize, end: usize) -> Column {
    let of = |row: usize| {
        xref.golden_id(row)?;
        Some(xref.linked.probability.get(row).copied().unwrap_or(1.0))
    };
    let numbers: Float32Chunked = (start..end).map(of).collect();
    numbers.with_name("match_probability".into()).into_column()
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
    let learned = (1..=kept.columns).flat_map(|at| [level_column(at), rarity_column(at)]);
    let schema: Schema = EVIDENCE_COLUMNS
        .into_iter()
        .map(String::from)
        .chain(learned)
        .map(|name| {
            let kind = column_type(&name);
            PlField::new(name.into(), kind)
        })
        .collect();
    let model = serde_json::to_string(model).unwrap_or_default();
    let about = vec![(MODEL_KEY.to_owned(), model)];
    let draw = Draw { xref, kept };
    parquet_file_of(
        staging,
        EVIDENCE_FILE,
        &schema,
        kept.pairs.len(),
        ROWS,
        about,
        |start, end| draw.frame(start, end),
    )
}

/// The content of `evidence.parquet`, not written.
///
/// # Errors
/// When polars refuses the columns.
pub fn evidence_frame(xref: &Xref<'_>, kept: &Kept) -> PolarsResult<DataFrame> {
    Draw { xref, kept }.frame(0, kept.pairs.len())
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

fn column_type(name: &str) -> DataType {
    match name {
        "left" | "right" => DataType::UInt32,
        "weight" | "probability" => DataType::Float32,
        "pattern" => DataType::UInt64,
        "verdict" | "kind" | "bound" | "why" => DataType::String,
        name if name.ends_with("_level") => DataType::UInt32,
        name if name.starts_with("column_") => DataType::Float32,
        _ => DataType::Int32,
    }
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

    fn frame(&self, start: usize, end: usize) -> PolarsResult<DataFrame> {
        let pairs = &self.kept.pairs[start..end];
        let whole = |name: &str, of: &dyn Fn(&KeptPair) -> u32| {
            let numbers: UInt32Chunked = pairs.iter().map(|pair| Some(of(pair))).collect();
            numbers.with_name(name.into()).into_column()
        };
        let real = |name: &str, of: &dyn Fn(&KeptPair) -> f32| {
            let numbers: Float32Chunked = pairs.iter().map(|pair| Some(of(pair))).collect();
            numbers.with_name(name.into()).into_column()
        };
        let units = |name: &str, at: usize| {
            let numbers: Int32Chunked = pairs
                .iter()
                .map(|pair| Some(i32::from(pair.units()[at])))
                .collect();
            numbers.with_name(name.into()).into_column()
        };
        let word = |name: &str, of: &dyn Fn(&KeptPair) -> Option<&'static str>| {
            named(pairs.iter().map(of).collect(), name)
        };
        let patterns: Vec<u64> = pairs.iter().map(|pair| pair.pattern().0).collect();
        let why = |pair: &KeptPair| {
            pair.bound?;
            self.kept.whys.get(&(pair.left, pair.right))
        };
        let mut columns = vec![
            whole("left", &|pair| pair.left),
            whole("right", &|pair| pair.right),
            real("weight", &|pair| pair.weight),
            real("probability", &|pair| probability(pair.weight)),
            word("verdict", &|pair| Some(self.verdict(pair))),
            word("kind", &|pair| Some(kind_name(pair.kind))),
            word("bound", &|pair| pair.bound.map(Bound::name)),
            named(pairs.iter().map(why).collect(), "why"),
            Series::new("pattern".into(), patterns).into_column(),
            units("given_rarity", 0),
            units("family_rarity", 1),
            units("community", 2),
        ];
        for at in 0..self.kept.columns {
            let seen = || (start..end).map(|pair| self.kept.seen(pair)[at]);
            let levels: UInt32Chunked = seen().map(|seen| Some(u32::from(seen.level))).collect();
            let rarities: Float32Chunked = seen().map(|seen| Some(seen.rarity)).collect();
            columns.push(levels.with_name(level_column(at + 1).into()).into_column());
            columns.push(
                rarities
                    .with_name(rarity_column(at + 1).into())
                    .into_column(),
            );
        }
        DataFrame::new(end - start, columns)
    }
}
