//! What every section of the page looks at.

use std::collections::BTreeMap;
use std::ops::Range;

use super::figures::{address, clean};
use super::meaning::Meanings;
use super::rules::{ReportRules, System, compared_fields, systems};
use super::sample::Samples;
use crate::contact::Text;
use crate::write::RunOutput;
use crate::write::output::Written;

/// A finished run, seen by the report.
pub struct Facts<'a> {
    pub run: &'a RunOutput<'a>,
    pub samples: &'a Samples,
    /// The files that stand beside the page.
    pub files: &'a [Written],
    /// Pairs that wait for a person.
    pub review: u64,
    pub rules: ReportRules,
    pub meanings: Meanings,
    /// By comparison of the match model: the fields whose values it looks at.
    pub compared: BTreeMap<String, Vec<String>>,
    /// By source.
    pub systems: Vec<System>,
    /// The values of the stage in their order, those outside of it last.
    pub stages: Vec<(String, Option<u32>)>,
    /// The rows of each source: records are sorted by it.
    pub ranges: Vec<Range<usize>>,
}

/// A golden record in a list.
#[derive(Clone, Debug, Default)]
pub struct Person {
    pub golden_id: String,
    pub name: String,
    pub beside: Vec<String>,
    pub stage: String,
}

impl<'a> Facts<'a> {
    #[must_use]
    pub fn of(
        run: &'a RunOutput<'a>,
        samples: &'a Samples,
        files: &'a [Written],
        review: usize,
    ) -> Self {
        let rules = ReportRules::load(run.rulebook);
        let mut ranges = vec![0..0; run.records.sources.len()];
        for (row, origin) in run.records.origin.iter().enumerate() {
            let range: &mut Range<usize> = &mut ranges[usize::from(origin.source)];
            if range.start == range.end {
                *range = row..row;
            }
            range.end = row + 1;
        }
        Self {
            run,
            samples,
            files,
            review: review as u64,
            systems: systems(run.records, run.plan, run.rulebook),
            stages: rules.stages(run.rulebook),
            ranges,
            compared: compared_fields(run.rulebook),
            meanings: Meanings::load(run.rulebook),
            rules,
        }
    }

    #[must_use]
    pub fn sources(&self) -> usize {
        self.run.records.sources.len()
    }

    /// The name of a source, as it may be shown.
    #[must_use]
    pub fn source(&self, at: usize) -> String {
        clean(&self.run.records.sources[at].name).into_owned()
    }

    /// The sources that have a record of a golden record, ascending.
    pub fn sources_of(&self, golden: usize) -> impl Iterator<Item = u16> + '_ {
        let mut last = None;
        let rows = self.run.merged.clusters.of(golden).iter();
        rows.map(|&row| self.run.records.origin[row as usize].source)
            .filter(move |source| last.replace(*source) != Some(*source))
    }

    /// A column of the validated table.
    #[must_use]
    pub fn column(&self, field: &str) -> Option<&'a Text> {
        self.run.table.column(field)
    }

    /// A golden record as a list shows it.
    #[must_use]
    pub fn person(&self, golden: usize) -> Person {
        let table = &self.run.merged.golden;
        let stage = table.get(&self.rules.stage, golden);
        Person {
            golden_id: self.run.merged.golden_ids[golden].clone(),
            name: self.rules.name_of(table, golden),
            beside: self.rules.beside(table, golden),
            stage: stage
                .map(|stage| self.rules.label(stage))
                .unwrap_or_default(),
        }
    }

    /// `people`, or what else the records are of: for one and for many.
    #[must_use]
    pub fn noun(&self) -> (&'static str, &'static str) {
        let report = &self.run.linked.report;
        if report.organisations == 0 {
            ("person", "people")
        } else if report.organisations == report.records {
            ("organisation", "organisations")
        } else {
            ("person or organisation", "people and organisations")
        }
    }

    /// The address of a file beside the page, if it was written.
    #[must_use]
    pub fn link(&self, file: &str) -> Option<String> {
        let there = self.files.iter().any(|written| written.file == file);
        there.then(|| address(file))
    }

    /// How far a stage is: 0 for one outside the order.
    #[must_use]
    pub fn rank(&self, stage: &str) -> u32 {
        let known = self.stages.iter().find(|(name, _)| name == stage);
        known.and_then(|(_, order)| *order).unwrap_or(0)
    }
}
