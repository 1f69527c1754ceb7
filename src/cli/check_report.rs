//! What `karat check` found, counted: sources, findings by rule, gates. In: the
//! records and what validating gave; out: one value that is printed as a table
//! (`check_table`) or as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::contact::diagnostic::shown;
use crate::contact::{Records, Severity, Violation};
use crate::plan::GatePlan;
use crate::validate::gate::{self, Counts, GateResult};
use crate::validate::{Rules, Validated};

#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CheckReport {
    pub records: u64,
    /// Held out of the golden set, torn rows among them.
    pub held: u64,
    /// Rows that could not be read whole.
    pub torn: u64,
    /// Records with a finding of severity error.
    pub error_records: u64,
    pub sources: Vec<SourceRow>,
    /// Errors first, then by how many records have it.
    pub findings: Vec<Finding>,
    pub gates: Vec<GateResult>,
    pub verdict: Verdict,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SourceRow {
    pub source: String,
    /// The recognised or forced system.
    pub system: Option<String>,
    pub files: usize,
    pub records: u64,
    pub torn: u64,
    /// Held out for another reason than a torn row.
    pub quarantined: u64,
    pub error_records: u64,
}

/// One rule that records break.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    pub rule: String,
    pub severity: &'static str,
    #[serde(skip)]
    pub level: Severity,
    /// Records that break it, and their share of all.
    pub records: u64,
    pub share: f64,
    /// What is done about it: the strongest action taken on any record.
    pub action: &'static str,
    pub owner: String,
    pub why: String,
    pub example: Example,
}

/// The first record that breaks a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Example {
    pub source: String,
    pub record_id: String,
    pub file: String,
    pub line: u32,
    pub field: String,
    /// As it may be shown: quoted, cut, without control codes.
    pub value: Option<String>,
    pub message: String,
}

/// What a run would do, as far as can be seen before linking.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Publishable,
    /// It would be published, with a warning.
    SoftGateBroken,
    /// Nothing would be published.
    HardGateBroken,
}

impl CheckReport {
    #[must_use]
    pub fn new(records: &Records, validated: &Validated, rules: &Rules, gates: &GatePlan) -> Self {
        let total = records.rows() as u64;
        let mut sources = source_rows(records, validated);
        let findings = findings(records, validated, rules);
        for row in error_rows(&validated.violations) {
            let origin = records.origin.get(row as usize);
            if let Some(source) = origin.and_then(|at| sources.get_mut(at.source as usize)) {
                source.error_records += 1;
            }
        }
        let sum = |part: fn(&SourceRow) -> u64| sources.iter().map(part).sum::<u64>();
        let torn = sum(|source| source.torn);
        let counts = Counts {
            records: total,
            held: torn + sum(|source| source.quarantined),
            error_records: sum(|source| source.error_records),
            ..Counts::default()
        };
        let gates = gate::evaluate(gates, &counts);
        Self {
            records: total,
            held: counts.held,
            torn,
            error_records: counts.error_records,
            verdict: verdict(&gates),
            sources,
            findings,
            gates,
        }
    }
}

fn verdict(gates: &[GateResult]) -> Verdict {
    let broken = |soft| gates.iter().any(|gate| !gate.held && gate.soft == soft);
    if broken(false) {
        Verdict::HardGateBroken
    } else if broken(true) {
        Verdict::SoftGateBroken
    } else {
        Verdict::Publishable
    }
}

fn source_rows(records: &Records, validated: &Validated) -> Vec<SourceRow> {
    let mut rows: Vec<SourceRow> = records
        .sources
        .iter()
        .map(|source| SourceRow {
            source: source.name.clone(),
            system: source.system.clone(),
            files: source.files.len(),
            records: 0,
            torn: 0,
            quarantined: 0,
            error_records: 0,
        })
        .collect();
    for (at, origin) in (0u32..).zip(&records.origin) {
        let Some(source) = rows.get_mut(origin.source as usize) else {
            continue;
        };
        source.records += 1;
        match records.held.get(&at) {
            Some(held) if held.raw.is_some() => source.torn += 1,
            Some(_) => source.quarantined += 1,
            None if validated.held.contains_key(&at) => source.quarantined += 1,
            None => {}
        }
    }
    rows
}

/// Records with an error, each once; the violations are sorted by record.
fn error_rows(violations: &[Violation]) -> impl Iterator<Item = u32> {
    let mut last = None;
    violations
        .iter()
        .filter(|violation| violation.severity == Severity::Error)
        .map(|violation| violation.record)
        .filter(move |row| last.replace(*row) != Some(*row))
}

fn findings(records: &Records, validated: &Validated, rules: &Rules) -> Vec<Finding> {
    struct Tally<'a> {
        first: &'a Violation,
        level: Severity,
        action: crate::contact::Action,
        records: u64,
        last: u32,
    }
    let mut tallies: BTreeMap<&str, Tally<'_>> = BTreeMap::new();
    for violation in &validated.violations {
        let tally = tallies.entry(&violation.rule).or_insert(Tally {
            first: violation,
            level: violation.severity,
            action: violation.action,
            records: 1,
            last: violation.record,
        });
        tally.level = tally.level.max(violation.severity);
        tally.action = tally.action.max(violation.action);
        if tally.last != violation.record {
            tally.records += 1;
            tally.last = violation.record;
        }
    }
    let total = records.rows();
    let mut findings: Vec<Finding> = tallies
        .into_iter()
        .map(|(id, tally)| Finding {
            rule: id.to_owned(),
            severity: tally.level.name(),
            level: tally.level,
            records: tally.records,
            #[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
            share: tally.records as f64 / total.max(1) as f64,
            action: tally.action.name(),
            owner: tally.first.owner.to_string(),
            why: rules
                .get(id)
                .map_or_else(String::new, |rule| rule.why.clone()),
            example: example(records, tally.first),
        })
        .collect();
    findings.sort_by(|a, b| {
        (b.level, b.records)
            .cmp(&(a.level, a.records))
            .then_with(|| a.rule.cmp(&b.rule))
    });
    findings
}

fn example(records: &Records, violation: &Violation) -> Example {
    let row = violation.record as usize;
    let known = row < records.rows();
    Example {
        source: if known {
            records.source(row).name.clone()
        } else {
            String::new()
        },
        record_id: if known {
            records.id(row).to_owned()
        } else {
            String::new()
        },
        file: if known {
            records.file(row).to_owned()
        } else {
            String::new()
        },
        line: records.origin.get(row).map_or(0, |origin| origin.line),
        field: violation.field.to_string(),
        value: violation.value.as_deref().map(shown),
        message: violation.message.to_string(),
    }
}
