//! `karat explain`: why two records were merged or not, or what became of one.
//!
//! The plan's line is run again as far as linking; it is deterministic, so the
//! weights are those of the run.

use std::path::PathBuf;

use serde::Serialize;

use super::Ending;
use super::console::{Console, usage};
use super::inputs::{self, PlanArgs};
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Failure, Records};
use crate::link::compare::names::NameComparer;
use crate::link::score::{Evidence, probability};
use crate::link::{Linked, Linking, judge};
use crate::pipeline::{self, Prepared};
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::standardise::system_id;

#[derive(Debug, clap::Args)]
pub struct ExplainArgs {
    /// One record or two, as SOURCE:RECORD_ID
    #[arg(required = true, num_args = 1..=2, value_name = "SOURCE:ID")]
    ids: Vec<String>,

    /// The plan of the run
    #[arg(long, default_value = "karat.toml", value_name = "PLAN.toml")]
    plan: PathBuf,
}

/// A pair's verdict, piece by piece.
#[derive(Clone, Debug, Serialize)]
pub struct PairStory {
    pub left: String,
    pub right: String,
    /// The prior first; the bits add up to `weight`.
    pub evidence: Vec<Evidence>,
    pub weight: f64,
    pub probability: f64,
    pub candidate: bool,
    pub merged: bool,
}

pub fn run(args: &ExplainArgs, console: &Console) -> Result<Ending, Failure> {
    let rulebook = Rulebook::builtin();
    let plan_args = PlanArgs {
        inputs: vec![args.plan.clone()],
        out: None,
        as_of: None,
        country: None,
    };
    let loaded = inputs::load(&plan_args, console, &rulebook)?;
    let progress = console.progress();
    let result = pipeline::run_to_links(&loaded.plan, &rulebook, &progress);
    progress.finish();
    let (prepared, linked, linking) = result?;
    let view = View {
        prepared: &prepared,
        linked: &linked,
        linking: &linking,
        plan: &loaded.plan,
    };
    let rows = args
        .ids
        .iter()
        .map(|id| find(&prepared.records, id))
        .collect::<Result<Vec<u32>, Failure>>()?;
    match rows[..] {
        [a, b] => view.pair(a, b, console),
        [a] => view.record(a, console),
        _ => Err(usage("usage_ids", "name one record or two")),
    }
}

fn find(records: &Records, id: &str) -> Result<u32, Failure> {
    let names: Vec<&str> = records
        .sources
        .iter()
        .map(|source| source.name.as_str())
        .collect();
    let Some((source, record)) = id.split_once(':') else {
        return Err(usage(
            "usage_record",
            format!("{} is no record: write SOURCE:RECORD_ID", shown(id)),
        ));
    };
    if !names.contains(&source) {
        let hint =
            nearest(source, names.iter().copied()).unwrap_or(names.first().copied().unwrap_or(""));
        return Err(usage(
            "usage_source",
            format!(
                "the plan has no source {}; did you mean '{hint}'?",
                shown(source)
            ),
        ));
    }
    let rows = || {
        (0u32..)
            .take(records.rows())
            .filter(|&row| records.source(row as usize).name == source)
    };
    if let Some(row) = rows().find(|&row| records.id(row as usize) == record) {
        return Ok(row);
    }
    // A system shows some ids shorter than it exports them.
    let form = |id: &str| system_id::standardise(id).value;
    if let Some(wanted) = form(record)
        && let Some(row) =
            rows().find(|&row| form(records.id(row as usize)).as_ref() == Some(&wanted))
    {
        return Ok(row);
    }
    let mut message = format!("{} has no record {}", shown(source), shown(record));
    if let Some(near) = nearest(record, rows().map(|row| records.id(row as usize))) {
        message.push_str(&format!("; did you mean {}?", shown(near)));
    }
    Err(usage("usage_record", message))
}

struct View<'a> {
    prepared: &'a Prepared,
    linked: &'a Linked,
    linking: &'a Linking,
    plan: &'a Plan,
}

impl View<'_> {
    fn name(&self, row: u32) -> String {
        let records = &self.prepared.records;
        format!(
            "{}:{}",
            records.source(row as usize).name,
            records.id(row as usize)
        )
    }

    /// The record's place among those that were linked; a held record has none.
    fn dense(&self, row: u32) -> Option<u32> {
        let at = self.linking.features.rows.binary_search(&row).ok()?;
        u32::try_from(at).ok()
    }

    fn story(&self, a: u32, b: u32) -> Option<PairStory> {
        let (x, y) = (self.dense(a)?, self.dense(b)?);
        let mut names = NameComparer::small(&self.linking.features);
        let (features, judge) = (&self.linking.features, &self.linking.judge);
        let (low, high) = (x.min(y), x.max(y));
        let compared = judge::compare(features, low, high, &mut names);
        let weight = judge.weight(features, low, high, &compared);
        Some(PairStory {
            left: self.name(a),
            right: self.name(b),
            evidence: judge.evidence(features, low, high, &compared),
            weight: f64::from(weight),
            probability: f64::from(probability(weight)),
            candidate: self.linking.candidates.contains(x, y),
            merged: self.linked.cluster[a as usize] == self.linked.cluster[b as usize],
        })
    }

    fn held(&self, row: u32) -> Option<String> {
        let held = self.prepared.held.get(&row)?;
        Some(format!(
            "{} is held out of the golden set: {} ({})\n",
            self.name(row),
            held.reason,
            held.rule
        ))
    }

    fn pair(&self, a: u32, b: u32, console: &Console) -> Result<Ending, Failure> {
        let Some(story) = self.story(a, b) else {
            let text: String = [a, b]
                .into_iter()
                .filter_map(|row| self.held(row))
                .collect();
            console.print(&text)?;
            return Ok(Ending::Done);
        };
        if console.json() {
            let value = serde_json::to_value(&story).unwrap_or_default();
            console.print(&format!("{value:#}\n"))?;
            return Ok(Ending::Done);
        }
        let mut text = self.side_by_side(a, b);
        text.push_str(&waterfall(&story));
        text.push_str(&self.verdict(&story));
        console.print(&text)?;
        Ok(Ending::Done)
    }

    /// Both records' canonical values, field by field.
    fn side_by_side(&self, a: u32, b: u32) -> String {
        let mut table = comfy_table::Table::new();
        table.load_preset(comfy_table::presets::NOTHING);
        table.set_header(vec!["field".to_owned(), self.name(a), self.name(b)]);
        for (name, column) in self
            .prepared
            .table
            .iter()
            .filter(|(name, _)| !name.contains(':'))
        {
            let (left, right) = (column.get(a as usize), column.get(b as usize));
            if left.is_some() || right.is_some() {
                let cell = |value: Option<&str>| value.map_or_else(|| "-".to_owned(), clean);
                table.add_row(vec![name.to_owned(), cell(left), cell(right)]);
            }
        }
        format!("{}\n\n", table.trim_fmt())
    }

    fn verdict(&self, story: &PairStory) -> String {
        let threshold = self.plan.matching.threshold;
        let mut text = String::new();
        if !story.candidate {
            text.push_str(
                "blocking did not bring this pair: it shares no small enough candidate key\n",
            );
        }
        text.push_str(match (story.merged, story.probability >= threshold) {
            (true, true) => "merged: one golden record\n",
            (true, false) => "merged through other records of the cluster, whose average over all pairs is above the threshold, or because neither record has anybody nearer\n",
            (false, true) => "not merged: the average over all pairs of the two clusters is below the threshold, or a decision forbids it\n",
            (false, false) => "not merged: two golden records\n",
        });
        text
    }

    fn record(&self, row: u32, console: &Console) -> Result<Ending, Failure> {
        let cluster = self.linked.cluster[row as usize];
        let others: Vec<u32> = (0u32..)
            .zip(&self.linked.cluster)
            .filter(|&(r, &c)| c == cluster && r != row)
            .map(|(r, _)| r)
            .collect();
        let inside: Vec<PairStory> = others
            .iter()
            .filter_map(|&other| self.story(row, other))
            .collect();
        let outside = self.nearest_outsiders(row);
        if console.json() {
            let value = serde_json::json!({
                "record": self.name(row),
                "held": self.prepared.held.get(&row).map(|held| held.reason.clone()),
                "match_probability": self.linked.probability[row as usize],
                "merged_with": inside,
                "nearest_outsiders": outside,
            });
            console.print(&format!("{value:#}\n"))?;
            return Ok(Ending::Done);
        }
        let mut text = self.values(row);
        text.push_str(&self.held(row).unwrap_or_default());
        let list = |title: &str, stories: &[PairStory]| {
            let mut out = format!("\n{title}\n");
            for story in stories {
                out.push_str(&format!(
                    "  {:<44} {:>7.1} bits  p = {:.3}\n",
                    story.right, story.weight, story.probability
                ));
            }
            if stories.is_empty() {
                out.push_str("  none\n");
            }
            out
        };
        text.push_str(&list("merged with", &inside));
        text.push_str(&list("nearest records outside", &outside));
        text.push_str("\nexplain a pair: karat explain A B\n");
        console.print(&text)?;
        Ok(Ending::Done)
    }

    /// Raw and canonical value of every field of a record.
    fn values(&self, row: u32) -> String {
        let records = &self.prepared.records;
        let mut text = format!(
            "{} ({}:{})\n",
            self.name(row),
            records.file(row as usize),
            records.origin[row as usize].line
        );
        for (name, column) in self.prepared.table.iter() {
            let (raw, value) = (
                records.table.get(name, row as usize),
                column.get(row as usize),
            );
            match (raw, value) {
                (None, None) => {}
                (raw, Some(value)) if raw == Some(value) || raw.is_none() => {
                    text.push_str(&format!("  {name:<22} {}\n", clean(value)));
                }
                (raw, value) => text.push_str(&format!(
                    "  {name:<22} {}   (as read: {})\n",
                    value.map_or_else(|| "-".to_owned(), clean),
                    clean(raw.unwrap_or(""))
                )),
            }
        }
        text
    }

    /// The five heaviest links to other clusters.
    fn nearest_outsiders(&self, row: u32) -> Vec<PairStory> {
        let Some(own) = self.dense(row) else {
            return Vec::new();
        };
        let rows = &self.linking.features.rows;
        let mut found: Vec<(f32, u32)> = self
            .linking
            .links
            .iter()
            .filter(|link| link.left == own || link.right == own)
            .map(|link| {
                (
                    link.weight,
                    rows[if link.left == own {
                        link.right
                    } else {
                        link.left
                    } as usize],
                )
            })
            .filter(|&(_, other)| {
                self.linked.cluster[other as usize] != self.linked.cluster[row as usize]
            })
            .collect();
        found.sort_by(|x, y| y.0.total_cmp(&x.0).then_with(|| x.1.cmp(&y.1)));
        found
            .into_iter()
            .take(5)
            .filter_map(|(_, other)| self.story(row, other))
            .collect()
    }
}

fn waterfall(story: &PairStory) -> String {
    let mut text = String::new();
    let mut sum = 0.0;
    for piece in &story.evidence {
        sum += piece.bits;
        text.push_str(&format!(
            "{:<16} {:<36} {:>+7.2}   {:>+7.2}\n",
            clean(&piece.comparison),
            piece.level,
            piece.bits,
            sum
        ));
    }
    text.push_str(&format!(
        "{:<53} {:>+7.2}   = {:.2} bits, match probability {:.4}\n\n",
        "match weight", sum, story.weight, story.probability
    ));
    text
}

/// A value for the terminal: no control codes.
fn clean(value: &str) -> String {
    let shown = shown(value);
    shown.trim_matches('\'').to_owned()
}
