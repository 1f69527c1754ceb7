//! A column of texts as the packed pages of one Parquet row group.
//!
//! In: a number for each row, and the text of each number. Out: a dictionary page and a
//! page of numbers into it, or pages of plain texts where a dictionary saves nothing.
//! Drawn straight from the numbers: no array in between, no hash of a text.

use std::cell::Cell;
use std::ops::Range;

use hashbrown::HashMap;
use polars::prelude::PolarsResult;
use polars_parquet::parquet::encoding::Encoding;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{DataPageHeader, DataPageHeaderV1};
use polars_parquet::parquet::schema::types::PrimitiveType;
use polars_parquet::parquet::statistics::{BinaryStatistics, ParquetStatistics};
use polars_parquet::write::{CompressedPage, Version, write_def_levels};

use super::packer::{Packed, Packer};
use super::runs;

/// A row without a text.
pub const NONE: u32 = u32::MAX;
/// Texts a filled row, in quarters, from which numbers are no shorter than the texts.
const WORTH: usize = 3;
/// Filled rows after which hardly a repeated text says that a dictionary is not worth it.
const PROBE: usize = 1 << 13;
/// Bytes of a page of plain texts, about.
const PAGE: usize = 1 << 20;
/// Bytes of texts from which a thread does not keep the memory that they took.
const KEPT: usize = 16 << 20;
/// Bytes of a smallest or largest text that the file's footer may hold.
const TOLD: usize = 64;

/// A column of texts to be drawn.
pub struct Texts<'t, 'a> {
    /// Numbers are below.
    pub distinct: usize,
    pub text: &'t dyn Fn(u32) -> &'a str,
    /// Touches texts that are read next: they stand anywhere, and in loops of nothing else
    /// the waits for memory overlap.
    pub fetch: &'t dyn Fn(&[u32]),
    /// Appends the numbers of rows' texts, [`NONE`] for a missing one.
    pub numbers: &'t dyn Fn(Range<usize>, &mut Vec<u32>),
}

/// The pages of one row group.
///
/// # Errors
/// When the encoder refuses.
pub fn pages(
    texts: &Texts<'_, '_>,
    rows: Range<usize>,
    kind: &PrimitiveType,
    packer: Packer,
) -> PolarsResult<Vec<CompressedPage>> {
    thread_local! {
        static ROOM: Cell<Room> = Cell::default();
    }
    // Taken, not borrowed: a call within a call would find it empty, which is right too.
    let mut room = ROOM.take();
    room.numbers.clear();
    (texts.numbers)(rows, &mut room.numbers);
    let pages = room.pages(texts, kind, packer);
    if room.texts.capacity() > KEPT {
        room.texts = Vec::new();
    }
    ROOM.set(room);
    pages
}

/// Memory that is used column after column: a file has hundreds of megabytes of pages.
#[derive(Default)]
struct Room {
    numbers: Vec<u32>,
    keys: Vec<u32>,
    occurring: Vec<u32>,
    known: Known,
    texts: Vec<u8>,
    page: Vec<u8>,
}

impl Room {
    fn pages(
        &mut self,
        texts: &Texts<'_, '_>,
        kind: &PrimitiveType,
        packer: Packer,
    ) -> PolarsResult<Vec<CompressedPage>> {
        let filled = self
            .numbers
            .iter()
            .filter(|number| **number != NONE)
            .count();
        let draw = Draw {
            kind,
            missing: self.numbers.len() - filled,
            packer,
        };
        let worth = self.find_keys(texts.distinct, filled);
        self.known.forget(&self.occurring);
        if worth {
            draw.by_key(self, texts)
        } else {
            draw.plain(self, texts)
        }
    }

    /// For each filled row the place of its number in the list of those that occur; whether
    /// they are far fewer than rows.
    fn find_keys(&mut self, distinct: usize, filled: usize) -> bool {
        self.known.prepare(distinct, self.numbers.len());
        self.occurring.clear();
        self.keys.clear();
        self.keys.reserve(self.numbers.len());
        // Rows of one person or record stand together.
        let mut last = (NONE, NONE);
        for &number in &self.numbers {
            if number == last.0 {
                self.keys.push(last.1);
                continue;
            }
            if self.occurring.len() == PROBE
                && self.keys.len() < PROBE + PROBE / 16
                && filled > 2 * PROBE
            {
                return false;
            }
            let key = if number == NONE {
                NONE
            } else {
                let next = u32::try_from(self.occurring.len()).unwrap_or(NONE);
                let key = self.known.key(number, next);
                if key == next {
                    self.occurring.push(number);
                }
                key
            };
            self.keys.push(key);
            last = (number, key);
        }
        self.occurring.len() * 4 <= filled * WORTH
    }
}

/// What the pages of a row group have in common.
struct Draw<'k> {
    kind: &'k PrimitiveType,
    missing: usize,
    packer: Packer,
}

impl Draw<'_> {
    fn by_key(&self, room: &mut Room, column: &Texts<'_, '_>) -> PolarsResult<Vec<CompressedPage>> {
        let mut bounds = Bounds::default();
        let (bytes, buffer, keys) = (&mut room.texts, &mut room.page, &mut room.keys);
        bytes.clear();
        fetched(&room.occurring, column, |_, text| {
            bounds.add(text);
            put(bytes, text);
            Ok(())
        })?;
        let dictionary = self.packer.dictionary(bytes, room.occurring.len())?;
        buffer.clear();
        self.levels(buffer, keys)?;
        let most = room.occurring.len().saturating_sub(1) as u64;
        let bits = u64::BITS - most.leading_zeros();
        buffer.push(u8::try_from(bits).unwrap_or(32));
        let rows = keys.len();
        if self.missing > 0 {
            keys.retain(|key| *key != NONE);
        }
        runs::put(buffer, keys, bits)?;
        let packed = self.packer.packed(buffer)?;
        let encoding = Encoding::RleDictionary;
        let page = self.page(packed, rows, self.missing, encoding, &bounds);
        Ok(vec![dictionary, page])
    }

    fn plain(&self, room: &mut Room, column: &Texts<'_, '_>) -> PolarsResult<Vec<CompressedPage>> {
        // All pages tell the bounds of the row group: one pass over the texts for both.
        let mut bounds = Bounds::default();
        let mut drawn: Vec<(usize, usize, Packed)> = Vec::new();
        let (numbers, texts, buffer) = (&room.numbers, &mut room.texts, &mut room.page);
        texts.clear();
        let mut start = 0;
        let mut page = |texts: &mut Vec<u8>, end: usize| -> PolarsResult<()> {
            let rows = &numbers[start..end];
            if rows.is_empty() {
                return Ok(());
            }
            buffer.clear();
            self.levels(buffer, rows)?;
            buffer.extend_from_slice(texts);
            let missing = rows.iter().filter(|number| **number == NONE).count();
            drawn.push((rows.len(), missing, self.packer.packed(buffer)?));
            texts.clear();
            start = end;
            Ok(())
        };
        fetched(numbers, column, |at, text| {
            bounds.add(text);
            put(texts, text);
            if texts.len() >= PAGE {
                page(texts, at + 1)?;
            }
            Ok(())
        })?;
        page(texts, numbers.len())?;
        let pages = drawn.into_iter().map(|(rows, missing, packed)| {
            self.page(packed, rows, missing, Encoding::Plain, &bounds)
        });
        Ok(pages.collect())
    }

    /// Which rows have a text.
    fn levels(&self, buffer: &mut Vec<u8>, rows: &[u32]) -> PolarsResult<()> {
        if self.missing == 0 {
            return write_def_levels(buffer, true, None, rows.len(), Version::V1);
        }
        Ok(runs::put_filled(buffer, rows, NONE)?)
    }

    fn page(
        &self,
        packed: Packed,
        rows: usize,
        missing: usize,
        encoding: Encoding,
        bounds: &Bounds<'_>,
    ) -> CompressedPage {
        let header = DataPageHeader::V1(DataPageHeaderV1 {
            num_values: i32::try_from(rows).unwrap_or(i32::MAX),
            encoding: encoding.into(),
            definition_level_encoding: Encoding::Rle.into(),
            repetition_level_encoding: Encoding::Rle.into(),
            statistics: Some(bounds.told(self.kind, missing)),
        });
        let descriptor = Descriptor {
            primitive_type: self.kind.clone(),
            max_def_level: 0,
            max_rep_level: 0,
        };
        packed.into_page(header, descriptor, rows)
    }
}

/// Calls `each` with the place and the text of every number.
fn fetched<'a>(
    numbers: &[u32],
    column: &Texts<'_, 'a>,
    mut each: impl FnMut(usize, &'a str) -> PolarsResult<()>,
) -> PolarsResult<()> {
    const BLOCK: usize = 128;
    let mut filled: Vec<u32> = Vec::with_capacity(BLOCK);
    for (block, numbers) in numbers.chunks(BLOCK).enumerate() {
        filled.clear();
        filled.extend(numbers.iter().copied().filter(|number| *number != NONE));
        (column.fetch)(&filled);
        for (at, &number) in numbers.iter().enumerate() {
            if number != NONE {
                each(block * BLOCK + at, (column.text)(number))?;
            }
        }
    }
    Ok(())
}

/// A text as Parquet holds it: its length, itself.
fn put(bytes: &mut Vec<u8>, text: &str) {
    let len = u32::try_from(text.len()).unwrap_or(u32::MAX);
    bytes.extend_from_slice(&len.to_le_bytes());
    bytes.extend_from_slice(text.as_bytes());
}

/// The smallest and the largest text.
#[derive(Default)]
struct Bounds<'a> {
    /// Each with its first bytes as a number, so that most texts are compared without
    /// following them.
    found: Option<[(u64, &'a str); 2]>,
}

impl<'a> Bounds<'a> {
    fn add(&mut self, text: &'a str) {
        let mut first = [0; 8];
        let len = text.len().min(8);
        first[..len].copy_from_slice(&text.as_bytes()[..len]);
        let own = (u64::from_be_bytes(first), text);
        match &mut self.found {
            None => self.found = Some([own, own]),
            Some([least, most]) => {
                if own.0 <= least.0 && own < *least {
                    *least = own;
                }
                if own.0 >= most.0 && own > *most {
                    *most = own;
                }
            }
        }
    }

    /// As the file tells them: a long one is cut, the largest then made larger. Neither may
    /// be left out: polars writes no page index then, and no file.
    fn told(&self, kind: &PrimitiveType, missing: usize) -> ParquetStatistics {
        let least = self.found.map(|[(_, least), _]| {
            let mut end = least.len().min(TOLD);
            while !least.is_char_boundary(end) {
                end -= 1;
            }
            least.as_bytes()[..end].to_vec()
        });
        let most = self.found.map(|[_, (_, most)]| most);
        BinaryStatistics {
            primitive_type: kind.clone(),
            null_count: i64::try_from(missing).ok(),
            distinct_count: None,
            max_value: most.map(|most| no_less(most).into_bytes()),
            min_value: least,
        }
        .serialize()
    }
}

/// A text itself, or a short one that is larger than it: its beginning, of which the last
/// character that has a next one became that.
fn no_less(text: &str) -> String {
    if text.len() <= TOLD {
        return text.to_owned();
    }
    let mut end = TOLD;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let mut start = text[..end].to_owned();
    while let Some(last) = start.pop() {
        if let Some(next) = (last..=char::MAX).nth(1) {
            start.push(next);
            return start;
        }
    }
    text.to_owned()
}

/// The key of each number that has occurred in a row group.
#[derive(Default)]
struct Known {
    /// By number, where there are few; [`NONE`] outside of a row group.
    slots: Vec<u32>,
    map: HashMap<u32, u32, foldhash::fast::FixedState>,
    is_few: bool,
}

impl Known {
    fn prepare(&mut self, distinct: usize, rows: usize) {
        self.is_few = distinct <= rows * 4;
        if self.is_few && self.slots.len() < distinct {
            self.slots.resize(distinct, NONE);
        }
    }

    /// Ready for the next row group; `occurring` are all numbers that were asked for.
    fn forget(&mut self, occurring: &[u32]) {
        if self.is_few {
            for &number in occurring {
                self.slots[number as usize] = NONE;
            }
        } else {
            self.map.clear();
        }
    }

    /// The key of a number; `next` the first time.
    fn key(&mut self, number: u32, next: u32) -> u32 {
        if self.is_few {
            let slot = &mut self.slots[number as usize];
            if *slot == NONE {
                *slot = next;
            }
            *slot
        } else {
            *self.map.entry(number).or_insert(next)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{TOLD, no_less};

    #[test]
    fn a_long_largest_text_is_told_by_a_short_larger_one() {
        for long in ["z".repeat(100), "\u{7e9}".repeat(50), "\u{d7ff}".repeat(40)] {
            let told = no_less(&long);
            assert!(told > long && told.len() <= TOLD + 1, "{told}");
        }
        assert_eq!(no_less("short"), "short");
        let last = "\u{10ffff}".repeat(30);
        assert_eq!(no_less(&last), last);
    }
}
