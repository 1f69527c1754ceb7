//! Mapping: made-up exports of each system and language, as the reader gives them.

use karat::contact::{EventKind, FailureKind, Table, Text};
use karat::map::{Mapped, map};
use karat::plan::{Bounds, GatePlan, MatchPlan, OutputPlan, Plan, SourcePlan};
use karat::read::{FileRead, SourceRead, Torn};
use karat::rulebook::Rulebook;

/// A source as read: a header line and records, cells separated by `|`.
fn read(name: &str, path: &str, text: &str) -> SourceRead {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let headers: Vec<String> = lines
        .next()
        .unwrap_or_default()
        .split('|')
        .map(|h| h.trim().to_owned())
        .collect();
    let rows: Vec<Vec<&str>> = lines
        .map(|line| {
            line.split('|')
                .map(|cell| cell.trim_matches(['\u{20}']))
                .collect()
        })
        .collect();
    let mut table = Table::new(rows.len());
    for (at, header) in headers.iter().enumerate() {
        let column: Text = rows.iter().map(|row| row.get(at).copied()).collect();
        table.set(header, column);
    }
    SourceRead {
        name: name.to_owned(),
        files: vec![FileRead {
            path: path.to_owned(),
            ..FileRead::default()
        }],
        headers,
        at: (0..rows.len())
            .map(|row| (0, u32::try_from(row).unwrap_or(0) + 2))
            .collect(),
        table,
        ..SourceRead::default()
    }
}

pub fn plan(sources: Vec<SourcePlan>) -> Plan {
    Plan {
        name: "test".into(),
        base: ".".into(),
        country: None,
        timezone: None,
        run_date: "2026-01-01".into(),
        rules: Vec::new(),
        decisions: None,
        sources,
        matching: MatchPlan::default(),
        merge: Vec::new(),
        gate: GatePlan::default(),
        output: OutputPlan {
            dir: "out".into(),
            csv: true,
            parquet: false,
            guard_formulas: true,
        },
        bounds: Bounds::default(),
        threads: None,
    }
}

fn mapped(source: SourceRead) -> Mapped {
    map(vec![source], &plan(Vec::new()), &Rulebook::builtin()).expect("maps")
}

/// `header → column` of the only source, one a line.
fn columns(mapped: &Mapped) -> String {
    let source = &mapped.records.sources[0];
    let mut out = format!("{}\n", source.system.as_deref().unwrap_or("no system"));
    for (header, column) in source.headers.iter().zip(&source.columns) {
        out.push_str(&format!("{header} -> {column}\n"));
    }
    out
}

fn of_headers(headers: &str) -> String {
    columns(&mapped(read("s", "s.csv", headers)))
}

#[test]
fn a_salesforce_data_loader_file() {
    let got = of_headers(
        "Id|AccountId|Account.Name|Salutation|FirstName|LastName|Title|Email|MobilePhone|HomePhone|MailingStreet|MailingState|MailingPostalCode|Contact_Status__c|HasOptedOutOfEmail|Birthdate|OwnerId|Owner.Name|LastModifiedDate",
    );
    insta::assert_snapshot!(got, @"");
}

#[test]
fn german_words() {
    let got = of_headers(
        "Kundennummer|Anrede|Vorname|Name|Firma|E-Mail-Adresse|Telefon|Handy|Strasse|PLZ|Ort|Land|Geburtsdatum",
    );
    insta::assert_snapshot!(got, @"");
}
