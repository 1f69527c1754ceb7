//! What standardising one value gives: the value, what was done, what is doubtful.

use crate::contact::Severity;

/// The result of a pure standardiser, `&str → Outcome`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// The canonical value; `None` when nothing usable is left (then `rule` says why).
    pub value: Option<String>,
    /// Values for other fields, found in this one: (field, value). A whole name
    /// gives its parts, a street a postcode. A field that already has a value of
    /// its own keeps it.
    pub parts: Vec<(&'static str, String)>,
    /// The steps taken, strongest first, as a rule id (`email_case`); "" when unchanged.
    pub rule: &'static str,
    /// In words, when the rule id does not say enough.
    pub reason: &'static str,
    /// Doubts: what a person should look at. The value was not changed for them.
    pub doubts: Vec<Doubt>,
}

/// Something about a value that a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Doubt {
    /// A rule id, named for what it finds (`phone_not_dialable`).
    pub rule: &'static str,
    pub severity: Severity,
    pub message: String,
    /// A change that guesses, proposed and not made.
    pub suggestion: Option<String>,
}

impl Outcome {
    /// The value as it came.
    #[must_use]
    pub fn unchanged(value: &str) -> Self {
        Self {
            value: Some(value.to_owned()),
            ..Self::default()
        }
    }

    /// The value after a change that cannot lose meaning.
    #[must_use]
    pub fn changed(value: impl Into<String>, rule: &'static str) -> Self {
        Self {
            value: Some(value.into()),
            rule,
            ..Self::default()
        }
    }

    /// Nothing usable is left.
    #[must_use]
    pub fn cleared(rule: &'static str, reason: &'static str) -> Self {
        Self {
            rule,
            reason,
            ..Self::default()
        }
    }

    #[must_use]
    pub fn doubt(mut self, doubt: Doubt) -> Self {
        self.doubts.push(doubt);
        self
    }
}
