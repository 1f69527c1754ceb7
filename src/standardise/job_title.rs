//! Job titles: written nearly as they came; short forms are made long only in the
//! key for comparing (`Sr. QA Mgr` ~ `Senior Quality Manager`).

use hashbrown::HashMap;

use super::Outcome;
use super::lists;
use super::small_words::{InJobTitle, SmallWords};
use super::tidy::{fold, tidy};
use crate::rulebook::Rulebook;

/// Short forms of `rules/names/job_titles.csv`.
#[derive(Clone, Debug, Default)]
pub struct JobTitleRules {
    /// Folded short form → (long form, a title by itself).
    short: HashMap<String, (String, bool), foldhash::fast::FixedState>,
    small: InJobTitle,
}

impl JobTitleRules {
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        Self {
            short: lists::rows(rulebook, "names/job_titles.csv")
                .iter()
                .filter_map(|row| {
                    Some((
                        row.get(0)?.to_owned(),
                        (row.get(1)?.to_owned(), row.get(2) == Some("yes")),
                    ))
                })
                .collect(),
            small: SmallWords::load(rulebook).job_title,
        }
    }

    /// Whether a text is a job title beyond doubt: `CEO`.
    #[must_use]
    pub fn is_title(&self, text: &str) -> bool {
        self.short
            .get(&fold(text.trim()))
            .is_some_and(|(_, alone)| *alone)
    }
}

/// A job title as it is to be written: spaces, NFC, SHOUTING of several words mended.
#[must_use]
pub fn standardise(value: &str, rules: &JobTitleRules) -> Outcome {
    let text = tidy(value);
    let text = text.trim_matches(|c: char| c.is_whitespace() || matches!(c, ',' | ';' | '|'));
    if text.is_empty() {
        return Outcome::cleared("job_title_empty", "nothing but spaces and marks");
    }
    let mended = mend_case(text, &rules.small);
    if mended != text {
        return Outcome::changed(mended, "job_title_case");
    }
    if text == value {
        return Outcome::unchanged(value);
    }
    Outcome::changed(text, "whitespace")
}

/// What spellings of one job title share: folded long words, sorted, without
/// small words, brackets and what stands in them.
#[must_use]
pub fn key(value: &str, rules: &JobTitleRules) -> String {
    let mut words: Vec<String> = Vec::new();
    let text = tidy(value);
    let outside = match text.split_once('(') {
        Some((before, _)) if !before.trim().is_empty() => before,
        _ => &text,
    };
    for word in
        outside.split(|c: char| c.is_whitespace() || matches!(c, ',' | '/' | '-' | ';' | '(' | ')'))
    {
        let folded = fold(word);
        let long = rules
            .short
            .get(&folded)
            .map_or(folded.as_str(), |(long, _)| long.as_str());
        words.extend(
            long.split(' ')
                .filter(|word| !word.is_empty() && !rules.small.left_out.contains(*word))
                .map(str::to_owned),
        );
    }
    words.sort_unstable();
    words.join(" ")
}

/// Several words all in capitals, one of them long: not acronyms.
fn mend_case(text: &str, known: &InJobTitle) -> String {
    let shouting = text.contains(' ')
        && !text.chars().any(char::is_lowercase)
        && text
            .split(' ')
            .any(|word| word.chars().filter(|c| c.is_uppercase()).count() >= 5);
    if !shouting {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 {
            out.push(' ');
        }
        let letters = word.chars().filter(|c| c.is_alphabetic()).count();
        let plain = word.to_lowercase();
        if at > 0 && known.small.contains(plain.as_str()) {
            out.push_str(&plain);
        } else if letters <= 3 {
            out.push_str(word);
        } else {
            let mut start = true;
            for c in plain.chars().filter(|&c| c != '\u{307}') {
                let mut upper = c.to_uppercase();
                match (start && c.is_alphabetic(), upper.next(), upper.next()) {
                    (true, Some(one), None) => out.push(one),
                    _ => out.push(c),
                }
                start = !c.is_alphabetic() && c != '\'';
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn titles_keep_their_words() {
        let rules = JobTitleRules::load(&Rulebook::builtin());
        for (raw, want) in [
            ("Sr. QA Manager", "Sr. QA Manager"),
            (" Analyst,  Sales ", "Analyst, Sales"),
            ("VICE PRESIDENT OF HR", "Vice President of HR"),
            ("CEO", "CEO"),
            ("VP IT", "VP IT"),
            ("directeur commercial", "directeur commercial"),
            ("ДИРЕКТОР ПРОДАЖБИ", "Директор Продажби"),
        ] {
            assert_eq!(
                standardise(raw, &rules).value.as_deref(),
                Some(want),
                "{raw}"
            );
        }
    }

    #[test]
    fn spellings_share_a_key() {
        let rules = JobTitleRules::load(&Rulebook::builtin());
        for (a, b) in [
            ("Sr. QA Mgr", "Senior Quality Manager"),
            ("VP of HR", "Vice President of Human Resources"),
            ("Chief Legal Officer (CLO)", "CLO"),
            ("Coordinator, Research", "Research Coordinator"),
            ("Marketing Mgr.", "MARKETING MANAGER"),
        ] {
            assert_eq!(key(a, &rules), key(b, &rules), "{a} | {b}");
        }
        assert_ne!(key("Sales Manager", &rules), key("Sales Director", &rules));
    }

    proptest::proptest! {
        #[test]
        fn standardising_twice_changes_nothing(raw in "\\PC{0,30}") {
            let rules = JobTitleRules::load(&Rulebook::builtin());
            if let Some(once) = standardise(&raw, &rules).value {
                proptest::prop_assert_eq!(standardise(&once, &rules).value, Some(once.clone()));
            }
        }
    }
}
