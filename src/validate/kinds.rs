//! Kinds of record (`rules/kinds.toml`): which records a condition is true of.

use serde::Deserialize;

use super::known::Known;
use super::sql::{self, Condition};
use super::view::View;
use crate::contact::{Records, Table};
use crate::rulebook::Rulebook;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    kind: Vec<Written>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: String,
    when: String,
}

/// For each kind its name and the rows that are of it.
///
/// # Errors
/// What is wrong with the built-in file, in words.
pub fn kinds(
    records: &Records,
    table: &Table,
    run_date: &str,
    rulebook: &Rulebook,
) -> Result<Vec<(String, Vec<bool>)>, String> {
    let text = rulebook.file("kinds.toml").unwrap_or("");
    let file: File = toml::from_str(text).map_err(|error| error.to_string())?;
    let known = Known {
        fields: rulebook.fields(),
        columns: Some(table.names()),
        sources: None,
    };
    let conditions = file
        .kind
        .iter()
        .map(|kind| {
            Condition::parse(&kind.when, &known).map_err(|faults| {
                let messages: Vec<String> = faults.into_iter().map(|f| f.message).collect();
                format!("the kind '{}': {}", kind.name, messages.join("; "))
            })
        })
        .collect::<Result<Vec<Condition>, String>>()?;
    let view = View {
        table,
        records,
        fields: rulebook.fields(),
        run_date,
    };
    let truths = sql::evaluate(&view, &conditions.iter().collect::<Vec<_>>())
        .map_err(|(at, message)| format!("the kind '{}': {message}", file.kind[at].name))?;
    Ok(file
        .kind
        .into_iter()
        .map(|kind| kind.name)
        .zip(truths)
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contact::Text;

    /// The kinds of one record with these fields.
    fn of(fields: &[(&str, &str)]) -> Vec<String> {
        let mut table = Table::new(1);
        for (name, value) in fields {
            table.set(name, [Some(*value)].into_iter().collect::<Text>());
        }
        let all = kinds(
            &Records::default(),
            &table,
            "2026-11-01",
            &Rulebook::builtin(),
        )
        .expect("the built-in kinds");
        let names = all.into_iter().filter(|(_, holds)| holds[0]);
        names.map(|(name, _)| name).collect()
    }

    #[test]
    fn a_record_is_of_the_kinds_that_its_fields_say() {
        let bare = of(&[("family_name", "Lee"), ("company", "Northfield")]);
        for kind in ["half a name", "name and company only", "without an email"] {
            assert!(bare.iter().any(|k| k == kind), "{kind}: {bare:?}");
        }
        assert!(!bare.iter().any(|k| k == "name in full"), "{bare:?}");
        let short = of(&[("given_name", "J."), ("family_name", "Lee")]);
        assert!(
            short.iter().any(|k| k == "an initial for a name"),
            "{short:?}"
        );
        let native = of(&[
            ("given_name", "Анна"),
            ("family_name", "Петрова"),
            ("email", "a@northfield.org"),
        ]);
        for kind in ["name not in Latin script", "name in full", "with an email"] {
            assert!(native.iter().any(|k| k == kind), "{kind}: {native:?}");
        }
        let han = of(&[("given_name", "伟"), ("family_name", "李")]);
        assert!(han.iter().any(|k| k == "name in full"), "{han:?}");
        let firm = of(&[("company", "Northfield")]);
        assert!(firm.iter().any(|k| k == "no name, a company"), "{firm:?}");
        let latin = of(&[("given_name", "Zoë"), ("family_name", "Müller")]);
        assert!(
            !latin.iter().any(|k| k == "name not in Latin script"),
            "{latin:?}"
        );
    }
}
