//! The rules of a run: the built-in file, then the plan's files on top.
//!
//! A rule with the id of an earlier one replaces it when it names a kind, and
//! adjusts it (severity, owner, `enabled` …) when it does not. All faults of all
//! files are told at once.

use std::collections::BTreeMap;
use std::path::Path;

use toml::de::DeValue;

use super::document::{Document, Home, Section};
use super::kind::Kind;
use super::known::Known;
use super::parse::{self, Written, nothing_to_check};
use super::rule::{Rule, Rules};
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Action, Diagnostic, Failure, FailureKind, Place};
use crate::plan::Plan;
use crate::rulebook::Rulebook;

/// The built-in rulebook, below `rules/`.
const BUILTIN: &str = "contacts.toml";

/// The rules of a plan. `columns` are the table's, when there is one already;
/// without them names of extra columns are taken on trust.
///
/// # Errors
/// Exit 2, with every fault of every rule file.
pub fn load(
    plan: &Plan,
    rulebook: &Rulebook,
    columns: Option<&[String]>,
) -> Result<Rules, Failure> {
    let sources = plan
        .sources
        .iter()
        .map(|source| source.name.as_str())
        .collect();
    let known = Known {
        fields: rulebook.fields(),
        columns,
        sources: Some(sources),
    };
    load_files(&plan.rules, rulebook, &known)
}

/// The built-in rules with `files` on top.
///
/// # Errors
/// Exit 2, with every fault of every rule file.
pub fn load_files(
    files: &[std::path::PathBuf],
    rulebook: &Rulebook,
    known: &Known<'_>,
) -> Result<Rules, Failure> {
    let mut loading = Loading {
        rulebook,
        known,
        rules: Rules::default(),
        aliases: BTreeMap::new(),
        faults: Vec::new(),
    };
    if let Some(text) = rulebook.file(BUILTIN) {
        loading.file(&Document {
            name: format!("rules/{BUILTIN} (built in)"),
            text: text.into(),
            home: Home::Builtin,
        });
    }
    for path in files {
        match read(path) {
            Ok(document) => loading.file(&document),
            Err(fault) => loading.faults.push(fault),
        }
    }
    loading.finish()
}

/// The rules of texts, for tests: (name, text), nothing built in.
///
/// # Errors
/// Exit 2, with every fault.
pub fn load_documents(
    documents: &[Document],
    rulebook: &Rulebook,
    known: &Known<'_>,
) -> Result<Rules, Failure> {
    let mut loading = Loading {
        rulebook,
        known,
        rules: Rules::default(),
        aliases: BTreeMap::new(),
        faults: Vec::new(),
    };
    for document in documents {
        loading.file(document);
    }
    loading.finish()
}

#[expect(
    clippy::result_large_err,
    reason = "once a file, and the caller collects diagnostics by value"
)]
fn read(path: &Path) -> Result<Document, Diagnostic> {
    let name = path.display().to_string();
    let text = match std::fs::read(path).map(String::from_utf8) {
        Ok(Ok(text)) => text,
        Ok(Err(_)) => {
            return Err(
                Diagnostic::error("rule_file_encoding", "a rule file must be UTF-8 text")
                    .at(Place::file(name)),
            );
        }
        Err(error) => {
            let reason = match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                _ => error.to_string(),
            };
            return Err(Diagnostic::error(
                "rule_file_missing",
                format!("the rule file cannot be read: {reason}"),
            )
            .at(Place::file(name))
            .hint("paths in `rules` start at the plan's folder"));
        }
    };
    let text = text
        .strip_prefix('\u{feff}')
        .map_or(text.clone(), str::to_owned);
    Ok(Document {
        name,
        text: text.into(),
        home: Home::Folder(path.parent().unwrap_or(Path::new("")).to_path_buf()),
    })
}

struct Loading<'a> {
    rulebook: &'a Rulebook,
    known: &'a Known<'a>,
    rules: Rules,
    /// Old id → new id, and where that is said.
    aliases: BTreeMap<String, (String, Place)>,
    faults: Vec<Diagnostic>,
}

impl Loading<'_> {
    fn file(&mut self, document: &Document) {
        let root = document.parse(&mut self.faults);
        let span = root.span();
        let top = Section::new(document, root.get_ref(), span, "a rule file");
        let mut seen: BTreeMap<String, Place> = BTreeMap::new();
        self.aliases(&top);
        if let Some(list) = top.get("rule") {
            if let DeValue::Array(list) = list.get_ref() {
                for value in list.iter() {
                    let written =
                        parse::rule(document, value, self.known, self.rulebook, &mut self.faults);
                    if let Some(written) = written {
                        self.add(written, &mut seen);
                    }
                }
            } else {
                top.wrong_type(
                    "rule",
                    "an array of tables: [[rule]]",
                    list,
                    &mut self.faults,
                );
            }
        }
        top.finish(&mut self.faults);
    }

    fn aliases(&mut self, top: &Section<'_>) {
        let Some(value) = top.get("aliases") else {
            return;
        };
        let DeValue::Table(table) = value.get_ref() else {
            top.wrong_type(
                "aliases",
                "a table of old = \"new\"",
                value,
                &mut self.faults,
            );
            return;
        };
        for (old, new) in table {
            if let Some(new) = top.as_text("aliases", new, &mut self.faults) {
                let place = top.document.place(&new.span);
                self.aliases
                    .insert(old.get_ref().to_string(), (new.value, place));
            }
        }
    }

    fn add(&mut self, mut written: Written, seen: &mut BTreeMap<String, Place>) {
        if let Some((id, _)) = self.aliases.get(&written.id.value) {
            let note = format!(
                "the rule {} is now called {}",
                shown(&written.id.value),
                shown(id)
            );
            self.rules.notes.push(
                Diagnostic::warning("rule_renamed", note)
                    .at(written.place.clone())
                    .hint(format!("write id = \"{id}\"")),
            );
            written.id.value.clone_from(id);
        }
        if let Some(first) = seen.get(&written.id.value) {
            self.faults.push(
                Diagnostic::error(
                    "rule_duplicate_id",
                    format!(
                        "rule {} is there twice in this file",
                        shown(&written.id.value)
                    ),
                )
                .at(written.place.clone())
                .hint(format!("the first one is on line {}", first.line)),
            );
            return;
        }
        seen.insert(written.id.value.clone(), written.place.clone());
        let earlier = self
            .rules
            .list
            .iter()
            .position(|rule| rule.id == written.id.value);
        let faulty = written.faulty;
        let rule = match (written.kind.take(), earlier) {
            (Some(kind), _) => written.into_rule(kind),
            (None, Some(at)) => written.adjust(self.rules.list[at].clone()),
            (None, None) if faulty => return,
            (None, None) => {
                let ids: Vec<&str> = self
                    .rules
                    .list
                    .iter()
                    .map(|rule| rule.id.as_str())
                    .collect();
                self.faults.push(nothing_to_check(&written, &ids));
                return;
            }
        };
        if !faulty {
            self.check_whole(&rule);
        }
        match earlier {
            Some(at) => self.rules.list[at] = rule,
            None => self.rules.list.push(rule),
        }
    }

    /// What can only be seen of the rule as a whole.
    fn check_whole(&mut self, rule: &Rule) {
        let mut fault = |code, message: String, hint: &str| {
            self.faults.push(
                Diagnostic::error(code, format!("rule {}: {message}", shown(&rule.id)))
                    .at(rule.place.clone())
                    .hint(hint),
            );
        };
        if rule.kind.needs_field() && rule.fields.is_empty() {
            fault(
                "rule_missing_key",
                format!("`{}` needs a field to look at", rule.kind.name()),
                "add field = \"email\", or fields = [\"phone\", \"mobile\"]",
            );
        }
        let mends = matches!(rule.action, Action::Fix | Action::Clear);
        let fieldless =
            rule.fields.is_empty() || matches!(&rule.kind, Kind::Required(kind) if kind.is_any());
        if mends && fieldless && !matches!(rule.kind, Kind::Doubt(_)) {
            fault(
                "rule_impossible",
                format!(
                    "the action `{}` needs a field to act on",
                    rule.action.name()
                ),
                "add field = \"…\"",
            );
        }
        match (rule.action, &rule.fix) {
            (Action::Fix, _) if matches!(rule.kind, Kind::Doubt(_)) => fault(
                "rule_impossible",
                "a doubt cannot be fixed by a rule".to_owned(),
                "use flag, clear or quarantine",
            ),
            (Action::Fix, None) => fault(
                "rule_missing_key",
                "the action `fix` needs the key `fix`".to_owned(),
                "for example fix = \"lower\" or fix = { set = \"US\" }",
            ),
            (Action::Flag | Action::Clear | Action::Quarantine, Some(_)) => fault(
                "rule_impossible",
                "there is a `fix`, but the action is not \"fix\"".to_owned(),
                "add action = \"fix\", or take `fix` out",
            ),
            _ => {}
        }
        if rule.owner.is_empty() || rule.why.is_empty() {
            let what = if rule.owner.is_empty() {
                "owner"
            } else {
                "why"
            };
            self.rules.notes.push(
                Diagnostic::warning(
                    "rule_without_owner",
                    format!("rule {} has no `{what}`", shown(&rule.id)),
                )
                .at(rule.place.clone())
                .hint("say who acts on it, and why it is asked for"),
            );
        }
    }

    fn finish(mut self) -> Result<Rules, Failure> {
        let ids: Vec<&str> = self
            .rules
            .list
            .iter()
            .map(|rule| rule.id.as_str())
            .collect();
        for (old, (new, place)) in &self.aliases {
            if ids.contains(&new.as_str()) {
                continue;
            }
            let mut fault = Diagnostic::error(
                "rule_unknown_alias",
                format!("the alias {} leads to no rule: {}", shown(old), shown(new)),
            )
            .at(place.clone());
            if let Some(near) = nearest(new, ids.iter().copied()) {
                fault = fault.hint(format!("did you mean \"{near}\"?"));
            }
            self.faults.push(fault);
        }
        if !self.faults.is_empty() {
            return Err(Failure::new(FailureKind::Usage, self.faults));
        }
        self.rules.aliases = self
            .aliases
            .into_iter()
            .map(|(old, (new, _))| (old, new))
            .collect();
        Ok(self.rules)
    }
}
