//! Birth dates, packed as `year << 9 | month << 5 | day`; year 0 when unknown.

use crate::link::features::NONE;

/// 1 same · 2 same month and day, year unknown on a side or different · 3 one edit, or day and month exchanged ·
/// 4 two of the three parts · 5 two edits · 6 near: within a month, or so but for one digit of the year ·
/// 7 within two years · 8 different; 0 missing.
#[must_use]
pub fn compare(a: u32, b: u32) -> u8 {
    if a == NONE || b == NONE {
        return 0;
    }
    let (ya, ma, da) = parts(a);
    let (yb, mb, db) = parts(b);
    if da == 0 || db == 0 {
        return coarse((ya, ma), (yb, mb));
    }
    if a == b {
        return if ya == 0 { 2 } else { 1 };
    }
    let year_edits = edits(ya, yb, 4);
    if ma == mb && da == db {
        return if ya == 0 || yb == 0 || year_edits > 1 {
            2
        } else {
            3
        };
    }
    if ya == 0 || yb == 0 {
        return 8;
    }
    let all_edits = year_edits + edits(ma, mb, 2) + edits(da, db, 2);
    let exchanged = ya == yb && ma == db && da == mb;
    if all_edits == 1 || exchanged {
        return 3;
    }
    if u8::from(ya == yb) + u8::from(ma == mb) + u8::from(da == db) == 2 {
        return 4;
    }
    if all_edits == 2 {
        return 5;
    }
    let days = days(a).abs_diff(days(b));
    if days <= MONTH || (year_edits <= 1 && season(a, b) <= MONTH) {
        return 6;
    }
    if days <= 2 * YEAR { 7 } else { 8 }
}

/// Dates of which one has no day, or no month either: the years, and the months that are there.
fn coarse((ya, ma): (u32, u32), (yb, mb): (u32, u32)) -> u8 {
    if ya == 0 || yb == 0 {
        return 0;
    }
    let months_fit = ma == 0 || mb == 0 || ma == mb;
    match ya.abs_diff(yb) {
        0 if ma != 0 && ma == mb => 4,
        0 if months_fit => 6,
        0..=2 => 7,
        _ if months_fit && edits(ya, yb, 4) == 1 => 7,
        _ => 8,
    }
}

const MONTH: u32 = 31;
const YEAR: u32 = 366;

/// Days since year 0, near enough for "within a month".
const fn days(date: u32) -> u32 {
    let (year, month, day) = parts(date);
    year * 365 + year / 4 + month * 61 / 2 + day
}

/// Days between two days of the year, round the turn of the year too.
fn season(a: u32, b: u32) -> u32 {
    let of_year = |date| {
        let (_, month, day) = parts(date);
        month * 61 / 2 + day
    };
    let apart = of_year(a).abs_diff(of_year(b));
    apart.min(365u32.saturating_sub(apart))
}

const fn parts(date: u32) -> (u32, u32, u32) {
    (date >> 9, (date >> 5) & 15, date & 31)
}

/// Digits that differ; two neighbours exchanged count as one.
fn edits(a: u32, b: u32, digits: usize) -> u32 {
    let (a, b) = (spell(a), spell(b));
    let (a, b) = (&a[4 - digits..], &b[4 - digits..]);
    let (mut count, mut first, mut last) = (0, 0, 0);
    for at in (0..digits).filter(|&at| a[at] != b[at]) {
        if count == 0 {
            first = at;
        }
        last = at;
        count += 1;
    }
    let exchanged = count == 2 && last == first + 1 && a[first] == b[last] && a[last] == b[first];
    if exchanged { 1 } else { count }
}

const fn spell(n: u32) -> [u8; 4] {
    [
        (n / 1000 % 10) as u8,
        (n / 100 % 10) as u8,
        (n / 10 % 10) as u8,
        (n % 10) as u8,
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(y: u32, m: u32, d: u32) -> u32 {
        y << 9 | m << 5 | d
    }

    #[test]
    fn levels_from_same_to_different() {
        let base = date(1978, 4, 12);
        for (other, level) in [
            (date(1978, 4, 12), 1),
            (date(0, 4, 12), 2),
            (date(1955, 4, 12), 2),
            (date(1978, 12, 4), 3),
            (date(1978, 4, 13), 3),
            (date(1987, 4, 12), 3),
            (date(1978, 4, 29), 4),
            (date(1979, 4, 13), 5),
            (date(1978, 4, 0), 4),
            (date(1978, 0, 0), 6),
            (date(1978, 5, 9), 6),
            (date(1988, 5, 9), 6),
            (date(1979, 9, 27), 7),
            (date(1979, 0, 0), 7),
            (date(1978, 9, 27), 7),
            (date(1961, 9, 27), 8),
            (date(1961, 0, 0), 8),
        ] {
            assert_eq!(compare(base, other), level, "{other}");
        }
        assert_eq!(compare(base, NONE), 0);
    }
}
