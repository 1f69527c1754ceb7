//! Words that hardly count in the name of a company or in a job title:
//! `rules/small_words.toml`.

use serde::Deserialize;

use crate::rulebook::Rulebook;

type Set = std::collections::BTreeSet<String>;

/// Small words by where they stand; folded.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SmallWords {
    pub company: InCompany,
    pub job_title: InJobTitle,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InCompany {
    /// How `&` and all words of `joining` are compared.
    pub and: String,
    /// The same as `&`.
    pub joining: Set,
    /// Written small inside a name.
    pub small: Set,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InJobTitle {
    /// Written small inside a title.
    pub small: Set,
    /// Nothing that tells two titles apart.
    pub left_out: Set,
}

impl SmallWords {
    /// # Panics
    /// Never: a test holds the built-in file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        toml::from_str(rulebook.file("small_words.toml").unwrap_or_default()).unwrap_or_else(
            |error| {
                unreachable!("invariant: the built-in rules/small_words.toml is tested: {error}")
            },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_file_has_its_form() {
        let words = SmallWords::load(&Rulebook::builtin());
        assert!(words.company.joining.contains("und"));
        assert!(words.job_title.left_out.contains("&"));
        for word in words.company.small.iter().chain(&words.job_title.small) {
            assert_eq!(*word, word.to_lowercase());
        }
    }
}
