//! Expectation maximisation for a Fellegi–Sunter model of several classes whose
//! comparisons depend on each other along a tree.
//!
//! Classes beyond "same person" and "unrelated" (Larsen and Rubin 2001) explain
//! evidence that is not about the person: colleagues share a switchboard, a
//! street and a domain. Each comparison may be conditioned on a coarse state of
//! one parent (Chow and Liu 1968), so that one fact is not counted twice. Priors
//! on every table hold the meaning of "same person" in place (Enamorado, Fifield
//! and Imai 2019). Levels are counted from 1; level 0 is "missing" and says nothing.

use rayon::prelude::*;

use super::logs::Logs;

/// The latent classes of a pair.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Class {
    Same,
    OtherJob,
    Colleague,
    Relative,
    Unrelated,
}

pub const CLASSES: usize = 5;
/// Comparisons of a model at most.
pub const MOST: usize = 16;
/// The classes in which both records are one person.
pub const ONE_PERSON: [usize; 2] = [0, 1];
/// The classes in which they are two.
pub const TWO_PERSONS: [usize; 3] = [2, 3, 4];

/// What the model knows of one comparison before it sees data.
#[derive(Clone, Debug, Default)]
pub struct ComparisonSpec {
    pub name: String,
    /// Levels without "missing".
    pub levels: usize,
    /// Parent states, 1 when there is no parent.
    pub states: usize,
    /// For each class: which distribution it uses. Classes with the same number share one.
    pub table_of: [usize; CLASSES],
    pub tables: usize,
    /// Prior distribution of each table, `tables × levels`, each summing to 1.
    pub prior: Vec<Vec<f64>>,
    /// Levels (from 1) that may not be likelier for one person than for unrelated pairs.
    pub differs: Vec<u8>,
    /// Only pairs in which one of the comparisons with this mark is known can be of the
    /// classes between "same" and "unrelated"; without such a comparison all pairs can.
    /// Two equal names without a place, say, can't be told to be branches.
    pub tells_classes: bool,
    /// The prior is not fitted to the data.
    pub fixed: bool,
}

/// One distinct agreement pattern: levels and parent states of every comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct PatternRow {
    pub levels: [u8; MOST],
    pub states: [u8; MOST],
    /// How many pairs show it.
    pub weight: f64,
    /// Random pairs are held in the classes of two persons.
    pub random: bool,
}

/// The estimated model.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameters {
    /// Share of each class among all pairs.
    pub share: [f64; CLASSES],
    /// `[comparison][table][state][level - 1]`, probabilities.
    pub p: Vec<Vec<Vec<Vec<f64>>>>,
}

/// Settings of the estimation, all dimensionless.
#[derive(Clone, Copy, Debug)]
pub struct EmPlan {
    pub rounds: usize,
    /// The prior is worth as many pairs as the data show, times this.
    pub prior_strength: f64,
    /// … and this many at least …
    pub prior_pairs: f64,
    /// … and this many at most: an expectation is worth no more pairs than the files that
    /// it was found on have.
    pub prior_most: f64,
    /// Each state's table is drawn towards the comparison's own by this many pairs …
    pub state_pairs: f64,
    /// … plus this many times its own count.
    pub state_strength: f64,
    /// Smallest probability of a level.
    pub floor: f64,
    /// Shares of the classes that are expected …
    pub share_prior: [f64; CLASSES],
    /// … worth this many pairs: in a file of a few records it keeps two records from
    /// being one person because most pairs look alike.
    pub share_pairs: f64,
    /// No class has a larger share.
    pub share_most: [f64; CLASSES],
    /// Classes that the model does without.
    pub without: [bool; CLASSES],
}

impl Default for EmPlan {
    fn default() -> Self {
        Self {
            rounds: 20,
            prior_strength: 1.0,
            prior_pairs: 40.0,
            prior_most: f64::INFINITY,
            state_pairs: 20.0,
            state_strength: 2.0,
            floor: 1e-7,
            share_prior: [0.02, 0.0, 0.0, 0.0, 0.98],
            share_pairs: 1000.0,
            share_most: [1.0; CLASSES],
            without: [false; CLASSES],
        }
    }
}

impl Parameters {
    /// The priors as a model.
    #[must_use]
    pub fn from_priors(specs: &[ComparisonSpec], share: [f64; CLASSES]) -> Self {
        let p = specs
            .iter()
            .map(|spec| {
                spec.prior
                    .iter()
                    .map(|table| vec![table.clone(); spec.states])
                    .collect()
            })
            .collect();
        Self { share, p }
    }

    /// log2 (m/u) of a level (from 0) of comparison `k`, over all parent states.
    #[must_use]
    pub fn level_bits(&self, k: usize, table_of: [usize; CLASSES], level: usize) -> f64 {
        let sum = |class: Class| -> f64 {
            let states = &self.p[k][table_of[class as usize]];
            states.iter().map(|state| state[level]).sum()
        };
        (sum(Class::Same) / sum(Class::Unrelated)).log2()
    }
}

/// Probability of each class from log2 joints, over the classes given.
#[must_use]
pub fn posterior(joint: [f64; CLASSES], random: bool) -> [f64; CLASSES] {
    let first = if random { TWO_PERSONS[0] } else { 0 };
    let largest = joint[first..]
        .iter()
        .copied()
        .fold(f64::NEG_INFINITY, f64::max);
    let mut out = [0.0; CLASSES];
    let mut sum = 0.0;
    for class in first..CLASSES {
        out[class] = match joint[class] - largest {
            0.0 => 1.0,
            bits => bits.exp2(),
        };
        sum += out[class];
    }
    out.map(|x| x / sum)
}

/// Estimates the model from counted patterns; the order of `rows` is the order of
/// summation, so equal input gives equal bits.
#[must_use]
pub fn estimate(
    specs: &[ComparisonSpec],
    rows: &[PatternRow],
    start: Parameters,
    plan: EmPlan,
) -> Parameters {
    let mut model = start;
    for _ in 0..plan.rounds {
        model = round(specs, rows, &model, plan);
    }
    model
}

/// `[table][state][level - 1]`.
type Counts = Vec<Vec<Vec<f64>>>;

fn round(
    specs: &[ComparisonSpec],
    rows: &[PatternRow],
    model: &Parameters,
    plan: EmPlan,
) -> Parameters {
    let mut share = plan.share_prior.map(|p| p * plan.share_pairs + 1e-9);
    for (share, without) in share.iter_mut().zip(plan.without) {
        if without {
            *share = 0.0;
        }
    }
    let mut counts: Vec<Counts> = specs
        .iter()
        .map(|s| vec![vec![vec![0.0; s.levels]; s.states]; s.tables])
        .collect();
    let logs = Logs::of(model, specs);
    let belongs: Vec<[f64; CLASSES]> = rows
        .par_iter()
        .with_min_len(1024)
        .map(|row| {
            let joint = logs.joint(&row.levels, &row.states);
            posterior(joint, row.random).map(|p| p * row.weight)
        })
        .collect();
    for own in &belongs {
        for (share, weight) in share.iter_mut().zip(own) {
            if *weight > 0.0 {
                *share += weight;
            }
        }
    }
    // Comparison by comparison: each sum goes through the rows in their order.
    let counted = |(k, (spec, counts)): (usize, (&ComparisonSpec, &mut Counts))| {
        // By state and level, the tables side by side.
        let mut sums = vec![0.0; spec.states * spec.levels * spec.tables];
        for (row, own) in rows.iter().zip(&belongs) {
            let level = usize::from(row.levels[k]);
            if level == 0 {
                continue;
            }
            let at = (usize::from(row.states[k]) * spec.levels + level - 1) * spec.tables;
            let sums = &mut sums[at..at + spec.tables];
            for (table, weight) in spec.table_of.iter().zip(own) {
                sums[*table] += weight;
            }
        }
        for (at, sums) in sums.chunks_exact(spec.tables.max(1)).enumerate() {
            for (counts, sum) in counts.iter_mut().zip(sums) {
                counts[at / spec.levels][at % spec.levels] = *sum;
            }
        }
    };
    specs
        .par_iter()
        .zip(&mut counts)
        .enumerate()
        .for_each(counted);
    let all: f64 = share.iter().sum();
    let p = specs
        .iter()
        .zip(counts)
        .map(|(spec, tables)| {
            if spec.fixed {
                let states = |table: &Vec<f64>| vec![table.clone(); spec.states];
                return spec.prior.iter().map(states).collect();
            }
            let mut tables: Vec<Vec<Vec<f64>>> = tables
                .into_iter()
                .enumerate()
                .map(|(t, states)| smooth(&states, &spec.prior[t], plan))
                .collect();
            hold_signs(spec, &mut tables);
            tables
        })
        .collect();
    Parameters {
        share: bounded(share.map(|s| s / all), plan.share_most),
        p,
    }
}

/// What is above a class's bound goes to the last class, which has none.
fn bounded(mut share: [f64; CLASSES], most: [f64; CLASSES]) -> [f64; CLASSES] {
    for class in 0..CLASSES - 1 {
        if share[class] > most[class] {
            share[CLASSES - 1] += share[class] - most[class];
            share[class] = most[class];
        }
    }
    share
}

/// Prior → the comparison's own table → each state's table.
fn smooth(states: &[Vec<f64>], prior: &[f64], plan: EmPlan) -> Vec<Vec<f64>> {
    let levels = prior.len();
    let total: Vec<f64> = (0..levels)
        .map(|l| states.iter().map(|s| s[l]).sum())
        .collect();
    let seen: f64 = total.iter().sum();
    let strength = (seen * plan.prior_strength).clamp(plan.prior_pairs, plan.prior_most);
    let own: Vec<f64> = (0..levels)
        .map(|l| (total[l] + strength * prior[l]) / (seen + strength))
        .collect();
    states
        .iter()
        .map(|state| {
            let seen: f64 = state.iter().sum();
            let pull = plan.state_pairs + plan.state_strength * seen;
            let mixed: Vec<f64> = (0..levels)
                .map(|l| ((state[l] + pull * own[l]) / (seen + pull)).max(plan.floor))
                .collect();
            if states.len() == 1 {
                floor(&own, plan.floor)
            } else {
                normalised(mixed)
            }
        })
        .collect()
}

fn floor(table: &[f64], least: f64) -> Vec<f64> {
    normalised(table.iter().map(|p| p.max(least)).collect())
}

fn normalised(table: Vec<f64>) -> Vec<f64> {
    let sum: f64 = table.iter().sum();
    table.into_iter().map(|p| p / sum).collect()
}

/// The sign rule: in no state may a difference speak for one person.
fn hold_signs(spec: &ComparisonSpec, tables: &mut [Vec<Vec<f64>>]) {
    let same = spec.table_of[Class::Same as usize];
    let unrelated = spec.table_of[Class::Unrelated as usize];
    if same == unrelated {
        return;
    }
    let limits = tables[unrelated].clone();
    for (table, limit) in tables[same].iter_mut().zip(limits) {
        for &level in &spec.differs {
            let at = level as usize - 1;
            if table[at] > limit[at] {
                table[at] = limit[at];
                *table = normalised(std::mem::take(table));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_above_its_bound_goes_to_the_last_class() {
        let share = bounded([0.1, 0.0, 0.2, 0.3, 0.4], [1.0, 1.0, 1.0, 0.05, 1.0]);
        assert_eq!(share[..4], [0.1, 0.0, 0.2, 0.05]);
        assert!((share[4] - 0.65).abs() < 1e-12);
    }

    #[test]
    fn an_expectation_holds_a_small_file_and_no_large_one() {
        let plan = EmPlan {
            prior_most: 1e6,
            ..EmPlan::default()
        };
        // Expected: one unrelated pair in a hundred agrees; seen: one in a million.
        let agreement = |pairs: f64| {
            let seen = vec![pairs * 1e-6, pairs * (1.0 - 1e-6)];
            smooth(&[seen], &[0.01, 0.99], plan)[0][0]
        };
        assert!((agreement(1e5) - 0.005).abs() < 1e-4);
        assert!((agreement(1e6) - 0.005).abs() < 1e-4);
        assert!(agreement(1e11) < 1.2e-6, "{}", agreement(1e11));
    }
}
