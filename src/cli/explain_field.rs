//! `karat explain GOLDEN_ID.field`: the candidates for a golden value and what chose.

use std::fmt::Write as _;

use super::canvas::{Canvas, Ink, clean, fit, width};
use crate::explain::field::{Candidate, FieldStory, Outcome};

/// The whole story.
#[must_use]
pub fn text(story: &FieldStory, canvas: Canvas) -> String {
    let mut out = format!(
        "{}  {}\n\n",
        canvas.ink(
            &format!("{}.{}", story.golden_id, clean(&story.field)),
            Ink::Title
        ),
        match &story.value {
            Some(value) => clean(value),
            None => "no value".to_owned(),
        }
    );
    if story.candidates.is_empty() {
        out.push_str("No record has a value.\n");
        return out;
    }
    let wide = |of: &dyn Fn(&Candidate) -> String| {
        story
            .candidates
            .iter()
            .map(|c| width(&of(c)))
            .max()
            .unwrap_or(0)
    };
    let name = wide(&|c| clean(&c.record)).min(canvas.width / 2);
    let date = wide(&|c| c.date.clone().unwrap_or_default()).min(25);
    let value = wide(&own);
    let one_line = 2 + value + 2 + name + 2 + date <= canvas.width;
    for candidate in &story.candidates {
        let mark = match (candidate.won, candidate.source_of_value) {
            (true, true) => canvas.ink("→", Ink::For),
            (true, false) => canvas.ink("=", Ink::For),
            (false, _) => canvas.ink("×", Ink::Against),
        };
        let who = format!(
            "{}  {}",
            fit(&clean(&candidate.record), name),
            candidate.date.as_deref().map(clean).unwrap_or_default()
        );
        let own = own(candidate);
        if one_line {
            let line = format!("{mark} {}  {who}", fit(&own, value));
            let _ = writeln!(out, "{}", line.trim_end());
        } else {
            let _ = writeln!(out, "{mark} {own}\n    {}", who.trim_end());
        }
        if let Some(aside) = aside(candidate) {
            let aside = canvas.wrapped(&aside, 6);
            let _ = writeln!(out, "    {}", canvas.ink(aside.trim_end(), Ink::Aside));
        }
    }
    out.push_str("\n→ gives the value   = has the same   × lost\n\n");
    out.push_str(&rule(story, canvas));
    out
}

fn own(candidate: &Candidate) -> String {
    candidate.value.as_deref().map_or("-".to_owned(), clean)
}

/// How it was read, and why it lost.
fn aside(candidate: &Candidate) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(raw) = &candidate.raw {
        parts.push(format!(
            "as read: {} ({})",
            clean(raw),
            candidate.changed_by.join(", ")
        ));
    }
    if !candidate.lost_because.is_empty() {
        parts.push(clean(&candidate.lost_because));
    }
    (!parts.is_empty()).then(|| parts.join("; "))
}

/// Which rule decided, and how far the strategies were asked.
fn rule(story: &FieldStory, canvas: Canvas) -> String {
    let title = canvas.ink("Decided by", Ink::Title);
    let mut out = match story.rule.as_str() {
        "" => format!("{title} nothing: no other value was there\n"),
        "agreed" => format!("{title} nothing: all records that have a value agree\n"),
        "first_record" => {
            format!("{title} the order of records: the strategies left a tie\n")
        }
        rule => format!("{title} {}\n", clean(rule)),
    };
    if !story.reason.is_empty() {
        let _ = writeln!(out, "  {}", clean(&story.reason));
    }
    let steps: Vec<String> = story
        .steps
        .iter()
        .map(|step| match step.outcome {
            Outcome::Tie => format!("{} (a tie)", step.strategy),
            Outcome::Decided => format!("{} (decided)", step.strategy),
            Outcome::NotAsked => step.strategy.clone(),
        })
        .collect();
    out.push_str(&canvas.wrapped(&format!("Strategies, in order: {}", steps.join(" → ")), 2));
    out
}
