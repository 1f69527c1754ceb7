//! The records of each cluster → one golden record, and the proof of every value.
//!
//! In: the validated table, link's clusters, the rows held out, the previous run's
//! xref. Out: the golden table, sorted by golden id, with the events that make it
//! from the table (see `audit::replay`).

mod clusters;
mod column;
pub mod golden_ids;
mod group;
mod ids;
#[cfg(test)]
mod ids_over_time;
mod opt_out;
mod phones;
pub mod policy;
pub mod previous;
mod proof;
mod ranks;
pub mod register;
mod same;
mod spelling;
pub mod survive;
#[cfg(test)]
pub(crate) mod tests;
mod union;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use hashbrown::HashMap;
use rayon::prelude::*;

pub use clusters::Clusters;
pub use ids::{
    RULE_KEPT, RULE_MADE, RULE_MERGED, RULE_MOVED, RULE_RETIRED, RULE_REVIVED, RULE_SPLIT,
    names_golden,
};
pub use policy::Merging;
pub use previous::PreviousXref;
pub use register::Register;
pub use union::parts_of;

use crate::contact::{
    Diagnostic, Event, EventKind, Events, Failure, FailureKind, Held, Records, Stage, Table, Text,
    TextBuilder, Told,
};
use crate::link::Linked;
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::standardise::email::EmailRules;
use crate::watch::{Share, Watch};
use column::{Column, Sources};
use policy::Policy;
use ranks::Ranks;
use spelling::{Nicknames, Script};

/// What merging needs.
#[derive(Clone, Copy)]
pub struct MergeInput<'a> {
    pub records: &'a Records,
    /// Validated: canonical fields and extra columns, a row for each record.
    pub table: &'a Table,
    /// All rows held out.
    pub held: &'a BTreeMap<u32, Held>,
    pub linked: &'a Linked,
    pub plan: &'a Plan,
    pub rulebook: &'a Rulebook,
    pub previous: Option<&'a PreviousXref>,
    /// Told the share of the columns that is done, in records.
    pub watch: &'a dyn Watch,
}

/// The golden records.
#[derive(Clone, Debug, Default)]
pub struct Merged {
    /// `sources`, `record_count`, `confidence` stand behind the canonical fields,
    /// the extra columns behind those. Sorted by golden id.
    pub golden: Table,
    pub golden_ids: Vec<String>,
    /// The records of each golden row.
    pub clusters: Clusters,
    /// The golden row of each record; none for one that is held out.
    pub golden_of: Vec<Option<u32>>,
    /// What became of ids, for the next run.
    pub register: Register,
    /// `Survived` events are the lineage: golden value → record. Behind those of the stages
    /// before, where merging was given them.
    pub events: Events,
    pub diagnostics: Vec<Diagnostic>,
}

/// The columns of the golden table that are not fields.
pub const SOURCES: &str = "sources";
pub const RECORD_COUNT: &str = "record_count";
pub const CONFIDENCE: &str = "confidence";

/// Makes the golden records.
///
/// # Errors
/// Exit 70 when `rules/merging.toml` can't be read: a fault of the build.
pub fn merge(input: MergeInput<'_>) -> Result<Merged, Failure> {
    merge_after(input, Events::new())
}

/// The same; the events come behind those of `before`: there are millions, and they are
/// not to be copied once more.
///
/// # Errors
/// Those of [`merge`].
pub fn merge_after(input: MergeInput<'_>, before: Events) -> Result<Merged, Failure> {
    let merging = Merging::load(input.rulebook).map_err(|message| {
        Failure::one(
            FailureKind::Internal,
            Diagnostic::error("merging_rules", message),
        )
    })?;
    let ranks = Ranks::of(input.records, input.table, &merging, input.rulebook);
    let ids::Named {
        clusters,
        ids: golden_ids,
        events: id_events,
        register,
    } = ids::name(&input, &ranks);
    let nicknames = input
        .rulebook
        .file("names/nicknames.csv")
        .map(Nicknames::parse)
        .unwrap_or_default();
    let emails = EmailRules::load(input.rulebook);
    let main_script = main_scripts(input.table, &clusters);
    let sources = Sources {
        table: input.table,
        clusters: &clusters,
        ranks: &ranks,
        nicknames: &nicknames,
        emails: &emails,
        main_script: &main_script,
    };
    let (joined, columns) = rayon::join(
        || merged_events(&input, &clusters),
        || columns(&sources, &merging, &input),
    );
    let mut events = vec![joined, id_events];
    let mut golden = Table::new(clusters.len());
    for column in columns {
        golden.set(&column.name, column.golden);
        events.extend(column.events);
    }
    let mut all = before;
    let ((), (golden, golden_of)) = rayon::join(
        || all.take_over_all(events),
        || {
            let golden = with_counts(golden, &input, &clusters);
            (golden, clusters.golden_of(input.records.rows()))
        },
    );
    Ok(Merged {
        golden_of,
        golden,
        golden_ids,
        clusters,
        register,
        events: all,
        diagnostics: Vec::new(),
    })
}

/// All columns in the order of the golden table: fields, then extra columns.
fn columns(sources: &Sources<'_>, merging: &Merging, input: &MergeInput<'_>) -> Vec<Column> {
    let policies: Vec<Policy> = golden_columns(input.table, input.rulebook)
        .iter()
        .map(|name| merging.policy(name, input.rulebook, input.plan))
        .collect();
    let trust_ranks: Vec<Vec<u32>> = policies
        .iter()
        .map(|policy| trust_rank(&policy.sources, input.records))
        .collect();
    let in_group = |policy: &Policy| {
        let group = policy.group.as_deref()?;
        merging.groups.iter().position(|rule| rule.group == group)
    };
    // What others lean on comes first; the order of the result does not change.
    let mut waiting: Vec<usize> = (0..policies.len())
        .filter(|&at| in_group(&policies[at]).is_none())
        .collect();
    let share = Share::new(input.watch, input.records.rows(), policies.len());
    let mut done = Table::new(sources.clusters.len());
    let mut all: Vec<Option<Column>> = policies.iter().map(|_| None).collect();
    for (number, rule) in merging.groups.iter().enumerate() {
        let members: Vec<usize> = (0..policies.len())
            .filter(|&at| in_group(&policies[at]) == Some(number))
            .collect();
        let of: Vec<&Policy> = members.iter().map(|&at| &policies[at]).collect();
        let merged = group::group(sources, rule, &of, &[]);
        for (at, column) in members.into_iter().zip(merged) {
            done.set(&column.name, column.golden.clone());
            all[at] = Some(column);
            share.step();
        }
    }
    while !waiting.is_empty() {
        let waits = |name: &str| waiting.iter().any(|&at| policies[at].column == name);
        let (mut now, later): (Vec<usize>, Vec<usize>) = waiting
            .iter()
            .partition(|&&at| !policies[at].leans_on().any(waits));
        // Columns that lean on each other in a ring would be a fault of the rules.
        let later = if now.is_empty() {
            now = later;
            Vec::new()
        } else {
            later
        };
        let ready: Vec<(usize, Column)> = now
            .into_par_iter()
            .map(|at| {
                let column = column::column(sources, &policies[at], &done, &trust_ranks[at]);
                share.step();
                (at, column)
            })
            .collect();
        for (at, column) in ready {
            done.set(&column.name, column.golden.clone());
            all[at] = Some(column);
        }
        waiting = later;
    }
    all.into_iter().flatten().collect()
}

/// The columns of the golden table that hold values of records: every field that is
/// not input-only, then the extra columns of `table`.
#[must_use]
pub fn golden_columns(table: &Table, rulebook: &Rulebook) -> Vec<String> {
    let fields = rulebook.fields();
    let own = fields
        .iter()
        .filter(|f| !f.input_only)
        .map(|f| f.name.clone());
    let extra = table
        .names()
        .iter()
        .filter(|name| fields.get(name).is_none())
        .cloned();
    own.chain(extra).collect()
}

/// Source index → place in the field's own list of trust, `u32::MAX` when not in it.
fn trust_rank(list: &[String], records: &Records) -> Vec<u32> {
    records
        .sources
        .iter()
        .map(|source| {
            list.iter()
                .position(|name| *name == source.name)
                .and_then(|at| u32::try_from(at).ok())
                .unwrap_or(u32::MAX)
        })
        .collect()
}

/// Which records joined which golden record; `after` is the match probability.
fn merged_events(input: &MergeInput<'_>, clusters: &Clusters) -> Events {
    let mut best: Vec<f32> = vec![f32::NAN; input.records.rows()];
    for pair in &input.linked.pairs {
        let (left, right) = (pair.left as usize, pair.right as usize);
        let inside = input.linked.cluster.get(left) == input.linked.cluster.get(right);
        for row in [left, right] {
            if let Some(slot) = best.get_mut(row).filter(|_| inside) {
                *slot = slot.max(pair.match_weight);
            }
        }
    }
    let mut events = Events::new();
    // By ten-thousandths: there are few, and records many.
    let mut told: Vec<Option<Told>> = vec![None; PROBABILITIES as usize + 1];
    for (golden, rows) in (0_u32..)
        .zip(clusters.iter())
        .filter(|(_, rows)| rows.len() > 1)
    {
        for &row in rows {
            let probability = input.linked.probability.get(row as usize).copied();
            let probability = probability.unwrap_or(1.0);
            let told = *told[ten_thousandths(probability)].get_or_insert_with(|| {
                events.prepare(&Event {
                    stage: Stage::Merge,
                    kind: EventKind::Merged,
                    after: Some(shown_probability(probability)),
                    rule: "cluster",
                    ..Event::default()
                })
            });
            events.push_weighted(told, row, golden, best[row as usize]);
        }
    }
    events
}

/// For each golden row whose names mix scripts: the one of most records, then of
/// the first. Empty when there is none.
fn main_scripts(table: &Table, clusters: &Clusters) -> Vec<Option<Script>> {
    // Of each distinct name once.
    let names: Vec<(&Text, Vec<Option<Script>>)> = ["given_name", "family_name", "full_name"]
        .iter()
        .filter_map(|name| table.column(name))
        .map(|column| (column, column.map_distinct(Script::of)))
        .collect();
    let scripts: Vec<Option<Script>> = (0..clusters.len())
        .into_par_iter()
        .map(|at| {
            let rows = clusters.of(at);
            if rows.len() < 2 {
                return None;
            }
            let mut counts: Vec<(Script, usize)> = Vec::new();
            for &row in rows {
                let script = names
                    .iter()
                    .find_map(|(column, scripts)| scripts[column.code(row as usize)? as usize]);
                if let Some(script) = script {
                    match counts.iter_mut().find(|(known, _)| *known == script) {
                        Some((_, count)) => *count += 1,
                        None => counts.push((script, 1)),
                    }
                }
            }
            let most = counts.iter().map(|(_, count)| *count).max()?;
            let (script, _) = counts.iter().find(|(_, count)| *count == most)?;
            (counts.len() > 1).then_some(*script)
        })
        .collect();
    if scripts.iter().all(Option::is_none) {
        Vec::new()
    } else {
        scripts
    }
}

/// Puts `sources`, `record_count` and `confidence` behind the fields.
fn with_counts(columns: Table, input: &MergeInput<'_>, clusters: &Clusters) -> Table {
    let rulebook = input.rulebook;
    let mut table = Table::new(columns.rows());
    let is_field = |name: &str| rulebook.fields().get(name).is_some();
    for (name, column) in columns.iter().filter(|(name, _)| is_field(name)) {
        table.set(name, column.clone());
    }
    let confidence = |golden: usize| {
        let rows = clusters.of(golden).iter();
        let probabilities = rows.filter_map(|&row| input.linked.probability.get(row as usize));
        shown_probability(probabilities.copied().fold(1.0, f32::min))
    };
    for (name, column) in counts(input.records, clusters, confidence) {
        table.set(name, column);
    }
    for (name, column) in columns.iter().filter(|(name, _)| !is_field(name)) {
        table.set(name, column.clone());
    }
    table
}

/// The columns that count: from which sources, how many records, how sure.
///
/// `confidence` is the lowest match probability of the cluster's records, with four
/// digits behind the point; 1 for a single record.
///
/// `confidence` is called for golden rows of several records only.
#[must_use]
pub fn counts<'c>(
    records: &Records,
    clusters: &Clusters,
    confidence: impl Fn(usize) -> &'c str,
) -> [(&'static str, Text); 3] {
    let mut sources = TextBuilder::with_capacity(clusters.len());
    let mut count = TextBuilder::with_capacity(clusters.len());
    let mut sure = TextBuilder::with_capacity(clusters.len());
    // Which sources, by number, in the order of the records: few lists, many golden rows.
    let mut lists: HashMap<Vec<u16>, Option<u32>> = HashMap::new();
    let mut counts: Vec<Option<u32>> = Vec::new();
    let mut of: Vec<u16> = Vec::new();
    for (at, rows) in clusters.iter().enumerate() {
        of.clear();
        for &row in rows {
            let source = records.origin[row as usize].source;
            if !of.contains(&source) {
                of.push(source);
            }
        }
        let code = match lists.get(&of) {
            Some(code) => *code,
            None => {
                let code = sources.code_of(&names_of(records, &of));
                lists.insert(of.clone(), code);
                code
            }
        };
        sources.push_code(code);
        if counts.len() <= rows.len() {
            counts.resize(rows.len() + 1, None);
        }
        let code = &mut counts[rows.len()];
        *code = code.or_else(|| count.code_of(&rows.len().to_string()));
        count.push_code(*code);
        if rows.len() > 1 {
            sure.push(Some(confidence(at)));
        } else {
            sure.push(Some("1"));
        }
    }
    [
        (SOURCES, sources.finish()),
        (RECORD_COUNT, count.finish()),
        (CONFIDENCE, sure.finish()),
    ]
}

/// The names of sources, each once: two may be called alike.
fn names_of(records: &Records, sources: &[u16]) -> String {
    let mut names: Vec<&str> = Vec::new();
    for &source in sources {
        let name = records.sources[usize::from(source)].name.as_str();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names.join(";")
}

/// Steps of a probability that is shown.
const PROBABILITIES: u32 = 10_000;

/// A probability as it is shown, in steps.
#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // Between 0 and 1.
fn ten_thousandths(probability: f32) -> usize {
    (f64::from(probability.clamp(0.0, 1.0)) * 1e4).floor() as usize
}

/// Four digits behind the point, cut and not rounded: 1 means 1.
#[must_use]
pub fn shown_probability(probability: f32) -> &'static str {
    static SHOWN: OnceLock<Vec<String>> = OnceLock::new();
    let shown = SHOWN.get_or_init(|| {
        let step = |step: u32| format!("{}", f64::from(step) / 1e4);
        (0..=PROBABILITIES).map(step).collect()
    });
    shown
        .get(ten_thousandths(probability))
        .map_or("1", String::as_str)
}
