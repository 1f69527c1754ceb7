//! What is larger than the plan allows: small files that unpack to much, long lines,
//! many rows. The message names the file, the bound and the setting that lifts it.

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use tempfile::TempDir;

use super::command::{Ended, karat_in};
use super::read_sheets::workbook;

const HEADER: &str = "Email,First Name,Last Name\n";

/// `karat check` of one file, with bounds of the plan.
fn check(name: &str, bytes: &[u8], bounds: &str) -> Ended {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join(name), bytes).unwrap();
    plan(folder.path(), name, bounds);
    karat_in(folder.path(), &["check", "karat.toml"])
}

fn plan(folder: &Path, name: &str, bounds: &str) {
    let text = format!("[[source]]\nname = \"s\"\npath = \"{name}\"\n\n[bounds]\n{bounds}\n");
    fs::write(folder.join("karat.toml"), text).unwrap();
}

fn refused(name: &str, bytes: &[u8], bounds: &str, words: &[&str]) {
    let ended = check(name, bytes, bounds);
    assert_eq!(ended.code, 3, "{name}: {}", ended.err);
    let key = bounds.split(' ').next().unwrap();
    let raise = format!("raise `{key}` under `[bounds]` in the plan");
    for word in [name, key, &raise].iter().chain(words) {
        assert!(ended.err.contains(word), "{name}: no {word}: {}", ended.err);
    }
}

/// The same bytes are taken when the bound is lifted: it is the bound that refuses.
fn taken(name: &str, bytes: &[u8], bounds: &str) {
    let ended = check(name, bytes, bounds);
    assert_eq!(ended.code, 0, "{name}: {}", ended.err);
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut packer = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    packer.write_all(bytes).unwrap();
    packer.finish().unwrap()
}

/// A table of many like rows.
fn rows(count: usize) -> String {
    let mut text = HEADER.to_owned();
    for n in 0..count {
        let _ = writeln!(text, "p{n}@x.com,Ann,Lee");
    }
    text
}

/// Twelve megabytes of one row.
fn bomb() -> Vec<u8> {
    let row = b"ann@x.com,Ann,Lee\n";
    [HEADER.as_bytes(), &row.repeat((12 << 20) / row.len())].concat()
}

#[test]
fn packed_text_is_bounded_by_size_and_by_ratio() {
    let text = rows(400);
    let packed = [
        ("a.csv.gz", gzip(text.as_bytes())),
        ("a.csv.zst", zstd::encode_all(text.as_bytes(), 19).unwrap()),
    ];
    for (name, bytes) in packed {
        assert!(bytes.len() < 4096);
        refused(
            name,
            &bytes,
            "max_unpacked_bytes = 4096",
            &["larger than 4096 bytes"],
        );
        taken(name, &bytes, "max_unpacked_bytes = 100000");
    }
    let bomb = bomb();
    let packed = [
        ("b.csv.gz", gzip(&bomb)),
        ("b.csv.zst", zstd::encode_all(bomb.as_slice(), 19).unwrap()),
    ];
    for (name, bytes) in packed {
        assert!(bytes.len() < 64 << 10);
        refused(
            name,
            &bytes,
            "max_unpack_ratio = 20",
            &["packed bytes unpack to more than 20 times as many"],
        );
    }
}

/// The directory of a ZIP may lie about sizes, so the content counts. The entry is over
/// what could be harmless, and the whole under what any workbook of this size has.
#[test]
fn a_workbook_is_bounded_by_what_it_unpacks_to() {
    let mut rows = String::new();
    for n in 2..30_000 {
        let _ = write!(
            rows,
            r#"<row r="{n}"><c r="A{n}" t="inlineStr"><is><t>p{n}@x.com</t></is></c><c r="B{n}"><v>{}</v></c></row>"#,
            n * 7919 % 100_003
        );
    }
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>Email</t></is></c><c r="B1" t="inlineStr"><is><t>Number</t></is></c></row>{rows}</sheetData></worksheet>"#
    );
    let bytes = workbook(&sheet, &[]);
    assert!(bytes.len() > 64 << 10 && sheet.len() > 2 << 20);
    refused(
        "a.xlsx",
        &bytes,
        "max_unpacked_bytes = 1000000",
        &["larger than 1000000 bytes"],
    );
    refused(
        "a.xlsx",
        &bytes,
        "max_cells = 1000",
        &["more than 1000 cells"],
    );
    taken("a.xlsx", &bytes, "max_unpacked_bytes = 10000000");
}

#[test]
fn a_workbook_that_swells_is_refused_by_its_ratio() {
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let blanks = " ".repeat(80 << 20);
    let sheet = format!(
        r#"<?xml version="1.0"?><worksheet xmlns="{main}"><sheetData>{blanks}</sheetData></worksheet>"#
    );
    let bytes = workbook(&sheet, &[]);
    assert!(bytes.len() < 200 << 10);
    refused(
        "a.xlsx",
        &bytes,
        "max_unpack_ratio = 100",
        &["packed bytes unpack to more than 100 times as many"],
    );
}

#[test]
fn parquet_is_bounded_by_its_own_metadata() {
    use polars::prelude::*;
    let emails: Vec<String> = (0..20_000).map(|n| format!("p{}@x.com", n % 3)).collect();
    let mut frame = df!("Email" => emails).unwrap();
    let mut bytes = Vec::new();
    polars_io::parquet::write::ParquetWriter::new(&mut bytes)
        .finish(&mut frame)
        .unwrap();
    refused(
        "a.parquet",
        &bytes,
        "max_unpacked_bytes = 100",
        &["larger than 100 bytes"],
    );
    refused(
        "a.parquet",
        &bytes,
        "max_cells = 1000",
        &["20000 cells are more than 1000"],
    );
    taken("a.parquet", &bytes, "max_cells = 20000");
}

/// One row more than the bound, with and without a line end at the file's end.
#[test]
fn rows_are_counted_up_to_the_bound_and_not_one_further() {
    for end in ["", "\n"] {
        let fits = format!("{}{end}", rows(10).trim_end());
        taken("a.csv", fits.as_bytes(), "max_cells = 30");
        let more = format!("{}{end}", rows(11).trim_end());
        refused(
            "a.csv",
            more.as_bytes(),
            "max_cells = 30",
            &["more than 10 rows", "a.csv:12"],
        );
    }
}

/// A single long line is no file of blank lines, and a header may be long.
#[test]
fn a_first_line_longer_than_what_is_looked_at() {
    let name = "x".repeat(90);
    let header: Vec<String> = (0..4000).map(|n| format!("{name}{n}")).collect();
    let row = vec!["v"; 4000].join(",");
    let wide = format!("Email,{}\nann@x.com,{row}\n", header.join(","));
    assert!(wide.len() > 300 << 10);
    taken("wide.csv", wide.as_bytes(), "max_columns = 4001");
    for (size, end) in [(300 << 10, ""), (300 << 10, "\n")] {
        let line = format!("{}{end}", "long ".repeat(size / 5));
        let ended = check("line.csv", line.as_bytes(), "");
        assert!(!ended.err.contains("blank lines"), "{}", ended.err);
        assert_eq!(ended.code, 0, "{}", ended.err);
    }
    let endless = "long ".repeat(2 << 20);
    refused(
        "endless.csv",
        endless.as_bytes(),
        "max_field_bytes = 100000",
        &["the first line does not end within", "endless.csv:1"],
    );
    let blank = format!("{}{}", "\n".repeat(600 << 10), rows(2));
    let ended = check("blank.csv", blank.as_bytes(), "");
    assert_eq!(ended.code, 0, "{}", ended.err);
}
