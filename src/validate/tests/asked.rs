//! Asking each distinct value once says the same as asking each row.

use super::*;
use crate::validate::sql::{self, Condition};
use crate::validate::view::View;

const CONDITIONS: &[&str] = &[
    // Wholly about one column, with few values and with many.
    "email_status = 'bounced'",
    "email_status IN ('bounced', 'subscribed')",
    "email_status NOT IN ('bounced') OR email_status IS NULL",
    "email IS NULL",
    "email IS NOT NULL",
    "email LIKE '%1%'",
    "NOT (email LIKE '%1%')",
    "record_id ~ '7$'",
    "LENGTH(given_name) > 1",
    // About several: parts of each, parts that are texts, comparisons of columns.
    "email_status = 'bounced' AND email_opt_out = 'true'",
    "email_opt_out = 'true' OR email_status IS NULL",
    "LOWER(given_name) = LOWER(family_name)",
    "given_name = family_name",
    "UPPER(given_name) || 'x' = UPPER(family_name) || 'x'",
    "COALESCE(email_status, '') NOT IN ('bounced') AND email_opt_out IS NULL",
    "COALESCE(email, given_name, family_name) IS NULL",
    "LOWER(email) = LOWER(given_name || ' ' || family_name)",
    "STRPOS(LOWER(email), LOWER(given_name)) = 0",
    "LEFT(given_name, 1) > LEFT(family_name, 1)",
    "TRY_CAST(postcode AS BIGINT) > 500 AND given_name IS NOT NULL",
    "TRY_CAST(postcode AS BIGINT) + LENGTH(given_name) > 500",
    "CASE WHEN email_status = 'bounced' THEN given_name ELSE family_name END = 'ann'",
    // A column that no record has, those that are none of the table, constants.
    "nickname IS NULL",
    "nickname = given_name",
    "LOWER(nickname) = 'x' OR source = 'crm'",
    "source = 'list' AND email IS NULL",
    "record_kind = 'organisation'",
    "run_date > '2026-01-01' AND given_name IS NOT NULL",
    "1 = 1",
];

/// Three hundred rows of few and many values, a fifth of them missing.
fn lines() -> String {
    let mut text = String::new();
    for row in 0_usize..300 {
        let of = |words: &[&str], at: usize| match at % 5 {
            0 => String::new(),
            _ => words[at % words.len()].to_owned(),
        };
        let cells = [
            (
                "email_status",
                of(&["bounced", "subscribed", "cleaned"], row * 7 + 1),
            ),
            ("email_opt_out", of(&["true", "false"], row * 11 + 2)),
            (
                "given_name",
                of(&["Ann", "ann", "Bob", "Żaneta"], row * 13 + 3),
            ),
            (
                "family_name",
                of(&["ANN", "Lee", "Bob", "żaneta"], row * 17 / 3),
            ),
            ("company", of(&["Ann Lee", "Example"], row / 3)),
            (
                "postcode",
                if row % 4 > 0 {
                    (row * 3).to_string()
                } else {
                    String::new()
                },
            ),
            (
                "email",
                if row % 7 > 0 {
                    format!("ann{row}@example.com")
                } else {
                    String::new()
                },
            ),
        ];
        let source = ["crm", "list"][row % 2];
        let _ = write!(text, "{source}: ");
        let cells = cells.iter().filter(|(_, value)| !value.is_empty());
        for (name, value) in cells {
            let _ = write!(text, "{name}={value}, ");
        }
        text.push('\n');
    }
    text
}

#[test]
fn values_say_what_rows_say() {
    let rulebook = Rulebook::builtin();
    let known = Known {
        fields: rulebook.fields(),
        columns: None,
        sources: None,
    };
    let records = records(&lines());
    let view = View {
        table: &records.table,
        records: &records,
        fields: rulebook.fields(),
        run_date: "2026-11-29",
    };
    let conditions: Vec<Condition> = CONDITIONS
        .iter()
        .map(|sql| {
            Condition::parse(sql, &known).unwrap_or_else(|faults| panic!("{sql}: {faults:?}"))
        })
        .collect();
    let conditions: Vec<&Condition> = conditions.iter().collect();
    let by_rows = sql::in_one(&view, &conditions).expect("rows can be asked");
    let by_values = sql::by_chunks(&view, &conditions).expect("values can be asked");
    let mut said = 0;
    for ((sql, rows), values) in CONDITIONS.iter().zip(&by_rows).zip(&by_values) {
        assert_eq!(rows, values, "{sql}");
        said += usize::from(rows.contains(&true) && rows.contains(&false));
    }
    assert!(
        said >= CONDITIONS.len() - 6,
        "{said} conditions tell rows apart"
    );
}
