//! A Parquet file from columns that know their distinct texts.
//!
//! In: columns, each a number a cell and a text a number. Out: the file. polars' writer
//! gets dictionary pages ready to pack: by itself it would build views of all cells,
//! estimate how many are distinct, and hash each one to find out what is known here.

use hashbrown::HashMap;
use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{DataType, Field, PolarsError, PolarsResult, Schema};
use polars_arrow::array::{Array, DictionaryArray, MutablePlString, PrimitiveArray};
use polars_arrow::datatypes::ArrowDataType;
use polars_io::parquet::write::{ParquetCompression, ParquetWriter, StatisticsOptions};
use polars_parquet::read::ParquetError;
use polars_parquet::write::{
    CompressedPage, Compressor, Encoding, ParquetType, Version, WriteOptions, array_to_columns,
};
use rayon::prelude::*;
use std::io::Write;

use super::output::{Fault, ROW_GROUP, Written, file};
use super::staging::Staging;
use crate::contact::{Failure, Text};

/// Half the time of the library's usual 3; files are a few per cent larger.
const ZSTD: i32 = 1;
/// Cells a distinct text from which numbers are no shorter than the texts: in quarters.
const WORTH: usize = 3;

const NONE: u32 = u32::MAX;

/// A column of the file.
pub struct Column<'a> {
    pub name: String,
    pub cells: Cells<'a>,
}

/// What stands in a column's cells.
pub enum Cells<'a> {
    Texts(Texts<'a>),
    Integers(Box<dyn Fn(usize) -> Option<i64> + Sync + 'a>),
    Floats(Box<dyn Fn(usize) -> Option<f64> + Sync + 'a>),
}

/// Texts by number.
pub struct Texts<'a> {
    /// Numbers are below.
    pub distinct: usize,
    pub text: Box<dyn Fn(u32) -> &'a str + Sync + 'a>,
    /// The number of a row's text.
    pub number: Box<dyn Fn(usize) -> Option<u32> + Sync + 'a>,
}

impl<'a> Column<'a> {
    /// A column of the run.
    #[must_use]
    pub fn of(name: &str, column: &'a Text) -> Self {
        Self::texts(
            name,
            column.distinct(),
            |code| column.value(code),
            |row| column.code(row),
        )
    }

    #[must_use]
    pub fn texts(
        name: &str,
        distinct: usize,
        text: impl Fn(u32) -> &'a str + Sync + 'a,
        number: impl Fn(usize) -> Option<u32> + Sync + 'a,
    ) -> Self {
        Self {
            name: name.to_owned(),
            cells: Cells::Texts(Texts {
                distinct,
                text: Box::new(text),
                number: Box::new(number),
            }),
        }
    }

    fn field(&self) -> Field {
        let kind = match self.cells {
            Cells::Texts(_) => DataType::String,
            Cells::Integers(_) => DataType::Int64,
            Cells::Floats(_) => DataType::Float64,
        };
        Field::new(self.name.as_str().into(), kind)
    }
}

/// Writes `rows` rows of the columns, row group by row group (zstd).
///
/// # Errors
/// Exit 74 when the system refuses, 70 when polars does.
pub fn parquet_columns(
    staging: &Staging,
    name: &str,
    columns: &[Column<'_>],
    rows: usize,
) -> Result<Written, Failure> {
    file(staging, name, |out| {
        let schema: Schema = columns.iter().map(Column::field).collect();
        let compression = ParquetCompression::Zstd(Some(ZstdLevel::try_new(ZSTD)?));
        let options = WriteOptions {
            statistics: StatisticsOptions::default(),
            compression: compression.into(),
            version: Version::V1,
            data_page_size: None,
        };
        let mut writer = ParquetWriter::new(&mut *out)
            .with_compression(compression)
            .batched(&schema)?;
        let types: Vec<ParquetType> = writer.parquet_schema().fields().to_vec();
        for start in (0..rows).step_by(ROW_GROUP) {
            let end = (start + ROW_GROUP).min(rows);
            let pages: Vec<Vec<CompressedPage>> = columns
                .par_iter()
                .zip(&types)
                .with_max_len(1)
                .map(|(column, kind)| column.cells.pages(start, end, kind, options))
                .collect::<PolarsResult<_>>()?;
            writer.write_row_group((end - start) as u64, &pages)?;
        }
        writer.finish()?;
        drop(writer);
        out.flush().map_err(Fault::Io)
    })
}

impl Cells<'_> {
    /// The packed pages of the rows `start..end`.
    fn pages(
        &self,
        start: usize,
        end: usize,
        kind: &ParquetType,
        options: WriteOptions,
    ) -> PolarsResult<Vec<CompressedPage>> {
        let (array, encoding): (Box<dyn Array>, Encoding) = match self {
            Self::Texts(texts) => texts.array(start, end)?,
            Self::Integers(cell) => {
                let array: PrimitiveArray<i64> = (start..end).map(cell).collect();
                (array.boxed(), Encoding::RleDictionary)
            }
            Self::Floats(cell) => {
                let array: PrimitiveArray<f64> = (start..end).map(cell).collect();
                (array.boxed(), Encoding::RleDictionary)
            }
        };
        let mut packed = Vec::new();
        for pages in array_to_columns(array, kind.clone(), options, &[encoding])? {
            let pages = pages.map(|page| {
                page.map_err(|error| ParquetError::FeatureNotSupported(error.to_string()))
            });
            for page in Compressor::new_from_vec(pages, options.compression, Vec::new()) {
                packed.push(page.map_err(PolarsError::from)?);
            }
        }
        Ok(packed)
    }
}

impl Texts<'_> {
    /// The rows as numbers into the texts that occur in them, or as texts where that
    /// saves nothing.
    fn array(&self, start: usize, end: usize) -> PolarsResult<(Box<dyn Array>, Encoding)> {
        let mut known = Known::of(self.distinct, end - start);
        let mut occurring: Vec<u32> = Vec::new();
        let mut filled = 0_usize;
        let keys: PrimitiveArray<u32> = (start..end)
            .map(|row| {
                let number = (self.number)(row)?;
                filled += 1;
                let next = u32::try_from(occurring.len()).unwrap_or(NONE);
                let key = known.key(number, next);
                if key == next {
                    occurring.push(number);
                }
                Some(key)
            })
            .collect();
        if occurring.len() * 4 > filled * WORTH {
            let mut texts = MutablePlString::with_capacity(end - start);
            for key in &keys {
                texts.push(key.map(|&key| (self.text)(occurring[key as usize])));
            }
            return Ok((texts.freeze().boxed(), Encoding::Plain));
        }
        let mut values = MutablePlString::with_capacity(occurring.len());
        for number in occurring {
            values.push_value((self.text)(number));
        }
        let kind = ArrowDataType::Dictionary(
            polars_arrow::datatypes::IntegerType::UInt32,
            Box::new(ArrowDataType::Utf8View),
            false,
        );
        let array = DictionaryArray::<u32>::try_new(kind, keys, values.freeze().boxed())?;
        Ok((array.boxed(), Encoding::RleDictionary))
    }
}

/// The key of each text that has occurred in a row group.
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
            Self::Map(HashMap::with_capacity_and_hasher(rows, Default::default()))
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
