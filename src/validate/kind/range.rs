//! `range = { min = 0, max = 100 }` for numbers; for dates
//! `range = { min = "run_date - 120 years", max = "run_date" }` or `{ min = 1900-01-01 }`.
//!
//! Only values that are numbers (or dates) are measured: what is none breaks a
//! `format` rule, not this one. A date without a year has no place in a range; one
//! without a day is measured as far as it goes.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use toml::Spanned;
use toml::de::DeValue;

use super::super::document::{At, Section, number};
use super::{Hit, Look, Reading};

#[derive(Clone, Debug, PartialEq)]
pub enum Range {
    Numbers { min: Option<f64>, max: Option<f64> },
    Dates { min: Option<Day>, max: Option<Day> },
}

/// A limit in time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Day {
    Fixed(Date),
    /// Counted from the day of the run; the unit's letter and how many.
    FromRun {
        count: i64,
        unit: Unit,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    Days,
    Months,
    Years,
}

enum Limit {
    Number(f64),
    Day(Day),
}

impl Range {
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Self> {
        let section = reading.section;
        let value = section.get("range")?;
        let DeValue::Table(table) = value.get_ref() else {
            section.wrong_type("range", "a table with min, max", value, reading.faults);
            return None;
        };
        let what = format!("{}, `range`", section.what);
        let inner = Section::new(section.document, table, value.span(), what);
        let before = reading.faults.len();
        let min = inner
            .get("min")
            .and_then(|value| limit(&inner, "min", value, reading));
        let max = inner
            .get("max")
            .and_then(|value| limit(&inner, "max", value, reading));
        inner.finish(reading.faults);
        if reading.faults.len() > before {
            return None;
        }
        let range = match (min, max) {
            (None, None) => None,
            (Some(Limit::Number(min)), None) => Some(Self::Numbers {
                min: Some(min),
                max: None,
            }),
            (None, Some(Limit::Number(max))) => Some(Self::Numbers {
                min: None,
                max: Some(max),
            }),
            (Some(Limit::Number(min)), Some(Limit::Number(max))) => {
                (min <= max).then_some(Self::Numbers {
                    min: Some(min),
                    max: Some(max),
                })
            }
            (Some(Limit::Day(min)), None) => Some(Self::Dates {
                min: Some(min),
                max: None,
            }),
            (None, Some(Limit::Day(max))) => Some(Self::Dates {
                min: None,
                max: Some(max),
            }),
            (Some(Limit::Day(min)), Some(Limit::Day(max))) => Some(Self::Dates {
                min: Some(min),
                max: Some(max),
            }),
            _ => None,
        };
        if range.is_none() {
            reading.faults.push(section.fault(
                "rule_impossible",
                "`range` needs min, max or both, both numbers or both dates, min being the smaller",
                &value.span(),
            ));
        }
        range
    }

    pub(super) fn words(&self, field: &str) -> String {
        let (min, max) = match self {
            Self::Numbers { min, max } => (
                min.map(|limit| limit.to_string()),
                max.map(|limit| limit.to_string()),
            ),
            Self::Dates { min, max } => (min.map(Day::words), max.map(Day::words)),
        };
        match (min, max) {
            (Some(min), Some(max)) => format!("{field} is not between {min} and {max}"),
            (Some(min), None) => format!("{field} is below {min}"),
            (None, Some(max)) => format!("{field} is above {max}"),
            (None, None) => String::new(),
        }
    }

    pub(super) fn look(&self, look: &Look<'_>) -> Vec<Hit> {
        match self {
            Self::Numbers { min, max } => look.values(|value| {
                value.trim().parse::<f64>().is_ok_and(|number| {
                    min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max)
                })
            }),
            Self::Dates { min, max } => {
                let day =
                    |limit: &Option<Day>| limit.and_then(|limit| limit.text(look.view.run_date));
                let (min, max) = (day(min), day(max));
                look.values(|value| {
                    let Some(known) = dated_part(value) else {
                        return false;
                    };
                    min.as_deref()
                        .is_some_and(|min| known < cut(min, known.len()))
                        || max
                            .as_deref()
                            .is_some_and(|max| known > cut(max, known.len()))
                })
            }
        }
    }
}

/// As exact as a value of so many bytes is.
fn cut(limit: &str, len: usize) -> &str {
    limit.get(..len).unwrap_or(limit)
}

impl Day {
    fn text(self, run_date: &str) -> Option<String> {
        let day = match self {
            Self::Fixed(day) => day,
            Self::FromRun { count, unit } => {
                let run: Date = run_date.parse().ok()?;
                run.checked_add(span(count, unit)?).ok()?
            }
        };
        Some(day.to_string())
    }

    fn words(self) -> String {
        match self {
            Self::Fixed(day) => day.to_string(),
            Self::FromRun { count: 0, .. } => "the day of the run".to_owned(),
            Self::FromRun { count, unit } => {
                let side = if count < 0 { "before" } else { "after" };
                let unit = match unit {
                    Unit::Days => "days",
                    Unit::Months => "months",
                    Unit::Years => "years",
                };
                format!("{} {unit} {side} the run", count.abs())
            }
        }
    }
}

fn limit(
    section: &Section<'_>,
    key: &str,
    value: &Spanned<DeValue<'_>>,
    reading: &mut Reading<'_>,
) -> Option<Limit> {
    if let Some(number) = number(value.get_ref()) {
        return Some(Limit::Number(number));
    }
    if let Some(date) = value.get_ref().as_datetime() {
        let text = date.to_string();
        let day = day_limit(text.get(..10).unwrap_or(&text));
        if let Some(day) = day {
            return Some(Limit::Day(day));
        }
    }
    let Some(text) = value.get_ref().as_str() else {
        section.wrong_type(key, "a number or a date", value, reading.faults);
        return None;
    };
    let day = day_limit(text);
    if day.is_none() {
        let at = At {
            value: text.to_owned(),
            span: value.span(),
        };
        reading.faults.push(
            section
                .fault(
                    "rule_impossible",
                    format!(
                        "`{key}` is no limit: {}",
                        crate::contact::diagnostic::shown(text)
                    ),
                    &at.span,
                )
                .hint(
                    "write a number, a date (1900-01-31), \"run_date\" or \"run_date - 120 years\"",
                ),
        );
    }
    day.map(Limit::Day)
}

fn day_limit(text: &str) -> Option<Day> {
    let Some(rest) = text.trim().strip_prefix("run_date") else {
        return text.trim().parse().ok().map(Day::Fixed);
    };
    let rest = rest.trim();
    if rest.is_empty() {
        return Some(Day::FromRun {
            count: 0,
            unit: Unit::Days,
        });
    }
    let sign = match rest.as_bytes().first()? {
        b'-' => -1,
        b'+' => 1,
        _ => return None,
    };
    let (count, unit) = rest[1..].trim().split_once(' ')?;
    let unit = match unit.trim() {
        "day" | "days" => Unit::Days,
        "month" | "months" => Unit::Months,
        "year" | "years" => Unit::Years,
        _ => return None,
    };
    let count: i64 = count
        .parse()
        .ok()
        .filter(|count| (0..=100_000).contains(count))?;
    span(count, unit)?;
    Some(Day::FromRun {
        count: sign * count,
        unit,
    })
}

fn span(count: i64, unit: Unit) -> Option<Span> {
    let zero = 0.days();
    match unit {
        Unit::Days => zero.try_days(count).ok(),
        Unit::Months => zero.try_months(count).ok(),
        Unit::Years => zero.try_years(count).ok(),
    }
}

/// `2024`, `2024-05` or `2024-05-06` at the head of an ISO date or time.
fn dated_part(value: &str) -> Option<&str> {
    if let Some(day) = super::freshness::day_of(value) {
        return Some(day);
    }
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let known = match value.len() {
        4 => digits(value),
        7 => digits(&value[..4]) && value.as_bytes()[4] == b'-' && digits(&value[5..]),
        _ => false,
    };
    known.then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_written() {
        assert_eq!(
            day_limit("run_date - 120 years"),
            Some(Day::FromRun {
                count: -120,
                unit: Unit::Years
            })
        );
        assert!(matches!(day_limit("1900-01-31"), Some(Day::Fixed(_))));
        assert_eq!(day_limit("run_date - many years"), None);
        assert_eq!(day_limit("yesterday"), None);
    }

    #[test]
    fn dates_are_known_as_far_as_they_go() {
        assert_eq!(dated_part("1980-02-03T10:00:00Z"), Some("1980-02-03"));
        assert_eq!(dated_part("1980-02"), Some("1980-02"));
        assert_eq!(dated_part("--02-03"), None);
        assert_eq!(dated_part("zażółć"), None);
    }
}
