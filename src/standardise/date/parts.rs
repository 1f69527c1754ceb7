//! A date in three columns: year, month and day → one date, as much as is known.

use super::Format;
use super::calendar::Calendar;
use super::rules::DateRules;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::standardise::outcome::Doubt;
use crate::standardise::text::{ascii_digits, tidy_line, without_guard};

/// `1967`, `3`, `9` → `1967-03-09`; `1967`, `3` → `1967-03`; `3`, `9` → `--03-09`.
/// `None` when the parts are no date.
#[must_use]
pub fn join(
    year: Option<&str>,
    month: Option<&str>,
    day: Option<&str>,
    format: &Format,
    rules: &DateRules,
) -> Option<String> {
    let year = match year {
        Some(text) => Some(number(text).filter(|year| *year > 0)?),
        None => None,
    };
    let month = match month {
        Some(text) => Some(month_number(text, rules)?),
        None => None,
    };
    let day = match day {
        Some(text) => Some(number(text).and_then(|day| i8::try_from(day).ok())?),
        None => None,
    };
    let year = year.map(|year| {
        if year >= 100 {
            return year;
        }
        // A birth is never in the future.
        let this = format.run_year - format.run_year.rem_euclid(100) + year;
        if this > format.run_year {
            this - 100
        } else {
            this
        }
    });
    let calendar = year.and_then(Calendar::of_year);
    match (year, month, day) {
        (Some(year), Some(month), Some(day)) => calendar?
            .gregorian(year, month, day)
            .map(|date| date.to_string()),
        (Some(year), Some(month), None) => {
            Some(format!("{:04}-{month:02}", calendar?.gregorian_year(year)?))
        }
        (Some(year), None, _) => Some(format!("{:04}", calendar?.gregorian_year(year)?)),
        (None, Some(month), Some(day)) => jiff::civil::Date::new(2000, month, day)
            .ok()
            .map(|_| format!("--{month:02}-{day:02}")),
        _ => None,
    }
}

fn number(text: &str) -> Option<i16> {
    let tidy = tidy_line(without_guard(text)).into_owned();
    let digits = ascii_digits(&tidy);
    // Numbers that went through a spreadsheet or a data frame: `1967.0`.
    let whole = digits.strip_suffix(".0").unwrap_or(&digits);
    whole.parse().ok()
}

fn month_number(text: &str, rules: &DateRules) -> Option<i8> {
    let month = match number(text) {
        Some(number) => i8::try_from(number).ok()?,
        None => {
            rules
                .month(&tidy_line(text).trim_end_matches('.').to_lowercase())?
                .0
        }
    };
    (1..=12).contains(&month).then_some(month)
}

/// What to tell about a part of a date that does not exist.
#[must_use]
pub fn no_date(raw: &str) -> Doubt {
    Doubt {
        rule: "date_parts_no_date",
        severity: Severity::Warning,
        message: format!(
            "{} and the other parts of the date make no day that exists",
            shown(raw)
        ),
        suggestion: None,
    }
}
