//! What is known of how dates are written: `rules/dates.toml`.

use std::collections::BTreeMap;

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;

use super::calendar::Calendar;
use crate::rulebook::Rulebook;

/// Which of two small numbers comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Order {
    DayFirst,
    MonthFirst,
    YearFirst,
}

impl Order {
    /// As in the plan's `dates` key; `None` for a strptime pattern.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        match word {
            "day_first" => Some(Self::DayFirst),
            "month_first" => Some(Self::MonthFirst),
            "year_first" => Some(Self::YearFirst),
            _ => None,
        }
    }

    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::DayFirst => "day first",
            Self::MonthFirst => "month first",
            Self::YearFirst => "year first",
        }
    }
}

#[derive(Clone, Debug, Default)]
pub struct DateRules {
    months: HashMap<String, (i8, Option<Calendar>), foldhash::fast::FixedState>,
    fillers: HashSet<String, foldhash::fast::FixedState>,
    file: File,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    months: BTreeMap<String, Months>,
    fillers: Vec<String>,
    year_marks: Vec<String>,
    month_marks: Vec<String>,
    day_marks: Vec<String>,
    month_leads: Vec<String>,
    morning: Vec<String>,
    afternoon: Vec<String>,
    zones: BTreeMap<String, i32>,
    separators: BTreeMap<char, Order>,
    month_first_countries: Vec<String>,
    year_first_countries: Vec<String>,
    day_first_countries: Vec<String>,
    system_orders: BTreeMap<String, Order>,
    system_zones: BTreeMap<String, String>,
    placeholders: Vec<String>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Months {
    #[serde(default)]
    calendar: Option<Calendar>,
    /// Twelve lists of names and short forms, lower case, no dots.
    names: Vec<Vec<String>>,
}

impl DateRules {
    /// # Panics
    /// Never: a test holds the built-in file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let file: File = toml::from_str(rulebook.file("dates.toml").unwrap_or_default())
            .unwrap_or_else(|error| {
                unreachable!("invariant: the built-in rules/dates.toml is tested: {error}")
            });
        let mut months = HashMap::default();
        for language in file.months.values() {
            for (at, names) in language.names.iter().enumerate() {
                for name in names {
                    months.insert(
                        name.clone(),
                        (i8::try_from(at + 1).unwrap_or(0), language.calendar),
                    );
                }
            }
        }
        Self {
            months,
            fillers: file.fillers.iter().cloned().collect(),
            file,
        }
    }

    pub(super) fn month(&self, word: &str) -> Option<(i8, Option<Calendar>)> {
        self.months.get(word).copied()
    }

    pub(super) fn is_filler(&self, word: &str) -> bool {
        self.fillers.contains(word)
    }

    pub(super) fn is_year_mark(&self, word: &str) -> bool {
        self.file.year_marks.iter().any(|mark| mark == word)
    }

    pub(super) fn is_month_mark(&self, word: &str) -> bool {
        self.file.month_marks.iter().any(|mark| mark == word)
    }

    pub(super) fn is_day_mark(&self, word: &str) -> bool {
        self.file.day_marks.iter().any(|mark| mark == word)
    }

    pub(super) fn is_month_lead(&self, word: &str) -> bool {
        self.file.month_leads.iter().any(|lead| lead == word)
    }

    /// Whether `text` starts with a word for afternoon (true) or morning, and its length.
    pub(super) fn half_of_day(&self, text: &str) -> Option<(bool, usize)> {
        let lower = text.to_lowercase();
        let starts = |words: &[String]| {
            words
                .iter()
                .filter(|word| {
                    lower
                        .strip_prefix(word.as_str())
                        .is_some_and(|rest| !rest.starts_with(char::is_alphanumeric))
                })
                .map(String::len)
                .max()
        };
        let afternoon = starts(&self.file.afternoon).map(|length| (true, length));
        afternoon.or_else(|| starts(&self.file.morning).map(|length| (false, length)))
    }

    /// Seconds east of UTC of a zone's short name, lower case.
    pub(super) fn zone_offset(&self, name: &str) -> Option<i32> {
        self.file.zones.get(name).map(|minutes| minutes * 60)
    }

    /// The custom of a separator, of a country.
    pub(super) fn order_of_separator(&self, separator: char) -> Option<Order> {
        self.file.separators.get(&separator).copied()
    }

    pub(super) fn order_of_country(&self, country: &str) -> Option<Order> {
        let among = |list: &[String]| list.iter().any(|code| code == country);
        if among(&self.file.month_first_countries) {
            Some(Order::MonthFirst)
        } else if among(&self.file.day_first_countries) {
            Some(Order::DayFirst)
        } else if among(&self.file.year_first_countries) {
            Some(Order::YearFirst)
        } else {
            None
        }
    }

    /// The order that a system's exports always have.
    pub(super) fn order_of_system(&self, system: &str) -> Option<Order> {
        self.file.system_orders.get(system).copied()
    }

    /// The zone that a system's times without an offset always are in.
    #[must_use]
    pub fn zone_of_system(&self, system: &str) -> Option<&str> {
        self.file.system_zones.get(system).map(String::as_str)
    }

    pub(super) fn is_placeholder(&self, canonical: &str) -> bool {
        let day = canonical.get(..10).unwrap_or(canonical);
        let midnight = canonical.len() == 10 || canonical.ends_with("T00:00:00Z");
        midnight && self.file.placeholders.iter().any(|known| known == day)
    }
}
