//! Candidate keys as data: `[[key]]` and `[[organisations.key]]` of `rules/matching.toml`,
//! with what a plan changes of them.

use serde::Deserialize;

use crate::link::model::ModelChange;
use crate::plan::key_parts::{KeyPart, Of};
use crate::plan::{KeyPlan, RecordKind};

/// A key as the file writes it.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KeyForm {
    pub name: String,
    /// What the key finds that others do not.
    pub why: String,
    pub parts: Vec<OneOf>,
    #[serde(default)]
    pub unless: Vec<String>,
    #[serde(default)]
    pub letters: u32,
    #[serde(default)]
    pub words: Option<u32>,
}

/// A part, or several of which any one.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum OneOf {
    One(String),
    Any(Vec<String>),
}

impl OneOf {
    fn list(&self) -> &[String] {
        match self {
            Self::One(one) => std::slice::from_ref(one),
            Self::Any(list) => list,
        }
    }
}

/// A key, its parts understood.
#[derive(Clone, Debug, PartialEq)]
pub struct KeySpec {
    pub name: String,
    /// Of each list any one; two records have the key in common when all parts agree.
    pub parts: Vec<Vec<KeyPart>>,
    /// Only for records that have none of these.
    pub unless: Vec<Of>,
    /// Fewest letters of all parts together.
    pub letters: u32,
    /// How many words of the name are looked at.
    pub words: usize,
    /// The plan made or changed it.
    pub of_plan: bool,
}

/// The keys of both kinds of records, as the file and the plan have them.
#[derive(Clone, Debug, Default)]
pub struct KeyForms {
    people: Vec<(KeyForm, bool)>,
    organisations: Vec<(KeyForm, bool)>,
}

impl KeyForms {
    /// Lays the plan's keys over the file's; tells every difference.
    pub fn new(
        people: Vec<KeyForm>,
        organisations: Vec<KeyForm>,
        plan: &[KeyPlan],
    ) -> (Self, Vec<ModelChange>) {
        let own = |list: Vec<KeyForm>| list.into_iter().map(|form| (form, false)).collect();
        let mut forms = Self {
            people: own(people),
            organisations: own(organisations),
        };
        let mut changes = Vec::new();
        for key in plan {
            let list = match key.records {
                RecordKind::People => &mut forms.people,
                RecordKind::Organisations => &mut forms.organisations,
            };
            apply(key, list, &mut changes);
        }
        (forms, changes)
    }

    /// The keys of one kind of records; `fields` are the names of `rules/fields.toml`.
    ///
    /// # Errors
    /// A part that is not known, in words.
    pub fn specs(&self, records: RecordKind, fields: &[&str]) -> Result<Vec<KeySpec>, String> {
        let list = match records {
            RecordKind::People => &self.people,
            RecordKind::Organisations => &self.organisations,
        };
        let of = |form: &(KeyForm, bool)| spec(&form.0, form.1, records, fields);
        list.iter().map(of).collect()
    }
}

fn spec(
    form: &KeyForm,
    of_plan: bool,
    records: RecordKind,
    fields: &[&str],
) -> Result<KeySpec, String> {
    let told = |what: &str| format!("the key '{}' of {}: {what}", form.name, records.name());
    let parse = |text: &String| {
        let part = KeyPart::parse(text, fields).map_err(|fault| told(&fault.message))?;
        match part.missing_in(records) {
            Some(_) => Err(told(&format!("'{text}' is no part of theirs"))),
            None => Ok(part),
        }
    };
    let parts = form
        .parts
        .iter()
        .map(|any| any.list().iter().map(parse).collect())
        .collect::<Result<Vec<Vec<KeyPart>>, String>>()?;
    if parts.is_empty() || parts.iter().any(Vec::is_empty) {
        return Err(told("it has no parts"));
    }
    let has = |of: &Of| parts.iter().flatten().any(|part| part.of == *of);
    if has(&Of::OtherWord) && !has(&Of::Word) {
        return Err(told("'other_word' needs a 'word'"));
    }
    let unless = form
        .unless
        .iter()
        .map(|name| Of::parse(name, name, fields).map_err(|fault| told(&fault.message)))
        .collect::<Result<Vec<Of>, String>>()?;
    Ok(KeySpec {
        name: form.name.clone(),
        parts,
        unless,
        letters: form.letters,
        words: form.words.map_or(usize::MAX, |words| words as usize),
        of_plan,
    })
}

/// Changes, adds or takes out one key.
fn apply(plan: &KeyPlan, list: &mut Vec<(KeyForm, bool)>, changes: &mut Vec<ModelChange>) {
    let of = match plan.records {
        RecordKind::People => "candidate key",
        RecordKind::Organisations => "organisations' candidate key",
    };
    let mut tell = |key: &'static str, from: String, to: String| {
        if from != to {
            changes.push(ModelChange {
                of,
                candidate_key: plan.name.clone(),
                key,
                from,
                to,
                ..ModelChange::default()
            });
        }
    };
    let at = list.iter().position(|(form, _)| form.name == plan.name);
    if !plan.used {
        if let Some(at) = at {
            list.remove(at);
            tell("use", true.to_string(), false.to_string());
        }
        return;
    }
    let at = at.unwrap_or_else(|| {
        list.push((
            KeyForm {
                name: plan.name.clone(),
                why: String::new(),
                parts: Vec::new(),
                unless: Vec::new(),
                letters: 0,
                words: None,
            },
            true,
        ));
        list.len() - 1
    });
    let (form, of_plan) = &mut list[at];
    *of_plan = true;
    if let Some(parts) = &plan.parts {
        let parts: Vec<OneOf> = parts
            .iter()
            .map(|any| match any.as_slice() {
                [one] => OneOf::One(one.clone()),
                several => OneOf::Any(several.to_vec()),
            })
            .collect();
        tell("parts", shown(&form.parts), shown(&parts));
        form.parts = parts;
    }
    if let Some(unless) = &plan.unless {
        tell("unless", form.unless.join(", "), unless.join(", "));
        form.unless.clone_from(unless);
    }
    if let Some(letters) = plan.letters {
        tell("letters", form.letters.to_string(), letters.to_string());
        form.letters = letters;
    }
    if let Some(words) = plan.words {
        let from = form
            .words
            .map_or_else(|| "all".to_owned(), |n| n.to_string());
        tell("words", from, words.to_string());
        form.words = Some(words);
    }
}

/// `word.sound + city`, `word + (city or postcode)`.
fn shown(parts: &[OneOf]) -> String {
    parts
        .iter()
        .map(|part| match part {
            OneOf::One(one) => one.clone(),
            OneOf::Any(list) => format!("({})", list.join(" or ")),
        })
        .collect::<Vec<_>>()
        .join(" + ")
}
