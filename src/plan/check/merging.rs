//! `[[merge.field]]` against the fields and the sources.

use super::Check;
use super::sources::Located;
use crate::contact::diagnostic::shown;
use crate::contact::{Field, FieldType};
use crate::plan::checked::{MergeField, Strategy};
use crate::plan::written::{self, At, OneOrMany};

impl Check<'_> {
    pub fn merge(&mut self, written: written::Merge, sources: &[Located]) -> Vec<MergeField> {
        let mut list: Vec<MergeField> = Vec::new();
        for entry in written.field.unwrap_or_default() {
            let written = entry.get();
            let Some(name) = &written.field else {
                if !self.faults.refused(entry.span().start, "field") {
                    self.faults
                        .fault(
                            entry.span(),
                            "plan_merge_without_field",
                            "this entry names no field",
                        )
                        .hint("add field = \"…\"");
                }
                continue;
            };
            let names = self.trusted(written, sources);
            let Some(field) = self.field(name, true) else {
                continue;
            };
            if list.iter().any(|other| other.field == field.name) {
                self.faults
                    .fault(
                        name.span(),
                        "plan_merge_twice",
                        format!("there is a [[merge.field]] for '{}' already", field.name),
                    )
                    .hint("join the two: 'strategy' takes a list");
            }
            let strategies = self.strategies(written.strategy.as_ref(), &field);
            let refused = |key| self.faults.refused(entry.span().start, key);
            if written.strategy.is_none()
                && names.is_empty()
                && !refused("strategy")
                && !refused("sources")
            {
                self.faults
                    .fault(
                        name.span(),
                        "plan_merge_empty",
                        format!("this entry says nothing about '{}'", field.name),
                    )
                    .hint("add strategy = [\"most_recent\"] or sources = [\"…\"]");
            }
            list.push(MergeField {
                field: field.name,
                strategies,
                sources: names,
            });
        }
        list
    }

    fn strategies(
        &mut self,
        written: Option<&OneOrMany<Strategy>>,
        field: &Field,
    ) -> Vec<Strategy> {
        let mut list: Vec<Strategy> = Vec::new();
        for strategy in written.into_iter().flat_map(OneOrMany::iter) {
            let kind = *strategy.get();
            if let Some((message, hint)) = misfit(kind, field) {
                self.faults
                    .fault(strategy.span(), "plan_strategy_misfit", message)
                    .hint(hint);
            } else if list.contains(&kind) {
                self.faults.warning(
                    strategy.span(),
                    "plan_strategy_twice",
                    "this strategy stands in the list already",
                );
            } else {
                list.push(kind);
            }
        }
        list
    }

    fn trusted(&mut self, written: &written::MergeField, sources: &[Located]) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        for name in written.sources.iter().flatten() {
            self.source_known(name, sources);
            if names.contains(name.get()) {
                self.faults.fault(
                    name.span(),
                    "plan_source_listed_twice",
                    format!("{} stands in the list already", shown(name.get())),
                );
            }
            names.push(name.get().clone());
        }
        names
    }

    fn source_known(&mut self, name: &At<String>, sources: &[Located]) {
        let known = || sources.iter().map(|(source, _)| source.name.as_str());
        if known().any(|source| source == name.get()) {
            return;
        }
        self.faults
            .fault(
                name.span(),
                "plan_unknown_source",
                format!("{} is no source of this plan", shown(name.get())),
            )
            .near(name.get(), known(), || {
                let names: Vec<&str> = known().collect();
                (!names.is_empty()).then(|| format!("the sources are {}", names.join(", ")))
            });
    }
}

/// Why a strategy can't pick this field's value: what is wrong, what to do.
fn misfit(strategy: Strategy, field: &Field) -> Option<(String, &'static str)> {
    let name = &field.name;
    let consent = field.kind == FieldType::Consent;
    match strategy {
        Strategy::OptOut if !consent => Some((
            format!("'opt_out' is for consent, and '{name}' is none"),
            "write another strategy, such as \"most_recent\"",
        )),
        Strategy::OptOut => None,
        _ if consent => Some((
            format!("an opt-out always wins: '{name}' takes no other strategy"),
            "leave this entry out",
        )),
        Strategy::Union if !field.multi => Some((
            format!("'union' is for fields with several values, and '{name}' holds one"),
            "write another strategy, such as \"most_frequent\"",
        )),
        Strategy::Furthest if field.kind != FieldType::Vocabulary => Some((
            format!("'furthest' is for words that have an order, and '{name}' has none"),
            "write another strategy, such as \"most_recent\"",
        )),
        _ => None,
    }
}
