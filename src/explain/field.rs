//! A field of a golden record: every candidate value, and which rule of survivorship chose.

use serde::Serialize;

use super::group::Group;
use super::log::{Log, LogEvent};
use super::run::{Record, Run};
use crate::merge::policy::{Merging, Policy};
use crate::merge::survive;
use crate::rulebook::Rulebook;
use crate::write::summary;

/// A golden value and what it was chosen from.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct FieldStory {
    pub golden_id: String,
    pub field: String,
    /// None where no record has a value, or none survived.
    pub value: Option<String>,
    /// The rule of survivorship that decided, as the audit log has it: a strategy, a mark
    /// that made others step back, `agreed`, `first_record`; empty when there was one
    /// record to choose from.
    pub rule: String,
    pub reason: String,
    /// What is asked, in order, each breaking the ties of those before it.
    pub steps: Vec<Step>,
    pub candidates: Vec<Candidate>,
}

/// One strategy.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub strategy: String,
    pub outcome: Outcome,
}

/// What became of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It left more than one value.
    Tie,
    Decided,
    /// Something before it had decided.
    NotAsked,
}

/// One record's value.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Candidate {
    /// `source:record_id`.
    pub record: String,
    /// As standardised; none where it was cleared.
    pub value: Option<String>,
    /// As it was read, where that differs.
    pub raw: Option<String>,
    /// Standardising steps and rules that changed it.
    pub changed_by: Vec<String>,
    /// Of the record's last change.
    pub date: Option<String>,
    pub trust: f64,
    /// The value is the golden one.
    pub won: bool,
    /// The golden value comes from this record.
    pub source_of_value: bool,
    /// Why it lost, where the log says more than the rule.
    pub lost_because: String,
}

/// Tells a field of a group; `None` when neither a field nor a column is called so.
///
/// # Errors
/// What is wrong with the run, in words.
pub fn tell(
    run: &Run,
    log: &Log,
    group: &Group,
    (golden_id, field): (&str, &str),
    rulebook: &Rulebook,
) -> Result<Option<FieldStory>, String> {
    if !run.columns().iter().any(|column| column == field) && rulebook.fields().get(field).is_none()
    {
        return Ok(None);
    }
    let plan = summary::plan_of(&run.summary)?;
    let merging = Merging::load(rulebook)?;
    let policy = merging.policy(field, rulebook, &plan);
    let events = log.events(&[("golden_id", golden_id), ("field", field)])?;
    let survived = events.iter().find(|event| event.kind == "survived");
    let lost: Vec<&LogEvent> = events.iter().filter(|event| event.kind == "lost").collect();
    let mut candidates = Vec::new();
    for record in &group.records {
        let changes: Vec<&LogEvent> = events
            .iter()
            .filter(|event| is_of(event, record) && is_change(event))
            .collect();
        let own = record.value(field);
        if own.is_none() && changes.is_empty() {
            continue;
        }
        let lost = lost.iter().find(|event| is_of(event, record));
        let raw = changes.first().and_then(|first| first.before.clone());
        candidates.push(Candidate {
            record: record.name(),
            value: own.map(str::to_owned),
            raw: raw.filter(|raw| Some(raw.as_str()) != own),
            changed_by: changes.iter().map(|change| change.rule.clone()).collect(),
            date: merging
                .recency
                .iter()
                .find_map(|name| record.value(name))
                .map(str::to_owned),
            trust: trust(run, &record.source),
            won: own.is_some() && lost.is_none(),
            source_of_value: survived.is_some_and(|event| is_of(event, record))
                || survived.is_none() && own.is_some(),
            lost_because: lost.map(|event| event.reason.clone()).unwrap_or_default(),
        });
    }
    let value = match survived {
        Some(event) => event.after.clone(),
        None => candidates
            .iter()
            .find(|candidate| candidate.won)
            .and_then(|candidate| candidate.value.clone()),
    };
    // Where everything lost, what lost says which rule it was.
    let rule = survived
        .or(lost.first().copied())
        .map(|event| event.rule.clone())
        .unwrap_or_default();
    Ok(Some(FieldStory {
        golden_id: golden_id.to_owned(),
        field: field.to_owned(),
        value,
        steps: steps(&policy, &merging, &rule),
        rule,
        reason: survived
            .map(|event| event.reason.clone())
            .unwrap_or_default(),
        candidates,
    }))
}

/// What standardising and validating did to a record, in the order in which it happened.
///
/// # Errors
/// What is wrong with the log, in words.
pub fn changes(log: &Log, record: &Record) -> Result<Vec<LogEvent>, String> {
    let mut wanted = vec![
        ("source", record.source.as_str()),
        ("record_id", record.record_id.as_str()),
    ];
    let mut events = match &record.golden_id {
        Some(golden) => {
            wanted.push(("golden_id", golden.as_str()));
            log.events(&wanted)?
        }
        None => log.events_of_nobody(&wanted)?,
    };
    events.retain(is_change);
    Ok(events)
}

fn is_of(event: &LogEvent, record: &Record) -> bool {
    event.source.as_deref() == Some(&record.source)
        && event.record_id.as_deref() == Some(&record.record_id)
}

fn is_change(event: &LogEvent) -> bool {
    matches!(
        event.kind.as_str(),
        "standardised" | "cleared" | "derived" | "fixed"
    )
}

/// The strategies of the policy, and how far they were asked.
fn steps(policy: &Policy, merging: &Merging, rule: &str) -> Vec<Step> {
    let strategies = match &policy.group {
        Some(group) => merging.group_strategies(group),
        None => policy.strategies.clone(),
    };
    let names: Vec<&str> = strategies.into_iter().map(survive::name).collect();
    let decided = names.iter().position(|name| *name == rule);
    let outcome = |at: usize| match decided {
        Some(decided) if at == decided => Outcome::Decided,
        Some(decided) if at < decided => Outcome::Tie,
        None if rule == survive::FIRST_RECORD => Outcome::Tie,
        _ => Outcome::NotAsked,
    };
    names
        .iter()
        .enumerate()
        .map(|(at, name)| Step {
            strategy: (*name).to_owned(),
            outcome: outcome(at),
        })
        .collect()
}

fn trust(run: &Run, source: &str) -> f64 {
    let sources = run.summary["sources"].as_array();
    let own = sources
        .into_iter()
        .flatten()
        .find(|known| known["name"] == source);
    own.and_then(|known| known["trust"].as_f64()).unwrap_or(0.0)
}
