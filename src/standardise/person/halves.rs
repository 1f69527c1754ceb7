//! Most names are two plain words, a given and a family name, that stay as they are. What
//! a word needs for that is looked at once, however many names it is in.

use std::cell::Cell;

use super::clean::{self, Found};
use super::{NameModel, PersonRules, RawName, case, is_cased, part};
use crate::standardise::tidy::fold;

/// A word as the given or the family name of somebody.
#[derive(Clone, Copy, Debug, Default)]
pub struct Half {
    stays: bool,
    /// Beside another such word the two seem to be swapped.
    swapped: bool,
}

impl Half {
    #[must_use]
    pub fn of(word: &str, is_family: bool, rules: &PersonRules, model: &NameModel) -> Self {
        if word.is_empty() || !is_cased(word) || clean::is_upper(word) {
            return Self::default();
        }
        let (mut found, asked) = (Found::default(), Cell::new(false));
        let raw = RawName {
            given: Some(word).filter(|_| !is_family),
            family: Some(word).filter(|_| is_family),
            asked: Some(&asked),
            ..RawName::default()
        };
        let own = part(word, is_family, &raw, rules, model, &mut found);
        // A family name with a legal form is compared with the company.
        let asks = asked.get() || (is_family && rules.company.has_legal_form(word));
        Self {
            stays: own == word
                && found == Found::default()
                && !asks
                && case::mend(word, is_family, false, rules, model) == word,
            swapped: Self::is_swapped(word, is_family, rules, model),
        }
    }

    /// Whether the data shows the word as the other half far more often.
    pub(super) fn is_swapped(
        word: &str,
        is_family: bool,
        rules: &PersonRules,
        model: &NameModel,
    ) -> bool {
        let folded = fold(word);
        let [as_given, as_family] = model.seen(&folded);
        if is_family {
            as_given >= 3 && model.evidence(&folded, rules) > 2.0
        } else {
            as_family >= 3 && model.evidence(&folded, rules) < -2.0
        }
    }

    /// Whether a record that has these two and no other name keeps both as they are, and
    /// nobody is told anything.
    #[must_use]
    pub fn stay(given: Self, family: Self) -> bool {
        given.stays && family.stays && !(given.swapped && family.swapped)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::{Records, Table};
    use crate::rulebook::Rulebook;
    use crate::standardise::outcome::Outcome;
    use crate::standardise::person::{NameOutcome, learn, standardise_name};

    #[test]
    fn two_halves_that_stay_are_a_name_that_stays() {
        let rules = PersonRules::load(&Rulebook::builtin());
        // Scott and Taylor are seen as either half.
        let seen = [
            ("Scott", "Taylor", 20),
            ("Taylor", "Scott", 20),
            ("Maria", "Lindner", 9),
            ("Anna", "Scott", 9),
        ];
        let column = |of: fn(&(&'static str, &'static str, usize)) -> &'static str| {
            let times = seen.iter().flat_map(|name| vec![Some(of(name)); name.2]);
            times.collect()
        };
        let mut table = Table::new(seen.iter().map(|name| name.2).sum());
        table.set("given_name", column(|name| name.0));
        table.set("family_name", column(|name| name.1));
        let records = Records {
            table,
            ..Records::default()
        };
        let model = learn(&records, &rules);
        let words = [
            "Anna",
            "ANNA",
            "anna",
            "Maria",
            "Lindner",
            "Scott",
            "Taylor",
            "McDonald",
            "Mcdonald",
            "Müller",
            "Li",
            "L",
            "van",
            "Mr",
            "Jr",
            "Anna-Lena",
            "O'Neil",
            "Ann3",
            "Á.",
            "Zoë",
            "Иван",
            "山田",
            "GmbH",
            "Inc",
            "Dr",
            "née",
            "Jean Paul",
            "&",
            "PhD",
        ];
        let mut stay = 0;
        for given in words {
            for family in words {
                let halves = (
                    Half::of(given, false, &rules, &model),
                    Half::of(family, true, &rules, &model),
                );
                if !Half::stay(halves.0, halves.1) {
                    continue;
                }
                stay += 1;
                let asked = Cell::new(false);
                let raw = RawName {
                    given: Some(given),
                    family: Some(family),
                    company: Some(family),
                    asked: Some(&asked),
                    ..RawName::default()
                };
                let wanted = NameOutcome {
                    given: Outcome::unchanged(given),
                    family: Outcome::unchanged(family),
                    ..NameOutcome::default()
                };
                assert_eq!(standardise_name(raw, &rules, &model), wanted);
                assert!(!asked.get(), "{given} {family}");
            }
        }
        assert!(stay > 100, "{stay}");
        let swapped = (
            Half::of("Lindner", false, &rules, &model),
            Half::of("Maria", true, &rules, &model),
        );
        assert!(!Half::stay(swapped.0, swapped.1), "they are swapped");
    }
}
