//! Dates: `2024-03-12`, a moment `2024-03-12T09:14:00Z`, or as much of a date as
//! is known: `2024-03`, `2024`, `--03-14`.
//!
//! Between day and month nothing is guessed in silence: [`order`] decides per source,
//! column and separator by the values that can only be read one way, and says where
//! it had to take a custom. What cannot be decided stays as it is written.

pub mod calendar;
pub mod order;
pub mod parse;
pub mod parts;
pub mod rules;

use std::collections::BTreeMap;

use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use calendar::Calendar;
use parse::{Day, Reading, Year};
pub use rules::{DateRules, Order};

use super::outcome::{Doubt, Outcome};
use crate::contact::Severity;
use crate::contact::diagnostic::shown;

/// How one column of one source writes its dates.
#[derive(Clone, Debug)]
pub struct Format {
    /// By separator; a separator that is not here could not be decided.
    pub orders: BTreeMap<char, Order>,
    /// Separators whose order is a custom in spite of contrary values: each value
    /// read by it carries a doubt.
    pub shaky: Vec<char>,
    /// A strptime pattern of the plan, tried first.
    pub pattern: Option<String>,
    /// What the whole column proves its years to be of.
    pub calendar: Calendar,
    /// For times without an offset.
    pub zone: TimeZone,
    /// The year of the run: two-digit years are not in its future.
    pub run_year: i16,
}

impl Default for Format {
    fn default() -> Self {
        Self {
            orders: BTreeMap::new(),
            shaky: Vec::new(),
            pattern: None,
            calendar: Calendar::Gregorian,
            zone: TimeZone::UTC,
            run_year: 2026,
        }
    }
}

/// Whether a field holds days or moments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Date,
    DateTime,
}

/// Standardises one cell.
#[must_use]
pub fn standardise(value: &str, kind: Kind, format: &Format, rules: &DateRules) -> Outcome {
    standardise_read(value, kind, format, rules, || {
        parse::read(value, kind == Kind::DateTime, rules)
    })
}

/// As [`standardise()`], with what [`parse::read`] says about the value at hand.
#[must_use]
pub fn standardise_read(
    value: &str,
    kind: Kind,
    format: &Format,
    rules: &DateRules,
    read: impl FnOnce() -> Option<Reading>,
) -> Outcome {
    if is_all_zeros(value) {
        return Outcome::cleared("placeholder", "a date of zeros");
    }
    let by_pattern = format
        .pattern
        .as_deref()
        .and_then(|pattern| by_pattern(value, pattern));
    let Some(reading) = by_pattern.or_else(read) else {
        return kept(
            value,
            "date_not_readable",
            Severity::Warning,
            "is no date that karat can read",
        );
    };
    match resolve(&reading, kind, format) {
        Resolved::Is(canonical, shaky) => finish(value, canonical, shaky, rules),
        Resolved::Ambiguous => kept(
            value,
            "date_ambiguous",
            Severity::Warning,
            "may be day first or month first; say which with `dates` in the source's plan",
        ),
        Resolved::OtherCalendar => kept(
            value,
            "date_calendar_unknown",
            Severity::Warning,
            "has a year of another calendar, and the column does not prove which",
        ),
        Resolved::Impossible => kept(
            value,
            "date_not_possible",
            Severity::Warning,
            "is no day that exists",
        ),
    }
}

enum Resolved {
    Is(String, bool),
    Ambiguous,
    OtherCalendar,
    Impossible,
}

fn finish(value: &str, canonical: String, shaky: bool, rules: &DateRules) -> Outcome {
    if rules.is_placeholder(&canonical) {
        return Outcome::cleared("placeholder", "stands for no date");
    }
    if canonical == value {
        return Outcome::unchanged(value);
    }
    let outcome = Outcome::changed(canonical.clone(), "date_iso");
    if !shaky {
        return outcome;
    }
    outcome.doubt(Doubt {
        rule: "date_order_assumed",
        severity: Severity::Warning,
        message: format!(
            "{} was read as {canonical} by the country's custom, but its column has dates of both orders",
            shown(value)
        ),
        suggestion: None,
    })
}

fn kept(value: &str, rule: &'static str, severity: Severity, says: &str) -> Outcome {
    Outcome::unchanged(value).doubt(Doubt {
        rule,
        severity,
        message: format!("{} {says}", shown(value)),
        suggestion: None,
    })
}

fn resolve(reading: &Reading, kind: Kind, format: &Format) -> Resolved {
    let mut shaky = false;
    let date = match &reading.day {
        Day::Moment(moment) => return Resolved::Is(moment.to_string(), false),
        Day::Year(year) => return partial(*year, None, format),
        Day::YearMonth { year, month } => {
            if !(1..=12).contains(month) {
                return Resolved::Impossible;
            }
            return partial(long(*year, kind, format), Some(*month), format);
        }
        Day::MonthDay { month, day } => return without_year(*month, *day),
        Day::Two {
            numbers: [a, b],
            separator,
        } => {
            let Some((day, month)) =
                day_and_month(i16::from(*a), i16::from(*b), *separator, format, &mut shaky)
            else {
                return undecided(i16::from(*a), i16::from(*b));
            };
            return without_year(month, day);
        }
        Day::Sure {
            year,
            month,
            day,
            calendar,
        } => {
            let year = long(*year, kind, format);
            let calendar = calendar
                .filter(|named| Calendar::of_year(year) == Some(*named))
                .unwrap_or(format.calendar);
            full(year, *month, *day, calendar)
        }
        Day::Three {
            numbers,
            long_year,
            separator,
        } => match three(*numbers, *long_year, *separator, kind, format, &mut shaky) {
            Ok((year, month, day)) => full(year, month, day, format.calendar),
            Err(resolved) => return resolved,
        },
    };
    match date {
        Ok(date) => at_time(date, reading, kind, format, shaky),
        Err(resolved) => resolved,
    }
}

/// Year, month and day of three numbers.
fn three(
    [a, b, c]: [i16; 3],
    long_year: bool,
    separator: char,
    kind: Kind,
    format: &Format,
    shaky: &mut bool,
) -> Result<(i16, i8, i8), Resolved> {
    let small = |number: i16| i8::try_from(number).unwrap_or(0);
    let order = format.orders.get(&separator);
    if !long_year && (a > 31 || order == Some(&Order::YearFirst)) {
        return Ok((long(Year::Short(a), kind, format), small(b), small(c)));
    }
    let year = if long_year {
        c
    } else {
        long(Year::Short(c), kind, format)
    };
    match day_and_month(a, b, separator, format, shaky) {
        Some((day, month)) => Ok((year, month, day)),
        None => Err(undecided(a, b)),
    }
}

/// (day, month) of two numbers in the column's order; `None` when nothing tells.
fn day_and_month(
    a: i16,
    b: i16,
    separator: char,
    format: &Format,
    shaky: &mut bool,
) -> Option<(i8, i8)> {
    let pair = |day: i16, month: i16| Some((i8::try_from(day).ok()?, i8::try_from(month).ok()?));
    if a > 12 || a == b {
        return if b <= 12 { pair(a, b) } else { None };
    }
    if b > 12 {
        return pair(b, a);
    }
    let order = format.orders.get(&separator)?;
    *shaky = format.shaky.contains(&separator);
    match order {
        Order::DayFirst => pair(a, b),
        Order::MonthFirst | Order::YearFirst => pair(b, a),
    }
}

fn undecided(a: i16, b: i16) -> Resolved {
    if (1..=12).contains(&a) && (1..=12).contains(&b) {
        Resolved::Ambiguous
    } else {
        Resolved::Impossible
    }
}

fn full(year: i16, month: i8, day: i8, calendar: Calendar) -> Result<Date, Resolved> {
    let written = Calendar::of_year(year).ok_or(Resolved::Impossible)?;
    if written != Calendar::Gregorian && written != calendar {
        return Err(Resolved::OtherCalendar);
    }
    written
        .gregorian(year, month, day)
        .ok_or(Resolved::Impossible)
}

fn partial(year: i16, month: Option<i8>, format: &Format) -> Resolved {
    let Some(written) = Calendar::of_year(year) else {
        return Resolved::Impossible;
    };
    if written != Calendar::Gregorian && written != format.calendar {
        return Resolved::OtherCalendar;
    }
    match (written.gregorian_year(year), month) {
        (Some(year), Some(month)) => Resolved::Is(format!("{year:04}-{month:02}"), false),
        (Some(year), None) => Resolved::Is(format!("{year:04}"), false),
        (None, _) => Resolved::OtherCalendar,
    }
}

fn without_year(month: i8, day: i8) -> Resolved {
    // A leap year, so that 29 February is a birthday.
    match Date::new(2000, month, day) {
        Ok(_) => Resolved::Is(format!("--{month:02}-{day:02}"), false),
        Err(_) => Resolved::Impossible,
    }
}

fn at_time(date: Date, reading: &Reading, kind: Kind, format: &Format, shaky: bool) -> Resolved {
    let Some(time) = reading.time.filter(|_| kind == Kind::DateTime) else {
        return Resolved::Is(date.to_string(), shaky);
    };
    let local = DateTime::from_parts(date, time);
    let moment = match reading.offset {
        Some(seconds) => jiff::tz::Offset::from_seconds(seconds)
            .ok()
            .and_then(|offset| offset.to_timestamp(local).ok()),
        // A time that the clock skips or shows twice is read as most tools do: by
        // the offset before the change.
        None => format.zone.to_timestamp(local).ok(),
    };
    match moment {
        Some(moment) => Resolved::Is(moment.to_string(), shaky),
        None => Resolved::Impossible,
    }
}

/// The century of a two-digit year: the newest that is not in the future. Records
/// may be dated a year ahead, births may not.
fn long(year: Year, kind: Kind, format: &Format) -> i16 {
    match year {
        Year::Long(year) => year,
        Year::Short(short) => {
            let newest = format.run_year + i16::from(kind == Kind::DateTime);
            let this = newest - newest.rem_euclid(100) + short;
            if this > newest { this - 100 } else { this }
        }
    }
}

fn by_pattern(value: &str, pattern: &str) -> Option<Reading> {
    let value = value.trim();
    let parsed = jiff::fmt::strtime::parse(pattern, value).ok()?;
    let date = parsed.to_date().ok()?;
    Some(Reading {
        day: Day::Sure {
            year: Year::Long(date.year()),
            month: date.month(),
            day: date.day(),
            calendar: None,
        },
        time: parsed.to_time().ok().filter(|_| parsed.hour().is_some()),
        offset: parsed.offset().map(jiff::tz::Offset::seconds),
    })
}

fn is_all_zeros(value: &str) -> bool {
    let mut digits = value.chars().filter(char::is_ascii_digit).peekable();
    digits.peek().is_some()
        && digits.all(|c| c == '0')
        && value
            .chars()
            .all(|c| c.is_ascii_digit() || !c.is_alphabetic() || matches!(c, 'T' | 'Z'))
}

#[cfg(test)]
mod tests;
