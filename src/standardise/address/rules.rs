//! Countries, regions and postcodes' masks, from `rules/countries/` and `rules/addresses/`.

use std::collections::BTreeMap;

use hashbrown::HashMap;
use serde::Deserialize;

use crate::contact::diagnostic::nearest;
use crate::rulebook::Rulebook;
use crate::standardise::lists;
use crate::standardise::tidy::{fold, tidy};

type FastMap<K, V> = HashMap<K, V, foldhash::fast::FixedState>;

#[derive(Clone, Debug, Default)]
pub struct AddressRules {
    /// Folded name or code → alpha-2.
    countries: FastMap<String, String>,
    codes: FastMap<String, ()>,
    /// English names, for near misses.
    names: Vec<String>,
    /// Country → folded code or name of a region → as written there.
    regions: FastMap<String, FastMap<String, String>>,
    forms: BTreeMap<String, CountryForm>,
    /// What a country's name may have in front, folded.
    articles: Vec<String>,
    small: Vec<String>,
    capital: Vec<String>,
    zeros: Vec<Zeros>,
}

/// How a country writes addresses.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CountryForm {
    /// `A` = letter, `0` = digit, anything else itself.
    #[serde(default)]
    pub postcodes: Vec<String>,
    #[serde(default)]
    pub number_first: bool,
    /// Postcodes may begin with a zero.
    #[serde(default)]
    pub zero_first: bool,
}

/// Postcodes that begin with a zero, by region.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Zeros {
    pub country: String,
    pub region: String,
    pub from: String,
    pub to: String,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    articles: Vec<String>,
    small_words: Vec<String>,
    capital_words: Vec<String>,
    countries: BTreeMap<String, CountryForm>,
    zeros: Vec<Zeros>,
}

impl AddressRules {
    /// Reads the lists; their forms are held by tests.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let file: File =
            toml::from_str(rulebook.file("addresses/forms.toml").unwrap_or("")).unwrap_or_default();
        let mut rules = Self {
            forms: file.countries,
            articles: file.articles,
            small: file.small_words,
            capital: file.capital_words,
            zeros: file.zeros,
            ..Self::default()
        };
        let countries = lists::rows(rulebook, "countries/countries.csv");
        // Codes and English names first: no other language's name takes them.
        for row in &countries {
            let code = row.get(0).unwrap_or("");
            rules.codes.insert(code.to_owned(), ());
            rules.names.push(row.get(2).unwrap_or("").to_owned());
            for cell in row.iter().take(3) {
                rules.add_country(cell, code);
            }
        }
        for row in &countries {
            for cell in row.iter().skip(3) {
                for name in lists::values(Some(cell)) {
                    rules.add_country(name, row.get(0).unwrap_or(""));
                }
            }
        }
        for row in &lists::rows(rulebook, "addresses/regions.csv") {
            let [Some(country), Some(code), Some(name), Some(written)] =
                [0, 1, 2, 3].map(|at| row.get(at))
            else {
                continue;
            };
            let written = if written == "code" { code } else { name };
            let regions = rules.regions.entry(country.to_owned()).or_default();
            for met in [code, name].into_iter().chain(lists::values(row.get(4))) {
                if !met.is_empty() {
                    regions.insert(key(met), written.to_owned());
                }
            }
        }
        rules
    }

    /// The alpha-2 code of a country's name or code.
    #[must_use]
    pub fn country(&self, text: &str) -> Option<&str> {
        if let Some((code, ())) = self.codes.get_key_value(text) {
            return Some(code);
        }
        let folded = key(text);
        let bare = || {
            let (article, name) = folded.split_once(' ')?;
            let known = self.articles.iter().any(|word| word == article);
            known.then(|| self.countries.get(name))?
        };
        self.countries
            .get(&folded)
            .or_else(bare)
            .map(String::as_str)
    }

    #[must_use]
    pub fn is_code(&self, text: &str) -> bool {
        self.codes.contains_key(text)
    }

    pub(super) fn nearest_country(&self, text: &str) -> Option<String> {
        let name = nearest(text, self.names.iter().map(String::as_str))?;
        let (met, known) = (text.to_lowercase(), name.to_lowercase());
        // A wrong proposal is worse than none.
        if met.chars().next() != known.chars().next() || strsim::jaro_winkler(&met, &known) < 0.9 {
            return None;
        }
        self.country(name).map(str::to_owned)
    }

    /// A region as the country writes it.
    pub(super) fn region(&self, country: &str, text: &str) -> Option<&str> {
        self.regions
            .get(country)?
            .get(&key(text))
            .map(String::as_str)
    }

    pub(super) fn masks(&self, country: &str) -> &[String] {
        self.forms.get(country).map_or(&[], |form| &form.postcodes)
    }

    pub(super) fn number_first(&self, country: &str) -> bool {
        self.forms
            .get(country)
            .is_some_and(|form| form.number_first)
    }

    pub(super) fn zero_first(&self, country: &str) -> bool {
        self.forms.get(country).is_some_and(|form| form.zero_first)
    }

    pub(super) fn is_small_word(&self, lower: &str) -> bool {
        self.small.iter().any(|word| word == lower)
    }

    pub(super) fn stays_capital(&self, word: &str) -> bool {
        self.capital
            .iter()
            .any(|known| known == word.trim_matches([',', '.']))
    }

    pub(super) fn zeros(&self) -> &[Zeros] {
        &self.zeros
    }

    fn add_country(&mut self, name: &str, code: &str) {
        let name = key(name);
        if !name.is_empty() {
            self.countries
                .entry(name)
                .or_insert_with(|| code.to_owned());
        }
    }
}

/// Folded words without punctuation: `Iran, Islamic Republic of` → `iran islamic republic of`.
pub(super) fn key(text: &str) -> String {
    let text = tidy(text);
    let mut out = String::with_capacity(text.len());
    for word in text
        .split(|c: char| c.is_whitespace() || matches!(c, ',' | '-' | '(' | ')' | '&' | '/' | '_'))
    {
        let word = fold(word);
        if word.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&word);
    }
    out
}
