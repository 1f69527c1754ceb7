//! The kinds of rules, one file each: how it is written, what it says, how it looks.
//!
//! A rule has exactly one key that names its kind; the key's value is the kind's
//! settings. Adding a kind: a file here, a line in [`KINDS`] and in each `match`.

mod allowed;
mod condition;
mod doubt;
mod format;
mod freshness;
mod length;
mod range;
mod reference;
mod required;
mod unique;

use rayon::prelude::*;

use super::document::Section;
use super::known::Known;
use super::view::View;
use crate::contact::Diagnostic;
use crate::rulebook::Rulebook;

/// The keys that name a kind, each with one line for people.
pub const KINDS: [(&str, &str); 11] = [
    ("required", "the field must have a value"),
    (
        "required_if",
        "the field must have a value where a condition holds",
    ),
    ("format", "values must have a form"),
    ("allowed", "values must be among those listed in the rule"),
    ("range", "numbers or dates must lie between limits"),
    ("length", "values must have a number of characters"),
    ("unique", "records must not share a value"),
    ("condition", "violated where a SQL condition is true"),
    (
        "freshness",
        "the newest date must not be older than some days",
    ),
    (
        "reference",
        "values must, or must not, stand in a list file",
    ),
    ("doubt", "what standardising finds doubtful"),
];

/// What a rule demands.
#[derive(Clone, Debug)]
pub enum Kind {
    Required(required::Required),
    RequiredIf(super::sql::Condition),
    Format(format::Format),
    Allowed(allowed::Allowed),
    Range(range::Range),
    Length(length::Length),
    Unique(unique::Unique),
    Condition(super::sql::Condition),
    Freshness(freshness::Freshness),
    Reference(reference::Reference),
    Doubt(String),
}

/// What is at hand when a kind's settings are read.
pub struct Reading<'a> {
    pub section: &'a Section<'a>,
    pub known: &'a Known<'a>,
    pub rulebook: &'a Rulebook,
    pub faults: &'a mut Vec<Diagnostic>,
}

/// One record that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hit {
    pub row: u32,
    /// Index into the rule's fields; none when it has no field.
    pub field: Option<u16>,
    /// Words that differ from record to record.
    pub message: Option<String>,
}

/// One rule looking at a table.
pub struct Look<'a> {
    pub view: &'a View<'a>,
    pub fields: &'a [String],
    pub scope: &'a Scope,
    /// Where the kind's own condition is TRUE, for those with one.
    pub truths: Option<&'a [bool]>,
}

/// The rows that a rule looks at.
#[derive(Clone, Debug)]
pub struct Scope {
    /// One a row.
    pub rows: Vec<bool>,
}

impl Scope {
    #[must_use]
    pub fn has(&self, row: usize) -> bool {
        self.rows.get(row).copied().unwrap_or(false)
    }
}

impl Kind {
    /// Reads the kind called `name` from the rule's section.
    pub fn read(name: &'static str, reading: &mut Reading<'_>) -> Option<Self> {
        match name {
            "required" => required::Required::read(reading).map(Self::Required),
            "required_if" => condition::read("required_if", reading).map(Self::RequiredIf),
            "format" => format::Format::read(reading).map(Self::Format),
            "allowed" => allowed::Allowed::read(reading).map(Self::Allowed),
            "range" => range::Range::read(reading).map(Self::Range),
            "length" => length::Length::read(reading).map(Self::Length),
            "unique" => unique::Unique::read(reading).map(Self::Unique),
            "condition" => condition::read("condition", reading).map(Self::Condition),
            "freshness" => freshness::Freshness::read(reading).map(Self::Freshness),
            "reference" => reference::Reference::read(reading).map(Self::Reference),
            "doubt" => doubt::read(reading).map(Self::Doubt),
            _ => None,
        }
    }

    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Required(_) => "required",
            Self::RequiredIf(_) => "required_if",
            Self::Format(_) => "format",
            Self::Allowed(_) => "allowed",
            Self::Range(_) => "range",
            Self::Length(_) => "length",
            Self::Unique(_) => "unique",
            Self::Condition(_) => "condition",
            Self::Freshness(_) => "freshness",
            Self::Reference(_) => "reference",
            Self::Doubt(_) => "doubt",
        }
    }

    /// Whether a rule of this kind must name a field.
    #[must_use]
    pub const fn needs_field(&self) -> bool {
        !matches!(self, Self::Condition(_) | Self::Doubt(_))
    }

    /// The kind's own SQL condition.
    #[must_use]
    pub const fn condition(&self) -> Option<&super::sql::Condition> {
        match self {
            Self::RequiredIf(condition) | Self::Condition(condition) => Some(condition),
            _ => None,
        }
    }

    /// What a violation on `field` says.
    #[must_use]
    pub fn words(&self, field: &str, fields: &[String]) -> String {
        match self {
            Self::Required(kind) => kind.words(field, fields),
            Self::RequiredIf(condition) => format!("{field} is missing where {}", condition.sql),
            Self::Format(kind) => kind.words(field),
            Self::Allowed(kind) => kind.words(field),
            Self::Range(kind) => kind.words(field),
            Self::Length(kind) => kind.words(field),
            Self::Unique(kind) => kind.words(fields),
            Self::Condition(condition) => format!("this is so: {}", condition.sql),
            Self::Freshness(kind) => kind.words(fields),
            Self::Reference(kind) => kind.words(field),
            Self::Doubt(doubt) => format!("standardising found: {doubt}"),
        }
    }

    /// All records that break the rule, by row, then field.
    #[must_use]
    pub fn look(&self, look: &Look<'_>) -> Vec<Hit> {
        match self {
            Self::Required(kind) => kind.look(look),
            Self::RequiredIf(_) => condition::missing_where(look),
            Self::Condition(_) => condition::true_where(look),
            Self::Format(kind) => look.values(|value| kind.breaks(value)),
            Self::Allowed(kind) => look.values(|value| kind.breaks(value)),
            Self::Range(kind) => kind.look(look),
            Self::Length(kind) => look.values(|value| kind.breaks(value)),
            Self::Unique(kind) => kind.look(look),
            Self::Freshness(kind) => kind.look(look),
            Self::Reference(kind) => look.values(|value| kind.breaks(value)),
            // Doubts were raised before; see `doubts`.
            Self::Doubt(_) => Vec::new(),
        }
    }
}

/// Rows that one task works on: large enough that starting it costs nothing.
const CHUNK: usize = 32_768;

impl Look<'_> {
    /// Each value of each field by itself; of several in a cell, each.
    fn values(&self, breaks: impl Fn(&str) -> bool + Sync) -> Vec<Hit> {
        let columns: Vec<_> = (0u16..)
            .zip(self.fields)
            .filter_map(|(at, field)| {
                let column = self.view.column(field)?;
                Some((at, column, self.view.is_multi(field)))
            })
            .collect();
        self.rows(|row, hits| {
            for (at, column, multi) in &columns {
                let Some(value) = column.get(row) else {
                    continue;
                };
                let broken = if *multi {
                    value
                        .split(';')
                        .map(str::trim)
                        .any(|item| !item.is_empty() && breaks(item))
                } else {
                    breaks(value)
                };
                if broken {
                    hits.push(hit(row, Some(*at)));
                }
            }
        })
    }

    /// Each row in scope, in parallel; the hits come in the order of the rows.
    fn rows(&self, look: impl Fn(usize, &mut Vec<Hit>) + Sync) -> Vec<Hit> {
        let rows = self.view.rows();
        let parts: Vec<Vec<Hit>> = (0..rows.div_ceil(CHUNK))
            .into_par_iter()
            .map(|chunk| {
                let mut hits = Vec::new();
                for row in chunk * CHUNK..((chunk + 1) * CHUNK).min(rows) {
                    if self.scope.has(row) {
                        look(row, &mut hits);
                    }
                }
                hits
            })
            .collect();
        parts.concat()
    }
}

fn hit(row: usize, field: Option<u16>) -> Hit {
    Hit {
        // Records are counted in 32 bits throughout.
        row: u32::try_from(row).unwrap_or(u32::MAX),
        field,
        message: None,
    }
}
