//! The report of `karat check` as text of at most 100 columns.

use std::fmt::Write as _;

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Table, Width};

use super::check_report::{CheckReport, Finding, Verdict};

const WIDTH: u16 = 100;

/// The whole report; with `colour`, severities and verdicts in colour.
#[must_use]
pub fn text(report: &CheckReport, colour: bool) -> String {
    let mut out = String::new();
    sources(&mut out, report);
    findings(&mut out, report);
    gates(&mut out, report);
    verdict(&mut out, report);
    if colour { coloured(&out) } else { out }
}

fn sources(out: &mut String, report: &CheckReport) {
    let _ = writeln!(out, "SOURCES");
    let mut table = plain(&[
        "source", "system", "files", "records", "torn", "held out", "errors",
    ]);
    for source in &report.sources {
        table.add_row([
            source.source.clone(),
            source
                .system
                .clone()
                .unwrap_or_else(|| "not recognised".to_owned()),
            source.files.to_string(),
            count(source.records),
            count(source.torn),
            count(source.quarantined),
            count(source.error_records),
        ]);
    }
    right(&mut table, 2..7);
    lines(out, &table);
}

fn findings(out: &mut String, report: &CheckReport) {
    if report.findings.is_empty() {
        let _ = writeln!(out, "\nFINDINGS\n none: every record keeps every rule");
        return;
    }
    let of = |severity: &str| {
        report
            .findings
            .iter()
            .filter(|finding| finding.severity == severity)
            .count()
    };
    let _ = writeln!(
        out,
        "\nFINDINGS (rules broken: {} error, {} warning, {} info)",
        of("error"),
        of("warning"),
        of("info")
    );
    let mut table = plain(&[
        "severity",
        "rule",
        "records",
        "share",
        "example, and why it matters",
    ]);
    for finding in &report.findings {
        table.add_row([
            finding.severity.to_owned(),
            finding.rule.clone(),
            count(finding.records),
            percent(finding.share),
            what(finding),
        ]);
    }
    right(&mut table, 2..4);
    // Short columns stay whole; what is left is for the words.
    for (at, width) in [(0usize, 10u16), (1, 31), (2, 11), (3, 9)] {
        if let Some(column) = table.column_mut(at) {
            column.set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(width)));
        }
    }
    lines(out, &table);
}

/// Where, which value, what is wrong, who acts, why.
fn what(finding: &Finding) -> String {
    let example = &finding.example;
    let mut text = format!("{}:{}", example.file, example.line);
    if !example.field.is_empty() {
        let _ = write!(text, " {}", example.field);
    }
    if let Some(value) = &example.value {
        let _ = write!(text, " {value}");
    }
    let _ = write!(text, "\n{}", example.message);
    let done = match finding.action {
        "quarantine" => "held out",
        "clear" => "value taken out",
        "fix" => "fixed, or a fix is proposed",
        _ => "",
    };
    if !done.is_empty() {
        let _ = write!(text, " [{done}]");
    }
    match (finding.owner.as_str(), finding.why.as_str()) {
        ("", "") => {}
        (owner, "") => {
            let _ = write!(text, "\n→ {owner}");
        }
        ("", why) => {
            let _ = write!(text, "\n→ {why}");
        }
        (owner, why) => {
            let _ = write!(text, "\n→ {owner}: {why}");
        }
    }
    text
}

fn gates(out: &mut String, report: &CheckReport) {
    if report.gates.is_empty() {
        return;
    }
    let _ = writeln!(out, "\nGATES");
    let mut table = plain(&["verdict", "gate", "value", "limit", "if broken"]);
    for gate in &report.gates {
        let show = |value: f64| {
            if gate.name.ends_with("_share") || gate.name.ends_with("_shrink") {
                percent(value)
            } else {
                format!("{value}")
            }
        };
        table.add_row([
            if gate.held { "held" } else { "BROKEN" }.to_owned(),
            gate.name.to_owned(),
            show(gate.value),
            show(gate.limit),
            if gate.soft { "warn" } else { "publish nothing" }.to_owned(),
        ]);
    }
    right(&mut table, 2..4);
    lines(out, &table);
}

fn verdict(out: &mut String, report: &CheckReport) {
    let _ = writeln!(
        out,
        "\n{} records: {} held out ({} torn), {} with errors",
        count(report.records),
        count(report.held),
        count(report.torn),
        count(report.error_records)
    );
    let broken: Vec<&str> = report
        .gates
        .iter()
        .filter(|gate| !gate.held)
        .map(|gate| gate.name)
        .collect();
    let broken = broken.join(", ");
    let _ = match report.verdict {
        Verdict::Publishable => writeln!(out, "OK: nothing here stops a run"),
        Verdict::SoftGateBroken => {
            writeln!(
                out,
                "WARNING: a run would be published with a warning ({broken})"
            )
        }
        Verdict::HardGateBroken => {
            writeln!(out, "STOP: a run would publish nothing ({broken})")
        }
    };
}

fn plain(header: &[&str]) -> Table {
    let mut table = Table::new();
    table
        .load_preset(comfy_table::presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(WIDTH)
        .set_header(header.iter().copied());
    table
}

fn right(table: &mut Table, columns: std::ops::Range<usize>) {
    for at in columns {
        if let Some(column) = table.column_mut(at) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn lines(out: &mut String, table: &Table) {
    for line in table.to_string().lines() {
        let _ = writeln!(out, "{}", line.trim_end());
    }
}

/// `1234567` as `1,234,567`.
fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A share for people; what is there is never shown as nothing.
fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if percent > 0.0 && percent < 0.1 {
        "<0.1 %".to_owned()
    } else {
        format!("{percent:.1} %")
    }
}

/// Colours the first word of a line where it is a severity or a verdict. Done on
/// the finished text, so that widths are counted without escape codes.
fn coloured(text: &str) -> String {
    const WORDS: [(&str, &str); 10] = [
        (" error ", "31"),
        (" warning ", "33"),
        (" info ", "36"),
        (" held ", "32"),
        (" BROKEN ", "31"),
        ("OK:", "32"),
        ("WARNING:", "33"),
        ("STOP:", "31"),
        ("SOURCES", "1"),
        ("GATES", "1"),
    ];
    let mut out = String::with_capacity(text.len() + 256);
    for line in text.lines() {
        let found = WORDS
            .iter()
            .find(|(word, _)| line.starts_with(word))
            .copied()
            .or_else(|| line.starts_with("FINDINGS").then_some(("FINDINGS", "1")));
        match found {
            Some((word, code)) => {
                let rest = line.get(word.len()..).unwrap_or_default();
                let _ = writeln!(out, "\u{1b}[{code}m{word}\u{1b}[0m{rest}");
            }
            None => {
                let _ = writeln!(out, "{line}");
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::contact::{Held, Origin, Records, SourceInfo, Table, Text};
    use crate::plan::GatePlan;
    use crate::rulebook::Rulebook;
    use crate::validate::{Known, Validated, load_files, run};

    /// Four made-up badge scans and a torn row, under the built-in rules.
    fn report() -> CheckReport {
        let cells = |values: [&str; 5]| -> Text { values.map(Some).into_iter().collect() };
        let mut table = Table::new(5);
        table.set("given_name", cells(["Ann", "Bob", "", "Cy", ""]));
        table.set("family_name", cells(["Lee", "bob", "", "Orr", ""]));
        table.set(
            "email",
            cells(["ann@example.com", "", "", "cy@example.com", ""]),
        );
        table.set(
            "country",
            cells(["BG", "BG", "BG", "Atlantis\u{1b}[31m", ""]),
        );
        table.set(
            "birth_date",
            cells(["1980-01-01", "", "", "1066-10-14", ""]),
        );
        let torn = Held {
            rule: "row_too_long".to_owned(),
            reason: "7 fields where the header has 5".to_owned(),
            raw: Some("a,b,c".to_owned()),
        };
        let records = Records {
            sources: vec![SourceInfo {
                name: "badges".to_owned(),
                system: None,
                files: vec!["exports/badges.csv".to_owned()],
                ..SourceInfo::default()
            }],
            origin: (2..7)
                .map(|line| Origin {
                    source: 0,
                    file: 0,
                    line,
                })
                .collect(),
            record_id: Some(cells(["1", "2", "3", "4", "5"])),
            table,
            held: BTreeMap::from([(4, torn)]),
            ..Records::default()
        };
        let rulebook = Rulebook::builtin();
        let known = Known {
            fields: rulebook.fields(),
            columns: None,
            sources: None,
        };
        let rules = load_files(&[], &rulebook, &known).expect("the rulebook is sound");
        let validated: Validated = run(
            &rules,
            records.table.clone(),
            &records,
            rulebook.fields(),
            "2026-01-01",
            Vec::new(),
            &crate::watch::Silent,
        )
        .expect("the rules run");
        let gates = GatePlan {
            max_error_share: Some(0.02),
            max_quarantine_share: Some(0.5),
            ..GatePlan::default()
        };
        CheckReport::new(&records, &validated, &rules, &gates)
    }

    #[test]
    fn the_table_says_where_what_and_who() {
        insta::assert_snapshot!(text(&report(), false));
    }

    #[test]
    fn it_fits_a_hundred_columns_and_hides_control_codes() {
        let text = text(&report(), false);
        for line in text.lines() {
            assert!(line.chars().count() <= 100, "{line}");
        }
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn colours_change_no_words() {
        let mut plain = text(&report(), true);
        for code in ["31", "32", "33", "36", "1", "0"] {
            plain = plain.replace(&format!("\u{1b}[{code}m"), "");
        }
        assert_eq!(plain, text(&report(), false));
    }

    #[test]
    fn the_json_has_the_same_counts() {
        let value = serde_json::to_value(report()).expect("plain data");
        assert_eq!(value["records"], 5);
        assert_eq!(value["torn"], 1);
        assert_eq!(value["verdict"], "hard_gate_broken");
        assert_eq!(value["findings"][0]["severity"], "error");
    }

    #[test]
    fn numbers_are_shown_for_people() {
        assert_eq!(count(1_234_567), "1,234,567");
        assert_eq!(count(12), "12");
        assert_eq!(percent(0.0), "0.0 %");
        assert_eq!(percent(0.000_01), "<0.1 %");
    }
}
