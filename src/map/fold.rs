//! How headers are compared: case, width, spaces and punctuation don't count.
//!
//! `First Name`, `first_name`, `FirstName` and `First-Name:` are one header.
//! Accents are taken off only as a second try ([`bare`]), since they tell words
//! apart in some languages.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// The form in which two headers are the same header.
#[must_use]
pub fn fold(header: &str) -> String {
    header
        .nfkc()
        .flat_map(char::to_lowercase)
        .filter_map(|c| match c {
            // Arabic and Persian keyboards write the same letter in two ways.
            'ي' | 'ى' => Some('ی'),
            'ك' => Some('ک'),
            'ة' => Some('ه'),
            // Thai: the silencing mark is often left out (เมล, เมล์).
            '\u{0e4c}' => None,
            // Arabic vowel signs, joiners, direction marks, byte order mark.
            '\u{064b}'..='\u{0652}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}' => None,
            '_' | '-' | '.' | ':' | '?' | '*' | '\'' | '"' | '’' | '(' | ')' | '[' | ']' | '،'
            | '–' | '—' | '‑' | '؟' => None,
            c if c.is_whitespace() || c.is_control() => None,
            c => Some(c),
        })
        .collect()
}

/// [`fold`] without accents: the second try.
#[must_use]
pub fn bare(header: &str) -> String {
    fold(header)
        .nfkd()
        .filter(|c| !('\u{300}'..='\u{36f}').contains(c) || !is_combining_mark(*c))
        .collect::<String>()
        .replace('ß', "ss")
}

/// A folded header with each run of digits as `#`, and the first of the numbers:
/// how numbered columns (`E-mail 2 - Value`) are found.
#[must_use]
pub fn numbered(folded: &str) -> Option<(String, u32)> {
    let mut pattern = String::with_capacity(folded.len());
    let mut first = None;
    let mut digits = String::new();
    for c in folded.chars().chain(std::iter::once('\0')) {
        if c.is_ascii_digit() {
            digits.push(c);
            continue;
        }
        if !digits.is_empty() {
            pattern.push('#');
            if first.is_none() {
                first = Some(digits.parse().unwrap_or(u32::MAX));
            }
            digits.clear();
        }
        if c != '\0' {
            pattern.push(c);
        }
    }
    first.map(|number| (pattern, number))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writings_of_one_header_are_one() {
        for header in [
            "First Name",
            "first_name",
            "FirstName",
            "\u{feff}First-Name:",
            "ＦＩＲＳＴ\u{a0}NAME",
        ] {
            assert_eq!(fold(header), "firstname", "{header}");
        }
        assert_eq!(fold("نام خانوادگي"), fold("نام\u{200c}خانوادگی"));
        assert_eq!(fold("อีเมล์"), fold("อีเมล"));
        assert_eq!(fold("Account.Name"), fold("Account Name"));
        assert_ne!(fold("Order #"), fold("Order"));
    }

    #[test]
    fn accents_go_only_in_the_second_try() {
        assert_ne!(fold("Prénom"), fold("Prenom"));
        assert_eq!(bare("Prénom"), bare("PRENOM"));
        assert_eq!(bare("Straße"), bare("Strasse"));
    }

    #[test]
    fn numbers_are_seen() {
        assert_eq!(numbered("email2value"), Some(("email#value".into(), 2)));
        assert_eq!(numbered("email"), None);
    }
}
