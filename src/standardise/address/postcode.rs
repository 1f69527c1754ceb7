//! Postcodes by country: letters, digits and spaces as the country writes them.

use super::rules::AddressRules;
use crate::contact::Severity;
use crate::standardise::outcome::Doubt;

pub struct Read {
    pub value: String,
    pub rule: &'static str,
    pub doubt: Option<Doubt>,
}

/// Reads a tidied postcode; what does not fit the country stays, with a doubt.
pub fn read(text: &str, country: Option<&str>, region: &str, rules: &AddressRules) -> Read {
    let kept = |value: &str, doubt: Option<Doubt>| Read {
        value: value.to_owned(),
        rule: "postcode_form",
        doubt,
    };
    // A spreadsheet's number: `2134.0`, `'02134`, `="02134"`.
    let text = text
        .trim_start_matches(['=', '\'', '"'])
        .trim_end_matches(['"', '\''])
        .trim();
    let text = match text.split_once('.') {
        Some((whole, zeros))
            if !zeros.is_empty()
                && zeros.bytes().all(|b| b == b'0')
                && whole.bytes().all(|b| b.is_ascii_digit()) =>
        {
            whole
        }
        _ => text,
    };
    let text = &latin_digits(text);
    let Some(country) = country else {
        return kept(text, None);
    };
    let masks = rules.masks(country);
    if masks.is_empty() {
        return kept(text, None);
    }
    let bare = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_uppercase)
            .collect()
    };
    let whole = bare(text);
    if let Some(written) = masks.iter().find_map(|mask| fit(&whole, mask)) {
        return kept(&written, None);
    }
    // `D-10115`, `CH 8000`.
    if let Some((prefix, rest)) = text.split_once(['-', ' '])
        && (prefix.eq_ignore_ascii_case(country) || prefix.len() == 1)
        && prefix.bytes().all(|b| b.is_ascii_alphabetic())
        && let Some(written) = masks.iter().find_map(|mask| fit(&bare(rest), mask))
    {
        return kept(&written, None);
    }
    if let Some(padded) = padded(&whole, country, rules) {
        let certain = rules.zeros().iter().any(|zeros| {
            zeros.country == country && zeros.region == region && {
                let start = &padded[..zeros.from.len().min(padded.len())];
                zeros.from.as_str() <= start && start <= zeros.to.as_str()
            }
        });
        if certain {
            return Read {
                value: padded,
                rule: "postcode_leading_zero",
                doubt: None,
            };
        }
        return kept(
            text,
            Some(doubt(
                "postcode_leading_zero",
                "the postcode seems to have lost its leading zero",
                Some(padded),
            )),
        );
    }
    kept(
        text,
        Some(doubt(
            "postcode_form_unknown",
            "the postcode does not have the form of its country",
            None,
        )),
    )
}

/// Whether a text is a postcode of the country, as written there.
pub fn is_postcode(text: &str, country: &str, rules: &AddressRules) -> bool {
    let bare: String = text
        .chars()
        .filter(|c| c.is_alphanumeric())
        .flat_map(char::to_uppercase)
        .collect();
    rules
        .masks(country)
        .iter()
        .any(|mask| fit(&bare, mask).is_some())
}

fn doubt(rule: &'static str, message: &str, suggestion: Option<String>) -> Doubt {
    Doubt {
        rule,
        severity: Severity::Warning,
        message: message.to_owned(),
        suggestion,
    }
}

/// Letters and digits poured into a mask; `None` when they don't fit.
fn fit(bare: &str, mask: &str) -> Option<String> {
    let mut given = bare.chars();
    let mut out = String::with_capacity(mask.len());
    for place in mask.chars() {
        match place {
            '0' => out.push(given.next().filter(char::is_ascii_digit)?),
            'A' => out.push(given.next().filter(char::is_ascii_uppercase)?),
            c => {
                if c.is_alphanumeric() && given.next() != Some(c) {
                    return None;
                }
                out.push(c);
            }
        }
    }
    given.next().is_none().then_some(out)
}

/// One or two digits too few, where the country has a region whose codes begin with zeros.
fn padded(whole: &str, country: &str, rules: &AddressRules) -> Option<String> {
    if !rules.zero_first(country) || !whole.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let mask = rules.masks(country).first()?;
    let length = mask.bytes().filter(|b| *b == b'0').count();
    let missing = length.checked_sub(whole.len())?;
    (1..=2)
        .contains(&missing)
        .then(|| fit(&format!("{whole:0>length$}"), mask))
        .flatten()
}

fn latin_digits(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{660}'..='\u{669}' => char::from(b'0' + (c as u32 - 0x660) as u8),
            '\u{6f0}'..='\u{6f9}' => char::from(b'0' + (c as u32 - 0x6f0) as u8),
            '\u{e50}'..='\u{e59}' => char::from(b'0' + (c as u32 - 0xe50) as u8),
            c => c,
        })
        .collect()
}
