//! The plan as written: the TOML file with positions, nothing resolved.
//!
//! The doc comments are the descriptions of the JSON Schema, and the schema is
//! what the structure of a plan is checked against: a key exists here or nowhere.
//! Every key is optional in Rust, so that one fault does not hide the others.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::checked::{PairKind, RecordKind, Strategy};
pub use super::position::{At, OneOrMany};

/// A plan for karat: what a run reads, how it links and merges, where it writes.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(title = "karat plan")]
pub struct Written {
    /// The run as a whole.
    pub plan: Option<PlanTable>,
    /// One export of one system; as many as there are.
    pub source: Option<Vec<At<Source>>>,
    /// When two records are one person.
    #[serde(rename = "match")]
    pub matching: Option<Match>,
    /// Which value survives when records disagree.
    pub merge: Option<Merge>,
    /// Limits on the run as a whole: past one, nothing is published (exit 4).
    pub gate: Option<Gate>,
    /// Where and how to write.
    pub output: Option<Output>,
    /// Limits on what an input may ask of the machine.
    pub bounds: Option<Bounds>,
}

/// `[plan]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct PlanTable {
    /// A name for the run, for reports; the plan file's name when not given.
    pub name: Option<At<String>>,
    /// Country of phones and addresses that name none: two letters of ISO 3166.
    pub country: Option<At<String>>,
    /// Time zone of timestamps that name none, such as "Europe/Sofia"; UTC when not given.
    pub timezone: Option<At<String>>,
    /// Rule files on top of the built-in ones.
    pub rules: Option<OneOrMany<String>>,
    /// File of `never` and `always` decisions, one a line.
    pub decisions: Option<At<String>>,
    /// The date that counts as today, YYYY-MM-DD; the day of the run when not given.
    pub run_date: Option<At<String>>,
}

/// `[[source]]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name", "path"]))]
pub struct Source {
    /// The source's name, unique in the plan; it stands in every result.
    pub name: Option<At<String>>,
    /// Names that this source had before: its records keep their golden ids, decisions and
    /// history.
    pub was: Option<At<Vec<At<String>>>>,
    /// Whose tool it is, such as "sales" or "marketing", when the system is not recognised:
    /// the report compares roles.
    pub role: Option<At<String>>,
    /// The file, a pattern such as "exports/badges-*.csv", or "-" for standard input.
    pub path: Option<At<String>>,
    /// The system that the export comes from, when its headers do not tell.
    pub system: Option<At<String>>,
    /// How much this source's values are trusted, 0 to 1; 0.5 when not given.
    #[schemars(range(min = 0, max = 1))]
    pub trust: Option<At<f64>>,
    /// The header of the record id; recognised when not given, else the line number.
    pub id: Option<At<String>>,
    /// Field → header, for headers that are not recognised; several headers for fields that
    /// hold several values.
    pub map: Option<BTreeMap<At<String>, OneOrMany<String>>>,
    /// Field → value that every record of this source gets.
    pub constants: Option<BTreeMap<At<String>, At<String>>>,
    /// Names for the columns of a file without a header.
    pub columns: Option<At<Vec<At<String>>>>,
    /// As in `[plan]`, for this source.
    pub country: Option<At<String>>,
    /// As in `[plan]`, for this source.
    pub timezone: Option<At<String>>,
    /// Order of day and month in this source's dates, or a pattern such as "%d.%m.%Y".
    pub dates: Option<At<String>>,
    /// The file's format, when name and content do not tell.
    pub format: Option<At<InputFormat>>,
    /// The text encoding, such as "windows-1252"; found out when not given.
    pub encoding: Option<At<String>>,
    /// The delimiter, one character; found out when not given.
    pub delimiter: Option<At<String>>,
    /// The quote, one character; found out when not given.
    pub quote: Option<At<String>>,
    /// Whether each line is one quoted cell that holds the row; found out when not given.
    pub wrapped: Option<At<bool>>,
    /// Line of the header, from 1; 0 for none. Found out when not given.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub header_line: Option<At<u32>>,
    /// Lines to leave out at the end of the file.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub footer_lines: Option<At<u32>>,
    /// The sheet of a workbook; the first one when not given.
    pub sheet: Option<At<String>>,
}

/// Formats that can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum InputFormat {
    Csv,
    Xlsx,
    Parquet,
    Ndjson,
    Json,
}

impl InputFormat {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Parquet => "parquet",
            Self::Ndjson => "ndjson",
            Self::Json => "json",
        }
    }
}

/// `[match]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Match {
    /// Probability from which records are merged, 0 to 1; 0.5 when not given.
    #[schemars(range(min = 0, max = 1))]
    pub threshold: Option<At<f64>>,
    /// Pairs between these two probabilities are shown to people; [0.3, 0.95] when not given.
    #[schemars(length(min = 2, max = 2), inner(range(min = 0, max = 1)))]
    pub review: Option<At<Vec<At<f64>>>>,
    /// How many partners a record's candidate keys may bring; 12 when not given, twice as many below 50,000 records.
    #[schemars(range(min = 1, max = 100_000))]
    pub partners: Option<At<u32>>,
    /// The largest block that is compared whole; 100 when not given.
    #[schemars(range(min = 2, max = 100_000))]
    pub max_block: Option<At<u32>>,
    /// Whether decisions teach the model; true when not given. They bind in any case.
    pub learn: Option<At<bool>>,
    /// Kinds of pairs that the model is not to tell apart, for data that has none.
    pub without: Option<OneOrMany<PairKind>>,
    /// A comparison of the match model, changed; as many as there are.
    pub comparison: Option<Vec<At<MatchComparison>>>,
    /// A candidate key, changed or added; as many as there are.
    pub key: Option<Vec<At<MatchKey>>>,
    /// Guards of clustering.
    pub guards: Option<At<MatchGuards>>,
}

/// `[[match.key]]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct MatchKey {
    /// The key, as `rules/matching.toml` names it; or a new name, with parts.
    pub name: Option<At<String>>,
    /// Whose key it is: that of people when not given.
    pub records: Option<At<RecordKind>>,
    /// false leaves the key out.
    #[serde(rename = "use")]
    pub used: Option<At<bool>>,
    /// What two records must have in common, such as ["word.sound", "city"]; of a list inside
    /// of the list any one.
    #[schemars(length(min = 1, max = 6))]
    pub parts: Option<At<Vec<OneOrMany<String>>>>,
    /// Only for records that have none of these, such as ["email", "phone"].
    pub unless: Option<Vec<At<String>>>,
    /// Fewest letters of all parts together.
    #[schemars(range(min = 0, max = 64))]
    pub letters: Option<At<u32>>,
    /// How many words of an organisation's name are looked at; all when not given.
    #[schemars(range(min = 1, max = 64))]
    pub words: Option<At<u32>>,
}

/// `[match.guards]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct MatchGuards {
    /// Most bits that one pair adds to the average of two clusters; 12 when not given.
    #[schemars(range(min = 1, max = 30))]
    pub clip: Option<At<f64>>,
    /// Bits below which a pair is ruled out, so that nothing joins two clusters across it; -50
    /// when not given.
    #[schemars(range(min = -90, max = -10))]
    pub ruled_out: Option<At<f64>>,
    /// Bits of a pair that was not compared; -2 when not given.
    #[schemars(range(min = -30, max = 0))]
    pub uncompared: Option<At<f64>>,
    /// Bits below the threshold from which two clusters without a rival are joined; 1 when
    /// not given, 0 for never.
    #[schemars(range(min = 0, max = 10))]
    pub alone: Option<At<f64>>,
    /// Bits above which pairs hold records together that are then clustered; -4 when not given.
    #[schemars(range(min = -30, max = 0))]
    pub loose: Option<At<f64>>,
    /// Records up to which such a group is compared in full; 60 when not given.
    #[schemars(range(min = 2, max = 10_000))]
    pub full: Option<At<u32>>,
    /// Pairs to compare in all in larger groups, the smallest first; 2,000,000 when not given.
    #[schemars(range(min = 0, max = 1_000_000_000))]
    pub full_pairs: Option<At<u64>>,
}

/// `[[match.comparison]]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct MatchComparison {
    /// The comparison, as `rules/matching.toml` names it, such as "phone".
    pub name: Option<At<String>>,
    /// In whose model: that of people when not given.
    pub records: Option<At<RecordKind>>,
    /// false leaves the comparison out: it says nothing about any pair.
    #[serde(rename = "use")]
    pub used: Option<At<bool>>,
    /// false keeps its numbers as they are written: they are not fitted to the data.
    pub estimate: Option<At<bool>>,
    /// false: agreement on a rare value counts no more than on a common one.
    pub rarity: Option<At<bool>>,
    /// A level of the comparison, changed; as many as there are.
    pub level: Option<Vec<At<MatchLevel>>>,
}

/// `[[match.comparison.level]]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["name"]))]
pub struct MatchLevel {
    /// The level, as `rules/matching.toml` names it, such as "one digit off".
    pub name: Option<At<String>>,
    /// false leaves the level out: what it held comes out at the next level that fits.
    #[serde(rename = "use")]
    pub used: Option<At<bool>>,
    /// Probability of the level when both records are one person.
    #[schemars(range(min = 0.000_001, max = 1))]
    pub m: Option<At<f64>>,
    /// log2 of how much likelier the level is for one person than for two unrelated ones.
    #[schemars(range(min = -30, max = 30))]
    pub bits: Option<At<f64>>,
}

/// `[merge]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Merge {
    /// Survivorship of one field; as many as there are.
    pub field: Option<Vec<At<MergeField>>>,
}

/// `[[merge.field]]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(extend("required" = ["field"]))]
pub struct MergeField {
    /// The field.
    pub field: Option<At<String>>,
    /// How its value is picked; of several, each breaks the ties of those before it.
    pub strategy: Option<OneOrMany<Strategy>>,
    /// Source names, most trusted first, for this field only.
    pub sources: Option<Vec<At<String>>>,
}

/// `[gate]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Gate {
    /// Largest share of records with an error, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub max_error_share: Option<At<f64>>,
    /// Largest share of records held out, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub max_quarantine_share: Option<At<f64>>,
    /// Largest share by which the golden set may shrink since the last run, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub max_golden_shrink: Option<At<f64>>,
    /// Largest share by which the golden set may grow since the last run.
    #[schemars(range(min = 0))]
    pub max_golden_growth: Option<At<f64>>,
    /// Largest share of the last run's golden records that may have other values now, be
    /// gone or be merged into others, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub max_changed_share: Option<At<f64>>,
    /// Largest share by which any source may have fewer records than in the last run,
    /// 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub max_source_shrink: Option<At<f64>>,
    /// Most golden records that took in others since the last run.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub max_merges: Option<At<u64>>,
    /// Most golden records that were split since the last run.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub max_splits: Option<At<u64>>,
    /// Most golden ids of the last run that are no longer in use.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub max_lost_ids: Option<At<u64>>,
    /// Largest share of records merged into others, 0 to 1.
    #[schemars(range(min = 0, max = 1))]
    pub max_merge_share: Option<At<f64>>,
    /// Most records in one golden record.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_i64))]
    pub max_cluster_size: Option<At<u64>>,
    /// Fewest records read.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_i64))]
    pub min_records: Option<At<u64>>,
    /// Keys of this table that only warn: the run is published and exits with 1.
    pub soft: Option<Vec<At<String>>>,
}

/// `[output]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Output {
    /// The folder of all runs; "out" when not given.
    pub dir: Option<At<String>>,
    /// Format of the golden records and the xref; both when not given.
    pub format: Option<OneOrMany<OutputFormat>>,
    /// "guard" puts a ' before a cell that a spreadsheet would run; "raw" writes it as it is.
    pub formulas: Option<At<Formulas>>,
    /// "false" does not keep the records and the evidence of their pairs in the run folder; explaining then runs the line again.
    pub evidence: Option<At<bool>>,
    /// false writes no report.html.
    pub report: Option<bool>,
}

/// Formats that can be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OutputFormat {
    Csv,
    Parquet,
}

/// What to do with cells that start like a formula.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Formulas {
    Guard,
    Raw,
}

/// `[bounds]`
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Bounds {
    /// Bytes of one file after unpacking.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_i64))]
    pub max_unpacked_bytes: Option<At<u64>>,
    /// Unpacked over packed size, checked past 64 MiB.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_i64))]
    pub max_unpack_ratio: Option<At<u64>>,
    /// Rows × columns of one file.
    #[schemars(range(min = 1, max = 9_007_199_254_740_991_i64))]
    pub max_cells: Option<At<u64>>,
    /// Nesting of JSON.
    #[schemars(range(min = 1, max = 10_000))]
    pub max_nesting: Option<At<u32>>,
    /// Bytes of one value.
    #[schemars(range(min = 1, max = 4_000_000_000_i64))]
    pub max_field_bytes: Option<At<u64>>,
    /// Columns of one file.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub max_columns: Option<At<u32>>,
}
