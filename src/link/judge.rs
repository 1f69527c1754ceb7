//! Compares and weighs any two records: two people, two organisations, or one of each.

use super::card::Card;
use super::columns::{
    self, ColumnReport, Columns, Input, Judged, LEVEL_NAMES, Sample, Seen, Weights,
};
use super::compare::names::{KnownNames, NameComparer};
use super::compare::{self, Compared, Pattern};
use super::features::Features;
use super::kernel::em::{CLASSES, ONE_PERSON, posterior};
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

/// A pattern, ready to weigh the pairs that show it.
pub struct Prepared<'a> {
    scorer: &'a Scorer,
    joint: [f64; CLASSES],
    lessons: f64,
}

impl Prepared<'_> {
    /// The match weight of a pair.
    #[must_use]
    pub fn weight(&self, compared: &Compared) -> f32 {
        self.scorer
            .weight_from((self.joint, self.lessons), compared)
    }
}

/// Compares two records of `f`.
pub fn compare(f: &Features, a: u32, b: u32, names: &mut NameComparer<'_>) -> Compared {
    let card = |at: u32| (at, &f.cards[at as usize]);
    compare_cards(f, card(a), card(b), KnownNames::default(), names).1
}

/// Compares two records of `f` whose cards are at hand.
pub fn compare_cards(
    f: &Features,
    left: (u32, &Card),
    right: (u32, &Card),
    seen: KnownNames,
    names: &mut NameComparer<'_>,
) -> (Kind, Compared) {
    let kind = kind_of(left.1, right.1);
    let compared = match kind {
        Kind::People => {
            let (a, b) = ((left.0 as usize, left.1), (right.0 as usize, right.1));
            compare::compare_cards(f, a, b, seen, names)
        }
        Kind::Organisations => {
            let mut compared = orgs::compare::compare(f, left.0, right.0);
            f.orgs.left_out.apply(&mut compared);
            compared.rounded()
        }
        Kind::Mixed => Compared::default(),
    };
    (kind, compared)
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
    kind_of(&f.cards[a as usize], &f.cards[b as usize])
}

const fn kind_of(a: &Card, b: &Card) -> Kind {
    match (a.organisation, b.organisation) {
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

    /// What a pattern comes to when no name is rare or common, and what decisions taught
    /// of it; none where more than the pattern and the names counts.
    #[must_use]
    pub fn of_pattern(&self, kind: Kind, pattern: Pattern) -> Option<Prepared<'_>> {
        let (scorer, columns) = self.of(kind)?;
        columns.is_empty().then(|| Prepared {
            scorer,
            joint: scorer.plain_joint(pattern),
            lessons: scorer.lessons.of(pattern),
        })
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
