//! The country of a number that is written without its code, told by something else:
//! the record's email, the golden record's country.

use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, Region};

use super::number::parse;
use super::{PhoneRules, dialable, standardise};
use crate::standardise::outcome::{Doubt, Outcome};

/// The region (ISO 3166 alpha-2) that an email's country-code domain tells.
#[must_use]
pub fn region_of_email(email: &str, rules: &PhoneRules) -> Option<String> {
    let (_, top) = email.rsplit_once('@')?.1.rsplit_once('.')?;
    let top = top.to_ascii_lowercase();
    if top.len() != 2 || rules.worldwide_domains.contains(&top) {
        return None;
    }
    let code = match rules.domains.get(&top) {
        Some(code) => code.clone(),
        None => top.to_ascii_uppercase(),
    };
    Region::from_code(&code).is_ok().then_some(code)
}

/// As [`standardise()`] for a record that tells no region but has an email that may:
/// its region counts only where it makes every number of the cell a valid one.
#[must_use]
pub fn standardise_by_email(value: &str, hint: Option<&str>, rules: &PhoneRules) -> Outcome {
    let plain = standardise(value, None, rules);
    let unknown = |doubt: &Doubt| doubt.rule == "phone_region_unknown";
    let Some(hint) = hint.filter(|_| plain.doubts.iter().any(unknown)) else {
        return plain;
    };
    let hinted = standardise(value, Some(hint), rules);
    let at_home = hinted
        .value
        .as_deref()
        .is_some_and(|number| written_as_at_home(number, value));
    if hinted.doubts.is_empty() && at_home {
        Outcome {
            rule: "phone_region_from_email",
            ..hinted
        }
    } else {
        plain
    }
}

/// Is a number written as people of its own country write it, with the trunk prefix
/// where there is one? Some numbering plans take any digits for valid.
fn written_as_at_home(number: &str, written: &str) -> bool {
    let digits = |text: &str| -> String { text.chars().filter(char::is_ascii_digit).collect() };
    let bare = number.split(" ext").next().unwrap_or(number);
    PhoneNumber::parse(bare, None).is_ok_and(|parsed| {
        digits(written).starts_with(&digits(&parsed.format_as(PhoneNumberFormat::National)))
    })
}

/// A number of plain digits, as this module keeps it where no region is known, with the
/// country code of `region`: where it is valid there and written as at home, or with
/// the code but for its `+`.
#[must_use]
pub fn with_country_code(value: &str, region: &str) -> Option<String> {
    let number = dialable(value);
    if number.is_empty() || !number.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let parsed = parse(number, Some(Region::from_code(region).ok()?))?;
    let e164 = parsed.format_as(PhoneNumberFormat::E164).into_owned();
    let coded = e164.strip_prefix('+') == Some(number);
    (coded || written_as_at_home(&e164, number)).then(|| value.replacen(number, &e164, 1))
}
