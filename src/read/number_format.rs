//! Numbers as a workbook's format writes them, where the format holds digits of the
//! value: `00000` makes the postcode `02134` of the number 2134.
//!
//! A cell's number has no leading zeros; its format code may ask for them. Only codes
//! of zeros and plain separators count (postcodes, `00000-0000`, `000-00-0000`): all
//! others say how a number looks, not what it is. Codes: ECMA-376 part 1, 18.8.31.

/// The sections of a format code that are fixed digits.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Digits {
    sections: Vec<Section>,
}

#[derive(Clone, Debug, PartialEq)]
struct Section {
    /// For which numbers the section is; none for those that no other one takes.
    when: Option<(Compare, f64)>,
    /// What is written, `0` for a digit; none when the section is no fixed digits.
    picture: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Compare {
    Less,
    AtMost,
    Equal,
    Other,
    AtLeast,
    More,
}

impl Digits {
    /// What a code says about digits; none when it is no code of fixed digits.
    pub fn of(code: &str) -> Option<Self> {
        let sections: Vec<Section> = sections(code).iter().map(|text| section(text)).collect();
        sections
            .iter()
            .any(|section| section.picture.is_some())
            .then_some(Self { sections })
    }

    /// The number with the digits that the code asks for; none when it asks for none.
    pub fn write(&self, number: f64) -> Option<String> {
        // Beyond 2^53 a number's digits are no longer its own.
        if !(0.0..9_007_199_254_740_992.0).contains(&number) || number.fract() != 0.0 {
            return None;
        }
        let section = self
            .sections
            .iter()
            .find(|section| section.when.is_none_or(|(how, to)| how.holds(number, to)))?;
        let picture = section.picture.as_deref()?;
        let places = picture.bytes().filter(|b| *b == b'0').count();
        let digits = format!("{number:0places$}");
        // Digits that have no place of their own stand before the first one.
        let mut extra = digits.len().saturating_sub(places);
        let mut left = digits.chars();
        let mut out = String::with_capacity(picture.len() + extra);
        for c in picture.chars() {
            if c == '0' {
                out.extend(left.by_ref().take(extra + 1));
                extra = 0;
            } else {
                out.push(c);
            }
        }
        Some(out)
    }
}

impl Compare {
    fn holds(self, number: f64, to: f64) -> bool {
        match self {
            Self::Less => number < to,
            Self::AtMost => number <= to,
            Self::Equal => number == to,
            Self::Other => number != to,
            Self::AtLeast => number >= to,
            Self::More => number > to,
        }
    }
}

/// The code's parts between semicolons that are not quoted or escaped.
fn sections(code: &str) -> Vec<String> {
    let mut out = vec![String::new()];
    let (mut quoted, mut escaped) = (false, false);
    for c in code.chars() {
        let ends = c == ';' && !quoted && !escaped;
        if c == '"' && !escaped {
            quoted = !quoted;
        }
        escaped = c == '\\' && !escaped && !quoted;
        match out.last_mut() {
            Some(_) if ends => out.push(String::new()),
            Some(last) => last.push(c),
            None => {}
        }
    }
    out
}

fn section(text: &str) -> Section {
    let mut when = None;
    let mut rest = text;
    while let Some((inner, after)) = rest.strip_prefix('[').and_then(|r| r.split_once(']')) {
        when = condition(inner).or(when);
        rest = after;
    }
    Section {
        when,
        picture: picture(rest),
    }
}

/// `[<=99999]`; colours and languages in brackets are none.
fn condition(inner: &str) -> Option<(Compare, f64)> {
    let (how, number) = [
        ("<=", Compare::AtMost),
        (">=", Compare::AtLeast),
        ("<>", Compare::Other),
        ("<", Compare::Less),
        (">", Compare::More),
        ("=", Compare::Equal),
    ]
    .into_iter()
    .find_map(|(sign, how)| Some((how, inner.strip_prefix(sign)?)))?;
    Some((how, number.trim().parse().ok()?))
}

/// Zeros and separators only, two zeros at least.
fn picture(code: &str) -> Option<String> {
    let mut out = String::new();
    let mut chars = code.chars();
    while let Some(c) = chars.next() {
        match c {
            '0' | '-' | '(' | ')' | ' ' => out.push(c),
            '"' => {
                for quoted in chars.by_ref().take_while(|c| *c != '"') {
                    out.push(literal(quoted)?);
                }
            }
            '\\' => out.push(literal(chars.next()?)?),
            // A blank as wide as the sign behind it.
            '_' => {
                chars.next();
            }
            _ => return None,
        }
    }
    let out = out.trim().to_owned();
    (out.bytes().filter(|b| *b == b'0').count() >= 2).then_some(out)
}

/// A sign that is written as it is; a digit among them could not be told from the value.
fn literal(c: char) -> Option<char> {
    (!c.is_numeric()).then_some(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fixed_digits_are_written() {
        for (code, number, text) in [
            ("00000", 2134.0, Some("02134")),
            ("00000", 123_456.0, Some("123456")),
            ("0000000000", 4_155_550_100.0, Some("4155550100")),
            ("00000-0000", 21_341_234.0, Some("02134-1234")),
            ("00000\\-0000", 21_341_234.0, Some("02134-1234")),
            ("[<=99999]00000;00000\\-0000", 2134.0, Some("02134")),
            (
                "[<=99999]00000;00000\\-0000",
                21_341_234.0,
                Some("02134-1234"),
            ),
            ("000-00-0000", 12_345_678.0, Some("012-34-5678")),
            ("[$-409]00000", 501.0, Some("00501")),
            ("00000_);[Red]\\(00000\\)", 501.0, Some("00501")),
            ("\"DE-\"00000", 1067.0, Some("DE-01067")),
            ("00000", -5.0, None),
            ("00000", 5.5, None),
        ] {
            let digits = Digits::of(code).unwrap();
            assert_eq!(digits.write(number).as_deref(), text, "{code} {number}");
        }
    }

    #[test]
    fn codes_that_only_say_how_a_number_looks_are_none() {
        for code in [
            "General",
            "0",
            "0.00",
            "#,##0",
            "0.00E+00",
            "0%",
            "@",
            "dd.mm.yyyy",
            "",
            "###-####",
            "\"007\"00",
            "\\",
        ] {
            assert_eq!(Digits::of(code), None, "{code}");
        }
    }
}
