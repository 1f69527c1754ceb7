//! Classes of names that go together, learned from letter pairs alone.
//!
//! Given and family names are not independent where several languages meet: who
//! is called Ivanka is more often a Georgieva than the table of all family names
//! says. A mixture of multinomials over letter pairs (EM; Hofmann 1999, Nigam and
//! others 2000) finds the classes without any list of languages. Whether there are
//! any is asked of names that the mixture has not seen: do the classes of one half
//! predict the other half's?

use super::random::SplitMix;

/// Classes at most.
const MOST: usize = 16;
/// Names that a class is worth.
const NAMES: usize = 128;
/// Rounds of EM; the first ones are softened (deterministic annealing).
const ROUNDS: usize = 25;
/// Pseudo-counts of a letter pair, spread by how common it is.
const PSEUDO: f64 = 0.1;
/// Letter pairs of a word are not independent, so their evidence is weakened by the
/// power that predicts unseen names best.
const POWERS: [f64; 4] = [0.7, 0.5, 0.35, 0.25];
/// Bits by which a half must tell the other half before classes count.
const WORTH: f64 = 0.5;

/// A number for each class; those behind the last are not looked at.
type Classes = [f64; MOST];

/// Both halves of a name as ids of letter pairs, below the number of pairs given to
/// [`Communities::learn`].
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Halves {
    pub given: Vec<u32>,
    pub family: Vec<u32>,
    /// On which side of the trial it stands: what is learned from one side is tried
    /// on the other, so variants of one name must stand on the same.
    pub trial: bool,
}

/// The learned classes.
#[derive(Clone, Debug, PartialEq)]
pub struct Communities {
    /// Share of each class.
    share: Vec<f64>,
    /// `[letter pair][class]`, natural log of the probability.
    log_p: Vec<Classes>,
    power: f64,
    /// Bits that one half of an unseen name tells about the other.
    pub gain: f64,
}

impl Communities {
    /// Learns from `names` (each person's name once, in an order that does not depend
    /// on the input's) over `pairs` letter pairs. `None` where the halves of names tell
    /// nothing about each other.
    #[must_use]
    pub fn learn(names: &[Halves], pairs: usize) -> Option<Self> {
        let classes = (names.len() / NAMES).min(MOST);
        if classes < 2 {
            return None;
        }
        let (seen, unseen): (Vec<&Halves>, Vec<&Halves>) = names.iter().partition(|n| n.trial);
        if seen.is_empty() || unseen.is_empty() {
            return None;
        }
        let mut trial = Self::fit(&seen, pairs, classes);
        let mut best = (f64::NEG_INFINITY, 1.0);
        for power in POWERS {
            trial.power = power;
            let gain = trial.tells(&unseen);
            if gain > best.0 {
                best = (gain, power);
            }
        }
        if best.0 < WORTH {
            return None;
        }
        let all: Vec<&Halves> = names.iter().collect();
        let mut learned = Self::fit(&all, pairs, classes);
        (learned.gain, learned.power) = best;
        Some(learned)
    }

    /// The mean of [`Communities::bits`] over names.
    fn tells(&self, names: &[&Halves]) -> f64 {
        let sum: f64 = names
            .iter()
            .map(|n| self.bits(&self.belongs(&n.given), &self.belongs(&n.family)))
            .sum();
        #[allow(clippy::cast_precision_loss)] // counts of names
        let count = names.len() as f64;
        sum / count
    }

    /// How much likelier than by the shares of both halves alone they occur together,
    /// in bits: log2 Σ P(c | given) · P(c | family) / P(c).
    #[must_use]
    pub fn bits(&self, given: &[f32], family: &[f32]) -> f64 {
        let sum: f64 = given
            .iter()
            .zip(family)
            .zip(&self.share)
            .map(|((&g, &f), share)| f64::from(g) * f64::from(f) / share)
            .sum();
        sum.max(1e-9).log2()
    }

    /// Probability of each class for half a name.
    #[must_use]
    #[allow(clippy::cast_possible_truncation)] // probabilities
    pub fn belongs(&self, half: &[u32]) -> Vec<f32> {
        let mut p = self.log_joint(&self.log_share(1.0), half.iter(), self.power);
        let p = &mut p[..self.share.len()];
        softmax(p);
        p.iter().map(|&p| p as f32).collect()
    }

    fn log_share(&self, heat: f64) -> Classes {
        let mut log = [0.0; MOST];
        for (log, share) in log.iter_mut().zip(&self.share) {
            *log = share.ln() / heat;
        }
        log
    }

    fn log_joint<'a>(
        &self,
        log_share: &Classes,
        letters: impl Iterator<Item = &'a u32>,
        factor: f64,
    ) -> Classes {
        let mut log = *log_share;
        for &pair in letters {
            if let Some(of_class) = self.log_p.get(pair as usize) {
                for (sum, p) in log.iter_mut().zip(of_class) {
                    *sum += factor * p;
                }
            }
        }
        log
    }

    fn fit(names: &[&Halves], pairs: usize, classes: usize) -> Self {
        let mut common = vec![0f64; pairs];
        for name in names {
            for &pair in name.given.iter().chain(&name.family) {
                common[pair as usize] += 1.0;
            }
        }
        let all: f64 = common.iter().sum();
        #[allow(clippy::cast_precision_loss)] // counts of letter pairs
        let pseudo = PSEUDO * pairs as f64 / all.max(1.0);
        let prior: Vec<f64> = common.iter().map(|c| c * pseudo + 1e-6).collect();
        let mut random = SplitMix(0x636F_6D6D);
        let mut belongs: Vec<Classes> = names
            .iter()
            .map(|_| {
                let mut p = [0.0; MOST];
                for p in &mut p[..classes] {
                    *p = f64::from(random.below(1 << 20)) * 1e-6 * 6.0;
                }
                softmax(&mut p[..classes]);
                p
            })
            .collect();
        let mut model = Self {
            share: Vec::new(),
            log_p: Vec::new(),
            power: 1.0,
            gain: 0.0,
        };
        let mut heat = 4.0;
        for _ in 0..ROUNDS {
            model.maximise(names, &belongs, &prior, classes);
            let log_share = model.log_share(heat);
            for (name, p) in names.iter().zip(&mut belongs) {
                let letters = name.given.iter().chain(&name.family);
                *p = model.log_joint(&log_share, letters, 1.0 / heat);
                softmax(&mut p[..classes]);
            }
            heat = f64::max(heat - 0.3, 1.0);
        }
        model.maximise(names, &belongs, &prior, classes);
        model
    }

    fn maximise(&mut self, names: &[&Halves], belongs: &[Classes], prior: &[f64], classes: usize) {
        let mut share = [1.0; MOST];
        let mut counts: Vec<Classes> = prior.iter().map(|&p| [p; MOST]).collect();
        for (name, p) in names.iter().zip(belongs) {
            for (sum, p) in share.iter_mut().zip(p) {
                *sum += p;
            }
            for &pair in name.given.iter().chain(&name.family) {
                for (sum, p) in counts[pair as usize].iter_mut().zip(p) {
                    *sum += p;
                }
            }
        }
        let mut totals = [0f64; MOST];
        for of_class in &counts {
            for (sum, count) in totals.iter_mut().zip(of_class) {
                *sum += count;
            }
        }
        let logs = totals.map(f64::ln);
        for of_class in &mut counts {
            for (count, log) in of_class[..classes].iter_mut().zip(&logs) {
                *count = count.ln() - log;
            }
        }
        let share = &share[..classes];
        let all: f64 = share.iter().sum();
        self.share = share.iter().map(|s| s / all).collect();
        self.log_p = counts;
    }
}

/// Natural logs → probabilities.
fn softmax(log: &mut [f64]) {
    let largest = log.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    for p in &mut *log {
        *p = (*p - largest).exp();
    }
    let sum: f64 = log.iter().sum();
    for p in log {
        *p /= sum;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Names over two alphabets of letter pairs: 0..20 and 20..40. `mixed`: halves of
    /// either alphabet are paired at random.
    fn names(mixed: bool) -> Vec<Halves> {
        let mut random = SplitMix(7);
        (0..600)
            .map(|at| {
                let language = random.below(2);
                let other = if mixed { random.below(2) } else { language };
                let mut half =
                    |language: u32| (0..6).map(|_| language * 20 + random.below(20)).collect();
                Halves {
                    given: half(language),
                    family: half(other),
                    trial: at % 2 == 0,
                }
            })
            .collect()
    }

    #[test]
    fn two_languages_are_found_and_told_apart() {
        let learned = Communities::learn(&names(false), 40).expect("two communities");
        let [a, b] = [0, 20].map(|from| learned.belongs(&(from..from + 6).collect::<Vec<u32>>()));
        assert!(learned.gain > WORTH, "{}", learned.gain);
        assert!(learned.bits(&a, &a) > 0.5, "{}", learned.bits(&a, &a));
        assert!(learned.bits(&a, &b) < -1.0, "{}", learned.bits(&a, &b));
        let again = Communities::learn(&names(false), 40).expect("two communities");
        assert_eq!(learned, again);
    }

    #[test]
    fn halves_that_tell_nothing_make_no_communities() {
        assert_eq!(Communities::learn(&names(true), 40), None);
    }
}
