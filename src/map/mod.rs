//! Headers → canonical fields; all sources into one set of records.
//!
//! [`preset`] recognises the system, [`assign()`] decides about every header,
//! [`ids`] names and orders the records, [`cells`] builds the columns, and
//! `union` lays the sources under one another.

pub mod assign;
pub mod cells;
mod dates;
pub mod draft;
mod fill;
pub mod fold;
pub mod generic;
pub mod ids;
mod lists;
pub mod preset;
mod report;
mod route;
mod union;

use crate::contact::{Diagnostic, Events, Failure, FailureKind, Records};
use crate::plan::{Plan, SourcePlan};
use crate::read::SourceRead;
use crate::rulebook::Rulebook;
use crate::watch::Watch;
use assign::{Assigned, Lists, assign};

/// The records as mapped, raw values still.
#[derive(Clone, Debug, Default)]
pub struct Mapped {
    pub records: Records,
    pub events: Events,
    pub diagnostics: Vec<Diagnostic>,
}

/// Maps every source's columns and puts the records into their one order.
///
/// # Errors
/// Exit 2: a header that the plan names and the file lacks, two columns for one
/// field, an unknown system.
pub fn map(
    mut sources: Vec<SourceRead>,
    plan: &Plan,
    rulebook: &Rulebook,
    watch: &dyn Watch,
) -> Result<Mapped, Failure> {
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    let words = Words::load(rulebook)?;
    let lists = words.lists(rulebook);
    let plans: Vec<SourcePlan> = sources.iter().map(|source| plan_of(plan, source)).collect();
    let mut faults = Vec::new();
    let mut assigned: Vec<Assigned<'_>> = Vec::new();
    for (source, own) in sources.iter().zip(&plans) {
        match assign(source, own, lists) {
            Ok(found) => assigned.push(found),
            Err(found) => faults.extend(found),
        }
    }
    if !faults.is_empty() {
        return Err(Failure::new(FailureKind::Usage, faults));
    }
    let mut mapped = Mapped::default();
    for ((source, own), found) in sources.iter().zip(&plans).zip(&assigned) {
        mapped
            .diagnostics
            .extend(report::mapping(source, own, found));
    }
    union::union(&sources, plan, &plans, &assigned, lists, &mut mapped, watch);
    Ok(mapped)
}

/// The word lists, loaded.
#[derive(Debug)]
pub struct Words {
    presets: preset::Presets,
    generic: generic::Generic,
}

impl Words {
    /// Reads `rules/systems/` and `rules/headers/`.
    ///
    /// # Errors
    /// Exit 70: a built-in file that is not of the form.
    pub fn load(rulebook: &Rulebook) -> Result<Self, Failure> {
        let fault = |message| {
            Failure::one(
                FailureKind::Internal,
                Diagnostic::error("rules_not_readable", message),
            )
        };
        Ok(Self {
            presets: preset::Presets::load(rulebook).map_err(fault)?,
            generic: generic::Generic::load(rulebook).map_err(fault)?,
        })
    }

    #[must_use]
    pub fn lists<'a>(&'a self, rulebook: &'a Rulebook) -> Lists<'a> {
        Lists {
            fields: rulebook.fields(),
            presets: &self.presets,
            generic: &self.generic,
        }
    }
}

fn plan_of(plan: &Plan, source: &SourceRead) -> SourcePlan {
    plan.sources
        .iter()
        .find(|own| own.name == source.name)
        .cloned()
        .unwrap_or_else(|| SourcePlan {
            name: source.name.clone(),
            trust: 0.5,
            ..SourcePlan::default()
        })
}
