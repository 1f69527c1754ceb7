//! All records of a run, side by side with where they came from.

use std::collections::BTreeMap;

use super::table::Table;
use super::text::Text;

/// What [`SourceInfo::columns`] says of a header that is the record id and feeds
/// no field.
pub const RECORD_ID: &str = "record_id";

/// A source as the later stages see it.
#[derive(Clone, Debug, Default)]
pub struct SourceInfo {
    pub name: String,
    /// The recognised or forced system (a file stem of `rules/systems/`), if any.
    pub system: Option<String>,
    /// 0 to 1; survivorship by `most_trusted` takes the highest.
    pub trust: f64,
    /// ISO 3166 alpha-2 region for phones and addresses without a country.
    pub country: Option<String>,
    /// Paths of its files as written in messages; [`Origin::file`] points here.
    pub files: Vec<String>,
    /// The source's own headers, as read, in order, made unique (`Email (2)`).
    pub headers: Vec<String>,
    /// For each header: the canonical field or extra column that it feeds.
    pub columns: Vec<String>,
    /// The header that holds the record id, if any.
    pub id_header: Option<String>,
    /// The extra column that is called like a record id and has values twice or none.
    pub id_refused: Option<String>,
    /// No two records of this source are one person (a golden dataset).
    pub deduplicated: bool,
}

impl SourceInfo {
    /// A list of companies: it has a column of them and none that would name or place
    /// a person.
    #[must_use]
    pub fn is_of_organisations(&self) -> bool {
        const OF_PEOPLE: [&str; 8] = [
            "given_name",
            "family_name",
            "full_name",
            "nickname",
            "job_title",
            "mobile",
            "birth_date",
            "national_id",
        ];
        let feeds = |field: &str| self.columns.iter().any(|column| column == field);
        feeds("company") && !OF_PEOPLE.into_iter().any(feeds)
    }
}

/// Where a record stands in the input.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Index into [`Records::sources`].
    pub source: u16,
    /// Index into [`SourceInfo::files`].
    pub file: u32,
    /// Line of the file where the record starts, from 1 (a row number in
    /// workbooks and Parquet, the header being row 1 of a workbook).
    pub line: u32,
}

/// A record held out of the golden set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    /// The rule or reader's check that holds it.
    pub rule: String,
    /// In words, for `karat_reason`.
    pub reason: String,
    /// The raw text, for a row that could not be read whole (all its fields are missing).
    pub raw: Option<String>,
}

/// The records of all sources, one a row.
///
/// Rows are sorted by source name, then record id (then content), so that
/// neither the order of rows nor that of sources in the input is seen later. A
/// source without ids is sorted by content: its line numbers are no identity.
/// `record_id` is unique inside a source: a second record with the same id gets
/// `#2` behind it, and a diagnostic says so.
#[derive(Clone, Debug, Default)]
pub struct Records {
    /// Sorted by name.
    pub sources: Vec<SourceInfo>,
    pub origin: Vec<Origin>,
    pub record_id: Option<Text>,
    /// Canonical fields (see [`super::Fields`]) first, in their order; then extra
    /// columns, named `source:Header`. Input-only fields live here until
    /// standardising takes them apart.
    pub table: Table,
    /// Source columns that `table` holds in another form (several joined into one
    /// field, one split over several, the system's word for "nothing" taken out),
    /// as they were read, named `source:Header`. See [`Records::raw`].
    pub as_read: Table,
    /// Row → why it is held out.
    pub held: BTreeMap<u32, Held>,
}

impl Records {
    #[must_use]
    pub fn rows(&self) -> usize {
        self.origin.len()
    }

    /// The id of a row; every record has one.
    #[must_use]
    pub fn id(&self, row: usize) -> &str {
        self.record_id
            .as_ref()
            .and_then(|ids| ids.get(row))
            .unwrap_or("")
    }

    /// The source of a row.
    #[must_use]
    pub fn source(&self, row: usize) -> &SourceInfo {
        &self.sources[self.origin[row].source as usize]
    }

    /// The file of a row, as written in messages.
    #[must_use]
    pub fn file(&self, row: usize) -> &str {
        let origin = self.origin[row];
        self.sources[origin.source as usize]
            .files
            .get(origin.file as usize)
            .map_or("", String::as_str)
    }

    /// The cell of the source's header number `header` (index into
    /// [`SourceInfo::headers`]) in `row`, as it was read.
    #[must_use]
    pub fn raw(&self, row: usize, header: usize) -> Option<&str> {
        self.raw_column(usize::from(self.origin[row].source), header)?
            .get(row)
    }

    /// The column that has the cells of a header of a source as they were read; in the rows of
    /// other sources it may hold theirs.
    #[must_use]
    pub fn raw_column(&self, source: usize, header: usize) -> Option<&Text> {
        let source = self.sources.get(source)?;
        let column = source.columns.get(header)?;
        let own = format!("{}:{}", source.name, source.headers.get(header)?);
        if let Some(text) = self.as_read.column(&own) {
            Some(text)
        } else if column == RECORD_ID {
            self.record_id.as_ref()
        } else {
            self.table.column(column)
        }
    }

    #[must_use]
    pub fn is_held(&self, row: usize) -> bool {
        u32::try_from(row).is_ok_and(|row| self.held.contains_key(&row))
    }
}
