//! The examples of rules, run: each `fail` must be found by its rule, each `pass` not.

use std::collections::BTreeMap;

use super::kind::Kind;
use super::rule::{Example, Rule, Rules};
use super::run::run;
use crate::contact::{
    Action, Failure, Fields, Origin, Place, Records, SourceInfo, Table, Text, Violations,
};
use crate::watch::Silent;

/// Standardises raw records, for the examples of doubts: (table, doubts).
pub type Raise<'a> = &'a dyn Fn(&Records) -> (Table, Violations);

/// What became of a rule's examples.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleTested {
    pub rule: String,
    /// How many examples were run.
    pub examples: usize,
    pub wrong: Vec<Wrong>,
}

/// An example that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wrong {
    /// The rule should have found it.
    pub should_fail: bool,
    pub place: Place,
}

/// Runs the examples of all rules that are switched on.
///
/// # Errors
/// Exit 2: a condition that fails on an example.
pub fn test(
    rules: &Rules,
    fields: &Fields,
    run_date: &str,
    raise: Raise<'_>,
) -> Result<Vec<RuleTested>, Failure> {
    rules
        .list
        .iter()
        .filter(|rule| rule.enabled)
        .map(|rule| test_rule(rule, fields, run_date, raise))
        .collect()
}

fn test_rule(
    rule: &Rule,
    fields: &Fields,
    run_date: &str,
    raise: Raise<'_>,
) -> Result<RuleTested, Failure> {
    let passes = rule.examples.pass.iter().map(|example| (example, false));
    let fails = rule.examples.fail.iter().map(|example| (example, true));
    let mut tested = RuleTested {
        rule: rule.id.clone(),
        examples: rule.examples.pass.len() + rule.examples.fail.len(),
        wrong: Vec::new(),
    };
    for (example, should_fail) in passes.chain(fails) {
        if is_found(rule, example, fields, run_date, raise)? != should_fail {
            tested.wrong.push(Wrong {
                should_fail,
                place: example.place.clone(),
            });
        }
    }
    Ok(tested)
}

/// Whether the rule, alone, finds the example.
fn is_found(
    rule: &Rule,
    example: &Example,
    fields: &Fields,
    run_date: &str,
    raise: Raise<'_>,
) -> Result<bool, Failure> {
    let run_date = example
        .records
        .iter()
        .find_map(|record| record.get("run_date"))
        .map_or(run_date, String::as_str);
    let records = records_of(rule, example);
    let (table, doubts) = match rule.kind {
        Kind::Doubt(_) => raise(&records),
        _ => (records.table.clone(), Violations::new()),
    };
    // What a rule does about it is not asked here, only whether it sees it.
    let alone = Rules {
        list: vec![Rule {
            action: Action::Flag,
            fix: None,
            ..rule.clone()
        }],
        ..Rules::default()
    };
    let done = run(&alone, table, &records, fields, run_date, doubts, &Silent)?;
    Ok(done
        .violations
        .iter()
        .any(|violation| *violation.rule == *rule.id))
}

fn records_of(rule: &Rule, example: &Example) -> Records {
    let rows = &example.records;
    let source_of = |record: &BTreeMap<String, String>| {
        let own = rule.sources.first().map_or("example", String::as_str);
        record.get("source").map_or(own, String::as_str).to_owned()
    };
    let mut names: Vec<String> = rows.iter().map(source_of).collect();
    names.sort();
    names.dedup();
    let origin = (1u32..)
        .zip(rows)
        .map(|(line, record)| {
            let at = names.binary_search(&source_of(record)).unwrap_or(0);
            Origin {
                source: u16::try_from(at).unwrap_or(0),
                file: 0,
                line,
            }
        })
        .collect();
    let mut columns: Vec<&String> = rows
        .iter()
        .flat_map(BTreeMap::keys)
        .filter(|name| !super::known::SPECIAL.contains(&name.as_str()))
        .collect();
    columns.sort();
    columns.dedup();
    let mut table = Table::new(rows.len());
    for name in columns {
        let cells: Text = rows.iter().map(|record| record.get(name)).collect();
        table.set(name, cells);
    }
    let ids: Text = (1..)
        .zip(rows)
        .map(|(at, record)| Some(record.get("record_id").cloned().unwrap_or(format!("{at}"))))
        .collect();
    let named = rows.iter().any(|record| record.contains_key("record_id"));
    Records {
        as_read: Table::default(),
        sources: names
            .into_iter()
            .map(|name| SourceInfo {
                name,
                trust: 0.5,
                files: vec!["example".to_owned()],
                id_header: named.then(|| "record_id".to_owned()),
                ..SourceInfo::default()
            })
            .collect(),
        origin,
        record_id: Some(ids),
        table,
        ..Records::default()
    }
}
