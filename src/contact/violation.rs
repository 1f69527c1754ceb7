//! Broken rules on records.

use std::ops::Deref;
use std::sync::Arc;

use super::diagnostic::Severity;

/// What is done about a violation.
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
pub enum Action {
    /// The value was, or is proposed to be, changed.
    Fix,
    /// The value was taken out.
    Clear,
    /// Only reported.
    Flag,
    /// The record is held out of the golden set.
    Quarantine,
}

impl Action {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Fix => "fix",
            Self::Clear => "clear",
            Self::Flag => "flag",
            Self::Quarantine => "quarantine",
        }
    }
}

/// One broken rule on one record: a row of `violations.csv`.
///
/// Kept small, since there are more of them than records: what a rule says is shared by
/// the records that it says it of ([`Broken`]; its fields are read through this).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Row of [`super::Records`].
    pub record: u32,
    /// The value as it was when the rule looked, if any.
    pub value: Option<Arc<str>>,
    pub broken: Arc<Broken>,
}

/// What a rule says of one record or of many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// Canonical field or extra column; "" when it is about the whole record.
    pub field: Arc<str>,
    /// The rule's id (`phone_not_dialable`): a contract.
    pub rule: Arc<str>,
    pub severity: Severity,
    pub message: Arc<str>,
    pub action: Action,
    pub owner: Arc<str>,
}

impl Deref for Violation {
    type Target = Broken;

    fn deref(&self) -> &Broken {
        &self.broken
    }
}

pub type Violations = Vec<Violation>;
