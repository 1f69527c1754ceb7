//! What rules look at: the table as it stands, the records, the day of the run.

use std::ops::Range;

use polars::prelude::*;

use crate::contact::{Fields, Records, SourceInfo, Table, Text};

pub struct View<'a> {
    pub table: &'a Table,
    pub records: &'a Records,
    pub fields: &'a Fields,
    /// `YYYY-MM-DD`.
    pub run_date: &'a str,
}

impl<'a> View<'a> {
    #[must_use]
    pub fn rows(&self) -> usize {
        self.table.rows()
    }

    #[must_use]
    pub fn column(&self, field: &str) -> Option<&'a Text> {
        self.table.column(field)
    }

    /// Whether cells of a field hold several values, joined by `;`.
    #[must_use]
    pub fn is_multi(&self, field: &str) -> bool {
        self.fields.get(field).is_some_and(|field| field.multi)
    }

    /// The text column that conditions call `name`.
    pub(super) fn text(&self, name: &str) -> Option<&'a Text> {
        match name {
            "run_date" | "source" | "record_kind" => None,
            "record_id" => self.records.record_id.as_ref(),
            _ => self.column(name),
        }
    }

    /// A column for conditions; one that is not in the table is all missing. `values` are
    /// those of [`Text::values_to_polars`].
    pub(super) fn polars_column(
        &self,
        name: &str,
        rows: Range<usize>,
        values: Option<&StringChunked>,
    ) -> Column {
        let len = rows.len();
        match name {
            "run_date" => Column::new_scalar(
                name.into(),
                Scalar::new(
                    DataType::String,
                    AnyValue::StringOwned(self.run_date.into()),
                ),
                len,
            ),
            "source" => {
                let mut column: StringChunked = rows
                    .map(|row| Some(self.records.source(row).name.as_str()))
                    .collect();
                column.rename(name.into());
                column.into_series().into_column()
            }
            // `organisation`, or missing.
            "record_kind" => {
                let company = self.column("company");
                let sources: Vec<bool> = self
                    .records
                    .sources
                    .iter()
                    .map(SourceInfo::is_of_organisations)
                    .collect();
                let mut column: StringChunked = rows
                    .map(|row| {
                        let source = usize::from(self.records.origin.get(row)?.source);
                        (*sources.get(source)? && company?.has(row)).then_some("organisation")
                    })
                    .collect();
                column.rename(name.into());
                column.into_series().into_column()
            }
            _ => self.text(name).map_or_else(
                || Column::full_null(name.into(), len, &DataType::String),
                |text| named(text, name, rows, values),
            ),
        }
    }
}

fn named(text: &Text, name: &str, rows: Range<usize>, values: Option<&StringChunked>) -> Column {
    let mut array = text.to_polars(rows, values);
    array.rename(name.into());
    array.into_series().into_column()
}
