//! A Parquet file that karat wrote, read in part: some columns of some rows. Or the same
//! as a frame that was never written.

use std::fs::File;
use std::ops::Range;
use std::path::{Path, PathBuf};

use polars::prelude::{DataFrame, SerReader, StringChunked};
use polars_io::parquet::metadata::FileMetadataRef;
use polars_io::parquet::read::ParquetReader;

/// An open file; its metadata is read once.
pub struct Sheet {
    source: Source,
    columns: Vec<String>,
}

enum Source {
    File {
        path: PathBuf,
        metadata: FileMetadataRef,
    },
    Frame(DataFrame),
}

impl Sheet {
    /// # Errors
    /// What is wrong, in words.
    pub fn open(path: &Path) -> Result<Self, String> {
        let file = File::open(path).map_err(|error| error.to_string())?;
        let mut reader = ParquetReader::new(file);
        let metadata = reader.get_metadata().map_err(words)?.clone();
        let schema = reader.schema().map_err(words)?;
        Ok(Self {
            columns: schema.iter_names().map(|name| name.to_string()).collect(),
            source: Source::File {
                path: path.to_owned(),
                metadata,
            },
        })
    }

    #[must_use]
    pub fn of(frame: DataFrame) -> Self {
        let names = frame.get_column_names();
        Self {
            columns: names.iter().map(|name| name.to_string()).collect(),
            source: Source::Frame(frame),
        }
    }

    #[must_use]
    pub fn rows(&self) -> usize {
        match &self.source {
            Source::File { metadata, .. } => metadata.num_rows,
            Source::Frame(frame) => frame.height(),
        }
    }

    #[must_use]
    pub fn columns(&self) -> &[String] {
        &self.columns
    }

    /// A text of the file's metadata.
    #[must_use]
    pub fn about(&self, key: &str) -> Option<&str> {
        let Source::File { metadata, .. } = &self.source else {
            return None;
        };
        let all = metadata.key_value_metadata().as_ref()?;
        let found = all.iter().find(|pair| pair.key == key)?;
        found.value.as_deref()
    }

    /// The rows `rows` of some columns.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read(&self, columns: &[&str], rows: Range<usize>) -> Result<DataFrame, String> {
        match &self.source {
            Source::File { path, metadata } => {
                let file = File::open(path).map_err(|error| error.to_string())?;
                let wanted = columns.iter().map(|&name| name.to_owned()).collect();
                let mut reader = ParquetReader::new(file)
                    .with_columns(Some(wanted))
                    .with_slice(Some((rows.start, rows.len())));
                reader.set_metadata(metadata.clone());
                reader.set_rechunk(true).finish().map_err(words)
            }
            Source::Frame(frame) => {
                let start = i64::try_from(rows.start).map_err(|error| error.to_string())?;
                let chosen = frame.select(columns.iter().copied()).map_err(words)?;
                Ok(chosen.slice(start, rows.len()))
            }
        }
    }

    /// The same of all rows.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn read_all(&self, columns: &[&str]) -> Result<DataFrame, String> {
        self.read(columns, 0..self.rows())
    }

    /// The groups of rows that are written, and so read, together.
    fn groups(&self) -> Vec<Range<usize>> {
        let mut start = 0;
        let sizes: Vec<usize> = match &self.source {
            Source::File { metadata, .. } => metadata
                .row_groups
                .iter()
                .map(|group| group.num_rows())
                .collect(),
            Source::Frame(frame) => vec![frame.height()],
        };
        sizes
            .into_iter()
            .map(|rows| {
                start += rows;
                start - rows..start
            })
            .collect()
    }

    /// Groups of rows that may have all of these texts, by what the file says of the
    /// smallest and the largest text of each.
    #[must_use]
    pub fn groups_with(&self, wanted: &[(&str, &str)]) -> Vec<Range<usize>> {
        let mut groups = self.groups();
        let Source::File { metadata, .. } = &self.source else {
            return groups;
        };
        let places: Vec<(usize, &[u8])> = wanted
            .iter()
            .filter_map(|(column, text)| {
                let at = self.columns.iter().position(|name| name == column)?;
                Some((at, text.as_bytes()))
            })
            .collect();
        let mut row_groups = metadata.row_groups.iter();
        groups.retain(|_| {
            let Some(group) = row_groups.next() else {
                return false;
            };
            places.iter().all(|&(at, text)| {
                let told = group
                    .parquet_columns()
                    .get(at)
                    .and_then(|chunk| chunk.statistics(&metadata.footer_buf)?.ok())
                    .and_then(|told| told.into_binary());
                let (least, most) = match told {
                    Some(told) => (told.min_value, told.max_value),
                    None => (None, None),
                };
                least.is_none_or(|least| least.as_slice() <= text)
                    && most.is_none_or(|most| most.as_slice() >= text)
            })
        });
        groups
    }

    /// Some columns of single rows, sorted; each group of rows that has one is read once.
    /// `each` gets a frame, the place of a row in it, and the row.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn take(
        &self,
        columns: &[&str],
        rows: &[usize],
        mut each: impl FnMut(&DataFrame, usize, usize) -> Result<(), String>,
    ) -> Result<(), String> {
        let mut wanted = rows.iter().copied().peekable();
        for group in self.groups() {
            let mut own = Vec::new();
            while let Some(row) = wanted.next_if(|row| *row < group.end) {
                own.push(row);
            }
            if let (Some(&first), Some(&last)) = (own.first(), own.last()) {
                let frame = self.read(columns, first..last + 1)?;
                for row in own {
                    each(&frame, row - first, row)?;
                }
            }
        }
        Ok(())
    }
}

fn words(error: polars::prelude::PolarsError) -> String {
    error.to_string()
}

/// A column of text.
///
/// # Errors
/// What is wrong, in words.
pub fn text<'f>(frame: &'f DataFrame, name: &str) -> Result<&'f StringChunked, String> {
    frame.column(name).and_then(|c| c.str()).map_err(words)
}

/// A column of whole numbers of 32 bits; a missing one is 0.
///
/// # Errors
/// What is wrong, in words.
pub fn whole(frame: &DataFrame, name: &str) -> Result<Vec<u32>, String> {
    let column = frame.column(name).and_then(|c| c.u32()).map_err(words)?;
    Ok(column.iter().map(|number| number.unwrap_or(0)).collect())
}

#[cfg(test)]
mod tests {
    use polars::prelude::{
        DataType, Field, IntoColumn, NamedFrom, Schema, Series, StringChunked, UInt32Chunked,
    };
    use polars_io::parquet::write::{KeyValueMetadata, ParquetWriter};

    use super::*;

    fn frame(rows: Range<u32>) -> DataFrame {
        let height = rows.len();
        let names: StringChunked = rows.clone().map(|row| Some(format!("n{row:03}"))).collect();
        let numbers: UInt32Chunked = rows.map(Some).collect();
        let columns = vec![
            Series::new("name".into(), names).into_column(),
            Series::new("number".into(), numbers).into_column(),
        ];
        DataFrame::new(height, columns).expect("two columns of one length")
    }

    /// A file of 95 rows, ten a group.
    fn written(folder: &Path) -> PathBuf {
        let path = folder.join("a.parquet");
        let schema: Schema = [
            Field::new("name".into(), DataType::String),
            Field::new("number".into(), DataType::UInt32),
        ]
        .into_iter()
        .collect();
        let about = vec![("key".to_owned(), "told".to_owned())];
        let mut writer = ParquetWriter::new(File::create(&path).expect("creates"))
            .with_key_value_metadata(Some(KeyValueMetadata::from_static(about)))
            .batched(&schema)
            .expect("starts");
        for start in (0..95).step_by(10) {
            let batch = frame(start..(start + 10).min(95));
            writer.write_batch(&batch).expect("writes");
        }
        writer.finish().expect("ends");
        path
    }

    #[test]
    fn single_rows_are_read_from_their_groups() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let file = Sheet::open(&written(folder.path())).expect("opens");
        for sheet in [file, Sheet::of(frame(0..95))] {
            assert_eq!(sheet.rows(), 95);
            assert_eq!(sheet.columns(), ["name", "number"]);
            let mut taken = Vec::new();
            sheet
                .take(
                    &["name", "number"],
                    &[0, 9, 10, 57, 94],
                    |frame, at, row| {
                        let name = text(frame, "name")?.get(at).map(str::to_owned);
                        taken.push((row, name, whole(frame, "number")?[at]));
                        Ok(())
                    },
                )
                .expect("reads");
            let wanted: Vec<_> = [0usize, 9, 10, 57, 94]
                .into_iter()
                .map(|row| {
                    let number = u32::try_from(row).expect("small");
                    (row, Some(format!("n{row:03}")), number)
                })
                .collect();
            assert_eq!(taken, wanted);
            let some = sheet.read(&["number"], 8..22).expect("reads");
            let numbers = whole(&some, "number").expect("numbers");
            assert_eq!(numbers, (8..22).collect::<Vec<u32>>());
            assert!(sheet.read(&["none"], 0..1).is_err());
        }
    }

    #[test]
    fn groups_that_cannot_have_a_text_are_passed_over() {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let sheet = Sheet::open(&written(folder.path())).expect("opens");
        assert_eq!(sheet.about("key"), Some("told"));
        assert_eq!(sheet.about("other"), None);
        let only = |name: &str| {
            let groups = sheet.groups_with(&[("name", name)]);
            groups
                .first()
                .map(|group| (groups.len(), group.start, group.end))
        };
        assert_eq!(only("n042"), Some((1, 40, 50)));
        assert_eq!(only("n094"), Some((1, 90, 95)));
        assert!(sheet.groups_with(&[("name", "z")]).is_empty());
        // What the file says nothing of may have anything.
        assert_eq!(sheet.groups_with(&[("none", "z")]).len(), 10);
    }
}
