//! One question: are these two one? With everything that helps to answer it.

use serde::Serialize;

use super::marks::{Stretch, marks};
use crate::contact::Fields;
use crate::explain::pair_story::{Step, steps};
use crate::explain::{Pair, Record, Run};
use crate::write::reports::tells_people_apart;

/// Letters of a value that are shown.
const SHOWN: usize = 400;
/// Values of another record of a side.
const BRIEF: usize = 6;
/// Other records of a side that are listed.
const OTHERS: usize = 12;

/// A question, ready to be drawn.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Question {
    pub a: Side,
    pub b: Side,
    /// The run has them in one golden record.
    pub merged: bool,
    /// Of the two records, by their own evidence.
    pub probability: f64,
    /// Of both sides, over all their pairs; what the question is doubtful by.
    pub together: f64,
    /// Pairs of records that the unexpected answer moves.
    pub moves: u64,
    /// How many doubtful pairs show the same pattern of evidence, this one included.
    pub alike: usize,
    /// How many doubtful pairs this answer settles.
    pub settles: usize,
    /// What tells people apart, then the rest.
    pub fields: Vec<Row>,
    pub more: Vec<Row>,
    pub steps: Vec<Piece>,
    pub if_same: String,
    pub if_different: String,
    /// The answer "same" changes the clusters; else "different" does.
    pub same_changes: bool,
}

/// A record that is asked about, and who is with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Side {
    pub source: String,
    pub id: String,
    /// File and line.
    pub place: String,
    /// Records of its side, this one included.
    pub size: usize,
    pub others: Vec<Brief>,
}

/// Another record of a side, in a line.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Brief {
    pub name: String,
    pub text: String,
}

/// A field of both records.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Row {
    pub field: String,
    pub a: Vec<Stretch>,
    pub b: Vec<Stretch>,
    /// Bits of the comparisons that look at it first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bits: Option<f64>,
}

/// A step of the waterfall.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Piece {
    pub what: String,
    pub level: String,
    pub bits: f64,
    pub sum: f64,
}

/// What selecting found of a question.
pub struct Found<'a> {
    pub pair: &'a Pair,
    /// Rows of both sides as they are without each other, the asked one first.
    pub sides: [Vec<u32>; 2],
    pub together: f64,
    pub moves: u64,
    pub alike: usize,
    pub settles: usize,
    pub if_same: String,
    pub if_different: String,
}

impl Question {
    /// `records` finds a row's record.
    pub fn new<'r>(
        run: &Run,
        fields: &Fields,
        found: &Found<'_>,
        records: impl Fn(u32) -> Option<&'r Record>,
    ) -> Option<Self> {
        let pair = found.pair;
        let (left, right) = (records(pair.left)?, records(pair.right)?);
        let steps = steps(run, pair, left, right);
        let (rows, more) = rows(run, pair, fields, &steps, [left, right]);
        let side = |record: &Record, rows: &[u32]| Side {
            source: record.source.clone(),
            id: record.record_id.clone(),
            place: format!("{}:{}", record.file, record.line),
            size: rows.len(),
            others: rows
                .iter()
                .filter(|&&row| row != record.row)
                .take(OTHERS)
                .filter_map(|&row| records(row))
                .map(|other| Brief {
                    name: other.name(),
                    text: brief(fields, other),
                })
                .collect(),
        };
        Some(Self {
            a: side(left, &found.sides[0]),
            b: side(right, &found.sides[1]),
            merged: pair.merged,
            probability: rounded(f64::from(pair.probability), 4),
            together: rounded(found.together, 4),
            moves: found.moves,
            alike: found.alike,
            settles: found.settles,
            fields: rows,
            more,
            steps: steps
                .into_iter()
                .map(|step| Piece {
                    what: words(&step.comparison),
                    level: step.level,
                    bits: rounded(step.bits, 2),
                    sum: rounded(step.sum, 2),
                })
                .collect(),
            if_same: found.if_same.clone(),
            if_different: found.if_different.clone(),
            same_changes: !pair.merged,
        })
    }
}

fn rounded(value: f64, digits: i32) -> f64 {
    let scale = 10f64.powi(digits);
    (value * scale).round() / scale
}

/// A column's name for people.
fn words(name: &str) -> String {
    if name.contains(':') {
        name.to_owned()
    } else {
        name.replace('_', " ")
    }
}

/// Whether people compare two records by a column.
fn tells(fields: &Fields, column: &str) -> bool {
    fields
        .get(column)
        .is_some_and(|field| tells_people_apart(&field.kind))
}

/// Every column that one of both has.
fn rows(
    run: &Run,
    pair: &Pair,
    fields: &Fields,
    steps: &[Step],
    [left, right]: [&Record; 2],
) -> (Vec<Row>, Vec<Row>) {
    let filled = |column: &str| left.value(column).is_some() || right.value(column).is_some();
    // A comparison's bits stand beside the first of its fields that is there.
    let mut bits: Vec<(&str, f64)> = Vec::new();
    for named in run.weigher.comparisons(pair.kind) {
        let step = steps.iter().find(|step| step.comparison == named.name);
        let first = named.fields.iter().find(|field| filled(field));
        if let (Some(step), Some(first)) = (step, first) {
            match bits.iter_mut().find(|(field, _)| field == first) {
                Some((_, sum)) => *sum += step.bits,
                None => bits.push((first, step.bits)),
            }
        }
    }
    let (mut main, mut more) = (Vec::new(), Vec::new());
    for column in run.columns().iter().filter(|column| filled(column)) {
        let value = |record: &Record| cut(record.value(column).unwrap_or_default());
        let (a, b) = (value(left), value(right));
        let (a, b) = if a.is_empty() || b.is_empty() {
            let plain = |text: String| {
                let plain = Stretch {
                    text,
                    differs: false,
                };
                if plain.text.is_empty() {
                    Vec::new()
                } else {
                    vec![plain]
                }
            };
            (plain(a), plain(b))
        } else {
            marks(&a, &b)
        };
        let own = bits.iter().find(|(field, _)| field == column);
        let row = Row {
            field: words(column),
            a,
            b,
            bits: own.map(|(_, bits)| rounded(*bits, 1)),
        };
        if tells(fields, column) || own.is_some() {
            main.push(row);
        } else {
            more.push(row);
        }
    }
    (main, more)
}

/// The start of a long value.
fn cut(value: &str) -> String {
    match value.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &value[..at]),
        None => value.to_owned(),
    }
}

fn brief(fields: &Fields, record: &Record) -> String {
    let values: Vec<String> = record
        .values
        .iter()
        .filter(|(column, _)| tells(fields, column))
        .take(BRIEF)
        .map(|(_, value)| cut(value))
        .collect();
    values.join(" · ")
}
