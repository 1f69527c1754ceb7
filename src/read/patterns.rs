//! The data of `rules/reading/`: closing lines, totals, sections, foreign formats.

use regex::{RegexSet, RegexSetBuilder};
use serde::Deserialize;

use crate::rulebook::Rulebook;

/// What lines of an export are no records, ready to be asked.
#[derive(Debug)]
pub struct Patterns {
    footers: RegexSet,
    totals: RegexSet,
    pub sections: Vec<Section>,
    magic: Vec<(Vec<u8>, String)>,
}

/// A report of several tables in one file.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Section {
    /// Whose report it is, for people only.
    #[serde(default, rename = "system")]
    _system: Option<String>,
    /// The file's first line.
    pub first: String,
    /// The line above the header of the contacts.
    pub table: String,
    /// Lines that end the contacts.
    pub ends: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Footers {
    footer: Vec<Line>,
    total: Vec<Line>,
    section: Vec<Section>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    /// For people only.
    #[serde(default, rename = "system")]
    _system: Option<String>,
    #[serde(rename = "match")]
    pattern: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Magics {
    magic: Vec<Magic>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Magic {
    bytes: String,
    is: String,
}

impl Patterns {
    /// Reads `rules/reading/`; a missing or bad file counts as empty (the test
    /// below holds the built-in ones to their form).
    pub fn load(rulebook: &Rulebook) -> Self {
        let footers = rulebook
            .file("reading/footers.toml")
            .and_then(|text| toml::from_str::<Footers>(text).ok());
        let magic = rulebook
            .file("reading/magic.toml")
            .and_then(|text| toml::from_str::<Magics>(text).ok())
            .map(|file| file.magic)
            .unwrap_or_default();
        let (footer, total, sections) = footers.map_or_else(Default::default, |file| {
            (file.footer, file.total, file.section)
        });
        Self {
            footers: set(&footer),
            totals: set(&total),
            sections,
            magic: magic
                .into_iter()
                .filter_map(|magic| Some((unhex(&magic.bytes)?, magic.is)))
                .collect(),
        }
    }

    /// A closing line of a report.
    pub fn is_footer(&self, text: &str) -> bool {
        self.footers.is_match(text.trim())
    }

    /// The label of a row of sums.
    pub fn is_total(&self, text: &str) -> bool {
        self.totals.is_match(text.trim())
    }

    /// What a file is that holds no table, by its first bytes.
    pub fn foreign(&self, head: &[u8]) -> Option<&str> {
        self.magic
            .iter()
            .find(|(bytes, _)| head.starts_with(bytes))
            .map(|(_, name)| name.as_str())
    }
}

fn set(lines: &[Line]) -> RegexSet {
    RegexSetBuilder::new(lines.iter().map(|line| &line.pattern))
        .case_insensitive(true)
        .build()
        .unwrap_or_else(|_| RegexSet::empty())
}

fn unhex(text: &str) -> Option<Vec<u8>> {
    (0..text.len())
        .step_by(2)
        .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_files_have_their_form() {
        let rulebook = Rulebook::builtin();
        let text = rulebook.file("reading/footers.toml").unwrap();
        let file: Footers = toml::from_str(text).unwrap();
        for line in file.footer.iter().chain(&file.total) {
            regex::Regex::new(&line.pattern).unwrap();
        }
        let text = rulebook.file("reading/magic.toml").unwrap();
        let file: Magics = toml::from_str(text).unwrap();
        assert!(file.magic.iter().all(|m| unhex(&m.bytes).is_some()));
    }

    #[test]
    fn closing_lines_and_totals_are_known() {
        let patterns = Patterns::load(&Rulebook::builtin());
        assert!(patterns.is_footer("Grand Totals (12 records)"));
        assert!(patterns.is_footer("Confidential Information - Do Not Distribute"));
        assert!(
            patterns.is_footer("Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved.")
        );
        assert!(patterns.is_total("TOTALS"));
        assert!(!patterns.is_total("Total Energies"));
        assert!(!patterns.is_footer("Anna"));
        assert_eq!(patterns.foreign(b"%PDF-1.7"), Some("a PDF document"));
    }
}
