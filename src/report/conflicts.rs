//! Fields on which systems should agree and do not: who looks after the person, what
//! sales is doing.

use askama::Template;

use super::facts::{Facts, Person};
use super::figures::{Count, Share, clean};

/// People listed of each field.
const LISTED: usize = 8;

#[derive(Debug, Template)]
#[template(path = "conflicts.html")]
pub struct Conflicts {
    people: &'static str,
    fields: Vec<Conflict>,
}

#[derive(Debug)]
struct Conflict {
    field: String,
    /// People for whom two sources have a value.
    both: Count,
    differ: Count,
    share: Share,
    listed: Vec<Listed>,
    more: Count,
}

#[derive(Debug)]
struct Listed {
    person: Person,
    /// Source and what it says.
    says: Vec<(String, String)>,
}

impl Conflicts {
    /// None where nothing of it is known to two sources.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        let fields: Vec<Conflict> = facts
            .rules
            .conflicts
            .iter()
            .filter_map(|field| conflict(facts, field))
            .collect();
        (!fields.is_empty()).then(|| Self {
            people: facts.noun().1,
            fields,
        })
    }
}

fn conflict(facts: &Facts<'_>, field: &str) -> Option<Conflict> {
    let column = facts.column(field)?;
    let origin = &facts.run.records.origin;
    let clusters = &facts.run.merged.clusters;
    let (mut both, mut differ) = (0_u64, 0_u64);
    let mut found = Vec::new();
    for (golden, rows) in clusters
        .iter()
        .enumerate()
        .filter(|(_, rows)| rows.len() > 1)
    {
        // The first value of each source.
        let mut says: Vec<(u16, u32, u32)> = Vec::new();
        for &row in rows {
            let source = origin[row as usize].source;
            if let Some(code) = column.code(row as usize)
                && says.last().is_none_or(|(last, ..)| *last != source)
            {
                says.push((source, row, code));
            }
        }
        if says.len() < 2 {
            continue;
        }
        both += 1;
        let known = facts.run.rulebook.fields().get(field);
        let differs = |one: u32, other: u32| {
            one != other
                && !facts
                    .meanings
                    .same(known, column.value(one), column.value(other))
        };
        // Each with each: a first name alone agrees with two people who do not.
        let conflict = says.iter().enumerate().any(|(at, (.., one))| {
            says[at + 1..]
                .iter()
                .any(|(.., other)| differs(*one, *other))
        });
        if conflict {
            differ += 1;
            if found.len() < LISTED {
                found.push((golden, says));
            }
        }
    }
    if both == 0 {
        return None;
    }
    let listed: Vec<Listed> = found
        .into_iter()
        .map(|(golden, says)| Listed {
            person: facts.person(golden),
            says: says
                .iter()
                .map(|&(source, _, code)| {
                    let value = column.value(code);
                    (facts.source(usize::from(source)), said(facts, field, value))
                })
                .collect(),
        })
        .collect();
    Some(Conflict {
        field: facts.rules.label(field),
        both: Count(both),
        differ: Count(differ),
        share: Share::of(differ, both),
        more: Count(differ - listed.len() as u64),
        listed,
    })
}

/// A vocabulary's value by its label, any other as it is.
fn said(facts: &Facts<'_>, field: &str, value: &str) -> String {
    let fields = facts.run.rulebook.fields();
    if fields.get(field).is_some_and(|f| f.vocabulary.is_some()) {
        facts.rules.label(value)
    } else {
        clean(value).into_owned()
    }
}
