//! Several values in one cell: joined by `;`, a `;` inside a value written `\;`.

use std::borrow::Cow;

/// Joins values into one cell; empty ones are left out.
#[must_use]
pub fn join<'a>(values: impl IntoIterator<Item = &'a str>) -> String {
    let mut cell = String::new();
    for value in values {
        push(&mut cell, value);
    }
    cell
}

/// Adds a value to a cell of several.
pub fn push(cell: &mut String, value: &str) {
    if value.is_empty() {
        return;
    }
    if !cell.is_empty() {
        // So that a backslash at the end of a value is not read as an escape.
        if cell.ends_with('\\') {
            cell.push(' ');
        }
        cell.push(';');
    }
    if value.contains(';') {
        cell.push_str(&value.replace(';', "\\;"));
    } else {
        cell.push_str(value);
    }
}

/// The values of a cell, trimmed, empty ones left out.
#[must_use]
pub fn split(cell: &str) -> Vec<Cow<'_, str>> {
    let mut parts = Vec::new();
    let mut start = 0;
    for (at, _) in cell.match_indices(';') {
        if !cell[start..at].ends_with('\\') {
            parts.push(&cell[start..at]);
            start = at + 1;
        }
    }
    parts.push(&cell[start..]);
    parts
        .into_iter()
        .map(str::trim)
        .filter(|part| !part.is_empty())
        .map(|part| {
            if part.contains("\\;") {
                Cow::Owned(part.replace("\\;", ";"))
            } else {
                Cow::Borrowed(part)
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_went_in() {
        let cell = join(["a;b", "", "c\\", "d"]);
        assert_eq!(cell, "a\\;b;c\\ ;d");
        assert_eq!(split(&cell), ["a;b", "c\\", "d"]);
    }

    #[test]
    fn a_plain_list_is_split_and_trimmed() {
        assert_eq!(split(" x ; y;;"), ["x", "y"]);
    }
}
