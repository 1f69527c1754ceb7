//! A Parquet file from columns that know their distinct texts.
//!
//! In: columns, each a number a cell and a text a number. Out: the file. polars' writer
//! gets pages ready to be put behind each other: by itself it would build views of all
//! cells, estimate how many are distinct, and hash each one to find out what is known here.

use std::io::Write;
use std::ops::Range;

use polars::polars_utils::compression::ZstdLevel;
use polars::prelude::{
    Column as PolarsColumn, DataFrame, DataType, Field, IntoColumn, NewChunkedArray, PolarsResult,
    Schema, Series, StringChunked,
};
use polars_arrow::array::{Array, PrimitiveArray};
use polars_arrow::types::NativeType;
use polars_io::parquet::write::{
    KeyValueMetadata, ParquetCompression, ParquetWriter, StatisticsOptions,
};
use polars_parquet::write::{
    CompressedPage, Encoding, ParquetType, Version, WriteOptions, array_to_columns,
};
use rayon::prelude::*;

use super::output::{Fault, ROW_GROUP, Written, file};
use super::packer::Packer;
use super::pages::{self, NONE};
use super::staging::Staging;
use crate::contact::{Failure, Text};

/// Half the time of the library's usual 3; files are a few per cent larger.
const ZSTD: i32 = 1;

/// A column of the file, or of a group of its rows.
pub struct Column<'a> {
    name: String,
    kind: DataType,
    cells: Cells<'a>,
}

/// What stands in a column's cells; asked for many rows at once.
enum Cells<'a> {
    Texts(Texts<'a>),
    Numbers(
        Encoding,
        Box<dyn Fn(Range<usize>) -> Box<dyn Array> + Sync + 'a>,
    ),
}

/// Texts by number.
struct Texts<'a> {
    /// Numbers are below.
    distinct: usize,
    text: Box<dyn Fn(u32) -> &'a str + Sync + 'a>,
    /// Touches texts that are read next, in another way than by asking for them.
    fetch: Option<Touch<'a>>,
    /// Appends the numbers of rows' texts, `NONE` for a missing one.
    numbers: Numbers<'a>,
}

type Touch<'a> = Box<dyn Fn(&[u32]) + Sync + 'a>;
type Numbers<'a> = Box<dyn Fn(Range<usize>, &mut Vec<u32>) + Sync + 'a>;

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
        .fetched(|codes| column.fetch_codes(codes))
    }

    /// Texts that have numbers below `distinct`.
    #[must_use]
    pub fn texts(
        name: &str,
        distinct: usize,
        text: impl Fn(u32) -> &'a str + Sync + 'a,
        number: impl Fn(usize) -> Option<u32> + Sync + 'a,
    ) -> Self {
        let numbers = move |rows: Range<usize>, into: &mut Vec<u32>| {
            into.extend(rows.map(|row| number(row).unwrap_or(NONE)));
        };
        Self {
            name: name.to_owned(),
            kind: DataType::String,
            cells: Cells::Texts(Texts {
                distinct,
                text: Box::new(text),
                fetch: None,
                numbers: Box::new(numbers),
            }),
        }
    }

    /// With another way to touch the texts of some numbers before they are read.
    #[must_use]
    pub fn fetched(mut self, by: impl Fn(&[u32]) + Sync + 'a) -> Self {
        if let Cells::Texts(texts) = &mut self.cells {
            texts.fetch = Some(Box::new(by));
        }
        self
    }

    /// Numbers that repeat themselves; `kind` is polars' name for `T`.
    #[must_use]
    pub fn numbers<T: NativeType>(
        name: &str,
        kind: DataType,
        cell: impl Fn(usize) -> Option<T> + Sync + 'a,
    ) -> Self {
        Self::of_type(name, kind, Encoding::RleDictionary, cell)
    }

    /// Numbers of which hardly two are the same.
    #[must_use]
    pub fn measures<T: NativeType>(
        name: &str,
        kind: DataType,
        cell: impl Fn(usize) -> Option<T> + Sync + 'a,
    ) -> Self {
        Self::of_type(name, kind, Encoding::Plain, cell)
    }

    /// Whole numbers that go up slowly: their steps are written.
    #[must_use]
    pub fn steps<T: NativeType>(
        name: &str,
        kind: DataType,
        cell: impl Fn(usize) -> Option<T> + Sync + 'a,
    ) -> Self {
        Self::of_type(name, kind, Encoding::DeltaBinaryPacked, cell)
    }

    fn of_type<T: NativeType>(
        name: &str,
        kind: DataType,
        encoding: Encoding,
        cell: impl Fn(usize) -> Option<T> + Sync + 'a,
    ) -> Self {
        let array = move |rows: Range<usize>| -> PrimitiveArray<T> { rows.map(&cell).collect() };
        Self {
            name: name.to_owned(),
            kind,
            cells: Cells::Numbers(encoding, Box::new(move |rows| array(rows).boxed())),
        }
    }

    fn field(&self) -> Field {
        Field::new(self.name.as_str().into(), self.kind.clone())
    }

    /// Some rows as polars has them.
    ///
    /// # Errors
    /// When polars refuses the cells.
    pub fn to_polars(&self, rows: Range<usize>) -> PolarsResult<PolarsColumn> {
        let name = self.name.as_str().into();
        match &self.cells {
            Cells::Texts(texts) => {
                let mut numbers = Vec::new();
                (texts.numbers)(rows, &mut numbers);
                let cells = numbers
                    .into_iter()
                    .map(|number| (number != NONE).then(|| (texts.text)(number)));
                Ok(StringChunked::from_iter_options(name, cells).into_column())
            }
            Cells::Numbers(_, cells) => Ok(Series::from_arrow(name, cells(rows))?.into_column()),
        }
    }

    /// The packed pages of some rows.
    fn pages(
        &self,
        rows: Range<usize>,
        kind: &ParquetType,
        options: WriteOptions,
    ) -> PolarsResult<Vec<CompressedPage>> {
        let packer = Packer(ZSTD);
        match (&self.cells, kind) {
            (Cells::Texts(texts), ParquetType::PrimitiveType(kind)) => {
                let touch = |numbers: &[u32]| {
                    let first = |&number: &u32| (texts.text)(number).as_bytes().first();
                    let bytes = numbers.iter().filter_map(first);
                    std::hint::black_box(bytes.fold(0, |all, byte| all ^ byte));
                };
                let texts = pages::Texts {
                    distinct: texts.distinct,
                    text: &texts.text,
                    fetch: texts.fetch.as_deref().map_or(&touch, |fetch| fetch),
                    numbers: &texts.numbers,
                };
                pages::pages(&texts, rows, kind, packer)
            }
            (Cells::Numbers(encoding, cells), _) => {
                let mut packed = Vec::new();
                let array = cells(rows);
                for pages in array_to_columns(array, kind.clone(), options, &[*encoding])? {
                    for page in pages {
                        packed.push(packer.page(page?)?);
                    }
                }
                Ok(packed)
            }
            (Cells::Texts(_), ParquetType::GroupType { .. }) => Ok(Vec::new()),
        }
    }
}

/// A frame of some rows of the columns, for what is not written.
///
/// # Errors
/// When polars refuses the columns.
pub fn frame(columns: &[Column<'_>], rows: Range<usize>) -> PolarsResult<DataFrame> {
    let height = rows.len();
    let columns: PolarsResult<Vec<PolarsColumn>> = columns
        .iter()
        .map(|column| column.to_polars(rows.clone()))
        .collect();
    DataFrame::new(height, columns?)
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
    let shape = Shape {
        rows,
        row_group: ROW_GROUP,
        about: Vec::new(),
    };
    parquet_of(staging, name, columns, shape)
}

/// How a file is laid out.
pub struct Shape {
    pub rows: usize,
    /// Rows that are packed, and read, together.
    pub row_group: usize,
    /// Words about the file in its metadata.
    pub about: Vec<(String, String)>,
}

/// The same in a shape of its own.
///
/// # Errors
/// As [`parquet_columns`].
pub fn parquet_of(
    staging: &Staging,
    name: &str,
    columns: &[Column<'_>],
    shape: Shape,
) -> Result<Written, Failure> {
    let schema: Schema = columns.iter().map(Column::field).collect();
    write(staging, name, &schema, shape, |rows, types, options| {
        pages_of(columns, rows, types, options)
    })
}

/// The same of columns that are made for each row group; they are asked for rows from 0.
///
/// # Errors
/// As [`parquet_columns`].
pub fn parquet_groups<'a>(
    staging: &Staging,
    name: &str,
    shape: Shape,
    columns: impl Fn(Range<usize>) -> Vec<Column<'a>> + Sync,
) -> Result<Written, Failure> {
    let schema: Schema = columns(0..0).iter().map(Column::field).collect();
    write(staging, name, &schema, shape, |rows, types, options| {
        pages_of(&columns(rows.clone()), 0..rows.len(), types, options)
    })
}

/// The packed pages of one row group, a list a column.
type Group = Vec<Vec<CompressedPage>>;

fn pages_of(
    columns: &[Column<'_>],
    rows: Range<usize>,
    types: &[ParquetType],
    options: WriteOptions,
) -> PolarsResult<Group> {
    columns
        .par_iter()
        .zip(types)
        .with_max_len(1)
        .map(|(column, kind)| column.pages(rows.clone(), kind, options))
        .collect()
}

fn write(
    staging: &Staging,
    name: &str,
    schema: &Schema,
    shape: Shape,
    pages: impl Fn(Range<usize>, &[ParquetType], WriteOptions) -> PolarsResult<Group> + Sync,
) -> Result<Written, Failure> {
    file(staging, name, |out| {
        let compression = ParquetCompression::Zstd(Some(ZstdLevel::try_new(ZSTD)?));
        let options = WriteOptions {
            statistics: StatisticsOptions::default(),
            compression: compression.into(),
            version: Version::V1,
            data_page_size: None,
        };
        let Shape {
            rows,
            row_group,
            about,
        } = shape;
        let about = (!about.is_empty()).then(|| KeyValueMetadata::from_static(about));
        let mut writer = ParquetWriter::new(&mut *out)
            .with_key_value_metadata(about)
            .with_compression(compression)
            .batched(schema)?;
        let types: Vec<ParquetType> = writer.parquet_schema().fields().to_vec();
        let groups: Vec<Range<usize>> = (0..rows)
            .step_by(row_group)
            .map(|start| start..(start + row_group).min(rows))
            .collect();
        // As many groups at once as there are threads; each is packed when it is written.
        for wave in groups.chunks(rayon::current_num_threads().max(1)) {
            let packed: Vec<Group> = wave
                .par_iter()
                .with_max_len(1)
                .map(|rows| pages(rows.clone(), &types, options))
                .collect::<PolarsResult<_>>()?;
            for (rows, pages) in wave.iter().zip(&packed) {
                writer.write_row_group(rows.len() as u64, pages)?;
            }
        }
        writer.finish()?;
        drop(writer);
        out.flush().map_err(Fault::Io)
    })
}
