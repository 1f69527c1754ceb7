//! Files whose lines are one quoted cell each: `karat read`, and the plan's `wrapped`.

use proptest::prelude::*;

use super::read::{read, read_directly, read_with};

const WRAPPED: &str = "\"Email,First Name,Note\"\r\n\"a@x.com,\"\"Ann\"\",\"\"one, two\"\"\"\r\n\"b@x.com,Bob,\"\"two\r\nlines\"\"\"\r\n\"c@x.com,\"\"Cy \"\"\"\"C\"\"\"\" Lee\"\",\"\r\n";

#[test]
fn rows_are_taken_out_of_their_cells() {
    let read = read(WRAPPED);
    assert_eq!(read.columns, ["Email", "First Name", "Note"]);
    assert_eq!(
        read.rows,
        [
            ["a@x.com", "Ann", "one, two"],
            ["b@x.com", "Bob", "two\r\nlines"],
            ["c@x.com", "Cy \"C\" Lee", ""],
        ]
    );
    assert_eq!(read.lines, [2, 3, 5]);
    assert!(read.torn.is_empty(), "{:?}", read.torn);
    assert_eq!(read.codes, ["input_rows_wrapped"]);
    assert_eq!(read.file["wrapped"], true);
    assert_eq!(read.file["delimiter"], ",");
    assert!(
        read.said.contains("each row in one quoted cell"),
        "{}",
        read.said
    );
}

/// Closing lines stand as they are.
#[test]
fn a_line_that_is_no_cell_is_read_as_it_stands() {
    let text = "\"Email,First Name,Zip\"\n\"a@x.com,\"\"Ann\"\",02134\"\nTotal,,1\n";
    let read = read(text);
    assert_eq!(read.rows, [["a@x.com", "Ann", "02134"]]);
    assert_eq!(read.file["footer_lines"], 1);
}

#[test]
fn the_plan_may_decline_and_force_it() {
    let declined = read_with("in.csv", WRAPPED.as_bytes(), &["--wrapped", "false"]);
    assert_eq!(declined.columns, ["Email,First Name,Note"]);
    assert_eq!(declined.rows.len(), 3);
    assert!(declined.file["wrapped"].is_null());
    let doubtful = "\"Last, First\"\n\"Lee, Ann\"\n\"Ray, Bob\"\n";
    assert_eq!(read(doubtful).columns, ["Last, First"]);
    let forced = read_with("in.csv", doubtful.as_bytes(), &["--wrapped", "true"]);
    assert_eq!(forced.columns.len(), 2);
    assert_eq!(forced.rows.len(), 2);
}

/// A spreadsheet whose delimiter is another one quotes only the lines with quotes in them.
#[test]
fn single_rows_are_taken_out_among_others() {
    let text = "Email,First Name,Company\na@x.com,Ann,Acme\n\"b@x.com,Bob,\"\"Acme, Inc\"\"\"\nc@x.com,Cy,Acme\n\"one, two, three\"\n";
    let read = read(text);
    assert_eq!(read.rows.len(), 3);
    assert_eq!(read.rows[1], ["b@x.com", "Bob", "Acme, Inc"]);
    assert_eq!(read.torn.len(), 1);
    assert_eq!(read.torn[0].0, 5);
    assert!(read.codes.contains(&"input_rows_wrapped".to_owned()));
}

#[test]
fn an_open_quote_costs_its_own_row_only() {
    let text = "\"Email,First Name,Zip\"\n\"a@x.com,Ann,1\"\n\"b@x.com,Bob,2\n\"c@x.com,\"\"Cy\"\",3\"\n\"d@x.com,Dee,4\"\n";
    let read = read(text);
    let emails: Vec<&str> = read.rows.iter().map(|row| row[0].as_str()).collect();
    assert_eq!(emails, ["a@x.com", "c@x.com", "d@x.com"]);
    assert_eq!(read.torn.len(), 1);
    assert_eq!(read.torn[0].0, 3);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    /// A table whose lines were quoted once more comes back as it was.
    #[test]
    fn what_was_wrapped_comes_back(
        rows in proptest::collection::vec(
            proptest::collection::vec("[ -~äßЖ中\n\"]{0,10}", 4), 1..10),
        delimiter in prop_oneof![Just(b','), Just(b';'), Just(b'\t'), Just(b'|')],
        quote_all in any::<bool>(),
    ) {
        let style = if quote_all { csv::QuoteStyle::Always } else { csv::QuoteStyle::Necessary };
        let header = ["Email", "First Name", "Last Name", "Company"].map(str::to_owned).to_vec();
        // Guards and labels of closing lines are taken off on purpose: not here.
        let rows: Vec<Vec<String>> = rows
            .iter()
            .map(|row| row.iter().map(|cell| format!("x{cell}")).collect())
            .collect();
        let mut text = String::new();
        for row in std::iter::once(&header).chain(&rows) {
            let mut writer = csv::WriterBuilder::new()
                .delimiter(delimiter)
                .quote_style(style)
                .from_writer(Vec::new());
            writer.write_record(row).unwrap();
            let line = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let line = line.strip_suffix('\n').unwrap_or(&line).replace('"', "\"\"");
            text.push_str(&format!("\"{line}\"\n"));
        }
        let read = read_directly(text.as_bytes(), "a.csv").unwrap();
        prop_assert!(read.files[0].wrapped, "{}", text);
        prop_assert_eq!(read.torn.len(), 0);
        prop_assert_eq!(read.table.rows(), rows.len());
        for (at, row) in rows.iter().enumerate() {
            for (column, value) in read.table.names().iter().zip(row) {
                prop_assert_eq!(read.table.get(column, at).unwrap_or(""), value.as_str());
            }
        }
    }
}
