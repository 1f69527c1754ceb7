//! Years of other calendars: Buddhist (Thailand) and Jalali (Iran), to Gregorian.
//!
//! Jalali leap years by the 33-year rule (1, 5, 9, 13, 17, 22, 26, 30 of each 33),
//! right for the years 1178 to 1633, that is 1799 to 2254.

use jiff::civil::Date;

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Calendar {
    #[default]
    Gregorian,
    /// 543 years ahead.
    Buddhist,
    /// Solar Hijri.
    Jalali,
}

impl Calendar {
    /// The calendar that a year of a living person or a record can only be of.
    #[must_use]
    pub fn of_year(year: i16) -> Option<Self> {
        match year {
            1800..=2200 => Some(Self::Gregorian),
            2400..=2600 => Some(Self::Buddhist),
            1250..=1450 => Some(Self::Jalali),
            _ => None,
        }
    }

    /// A full date of this calendar as a Gregorian one.
    #[must_use]
    pub fn gregorian(self, year: i16, month: i8, day: i8) -> Option<Date> {
        match self {
            Self::Gregorian => Date::new(year, month, day).ok(),
            Self::Buddhist => Date::new(year.checked_sub(543)?, month, day).ok(),
            Self::Jalali => jalali(year, month, day),
        }
    }

    /// A month's or year's year; a Jalali one begins in March and has no Gregorian twin.
    #[must_use]
    pub fn gregorian_year(self, year: i16) -> Option<i16> {
        match self {
            Self::Gregorian => Some(year),
            Self::Buddhist => year.checked_sub(543),
            Self::Jalali => None,
        }
    }
}

fn jalali(year: i16, month: i8, day: i8) -> Option<Date> {
    if !(1178..=1633).contains(&year) || !(1..=12).contains(&month) {
        return None;
    }
    let length = match month {
        1..=6 => 31,
        7..=11 => 30,
        _ if is_leap(year) => 30,
        _ => 29,
    };
    if !(1..=length).contains(&day) {
        return None;
    }
    // 1 Farvardin 1300 was 21 March 1921.
    let years: i32 = if year >= 1300 {
        (1300..year).map(days_of).sum()
    } else {
        -(year..1300).map(days_of).sum::<i32>()
    };
    let before = i32::from(month - 1);
    let months = if before <= 6 {
        before * 31
    } else {
        186 + (before - 6) * 30
    };
    let days = years + months + i32::from(day) - 1;
    let start = Date::new(1921, 3, 21).ok()?;
    start
        .checked_add(jiff::Span::new().try_days(days).ok()?)
        .ok()
}

fn days_of(year: i16) -> i32 {
    365 + i32::from(is_leap(year))
}

fn is_leap(year: i16) -> bool {
    matches!(year.rem_euclid(33), 1 | 5 | 9 | 13 | 17 | 22 | 26 | 30)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_days() {
        for (calendar, (y, m, d), gregorian) in [
            (Calendar::Jalali, (1300, 1, 1), "1921-03-21"),
            (Calendar::Jalali, (1357, 11, 22), "1979-02-11"),
            (Calendar::Jalali, (1399, 12, 30), "2021-03-20"),
            (Calendar::Jalali, (1400, 1, 1), "2021-03-21"),
            (Calendar::Jalali, (1403, 1, 1), "2024-03-20"),
            (Calendar::Jalali, (1403, 12, 30), "2025-03-20"),
            (Calendar::Jalali, (1367, 7, 10), "1988-10-02"),
            (Calendar::Buddhist, (2567, 2, 29), "2024-02-29"),
        ] {
            let date = calendar.gregorian(y, m, d).map(|date| date.to_string());
            assert_eq!(date.as_deref(), Some(gregorian), "{y}-{m}-{d}");
        }
        assert_eq!(Calendar::Jalali.gregorian(1402, 12, 30), None);
        assert_eq!(Calendar::Jalali.gregorian(1403, 7, 31), None);
    }
}
