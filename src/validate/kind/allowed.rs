//! `allowed = ["lead", "customer"]`, or `{ values = […], ignore_case = true }`.

use std::collections::BTreeSet;

use toml::de::DeValue;

use super::super::document::Section;
use super::Reading;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed {
    values: BTreeSet<String>,
    ignore_case: bool,
}

impl Allowed {
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Self> {
        let section = reading.section;
        let value = section.get("allowed")?;
        let (values, ignore_case) = if let DeValue::Table(table) = value.get_ref() {
            let what = format!("{}, `allowed`", section.what);
            let inner = Section::new(section.document, table, value.span(), what);
            let values = inner.texts("values", reading.faults);
            let ignore_case = inner.boolean("ignore_case", reading.faults);
            inner.finish(reading.faults);
            (values, ignore_case.unwrap_or(false))
        } else {
            (section.texts("allowed", reading.faults), false)
        };
        if values.is_empty() {
            reading.faults.push(section.fault(
                "rule_impossible",
                "`allowed` lists no values",
                &value.span(),
            ));
            return None;
        }
        let fold = |text: String| {
            if ignore_case {
                text.to_lowercase()
            } else {
                text
            }
        };
        Some(Self {
            values: values.into_iter().map(|text| fold(text.value)).collect(),
            ignore_case,
        })
    }

    pub(super) fn words(&self, field: &str) -> String {
        let first: Vec<&str> = self.values.iter().take(8).map(String::as_str).collect();
        let more = if self.values.len() > first.len() {
            " …"
        } else {
            ""
        };
        format!("{field} is none of: {}{more}", first.join(", "))
    }

    pub(super) fn breaks(&self, value: &str) -> bool {
        if self.ignore_case {
            !self.values.contains(&value.to_lowercase())
        } else {
            !self.values.contains(value)
        }
    }
}
