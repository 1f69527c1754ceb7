//! `format = "email"`, or `format = { regex = "^C-[0-9]{6}$" }`.
//!
//! A format is the form of a canonical value, as standardising writes it: it
//! does not ask whether the phone rings or the town exists.

use email_address::{EmailAddress, Options};
use jiff::civil::Date;
use regex::Regex;
use toml::de::DeValue;

use super::super::document::Section;
use super::super::sql_allowed::regex_fault;
use super::Reading;

#[derive(Clone, Debug)]
pub enum Format {
    Type(Type),
    Regex(Regex),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    Email,
    PhoneE164,
    Url,
    Domain,
    Date,
    DateTime,
    Number,
    Integer,
    Boolean,
    Country,
    Language,
    Postcode,
}

const TYPES: [(&str, Type); 12] = [
    ("email", Type::Email),
    ("phone_e164", Type::PhoneE164),
    ("url", Type::Url),
    ("domain", Type::Domain),
    ("date", Type::Date),
    ("date_time", Type::DateTime),
    ("number", Type::Number),
    ("integer", Type::Integer),
    ("boolean", Type::Boolean),
    ("country", Type::Country),
    ("language", Type::Language),
    ("postcode", Type::Postcode),
];

impl Format {
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Self> {
        let section = reading.section;
        let value = section.get("format")?;
        let DeValue::Table(table) = value.get_ref() else {
            return section
                .word("format", &TYPES, reading.faults)
                .map(Self::Type);
        };
        let what = format!("{}, `format`", section.what);
        let inner = Section::new(section.document, table, value.span(), what);
        let regex = inner.text("regex", reading.faults);
        if !inner.has("regex") {
            reading.faults.push(inner.fault(
                "rule_missing_key",
                "`regex` is missing",
                &value.span(),
            ));
        }
        inner.finish(reading.faults);
        let regex = regex?;
        match Regex::new(&regex.value) {
            Ok(compiled) => Some(Self::Regex(compiled)),
            Err(error) => {
                let chars = regex_place(&regex.value);
                let span = chars.map_or_else(
                    || regex.span.clone(),
                    |chars| regex.inner(section.document, chars.start, chars.end),
                );
                reading.faults.push(
                    inner
                        .fault(
                            "rule_bad_regex",
                            format!("bad pattern: {}", regex_fault(&error)),
                            &span,
                        )
                        .hint("in \"…\" a backslash is written twice; in '…' once"),
                );
                None
            }
        }
    }

    pub(super) fn words(&self, field: &str) -> String {
        match self {
            Self::Regex(regex) => format!("{field} does not match {regex}"),
            Self::Type(kind) => {
                let what = match kind {
                    Type::Email => "an email address",
                    Type::PhoneE164 => "a phone number in international form (+…)",
                    Type::Url => "a web address",
                    Type::Domain => "a domain",
                    Type::Date => "a date (YYYY-MM-DD)",
                    Type::DateTime => "a date and time",
                    Type::Number => "a number",
                    Type::Integer => "a whole number",
                    Type::Boolean => "true or false",
                    Type::Country => "a country code of two letters",
                    Type::Language => "a language code",
                    Type::Postcode => "a postcode",
                };
                format!("{field} is not {what}")
            }
        }
    }

    pub(super) fn breaks(&self, value: &str) -> bool {
        match self {
            Self::Regex(regex) => !regex.is_match(value),
            Self::Type(kind) => !kind.holds(value),
        }
    }
}

impl Type {
    fn holds(self, value: &str) -> bool {
        match self {
            Self::Email => is_email(value),
            Self::PhoneE164 => is_phone(value),
            Self::Url => is_url(value),
            Self::Domain => is_domain(value),
            Self::Date => is_date(value),
            Self::DateTime => is_date_time(value),
            Self::Number => value.parse::<f64>().is_ok_and(f64::is_finite),
            Self::Integer => {
                let digits = value.strip_prefix('-').unwrap_or(value);
                !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
            }
            Self::Boolean => matches!(value, "true" | "false"),
            Self::Country => value.len() == 2 && value.bytes().all(|b| b.is_ascii_uppercase()),
            Self::Language => is_language(value),
            Self::Postcode => {
                (2..=12).contains(&value.chars().count())
                    && value
                        .chars()
                        .all(|c| c.is_alphanumeric() || c == ' ' || c == '-')
            }
        }
    }
}

/// Mail syntax, without display text or address literals, below a known suffix.
fn is_email(value: &str) -> bool {
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    EmailAddress::parse_with_options(value, options).is_ok()
        && value
            .rsplit_once('@')
            .is_some_and(|(_, domain)| has_known_suffix(domain))
}

fn has_known_suffix(domain: &str) -> bool {
    psl::suffix(domain.to_lowercase().as_bytes()).is_some_and(|suffix| suffix.is_known())
}

/// `+`, then 7 to 15 digits; an extension may follow, as standardising writes it.
fn is_phone(value: &str) -> bool {
    let Some(rest) = value.strip_prefix('+') else {
        return false;
    };
    let len = rest.bytes().take_while(u8::is_ascii_digit).count();
    let (number, extension) = rest.split_at(len);
    (7..=15).contains(&len)
        && !number.starts_with('0')
        && (extension.is_empty() || is_extension(extension))
}

/// ` x123`, `;ext=123`, ` ext. 123`: a few letters and marks, then digits.
fn is_extension(text: &str) -> bool {
    let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
    let mark = &text[..text.len() - digits.len()];
    matches!(mark.trim(), "x" | "ext" | "ext." | ";ext=" | "#")
        && (1..=8).contains(&digits.len())
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn is_url(value: &str) -> bool {
    let Some(rest) = ["https://", "http://"]
        .iter()
        .find_map(|scheme| value.strip_prefix(scheme))
    else {
        return false;
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(host, port)| {
        if port.bytes().all(|byte| byte.is_ascii_digit()) {
            host
        } else {
            ""
        }
    });
    !value.contains(char::is_whitespace) && is_domain(host)
}

fn is_domain(value: &str) -> bool {
    value.contains('.')
        && value.split('.').all(|label| {
            !label.is_empty()
                && label.chars().all(|c| c.is_alphanumeric() || c == '-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        })
        && has_known_suffix(value)
}

/// A day, a month (`2024-05`), a year, or a day without its year (`--05-06`).
fn is_date(value: &str) -> bool {
    let full = match value.len() {
        10 => value.to_owned(),
        // 2024 is a leap year, so that `--02-29` is a day.
        7 if value.starts_with("--") => format!("2024-{}", &value[2..]),
        7 => format!("{value}-01"),
        4 => format!("{value}-01-01"),
        _ => return false,
    };
    let shaped = full.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    shaped && full.len() == 10 && full.parse::<Date>().is_ok()
}

fn is_date_time(value: &str) -> bool {
    is_date(value)
        || value.parse::<jiff::civil::DateTime>().is_ok()
        || value.parse::<jiff::Timestamp>().is_ok()
}

/// `en`, `ber`, `pt-BR`.
fn is_language(value: &str) -> bool {
    let mut parts = value.split('-');
    let first = parts.next().unwrap_or_default();
    (2..=3).contains(&first.len())
        && first.bytes().all(|byte| byte.is_ascii_lowercase())
        && parts.all(|part| {
            (2..=8).contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_alphanumeric())
        })
}

/// The characters of a pattern that its parser stumbles over.
fn regex_place(pattern: &str) -> Option<std::ops::Range<usize>> {
    // The regex crate's message marks the place by carets in the last but one line.
    let error = Regex::new(pattern).err()?.to_string();
    let mut lines = error.lines();
    let _ = lines
        .by_ref()
        .find(|line| *line == format!("    {pattern}"))?;
    let marks = lines.next()?;
    let start = marks.find('^')?.checked_sub(4)?;
    let len = marks.bytes().filter(|byte| *byte == b'^').count();
    Some(start..start + len)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(name: &str, good: &[&str], bad: &[&str]) {
        let (_, kind) = TYPES
            .iter()
            .find(|(known, _)| *known == name)
            .expect("a type of that name");
        for value in good {
            assert!(kind.holds(value), "{name} should take {value}");
        }
        for value in bad {
            assert!(!kind.holds(value), "{name} should refuse {value}");
        }
    }

    #[test]
    fn types_take_canonical_values_and_refuse_others() {
        check(
            "email",
            &[
                "ann@example.com",
                "ann.lee+x@mail.example.co.uk",
                "иван@пример.рф",
            ],
            &[
                "ann",
                "ann@localhost",
                "Ann <ann@x.com>",
                "ann@x.con",
                "a@b@c.com",
                "ann@[1.2.3.4]",
            ],
        );
        check(
            "phone_e164",
            &["+14155552671", "+442079460958 x12", "+14155552671;ext=5"],
            &[
                "4155552671",
                "+0123456789",
                "+1415",
                "+1415555267a",
                "+1234567890123456",
            ],
        );
        check(
            "url",
            &["https://example.com", "http://example.co.uk:8080/a?b#c"],
            &[
                "example.com",
                "ftp://example.com",
                "https://example",
                "https://ex ample.com",
            ],
        );
        check(
            "domain",
            &["example.com", "пример.рф"],
            &["example", "-a.com", "a..com"],
        );
        check(
            "date",
            &["2024-02-29", "2024-02", "2024", "--02-29"],
            &["2023-02-29", "29.02.2024", "2024-13", "--13-01", "20é4"],
        );
        check(
            "date_time",
            &["2024-02-29", "2024-02-29T10:11:12Z", "2024-02-29T10:11:12"],
            &["2024-02-29T25:00:00Z", "yesterday"],
        );
        check("number", &["1", "-2.5"], &["", "inf", "1,5"]);
        check("integer", &["1", "-20"], &["1.5", "-", ""]);
        check("boolean", &["true", "false"], &["yes", "1"]);
        check("country", &["US", "BG"], &["us", "USA"]);
        check("language", &["en", "pt-BR", "zh-Hant"], &["English", "EN"]);
        check(
            "postcode",
            &["1000", "SW1A 1AA"],
            &["x", "10!00", "1234567890123"],
        );
    }
}
