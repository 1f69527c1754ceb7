//! People's decisions, `never` and `always`, and systems' own merge histories: what
//! they bind, whatever the evidence says.
//!
//! In: the decisions as read ([`crate::write::decisions`]) and the records. Out: groups
//! of rows that are one person, and groups that are not ([`Bound`]). What is tied
//! together is tied through records that are not linked, too: held ones, and ones that
//! are gone.

mod bind;
mod effect;
mod ties;

use std::collections::BTreeMap;

use hashbrown::HashMap;

use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, Failure, FailureKind, Place, Records, Table};
use crate::standardise::system_id;
pub use effect::DecisionReport;
use ties::Groups;
pub use ties::{Contradiction, Tie, contradictions, says, told};

/// What a person decided of two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    Never,
    Always,
}

impl Verdict {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Never => "never",
            Self::Always => "always",
        }
    }

    /// The verdict of a word, in any case.
    #[must_use]
    pub fn of(word: &str) -> Option<Self> {
        [Self::Never, Self::Always]
            .into_iter()
            .find(|verdict| verdict.name().eq_ignore_ascii_case(word))
    }
}

/// A source record by its names.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RecordName {
    pub source: String,
    pub record_id: String,
}

impl RecordName {
    #[must_use]
    pub fn new(source: impl Into<String>, record_id: impl Into<String>) -> Self {
        Self {
            source: source.into(),
            record_id: record_id.into(),
        }
    }
}

impl std::fmt::Display for RecordName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.source, self.record_id)
    }
}

/// A line of the decisions file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub verdict: Verdict,
    pub a: RecordName,
    pub b: RecordName,
    /// Who decided; may be empty, as may the next two.
    pub by: String,
    /// YYYY-MM-DD.
    pub date: String,
    pub why: String,
    /// Where it is written.
    pub place: Place,
}

impl Decision {
    /// Who, when and why, as one text for the audit.
    fn reason(&self) -> String {
        let head: Vec<&str> = [self.by.as_str(), self.date.as_str()]
            .into_iter()
            .filter(|part| !part.is_empty())
            .collect();
        match (head.is_empty(), self.why.is_empty()) {
            (true, _) => self.why.clone(),
            (false, true) => head.join(", "),
            (false, false) => format!("{}: {}", head.join(", "), self.why),
        }
    }
}

/// A decision whose records are both in this run.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Applied {
    pub verdict: Verdict,
    pub left: u32,
    pub right: u32,
    pub why: String,
    /// Said by a person, in the decisions file; not by a system's history.
    pub by_person: bool,
}

/// What decisions and histories demand of the rows of this run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bound {
    /// Rows that are one person, sorted; some stand alone, for the next field's sake.
    pub groups: Vec<Vec<u32>>,
    /// Places in `groups` that are two persons.
    pub apart: Vec<(u32, u32)>,
}

/// What became of the decisions.
#[derive(Clone, Debug, Default)]
pub struct Decided {
    /// Decisions and histories between two records of this run, sorted.
    pub applied: Vec<Applied>,
    pub bound: Bound,
    /// The same without what people decided: what would have been.
    pub without: Bound,
    /// Decisions that name a record which is not in this run.
    pub idle: u64,
    pub diagnostics: Vec<Diagnostic>,
}

/// Finds the decisions' records and what follows. A record that is not there is a note,
/// and its decision stays: it binds again when the record is back.
///
/// # Errors
/// Exit 2 when decisions contradict each other that did not by their spelling: two of
/// their ids are one record's.
pub fn apply(decisions: &[Decision], records: &Records, table: &Table) -> Result<Decided, Failure> {
    let mut decided = Decided::default();
    let rows = find(decisions, records);
    // Rows are their own numbers; who is not here gets one past them.
    let mut absent: BTreeMap<&RecordName, u32> = BTreeMap::new();
    let mut next = u32::try_from(records.rows()).unwrap_or(u32::MAX);
    let mut node = |name| {
        if let Some(&row) = rows.get(name) {
            return row;
        }
        *absent.entry(name).or_insert_with(|| {
            next = next.saturating_add(1);
            next - 1
        })
    };
    let mut ties = Vec::new();
    for decision in decisions {
        let (a, b) = (node(&decision.a), node(&decision.b));
        ties.push(Tie::new(decision.verdict, a, b));
    }
    let fault = ties::told(&ties, decisions);
    if !fault.is_empty() {
        return Err(Failure::new(FailureKind::Usage, fault));
    }
    let here = |node: u32| (node as usize) < records.rows();
    for (decision, tie) in decisions.iter().zip(&ties) {
        if here(tie.a) && here(tie.b) {
            decided.applied.push(Applied {
                verdict: tie.verdict,
                left: tie.a.min(tie.b),
                right: tie.a.max(tie.b),
                why: decision.reason(),
                by_person: true,
            });
        } else {
            decided.idle += 1;
            decided
                .diagnostics
                .push(idle(decision, records, |name| rows.contains_key(name)));
        }
    }
    let mut groups = Groups::default();
    for tie in ties.iter().filter(|tie| tie.verdict == Verdict::Always) {
        groups.tie(tie.a, tie.b);
    }
    for tie in ties.iter().filter(|tie| tie.verdict == Verdict::Never) {
        groups.forbid(tie.a, tie.b);
    }
    let mut alone = Groups::default();
    for history in table
        .column("merged_ids")
        .map_or_else(Vec::new, |merged| histories(records, merged))
    {
        alone.tie(history.left, history.right);
        if groups.tie(history.left, history.right) {
            decided.applied.push(history);
        } else {
            decided.diagnostics.push(overruled(&history, records));
        }
    }
    decided.applied.sort();
    decided.applied.dedup();
    decided.bound = bound(groups, here);
    decided.without = bound(alone, here);
    Ok(decided)
}

fn bound(groups: Groups, here: impl Fn(u32) -> bool) -> Bound {
    let (groups, apart) = groups.settle();
    Bound {
        groups: groups
            .into_iter()
            .map(|nodes| nodes.into_iter().filter(|&node| here(node)).collect())
            .collect(),
        apart,
    }
}

/// The rows of the records that decisions name. A system shows some ids shorter than
/// it exports them: where the spelling fits no record, its standard form may.
fn find<'a>(decisions: &'a [Decision], records: &Records) -> HashMap<&'a RecordName, u32> {
    let mut found: HashMap<&RecordName, u32> = HashMap::new();
    let mut exact: HashMap<(&str, &str), &RecordName> = HashMap::new();
    for name in decisions.iter().flat_map(|d| [&d.a, &d.b]) {
        exact.insert((&name.source, &name.record_id), name);
    }
    if exact.is_empty() {
        return found;
    }
    let mut standard: HashMap<(&str, String), Vec<&RecordName>> = HashMap::new();
    for row in 0..records.rows() {
        let key = (records.source(row).name.as_str(), records.id(row));
        if let Some(name) = exact.get(&key) {
            found.insert(name, u32::try_from(row).unwrap_or(u32::MAX));
        }
    }
    for name in exact.values().filter(|name| !found.contains_key(**name)) {
        if let Some(form) = system_id::standardise(&name.record_id).value {
            let key = (name.source.as_str(), form);
            standard.entry(key).or_default().push(name);
        }
    }
    if standard.is_empty() {
        return found;
    }
    let wanted: Vec<bool> = records
        .sources
        .iter()
        .map(|source| standard.keys().any(|(name, _)| *name == source.name))
        .collect();
    for row in 0..records.rows() {
        if !wanted[usize::from(records.origin[row].source)] {
            continue;
        }
        let Some(form) = system_id::standardise(records.id(row)).value else {
            continue;
        };
        for name in standard
            .get(&(records.source(row).name.as_str(), form))
            .into_iter()
            .flatten()
        {
            found
                .entry(name)
                .or_insert_with(|| u32::try_from(row).unwrap_or(u32::MAX));
        }
    }
    found
}

/// A decision about a record that is not there: a gone record is a note, an unknown
/// source a warning, since it is a slip of the pen.
fn idle(decision: &Decision, records: &Records, found: impl Fn(&RecordName) -> bool) -> Diagnostic {
    let names: Vec<&str> = records.sources.iter().map(|s| s.name.as_str()).collect();
    let gone: Vec<&RecordName> = [&decision.a, &decision.b]
        .into_iter()
        .filter(|name| !found(name))
        .collect();
    let unknown = gone
        .iter()
        .map(|name| name.source.as_str())
        .find(|source| !names.contains(source));
    let Some(source) = unknown else {
        let gone: Vec<String> = gone.iter().map(|name| shown(&name.to_string())).collect();
        return Diagnostic::info(
            "decision_idle",
            format!("{} is not in this run", gone.join(" nor ")),
        )
        .at(decision.place.clone())
        .hint("the decision is kept, and binds again when the record is back");
    };
    let told = Diagnostic::warning(
        "decision_source",
        format!(
            "a decision names the source {}, which the plan does not have",
            shown(source)
        ),
    )
    .at(decision.place.clone());
    match nearest(source, names) {
        Some(name) => told.hint(format!("did you mean '{name}'?")),
        None => told,
    }
}

/// A person knows better than a system's history.
fn overruled(history: &Applied, records: &Records) -> Diagnostic {
    let name = |row: u32| {
        let row = row as usize;
        shown(&format!("{}:{}", records.source(row).name, records.id(row)))
    };
    Diagnostic::info(
        "decision_over_history",
        format!(
            "the system's own merge history takes {} and {} for one; a decision says that they are not, and holds",
            name(history.left),
            name(history.right)
        ),
    )
}

/// A system's list of merged ids is an `always` with the records that still carry them,
/// except in a source that is said to hold nobody twice. Sorted.
fn histories(records: &Records, merged: &crate::contact::Text) -> Vec<Applied> {
    let mut by_id: HashMap<(u16, &str), u32> = HashMap::new();
    if merged.filled() > 0 {
        for row in 0..records.rows() {
            by_id.insert(
                (records.origin[row].source, records.id(row)),
                u32::try_from(row).unwrap_or(u32::MAX),
            );
        }
    }
    let mut applied = Vec::new();
    for (row, ids) in merged.iter().enumerate() {
        if records.source(row).deduplicated {
            continue;
        }
        for id in ids
            .unwrap_or("")
            .split(';')
            .map(str::trim)
            .filter(|id| !id.is_empty())
        {
            let own = u32::try_from(row).unwrap_or(u32::MAX);
            let other = by_id.get(&(records.origin[row].source, id)).copied();
            if let Some(other) = other.filter(|&other| other != own) {
                applied.push(Applied {
                    verdict: Verdict::Always,
                    left: own.min(other),
                    right: own.max(other),
                    why: "the system's own merge history".into(),
                    by_person: false,
                });
            }
        }
    }
    applied.sort();
    applied.dedup();
    applied
}
