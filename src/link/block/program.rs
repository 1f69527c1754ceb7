//! Keys compiled to something flat: every distinct value is hashed once, a record only
//! combines the hashes of its values.

use super::hashes::{Chains, Table, hash, letters, mix};
use super::spec::KeySpec;
use super::values::{Ids, Input, Space, Step, find, is_many, of_place, source};
use crate::contact::Diagnostic;
use crate::contact::diagnostic::{nearest, shown};
use crate::link::features::Features;
use crate::link::names::letters::Script;
use crate::plan::RecordKind;
use crate::plan::key_parts::{KeyPart, Of, Take};

/// Ways to pick one of each part's alternatives that a key may have at most.
const VARIANTS: usize = 256;

/// The compiled keys of both kinds of records.
pub struct Program<'a> {
    people: Keys<'a>,
    organisations: Keys<'a>,
}

impl<'a> Program<'a> {
    /// Compiles the keys for these records; tells of columns that no source has.
    #[must_use]
    pub fn compile(
        people: &[KeySpec],
        organisations: &[KeySpec],
        input: Input<'a>,
    ) -> (Self, Vec<Diagnostic>) {
        let mut told = Vec::new();
        let f = input.features;
        let mut compile = |specs: &[KeySpec], records, wanted: bool| {
            let specs = if wanted { specs } else { &[] };
            Keys::compile(specs, records, input, &mut told)
        };
        let program = Self {
            people: compile(people, RecordKind::People, f.orgs.count < f.len()),
            organisations: compile(organisations, RecordKind::Organisations, f.orgs.count > 0),
        };
        (program, told)
    }

    /// Calls `emit` with every key of a record. Keys may repeat.
    pub fn emit(&self, f: &Features, record: usize, emit: &mut impl FnMut(u64)) {
        if f.orgs.is(record) {
            self.organisations.emit(record, emit);
        } else {
            self.people.emit(record, emit);
        }
    }
}

/// Sources of values that a kind of records can have in all its keys.
const SOURCES: usize = 32;

/// The compiled keys of one kind of records.
struct Keys<'a> {
    sources: Vec<(Ids<'a>, Of, bool)>,
    tables: Vec<Table>,
    /// Source → its table.
    table_of: Vec<usize>,
    keys: Vec<Key>,
}

/// A value of a key: its source, and the column of the source's table.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Factor {
    source: usize,
    column: usize,
    many: bool,
    /// How many of the record's values are looked at.
    limit: usize,
}

impl Factor {
    fn of<'t>(&self, table: &'t Table, id: u32) -> &'t [u64] {
        table.of(id, self.column, self.many)
    }
}

/// Two words of a name.
#[derive(Clone, Copy, Debug)]
struct Pair {
    word: Factor,
    other: Factor,
    /// Both give the same: their order does not matter.
    alike: bool,
}

#[derive(Clone, Debug)]
struct Key {
    seed: u64,
    letters: u32,
    /// Bits of the sources that a record needs …
    needs: u32,
    /// … and must not have.
    unless: u32,
    pair: Option<Pair>,
    factors: Vec<Factor>,
}

impl<'a> Keys<'a> {
    fn compile(
        specs: &[KeySpec],
        records: RecordKind,
        input: Input<'a>,
        told: &mut Vec<Diagnostic>,
    ) -> Self {
        let mut build = Builder {
            input,
            records,
            sources: Vec::new(),
            spaces: Vec::new(),
            space_of: Vec::new(),
            columns: Vec::new(),
            told,
        };
        let keys: Vec<Key> = specs.iter().flat_map(|spec| build.key(spec)).collect();
        let sound = &input.rules.sound;
        let tables = build
            .spaces
            .iter()
            .zip(&build.columns)
            .map(|(space, columns)| Table::build(space, columns, sound, records))
            .collect();
        Self {
            sources: build.sources,
            table_of: build.space_of,
            tables,
            keys,
        }
    }

    fn emit(&self, record: usize, emit: &mut impl FnMut(u64)) {
        let mut ids: [&[u32]; SOURCES] = [&[]; SOURCES];
        let mut has = 0u32;
        for (at, ((source, ..), ids)) in self.sources.iter().zip(&mut ids).enumerate() {
            *ids = source.of(record);
            has |= u32::from(!ids.is_empty()) << at;
        }
        for key in &self.keys {
            if has & key.needs != key.needs || has & key.unless != 0 {
                continue;
            }
            match key.pair {
                None => self.product(key, key.seed, 0, &key.factors, &ids, emit),
                Some(pair) => self.pairs(key, pair, &ids, emit),
            }
        }
    }

    /// Every two words of the name.
    fn pairs(&self, key: &Key, pair: Pair, ids: &[&[u32]; SOURCES], emit: &mut impl FnMut(u64)) {
        let words = ids[pair.word.source];
        let words = &words[..words.len().min(pair.word.limit)];
        let table = &self.tables[self.table_of[pair.word.source]];
        for (at, &word) in words.iter().enumerate() {
            for &first in pair.word.of(table, word) {
                let from = if pair.alike { at + 1 } else { 0 };
                for (other_at, &other) in words.iter().enumerate().skip(from) {
                    if other_at == at {
                        continue;
                    }
                    for &second in pair.other.of(table, other) {
                        let (low, high) = if pair.alike && second < first {
                            (second, first)
                        } else {
                            (first, second)
                        };
                        let hash = mix(mix(key.seed, low), high);
                        let letters = letters(first) + letters(second);
                        self.product(key, hash, letters, &key.factors, ids, emit);
                    }
                }
            }
        }
    }

    /// Every combination of the values of the factors that are left.
    fn product(
        &self,
        key: &Key,
        hash: u64,
        seen: u32,
        factors: &[Factor],
        ids: &[&[u32]; SOURCES],
        emit: &mut impl FnMut(u64),
    ) {
        let Some((factor, rest)) = factors.split_first() else {
            if seen >= key.letters {
                emit(hash);
            }
            return;
        };
        let list = ids[factor.source];
        let table = &self.tables[self.table_of[factor.source]];
        for &id in &list[..list.len().min(factor.limit)] {
            for &value in factor.of(table, id) {
                let (hash, seen) = (mix(hash, value), seen + letters(value));
                self.product(key, hash, seen, rest, ids, emit);
            }
        }
    }
}

/// What is gathered while keys are compiled.
struct Builder<'a, 't> {
    input: Input<'a>,
    records: RecordKind,
    sources: Vec<(Ids<'a>, Of, bool)>,
    spaces: Vec<Space<'a>>,
    space_of: Vec<usize>,
    /// Space → what its columns take.
    columns: Vec<Vec<Chains>>,
    told: &'t mut Vec<Diagnostic>,
}

impl Builder<'_, '_> {
    /// A key for each way to pick of its alternatives, and each script where one is meant.
    fn key(&mut self, spec: &KeySpec) -> Vec<Key> {
        let mut seed = hash(self.records.name().as_bytes());
        seed = mix(seed, hash(spec.name.as_bytes()));
        let mut ways: Vec<Vec<&KeyPart>> = vec![Vec::new()];
        for any in &spec.parts {
            ways = ways
                .iter()
                .flat_map(|way| {
                    any.iter().map(|part| {
                        let mut way = way.clone();
                        way.push(part);
                        way
                    })
                })
                .take(VARIANTS)
                .collect();
        }
        let mut out = Vec::new();
        for way in ways {
            let by_script = way.iter().any(|part| part.take.contains(&Take::Script));
            if by_script {
                for script in scripts(self.input.features) {
                    let seed = mix(seed, hash(script.name().as_bytes()));
                    out.extend(self.variant(spec, &way, Some(script), seed));
                }
            } else {
                out.extend(self.variant(spec, &way, None, seed));
            }
        }
        out
    }

    /// `None` when the records can't have a part.
    fn variant(
        &mut self,
        spec: &KeySpec,
        way: &[&KeyPart],
        script: Option<Script>,
        seed: u64,
    ) -> Option<Key> {
        let steps = |part: &KeyPart| -> Vec<Step> {
            let step = |take: &Take| match (take, script) {
                (Take::Script, Some(script)) => Step::Script(script),
                _ => Step::Take(*take),
            };
            part.take.iter().map(step).collect()
        };
        // Parts of one value together, in the order of the first.
        let mut grouped: Vec<(usize, bool, Chains)> = Vec::new();
        for part in way {
            let source = self.source(spec, source(part), of_place(part))?;
            let other = part.of == Of::OtherWord;
            let known = grouped
                .iter_mut()
                .find(|(s, o, _)| *s == source && *o == other);
            match known {
                Some((_, _, chains)) => chains.push(steps(part)),
                None => grouped.push((source, other, vec![steps(part)])),
            }
        }
        let mut key = Key {
            seed,
            letters: spec.letters,
            needs: 0,
            unless: 0,
            pair: None,
            factors: Vec::new(),
        };
        let others = grouped.iter().position(|(_, other, _)| *other);
        if let Some(others) = others {
            let (source, _, other) = grouped.remove(others);
            let word = grouped.iter().position(|(s, ..)| *s == source)?;
            let (_, _, word) = grouped.remove(word);
            key.pair = Some(Pair {
                alike: word == other,
                word: self.factor(source, word, spec),
                other: self.factor(source, other, spec),
            });
            key.needs |= 1 << source;
        }
        for (source, _, chains) in grouped {
            key.needs |= 1 << source;
            let factor = self.factor(source, chains, spec);
            key.factors.push(factor);
        }
        for of in &spec.unless {
            if let Some(source) = self.source(spec, of.clone(), false) {
                key.unless |= 1 << source;
            }
        }
        Some(key)
    }

    /// The place of a source, taken up when it is new; `None` when no record has it.
    fn source(&mut self, spec: &KeySpec, of: Of, place: bool) -> Option<usize> {
        let of = match of {
            Of::OtherWord => Of::Word,
            of => of,
        };
        let known = |(_, other, at): &(Ids<'_>, Of, bool)| *other == of && *at == place;
        if let Some(at) = self.sources.iter().position(known) {
            return Some(at);
        }
        let (ids, space) = match find(self.input, &of, place, self.records) {
            Ok(Some(found)) => found,
            Ok(None) => {
                if spec.of_plan {
                    self.tell(spec, &of, &[]);
                }
                return None;
            }
            Err(headers) => {
                self.tell(spec, &of, &headers);
                return None;
            }
        };
        if self.sources.len() == SOURCES {
            self.told.push(Diagnostic::warning(
                "match_key_sources",
                format!(
                    "the key {} is left out: the keys of {} ask for more than {SOURCES} different values",
                    shown(&spec.name),
                    self.records.name()
                ),
            ));
            return None;
        }
        let shared = self.spaces.iter().position(|known| {
            matches!(
                (known, &space),
                (Space::Texts(_), Space::Texts(_)) | (Space::Names(_), Space::Names(_))
            )
        });
        let space = shared.unwrap_or_else(|| {
            self.spaces.push(space);
            self.columns.push(Vec::new());
            self.spaces.len() - 1
        });
        self.space_of.push(space);
        self.sources.push((ids, of, place));
        Some(self.sources.len() - 1)
    }

    /// A column for what is taken of a source's values.
    fn factor(&mut self, source: usize, chains: Chains, spec: &KeySpec) -> Factor {
        let columns = &mut self.columns[self.space_of[source]];
        let many = chains.iter().any(|steps| is_many(steps, self.records));
        let column = columns
            .iter()
            .position(|known| *known == chains)
            .unwrap_or_else(|| {
                columns.push(chains);
                columns.len() - 1
            });
        Factor {
            source,
            column,
            many,
            limit: match self.sources[source].1 {
                Of::Word => spec.words,
                _ => usize::MAX,
            },
        }
    }

    fn tell(&mut self, spec: &KeySpec, of: &Of, headers: &[String]) {
        let missing = match of {
            Of::Column(header) => format!("column {} that no field fits", shown(header)),
            of => of.name(),
        };
        let what = format!(
            "the key {} finds nothing: no source has a {missing}",
            shown(&spec.name)
        );
        if self.told.iter().any(|known| known.message == what) {
            return;
        }
        let diagnostic = Diagnostic::warning("match_key_column", what);
        let Of::Column(header) = of else {
            self.told.push(diagnostic);
            return;
        };
        self.told
            .push(match nearest(header, headers.iter().map(String::as_str)) {
                Some(near) => diagnostic.hint(format!("did you mean {}?", shown(near))),
                None => diagnostic.hint(
                    "`karat map` shows the columns; one that is a field has the field's name",
                ),
            });
    }
}

/// The scripts that words of the records are compared across.
fn scripts(f: &Features) -> Vec<Script> {
    let across = f.names.words.iter().flat_map(|word| &word.across);
    let mut list: Vec<Script> = across.map(|(script, _)| *script).collect();
    list.sort_unstable();
    list.dedup();
    list
}
