//! The gates: what the run had to keep to.

use askama::Template;

use super::facts::Facts;
use super::figures::{At, Count, Share};

#[derive(Debug, Template)]
#[template(path = "gates.html")]
pub struct Gates {
    gates: Vec<Gate>,
    pub broken: usize,
}

#[derive(Debug)]
struct Gate {
    name: String,
    value: String,
    limit: String,
    held: bool,
    soft: bool,
    /// How much of the limit is used.
    bar: At,
}

impl Gates {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let gates: Vec<Gate> = facts
            .run
            .gates
            .as_array()
            .into_iter()
            .flatten()
            .filter_map(|gate| {
                let name = gate["name"].as_str()?;
                let (value, limit) = (gate["value"].as_f64()?, gate["limit"].as_f64()?);
                // A limit of one and less is a share; counts are whole.
                let share = name.ends_with("share") || name.ends_with("shrink");
                let shown = |number: f64| {
                    if share {
                        Share(number).to_string()
                    } else {
                        #[expect(
                            clippy::cast_possible_truncation,
                            clippy::cast_sign_loss,
                            reason = "counts of records"
                        )]
                        let whole = number as u64;
                        Count(whole).to_string()
                    }
                };
                Some(Gate {
                    name: facts.rules.label(name),
                    value: shown(value),
                    limit: shown(limit),
                    held: gate["held"].as_bool().unwrap_or(false),
                    soft: gate["soft"].as_bool().unwrap_or(false),
                    bar: At::on(value, 0.0, limit.max(value).max(f64::MIN_POSITIVE)),
                })
            })
            .collect();
        Self {
            broken: gates.iter().filter(|gate| !gate.held).count(),
            gates,
        }
    }
}
