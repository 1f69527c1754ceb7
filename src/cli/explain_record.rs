//! `karat explain SOURCE:ID`: what a record was read as, where it went, who came near.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::canvas::{Canvas, Ink, clean, fit, width};
use super::explain_group::{counted, values};
use super::explain_pair::{had, verdict, who};
use super::waterfall::shown;
use crate::contact::Failure;
use crate::explain::field::changes;
use crate::explain::group::Group;
use crate::explain::log::{Log, LogEvent};
use crate::explain::merges;
use crate::explain::pair_story::{self, PairStory};
use crate::explain::{Pair, Record, Run};

/// Nearest records outside that are told.
const RIVALS: usize = 5;
/// Records of the same golden record that are told.
const PARTNERS: usize = 20;
/// Changes that are listed.
const CHANGES: usize = 40;

/// A record with all that is told of it.
pub struct RecordView {
    record: Record,
    /// What standardising did; none where the log can't be read.
    changes: Option<Vec<LogEvent>>,
    /// The name of the event by which it is with others.
    event: Option<String>,
    group: Group,
    rivals: Told,
    merged_with: Told,
}

/// The other record of each pair, and the pair.
type Told = Vec<(Record, PairStory)>;

impl RecordView {
    /// # Errors
    /// Exit 3 when the run can't be read.
    pub fn of(run: &Run, log: Option<&Log>, row: u32) -> Result<Self, Failure> {
        let record = run.take(&[row])?.pop().unwrap_or_default();
        let group = match &record.golden_id {
            Some(id) => Group::of_golden(run, id)?,
            None => Group::of_rows(run, &[row])?,
        };
        let strongest = |pairs: &[Pair]| -> Vec<Pair> {
            let mut own: Vec<Pair> = pairs
                .iter()
                .filter(|pair| pair.left == row || pair.right == row)
                .cloned()
                .collect();
            own.sort_by(|x, y| y.weight.total_cmp(&x.weight));
            own
        };
        let (mut inside, mut outside) = (strongest(&group.inside), strongest(&group.outside));
        inside.truncate(PARTNERS);
        outside.truncate(RIVALS);
        let others: Vec<u32> = outside.iter().map(|pair| pair.other(row)).collect();
        let others = run.take(&others)?;
        let told = |pairs: &[Pair], others: &[Record]| -> Result<Told, Failure> {
            let pairs: Vec<(&Pair, [&Record; 2])> = pairs
                .iter()
                .filter_map(|pair| {
                    let other = pair.other(row);
                    let other = others.iter().find(|record| record.row == other)?;
                    Some((pair, [&record, other]))
                })
                .collect();
            let stories = pair_story::tell_all(run, &pairs)?;
            Ok(pairs
                .iter()
                .zip(stories)
                .map(|((_, [_, other]), story)| ((*other).clone(), story))
                .collect())
        };
        Ok(Self {
            merged_with: told(&inside, &group.records)?,
            rivals: told(&outside, &others)?,
            event: event_of(log, &record),
            changes: log.and_then(|log| changes(log, &record).ok()),
            group,
            record,
        })
    }

    #[must_use]
    pub fn json(&self) -> Value {
        let record = &self.record;
        json!({
            "record": record.name(),
            "golden_id": record.golden_id,
            "status": record.status,
            "file": record.file,
            "line": record.line,
            "held": record.held.as_ref().map(|(rule, reason)| json!({"rule": rule, "reason": reason})),
            "match_probability": record.match_probability,
            "merge_event": self.event,
            "values": values(record),
            "changes": self.changes.as_ref().map(|changes| {
                changes.iter().map(|c| json!({
                    "kind": c.kind, "field": c.field, "before": c.before, "after": c.after,
                    "rule": c.rule, "reason": c.reason,
                })).collect::<Vec<Value>>()
            }),
            "merged_with": self.merged_with.iter().map(|(_, story)| story).collect::<Vec<_>>(),
            "nearest_outsiders": self.rivals.iter().map(|(_, story)| story).collect::<Vec<_>>(),
        })
    }

    #[must_use]
    pub fn text(&self, canvas: Canvas) -> String {
        let record = &self.record;
        let mut out = format!(
            "{}  {}\n",
            canvas.ink(&clean(&record.name()), Ink::Title),
            canvas.ink(
                &format!("{}, line {}", clean(&record.file), record.line),
                Ink::Aside
            )
        );
        self.values(canvas, &mut out);
        out.push('\n');
        self.fate(canvas, &mut out);
        self.rivals(canvas, &mut out);
        out
    }

    /// Every value, as it was read where that differs, and by what it was changed.
    fn values(&self, canvas: Canvas, out: &mut String) {
        let record = &self.record;
        let none = Vec::new();
        let changes = self.changes.as_ref().unwrap_or(&none);
        let mut names: Vec<&str> = record
            .values
            .iter()
            .map(|(name, _)| name.as_str())
            .collect();
        for change in changes {
            if !change.field.is_empty() && !names.contains(&change.field.as_str()) {
                names.push(&change.field);
            }
        }
        let column = names
            .iter()
            .map(|name| width(&clean(name)))
            .max()
            .unwrap_or(0);
        let column = column.min(canvas.width / 3) + 2;
        for name in names.into_iter().take(CHANGES) {
            let own = changes.iter().filter(|change| change.field == name);
            let steps: Vec<&LogEvent> = own.collect();
            let value = record.value(name).map_or("-".to_owned(), clean);
            let before = steps.first().and_then(|first| first.before.as_deref());
            let by: Vec<&str> = steps.iter().map(|step| step.rule.as_str()).collect();
            let aside = match before {
                Some(before) if record.value(name) != Some(before) => {
                    format!("   as read: {} ({})", clean(before), by.join(", "))
                }
                _ => String::new(),
            };
            let room = canvas.width.saturating_sub(column);
            let value = fit(&value, width(&value).min(room));
            let aside = fit(&aside, room.saturating_sub(width(&value)));
            let line = format!(
                "{}{value}{}",
                fit(&clean(name), column),
                canvas.ink(aside.trim_end(), Ink::Aside)
            );
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }

    /// Where the record went.
    fn fate(&self, canvas: Canvas, out: &mut String) {
        let record = &self.record;
        let Some(golden) = &record.golden_id else {
            let (rule, reason) = record.held.clone().unwrap_or_default();
            out.push_str(&canvas.wrapped(
                &format!(
                    "{}: {} ({}).",
                    canvas.ink("Held out of the golden set", Ink::Title),
                    clean(&reason),
                    clean(&rule)
                ),
                0,
            ));
            return;
        };
        let others = self.group.records.len().saturating_sub(1);
        if others == 0 {
            let _ = writeln!(
                out,
                "{} in golden record {golden}: no other record is the same.",
                canvas.ink("Alone", Ink::Title)
            );
            return;
        }
        let _ = writeln!(
            out,
            "{} with {} into golden record {golden} (probability {}{})",
            canvas.ink("Merged", Ink::Title),
            counted(others, "record"),
            shown(f64::from(record.match_probability.unwrap_or(1.0))),
            self.event.as_ref().map_or(String::new(), |event| format!(
                "; karat undo {event} parts it"
            ))
        );
        let mut list = String::new();
        self.list(&self.merged_with, canvas, &mut list);
        out.push_str(&list);
    }

    /// Pairs of the record, a line each.
    fn list(&self, pairs: &[(Record, PairStory)], canvas: Canvas, out: &mut String) {
        let name = pairs.iter().map(|(r, _)| width(&clean(&r.name()))).max();
        let name = name.unwrap_or(0).min(canvas.width / 2);
        for (other, story) in pairs {
            let line = format!(
                "  {:>+6.1} bits  {}  {}  {}",
                story.weight,
                fit(&shown(story.probability), 12),
                fit(&clean(&other.name()), name),
                who(other)
            );
            let line = fit(&line, canvas.width);
            let _ = writeln!(out, "{}", line.trim_end());
        }
    }

    /// Who came near, and what speaks against each.
    fn rivals(&self, canvas: Canvas, out: &mut String) {
        if self.record.golden_id.is_none() {
            return;
        }
        let title = canvas.ink("Nearest outside", Ink::Title);
        if self.rivals.is_empty() {
            out.push('\n');
            out.push_str(&canvas.wrapped(
                &format!("{title}: none; no other record that was compared came within reach."),
                0,
            ));
            return;
        }
        let _ = writeln!(out, "\n{title}");
        for rival in &self.rivals {
            self.list(std::slice::from_ref(rival), canvas, out);
            let story = &rival.1;
            let against: Vec<String> = strongest(story, true);
            let mut aside = |text: &str| {
                let text = fit(text, canvas.width.saturating_sub(8));
                let _ = writeln!(out, "        {}", canvas.ink(text.trim_end(), Ink::Aside));
            };
            for (what, pieces) in [("for", strongest(story, false)), ("against", against)] {
                if !pieces.is_empty() {
                    aside(&format!("{what}: {}", pieces.join(", ")));
                }
            }
            if let Some(change) = &story.turning.verdict {
                aside(&had(change));
            }
            if story.probability >= story.threshold {
                let text = verdict(
                    story,
                    Canvas {
                        width: canvas.width - 8,
                        ..canvas
                    },
                );
                for line in text.lines() {
                    let _ = writeln!(out, "        {line}");
                }
            }
        }
        out.push_str("\nA pair in full: karat explain A B\n");
    }
}

fn event_of(log: Option<&Log>, record: &Record) -> Option<String> {
    let golden = record.golden_id.as_deref()?;
    let key = (record.source.as_str(), record.record_id.as_str());
    let merge = merges::of_record(log?, golden, key).ok()??;
    Some(merge.event)
}

/// The heaviest pieces for or against, with the values where they are short.
fn strongest(story: &PairStory, against: bool) -> Vec<String> {
    let mut steps: Vec<_> = story
        .evidence
        .iter()
        .filter(|step| step.comparison != "prior")
        .filter(|step| (step.bits < 0.0) == against && step.bits.abs() >= 0.05)
        .collect();
    steps.sort_by(|x, y| y.bits.abs().total_cmp(&x.bits.abs()));
    steps
        .into_iter()
        .take(4)
        .map(|step| {
            let level = if step.level.is_empty() {
                String::new()
            } else {
                format!(" {}", clean(&step.level))
            };
            format!(
                "{}{level} ({:+.1})",
                clean(&step.comparison).replace('_', " "),
                step.bits
            )
        })
        .collect()
}
