//! What changed between two runs: exact figures, and bounded samples to look at.

use std::collections::BTreeMap;

use serde::Serialize;

/// Why something changed; of several, the first that applies.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// A line of the decisions file that came or went names one of the records.
    Decision,
    /// A record of the person came, went, or has other values in the export.
    Input,
    /// The records are the same; the plan, a rule or karat's version is another.
    Rule,
    /// Nothing else explains it: what was learned from other records changed.
    Model,
}

impl Reason {
    pub const ALL: [Self; 4] = [Self::Decision, Self::Input, Self::Rule, Self::Model];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Decision => "decision",
            Self::Input => "input",
            Self::Rule => "rule",
            Self::Model => "model",
        }
    }
}

/// A count of each reason, in the order of [`Reason::ALL`]; reasons without a case
/// are left out.
pub type ByReason = BTreeMap<Reason, u64>;

/// How many of what changed. All figures are exact.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    pub persons_before: u64,
    pub persons_after: u64,
    /// Persons with a new id, none of whose records had an id before.
    pub added: u64,
    /// Ids no longer in use whose records are gone or held out.
    pub gone: u64,
    /// Persons who took in the records of a person whose id is no longer in use.
    pub merged: u64,
    /// Ids given up by that.
    pub merged_ids: u64,
    /// Persons some of whose records now have a new id.
    pub split: u64,
    /// New ids made by that.
    pub split_ids: u64,
    /// Ids of before that are back (their records had been gone or held out).
    pub revived: u64,
    /// Records that went from one person to another where both ids stay.
    pub moved_records: u64,
    /// Persons with the same id of whom a value of the golden record changed.
    pub changed: u64,
    /// Those values.
    pub changed_values: u64,
    /// Persons with the same id and the same values (their records may be others).
    pub unchanged: u64,
    pub records_before: u64,
    pub records_after: u64,
    pub records_new: u64,
    pub records_gone: u64,
    /// Records with other values in the export. None when the earlier run kept no
    /// fingerprints.
    pub records_changed: Option<u64>,
    /// Records that were in the golden set and are held out now.
    pub records_held: u64,
    /// Records that were held out and are in the golden set now.
    pub records_released: u64,
}

impl Counts {
    /// Ids no longer in use: gone or merged.
    #[must_use]
    pub const fn lost_ids(&self) -> u64 {
        self.gone + self.merged_ids
    }

    /// Persons of before whose golden record is not what it was: with changed values,
    /// gone, or merged into another; out of [`Counts::persons_before`].
    #[must_use]
    pub const fn touched(&self) -> u64 {
        self.persons_before.saturating_sub(self.unchanged)
    }

    /// Whether the golden set is the same, ids and values.
    #[must_use]
    pub const fn is_none(&self) -> bool {
        self.unchanged == self.persons_before && self.unchanged == self.persons_after
    }
}

/// How a field of the golden records changed, over persons with the same id.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct FieldCount {
    pub field: String,
    /// Missing before, a value now.
    pub filled: u64,
    /// A value before, missing now.
    pub emptied: u64,
    /// Another value.
    pub replaced: u64,
    pub reasons: ByReason,
}

/// A source record by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct RecordName {
    pub source: String,
    pub record_id: String,
}

/// Why, in the machine's word and in words for people.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub reason: Reason,
    /// What of it: `crm:12 is new`, `[match] changed in the plan`.
    pub what: String,
    /// Of [`Reason::Input`]: the records, at most [`super::RECORDS_SHOWN`].
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub inputs: Vec<Input>,
}

/// What happened to a record in the export.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum InputFate {
    New,
    Changed,
    Gone,
}

/// A record that came, went or has other values in the export.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Input {
    pub record: RecordName,
    pub fate: InputFate,
    /// Of a changed one the fields and extra columns that differ as they were linked:
    /// empty when it is only written differently, none when a run kept no values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fields: Option<Vec<String>>,
}

impl Input {
    /// `crm:12 changed (city, phone)`.
    #[must_use]
    pub fn words(&self) -> String {
        const FIELDS: usize = 6;
        let name = format!("{}:{}", self.record.source, self.record.record_id);
        match (self.fate, self.fields.as_deref()) {
            (InputFate::New, _) => format!("{name} is new"),
            (InputFate::Gone, _) => format!("{name} is gone"),
            (InputFate::Changed, None) => format!("{name} changed"),
            (InputFate::Changed, Some([])) => format!("{name} changed (in how it is written)"),
            (InputFate::Changed, Some(fields)) => {
                let own = format!("{}:", self.record.source);
                let short = |field: &String| field.strip_prefix(&own).unwrap_or(field).to_owned();
                let mut told: Vec<String> = fields.iter().take(FIELDS).map(short).collect();
                if fields.len() > FIELDS {
                    told.push(format!("{} more", fields.len() - FIELDS));
                }
                format!("{name} changed ({})", told.join(", "))
            }
        }
    }
}

/// One person of a sample, with a name to recognise it by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Person {
    pub golden_id: String,
    /// Name, else email, else company; empty when there is none of them.
    pub label: String,
    /// At most [`super::RECORDS_SHOWN`] of them.
    pub records: Vec<RecordName>,
    pub record_count: u64,
    pub cause: Cause,
}

/// A person who took in others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Merge {
    pub into: Person,
    /// The ids that were given up.
    pub from: Vec<String>,
}

/// A person who was taken apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Split {
    pub from: Person,
    /// The new ids.
    pub into: Vec<String>,
}

/// A record that went from one person to another; both ids stay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Move {
    pub record: RecordName,
    pub from: String,
    pub into: String,
    pub cause: Cause,
}

/// A person with the same id and other values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Changed {
    pub person: Person,
    pub fields: Vec<FieldChange>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FieldChange {
    pub field: String,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// Something outside the records that is another than before: why reasons are
/// `rule` or `decision`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Circumstance {
    pub reason: Reason,
    /// In words: `[match] threshold: 0.5 -> 0.6`, `decision taken: never crm:1, crm:2`.
    pub what: String,
}

/// A run by name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct RunName {
    pub id: String,
    /// RFC 3339.
    pub started: String,
}

/// All that changed. The lists hold at most as many as were asked for, the rarer
/// reasons first, then by id; the counts are of all.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Changes {
    pub before: RunName,
    pub after: RunName,
    pub counts: Counts,
    /// What of `counts` has which reason, by the name of the count (`added`, `gone`,
    /// `merged`, `split`, `moved_records`, `changed`).
    pub reasons: BTreeMap<&'static str, ByReason>,
    /// The fields that changed, most first.
    pub fields: Vec<FieldCount>,
    /// Plan, rules, version and decisions, where they differ.
    pub circumstances: Vec<Circumstance>,
    pub added: Vec<Person>,
    pub gone: Vec<Person>,
    pub merged: Vec<Merge>,
    pub split: Vec<Split>,
    pub moved: Vec<Move>,
    pub changed: Vec<Changed>,
}
