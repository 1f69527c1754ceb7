//! Earlier runs: the key figures that each summary hands to the next.

use std::fmt::Write as _;

use serde_json::Value;

use super::facts::Facts;
use super::figures::Count;

/// Runs in a trend, this one included.
const RUNS: usize = 30;

/// The key figures of earlier runs, the oldest first.
pub struct History<'a> {
    runs: Vec<&'a Value>,
}

/// A small line over the runs, and its words.
#[derive(Clone, Debug)]
pub struct Spark {
    /// Points of a polyline in a box of 100 by 24.
    pub points: String,
    /// The last point.
    pub last: (String, String),
    /// `from 12 to 9 over 5 runs`.
    pub words: String,
}

impl<'a> History<'a> {
    #[must_use]
    pub fn of(facts: &Facts<'a>) -> Self {
        let all = &facts.run.previous.history;
        let from = all.len().saturating_sub(RUNS - 1);
        Self {
            runs: all[from..].iter().collect(),
        }
    }

    #[must_use]
    pub fn is_there(&self) -> bool {
        !self.runs.is_empty()
    }

    /// A key figure of all runs, this one's last.
    #[must_use]
    pub fn figure(&self, key: &str, now: u64) -> Option<Spark> {
        self.spark(now as f64, |run| run[key].as_f64())
    }

    /// Violations a hundred records of a source.
    #[must_use]
    pub fn source(&self, name: &str, now: f64) -> Option<Spark> {
        self.spark(now, |run| {
            let source = &run["sources"][name];
            let (records, violations) =
                (source["records"].as_f64()?, source["violations"].as_f64()?);
            (records > 0.0).then(|| violations / records * 100.0)
        })
    }

    /// Violations of a rule; a run that knew none of them had none.
    #[must_use]
    pub fn rule(&self, id: &str, now: u64) -> Option<Spark> {
        self.spark(now as f64, |run| {
            let rules = run["violations_by_rule"].as_object()?;
            Some(rules.get(id).and_then(Value::as_f64).unwrap_or(0.0))
        })
    }

    fn spark(&self, now: f64, read: impl Fn(&Value) -> Option<f64>) -> Option<Spark> {
        let mut values: Vec<f64> = self.runs.iter().filter_map(|run| read(run)).collect();
        if values.is_empty() {
            return None;
        }
        values.push(now);
        Some(draw(&values))
    }
}

fn draw(values: &[f64]) -> Spark {
    let (low, high) = values.iter().fold((f64::MAX, f64::MIN), |(low, high), v| {
        (low.min(*v), high.max(*v))
    });
    let steps = (values.len() - 1).max(1) as f64;
    let place = |at: usize, value: f64| {
        let x = 3.0 + at as f64 / steps * 94.0;
        // A flat line runs through the middle.
        let y = if high > low {
            20.0 - (value - low) / (high - low) * 16.0
        } else {
            12.0
        };
        (format!("{x:.1}"), format!("{y:.1}"))
    };
    let mut points = String::new();
    for (at, value) in values.iter().enumerate() {
        let (x, y) = place(at, *value);
        let _ = write!(points, "{x},{y} ");
    }
    let shown = |value: f64| {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "counts and rates are not negative"
        )]
        let whole = value.round() as u64;
        Count(whole)
    };
    let (first, last) = (values[0], values[values.len() - 1]);
    Spark {
        points: points.trim_end().to_owned(),
        last: place(values.len() - 1, last),
        words: format!(
            "from {} to {} over {} runs",
            shown(first),
            shown(last),
            values.len()
        ),
    }
}

/// The day of a run, out of its id: `20261125T031500Z-1f3a9c2b` → `2026-11-25`.
#[must_use]
pub fn day(run: &str) -> Option<String> {
    let digits = run.get(..8)?;
    let numbers = digits.bytes().all(|b| b.is_ascii_digit());
    numbers.then(|| format!("{}-{}-{}", &digits[..4], &digits[4..6], &digits[6..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_rises_from_the_lowest_to_the_highest() {
        let spark = draw(&[1.0, 3.0]);
        assert_eq!(spark.points, "3.0,20.0 97.0,4.0");
        assert_eq!(spark.words, "from 1 to 3 over 2 runs");
        assert_eq!(draw(&[2.0, 2.0]).points, "3.0,12.0 97.0,12.0");
    }

    #[test]
    fn a_run_says_its_day() {
        assert_eq!(
            day("20261125T031500Z-1f3a9c2b").as_deref(),
            Some("2026-11-25")
        );
        assert_eq!(day("nightly"), None);
        assert_eq!(day("é0261125T"), None);
    }
}
