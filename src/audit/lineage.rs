//! An id of an old run, and whose it is today.
//!
//! In: the latest run, an id, the run that it is from. Out: where each of its records
//! is now, and each event of the id on the way. The records decide: whose they are
//! today is what the id leads to. Where the old run is gone, the register answers.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde::Serialize;

use super::query::Query;
use super::runs::Run;
use super::search::LogFile;
use crate::merge::register::{Fate, Register, Today};
use crate::merge::{self, PreviousXref};
use crate::plan::Renames;
use crate::write::previous;

/// Where an id leads.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Lineage {
    pub id: String,
    /// The run whose xref was looked at; none when only the register knows the id.
    pub from_run: Option<String>,
    /// The run of the answer.
    pub run: String,
    /// In use in that run.
    pub in_use: bool,
    /// Who has its records, most first; by the register alone, without records.
    pub today: Vec<Part>,
    /// Records that are held out now.
    pub held: Vec<String>,
    /// Records that are not in the latest run.
    pub gone: Vec<String>,
    /// What happened to the id, oldest first.
    pub history: Vec<Step>,
}

/// A person of today, with what it has of the id's records.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Part {
    pub golden_id: String,
    /// As `SOURCE:RECORD_ID`.
    pub records: Vec<String>,
}

/// An event of the id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    pub run: String,
    pub started: String,
    /// The event's rule: `golden_id_merged`, `golden_id_split` …
    pub what: String,
    pub before: Option<String>,
    pub after: Option<String>,
    pub record: Option<String>,
    pub reason: String,
}

/// Follows `id` to the run `latest`. `from` is the run that it is of; without one, the
/// newest in which it was in use.
///
/// # Errors
/// What can't be read, in words.
pub fn follow(latest: &Run, id: &str, from: Option<&Run>) -> Result<Option<Lineage>, String> {
    let renames = Renames::of_summary(&latest.summary);
    let now = xref(latest, &renames)?;
    let mut lineage = Lineage {
        id: id.to_owned(),
        run: latest.id.clone(),
        in_use: has(&now, id),
        ..Lineage::default()
    };
    let old = match from {
        Some(from) => {
            let old = xref(from, &renames)?;
            has(&old, id).then_some((from.id.clone(), old))
        }
        None if lineage.in_use => None,
        None => last_use(latest, id, (&now.register, &renames))?,
    };
    match old {
        Some((run, old)) => {
            lineage.from_run = Some(run);
            by_records(&mut lineage, &old, &now);
        }
        None if lineage.in_use => {
            by_records(&mut lineage, &now, &now);
            children(&mut lineage, &now.register);
        }
        None => match now.register.today(id) {
            Today::Itself => return Ok(None),
            Today::Into(into) => lineage.today.push(Part {
                golden_id: into.to_owned(),
                records: Vec::new(),
            }),
            Today::Gone(last, _) => {
                if let Some(Fate::Retired(records)) =
                    now.register.ids.get(last).map(|entry| &entry.fate)
                {
                    let named = |(source, id): &(String, String)| format!("{source}:{id}");
                    lineage.gone = records.iter().map(named).collect();
                }
            }
        },
    }
    lineage.history = history(latest, id)?;
    Ok(Some(lineage))
}

/// The xref of a run, its sources by their names of today.
fn xref(run: &Run, renames: &Renames) -> Result<PreviousXref, String> {
    previous::open(&run.folder)
        .map(|opened| {
            let mut xref = opened.xref;
            xref.rename(renames);
            xref
        })
        .map_err(|failure| {
            let messages: Vec<String> = failure
                .diagnostics
                .into_iter()
                .map(|diagnostic| diagnostic.message)
                .collect();
            messages.join("; ")
        })
}

fn has(xref: &PreviousXref, id: &str) -> bool {
    xref.golden_ids()
        .is_some_and(|ids| ids.distinct_values().any(|known| known == id))
}

/// The newest run before `latest` in which the id was in use, if its folder is there:
/// the register knows its number.
fn last_use(
    latest: &Run,
    id: &str,
    (register, renames): (&Register, &Renames),
) -> Result<Option<(String, PreviousXref)>, String> {
    let Some(entry) = register.ids.get(id) else {
        return Ok(None);
    };
    let mut run = latest.before();
    while let Some(own) = run {
        if own.number < entry.run {
            let old = xref(&own, renames)?;
            return Ok(has(&old, id).then_some((own.id.clone(), old)));
        }
        run = own.before();
    }
    Ok(None)
}

fn by_records(lineage: &mut Lineage, old: &PreviousXref, now: &PreviousXref) {
    let ids = (old.golden_ids(), now.golden_ids());
    let (Some(old_ids), Some(now_ids)) = ids else {
        return;
    };
    let mut wanted: HashMap<(&str, &str), bool> = (0..old.rows())
        .filter(|&row| old_ids.get(row) == Some(&lineage.id))
        .map(|row| (old.key(row), false))
        .collect();
    let mut parts: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for row in 0..now.rows() {
        let key = now.key(row);
        let Some(found) = wanted.get_mut(&key) else {
            continue;
        };
        *found = true;
        let name = format!("{}:{}", key.0, key.1);
        match now_ids.get(row) {
            Some(id) => parts.entry(id).or_default().push(name),
            None => lineage.held.push(name),
        }
    }
    lineage.gone = wanted
        .iter()
        .filter(|(_, found)| !**found)
        .map(|((source, id), _)| format!("{source}:{id}"))
        .collect();
    lineage.gone.sort();
    lineage.today = parts
        .into_iter()
        .map(|(id, records)| Part {
            golden_id: id.to_owned(),
            records,
        })
        .collect();
    lineage.today.sort_by(|a, b| {
        b.records
            .len()
            .cmp(&a.records.len())
            .then(a.golden_id.cmp(&b.golden_id))
    });
}

/// Living ids that were split from one that is in use.
fn children(lineage: &mut Lineage, register: &Register) {
    for (id, entry) in &register.ids {
        if entry.fate == Fate::Split(lineage.id.clone()) {
            lineage.today.push(Part {
                golden_id: id.clone(),
                records: Vec::new(),
            });
        }
    }
}

/// The events of the id over the chain of runs, back to the run that made it.
fn history(latest: &Run, id: &str) -> Result<Vec<Step>, String> {
    let query = Query {
        golden_ids: vec![id.to_owned()],
        kinds: vec!["golden_id".to_owned()],
        ..Query::default()
    };
    let person = [id.to_owned()];
    let mut steps = Vec::new();
    let mut run = Some(latest.clone());
    while let Some(own) = run {
        let log = LogFile::open(&own.folder, &own.summary)?;
        let mut made = false;
        let mut here = Vec::new();
        log.search(&query, Some(&person), |row| {
            let rule = row.rule.unwrap_or("");
            if rule != merge::RULE_KEPT {
                let names = row.after == Some(id);
                made |= names && (rule == merge::RULE_MADE || rule == merge::RULE_SPLIT);
                here.push(Step {
                    run: own.id.clone(),
                    started: own.started.clone(),
                    what: rule.to_owned(),
                    before: row.before.map(str::to_owned),
                    after: row.after.map(str::to_owned),
                    record: row
                        .source
                        .zip(row.record_id)
                        .map(|(source, id)| format!("{source}:{id}")),
                    reason: row.reason.unwrap_or("").to_owned(),
                });
            }
            true
        })?;
        here.reverse();
        steps.extend(here);
        run = if made { None } else { own.before() };
    }
    steps.reverse();
    Ok(steps)
}
