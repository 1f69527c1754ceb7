//! Whether two values of a field mean the same, though they are written differently:
//! `Northfield Instr. Inc.` and `Northfield Instruments`, `dana.whitlock@…` and
//! `Dana Whitlock` as an owner. Asked only where values differ.

use crate::contact::{Field, FieldType};
use crate::rulebook::Rulebook;
use crate::standardise::company::{self, CompanyRules};
use crate::standardise::email::{EmailRules, comparison_key};
use crate::standardise::job_title::{self, JobTitleRules};
use crate::standardise::phone::dialable;

/// The last digits of a number: with and without its country code they are the same.
const DIGITS: usize = 8;

/// What it takes to compare values by what they mean.
pub struct Meanings {
    companies: CompanyRules,
    emails: EmailRules,
    titles: JobTitleRules,
}

impl Meanings {
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        Self {
            companies: CompanyRules::load(rulebook),
            emails: EmailRules::load(rulebook),
            titles: JobTitleRules::load(rulebook),
        }
    }

    /// Whether two values of a field mean the same.
    #[must_use]
    pub fn same(&self, field: Option<&Field>, one: &str, other: &str) -> bool {
        let Some(field) = field else {
            return one == other;
        };
        let key = |value: &str| -> String {
            match field.kind {
                FieldType::Company => company::core(value, &self.companies).to_lowercase(),
                FieldType::JobTitle => job_title::key(value, &self.titles),
                FieldType::Email => {
                    comparison_key(value, &self.emails).unwrap_or_else(|| value.to_lowercase())
                }
                FieldType::Phone => {
                    let digits: String = dialable(value)
                        .chars()
                        .filter(char::is_ascii_digit)
                        .collect();
                    digits[digits.len().saturating_sub(DIGITS)..].to_owned()
                }
                _ => value.to_lowercase(),
            }
        };
        if field.kind == FieldType::Text {
            let (one, other) = (words(one), words(other));
            return within(&one, &other) || within(&other, &one);
        }
        one == other || key(one) == key(other)
    }
}

/// The words of a text; of a mail address those of its local part.
fn words(value: &str) -> Vec<String> {
    let text = value.split_once('@').map_or(value, |(local, _)| local);
    text.to_lowercase()
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// Whether every word of the shorter stands in the longer, in any order: `Dev` in `Dev
/// Patel`, the initial of `D. Patel` too. Who says less contradicts nobody.
fn within(short: &[String], long: &[String]) -> bool {
    let is_in = |word: &String| {
        long.iter().any(|other| {
            other == word || (word.chars().count() == 1 && other.starts_with(word.as_str()))
        })
    };
    short.len() <= long.len() && !short.is_empty() && short.iter().all(is_in)
        || short.is_empty() && long.is_empty()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_spellings_of_one_thing_are_no_difference() {
        let rulebook = Rulebook::builtin();
        let meanings = Meanings::load(&rulebook);
        let same =
            |field: &str, one, other| meanings.same(rulebook.fields().get(field), one, other);
        assert!(same(
            "owner",
            "dana.whitlock@acme-demo.com",
            "Whitlock, Dana"
        ));
        assert!(!same("owner", "Dana Whitlock", "Marcus Eide"));
        assert!(same("owner", "Dana", "Dana Whitlock"));
        assert!(same("owner", "Dana Whitlock", "d.whitlock@acme-demo.com"));
        assert!(!same("owner", "Dana Eide", "Dana Whitlock"));
        assert!(!same("owner", "Dan", "Dana Whitlock"));
        assert!(same(
            "company",
            "Northfield Instruments, Inc.",
            "Northfield Instruments"
        ));
        assert!(same("phone", "+16125554410", "6125554410"));
        assert!(same("email", "ann.lee+news@gmail.com", "annlee@gmail.com"));
        assert!(!same("email", "ann@x.com", "bob@x.com"));
        assert!(!same("city", "Leeds", "York"));
    }
}
