//! Numbers: digits with a point, no grouping. `1.234` may be a thousand or one and
//! a bit: it stays as it is, with a doubt.

use super::outcome::{Doubt, Outcome};
use super::text::{ascii_digits, tidy_line, without_guard};
use crate::contact::Severity;
use crate::contact::diagnostic::shown;

#[must_use]
pub fn standardise(value: &str) -> Outcome {
    let tidy = ascii_digits(&tidy_line(without_guard(value))).into_owned();
    match read(&tidy) {
        Read::Number(number) if number == value => Outcome::unchanged(value),
        Read::Number(number) => Outcome::changed(number, "number_form"),
        Read::Open => Outcome::unchanged(value).doubt(Doubt {
            rule: "number_ambiguous",
            severity: Severity::Warning,
            message: format!(
                "{} may have a decimal sign or a thousands sign",
                shown(value)
            ),
            suggestion: None,
        }),
        Read::None => Outcome::unchanged(value).doubt(Doubt {
            rule: "number_not_readable",
            severity: Severity::Warning,
            message: format!("{} is no number", shown(value)),
            suggestion: None,
        }),
    }
}

enum Read {
    Number(String),
    Open,
    None,
}

fn read(text: &str) -> Read {
    let (negative, text) = match text
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    {
        Some(inner) => (true, inner),
        None => (
            text.starts_with(['-', '−']),
            text.trim_start_matches(['-', '−', '+']),
        ),
    };
    // A currency sign or word in front or behind says nothing about the number.
    let bare: String = text
        .trim_matches(|c: char| !c.is_ascii_digit())
        .chars()
        .filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}' | '\'' | '’' | '_' | '٬'))
        .map(|c| if c == '٫' { '.' } else { c })
        .collect();
    if bare.is_empty()
        || !bare
            .bytes()
            .all(|b| b.is_ascii_digit() || matches!(b, b'.' | b','))
    {
        return Read::None;
    }
    let (dots, commas) = (bare.matches('.').count(), bare.matches(',').count());
    let plain = match (dots, commas) {
        (0, 0) => bare,
        (1.., 1..) => {
            let decimal = if bare.rfind('.') > bare.rfind(',') {
                '.'
            } else {
                ','
            };
            if bare.matches(decimal).count() > 1 {
                return Read::None;
            }
            bare.chars()
                .filter(|c| c.is_ascii_digit() || *c == decimal)
                .map(|c| if c == decimal { '.' } else { c })
                .collect()
        }
        _ => {
            let sign = if dots > 0 { '.' } else { ',' };
            let groups: Vec<&str> = bare.split(sign).collect();
            let grouped = groups.len() > 1
                && groups[0].len() <= 3
                && !groups[0].starts_with('0')
                && groups[1..].iter().all(|group| group.len() == 3);
            match (grouped, groups.len()) {
                (true, 2) => return Read::Open,
                (true, _) => groups.concat(),
                (false, 2) => groups.join("."),
                (false, _) => return Read::None,
            }
        }
    };
    Read::Number(if negative { format!("-{plain}") } else { plain })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_where_they_are_sure() {
        for (raw, number) in [
            ("12", "12"),
            ("1,234.50", "1234.50"),
            ("1.234,50 €", "1234.50"),
            ("$1,234,567", "1234567"),
            ("1 234 567", "1234567"),
            ("12,5", "12.5"),
            ("0.125", "0.125"),
            ("(120)", "-120"),
            ("-3", "-3"),
            ("٤٢", "42"),
            ("1'234.50", "1234.50"),
        ] {
            assert_eq!(standardise(raw).value.as_deref(), Some(number), "{raw}");
        }
        assert_eq!(standardise("1.234").doubts[0].rule, "number_ambiguous");
        assert_eq!(standardise("many").doubts[0].rule, "number_not_readable");
    }

    proptest::proptest! {
        #[test]
        fn standardising_twice_changes_nothing(value in "\\PC{0,12}|-?[0-9.,' ]{1,10}") {
            if let Some(once) = standardise(&value).value {
                let twice = standardise(&once).value;
                proptest::prop_assert_eq!(twice, Some(once));
            }
        }
    }
}
