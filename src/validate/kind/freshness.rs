//! `freshness = 1095`: the newest date of the fields is at most so many days
//! before the day of the run. A record without any date is not old: that is
//! what `required` is for.

use jiff::ToSpan;
use jiff::civil::Date;

use super::{Hit, Look, Reading, hit};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Freshness {
    days: i64,
}

impl Freshness {
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Self> {
        let days = reading.section.count("freshness", reading.faults)?;
        let days = i64::try_from(days).ok().filter(|days| *days <= 400_000);
        if days.is_none() {
            reading.faults.push(reading.section.fault(
                "rule_impossible",
                "`freshness` is a number of days, at most 400000",
                &reading.section.key_span("freshness"),
            ));
        }
        days.map(|days| Self { days })
    }

    pub(super) fn words(self, fields: &[String]) -> String {
        format!("{} is older than {} days", fields.join(", "), self.days)
    }

    pub(super) fn look(self, look: &Look<'_>) -> Vec<Hit> {
        let oldest = look
            .view
            .run_date
            .parse::<Date>()
            .ok()
            .and_then(|day| day.checked_sub(self.days.days()).ok())
            .map(|day| day.to_string());
        let Some(oldest) = oldest else {
            return Vec::new();
        };
        let columns: Vec<_> = (0u16..)
            .zip(look.fields)
            .filter_map(|(at, field)| Some((at, look.view.column(field)?)))
            .collect();
        look.rows(|row, hits| {
            let newest = columns
                .iter()
                .filter_map(|(at, column)| Some((day_of(column.get(row)?)?, *at)))
                .max_by(|a, b| a.0.cmp(b.0).then(b.1.cmp(&a.1)));
            if let Some((day, at)) = newest
                && day < oldest.as_str()
            {
                hits.push(hit(row, Some(at)));
            }
        })
    }
}

/// The day of an ISO date or time, as text: such text sorts as days do.
pub(super) fn day_of(value: &str) -> Option<&str> {
    let day = value.get(..10)?;
    let shape = day.bytes().enumerate().all(|(at, byte)| match at {
        4 | 7 => byte == b'-',
        _ => byte.is_ascii_digit(),
    });
    shape.then_some(day)
}
