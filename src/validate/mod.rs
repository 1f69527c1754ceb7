//! Rules over the standardised table → violations, fixes, records held out.
//!
//! In: the table, the doubts that standardising raised, the rulebook with the
//! plan's files on top. Out: the table after the rules' fixes, every broken rule
//! on every record, the rows held out, an event for each change. In this order:
//! doubts get their rules' severity and action; rules that fix or clear change
//! the table, one after another; then all others judge the table as it then is.

mod asked;
mod document;
mod doubts;
pub mod examples;
mod fix;
pub mod gate;
mod kind;
mod kinds;
mod known;
mod literal;
mod load;
mod parse;
mod rule;
mod run;
mod sql;
mod sql_allowed;
#[cfg(test)]
mod tests;
mod view;

use std::collections::BTreeMap;

use crate::contact::{Diagnostic, Events, Failure, Held, Records, Table, Violations};
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::watch::Watch;

pub use document::{Document, Home};
pub use kind::{KINDS, Kind};
pub use kinds::kinds;
pub use known::Known;
pub use load::{load, load_documents, load_files};
pub use rule::{Example, Examples, Rule, Rules};
pub use run::run;

/// The table after the rules' fixes, and what was found.
#[derive(Clone, Debug, Default)]
pub struct Validated {
    pub table: Table,
    pub events: Events,
    /// The doubts of standardising and the broken rules, by record, field, rule.
    pub violations: Violations,
    /// Rows held out by a rule, on top of those of the records.
    pub held: BTreeMap<u32, Held>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Runs the built-in and the plan's rules.
///
/// `doubts` are the violations that standardising raised: they come back among
/// [`Validated::violations`], with what the rulebook says about them.
///
/// # Errors
/// Exit 2: a rule that can't be (unknown field, bad regex, bad SQL …), all of them.
pub fn validate(
    table: Table,
    records: &Records,
    plan: &Plan,
    rulebook: &Rulebook,
    doubts: Violations,
    watch: &dyn Watch,
) -> Result<Validated, Failure> {
    let rules = load(plan, rulebook, Some(table.names()))?;
    run(
        &rules,
        table,
        records,
        rulebook.fields(),
        &plan.run_date,
        doubts,
        watch,
    )
}
