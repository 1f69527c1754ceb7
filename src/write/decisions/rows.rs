//! A CSV text, cell by cell, with the bytes that each cell takes: what a fault marks.

/// A cell: its value, and its bytes in the text, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cell {
    pub value: String,
    pub start: usize,
    pub end: usize,
}

/// A line that is neither empty nor a comment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    pub cells: Vec<Cell>,
    pub start: usize,
    /// Without the line end.
    pub end: usize,
    /// Bytes of a quote that is not closed, or closed too early, and which of it.
    pub torn: Option<(usize, usize, &'static str)>,
}

/// The rows of a text; a line that begins with `#` is a comment.
#[must_use]
pub fn rows(text: &str) -> Vec<Row> {
    let bytes = text.as_bytes();
    let mut rows = Vec::new();
    let mut at = 0;
    while at < bytes.len() {
        match bytes[at] {
            b'\n' | b'\r' => at += 1,
            b'#' => at = line_end(bytes, at),
            _ => {
                let row = row(text, at);
                at = row.end;
                if row.cells.iter().any(|cell| !cell.value.trim().is_empty()) || row.torn.is_some()
                {
                    rows.push(row);
                }
            }
        }
    }
    rows
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    bytes[from..]
        .iter()
        .position(|b| matches!(b, b'\n' | b'\r'))
        .map_or(bytes.len(), |at| from + at)
}

fn row(text: &str, start: usize) -> Row {
    let bytes = text.as_bytes();
    let mut row = Row {
        cells: Vec::new(),
        start,
        end: start,
        torn: None,
    };
    let mut at = start;
    loop {
        let (cell, torn) = cell(text, at);
        at = cell.end;
        row.torn = row.torn.or(torn);
        row.cells.push(cell);
        if bytes.get(at) != Some(&b',') {
            break;
        }
        at += 1;
    }
    row.end = at;
    row
}

type Torn = Option<(usize, usize, &'static str)>;

/// The cell that begins at a byte; it ends before a comma, a line end, or the text's end.
fn cell(text: &str, start: usize) -> (Cell, Torn) {
    let bytes = text.as_bytes();
    let plain_end = |from: usize| {
        bytes[from..]
            .iter()
            .position(|b| matches!(b, b',' | b'\n' | b'\r'))
            .map_or(bytes.len(), |at| from + at)
    };
    if bytes.get(start) != Some(&b'"') {
        let end = plain_end(start);
        let value = text[start..end].to_owned();
        return (Cell { value, start, end }, None);
    }
    let mut value = String::new();
    let mut from = start + 1;
    loop {
        let Some(quote) = text[from..].find('"').map(|at| from + at) else {
            // The rest of its line is taken, so that one quote does not eat the file.
            let end = line_end(bytes, start);
            let value = text[start + 1..end].to_owned();
            let torn = Some((start, end, "this quote is not closed"));
            return (Cell { value, start, end }, torn);
        };
        value.push_str(&text[from..quote]);
        if bytes.get(quote + 1) == Some(&b'"') {
            value.push('"');
            from = quote + 2;
            continue;
        }
        let end = plain_end(quote + 1);
        let rest = &text[quote + 1..end];
        let torn = (!rest.trim().is_empty()).then_some((
            quote,
            end,
            "a quote closes before the cell ends; inside of quotes a quote is written twice",
        ));
        value.push_str(rest.trim_end());
        return (Cell { value, start, end }, torn);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values(text: &str) -> Vec<Vec<String>> {
        rows(text)
            .into_iter()
            .map(|row| row.cells.into_iter().map(|cell| cell.value).collect())
            .collect()
    }

    #[test]
    fn cells_have_values_and_bytes() {
        let text = "# a note\r\na,\"b, \"\"c\"\"\nd\",\r\n\n,,\n é ,x";
        assert_eq!(
            values(text),
            [
                vec!["a".to_owned(), "b, \"c\"\nd".into(), String::new()],
                vec![" é ".into(), "x".into()]
            ]
        );
        for row in rows(text) {
            for cell in &row.cells {
                let raw = &text[cell.start..cell.end];
                assert!(raw == cell.value || raw.starts_with('"'), "{raw}");
            }
        }
    }

    #[test]
    fn a_torn_quote_takes_its_line_only() {
        let text = "a,\"b\nc,d\n\"e\"f,g\n";
        let found = rows(text);
        assert_eq!(found.len(), 1, "up to the next quote: {found:?}");
        assert!(found[0].torn.is_some());
        let text = "c,d\na,\"b\ne,f\n";
        let found = rows(text);
        assert_eq!(found.len(), 3);
        assert!(found[1].torn.is_some() && found[0].torn.is_none() && found[2].torn.is_none());
        assert!(rows("a,\"b\"c\n")[0].torn.is_some());
    }

    proptest::proptest! {
        /// What the library writes is read as it was.
        #[test]
        fn what_is_written_comes_back(cells in proptest::collection::vec("[a#,\"\\r\\né ]{0,6}", 1..6)) {
            let mut writer = csv::Writer::from_writer(Vec::new());
            writer.write_record(["x"].into_iter().chain(cells.iter().map(String::as_str))).unwrap();
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let mut expected = vec!["x".to_owned()];
            expected.extend(cells);
            proptest::prop_assert_eq!(values(&text), vec![expected]);
        }

        #[test]
        fn no_text_breaks_it(text in "[a#,\"\\r\\né ]{0,40}") {
            let mut last = 0;
            for row in rows(&text) {
                proptest::prop_assert!(row.start >= last && row.end >= row.start);
                last = row.end;
            }
        }
    }
}
