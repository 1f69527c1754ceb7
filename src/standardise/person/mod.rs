//! Person names: titles, order, `Last, First`, suffixes, particles, case, any script.
//!
//! In: the name cells of one record as they came, with its company for
//! context. Out: one outcome a name field; what stood inside a name and is none
//! (an email, the employer) is in `parts` of the outcome that it came from. The
//! order of whole names and unspaced names follow the learned [`NameModel`]. A
//! name that can't be taken apart stays in `full`. Nicknames are never written
//! for names, nor names for nicknames.

mod case;
mod clean;
mod halves;
mod model;
mod rules;
mod split;
mod whole;

use std::cell::Cell;

use super::company;
use super::outcome::{Doubt, Outcome};
use super::tidy::{fold, tidy};
use crate::contact::Severity;
use clean::{Found, bare, take_titles};
pub use halves::Half;
pub use model::{NameModel, learn};
pub use rules::PersonRules;

/// The name cells of one record as they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawName<'a> {
    pub prefix: Option<&'a str>,
    pub given: Option<&'a str>,
    pub middle: Option<&'a str>,
    pub family: Option<&'a str>,
    pub suffix: Option<&'a str>,
    pub full: Option<&'a str>,
    /// For context: a company's name inside the name.
    pub company: Option<&'a str>,
    /// Set when the company was looked for: what becomes of all other names is the same
    /// whatever the company.
    pub asked: Option<&'a Cell<bool>>,
}

impl<'a> RawName<'a> {
    /// The company, for a name that may hold it.
    fn company(&self) -> Option<&'a str> {
        if let Some(asked) = self.asked {
            asked.set(true);
        }
        self.company
    }
}

/// What the record's name fields become. A field that was empty and is filled
/// now has the rule that filled it; a field that was moved is cleared by that rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NameOutcome {
    pub prefix: Outcome,
    pub given: Outcome,
    pub middle: Outcome,
    pub family: Outcome,
    pub suffix: Outcome,
    pub full: Outcome,
    pub nickname: Outcome,
    pub former_family: Outcome,
}

/// The name while it is worked on; empty = missing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Name {
    prefix: String,
    given: String,
    middle: String,
    family: String,
    suffix: String,
    full: String,
}

/// Standardises the name of one record.
#[must_use]
pub fn standardise_name(raw: RawName<'_>, rules: &PersonRules, model: &NameModel) -> NameOutcome {
    let mut found = Found::default();
    let mut doubts = Vec::new();
    let mut name = Name {
        prefix: raw.prefix.unwrap_or("").to_owned(),
        given: raw.given.unwrap_or("").to_owned(),
        middle: raw.middle.unwrap_or("").to_owned(),
        family: raw.family.unwrap_or("").to_owned(),
        suffix: raw.suffix.unwrap_or("").to_owned(),
        full: raw.full.unwrap_or("").to_owned(),
    };
    // Taking one thing out may lay another bare (a title behind an emoji); each
    // round only takes out or mends, so that it ends.
    for _ in 0..6 {
        doubts.clear();
        let next = round(&name, &raw, rules, model, &mut found, &mut doubts);
        let done = (found.rule.is_empty() && is_plain(&next)) || next == name;
        name = next;
        if done {
            break;
        }
    }
    outcome(&raw, name, found, doubts)
}

/// Given and family name are one word of cased letters each: another round would
/// find nothing.
fn is_plain(name: &Name) -> bool {
    !name.given.is_empty()
        && !name.family.is_empty()
        && name.full.is_empty()
        && [
            &name.prefix,
            &name.given,
            &name.middle,
            &name.family,
            &name.suffix,
        ]
        .into_iter()
        .all(|part| is_cased(part))
}

/// Nothing but letters that have a case, and hyphens.
fn is_cased(word: &str) -> bool {
    word.chars()
        .all(|c| c.is_uppercase() || c.is_lowercase() || c == '-')
}

fn round(
    name: &Name,
    raw: &RawName<'_>,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
    doubts: &mut Vec<(&'static str, Doubt)>,
) -> Name {
    let mut next = Name {
        prefix: titles(&name.prefix, rules),
        suffix: suffixes(&name.suffix, rules),
        given: part(&name.given, false, raw, rules, model, found),
        middle: part(&name.middle, false, raw, rules, model, found),
        family: part(&name.family, true, raw, rules, model, found),
        full: String::new(),
    };
    if !name.full.is_empty() {
        whole::take_apart(&name.full, raw, &mut next, rules, model, found, doubts);
    }
    // `Kevin E`: an initial behind a given name is a middle name, also across columns.
    if next.middle.is_empty()
        && let Some((given, initial)) = next.given.rsplit_once(' ')
        && split::is_initial(initial)
        && !given.split(' ').all(split::is_initial)
    {
        next.middle = initial.to_owned();
        next.given = given.to_owned();
        found_rule(found, "name_middle_initial");
    }
    let loud = [&next.given, &next.family]
        .into_iter()
        .filter(|part| part.chars().any(char::is_alphabetic))
        .all(|part| clean::is_upper(part))
        && next.given.chars().count() + next.family.chars().count() > 4;
    next.given = case::mend(&next.given, false, loud, rules, model);
    next.middle = case::mend(&next.middle, false, loud, rules, model);
    next.family = case::mend(&next.family, true, loud, rules, model);
    next.full = case::mend(&next.full, true, false, rules, model);
    join_new(&mut next.prefix, &mut found.prefix);
    join_new(&mut next.suffix, &mut found.suffix);
    look(&next, raw, rules, model, doubts);
    next
}

/// One name column: what is no name out, titles and suffixes to their fields.
fn part(
    value: &str,
    family: bool,
    raw: &RawName<'_>,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
) -> String {
    if value.is_empty() {
        return String::new();
    }
    let text = bare(value, raw, rules, model, found);
    let (text, behind) = match text.split_once(',') {
        Some((before, behind)) if clean::is_suffix(behind, rules) && !before.trim().is_empty() => {
            (before, behind)
        }
        _ => (text.as_str(), ""),
    };
    let mut words: Vec<&str> = text.split_whitespace().collect();
    if words.len() > 1 || family {
        let comma = false;
        take_titles(&mut words, rules, found, comma);
    }
    found.suffix.extend(suffix_words(behind, rules));
    if let [word] = words[..] {
        return clean::unglue(word, rules, model, found).to_owned();
    }
    words.join(" ")
}

/// Doubts about a name; nothing is changed for them.
fn look(
    name: &Name,
    raw: &RawName<'_>,
    rules: &PersonRules,
    model: &NameModel,
    doubts: &mut Vec<(&'static str, Doubt)>,
) {
    let mut doubt = |field, rule, severity, message: String, suggestion| {
        doubts.push((
            field,
            Doubt {
                rule,
                severity,
                message,
                suggestion,
            },
        ));
    };
    for (field, text) in [
        ("given_name", &name.given),
        ("family_name", &name.family),
        ("full_name", &name.full),
    ] {
        if text.is_empty() || !text.bytes().any(|b| b.is_ascii_digit()) {
            continue;
        }
        let suggestion = without_digits(text);
        doubt(
            field,
            "name_digit_in_letters",
            Severity::Warning,
            "a digit stands among the letters of a name".to_owned(),
            suggestion,
        );
    }
    if name.family.len() > 3
        && (name.given.is_empty() || rules.company.has_legal_form(&name.family))
        && let Some(company) = raw.company()
        && company::core(&name.family, &rules.company) == company::core(company, &rules.company)
    {
        doubt(
            "family_name",
            "name_is_company",
            Severity::Warning,
            "the family name is the company's name".to_owned(),
            None,
        );
    }
    if !name.given.is_empty()
        && !name.family.is_empty()
        && Half::is_swapped(&name.given, false, rules, model)
        && Half::is_swapped(&name.family, true, rules, model)
    {
        doubt(
            "given_name",
            "name_swapped",
            Severity::Warning,
            "given and family name seem to be swapped".to_owned(),
            Some(format!("{} {}", name.family, name.given)),
        );
    }
    if name.family.is_empty()
        && let Some((first, last)) = name.given.rsplit_once(' ')
        && model.evidence(&fold(last), rules) < -2.5
        && model.evidence(&fold(first), rules) > 1.0
    {
        doubt(
            "given_name",
            "name_whole_in_given",
            Severity::Warning,
            "the given name seems to hold the family name as well".to_owned(),
            Some(format!("{first} | {last}")),
        );
    }
    let two = |text: &str| {
        let mut words = text.split(' ').map(str::to_lowercase);
        words.next();
        text.contains('&') || words.any(|word| rules.two_people.contains(&word))
    };
    for (field, text) in [
        ("given_name", &name.given),
        ("family_name", &name.family),
        ("full_name", &name.prefix),
    ] {
        if two(text) {
            doubt(
                field,
                "name_of_two_people",
                Severity::Warning,
                "the name seems to be that of two people".to_owned(),
                None,
            );
        }
    }
}

/// Digits that stand for letters: `Ma1one` → `Malone`.
fn without_digits(text: &str) -> Option<String> {
    // `1+1` is no name: most of it must be letters, and nothing else be in it.
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let digits = text.chars().filter(char::is_ascii_digit).count();
    if letters < 2 * digits || text.contains(['+', '=', '*', '/', '@']) {
        return None;
    }
    let guess: String = text
        .chars()
        .map(|c| match c {
            '0' => 'o',
            '1' => 'l',
            '3' => 'e',
            '5' => 's',
            c => c,
        })
        .collect();
    (!guess.bytes().any(|b| b.is_ascii_digit())).then_some(guess)
}

fn titles(value: &str, rules: &PersonRules) -> String {
    words(value, |word| {
        rules
            .titles
            .get(&fold(word))
            .map(|title| title.written.as_str())
    })
}

fn suffixes(value: &str, rules: &PersonRules) -> String {
    words(value, |word| {
        rules
            .suffixes
            .get(&fold(word))
            .map(|suffix| suffix.written.as_str())
    })
}

fn suffix_words<'a>(text: &'a str, rules: &'a PersonRules) -> impl Iterator<Item = String> + 'a {
    text.split([' ', ','])
        .filter_map(|word| rules.suffixes.get(&fold(word)))
        .map(|suffix| suffix.written.clone())
}

/// Each known word in its canonical spelling, the others as they are.
fn words<'a>(value: &str, written: impl Fn(&str) -> Option<&'a str>) -> String {
    if value.is_empty() {
        return String::new();
    }
    let text = tidy(value);
    if let Some(known) = written(&text) {
        return known.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split([' ', ',']).filter(|word| !word.is_empty()) {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(written(word).unwrap_or(word));
    }
    out
}

/// Adds what was found and is not there yet.
fn join_new(field: &mut String, found: &mut Vec<String>) {
    for word in found.drain(..) {
        if field == &word
            || field.starts_with(&format!("{word} "))
            || field.ends_with(&format!(" {word}"))
            || field.contains(&format!(" {word} "))
        {
            continue;
        }
        if !field.is_empty() {
            field.push(' ');
        }
        field.push_str(&word);
    }
}

fn found_rule(found: &mut Found, rule: &'static str) {
    if found.rule.is_empty() {
        found.rule = rule;
    }
}

/// The outcomes, each with the rule that fits how its field changed.
fn outcome(
    raw: &RawName<'_>,
    name: Name,
    found: Found,
    doubts: Vec<(&'static str, Doubt)>,
) -> NameOutcome {
    let whole = raw.given.is_none() && raw.family.is_none();
    let filled = if whole { "name_split" } else { found.rule };
    let one = |raw: Option<&str>, value: String, moved: &'static str| -> Outcome {
        match (raw, value.is_empty()) {
            (None, true) => Outcome::default(),
            (None, false) => Outcome::changed(
                value,
                if filled.is_empty() {
                    "name_split"
                } else {
                    filled
                },
            ),
            (Some(_), true) => {
                Outcome::cleared(moved, "moved to the other name fields, or no name")
            }
            (Some(raw), false) if raw == value => Outcome::unchanged(&value),
            (Some(raw), false) => {
                let rule = changed_rule(raw, &value, found.rule);
                Outcome::changed(value, rule)
            }
        }
    };
    let taken = if found.rule.is_empty() {
        "name_symbols"
    } else {
        found.rule
    };
    let mut out = NameOutcome {
        prefix: one(raw.prefix, name.prefix, taken),
        given: one(raw.given, name.given, taken),
        middle: one(raw.middle, name.middle, taken),
        family: one(raw.family, name.family, taken),
        suffix: one(raw.suffix, name.suffix, taken),
        full: one(raw.full, name.full, "name_split"),
        nickname: found.nickname.map_or_else(Outcome::default, |name| {
            Outcome::changed(name, "name_nickname")
        }),
        former_family: found.former.map_or_else(Outcome::default, |name| {
            Outcome::changed(name, "name_former")
        }),
    };
    // A prefix or suffix came out of another field.
    if raw.prefix.is_none() && out.prefix.value.is_some() {
        out.prefix.rule = "name_title";
    }
    if raw.suffix.is_none() && out.suffix.value.is_some() {
        out.suffix.rule = "name_suffix";
    }
    let holder = if raw.full.is_some() {
        &mut out.full
    } else if raw.family.is_some() {
        &mut out.family
    } else {
        &mut out.given
    };
    for (field, value) in found.parts {
        if !holder
            .parts
            .iter()
            .any(|part| part.0 == field && part.1 == value)
        {
            holder.parts.push((field, value));
        }
    }
    for (field, doubt) in doubts {
        let holder = match field {
            "given_name" if raw.given.is_some() => &mut out.given,
            "family_name" if raw.family.is_some() => &mut out.family,
            _ if raw.full.is_some() => &mut out.full,
            "given_name" => &mut out.given,
            _ => &mut out.family,
        };
        holder.doubts.push(doubt);
    }
    out
}

/// The rule for a value that changed in its own field.
fn changed_rule(raw: &str, value: &str, found: &'static str) -> &'static str {
    let spaced = tidy(raw);
    if spaced == value {
        "whitespace"
    } else if spaced.to_lowercase() == value.to_lowercase() {
        "name_case"
    } else if found.is_empty() {
        "name_spelling"
    } else {
        found
    }
}

#[cfg(test)]
mod company_tests;
#[cfg(test)]
mod tests;
