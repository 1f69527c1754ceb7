//! How a system is told that somebody opted out: in which column, by which word.
//!
//! The rulebook's word for the system's import comes first, then the word that the column
//! itself uses, then the opposite of the one that it uses for "may be contacted". Where
//! none is known, nothing is made up.

use std::collections::BTreeMap;

use crate::contact::{Fields, Records, Table};
use crate::map::fold::fold;
use crate::map::preset::{Preset, Presets};
use crate::rulebook::Rulebook;
use crate::standardise::consent::{self, Consent, ConsentRules};
use crate::standardise::date::DateRules;

/// What is known of systems and words.
pub struct Words {
    presets: Presets,
    consents: ConsentRules,
    dates: DateRules,
}

/// How one source is told: by field.
pub struct Speech {
    fields: BTreeMap<String, Vec<Column>>,
    /// What to do for a field without a column.
    by_hand: BTreeMap<String, String>,
}

/// A consent column of the source.
struct Column {
    header: usize,
    /// Of each record: whether the column allows contact. By row, in short.
    allows: Vec<u32>,
    /// The word for "opted out", or why there is none.
    word: Result<String, String>,
}

impl Words {
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        Self {
            presets: Presets::load(rulebook).unwrap_or_default(),
            consents: ConsentRules::load(rulebook),
            dates: DateRules::load(rulebook),
        }
    }

    /// The consent columns of a source and their words.
    #[must_use]
    pub fn speech(&self, records: &Records, source: usize, fields: &Fields) -> Speech {
        let info = &records.sources[source];
        let preset = info
            .system
            .as_deref()
            .and_then(|name| self.presets.get(name));
        let mut known: BTreeMap<String, Vec<(bool, Column)>> = BTreeMap::new();
        for (header, column) in info.columns.iter().enumerate() {
            let Some(field) = fields
                .get(column)
                .filter(|field| field.kind == crate::contact::FieldType::Consent)
            else {
                continue;
            };
            let into = field.into.clone().unwrap_or_else(|| field.name.clone());
            let column = self.column(records, source, header, field.positive, preset);
            let own = field.input_only;
            known.entry(into).or_default().push((own, column));
        }
        Speech {
            by_hand: preset
                .map(|preset| preset.opt_out_by_hand.clone())
                .unwrap_or_default(),
            fields: known
                .into_iter()
                .map(|(field, mut columns)| {
                    // The opt-out column itself before one that is turned round.
                    columns.sort_by_key(|(turned, column)| (*turned, column.header));
                    let columns = columns.into_iter().map(|(_, column)| column);
                    (field, columns.collect())
                })
                .collect(),
        }
    }

    /// Whether the record has something by which its person can be reached; where the rules
    /// don't say by what, it may have.
    #[must_use]
    pub fn reaches(&self, table: &Table, row: u32, field: &str) -> bool {
        let by = self.consents.reached_by(field);
        by.is_empty()
            || by
                .iter()
                .any(|name| table.get(name, row as usize).is_some())
    }

    fn column(
        &self,
        records: &Records,
        source: usize,
        header: usize,
        positive: bool,
        preset: Option<&Preset>,
    ) -> Column {
        let name = &records.sources[source].headers[header];
        let mut allows = Vec::new();
        // Each distinct cell, how often.
        let mut cells: BTreeMap<&str, u64> = BTreeMap::new();
        if let Some(column) = records.raw_column(source, header) {
            let read: Vec<Consent> = column
                .distinct_values()
                .map(|cell| consent::read(cell.trim(), positive, &self.consents, &self.dates))
                .collect();
            let mut counts = vec![0_u64; column.distinct()];
            let rows = (0_u32..).zip(&records.origin);
            for (row, _) in rows.filter(|(_, origin)| usize::from(origin.source) == source) {
                let Some(code) = column.code(row as usize) else {
                    continue;
                };
                counts[code as usize] += 1;
                if read[code as usize] == Consent::In {
                    allows.push(row);
                }
            }
            for (code, &count) in (0_u32..).zip(&counts) {
                if count > 0 {
                    *cells.entry(column.value(code).trim()).or_default() += count;
                }
            }
        }
        let rule = preset.and_then(|preset| preset.opted_out(&fold(name)));
        let word = match rule.and_then(|rule| rule.by_hand.clone()) {
            Some(instead) => Err(instead),
            None => self
                .word(&cells, positive, rule.map_or(&[][..], |rule| &rule.write))
                .ok_or_else(|| format!("no word for \"opted out\" is known for the column {name}")),
        };
        Column {
            header,
            allows,
            word,
        }
    }

    /// The word for "opted out" in a column with these cells.
    fn word(
        &self,
        cells: &BTreeMap<&str, u64>,
        positive: bool,
        of_import: &[String],
    ) -> Option<String> {
        // Of equally frequent ones the first in the order of texts.
        let most = |wanted: Consent| {
            let fitting = cells
                .iter()
                .filter(|(cell, _)| consent::word(cell, positive, &self.consents) == Some(wanted));
            fitting.fold(None, |best: Option<(&str, u64)>, (cell, &count)| {
                Some(
                    best.filter(|(_, most)| *most >= count)
                        .unwrap_or((cell, count)),
                )
            })
        };
        let known = of_import
            .iter()
            .find(|word| cells.contains_key(word.as_str()))
            .or(of_import.first())
            .cloned();
        known
            .or_else(|| most(Consent::Out).map(|(cell, _)| cell.to_owned()))
            .or_else(|| self.consents.opposite(most(Consent::In)?.0))
            // Read back, it must say what it was written for.
            .filter(|word| consent::word(word, positive, &self.consents) == Some(Consent::Out))
    }
}

impl Speech {
    /// The new cells of a record: every column that allows contact, else the first that
    /// can say "opted out".
    ///
    /// # Errors
    /// Why it can't be told by a file.
    pub fn correct(
        &self,
        records: &Records,
        row: usize,
        field: &str,
    ) -> Result<Vec<(usize, String)>, String> {
        let columns = self.fields.get(field).map_or(&[][..], Vec::as_slice);
        let key = u32::try_from(row).unwrap_or(u32::MAX);
        let allowing: Vec<&Column> = columns
            .iter()
            .filter(|column| column.allows.binary_search(&key).is_ok())
            .collect();
        let mut cells = Vec::new();
        if allowing.is_empty() {
            let Some(first) = columns.first() else {
                return Err(self
                    .by_hand
                    .get(field)
                    .cloned()
                    .unwrap_or_else(|| "the export has no column for it".to_owned()));
            };
            let column = columns
                .iter()
                .find(|column| column.word.is_ok())
                .unwrap_or(first);
            cells.push((column.header, column.word.clone()?));
        }
        for column in allowing {
            cells.push((column.header, column.word.clone()?));
        }
        // What is there already need not be written.
        cells.retain(|(header, word)| records.raw(row, *header) != Some(word.as_str()));
        if cells.is_empty() {
            return Err("the record says so already, and something else beside it".to_owned());
        }
        cells.sort();
        Ok(cells)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::FieldType;

    #[test]
    fn what_presets_write_is_read_as_opted_out() {
        let rulebook = Rulebook::builtin();
        let (words, fields) = (Words::load(&rulebook), rulebook.fields());
        let consent = |name: &str| {
            fields
                .get(name)
                .filter(|field| field.kind == FieldType::Consent)
        };
        let mut seen = 0;
        for preset in words.presets.iter() {
            for (header, rule) in &preset.opted_out {
                seen += 1;
                let field = preset
                    .map
                    .iter()
                    .find(|(_, headers)| headers.contains(header))
                    .and_then(|(field, _)| consent(field))
                    .unwrap_or_else(|| panic!("{}: {header} is no consent", preset.name));
                assert_eq!(rule.write.is_empty(), rule.by_hand.is_some(), "{header}");
                for word in &rule.write {
                    let read = consent::word(word, field.positive, &words.consents);
                    assert_eq!(read, Some(Consent::Out), "{}: {word}", preset.name);
                }
            }
            for field in preset.opt_out_by_hand.keys() {
                assert!(consent(field).is_some(), "{}: {field}", preset.name);
            }
        }
        assert!(seen >= 8);
    }

    #[test]
    fn the_rulebook_comes_before_the_column_and_the_column_before_its_opposite() {
        let words = Words::load(&Rulebook::builtin());
        let word = |cells: &[(&str, u64)], positive, of_import: &[&str]| {
            let cells: BTreeMap<&str, u64> = cells.iter().copied().collect();
            let of_import: Vec<String> = of_import.iter().map(ToString::to_string).collect();
            words.word(&cells, positive, &of_import)
        };
        let known = ["true", "1"];
        for (cells, positive, of_import, found) in [
            (&[("x", 9), ("0", 3)][..], false, &known[..], Some("true")),
            (&[("1", 1), ("0", 3)], false, &known, Some("1")),
            (
                &[("Yes", 2), ("yes", 3), ("no", 9)],
                false,
                &[],
                Some("yes"),
            ),
            (&[("Y", 2), ("X", 2)], false, &[], Some("X")),
            (
                &[("2024-03-12 10:00", 9), ("FALSE", 1)],
                false,
                &[],
                Some("TRUE"),
            ),
            (&[("SUBSCRIBED", 1)], true, &[], Some("UNSUBSCRIBED")),
            (
                &[("NEVER_SUBSCRIBED", 7), ("SUBSCRIBED", 1)],
                true,
                &[],
                Some("UNSUBSCRIBED"),
            ),
            (&[("2024-03-12 10:00", 9)], true, &[], None),
            (&[("maybe", 9)], true, &[], None),
            (&[], true, &[], None),
        ] {
            let got = word(cells, positive, of_import);
            assert_eq!(got.as_deref(), found, "{cells:?}");
        }
    }
}
