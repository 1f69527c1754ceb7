//! Opted out here and not there: people who said no in one system while another may go
//! on writing to them.

use askama::Template;

use super::facts::{Facts, Person};
use super::figures::Count;
use crate::contact::Text;
use crate::write::reports::file_stem;

/// People listed of each field.
const LISTED: usize = 20;
/// What a consent column holds for "said no".
const OUT: &str = "true";

#[derive(Debug, Template)]
#[template(path = "consents.html")]
pub struct Consents {
    people: &'static str,
    fields: Vec<Consent>,
}

#[derive(Debug)]
struct Consent {
    field: String,
    /// People who said no anywhere.
    out: Count,
    /// Of those: people whom another system has without it.
    open: Count,
    sources: Vec<Open>,
    /// Whether one of them has a patch.
    patches: bool,
    listed: Vec<Listed>,
    more: Count,
}

/// A source that does not know of a no.
#[derive(Debug)]
struct Open {
    name: String,
    /// It holds a yes.
    says_yes: Count,
    /// It holds nothing.
    silent: Count,
    all: Count,
    /// The patch that puts it right, if the run wrote one.
    patch: Option<String>,
}

#[derive(Debug)]
struct Listed {
    person: Person,
    out_in: Vec<String>,
    not_in: Vec<String>,
}

impl Consents {
    /// None where nobody said no.
    #[must_use]
    pub fn of(facts: &Facts<'_>) -> Option<Self> {
        let fields: Vec<Consent> = facts
            .rules
            .consents
            .iter()
            .filter_map(|field| consent(facts, field, facts.column(field)?))
            .collect();
        (!fields.is_empty()).then(|| Self {
            people: facts.noun().1,
            fields,
        })
    }
}

/// What a source says of a person, the no before the yes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Says {
    Out,
    In,
    Nothing,
}

fn consent(facts: &Facts<'_>, field: &str, column: &Text) -> Option<Consent> {
    let origin = &facts.run.records.origin;
    let out_code = (0_u32..)
        .take(column.distinct())
        .find(|&code| column.value(code) == OUT)?;
    let (mut out, mut open) = (0_u64, 0_u64);
    let mut counts = vec![(0_u64, 0_u64); facts.sources()];
    let mut found = Vec::new();
    for (golden, rows) in facts.run.merged.clusters.iter().enumerate() {
        let is_out = |row: &&u32| column.code(**row as usize) == Some(out_code);
        if !rows.iter().any(|row| is_out(&row)) {
            continue;
        }
        out += 1;
        let mut says: Vec<(u16, Says)> = Vec::new();
        for &row in rows {
            let source = origin[row as usize].source;
            let own = match column.code(row as usize) {
                Some(code) if code == out_code => Says::Out,
                Some(_) => Says::In,
                None => Says::Nothing,
            };
            match says.last_mut() {
                // One record that says no is enough for its source; a yes is more than nothing.
                Some((last, known)) if *last == source => {
                    if own == Says::Out || *known == Says::Nothing {
                        *known = own;
                    }
                }
                _ => says.push((source, own)),
            }
        }
        if says.iter().all(|(_, says)| *says == Says::Out) {
            continue;
        }
        open += 1;
        for (source, says) in &says {
            let (yes, silent) = &mut counts[usize::from(*source)];
            match says {
                Says::Out => {}
                Says::In => *yes += 1,
                Says::Nothing => *silent += 1,
            }
        }
        if found.len() < LISTED {
            found.push((golden, says));
        }
    }
    let names = |says: &[(u16, Says)], keep: &dyn Fn(Says) -> bool| -> Vec<String> {
        says.iter()
            .filter(|(_, says)| keep(*says))
            .map(|(source, _)| facts.source(usize::from(*source)))
            .collect()
    };
    let listed: Vec<Listed> = found
        .iter()
        .map(|(golden, says)| Listed {
            person: facts.person(*golden),
            out_in: names(says, &|says| says == Says::Out),
            not_in: names(says, &|says| says != Says::Out),
        })
        .collect();
    let sources: Vec<Open> = counts
        .iter()
        .enumerate()
        .filter(|(_, (yes, silent))| yes + silent > 0)
        .map(|(at, &(yes, silent))| {
            let file = format!(
                "patches/{}.csv",
                file_stem(&facts.run.records.sources[at].name)
            );
            Open {
                name: facts.source(at),
                says_yes: Count(yes),
                silent: Count(silent),
                all: Count(yes + silent),
                patch: facts.link(&file),
            }
        })
        .collect();
    Some(Consent {
        patches: sources.iter().any(|source| source.patch.is_some()),
        field: facts.rules.label(field),
        out: Count(out),
        open: Count(open),
        sources,
        more: Count(open - listed.len() as u64),
        listed,
    })
}
