//! A compared pair → its match weight in bits, whole and piece by piece.

use std::hash::BuildHasher;

use hashbrown::HashMap;

use super::columns::Known;
use super::compare::{Compared, Comparison, Pattern};
use super::kernel::em::{CLASSES, ONE_PERSON, Parameters, TWO_PERSONS};
use super::kernel::logs::Logs;
use super::lessons::Corrections;
use super::model::MatchModel;

type Fixed = foldhash::fast::FixedState;

/// The estimated model, ready to weigh pairs.
pub struct Scorer {
    pub model: MatchModel,
    pub parameters: Parameters,
    /// What people's decisions add to the levels.
    pub lessons: Corrections,
    logs: Logs,
    /// Bits below which no given and no family name's rarity goes.
    commonest: [f64; 2],
    joints: HashMap<Pattern, [f64; CLASSES], Fixed>,
}

/// One piece of evidence: what was compared, how it came out, what it adds.
#[derive(Clone, Debug, PartialEq, serde::Serialize)]
pub struct Evidence {
    pub comparison: String,
    pub level: String,
    /// All that it adds, in bits.
    pub bits: f64,
    /// How much of it because the value is rarer (or, negative, commoner) than average.
    pub frequency: f64,
}

impl Scorer {
    /// Works out the class probabilities of the patterns that occur.
    #[must_use]
    pub fn new(
        model: MatchModel,
        parameters: Parameters,
        patterns: impl Iterator<Item = Pattern>,
    ) -> Self {
        let logs = Logs::of(&parameters, &model.specs);
        let commonest = NAMES.map(|name| commonest(&model, &parameters, name as usize));
        let mut scorer = Self {
            model,
            parameters,
            commonest,
            lessons: Corrections::default(),
            logs,
            joints: HashMap::with_hasher(Fixed::default()),
        };
        for pattern in patterns {
            let joint = scorer.joint(pattern);
            scorer.joints.insert(pattern, joint);
        }
        scorer
    }

    /// The match weight: log2 odds of one person against two, prior included.
    #[must_use]
    pub fn weight(&self, compared: &Compared) -> f32 {
        #[allow(clippy::cast_possible_truncation)] // bits
        let weight = (odds(self.joint_of(compared)) + self.beside(compared)) as f32;
        weight
    }

    /// What is added to the odds whatever the classes: the lessons of decisions, and what
    /// one half of a name tells about the other taken off.
    #[must_use]
    pub fn beside(&self, compared: &Compared) -> f64 {
        self.lessons.of(compared.pattern) - f64::from(compared.community)
    }

    /// log2 of each class's share times the pair's probability in it, rarities included.
    #[must_use]
    pub fn joint_of(&self, compared: &Compared) -> [f64; CLASSES] {
        rarer(self.plain_joint(compared.pattern), self, compared)
    }

    /// The same for names that are neither rare nor common.
    #[must_use]
    pub fn plain_joint(&self, pattern: Pattern) -> [f64; CLASSES] {
        match self.joints.get(&pattern) {
            Some(joint) => *joint,
            None => self.joint(pattern),
        }
    }

    /// The match weight of a pair, from what its pattern comes to
    /// ([`Scorer::plain_joint`] and the lessons of [`Scorer::beside`]).
    #[must_use]
    pub fn weight_from(&self, (joint, lessons): ([f64; CLASSES], f64), compared: &Compared) -> f32 {
        let beside = lessons - f64::from(compared.community);
        #[allow(clippy::cast_possible_truncation)] // bits
        let weight = (odds(rarer(joint, self, compared)) + beside) as f32;
        weight
    }

    /// The same, taken apart: the prior first, then each comparison in order; the
    /// bits add up to the weight.
    #[must_use]
    pub fn evidence(&self, compared: &Compared) -> Vec<Evidence> {
        let (levels, states) = self.model.unpack(compared.pattern);
        let mut seen = [0u8; Comparison::COUNT];
        let mut before = odds(self.parameters.share.map(f64::log2));
        let mut out = vec![Evidence {
            comparison: "prior".to_owned(),
            level: String::new(),
            bits: before,
            frequency: 0.0,
        }];
        for (k, spec) in self.model.specs.iter().enumerate() {
            if levels[k] == 0 {
                continue;
            }
            seen[k] = levels[k];
            let joint = self.logs.joint(&seen, &states);
            let known = |given: bool, family: bool| {
                let of = |known: bool, bits: f32| if known { bits } else { 0.0 };
                let so_far = Compared {
                    given_rarity: of(given, compared.given_rarity),
                    family_rarity: of(family, compared.family_rarity),
                    ..*compared
                };
                odds(rarer(joint, self, &so_far))
            };
            let (given, family) = (Comparison::Given as usize, Comparison::Family as usize);
            let now = known(k >= given, k >= family);
            let frequency = if k == given || k == family {
                now - known(k > given, k > family)
            } else {
                0.0
            };
            out.push(Evidence {
                comparison: spec.name.clone(),
                level: self.model.level_names[k][levels[k] as usize - 1].clone(),
                bits: now - before + self.lessons.at(k, levels[k]),
                frequency,
            });
            before = now;
            if k == Comparison::Family as usize && compared.community != 0.0 {
                out.push(together(compared.community));
            }
        }
        out
    }

    /// The model's comparisons, with the levels that speak clearly for one person.
    #[must_use]
    pub fn known(&self) -> Vec<Known> {
        let specs = self.model.specs.iter();
        specs
            .map(|spec| {
                let (same, two) = (
                    &spec.prior[spec.table_of[0]],
                    &spec.prior[spec.table_of[CLASSES - 1]],
                );
                let mut agrees = [false; 16];
                for (agrees, (m, u)) in agrees.iter_mut().skip(1).zip(same.iter().zip(two)) {
                    *agrees = *m >= 4.0 * *u;
                }
                Known {
                    name: spec.name.clone(),
                    agrees,
                }
            })
            .collect()
    }

    fn joint(&self, pattern: Pattern) -> [f64; CLASSES] {
        let (levels, states) = self.model.unpack(pattern);
        self.logs.joint(&levels, &states)
    }
}

/// Names that go together are shared by two persons more often than the shares of
/// both halves say; agreement on both is worth that much less.
fn together(community: f32) -> Evidence {
    Evidence {
        comparison: "community".to_owned(),
        level: if community > 0.0 {
            "names that go together"
        } else {
            "names that seldom meet"
        }
        .to_owned(),
        bits: f64::from(-community),
        frequency: 0.0,
    }
}

/// A rare name agrees by chance more seldom: in the classes where the agreement
/// is a coincidence the pair is less likely by as many bits.
fn rarer(mut joint: [f64; CLASSES], scorer: &Scorer, compared: &Compared) -> [f64; CLASSES] {
    let rarities = [compared.given_rarity, compared.family_rarity];
    for ((name, rarity), commonest) in NAMES.iter().zip(rarities).zip(scorer.commonest) {
        let coincidence = scorer.model.coincidence[*name as usize];
        for (sum, coincidence) in joint.iter_mut().zip(coincidence) {
            if coincidence {
                *sum -= f64::from(rarity).max(commonest);
            }
        }
    }
    joint
}

/// The comparisons whose values are rare or common.
const NAMES: [Comparison; 2] = [Comparison::Given, Comparison::Family];

/// Two strangers agree by chance with a probability of 1 at most, however common a value
/// is: where all have one name, the level's own bits say so already.
fn commonest(model: &MatchModel, parameters: &Parameters, comparison: usize) -> f64 {
    let (Some(spec), Some(tables)) = (model.specs.get(comparison), parameters.p.get(comparison))
    else {
        return f64::NEG_INFINITY;
    };
    let states = &tables[spec.table_of[CLASSES - 1]];
    let same = states.iter().filter_map(|levels| levels.first());
    same.fold(0.0, |most, share| share.max(most)).log2()
}

/// log2 odds of the classes of one person against those of two.
pub(super) fn odds(joint: [f64; CLASSES]) -> f64 {
    log2_sum(&ONE_PERSON.map(|c| joint[c])) - log2_sum(&TWO_PERSONS.map(|c| joint[c]))
}

fn log2_sum(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    // What is 2⁶⁰ times smaller than the largest, which counts as 1, changes no bit.
    let share = |value: &f64| match value - largest {
        0.0 => 1.0,
        far if far < -60.0 => 0.0,
        bits => bits.exp2(),
    };
    let sum: f64 = values.iter().map(share).sum();
    if sum == 1.0 {
        largest
    } else {
        largest + sum.log2()
    }
}

/// Bits → probability.
#[must_use]
pub fn probability(weight: f32) -> f32 {
    1.0 / (1.0 + (-weight).exp2())
}

/// Probability → bits.
#[must_use]
pub fn bits(probability: f64) -> f32 {
    #[allow(clippy::cast_possible_truncation)] // bits, clamped
    let bits = (probability / (1.0 - probability))
        .log2()
        .clamp(-60.0, 60.0) as f32;
    bits
}

/// A hash of the parameters, for the summary.
#[must_use]
pub fn fingerprint(parameters: &Parameters) -> u64 {
    let text = format!("{parameters:?}");
    foldhash::quality::FixedState::with_seed(1).hash_one(text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::MatchPlan;
    use crate::rulebook::Rulebook;

    /// The weight of one common family name where strangers have one with probability `u`.
    fn one_family_name(u: f64, rarity: f32) -> f32 {
        let text = Rulebook::builtin().file("matching.toml").expect("built in");
        let model = MatchModel::parse(text, &MatchPlan::default()).expect("the built-in model");
        let family = Comparison::Family as usize;
        let mut parameters = Parameters::from_priors(&model.specs, model.start);
        for class in TWO_PERSONS {
            let table = model.specs[family].table_of[class];
            // Relatives share their table with one person.
            if table != model.specs[family].table_of[0] {
                for levels in &mut parameters.p[family][table] {
                    levels[0] = u;
                }
            }
        }
        let mut pattern = Pattern::default();
        pattern.set(Comparison::Family, 1);
        let compared = Compared {
            pattern,
            family_rarity: rarity,
            ..Compared::default()
        };
        Scorer::new(model, parameters, std::iter::empty()).weight(&compared)
    }

    #[test]
    fn a_name_that_all_have_says_nothing_and_no_less() {
        // Usually, a name eight times as common as the average one takes three bits.
        let less = one_family_name(0.001, 0.0) - one_family_name(0.001, -3.0);
        assert!((less - 3.0).abs() < 0.1, "{less}");
        // Where nearly all pairs agree by chance, there is hardly a bit to take.
        let less = one_family_name(0.9, 0.0) - one_family_name(0.9, -3.0);
        assert!((0.0..0.2).contains(&less), "{less}");
    }
}
