//! Columns of the table as linking reads them: each distinct value is turned into ids
//! once, however many records have it.

use rayon::prelude::*;

use super::texts::{NONE, Texts};
use crate::contact::Text;

/// Distinct values that are folded at a time, so that few of them are there twice.
const BATCH: u32 = 1 << 16;

/// Calls `each` with what `fold` makes of every distinct value, in the order of the
/// codes; `fold` runs in parallel.
pub fn distinct<T: Send>(
    column: &Text,
    fold: impl Fn(&str) -> T + Sync,
    mut each: impl FnMut(&str, T),
) {
    let all = u32::try_from(column.distinct()).unwrap_or(NONE);
    for start in (0..all).step_by(BATCH as usize) {
        let codes = start..all.min(start.saturating_add(BATCH));
        let folded: Vec<T> = codes
            .clone()
            .into_par_iter()
            .with_min_len(512)
            .map(|code| fold(column.value(code)))
            .collect();
        for (code, folded) in codes.zip(folded) {
            each(column.value(code), folded);
        }
    }
}

/// For each of `rows` what `of_code` has for its value, `missing` where it has none.
pub fn by_row<T: Copy + Send + Sync>(
    column: Option<&Text>,
    rows: &[u32],
    of_code: &[T],
    missing: T,
) -> Vec<T> {
    let Some(column) = column else {
        return vec![missing; rows.len()];
    };
    rows.par_iter()
        .with_min_len(1 << 14)
        .map(|&row| {
            column
                .code(row as usize)
                .map_or(missing, |code| of_code[code as usize])
        })
        .collect()
}

/// For each of `rows` the id of its text as `fold` makes it; [`NONE`] where nothing is left.
pub fn interned(
    column: Option<&Text>,
    rows: &[u32],
    texts: &mut Texts,
    fold: impl Fn(&str) -> String + Sync,
) -> Vec<u32> {
    let mut ids = Vec::new();
    if let Some(column) = column {
        ids.reserve_exact(column.distinct());
        distinct(column, fold, |_, text| {
            ids.push(if text.is_empty() {
                NONE
            } else {
                texts.intern(&text)
            });
        });
    }
    by_row(column, rows, &ids, NONE)
}

/// For each distinct value of a column a short list of ids.
pub struct Several<'a> {
    column: Option<&'a Text>,
    ends: Vec<u32>,
    ids: Vec<u32>,
}

impl<'a> Several<'a> {
    /// `fold` runs in parallel; `id` gives the number of each piece that it makes.
    pub fn of<T: Send>(
        column: Option<&'a Text>,
        fold: impl Fn(&str) -> Pieces<T> + Sync,
        mut id: impl FnMut(T) -> Option<u32>,
    ) -> Self {
        let mut out = Self {
            column,
            ends: Vec::new(),
            ids: Vec::new(),
        };
        if let Some(column) = column {
            out.ends.reserve_exact(column.distinct());
            distinct(column, fold, |_, pieces| {
                let pieces = pieces.first.into_iter().chain(pieces.others);
                out.ids.extend(pieces.filter_map(&mut id));
                out.ends.push(u32::try_from(out.ids.len()).unwrap_or(NONE));
            });
        }
        out
    }

    /// The ids of a row's value.
    #[must_use]
    pub fn at(&self, row: u32) -> &[u32] {
        let Some(code) = self.column.and_then(|column| column.code(row as usize)) else {
            return &[];
        };
        let end = |code: u32| self.ends[code as usize] as usize;
        let start = if code == 0 { 0 } else { end(code - 1) };
        &self.ids[start..end(code)]
    }
}

/// What a cell holds: mostly one piece.
#[derive(Debug)]
pub struct Pieces<T> {
    first: Option<T>,
    others: Vec<T>,
}

impl<T> FromIterator<T> for Pieces<T> {
    fn from_iter<I: IntoIterator<Item = T>>(pieces: I) -> Self {
        let mut pieces = pieces.into_iter();
        Self {
            first: pieces.next(),
            others: pieces.collect(),
        }
    }
}

/// What is made of each distinct value when it is first met, row by row.
pub struct Met<'a, T> {
    column: Option<&'a Text>,
    known: Vec<Option<T>>,
}

impl<'a, T: Copy> Met<'a, T> {
    #[must_use]
    pub fn of(column: Option<&'a Text>) -> Self {
        Self {
            column,
            known: vec![None; column.map_or(0, Text::distinct)],
        }
    }

    /// What the row's value is; `make` is called for the first row of each.
    pub fn at(&mut self, row: u32, make: impl FnOnce(&'a str) -> T) -> Option<T> {
        let column = self.column?;
        let code = column.code(row as usize)?;
        Some(*self.known[code as usize].get_or_insert_with(|| make(column.value(code))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn column() -> Text {
        [Some("B;a"), None, Some("-"), Some("B;a"), Some("c")]
            .into_iter()
            .collect()
    }

    #[test]
    fn rows_get_the_ids_of_their_values() {
        let (column, mut texts) = (column(), Texts::default());
        let fold = |text: &str| text.replace('-', "").to_lowercase();
        let ids = interned(Some(&column), &[0, 1, 2, 4], &mut texts, fold);
        assert_eq!(ids, [0, NONE, NONE, 1]);
        assert_eq!(texts.get(0), "b;a");
        assert_eq!(interned(None, &[0, 1], &mut texts, fold), [NONE, NONE]);
    }

    #[test]
    fn cells_of_several_pieces_keep_their_order() {
        let (column, mut texts) = (column(), Texts::default());
        let several = Several::of(
            Some(&column),
            |cell| cell.split(';').map(str::to_owned).collect(),
            |piece: String| (piece != "-").then(|| texts.intern(&piece)),
        );
        let at: Vec<&[u32]> = (0..5).map(|row| several.at(row)).collect();
        assert_eq!(at, [&[0, 1][..], &[], &[], &[0, 1], &[2]]);
    }

    #[test]
    fn a_value_is_made_when_it_is_first_met() {
        let column = column();
        let mut made = Vec::new();
        let mut met = Met::of(Some(&column));
        for row in [4, 0, 1, 3] {
            met.at(row, |value| made.push(value));
        }
        assert_eq!(made, ["c", "B;a"]);
    }
}
