//! One text column: a code for each row into the column's distinct values.
//!
//! Exports repeat themselves: a code costs one, two or four bytes, and stages work
//! once per distinct value. Missing rows before the first and behind the last value
//! cost nothing, so that a column which one of many sources has stays small.

use std::ops::Range;
use std::sync::Arc;

use super::values::{Numbers, Values};
use polars::prelude::{ChunkTake, IdxCa, PlSmallStr, StringChunked, StringChunkedBuilder};
use rayon::prelude::*;

/// One text column: `len` cells, each missing or a non-empty string.
///
/// Cloning is cheap (reference counts).
#[derive(Clone, Debug)]
pub struct Text {
    len: usize,
    /// The row of the first code; the rows before it, and those behind the last
    /// code, are missing.
    first: usize,
    codes: Codes,
    values: Arc<Values>,
    filled: usize,
}

/// 0 is a missing cell, n the value n − 1.
#[derive(Clone, Debug)]
enum Codes {
    One(Arc<Vec<u8>>),
    Two(Arc<Vec<u16>>),
    Four(Arc<Vec<u32>>),
}

impl Codes {
    /// 0 outside.
    fn get(&self, at: usize) -> u32 {
        match self {
            Self::One(codes) => codes.get(at).copied().map_or(0, u32::from),
            Self::Two(codes) => codes.get(at).copied().map_or(0, u32::from),
            Self::Four(codes) => codes.get(at).copied().unwrap_or(0),
        }
    }

    #[allow(clippy::cast_possible_truncation)] // As many values as fit, looked at first.
    fn shrunk(codes: Vec<u32>, values: usize) -> Self {
        if values < 1 << 8 {
            Self::One(Arc::new(codes.iter().map(|&code| code as u8).collect()))
        } else if values < 1 << 16 {
            Self::Two(Arc::new(codes.iter().map(|&code| code as u16).collect()))
        } else {
            let mut codes = codes;
            codes.shrink_to_fit();
            Self::Four(Arc::new(codes))
        }
    }
}

impl Text {
    /// A polars column; empty strings become missing.
    #[must_use]
    pub fn from_polars(column: &StringChunked) -> Self {
        column.iter().collect()
    }

    /// A column of missing cells.
    #[must_use]
    pub fn missing(len: usize) -> Self {
        Self {
            len,
            first: len,
            codes: Codes::One(Arc::default()),
            values: Arc::default(),
            filled: 0,
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

    /// The cell of `row`, or `None` when it is missing.
    ///
    /// # Panics
    /// When `row` is not below [`Text::len`]: rows come from the table itself.
    #[must_use]
    pub fn get(&self, row: usize) -> Option<&str> {
        self.code(row).map(|code| self.values.get(code))
    }

    /// Whether the row has a value: asks for no text, as [`Text::get`] would.
    ///
    /// # Panics
    /// As [`Text::get`].
    #[must_use]
    pub fn has(&self, row: usize) -> bool {
        self.code(row).is_some()
    }

    /// The number of the row's value among the distinct ones; equal codes are equal
    /// values, and different codes different ones.
    ///
    /// # Panics
    /// As [`Text::get`].
    #[must_use]
    pub fn code(&self, row: usize) -> Option<u32> {
        assert!(row < self.len, "row {row} of {}", self.len);
        // Before the first code the difference wraps to a number that no code has.
        self.codes.get(row.wrapping_sub(self.first)).checked_sub(1)
    }

    /// The codes of many rows, plus one; 0 for a missing cell. Rows that stand anywhere
    /// are waited for together.
    #[must_use]
    pub fn codes_of(&self, rows: &[u32]) -> Vec<u32> {
        let at = |row: &u32| (*row as usize).wrapping_sub(self.first);
        match &self.codes {
            Codes::One(codes) => {
                let code = |row| codes.get(at(row)).copied().map_or(0, u32::from);
                rows.iter().map(code).collect()
            }
            Codes::Two(codes) => {
                let code = |row| codes.get(at(row)).copied().map_or(0, u32::from);
                rows.iter().map(code).collect()
            }
            Codes::Four(codes) => {
                let code = |row| codes.get(at(row)).copied().unwrap_or(0);
                rows.iter().map(code).collect()
            }
        }
    }

    /// Whether equal codes of both are equal values, seen from their parts.
    #[must_use]
    pub fn shares_codes(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.values, &other.values)
    }

    /// A column whose cells are values of this one, by code plus one; 0 is a missing cell.
    #[must_use]
    pub fn of_codes(&self, codes: Vec<u32>) -> Self {
        let mut builder = TextBuilder::default();
        builder.set_codes(codes);
        builder.finish_with(Arc::clone(&self.values))
    }

    /// Touches the values of rows that are read next: they may stand anywhere, and in a
    /// loop of nothing else the waits for memory overlap.
    pub fn fetch(&self, rows: Range<usize>) {
        let codes: Vec<u32> = rows.filter_map(|row| self.code(row)).collect();
        self.fetch_codes(&codes);
    }

    /// The same of rows that stand anywhere themselves.
    pub fn fetch_rows(&self, rows: &[u32]) {
        let codes = self.codes_of(rows).into_iter();
        let codes: Vec<u32> = codes.filter_map(|code| code.checked_sub(1)).collect();
        self.fetch_codes(&codes);
    }

    /// The same by code.
    pub fn fetch_codes(&self, codes: &[u32]) {
        Values::fetch(codes.iter().map(|&code| (&*self.values, code)));
    }

    /// How many distinct values there are: codes are below. Not each of them has a row
    /// where the column is one of codes of another (see [`Text::of_codes`]).
    #[must_use]
    pub fn distinct(&self) -> usize {
        self.values.len()
    }

    /// The value of a code.
    ///
    /// # Panics
    /// When `code` is not below [`Text::distinct`].
    #[must_use]
    pub fn value(&self, code: u32) -> &str {
        self.values.get(code)
    }

    /// The distinct values, by code.
    pub fn distinct_values(&self) -> impl Iterator<Item = &str> + '_ {
        self.values.iter()
    }

    /// What `of` makes of each distinct value, by code; on all threads.
    pub fn map_distinct<T: Send>(&self, of: impl Fn(&str) -> T + Sync) -> Vec<T> {
        let codes = 0..u32::try_from(self.distinct()).unwrap_or(u32::MAX);
        codes
            .into_par_iter()
            .map(|code| of(self.value(code)))
            .collect()
    }

    /// The distinct values, shared.
    pub(super) fn dictionary(&self) -> &Arc<Values> {
        &self.values
    }

    /// All cells in row order.
    pub fn iter(&self) -> impl Iterator<Item = Option<&str>> + '_ {
        (0..self.len).map(|row| self.get(row))
    }

    /// How many cells are not missing.
    #[must_use]
    pub fn filled(&self) -> usize {
        self.filled
    }

    /// The cells at `rows`, in that order.
    #[must_use]
    pub fn take(&self, rows: &[u32]) -> Self {
        let mut builder = TextBuilder::with_capacity(rows.len());
        let rows = rows.iter().map(|&row| Some(row as usize));
        builder.copy_all(&mut Copied::alone(self), rows);
        builder.finish()
    }

    /// The distinct values as polars has them, for [`Text::to_polars`] of many ranges of
    /// rows; none where there are hardly fewer of them than rows.
    #[must_use]
    pub fn values_to_polars(&self) -> Option<StringChunked> {
        (self.distinct() < self.len / 4).then(|| self.distinct_values().map(Some).collect())
    }

    /// Some rows of the column as polars has them; `values` are those of
    /// [`Text::values_to_polars`].
    #[must_use]
    pub fn to_polars(&self, rows: Range<usize>, values: Option<&StringChunked>) -> StringChunked {
        // Few values: their texts once, the rows by number.
        if let Some(values) = values {
            let codes: IdxCa = rows.clone().map(|row| self.code(row)).collect();
            if let Ok(taken) = values.take(&codes) {
                return taken;
            }
        }
        let mut builder = StringChunkedBuilder::new(PlSmallStr::EMPTY, rows.len());
        for row in rows {
            builder.append_option(self.get(row));
        }
        builder.finish()
    }

    /// Whether the rows of both hold the same, seen from their parts.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.len == other.len
            && Arc::ptr_eq(&self.values, &other.values)
            && self.first == other.first
            && match (&self.codes, &other.codes) {
                (Codes::One(a), Codes::One(b)) => Arc::ptr_eq(a, b),
                (Codes::Two(a), Codes::Two(b)) => Arc::ptr_eq(a, b),
                (Codes::Four(a), Codes::Four(b)) => Arc::ptr_eq(a, b),
                _ => false,
            }
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

/// A column that cells are copied from: each distinct value is looked up once.
#[derive(Debug)]
pub struct Copied<'a> {
    from: &'a Text,
    /// By the column's code: the builder's code plus one, 0 when not yet known.
    known: Vec<u32>,
    /// The builder has no other values: new ones need not be looked for.
    alone: bool,
}

impl<'a> Copied<'a> {
    #[must_use]
    pub fn of(from: &'a Text) -> Self {
        Self {
            from,
            known: vec![0; from.distinct()],
            alone: false,
        }
    }

    /// As [`Copied::of`], for a builder that gets its values from here and nowhere else.
    #[must_use]
    pub fn alone(from: &'a Text) -> Self {
        Self {
            alone: true,
            ..Self::of(from)
        }
    }

    #[must_use]
    pub fn column(&self) -> &'a Text {
        self.from
    }
}

/// Cells that are looked up together.
const AT_ONCE: usize = 512;

/// Builds a [`Text`] cell by cell.
#[derive(Default)]
pub struct TextBuilder {
    len: usize,
    first: usize,
    codes: Vec<u32>,
    filled: usize,
    values: Values,
    known: Numbers,
}

impl TextBuilder {
    #[must_use]
    pub fn with_capacity(rows: usize) -> Self {
        Self {
            codes: Vec::with_capacity(rows),
            ..Self::default()
        }
    }

    /// With room for all cells and values of these columns, one behind the other.
    #[must_use]
    pub fn for_all_of(columns: &[&Text]) -> Self {
        let sum = |of: fn(&Text) -> usize| columns.iter().map(|column| of(column)).sum();
        let mut builder = Self::with_capacity(sum(Text::len));
        let texts = sum(Text::distinct);
        builder
            .values
            .reserve_exact(texts, sum(|column| column.values.bytes()));
        if columns.len() > 1 {
            builder.known.reserve(texts);
        }
        builder
    }

    /// Adds a cell; the empty string counts as missing.
    pub fn push<S: AsRef<str>>(&mut self, cell: Option<S>) {
        let code = cell.and_then(|text| self.code_of(text.as_ref()));
        self.push_code(code);
    }

    /// Adds some hundred cells at a time, the empty string for a missing one: faster than
    /// one by one where there are many distinct values.
    pub fn extend(&mut self, cells: &[&str]) {
        let filled = cells.iter().copied().filter(|cell| !cell.is_empty());
        let mut codes = self.codes_of(filled).into_iter();
        for cell in cells {
            let code = if cell.is_empty() { None } else { codes.next() };
            self.push_code(code);
        }
    }

    /// The codes of some hundred values, none of them empty, as [`TextBuilder::code_of`]
    /// one after the other gives them.
    pub fn codes_of<'t>(&mut self, texts: impl Iterator<Item = &'t str>) -> Vec<u32> {
        let texts: Vec<&str> = texts.collect();
        self.known.numbers(&mut self.values, &texts)
    }

    /// Adds the cells of `rows` of another column, a missing one for none: as
    /// [`TextBuilder::copy`] does one by one, the waits for the values' texts together.
    pub fn copy_all(&mut self, from: &mut Copied<'_>, rows: impl Iterator<Item = Option<usize>>) {
        let column = from.from;
        let mut rows = rows.map(|row| row.and_then(|row| column.code(row)));
        loop {
            let codes: Vec<Option<u32>> = rows.by_ref().take(AT_ONCE).collect();
            if codes.is_empty() {
                return;
            }
            self.meet(from, codes.iter().copied().flatten());
            for code in codes {
                self.push_code(code.map(|code| from.known[code as usize] - 1));
            }
        }
    }

    /// Looks up some hundred codes of another column that are copied next, the waits for
    /// the values' texts together.
    pub fn meet(&mut self, from: &mut Copied<'_>, codes: impl Iterator<Item = u32>) {
        let column = from.from;
        let mut new = Vec::new();
        for code in codes {
            let own = &mut from.known[code as usize];
            if *own == 0 {
                *own = u32::MAX;
                new.push(code);
            }
        }
        column.fetch_codes(&new);
        let texts = new.iter().map(|&code| column.value(code));
        let numbers: Vec<u32> = if from.alone {
            texts.map(|text| self.values.push(text)).collect()
        } else {
            self.codes_of(texts)
        };
        for (&code, number) in new.iter().zip(numbers) {
            from.known[code as usize] = number + 1;
        }
    }

    /// Adds the cell of `row` of another column.
    pub fn copy(&mut self, from: &mut Copied<'_>, row: usize) {
        match from.from.code(row) {
            Some(code) => self.copy_code(from, code),
            None => self.push_code(None),
        }
    }

    /// Adds a cell with the value that `code` has in another column.
    pub fn copy_code(&mut self, from: &mut Copied<'_>, code: u32) {
        let mut own = from.known[code as usize];
        if own == 0 {
            let value = from.from.value(code);
            own = if from.alone {
                self.values.push(value) + 1
            } else {
                self.code_of(value).map_or(0, |code| code + 1)
            };
            from.known[code as usize] = own;
        }
        self.push_code(own.checked_sub(1));
    }

    /// Adds all cells of another column.
    pub fn append(&mut self, other: &Text) {
        self.copy_all(&mut Copied::of(other), (0..other.len()).map(Some));
    }

    /// The code of a value in this column, for [`TextBuilder::push_code`]; none for
    /// the empty string. A value that no row gets should not be asked for.
    pub fn code_of(&mut self, text: &str) -> Option<u32> {
        if text.is_empty() {
            return None;
        }
        Some(self.known.number(&mut self.values, text).0)
    }

    /// Adds a cell by its code.
    pub fn push_code(&mut self, code: Option<u32>) {
        let Some(code) = code else {
            return self.skip(1);
        };
        let at = self.len - self.first;
        if self.codes.len() < at {
            self.codes.resize(at, 0);
        }
        self.codes.push(code + 1);
        self.len += 1;
        self.filled += 1;
    }

    /// Adds missing cells; behind the last value they cost nothing.
    pub fn skip(&mut self, cells: usize) {
        self.len += cells;
        if self.codes.is_empty() {
            self.first += cells;
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
    pub fn finish(mut self) -> Text {
        let mut values = std::mem::take(&mut self.values);
        values.shrink_to_fit();
        self.finish_with(Arc::new(values))
    }

    fn finish_with(self, values: Arc<Values>) -> Text {
        let mut codes = self.codes;
        let end = codes.iter().rposition(|code| *code != 0);
        codes.truncate(end.map_or(0, |at| at + 1));
        Text {
            len: self.len,
            first: self.first,
            codes: Codes::shrunk(codes, values.len()),
            values,
            filled: self.filled,
        }
    }

    /// All cells at once, by code plus one.
    fn set_codes(&mut self, mut codes: Vec<u32>) {
        self.len = codes.len();
        self.filled = codes.iter().filter(|code| **code != 0).count();
        self.first = codes.iter().position(|code| *code != 0).unwrap_or(self.len);
        codes.drain(..self.first);
        self.codes = codes;
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
    fn equal_values_share_a_code_and_outer_missing_rows_cost_nothing() {
        let cells = [None, None, Some("b"), None, Some("a"), Some("b"), None];
        let column: Text = cells.into_iter().collect();
        assert_eq!(column.iter().collect::<Vec<_>>(), cells);
        assert_eq!(
            (column.distinct(), column.filled(), column.len()),
            (2, 3, 7)
        );
        assert_eq!(column.code(2), column.code(5));
        assert!(matches!(&column.codes, Codes::One(codes) if codes.len() == 4));
    }

    #[test]
    fn a_column_copied_alone_is_the_same() {
        let from: Text = [Some("b"), None, Some("a"), Some("b")]
            .into_iter()
            .collect();
        let built = |mut from: Copied<'_>| {
            let mut builder = TextBuilder::for_all_of(&[from.column()]);
            builder.skip(2);
            builder.copy(&mut from, 3);
            builder.skip(3);
            builder.copy_all(&mut from, (0..4).map(Some));
            builder.skip(2);
            builder.finish()
        };
        let (alone, looked_up) = (built(Copied::alone(&from)), built(Copied::of(&from)));
        let cells = [
            None,
            None,
            Some("b"),
            None,
            None,
            None,
            Some("b"),
            None,
            Some("a"),
            Some("b"),
            None,
            None,
        ];
        for text in [alone, looked_up] {
            assert_eq!(text.iter().collect::<Vec<_>>(), cells);
            assert_eq!((text.distinct(), text.filled(), text.len()), (2, 4, 12));
        }
    }

    #[test]
    fn polars_gets_the_same_cells_by_number_and_one_by_one() {
        for distinct in [3_usize, 90] {
            let cells: Vec<Option<String>> = (0..100_usize)
                .map(|at| (at % 7 > 0).then(|| format!("{}", at % distinct)))
                .collect();
            let column: Text = cells.iter().map(Option::as_deref).collect();
            let values = column.values_to_polars();
            assert_eq!(values.is_some(), distinct < 25);
            let some = column.to_polars(20..95, values.as_ref());
            let got: Vec<Option<&str>> = some.iter().collect();
            let wanted: Vec<Option<&str>> = cells[20..95].iter().map(Option::as_deref).collect();
            assert_eq!(got, wanted);
        }
    }

    #[test]
    fn codes_of_all_widths_come_back() {
        for distinct in [1_usize, 255, 256, 65_535, 65_536] {
            let cells: Vec<String> = (0..distinct * 2)
                .map(|at| (at % distinct).to_string())
                .collect();
            let column: Text = cells.iter().map(Some).collect();
            assert_eq!(column.distinct(), distinct);
            assert!(
                column
                    .iter()
                    .eq(cells.iter().map(|cell| Some(cell.as_str())))
            );
        }
    }

    #[test]
    fn copied_columns_keep_their_cells() {
        let one: Text = [Some("a"), None, Some("b")].into_iter().collect();
        let two: Text = [Some("b"), Some("c")].into_iter().collect();
        let mut builder = TextBuilder::with_capacity(0);
        builder.append(&one);
        builder.append(&two);
        let both = builder.finish();
        let cells: Vec<_> = both.iter().collect();
        assert_eq!(cells, [Some("a"), None, Some("b"), Some("b"), Some("c")]);
        assert_eq!(both.distinct(), 3);
        assert!(both.is_same(&both.clone()) && !one.is_same(&two));
    }
}
