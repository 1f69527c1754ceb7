//! The full form of a golden phone: with its country code.
//!
//! A record that tells no country keeps the digits of a national number. Its person may
//! have the code in another record: in the number itself, or in the golden country.

use super::column::Work;
use super::union::parts_of;
use crate::standardise::phone;

/// The audit's word for a number that took its country code from the golden country.
pub(super) const RULE: &str = "phone_region_from_golden";
pub(super) const REASON: &str = "its country code is that of the golden record's country";

impl<'a> Work<'a> {
    /// The number with its country code, where some record of the person has it.
    pub(super) fn full_form(&self, rows: &[u32], value: &str) -> Option<(u32, &'a str)> {
        let same = self.policy.same?;
        if self.spelled_in.is_empty() || !same.is_fuller("+", value) {
            return None;
        }
        let key = same.key(value, self.sources.emails);
        self.spelled_in.iter().find_map(|column| {
            rows.iter().find_map(|&row| {
                parts_of(column.get(row as usize)?)
                    .find(|other| {
                        same.is_fuller(other, value) && same.key(other, self.sources.emails) == key
                    })
                    .map(|full| (row, full))
            })
        })
    }

    /// The number as dialled from abroad, where it is written as in the golden country.
    pub(super) fn with_country_code(&self, golden: usize, value: &str) -> Option<String> {
        let country = self.country?.get(golden)?;
        phone::with_country_code(value, country)
    }
}
