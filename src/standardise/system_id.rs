//! Ids of other systems, in the form that compares: GUIDs in lower case without
//! braces; ids whose case tells records apart, with the check letters that make
//! them safe in any case (15 → 18 characters), repaired where the case was lost.
//!
//! The check letters: of each five characters, the k-th (from 0) adds 2^k when it
//! is an upper-case letter; the sum picks one of `A`–`Z`, `0`–`5`.

use std::sync::LazyLock;

use regex::Regex;

use super::identifier::is_scientific;
use super::outcome::{Doubt, Outcome};
use super::text::{tidy_line, without_guard};
use crate::contact::Severity;
use crate::contact::diagnostic::shown;

static GUID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^\{?([0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12})\}?$"));
static CASE_ID: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^(00[0-9A-Za-z]{13})([A-Za-z0-5]{3})?$"));

fn pattern(text: &str) -> Regex {
    Regex::new(text)
        .unwrap_or_else(|error| unreachable!("invariant: fixed patterns compile: {error}"))
}

#[must_use]
pub fn standardise(value: &str) -> Outcome {
    let tidy = tidy_line(without_guard(value)).into_owned();
    if let Some(found) = GUID.captures(&tidy) {
        return made(value, found[1].to_lowercase(), "id_guid");
    }
    if let Some(found) = CASE_ID.captures(&tidy) {
        let short = &found[1];
        let has_letters = short.bytes().any(|b| b.is_ascii_alphabetic());
        return match found.get(2) {
            None if has_letters => extended(value, short),
            None => made(value, tidy.clone(), "text_tidied"),
            Some(check) => checked(value, short, check.as_str()),
        };
    }
    let outcome = made(value, tidy.clone(), "text_tidied");
    if is_scientific(&tidy) {
        return outcome.doubt(doubt(
            "id_lost_in_spreadsheet",
            format!(
                "{} was an id until a spreadsheet cut its last digits; export it again as text",
                shown(value)
            ),
        ));
    }
    outcome
}

/// The 18-character form of a 15-character id.
#[must_use]
pub fn with_check(short: &str) -> String {
    const LETTERS: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ012345";
    let mut id = short.to_owned();
    for five in short.as_bytes().chunks(5) {
        let sum = five
            .iter()
            .enumerate()
            .filter(|(_, byte)| byte.is_ascii_uppercase())
            .fold(0, |sum, (at, _)| sum | (1 << at));
        id.push(char::from(LETTERS[sum & 31]));
    }
    id
}

fn extended(value: &str, short: &str) -> Outcome {
    let outcome = made(value, with_check(short), "id_check_added");
    let letters = || short.bytes().filter(u8::is_ascii_alphabetic);
    // Chance of one case throughout is small from five letters on.
    let one_case = letters().count() >= 5
        && (letters().all(|b| b.is_ascii_uppercase()) || letters().all(|b| b.is_ascii_lowercase()));
    if !one_case {
        return outcome;
    }
    outcome.doubt(doubt(
        "id_case_lost",
        format!(
            "{} is in one case throughout: its case may be lost, and with it which record it names",
            shown(value)
        ),
    ))
}

fn checked(value: &str, short: &str, check: &str) -> Outcome {
    let check = check.to_ascii_uppercase();
    let whole = format!("{short}{check}");
    if with_check(short) == whole {
        return made(value, whole, "id_check_case");
    }
    match repaired(short, &check) {
        Some(fixed) => made(value, fixed, "id_case_repaired"),
        None => Outcome::unchanged(value).doubt(doubt(
            "id_damaged",
            format!(
                "{} does not agree with its own check letters; it was damaged on the way",
                shown(value)
            ),
        )),
    }
}

/// The id whose case the check letters tell; `None` when they ask for an upper-case digit.
fn repaired(short: &str, check: &str) -> Option<String> {
    let mut id = String::with_capacity(18);
    for (five, letter) in short.as_bytes().chunks(5).zip(check.bytes()) {
        let bits = match letter {
            b'A'..=b'Z' => letter - b'A',
            b'0'..=b'5' => letter - b'0' + 26,
            _ => return None,
        };
        for (at, byte) in five.iter().enumerate() {
            let upper = bits >> at & 1 == 1;
            if upper && !byte.is_ascii_alphabetic() {
                return None;
            }
            id.push(char::from(if upper {
                byte.to_ascii_uppercase()
            } else {
                byte.to_ascii_lowercase()
            }));
        }
    }
    id.push_str(check);
    Some(id)
}

fn made(value: &str, id: String, rule: &'static str) -> Outcome {
    if id == value {
        Outcome::unchanged(value)
    } else {
        Outcome::changed(id, rule)
    }
}

fn doubt(rule: &'static str, message: String) -> Doubt {
    Doubt {
        rule,
        severity: Severity::Warning,
        message,
        suggestion: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_letters_of_known_ids() {
        for (short, long) in [
            ("001x0000002lBto", "001x0000002lBtoAAE"),
            ("0035e00000AbCdE", "0035e00000AbCdEAAV"),
            ("0035e00000aBcDe", "0035e00000aBcDeAAK"),
            ("0035e00000ABCDE", "0035e00000ABCDEAA5"),
        ] {
            assert_eq!(with_check(short), long);
            assert_eq!(standardise(short).value.as_deref(), Some(long));
            assert_eq!(standardise(long), Outcome::unchanged(long));
            for lost in [long.to_lowercase(), long.to_uppercase()] {
                let fixed = standardise(&lost);
                assert_eq!(fixed.value.as_deref(), Some(long), "{lost}");
                assert_eq!(fixed.rule, "id_case_repaired");
            }
        }
    }

    #[test]
    fn damaged_ids_are_kept() {
        let out = standardise("0035e00000AbCdE5AA");
        assert_eq!(out.value.as_deref(), Some("0035e00000AbCdE5AA"));
        assert_eq!(out.doubts[0].rule, "id_damaged");
        assert_eq!(
            standardise("003ABCDEFGHIJKL").doubts[0].rule,
            "id_case_lost"
        );
        assert_eq!(
            standardise("1.23457E+11").doubts[0].rule,
            "id_lost_in_spreadsheet"
        );
    }

    #[test]
    fn other_ids_stay() {
        assert_eq!(standardise("8001").value.as_deref(), Some("8001"));
        assert_eq!(
            standardise("zcrm_3152079000000153079").value.as_deref(),
            Some("zcrm_3152079000000153079")
        );
        assert_eq!(
            standardise("{6F9619FF-8B86-D011-B42D-00C04FC964FF}")
                .value
                .as_deref(),
            Some("6f9619ff-8b86-d011-b42d-00c04fc964ff")
        );
        assert_eq!(
            standardise("001234567890123").value.as_deref(),
            Some("001234567890123")
        );
    }

    proptest::proptest! {
        #[test]
        fn standardising_twice_changes_nothing(value in "00[0-9A-Za-z]{13}|00[0-9A-Za-z]{16}|\\PC{0,20}") {
            if let Some(once) = standardise(&value).value.filter(|v| !v.is_empty()) {
                let twice = standardise(&once).value;
                proptest::prop_assert_eq!(twice, Some(once));
            }
        }
    }
}
