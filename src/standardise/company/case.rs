//! Capitals of a company's name: SHOUTING and lower case mended where certain.
//!
//! Short words in capitals may be acronyms (IBM, BASF) and one small word may be
//! meant so (adidas): these stay.

use crate::standardise::small_words::InCompany;

/// The words joined by a space, with capitals mended when the whole is in one case.
pub fn mend(words: &[&str], has_form: bool, known: &InCompany) -> String {
    let text = words.join(" ");
    let mut upper = 0_usize;
    let mut lower = 0_usize;
    for c in text.chars() {
        upper += usize::from(c.is_uppercase());
        lower += usize::from(c.is_lowercase());
    }
    let long_words = words.iter().filter(|word| letters(word) >= 4).count();
    let shouting = lower == 0 && upper > 0 && long_words > 0 && {
        // One word alone may be a name in capitals; seven letters are no acronym.
        words.len() > 1 || words.iter().any(|word| letters(word) >= 7)
    };
    let small = upper == 0 && lower > 0 && (words.len() > 1 || has_form) && !looks_like_web(&text);
    if !shouting && !small {
        return text;
    }
    let mut out = String::with_capacity(text.len());
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let plain = word.to_lowercase();
        if at > 0 && at + 1 < words.len() && known.small.contains(plain.as_str()) {
            out.push_str(&plain);
        } else if shouting && (letters(word) <= 3 || !word.chars().any(is_vowel)) {
            out.push_str(word);
        } else {
            capitalise(&plain, &mut out);
        }
    }
    out
}

fn letters(word: &str) -> usize {
    word.chars().filter(|c| c.is_alphabetic()).count()
}

/// `acme.com` is a domain, not a name in small letters.
fn looks_like_web(text: &str) -> bool {
    !text.contains(' ') && text.contains('.')
}

fn is_vowel(c: char) -> bool {
    !c.is_ascii() || matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// A capital at the start and behind a hyphen, `&` or `/`.
fn capitalise(word: &str, out: &mut String) {
    let mut start = true;
    for c in word.chars() {
        if start && c.is_alphabetic() {
            let mut upper = c.to_uppercase();
            match (upper.next(), upper.next()) {
                (Some(one), None) => out.push(one),
                _ => out.push(c),
            }
            start = false;
        } else {
            // `i` + dot above is what lower-casing makes of a Turkish capital.
            if c != '\u{307}' {
                out.push(c);
            }
            start = matches!(c, '-' | '&' | '/' | '(' | '+');
        }
    }
}
