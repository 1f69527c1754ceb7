//! Languages: an ISO 639 code, with a region where one was given (`en-GB`).

use hashbrown::HashMap;
use serde::Deserialize;

use super::outcome::{Doubt, Outcome};
use super::text::tidy_line;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::rulebook::Rulebook;

/// Names and codes of languages: `rules/languages.toml`.
#[derive(Clone, Debug, Default)]
pub struct LanguageRules {
    codes: HashMap<String, String, foldhash::fast::FixedState>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Code → names, lower case.
    languages: std::collections::BTreeMap<String, Vec<String>>,
}

impl LanguageRules {
    /// # Panics
    /// Never: a test holds the built-in file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let file: File = toml::from_str(rulebook.file("languages.toml").unwrap_or_default())
            .unwrap_or_else(|error| {
                unreachable!("invariant: the built-in rules/languages.toml is tested: {error}")
            });
        let mut codes = HashMap::default();
        for (code, names) in file.languages {
            for name in names {
                codes.insert(name, code.clone());
            }
            codes.insert(code.clone(), code);
        }
        Self { codes }
    }
}

#[must_use]
pub fn standardise(value: &str, rules: &LanguageRules) -> Outcome {
    let tidy = tidy_line(value);
    let lower = tidy.to_lowercase();
    let found = rules
        .codes
        .get(&lower)
        .cloned()
        .or_else(|| with_region(&lower, rules));
    match found {
        Some(code) if code == value => Outcome::unchanged(value),
        Some(code) => Outcome::changed(code, "language_code"),
        None => Outcome::unchanged(value).doubt(Doubt {
            rule: "language_unknown",
            severity: Severity::Info,
            message: format!("{} is no language that karat knows", shown(value)),
            suggestion: None,
        }),
    }
}

/// `en_us`, `pt-br`, `english (united kingdom)`.
fn with_region(lower: &str, rules: &LanguageRules) -> Option<String> {
    let (name, rest) = lower.split_once(['-', '_', '(', ',', '/'])?;
    let code = rules.codes.get(name.trim())?;
    let region = rest.trim_end_matches(')').rsplit(['-', '_']).next()?.trim();
    let is_region = region.len() == 2 && region.bytes().all(|b| b.is_ascii_lowercase());
    Some(if is_region {
        format!("{code}-{}", region.to_uppercase())
    } else {
        code.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_become_codes() {
        let rules = LanguageRules::load(&Rulebook::builtin());
        for (raw, code) in [
            ("en", "en"),
            ("EN", "en"),
            ("en_US", "en-US"),
            ("pt-br", "pt-BR"),
            ("zh-Hans-CN", "zh-CN"),
            ("English", "en"),
            ("Deutsch", "de"),
            ("German", "de"),
            ("български", "bg"),
            ("فارسی", "fa"),
            ("eng", "en"),
            ("English (United Kingdom)", "en"),
            ("en-GB", "en-GB"),
        ] {
            let out = standardise(raw, &rules);
            assert_eq!(out.value.as_deref(), Some(code), "{raw}");
            assert_eq!(out.value, standardise(code, &rules).value);
        }
        assert_eq!(
            standardise("Klingon", &rules).doubts[0].rule,
            "language_unknown"
        );
    }
}
