//! Numbers and texts as the page shows them.

use std::borrow::Cow;
use std::fmt::{self, Display, Formatter};

use crate::merge::shown_probability;

/// A count with separators: `1,234,567`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Count(pub u64);

impl Display for Count {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                f.write_str(",")?;
            }
            write!(f, "{digit}")?;
        }
        Ok(())
    }
}

impl From<usize> for Count {
    fn from(count: usize) -> Self {
        Self(count as u64)
    }
}

/// A part of a whole in per cent, never rounded to none: `<0.1%`, `12%`, `99.9%`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share(pub f64);

impl Share {
    /// `part` of `whole`; of nothing it is none.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    pub fn of(part: u64, whole: u64) -> Self {
        if whole == 0 {
            Self(0.0)
        } else {
            Self(part as f64 / whole as f64)
        }
    }
}

impl Display for Share {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let percent = self.0 * 100.0;
        if percent <= 0.0 {
            f.write_str("0%")
        } else if percent < 0.1 {
            f.write_str("<0.1%")
        } else if percent >= 100.0 {
            f.write_str("100%")
        } else if percent > 99.9 {
            f.write_str(">99.9%")
        } else if (10.0..90.0).contains(&percent) {
            write!(f, "{percent:.0}%")
        } else {
            write!(f, "{percent:.1}%")
        }
    }
}

/// Bits with their sign, and a minus that is as wide as the plus.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bits(pub f64);

impl Display for Bits {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let rounded = (self.0 * 10.0).round() / 10.0;
        let sign = match rounded {
            r if r > 0.0 => "+",
            r if r < 0.0 => "\u{2212}",
            _ => "\u{b1}",
        };
        write!(f, "{sign}{:.1}", rounded.abs())
    }
}

/// How much more or less than before, with its sign.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Change(pub i64);

impl Change {
    #[must_use]
    pub fn between(before: u64, now: u64) -> Self {
        let signed = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
        Self(signed(now) - signed(before))
    }
}

impl Display for Change {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let sign = match self.0 {
            0 => "\u{b1}",
            n if n > 0 => "+",
            _ => "\u{2212}",
        };
        write!(f, "{sign}{}", Count(self.0.unsigned_abs()))
    }
}

/// A place in a chart, in per cent of its width or height.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct At(pub f64);

impl At {
    /// `value` on a scale from `low` to `high`.
    #[must_use]
    pub fn on(value: f64, low: f64, high: f64) -> Self {
        if high > low {
            Self(((value - low) / (high - low) * 100.0).clamp(0.0, 100.0))
        } else {
            Self(0.0)
        }
    }

    /// A count on a scale from 0 to the largest.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts of records")]
    pub fn bar(count: u64, largest: u64) -> Self {
        Self::on(count as f64, 0.0, largest.max(1) as f64)
    }
}

impl Display for At {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let text = format!("{:.2}", self.0);
        f.write_str(text.trim_end_matches('0').trim_end_matches('.'))?;
        f.write_str("%")
    }
}

/// Characters of a value that are shown.
const LONGEST: usize = 90;

/// A value of an export as it may stand in a page: cut, and what can't be seen or turns
/// the text around it made visible. The template escapes it.
#[must_use]
pub fn clean(value: &str) -> Cow<'_, str> {
    let long = value.chars().nth(LONGEST).is_some();
    if !long && !value.contains(is_hidden) {
        return Cow::Borrowed(value);
    }
    let mut out = String::with_capacity(value.len());
    for c in value.chars().take(LONGEST) {
        if is_hidden(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    if long {
        out.push('…');
    }
    Cow::Owned(out)
}

/// Control codes, and what overrides or isolates the direction of a text; a joiner that
/// a script needs stays.
fn is_hidden(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2028}' | '\u{2029}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// A name as part of a link's address: everything but plain letters, digits and a few
/// signs in per cent.
#[must_use]
pub fn address(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-_./".contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `1 record`, `2 records`.
#[must_use]
pub fn counted(count: u64, one: &str, many: &str) -> String {
    format!("{} {}", Count(count), if count == 1 { one } else { many })
}

/// A match probability, never rounded to none or to all.
#[must_use]
pub fn probability(probability: f32) -> &'static str {
    match shown_probability(probability) {
        "0" => "below 0.0001",
        shown => shown,
    }
}

/// `a`, `a and b`, `a, b and c`.
#[must_use]
pub fn listed(names: &[String]) -> String {
    match names {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_easy_to_read() {
        let count = |n| Count(n).to_string();
        assert_eq!(
            [count(0), count(999), count(1000), count(1_234_567)],
            ["0", "999", "1,000", "1,234,567"]
        );
        let sure = [0.0, 0.5, 0.999_99, 1.0].map(probability);
        assert_eq!(sure, ["below 0.0001", "0.5", "0.9999", "1"]);
        let share = |part, whole| Share::of(part, whole).to_string();
        assert_eq!(
            [share(0, 0), share(1, 3), share(1, 100_000), share(5, 5)],
            ["0%", "33%", "<0.1%", "100%"]
        );
        // All but one is not all.
        assert_eq!(share(999_999, 1_000_000), ">99.9%");
        assert_eq!(Bits(-0.04).to_string(), "±0.0");
        assert_eq!(Bits(-3.25).to_string(), "−3.3");
        assert_eq!(Change::between(5, 3).to_string(), "−2");
        assert_eq!(At::on(1.0, 0.0, 3.0).to_string(), "33.33%");
        assert_eq!(At::bar(2, 2).to_string(), "100%");
    }

    #[test]
    fn what_hides_is_made_visible_and_scripts_keep_their_joiners() {
        assert_eq!(clean("a\u{202e}b\u{0}"), "a\\u{202e}b\\u{0}");
        assert_eq!(clean("می\u{200c}خواهم"), "می\u{200c}خواهم");
        assert_eq!(clean(&"x".repeat(91)).chars().count(), LONGEST + 1);
    }

    #[test]
    fn an_address_can_not_change_what_it_is() {
        assert_eq!(
            address("patches/a b\"<é.csv"),
            "patches/a%20b%22%3C%C3%A9.csv"
        );
        assert_eq!(address("javascript:x"), "javascript%3Ax");
    }
}
