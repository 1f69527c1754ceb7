//! The logarithms of a model, worked out once: [`super::em`] asks for them for every
//! pattern of every round, and scoring for every pattern that occurs.

use super::em::{CLASSES, Class, ComparisonSpec, Parameters};

/// log2 of all probabilities of a model.
#[derive(Clone, Debug, Default)]
pub struct Logs {
    share: [f64; CLASSES],
    comparisons: Vec<Of>,
}

#[derive(Clone, Debug)]
struct Of {
    levels: usize,
    tells_classes: bool,
    /// By state and level, the classes side by side.
    log2: Vec<[f64; CLASSES]>,
}

impl Logs {
    #[must_use]
    pub fn of(parameters: &Parameters, specs: &[ComparisonSpec]) -> Self {
        let of = |(k, spec): (usize, &ComparisonSpec)| {
            let tables = &parameters.p[k];
            let log2 = (0..spec.states)
                .flat_map(|state| (0..spec.levels).map(move |level| (state, level)))
                .map(|(state, level)| {
                    spec.table_of
                        .map(|table| tables[table][state][level].log2())
                })
                .collect();
            Of {
                levels: spec.levels,
                tells_classes: spec.tells_classes,
                log2,
            }
        };
        Self {
            share: parameters.share.map(f64::log2),
            comparisons: specs.iter().enumerate().map(of).collect(),
        }
    }

    /// log2 of the class's share times the pattern's probability in each class; levels
    /// count from 1, 0 is missing.
    #[must_use]
    pub fn joint(&self, levels: &[u8], states: &[u8]) -> [f64; CLASSES] {
        let mut joint = self.share;
        let (mut asked, mut told) = (false, false);
        for (of, &level) in self.comparisons.iter().zip(levels) {
            asked |= of.tells_classes;
            told |= of.tells_classes && level > 0;
        }
        if asked && !told {
            joint[Class::OtherJob as usize] = f64::NEG_INFINITY;
            joint[Class::Colleague as usize] = f64::NEG_INFINITY;
            joint[Class::Relative as usize] = f64::NEG_INFINITY;
        }
        for ((of, &level), &state) in self.comparisons.iter().zip(levels).zip(states) {
            if level == 0 {
                continue;
            }
            let log2 = &of.log2[usize::from(state) * of.levels + usize::from(level) - 1];
            for (sum, log2) in joint.iter_mut().zip(log2) {
                *sum += log2;
            }
        }
        joint
    }
}
