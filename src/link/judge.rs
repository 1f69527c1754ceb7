//! Compares and weighs any two records: two people, two organisations, or one of each.

use super::compare::names::NameComparer;
use super::compare::{self, Compared};
use super::features::Features;
use super::orgs;
use super::score::{Evidence, Scorer};

/// What a person and an organisation weigh: they are never one.
const MIXED: f32 = -30.0;

/// The estimated models.
pub struct Judge {
    pub people: Scorer,
    pub organisations: Scorer,
}

/// Compares two records of `f`.
pub fn compare(f: &Features, a: u32, b: u32, names: &mut NameComparer<'_>) -> Compared {
    match kind(f, a, b) {
        Kind::People => compare::compare(f, a, b, names),
        Kind::Organisations => orgs::compare::compare(f, a, b).rounded(),
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
        self.weight_of(kind(f, a, b), compared)
    }

    /// The same of a pair of a known kind.
    #[must_use]
    pub fn weight_of(&self, kind: Kind, compared: &Compared) -> f32 {
        match kind {
            Kind::People => self.people.weight(compared),
            Kind::Organisations => self.organisations.weight(compared),
            Kind::Mixed => MIXED,
        }
    }

    /// The same, taken apart; the bits add up to the weight.
    #[must_use]
    pub fn evidence(&self, f: &Features, a: u32, b: u32, compared: &Compared) -> Vec<Evidence> {
        match kind(f, a, b) {
            Kind::People => self.people.evidence(compared),
            Kind::Organisations => self.organisations.evidence(compared),
            Kind::Mixed => vec![Evidence {
                comparison: "kind".to_owned(),
                level: "a person and an organisation".to_owned(),
                bits: f64::from(MIXED),
            }],
        }
    }
}
