//! `length = { min = 2, max = 80 }`: how many characters a value has.

use super::super::document::Section;
use super::Reading;
use toml::de::DeValue;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    min: usize,
    max: usize,
}

impl Length {
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Self> {
        let section = reading.section;
        let value = section.get("length")?;
        let DeValue::Table(table) = value.get_ref() else {
            section.wrong_type("length", "a table with min, max", value, reading.faults);
            return None;
        };
        let what = format!("{}, `length`", section.what);
        let inner = Section::new(section.document, table, value.span(), what);
        let before = reading.faults.len();
        let min = inner.count("min", reading.faults);
        let max = inner.count("max", reading.faults);
        inner.finish(reading.faults);
        if reading.faults.len() > before {
            return None;
        }
        if min.is_none() && max.is_none() || min > max && max.is_some() {
            reading.faults.push(section.fault(
                "rule_impossible",
                "`length` needs min, max or both, min being the smaller",
                &value.span(),
            ));
            return None;
        }
        let size = |count: u64| usize::try_from(count).unwrap_or(usize::MAX);
        Some(Self {
            min: min.map_or(0, size),
            max: max.map_or(usize::MAX, size),
        })
    }

    pub(super) fn words(self, field: &str) -> String {
        match (self.min, self.max) {
            (0, max) => format!("{field} is longer than {max} characters"),
            (min, usize::MAX) => format!("{field} is shorter than {min} characters"),
            (min, max) => format!("{field} does not have {min} to {max} characters"),
        }
    }

    pub(super) fn breaks(self, value: &str) -> bool {
        // Bytes bound characters from above and, by four, from below.
        if value.len() <= self.max && value.len() >= self.min.saturating_mul(4) {
            return false;
        }
        let chars = value.chars().count();
        chars < self.min || chars > self.max
    }
}
