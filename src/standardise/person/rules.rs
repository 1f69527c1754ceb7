//! The name lists of `rules/names/`, ready for look-ups.

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;

use crate::rulebook::Rulebook;
use crate::standardise::company::CompanyRules;
use crate::standardise::job_title::JobTitleRules;
use crate::standardise::lists;
use crate::standardise::tidy::fold;

pub type FastMap<K, V> = HashMap<K, V, foldhash::fast::FixedState>;
pub type FastSet<K> = HashSet<K, foldhash::fast::FixedState>;

/// Everything about names that is data.
#[derive(Clone, Debug, Default)]
pub struct PersonRules {
    pub(super) titles: FastMap<String, Title>,
    /// Titles written without a space, longest first.
    pub(super) glued: Vec<(String, Title)>,
    pub(super) suffixes: FastMap<String, Suffix>,
    /// Folded particle → stays small when capitals are mended.
    pub(super) particles: FastMap<String, bool>,
    /// Particles cut short, as written: `v.`.
    pub(super) short_particles: FastSet<String>,
    /// Given names that `M.` in front of is a title and no initial, folded.
    pub(super) monsieur: FastSet<String>,
    /// Vietnamese family names and usual middle names, folded.
    pub(super) vietnamese: FastSet<String>,
    pub(super) vietnamese_middle: FastSet<String>,
    pub(super) former: Vec<String>,
    /// Marks of a former name that need no brackets, as written.
    pub(super) former_open: FastSet<String>,
    pub(super) placeholders: FastSet<String>,
    pub(super) pronouns: FastSet<String>,
    pub(super) and: FastSet<String>,
    /// Those of them that stand in no name of one person.
    pub(super) two_people: FastSet<String>,
    /// What a capital follows at the start of a longer name, lower case: `mc`.
    pub(super) capital_after: Vec<String>,
    /// The same for the names of `mac` only.
    pub(super) capital_after_if_listed: String,
    pub(super) apostrophe: FastSet<String>,
    pub(super) mac: FastSet<String>,
    pub(super) patronymics: Vec<String>,
    pub(super) family_like: Vec<String>,
    /// Second halves of family names, folded.
    pub(super) family_tails: FastSet<String>,
    pub(super) compound_first: FastSet<String>,
    pub(super) compound_second: FastSet<String>,
    /// Family names whose owners have given names of several words (Latin letters).
    pub(super) several_given: FastSet<String>,
    /// Family names in Han characters or Hangul, for names without a space.
    pub(super) east_asian: FastSet<String>,
    /// Folded words that are given names (from the nicknames).
    pub(super) given: FastSet<String>,
    pub(super) company: CompanyRules,
    pub(crate) job_title: JobTitleRules,
}

#[derive(Clone, Debug)]
pub struct Title {
    pub written: String,
    pub front: bool,
    pub back: bool,
    /// Least letters left when glued; 0 = never glued.
    pub glued: usize,
    /// Words of a name that must be left.
    pub needs: usize,
}

#[derive(Clone, Debug)]
pub struct Suffix {
    pub written: String,
    pub alone: Alone,
}

/// When a suffix is one without a comma before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Alone {
    Always,
    InCapitals,
    Never,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Shapes {
    former: Vec<String>,
    former_open: Vec<String>,
    placeholders: Vec<String>,
    capital_after_apostrophe: Vec<String>,
    capital_after: Vec<String>,
    capital_after_if_listed: String,
    mac: Vec<String>,
    and: Vec<String>,
    and_inside: Vec<String>,
    family_tails: Vec<String>,
    short_particles: Vec<String>,
    monsieur: Vec<String>,
    vietnamese_middle: Vec<String>,
    pronouns: Vec<String>,
    patronymics: Patronymics,
    compounds: Compounds,
    several_given: SeveralGiven,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Patronymics {
    certain: Vec<String>,
    family_like: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct Compounds {
    first: Vec<String>,
    second: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct SeveralGiven {
    family: Vec<String>,
}

impl PersonRules {
    /// Reads `rules/names/`; the files' forms are held by tests.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let shapes: Shapes =
            toml::from_str(rulebook.file("names/shapes.toml").unwrap_or("")).unwrap_or_default();
        let mut rules = Self {
            short_particles: shapes.short_particles.iter().cloned().collect(),
            monsieur: folded(&shapes.monsieur).into_iter().collect(),
            vietnamese: folded(&shapes.several_given.family).into_iter().collect(),
            vietnamese_middle: folded(&shapes.vietnamese_middle).into_iter().collect(),
            former: folded(&shapes.former),
            former_open: shapes.former_open.iter().cloned().collect(),
            placeholders: shapes.placeholders.iter().cloned().collect(),
            pronouns: shapes.pronouns.iter().cloned().collect(),
            and: shapes.and.iter().cloned().collect(),
            two_people: shapes
                .and
                .iter()
                .filter(|word| !shapes.and_inside.contains(word))
                .cloned()
                .collect(),
            capital_after: shapes.capital_after.clone(),
            capital_after_if_listed: shapes.capital_after_if_listed.clone(),
            apostrophe: shapes.capital_after_apostrophe.iter().cloned().collect(),
            mac: shapes.mac.iter().cloned().collect(),
            family_tails: folded(&shapes.family_tails).into_iter().collect(),
            patronymics: folded(&shapes.patronymics.certain),
            family_like: folded(&shapes.patronymics.family_like),
            compound_first: folded(&shapes.compounds.first).into_iter().collect(),
            compound_second: folded(&shapes.compounds.second).into_iter().collect(),
            several_given: folded(&shapes.several_given.family).into_iter().collect(),
            company: CompanyRules::load(rulebook),
            job_title: JobTitleRules::load(rulebook),
            ..Self::default()
        };
        rules
            .former
            .sort_by_key(|word| std::cmp::Reverse(word.len()));
        rules.load_titles(rulebook);
        rules.load_suffixes(rulebook);
        for row in &lists::rows(rulebook, "names/particles.csv") {
            let small = row.get(1) != Some("capital");
            rules
                .particles
                .insert(fold(row.get(0).unwrap_or("")), small);
        }
        rules.load_surnames(rulebook);
        for row in &lists::rows(rulebook, "names/nicknames.csv") {
            for name in row.iter().take(2) {
                rules.given.insert(fold(name));
            }
        }
        rules
    }

    fn load_titles(&mut self, rulebook: &Rulebook) {
        for row in &lists::rows(rulebook, "names/titles.csv") {
            let place = row.get(2).unwrap_or("");
            let title = Title {
                written: row.get(1).unwrap_or("").to_owned(),
                front: place != "back",
                back: place != "front",
                glued: number(row.get(3)),
                needs: number(row.get(4)).max(1),
            };
            for met in lists::values(row.get(0)) {
                if title.glued > 0 {
                    self.glued.push((met.to_owned(), title.clone()));
                }
                self.titles
                    .entry(fold(met))
                    .or_insert_with(|| title.clone());
            }
        }
        self.glued
            .sort_by(|a, b| b.0.len().cmp(&a.0.len()).then_with(|| a.0.cmp(&b.0)));
    }

    fn load_suffixes(&mut self, rulebook: &Rulebook) {
        for row in &lists::rows(rulebook, "names/suffixes.csv") {
            let suffix = Suffix {
                written: row.get(1).unwrap_or("").to_owned(),
                alone: match row.get(2) {
                    Some("yes") => Alone::Always,
                    Some("caps") => Alone::InCapitals,
                    _ => Alone::Never,
                },
            };
            for met in lists::values(row.get(0)) {
                self.suffixes
                    .entry(fold(met))
                    .or_insert_with(|| suffix.clone());
            }
        }
    }

    fn load_surnames(&mut self, rulebook: &Rulebook) {
        for (path, native) in [
            ("names/chinese_surnames.csv", 2),
            ("names/korean_surnames.csv", 2),
            ("names/japanese_surnames.csv", 1),
        ] {
            for row in &lists::rows(rulebook, path) {
                if row.get(row.len().saturating_sub(1)) == Some("given") {
                    continue;
                }
                for cell in row.iter().take(native) {
                    self.east_asian
                        .extend(lists::values(Some(cell)).map(str::to_owned));
                }
                if native == 2 {
                    for cell in row.iter().skip(native) {
                        self.several_given
                            .extend(lists::values(Some(cell)).map(fold));
                    }
                }
            }
        }
    }
}

fn folded(words: &[String]) -> Vec<String> {
    words.iter().map(|word| fold(word)).collect()
}

fn number(cell: Option<&str>) -> usize {
    cell.and_then(|cell| cell.parse().ok()).unwrap_or(0)
}
