//! A plan's structure against the JSON Schema: unknown keys, wrong types,
//! impossible numbers, words that are not in a list. All of them in one pass.
//!
//! What is wrong is taken out of the tree, so that the rest can be looked at.

use std::borrow::Cow;
use std::ops::Range;

use serde_json::Value;
use toml::Spanned;
use toml::de::{DeArray, DeTable, DeValue};

use super::faults::{Faults, any_of};
use crate::contact::diagnostic::{nearest, shown};

/// Keys that a later version will know: what to say until then.
const LATER: &[(&str, &str)] = &[(
    "output.target",
    "import files for a target system are not in this version",
)];

/// Checks a document, and keeps of it what is right.
pub fn check(document: &mut DeTable<'_>, schema: &Value, faults: &mut Faults) {
    Walk {
        root: schema,
        faults,
    }
    .table(document, 0, schema, "");
}

struct Walk<'a> {
    root: &'a Value,
    faults: &'a mut Faults,
}

impl Walk<'_> {
    fn table(&mut self, table: &mut DeTable<'_>, start: usize, schema: &Value, path: &str) {
        let mut kept = DeTable::new();
        for (key, mut value) in std::mem::take(table) {
            let name = key.get_ref().to_string();
            let inner = join(path, &name);
            let known = schema
                .get("properties")
                .and_then(|properties| properties.get(&name))
                .or_else(|| {
                    schema
                        .get("additionalProperties")
                        .filter(|one| one.is_object())
                });
            let keep = match known {
                Some(known) => self.value(&mut value, known, &inner),
                None => {
                    if let Some(meant) = nearest(&name, keys(schema)) {
                        self.faults.refuse(start, meant);
                    }
                    self.unknown_key(&name, key.span(), schema, path);
                    false
                }
            };
            if keep {
                kept.insert(key, value);
            } else {
                self.faults.refuse(start, &name);
            }
        }
        *table = kept;
    }

    /// Checks a value; false when it can't stay.
    fn value(&mut self, value: &mut Spanned<DeValue<'_>>, schema: &Value, path: &str) -> bool {
        let span = value.span();
        let forms: Vec<&Value> = match schema.get("anyOf").and_then(Value::as_array) {
            Some(forms) => forms.iter().collect(),
            None => vec![schema],
        };
        // A date without quotes is meant as the text that it is.
        if let DeValue::Datetime(date) = value.get_ref()
            && forms.iter().any(|form| kind(form) == "string")
        {
            let text = date.to_string();
            *value.get_mut() = DeValue::String(Cow::Owned(text));
        }
        let Some(form) = forms.iter().find(|form| fits(value.get_ref(), kind(form))) else {
            let expected: Vec<&str> = forms.iter().map(|form| words_for(kind(form))).collect();
            self.wrong_type(value.get_ref(), span, &expected, path);
            return false;
        };
        match value.get_mut() {
            DeValue::Table(table) => {
                self.table(table, span.start, form, path);
                true
            }
            DeValue::Array(list) => {
                let items = form.get("items").unwrap_or(&Value::Null);
                let before = list.len();
                let mut whole = true;
                let mut kept = DeArray::new();
                for item in list.iter_mut() {
                    if self.value(item, items, path) {
                        kept.push(item.clone());
                    } else {
                        whole = false;
                    }
                }
                *list = kept;
                // A list of tables stays though some of them went; a list of values
                // with a wrong one in it goes whole, so that nothing is said of the half.
                kind(items) == "object" || whole && self.length(before, span, form, path)
            }
            DeValue::String(text) => {
                let text = text.to_string();
                self.word(&text, span, form, path)
            }
            DeValue::Integer(number) => {
                let number = i64::from_str_radix(&number.as_str().replace('_', ""), number.radix());
                self.range(number.ok().map(|number| number as f64), span, form, path)
            }
            DeValue::Float(number) => {
                let number = number.as_str().replace('_', "").parse().ok();
                self.range(number, span, form, path)
            }
            DeValue::Boolean(_) | DeValue::Datetime(_) => true,
        }
    }

    fn unknown_key(&mut self, name: &str, span: Range<usize>, schema: &Value, path: &str) {
        let full = join(path, name);
        if let Some((_, words)) = LATER.iter().find(|(key, _)| *key == full) {
            self.faults
                .fault(
                    span,
                    "plan_later",
                    format!("'{name}' is not in this version"),
                )
                .hint(*words);
            return;
        }
        let known: Vec<&str> = keys(schema).collect();
        let place = if path.is_empty() {
            "at the top of the plan".to_owned()
        } else {
            format!("in {}", header(self.root, path))
        };
        self.faults.fault(
            span,
            "plan_unknown_key",
            format!("unknown key {} {place}", shown(name)),
        );
        let hint = if let Some(name) = nearest(name, known.iter().copied()) {
            format!("did you mean '{name}'?")
        } else if let Some(home) = home_of(self.root, name) {
            format!("'{name}' belongs in {home}")
        } else {
            format!(
                "the keys here are {}",
                any_of(known.iter().copied()).replace(" or ", " and ")
            )
        };
        self.faults.hint(hint);
    }

    fn wrong_type(
        &mut self,
        value: &DeValue<'_>,
        span: Range<usize>,
        expected: &[&str],
        path: &str,
    ) {
        let found = words_for(match value {
            DeValue::Integer(_) => "integer",
            DeValue::Float(_) => "float",
            other => other.type_str(),
        });
        let name = last(path);
        self.faults.fault(
            span,
            "plan_wrong_type",
            format!("'{name}' must be {}, not {found}", expected.join(" or ")),
        );
        let wants = |kind: &str| expected.contains(&words_for(kind));
        let hint = match value {
            DeValue::Table(_) if wants("array") => {
                Some(format!("write it as {}", header(self.root, path)))
            }
            DeValue::String(text) if wants("number") || wants("integer") || wants("boolean") => {
                text.parse::<f64>()
                    .is_ok()
                    .then(|| format!("leave out the quotes: {name} = {text}"))
            }
            DeValue::Integer(number) if wants("string") => {
                Some(format!("put it in quotes: {name} = \"{number}\""))
            }
            DeValue::Float(number) if wants("string") => {
                Some(format!("put it in quotes: {name} = \"{number}\""))
            }
            DeValue::Boolean(yes) if wants("string") => {
                Some(format!("put it in quotes: {name} = \"{yes}\""))
            }
            DeValue::String(_) if wants("array") => Some("put it in brackets: [\"…\"]".to_owned()),
            _ => None,
        };
        if let Some(hint) = hint {
            self.faults.hint(hint);
        }
    }

    fn length(&mut self, length: usize, span: Range<usize>, schema: &Value, path: &str) -> bool {
        let bound = |key: &str| schema.get(key).and_then(Value::as_u64);
        let least = bound("minItems").unwrap_or(0);
        let most = bound("maxItems").unwrap_or(u64::MAX);
        let length = length as u64;
        if (least..=most).contains(&length) {
            return true;
        }
        let wanted = match (least, most) {
            (least, most) if least == most => format!("{least} values"),
            (1, u64::MAX) => "at least one value".to_owned(),
            (least, u64::MAX) => format!("at least {least} values"),
            (least, most) => format!("{least} to {most} values"),
        };
        self.faults.fault(
            span,
            "plan_wrong_length",
            format!("'{}' needs {wanted}, and has {length}", last(path)),
        );
        false
    }

    fn word(&mut self, text: &str, span: Range<usize>, schema: &Value, path: &str) -> bool {
        let allowed = words(schema);
        if allowed.is_empty() || allowed.contains(&text) {
            return true;
        }
        let name = last(path);
        self.faults
            .fault(
                span,
                "plan_unknown_word",
                format!("{} is no {}", shown(text), thing(name)),
            )
            .near(text, allowed.iter().copied(), || {
                Some(format!("write {}", any_of(allowed.iter().copied())))
            });
        false
    }

    fn range(
        &mut self,
        number: Option<f64>,
        span: Range<usize>,
        schema: &Value,
        path: &str,
    ) -> bool {
        let bound = |key: &str| schema.get(key).and_then(Value::as_f64);
        let (least, most) = (bound("minimum"), bound("maximum"));
        let inside = number.is_some_and(|number| {
            least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
        });
        if inside {
            return true;
        }
        let wanted = match (least, most) {
            (Some(least), Some(most)) => format!("from {least} to {most}"),
            (Some(least), None) => format!("{least} or more"),
            (None, Some(most)) => format!("{most} or less"),
            (None, None) => "a number".to_owned(),
        };
        self.faults.fault(
            span,
            "plan_out_of_range",
            format!("'{}' must be {wanted}", last(path)),
        );
        if let (Some(number), Some(1.0)) = (number, most)
            && (2.0..=100.0).contains(&number)
        {
            self.faults
                .hint(format!("{number} percent is {}", number / 100.0));
        }
        false
    }
}

fn keys(schema: &Value) -> impl Iterator<Item = &str> {
    schema
        .get("properties")
        .and_then(Value::as_object)
        .into_iter()
        .flat_map(|properties| properties.keys().map(String::as_str))
}

/// The schema's type, in its own word.
fn kind(schema: &Value) -> &str {
    if let Some(kind) = schema.get("type").and_then(Value::as_str) {
        return kind;
    }
    // A list of words with a description each.
    if words(schema).is_empty() {
        "any"
    } else {
        "string"
    }
}

/// The words that a schema allows; none when any will do.
fn words(schema: &Value) -> Vec<&str> {
    let mut found = Vec::new();
    if let Some(list) = schema.get("enum").and_then(Value::as_array) {
        found.extend(list.iter().filter_map(Value::as_str));
    }
    found.extend(schema.get("const").and_then(Value::as_str));
    for form in schema
        .get("oneOf")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
    {
        found.extend(words(form));
    }
    found
}

fn fits(value: &DeValue<'_>, kind: &str) -> bool {
    match kind {
        "string" => value.is_str(),
        "integer" => value.is_integer(),
        "number" => value.is_integer() || value.is_float(),
        "boolean" => value.is_bool(),
        "array" => value.is_array(),
        "object" => value.is_table(),
        _ => true,
    }
}

const fn words_for(kind: &str) -> &'static str {
    match kind.as_bytes() {
        b"string" => "a text in quotes",
        b"integer" => "a whole number",
        b"number" | b"float" => "a number",
        b"boolean" => "true or false",
        b"array" => "a list",
        b"object" | b"table" => "a table",
        b"datetime" => "a date",
        _ => "something else",
    }
}

/// What a word of this key is called in a sentence.
fn thing(key: &str) -> String {
    match key {
        "format" => "format that karat knows".to_owned(),
        "strategy" => "survivorship strategy".to_owned(),
        _ => format!("value for '{key}'"),
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() {
        name.to_owned()
    } else {
        format!("{path}.{name}")
    }
}

fn last(path: &str) -> &str {
    path.rsplit('.').next().unwrap_or(path)
}

/// `[match]`, `[[source]]` or `[source.map]`, as the file writes it.
fn header(root: &Value, path: &str) -> String {
    let mut schema = root;
    for name in path.split('.') {
        schema = schema.get("items").unwrap_or(schema);
        schema = schema
            .get("properties")
            .and_then(|properties| properties.get(name))
            .unwrap_or(&Value::Null);
    }
    if kind(schema) == "array" {
        format!("[[{path}]]")
    } else {
        format!("[{path}]")
    }
}

/// Where a key of this very name lives, when it stands in the wrong table.
fn home_of(root: &Value, name: &str) -> Option<String> {
    fn search(schema: &Value, path: &str, name: &str) -> Option<String> {
        let schema = schema.get("items").unwrap_or(schema);
        let properties = schema.get("properties")?.as_object()?;
        if properties.contains_key(name) {
            return Some(path.to_owned());
        }
        properties
            .iter()
            .find_map(|(key, inner)| search(inner, &join(path, key), name))
    }
    search(root, "", name)
        .filter(|path| !path.is_empty())
        .map(|path| header(root, &path))
}
