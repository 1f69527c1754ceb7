//! People's decisions teach the model: pairs of which somebody said "one person" or
//! "two" correct the bits of the levels that they show.
//!
//! The decided pairs are no random sample, so nothing is counted into m, u or the
//! match rate. Instead a logistic regression on them starts from the model's own
//! weight and adds a correction to each level. Only pairs inside the review band
//! teach: those were shown because of what they look like, and that does not bias a
//! regression on what they look like; a mistake that somebody came upon elsewhere was
//! chosen for being a mistake, and only binds. What is left of a leaning to one answer
//! moves the intercept (Prentice and Pyke 1979), which is fitted and thrown away. A
//! normal prior holds each correction at nothing (Gelman et al. 2008), so that a few
//! decisions change little.

use serde::Serialize;

use super::compare::names::NameComparer;
use super::compare::{self, Compared, Comparison, Pattern};
use super::decisions::{Applied, Verdict};
use super::features::Features;
use super::judge::{self, Kind};
use super::score::Scorer;

/// Decisions inside the review band below which nothing is learned …
const ENOUGH: usize = 20;
/// … and this many of each kind.
const ENOUGH_EACH: usize = 5;
/// Standard deviation of a level's correction, in bits. With 1 the exports that were
/// measured gain no more, and lose when only mistakes are decided.
const SPREAD: f64 = 0.5;
/// The same of the intercept, which takes up what was chosen to be written down.
const SPREAD_INTERCEPT: f64 = 4.0;
/// Sweeps over all corrections; the aim is convex, and they settle much sooner.
const SWEEPS: usize = 200;
/// Changes below this are not worth a word.
const WORTH_TELLING: f64 = 0.05;

/// Bits that are added to levels.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Corrections {
    /// `[comparison][level]`; empty when there is nothing to correct.
    bits: Vec<[f64; 16]>,
}

impl Corrections {
    /// The correction of one level of the comparison at a place of the pattern.
    #[must_use]
    pub fn at(&self, place: usize, level: u8) -> f64 {
        self.bits
            .get(place)
            .map_or(0.0, |levels| levels[level as usize])
    }

    /// The corrections of the levels of one comparison, from level 0; empty when there is
    /// nothing to correct.
    #[must_use]
    pub fn levels(&self, place: usize) -> Vec<f64> {
        self.bits
            .get(place)
            .map_or_else(Vec::new, |levels| levels.to_vec())
    }

    /// The form of [`Corrections::levels`], comparison by comparison.
    #[must_use]
    pub fn from_levels(levels: &[Vec<f64>]) -> Self {
        if levels.iter().all(Vec::is_empty) {
            return Self::default();
        }
        let mut bits = vec![[0f64; 16]; Comparison::COUNT];
        for (own, levels) in bits.iter_mut().zip(levels) {
            for (bits, level) in own.iter_mut().zip(levels) {
                *bits = *level;
            }
        }
        Self { bits }
    }

    /// The corrections of all levels of a pair.
    #[must_use]
    pub fn of(&self, pattern: Pattern) -> f64 {
        if self.bits.is_empty() {
            return 0.0;
        }
        Comparison::ALL
            .into_iter()
            .map(|comparison| self.at(comparison as usize, pattern.level(comparison)))
            .sum()
    }
}

/// What decisions changed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Taught {
    pub decisions: u64,
    pub always: u64,
    pub never: u64,
    /// The largest change first.
    pub levels: Vec<TaughtLevel>,
    /// Compared pairs that are above the threshold for what was taught …
    pub pairs_up: u64,
    /// … and below it.
    pub pairs_down: u64,
}

/// A level whose bits changed: log2 (m/u) before, and with the correction.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct TaughtLevel {
    pub comparison: String,
    pub level: String,
    pub before: f64,
    pub after: f64,
}

/// A pair of which a person said what it is.
struct Lesson {
    pattern: Pattern,
    /// The model's weight, bits.
    weight: f64,
    one_person: bool,
    /// How much it counts, 0 to 1.
    counts: f64,
}

impl Lesson {
    /// The probability that the model gave.
    fn said(&self) -> f64 {
        1.0 / (1.0 + (-self.weight).exp2())
    }

    /// The decision is not what the model would have said.
    fn contradicts(&self) -> bool {
        self.one_person != (self.weight >= 0.0)
    }
}

/// Somebody who writes down only the mistakes that he noticed would teach that the
/// model is always wrong. So contradictions count in full only as far as there are
/// confirmations beside them: up to twice the odds that the model itself expects.
fn balance(lessons: &mut [Lesson]) {
    let expected: f64 = lessons
        .iter()
        .map(|lesson| lesson.said().min(1.0 - lesson.said()))
        .sum();
    let against = lessons.iter().filter(|lesson| lesson.contradicts()).count();
    #[allow(clippy::cast_precision_loss)] // counts of decisions
    let (all, against) = (lessons.len() as f64, against as f64);
    let odds = 2.0 * expected / (all - expected).max(1e-9);
    let allowed = odds * (all - against);
    if against > allowed {
        for lesson in lessons.iter_mut().filter(|lesson| lesson.contradicts()) {
            lesson.counts = allowed / against;
        }
    }
}

/// Corrects the scorer by the decisions of people on pairs whose match probability is
/// inside `review`; `None` when there are too few.
pub fn teach(
    scorer: &mut Scorer,
    features: &Features,
    applied: &[Applied],
    review: (f64, f64),
) -> Option<Taught> {
    let mut lessons = lessons(scorer, features, applied);
    lessons.retain(|lesson| (review.0..=review.1).contains(&lesson.said()));
    balance(&mut lessons);
    let always = lessons.iter().filter(|lesson| lesson.one_person).count();
    let never = lessons.len() - always;
    if lessons.len() < ENOUGH || always.min(never) < ENOUGH_EACH {
        return None;
    }
    let fitted = fit(&lessons);
    scorer.lessons = hold_signs(fitted, scorer);
    let mut levels: Vec<TaughtLevel> = Comparison::ALL
        .into_iter()
        .enumerate()
        .flat_map(|(k, comparison)| {
            let names = &scorer.model.level_names[k];
            let lessons = &scorer.lessons;
            let parameters = &scorer.parameters;
            let table_of = scorer.model.specs[k].table_of;
            names.iter().enumerate().map(move |(at, level)| {
                let before = parameters.level_bits(k, table_of, at);
                let added = lessons.at(comparison as usize, u8::try_from(at + 1).unwrap_or(0));
                TaughtLevel {
                    comparison: comparison.name().to_owned(),
                    level: level.clone(),
                    before: rounded(before),
                    after: rounded(before + added),
                }
            })
        })
        .filter(|level| (level.after - level.before).abs() >= WORTH_TELLING)
        .collect();
    levels.sort_by(|x, y| {
        let size = |level: &TaughtLevel| (level.after - level.before).abs();
        size(y).total_cmp(&size(x))
    });
    Some(Taught {
        decisions: lessons.len() as u64,
        always: always as u64,
        never: never as u64,
        levels,
        pairs_up: 0,
        pairs_down: 0,
    })
}

fn rounded(bits: f64) -> f64 {
    (bits * 100.0).round() / 100.0
}

/// The decided pairs whose records are both linked; what contradicts itself teaches nothing.
fn lessons(scorer: &Scorer, features: &Features, applied: &[Applied]) -> Vec<Lesson> {
    let mut names = NameComparer::small(features);
    let dense = |row: u32| {
        let at = features.rows.binary_search(&row).ok()?;
        u32::try_from(at).ok()
    };
    let mut decided: Vec<(u32, u32, bool)> = applied
        .iter()
        .filter(|decision| decision.by_person)
        .filter_map(|d| {
            let (x, y) = (dense(d.left)?, dense(d.right)?);
            Some((x.min(y), x.max(y), d.verdict == Verdict::Always))
        })
        // The model of people is what is taught.
        .filter(|&(x, y, _)| judge::kind(features, x, y) == Kind::People)
        .collect();
    decided.sort_unstable();
    decided.dedup();
    decided
        .chunk_by(|x, y| (x.0, x.1) == (y.0, y.1))
        .filter(|same| same.len() == 1)
        .map(|same| {
            let (x, y, one_person) = same[0];
            let compared: Compared = compare::compare(features, x, y, &mut names);
            Lesson {
                pattern: compared.pattern,
                weight: f64::from(scorer.weight(&compared)),
                one_person,
                counts: 1.0,
            }
        })
        .collect()
}

/// The corrections with the highest posterior probability, one coordinate at a time.
fn fit(lessons: &[Lesson]) -> Corrections {
    // Coordinates: the intercept, then every level that a lesson shows.
    let mut shown: Vec<(usize, u8)> = lessons
        .iter()
        .flat_map(|lesson| {
            Comparison::ALL
                .into_iter()
                .enumerate()
                .map(|(k, comparison)| (k, lesson.pattern.level(comparison)))
        })
        .filter(|(_, level)| *level > 0)
        .collect();
    shown.sort_unstable();
    shown.dedup();
    let members: Vec<Vec<usize>> = shown
        .iter()
        .map(|&(k, level)| {
            (0..lessons.len())
                .filter(|&at| lessons[at].pattern.level(Comparison::ALL[k]) == level)
                .collect()
        })
        .collect();
    let everybody: Vec<usize> = (0..lessons.len()).collect();
    let mut weights: Vec<f64> = lessons.iter().map(|lesson| lesson.weight).collect();
    let mut added = vec![0f64; shown.len()];
    let mut intercept = 0f64;
    for _ in 0..SWEEPS {
        let mut moved = step(
            lessons,
            &mut weights,
            &everybody,
            &mut intercept,
            SPREAD_INTERCEPT,
        );
        for (value, members) in added.iter_mut().zip(&members) {
            moved = moved.max(step(lessons, &mut weights, members, value, SPREAD));
        }
        if moved < 1e-6 {
            break;
        }
    }
    let mut bits = vec![[0f64; 16]; Comparison::COUNT];
    for (&(k, level), value) in shown.iter().zip(added) {
        bits[k][level as usize] = value;
    }
    Corrections { bits }
}

/// A difference never speaks for one person, whatever was decided.
fn hold_signs(mut corrections: Corrections, scorer: &Scorer) -> Corrections {
    for (k, spec) in scorer.model.specs.iter().enumerate() {
        for &level in &spec.differs {
            let at = level as usize;
            let own = scorer.parameters.level_bits(k, spec.table_of, at - 1);
            if let Some(levels) = corrections.bits.get_mut(k) {
                levels[at] = levels[at].min((-own).max(0.0));
            }
        }
    }
    corrections
}

/// One Newton step of one coordinate; tells how far it went.
fn step(
    lessons: &[Lesson],
    weights: &mut [f64],
    members: &[usize],
    value: &mut f64,
    spread: f64,
) -> f64 {
    use std::f64::consts::LN_2;
    let (mut slope, mut bend) = (-*value / (spread * spread), 1.0 / (spread * spread));
    for &at in members {
        let p = 1.0 / (1.0 + (-weights[at]).exp2());
        let truth = f64::from(u8::from(lessons[at].one_person));
        slope += lessons[at].counts * LN_2 * (truth - p);
        bend += lessons[at].counts * LN_2 * LN_2 * p * (1.0 - p);
    }
    // Far out the curve is flat: no leaps.
    let by = (slope / bend).clamp(-1.0, 1.0);
    *value += by;
    for &at in members {
        weights[at] += by;
    }
    by.abs()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A pair at a level of the phone, which the model gives this weight.
    fn lesson(phone: u8, weight: f64, one_person: bool) -> Lesson {
        let mut pattern = Pattern::default();
        pattern.set(Comparison::Phone, phone);
        pattern.set(Comparison::Given, 1);
        Lesson {
            pattern,
            weight,
            one_person,
            counts: 1.0,
        }
    }

    fn repeated(count: usize, phone: u8, weight: f64, one_person: bool) -> Vec<Lesson> {
        (0..count)
            .map(|_| lesson(phone, weight, one_person))
            .collect()
    }

    #[test]
    fn a_level_is_corrected_by_what_was_decided_of_it() {
        // Of pairs that the model takes for one person at 2 : 1, those with one phone
        // are, and those with different phones are not.
        let mut lessons = repeated(30, 1, 1.0, true);
        lessons.extend(repeated(30, 5, 1.0, false));
        let corrections = fit(&lessons);
        assert!(corrections.at(Comparison::Phone as usize, 1) > 0.3);
        assert!(corrections.at(Comparison::Phone as usize, 5) < -0.3);
        assert!(corrections.at(Comparison::Phone as usize, 2).abs() < 1e-12);
        // What both kinds show is the intercept's.
        assert!(corrections.at(Comparison::Given as usize, 1).abs() < 0.1);
        let mut pattern = Pattern::default();
        pattern.set(Comparison::Phone, 1);
        assert!(
            (corrections.of(pattern) - corrections.at(Comparison::Phone as usize, 1)).abs() < 1e-12
        );
    }

    #[test]
    fn answers_that_the_model_expected_change_nothing() {
        let mut lessons = repeated(40, 1, 1.0, true);
        lessons.extend(repeated(20, 1, 1.0, false));
        lessons.extend(repeated(20, 5, -1.0, true));
        lessons.extend(repeated(40, 5, -1.0, false));
        balance(&mut lessons);
        let corrections = fit(&lessons);
        for (comparison, level) in [(Comparison::Phone, 1), (Comparison::Phone, 5)] {
            assert!(corrections.at(comparison as usize, level).abs() < 1e-3);
        }
    }

    #[test]
    fn mistakes_alone_teach_little() {
        let mut lessons = repeated(50, 1, 2.0, false);
        lessons.extend(repeated(50, 5, -1.0, true));
        balance(&mut lessons);
        let corrections = fit(&lessons);
        assert!(corrections.at(Comparison::Phone as usize, 1).abs() < 1e-6);
        assert!(corrections.at(Comparison::Phone as usize, 5).abs() < 1e-6);
    }
}
