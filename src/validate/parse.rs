//! One `[[rule]]` of a file, as written: everything that is there is checked, and
//! what is left out stays open, so that a team's file can adjust a built-in rule.

use std::collections::BTreeMap;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::document::{At, Document, Section};
use super::fix::Fix;
use super::kind::{KINDS, Kind, Reading};
use super::known::{Known, SPECIAL};
use super::rule::{Example, Examples, Rule};
use super::sql::Condition;
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Action, Diagnostic, Place, Severity};
use crate::rulebook::Rulebook;

const SEVERITIES: [(&str, Severity); 3] = [
    ("error", Severity::Error),
    ("warning", Severity::Warning),
    ("info", Severity::Info),
];

const ACTIONS: [(&str, Action); 4] = [
    ("flag", Action::Flag),
    ("fix", Action::Fix),
    ("clear", Action::Clear),
    ("quarantine", Action::Quarantine),
];

/// A rule as a file says it.
#[derive(Clone, Debug)]
pub struct Written {
    pub id: At<String>,
    pub place: Place,
    pub enabled: Option<bool>,
    pub severity: Option<Severity>,
    pub owner: Option<String>,
    pub why: Option<String>,
    pub message: Option<String>,
    pub fields: Option<Vec<String>>,
    pub sources: Option<Vec<String>>,
    pub when: Option<Condition>,
    pub kind: Option<Kind>,
    pub action: Option<Action>,
    pub fix: Option<Fix>,
    pub examples: Option<Examples>,
    /// Its own faults were told: do not look for what follows from them.
    pub faulty: bool,
}

/// Reads one rule; `None` when it has no id to call it by.
pub fn rule(
    document: &Document,
    value: &Spanned<DeValue<'_>>,
    known: &Known<'_>,
    rulebook: &Rulebook,
    faults: &mut Vec<Diagnostic>,
) -> Option<Written> {
    let DeValue::Table(table) = value.get_ref() else {
        faults.push(
            Diagnostic::error("rule_wrong_type", "a rule must be a table: [[rule]]")
                .at(document.place(&value.span())),
        );
        return None;
    };
    let before = faults.len();
    let unnamed = Section::new(document, table, value.span(), "a rule");
    let id = unnamed.text("id", faults);
    let what = id.as_ref().map_or_else(
        || "a rule".to_owned(),
        |id| format!("rule {}", shown(&id.value)),
    );
    let section = Section::new(document, table, value.span(), what);
    let has_id = section.has("id");
    if !has_id {
        faults.push(
            section
                .fault(
                    "rule_missing_key",
                    "`id` is missing",
                    &head(document, value),
                )
                .hint("name it for what it finds: id = \"phone_not_dialable\""),
        );
    }
    if let Some(id) = &id {
        check_id(&section, id, faults);
    }
    let fields = fields(&section, known, faults);
    let sources = sources(&section, known, faults);
    let when = section
        .text("when", faults)
        .and_then(|text| Condition::read(&section, &text, known, faults));
    let kind = kind(&section, known, rulebook, faults);
    let written = Written {
        place: id
            .as_ref()
            .map_or_else(Place::default, |id| document.place(&id.span)),
        enabled: section.boolean("enabled", faults),
        severity: section.word("severity", &SEVERITIES, faults),
        owner: section.text("owner", faults).map(|text| text.value),
        why: section.text("why", faults).map(|text| text.value),
        message: section.text("message", faults).map(|text| text.value),
        fields,
        sources,
        when,
        kind,
        action: section.word("action", &ACTIONS, faults),
        fix: Fix::read(&section, known, faults),
        examples: examples(&section, known, faults),
        faulty: false,
        id: id.unwrap_or(At {
            value: String::new(),
            span: value.span(),
        }),
    };
    section.finish(faults);
    has_id.then_some(Written {
        faulty: faults.len() > before,
        ..written
    })
}

/// Tells a field that does not exist, with the nearest that does.
pub fn check_field(
    section: &Section<'_>,
    field: &At<String>,
    known: &Known<'_>,
    faults: &mut Vec<Diagnostic>,
) {
    if known.is_field(&field.value) {
        return;
    }
    let mut fault = section.fault(
        "rule_unknown_field",
        format!("there is no field {}", shown(&field.value)),
        &field.span,
    );
    if let Some(note) = known.note_on(&field.value) {
        fault = fault.hint(note);
    } else if let Some(near) = known.nearest_field(&field.value) {
        fault = fault.hint(format!("did you mean \"{near}\"?"));
    } else {
        fault = fault.hint("an extra column is written \"source:Header\"");
    }
    faults.push(fault);
}

impl Written {
    /// A rule of its own, from what is written; open ends get their defaults.
    #[must_use]
    pub fn into_rule(self, kind: Kind) -> Rule {
        Rule {
            id: self.id.value,
            severity: self.severity.unwrap_or(Severity::Warning),
            severity_given: self.severity.is_some(),
            owner: self.owner.unwrap_or_default(),
            why: self.why.unwrap_or_default(),
            message: self.message,
            fields: self.fields.unwrap_or_default(),
            sources: self.sources.unwrap_or_default(),
            when: self.when,
            kind,
            action: self.action.unwrap_or(Action::Flag),
            action_given: self.action.is_some(),
            fix: self.fix,
            enabled: self.enabled.unwrap_or(true),
            examples: self.examples.unwrap_or_default(),
            place: self.place,
        }
    }

    /// The earlier rule with what is written here changed.
    #[must_use]
    pub fn adjust(self, earlier: Rule) -> Rule {
        Rule {
            severity: self.severity.unwrap_or(earlier.severity),
            severity_given: self.severity.is_some() || earlier.severity_given,
            owner: self.owner.unwrap_or(earlier.owner),
            why: self.why.unwrap_or(earlier.why),
            message: self.message.or(earlier.message),
            fields: self.fields.unwrap_or(earlier.fields),
            sources: self.sources.unwrap_or(earlier.sources),
            when: self.when.or(earlier.when),
            action: self.action.unwrap_or(earlier.action),
            action_given: self.action.is_some() || earlier.action_given,
            fix: self.fix.or(earlier.fix),
            enabled: self.enabled.unwrap_or(earlier.enabled),
            examples: self.examples.unwrap_or(earlier.examples),
            place: self.place,
            ..earlier
        }
    }
}

fn check_id(section: &Section<'_>, id: &At<String>, faults: &mut Vec<Diagnostic>) {
    let fits = !id.value.is_empty()
        && id.value.len() <= 64
        && id.value.starts_with(|c: char| c.is_ascii_lowercase())
        && id
            .value
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
    if !fits {
        faults.push(
            section
                .fault("rule_bad_id", "this cannot be an id", &id.span)
                .hint("small letters, digits and _, a letter first, at most 64"),
        );
    }
}

fn fields(
    section: &Section<'_>,
    known: &Known<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Vec<String>> {
    let one = section.text("field", faults);
    let several = section.texts("fields", faults);
    if section.has("field") && section.has("fields") {
        faults.push(section.fault(
            "rule_impossible",
            "`field` and `fields` cannot both be there",
            &section.key_span("fields"),
        ));
    }
    let given = section.has("field") || section.has("fields");
    let all: Vec<At<String>> = one.into_iter().chain(several).collect();
    for field in &all {
        check_field(section, field, known, faults);
    }
    given.then(|| all.into_iter().map(|field| field.value).collect())
}

fn sources(
    section: &Section<'_>,
    known: &Known<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Vec<String>> {
    let sources = section.texts("sources", faults);
    for source in &sources {
        if known.is_source(&source.value) {
            continue;
        }
        let mut fault = section.fault(
            "rule_unknown_source",
            format!("the plan has no source {}", shown(&source.value)),
            &source.span,
        );
        if let Some(near) = known.nearest_source(&source.value) {
            fault = fault.hint(format!("did you mean \"{near}\"?"));
        } else {
            let list = known.sources.clone().unwrap_or_default().join(", ");
            fault = fault.hint(format!("its sources are: {list}"));
        }
        faults.push(fault);
    }
    section
        .has("sources")
        .then(|| sources.into_iter().map(|source| source.value).collect())
}

fn kind(
    section: &Section<'_>,
    known: &Known<'_>,
    rulebook: &Rulebook,
    faults: &mut Vec<Diagnostic>,
) -> Option<Kind> {
    let named: Vec<&'static str> = KINDS
        .iter()
        .map(|(name, _)| *name)
        .filter(|name| section.has(name))
        .collect();
    if let [_, second, ..] = named.as_slice() {
        faults.push(
            section
                .fault(
                    "rule_impossible",
                    format!(
                        "a rule checks one thing, and this has {}",
                        named.join(" and ")
                    ),
                    &section.key_span(second),
                )
                .hint("make two rules of it, each with its own id"),
        );
    }
    let name = named.first()?;
    Kind::read(
        name,
        &mut Reading {
            section,
            known,
            rulebook,
            faults,
        },
    )
}

fn examples(
    section: &Section<'_>,
    known: &Known<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Option<Examples> {
    let value = section.get("examples")?;
    let DeValue::Table(table) = value.get_ref() else {
        section.wrong_type("examples", "a table with pass, fail", value, faults);
        return None;
    };
    let what = format!("{}, `examples`", section.what);
    let inner = Section::new(section.document, table, value.span(), what);
    let mut list = |key: &'static str| -> Vec<Example> {
        let Some(value) = inner.get(key) else {
            return Vec::new();
        };
        let DeValue::Array(items) = value.get_ref() else {
            inner.wrong_type(key, "an array of records", value, faults);
            return Vec::new();
        };
        items
            .iter()
            .map(|item| example(&inner, key, item, known, faults))
            .collect()
    };
    let examples = Examples {
        pass: list("pass"),
        fail: list("fail"),
    };
    inner.finish(faults);
    Some(examples)
}

/// A record `{ field = "value" }`, or an array of records.
fn example(
    section: &Section<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    known: &Known<'_>,
    faults: &mut Vec<Diagnostic>,
) -> Example {
    let mut records = Vec::new();
    match value.get_ref() {
        DeValue::Table(table) => records.push(record(section, table, known, faults)),
        DeValue::Array(items) => {
            for item in items.iter() {
                match item.get_ref() {
                    DeValue::Table(table) => {
                        records.push(record(section, table, known, faults));
                    }
                    _ => section.wrong_type(key, "a record: { field = \"value\" }", item, faults),
                }
            }
        }
        _ => section.wrong_type(key, "a record: { field = \"value\" }", value, faults),
    }
    Example {
        records,
        place: section.document.place(&value.span()),
    }
}

fn record(
    section: &Section<'_>,
    table: &DeTable<'_>,
    known: &Known<'_>,
    faults: &mut Vec<Diagnostic>,
) -> BTreeMap<String, String> {
    let mut record = BTreeMap::new();
    for (name, value) in table {
        let field = At {
            value: name.get_ref().to_string(),
            span: name.span(),
        };
        // Doubts are about values as they came, so examples may use input-only fields.
        if !SPECIAL.contains(&field.value.as_str()) && known.fields.get(&field.value).is_none() {
            check_field(section, &field, known, faults);
        }
        let text = match value.get_ref() {
            DeValue::String(text) => text.to_string(),
            DeValue::Integer(number) => number.as_str().to_owned(),
            DeValue::Float(number) => number.as_str().to_owned(),
            DeValue::Boolean(truth) => truth.to_string(),
            DeValue::Datetime(date) => date.to_string(),
            DeValue::Array(_) | DeValue::Table(_) => {
                section.wrong_type(&field.value, "one value", value, faults);
                continue;
            }
        };
        record.insert(field.value, text);
    }
    record
}

/// The head of a rule's table: its whole span would mark a page.
fn head(document: &Document, value: &Spanned<DeValue<'_>>) -> std::ops::Range<usize> {
    let span = value.span();
    let end = document
        .text
        .get(span.clone())
        .and_then(|text| text.find('\n'))
        .map_or(span.end, |line| span.start + line);
    span.start..end
}

/// For the fault of a rule without a kind.
#[must_use]
pub fn nothing_to_check(written: &Written, ids: &[&str]) -> Diagnostic {
    let kinds: Vec<&str> = KINDS.iter().map(|(name, _)| *name).collect();
    let mut fault = Diagnostic::error(
        "rule_without_kind",
        format!("rule {} says nothing to check", shown(&written.id.value)),
    )
    .at(written.place.clone());
    if let Some(near) = nearest(&written.id.value, ids.iter().copied()) {
        fault = fault.hint(format!("to adjust the rule `{near}`, use that id"));
    }
    fault.hint(format!("give it one of: {}", kinds.join(", ")))
}
