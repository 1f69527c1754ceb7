//! The match model: how often values agree in one person and in two, and what that weighs;
//! and how well the run did by its own estimate.

use askama::Template;

use super::facts::Facts;
use super::figures::{At, Bits, Count, Share, clean};

/// Bits at which a bar ends.
const LONGEST: f64 = 14.0;

#[derive(Debug, Template)]
#[template(path = "model.html")]
pub struct Model {
    comparisons: Vec<Comparison>,
    columns: Vec<String>,
    candidates: Count,
    all: Count,
    estimates: Vec<Estimate>,
    ticks: Vec<(At, String)>,
    changed: usize,
    taught: Option<Count>,
}

#[derive(Debug)]
struct Comparison {
    name: String,
    levels: Vec<Level>,
}

#[derive(Debug)]
struct Level {
    name: String,
    m: Share,
    u: String,
    bits: Bits,
    speaks: &'static str,
    x: At,
    width: At,
}

#[derive(Debug)]
pub struct Estimate {
    pub name: &'static str,
    pub words: &'static str,
    pub value: Share,
    pub low: Share,
    pub high: Share,
    at: At,
    x: At,
    width: At,
}

impl Model {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let report = &facts.run.linked.report;
        let mut comparisons: Vec<Comparison> = Vec::new();
        let mut last = "";
        for level in &report.levels {
            if level.comparison != last {
                comparisons.push(Comparison {
                    name: facts.rules.label(&level.comparison),
                    levels: Vec::new(),
                });
                last = &level.comparison;
            }
            let bits = (level.m / level.u).log2();
            let half = (bits.abs() / LONGEST).min(1.0) * 50.0;
            if let Some(comparison) = comparisons.last_mut() {
                comparison.levels.push(Level {
                    name: clean(&level.level).into_owned(),
                    m: Share(level.m),
                    u: rare(level.u),
                    bits: Bits(bits),
                    speaks: if bits >= 0.0 { "for" } else { "against" },
                    x: At(if bits >= 0.0 { 50.0 } else { 50.0 - half }),
                    width: At(half.max(0.3)),
                });
            }
        }
        let records = report.records;
        let (estimates, from) = estimates(facts);
        let step = (1.0 - from) / 4.0;
        Self {
            comparisons,
            columns: report
                .columns
                .iter()
                .filter(|column| column.taken)
                .map(|column| clean(&column.name).into_owned())
                .collect(),
            candidates: Count(report.blocks.pairs),
            all: Count(records.saturating_mul(records.saturating_sub(1)) / 2),
            estimates,
            ticks: (0..=4)
                .map(|at| {
                    let value = from + step * f64::from(at);
                    (At::on(value, from, 1.0), format!("{:.0}%", value * 100.0))
                })
                .collect(),
            changed: report.changes.len(),
            taught: report.taught.as_ref().map(|taught| Count(taught.decisions)),
        }
    }
}

/// Estimated precision and recall, and where their axis begins.
#[must_use]
pub fn estimates(facts: &Facts<'_>) -> (Vec<Estimate>, f64) {
    let own = &facts.run.linked.report.own;
    let lowest = own.precision_low.min(own.recall_low);
    // Whole tenths below the lowest.
    let from = ((lowest * 10.0 - 0.2).floor() / 10.0).clamp(0.0, 0.9);
    let place = |value: f64| At::on(value, from, 1.0);
    let estimate = |name, words, value: f64, low: f64, high: f64| Estimate {
        name,
        words,
        value: Share(value),
        low: Share(low),
        high: Share(high),
        at: place(value),
        x: place(low),
        width: At((place(high).0 - place(low).0).max(0.3)),
    };
    let list = vec![
        estimate(
            "Precision",
            "of the pairs that were merged, so many belong together",
            own.precision,
            own.precision_low,
            own.precision_high,
        ),
        estimate(
            "Recall",
            "of the pairs that belong together, so many were merged",
            own.recall,
            own.recall_low,
            own.recall_high,
        ),
    ];
    (list, from)
}

/// A small probability: per cent, or one in so many.
fn rare(u: f64) -> String {
    if u >= 0.001 {
        Share(u).to_string()
    } else if u > 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the inverse of a probability, rounded to two digits"
        )]
        let one_in = {
            let inverse = (1.0 / u).min(1e15);
            let scale = 10f64.powf(inverse.log10().floor() - 1.0);
            ((inverse / scale).round() * scale) as u64
        };
        format!("1 in {}", Count(one_in))
    } else {
        "0%".to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::rare;

    #[test]
    fn small_probabilities_are_one_in_so_many() {
        assert_eq!(rare(0.25), "25%");
        assert_eq!(rare(0.000_123), "1 in 8,100");
        assert_eq!(rare(0.0), "0%");
    }
}
