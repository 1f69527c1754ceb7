//! What strategies compare records by: date, age, trust, completeness.

use rayon::prelude::*;

use super::policy::Merging;
use crate::contact::{Records, Table, Text};
use crate::rulebook::Rulebook;

/// Per row of the records.
#[derive(Clone, Debug, Default)]
pub struct Ranks {
    /// Seconds since 1970; `i64::MIN` without a date.
    pub recency: Vec<i64>,
    /// Seconds since 1970; `i64::MAX` without a date, so that known ages come first.
    pub age: Vec<i64>,
    /// Canonical fields that are filled.
    pub filled: Vec<u32>,
    /// Millionths of the source's trust.
    pub trust: Vec<i64>,
    /// Source index.
    pub source: Vec<u16>,
}

impl Ranks {
    #[must_use]
    pub fn of(records: &Records, table: &Table, merging: &Merging, rulebook: &Rulebook) -> Self {
        let canonical: Vec<&Text> = rulebook
            .fields()
            .names()
            .filter_map(|name| table.column(name))
            .collect();
        let trust: Vec<i64> = records
            .sources
            .iter()
            .map(|source| millionths(source.trust))
            .collect();
        Self {
            recency: first_date(table, &merging.recency, i64::MIN),
            age: first_date(table, &merging.age, i64::MAX),
            filled: (0..table.rows())
                .into_par_iter()
                .map(|row| {
                    let filled = canonical.iter().filter(|c| c.has(row)).count();
                    u32::try_from(filled).unwrap_or(u32::MAX)
                })
                .collect(),
            trust: records
                .origin
                .iter()
                .map(|origin| trust.get(origin.source as usize).copied().unwrap_or(0))
                .collect(),
            source: records.origin.iter().map(|origin| origin.source).collect(),
        }
    }

    /// Oldest first; a known date before none, then canonical row order.
    #[must_use]
    pub fn by_age(&self, row: u32) -> (i64, u32) {
        (self.age.get(row as usize).copied().unwrap_or(i64::MAX), row)
    }
}

#[allow(clippy::cast_possible_truncation)]
fn millionths(trust: f64) -> i64 {
    (trust.clamp(0.0, 1.0) * 1e6).round() as i64
}

fn first_date(table: &Table, fields: &[String], none: i64) -> Vec<i64> {
    // Of each distinct value once.
    let columns: Vec<(&Text, Vec<Option<i64>>)> = fields
        .iter()
        .filter_map(|field| table.column(field))
        .map(|column| (column, column.map_distinct(seconds)))
        .collect();
    (0..table.rows())
        .into_par_iter()
        .map(|row| {
            columns
                .iter()
                .find_map(|(column, seconds)| seconds[column.code(row)? as usize])
                .unwrap_or(none)
        })
        .collect()
}

/// Seconds since 1970 of a canonical date or time; without an offset it is UTC.
#[must_use]
pub fn seconds(text: &str) -> Option<i64> {
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some(timestamp.as_second());
    }
    text.parse::<jiff::civil::DateTime>()
        .ok()
        .and_then(|time| jiff::tz::TimeZone::UTC.to_timestamp(time).ok())
        .map(|timestamp| timestamp.as_second())
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn dates_times_and_offsets_compare() {
        assert_eq!(seconds("1970-01-02"), Some(86_400));
        assert_eq!(seconds("1970-01-02T00:00:01"), Some(86_401));
        assert_eq!(seconds("1970-01-02T00:00:01Z"), Some(86_401));
        assert_eq!(seconds("1970-01-02T02:00:01+02:00"), Some(86_401));
        assert_eq!(seconds("1970-01"), None);
    }
}
