//! Phone numbers: E.164 (`+14155550100`), an extension behind it as ` ext 12`.
//!
//! Not RFC 3966's `;ext=12`: a `;` parts the values of a cell in a field with
//! several. [`dialable`] gives the part that a dialler takes. Numbers are read as
//! Google's library reads them, in the region of the record, else of the source,
//! else of the plan. Without a region a national number keeps its digits.

use std::borrow::Cow;
use std::sync::LazyLock;

use regex::Regex;
use rlibphonenumber::{PhoneNumber, PhoneNumberFormat, Region};
use unicode_normalization::UnicodeNormalization;

use super::outcome::{Doubt, Outcome};
use super::text::{ascii_digits, is_invisible, tidy_line, without_guard};
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::rulebook::Rulebook;

/// What is known of phone cells: `rules/phones.toml`.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneRules {
    /// Words in front of a number (`tel`, `mobile`), lower case.
    labels: Vec<String>,
    /// Digits that stand for no number.
    placeholders: Vec<String>,
    /// Texts that stand for no number, lower case.
    texts: Vec<String>,
    /// Country-code domains that anybody registers (`io`): they tell no country.
    worldwide_domains: Vec<String>,
    /// Country-code domains that are no ISO 3166 code → the code (`uk` → `GB`).
    domains: std::collections::BTreeMap<String, String>,
}

impl PhoneRules {
    /// # Panics
    /// Never: a test holds the built-in file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        toml::from_str(rulebook.file("phones.toml").unwrap_or_default()).unwrap_or_else(|error| {
            unreachable!("invariant: the built-in rules/phones.toml is tested: {error}")
        })
    }
}

/// The number without its extension.
#[must_use]
pub fn dialable(phone: &str) -> &str {
    phone
        .split_once(" ext ")
        .map_or(phone, |(number, _)| number)
}

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

/// Standardises a cell that should hold a number; further ones become parts for
/// `other_phones`. `region` is an ISO 3166 alpha-2 code.
#[must_use]
pub fn standardise(value: &str, region: Option<&str>, rules: &PhoneRules) -> Outcome {
    let region = region.and_then(|code| Region::from_code(code).ok());
    let mut kept: Vec<One> = Vec::new();
    let mut cleared = None;
    for piece in pieces(value) {
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

struct One {
    value: Option<String>,
    rule: &'static str,
    reason: &'static str,
    sound: bool,
    doubts: Vec<Doubt>,
}

static SCIENTIFIC: LazyLock<Regex> = LazyLock::new(|| pattern(r"^\+?\d+([.,]\d+)?[eE]\+?\d{1,2}$"));
static FLOAT: LazyLock<Regex> = LazyLock::new(|| pattern(r"^(\+?\d{6,15})\.0$"));
static EXTENSION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)^(.*\d)[\s,;.()]*(?:ext(?:ension|n)?\.?|x|durchwahl|dw|poste|доб\.?|вътр\.?|внутр\.?|داخلی|ต่อ)[\s.:=#]*(\d{1,7})\)?$",
    )
});
static PARENTHESISED_WORD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\s*[(\[][^()\[\]\d]*\p{L}[^()\[\]\d]*[)\]]"));

fn pattern(text: &str) -> Regex {
    Regex::new(text)
        .unwrap_or_else(|error| unreachable!("invariant: fixed patterns compile: {error}"))
}

/// The numbers of a cell.
fn pieces(value: &str) -> Vec<String> {
    let value = without_guard(value);
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
        ascii_digits(&seen).into_owned()
    };
    if digit_count(&plain) < 2 * DIGITS {
        // Too few for two numbers.
        return if plain.trim().is_empty() {
            Vec::new()
        } else {
            vec![tidy_line(&plain).into_owned()]
        };
    }
    let mut pieces = vec![plain];
    for separator in [
        ":::", "\n", "\r", "|", ";", " / ", " or ", " und ", " oder ", " et ", " ou ", ",", "/",
        "  ", " & ",
    ] {
        pieces = pieces
            .into_iter()
            .flat_map(|piece| parted(&piece, separator))
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

fn one_number(piece: &str, region: Option<Region>, rules: &PhoneRules) -> One {
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
    let found = if letters {
        EXTENSION.captures(bare.trim())
    } else {
        None
    };
    let (number, extension) = match found {
        Some(found) => (found[1].to_owned(), Some(found[2].to_owned())),
        None => (bare.trim().to_owned(), None),
    };
    let digits: String = number.chars().filter(char::is_ascii_digit).collect();
    if digits.is_empty() && !number.chars().any(char::is_alphabetic) {
        return clear("placeholder", "no digits");
    }
    if is_placeholder(&digits, rules) {
        return clear("placeholder", "stands for no number");
    }
    let mut one = match read(&number, &digits, extension.as_deref(), region) {
        Some(value) => One {
            value: Some(value),
            rule: "phone_e164",
            reason: "",
            sound: true,
            doubts: Vec::new(),
        },
        None => unreadable(piece, &number, &digits, extension.as_deref(), region),
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

fn parse(number: &str, region: Option<Region>) -> Option<PhoneNumber> {
    let parsed = PhoneNumber::parse(number, region).ok()?;
    parsed.is_valid().then_some(parsed)
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

    fn rules() -> PhoneRules {
        PhoneRules::load(&Rulebook::builtin())
    }

    #[test]
    fn numbers_become_e164() {
        let rules = rules();
        for (raw, region, number) in [
            ("+14155550100", None, "+14155550100"),
            ("(415) 555-0100", Some("US"), "+14155550100"),
            ("415.555.0100", Some("US"), "+14155550100"),
            ("1-415-555-0100", Some("US"), "+14155550100"),
            ("+1 (415) 555-0100", Some("DE"), "+14155550100"),
            ("0014155550100", None, "+14155550100"),
            ("011 49 30 901820", Some("US"), "+4930901820"),
            ("00 49 30 901820", Some("US"), "+4930901820"),
            ("030 / 901820", Some("DE"), "+4930901820"),
            ("030/901820", Some("DE"), "+4930901820"),
            ("+49 (0)30 901820", None, "+4930901820"),
            ("+44 (0)20 7946 0958", None, "+442079460958"),
            ("٠٩١٢ ٣٤٥ ٦٧٨٩", Some("IR"), "+989123456789"),
            ("０３-１２３４-５６７８", Some("JP"), "+81312345678"),
            ("1-800-FLOWERS", Some("US"), "+18003569377"),
            ("(415) 555-0100 x12", Some("US"), "+14155550100 ext 12"),
            (
                "415-555-0100 ext. 9778",
                Some("US"),
                "+14155550100 ext 9778",
            ),
            ("+14155550100 ext 12", None, "+14155550100 ext 12"),
            ("+14155550100;ext=12", None, "+14155550100 ext 12"),
            ("tel:+1-415-555-0100", None, "+14155550100"),
            ("p:+14155550100", None, "+14155550100"),
            ("Tel.: +49 30 901820", None, "+4930901820"),
            ("'+39 06 6982 0000", None, "+390669820000"),
            ("=\"+14155550100\"", None, "+14155550100"),
            ("415-555-0100 (mobile)", Some("US"), "+14155550100"),
            ("49 30 901820", Some("DE"), "+4930901820"),
            ("+359-87-563-9492", None, "+359875639492"),
            ("12125552377.0", Some("US"), "+12125552377"),
            ("+12125552377.0", None, "+12125552377"),
        ] {
            let out = standardise(raw, region, &rules);
            assert_eq!(out.value.as_deref(), Some(number), "{raw}");
            assert!(
                out.parts.is_empty() && out.doubts.is_empty(),
                "{raw}: {out:?}"
            );
        }
    }

    #[test]
    fn an_email_tells_the_region_where_the_number_is_valid_there() {
        let rules = rules();
        for (email, region) in [
            ("eva@braun.de", Some("DE")),
            ("EVA@BRAUN.CO.UK", Some("GB")),
            ("eva@braun.com", None),
            ("eva@braun.io", None),
            ("eva", None),
        ] {
            assert_eq!(region_of_email(email, &rules).as_deref(), region, "{email}");
        }
        for (raw, hint, number, rule) in [
            (
                "030 901820",
                Some("DE"),
                "+4930901820",
                "phone_region_from_email",
            ),
            ("030 901820.", None, "030901820", "phone_digits"),
            ("(415) 555-0100", Some("GB"), "4155550100", "phone_digits"),
            ("(415) 555-0100", Some("DE"), "4155550100", "phone_digits"),
            ("+14155550100", Some("DE"), "+14155550100", ""),
            ("12125552377.0", None, "12125552377", "phone_float"),
        ] {
            let out = standardise_by_email(raw, hint, &rules);
            assert_eq!(
                (out.value.as_deref(), out.rule),
                (Some(number), rule),
                "{raw}"
            );
            let again = standardise_by_email(number, hint, &rules);
            assert_eq!(again.value.as_deref(), Some(number), "{raw} twice");
        }
    }

    #[test]
    fn several_numbers_are_parted_and_one_is_not() {
        let rules = rules();
        let out = standardise("+1 415 555 0100 / +1 415 555 0101", None, &rules);
        assert_eq!(out.value.as_deref(), Some("+14155550100"));
        assert_eq!(out.parts, [("other_phones", "+14155550101".to_owned())]);
        let out = standardise("415-555-0100; 415-555-0100", Some("US"), &rules);
        assert_eq!(out.value.as_deref(), Some("+14155550100"));
        assert!(out.parts.is_empty());
        let out = standardise("031/68341395", Some("IR"), &rules);
        assert!(out.parts.is_empty());
    }

    #[test]
    fn what_stands_for_no_number_is_cleared() {
        let rules = rules();
        for raw in [
            "n/a",
            "0000000000",
            "000-000-0000",
            "999-999-9999",
            "1234567890",
            "555-555-5555",
            "-",
            "none",
            "x",
        ] {
            let out = standardise(raw, Some("US"), &rules);
            assert_eq!(out.value, None, "{raw}");
        }
        let lost = standardise("4.155552671E9", Some("US"), &rules);
        assert_eq!(lost.value, None);
        assert_eq!(lost.doubts[0].rule, "phone_lost_in_spreadsheet");
    }

    #[test]
    fn without_a_region_the_digits_stay_and_somebody_is_told() {
        let rules = rules();
        let out = standardise("(303) 746-5433", None, &rules);
        assert_eq!(out.value.as_deref(), Some("3037465433"));
        assert_eq!(out.doubts[0].rule, "phone_region_unknown");
        let sms = standardise("4930901820012", None, &rules);
        assert_eq!(sms.doubts[0].rule, "phone_region_unknown");
    }

    #[test]
    fn undialable_numbers_stay_as_they_are() {
        let rules = rules();
        let formed = standardise("0081 90 0946 2505", None, &rules);
        assert_eq!(formed.value.as_deref(), Some("+819009462505"));
        assert_eq!(formed.doubts[0].rule, "phone_not_dialable");
        for raw in ["12345", "call reception", "+1 415 555", "ask Ann 4711"] {
            let out = standardise(raw, Some("US"), &rules);
            assert_eq!(out.value.as_deref(), Some(raw), "{raw}");
            assert_eq!(out.doubts[0].rule, "phone_not_dialable", "{raw}");
        }
    }

    #[test]
    fn a_dialler_gets_the_number_alone() {
        assert_eq!(dialable("+14155550100 ext 12"), "+14155550100");
        assert_eq!(dialable("+14155550100"), "+14155550100");
    }

    proptest::proptest! {
        #[test]
        fn standardising_twice_changes_nothing(
            value in "\\PC{0,24}|[0-9 ()+./;x-]{0,30}|\\+?[0-9]{7,13}( ext [0-9]{1,4})?",
            region in proptest::sample::select(vec![None, Some("US"), Some("DE"), Some("IR")]),
        ) {
            let rules = rules();
            let once = standardise(&value, region, &rules);
            for number in once.value.iter().chain(once.parts.iter().map(|(_, v)| v)) {
                let twice = standardise(number, region, &rules);
                proptest::prop_assert_eq!(twice.value.as_ref(), Some(number), "{:?}", value);
                proptest::prop_assert!(twice.parts.is_empty());
            }
        }
    }
}
