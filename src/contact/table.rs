//! The column contract between stages: named text columns of one length.
//!
//! A cell is missing (null) or a non-empty string; the empty string is never
//! stored. Columns are polars `String` columns of exactly one chunk, so that a
//! cell is one look-up. Cloning a table or a column is cheap (reference counts).

use polars::prelude::*;

/// One text column: `len` cells, each missing or a non-empty string.
#[derive(Clone, Debug)]
pub struct Text {
    array: StringChunked,
}

impl Text {
    /// Wraps a polars column, made one chunk; empty strings become missing.
    #[must_use]
    pub fn from_polars(column: &StringChunked) -> Self {
        let has_empty = column.iter().any(|cell| cell == Some(""));
        if has_empty {
            column.iter().collect()
        } else {
            Self {
                array: column.rechunk().into_owned(),
            }
        }
    }

    /// A column of missing cells.
    #[must_use]
    pub fn missing(len: usize) -> Self {
        Self {
            array: StringChunked::full_null(PlSmallStr::EMPTY, len),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.array.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.array.is_empty()
    }

    /// The cell of `row`, or `None` when it is missing.
    ///
    /// # Panics
    /// When `row` is not below [`Text::len`]: rows come from the table itself.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.array.get(row)
    }

    /// All cells in row order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> + '_ {
        self.array.iter()
    }

    /// How many cells are not missing.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.array.len() - self.array.null_count()
    }

    /// The cells at `rows`, in that order.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        rows.iter().map(|&row| self.get(row as usize)).collect()
    }

    #[must_use]
    pub fn as_polars(&self) -> &StringChunked {
        &self.array
    }
}

impl<S: AsRef<str>> FromIterator<Option<S>> for Text {
    fn from_iter<I: IntoIterator<Item = Option<S>>>(cells: I) -> Self {
        let cells = cells.into_iter();
        let mut builder = TextBuilder::with_capacity(cells.size_hint().0);
        for cell in cells {
            builder.push(cell);
        }
        builder.finish()
    }
}

/// Builds a [`Text`] cell by cell.
pub struct TextBuilder {
    builder: StringChunkedBuilder,
    len: usize,
}

impl TextBuilder {
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            builder: StringChunkedBuilder::new(PlSmallStr::EMPTY, rows),
            len: 0,
        }
    }

    /// Adds a cell; the empty string counts as missing.
    pub fn push<S: AsRef<str>>(&mut self, cell: Option<S>) {
        self.len += 1;
        match cell {
            Some(text) if !text.as_ref().is_empty() => self.builder.append_value(text.as_ref()),
            _ => self.builder.append_null(),
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    #[must_use]
    pub fn finish(self) -> Text {
        Text {
            array: self.builder.finish().rechunk().into_owned(),
        }
    }
}

/// Named text columns of one length, in a fixed order.
#[derive(Clone, Debug, Default)]
pub struct Table {
    rows: usize,
    names: Vec<String>,
    columns: Vec<Text>,
}

impl Table {
    #[must_use]
    pub fn new(rows: usize) -> Self {
        Self {
            rows,
            names: Vec::new(),
            columns: Vec::new(),
        }
    }

    #[must_use]
    pub fn rows(&self) -> usize {
        self.rows
    }

    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The column called `name`, if there is one.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Text> {
        self.position(name).map(|at| &self.columns[at])
    }

    /// The cell of `name` in `row`; `None` when the column or the value is missing.
    #[must_use]
    pub fn get(&self, name: &str, row: usize) -> Option<&str> {
        self.column(name).and_then(|column| column.get(row))
    }

    /// All columns with their names, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Text)> {
        self.names.iter().map(String::as_str).zip(&self.columns)
    }

    /// Adds a column at the end, or replaces the one of that name in its place.
    ///
    /// # Panics
    /// When the column's length is not the table's: a fault in the stage.
    pub fn set(&mut self, name: &str, column: Text) {
        assert_eq!(column.len(), self.rows, "column {name} has another length");
        match self.position(name) {
            Some(at) => self.columns[at] = column,
            None => {
                self.names.push(name.to_owned());
                self.columns.push(column);
            }
        }
    }

    /// Takes a column out.
    pub fn remove(&mut self, name: &str) -> Option<Text> {
        let at = self.position(name)?;
        self.names.remove(at);
        Some(self.columns.remove(at))
    }

    /// The rows at `rows`, in that order.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        use rayon::prelude::*;
        Self {
            rows: rows.len(),
            names: self.names.clone(),
            columns: self.columns.par_iter().map(|c| c.take(rows)).collect(),
        }
    }

    /// The same table as a polars frame (for SQL conditions and Parquet).
    ///
    /// # Errors
    /// When polars refuses the columns; names are unique, so it should not.
    pub fn to_frame(&self) -> PolarsResult<DataFrame> {
        let columns = self
            .iter()
            .map(|(name, column)| {
                let mut array = column.as_polars().clone();
                array.rename(name.into());
                array.into_series().into_column()
            })
            .collect();
        DataFrame::new(self.rows, columns)
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_strings_are_missing() {
        let column: Text = [Some("a"), Some(""), None].into_iter().collect();
        assert_eq!(column.get(0), Some("a"));
        assert_eq!(column.get(1), None);
        assert_eq!(column.filled(), 1);
    }

    #[test]
    fn take_reorders_rows() {
        let mut table = Table::new(3);
        table.set("x", ["a", "b", "c"].map(Some).into_iter().collect());
        let taken = table.take(&[2, 0]);
        assert_eq!(taken.rows(), 2);
        assert_eq!(taken.get("x", 0), Some("c"));
        assert_eq!(taken.get("x", 1), Some("a"));
    }
}
