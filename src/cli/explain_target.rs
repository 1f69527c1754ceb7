//! What a person means by an id: a record, a golden record, a field of one.

use super::canvas::clean;
use super::console::usage;
use crate::contact::Failure;
use crate::contact::diagnostic::{nearest, shown};
use crate::explain::Run;
use crate::standardise::system_id;

/// What is to be explained.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// One record; several when the id is met in several sources.
    Records(Vec<u32>),
    Golden(String),
    /// A field of a golden record.
    Field(String, String),
}

/// Finds what `id` names.
///
/// # Errors
/// Exit 2 when nothing is called so, with what comes nearest.
pub fn find(run: &Run, id: &str) -> Result<Target, Failure> {
    let sources = run.sources();
    for source in &sources {
        if let Some(record) = id
            .strip_prefix(source)
            .and_then(|rest| rest.strip_prefix(':'))
        {
            return record_of(run, source, record).map(|row| Target::Records(vec![row]));
        }
    }
    if !run.rows_of_golden(id)?.is_empty() {
        return Ok(Target::Golden(id.to_owned()));
    }
    if let Some((golden, field)) = id.split_once('.')
        && !run.rows_of_golden(golden)?.is_empty()
    {
        return Ok(Target::Field(golden.to_owned(), field.to_owned()));
    }
    let rows = run.rows_of_id(id)?;
    if !rows.is_empty() {
        return Ok(Target::Records(rows));
    }
    if let Some((source, _)) = id.split_once(':') {
        let near = nearest(source, sources.iter().copied());
        let hint = near.or(sources.first().copied()).unwrap_or("");
        return Err(usage(
            "usage_source",
            format!(
                "the run has no source {}; did you mean '{hint}'?",
                shown(source)
            ),
        ));
    }
    Err(unknown(run, id)?)
}

/// The row of a record of a source.
fn record_of(run: &Run, source: &str, id: &str) -> Result<u32, Failure> {
    let met = run.rows_of_id(id)?;
    let sources = run.cells("source", &met)?;
    let of_met = met.iter().zip(&sources);
    if let Some((row, _)) = of_met
        .into_iter()
        .find(|(_, own)| own.as_deref() == Some(source))
    {
        return Ok(*row);
    }
    let of_source = run.column("source")?;
    let own = |row: &u32| of_source.get(*row as usize) == Some(source);
    let ids = run.column("record_id")?;
    let rows = || (0u32..).take(run.rows()).filter(own);
    let id_of = |row: u32| ids.get(row as usize).unwrap_or("");
    // A system shows some ids shorter than it exports them.
    let form = |id: &str| system_id::standardise(id).value;
    if let Some(wanted) = form(id)
        && let Some(row) = rows().find(|&row| form(id_of(row)).as_ref() == Some(&wanted))
    {
        return Ok(row);
    }
    let mut message = format!("{} has no record {}", shown(source), shown(id));
    if let Some(near) = nearest(id, rows().map(id_of)) {
        message.push_str(&format!("; did you mean {}?", shown(near)));
    }
    Err(usage("usage_record", message))
}

fn unknown(run: &Run, id: &str) -> Result<Failure, Failure> {
    let mut message = format!(
        "{} is no record and no golden record of this run",
        shown(id)
    );
    let (ids, golden) = (run.column("record_id")?, run.column("golden_id")?);
    let all = ids.distinct_values().chain(golden.distinct_values());
    if let Some(near) = nearest(id, all) {
        message.push_str(&format!("; did you mean {}?", shown(near)));
    }
    let mut failure = usage("usage_id", message);
    for diagnostic in &mut failure.diagnostics {
        diagnostic.hints.push(
            "write SOURCE:RECORD_ID, a GOLDEN_ID, or GOLDEN_ID.field for one of its values"
                .to_owned(),
        );
        diagnostic.hints.push(format!(
            "a golden id that was given up is in the log: karat audit --golden {}",
            clean(id)
        ));
    }
    Ok(failure)
}

/// The one record that is meant.
///
/// # Errors
/// Exit 2 when it may be several.
pub fn one(run: &Run, target: &Target, id: &str) -> Result<u32, Failure> {
    let rows = match target {
        Target::Records(rows) => rows.clone(),
        Target::Golden(golden) | Target::Field(golden, _) => run.rows_of_golden(golden)?,
    };
    match rows[..] {
        [row] => Ok(row),
        _ => {
            let names: Vec<String> = run
                .take(&rows[..rows.len().min(8)])?
                .iter()
                .map(|record| clean(&record.name()))
                .collect();
            Err(usage(
                "usage_ambiguous",
                format!(
                    "{} is {} records: name one of {}",
                    shown(id),
                    rows.len(),
                    names.join(", ")
                ),
            ))
        }
    }
}
