//! Sources that had another name before: records keep their golden ids, decisions their
//! records.

use std::collections::BTreeMap;

use serde_json::Value;

use super::checked::Plan;

/// Old name → today's.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Renames(BTreeMap<String, String>);

impl Renames {
    #[must_use]
    pub fn of(plan: &Plan) -> Self {
        let pairs = plan.sources.iter().flat_map(|source| {
            let old = source.was.iter();
            old.map(|old| (old.clone(), source.name.clone()))
        });
        Self(pairs.collect())
    }

    /// Those of the plan that a run's summary tells.
    #[must_use]
    pub fn of_summary(summary: &Value) -> Self {
        let mut pairs = BTreeMap::new();
        for source in summary["plan"]["sources"].as_array().into_iter().flatten() {
            let old = source["was"].as_array().into_iter().flatten();
            for old in old.filter_map(Value::as_str) {
                let name = source["name"].as_str().unwrap_or(old);
                pairs.insert(old.to_owned(), name.to_owned());
            }
        }
        Self(pairs)
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What a source is called today.
    #[must_use]
    pub fn today<'n>(&'n self, name: &'n str) -> &'n str {
        self.0.get(name).map_or(name, String::as_str)
    }

    /// Calls a source by its name of today.
    pub fn apply(&self, name: &mut String) {
        if let Some(today) = self.0.get(name) {
            today.clone_into(name);
        }
    }

    /// The same for what a summary tells of its sources, of its plan's and of the runs
    /// before it.
    pub fn apply_to_summary(&self, summary: &mut Value) {
        if self.is_empty() {
            return;
        }
        let lists = ["/sources", "/plan/sources"];
        for list in lists {
            let sources = summary.pointer_mut(list).and_then(Value::as_array_mut);
            for source in sources.into_iter().flatten() {
                if let Some(Value::String(name)) = source.get_mut("name") {
                    self.apply(name);
                }
            }
        }
    }

    /// The same for the key figures of earlier runs.
    pub fn apply_to_history(&self, history: &mut [Value]) {
        for run in history {
            let Some(sources) = run.get_mut("sources").and_then(Value::as_object_mut) else {
                continue;
            };
            let old = std::mem::take(sources);
            *sources = old
                .into_iter()
                .map(|(name, figures)| (self.today(&name).to_owned(), figures))
                .collect();
        }
    }
}
