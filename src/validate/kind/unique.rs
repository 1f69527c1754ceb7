//! `unique = "source"` or `unique = "all"`: no two records (of one source, of all)
//! share the fields' values; all fields together are one key, and a record that
//! lacks one of them is left out.
//! `unique = { over = "all", by = ["family_name"], max = 3 }`: a key may belong to
//! at most so many different values of `by`; without `by`, to so many records.

use hashbrown::HashMap;
use toml::de::DeValue;

use super::super::document::Section;
use super::{Hit, Look, Reading, hit};

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unique {
    over: Over,
    by: Vec<String>,
    max: u64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Over {
    Source,
    All,
}

const OVER: [(&str, Over); 2] = [("source", Over::Source), ("all", Over::All)];

type Map<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

impl Unique {
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Self> {
        let section = reading.section;
        let value = section.get("unique")?;
        let DeValue::Table(table) = value.get_ref() else {
            let over = section.word("unique", &OVER, reading.faults)?;
            return Some(Self {
                over,
                by: Vec::new(),
                max: 1,
            });
        };
        let what = format!("{}, `unique`", section.what);
        let inner = Section::new(section.document, table, value.span(), what);
        let over = inner.word("over", &OVER, reading.faults);
        if !inner.has("over") {
            reading.faults.push(
                inner
                    .fault("rule_missing_key", "`over` is missing", &value.span())
                    .hint("write over = \"source\" or over = \"all\""),
            );
        }
        let by = inner.texts("by", reading.faults);
        for field in &by {
            super::super::parse::check_field(&inner, field, reading.known, reading.faults);
        }
        let max = inner.count("max", reading.faults).unwrap_or(1);
        if max == 0 {
            reading.faults.push(inner.fault(
                "rule_impossible",
                "`max` is at least 1",
                &inner.key_span("max"),
            ));
        }
        inner.finish(reading.faults);
        Some(Self {
            over: over?,
            by: by.into_iter().map(|field| field.value).collect(),
            max,
        })
    }

    pub(super) fn words(&self, fields: &[String]) -> String {
        let fields = fields.join(" with ");
        let place = match self.over {
            Over::Source => " of this source",
            Over::All => "",
        };
        if self.by.is_empty() {
            format!("more than {} record{place} with this {fields}", self.max)
        } else {
            let by = self.by.join(" with ");
            format!(
                "more than {} different {by}{place} with this {fields}",
                self.max
            )
        }
    }

    pub(super) fn look(&self, look: &Look<'_>) -> Vec<Hit> {
        let rows = look.view.rows();
        let keys = Keys::of(look, look.fields, self.over == Over::Source);
        // How many records, or different values of `by`, each key has.
        let mut counts = vec![0u64; keys.count];
        if self.by.is_empty() {
            for row in 0..rows {
                if let Some(key) = keys.of_row(row) {
                    counts[key] += 1;
                }
            }
        } else {
            let by = Keys::of(look, &self.by, false);
            let mut pairs: Vec<(usize, usize)> = (0..rows)
                .filter_map(|row| Some((keys.of_row(row)?, by.of_row(row)?)))
                .collect();
            pairs.sort_unstable();
            pairs.dedup();
            for (key, _) in pairs {
                counts[key] += 1;
            }
        }
        let noun = if self.by.is_empty() {
            "records".to_owned()
        } else {
            format!("different {}", self.by.join(" with "))
        };
        let place = match self.over {
            Over::Source => " of this source",
            Over::All => "",
        };
        let what = look.fields.join(" with ");
        (0..rows)
            .filter_map(|row| {
                let count = counts[keys.of_row(row)?];
                (count > self.max).then(|| Hit {
                    message: Some(format!("{count} {noun}{place} share this {what}")),
                    ..hit(row, Some(0))
                })
            })
            .collect()
    }
}

/// A number for each different combination of values.
struct Keys {
    /// For each row its key, or `NONE`.
    rows: Vec<u32>,
    /// Keys are below; not each of them has a row.
    count: usize,
}

const NONE: u32 = u32::MAX;
/// Combinations a row up to which each has a number, whether it occurs or not.
const MANY: usize = 8;

impl Keys {
    /// The keys of the rows in scope that have all the fields.
    fn of(look: &Look<'_>, fields: &[String], by_source: bool) -> Self {
        let rows = look.view.rows();
        let mut keys: Vec<u32> = (0..rows)
            .map(|row| match (look.scope.has(row), by_source) {
                (false, _) => NONE,
                (true, false) => 0,
                (true, true) => u32::from(look.view.records.origin[row].source),
            })
            .collect();
        let mut count = if by_source {
            look.view.records.sources.len()
        } else {
            1
        };
        for field in fields {
            let Some(column) = look.view.column(field) else {
                return Self {
                    rows: vec![NONE; rows],
                    count: 0,
                };
            };
            // The key so far and the next value, by its code, are the next key.
            let distinct = column.distinct();
            if let Some(all) = count
                .checked_mul(distinct)
                .filter(|all| *all <= MANY * rows && u32::try_from(*all).is_ok())
            {
                for (row, key) in keys.iter_mut().enumerate().filter(|(_, key)| **key != NONE) {
                    let next = |code: u32| *key as usize * distinct + code as usize;
                    let next = column
                        .code(row)
                        .and_then(|code| u32::try_from(next(code)).ok());
                    *key = next.unwrap_or(NONE);
                }
                count = all;
                continue;
            }
            let mut known: Map<(u32, u32), u32> = Map::default();
            for (row, key) in keys.iter_mut().enumerate().filter(|(_, key)| **key != NONE) {
                let next = u32::try_from(known.len()).unwrap_or(NONE - 1);
                *key = column
                    .code(row)
                    .map_or(NONE, |code| *known.entry((*key, code)).or_insert(next));
            }
            count = known.len();
        }
        Self { rows: keys, count }
    }

    fn of_row(&self, row: usize) -> Option<usize> {
        let key = self.rows[row];
        (key != NONE).then_some(key as usize)
    }
}
