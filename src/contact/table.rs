//! The column contract between stages: named text columns of one length.
//!
//! A cell is missing or a non-empty string; the empty string is never stored.
//! Cloning a table or a column is cheap (reference counts).

use super::text::Text;

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

    fn position(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

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
