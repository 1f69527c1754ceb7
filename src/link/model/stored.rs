//! A model's structure as it is written into a run folder, and back.
//!
//! A run has to explain itself: with the levels, tables and parents that it used, not
//! with those of the karat that reads it.

use serde::{Deserialize, Serialize};

use super::{LeftOut, MatchModel, Parent};
use crate::link::compare::Comparison;
use crate::link::kernel::em::{CLASSES, ComparisonSpec, Parameters};
use crate::link::lessons::Corrections;
use crate::link::score::Scorer;

/// An estimated model: all that weighing a pattern needs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredScorer {
    /// Share of each class among all pairs.
    pub share: [f64; CLASSES],
    /// In the order of their places in a pattern.
    pub comparisons: Vec<StoredComparison>,
}

/// One comparison of an estimated model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredComparison {
    pub name: String,
    /// Level names, level 1 first.
    pub levels: Vec<String>,
    /// Whose values it looks at.
    pub fields: Vec<String>,
    /// Class → table of `p`.
    table_of: [usize; CLASSES],
    tells_classes: bool,
    parent: StoredParent,
    coincidence: [bool; CLASSES],
    /// `[table][parent state][level - 1]`, probabilities.
    p: Vec<Vec<Vec<f64>>>,
    /// Bits that decisions add, by level from 0; empty when they taught nothing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    taught: Vec<f64>,
}

/// How the parent's state follows from a pattern.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum StoredParent {
    None,
    Names,
    /// The place of the parent in the pattern, and the state of each of its levels.
    Level(usize, [u8; 16]),
}

impl StoredScorer {
    #[must_use]
    pub fn of(scorer: &Scorer) -> Self {
        let model = &scorer.model;
        let comparisons = model
            .specs
            .iter()
            .enumerate()
            .map(|(k, spec)| StoredComparison {
                name: spec.name.clone(),
                levels: model.level_names[k].clone(),
                fields: model.fields[k].clone(),
                table_of: spec.table_of,
                tells_classes: spec.tells_classes,
                parent: match &model.parents[k] {
                    Parent::None => StoredParent::None,
                    Parent::Names => StoredParent::Names,
                    Parent::Level(at, map) => StoredParent::Level(*at, *map),
                },
                coincidence: model.coincidence[k],
                p: scorer.parameters.p[k].clone(),
                taught: scorer.lessons.levels(k),
            })
            .collect();
        Self {
            share: scorer.parameters.share,
            comparisons,
        }
    }

    /// The scorer that this was written from; for weighing only, not for estimating.
    ///
    /// # Errors
    /// What can't be, in words: a file that another program wrote.
    pub fn scorer(&self) -> Result<Scorer, String> {
        if self.comparisons.len() > Comparison::COUNT {
            return Err("the model has more comparisons than a pattern".to_owned());
        }
        let mut model = MatchModel {
            specs: Vec::new(),
            level_names: Vec::new(),
            fields: Vec::new(),
            parents: Vec::new(),
            coincidence: Vec::new(),
            start: self.share,
            relatives: f64::INFINITY,
            rounds: 0,
            random_pairs: 0,
            prior_pairs: 0.0,
            least_pairs: 0,
            generations: std::collections::BTreeMap::new(),
            particles: Vec::new(),
            without: [false; CLASSES],
            left_out: LeftOut::default(),
            changes: Vec::new(),
        };
        let mut p = Vec::new();
        let mut taught = Vec::new();
        for stored in &self.comparisons {
            let (spec, parent) = stored.take_up(self.comparisons.len())?;
            model.specs.push(spec);
            model.parents.push(parent);
            model.level_names.push(stored.levels.clone());
            model.fields.push(stored.fields.clone());
            model.coincidence.push(stored.coincidence);
            p.push(stored.p.clone());
            taught.push(stored.taught.clone());
        }
        let parameters = Parameters {
            share: self.share,
            p,
        };
        let mut scorer = Scorer::new(model, parameters, std::iter::empty());
        scorer.lessons = Corrections::from_levels(&taught);
        Ok(scorer)
    }
}

impl StoredComparison {
    fn take_up(&self, comparisons: usize) -> Result<(ComparisonSpec, Parent), String> {
        let levels = self.levels.len();
        let (parent, states) = match &self.parent {
            StoredParent::None => (Parent::None, 1),
            StoredParent::Names => (Parent::Names, 4),
            StoredParent::Level(at, map) => (
                Parent::Level(*at, *map),
                usize::from(map.iter().copied().max().unwrap_or(0)) + 1,
            ),
        };
        let fits = (1..=15).contains(&levels)
            && self.table_of.iter().all(|&table| table < self.p.len())
            && self.p.iter().all(|table| {
                table.len() >= states && table.iter().all(|state| state.len() == levels)
            })
            && !matches!(parent, Parent::Level(at, _) if at >= comparisons);
        if !fits {
            return Err(format!("the comparison '{}' is not whole", self.name));
        }
        let spec = ComparisonSpec {
            name: self.name.clone(),
            levels,
            states,
            table_of: self.table_of,
            tables: self.p.len(),
            tells_classes: self.tells_classes,
            ..ComparisonSpec::default()
        };
        Ok((spec, parent))
    }
}
