//! Legal forms: found at the end or front of a name's words, or glued to it.

use std::borrow::Cow;

use super::{FastMap, FastSet, words_of};
use crate::rulebook::Rulebook;
use crate::standardise::lists;
use crate::standardise::small_words::InCompany;
use crate::standardise::tidy::fold;

/// The longest form, in words.
const LONGEST: usize = 6;

/// How many words a form takes, and how it is to be written.
pub type Written<'a> = (usize, Cow<'a, str>);

#[derive(Clone, Debug)]
struct Form {
    rows: Vec<Row>,
    front: bool,
    end: bool,
    weak: bool,
}

/// One line of the list: its spellings, the canonical one first.
#[derive(Clone, Debug)]
struct Row {
    spellings: Vec<String>,
    front: bool,
    end: bool,
}

#[derive(Clone, Debug, Default)]
pub struct Forms {
    /// Folded words, joined by a space → the form.
    by_words: FastMap<String, Form>,
    /// Last words of the forms that end a name and first words of the others:
    /// a cheap look before the thorough one.
    edges: FastSet<String>,
    /// Forms written without a space, longest first; weak ones only behind.
    glued: Vec<(String, bool)>,
    /// Forms in brackets behind a name: `(มหาชน)`.
    bracketed: FastSet<String>,
}

impl Forms {
    pub fn load(rulebook: &Rulebook) -> Self {
        let mut forms = Self::default();
        for row in &lists::rows(rulebook, "companies/legal_forms.csv") {
            let spellings: Vec<String> = lists::values(row.get(0)).map(str::to_owned).collect();
            let place = row.get(2).unwrap_or("");
            let weak = row.get(3) == Some("yes");
            if place == "bracketed" {
                forms
                    .bracketed
                    .extend(lists::values(row.get(1)).map(str::to_owned));
                continue;
            }
            if place == "glued" {
                for met in lists::values(row.get(1)) {
                    forms.glued.push((met.to_owned(), weak));
                }
                continue;
            }
            for met in lists::values(row.get(1)) {
                let form = forms
                    .by_words
                    .entry(met.to_owned())
                    .or_insert_with(|| Form {
                        rows: Vec::new(),
                        front: false,
                        end: false,
                        weak,
                    });
                form.rows.push(Row {
                    spellings: spellings.clone(),
                    front: place != "end",
                    end: place != "front",
                });
                if place != "front" {
                    forms
                        .edges
                        .extend(met.rsplit([' ', '/']).next().map(str::to_owned));
                }
                if place != "end" {
                    forms.edges.extend(met.split(' ').next().map(str::to_owned));
                }
                form.front |= place != "end";
                form.end |= place != "front";
            }
        }
        forms
            .glued
            .sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
        forms
    }

    /// Whether the last or first word may belong to a legal form.
    pub fn may_end(&self, text: &str) -> bool {
        let edge = |word: &str| self.edges.contains(fold(word).as_str());
        let mut words = text
            .split(|c: char| c.is_whitespace() || matches!(c, ',' | '(' | ')' | '/' | ';' | '-'))
            .filter(|word| !word.is_empty());
        words.next().is_some_and(edge) || words.next_back().is_some_and(edge)
    }

    /// How many of the last words are a legal form.
    pub fn end(&self, words: &[&str]) -> usize {
        self.longest(words, true, |form| form.end)
            .map_or(0, |found| found.0)
    }

    /// How many of the first words are a legal form.
    pub fn front(&self, words: &[&str]) -> usize {
        self.longest(words, false, |form| form.front)
            .map_or(0, |found| found.0)
    }

    /// As [`Self::end`], only forms that prove a company, with a name before them.
    pub fn strong_end(&self, words: &[&str]) -> usize {
        self.longest(words, true, |form| form.end && !form.weak)
            .map_or(0, |found| found.0)
            .min(words.len().saturating_sub(1))
    }

    pub fn strong_front(&self, words: &[&str]) -> usize {
        self.longest(words, false, |form| form.front && !form.weak)
            .map_or(0, |found| found.0)
            .min(words.len().saturating_sub(1))
    }

    /// The forms at the front and the end of a name's written words: how many
    /// words each takes, and how it is to be written. Never all of the words.
    pub fn written<'a>(
        &'a self,
        words: &[&str],
        small: &InCompany,
    ) -> (Option<Written<'a>>, Option<Written<'a>>) {
        let end = self.find_written(words, true, small);
        let left = words.len() - end.as_ref().map_or(0, |form| form.0);
        let front = self.find_written(&words[..left], false, small);
        (front, end)
    }

    /// Takes glued forms off both ends; says whether a strong one was there.
    pub fn unglue<'a>(&self, text: &'a str) -> (Cow<'a, str>, bool) {
        if text.is_ascii() {
            return (Cow::Borrowed(text), false);
        }
        let mut rest = text;
        let mut strong = false;
        'again: loop {
            for (form, weak) in &self.glued {
                let next = rest.strip_suffix(form.as_str()).or_else(|| {
                    if *weak {
                        None
                    } else {
                        rest.strip_prefix(form.as_str())
                    }
                });
                if let Some(next) = next {
                    let next = next.trim_matches(|c: char| {
                        !c.is_alphanumeric() && !super::is_mark(c) && c != ')' && c != '('
                    });
                    if !next.is_empty() {
                        rest = next;
                        strong |= !weak;
                        continue 'again;
                    }
                }
            }
            if let Some(inner) = rest.strip_suffix(')')
                && let Some((before, inside)) = inner.rsplit_once('(')
                && self.bracketed.contains(inside.trim())
            {
                rest = before.trim_end();
                continue;
            }
            break;
        }
        (Cow::Borrowed(rest), strong)
    }

    fn longest(
        &self,
        words: &[&str],
        end: bool,
        fits: impl Fn(&Form) -> bool,
    ) -> Option<(usize, &Form)> {
        let mut key = String::new();
        for count in (1..=LONGEST.min(words.len())).rev() {
            let slice = if end {
                &words[words.len() - count..]
            } else {
                &words[..count]
            };
            key.clear();
            for word in slice {
                if !key.is_empty() {
                    key.push(' ');
                }
                key.push_str(word);
            }
            if let Some(form) = self.by_words.get(key.as_str()).filter(|form| fits(form)) {
                return Some((count, form));
            }
        }
        None
    }

    fn find_written(&self, words: &[&str], end: bool, small: &InCompany) -> Option<Written<'_>> {
        for count in (1..=LONGEST.min(words.len().saturating_sub(1))).rev() {
            let slice = if end {
                &words[words.len() - count..]
            } else {
                &words[..count]
            };
            // A comma inside belongs to the form only as in `Co., Ltd.`; a form
            // in the front is followed by the name without one.
            let raw = slice.join(" ");
            let key = words_of(&raw, small).join(" ");
            let Some(form) = self.by_words.get(key.as_str()) else {
                continue;
            };
            let fits = |row: &&Row| (end && row.end) || (!end && row.front);
            let rows: Vec<&Row> = form.rows.iter().filter(fits).collect();
            if let Some(written) = spelled(&raw, &rows) {
                return Some((count, written));
            }
        }
        None
    }
}

/// How a form met as `raw` is to be written. A spelling of the list stays: `SARL`
/// is French, `Sàrl` Swiss. Letters that several countries' forms share (Norwegian
/// `AS`, Czech `a.s.`, Turkish `A.Ş.`) are never made another country's.
fn spelled<'a>(raw: &str, rows: &[&'a Row]) -> Option<Cow<'a, str>> {
    let raw = raw.trim_matches([',', ';', ' ']);
    let all = || rows.iter().flat_map(|row| &row.spellings);
    let like = |key: &dyn Fn(&str) -> String| {
        let met = key(raw);
        all().find(|spelling| key(spelling) == met)
    };
    let lower = |text: &str| text.to_lowercase();
    let dotless = |text: &str| text.to_lowercase().replace(['.', ' '], "");
    if let Some(same) = all().find(|spelling| spelling.as_str() == raw) {
        return Some(Cow::Borrowed(same));
    }
    if rows.len() > 1 {
        let known = like(&lower).filter(|_| !raw.contains('.'));
        return Some(known.map_or_else(
            || Cow::Owned(raw.to_owned()),
            |known| Cow::Borrowed(known.as_str()),
        ));
    }
    like(&lower)
        .or_else(|| like(&dotless))
        .or_else(|| rows.first()?.spellings.first())
        .map(|spelling| Cow::Borrowed(spelling.as_str()))
}
