//! Companies' names: `Hydravance Realty, INC` → `Hydravance Realty, Inc.`; and the
//! core that two spellings of one company share.
//!
//! Written: spaces, NFC, the legal form's canonical spelling, and capitals where
//! they are certain; a legal form is never dropped. Compared ([`core()`]): folded,
//! legal forms of many languages dropped, short words made long. The lists are
//! `rules/companies/legal_forms.csv` and `words.csv`.

mod case;
mod forms;

use std::borrow::Cow;

use hashbrown::HashMap;

use super::Outcome;
use super::lists;
use super::small_words::{InCompany, SmallWords};
use super::tidy::{fold_char, tidy};
use crate::rulebook::Rulebook;
use forms::Forms;

type FastMap<K, V> = HashMap<K, V, foldhash::fast::FixedState>;
type FastSet<K> = hashbrown::HashSet<K, foldhash::fast::FixedState>;

/// Legal forms and short words.
#[derive(Clone, Debug, Default)]
pub struct CompanyRules {
    forms: Forms,
    words: FastMap<String, String>,
    small: InCompany,
}

impl CompanyRules {
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        Self {
            forms: Forms::load(rulebook),
            words: lists::rows(rulebook, "companies/words.csv")
                .iter()
                .filter_map(|row| Some((row.get(0)?.to_owned(), row.get(1)?.to_owned())))
                .collect(),
            small: SmallWords::load(rulebook).company,
        }
    }

    /// Whether a text shows by its legal form that it is a company's name.
    #[must_use]
    pub fn has_legal_form(&self, value: &str) -> bool {
        let text = tidy(value);
        let (text, glued) = self.forms.unglue(&text);
        if glued {
            return true;
        }
        if !self.forms.may_end(&text) {
            return false;
        }
        let words = words_of(&text, &self.small);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        self.forms.strong_end(&words) > 0 || self.forms.strong_front(&words) > 0
    }
}

/// A company's name as it is to be written.
#[must_use]
pub fn standardise(value: &str, rules: &CompanyRules) -> Outcome {
    let tidied = tidy(value);
    if tidied.is_empty() {
        return Outcome::cleared("company_empty", "nothing but spaces and invisible marks");
    }
    let mut text = Cow::Borrowed(tidied.as_ref());
    let mut rule = if text == value { "" } else { "whitespace" };
    // Mending may make room for another; three rounds always were enough.
    for _ in 0..4 {
        let next = mend(&text, rules);
        if next.0 == text {
            break;
        }
        rule = next.1;
        text = Cow::Owned(next.0);
    }
    if rule.is_empty() {
        return Outcome::unchanged(value);
    }
    Outcome::changed(text, rule)
}

/// What two spellings of one company share: folded words, no legal forms, `&`
/// and `and` one word, short words long. Not empty unless the value has no
/// letter or digit.
#[must_use]
pub fn core(value: &str, rules: &CompanyRules) -> String {
    let tidied = tidy(value);
    let (text, _) = rules.forms.unglue(&tidied);
    let words = words_of(&text, &rules.small);
    let mut kept: &[String] = &words;
    loop {
        let names: Vec<&str> = kept.iter().map(String::as_str).collect();
        let end = rules.forms.end(&names);
        let front = rules.forms.front(&names);
        if end > 0 && end < kept.len() {
            kept = &kept[..kept.len() - end];
        } else if front > 0 && front < kept.len() {
            kept = &kept[front..];
        } else {
            break;
        }
    }
    // `Smith &` is left of `Smith & Co`.
    while kept.len() > 1 && kept.last().is_some_and(|word| *word == rules.small.and) {
        kept = &kept[..kept.len() - 1];
    }
    let mut out = String::with_capacity(value.len());
    for word in kept {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(rules.words.get(word.as_str()).unwrap_or(word));
    }
    out
}

/// One round: the legal form's spelling, then capitals.
fn mend(text: &str, rules: &CompanyRules) -> (String, &'static str) {
    let words: Vec<&str> = text.split(' ').collect();
    let (front, end) = rules.forms.written(&words, &rules.small);
    let body = &words[front.as_ref().map_or(0, |form| form.0)
        ..words.len() - end.as_ref().map_or(0, |form| form.0)];
    let has_form = front.is_some() || end.is_some();
    let mended = case::mend(body, has_form, &rules.small);
    let mut out = String::with_capacity(text.len() + 2);
    if let Some((_, form)) = front {
        out.push_str(&form);
        out.push(' ');
    }
    out.push_str(&mended);
    if let Some((_, form)) = end {
        out.push(' ');
        out.push_str(&form);
    }
    let rule = if out == text {
        ""
    } else if mended == body.join(" ") {
        "company_legal_form"
    } else {
        "company_case"
    };
    (out, rule)
}

/// Folded words; `&`, `+` and the words for "and" are one.
fn words_of(text: &str, small: &InCompany) -> Vec<String> {
    let mut words = Vec::new();
    let mut word = String::new();
    let mut push = |word: &mut String| {
        if !word.is_empty() {
            // A lone letter or short word joins only inside a name.
            if small.joining.contains(word.as_str()) && !words.is_empty() {
                words.push(small.and.clone());
            } else {
                words.push(std::mem::take(word));
            }
            word.clear();
        }
    };
    for c in text.chars() {
        match c {
            '&' | '+' | '＆' => {
                push(&mut word);
                word.push_str(&small.and);
                push(&mut word);
            }
            '/' if word.chars().count() == 1 => word.push('/'),
            '.' | '\'' | '’' => {}
            c if c.is_alphanumeric() || is_mark(c) || matches!(c, '״' | '\u{200c}') => {
                fold_char(c, &mut word);
            }
            _ => push(&mut word),
        }
    }
    push(&mut word);
    words
}

/// Vowel signs and tone marks that no letter class holds.
const fn is_mark(c: char) -> bool {
    matches!(c, '\u{300}'..='\u{36f}' | '\u{900}'..='\u{dff}' | '\u{e31}'..='\u{e4e}' | '\u{64b}'..='\u{652}')
}

#[cfg(test)]
mod tests;
