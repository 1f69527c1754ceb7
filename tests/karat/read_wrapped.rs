//! Files whose lines are one quoted cell each: `karat read`, and the plan's `wrapped`.

use super::read::{read, read_with};

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
