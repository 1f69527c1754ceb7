//! The comma-separated lists of `rules/`: `#` lines are provenance, the first
//! other line is the header.

use crate::rulebook::Rulebook;

/// The rows of a list, in file order; a missing file has none. Cells are trimmed.
#[must_use]
pub fn rows(rulebook: &Rulebook, path: &str) -> Vec<csv::StringRecord> {
    csv::ReaderBuilder::new()
        .comment(Some(b'#'))
        .flexible(true)
        .trim(csv::Trim::All)
        .from_reader(rulebook.file(path).unwrap_or("").as_bytes())
        .into_records()
        .filter_map(Result::ok)
        .collect()
}

/// The values of a cell, parted by `;`.
pub fn values(cell: Option<&str>) -> impl Iterator<Item = &str> {
    cell.unwrap_or("")
        .split(';')
        .map(str::trim)
        .filter(|value| !value.is_empty())
}
