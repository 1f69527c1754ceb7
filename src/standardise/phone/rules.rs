//! What is known of phone cells: `rules/phones.toml`.

use regex::Regex;

use crate::rulebook::Rulebook;

/// What is known of phone cells: `rules/phones.toml`.
#[derive(Clone, Debug, Default, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PhoneRules {
    /// Words in front of a number (`tel`, `mobile`), lower case.
    pub(super) labels: Vec<String>,
    /// Digits that stand for no number.
    pub(super) placeholders: Vec<String>,
    /// Texts that stand for no number, lower case.
    pub(super) texts: Vec<String>,
    /// Words between two numbers of a cell (`or`), lower case.
    between: Vec<String>,
    /// Words before an extension (`ext`, `Durchwahl`), lower case.
    extensions: Vec<String>,
    /// Country-code domains that anybody registers (`io`): they tell no country.
    pub(super) worldwide_domains: Vec<String>,
    /// Country-code domains that are no ISO 3166 code → the code (`uk` → `GB`).
    pub(super) domains: std::collections::BTreeMap<String, String>,
    /// A number and its extension.
    #[serde(skip)]
    extension: Option<Regex>,
    /// Every word before an extension has a letter in it.
    #[serde(skip)]
    pub(super) letters_before_extension: bool,
}

impl PhoneRules {
    /// # Panics
    /// Never: a test holds the built-in file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let mut rules: Self = toml::from_str(rulebook.file("phones.toml").unwrap_or_default())
            .unwrap_or_else(|error| {
                unreachable!("invariant: the built-in rules/phones.toml is tested: {error}")
            });
        // The longest word first: `ext` is the beginning of `extension`.
        rules
            .extensions
            .sort_by_key(|word| std::cmp::Reverse(word.len()));
        rules.letters_before_extension = rules
            .extensions
            .iter()
            .all(|word| word.contains(char::is_alphabetic));
        let words: Vec<String> = rules
            .extensions
            .iter()
            .map(|word| regex::escape(word))
            .collect();
        rules.extension = Regex::new(&format!(
            r"(?i)^(.*\d)[\s,;.()]*(?:{})\.?[\s.:=#]*(\d{{1,7}})\)?$",
            words.join("|")
        ))
        .ok()
        .filter(|_| !words.is_empty());
        rules
    }

    /// A number and its extension, parted.
    pub(super) fn extension<'t>(&self, text: &'t str) -> Option<(&'t str, &'t str)> {
        let found = self.extension.as_ref()?.captures(text)?;
        Some((found.get(1)?.as_str(), found.get(2)?.as_str()))
    }

    /// What may part two numbers of a cell, the surest first.
    pub(super) fn separators(&self) -> impl Iterator<Item = String> {
        let words = self.between.iter().map(|word| format!(" {word} "));
        let surest = [":::", "\n", "\r", "|", ";", " / "].map(str::to_owned);
        let last = [",", "/", "  ", " & "].map(str::to_owned);
        surest.into_iter().chain(words).chain(last)
    }
}
