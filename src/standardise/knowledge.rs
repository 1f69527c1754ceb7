//! Everything that standardising knows from `rules/`, loaded once, and the value
//! types that need no more than a value.

use super::date::DateRules;
use super::email::{self, EmailRules};
use super::outcome::Outcome;
use super::phone::PhoneRules;
use super::placeholder::Placeholders;
use super::text;
use crate::contact::{Field, FieldType};
use crate::rulebook::Rulebook;

/// The rules of all types.
pub struct Knowledge {
    pub placeholders: Placeholders,
    pub emails: EmailRules,
    pub phones: PhoneRules,
    pub dates: DateRules,
}

impl Knowledge {
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        Self {
            placeholders: Placeholders::load(rulebook),
            emails: EmailRules::load(rulebook),
            phones: PhoneRules::load(rulebook),
            dates: DateRules::load(rulebook),
        }
    }

    /// Standardises one cleaned value of a field by its type alone.
    #[must_use]
    pub fn single(&self, field: &Field, value: &str) -> Outcome {
        match field.kind {
            FieldType::Email => email::standardise(value, &self.emails),
            _ => text::standardise(value),
        }
    }
}
