//! The plan as checked: every default filled, every name resolved.

use std::collections::BTreeMap;
use std::path::PathBuf;

/// A whole run's settings.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct Plan {
    pub name: String,
    /// The folder that relative paths of the plan start from.
    pub base: PathBuf,
    /// ISO 3166 alpha-2, upper case; for phones and addresses without a country.
    pub country: Option<String>,
    /// IANA name, for timestamps without an offset. UTC when not given.
    pub timezone: Option<String>,
    /// `YYYY-MM-DD`; "today" for freshness rules (`--as-of`), so that runs repeat.
    pub run_date: String,
    /// Rule files on top of the built-in ones, resolved against `base`.
    pub rules: Vec<PathBuf>,
    pub decisions: Option<PathBuf>,
    /// In the order of the plan; names are unique.
    pub sources: Vec<SourcePlan>,
    pub matching: MatchPlan,
    pub merge: Vec<MergeField>,
    pub gate: GatePlan,
    pub output: OutputPlan,
    pub bounds: Bounds,
    /// Worker threads; `None` for all cores.
    pub threads: Option<usize>,
}

/// One source as the plan describes it.
#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
pub struct SourcePlan {
    pub name: String,
    /// Names that it had before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub was: Vec<String>,
    /// Whose tool it is; the system's own role when not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role: Option<String>,
    /// As written; a pattern or `-` for standard input.
    pub path: String,
    /// The files that `path` matched, sorted; `-` alone for standard input.
    pub files: Vec<PathBuf>,
    /// Forces the system (a file stem of `rules/systems/`).
    pub system: Option<String>,
    /// 0 to 1, 0.5 when not given.
    pub trust: f64,
    /// The header of the record id.
    pub id: Option<String>,
    /// Canonical field → headers (several only for fields with several values).
    pub map: BTreeMap<String, Vec<String>>,
    /// Constant values for fields that the file does not have (`email_status = "unsubscribed"`).
    pub constants: BTreeMap<String, String>,
    /// Names for the columns of a file without a header.
    pub columns: Option<Vec<String>>,
    pub country: Option<String>,
    pub timezone: Option<String>,
    /// Forces what would be sniffed.
    pub reading: ReadingPlan,
    /// `day_first`, `month_first`, `year_first` or a strptime format for the dates of this source.
    pub dates: Option<String>,
}

/// How a file is to be read; `None` means "sniff it".
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
pub struct ReadingPlan {
    /// `csv`, `xlsx`, `parquet`, `ndjson`, `json`.
    pub format: Option<String>,
    /// A WHATWG encoding label.
    pub encoding: Option<String>,
    pub delimiter: Option<char>,
    pub quote: Option<char>,
    /// Whether each row stands in one quoted cell.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub wrapped: Option<bool>,
    /// Line of the header, from 1; 0 for "no header".
    pub header_line: Option<u32>,
    /// Lines to leave out at the end of the file.
    pub footer_lines: Option<u32>,
    /// Sheet of a workbook, by name.
    pub sheet: Option<String>,
}

#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct MatchPlan {
    /// Probability of a cluster's average from which records are merged.
    pub threshold: f64,
    /// Pairs between these probabilities go to `review.csv`.
    pub review: (f64, f64),
    /// Partners that a record's candidate keys may bring.
    pub partners: u32,
    /// Largest block that is compared whole.
    pub max_block: u32,
    /// Whether decisions teach the model.
    pub learn: bool,
    /// Kinds of pairs that the model does not tell apart.
    pub without: Vec<PairKind>,
    /// Comparisons of the match model that the plan changes; each at most once.
    pub comparisons: Vec<ComparisonPlan>,
    /// Candidate keys that the plan changes or adds; each at most once.
    #[serde(default)]
    pub keys: Vec<KeyPlan>,
    /// Guards of clustering that the plan sets.
    #[serde(default)]
    pub guards: GuardsPlan,
}

/// What records a model is of.
#[derive(
    Clone,
    Copy,
    Debug,
    Default,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum RecordKind {
    /// Records that name a person.
    #[default]
    People,
    /// Records that name none.
    Organisations,
}

impl RecordKind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::People => "people",
            Self::Organisations => "organisations",
        }
    }
}

/// A candidate key as the plan changes or adds it; what is `None` stays as it was.
#[derive(Clone, Debug, Default, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct KeyPlan {
    pub name: String,
    pub records: RecordKind,
    pub used: bool,
    /// The parts as written ([`key_parts`](super::key_parts)); of each list any one.
    pub parts: Option<Vec<Vec<String>>>,
    /// Values that a record must lack for the key to count.
    pub unless: Option<Vec<String>>,
    /// Fewest letters of all parts together.
    pub letters: Option<u32>,
    /// How many words of an organisation's name are looked at.
    pub words: Option<u32>,
}

/// Guards of clustering that the plan sets; what is `None` stays as `rules/matching.toml`
/// has it.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct GuardsPlan {
    pub clip: Option<f64>,
    pub ruled_out: Option<f64>,
    pub uncompared: Option<f64>,
    pub alone: Option<f64>,
    pub loose: Option<f64>,
    pub full: Option<u32>,
    pub full_pairs: Option<u64>,
}

/// Kinds of pairs beside "one person" and "unrelated".
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum PairKind {
    /// One person at two employers.
    OtherJob,
    /// Two persons of one employer.
    Colleague,
    /// Two persons of one household.
    Relative,
}

/// A comparison of the match model as the plan changes it.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct ComparisonPlan {
    pub name: String,
    /// In the model of which records.
    #[serde(default)]
    pub records: RecordKind,
    /// Whether it is compared at all.
    pub used: bool,
    /// Whether its numbers are fitted to the data.
    pub estimate: bool,
    /// Whether agreement on a rare value counts more.
    pub rarity: bool,
    pub levels: Vec<LevelPlan>,
}

/// A level as the plan changes it.
#[derive(Clone, Debug, PartialEq, serde::Deserialize, serde::Serialize)]
pub struct LevelPlan {
    pub name: String,
    pub used: bool,
    /// Probability when both records are one person.
    pub m: Option<f64>,
    /// log2 (m/u) against two unrelated persons.
    pub bits: Option<f64>,
}

impl Default for MatchPlan {
    fn default() -> Self {
        Self {
            threshold: 0.5,
            review: (0.3, 0.95),
            partners: 12,
            max_block: 100,
            learn: true,
            without: Vec::new(),
            comparisons: Vec::new(),
            keys: Vec::new(),
            guards: GuardsPlan::default(),
        }
    }
}

/// Survivorship of one field, from the plan.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct MergeField {
    pub field: String,
    pub strategies: Vec<Strategy>,
    /// Source names, most trusted first, for this field only (overrides `trust`).
    pub sources: Vec<String>,
}

/// How the golden value of a field is picked; several in order, each breaking
/// the ties of those before it.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    Hash,
    serde::Deserialize,
    serde::Serialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum Strategy {
    MostRecent,
    MostTrusted,
    MostComplete,
    MostFrequent,
    Longest,
    Earliest,
    Furthest,
    Union,
    /// `true` wins over `false` over missing (opt-outs).
    OptOut,
}

#[derive(Clone, Debug, Default, serde::Deserialize, serde::Serialize)]
pub struct GatePlan {
    /// Share of records with a violation of severity error.
    pub max_error_share: Option<f64>,
    pub max_quarantine_share: Option<f64>,
    /// Share by which the golden set may be smaller than the previous run's.
    pub max_golden_shrink: Option<f64>,
    /// Share by which the golden set may be larger than the previous run's.
    #[serde(default)]
    pub max_golden_growth: Option<f64>,
    /// Share of the previous golden records that may have other values, be gone or merged.
    #[serde(default)]
    pub max_changed_share: Option<f64>,
    /// Share by which any source may have fewer records than in the previous run.
    #[serde(default)]
    pub max_source_shrink: Option<f64>,
    /// Golden records that took in others since the previous run.
    #[serde(default)]
    pub max_merges: Option<u64>,
    /// Golden records that were split since the previous run.
    #[serde(default)]
    pub max_splits: Option<u64>,
    /// Golden ids of the previous run that are no longer in use.
    #[serde(default)]
    pub max_lost_ids: Option<u64>,
    /// Share of records merged into others.
    pub max_merge_share: Option<f64>,
    pub max_cluster_size: Option<u64>,
    pub min_records: Option<u64>,
    /// Names of the above that only warn (exit 1, published).
    pub soft: Vec<String>,
}

impl GatePlan {
    /// Whether a gate can't be judged without knowing what changed since the previous run.
    #[must_use]
    pub fn looks_at_changes(&self) -> bool {
        self.max_changed_share.is_some()
            || self.max_merges.is_some()
            || self.max_splits.is_some()
            || self.max_lost_ids.is_some()
    }
}

#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct OutputPlan {
    /// Resolved against the plan's folder.
    pub dir: PathBuf,
    pub csv: bool,
    pub parquet: bool,
    /// `false` writes cells that start like a formula as they are.
    pub guard_formulas: bool,
    /// `false` leaves out what `explain` and `review` read: the records and the evidence.
    #[serde(default = "yes")]
    pub evidence: bool,
    /// Whether `report.html` is written.
    #[serde(default = "yes")]
    pub report: bool,
}

/// Runs of before there was a report had no such setting.
const fn yes() -> bool {
    true
}

/// Limits on what an input may ask of the machine; each has a plan key of its name
/// under `[bounds]`, and an error past it names the key.
#[derive(Clone, Debug, serde::Deserialize, serde::Serialize)]
pub struct Bounds {
    /// Bytes of one file after unpacking.
    pub max_unpacked_bytes: u64,
    /// Unpacked over packed size, checked past 64 MiB.
    pub max_unpack_ratio: u64,
    /// Rows × columns of one file.
    pub max_cells: u64,
    /// Nesting of JSON.
    pub max_nesting: u32,
    /// Bytes of one value.
    pub max_field_bytes: u64,
    pub max_columns: u32,
}

impl Default for Bounds {
    fn default() -> Self {
        Self {
            max_unpacked_bytes: 64 << 30,
            max_unpack_ratio: 200,
            max_cells: 4_000_000_000,
            max_nesting: 64,
            max_field_bytes: 1 << 20,
            max_columns: 5_000,
        }
    }
}
