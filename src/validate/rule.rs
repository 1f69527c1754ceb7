//! A rule as checked: every name known, every pattern compiled, every list loaded.

use std::collections::BTreeMap;

use super::fix::Fix;
use super::kind::Kind;
use super::sql::Condition;
use crate::contact::{Action, Place, Severity};

/// All rules of a run, in the order of the files; a team's new rules stand last.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    pub list: Vec<Rule>,
    /// Ids of earlier versions → ids of today.
    pub aliases: BTreeMap<String, String>,
    /// Things to know that do not stop a run (a rule without an owner).
    pub notes: Vec<crate::contact::Diagnostic>,
}

impl Rules {
    /// The rule of an id, also by one that it had before.
    #[must_use]
    pub fn get(&self, id: &str) -> Option<&Rule> {
        let id = self.aliases.get(id).map_or(id, String::as_str);
        self.list.iter().find(|rule| rule.id == id)
    }
}

#[derive(Clone, Debug)]
pub struct Rule {
    /// Named for what it finds (`phone_not_dialable`): a contract.
    pub id: String,
    pub severity: Severity,
    /// The severity was written down; a doubt without one keeps its own.
    pub severity_given: bool,
    /// Who is to act.
    pub owner: String,
    pub why: String,
    /// What a violation says, instead of the kind's own words.
    pub message: Option<String>,
    /// The fields that it looks at, or that a violation is put down to.
    pub fields: Vec<String>,
    /// Only records of these sources; all when empty.
    pub sources: Vec<String>,
    /// Only records where this is TRUE.
    pub when: Option<Condition>,
    pub kind: Kind,
    pub action: Action,
    /// The action was written down; a doubt without one keeps its own.
    pub action_given: bool,
    pub fix: Option<Fix>,
    pub enabled: bool,
    pub examples: Examples,
    /// Its id in the file.
    pub place: Place,
}

/// Records that hold to a rule, and records that do not.
#[derive(Clone, Debug, Default)]
pub struct Examples {
    pub pass: Vec<Example>,
    pub fail: Vec<Example>,
}

/// One example: a record, or several for a rule that compares records.
#[derive(Clone, Debug)]
pub struct Example {
    /// Field → value; also `source`, `record_id`, `run_date`, `record_kind`.
    pub records: Vec<BTreeMap<String, String>>,
    pub place: Place,
}

impl Rule {
    /// What a violation on `field` says.
    #[must_use]
    pub fn words(&self, field: &str) -> String {
        self.message
            .clone()
            .unwrap_or_else(|| self.kind.words(field, &self.fields))
    }
}
