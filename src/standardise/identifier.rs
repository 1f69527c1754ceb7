//! Numbers that name one person (tax, passport, membership): tidied, digits of any
//! script as ASCII; hyphens and letters stay, since they may tell.

use unicode_normalization::UnicodeNormalization;

use super::outcome::{Doubt, Outcome};
use super::text::{ascii_digits, tidy_line, without_guard};
use crate::contact::Severity;
use crate::contact::diagnostic::shown;

#[must_use]
pub fn standardise(value: &str) -> Outcome {
    // Taking one thing off may lay another bare (`'¼`); each round only shortens.
    let mut tidy: String = value.nfkc().collect();
    loop {
        let next = ascii_digits(&tidy_line(without_guard(&tidy))).into_owned();
        if next == tidy {
            break;
        }
        tidy = next;
    }
    if tidy.is_empty() {
        return Outcome::cleared("blank", "nothing but blanks");
    }
    let outcome = if tidy == value {
        Outcome::unchanged(value)
    } else {
        Outcome::changed(tidy.clone(), "identifier_tidied")
    };
    if !is_scientific(&tidy) {
        return outcome;
    }
    outcome.doubt(Doubt {
        rule: "identifier_lost_in_spreadsheet",
        severity: Severity::Error,
        message: format!(
            "{} was a number until a spreadsheet cut its last digits; export it again as text",
            shown(value)
        ),
        suggestion: None,
    })
}

/// `1.23457E+11`, `1E+10`; not `12E4`, which may be a code.
#[must_use]
pub fn is_scientific(text: &str) -> bool {
    let Some((mantissa, exponent)) = text.split_once(['e', 'E']) else {
        return false;
    };
    let whole = mantissa.split(['.', ',']).collect::<Vec<_>>();
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
    (whole.len() == 2 || (whole.len() == 1 && exponent.starts_with('+')))
        && whole.iter().all(|part| digits(part))
        && digits(exponent.trim_start_matches('+'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_keep_what_they_say() {
        for (raw, kept) in [
            ("123-45-6789", "123-45-6789"),
            (" AB 12 ", "AB 12"),
            ("=\"00123\"", "00123"),
            ("'00123", "00123"),
            ("۱۲۳", "123"),
            ("ＡＢ１２", "AB12"),
        ] {
            assert_eq!(standardise(raw).value.as_deref(), Some(kept), "{raw}");
        }
        assert_eq!(
            standardise("1.23457E+11").doubts[0].rule,
            "identifier_lost_in_spreadsheet"
        );
        assert_eq!(standardise("1E+10").doubts.len(), 1);
        assert!(standardise("12E4").doubts.is_empty());
    }

    proptest::proptest! {
        #[test]
        fn standardising_twice_changes_nothing(value in "\\PC{0,20}") {
            if let Some(once) = standardise(&value).value {
                let twice = standardise(&once).value;
                proptest::prop_assert_eq!(twice, Some(once));
            }
        }
    }
}
