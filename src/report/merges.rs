//! Merges by confidence: all compared pairs by match weight with the thresholds drawn,
//! and the golden records by how sure they are and how large.

use askama::Template;

use super::facts::Facts;
use super::figures::{At, Count, counted};
use crate::link::decisions::DecisionReport;
use crate::link::histogram::LOWEST;
use crate::link::score::bits;

/// Bits that the chart shows; what is beyond stands in its first and last bars.
const FROM: i32 = -8;
const TO: i32 = 34;
/// Bits a bar.
const STEP: i32 = 2;
/// Sizes shown one by one.
const SIZES: usize = 8;

/// Pairs that nobody looks at one by one.
const MANY: u64 = 300;

#[derive(Debug, Template)]
#[template(path = "merges.html")]
pub struct Merges {
    people: &'static str,
    bars: Vec<Bar>,
    ticks: Vec<Tick>,
    /// Places of the merge threshold and of the review band.
    threshold: At,
    band_from: At,
    band_width: At,
    threshold_words: String,
    band_words: [String; 2],
    largest: Count,
    /// Pairs kept apart below the chart.
    below: Count,
    compared: Count,
    /// Of them, those that nothing but the groups of their records brought.
    for_groups: Count,
    /// What people's decisions did.
    decided: Option<String>,
    review: String,
    review_file: Option<String>,
    /// More than anybody will look at.
    many_to_review: bool,
    sure: Vec<Line>,
    sizes: Vec<Line>,
}

#[derive(Debug)]
struct Bar {
    /// `−4 to −2`
    words: String,
    merged: Count,
    apart: Count,
    x: At,
    width: At,
    merged_y: At,
    merged_height: At,
    apart_y: At,
    apart_height: At,
}

#[derive(Debug)]
struct Tick {
    x: At,
    label: String,
}

#[derive(Debug)]
struct Line {
    name: String,
    count: Count,
    bar: At,
}

impl Merges {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        let counts = &facts.run.linked.report.weights;
        let bin = |bits: i32| usize::try_from(bits - LOWEST).unwrap_or(0);
        let bars = usize::try_from((TO - FROM) / STEP).unwrap_or(0);
        let sum = |side: &[u64], number: usize| -> u64 {
            let start = FROM + STEP * i32::try_from(number).unwrap_or(0);
            let (from, to) = (
                if number == 0 { 0 } else { bin(start) },
                if number + 1 == bars {
                    side.len()
                } else {
                    bin(start + STEP)
                },
            );
            side[from..to].iter().sum()
        };
        let merged: Vec<u64> = (0..bars).map(|at| sum(&counts.merged, at)).collect();
        let mut apart: Vec<u64> = (0..bars).map(|at| sum(&counts.apart, at)).collect();
        let compared: u64 = counts.merged.iter().chain(&counts.apart).sum();
        // The unrelated would dwarf all else: they are told in words.
        let below = std::mem::take(&mut apart[0]);
        let largest = (0..bars)
            .map(|at| merged[at] + apart[at])
            .max()
            .unwrap_or(0);
        let place = |bits: f64| At::on(bits, f64::from(FROM), f64::from(TO));
        let (low, high) = facts.run.plan.matching.review;
        let [at_low, at_high] = [low, high].map(|p| place(f64::from(bits(p))));
        let probability = |p: f64| format!("{p}");
        Self {
            people: facts.noun().1,
            bars: (0..bars)
                .map(|at| {
                    let start = FROM + STEP * i32::try_from(at).unwrap_or(0);
                    let x = place(f64::from(start));
                    let merged_height = At::bar(merged[at], largest);
                    let apart_height = At::bar(apart[at], largest);
                    Bar {
                        words: words(start, at == 0, at + 1 == bars),
                        merged: Count(merged[at]),
                        apart: Count(apart[at] + if at == 0 { below } else { 0 }),
                        x: At(x.0 + 0.15),
                        width: At(place(f64::from(start + STEP)).0 - x.0 - 0.3),
                        merged_y: At(100.0 - merged_height.0),
                        merged_height,
                        apart_y: At(100.0 - merged_height.0 - apart_height.0),
                        apart_height,
                    }
                })
                .collect(),
            ticks: [0, 10, 20, 30]
                .into_iter()
                .map(|bits: i32| Tick {
                    x: place(f64::from(bits)),
                    label: signed(bits),
                })
                .collect(),
            threshold: place(f64::from(bits(facts.run.plan.matching.threshold))),
            band_from: at_low,
            band_width: At(at_high.0 - at_low.0),
            threshold_words: probability(facts.run.plan.matching.threshold),
            band_words: [probability(low), probability(high)],
            largest: Count(largest),
            below: Count(below),
            compared: Count(compared),
            for_groups: Count(compared.saturating_sub(facts.run.linked.report.blocks.pairs)),
            decided: decided(&facts.run.linked.report.decisions, facts.noun()),
            review: counted(facts.review, "pair is", "pairs are"),
            review_file: facts.link("review.csv"),
            many_to_review: facts.review > MANY,
            sure: sure(facts),
            sizes: sizes(facts),
        }
    }
}

fn signed(bits: i32) -> String {
    match bits {
        0 => "0".to_owned(),
        b if b < 0 => format!("\u{2212}{}", -b),
        b => format!("+{b}"),
    }
}

fn words(start: i32, first: bool, last: bool) -> String {
    if first {
        format!("below {}", signed(start + STEP))
    } else if last {
        format!("{} and more", signed(start))
    } else {
        format!("{} to {}", signed(start), signed(start + STEP))
    }
}

/// Golden records of several records, by their confidence.
fn sure(facts: &Facts<'_>) -> Vec<Line> {
    const CLASSES: [(f32, &str); 5] = [
        (0.99, "0.99 and more"),
        (0.95, "0.95 to 0.99"),
        (0.8, "0.8 to 0.95"),
        (0.5, "0.5 to 0.8"),
        (0.0, "below 0.5"),
    ];
    let mut counts = [0_u64; CLASSES.len()];
    let linked = facts.run.linked;
    for rows in facts
        .run
        .merged
        .clusters
        .iter()
        .filter(|rows| rows.len() > 1)
    {
        let least = rows
            .iter()
            .map(|&row| linked.probability[row as usize])
            .fold(1.0, f32::min);
        let class = CLASSES.iter().position(|(from, _)| least >= *from);
        counts[class.unwrap_or(CLASSES.len() - 1)] += 1;
    }
    let names = CLASSES.iter().map(|(_, name)| (*name).to_owned());
    lines(names.zip(counts).collect())
}

/// Golden records by how many records they are made of.
fn sizes(facts: &Facts<'_>) -> Vec<Line> {
    let mut counts = [0_u64; SIZES + 1];
    for rows in facts.run.merged.clusters.iter() {
        counts[rows.len().min(SIZES + 1) - 1] += 1;
    }
    let names = (1..=SIZES)
        .map(|size| match size {
            1 => "1 record".to_owned(),
            size => format!("{size} records"),
        })
        .chain([format!("more than {SIZES}")]);
    let mut list: Vec<(String, u64)> = names.zip(counts).collect();
    while list.last().is_some_and(|(_, count)| *count == 0) {
        list.pop();
    }
    lines(list)
}

fn lines(list: Vec<(String, u64)>) -> Vec<Line> {
    let largest = list.iter().map(|(_, count)| *count).max().unwrap_or(0);
    list.into_iter()
        .map(|(name, count)| Line {
            name,
            count: Count(count),
            bar: At::bar(count, largest),
        })
        .collect()
}

/// What people's decisions did, in a line.
fn decided(report: &DecisionReport, (person, people): (&str, &str)) -> Option<String> {
    let bound = report.always + report.never;
    if bound == 0 {
        return None;
    }
    let count = |count| counted(count, person, people);
    let did = match (report.joined, report.split) {
        (0, 0) => "They only confirm what the evidence says".to_owned(),
        (joined, 0) => format!("They joined {} into others", count(joined)),
        (0, split) => format!("They split {} off others", count(split)),
        (joined, split) => format!(
            "They joined {} into others and split {} off",
            count(joined),
            Count(split)
        ),
    };
    Some(format!(
        "{} by people bind: {} that two records are one, {} that they are two. {did}.",
        counted(bound, "decision", "decisions"),
        Count(report.always),
        Count(report.never)
    ))
}
