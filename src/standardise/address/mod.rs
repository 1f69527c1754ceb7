//! Addresses: country names and codes → ISO 3166 alpha-2, states, postcodes by
//! country, street lines; whole addresses in one cell taken apart.
//!
//! In: the address cells of one record as they came, and the default country. Out:
//! one outcome an address field. The lists are in `rules/addresses/` and
//! `rules/countries/`; masks of postcodes are written with `A` for a letter and
//! `0` for a digit.

mod postcode;
mod rules;
mod whole;

use super::outcome::{Doubt, Outcome};
use super::tidy::tidy;
use crate::contact::Severity;
pub use rules::AddressRules;

/// The address cells of one record as they came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RawAddress<'a> {
    /// A whole address.
    pub address: Option<&'a str>,
    pub street: Option<&'a str>,
    pub street_number: Option<&'a str>,
    pub street_2: Option<&'a str>,
    pub city: Option<&'a str>,
    pub region: Option<&'a str>,
    pub postcode: Option<&'a str>,
    pub country: Option<&'a str>,
    /// ISO 3166 alpha-2, where the record names no country.
    pub default_country: Option<&'a str>,
}

/// What the record's address fields become.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AddressOutcome {
    pub street: Outcome,
    pub city: Outcome,
    pub region: Outcome,
    pub postcode: Outcome,
    pub country: Outcome,
}

/// A country's name or code → ISO 3166 alpha-2. What is not known stays as it is,
/// with a doubt and the nearest name.
#[must_use]
pub fn country(value: &str, rules: &AddressRules) -> Outcome {
    let text = tidy(value);
    if text.is_empty() {
        return Outcome::cleared("country_empty", "nothing but spaces and marks");
    }
    if let Some(code) = rules.country(&text) {
        return if code == value {
            Outcome::unchanged(value)
        } else {
            Outcome::changed(code, "country_code")
        };
    }
    let outcome = if text == value {
        Outcome::unchanged(value)
    } else {
        Outcome::changed(text.as_ref(), "whitespace")
    };
    outcome.doubt(Doubt {
        rule: "country_unknown",
        severity: Severity::Warning,
        message: "no country of this name or code is known".to_owned(),
        suggestion: rules.nearest_country(&text),
    })
}

/// Standardises the address of one record.
#[must_use]
pub fn standardise(raw: RawAddress<'_>, rules: &AddressRules) -> AddressOutcome {
    let mut parts = whole::Parts {
        street: street_lines(&raw, rules),
        city: raw
            .city
            .map(|value| place(value, rules))
            .unwrap_or_default(),
        region: raw
            .region
            .map(|value| tidy(value).into_owned())
            .unwrap_or_default(),
        postcode: raw
            .postcode
            .map(|value| tidy(value).into_owned())
            .unwrap_or_default(),
        country: String::new(),
    };
    let mut out = AddressOutcome::default();
    if let Some(value) = raw.country {
        out.country = country(value, rules);
        if let Some(code) = out
            .country
            .value
            .as_deref()
            .filter(|code| rules.is_code(code))
        {
            parts.country = code.to_owned();
        }
    }
    if let Some(address) = raw.address {
        whole::take_apart(address, raw.default_country, &mut parts, rules);
        if raw.country.is_none() && !parts.country.is_empty() {
            out.country = Outcome::changed(parts.country.clone(), "address_split");
        }
    }
    whole::sort_city(&mut parts, raw.default_country, rules);
    let country = if !parts.country.is_empty() {
        Some(parts.country.clone())
    } else if raw.country.is_some() {
        // A country was named and is not known: the default would be a guess.
        None
    } else {
        raw.default_country.map(str::to_owned)
    };
    let mut region_rule = "whitespace";
    if let Some(code) = &country
        && let Some(written) = rules.region(code, &parts.region)
        && written != parts.region
    {
        parts.region = written.to_owned();
        region_rule = "region_name";
    }
    let mut doubt = None;
    let mut postcode_rule = "whitespace";
    if !parts.postcode.is_empty() {
        let read = postcode::read(&parts.postcode, country.as_deref(), &parts.region, rules);
        if read.value != parts.postcode {
            postcode_rule = read.rule;
            parts.postcode = read.value;
        }
        doubt = read.doubt;
    }
    let from_whole = raw.address.is_some();
    let one = |raw: Option<&str>, value: String, rule: &'static str| match (raw, value.is_empty()) {
        (None, true) => Outcome::default(),
        (None, false) => Outcome::changed(
            value,
            if from_whole {
                "address_split"
            } else {
                "address_moved"
            },
        ),
        (Some(_), true) => Outcome::cleared("address_empty", "nothing but spaces and marks"),
        (Some(raw), false) if raw == value => Outcome::unchanged(raw),
        (Some(raw), false) => Outcome::changed(
            value.clone(),
            if tidy(raw) == value {
                "whitespace"
            } else {
                rule
            },
        ),
    };
    out.street = one(
        raw.street.or(raw.street_2).or(raw.street_number),
        parts.street,
        "street_lines",
    );
    out.city = one(raw.city, parts.city, "city_case");
    out.region = one(raw.region, parts.region, region_rule);
    out.postcode = one(raw.postcode, parts.postcode, postcode_rule);
    out.postcode.doubts.extend(doubt);
    out
}

/// All street lines in one, parted by `, `, with the house number where the
/// country writes it.
fn street_lines(raw: &RawAddress<'_>, rules: &AddressRules) -> String {
    let mut lines: Vec<String> = Vec::new();
    for value in [raw.street, raw.street_2].into_iter().flatten() {
        for line in value.split(['\n', '\r']) {
            let line = tidy(line);
            let line = line.trim_matches(|c: char| c == ',' || c.is_whitespace());
            if !line.is_empty() && !lines.iter().any(|known| known == line) {
                lines.push(place(line, rules));
            }
        }
    }
    let number = raw.street_number.map(tidy).unwrap_or_default();
    if !number.is_empty() {
        let country = raw
            .country
            .and_then(|value| rules.country(value))
            .or(raw.default_country);
        match lines.first_mut() {
            None => lines.push(number.into_owned()),
            Some(street) => {
                let there = street.split([' ', ',']).any(|word| word == number);
                if !there && country.is_some_and(|code| rules.number_first(code)) {
                    *street = format!("{number} {street}");
                } else if !there {
                    *street = format!("{street} {number}");
                }
            }
        }
    }
    lines.join(", ")
}

/// Capitals of a street or city mended when every word is in capitals or small.
fn place(value: &str, rules: &AddressRules) -> String {
    let text = tidy(value);
    let text = text.trim_matches(|c: char| c == ',' || c.is_whitespace());
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    let upper = text.chars().any(char::is_uppercase);
    let lower = text.chars().any(char::is_lowercase);
    if letters < 4 || upper == lower {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let plain = word.to_lowercase();
        if at > 0 && rules.is_small_word(&plain) {
            out.push_str(&plain);
        } else if upper && (rules.stays_capital(word) || word.chars().any(|c| c.is_ascii_digit())) {
            out.push_str(word);
        } else {
            let mut start = true;
            for c in plain.chars().filter(|&c| c != '\u{307}') {
                let mut big = c.to_uppercase();
                match (start && c.is_alphabetic(), big.next(), big.next()) {
                    (true, Some(one), None) => out.push(one),
                    _ => out.push(c),
                }
                start = matches!(c, '-' | '/' | '(');
            }
        }
    }
    out
}

#[cfg(test)]
mod tests;
