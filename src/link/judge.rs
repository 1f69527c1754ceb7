//! Compares and weighs any two records: two people, two organisations, or one of each.

use super::columns::{
    self, ColumnReport, Columns, Input, Judged, LEVEL_NAMES, Sample, Seen, Weights,
};
use super::compare::names::NameComparer;
use super::compare::{self, Compared};
use super::features::Features;
use super::kernel::em::{ONE_PERSON, posterior};
use super::orgs;
use super::pairs::Pairs;
use super::score::{Evidence, Scorer, odds};

/// What a person and an organisation weigh: they are never one.
pub const MIXED: f32 = -30.0;

/// The estimated models, and the columns that no field fits but that say something.
pub struct Judge {
    pub people: Scorer,
    pub organisations: Scorer,
    pub people_columns: Columns,
    pub organisation_columns: Columns,
}

/// Compares two records of `f`.
pub fn compare(f: &Features, a: u32, b: u32, names: &mut NameComparer<'_>) -> Compared {
    match kind(f, a, b) {
        Kind::People => compare::compare(f, a, b, names),
        Kind::Organisations => {
            let mut compared = orgs::compare::compare(f, a, b);
            f.orgs.left_out.apply(&mut compared);
            compared.rounded()
        }
        Kind::Mixed => Compared::default(),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    People,
    Organisations,
    Mixed,
}

/// What kind of records a pair is of.
#[must_use]
pub fn kind(f: &Features, a: u32, b: u32) -> Kind {
    match (
        f.cards[a as usize].organisation,
        f.cards[b as usize].organisation,
    ) {
        (false, false) => Kind::People,
        (true, true) => Kind::Organisations,
        _ => Kind::Mixed,
    }
}

impl Judge {
    /// The match weight of a compared pair: log2 odds, prior included.
    #[must_use]
    pub fn weight(&self, f: &Features, a: u32, b: u32, compared: &Compared) -> f32 {
        self.weight_of(kind(f, a, b), a, b, compared)
    }

    /// The same of a pair of a known kind.
    #[must_use]
    pub fn weight_of(&self, kind: Kind, a: u32, b: u32, compared: &Compared) -> f32 {
        let Some((scorer, columns)) = self.of(kind) else {
            return MIXED;
        };
        if columns.is_empty() {
            return scorer.weight(compared);
        }
        #[allow(clippy::cast_possible_truncation)] // bits
        let weight =
            (odds(columns.add(a, b, scorer.joint_of(compared))) + scorer.beside(compared)) as f32;
        weight
    }

    /// Do columns weigh in pairs of this kind, so that the pattern is not all?
    #[must_use]
    pub fn has_columns(&self, kind: Kind) -> bool {
        self.of(kind)
            .is_some_and(|(_, columns)| !columns.is_empty())
    }

    pub(super) fn of(&self, kind: Kind) -> Option<(&Scorer, &Columns)> {
        match kind {
            Kind::People => Some((&self.people, &self.people_columns)),
            Kind::Organisations => Some((&self.organisations, &self.organisation_columns)),
            Kind::Mixed => None,
        }
    }

    /// Looks for columns that say something; `pairs` are the compared ones, not yet
    /// weighed.
    pub fn learn_columns(&mut self, input: Input<'_>, pairs: &Pairs) -> Vec<ColumnReport> {
        let mut reports = Vec::new();
        if !columns::are_there(input.records, input.table) {
            return reports;
        }
        for (of, name) in [
            (Kind::People, "people"),
            (Kind::Organisations, "organisations"),
        ] {
            let Some((scorer, _)) = self.of(of) else {
                continue;
            };
            let stride = columns::stride(pairs.number(of));
            let mut judged = Vec::new();
            pairs.sample(of, stride, |left, right, compared| {
                let mut joint = scorer.joint_of(compared);
                for class in ONE_PERSON {
                    joint[class] += scorer.beside(compared);
                }
                judged.push(Judged {
                    left,
                    right,
                    belongs: posterior(joint, false),
                    pattern: compared.pattern,
                });
            });
            let sample = Sample {
                pairs: judged,
                stride,
            };
            let known = scorer.known();
            let (columns, told) = columns::learn(input, name, &sample, &known);
            reports.extend(told);
            match of {
                Kind::People => self.people_columns = columns,
                _ => self.organisation_columns = columns,
            }
        }
        reports
    }

    /// The same, taken apart; the bits add up to the weight.
    #[must_use]
    pub fn evidence(&self, f: &Features, a: u32, b: u32, compared: &Compared) -> Vec<Evidence> {
        match self.of(kind(f, a, b)) {
            Some((scorer, columns)) => {
                let seen = columns
                    .taken
                    .iter()
                    .map(|column| (&column.weights, column.seen(a, b)));
                evidence(scorer, seen, compared)
            }
            None => mixed(),
        }
    }
}

/// What every piece adds: the comparisons of the model, then the learned ones.
pub fn evidence<'a>(
    scorer: &Scorer,
    columns: impl Iterator<Item = (&'a Weights, Seen)>,
    compared: &Compared,
) -> Vec<Evidence> {
    let mut out = scorer.evidence(compared);
    let mut joint = scorer.joint_of(compared);
    for (weights, seen) in columns {
        let next = weights.add(seen, joint);
        if let Some(level) = usize::from(seen.level).checked_sub(1) {
            let common = weights.add(
                Seen {
                    rarity: 0.0,
                    ..seen
                },
                joint,
            );
            out.push(Evidence {
                comparison: weights.name.clone(),
                level: LEVEL_NAMES.get(level).copied().unwrap_or("").to_owned(),
                bits: odds(next) - odds(joint),
                frequency: odds(next) - odds(common),
            });
        }
        joint = next;
    }
    out
}

/// A person and an organisation.
#[must_use]
pub fn mixed() -> Vec<Evidence> {
    vec![Evidence {
        comparison: "kind".to_owned(),
        level: "a person and an organisation".to_owned(),
        bits: f64::from(MIXED),
        frequency: 0.0,
    }]
}
