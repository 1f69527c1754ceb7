//! A column of texts as the pages of one Parquet row group.
//!
//! In: a number for each row, and the text of each number. Out: a dictionary page and a
//! page of numbers into it, or pages of plain texts where a dictionary saves nothing.
//! Drawn straight from the numbers: no array in between, no hash of a text.

use hashbrown::HashMap;
use polars::prelude::PolarsResult;
use polars_arrow::bitmap::{Bitmap, MutableBitmap};
use polars_parquet::parquet::CowBuffer;
use polars_parquet::parquet::encoding::Encoding;
use polars_parquet::parquet::encoding::hybrid_rle;
use polars_parquet::parquet::metadata::Descriptor;
use polars_parquet::parquet::page::{DataPage, DataPageHeader, DataPageHeaderV1, DictPage, Page};
use polars_parquet::parquet::schema::types::PrimitiveType;
use polars_parquet::parquet::statistics::{BinaryStatistics, ParquetStatistics};
use polars_parquet::write::{Version, write_def_levels};

/// A row without a text.
pub const NONE: u32 = u32::MAX;
/// Texts a filled row, in quarters, from which numbers are no shorter than the texts.
const WORTH: usize = 3;
/// Filled rows after which hardly a repeated text says that a dictionary is not worth it.
const PROBE: usize = 1 << 13;
/// Bytes of a page of plain texts, about.
const PAGE: usize = 1 << 20;
/// Bytes of a smallest or largest text that the file's footer may hold.
const TOLD: usize = 64;

/// The pages of one row group: `numbers` a row, [`NONE`] for a missing cell; numbers are
/// below `distinct`.
///
/// # Errors
/// When the encoder refuses.
pub fn pages<'a>(
    mut numbers: Vec<u32>,
    distinct: usize,
    text: &dyn Fn(u32) -> &'a str,
    kind: &PrimitiveType,
) -> PolarsResult<Vec<Page>> {
    let filled = numbers.iter().filter(|number| **number != NONE).count();
    let draw = Draw {
        kind,
        missing: numbers.len() - filled,
    };
    match keys(&numbers, distinct, filled) {
        Some((keys, occurring)) => {
            numbers.clear();
            draw.by_key(&keys, &occurring, text)
        }
        None => draw.plain(&numbers, text),
    }
}

/// For each filled row the place of its number in the list of those that occur; none
/// where there are about as many as rows.
fn keys(numbers: &[u32], distinct: usize, filled: usize) -> Option<(Vec<u32>, Vec<u32>)> {
    let mut known = Known::of(distinct, numbers.len());
    let mut occurring: Vec<u32> = Vec::new();
    let mut keys: Vec<u32> = Vec::with_capacity(numbers.len());
    for &number in numbers {
        if number == NONE {
            keys.push(NONE);
            continue;
        }
        if occurring.len() == PROBE && keys.len() < PROBE + PROBE / 16 && filled > 2 * PROBE {
            return None;
        }
        let next = u32::try_from(occurring.len()).unwrap_or(NONE);
        let key = known.key(number, next);
        if key == next {
            occurring.push(number);
        }
        keys.push(key);
    }
    (occurring.len() * 4 <= filled * WORTH).then_some((keys, occurring))
}

/// What the pages of a row group have in common.
struct Draw<'k> {
    kind: &'k PrimitiveType,
    missing: usize,
}

impl Draw<'_> {
    fn by_key<'a>(
        &self,
        keys: &[u32],
        occurring: &[u32],
        text: &dyn Fn(u32) -> &'a str,
    ) -> PolarsResult<Vec<Page>> {
        let mut bounds = Bounds::default();
        let mut bytes = Vec::with_capacity(occurring.len() * 16);
        fetched(occurring, text, |_, text| {
            bounds.add(text);
            put(&mut bytes, text);
            Ok(())
        })?;
        let dictionary = DictPage::new(CowBuffer::Owned(bytes), occurring.len(), false);
        let mut buffer = Vec::with_capacity(keys.len());
        self.levels(&mut buffer, keys)?;
        let most = occurring.len().saturating_sub(1) as u64;
        let bits = u64::BITS - most.leading_zeros();
        buffer.push(u8::try_from(bits).unwrap_or(32));
        let filled = keys.iter().copied().filter(|key| *key != NONE);
        let counted = Counted {
            cells: filled,
            left: keys.len() - self.missing,
        };
        hybrid_rle::encode::<u32, _, _>(&mut buffer, counted, bits)?;
        Ok(vec![
            Page::Dict(dictionary),
            self.page(
                buffer,
                keys.len(),
                self.missing,
                Encoding::RleDictionary,
                &bounds,
            ),
        ])
    }

    fn plain<'a>(&self, numbers: &[u32], text: &dyn Fn(u32) -> &'a str) -> PolarsResult<Vec<Page>> {
        // All pages tell the bounds of the row group: one pass over the texts for both.
        let mut bounds = Bounds::default();
        let mut drawn: Vec<(usize, usize, Vec<u8>)> = Vec::new();
        let mut texts: Vec<u8> = Vec::with_capacity(PAGE + PAGE / 16);
        let mut start = 0;
        let mut page = |texts: &mut Vec<u8>, end: usize| -> PolarsResult<()> {
            let rows = &numbers[start..end];
            if rows.is_empty() {
                return Ok(());
            }
            let mut buffer = Vec::with_capacity(texts.len() + rows.len() / 8 + 16);
            self.levels(&mut buffer, rows)?;
            buffer.extend_from_slice(texts);
            let missing = rows.iter().filter(|number| **number == NONE).count();
            drawn.push((rows.len(), missing, buffer));
            texts.clear();
            start = end;
            Ok(())
        };
        fetched(numbers, text, |at, text| {
            bounds.add(text);
            put(&mut texts, text);
            if texts.len() >= PAGE {
                page(&mut texts, at + 1)?;
            }
            Ok(())
        })?;
        page(&mut texts, numbers.len())?;
        Ok(drawn
            .into_iter()
            .map(|(rows, missing, buffer)| {
                self.page(buffer, rows, missing, Encoding::Plain, &bounds)
            })
            .collect())
    }

    /// Which rows have a text.
    fn levels(&self, buffer: &mut Vec<u8>, rows: &[u32]) -> PolarsResult<()> {
        let filled: Option<Bitmap> = (self.missing > 0)
            .then(|| MutableBitmap::from_iter(rows.iter().map(|number| *number != NONE)).freeze());
        write_def_levels(buffer, true, filled.as_ref(), rows.len(), Version::V1)
    }

    fn page(
        &self,
        buffer: Vec<u8>,
        rows: usize,
        missing: usize,
        encoding: Encoding,
        bounds: &Bounds<'_>,
    ) -> Page {
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
        Page::Data(DataPage::new(
            header,
            CowBuffer::Owned(buffer),
            descriptor,
            rows,
        ))
    }
}

/// Calls `each` with the place and the text of every number. Texts stand anywhere: those
/// of a block are touched in loops of nothing else, so that the waits for memory overlap.
fn fetched<'a>(
    numbers: &[u32],
    text: &dyn Fn(u32) -> &'a str,
    mut each: impl FnMut(usize, &'a str) -> PolarsResult<()>,
) -> PolarsResult<()> {
    const BLOCK: usize = 128;
    let mut texts: Vec<(usize, &str)> = Vec::with_capacity(BLOCK);
    for (block, numbers) in numbers.chunks(BLOCK).enumerate() {
        texts.clear();
        let filled = numbers
            .iter()
            .enumerate()
            .filter(|(_, number)| **number != NONE);
        texts.extend(filled.map(|(at, number)| (block * BLOCK + at, text(*number))));
        let firsts = texts.iter().filter_map(|(_, text)| text.as_bytes().first());
        std::hint::black_box(firsts.fold(0, |all, byte| all ^ byte));
        for &(at, text) in &texts {
            each(at, text)?;
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

/// So many cells: the encoder wants to know.
struct Counted<I> {
    cells: I,
    left: usize,
}

impl<I: Iterator<Item = u32>> Iterator for Counted<I> {
    type Item = u32;

    fn next(&mut self) -> Option<u32> {
        self.left = self.left.saturating_sub(1);
        self.cells.next()
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.left, Some(self.left))
    }
}

/// The key of each number that has occurred in a row group.
enum Known {
    /// By number: few texts.
    Slots(Vec<u32>),
    Map(HashMap<u32, u32, foldhash::fast::FixedState>),
}

impl Known {
    fn of(distinct: usize, rows: usize) -> Self {
        if distinct <= rows * 4 {
            Self::Slots(vec![NONE; distinct])
        } else {
            Self::Map(HashMap::with_hasher(foldhash::fast::FixedState::default()))
        }
    }

    /// The key of a number; `next` the first time.
    fn key(&mut self, number: u32, next: u32) -> u32 {
        match self {
            Self::Slots(slots) => {
                let slot = &mut slots[number as usize];
                if *slot == NONE {
                    *slot = next;
                }
                *slot
            }
            Self::Map(map) => *map.entry(number).or_insert(next),
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
