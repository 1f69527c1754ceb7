//! `[[match.comparison]]` against the built-in match model.

use serde::Deserialize;

use super::{Check, value};
use crate::contact::diagnostic::shown;
use crate::plan::checked::{ComparisonPlan, LevelPlan, RecordKind};
use crate::plan::written::{At, MatchComparison, MatchLevel};
use crate::rulebook::Rulebook;

/// The comparisons of `rules/matching.toml`, as far as a plan may name them.
#[derive(Debug, Default, Deserialize)]
struct Model {
    comparison: Vec<Comparison>,
    organisations: Organisations,
}

#[derive(Debug, Default, Deserialize)]
struct Organisations {
    comparison: Vec<Comparison>,
}

#[derive(Debug, Deserialize)]
struct Comparison {
    name: String,
    /// Agreement on a rare value counts more.
    #[serde(default)]
    rarity: bool,
    level: Vec<Level>,
}

#[derive(Debug, Deserialize)]
struct Level {
    name: String,
}

impl Model {
    fn of(rulebook: &Rulebook) -> Self {
        toml::from_str(rulebook.file("matching.toml").unwrap_or_default()).unwrap_or_default()
    }

    fn comparisons(&self, records: RecordKind) -> &[Comparison] {
        match records {
            RecordKind::People => &self.comparison,
            RecordKind::Organisations => &self.organisations.comparison,
        }
    }
}

impl Check<'_> {
    pub(super) fn comparisons(&mut self, written: &[At<MatchComparison>]) -> Vec<ComparisonPlan> {
        if written.is_empty() {
            return Vec::new();
        }
        let model = Model::of(self.rulebook);
        let mut list: Vec<ComparisonPlan> = Vec::new();
        for at in written {
            let Some(known) = self.known_comparison(at, &model) else {
                continue;
            };
            let entry = at.get();
            let plan = ComparisonPlan {
                name: known.name.clone(),
                records: value(&entry.records).unwrap_or_default(),
                used: value(&entry.used).unwrap_or(true),
                estimate: value(&entry.estimate).unwrap_or(true),
                rarity: value(&entry.rarity).unwrap_or(true),
                levels: self.levels(entry.level.as_deref().unwrap_or_default(), known),
            };
            if let Some(rarity) = &entry.rarity
                && !known.rarity
            {
                self.faults
                    .fault(
                        rarity.span(),
                        "plan_match_rarity",
                        format!("'{}' does not weigh how rare a value is", known.name),
                    )
                    .hint(format!(
                        "leave 'rarity' out; {} do",
                        names(
                            model
                                .comparisons(plan.records)
                                .iter()
                                .filter(|c| c.rarity)
                                .map(|c| &c.name)
                        )
                    ));
            }
            if let Some(name) = &entry.name {
                self.sense(name, &plan, &list, known, at);
            }
            list.push(plan);
        }
        list
    }

    /// The comparison that an entry names.
    fn known_comparison<'m>(
        &mut self,
        entry: &At<MatchComparison>,
        model: &'m Model,
    ) -> Option<&'m Comparison> {
        let Some(name) = &entry.get().name else {
            if !self.faults.refused(entry.span().start, "name") {
                self.faults
                    .fault(
                        entry.span(),
                        "plan_match_without_name",
                        "this entry names no comparison",
                    )
                    .hint("add name = \"…\"");
            }
            return None;
        };
        let records = value(&entry.get().records).unwrap_or_default();
        let comparisons = model.comparisons(records);
        let found = comparisons.iter().find(|c| c.name == *name.get());
        let of_organisations = records == RecordKind::People
            && model
                .comparisons(RecordKind::Organisations)
                .iter()
                .any(|c| c.name == *name.get());
        if found.is_none() && of_organisations {
            self.faults
                .fault(
                    name.span(),
                    "plan_unknown_comparison",
                    format!("{} is no comparison of people", shown(name.get())),
                )
                .hint("it is one of organisations: add records = \"organisations\"");
        } else if found.is_none() {
            let known = || comparisons.iter().map(|c| c.name.as_str());
            self.faults
                .fault(
                    name.span(),
                    "plan_unknown_comparison",
                    format!("{} is no comparison", shown(name.get())),
                )
                .near(name.get(), known(), || {
                    Some(format!(
                        "the comparisons are {}",
                        names(comparisons.iter().map(|c| &c.name))
                    ))
                });
        }
        found
    }

    /// Does the entry, as a whole, make sense?
    fn sense(
        &mut self,
        name: &At<String>,
        plan: &ComparisonPlan,
        earlier: &[ComparisonPlan],
        known: &Comparison,
        at: &At<MatchComparison>,
    ) {
        let entry = at.get();
        if earlier
            .iter()
            .any(|other| other.name == plan.name && other.records == plan.records)
        {
            self.faults
                .fault(
                    name.span(),
                    "plan_match_twice",
                    format!(
                        "there is a [[match.comparison]] for '{}' already",
                        plan.name
                    ),
                )
                .hint("join the two");
        }
        let says_nothing = entry.used.is_none()
            && entry.estimate.is_none()
            && entry.rarity.is_none()
            && entry.level.as_ref().is_none_or(Vec::is_empty);
        if says_nothing
            && !["use", "estimate", "rarity", "level"]
                .iter()
                .any(|key| self.faults.refused(at.span().start, key))
        {
            self.faults
                .fault(
                    name.span(),
                    "plan_match_empty",
                    format!("this entry says nothing about '{}'", plan.name),
                )
                .hint("add use = false, or a [[match.comparison.level]]");
        }
        let left = plan.levels.iter().filter(|level| !level.used).count();
        if left > 0 && left == known.level.len() {
            self.faults
                .fault(
                    name.span(),
                    "plan_match_no_level",
                    format!("no level of '{}' is left", plan.name),
                )
                .hint("to leave the comparison out, write use = false in its place");
        }
        let sum: f64 = plan.levels.iter().filter_map(|level| level.m).sum();
        if sum > 1.0 + 1e-9 {
            self.faults
                .fault(
                    name.span(),
                    "plan_match_sum",
                    format!("the m of the levels of '{}' add up to {sum:.3}", plan.name),
                )
                .hint("they are shares of all pairs that are one person: 1 at most");
        }
    }

    fn levels(&mut self, written: &[At<MatchLevel>], known: &Comparison) -> Vec<LevelPlan> {
        let mut list: Vec<LevelPlan> = Vec::new();
        for entry in written {
            let Some(name) = &entry.get().name else {
                if !self.faults.refused(entry.span().start, "name") {
                    self.faults
                        .fault(
                            entry.span(),
                            "plan_match_without_name",
                            "this entry names no level",
                        )
                        .hint("add name = \"…\"");
                }
                continue;
            };
            let Some(at) = known.level.iter().position(|l| l.name == *name.get()) else {
                let levels = || known.level.iter().map(|level| level.name.as_str());
                self.faults
                    .fault(
                        name.span(),
                        "plan_unknown_level",
                        format!("'{}' has no level {}", known.name, shown(name.get())),
                    )
                    .near(name.get(), levels(), || {
                        Some(format!(
                            "its levels are {}",
                            names(known.level.iter().map(|level| &level.name))
                        ))
                    });
                continue;
            };
            if list.iter().any(|other| other.name == *name.get()) {
                self.faults
                    .fault(
                        name.span(),
                        "plan_match_twice",
                        format!("{} stands there already", shown(name.get())),
                    )
                    .hint("join the two");
            }
            let level = entry.get();
            if let Some(bits) = &level.bits
                && at + 1 == known.level.len()
            {
                self.faults
                    .fault(
                        bits.span(),
                        "plan_match_last_bits",
                        format!(
                            "'{}' is the last level of '{}': its bits follow from the others",
                            name.get(),
                            known.name
                        ),
                    )
                    .hint("set its m: the smaller, the more it speaks against one person");
            }
            list.push(LevelPlan {
                name: name.get().clone(),
                used: value(&level.used).unwrap_or(true),
                m: value(&level.m),
                bits: value(&level.bits),
            });
        }
        list
    }
}

/// "'a', 'b' and 'c'".
fn names<'a>(names: impl Iterator<Item = &'a String>) -> String {
    super::any_of(names.map(String::as_str)).replace(" or ", " and ")
}
