//! Consent fields: all that a record says about one channel, in its opt-out column,
//! its opt-in column and its mailing status, brought together. A no wins.

use super::columns::Column;
use super::outcomes;
use super::sheet::Sheet;
use crate::contact::{Field, Fields, Text};
use crate::standardise::Knowledge;
use crate::standardise::coded::{Coded, Groups};
use crate::standardise::consent::{self, Consent};
use crate::standardise::outcome::Outcome;
use crate::standardise::vocabulary::Vocabulary;

/// What feeds one opt-out field.
pub struct Channel<'c, 'a> {
    pub field: &'a Field,
    /// The field's own column and the input-only ones that feed it.
    pub columns: Vec<&'c Column<'a>>,
    /// Standardised vocabulary columns that say something about it.
    pub statuses: Vec<(String, Text, &'c Vocabulary)>,
}

/// The channels of the records, with what they have.
pub fn channels<'c, 'a>(
    fields: &'a Fields,
    columns: &'c std::collections::BTreeMap<&'a str, Column<'a>>,
    knowledge: &'c Knowledge,
    sheet: &Sheet,
) -> Vec<Channel<'c, 'a>> {
    fields
        .of_type(&crate::contact::FieldType::Consent)
        .filter(|field| !field.input_only)
        .map(|field| Channel {
            field,
            columns: fields
                .of_type(&crate::contact::FieldType::Consent)
                .filter(|from| from.name == field.name || from.into.as_deref() == Some(&field.name))
                .filter_map(|from| columns.get(from.name.as_str()))
                .collect(),
            statuses: knowledge
                .vocabularies_that_set(&field.name)
                .filter_map(|(status, vocabulary)| {
                    Some((
                        status.to_owned(),
                        sheet.columns.get(status)?.clone(),
                        vocabulary,
                    ))
                })
                .collect(),
        })
        .filter(|channel| !channel.columns.is_empty() || !channel.statuses.is_empty())
        .collect()
}

impl Channel<'_, '_> {
    /// Writes the opt-out field and takes the columns that feed it apart.
    pub fn standardise(&self, knowledge: &Knowledge, sheet: &mut Sheet) {
        let statuses: Vec<Coded<'_>> = self
            .statuses
            .iter()
            .map(|(_, text, _)| Coded::of(text))
            .collect();
        let codes: Vec<&[u32]> = self
            .columns
            .iter()
            .map(|column| column.coded.codes.as_slice())
            .chain(statuses.iter().map(|coded| coded.codes.as_slice()))
            .collect();
        let rows = codes.first().map_or(0, |codes| codes.len());
        let groups = Groups::of(rows, &codes, &[]);
        let own = self
            .columns
            .iter()
            .copied()
            .find(|column| column.field.name == self.field.name);

        // For each group: what is said, by whom, in the order of the columns.
        let said: Vec<Vec<(usize, Consent)>> = groups
            .first
            .iter()
            .map(|&row| self.said(row as usize, &statuses, knowledge))
            .collect();
        let results = outcomes(
            groups.first.len(),
            |at| own.and_then(|own| own.coded.get(groups.first[at] as usize)),
            |at| {
                let row = groups.first[at] as usize;
                let code = own.map(|own| own.coded.codes[row]);
                let alone = match (own, code) {
                    (Some(own), Some(code)) => own.whole(code, |clean| {
                        consent::standardise(clean, &knowledge.consents, &knowledge.dates)
                    }),
                    _ => Outcome::default(),
                };
                together(alone, &said[at])
            },
        );
        let raw_of = |at: usize, row: usize| -> Option<(&str, &str)> {
            match self.columns.get(at) {
                Some(column) => Some((column.field.name.as_str(), column.raw.get(row)?)),
                None => {
                    let (name, text, _) = self.statuses.get(at - self.columns.len())?;
                    Some((name, text.get(row)?))
                }
            }
        };
        sheet.write(
            &self.field.name,
            own.map(|own| own.raw),
            &groups.codes,
            &results,
            |row, view| {
                let said = said.get(groups.codes[row] as usize)?;
                let (at, _) = said
                    .iter()
                    .find(|(_, consent)| consent.opt_out() == view.value)?;
                raw_of(*at, row)
            },
        );
        for column in self.columns.iter().filter(|column| column.field.input_only) {
            take_apart(column, knowledge, sheet);
        }
    }

    fn said(
        &self,
        row: usize,
        statuses: &[Coded<'_>],
        knowledge: &Knowledge,
    ) -> Vec<(usize, Consent)> {
        let of_columns = self.columns.iter().enumerate().filter_map(|(at, column)| {
            let clean = column.clean(row)?;
            let positive = column.field.positive;
            Some((
                at,
                consent::read(clean, positive, &knowledge.consents, &knowledge.dates),
            ))
        });
        let of_statuses = self.statuses.iter().zip(statuses).enumerate();
        let of_statuses = of_statuses.filter_map(|(at, ((_, _, vocabulary), coded))| {
            let says = vocabulary.sets(coded.get(row)?, &self.field.name)?;
            Some((self.columns.len() + at, Consent::of_opt_out(says)))
        });
        of_columns.chain(of_statuses).collect()
    }
}

/// The field's own outcome with what the other columns say.
fn together(mut alone: Outcome, said: &[(usize, Consent)]) -> Outcome {
    let out = said.iter().any(|(_, consent)| *consent == Consent::Out);
    let yes = said.iter().any(|(_, consent)| *consent == Consent::In);
    match alone.value.as_deref() {
        Some("true") => {}
        _ if out => {
            alone.rule = if alone.value.is_some() {
                "consent_no_wins"
            } else {
                "consent_turned"
            };
            alone.reason = "another column of the record says no";
            alone.value = Some("true".to_owned());
        }
        // An unreadable cell is no yes, whatever another column says.
        None if yes && alone.doubts.is_empty() => {
            alone.rule = "consent_turned";
            alone.reason = "another column of the record says yes";
            alone.value = Some("false".to_owned());
        }
        _ => {}
    }
    alone
}

fn take_apart(column: &Column<'_>, knowledge: &Knowledge, sheet: &mut Sheet) {
    let values = &column.coded.values;
    let results = outcomes(
        values.len(),
        |at| Some(values[at]),
        |at| {
            let code = u32::try_from(at).unwrap_or(u32::MAX);
            column.whole(code, |clean| {
                match consent::read(
                    clean,
                    column.field.positive,
                    &knowledge.consents,
                    &knowledge.dates,
                ) {
                    Consent::Unreadable => {
                        Outcome::cleared("consent_not_readable", "says neither yes nor no")
                            .doubt(consent::unreadable(clean))
                    }
                    Consent::NeverAsked => {
                        Outcome::cleared("consent_never_asked", "the person was never asked")
                    }
                    Consent::Out | Consent::In => {
                        Outcome::cleared("consent_turned", "turned into the opt-out field")
                    }
                }
            })
        },
    );
    sheet.take_apart(
        &column.field.name,
        column.raw,
        &column.coded.codes,
        &results,
    );
}
