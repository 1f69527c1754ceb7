//! `karat explain A B`: the pair in words and bars.

use std::fmt::Write as _;

use super::canvas::{Canvas, Ink, clean, fit, width};
use super::waterfall::{self, shown};
use crate::explain::Record;
use crate::explain::pair_story::{Because, PairStory, Tie};
use crate::explain::what_if::{Band, Change};
use crate::link::kept::Bound;

/// The whole story.
#[must_use]
pub fn text(story: &PairStory, [left, right]: [&Record; 2], canvas: Canvas) -> String {
    let mut out = heading(story, [left, right], canvas);
    out.push('\n');
    out.push_str(&waterfall::draw(story, canvas));
    out.push('\n');
    out.push_str(&verdict(story, canvas));
    out.push_str(&turning(story, canvas));
    out.push_str(&untold(story, [left, right], canvas));
    out
}

/// Which two records, and where they went.
fn heading(story: &PairStory, records: [&Record; 2], canvas: Canvas) -> String {
    let mut out = String::new();
    let names = [&story.left, &story.right].map(|name| clean(name));
    let wide = names.iter().map(|name| width(name)).max().unwrap_or(0);
    let wide = wide.min(canvas.width / 2);
    for (record, name) in records.into_iter().zip(&names) {
        let golden = match &record.golden_id {
            Some(id) => format!("golden record {id}"),
            None => "held out".to_owned(),
        };
        let room = canvas.width.saturating_sub(wide + width(&golden) + 4);
        let line = format!(
            "{}  {}  {golden}",
            canvas.ink(&fit(name, wide), Ink::Title),
            fit(&who(record), room)
        );
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}

/// A record's name, or what comes closest to one.
#[must_use]
pub fn who(record: &Record) -> String {
    let part = |field: &str| record.value(field).map(clean);
    let name: Vec<String> = ["given_name", "family_name"]
        .into_iter()
        .filter_map(part)
        .collect();
    if !name.is_empty() {
        return name.join(" ");
    }
    ["full_name", "company", "email", "phone"]
        .into_iter()
        .find_map(part)
        .unwrap_or_default()
}

/// What became of the pair, and why.
#[must_use]
pub fn verdict(story: &PairStory, canvas: Canvas) -> String {
    let what = if story.merged {
        "One golden record"
    } else {
        "Two golden records"
    };
    let why = match &story.because {
        Because::Weight if story.merged => "the evidence is above the threshold.".to_owned(),
        Because::Weight => "the evidence is below the threshold.".to_owned(),
        Because::Bound { bound, why } => format!(
            "{}, whatever the evidence says.{}",
            decided(*bound),
            because(why.as_deref())
        ),
        Because::Through { ties } => format!(
            "the pair alone is below the threshold, but other records connect it; groups are \
             joined by the average over all their pairs: {}.",
            way(story, ties)
        ),
        Because::LeftAlone => "the pair is a little below the threshold, but neither record has \
             anybody else who comes near; of such pairs most are one."
            .to_owned(),
        Because::OthersBound { tie, bound, why } => format!(
            "{} and {} are in these two groups, and {}.{}",
            clean(&tie.left),
            clean(&tie.right),
            match bound {
                Bound::Distinct => "their source says that its records are different",
                _ => "a decision keeps them apart",
            },
            because(why.as_deref())
        ),
        Because::OthersRuledOut { tie } => format!(
            "the pair alone is above the threshold, but {} and {} are in these two groups and \
             can't be one person ({:+.0} bits).",
            clean(&tie.left),
            clean(&tie.right),
            tie.weight
        ),
        Because::Average {
            clip,
            pairs,
            average,
            against,
        } => {
            let mut text = "the pair alone is above the threshold, but a record joins a group \
                 by the average over all pairs"
                .to_owned();
            if let Some(average) = average {
                let _ = write!(
                    text,
                    " (none counts more than {clip:.0} bits), which is {average:+.1} over {pairs}"
                );
            }
            if let Some(tie) = against {
                let _ = write!(
                    text,
                    "; most against is {} – {} ({:+.1})",
                    clean(&tie.left),
                    clean(&tie.right),
                    tie.weight
                );
            }
            text.push('.');
            text
        }
    };
    canvas.wrapped(&format!("{}: {why}", canvas.ink(what, Ink::Title)), 0)
}

fn decided(bound: Bound) -> &'static str {
    match bound {
        Bound::Always => "a decision says that they are one",
        Bound::Never => "a decision says that they are two",
        Bound::Distinct => "they are of one source, whose records are all different people",
    }
}

fn because(why: Option<&str>) -> String {
    why.map_or_else(String::new, |why| format!(" Why: {}.", clean(why)))
}

/// The links from one record to the other, as a path.
fn way(story: &PairStory, ties: &[Tie]) -> String {
    let mut text = clean(&story.left);
    let mut at = story.left.as_str();
    for tie in ties {
        at = if tie.left == at {
            &tie.right
        } else {
            &tie.left
        };
        let _ = write!(text, " —({:+.1})— {}", tie.weight, clean(at));
    }
    text
}

/// What would have turned it.
fn turning(story: &PairStory, canvas: Canvas) -> String {
    let mut out = String::new();
    for change in [&story.turning.review, &story.turning.verdict]
        .into_iter()
        .flatten()
    {
        out.push_str(&canvas.wrapped(&had(change), 0));
    }
    if story.turning.verdict.is_none() {
        out.push_str("No single comparison would have turned the verdict.\n");
    }
    out
}

/// `Had the phone been missing: 0.71, review (-3.1 bits).`
#[must_use]
pub fn had(change: &Change) -> String {
    let how = if change.to.is_empty() {
        "missing".to_owned()
    } else {
        format!("“{}”", clean(&change.to))
    };
    let band = match change.band {
        Band::Apart => "apart",
        Band::DoubtfulApart => "apart, for review",
        Band::DoubtfulMerged => "merged, for review",
        Band::Merged => "merged",
    };
    let was = if change.from.is_empty() {
        " (it is missing)"
    } else {
        ""
    };
    format!(
        "Had the {} been {how}{was}: {}, {band} ({:+.1} bits).",
        clean(&change.comparison).replace('_', " "),
        shown(change.probability),
        change.bits
    )
}

/// Fields that both records or one have and no comparison looks at.
fn untold(story: &PairStory, [left, right]: [&Record; 2], canvas: Canvas) -> String {
    let told = |value: &str| {
        story.evidence.iter().any(|step| {
            step.left
                .iter()
                .chain(&step.right)
                .any(|shown| shown == value)
        })
    };
    let mut names: Vec<&str> = Vec::new();
    for (name, value) in left.values.iter().chain(&right.values) {
        if !told(value) && !name.contains(':') && !names.contains(&name.as_str()) {
            names.push(name);
        }
    }
    if names.is_empty() {
        return String::new();
    }
    let mut out = format!("\n{}\n", canvas.ink("Not compared", Ink::Aside));
    let column = names.iter().map(|name| width(name)).max().unwrap_or(0) + 2;
    let half = canvas.width.saturating_sub(column + 2) / 2;
    for name in names {
        let cell = |record: &Record| fit(&record.value(name).map_or("-".to_owned(), clean), half);
        let line = format!("{}{}  {}", fit(name, column), cell(left), cell(right));
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out
}
