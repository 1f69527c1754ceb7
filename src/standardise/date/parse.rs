//! What a date cell says, before anybody decides what is day and what is month.

use std::borrow::Cow;
use std::sync::LazyLock;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use regex::Regex;

use super::calendar::Calendar;
use super::rules::DateRules;
use crate::standardise::text::{ascii_digits, tidy_line, without_guard};

/// A cell as read.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    pub day: Day,
    pub time: Option<Time>,
    /// Seconds east of UTC.
    pub offset: Option<i32>,
}

/// The day in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Day {
    /// Year, month and day are told apart by how they are written.
    Sure {
        year: Year,
        month: i8,
        day: i8,
        /// Told by the month's name.
        calendar: Option<Calendar>,
    },
    /// Three numbers whose order is a custom: `03/04/2024`, `03-04-24`.
    Three {
        numbers: [i16; 3],
        /// The third has four digits.
        long_year: bool,
        separator: char,
    },
    /// Two numbers, no year: `03/14`.
    Two {
        numbers: [i8; 2],
        separator: char,
    },
    MonthDay {
        month: i8,
        day: i8,
    },
    YearMonth {
        year: Year,
        month: i8,
    },
    Year(i16),
    /// A count of seconds: a moment in UTC.
    Moment(Timestamp),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Year {
    Long(i16),
    /// Two digits: the century is left out.
    Short(i16),
}

static TIME: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"^(?P<date>.*?)(?:T|,?\s+|,)(?P<h>\d{1,2})[:.](?P<m>\d{2})(?:[:.](?P<s>\d{2})(?:[.,]\d{1,9})?)?\s*(?P<rest>[^\d:].*)?$",
    )
});
static HOUR_ONLY: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?P<date>.*\d.*?),?\s+(?P<h>\d{1,2})\s*(?P<rest>\p{L}[\p{L}.]*)$"));
static OFFSET: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(?:utc|gmt|z)?\s*([+\-−])(\d{1,2}):?(\d{2})?$"));
static YEAR_FIRST: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\d{4})\s?[-/. ]\s?(\d{1,2})\s?[-/. ]\s?(\d{1,2})\.?$"));
static THREE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(\d{1,2})\s?([-/. ])\s?(\d{1,2})\s?[-/. ]\s?(\d{4}|\d{2})\.?$"));
static TWO: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{1,2})([-/.])(\d{1,2})\.?$"));
static NO_YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^--?(\d{2})-?(\d{2})$"));
static YEAR_MONTH: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{4})[-/.](\d{1,2})$"));
static MONTH_YEAR: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\d{1,2})[-/.](\d{4})$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text)
        .unwrap_or_else(|error| unreachable!("invariant: fixed patterns compile: {error}"))
}

/// Reads a cell; `None` when it says no date. With `moments`, a long number is a
/// count of seconds or milliseconds since 1970.
#[must_use]
pub fn read(value: &str, moments: bool, rules: &DateRules) -> Option<Reading> {
    let tidy = tidy_line(without_guard(value));
    let text: Cow<'_, str> = if tidy.is_ascii() {
        tidy
    } else {
        let dashes = ['\u{2010}', '\u{2011}', '\u{2013}', '\u{2212}'];
        Cow::Owned(ascii_digits(&tidy).replace(dashes, "-"))
    };
    if text.len() > 64 || !text.bytes().any(|b| b.is_ascii_digit()) {
        return None;
    }
    if text.bytes().all(|b| b.is_ascii_digit() || b == b'.')
        && text.matches('.').count() < 2
        && let Some(reading) = number(&text, moments)
    {
        return Some(reading);
    }
    usual(&text, rules).or_else(|| by_patterns(&text, rules))
}

fn by_patterns(text: &str, rules: &DateRules) -> Option<Reading> {
    let (date_text, time, offset) = match time_of(text, rules) {
        Some(found) => found,
        None => (text, None, None),
    };
    let day = digits_only(date_text).or_else(|| words(date_text, rules))?;
    Some(Reading { day, time, offset })
}

/// `2024-03-12`, `3/4/2024`, with or without `09:14`, `T09:14:00.5Z`, `09:14:00 +02:00`, `09:14 PM`:
/// what most exports write, read without a pattern. `None` for everything else, also
/// for what is no such date.
fn usual(text: &str, rules: &DateRules) -> Option<Reading> {
    let bytes = text.as_bytes();
    let end = bytes
        .iter()
        .position(|b| matches!(b, b' ' | b'T'))
        .unwrap_or(bytes.len());
    let day = usual_day(text.get(..end)?)?;
    if end == bytes.len() {
        return Some(Reading {
            day,
            time: None,
            offset: None,
        });
    }
    let two = |at: usize| -> Option<i8> {
        let pair = text.get(at..at + 2)?;
        pair.bytes().all(|b| b.is_ascii_digit()).then_some(())?;
        pair.parse().ok()
    };
    let mut at = end + 1;
    let (mut hour, minute) = (two(at)?, two(at + 3)?);
    (bytes.get(at + 2) == Some(&b':')).then_some(())?;
    at += 5;
    let mut second = 0;
    if bytes.get(at) == Some(&b':') {
        second = two(at + 1)?;
        at += 3;
        if bytes.get(at) == Some(&b'.') {
            let digits = bytes[at + 1..]
                .iter()
                .take_while(|b| b.is_ascii_digit())
                .count();
            (1..=9).contains(&digits).then_some(())?;
            at += 1 + digits;
        }
    }
    let rest = text.get(at..)?.trim_start();
    let offset = match rest.bytes().next() {
        None => None,
        Some(b'Z' | b'+' | b'-') => Some(offset_of(&rest.to_ascii_lowercase(), rules)?),
        Some(_) => {
            // `09:14 PM` and nothing behind.
            let (afternoon, length) = rules.half_of_day(rest)?;
            rest.get(length..)?.is_empty().then_some(())?;
            hour = of_day(hour, afternoon);
            None
        }
    };
    let time = Time::new(hour, minute, if second == 60 { 59 } else { second }, 0).ok()?;
    Some(Reading {
        day,
        time: Some(time),
        offset,
    })
}

/// Three numbers with separators between and no blanks.
fn usual_day(text: &str) -> Option<Day> {
    let bytes = text.as_bytes();
    let is = |at: usize| matches!(bytes.get(at), Some(b'-' | b'/' | b'.'));
    let digits = |from: usize| {
        let own = bytes.get(from..).unwrap_or_default();
        own.iter().take_while(|b| b.is_ascii_digit()).count()
    };
    let first = digits(0);
    let second = digits(first + 1);
    let third_at = first + second + 2;
    let third = digits(third_at);
    let whole = is(first) && is(first + 1 + second) && third_at + third == bytes.len();
    if !whole || !(1..=2).contains(&second) {
        return None;
    }
    let (one, two, three) = (
        text.get(..first)?,
        text.get(first + 1..first + 1 + second)?,
        text.get(third_at..)?,
    );
    match (first, third) {
        (4, 1 | 2) => Some(sure(
            one.parse().ok()?,
            two.parse().ok()?,
            three.parse().ok()?,
        )),
        (1 | 2, 2 | 4) => Some(Day::Three {
            numbers: [one.parse().ok()?, two.parse().ok()?, three.parse().ok()?],
            long_year: third == 4,
            separator: char::from(bytes[first]),
        }),
        _ => None,
    }
}

/// Takes the time off the end: (the date's text, time, offset).
fn time_of<'a>(text: &'a str, rules: &DateRules) -> Option<(&'a str, Option<Time>, Option<i32>)> {
    let found = TIME.captures(text).or_else(|| {
        HOUR_ONLY
            .captures(text)
            .filter(|found| rules.half_of_day(&found["rest"]).is_some())
    })?;
    let part = |name: &str| found.name(name).map_or("", |m| m.as_str());
    let mut hour: i8 = part("h").parse().ok()?;
    let minute = part("m").parse().unwrap_or(0);
    let second = part("s").parse().unwrap_or(0);
    let mut rest = part("rest").trim().to_lowercase();
    let half = rules.half_of_day(&rest);
    if let Some((afternoon, length)) = half {
        hour = of_day(hour, afternoon);
        rest = rest.get(length..).unwrap_or("").trim().to_owned();
    }
    let rest = rest.trim_matches(['(', ')', ' ']);
    let offset = if rest.is_empty() {
        None
    } else {
        Some(offset_of(rest, rules)?)
    };
    // A leap second is the second before.
    let time = Time::new(hour, minute, if second == 60 { 59 } else { second }, 0).ok()?;
    let end = found.name("date")?.end();
    Some((text.get(..end)?.trim_end(), Some(time), offset))
}

/// The hour of the day that an hour of its half is.
fn of_day(hour: i8, afternoon: bool) -> i8 {
    match (hour, afternoon) {
        (12, false) => 0,
        (1..=11, true) => hour + 12,
        _ => hour,
    }
}

fn offset_of(text: &str, rules: &DateRules) -> Option<i32> {
    if let Some(seconds) = rules.zone_offset(text) {
        return Some(seconds);
    }
    let found = OFFSET.captures(text)?;
    let hours: i32 = found[2].parse().ok()?;
    let minutes: i32 = found.get(3).map_or(Ok(0), |m| m.as_str().parse()).ok()?;
    if hours > 14 || minutes > 59 {
        return None;
    }
    let seconds = hours * 3600 + minutes * 60;
    Some(if &found[1] == "+" { seconds } else { -seconds })
}

/// A number without separators: a serial day of a spreadsheet, `YYYYMMDD`, a year, seconds.
fn number(text: &str, moments: bool) -> Option<Reading> {
    let plain = |day| {
        Some(Reading {
            day,
            time: None,
            offset: None,
        })
    };
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let count: i64 = whole.parse().ok()?;
    let at = |from: usize, to: usize| {
        whole
            .get(from..to)
            .and_then(|part| part.parse::<i16>().ok())
    };
    match (whole.len(), fraction.is_empty()) {
        (5, _) if (10_000..=73_050).contains(&count) => {
            let days = jiff::Span::new().try_days(count).ok()?;
            let date = Date::new(1899, 12, 30).ok()?.checked_add(days).ok()?;
            let share: f64 = if fraction.is_empty() {
                0.0
            } else {
                format!("0.{fraction}").parse().ok()?
            };
            // Spreadsheets keep a time as a share of the day; the nearest second is meant.
            #[expect(clippy::cast_possible_truncation, reason = "0 to 86399")]
            let seconds = ((share * 86_400.0).round() as i32).clamp(0, 86_399);
            let time = Time::new(
                i8::try_from(seconds / 3600).ok()?,
                i8::try_from(seconds / 60 % 60).ok()?,
                i8::try_from(seconds % 60).ok()?,
                0,
            )
            .ok()?;
            Some(Reading {
                day: sure(date.year(), date.month(), date.day()),
                time: (!fraction.is_empty()).then_some(time),
                offset: None,
            })
        }
        (4, true) if (1250..=2600).contains(&count) => plain(Day::Year(at(0, 4)?)),
        (6, true) if (1..=12).contains(&at(4, 6)?) && (1900..=2100).contains(&at(0, 4)?) => {
            plain(Day::YearMonth {
                year: Year::Long(at(0, 4)?),
                month: i8::try_from(at(4, 6)?).ok()?,
            })
        }
        (8, true) => {
            let (year, month, day) = (at(0, 4)?, at(4, 6)?, at(6, 8)?);
            if Calendar::of_year(year).is_some()
                && (1..=12).contains(&month)
                && (1..=31).contains(&day)
            {
                return plain(sure(
                    year,
                    i8::try_from(month).ok()?,
                    i8::try_from(day).ok()?,
                ));
            }
            plain(Day::Three {
                numbers: [at(0, 2)?, at(2, 4)?, at(4, 8)?],
                long_year: true,
                separator: ' ',
            })
        }
        (14, true) => {
            let (month, day) = (i8::try_from(at(4, 6)?).ok()?, i8::try_from(at(6, 8)?).ok()?);
            let part = |from, to| at(from, to).and_then(|n| i8::try_from(n).ok());
            let time = Time::new(part(8, 10)?, part(10, 12)?, part(12, 14)?, 0).ok()?;
            Some(Reading {
                day: sure(at(0, 4)?, month, day),
                time: Some(time),
                offset: None,
            })
        }
        (9 | 10, _) if moments => plain(Day::Moment(Timestamp::from_second(count).ok()?)),
        (12 | 13, true) if moments => {
            plain(Day::Moment(Timestamp::from_second(count / 1000).ok()?))
        }
        _ => None,
    }
}

fn sure(year: i16, month: i8, day: i8) -> Day {
    Day::Sure {
        year: Year::Long(year),
        month,
        day,
        calendar: None,
    }
}

fn digits_only(text: &str) -> Option<Day> {
    let small = |text: &str| text.parse::<i8>().ok();
    if let Some(found) = YEAR_FIRST.captures(text) {
        return Some(sure(
            found[1].parse().ok()?,
            small(&found[2])?,
            small(&found[3])?,
        ));
    }
    if let Some(found) = THREE.captures(text) {
        return Some(Day::Three {
            numbers: [
                found[1].parse().ok()?,
                found[3].parse().ok()?,
                found[4].parse().ok()?,
            ],
            long_year: found[4].len() == 4,
            separator: found[2].chars().next()?,
        });
    }
    if let Some(found) = NO_YEAR.captures(text) {
        return Some(Day::MonthDay {
            month: small(&found[1])?,
            day: small(&found[2])?,
        });
    }
    if let Some(found) = TWO.captures(text) {
        return Some(Day::Two {
            numbers: [small(&found[1])?, small(&found[3])?],
            separator: found[2].chars().next()?,
        });
    }
    if let Some(found) = YEAR_MONTH.captures(text) {
        return Some(Day::YearMonth {
            year: Year::Long(found[1].parse().ok()?),
            month: small(&found[2])?,
        });
    }
    if let Some(found) = MONTH_YEAR.captures(text) {
        return Some(Day::YearMonth {
            year: Year::Long(found[2].parse().ok()?),
            month: small(&found[1])?,
        });
    }
    if text.len() == 4 {
        return text.parse().ok().map(Day::Year);
    }
    None
}

/// A date with a month's name, or with marks behind the numbers (`2023年6月11日`).
fn words(text: &str, rules: &DateRules) -> Option<Day> {
    let (mut year, mut month, mut day, mut calendar) = (None, None, None, None);
    let mut loose: Vec<(&str, bool)> = Vec::new();
    let lower = text.to_lowercase();
    let tokens = tokens(&lower);
    let mut at = 0;
    while at < tokens.len() {
        let token = tokens[at].as_str();
        let next = tokens.get(at + 1).map_or("", String::as_str);
        at += 1;
        if token.starts_with(|c: char| c.is_ascii_digit()) {
            if rules.is_year_mark(next) {
                year = Some(token);
            } else if rules.is_month_mark(next) {
                month = Some(token.parse().ok()?);
            } else if rules.is_day_mark(next) {
                day = Some(token.parse().ok()?);
            } else {
                loose.push((token, month.is_some()));
                continue;
            }
            at += 1;
        } else if rules.is_month_lead(token) && next.starts_with(|c: char| c.is_ascii_digit()) {
            month = Some(next.parse().ok()?);
            at += 1;
        } else if let Some((number, of)) = rules.month(token) {
            if month.is_some() {
                return None;
            }
            month = Some(number);
            calendar = of;
        } else if !rules.is_filler(token) {
            return None;
        }
    }
    let month = month?;
    for (number, behind_month) in loose {
        if number.len() > 2 {
            if year.replace(number).is_some() {
                return None;
            }
        } else if day.is_none() && (year.is_some() || !behind_month || loose_count(&tokens) > 1) {
            day = Some(number.parse().ok()?);
        } else if year.is_none() {
            year = Some(number);
        } else {
            return None;
        }
    }
    let year = match year {
        Some(text) => {
            let number: i16 = text.parse().ok()?;
            Some(if text.len() > 2 {
                Year::Long(number)
            } else {
                Year::Short(number)
            })
        }
        None => None,
    };
    match (year, day) {
        (Some(year), Some(day)) => Some(Day::Sure {
            year,
            month,
            day,
            calendar,
        }),
        (Some(Year::Long(year)), None) => Some(Day::YearMonth {
            year: Year::Long(year),
            month,
        }),
        // `Mar 24` may be the 24th or the year: not a date that anybody can be sure of.
        (Some(Year::Short(short)), None) if short > 31 => Some(Day::YearMonth {
            year: Year::Short(short),
            month,
        }),
        (None, Some(day)) => Some(Day::MonthDay { month, day }),
        _ => None,
    }
}

fn loose_count(tokens: &[String]) -> usize {
    tokens
        .iter()
        .filter(|token| token.starts_with(|c: char| c.is_ascii_digit()))
        .count()
}

/// Runs of digits and runs of letters; a dot behind a letter belongs to it and is dropped.
fn tokens(text: &str) -> Vec<String> {
    let mut tokens: Vec<String> = Vec::new();
    let mut kind = 0_u8;
    for c in text.chars() {
        let now = match c {
            '0'..='9' => 1,
            '.' if kind == 2 => continue,
            _ if c.is_alphabetic()
                || unicode_normalization::char::is_combining_mark(c)
                || c == '\u{200c}' =>
            {
                2
            }
            _ => 0,
        };
        match tokens.last_mut() {
            Some(last) if now == kind && now != 0 => last.push(c),
            _ if now != 0 => tokens.push(c.to_string()),
            _ => {}
        }
        kind = now;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    #[test]
    fn usual_dates_read_as_their_patterns_do() {
        let rules = DateRules::load(&Rulebook::builtin());
        let mut read = 0;
        for day in [
            "2024-03-12",
            "2024/3/1",
            "2024.03.12",
            "3/4/2024",
            "03-04-24",
            "3.4.2024",
            "24-3-4",
            "2024-13-41",
            "99/99/9999",
            "2024-03",
            "03/14",
            "2024-3-",
            "3/4/202",
            "123/4/2024",
        ] {
            for time in [
                "",
                " 09:14",
                "T09:14:00Z",
                " 9:14",
                " 09:14:60",
                "T09:14:00.123Z",
                " 09:14:00.5",
                "T09:14:00+02:00",
                " 09:14:00 -0530",
                " 09:14 PM",
                " 12:14:30 am",
                " 12:14pm",
                " 09:14 p.m.",
                " 00:14 PM",
                " 13:14 PM",
                " 09:14 PM EST",
                " 09:14 PMx",
                " 25:14",
                "T09:14:00,5Z",
                " 09:14:00.1234567890",
                "T",
                " ",
                "T09:14:00z",
                " 09:14Zulu",
                " 09:14:00 +99:00",
            ] {
                let text = format!("{day}{time}");
                let usual = usual(&text, &rules);
                read += usize::from(usual.is_some());
                if usual.is_some() {
                    assert_eq!(usual, by_patterns(&text, &rules), "{text}");
                }
            }
        }
        assert!(read > 90, "{read}");
    }
}
