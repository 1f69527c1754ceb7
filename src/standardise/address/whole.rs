//! A whole address in one cell: parts parted by two spaces (Mailchimp), line
//! breaks or commas; a city cell that holds the region as well.

use super::place;
use super::postcode::is_postcode;
use super::rules::AddressRules;
use crate::standardise::tidy::tidy;

/// The address while it is worked on; empty = missing.
#[derive(Clone, Debug, Default)]
pub struct Parts {
    pub street: String,
    pub city: String,
    pub region: String,
    pub postcode: String,
    pub country: String,
}

/// Takes an address apart into the fields that are empty. Nothing is lost: what
/// has no other place stays in the street.
pub fn take_apart(address: &str, default: Option<&str>, parts: &mut Parts, rules: &AddressRules) {
    let (pieces, fixed) = pieces(address);
    if fixed && pieces.len() >= 4 {
        return mailchimp(&pieces, default, parts, rules);
    }
    let mut pieces: Vec<String> = pieces
        .into_iter()
        .filter(|piece| !piece.is_empty())
        .collect();
    // From the end: country, then postcode, region and city.
    if pieces.len() > 1
        && let Some(code) = pieces.last().and_then(|last| rules.country(last))
        // `Atlanta, GA`: a state before a country's code.
        && !(pieces.last().is_some_and(|last| last.len() == 2)
            && default.is_some_and(|country| rules.region(country, &pieces[pieces.len() - 1]).is_some()))
    {
        fill(&mut parts.country, code);
        pieces.pop();
    }
    let country = if parts.country.is_empty() {
        default.map(str::to_owned)
    } else {
        Some(parts.country.clone())
    };
    if let Some(country) = country.as_deref()
        && pieces.len() > 1
    {
        let last = pieces.len() - 1;
        if is_postcode(&pieces[last], country, rules) {
            let code = pieces.remove(last);
            fill(&mut parts.postcode, &code);
        } else if let Some((front, code)) = pieces[last].clone().rsplit_once(' ')
            && let Some((front, code)) = two_words(front, code, country, rules)
        {
            fill(&mut parts.postcode, &code);
            pieces[last] = front;
        } else if let Some((code, behind)) = pieces[last].clone().split_once(' ')
            && is_postcode(code, country, rules)
        {
            fill(&mut parts.postcode, code);
            pieces[last] = behind.to_owned();
        }
        let last = pieces.len() - 1;
        if last > 0
            && let Some(region) = rules.region(country, &pieces[last])
            && (last > 1 || pieces[last].len() <= 3)
        {
            fill(&mut parts.region, region);
            pieces.pop();
        } else if let Some((city, region)) = pieces[last].clone().rsplit_once(' ')
            && region.chars().all(char::is_uppercase)
            && let Some(region) = rules.region(country, region)
        {
            fill(&mut parts.region, region);
            pieces[last] = city.to_owned();
        }
    }
    if pieces.len() > 1 && parts.city.is_empty() {
        let city = pieces.pop().unwrap_or_default();
        parts.city = place(&city, rules);
    }
    if parts.street.is_empty() {
        let lines: Vec<String> = pieces.iter().map(|piece| place(piece, rules)).collect();
        parts.street = lines.join(", ");
    }
}

/// `Boston, MA` in the city, `MA 02134` in the region.
pub fn sort_city(parts: &mut Parts, default: Option<&str>, rules: &AddressRules) {
    let country = if parts.country.is_empty() {
        default.unwrap_or("")
    } else {
        parts.country.as_str()
    };
    if country.is_empty() {
        return;
    }
    if parts.region.is_empty()
        && let Some((city, region)) = parts.city.rsplit_once(',')
        && !city.trim().is_empty()
        && let Some(written) = rules.region(country, region.trim())
    {
        let city = city.trim_end_matches([',', ' ']).to_owned();
        parts.region = written.to_owned();
        parts.city = city;
    }
    if parts.postcode.is_empty()
        && let Some((region, code)) = parts.region.rsplit_once(' ')
        && is_postcode(code, country, rules)
        && rules.region(country, region).is_some()
    {
        parts.postcode = code.to_owned();
        parts.region = region.to_owned();
    }
}

/// Street, (street 2), city, state, zip, country: empty parts keep their place.
fn mailchimp(pieces: &[String], default: Option<&str>, parts: &mut Parts, rules: &AddressRules) {
    let mut pieces = pieces;
    if let [front @ .., last] = pieces
        && let Some(code) = rules.country(last)
    {
        fill(&mut parts.country, code);
        pieces = front;
    }
    let country = if parts.country.is_empty() {
        default.unwrap_or("")
    } else {
        parts.country.as_str()
    };
    if let [front @ .., last] = pieces
        && (last.is_empty()
            || last.chars().any(|c| c.is_numeric())
            || is_postcode(last, country, rules))
    {
        fill(&mut parts.postcode, last);
        pieces = front;
    }
    let mut streets = pieces;
    if let [front @ .., city, region] = pieces
        && !front.is_empty()
    {
        fill(&mut parts.region, region);
        fill(&mut parts.city, &place(city, rules));
        streets = front;
    } else if let [front @ .., city] = pieces
        && !front.is_empty()
    {
        fill(&mut parts.city, &place(city, rules));
        streets = front;
    }
    let lines: Vec<String> = streets
        .iter()
        .filter(|line| !line.is_empty())
        .map(|line| place(line, rules))
        .collect();
    fill(&mut parts.street, &lines.join(", "));
}

/// The tidied pieces, and whether empty ones mean something.
fn pieces(address: &str) -> (Vec<String>, bool) {
    let address = address.trim_matches(['\n', '\r', '\t']);
    if !address.contains(['\n', '\r']) && address.trim().contains("  ") {
        return (
            address
                .split("  ")
                .map(|piece| tidy(piece).into_owned())
                .collect(),
            true,
        );
    }
    let clean = address
        .split(['\n', '\r', ',', '،', '、', ';'])
        .map(|piece| tidy(piece).into_owned())
        .collect();
    (clean, false)
}

/// A postcode of one or two words at the end of `front code`.
fn two_words(
    front: &str,
    code: &str,
    country: &str,
    rules: &AddressRules,
) -> Option<(String, String)> {
    if let Some((rest, word)) = front.rsplit_once(' ') {
        let both = format!("{word} {code}");
        if is_postcode(&both, country, rules) && word.chars().any(|c| c.is_numeric()) {
            return Some((rest.to_owned(), both));
        }
    }
    (is_postcode(code, country, rules) && code.chars().any(|c| c.is_numeric()))
        .then(|| (front.to_owned(), code.to_owned()))
}

fn fill(field: &mut String, value: &str) {
    if field.is_empty() {
        value.clone_into(field);
    }
}
