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
                let share = ["share", "shrink", "growth"]
                    .iter()
                    .any(|end| name.ends_with(end));
                let shown = |number: f64| {
                    if share {
                        fine(number)
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

/// A share that may be smaller than what the page shows elsewhere: a limit of 0.0001 is
/// `0.01%`, and not `<0.1%`.
fn fine(share: f64) -> String {
    let per_cent = share * 100.0;
    if per_cent <= 0.0 || per_cent >= 0.1 {
        return Share(share).to_string();
    }
    let digits = usize::from(per_cent < 0.01) + 2;
    if per_cent < 0.001 {
        "<0.001%".to_owned()
    } else {
        format!("{per_cent:.digits$}%")
    }
}

#[cfg(test)]
mod tests {
    use super::fine;

    #[test]
    fn a_small_limit_is_told_in_full() {
        let told = [0.0, 0.000_001, 0.000_05, 0.0001, 0.002, 0.13].map(fine);
        assert_eq!(told, ["0%", "<0.001%", "0.005%", "0.01%", "0.2%", "13%"]);
    }
}
