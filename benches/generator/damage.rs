//! What happens to a value on its way into a system. Every fault draws from the
//! record's own stream, so that a record is the same whoever asks for it.

use super::people::{Person, ascii};
use super::rng::Rng;

/// How carefully a system is kept, from 0 (no fault) to 1.
#[derive(Clone, Copy)]
pub struct Noise {
    pub typo: f64,
    pub missing: f64,
    pub casual: f64,
}

/// The name as somebody typed it: given, family.
pub fn name(person: &Person, day: u32, noise: Noise, rng: &mut Rng) -> (String, String) {
    let mut given = person.given.to_owned();
    if !person.nicknames.is_empty() && rng.chance(0.12 + noise.casual * 0.25) {
        given = rng.pick(person.nicknames).to_owned();
    } else if rng.chance(0.03 + noise.casual * 0.04) {
        given = format!(
            "{}{}",
            &given.chars().next().unwrap_or('X'),
            rng.pick(&["", "."])
        );
    } else if rng.chance(0.03) {
        given = format!("{given} {}.", person.middle);
    } else if rng.chance(noise.typo) {
        given = typo(&given, rng);
    }
    let mut family = match &person.maiden {
        // The marriage lies on the 2,000th day for everybody; that is enough for a bench.
        Some(maiden) if day < 2_000 => maiden.clone(),
        Some(maiden) if rng.chance(0.2) => format!("{maiden}-{}", person.family),
        _ => person.family.clone(),
    };
    if rng.chance(noise.typo) {
        family = typo(&family, rng);
    } else if !family.is_ascii() && rng.chance(0.4) {
        family = any_ascii::any_ascii(&family);
    }
    if rng.chance(0.012 * (1.0 + noise.casual)) {
        std::mem::swap(&mut given, &mut family);
    }
    if rng.chance(noise.missing * 0.06) {
        given.clear();
    } else if rng.chance(noise.missing * 0.03) {
        family.clear();
    }
    if rng.chance(0.02 + noise.casual * 0.08) {
        let case = rng.below(2);
        let recase = |text: &str| {
            if case == 0 {
                text.to_uppercase()
            } else {
                text.to_lowercase()
            }
        };
        (given, family) = (recase(&given), recase(&family));
    }
    (given, family)
}

/// One address of the person, with what is done to addresses.
pub fn email(person: &Person, day: u32, prefer_work: f64, noise: Noise, rng: &mut Rng) -> String {
    if rng.chance(noise.missing * 0.3) {
        return String::new();
    }
    if rng.chance(0.004 + noise.casual * 0.006) {
        return rng
            .pick(&["none@none.com", "n/a", "test@test.com", "no@email.com"])
            .to_owned();
    }
    let job = super::systems::job_on(person, day);
    let mut address = if rng.chance(prefer_work) {
        if rng.chance(0.015) {
            let role = rng.pick(&["info", "sales", "office", "contact"]);
            return format!("{role}@{}", job.employer.domain);
        }
        job.email.clone()
    } else if let Some(family) = &person.family_email
        && rng.chance(0.3)
    {
        return family.clone();
    } else {
        person.personal_email.clone()
    };
    let at = address.find('@').unwrap_or(0);
    if rng.chance(noise.typo * 0.6) {
        address = typo(&address, rng);
    } else if address.ends_with("@gmail.com") && rng.chance(0.08) {
        if rng.chance(0.5) {
            address.insert_str(at, rng.pick(&["+news", "+crm", "+events"]));
        } else {
            address = format!("{}{}", address[..at].replace('.', ""), &address[at..]);
        }
    }
    if rng.chance(0.04) {
        address = address.to_uppercase();
    } else if rng.chance(0.01) {
        address = format!(" {address}");
    }
    address
}

/// A number written as people write numbers.
pub fn phone(number: &str, place_country: &str, noise: Noise, rng: &mut Rng) -> String {
    if rng.chance(0.01 + noise.casual * 0.01) {
        return rng
            .pick(&["000-000-0000", "N/A", "1234567890", "-", "555-555-5555"])
            .to_owned();
    }
    let mut number = number.to_owned();
    if rng.chance(noise.typo * 0.5) {
        let at = number.len() - 1 - rng.below(5);
        let digit = char::from(b'0' + rng.below(10) as u8);
        number.replace_range(at..=at, digit.encode_utf8(&mut [0; 4]));
    }
    let national = if place_country == "US" || place_country == "CA" {
        &number[2..]
    } else {
        // Without the area's length the national form can't be cut: written whole.
        return if rng.chance(0.5) {
            number
        } else {
            format!("{} {} {}", &number[..3], &number[3..6], &number[6..])
        };
    };
    let (area, exchange, line) = (&national[..3], &national[3..6], &national[6..]);
    match rng.below(6) {
        0 => format!("({area}) {exchange}-{line}"),
        1 => format!("{area}-{exchange}-{line}"),
        2 => format!("{area}.{exchange}.{line}"),
        3 => national.to_owned(),
        4 => format!("+1 {area} {exchange} {line}"),
        _ => number,
    }
}

/// A firm's name as it gets written.
pub fn company(name: &str, legal_form: &str, noise: Noise, rng: &mut Rng) -> String {
    if rng.chance(noise.missing * 0.25) {
        return String::new();
    }
    let mut text = match rng.below(5) {
        0 => format!("{name} {legal_form}"),
        1 => format!("{name}, {legal_form}"),
        2 if noise.casual > 0.5 => name.split(' ').take(2).collect::<Vec<_>>().join(" "),
        _ => name.to_owned(),
    };
    if rng.chance(noise.typo) {
        text = typo(&text, rng);
    } else if rng.chance(0.03) {
        text = text.to_uppercase();
    } else if rng.chance(0.01) {
        text = ascii(&text);
    }
    text
}

/// One slip of the finger: two letters swapped, one dropped, doubled or hit beside.
pub fn typo(text: &str, rng: &mut Rng) -> String {
    let mut letters: Vec<char> = text.chars().collect();
    if letters.len() < 3 {
        return text.to_owned();
    }
    let at = 1 + rng.below(letters.len() - 2);
    match rng.below(4) {
        0 => letters.swap(at, at + 1),
        1 => {
            letters.remove(at);
        }
        2 => letters.insert(at, letters[at]),
        _ => letters[at] = neighbour(letters[at], rng),
    }
    letters.into_iter().collect()
}

/// A key beside the right one.
fn neighbour(c: char, rng: &mut Rng) -> char {
    for row in ["qwertyuiop", "asdfghjkl", "zxcvbnm", "1234567890"] {
        if let Some(at) = row.find(c.to_ascii_lowercase()) {
            let beside = if at == 0 || (at + 1 < row.len() && rng.chance(0.5)) {
                at + 1
            } else {
                at - 1
            };
            return char::from(row.as_bytes()[beside]);
        }
    }
    'e'
}
