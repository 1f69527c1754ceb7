//! `report.html`: the run for people, in one file that asks nothing of the network.
//!
//! Every section takes the facts, counts what it shows, and is drawn by a template of its
//! own; templates escape what they are given. No script, no style and no picture comes
//! from outside, and nothing in the page depends on the clock.

use askama::Template;
use rayon::prelude::*;

use super::alignment::Alignment;
use super::changes::Changes;
use super::conflicts::Conflicts;
use super::consents::Consents;
use super::facts::Facts;
use super::figures::{Change, Count, Share, clean, counted, listed};
use super::funnel::Funnel;
use super::gates::Gates;
use super::groups::Groups;
use super::merges::Merges;
use super::model::{Estimate, Model, estimates};
use super::overlap::Overlap;
use super::partners::{Gaps, Sides, Stages};
use super::quality::Quality;
use super::sample::Samples;
use super::survivorship::Survivorship;
use crate::contact::{Diagnostic, Failure, FailureKind};
use crate::write::RunOutput;
use crate::write::output::Written;

/// The file's name in the run's folder.
pub const NAME: &str = "report.html";

const STYLE: &str = include_str!("templates/style.css");
/// SHA-256 of it in base64, as the page's policy writes it; a test holds it to the file.
const STYLE_HASH: &str = include_str!("templates/hash.txt");

#[derive(Template)]
#[template(path = "report.html")]
struct Page {
    name: String,
    date: String,
    version: &'static str,
    style: &'static str,
    style_hash: &'static str,
    /// The run in one line.
    line: String,
    figures: Vec<Figure>,
    broken_gates: usize,
    sections: Vec<Section>,
    files: Vec<File>,
}

/// A heading with its text.
struct Section {
    id: &'static str,
    title: &'static str,
    html: String,
}

struct Figure {
    value: String,
    name: String,
    note: String,
    change: Option<Change>,
}

struct File {
    name: String,
    address: String,
    about: String,
    size: String,
    blake3: String,
}

/// The sections on how the systems agree.
#[derive(Template)]
#[template(path = "systems.html")]
struct Systems {
    overlap: Overlap,
    alignment: Alignment,
    stages: Option<Stages>,
    conflicts: Option<Conflicts>,
    gaps: Option<Gaps>,
    consents: Option<Consents>,
}

/// Draws the page of a finished run. `files` are those that stand beside it, `review` the
/// pairs that wait for a person.
///
/// # Errors
/// Exit 70: a template that can't be drawn is a fault of the build.
pub fn page(
    run: &RunOutput<'_>,
    samples: &Samples,
    files: &[Written],
    review: usize,
) -> Result<String, Failure> {
    let facts = Facts::of(run, samples, files, review);
    build(&facts)
        .and_then(|page| page.render())
        .map_err(|error| {
            Failure::one(
                FailureKind::Internal,
                Diagnostic::error("report", format!("the report can't be drawn: {error}")),
            )
        })
}

fn build(facts: &Facts<'_>) -> Result<Page, askama::Error> {
    let gates = Gates::of(facts);
    let broken_gates = gates.broken;
    // Side by side, since some go through all records.
    type Drawn = Result<Option<String>, askama::Error>;
    type Draw<'d> = (
        &'static str,
        &'static str,
        Box<dyn Fn() -> Drawn + Sync + 'd>,
    );
    let all: [Draw<'_>; 9] = [
        (
            "changes",
            "Since the last run",
            Box::new(|| Changes::of(facts).render().map(Some)),
        ),
        (
            "quality",
            "Data quality",
            Box::new(|| Quality::of(facts).render().map(Some)),
        ),
        (
            "funnel",
            "The funnel",
            Box::new(|| Funnel::of(facts).map(|funnel| funnel.render()).transpose()),
        ),
        (
            "systems",
            "How the systems agree",
            Box::new(|| {
                let several = facts.sources() > 1;
                several.then(|| systems(facts).render()).transpose()
            }),
        ),
        (
            "merges",
            "Merges by confidence",
            Box::new(|| Merges::of(facts).render().map(Some)),
        ),
        (
            "groups",
            "Groups worth a look",
            Box::new(|| {
                let groups = Groups::of(facts);
                (!groups.is_empty()).then(|| groups.render()).transpose()
            }),
        ),
        (
            "survivorship",
            "Which source wins",
            Box::new(|| Survivorship::of(facts).map(|won| won.render()).transpose()),
        ),
        ("gates", "Gates", Box::new(|| gates.render().map(Some))),
        (
            "model",
            "How sure the matching is",
            Box::new(|| Model::of(facts).render().map(Some)),
        ),
    ];
    let drawn: Vec<Option<Section>> = all
        .par_iter()
        .with_max_len(1)
        .map(|(id, title, draw)| {
            let section = |html| Section { id, title, html };
            Ok(draw()?.map(section))
        })
        .collect::<Result<_, askama::Error>>()?;
    let sections: Vec<Section> = drawn.into_iter().flatten().collect();
    Ok(Page {
        name: clean(&facts.run.plan.name).into_owned(),
        date: clean(&facts.run.plan.run_date).into_owned(),
        version: env!("CARGO_PKG_VERSION"),
        style: STYLE,
        style_hash: STYLE_HASH.trim_ascii_end(),
        line: line(facts),
        figures: figures(facts),
        broken_gates,
        sections,
        files: files(facts),
    })
}

fn systems(facts: &Facts<'_>) -> Systems {
    let (alignment, (sides, overlap, conflicts, consents)) = rayon::join(
        || Alignment::of(facts),
        || {
            let overlap = Overlap::of(facts);
            let conflicts = Conflicts::of(facts);
            (Sides::of(facts), overlap, conflicts, Consents::of(facts))
        },
    );
    Systems {
        overlap,
        alignment,
        stages: sides.as_ref().and_then(|sides| Stages::of(facts, sides)),
        conflicts,
        gaps: sides.as_ref().map(|sides| Gaps::of(facts, sides)),
        consents,
    }
}

/// The run in one sentence.
fn line(facts: &Facts<'_>) -> String {
    let (one, many) = facts.noun();
    let records = facts.run.records.rows() as u64;
    let golden = facts.run.merged.clusters.len() as u64;
    let held = facts.run.held.len() as u64;
    let names: Vec<String> = (0..facts.sources()).map(|at| facts.source(at)).collect();
    let from = if names.len() > 6 {
        counted(names.len() as u64, "source", "sources")
    } else {
        listed(&names)
    };
    let mut line = format!(
        "{} from {from} are {}",
        counted(records, "record", "records"),
        counted(golden, one, many)
    );
    if held > 0 {
        line.push_str(&format!(
            "; {} held out because of what is wrong with {}",
            if held == 1 {
                "1 was".to_owned()
            } else {
                format!("{} were", Count(held))
            },
            if held == 1 { "it" } else { "them" }
        ));
    }
    line.push('.');
    line
}

/// The five figures.
fn figures(facts: &Facts<'_>) -> Vec<Figure> {
    let (one, many) = facts.noun();
    let records = facts.run.records.rows() as u64;
    let held = facts.run.held.len() as u64;
    let golden = facts.run.merged.clusters.len() as u64;
    let last = facts.run.previous.history.last();
    let change = |key: &str, now: u64| {
        let before = last?[key].as_u64()?;
        Some(Change::between(before, now))
    };
    let doubled = records.saturating_sub(held).saturating_sub(golden);
    let mut list = vec![
        Figure {
            value: Count(golden).to_string(),
            name: if golden == 1 { one } else { many }.to_owned(),
            note: format!("out of {}", counted(records, "record", "records")),
            change: change("golden_records", golden),
        },
        Figure {
            value: Share::of(doubled, records.saturating_sub(held)).to_string(),
            name: "duplicates".to_owned(),
            note: format!(
                "{} merged into others",
                counted(doubled, "record", "records")
            ),
            change: None,
        },
    ];
    let (own, _) = estimates(facts);
    let names = ["of merges are right", "of duplicates were found"];
    list.extend(
        own.iter()
            .zip(names)
            .map(|(own, name): (&Estimate, _)| Figure {
                value: own.value.to_string(),
                name: name.to_owned(),
                note: format!("estimated: {} to {}", own.low, own.high),
                change: None,
            }),
    );
    list.push(Figure {
        value: Count(facts.review).to_string(),
        name: if facts.review == 1 { "pair" } else { "pairs" }.to_owned() + " to look at",
        note: "a person should decide".to_owned(),
        change: change("review_pairs", facts.review),
    });
    list
}

fn files(facts: &Facts<'_>) -> Vec<File> {
    facts
        .files
        .iter()
        .map(|file| File {
            name: clean(&file.file).into_owned(),
            address: super::figures::address(&file.file),
            about: facts.rules.about_file(&file.file).to_owned(),
            size: size(file.bytes),
            blake3: file.blake3.chars().take(16).collect(),
        })
        .collect()
}

/// Bytes for people.
fn size(bytes: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "sizes of files")]
    let number = bytes as f64;
    if number < 1e3 {
        format!("{bytes} B")
    } else if number < 1e6 {
        format!("{:.1} kB", number / 1e3)
    } else if number < 1e9 {
        format!("{:.1} MB", number / 1e6)
    } else {
        format!("{:.1} GB", number / 1e9)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A policy with an old hash would leave the page without its style. With
    /// `KARAT_BLESS=1` it is written anew.
    #[test]
    fn the_hash_is_that_of_the_style() {
        let hash = format!("{}\n", crate::page_hash::page_hash(STYLE));
        if std::env::var_os("KARAT_BLESS").is_some() {
            let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR"));
            std::fs::write(root.join("src/report/templates/hash.txt"), &hash).expect("writes");
        } else {
            assert_eq!(hash, STYLE_HASH, "KARAT_BLESS=1 cargo test hash_is_that");
        }
        assert!(!STYLE.contains("</"));
    }
}
