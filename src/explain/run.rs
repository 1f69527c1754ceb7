//! A published run, asked about its records and pairs.
//!
//! In: a run folder with `records.parquet` and `evidence.parquet`
//! ([`crate::write::evidence`]). Out: single records and pairs. Only the columns and
//! rows that an answer needs are read, so that a million records cost what ten do.

use std::path::{Path, PathBuf};

use polars::prelude::DataFrame;
use serde_json::Value;

use super::sheet::{Sheet, text, whole};
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::link::columns::Seen;
use crate::link::compare::{Compared, Pattern};
use crate::link::judge::Kind;
use crate::link::kept::Bound;
use crate::link::score::Evidence;
use crate::link::stored::{StoredModel, Weigher};
use crate::write::evidence::{
    EVIDENCE_COLUMNS, EVIDENCE_FILE, MODEL_KEY, RECORD_COLUMNS, RECORDS_FILE, kind_name,
    level_column, rarity_column,
};
use crate::write::summary;

/// A run folder that can be asked.
pub struct Run {
    pub folder: PathBuf,
    pub summary: Value,
    records: Sheet,
    evidence: Sheet,
    /// The model as the run estimated it.
    pub weigher: Weigher,
    /// How many learned columns a pair has an outcome for.
    learned: usize,
}

/// One record as it was linked and merged.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Record {
    /// Its row in `records.parquet`; pairs name records by it.
    pub row: u32,
    pub source: String,
    pub record_id: String,
    /// None when it was held out.
    pub golden_id: Option<String>,
    /// `merged`, `single` or `quarantined`.
    pub status: String,
    /// How sure it is that it belongs to its golden record.
    pub match_probability: Option<f32>,
    /// The rule that holds it out, and why.
    pub held: Option<(String, String)>,
    pub file: String,
    pub line: u32,
    /// Fields and extra columns (`source:Header`) that are filled, in the table's order.
    pub values: Vec<(String, String)>,
}

impl Record {
    /// `source:record_id`.
    #[must_use]
    pub fn name(&self) -> String {
        format!("{}:{}", self.source, self.record_id)
    }

    #[must_use]
    pub fn value(&self, column: &str) -> Option<&str> {
        self.values
            .iter()
            .find(|(name, _)| name == column)
            .map(|(_, value)| value.as_str())
    }
}

/// One remembered pair.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// Rows of the records, the smaller first.
    pub left: u32,
    pub right: u32,
    /// Bits, prior included.
    pub weight: f32,
    pub probability: f32,
    /// Both records are in one golden record.
    pub merged: bool,
    pub kind: Kind,
    pub bound: Option<Bound>,
    /// Why it was decided.
    pub why: Option<String>,
    pub compared: Compared,
    /// What the learned columns said.
    pub seen: Vec<Seen>,
}

/// What every pair can be picked by without reading it whole.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    pub left: u32,
    pub right: u32,
    pub weight: f32,
}

impl Pair {
    /// The other record of a pair.
    #[must_use]
    pub fn other(&self, row: u32) -> u32 {
        if self.left == row {
            self.right
        } else {
            self.left
        }
    }
}

impl Run {
    /// Whether the run in `folder` kept what explaining needs.
    #[must_use]
    pub fn is_kept(folder: &Path) -> bool {
        folder.join(RECORDS_FILE).is_file() && folder.join(EVIDENCE_FILE).is_file()
    }

    /// # Errors
    /// Exit 3 when a file is missing or not what karat writes.
    pub fn open(folder: &Path) -> Result<Self, Failure> {
        let summary = summary::read(folder).map_err(|message| unreadable(folder, &message))?;
        let sheet = |name: &str| {
            let path = folder.join(name);
            Sheet::open(&path).map_err(|message| unreadable(&path, &message))
        };
        let (records, evidence) = (sheet(RECORDS_FILE)?, sheet(EVIDENCE_FILE)?);
        let path = folder.join(EVIDENCE_FILE);
        let weigher = evidence
            .about(MODEL_KEY)
            .ok_or_else(|| "it has no model".to_owned())
            .and_then(model_of)
            .and_then(|model| model.weigher())
            .map_err(|message| unreadable(&path, &message))?;
        Ok(Self {
            folder: folder.to_owned(),
            summary,
            records,
            learned: learned(&evidence),
            evidence,
            weigher,
        })
    }

    /// A run that was never written; the frames are those of [`crate::write::evidence`].
    ///
    /// # Errors
    /// What is wrong with the model, in words.
    pub fn in_memory(
        summary: Value,
        records: DataFrame,
        evidence: DataFrame,
        model: &StoredModel,
    ) -> Result<Self, String> {
        let (records, evidence) = (Sheet::of(records), Sheet::of(evidence));
        Ok(Self {
            folder: PathBuf::new(),
            summary,
            records,
            learned: learned(&evidence),
            evidence,
            weigher: model.weigher()?,
        })
    }

    /// How many records the run had.
    #[must_use]
    pub fn rows(&self) -> usize {
        self.records.rows()
    }

    /// The columns of the records: fields, then extra columns (`source:Header`).
    #[must_use]
    pub fn columns(&self) -> &[String] {
        self.records
            .columns()
            .get(RECORD_COLUMNS.len()..)
            .unwrap_or(&[])
    }

    /// Names of the sources.
    #[must_use]
    pub fn sources(&self) -> Vec<&str> {
        let sources = self.summary["sources"].as_array();
        sources
            .into_iter()
            .flatten()
            .filter_map(|source| source["name"].as_str())
            .collect()
    }

    /// Rows with this record id, whatever their source.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn rows_of_id(&self, record_id: &str) -> Result<Vec<u32>, Failure> {
        self.rows_where("record_id", |id| id == record_id)
    }

    /// The records of a golden record.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn rows_of_golden(&self, golden_id: &str) -> Result<Vec<u32>, Failure> {
        self.rows_where("golden_id", |id| id == golden_id)
    }

    /// Rows whose cell of `column` is wanted.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read or has no such column.
    pub fn rows_where(
        &self,
        column: &str,
        wanted: impl Fn(&str) -> bool,
    ) -> Result<Vec<u32>, Failure> {
        let find = || -> Result<Vec<u32>, String> {
            let frame = self.records.read_all(&[column])?;
            let cells = text(&frame, column)?;
            Ok((0u32..)
                .zip(cells.iter())
                .filter(|(_, cell)| cell.is_some_and(&wanted))
                .map(|(row, _)| row)
                .collect())
        };
        find().map_err(|message| self.of_records(&message))
    }

    /// One text column of all records, row by row.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read or has no such column.
    pub fn column(&self, column: &str) -> Result<crate::contact::Text, Failure> {
        let read = || -> Result<crate::contact::Text, String> {
            let frame = self.records.read_all(&[column])?;
            Ok(crate::contact::Text::from_polars(text(&frame, column)?))
        };
        read().map_err(|message| self.of_records(&message))
    }

    /// One text cell of each of `rows`, which are sorted.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read or has no such column.
    pub fn cells(&self, column: &str, rows: &[u32]) -> Result<Vec<Option<String>>, Failure> {
        let places: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
        let mut cells = Vec::with_capacity(rows.len());
        self.records
            .take(&[column], &places, |frame, at, _| {
                cells.push(text(frame, column)?.get(at).map(str::to_owned));
                Ok(())
            })
            .map_err(|message| self.of_records(&message))?;
        Ok(cells)
    }

    /// Whole records, in the order of `rows`.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn take(&self, rows: &[u32]) -> Result<Vec<Record>, Failure> {
        let mut sorted: Vec<usize> = rows.iter().map(|&row| row as usize).collect();
        sorted.sort_unstable();
        sorted.dedup();
        let names: Vec<&str> = self.records.columns().iter().map(String::as_str).collect();
        let mut taken = Vec::with_capacity(sorted.len());
        self.records
            .take(&names, &sorted, |frame, at, row| {
                taken.push(record(frame, at, row, self.columns())?);
                Ok(())
            })
            .map_err(|message| self.of_records(&message))?;
        rows.iter()
            .map(|&row| {
                let at = taken.binary_search_by_key(&row, |record| record.row);
                at.map(|at| taken[at].clone())
                    .map_err(|_| self.of_records(&format!("it has no row {row}")))
            })
            .collect()
    }

    /// What every remembered pair can be picked by, in the order of the file: by left,
    /// then right row.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn heads(&self) -> Result<Vec<Head>, Failure> {
        let read = || -> Result<Vec<Head>, String> {
            let frame = self.evidence.read_all(&["left", "right", "weight"])?;
            let weights = frame.column("weight").and_then(|c| c.f32());
            let weights = weights.map_err(|error| error.to_string())?;
            let (left, right) = (whole(&frame, "left")?, whole(&frame, "right")?);
            Ok(left
                .into_iter()
                .zip(right)
                .zip(weights.iter())
                .map(|((left, right), weight)| Head {
                    left,
                    right,
                    weight: weight.unwrap_or(0.0),
                })
                .collect())
        };
        read().map_err(|message| self.of_evidence(&message))
    }

    /// The pairs that something else than their weight decides, in the order of the file.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn bounds(&self) -> Result<Vec<(u32, u32, Bound)>, Failure> {
        let read = || -> Result<Vec<(u32, u32, Bound)>, String> {
            let frame = self.evidence.read_all(&["left", "right", "bound"])?;
            let (left, right) = (whole(&frame, "left")?, whole(&frame, "right")?);
            let rows = left.into_iter().zip(right);
            let words = text(&frame, "bound")?;
            let known = |word| Bound::ALL.into_iter().find(|bound| bound.name() == word);
            Ok(rows
                .zip(words.iter())
                .filter_map(|((left, right), word)| Some((left, right, known(word?)?)))
                .collect())
        };
        read().map_err(|message| self.of_evidence(&message))
    }

    /// The pairs at these places of [`Run::heads`], sorted.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn pairs_at(&self, places: &[usize]) -> Result<Vec<Pair>, Failure> {
        let learned: Vec<String> = (1..=self.learned)
            .flat_map(|at| [level_column(at), rarity_column(at)])
            .collect();
        let names: Vec<&str> = EVIDENCE_COLUMNS
            .into_iter()
            .chain(learned.iter().map(String::as_str))
            .collect();
        let mut pairs = Vec::with_capacity(places.len());
        self.evidence
            .take(&names, places, |frame, at, _| {
                let pair = pair(frame, at, self.learned)?;
                let whole =
                    (pair.left as usize) < self.rows() && (pair.right as usize) < self.rows();
                if !whole || !self.weigher.knows(pair.kind, pair.compared.pattern) {
                    return Err("a pair is none of this run".to_owned());
                }
                pairs.push(pair);
                Ok(())
            })
            .map_err(|message| self.of_evidence(&message))?;
        Ok(pairs)
    }

    /// The pairs that are wanted by their heads.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn pairs_where(&self, wanted: impl Fn(&Head) -> bool) -> Result<Vec<Pair>, Failure> {
        let heads = self.heads()?;
        let places: Vec<usize> = heads
            .iter()
            .enumerate()
            .filter(|(_, head)| wanted(head))
            .map(|(at, _)| at)
            .collect();
        self.pairs_at(&places)
    }

    /// All pairs that one of `rows` (sorted) is in.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn pairs_of(&self, rows: &[u32]) -> Result<Vec<Pair>, Failure> {
        let is = |row: u32| rows.binary_search(&row).is_ok();
        self.pairs_where(|head| is(head.left) || is(head.right))
    }

    /// The pair of two records, if the run remembers it.
    ///
    /// # Errors
    /// Exit 3 when the file can't be read.
    pub fn pair(&self, a: u32, b: u32) -> Result<Option<Pair>, Failure> {
        let (left, right) = (a.min(b), a.max(b));
        let mut found = self.pairs_where(|head| (head.left, head.right) == (left, right))?;
        Ok(found.pop())
    }

    /// What each comparison adds, the prior first; the bits add up to the pair's weight.
    #[must_use]
    pub fn evidence(&self, pair: &Pair) -> Vec<Evidence> {
        self.weigher.evidence(pair.kind, &pair.compared, &pair.seen)
    }

    fn of_records(&self, message: &str) -> Failure {
        unreadable(&self.folder.join(RECORDS_FILE), message)
    }

    fn of_evidence(&self, message: &str) -> Failure {
        unreadable(&self.folder.join(EVIDENCE_FILE), message)
    }
}

/// The model from its JSON, every number as it was written: what is read through a value is
/// rounded to the nearest, what is parsed on the way may be a bit off.
fn model_of(json: &str) -> Result<StoredModel, String> {
    serde_json::from_str::<Value>(json)
        .and_then(serde_json::from_value)
        .map_err(|error| error.to_string())
}

/// How many learned columns the pairs have an outcome for.
fn learned(evidence: &Sheet) -> usize {
    (1..)
        .take_while(|&at| evidence.columns().contains(&level_column(at)))
        .count()
}

fn record(frame: &DataFrame, at: usize, row: usize, columns: &[String]) -> Result<Record, String> {
    let cell = |name: &str| Ok::<_, String>(text(frame, name)?.get(at).map(str::to_owned));
    let line = frame.column("line").and_then(|c| Ok(c.u32()?.get(at)));
    let probability = frame
        .column("match_probability")
        .and_then(|c| Ok(c.f32()?.get(at)));
    let mut values = Vec::new();
    for name in columns {
        if let Some(value) = cell(name)? {
            values.push((name.clone(), value));
        }
    }
    Ok(Record {
        row: u32::try_from(row).map_err(|error| error.to_string())?,
        source: cell("source")?.unwrap_or_default(),
        record_id: cell("record_id")?.unwrap_or_default(),
        golden_id: cell("golden_id")?,
        status: cell("status")?.unwrap_or_default(),
        match_probability: probability.map_err(|error| error.to_string())?,
        held: cell("held_by")?.zip(cell("held_because")?),
        file: cell("file")?.unwrap_or_default(),
        line: line.map_err(|error| error.to_string())?.unwrap_or(0),
        values,
    })
}

fn pair(frame: &DataFrame, at: usize, learned: usize) -> Result<Pair, String> {
    let column = |name: &str| frame.column(name).map_err(|error| error.to_string());
    let whole = |name: &str| {
        let cell = column(name)?
            .u32()
            .map_err(|error| error.to_string())?
            .get(at);
        cell.ok_or_else(|| format!("{name} is missing"))
    };
    let real = |name: &str| {
        let cell = column(name)?
            .f32()
            .map_err(|error| error.to_string())?
            .get(at);
        cell.ok_or_else(|| format!("{name} is missing"))
    };
    // Steps of 1/256 bit.
    let bits = |name: &str| {
        let cell = column(name)?
            .i32()
            .map_err(|error| error.to_string())?
            .get(at);
        #[allow(clippy::cast_precision_loss)] // 16 bits when they were written
        let bits = cell.unwrap_or(0) as f32 / 256.0;
        Ok::<f32, String>(bits)
    };
    let pattern = column("pattern")?
        .u64()
        .map_err(|error| error.to_string())?
        .get(at);
    let word = |name: &str| Ok::<_, String>(text(frame, name)?.get(at));
    let kind = word("kind")?.unwrap_or("");
    let seen = (1..=learned)
        .map(|number| {
            Ok(Seen {
                level: u8::try_from(whole(&level_column(number))?)
                    .map_err(|error| error.to_string())?,
                rarity: real(&rarity_column(number))?,
            })
        })
        .collect::<Result<Vec<Seen>, String>>()?;
    Ok(Pair {
        left: whole("left")?,
        right: whole("right")?,
        weight: real("weight")?,
        probability: real("probability")?,
        merged: word("verdict")? == Some("merged"),
        kind: [Kind::People, Kind::Organisations, Kind::Mixed]
            .into_iter()
            .find(|known| kind_name(*known) == kind)
            .ok_or_else(|| format!("'{kind}' is no kind of pair"))?,
        bound: word("bound")?
            .and_then(|word| Bound::ALL.into_iter().find(|bound| bound.name() == word)),
        why: word("why")?
            .filter(|why| !why.is_empty())
            .map(str::to_owned),
        compared: Compared {
            pattern: Pattern(pattern.unwrap_or(0)),
            given_rarity: bits("given_rarity")?,
            family_rarity: bits("family_rarity")?,
            community: bits("community")?,
        },
        seen,
    })
}

fn unreadable(path: &Path, message: &str) -> Failure {
    Failure::one(
        FailureKind::Input,
        Diagnostic::error(
            "run_unreadable",
            format!("the run can't be read: {message}"),
        )
        .at(Place::file(path.display().to_string()))
        .hint("give the folder of a published run, `out/runs/<run>` or `out/latest`"),
    )
}
