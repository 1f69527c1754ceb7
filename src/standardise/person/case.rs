//! Capitals of names: SHOUTING and small letters mended, mixed case kept.

use super::clean::is_upper;
use super::model::NameModel;
use super::rules::PersonRules;
use crate::standardise::tidy::fold;

/// One name part (one or more words) with its capitals mended. `loud` says that
/// the record's other names are in capitals as well, so that `LI` is no initials.
pub fn mend(
    text: &str,
    family: bool,
    loud: bool,
    rules: &PersonRules,
    model: &NameModel,
) -> String {
    let bytes = text.as_bytes();
    // The common case: one capital in front of ASCII small letters.
    if text.is_ascii()
        && bytes.first().is_some_and(u8::is_ascii_uppercase)
        && bytes[1..].iter().all(u8::is_ascii_lowercase)
    {
        return text.to_owned();
    }
    let words: Vec<&str> = text.split(' ').collect();
    let small = words
        .iter()
        .all(|word| !word.chars().any(char::is_uppercase));
    let all_loud = loud || (words.len() > 1 && words.iter().all(|word| is_upper(word)));
    let mut out = String::with_capacity(text.len());
    for (at, word) in words.iter().enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let particle = family && at + 1 < words.len();
        mend_word(word, particle, small, all_loud, rules, model, &mut out);
    }
    out
}

fn mend_word(
    word: &str,
    particle: bool,
    small: bool,
    loud: bool,
    rules: &PersonRules,
    model: &NameModel,
    out: &mut String,
) {
    let shouting = is_upper(word) || is_loud_mc(word, rules);
    if !(shouting || small)
        || !word.chars().any(|c| c.is_uppercase() || c.is_lowercase())
        || has_no_title_case(word)
    {
        out.push_str(word);
        return;
    }
    let letters = word.chars().filter(|c| c.is_alphabetic()).count();
    // `J.`, `JJ`, `J.R.` are initials; `LI` beside `WEI` and `Mc` are names.
    if shouting
        && (letters == 1 || word.contains('.') || (letters == 2 && !is_short_name(word, loud)))
    {
        out.push_str(word);
        return;
    }
    if shouting && letters == 3 && !word.chars().any(is_vowel) {
        out.push_str(word);
        return;
    }
    let lower = lower(word);
    if particle && rules.particles.get(&fold(word)).copied().unwrap_or(false) {
        out.push_str(&lower);
        return;
    }
    if particle && small && rules.short_particles.contains(word) {
        out.push_str(word);
        return;
    }
    if let Some(known) = model.cased(&lower) {
        out.push_str(known);
        return;
    }
    let mut start = true;
    let mut piece = 0;
    let chars: Vec<char> = lower.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        if start && c.is_alphabetic() {
            if at == 0 && word.starts_with('İ') {
                out.push('İ');
            } else {
                push_upper(c, out);
            }
            start = false;
            continue;
        }
        out.push(c);
        match c {
            '-' | '.' | '/' => {
                start = true;
                piece = at + 1;
            }
            '\'' => {
                let before: String = chars[piece..at].iter().collect();
                start = rules.apostrophe.contains(&before);
            }
            _ => {
                let before: String = chars[piece..=at].iter().collect();
                let rest: String = chars[piece..]
                    .iter()
                    .take_while(|c| c.is_alphabetic())
                    .collect();
                start = (rules.capital_after.contains(&before) && rest.chars().count() >= 5)
                    || (before == rules.capital_after_if_listed && rules.mac.contains(&rest));
            }
        }
    }
}

/// `mcDONALD`, `MacDONALD`: in capitals but for the front.
pub fn is_loud_mc(word: &str, rules: &PersonRules) -> bool {
    let starts = |front: &str| {
        word.get(..front.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(front))
    };
    let listed = rules.capital_after_if_listed.as_str();
    let cut = if let Some(front) = rules.capital_after.iter().find(|front| starts(front)) {
        front.len()
    } else if starts(listed) && rules.mac.contains(&word.to_lowercase()) {
        listed.len()
    } else {
        return false;
    };
    let rest = &word[cut..];
    rest.len() >= 3 && rest.bytes().all(|b| b.is_ascii_uppercase()) && !is_upper(word)
}

/// Whether two letters in capitals are a name: `LI`, `AL`, not `JJ`, `AJ`.
fn is_short_name(word: &str, loud: bool) -> bool {
    let last = word.chars().last().unwrap_or(' ');
    word.chars().any(is_vowel) && (loud && last != 'J')
}

fn is_vowel(c: char) -> bool {
    !c.is_ascii() || matches!(c.to_ascii_lowercase(), 'a' | 'e' | 'i' | 'o' | 'u' | 'y')
}

/// Georgian has capitals for whole headlines only.
fn has_no_title_case(word: &str) -> bool {
    word.chars()
        .any(|c| matches!(c, '\u{10a0}'..='\u{10ff}' | '\u{1c90}'..='\u{1cbf}'))
}

/// Small letters, without the extra dot that a Turkish capital leaves.
fn lower(word: &str) -> String {
    let lower = word.to_lowercase();
    if lower.contains("i\u{307}") {
        lower.replace("i\u{307}", "i")
    } else {
        lower
    }
}

fn push_upper(c: char, out: &mut String) {
    let mut upper = c.to_uppercase();
    match (upper.next(), upper.next()) {
        (Some(one), None) => out.push(one),
        _ => out.push(c),
    }
}
