//! Which golden ids a record has in a run, looked up without building the whole xref.

use std::fs::File;
use std::path::Path;

use polars::prelude::{SerReader, StringChunked};
use polars_io::parquet::read::ParquetReader;

use super::query::is_named;
use crate::write::previous::csv_table;

/// The golden ids of the records named (`ID` or `SOURCE:ID`), and whether any of them
/// is in the run.
///
/// # Errors
/// What is wrong, in words.
pub fn of_records(folder: &Path, records: &[String]) -> Result<(Vec<String>, bool), String> {
    let mut ids: Vec<String> = Vec::new();
    let mut found = false;
    let mut look = |source: Option<&str>, record_id: Option<&str>, golden_id: Option<&str>| {
        if records
            .iter()
            .any(|asked| is_named(asked, source, record_id))
        {
            found = true;
            ids.extend(golden_id.map(str::to_owned));
        }
    };
    let parquet = folder.join("xref.parquet");
    if parquet.is_file() {
        let error = |error: &dyn std::fmt::Display| format!("{}: {error}", parquet.display());
        let file = File::open(&parquet).map_err(|e| error(&e))?;
        let names = ["source", "record_id", "golden_id"];
        let frame = ParquetReader::new(file)
            .with_columns(Some(names.map(str::to_owned).to_vec()))
            .finish()
            .map_err(|e| error(&e))?;
        let column = |name: &str| -> Result<StringChunked, String> {
            let column = frame.column(name).map_err(|e| error(&e))?;
            Ok(column.str().map_err(|e| error(&e))?.rechunk().into_owned())
        };
        let [sources, record_ids, golden_ids] = [
            column("source")?,
            column("record_id")?,
            column("golden_id")?,
        ];
        for row in 0..frame.height() {
            look(sources.get(row), record_ids.get(row), golden_ids.get(row));
        }
    } else {
        let path = folder.join("xref.csv");
        let table = csv_table(&path).map_err(|error| format!("{}: {error}", path.display()))?;
        for row in 0..table.rows() {
            look(
                table.get("source", row),
                table.get("record_id", row),
                table.get("golden_id", row),
            );
        }
    }
    ids.sort();
    ids.dedup();
    Ok((ids, found))
}
