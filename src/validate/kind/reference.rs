//! `reference = { list = "domains.csv" }`: values stand in a list file.
//!
//! Settings: `list` (relative to the rule file), `column` (of a CSV file, or the key
//! of an array in a TOML file; without it each line is one entry), `ignore_case`, `expect = "unlisted"` (values must
//! *not* stand in the list), `part = "email_domain"` or `"email_local"` (look only
//! at this part of an address). Empty lines and those that start with `#` are no
//! entries.

use hashbrown::HashSet;
use toml::de::DeValue;

use super::super::document::{At, Document, Home, Section};
use super::Reading;
use crate::contact::diagnostic::{nearest, shown};
use crate::rulebook::Rulebook;
use crate::standardise::text::lower;

#[derive(Clone, Debug)]
pub struct Reference {
    entries: std::sync::Arc<HashSet<String, foldhash::fast::FixedState>>,
    /// As written, for messages.
    list: String,
    ignore_case: bool,
    expect: Expect,
    part: Part,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Expect {
    Listed,
    Unlisted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Whole,
    EmailDomain,
    EmailLocal,
}

impl Reference {
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Self> {
        let section = reading.section;
        let value = section.get("reference")?;
        let DeValue::Table(table) = value.get_ref() else {
            section.wrong_type("reference", "a table with a list", value, reading.faults);
            return None;
        };
        let what = format!("{}, `reference`", section.what);
        let inner = Section::new(section.document, table, value.span(), what);
        let list = inner.text("list", reading.faults);
        if !inner.has("list") {
            reading.faults.push(
                inner
                    .fault("rule_missing_key", "`list` is missing", &value.span())
                    .hint("write list = \"file.csv\", relative to this file"),
            );
        }
        let column = inner.text("column", reading.faults);
        let ignore_case = inner
            .boolean("ignore_case", reading.faults)
            .unwrap_or(false);
        let expect = inner.word(
            "expect",
            &[("listed", Expect::Listed), ("unlisted", Expect::Unlisted)],
            reading.faults,
        );
        let part = inner.word(
            "part",
            &[
                ("whole", Part::Whole),
                ("email_domain", Part::EmailDomain),
                ("email_local", Part::EmailLocal),
            ],
            reading.faults,
        );
        inner.finish(reading.faults);
        let list = list?;
        let text = match load(section.document, &list.value, reading.rulebook) {
            Ok(text) => text,
            Err(reason) => {
                reading.faults.push(
                    inner
                        .fault(
                            "rule_list_missing",
                            format!("the list {} cannot be read: {reason}", shown(&list.value)),
                            &list.span,
                        )
                        .hint("the path starts at the folder of this rule file"),
                );
                return None;
            }
        };
        let entries = entries(&inner, &list.value, &text, column.as_ref(), reading)?;
        let entries = entries
            .into_iter()
            .map(|entry| {
                if ignore_case {
                    entry.to_lowercase()
                } else {
                    entry
                }
            })
            .collect();
        Some(Self {
            entries: std::sync::Arc::new(entries),
            list: list.value,
            ignore_case,
            expect: expect.unwrap_or(Expect::Listed),
            part: part.unwrap_or(Part::Whole),
        })
    }

    pub(super) fn words(&self, field: &str) -> String {
        match self.expect {
            Expect::Listed => format!("{field} is not in the list {}", self.list),
            Expect::Unlisted => format!("{field} is in the list {}", self.list),
        }
    }

    pub(super) fn breaks(&self, value: &str) -> bool {
        let looked_at = match self.part {
            Part::Whole => value,
            // An address without @ is `format`'s affair.
            Part::EmailDomain => match value.rsplit_once('@') {
                Some((_, domain)) => domain,
                None => return false,
            },
            Part::EmailLocal => match value.rsplit_once('@') {
                Some((local, _)) => local,
                None => return false,
            },
        };
        let listed = if self.ignore_case {
            self.has(&lower(looked_at))
        } else {
            self.has(looked_at)
        };
        listed == (self.expect == Expect::Unlisted)
    }

    /// A domain is listed when it, or a domain that it lies under, is; a mailbox
    /// also when it is without its tag and number (`info2+news` is `info`).
    fn has(&self, value: &str) -> bool {
        if self.entries.contains(value) {
            return true;
        }
        if self.part == Part::EmailLocal {
            let bare = value.split_once('+').map_or(value, |(name, _)| name);
            let word = bare.trim_end_matches(|c: char| c.is_ascii_digit() || "-_.".contains(c));
            return self.entries.contains(bare) || self.entries.contains(word);
        }
        if self.part == Part::Whole {
            return false;
        }
        let mut rest = value;
        while let Some((_, parent)) = rest.split_once('.') {
            if self.entries.contains(parent) {
                return true;
            }
            rest = parent;
        }
        false
    }
}

fn load(document: &Document, list: &str, rulebook: &Rulebook) -> Result<String, String> {
    match &document.home {
        Home::Builtin => rulebook
            .file(list)
            .map(str::to_owned)
            .ok_or_else(|| "there is no built-in file of that name".to_owned()),
        Home::Folder(folder) => {
            let bytes = std::fs::read(folder.join(list)).map_err(|error| match error.kind() {
                std::io::ErrorKind::NotFound => "there is no such file".to_owned(),
                _ => error.to_string(),
            })?;
            let text = String::from_utf8(bytes).map_err(|_| "it is not UTF-8 text".to_owned())?;
            Ok(text
                .strip_prefix('\u{feff}')
                .map_or(text.clone(), str::to_owned))
        }
    }
}

fn entries(
    section: &Section<'_>,
    list: &str,
    text: &str,
    column: Option<&At<String>>,
    reading: &mut Reading<'_>,
) -> Option<Vec<String>> {
    let Some(column) = column else {
        return Some(
            text.lines()
                .map(str::trim)
                .filter(|line| !line.is_empty() && !line.starts_with('#'))
                .map(str::to_owned)
                .collect(),
        );
    };
    let (names, found) = if list.ends_with(".toml") {
        toml_entries(text, &column.value)
    } else {
        csv_entries(text, &column.value)
    };
    if found.is_none() {
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let mut fault = section.fault(
            "rule_list_column",
            format!("the list has no column {}", shown(&column.value)),
            &column.span,
        );
        fault = match nearest(&column.value, names.iter().copied()) {
            Some(near) => fault.hint(format!("did you mean \"{near}\"?")),
            None => fault.hint(format!("its columns are: {}", names.join(", "))),
        };
        reading.faults.push(fault);
    }
    found
}

/// The columns of a CSV list, and the cells of one.
fn csv_entries(text: &str, column: &str) -> (Vec<String>, Option<Vec<String>>) {
    let mut reader = csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .flexible(true)
        .from_reader(text.as_bytes());
    let headers = reader.headers().cloned().unwrap_or_default();
    let at = headers.iter().position(|header| header == column);
    let entries = at.map(|at| {
        reader
            .records()
            .filter_map(Result::ok)
            .filter_map(|record| record.get(at).map(|cell| cell.trim().to_owned()))
            .filter(|entry| !entry.is_empty())
            .collect()
    });
    (headers.iter().map(str::to_owned).collect(), entries)
}

/// The arrays of a TOML list, and the strings of one.
fn toml_entries(text: &str, key: &str) -> (Vec<String>, Option<Vec<String>>) {
    let table: toml::Table = text.parse().unwrap_or_default();
    let strings = |value: &toml::Value| -> Option<Vec<String>> {
        let items = value.as_array()?.iter();
        Some(
            items
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
        )
    };
    let arrays = table.iter().filter(|(_, value)| value.is_array());
    (
        arrays.map(|(name, _)| name.clone()).collect(),
        table.get(key).and_then(strings),
    )
}
