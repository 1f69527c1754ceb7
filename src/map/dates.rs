//! Whether numeric dates tell the order of day and month: for the draft of a plan
//! only, standardising decides by itself.

use crate::contact::Text;

/// What the dates `1/2/2024` of some columns say.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Dates whose first number can only be a day.
    pub first_over_12: u64,
    /// Dates whose second number can only be a day.
    pub second_over_12: u64,
    /// One of the dates, the smallest.
    pub example: Option<String>,
}

impl Counts {
    /// Looks at all values of a column.
    pub fn add(&mut self, column: &Text) {
        for value in column.iter().flatten() {
            let Some((first, second)) = numbers(value) else {
                continue;
            };
            self.first_over_12 += u64::from((13..=31).contains(&first));
            self.second_over_12 += u64::from((13..=31).contains(&second));
            if self.example.as_deref().is_none_or(|known| value < known) {
                self.example = Some(value.to_owned());
            }
        }
    }
}

/// The first two numbers of `12/31/2024`, `31.12.24 10:00`.
fn numbers(value: &str) -> Option<(u32, u32)> {
    let date = value.split_whitespace().next()?;
    let separator = date.chars().find(|c| matches!(c, '/' | '.' | '-'))?;
    let parts: Vec<&str> = date.split(separator).collect();
    let [first, second, year] = parts.as_slice() else {
        return None;
    };
    let short = |part: &str| part.len() <= 2 && part.bytes().all(|b| b.is_ascii_digit());
    let is_year = matches!(year.len(), 2 | 4) && year.bytes().all(|b| b.is_ascii_digit());
    if !(short(first) && short(second) && is_year) {
        return None;
    }
    Some((first.parse().ok()?, second.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_past_the_twelfth_tell() {
        let mut counts = Counts::default();
        counts.add(
            &[
                "12/31/2024",
                "01/02/2024",
                "2024-01-13",
                "31.1.24 10:00",
                "",
            ]
            .map(Some)
            .into_iter()
            .collect(),
        );
        assert_eq!((counts.first_over_12, counts.second_over_12), (1, 1));
        assert_eq!(counts.example.as_deref(), Some("01/02/2024"));
    }
}
