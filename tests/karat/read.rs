//! `karat read`: files as exports really are, one case each.

use std::io::Write as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use proptest::prelude::*;
use serde_json::Value;
use tempfile::TempDir;

/// What came out: columns, rows, (line, rule) of torn rows, codes of diagnostics.
#[derive(Debug)]
pub(crate) struct Read {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<String>>,
    pub lines: Vec<u64>,
    pub torn: Vec<(u64, String, String)>,
    pub codes: Vec<String>,
    /// Messages of diagnostics.
    pub messages: Vec<String>,
    /// What was said on stderr.
    pub said: String,
    pub file: Value,
}

fn karat(path: &Path, args: &[&str]) -> std::process::Output {
    Command::cargo_bin("karat")
        .unwrap()
        .arg("read")
        .arg(path)
        .args(args)
        .output()
        .unwrap()
}

pub(crate) fn read_with(name: &str, bytes: &[u8], args: &[&str]) -> Read {
    let dir = TempDir::new().unwrap();
    let path = file(&dir, name, bytes);
    let mut all = vec!["--json"];
    all.extend(args);
    let output = karat(&path, &all);
    let code = output.status.code();
    assert_eq!(code, Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let value: Value = serde_json::from_slice(&output.stdout).unwrap();
    let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
    let list = |value: &Value| value.as_array().unwrap().clone();
    Read {
        columns: list(&value["columns"]).iter().map(text).collect(),
        rows: list(&value["records"])
            .iter()
            .map(|record| list(&record["values"]).iter().map(text).collect())
            .collect(),
        lines: list(&value["records"])
            .iter()
            .map(|record| record["line"].as_u64().unwrap())
            .collect(),
        torn: list(&value["torn"])
            .iter()
            .map(|t| {
                (
                    t["line"].as_u64().unwrap(),
                    text(&t["rule"]),
                    text(&t["raw"]),
                )
            })
            .collect(),
        codes: list(&value["diagnostics"])
            .iter()
            .map(|d| text(&d["code"]))
            .collect(),
        messages: list(&value["diagnostics"])
            .iter()
            .map(|d| text(&d["message"]))
            .collect(),
        said: String::from_utf8_lossy(&output.stderr).into_owned(),
        file: value["files"][0].clone(),
    }
}

pub(crate) fn read(bytes: impl AsRef<[u8]>) -> Read {
    read_with("in.csv", bytes.as_ref(), &[])
}

/// The messages of a file that can't be read (exit 3).
pub(crate) fn refused(name: &str, bytes: &[u8], args: &[&str]) -> String {
    let dir = TempDir::new().unwrap();
    let output = karat(&file(&dir, name, bytes), args);
    assert_eq!(output.status.code(), Some(3));
    assert!(output.stdout.is_empty());
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains(name), "names no file: {message}");
    message
}

pub(crate) fn file(dir: &TempDir, name: &str, bytes: &[u8]) -> PathBuf {
    let path = dir.path().join(name);
    std::fs::write(&path, bytes).unwrap();
    path
}

const PEOPLE: &str = "Email,First Name,Zip\nann@x.com,Ann,02134\nbob@x.com,Bob,00501\n";

#[test]
fn every_delimiter_line_end_and_mark() {
    for delimiter in [",", ";", "\t", "|"] {
        for end in ["\n", "\r\n", "\r"] {
            for bom in ["", "\u{feff}"] {
                let text = format!("{bom}{}", PEOPLE.replace(',', delimiter).replace('\n', end));
                let read = read(text);
                assert_eq!(read.columns, ["Email", "First Name", "Zip"]);
                assert_eq!(read.rows[0], ["ann@x.com", "Ann", "02134"]);
                assert_eq!(read.lines, [2, 3], "{delimiter:?} {end:?}");
                assert!(read.torn.is_empty());
            }
        }
    }
}

#[test]
fn encodings_are_told_and_can_be_forced() {
    let text = "Email;Vorname;Ort\nj@x.de;Jürgen;Köln\nr@x.fr;Renée;Orléans\n";
    let (latin, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    assert_eq!(read(&latin).rows[0][1], "Jürgen");
    let forced = read_with("in.csv", &latin, &["--encoding", "iso-8859-1"]);
    assert_eq!(forced.rows[1][2], "Orléans");
    let mut utf16 = vec![0xff, 0xfe];
    utf16.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
    let read = read(&utf16);
    assert_eq!(read.rows[1][2], "Orléans");
    assert_eq!(read.file["encoding"], "UTF-16LE with BOM");
    let message = refused("in.csv", &latin, &["--encoding", "utf-9"]);
    assert!(message.contains("did you mean \"utf-8\""), "{message}");
}

#[test]
fn an_open_quote_costs_one_record() {
    let text = "Email,First Name,Note\na@x.com,Ann,ok\nb@x.com,Bob,\"open\nc@x.com,\"Cid\",fine\nd@x.com,Dan,ok\n";
    let read = read(text);
    let emails: Vec<&str> = read.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(emails, ["a@x.com", "c@x.com", "d@x.com"]);
    assert_eq!(read.lines, [2, 4, 5]);
    assert_eq!(read.torn.len(), 1);
    assert_eq!(read.torn[0].0, 3);
    assert_eq!(read.torn[0].2, "b@x.com,Bob,\"open");
}

#[test]
fn an_open_quote_that_nothing_closes_costs_one_record() {
    let mut text = String::from("Email,First Name,Note\nb@x.com,Bob,\"open\n");
    for n in 0..500 {
        text.push_str(&format!("p{n}@x.com,P,ok\n"));
    }
    let read = read(text);
    assert_eq!(read.rows.len(), 500);
    assert_eq!(read.torn[0].1, "quote_unclosed");
    assert_eq!(read.torn.len(), 1);
}

#[test]
fn an_open_quote_that_closes_well_swallows_nobody() {
    let text = "Email,First Name,Note\na@x.com,Ann,\"open\nb@x.com,Bob,6'\"\nc@x.com,Cid,ok\n";
    let read = read(text);
    let emails: Vec<&str> = read.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(emails, ["b@x.com", "c@x.com"]);
    assert_eq!(read.torn[0].0, 2);
}

#[test]
fn ragged_rows_and_stray_quotes_are_torn_alone() {
    let text = "Email,First Name,Note\na@x.com,Ann\nb@x.com,Bob,1,2\n\"Cid \"C\" Lee\",c,d\nd@x.com,D,5\" pipe\n";
    let read = read(text);
    assert_eq!(read.rows, [["d@x.com", "D", "5\" pipe"]]);
    let torn: Vec<(u64, &str)> = read.torn.iter().map(|t| (t.0, t.1.as_str())).collect();
    assert_eq!(
        torn,
        [
            (2, "row_too_short"),
            (3, "row_too_long"),
            (4, "quote_stray")
        ]
    );
}

#[test]
fn a_torn_record_of_several_lines_keeps_its_text_together() {
    let text = "Email,Street,Note\na@x.com,\"1 Road\nFlat 2\",\"Bob \"B\" Lee\"\nb@x.com,x,y\n";
    let read = read(text);
    assert_eq!(read.rows.len(), 1);
    assert_eq!(read.torn.len(), 1);
    assert_eq!(
        read.torn[0].2,
        "a@x.com,\"1 Road\nFlat 2\",\"Bob \"B\" Lee\""
    );
}

#[test]
fn values_with_line_breaks_are_whole() {
    let text = "Email,Note,Zip\r\na@x.com,\"one\r\ntwo, \"\"three\"\"\",02134\r\nb@x.com,x,1\r\n";
    let read = read(text);
    assert_eq!(read.rows[0], ["a@x.com", "one\r\ntwo, \"three\"", "02134"]);
    assert_eq!(read.lines, [2, 4]);
}

#[test]
fn sep_line_preamble_and_footer_are_no_records() {
    let read1 = read("sep=;\nEmail;First Name;Zip\na@x.com;Ann;1,5\n");
    assert_eq!(read1.rows, [["a@x.com", "Ann", "1,5"]]);
    assert_eq!(read1.file["header_line"], 2);
    let linkedin = "Notes:\n\"When exporting your data, some, emails, may be missing\"\n\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\nAnn,Lee,https://x.com/in/ann,,Acme,CEO,12 Mar 2024\n";
    let read2 = read(linkedin);
    assert_eq!(read2.file["header_line"], 4);
    assert_eq!(read2.rows.len(), 1);
    let salesforce = "\"Contact ID\",\"First Name\",\"Account Name\",\"Email\"\n\"003000000000001\",\"Ann\",\"Acme\",\"a@x.com\"\n\n\"Grand Totals (1 records)\"\n\"Confidential Information - Do Not Distribute\"\n\"Copyright (c) 2000-2026 salesforce.com, inc. All rights reserved.\"\n";
    let read3 = read(salesforce);
    assert_eq!(read3.rows.len(), 1);
    assert!(read3.torn.is_empty(), "{:?}", read3.torn);
    assert_eq!(read3.file["footer_lines"], 3);
}

#[test]
fn of_a_report_with_sections_the_attendees_are_read() {
    let text = "Attendee Report\nReport Generated:,\"Mar 12, 2024 10:00 AM\"\nTopic,Webinar ID,# Registrants\nDemo,123 456,12\nHost Details,\nAttended,User Name (Original Name),Email\nYes,Host,host@x.com\nAttendee Details,\nAttended,User Name (Original Name),First Name,Last Name,Email\nYes,Ann,Ann,Lee,ann@x.com\nNo,Bob,Bob,Ray,bob@x.com\nOther Attended,\nUser Name,Join Time\n15551234567,10:00\n";
    let read = read(text);
    assert_eq!(read.rows.len(), 2, "{read:?}");
    assert_eq!(read.file["header_line"], 9);
    assert!(read.torn.is_empty());
    assert!(read.codes.contains(&"input_lines_aside".to_owned()));
}

#[test]
fn headers_twice_empty_and_inside_the_data() {
    let read1 = read("Email,Email,\na@x.com,b@x.com,c\n");
    assert_eq!(read1.columns, ["Email", "Email (2)", "column 3"]);
    let glued = format!("{PEOPLE}{PEOPLE}");
    let read2 = read(glued);
    assert_eq!(read2.rows.len(), 4);
    assert!(read2.codes.contains(&"header_repeated".to_owned()));
    assert_eq!(read2.file["footer_lines"], 1);
}

#[test]
fn totals_are_held_out_or_left_out_but_never_records() {
    let read = read("Email,First Name,Total Paid\na@x.com,Ann,5\nTOTALS,,5\n");
    assert_eq!(read.rows.len(), 1);
    assert_eq!(read.file["footer_lines"], 1);
}

#[test]
fn without_a_header_columns_are_asked_for() {
    let text = b"ann@x.com,Ann,02134\nbob@x.com,Bob,00501\n";
    let message = refused("in.csv", text, &[]);
    assert!(message.contains("columns = ["), "{message}");
    let named = read_with("in.csv", text, &["--columns", "Email,Name,Zip"]);
    assert_eq!(named.rows.len(), 2);
    assert_eq!(named.columns, ["Email", "Name", "Zip"]);
    let numbered = read_with("in.csv", text, &["--header-line", "0"]);
    assert_eq!(numbered.columns, ["column 1", "column 2", "column 3"]);
}

#[test]
fn guards_go_and_values_stay() {
    let read = read("Phone,Zip,Last Name\n'+39 333,\"=\"\"0123\"\"\",'t Hooft\n");
    assert_eq!(read.rows[0], ["+39 333", "0123", "'t Hooft"]);
    assert_eq!(read.codes, ["text_guard_taken_off"; 2]);
}

#[test]
fn broken_bytes_and_nuls_are_told_with_their_line() {
    let read = read(b"Email,Ort\na@x.com,K\xc3\xb6ln \xc3\xa9\nb@x.com,x\xff\nc@x.com,y\0z\n");
    assert_eq!(read.rows.len(), 3);
    assert_eq!(read.rows[1][1], "x\u{fffd}");
    assert_eq!(read.codes, ["input_broken_text", "input_nul"]);
}

#[test]
fn gzip_and_zstd_are_unpacked_and_a_cut_one_is_refused() {
    let mut gz = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    gz.write_all(PEOPLE.as_bytes()).unwrap();
    let gz = gz.finish().unwrap();
    assert_eq!(read_with("in.csv.gz", &gz, &[]).rows.len(), 2);
    let zst = zstd::encode_all(PEOPLE.as_bytes(), 1).unwrap();
    let read = read_with("in.csv.zst", &zst, &[]);
    assert_eq!(read.file["compression"], "zstd");
    let message = refused("cut.csv.gz", &gz[..gz.len() - 12], &[]);
    assert!(message.contains("ends too early"), "{message}");
}

#[test]
fn what_is_no_table_is_named() {
    assert!(refused("a.pdf", b"%PDF-1.7 ...", &[]).contains("a PDF document"));
    assert!(refused("a.csv", b"", &[]).contains("empty"));
    assert!(refused("a.csv", b"\n\n\n", &[]).contains("blank lines"));
    let junk: Vec<u8> = (0..4000_u32).map(|n| (n * 7919 % 251) as u8).collect();
    assert!(refused("a.bin", &junk, &[]).contains("no text"));
    let dir = TempDir::new().unwrap();
    let output = karat(dir.path(), &[]);
    assert_eq!(output.status.code(), Some(3));
    file(&dir, "people.csv", PEOPLE.as_bytes());
    let output = karat(&dir.path().join("peple.csv"), &[]);
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.contains("people.csv"), "{message}");
}

#[test]
fn a_header_alone_is_no_error() {
    let read = read("Email,First Name\n");
    assert!(read.rows.is_empty());
    assert_eq!(read.codes, ["input_no_records"]);
}

#[test]
fn json_keeps_digits_and_a_bad_line_costs_itself() {
    let text = "{\"Email\":\"a@x.com\",\"id\":12345678901234567890.10,\"a\":{\"b\":\"c\"},\"tags\":[\"x\",\"y\"]}\n{bad}\n42\n{\"Email\":\"b@x.com\",\"Email\":null}\n";
    let read1 = read_with("in.ndjson", text.as_bytes(), &[]);
    assert_eq!(read1.columns, ["Email", "id", "a.b", "tags", "Email (2)"]);
    assert_eq!(
        read1.rows[0],
        ["a@x.com", "12345678901234567890.10", "c", "x;y", ""]
    );
    let torn: Vec<(u64, &str)> = read1.torn.iter().map(|t| (t.0, t.1.as_str())).collect();
    assert_eq!(torn, [(2, "json_syntax"), (3, "json_not_object")]);
    assert_eq!(read1.lines, [1, 4]);
    let array = b"[\n {\"Email\": \"a@x.com\"},\n {\"Email\": \"b@x.com\"}\n]\n";
    let read2 = read_with("in.json", array, &[]);
    assert_eq!(read2.lines, [2, 3]);
    let wrapped = b"{\"results\": [{\"Email\": \"a@x.com\"}], \"paging\": null}";
    assert_eq!(read_with("in.json", wrapped, &[]).columns, ["Email"]);
    let message = refused("bad.json", b"[\n {\"a\": 1},\n {\"a\" 2}\n]", &[]);
    assert!(message.contains("bad.json:3"), "{message}");
    let deep = format!("{}1{}", "{\"a\":".repeat(100), "}".repeat(100));
    assert!(refused("deep.json", deep.as_bytes(), &[]).contains("max_nesting"));
}

#[test]
fn parquet_comes_as_text() {
    use polars::prelude::*;
    let mut frame = df!(
        "Email" => ["a@x.com", "b@x.com"],
        "Zip" => ["02134", ""],
        "n" => [Some(1.0), None],
    )
    .unwrap();
    let mut bytes = Vec::new();
    polars_io::parquet::write::ParquetWriter::new(&mut bytes)
        .finish(&mut frame)
        .unwrap();
    let read = read_with("in.parquet", &bytes, &[]);
    assert_eq!(read.columns, ["Email", "Zip", "n"]);
    assert_eq!(read.rows, [["a@x.com", "02134", "1"], ["b@x.com", "", ""]]);
    refused("cut.parquet", &bytes[..bytes.len() / 2], &[]);
}

fn source(path: PathBuf) -> karat::plan::SourcePlan {
    karat::plan::SourcePlan {
        name: "s".into(),
        path: path.display().to_string(),
        files: vec![path],
        ..Default::default()
    }
}

pub(crate) fn read_directly(
    bytes: &[u8],
    name: &str,
) -> Result<karat::read::SourceRead, karat::contact::Failure> {
    let dir = TempDir::new().unwrap();
    let plan = source(file(&dir, name, bytes));
    karat::read::read_source(
        &plan,
        &karat::plan::Bounds::default(),
        &karat::rulebook::Rulebook::builtin(),
        &karat::watch::Silent,
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    /// Whatever the bytes, there is a table or a named error.
    #[test]
    fn no_bytes_make_the_reader_panic(
        bytes in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..600),
            "[a-c@\",;|\t\r\n\\[\\]{}:0-9é]{0,300}".prop_map(String::into_bytes),
        ],
        name in prop_oneof!["a\\.csv", "a\\.json", "a\\.ndjson", "a\\.xlsx", "a"],
    ) {
        if let Err(failure) = read_directly(&bytes, &name) {
            prop_assert!(failure.diagnostics.iter().all(|d| d.place.is_some()));
        }
    }

    /// A well-formed table comes back as it was written.
    #[test]
    fn what_was_written_comes_back(
        rows in proptest::collection::vec(
            proptest::collection::vec("[ -~äßéžЖ中\n\"]{0,12}", 4), 1..12),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')],
        crlf in any::<bool>(),
        quote_all in any::<bool>(),
        encoding in 0..3_u8,
    ) {
        let header = ["Email", "First Name", "Last Name", "Company"];
        let mut writer = csv::WriterBuilder::new()
            .delimiter(delimiter)
            .terminator(if crlf { csv::Terminator::CRLF } else { csv::Terminator::Any(b'\n') })
            .quote_style(if quote_all { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary })
            .from_writer(Vec::new());
        writer.write_record(header).unwrap();
        // Guards and labels of closing lines are taken off on purpose: not here.
        let rows: Vec<Vec<String>> = rows
            .into_iter()
            .map(|row| row.iter().map(|cell| format!("x{cell}")).collect())
            .collect();
        for row in &rows {
            writer.write_record(row).unwrap();
        }
        let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
        let bytes = match encoding {
            0 => text.into_bytes(),
            1 => [b"\xef\xbb\xbf".to_vec(), text.into_bytes()].concat(),
            _ => std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(u16::to_be_bytes).collect(),
        };
        let read = read_directly(&bytes, "a.csv").unwrap();
        prop_assert_eq!(read.torn.len(), 0);
        prop_assert_eq!(read.table.rows(), rows.len());
        for (at, row) in rows.iter().enumerate() {
            for (column, value) in read.table.names().iter().zip(row) {
                prop_assert_eq!(read.table.get(column, at).unwrap_or(""), value.as_str());
            }
        }
    }
}

#[test]
fn read_linkedin_connections_below_their_notes() {
    for count in [1, 3, 30] {
        let mut text = "Notes:\n\"When exporting, you may notice, some are missing.\"\n\nFirst Name,Last Name,URL,Email Address,Company,Position,Connected On\n".to_owned();
        for n in 0..count {
            text +=
                &format!("Ann,Lee,https://www.linkedin.com/in/annlee{n},,Beta,VP,12 Mar 2024\n");
        }
        let dos = format!("\u{feff}{}", text.replace('\n', "\r\n"));
        for text in [text, dos] {
            let read = read(text);
            assert_eq!(read.file["header_line"], 4, "{read:?}");
            assert_eq!(read.rows.len(), count);
            assert!(read.torn.is_empty());
        }
    }
}

#[test]
fn read_json_that_wraps_its_list_on_one_line() {
    for end in ["", "\n", "\n\n\r\n\n\n"] {
        let text = format!(
            "{{\"results\":[{{\"email\":\"a@x.com\"}},{{\"email\":\"b@x.com\"}}],\"total\":2}}{end}"
        );
        for name in ["a.json", "a.data"] {
            let read = read_with(name, text.as_bytes(), &[]);
            assert_eq!(read.columns, ["email"], "{name} {end:?}");
            assert_eq!(read.rows.len(), 2);
        }
    }
}
