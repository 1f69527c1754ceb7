//! A plan for files without one, and any plan as TOML.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use super::check::{Checked, Overrides, parse};
use super::checked::{
    Bounds, ComparisonPlan, GatePlan, GuardsPlan, KeyPlan, MatchPlan, MergeField, Plan, RecordKind,
    SourcePlan,
};
use crate::contact::{Diagnostic, Failure, FailureKind};
use crate::rulebook::Rulebook;

/// The plan that reads these files, one source a file, each named after its
/// file's stem.
///
/// # Errors
/// Exit 3 with every file that is not there; exit 2 for a wrong flag.
pub fn draft(
    inputs: &[PathBuf],
    overrides: &Overrides,
    rulebook: &Rulebook,
) -> Result<Checked, Failure> {
    let mut text = String::new();
    let mut names = BTreeSet::new();
    for input in inputs {
        let Some(path) = input.to_str() else {
            return Err(Failure::one(
                FailureKind::Input,
                Diagnostic::error(
                    "input_name_not_utf8",
                    format!("the file name '{}' is not UTF-8", input.display()),
                )
                .hint("rename the file"),
            ));
        };
        let name = unique(stem(input), &mut names);
        let _ = writeln!(
            text,
            "[[source]]\nname = {}\npath = {}\n",
            quoted(&name),
            quoted(path)
        );
    }
    parse(&text, "", "karat", Path::new(""), overrides, rulebook)
}

/// A plan's TOML: what was set or found, defaults left out.
#[must_use]
pub fn to_toml(plan: &Plan) -> String {
    let mut out = Toml::default();
    out.table("[plan]");
    out.text("name", Some(&plan.name));
    out.text("country", plan.country.as_deref());
    out.text("timezone", plan.timezone.as_deref());
    out.text("run_date", Some(&plan.run_date));
    let relative = |path: &PathBuf| {
        let path = path.strip_prefix(&plan.base).unwrap_or(path);
        path.display().to_string()
    };
    out.list(
        "rules",
        &plan.rules.iter().map(relative).collect::<Vec<_>>(),
    );
    out.text(
        "decisions",
        plan.decisions.as_ref().map(relative).as_deref(),
    );
    for source in &plan.sources {
        write_source(&mut out, source);
    }
    write_match(&mut out, &plan.matching);
    for field in &plan.merge {
        write_merge(&mut out, field);
    }
    write_gate(&mut out, &plan.gate);
    out.table("[output]");
    out.text("dir", Some(&relative(&plan.output.dir)));
    let formats = [("csv", plan.output.csv), ("parquet", plan.output.parquet)];
    let formats: Vec<String> = formats
        .iter()
        .filter(|(_, on)| *on)
        .map(|(name, _)| (*name).to_owned())
        .collect();
    out.list("format", &formats);
    if !plan.output.guard_formulas {
        out.text("formulas", Some("raw"));
    }
    if !plan.output.evidence {
        out.flag("evidence", Some(false));
    }
    if !plan.output.report {
        out.raw("report", false);
    }
    write_bounds(&mut out, &plan.bounds);
    out.text
}

fn write_source(out: &mut Toml, source: &SourcePlan) {
    out.table("[[source]]");
    out.text("name", Some(&source.name));
    if !source.was.is_empty() {
        out.list("was", &source.was);
    }
    out.text("path", Some(&source.path));
    out.text("system", source.system.as_deref());
    out.text("role", source.role.as_deref());
    if source.trust != 0.5 {
        out.raw("trust", source.trust);
    }
    out.text("id", source.id.as_deref());
    if let Some(columns) = &source.columns {
        out.list("columns", columns);
    }
    out.text("country", source.country.as_deref());
    out.text("timezone", source.timezone.as_deref());
    out.text("dates", source.dates.as_deref());
    let reading = &source.reading;
    out.text("format", reading.format.as_deref());
    out.text("encoding", reading.encoding.as_deref());
    out.text("delimiter", reading.delimiter.map(String::from).as_deref());
    out.text("quote", reading.quote.map(String::from).as_deref());
    out.flag("wrapped", reading.wrapped);
    out.number("header_line", reading.header_line.map(u64::from));
    out.number("footer_lines", reading.footer_lines.map(u64::from));
    out.text("sheet", reading.sheet.as_deref());
    let map: Vec<String> = source
        .map
        .iter()
        .map(|(field, headers)| match headers.as_slice() {
            [one] => format!("{field} = {}", quoted(one)),
            several => format!("{field} = {}", list(several)),
        })
        .collect();
    out.inline("map", &map);
    let constants: Vec<String> = source
        .constants
        .iter()
        .map(|(field, value)| format!("{field} = {}", quoted(value)))
        .collect();
    out.inline("constants", &constants);
}

fn write_match(out: &mut Toml, matching: &MatchPlan) {
    out.table("[match]");
    out.raw("threshold", matching.threshold);
    let (low, high) = matching.review;
    out.raw("review", format!("[{low}, {high}]"));
    let defaults = MatchPlan::default();
    if matching.partners != defaults.partners {
        out.raw("partners", matching.partners);
    }
    if matching.max_block != defaults.max_block {
        out.raw("max_block", matching.max_block);
    }
    if !matching.learn {
        out.raw("learn", matching.learn);
    }
    let without: Vec<String> = matching
        .without
        .iter()
        .filter_map(|one| serde_json::to_value(one).ok()?.as_str().map(str::to_owned))
        .collect();
    out.list("without", &without);
    for comparison in &matching.comparisons {
        write_comparison(out, comparison);
    }
    for key in &matching.keys {
        write_key(out, key);
    }
    write_guards(out, &matching.guards);
}

fn write_key(out: &mut Toml, key: &KeyPlan) {
    out.table("[[match.key]]");
    out.text("name", Some(&key.name));
    write_records(out, key.records);
    if !key.used {
        out.raw("use", key.used);
    }
    if let Some(parts) = &key.parts {
        let parts: Vec<String> = parts
            .iter()
            .map(|any| match any.as_slice() {
                [one] => quoted(one),
                several => list(several),
            })
            .collect();
        out.raw("parts", format!("[{}]", parts.join(", ")));
    }
    if let Some(unless) = &key.unless {
        out.raw("unless", list(unless));
    }
    out.number("letters", key.letters.map(u64::from));
    out.number("words", key.words.map(u64::from));
}

fn write_guards(out: &mut Toml, guards: &GuardsPlan) {
    if *guards == GuardsPlan::default() {
        return;
    }
    out.table("[match.guards]");
    for (key, bits) in [
        ("clip", guards.clip),
        ("ruled_out", guards.ruled_out),
        ("uncompared", guards.uncompared),
        ("alone", guards.alone),
        ("loose", guards.loose),
    ] {
        if let Some(bits) = bits {
            out.raw(key, bits);
        }
    }
    out.number("full", guards.full.map(u64::from));
    out.number("full_pairs", guards.full_pairs);
}

/// People are what is meant when nothing is said.
fn write_records(out: &mut Toml, records: RecordKind) {
    if records != RecordKind::default() {
        out.text("records", Some(records.name()));
    }
}

fn write_comparison(out: &mut Toml, comparison: &ComparisonPlan) {
    out.table("[[match.comparison]]");
    out.text("name", Some(&comparison.name));
    write_records(out, comparison.records);
    for (key, on) in [
        ("use", comparison.used),
        ("estimate", comparison.estimate),
        ("rarity", comparison.rarity),
    ] {
        if !on {
            out.raw(key, on);
        }
    }
    for level in &comparison.levels {
        out.table("[[match.comparison.level]]");
        out.text("name", Some(&level.name));
        if !level.used {
            out.raw("use", level.used);
        }
        for (key, number) in [("m", level.m), ("bits", level.bits)] {
            if let Some(number) = number {
                out.raw(key, number);
            }
        }
    }
}

fn write_merge(out: &mut Toml, field: &MergeField) {
    out.table("[[merge.field]]");
    out.text("field", Some(&field.field));
    let strategies: Vec<String> = field
        .strategies
        .iter()
        .filter_map(|one| serde_json::to_value(one).ok()?.as_str().map(str::to_owned))
        .collect();
    out.list("strategy", &strategies);
    out.list("sources", &field.sources);
}

fn write_gate(out: &mut Toml, gate: &GatePlan) {
    let mut own = Toml::default();
    for (key, value) in [
        ("max_error_share", gate.max_error_share),
        ("max_quarantine_share", gate.max_quarantine_share),
        ("max_golden_shrink", gate.max_golden_shrink),
        ("max_golden_growth", gate.max_golden_growth),
        ("max_changed_share", gate.max_changed_share),
        ("max_source_shrink", gate.max_source_shrink),
        ("max_merge_share", gate.max_merge_share),
    ] {
        if let Some(value) = value {
            own.raw(key, value);
        }
    }
    own.number("max_merges", gate.max_merges);
    own.number("max_splits", gate.max_splits);
    own.number("max_lost_ids", gate.max_lost_ids);
    own.number("max_cluster_size", gate.max_cluster_size);
    own.number("min_records", gate.min_records);
    own.list("soft", &gate.soft);
    if !own.text.is_empty() {
        out.table("[gate]");
        out.text.push_str(&own.text);
    }
}

fn write_bounds(out: &mut Toml, bounds: &Bounds) {
    let defaults = Bounds::default();
    let mut own = Toml::default();
    for (key, value, default) in [
        (
            "max_unpacked_bytes",
            bounds.max_unpacked_bytes,
            defaults.max_unpacked_bytes,
        ),
        (
            "max_unpack_ratio",
            bounds.max_unpack_ratio,
            defaults.max_unpack_ratio,
        ),
        ("max_cells", bounds.max_cells, defaults.max_cells),
        (
            "max_nesting",
            bounds.max_nesting.into(),
            defaults.max_nesting.into(),
        ),
        (
            "max_field_bytes",
            bounds.max_field_bytes,
            defaults.max_field_bytes,
        ),
        (
            "max_columns",
            bounds.max_columns.into(),
            defaults.max_columns.into(),
        ),
    ] {
        if value != default {
            own.number(key, Some(value));
        }
    }
    if !own.text.is_empty() {
        out.table("[bounds]");
        out.text.push_str(&own.text);
    }
}

/// Keys of a table, one a line.
#[derive(Default)]
struct Toml {
    text: String,
}

impl Toml {
    fn table(&mut self, header: &str) {
        if !self.text.is_empty() {
            self.text.push('\n');
        }
        self.raw_line(header);
    }

    fn text(&mut self, key: &str, value: Option<&str>) {
        if let Some(value) = value {
            self.raw(key, quoted(value));
        }
    }

    fn number(&mut self, key: &str, value: Option<u64>) {
        if let Some(value) = value {
            self.raw(key, value);
        }
    }

    fn flag(&mut self, key: &str, value: Option<bool>) {
        if let Some(value) = value {
            self.raw(key, value);
        }
    }

    fn list(&mut self, key: &str, values: &[String]) {
        if !values.is_empty() {
            self.raw(key, list(values));
        }
    }

    fn inline(&mut self, key: &str, entries: &[String]) {
        if !entries.is_empty() {
            self.raw(key, format!("{{ {} }}", entries.join(", ")));
        }
    }

    fn raw(&mut self, key: &str, value: impl std::fmt::Display) {
        self.raw_line(&format!("{key} = {value}"));
    }

    fn raw_line(&mut self, line: &str) {
        self.text.push_str(line);
        self.text.push('\n');
    }
}

fn quoted(text: &str) -> String {
    toml::Value::String(text.to_owned()).to_string()
}

fn list(values: &[String]) -> String {
    let values: Vec<String> = values.iter().map(|value| quoted(value)).collect();
    format!("[{}]", values.join(", "))
}

/// A file's name without its endings, as a source's name.
fn stem(path: &Path) -> String {
    let name = path
        .file_name()
        .map(|name| name.to_string_lossy())
        .unwrap_or_default();
    let mut stem: &str = &name;
    for packed in [".gz", ".zst"] {
        stem = stem.strip_suffix(packed).unwrap_or(stem);
    }
    let stem = match stem.rfind('.') {
        Some(at) if at > 0 => &stem[..at],
        _ => stem,
    };
    let clean: String = stem
        .chars()
        .map(|c| match c {
            c if c.is_control() || "/\\:*?\"<>|,;[]".contains(c) => '_',
            c => c,
        })
        .take(60)
        .collect();
    match clean.trim_matches(['.', ' ', '_', '-']) {
        "" if name == "-" => "stdin".to_owned(),
        "" => "files".to_owned(),
        clean => clean.to_owned(),
    }
}

/// The name, or the name with the first free number.
fn unique(name: String, taken: &mut BTreeSet<String>) -> String {
    let mut candidate = name.clone();
    let mut number = 2;
    while !taken.insert(candidate.to_lowercase()) {
        candidate = format!("{name} {number}");
        number += 1;
    }
    candidate
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sources_are_named_after_their_files() {
        let stem = |path: &str| stem(Path::new(path));
        assert_eq!(stem("exports/crm.2024.csv.gz"), "crm.2024");
        assert_eq!(stem("-"), "stdin");
        assert_eq!(stem(".csv"), "csv");
        assert_eq!(stem("a;b.csv"), "a_b");
        assert_eq!(stem("exports/crm-*.csv"), "crm");
        assert_eq!(stem("*.csv"), "files");
        let mut taken = BTreeSet::new();
        assert_eq!(unique("Crm".into(), &mut taken), "Crm");
        assert_eq!(unique("crm".into(), &mut taken), "crm 2");
    }
}
