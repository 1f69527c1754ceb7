//! The evidence of a pair as a waterfall in characters: a row a comparison, a bar from the
//! sum before it to the sum after it, left and right of a zero line.

use std::fmt::Write as _;

use super::canvas::{Canvas, Ink, clean, fit, width};
use crate::explain::pair_story::{PairStory, Step};
use crate::link::score::Evidence;

/// From here on the values of both records stand in the row itself.
const WIDE: usize = 110;
/// What rarity adds is told from so many bits on.
const TOLD: f64 = 0.05;

/// Draws the steps and the sum.
#[must_use]
pub fn draw(story: &PairStory, canvas: Canvas) -> String {
    let plan = Plan::of(&story.evidence, canvas);
    let mut out = plan.steps(&story.evidence, [&story.left, &story.right]);
    plan.total(story, &mut out);
    out
}

/// Draws evidence of which the values are not known, without the sum.
#[must_use]
pub fn draw_evidence(evidence: &[Evidence], canvas: Canvas) -> String {
    let mut sum = 0.0;
    let steps: Vec<Step> = evidence
        .iter()
        .map(|piece| {
            sum += piece.bits;
            Step {
                comparison: piece.comparison.clone(),
                level: piece.level.clone(),
                bits: piece.bits,
                frequency: piece.frequency,
                sum,
                left: Vec::new(),
                right: Vec::new(),
            }
        })
        .collect();
    let canvas = Canvas {
        width: canvas.width.min(WIDE - 1),
        ..canvas
    };
    Plan::of(&steps, canvas).steps(&steps, ["", ""])
}

/// The columns of a drawing.
struct Plan {
    canvas: Canvas,
    name: usize,
    level: usize,
    /// Of each record's value; 0 where the values have a line of their own.
    value: usize,
    bar: usize,
    least: f64,
    most: f64,
    rarity: bool,
}

/// `+12.34`, and a space.
const NUMBER: usize = 8;
/// Columns of a bar where the values stand beside it.
const BAR: usize = 22;

impl Plan {
    fn of(evidence: &[Step], canvas: Canvas) -> Self {
        let longest = |of: &dyn Fn(&Step) -> usize| evidence.iter().map(of).max();
        let name = longest(&|step| width(&clean(&step.comparison))).unwrap_or(0);
        let level = longest(&|step| width(&clean(&step.level))).unwrap_or(0);
        let rarity = evidence.iter().any(|s| s.frequency.abs() >= TOLD);
        let sums = || evidence.iter().map(|step| step.sum);
        let numbers = NUMBER * if rarity { 3 } else { 2 };
        let (name, level) = (name.clamp(5, 18) + 2, level.clamp(5, 24) + 1);
        // A space before the bar, and the zero line in it.
        let rest = canvas.width.saturating_sub(name + level + numbers + 2);
        let value = if canvas.width >= WIDE {
            (rest.saturating_sub(BAR) / 2).min(32)
        } else {
            0
        };
        Self {
            canvas,
            name,
            level,
            value,
            bar: rest.saturating_sub(2 * value).clamp(6, 40),
            least: sums().fold(0.0, f64::min),
            most: sums().fold(0.0, f64::max),
            rarity,
        }
    }

    fn steps(&self, evidence: &[Step], sides: [&str; 2]) -> String {
        let mut out = self.header(sides);
        let mut before = 0.0;
        for step in evidence {
            self.row(step, before, &mut out);
            before = step.sum;
        }
        out
    }

    fn header(&self, sides: [&str; 2]) -> String {
        let mut line = " ".repeat(self.name + self.level);
        if self.value > 0 {
            for side in sides {
                line.push_str(&fit(&clean(side), self.value - 1));
                line.push(' ');
            }
        }
        let _ = write!(line, "{:>NUMBER$}", "bits");
        if self.rarity {
            let _ = write!(line, "{:>NUMBER$}", "rarity");
        }
        let _ = write!(line, "{:>NUMBER$}", "sum");
        format!("{}\n", self.canvas.ink(line.trim_end(), Ink::Aside))
    }

    fn row(&self, step: &Step, before: f64, out: &mut String) {
        let ink = if step.bits < 0.0 {
            Ink::Against
        } else {
            Ink::For
        };
        out.push_str(&fit(&clean(&step.comparison), self.name));
        out.push_str(&fit(&clean(&step.level), self.level));
        let values = [&step.left, &step.right].map(|values| {
            let cleaned: Vec<String> = values.iter().map(|value| clean(value)).collect();
            cleaned.join(", ")
        });
        if self.value > 0 {
            for value in &values {
                let cell = fit(value, self.value - 1);
                out.push_str(&self.canvas.ink(&cell, Ink::Plain));
                out.push(' ');
            }
        }
        out.push_str(&self.canvas.ink(&format!("{:>+NUMBER$.2}", step.bits), ink));
        if self.rarity {
            let rarity = if step.frequency.abs() >= TOLD {
                format!("{:>+NUMBER$.2}", step.frequency)
            } else {
                " ".repeat(NUMBER)
            };
            out.push_str(&self.canvas.ink(&rarity, Ink::Aside));
        }
        let _ = write!(out, "{:>+NUMBER$.2} ", step.sum);
        out.push_str(self.bar(before, step.sum, ink).trim_end());
        out.push('\n');
        if self.value == 0 && values.iter().any(|value| !value.is_empty()) {
            out.push_str(&self.values(&values));
        }
    }

    /// Both values below the row; one where they are the same.
    fn values(&self, [left, right]: &[String; 2]) -> String {
        let room = self.canvas.width.saturating_sub(self.name);
        let text = if left == right {
            fit(left, room)
        } else {
            let half = room.saturating_sub(3) / 2;
            let shown = |value: &str| if value.is_empty() { "-" } else { value }.to_owned();
            let (left, right) = (shown(left), shown(right));
            // What one leaves free the other may have.
            let own = width(&left).min(half.max(room.saturating_sub(3 + width(&right))));
            let rest = room.saturating_sub(3 + own);
            format!("{} · {}", fit(&left, own), fit(&right, rest))
        };
        let indent = " ".repeat(self.name);
        format!("{indent}{}\n", self.canvas.ink(text.trim_end(), Ink::Aside))
    }

    /// A bar from one sum to the next; the zero line stands between two cells.
    fn bar(&self, from: f64, to: f64, ink: Ink) -> String {
        let (least, most) = (self.least, self.most.max(self.least + 1.0));
        #[allow(clippy::cast_precision_loss)] // cells of a line
        let scale = self.bar as f64 / (most - least);
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped
        let cell = |bits: f64| ((bits - least) * scale).round().clamp(0.0, 200.0) as usize;
        let zero = cell(0.0).min(self.bar);
        let (low, high) = (cell(from.min(to)), cell(from.max(to)));
        // A small step is seen all the same.
        let (low, high) = if (to - from).abs() >= TOLD && high == low {
            let low = low.min(self.bar.saturating_sub(1));
            (low, low + 1)
        } else {
            (low, high)
        };
        let filled = if ink == Ink::Against { '▒' } else { '█' };
        let cells = |from: usize, to: usize| -> String {
            let text: String = (from..to)
                .map(|at| {
                    if (low..high).contains(&at) {
                        filled
                    } else {
                        ' '
                    }
                })
                .collect();
            if text.contains(filled) {
                let (start, end) = (
                    text.find(filled).unwrap_or(0),
                    text.rfind(filled).map_or(0, |at| at + filled.len_utf8()),
                );
                format!(
                    "{}{}{}",
                    &text[..start],
                    self.canvas.ink(&text[start..end], ink),
                    &text[end..]
                )
            } else {
                text
            }
        };
        format!(
            "{}{}{}",
            cells(0, zero),
            self.canvas.ink("│", Ink::Aside),
            cells(zero, self.bar)
        )
    }

    fn total(&self, story: &PairStory, out: &mut String) {
        let label = fit("match weight", self.name + self.level);
        let gap = NUMBER * usize::from(self.rarity) + 2 * self.value;
        let _ = writeln!(
            out,
            "{}{}{}",
            self.canvas.ink(&label, Ink::Title),
            " ".repeat(gap + NUMBER),
            self.canvas
                .ink(&format!("{:>+NUMBER$.2}", story.weight), Ink::Title),
        );
        let _ = writeln!(
            out,
            "{}{}",
            self.canvas.ink("match probability", Ink::Title),
            self.canvas.ink(
                &format!(
                    " {}   (merged from {} on, reviewed from {} to {})",
                    shown(story.probability),
                    story.threshold,
                    story.review.0,
                    story.review.1
                ),
                Ink::Plain
            )
        );
    }
}

/// Four digits; never 1 for what is not certain.
#[must_use]
pub fn shown(probability: f64) -> String {
    if probability > 0.9999 && probability < 1.0 {
        return "above 0.9999".to_owned();
    }
    if probability < 0.0001 && probability > 0.0 {
        return "below 0.0001".to_owned();
    }
    format!("{probability:.4}")
}
