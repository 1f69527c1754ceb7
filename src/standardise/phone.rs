//! Phone numbers: E.164 (`+14155550100`), an extension behind it as ` ext 12`.
//!
//! Not RFC 3966's `;ext=12`: a `;` parts the values of a cell in a field with
//! several. [`dialable`] gives the part that a dialler takes. Numbers are read as
//! Google's library reads them, in the region of the record, else of the source,
//! else of the plan. Without a region a national number keeps its digits.

mod number;
mod region;
mod rules;
#[cfg(test)]
mod tests;

use rlibphonenumber::Region;
use unicode_normalization::UnicodeNormalization;

pub use region::{region_of_email, standardise_by_email, with_country_code};
pub use rules::PhoneRules;

use super::outcome::Outcome;
use super::text::{ascii_digits, is_invisible, tidy_line, without_guard};
use number::{One, one_number};

/// The number without its extension.
#[must_use]
pub fn dialable(phone: &str) -> &str {
    phone
        .split_once(" ext ")
        .map_or(phone, |(number, _)| number)
}

/// Standardises a cell that should hold a number; further ones become parts for
/// `other_phones`. `region` is an ISO 3166 alpha-2 code.
#[must_use]
pub fn standardise(value: &str, region: Option<&str>, rules: &PhoneRules) -> Outcome {
    let region = region.and_then(|code| Region::from_code(code).ok());
    let mut kept: Vec<One> = Vec::new();
    let mut cleared = None;
    for piece in pieces(value, rules) {
        let one = one_number(&piece, region, rules);
        match &one.value {
            None => cleared = cleared.or(Some(one)),
            Some(number) if kept.iter().any(|k| k.value.as_ref() == Some(number)) => {}
            Some(_) => kept.push(one),
        }
    }
    kept.sort_by_key(|one| !one.sound);
    let mut kept = kept.into_iter();
    let Some(main) = kept.next() else {
        let mut out = Outcome::cleared("blank", "nothing but blanks");
        if let Some(one) = cleared {
            out = Outcome::cleared(one.rule, one.reason);
            out.doubts = one.doubts;
        }
        return out;
    };
    let mut doubts = main.doubts;
    let mut parts = Vec::new();
    for other in kept {
        doubts.extend(other.doubts);
        parts.extend(other.value.map(|number| ("other_phones", number)));
    }
    let number = main.value.unwrap_or_default();
    let rule = match () {
        () if !parts.is_empty() => "phone_several",
        () if number == value => "",
        () => main.rule,
    };
    Outcome {
        value: Some(number),
        parts,
        rule,
        reason: "",
        doubts,
    }
}

/// The numbers of a cell.
fn pieces(value: &str, rules: &PhoneRules) -> Vec<String> {
    let plain = if value.bytes().all(|b| matches!(b, b' '..=b'~')) {
        // Nothing to compose, nothing that can't be seen.
        value.to_owned()
    } else {
        let seen: String = value
            .nfkc()
            .filter(|&c| {
                (!is_invisible(c) || c.is_whitespace()) && !matches!(c, '\u{200c}' | '\u{200d}')
            })
            .collect();
        // The guard is known by the digit behind it, which may only now be one.
        ascii_digits(&seen).into_owned()
    };
    let plain = without_guard(&plain);
    if digit_count(plain) < 2 * DIGITS {
        // Too few for two numbers.
        return if plain.trim().is_empty() {
            Vec::new()
        } else {
            vec![tidy_line(plain).into_owned()]
        };
    }
    let mut pieces = vec![plain.to_owned()];
    for separator in rules.separators() {
        pieces = pieces
            .into_iter()
            .flat_map(|piece| parted(&piece, &separator))
            .collect();
    }
    pieces.retain(|piece| !piece.trim().is_empty());
    pieces
        .iter()
        .map(|piece| tidy_line(piece).into_owned())
        .collect()
}

/// The digits that a number of its own has at least.
const DIGITS: usize = 7;

fn digit_count(text: &str) -> usize {
    text.bytes().filter(u8::is_ascii_digit).count()
}

/// `piece` split at `separator` when each part is long enough to be a number of
/// its own: `031/68341395` is one number, `031683413 / 031683414` are two.
fn parted(piece: &str, separator: &str) -> Vec<String> {
    let parts: Vec<&str> = piece
        .split(separator)
        .filter(|part| !part.trim().is_empty())
        .collect();
    let long = |part: &&str| digit_count(part) >= DIGITS;
    // A second `+` starts a second number even after a blank.
    if parts.len() > 1 && parts.iter().all(long) {
        return parts.into_iter().map(str::to_owned).collect();
    }
    vec![piece.to_owned()]
}
