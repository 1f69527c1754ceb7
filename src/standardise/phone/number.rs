//! One number: what it is, or why it is none.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, Region};

use super::PhoneRules;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::standardise::outcome::Doubt;

/// One number of a cell.
pub(super) struct One {
    pub(super) value: Option<String>,
    pub(super) rule: &'static str,
    pub(super) reason: &'static str,
    pub(super) sound: bool,
    pub(super) doubts: Vec<Doubt>,
}

static SCIENTIFIC: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\+?\d+([.,]\d+)?[eE]\+?\d{1,2}$"));
static FLOAT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\+?\d{6,15})\.0$"));
static PARENTHESISED_WORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\s*[(\[][^()\[\]\d]*\p{L}[^()\[\]\d]*[)\]]"));

fn pattern(text: &str) -> Regex {
    Regex::new(text)
        .unwrap_or_else(|error| unreachable!("invariant: fixed patterns compile: {error}"))
}

/// The number that a piece of a cell holds.
pub(super) fn one_number(piece: &str, region: Option<Region>, rules: &PhoneRules) -> One {
    let clear = |rule, reason| One {
        value: None,
        rule,
        reason,
        sound: false,
        doubts: Vec::new(),
    };
    let is_text = if piece.is_ascii() {
        let mut texts = rules.texts.iter();
        texts.any(|text| text.eq_ignore_ascii_case(piece))
    } else {
        rules.texts.contains(&piece.to_lowercase())
    };
    if is_text {
        return clear("placeholder", "stands for no number");
    }
    // Most numbers have no letter in them: the patterns that want one are not asked.
    let letters = !piece.is_ascii() || piece.bytes().any(|b| b.is_ascii_alphabetic());
    if letters && SCIENTIFIC.is_match(piece) {
        let mut one = clear(
            "phone_lost_in_spreadsheet",
            "a spreadsheet cut the number's digits",
        );
        one.doubts.push(Doubt {
            rule: "phone_lost_in_spreadsheet",
            severity: Severity::Error,
            message: format!("{} was a phone number until a spreadsheet cut its last digits; export it again as text", shown(piece)),
            suggestion: None,
        });
        return one;
    }
    let bare = if letters {
        PARENTHESISED_WORD.replace_all(without_label(piece, rules), "")
    } else {
        Cow::Borrowed(piece)
    };
    // `12125552377.0` is a spreadsheet's number.
    let float = Some(bare.trim())
        .filter(|bare| bare.ends_with(".0"))
        .and_then(|bare| FLOAT.captures(bare))
        .map(|found| found[1].to_owned());
    let bare = float.as_deref().unwrap_or(&bare);
    let found = if letters || !rules.letters_before_extension {
        rules.extension(bare.trim())
    } else {
        None
    };
    let (number, extension) = match found {
        Some((number, extension)) => (number, Some(extension)),
        None => (bare.trim(), None),
    };
    let mut digits = String::with_capacity(number.len());
    digits.extend(number.chars().filter(char::is_ascii_digit));
    if digits.is_empty() && !number.chars().any(char::is_alphabetic) {
        return clear("placeholder", "no digits");
    }
    if is_placeholder(&digits, rules) {
        return clear("placeholder", "stands for no number");
    }
    let mut one = match read(number, &digits, extension, region) {
        Some(value) => One {
            value: Some(value),
            rule: "phone_e164",
            reason: "",
            sound: true,
            doubts: Vec::new(),
        },
        None => unreadable(piece, number, &digits, extension, region),
    };
    if float.is_some() {
        one.rule = "phone_float";
    }
    one
}

/// The canonical form when the library calls the number valid.
fn read(
    number: &str,
    digits: &str,
    extension: Option<&str>,
    region: Option<Region>,
) -> Option<String> {
    let international = number
        .trim_start_matches(|c: char| !c.is_ascii_digit() && c != '+')
        .starts_with('+');
    let mut parsed = parse(number, region)
        // `00` is how most of the world dials abroad, whatever the region says.
        .or_else(|| {
            digits
                .strip_prefix("00")
                .filter(|_| !international)
                .and_then(|rest| parse(&format!("+{rest}"), None))
        })?;
    let own = std::mem::take(&mut parsed.extension).filter(|text| !text.is_empty());
    let e164 = parsed.format_as(PhoneNumberFormat::E164).into_owned();
    Some(match extension.map(str::to_owned).or(own) {
        Some(extension) => format!("{e164} ext {extension}"),
        None => e164,
    })
}

pub(super) fn parse(number: &str, region: Option<Region>) -> Option<PhoneNumber> {
    // Without a region the library reads nothing but what has a plus, and looks at it for long
    // before it says so.
    if region.is_none() && !number.contains(['+', '\u{ff0b}']) {
        return None;
    }
    let parsed = PhoneNumber::parse(bare(number), region).ok()?;
    is_valid(&parsed, region).then_some(parsed)
}

/// Only the digits, behind the plus if there is one, of a number that has nothing else but the
/// usual marks between them: the library takes them out as well, after it has gone through
/// the text some six times.
fn bare(number: &str) -> Cow<'_, str> {
    let digits = number.strip_prefix('+').unwrap_or(number);
    let count = digits.bytes().filter(u8::is_ascii_digit).count();
    let is_mark = |b: u8| matches!(b, b' ' | b'(' | b')' | b'-' | b'.' | b'/');
    // Two digits are a number to the library, and with a mark between them none.
    let plain = count >= 3 && digits.bytes().all(|b| b.is_ascii_digit() || is_mark(b));
    if !plain || count == digits.len() {
        return Cow::Borrowed(number);
    }
    let mut bare = String::with_capacity(1 + count);
    bare.extend(number.chars().filter(|&c| c == '+' || c.is_ascii_digit()));
    Cow::Owned(bare)
}

/// Whether the library calls a number valid. The region that it is likely from is asked
/// first: the library asks all regions that share a country code one after the other, and
/// the one that it finds a second time. A number of any region is valid.
fn is_valid(number: &PhoneNumber, region: Option<Region>) -> bool {
    let code = number.country_code;
    // A region answers for its own country code only: the library does not look.
    let own = region
        .filter(|&region| PHONE_NUMBER_UTIL.get_country_code_for_region(region) == Some(code));
    let likely = own.or_else(|| PHONE_NUMBER_UTIL.get_region_for_country_code(code));
    if likely.is_some_and(|region| number.is_valid_for_region(region)) {
        return true;
    }
    // Of a code that one region has, the library would ask that one again.
    let regions = PHONE_NUMBER_UTIL.get_regions_for_country_calling_code(code);
    regions.is_some_and(|regions| regions.len() > 1) && number.is_valid()
}

/// Kept for a person to look at: its digits where it is a plain national number
/// and only the region is missing, as it is otherwise.
fn unreadable(
    piece: &str,
    number: &str,
    digits: &str,
    extension: Option<&str>,
    region: Option<Region>,
) -> One {
    let international = number.starts_with('+') || number.starts_with("00");
    let plain = number.chars().all(|c| {
        c.is_ascii_digit()
            || c.is_whitespace()
            || matches!(c, '(' | ')' | '-' | '.' | '/' | '+' | '‐' | '–' | '—' | '−')
    });
    if region.is_none() && !international && plain && (6..=15).contains(&digits.len()) {
        let value = match extension {
            Some(extension) => format!("{digits} ext {extension}"),
            None => digits.to_owned(),
        };
        return One {
            value: Some(value),
            rule: "phone_digits",
            reason: "",
            sound: true,
            doubts: vec![Doubt {
                rule: "phone_region_unknown",
                severity: Severity::Warning,
                message: format!(
                    "{} has no country code and the record no country; give the source or the plan a country",
                    shown(piece)
                ),
                suggestion: parse(&format!("+{digits}"), None)
                    .filter(|_| digits.len() >= 11)
                    .map(|number| number.format_as(PhoneNumberFormat::E164).into_owned()),
            }],
        };
    }
    // Written with its country code, the number says which it is even where the
    // numbering plan has no room for it: its form is made one, no digit is changed.
    let plus = if number.starts_with("00") {
        digits.get(2..)
    } else {
        Some(digits)
    };
    let formed = plus
        .filter(|digits| international && plain && (8..=15).contains(&digits.len()))
        .map(|digits| format!("+{digits}"))
        .filter(|e164| {
            // The library takes zeros out of some invalid numbers: then it is no E.164.
            PhoneNumber::parse(e164.as_str(), None)
                .is_ok_and(|number| number.format_as(PhoneNumberFormat::E164) == *e164)
        })
        .map(|e164| match extension {
            Some(extension) => format!("{e164} ext {extension}"),
            None => e164,
        });
    let place = region.map_or(String::new(), |region| format!(" in {region}"));
    One {
        value: Some(formed.unwrap_or_else(|| piece.to_owned())),
        rule: "phone_form",
        reason: "",
        sound: false,
        doubts: vec![Doubt {
            rule: "phone_not_dialable",
            severity: Severity::Warning,
            message: format!(
                "{} is no phone number that can be dialled{place}",
                shown(piece)
            ),
            suggestion: parse(&format!("+{digits}"), None)
                .filter(|_| !international && digits.len() >= 11)
                .map(|number| number.format_as(PhoneNumberFormat::E164).into_owned()),
        }],
    }
}

/// The number behind `Tel.:`, `p:`, `mobile`.
fn without_label<'a>(piece: &'a str, rules: &PhoneRules) -> &'a str {
    let start = piece
        .char_indices()
        .find(|(_, c)| !(c.is_alphabetic() || matches!(c, '.' | '-' | '\'')))
        .map_or(piece.len(), |(at, _)| at);
    let word = piece[..start].trim_matches(['.', '-']).to_lowercase();
    if word.is_empty() || !rules.labels.contains(&word) {
        return piece;
    }
    piece[start..]
        .trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '.' | '=' | '#'))
}

fn is_placeholder(digits: &str, rules: &PhoneRules) -> bool {
    let mut chars = digits.chars();
    let first = chars.next();
    let same = digits.len() >= 3 && chars.all(|c| Some(c) == first);
    let national = digits.trim_start_matches('0');
    same || rules
        .placeholders
        .iter()
        .any(|known| known == digits || known == national)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers below those asked for, the same in each run.
    fn random() -> impl FnMut(u64) -> u64 {
        let mut seed = 1_u64;
        move |below| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        }
    }

    #[test]
    fn a_number_is_read_as_the_library_reads_it_with_its_marks() {
        let mut random = random();
        let marks = ["", "", "", " ", "-", ".", "/", "(", ")", ") ", " (0)", "--"];
        let mut read = [0, 0];
        for round in 0..8000 {
            let region = ["US", "GB", "DE", "BR", "IT", "MX", "RU"];
            let region = (round % 8 < 7)
                .then(|| Region::from_code(region[round % 8]).ok())
                .flatten();
            let starts = [
                "", "", "+", "+1", "+44 ", "+49 (0)", "00", "011 ", "0", "8", "(+39) ", "+ 7",
            ];
            let mut number = starts[usize::try_from(random(12)).expect("few")].to_owned();
            for _ in 0..6 + random(7) {
                number += &random(10).to_string();
                number += marks[usize::try_from(random(12)).expect("few")];
            }
            let library = PhoneNumber::parse(number.as_str(), region)
                .ok()
                .filter(PhoneNumber::is_valid);
            let own = parse(&number, region);
            assert_eq!(own, library, "{number} in {region:?}");
            read[usize::from(own.is_some())] += 1;
        }
        assert!(read[0] > 500 && read[1] > 500, "{read:?}");
    }

    #[test]
    fn a_number_is_valid_where_the_library_says_so() {
        let mut random = random();
        let mut valid = [0, 0];
        // Country codes of many regions, of two, of one, and of none.
        for (country_code, region) in [
            (1, Some("US")),
            (1, Some("CA")),
            (1, Some("GB")),
            (44, Some("JE")),
            (44, None),
            (7, Some("KZ")),
            (39, Some("VA")),
            (49, Some("DE")),
            (49, Some("US")),
            (800, None),
            (999, Some("US")),
        ] {
            let region = region.and_then(|code| Region::from_code(code).ok());
            for _ in 0..300 {
                let below = [10_000_000, 100_000_000, 1_000_000_000, 10_000_000_000];
                let below = below[usize::try_from(random(4)).expect("few")];
                let number = PhoneNumber {
                    country_code,
                    national_number: random(below),
                    ..PhoneNumber::default()
                };
                let is = is_valid(&number, region);
                assert_eq!(is, number.is_valid(), "{number} in {region:?}");
                valid[usize::from(is)] += 1;
            }
        }
        assert!(valid[0] > 100 && valid[1] > 100, "{valid:?}");
    }
}
