//! Day first or month first: what a column's own values prove, else a custom, said aloud.

use std::collections::BTreeMap;

use super::calendar::Calendar;
use super::parse::{Day, Reading, Year};
use super::rules::{DateRules, Order};

/// What the values of one column of one source can only mean.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evidence {
    /// By separator.
    pub orders: BTreeMap<char, Counts>,
    pub years: u64,
    pub buddhist: u64,
    pub jalali: u64,
}

/// Rows by what they prove.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub day_first: u64,
    pub month_first: u64,
    /// Could be either.
    pub open: u64,
}

impl Evidence {
    /// Adds a value that `rows` rows have.
    pub fn add(&mut self, reading: &Reading, rows: u64) {
        match &reading.day {
            Day::Three {
                numbers: [a, b, c],
                long_year,
                separator,
            } => {
                self.orders.entry(*separator).or_default().add(*a, *b, rows);
                if *long_year {
                    self.add_year(*c, rows);
                }
            }
            Day::Two {
                numbers: [a, b],
                separator,
            } => {
                let counts = self.orders.entry(*separator).or_default();
                counts.add(i16::from(*a), i16::from(*b), rows);
            }
            Day::Sure {
                year: Year::Long(year),
                ..
            }
            | Day::YearMonth {
                year: Year::Long(year),
                ..
            }
            | Day::Year(year) => self.add_year(*year, rows),
            _ => {}
        }
    }

    fn add_year(&mut self, year: i16, rows: u64) {
        self.years += rows;
        match Calendar::of_year(year) {
            Some(Calendar::Buddhist) => self.buddhist += rows,
            Some(Calendar::Jalali) => self.jalali += rows,
            _ => {}
        }
    }

    /// The calendar that the column proves: two rows or more, and four in five.
    #[must_use]
    pub fn calendar(&self) -> Calendar {
        let most = |rows: u64| rows >= 2 && rows * 5 >= self.years * 4;
        if most(self.buddhist) {
            Calendar::Buddhist
        } else if most(self.jalali) {
            Calendar::Jalali
        } else {
            Calendar::Gregorian
        }
    }
}

impl Counts {
    fn add(&mut self, a: i16, b: i16, rows: u64) {
        match (a > 12, b > 12) {
            (true, false) if a <= 31 => self.day_first += rows,
            (false, true) if b <= 31 => self.month_first += rows,
            (false, false) if a != b => self.open += rows,
            _ => {}
        }
    }

    /// What these rows prove: one order only, or 19 rows of 20 and twenty at least.
    #[must_use]
    pub fn proof(self) -> Proof {
        let (day, month) = (self.day_first, self.month_first);
        let outweighs =
            |many: u64, few: u64| many > 0 && (few == 0 || (many >= 20 && few * 19 <= many));
        if outweighs(day, month) {
            Proof::Order(Order::DayFirst)
        } else if outweighs(month, day) {
            Proof::Order(Order::MonthFirst)
        } else if day + month > 0 {
            Proof::Both
        } else {
            Proof::None
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    Order(Order),
    /// Values of both orders.
    Both,
    None,
}

/// Where a column's order comes from when its values do not prove it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Customs<'a> {
    pub system: Option<&'a str>,
    pub source_country: Option<&'a str>,
    pub plan_country: Option<&'a str>,
}

/// What was decided for one separator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    pub order: Option<Order>,
    /// Why, for people; "" when the column's own values prove it.
    pub because: String,
    /// Contrary values in the column.
    pub shaky: bool,
}

/// Decides the order for `separator`: by the column, by the source's other columns
/// (`others`), by custom.
#[must_use]
pub fn decide(
    separator: char,
    own: Counts,
    others: Counts,
    customs: Customs<'_>,
    rules: &DateRules,
) -> Decision {
    let proof = own.proof();
    if let Proof::Order(order) = proof {
        return Decision {
            order: Some(order),
            because: String::new(),
            shaky: false,
        };
    }
    let shaky = proof == Proof::Both;
    if !shaky && let Proof::Order(order) = others.proof() {
        let because = "other date columns of the source are".to_owned();
        return Decision {
            order: Some(order),
            because,
            shaky,
        };
    }
    let candidates = [
        (
            customs
                .system
                .and_then(|system| rules.order_of_system(system)),
            "the system always writes them so".to_owned(),
        ),
        (
            rules.order_of_separator(separator),
            format!("dates with '{separator}' are written so"),
        ),
        (
            customs
                .source_country
                .and_then(|code| rules.order_of_country(code)),
            format!(
                "it is the custom of the source's country, {}",
                customs.source_country.unwrap_or("")
            ),
        ),
        (
            customs
                .plan_country
                .and_then(|code| rules.order_of_country(code)),
            format!(
                "it is the custom of the plan's country, {}",
                customs.plan_country.unwrap_or("")
            ),
        ),
    ];
    for (order, because) in candidates {
        if order.is_some() {
            return Decision {
                order,
                because,
                shaky,
            };
        }
    }
    let because = if shaky {
        "the column has dates of both orders"
    } else {
        "nothing in the source tells which"
    };
    Decision {
        order: None,
        because: because.to_owned(),
        shaky,
    }
}
