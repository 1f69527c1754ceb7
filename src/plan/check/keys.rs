//! `[[match.key]]` and `[match.guards]` against the built-in match model.

use std::ops::Range;

use serde::Deserialize;

use super::{Check, value};
use crate::contact::diagnostic::{nearest, shown};
use crate::plan::checked::{GuardsPlan, KeyPlan, RecordKind};
use crate::plan::key_parts::{KeyPart, Of, PartFault};
use crate::plan::written::{At, MatchGuards, MatchKey, OneOrMany};
use crate::rulebook::Rulebook;

/// The candidate keys of `rules/matching.toml`, as far as a plan may name them.
#[derive(Debug, Default, Deserialize)]
struct Model {
    #[serde(default)]
    key: Vec<Key>,
    #[serde(default)]
    organisations: Organisations,
}

#[derive(Debug, Default, Deserialize)]
struct Organisations {
    #[serde(default)]
    key: Vec<Key>,
}

#[derive(Debug, Deserialize)]
struct Key {
    name: String,
}

impl Model {
    fn of(rulebook: &Rulebook) -> Self {
        toml::from_str(rulebook.file("matching.toml").unwrap_or_default()).unwrap_or_default()
    }

    fn names(&self, records: RecordKind) -> impl Iterator<Item = &str> {
        let keys = match records {
            RecordKind::People => &self.key,
            RecordKind::Organisations => &self.organisations.key,
        };
        keys.iter().map(|key| key.name.as_str())
    }
}

impl Check<'_> {
    pub(super) fn keys(&mut self, written: &[At<MatchKey>]) -> Vec<KeyPlan> {
        if written.is_empty() {
            return Vec::new();
        }
        let model = Model::of(self.rulebook);
        let rulebook = self.rulebook;
        let fields: Vec<&str> = rulebook.fields().names().collect();
        let mut list: Vec<KeyPlan> = Vec::new();
        for at in written {
            let entry = at.get();
            let Some(name) = self.key_name(at) else {
                continue;
            };
            let records = value(&entry.records).unwrap_or_default();
            let before = self.errors();
            let parts = entry
                .parts
                .as_ref()
                .map(|parts| self.parts(parts, records, &fields));
            let unless = entry
                .unless
                .as_ref()
                .map(|unless| self.unless(unless, records, &fields));
            if let Some(words) = &entry.words
                && records == RecordKind::People
            {
                self.faults
                    .fault(
                        words.span(),
                        "plan_key_words",
                        "'words' is for organisations: the words of a person's name are few",
                    )
                    .hint("leave it out, or add records = \"organisations\"");
            }
            if self.errors() == before {
                self.key_sense(at, name, &model, &list);
            }
            list.push(KeyPlan {
                name: name.get().clone(),
                records,
                used: value(&entry.used).unwrap_or(true),
                parts,
                unless,
                letters: value(&entry.letters),
                words: value(&entry.words),
            });
        }
        list
    }

    fn key_name<'w>(&mut self, at: &'w At<MatchKey>) -> Option<&'w At<String>> {
        let name = at.get().name.as_ref();
        match name {
            None if self.faults.refused(at.span().start, "name") => {}
            None => {
                self.faults
                    .fault(
                        at.span(),
                        "plan_match_without_name",
                        "this entry names no key",
                    )
                    .hint("add name = \"…\"");
            }
            Some(name) if name.get().trim().is_empty() => {
                self.faults
                    .fault(
                        name.span(),
                        "plan_match_without_name",
                        "this key's name is empty",
                    )
                    .hint("give it a name; the summary tells of the key by it");
                return None;
            }
            Some(_) => {}
        }
        name
    }

    /// Each part of a key, of a list inside of the list any one.
    fn parts(
        &mut self,
        written: &At<Vec<OneOrMany<String>>>,
        records: RecordKind,
        fields: &[&str],
    ) -> Vec<Vec<String>> {
        let mut has = [false; 2];
        let mut other: Option<Range<usize>> = None;
        let mut list = Vec::new();
        for slot in written.get() {
            let mut any = Vec::new();
            for part in slot.iter() {
                any.push(part.get().clone());
                match KeyPart::parse(part.get(), fields) {
                    Err(fault) => self.part_fault(part.span(), fault),
                    Ok(known) => {
                        self.part_of(part, &known, records);
                        has[0] |= known.of == Of::Word;
                        if known.of == Of::OtherWord {
                            has[1] = true;
                            other.get_or_insert(part.span());
                        }
                    }
                }
            }
            list.push(any);
        }
        if let (false, Some(span)) = (has[0], other) {
            self.faults
                .fault(
                    span,
                    "plan_key_other_word",
                    "'other_word' is another one than 'word', and no part is of that",
                )
                .hint("write 'word' for it");
        }
        list
    }

    /// Do records of this kind have the part?
    fn part_of(&mut self, part: &At<String>, known: &KeyPart, records: RecordKind) {
        if let Some(only) = known.missing_in(records) {
            self.faults
                .fault(
                    part.span(),
                    "plan_key_part",
                    format!(
                        "{} is a part for {}, and this is a key of {}",
                        shown(part.get()),
                        only.name(),
                        records.name()
                    ),
                )
                .hint(format!(
                    "add records = \"{}\", or leave the part out",
                    only.name()
                ));
        }
    }

    fn part_fault(&mut self, span: Range<usize>, fault: PartFault) {
        self.faults.fault(span, "plan_key_part", fault.message);
        if let Some(hint) = fault.hint {
            self.faults.hint(hint);
        }
    }

    fn unless(
        &mut self,
        written: &[At<String>],
        records: RecordKind,
        fields: &[&str],
    ) -> Vec<String> {
        let mut list = Vec::new();
        for name in written {
            match Of::parse(name.get(), name.get(), fields) {
                Err(_) if KeyPart::parse(name.get(), fields).is_ok() => {
                    self.faults
                        .fault(
                            name.span(),
                            "plan_key_part",
                            format!(
                                "'unless' asks whether a value is there, not for {}",
                                shown(name.get())
                            ),
                        )
                        .hint("leave out what stands behind the dot");
                }
                Err(fault) => self.part_fault(name.span(), fault),
                Ok(of) => {
                    let part = KeyPart {
                        of,
                        take: Vec::new(),
                    };
                    self.part_of(name, &part, records);
                }
            }
            list.push(name.get().clone());
        }
        list
    }

    /// Does the entry, as a whole, make sense?
    fn key_sense(
        &mut self,
        at: &At<MatchKey>,
        name: &At<String>,
        model: &Model,
        earlier: &[KeyPlan],
    ) {
        let entry = at.get();
        let records = value(&entry.records).unwrap_or_default();
        let called = name.get().as_str();
        if earlier
            .iter()
            .any(|other| other.name == called && other.records == records)
        {
            self.faults
                .fault(
                    name.span(),
                    "plan_match_twice",
                    format!("there is a [[match.key]] {} already", shown(called)),
                )
                .hint("join the two, or give one another name");
            return;
        }
        let refused = |key: &str| self.faults.refused(at.span().start, key);
        let known = model.names(records).any(|key| key == called);
        if !known && entry.parts.is_none() && !refused("parts") {
            let of_others = match records {
                RecordKind::People => RecordKind::Organisations,
                RecordKind::Organisations => RecordKind::People,
            };
            let hint = if model.names(of_others).any(|key| key == called) {
                format!(
                    "it is a key of {0}: add records = \"{0}\"",
                    of_others.name()
                )
            } else if let Some(near) = nearest(called, model.names(records)) {
                format!("did you mean '{near}'?")
            } else {
                "a new key needs parts = [\"…\"]; docs/linking.md lists what they may be".to_owned()
            };
            self.faults
                .fault(
                    name.span(),
                    "plan_unknown_key_name",
                    format!("there is no key {} of {}", shown(called), records.name()),
                )
                .hint(hint);
            return;
        }
        let says_nothing = entry.used.is_none()
            && entry.parts.is_none()
            && entry.unless.is_none()
            && entry.letters.is_none()
            && entry.words.is_none();
        if says_nothing
            && !["use", "parts", "unless", "letters", "words"]
                .iter()
                .any(|key| refused(key))
        {
            self.faults
                .fault(
                    name.span(),
                    "plan_match_empty",
                    format!("this entry says nothing about the key {}", shown(called)),
                )
                .hint("add use = false to leave the key out");
        }
    }
}

/// The guards that the plan sets.
pub(super) fn guards(written: Option<&At<MatchGuards>>) -> GuardsPlan {
    written.map_or_else(GuardsPlan::default, |guards| {
        let guards = guards.get();
        GuardsPlan {
            clip: value(&guards.clip),
            ruled_out: value(&guards.ruled_out),
            uncompared: value(&guards.uncompared),
            alone: value(&guards.alone),
            loose: value(&guards.loose),
            full: value(&guards.full),
            full_pairs: value(&guards.full_pairs),
        }
    })
}
