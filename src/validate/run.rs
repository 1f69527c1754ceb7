//! Running rules over a table.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::Validated;
use super::doubts;
use super::kind::{Hit, Kind, Look, Scope};
use super::rule::{Rule, Rules};
use super::sql::{self, Condition};
use super::view::View;
use crate::contact::diagnostic::shown;
use crate::contact::{
    Action, Broken, Diagnostic, Event, EventKind, Events, Failure, FailureKind, Fields, Held,
    Records, Severity, Stage, Table, Text, TextBuilder, Violation, Violations,
};
use crate::watch::{Share, Watch};

/// Records that a source must have before a field that it lacks altogether is
/// told once for the source, and not for each record.
const WHOLE_SOURCE: usize = 100;

/// Judges `doubts`, runs all rules; see the head of [`super`].
///
/// # Errors
/// Exit 2: a condition that fails on the data.
pub fn run(
    rules: &Rules,
    table: Table,
    records: &Records,
    fields: &Fields,
    run_date: &str,
    doubts: Violations,
    watch: &dyn Watch,
) -> Result<Validated, Failure> {
    let looking = |rule: &&Rule| rule.enabled && !matches!(rule.kind, Kind::Doubt(_));
    let parts = 1 + rules.list.iter().filter(looking).count();
    let share = Share::new(watch, table.rows(), parts);
    let mut held = vec![false; table.rows()];
    for &row in records.held.keys() {
        if let Some(held) = held.get_mut(row as usize) {
            *held = true;
        }
    }
    let mut running = Running {
        records,
        fields,
        run_date,
        held,
        share,
        done: Validated {
            table,
            diagnostics: rules.notes.clone(),
            ..Validated::default()
        },
    };
    running.doubts(rules, doubts)?;
    running.share.step();
    running.mend(rules)?;
    running.judge(rules)?;
    running.done.violations.par_sort_by(|a, b| {
        (a.record, &a.field, &a.rule, &a.value, &a.message)
            .cmp(&(b.record, &b.field, &b.rule, &b.value, &b.message))
    });
    Ok(running.done)
}

/// The values of a column for violations: one text for all rows that have it, where
/// that is worth a look.
struct Shared<'t> {
    column: Option<&'t Text>,
    /// By code; empty where most values are on one row.
    known: Vec<Option<Arc<str>>>,
}

impl<'t> Shared<'t> {
    fn of(column: Option<&'t Text>, hits: usize) -> Self {
        let few = column.filter(|column| column.distinct() < hits);
        Self {
            column,
            known: few.map_or_else(Vec::new, |column| vec![None; column.distinct()]),
        }
    }

    fn get(&mut self, row: usize) -> Option<Arc<str>> {
        let column = self.column?;
        let code = column.code(row)?;
        match self.known.get_mut(code as usize) {
            Some(known) => {
                let text = known.get_or_insert_with(|| column.value(code).into());
                Some(text.clone())
            }
            None => Some(column.value(code).into()),
        }
    }
}

struct Running<'a> {
    records: &'a Records,
    fields: &'a Fields,
    run_date: &'a str,
    held: Vec<bool>,
    /// One part a rule, and one for the doubts.
    share: Share<'a>,
    done: Validated,
}

/// What a rule's conditions came to on the table.
struct Prepared {
    scope: Scope,
    truths: Option<Vec<bool>>,
}

impl Running<'_> {
    fn view(&self) -> View<'_> {
        View {
            table: &self.done.table,
            records: self.records,
            fields: self.fields,
            run_date: self.run_date,
        }
    }

    fn doubts(&mut self, rules: &Rules, doubts: Violations) -> Result<(), Failure> {
        if doubts.is_empty() {
            return Ok(());
        }
        let scoped: Vec<usize> = (0..rules.list.len())
            .filter(|&at| {
                let rule = &rules.list[at];
                matches!(rule.kind, Kind::Doubt(_))
                    && (rule.when.is_some() || !rule.sources.is_empty())
            })
            .collect();
        let asked: Vec<&Rule> = scoped.iter().map(|&at| &rules.list[at]).collect();
        let prepared = self.prepare(&asked)?;
        let scopes: BTreeMap<usize, &Scope> = scoped
            .iter()
            .copied()
            .zip(prepared.iter().map(|prepared| &prepared.scope))
            .collect();
        let judged = doubts::judge(doubts, rules, |at| scopes.get(&at).copied());
        let mut cleared: BTreeMap<&str, BTreeMap<u32, &Violation>> = BTreeMap::new();
        for (violation, at) in judged.violations.iter().zip(&judged.rules) {
            let rule = at.map(|at| &rules.list[at]);
            match violation.action {
                Action::Quarantine => self.hold(
                    violation.record,
                    &violation.field,
                    violation.value.as_deref(),
                    &violation.rule,
                    // The event's words are few; the message may quote a value.
                    &rule.map_or_else(String::new, |rule| rule.words(&violation.field)),
                    &violation.message,
                ),
                // Only a rule clears here: what standardising cleared is gone.
                Action::Clear => {
                    if rule.is_some_and(|rule| rule.action_given && rule.action == Action::Clear) {
                        cleared
                            .entry(&violation.field)
                            .or_default()
                            .insert(violation.record, violation);
                    }
                }
                Action::Fix | Action::Flag => {}
            }
        }
        for (field, rows) in cleared {
            self.clear_doubted(rules, field, &rows);
        }
        self.done.violations = judged.violations;
        Ok(())
    }

    /// Rules that change values, in order, each on what the one before left.
    fn mend(&mut self, rules: &Rules) -> Result<(), Failure> {
        for rule in &rules.list {
            let mends = matches!(rule.action, Action::Fix | Action::Clear);
            if !rule.enabled || !mends || matches!(rule.kind, Kind::Doubt(_)) {
                continue;
            }
            let prepared = self.prepare(&[rule])?;
            let hits = self.look(rule, &prepared[0]);
            self.tell(rule, &hits);
            self.change(rule, &hits);
            self.share.step();
        }
        Ok(())
    }

    /// All other rules, side by side, on the mended table.
    fn judge(&mut self, rules: &Rules) -> Result<(), Failure> {
        let judging: Vec<&Rule> = rules
            .list
            .iter()
            .filter(|rule| {
                rule.enabled
                    && matches!(rule.action, Action::Flag | Action::Quarantine)
                    && !matches!(rule.kind, Kind::Doubt(_))
            })
            .collect();
        let prepared = self.prepare(&judging)?;
        let hits: Vec<Vec<Hit>> = judging
            .par_iter()
            .zip(&prepared)
            .map(|(rule, prepared)| {
                let hits = self.look(rule, prepared);
                self.share.step();
                hits
            })
            .collect();
        drop(prepared);
        for (rule, mut hits) in judging.into_iter().zip(hits) {
            self.tell_of_sources(rule, &mut hits);
            self.tell(rule, &hits);
            if rule.action == Action::Quarantine {
                for hit in &hits {
                    let field = field_of(rule, hit);
                    let words = rule.words(field);
                    let value = self.done.table.get(field, hit.row as usize);
                    let value = value.map(str::to_owned);
                    let reason = match (&rule.message, &hit.message) {
                        (None, Some(message)) => message,
                        _ => &words,
                    };
                    self.hold(hit.row, field, value.as_deref(), &rule.id, &words, reason);
                }
            }
        }
        Ok(())
    }

    fn look(&self, rule: &Rule, prepared: &Prepared) -> Vec<Hit> {
        rule.kind.look(&Look {
            view: &self.view(),
            fields: &rule.fields,
            scope: &prepared.scope,
            truths: prepared.truths.as_deref(),
        })
    }

    /// The scope and the truths of rules, all their conditions in one go.
    fn prepare(&self, rules: &[&Rule]) -> Result<Vec<Prepared>, Failure> {
        let mut conditions: Vec<&Condition> = Vec::new();
        let mut owners: Vec<&Rule> = Vec::new();
        for rule in rules {
            for condition in rule.when.iter().chain(rule.kind.condition()) {
                conditions.push(condition);
                owners.push(rule);
            }
        }
        let truths = sql::evaluate(&self.view(), &conditions).map_err(|(at, reason)| {
            let rule = owners.get(at).copied();
            let id = rule.map_or("", |rule| rule.id.as_str());
            let mut fault = Diagnostic::error(
                "rule_sql_failed",
                format!(
                    "rule {}: its condition fails on the data: {reason}",
                    shown(id)
                ),
            );
            fault.place = rule.map(|rule| rule.place.clone());
            Failure::one(FailureKind::Usage, fault)
        })?;
        let mut truths = truths.into_iter();
        Ok(rules
            .iter()
            .map(|rule| {
                let when = rule.when.as_ref().and_then(|_| truths.next());
                let own = rule.kind.condition().and_then(|_| truths.next());
                Prepared {
                    scope: self.scope(rule, when),
                    truths: own,
                }
            })
            .collect())
    }

    fn scope(&self, rule: &Rule, when: Option<Vec<bool>>) -> Scope {
        let mut rows = when.unwrap_or_else(|| vec![true; self.held.len()]);
        let looked_at: Vec<bool> = self
            .records
            .sources
            .iter()
            .map(|source| rule.sources.is_empty() || rule.sources.contains(&source.name))
            .collect();
        for (row, looks) in rows.iter_mut().enumerate() {
            let source = self.records.origin[row].source as usize;
            *looks &= !self.held[row] && looked_at.get(source).copied().unwrap_or(false);
        }
        Scope { rows }
    }

    fn tell(&mut self, rule: &Rule, hits: &[Hit]) {
        let table = &self.done.table;
        let (id, owner): (Arc<str>, Arc<str>) =
            (rule.id.as_str().into(), rule.owner.as_str().into());
        // The rule's own words about each of its fields, and about none.
        let fields: Vec<(Arc<str>, Arc<str>)> = rule
            .fields
            .iter()
            .map(String::as_str)
            .chain([""])
            .map(|field| (field.into(), rule.words(field).into()))
            .collect();
        let mut known: HashMap<(usize, Option<&str>), Arc<Broken>, foldhash::fast::FixedState> =
            HashMap::default();
        let mut values: Vec<Shared<'_>> = fields
            .iter()
            .map(|(field, _)| Shared::of(table.column(field), hits.len()))
            .collect();
        self.done.violations.extend(hits.iter().map(|hit| {
            let of_rule = hit
                .field
                .map(usize::from)
                .filter(|at| *at < rule.fields.len());
            let at = of_rule.unwrap_or(rule.fields.len());
            let message = match rule.message {
                None => hit.message.as_deref(),
                Some(_) => None,
            };
            let broken = known.entry((at, message)).or_insert_with(|| {
                let (field, words) = &fields[at];
                Arc::new(Broken {
                    field: field.clone(),
                    rule: id.clone(),
                    severity: rule.severity,
                    message: message.map_or_else(|| words.clone(), Arc::from),
                    action: rule.action,
                    owner: owner.clone(),
                })
            });
            Violation {
                record: hit.row,
                value: values[at].get(hit.row as usize),
                broken: broken.clone(),
            }
        }));
    }

    /// A field that a whole source lacks is one thing to tell, not one a record;
    /// only where the rule merely informs, since gates count the others.
    fn tell_of_sources(&mut self, rule: &Rule, hits: &mut Vec<Hit>) {
        let informs = rule.severity == Severity::Info && rule.action == Action::Flag;
        if !informs || !matches!(&rule.kind, Kind::Required(kind) if !kind.is_any()) {
            return;
        }
        let sources = self.records.sources.len();
        let mut of_source = vec![0usize; sources];
        for origin in &self.records.origin {
            if let Some(count) = of_source.get_mut(origin.source as usize) {
                *count += 1;
            }
        }
        for (at, field) in (0u16..).zip(&rule.fields) {
            let column = self.done.table.column(field);
            let mut filled = vec![false; sources];
            for (row, origin) in self.records.origin.iter().enumerate() {
                if column.is_some_and(|column| column.has(row)) {
                    filled[origin.source as usize] = true;
                }
            }
            let mut missing = vec![0usize; sources];
            hits.retain(|hit| {
                let source = self.records.origin[hit.row as usize].source as usize;
                let whole =
                    hit.field == Some(at) && !filled[source] && of_source[source] >= WHOLE_SOURCE;
                if whole {
                    missing[source] += 1;
                }
                !whole
            });
            for (source, count) in self.records.sources.iter().zip(missing) {
                if count > 0 {
                    let message = format!(
                        "{} has no {field} at all: {} is told here once, and not for each of its {count} records",
                        source.name, rule.id
                    );
                    self.done
                        .diagnostics
                        .push(Diagnostic::info("source_without_field", message));
                }
            }
        }
    }

    /// Fixes or clears what the hits are about.
    fn change(&mut self, rule: &Rule, hits: &[Hit]) {
        for (at, field) in (0u16..).zip(&rule.fields) {
            let rows: Vec<usize> = hits
                .iter()
                .filter(|hit| hit.field == Some(at))
                .map(|hit| hit.row as usize)
                .collect();
            if rows.is_empty() {
                continue;
            }
            let words = rule.words(field);
            let table = &self.done.table;
            let column = table.column(field);
            let mut built = TextBuilder::with_capacity(table.rows());
            let mut events = Events::new();
            let mut next = rows.iter().copied().peekable();
            for row in 0..table.rows() {
                let value = column.and_then(|column| column.get(row));
                if next.next_if_eq(&row).is_none() {
                    built.push(value);
                    continue;
                }
                let after = match &rule.fix {
                    Some(fix) if rule.action == Action::Fix => {
                        fix.apply(value, |other| table.get(other, row))
                    }
                    _ => None,
                };
                let after = after.filter(|text| !text.is_empty());
                if after.as_deref() != value {
                    events.push(Event {
                        stage: Stage::Validate,
                        kind: if after.is_some() {
                            EventKind::Fixed
                        } else {
                            EventKind::Cleared
                        },
                        record: u32::try_from(row).ok(),
                        field,
                        before: value,
                        after: after.as_deref(),
                        rule: &rule.id,
                        reason: &words,
                        ..Event::default()
                    });
                }
                built.push(after.as_deref());
            }
            self.done.events.append(&events);
            self.done.table.set(field, built.finish());
        }
    }

    fn clear_doubted(&mut self, rules: &Rules, field: &str, rows: &BTreeMap<u32, &Violation>) {
        let Some(column) = self.done.table.column(field) else {
            return;
        };
        let doubted = |row: usize| u32::try_from(row).ok().and_then(|row| rows.get(&row));
        let mut events = Events::new();
        for (&row, violation) in rows {
            let Some(before) = column.get(row as usize) else {
                continue;
            };
            let words = rules
                .get(&violation.rule)
                .map_or_else(String::new, |rule| rule.words(field));
            events.push(Event {
                stage: Stage::Validate,
                kind: EventKind::Cleared,
                record: Some(row),
                field,
                before: Some(before),
                rule: &violation.rule,
                reason: &words,
                ..Event::default()
            });
        }
        let left = column
            .iter()
            .enumerate()
            .map(|(row, cell)| cell.filter(|_| doubted(row).is_none()))
            .collect();
        self.done.table.set(field, left);
        self.done.events.append(&events);
    }

    /// Holds a record out; the first rule that does so is the one that is named.
    /// `words` are the rule's own, `reason` those for this record.
    fn hold(
        &mut self,
        row: u32,
        field: &str,
        value: Option<&str>,
        rule: &str,
        words: &str,
        reason: &str,
    ) {
        self.done.events.push(Event {
            stage: Stage::Validate,
            kind: EventKind::Quarantined,
            record: Some(row),
            field,
            before: value,
            after: value,
            rule,
            reason: words,
            ..Event::default()
        });
        if self.records.held.contains_key(&row) {
            return;
        }
        self.done
            .held
            .entry(row)
            .and_modify(|held| {
                if !held.reason.split("; ").any(|known| known == reason) {
                    held.reason.push_str("; ");
                    held.reason.push_str(reason);
                }
            })
            .or_insert_with(|| Held {
                rule: rule.to_owned(),
                reason: reason.to_owned(),
                raw: None,
            });
    }
}

fn field_of<'r>(rule: &'r Rule, hit: &Hit) -> &'r str {
    hit.field
        .and_then(|at| rule.fields.get(at as usize))
        .map_or("", String::as_str)
}
