//! How a source's files are to be read: what is forced instead of found out.

use super::{Check, value};
use crate::contact::diagnostic::shown;
use crate::plan::checked::ReadingPlan;
use crate::plan::known;
use crate::plan::written::{At, InputFormat, Source};

impl Check<'_> {
    pub(super) fn reading(&mut self, written: &Source) -> ReadingPlan {
        let format = value(&written.format);
        let encoding = written.encoding.as_ref().and_then(|label| {
            let known = known::encoding(label.get());
            if known.is_none() {
                self.faults
                    .fault(
                        label.span(),
                        "plan_unknown_encoding",
                        format!("{} is no text encoding", shown(label.get())),
                    )
                    .near(label.get(), known::ENCODINGS.iter().copied(), || {
                        Some("such as \"utf-8\", \"windows-1252\" or \"shift_jis\"".to_owned())
                    });
            }
            known.map(str::to_owned)
        });
        let delimiter = self.sign(written.delimiter.as_ref(), "delimiter");
        let quote = self.sign(written.quote.as_ref(), "quote");
        if let (Some(delimiter), Some(quote), Some(at)) = (delimiter, quote, &written.quote)
            && delimiter == quote
        {
            self.faults.fault(
                at.span(),
                "plan_quote_is_delimiter",
                "'quote' and 'delimiter' are the same character",
            );
        }
        self.unused_reading(written, format);
        ReadingPlan {
            format: format.map(|format| format.name().to_owned()),
            encoding,
            delimiter,
            quote,
            wrapped: value(&written.wrapped),
            header_line: value(&written.header_line),
            footer_lines: value(&written.footer_lines),
            sheet: written.sheet.as_ref().map(|sheet| sheet.get().clone()),
        }
    }

    /// A setting of one format that another format can't heed.
    fn unused_reading(&mut self, written: &Source, format: Option<InputFormat>) {
        let Some(format) = format else { return };
        let text_only = [
            ("encoding", &written.encoding),
            ("delimiter", &written.delimiter),
            ("quote", &written.quote),
        ];
        let unused = text_only
            .into_iter()
            .filter(|_| format != InputFormat::Csv)
            .chain(
                [("sheet", &written.sheet)]
                    .into_iter()
                    .filter(|_| format != InputFormat::Xlsx),
            );
        if let Some(wrapped) = &written.wrapped
            && format != InputFormat::Csv
        {
            self.faults.warning(
                wrapped.span(),
                "plan_unused_setting",
                format!(
                    "'wrapped' has no effect on a file of format {}",
                    format.name()
                ),
            );
        }
        for (key, value) in unused {
            if let Some(value) = value {
                self.faults.warning(
                    value.span(),
                    "plan_unused_setting",
                    format!(
                        "'{key}' has no effect on a file of format {}",
                        format.name()
                    ),
                );
            }
        }
    }

    /// One ASCII character that can part or quote values.
    fn sign(&mut self, text: Option<&At<String>>, key: &str) -> Option<char> {
        let text = text?;
        let mut chars = text.get().chars();
        let sign = match text.get().as_str() {
            "tab" | "\\t" => Some('\t'),
            _ => chars.next().filter(|_| chars.next().is_none()),
        };
        let sign =
            sign.filter(|c| c.is_ascii() && !c.is_ascii_alphanumeric() && !"\r\n\0".contains(*c));
        if sign.is_none() {
            self.faults
                .fault(
                    text.span(),
                    "plan_bad_sign",
                    format!("{} can't be the {key}", shown(text.get())),
                )
                .hint(if key == "delimiter" {
                    "write one character, such as \",\", \";\", \"|\" or \"tab\""
                } else {
                    "write one character, such as '\"'"
                });
        }
        sign
    }

    pub(super) fn dates(&mut self, dates: Option<&At<String>>) -> Option<String> {
        const ORDERS: [&str; 3] = ["day_first", "month_first", "year_first"];
        let dates = dates?;
        let text = dates.get();
        if ORDERS.contains(&text.as_str()) {
            return Some(text.clone());
        }
        if text.contains('%') {
            if names_a_day(text) {
                return Some(text.clone());
            }
            self.faults
                .fault(
                    dates.span(),
                    "plan_bad_dates",
                    format!("{} is no date pattern", shown(text)),
                )
                .hint("%d is the day, %m the month, %Y the year, %H:%M:%S the time");
            return None;
        }
        self.faults
            .fault(
                dates.span(),
                "plan_bad_dates",
                format!("{} is no order of day and month", shown(text)),
            )
            .near(text, ORDERS, || {
                Some("write \"day_first\", \"month_first\", \"year_first\" or a pattern such as \"%d.%m.%Y\"".to_owned())
            });
        None
    }
}

/// Whether a pattern gives back the day that it wrote.
fn names_a_day(pattern: &str) -> bool {
    let day = jiff::civil::date(2001, 2, 3);
    let Ok(moment) = day
        .at(4, 5, 6, 0)
        .to_zoned_datetime(jiff::tz::TimeZone::UTC)
    else {
        return false;
    };
    jiff::fmt::strtime::format(pattern, &moment)
        .and_then(|text| jiff::fmt::strtime::parse(pattern, text))
        .and_then(|parts| parts.to_date())
        .is_ok_and(|read| read == day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_pattern_needs_day_month_and_year() {
        for right in ["%d.%m.%Y", "%m/%d/%y", "%b %-d, %Y", "%Y-%m-%d %H:%M:%S"] {
            assert!(names_a_day(right), "{right}");
        }
        for wrong in ["%d.%m", "%H:%M", "%d.%!.%Y", "%"] {
            assert!(!names_a_day(wrong), "{wrong}");
        }
    }
}
