//! `karat rules`: run the examples of the rules, or print the rulebook.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use serde_json::{Value, json};

use super::console::Console;
use super::{Ending, rules_docs};
use crate::contact::diagnostic::shown;
use crate::contact::{Diagnostic, Events, Failure, FailureKind};
use crate::plan::{self, Plan};
use crate::rulebook::Rulebook;
use crate::standardise::standardise;
use crate::validate::examples::{self, RuleTested};
use crate::validate::{Known, Rules, load, load_files};
use crate::watch::Silent;

#[derive(Debug, Args)]
pub struct RulesArgs {
    #[command(subcommand)]
    command: RulesCommand,
}

#[derive(Debug, Subcommand)]
enum RulesCommand {
    /// Run the examples that stand in the rules
    Test(RulesInput),
    /// Print the rulebook as Markdown: what is required, who owns it, what happens
    Docs(RulesInput),
}

/// The built-in rules, with files or a plan's files on top.
#[derive(Debug, Args)]
struct RulesInput {
    /// Rule files on top of the built-in rules
    #[arg(value_name = "RULES.toml")]
    files: Vec<PathBuf>,

    /// Take the rule files (and sources, country) of this plan
    #[arg(long, value_name = "PLAN.toml", conflicts_with = "files")]
    plan: Option<PathBuf>,

    /// The date that counts as today
    #[arg(long, value_name = "YYYY-MM-DD")]
    as_of: Option<String>,
}

pub fn run(args: &RulesArgs, console: &Console) -> Result<Ending, Failure> {
    let rulebook = Rulebook::builtin();
    match &args.command {
        RulesCommand::Test(input) => test(input, console, &rulebook),
        RulesCommand::Docs(input) => {
            let (_, rules) = loaded(input, &rulebook)?;
            console.tell(&rules.notes);
            if console.json() {
                console.print(&format!("{:#}\n", as_json(&rules)))?;
            } else {
                console.print(&rules_docs::markdown(&rules))?;
            }
            Ok(Ending::Done)
        }
    }
}

fn test(input: &RulesInput, console: &Console, rulebook: &Rulebook) -> Result<Ending, Failure> {
    let (plan, rules) = loaded(input, rulebook)?;
    // Doubts come from standardising, so their examples go through it.
    let raise = |records: &_| {
        let done = standardise(records, &plan, rulebook, &Events::deaf(), &Silent);
        (done.table, done.violations)
    };
    let tested = examples::test(&rules, rulebook.fields(), &plan.run_date, &raise)?;
    let mut notes = rules.notes.clone();
    for rule in tested.iter().filter_map(|one| rules.get(&one.rule)) {
        let examples = &rule.examples;
        let lacks = match (examples.pass.is_empty(), examples.fail.is_empty()) {
            (true, true) => "no examples",
            (true, false) => "no example that passes",
            (false, true) => "no example that fails",
            (false, false) => continue,
        };
        let mut note = Diagnostic::warning(
            "rule_without_examples",
            format!("rule {} has {lacks}", shown(&rule.id)),
        )
        .hint("add examples.pass and examples.fail");
        note.place = Some(rule.place.clone());
        notes.push(note);
    }
    console.tell(&notes);
    let wrong = wrong(&tested);
    if !wrong.is_empty() {
        return Err(Failure::new(FailureKind::Usage, wrong));
    }
    let count: usize = tested.iter().map(|one| one.examples).sum();
    if console.json() {
        let value = json!({
            "status": "ok",
            "rules": tested.len(),
            "examples": count,
            "without_examples": tested
                .iter()
                .filter(|one| one.examples == 0)
                .map(|one| one.rule.as_str())
                .collect::<Vec<_>>(),
        });
        console.print(&format!("{value:#}\n"))?;
    } else {
        console.print(&format!(
            "{} rules: all {count} examples hold\n",
            tested.len()
        ))?;
    }
    Ok(Ending::Done)
}

/// The plan (a bare one without `--plan`) and the rules.
fn loaded(input: &RulesInput, rulebook: &Rulebook) -> Result<(Plan, Rules), Failure> {
    let overrides = plan::Overrides {
        as_of: input.as_of.clone(),
        ..plan::Overrides::default()
    };
    if let Some(path) = &input.plan {
        let plan = plan::load(path, &overrides, rulebook)?.plan;
        let rules = load(&plan, rulebook, None)?;
        return Ok((plan, rules));
    }
    let plan = plan::draft(&[PathBuf::from("-")], &overrides, rulebook)?.plan;
    // Without a plan any source may be named.
    let known = Known {
        fields: rulebook.fields(),
        columns: None,
        sources: None,
    };
    let rules = load_files(&input.files, rulebook, &known)?;
    Ok((plan, rules))
}

fn wrong(tested: &[RuleTested]) -> Vec<Diagnostic> {
    tested
        .iter()
        .flat_map(|one| one.wrong.iter().map(move |wrong| (one, wrong)))
        .map(|(one, wrong)| {
            let rule = shown(&one.rule);
            let message = match wrong.should_fail {
                true => format!("rule {rule} does not find this example, and should"),
                false => format!("rule {rule} finds this example, and should not"),
            };
            Diagnostic::error("rule_example_wrong", message)
                .at(wrong.place.clone())
                .hint("correct the rule, or the example")
        })
        .collect()
}

fn as_json(rules: &Rules) -> Value {
    rules
        .list
        .iter()
        .map(|rule| {
            json!({
                "id": rule.id,
                "kind": rule.kind.name(),
                "enabled": rule.enabled,
                "severity": rule.severity.name(),
                "action": rule.action.name(),
                "owner": rule.owner,
                "why": rule.why,
                "fields": rule.fields,
                "sources": rule.sources,
                "examples": rule.examples.pass.len() + rule.examples.fail.len(),
            })
        })
        .collect()
}
