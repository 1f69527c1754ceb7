//! Takes out of a name what is none: emoji, emails, brackets, quotes, titles,
//! degrees. What is found is kept for its own field.

use super::RawName;
use super::model::NameModel;
use super::rules::{Alone, PersonRules};
use crate::standardise::company;
use crate::standardise::script::Script;
use crate::standardise::tidy::{fold, tidy};

/// What stood in and around a name.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub prefix: Vec<String>,
    pub suffix: Vec<String>,
    pub nickname: Option<String>,
    pub former: Option<String>,
    /// Values for other fields.
    pub parts: Vec<(&'static str, String)>,
    /// The strongest step that took something out.
    pub rule: &'static str,
}

impl Found {
    fn did(&mut self, rule: &'static str) {
        if self.rule.is_empty() {
            self.rule = rule;
        }
    }
}

/// The text of one name cell without symbols, emails, brackets and quotes.
pub fn bare(
    value: &str,
    raw: &RawName<'_>,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
) -> String {
    let tidied = tidy(value);
    if tidied
        .bytes()
        .all(|b| b.is_ascii_alphabetic() || matches!(b, b' ' | b'-' | b'.'))
        && !tidied
            .split(' ')
            .skip(1)
            .any(|word| rules.former_open.contains(word))
    {
        return tidied.into_owned();
    }
    let mut text = unify(&tidied);
    if text != tidied {
        found.did("name_symbols");
    }
    if text.contains('@') {
        let mut kept: Vec<&str> = Vec::new();
        for word in text.split(' ') {
            let email = word.trim_matches(|c: char| matches!(c, '<' | '>' | '(' | ')' | ',' | ';'));
            if looks_like_email(email) {
                found.parts.push(("email", email.to_owned()));
                found.did("name_email");
            } else {
                kept.push(word);
            }
        }
        text = kept.join(" ");
    }
    for (open, close) in [('(', ')'), ('[', ']'), ('{', '}'), ('"', '"'), ('\'', '\'')] {
        while let Some((start, end)) = enclosed(&text, open, close) {
            let inside = text[start + open.len_utf8()..end].trim().to_owned();
            if rules
                .placeholders
                .contains(&text[start..end + close.len_utf8()].to_lowercase())
            {
                break;
            }
            text.replace_range(start..end + close.len_utf8(), " ");
            text = text.split_whitespace().collect::<Vec<_>>().join(" ");
            sort_bracket(&inside, open, raw, rules, model, found);
        }
    }
    former_behind(&mut text, rules, found);
    let trimmed = text.trim_matches(|c: char| matches!(c, ',' | ';' | ' ' | '|' | '،'));
    if trimmed.len() != text.len() {
        found.did("name_symbols");
        text = trimmed.to_owned();
    }
    text
}

/// Titles off the front and back, suffixes off the back; `comma` says that a
/// comma stands before these words, where any suffix is one.
pub fn take_titles(words: &mut Vec<&str>, rules: &PersonRules, found: &mut Found, comma: bool) {
    while let Some(first) = words.first() {
        if let Some((count, written)) = long_title(words, rules) {
            found.prefix.push(written);
            found.did("name_title");
            words.drain(..count);
            continue;
        }
        // `M. Jean Petit`
        if *first == "M." && words.len() > 2 && rules.monsieur.contains(&fold(words[1])) {
            found.prefix.push((*first).to_owned());
            found.did("name_title");
            words.remove(0);
            continue;
        }
        let dotted = first.trim_end_matches('.');
        let Some(written) = front_title(dotted, words.len() - 1, rules) else {
            break;
        };
        found.prefix.extend(written);
        found.did("name_title");
        words.remove(0);
    }
    while let Some(last) = words.last() {
        let key = fold(last.trim_matches(|c| matches!(c, ',' | ';')));
        if let Some(title) = rules.titles.get(&key)
            && title.back
            && words.len() > title.needs
        {
            found.prefix.push(title.written.clone());
            found.did("name_title");
            words.pop();
            continue;
        }
        let Some(suffix) = rules.suffixes.get(&key) else {
            break;
        };
        let fits = comma
            || match suffix.alone {
                Alone::Always => words.len() > 1,
                Alone::InCapitals => {
                    words.len() > 1
                        && is_upper(last)
                        && (words.len() > 2 || !words.iter().all(|word| is_upper(word)))
                }
                Alone::Never => false,
            };
        if !fits {
            break;
        }
        found.suffix.insert(0, suffix.written.clone());
        found.did("name_suffix");
        words.pop();
    }
}

/// Whether every word is a suffix: `Jr.`, `PhD, MBA`.
pub fn is_suffix(text: &str, rules: &PersonRules) -> bool {
    let mut any = false;
    for word in text.split_whitespace() {
        if !rules.suffixes.contains_key(&fold(word.trim_matches(','))) {
            return false;
        }
        any = true;
    }
    any
}

/// Whether every word is a suffix that is one wherever it stands: `Jr.`, not `Ma`.
pub fn is_sure_suffix(text: &str, rules: &PersonRules) -> bool {
    is_suffix(text, rules)
        && text.split_whitespace().all(|word| {
            rules
                .suffixes
                .get(&fold(word.trim_matches(',')))
                .is_some_and(|suffix| suffix.alone == Alone::Always)
        })
}

/// `Mr. & Mrs. Smith`: the titles of two people with one family name, and the name.
pub fn couple(text: &str, rules: &PersonRules) -> Option<(String, String)> {
    let words: Vec<&str> = text.split(' ').collect();
    let [first, and, second, family] = words[..] else {
        return None;
    };
    let title = |word: &str| {
        rules
            .titles
            .get(&fold(word))
            .filter(|title| title.front)
            .map(|title| title.written.as_str())
    };
    let (first, second) = (title(first)?, title(second)?);
    (rules.and.contains(&and.to_lowercase())
        && family.chars().any(char::is_alphabetic)
        && title(family).is_none())
    .then(|| (format!("{first} {and} {second}"), family.to_owned()))
}

/// `Jane Doe / Acme`: the name without what stands behind the slash, which is kept
/// for its own field. Two words that nothing is known of may be a second person.
pub fn without_slash(
    text: String,
    raw: &RawName<'_>,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
) -> String {
    let Some((name, behind)) = text.split_once(" / ") else {
        return text;
    };
    let (name, behind) = (name.trim(), behind.trim());
    if !name.contains(' ') || behind.is_empty() || behind.contains('/') {
        return text;
    }
    if same_company(behind, raw, rules) {
        found.did("name_company_in_brackets");
    } else if rules.company.has_legal_form(behind) || model.is_company(behind, rules) {
        found.parts.push(("company", behind.to_owned()));
        found.did("name_company_in_brackets");
    } else if rules.job_title.is_title(behind) {
        found.parts.push(("job_title", behind.to_owned()));
        found.did("name_job_title_in_brackets");
    } else if behind.contains(' ') {
        return text;
    } else {
        found.parts.push(("notes", behind.to_owned()));
        found.did("name_remark");
    }
    name.to_owned()
}

/// A title without a space before or behind the name: นายสมชาย, 山田様.
pub fn unglue<'a>(
    word: &'a str,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
) -> &'a str {
    if word.is_ascii() {
        return word;
    }
    let mut rest = word;
    'again: loop {
        if model.is_known(rest) {
            return rest;
        }
        for (form, title) in &rules.glued {
            let next = if title.front
                && let Some(next) = rest.strip_prefix(form.as_str())
            {
                next.trim_start_matches('.')
            } else if title.back
                && let Some(next) = rest.strip_suffix(form.as_str())
            {
                next
            } else {
                continue;
            };
            let letters = next.chars().count();
            // A vowel sign can't begin a word: คุณากร is a name.
            if letters < title.glued || next.chars().next().is_none_or(is_thai_sign) {
                continue;
            }
            found.prefix.push(title.written.clone());
            found.did("name_title");
            rest = next;
            continue 'again;
        }
        return rest;
    }
}

/// A title of several words with a name behind, its further words with dots
/// (`Dr. med.`, not `Dr Phil`): how many words, and how it is written.
fn long_title(words: &[&str], rules: &PersonRules) -> Option<(usize, String)> {
    let dotted = words
        .iter()
        .skip(1)
        .take(3)
        .take_while(|word| word.ends_with('.'))
        .count();
    (2..=dotted + 1).rev().find_map(|count| {
        let title = rules.titles.get(&fold(&words[..count].join(" ")))?;
        (title.front && words.len() >= count + title.needs).then(|| (count, title.written.clone()))
    })
}

/// The written titles of a word such as `Dr`, `Prof.Dr`, `Mr`.
fn front_title(word: &str, left: usize, rules: &PersonRules) -> Option<Vec<String>> {
    let key = fold(word);
    if let Some(title) = rules.titles.get(&key) {
        return (title.front && left >= title.needs).then(|| vec![title.written.clone()]);
    }
    if !word.contains('.') || left == 0 {
        return None;
    }
    let parts: Option<Vec<String>> = word
        .split('.')
        .filter(|part| !part.is_empty())
        .map(|part| {
            let title = rules.titles.get(&fold(part))?;
            (title.front && part.chars().count() > 1).then(|| title.written.clone())
        })
        .collect();
    parts.filter(|parts| parts.len() > 1)
}

/// Emoji and ornaments out, one kind of quote and apostrophe, spaces plain.
fn unify(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let chars: Vec<char> = text.chars().collect();
    for (at, &c) in chars.iter().enumerate() {
        let inside = at > 0
            && chars[at - 1].is_alphabetic()
            && chars.get(at + 1).is_some_and(|c| c.is_alphabetic());
        match c {
            '’' | 'ʼ' | '´' | '`' | '‘' | 'ʻ' if inside => out.push('\''),
            '“' | '”' | '„' | '«' | '»' | '‟' | '″' => out.push('"'),
            '‘' | '’' | '‚' | '‹' | '›' | '´' | '`' => out.push('\''),
            '，' | '、' => out.push(','),
            '–' | '—' | '‐' | '‑' | '−' => out.push('-'),
            '*'
            | '~'
            | '^'
            | '='
            | '|'
            | '\u{2190}'..='\u{2bff}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{1f000}'..='\u{1faff}'
            | '\u{e0020}'..='\u{e007f}'
            | '®'
            | '©'
            | '™'
            | '�' => {
                out.push(' ');
            }
            c => out.push(c),
        }
    }
    tidy(&out).into_owned()
}

/// Where the first bracket or quote opens and closes. A quote opens only at a
/// word's start and closes only at a word's end.
fn enclosed(text: &str, open: char, close: char) -> Option<(usize, usize)> {
    if open != close {
        let start = text.find(open)?;
        let end = text[start..].find(close)? + start;
        return Some((start, end));
    }
    let mut from = 0;
    while let Some(at) = text[from..].find(open) {
        let start = from + at;
        let opens = text[..start]
            .chars()
            .next_back()
            .is_none_or(char::is_whitespace);
        let behind = start + open.len_utf8();
        if opens {
            let mut search = behind;
            while let Some(at) = text[search..].find(close) {
                let end = search + at;
                let after = text[end + close.len_utf8()..].chars().next();
                if after.is_none_or(|c| c.is_whitespace() || c == ',') && end > behind {
                    return Some((start, end));
                }
                search = end + close.len_utf8();
            }
        }
        from = behind;
    }
    None
}

/// Puts the content of a bracket where it belongs.
fn sort_bracket(
    inside: &str,
    open: char,
    raw: &RawName<'_>,
    rules: &PersonRules,
    model: &NameModel,
    found: &mut Found,
) {
    if inside.is_empty() {
        found.did("name_symbols");
        return;
    }
    if rules.pronouns.contains(&inside.to_lowercase()) {
        found.did("name_pronouns");
        return;
    }
    if let Some(former) = former_name(inside, rules) {
        if found.former.is_none() {
            found.former = Some(former);
            found.did("name_former");
            return;
        }
    } else if open == '(' && same_company(inside, raw, rules) {
        found.did("name_company_in_brackets");
        return;
    } else if open == '('
        && (rules.company.has_legal_form(inside)
            || inside.contains('&')
            || model.is_company(inside, rules))
    {
        found.parts.push(("company", inside.to_owned()));
        found.did("name_company_in_brackets");
        return;
    } else if rules.job_title.is_title(inside) {
        found.parts.push(("job_title", inside.to_owned()));
        found.did("name_job_title_in_brackets");
        return;
    } else if is_suffix(inside, rules) {
        for word in inside.split_whitespace() {
            if let Some(suffix) = rules.suffixes.get(&fold(word)) {
                found.suffix.push(suffix.written.clone());
            }
        }
        found.did("name_suffix");
        return;
    } else if let Some(title) = rules.titles.get(&fold(inside)) {
        found.prefix.push(title.written.clone());
        found.did("name_title");
        return;
    } else if found.nickname.is_none()
        && inside.split_whitespace().count() <= 2
        && Script::of_text(inside).is_some()
        && !inside
            .chars()
            .any(|c| c.is_numeric() || matches!(c, '@' | '/' | ':'))
    {
        found.nickname = Some(inside.to_owned());
        found.did("name_nickname");
        return;
    }
    // What it is can't be told: kept as a note.
    found.parts.push(("notes", inside.to_owned()));
    found.did("name_remark");
}

fn same_company(text: &str, raw: &RawName<'_>, rules: &PersonRules) -> bool {
    raw.company().is_some_and(|company| {
        let core = company::core(text, &rules.company);
        !core.is_empty() && core == company::core(company, &rules.company)
    })
}

/// `née Smith`, `geb. Huber` → the name.
fn former_name(text: &str, rules: &PersonRules) -> Option<String> {
    let words: Vec<&str> = text.split_whitespace().collect();
    for mark in &rules.former {
        let count = mark.split(' ').count();
        if words.len() > count
            && words[..count]
                .iter()
                .map(|word| fold(word))
                .eq(mark.split(' ').map(str::to_owned))
        {
            return Some(words[count..].join(" "));
        }
    }
    None
}

/// `Anna Müller geb. Huber`, without brackets. A second former name is a note.
fn former_behind(text: &mut String, rules: &PersonRules, found: &mut Found) {
    while take_former(text, rules, found) {}
}

/// Takes one former name out of the text; whether there was one.
fn take_former(text: &mut String, rules: &PersonRules, found: &mut Found) -> bool {
    // Only marks that can't be a name of their own stand without brackets.
    let words: Vec<&str> = text.split_whitespace().collect();
    for at in 1..words.len() {
        let word = words[at].trim_start_matches(',');
        let sure = rules.former_open.contains(word);
        if sure && let Some(former) = former_name(&words[at..].join(" "), rules) {
            let kept = words[..at].join(" ");
            let kept = kept.trim_end_matches(',');
            // `Müller geb. Schmidt, Eva`: behind the comma today's name goes on.
            let (former, rest) = match former.split_once([',', '،']) {
                Some((former, rest)) => (former.trim(), rest.trim()),
                None => (former.as_str(), ""),
            };
            if former.is_empty() {
                return false;
            }
            if found.former.is_none() {
                found.former = Some(former.to_owned());
                found.did("name_former");
            } else {
                found.parts.push(("notes", format!("{word} {former}")));
                found.did("name_remark");
            }
            *text = if rest.is_empty() {
                kept.to_owned()
            } else {
                format!("{kept}, {rest}")
            };
            return true;
        }
    }
    false
}

fn looks_like_email(word: &str) -> bool {
    word.split_once('@').is_some_and(|(local, domain)| {
        !local.is_empty()
            && domain.contains('.')
            && !domain.starts_with('.')
            && !domain.contains('@')
    })
}

pub fn is_upper(word: &str) -> bool {
    let mut any = false;
    for c in word.chars() {
        if c.is_lowercase() && c != 'ß' {
            return false;
        }
        any |= c.is_uppercase();
    }
    any
}

const fn is_thai_sign(c: char) -> bool {
    matches!(c, '\u{e30}'..='\u{e3a}' | '\u{e45}'..='\u{e4e}')
}
