//! What changed since the last run.
//!
//! The key figures come from the summary of the run before; who came, went, merged and
//! split, and why, from the comparison of both runs. Without one, the events still tell
//! what became of the golden ids.

use std::collections::BTreeMap;

use askama::Template;

use super::facts::Facts;
use super::figures::{Change, Count, clean};
use super::trend::{History, Spark, day};
use crate::contact::EventKind;
use crate::diff::changes as diff;
use crate::diff::changes::ByReason;

/// People listed of each kind, and fields of each of them.
const LISTED: usize = 10;
const FIELDS: usize = 4;

#[derive(Debug, Template)]
#[template(path = "changes.html")]
pub struct Changes {
    /// None in a first run.
    before: Option<Before>,
}

#[derive(Debug)]
struct Before {
    run: String,
    day: Option<String>,
    figures: Vec<Figure>,
    compared: Option<Compared>,
    /// What became of the golden ids, where the runs were not compared.
    ids: Vec<(String, Count)>,
}

#[derive(Debug)]
struct Figure {
    name: &'static str,
    before: Count,
    now: Count,
    change: Change,
    spark: Option<Spark>,
}

/// Both runs, person by person.
#[derive(Debug)]
struct Compared {
    same: bool,
    unchanged: Count,
    people: Vec<Line>,
    /// Plan, rules, version and decisions, where they differ.
    circumstances: Vec<String>,
    fields: Vec<FieldLine>,
    lists: Vec<List>,
}

/// How many people of one fate, and why.
#[derive(Debug)]
struct Line {
    name: &'static str,
    count: Count,
    reasons: Vec<(String, Count)>,
}

#[derive(Debug)]
struct FieldLine {
    name: String,
    filled: Count,
    replaced: Count,
    emptied: Count,
    reasons: Vec<(String, Count)>,
}

/// Some people of one fate.
#[derive(Debug)]
struct List {
    name: &'static str,
    /// Whether there is more to tell of them than why.
    tells: bool,
    people: Vec<Listed>,
    more: Count,
}

#[derive(Debug)]
struct Listed {
    golden_id: String,
    name: String,
    records: Vec<String>,
    /// What became of the id, or which values changed.
    what: Vec<String>,
    why: String,
}

impl Changes {
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Self {
        Self {
            before: before(facts),
        }
    }
}

fn before(facts: &Facts<'_>) -> Option<Before> {
    let last = facts.run.previous.history.last()?;
    let history = History::of(facts);
    let now = [
        ("Records read", "records", facts.run.records.rows()),
        (
            "Golden records",
            "golden_records",
            facts.run.merged.clusters.len(),
        ),
        ("Records held out", "quarantined", facts.run.held.len()),
        ("Broken rules", "violations", facts.run.violations.len()),
    ];
    let pairs = ("Pairs to look at", "review_pairs", facts.review);
    let figures = now
        .into_iter()
        .map(|(name, key, count)| (name, key, count as u64))
        .chain([pairs])
        .filter_map(|(name, key, now)| {
            let before = last[key].as_u64()?;
            Some(Figure {
                name,
                before: Count(before),
                now: Count(now),
                change: Change::between(before, now),
                spark: history.figure(key, now),
            })
        });
    let run = last["run"].as_str().unwrap_or("");
    let compared = facts.run.changes.as_ref();
    Some(Before {
        day: day(run),
        run: clean(run).into_owned(),
        figures: figures.collect(),
        ids: match compared {
            Some(_) => Vec::new(),
            None => ids(facts),
        },
        compared: compared.map(|changes| person_by_person(facts, changes)),
    })
}

fn person_by_person(facts: &Facts<'_>, changes: &diff::Changes) -> Compared {
    let counts = &changes.counts;
    let line = |name, key: &str, count: u64| Line {
        name,
        count: Count(count),
        reasons: changes
            .reasons
            .get(key)
            .map(|reasons| because(facts, reasons))
            .unwrap_or_default(),
    };
    let lines = [
        line("new", "added", counts.added),
        line("gone", "gone", counts.gone),
        line("took in another", "merged", counts.merged),
        line("taken apart", "split", counts.split),
        line(
            "records moved to another",
            "moved_records",
            counts.moved_records,
        ),
        line("back again", "revived", counts.revived),
        line("with other values", "changed", counts.changed),
    ];
    let fields = changes.fields.iter().map(|field| FieldLine {
        name: facts.rules.label(&field.field),
        filled: Count(field.filled),
        replaced: Count(field.replaced),
        emptied: Count(field.emptied),
        reasons: because(facts, &field.reasons),
    });
    Compared {
        same: counts.is_none(),
        unchanged: Count(counts.unchanged),
        people: lines.into_iter().filter(|line| line.count.0 > 0).collect(),
        circumstances: changes
            .circumstances
            .iter()
            .map(|circumstance| whole(&circumstance.what))
            .collect(),
        fields: fields.collect(),
        lists: lists(facts, changes),
    }
}

fn lists(facts: &Facts<'_>, changes: &diff::Changes) -> Vec<List> {
    let counts = &changes.counts;
    let plain = |people: &[diff::Person]| -> Vec<Listed> {
        people
            .iter()
            .take(LISTED)
            .map(|p| listed(p, Vec::new()))
            .collect()
    };
    let merged = changes.merged.iter().take(LISTED).map(|merge| {
        let what = format!("took in {}", merge.from.join(", "));
        listed(&merge.into, vec![what])
    });
    let split = changes.split.iter().take(LISTED).map(|split| {
        let ids = if split.into.len() == 1 { "id" } else { "ids" };
        let what = format!("new {ids} {}", split.into.join(", "));
        listed(&split.from, vec![what])
    });
    let moved = changes.moved.iter().take(LISTED).map(|moved| Listed {
        golden_id: clean(&moved.into).into_owned(),
        name: format!(
            "{} {}",
            clean(&moved.record.source),
            clean(&moved.record.record_id)
        ),
        records: Vec::new(),
        what: vec![format!("from {}", clean(&moved.from))],
        why: whole(&moved.cause.what),
    });
    let changed = changes.changed.iter().take(LISTED).map(|changed| {
        let mut what: Vec<String> = changed
            .fields
            .iter()
            .take(FIELDS)
            .map(|field| {
                let [before, after] = [&field.before, &field.after].map(|value| {
                    value
                        .as_deref()
                        .map_or_else(|| "–".to_owned(), |v| clean(v).into_owned())
                });
                format!("{}: {before} → {after}", facts.rules.label(&field.field))
            })
            .collect();
        if changed.fields.len() > FIELDS {
            what.push(format!("and {} more", changed.fields.len() - FIELDS));
        }
        listed(&changed.person, what)
    });
    [
        ("Taken apart", split.collect(), counts.split),
        ("Took in another", merged.collect(), counts.merged),
        (
            "Records moved to another",
            moved.collect(),
            counts.moved_records,
        ),
        ("New", plain(&changes.added), counts.added),
        ("Gone", plain(&changes.gone), counts.gone),
        ("With other values", changed.collect(), counts.changed),
    ]
    .into_iter()
    .map(|(name, people, all): (_, Vec<Listed>, u64)| List {
        more: Count(all.saturating_sub(people.len() as u64)),
        tells: people.iter().any(|person| !person.what.is_empty()),
        name,
        people,
    })
    .filter(|list| !list.people.is_empty())
    .collect()
}

fn listed(person: &diff::Person, what: Vec<String>) -> Listed {
    let name = clean(&person.label);
    Listed {
        golden_id: clean(&person.golden_id).into_owned(),
        name: if name.is_empty() {
            "no name".to_owned()
        } else {
            name.into_owned()
        },
        records: person
            .records
            .iter()
            .map(|record| format!("{} {}", clean(&record.source), clean(&record.record_id)))
            .collect(),
        what: what.iter().map(|text| whole(text)).collect(),
        why: whole(&person.cause.what),
    }
}

/// A sentence of karat's own: cleaned word by word, not cut.
fn whole(text: &str) -> String {
    text.split_inclusive(' ').map(clean).collect()
}

fn because(facts: &Facts<'_>, reasons: &ByReason) -> Vec<(String, Count)> {
    reasons
        .iter()
        .map(|(reason, count)| {
            (
                facts.rules.label(reason.name()).to_lowercase(),
                Count(*count),
            )
        })
        .collect()
}

/// How many golden ids went which way.
fn ids(facts: &Facts<'_>) -> Vec<(String, Count)> {
    let events = &facts.run.events;
    let mut counts: BTreeMap<u32, u64> = BTreeMap::new();
    for (about, count) in events.tally() {
        if about.kind == EventKind::GoldenId && count > 0 {
            *counts.entry(about.rule).or_default() += count;
        }
    }
    let mut list: Vec<(String, Count)> = counts
        .into_iter()
        .map(|(rule, count)| {
            let rule = &events.words()[rule as usize];
            (facts.rules.label(rule), Count(count))
        })
        .collect();
    list.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    list
}
