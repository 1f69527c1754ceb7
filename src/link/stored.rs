//! The estimated models as a run folder keeps them, and pairs weighed with them again.
//!
//! A kept pair ([`super::kept`]) holds what was compared, in numbers; with the stored
//! model the same code that weighed it tells the bits of each piece, and what another
//! outcome would have weighed.

use serde::{Deserialize, Serialize};

use super::columns::{Columns, Seen, Weights};
use super::compare::{Compared, Pattern};
use super::judge::{self, Judge, Kind, MIXED};
use super::kernel::em::CLASSES;
use super::kernel::guards::Guards;
use super::model::stored::StoredScorer;
use super::score::{Evidence, Scorer, odds};

/// The form of a stored model; grows when a key changes its meaning.
const FORMAT: u32 = 1;

/// Both models and the learned columns, as JSON has them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StoredModel {
    pub format: u32,
    pub people: StoredScorer,
    pub organisations: StoredScorer,
    pub people_columns: Vec<Weights>,
    pub organisation_columns: Vec<Weights>,
    /// The limits of clustering.
    pub guards: Guards,
}

/// A stored model, ready to weigh.
pub struct Weigher {
    pub guards: Guards,
    people: (Scorer, Vec<Weights>),
    organisations: (Scorer, Vec<Weights>),
}

/// A comparison of the model, in words.
#[derive(Clone, Copy, Debug)]
pub struct Named<'a> {
    pub name: &'a str,
    /// Level 1 first.
    pub levels: &'a [String],
    /// The fields whose values it looks at.
    pub fields: &'a [String],
}

impl StoredModel {
    #[must_use]
    pub fn of(judge: &Judge, guards: &Guards) -> Self {
        let weights = |columns: &Columns| -> Vec<Weights> {
            columns
                .taken
                .iter()
                .map(|column| column.weights.clone())
                .collect()
        };
        Self {
            format: FORMAT,
            people: StoredScorer::of(&judge.people),
            organisations: StoredScorer::of(&judge.organisations),
            people_columns: weights(&judge.people_columns),
            organisation_columns: weights(&judge.organisation_columns),
            guards: *guards,
        }
    }

    /// # Errors
    /// What can't be, in words.
    pub fn weigher(&self) -> Result<Weigher, String> {
        if self.format != FORMAT {
            return Err(format!(
                "the model has the form {}, this karat knows {FORMAT}",
                self.format
            ));
        }
        Ok(Weigher {
            guards: self.guards,
            people: (self.people.scorer()?, self.people_columns.clone()),
            organisations: (
                self.organisations.scorer()?,
                self.organisation_columns.clone(),
            ),
        })
    }
}

impl Weigher {
    fn of(&self, kind: Kind) -> Option<&(Scorer, Vec<Weights>)> {
        match kind {
            Kind::People => Some(&self.people),
            Kind::Organisations => Some(&self.organisations),
            Kind::Mixed => None,
        }
    }

    /// The model's comparisons, in the order of their places in a pattern.
    pub fn comparisons(&self, kind: Kind) -> impl Iterator<Item = Named<'_>> {
        self.of(kind).into_iter().flat_map(|(scorer, _)| {
            let model = &scorer.model;
            let texts = model.level_names.iter().zip(&model.fields);
            model
                .specs
                .iter()
                .zip(texts)
                .map(|(spec, (levels, fields))| Named {
                    name: &spec.name,
                    levels,
                    fields,
                })
        })
    }

    /// The learned columns of a kind of pairs.
    #[must_use]
    pub fn columns(&self, kind: Kind) -> &[Weights] {
        self.of(kind).map_or(&[], |(_, columns)| columns)
    }

    /// Whether the model has every level of a pattern.
    #[must_use]
    pub fn knows(&self, kind: Kind, pattern: Pattern) -> bool {
        self.of(kind).is_none_or(|(scorer, _)| {
            (0..16).all(|at| {
                let levels = scorer.model.level_names.get(at).map_or(0, Vec::len);
                usize::from(pattern.level_at(at)) <= levels
            })
        })
    }

    /// The match weight in bits, prior included. The pattern must be [known](Self::knows).
    #[must_use]
    pub fn weight(&self, kind: Kind, compared: &Compared, seen: &[Seen]) -> f64 {
        let Some((scorer, columns)) = self.of(kind) else {
            return f64::from(MIXED);
        };
        let joint: [f64; CLASSES] = columns
            .iter()
            .zip(seen)
            .fold(scorer.joint_of(compared), |joint, (weights, seen)| {
                weights.add(*seen, joint)
            });
        odds(joint) + scorer.beside(compared)
    }

    /// The same piece by piece, the prior first; the bits add up to the weight.
    #[must_use]
    pub fn evidence(&self, kind: Kind, compared: &Compared, seen: &[Seen]) -> Vec<Evidence> {
        match self.of(kind) {
            Some((scorer, columns)) => {
                judge::evidence(scorer, columns.iter().zip(seen.iter().copied()), compared)
            }
            None => judge::mixed(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::kernel::em::Parameters;
    use crate::link::model::Models;
    use crate::plan::MatchPlan;
    use crate::rulebook::Rulebook;

    /// A model that nobody estimated, through JSON and back.
    #[test]
    fn a_stored_model_weighs_as_the_one_that_it_was() {
        let text = Rulebook::builtin().file("matching.toml").expect("built in");
        let models = Models::parse(text, &MatchPlan::default()).expect("the built-in model");
        let scorer = |model: crate::link::model::MatchModel| {
            let share = [0.01, 0.001, 0.02, 0.003, 0.966];
            let parameters = Parameters::from_priors(&model.specs, share);
            Scorer::new(model, parameters, std::iter::empty())
        };
        let judge = Judge {
            people: scorer(models.people),
            organisations: scorer(models.organisations),
            people_columns: Columns::default(),
            organisation_columns: Columns::default(),
        };
        let json =
            serde_json::to_string(&StoredModel::of(&judge, &models.guards)).expect("plain values");
        let value: serde_json::Value = serde_json::from_str(&json).expect("JSON");
        let stored: StoredModel = serde_json::from_value(value).expect("the same form");
        let weigher = stored.weigher().expect("a whole model");
        let mut state = 7u64;
        for _ in 0..2_000 {
            let mut pattern = Pattern(0);
            for (at, names) in judge.people.model.level_names.iter().enumerate() {
                state = state
                    .wrapping_mul(6_364_136_223_846_793_005)
                    .wrapping_add(1);
                let level = (state >> 33) as usize % (names.len() + 1);
                pattern.set_at(at, u8::try_from(level).expect("at most 15"));
            }
            let compared = Compared {
                pattern,
                given_rarity: 1.5,
                family_rarity: -0.25,
                community: 0.5,
            };
            let weight = f64::from(judge.people.weight(&compared));
            let again = weigher.weight(Kind::People, &compared, &[]);
            assert!((weight - again).abs() < 1e-4, "{weight} {again}");
            let evidence = weigher.evidence(Kind::People, &compared, &[]);
            let sum: f64 = evidence.iter().map(|piece| piece.bits).sum();
            // Without a name there is no place for a community's bits.
            if evidence.iter().any(|piece| piece.comparison == "community") {
                assert!((sum - again).abs() < 1e-6, "{sum} {again}");
            }
        }
    }

    #[test]
    fn a_model_of_another_form_is_refused() {
        let text = r#"{"format":2,"people":{"share":[0,0,0,0,1],"comparisons":[]},
            "organisations":{"share":[0,0,0,0,1],"comparisons":[]},
            "people_columns":[],"organisation_columns":[],
            "guards":{"clip":12,"ruled_out":-50,"uncompared":-2,"alone":1,"loose":-4,"full":60,"full_pairs":9}}"#;
        let stored: StoredModel = serde_json::from_str(text).expect("parses");
        assert!(stored.weigher().is_err());
    }
}
