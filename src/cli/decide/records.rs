//! What a person calls a record → the record: SOURCE:RECORD_ID, or a golden id.

use std::path::Path;

use super::super::console::usage;
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, Failure, FailureKind, Place, Table};
use crate::link::decisions::{RecordName, Verdict};
use crate::standardise::system_id;
use crate::write::previous;

/// Records of a golden record that a message lists.
const LISTED: usize = 6;

/// The plan's sources, and the xref of the latest run.
pub struct Known {
    sources: Vec<String>,
    /// None before the first run.
    xref: Option<Table>,
}

/// A record that was meant, and what there is to say about it.
pub struct Meant {
    pub name: RecordName,
    pub note: Option<String>,
    golden: Option<String>,
}

impl Known {
    /// # Errors
    /// Exit 3 when the latest run can't be read.
    pub fn load(sources: Vec<String>, out: &Path) -> Result<Self, Failure> {
        let xref = match super::latest(out) {
            None => None,
            Some(folder) => {
                let (path, table) = previous::xref_table(&folder);
                Some(table.map_err(|message| {
                    Failure::one(
                        FailureKind::Input,
                        Diagnostic::error(
                            "run_unreadable",
                            format!("the latest run can't be read: {message}"),
                        )
                        .at(Place::file(path.display().to_string())),
                    )
                })?)
            }
        };
        Ok(Self { sources, xref })
    }

    /// Both records, with the faults of both.
    ///
    /// # Errors
    /// Exit 2: what is not known, and what may have been meant.
    pub fn pair(&self, verdict: Verdict, a: &str, b: &str) -> Result<(Meant, Meant), Failure> {
        match (self.one(a), self.one(b)) {
            (Ok(a), Ok(b)) => {
                self.different(verdict, &a, &b)?;
                Ok((a, b))
            }
            (Err(mut a), Err(b)) => {
                a.diagnostics.extend(b.diagnostics);
                Err(a)
            }
            (Err(fault), Ok(_)) | (Ok(_), Err(fault)) => Err(fault),
        }
    }

    /// A golden id stands for one of its records: it can't be parted from itself, nor
    /// joined with it.
    fn different(&self, verdict: Verdict, a: &Meant, b: &Meant) -> Result<(), Failure> {
        if a.name == b.name {
            return Err(usage(
                "usage_one_record",
                format!("both are the record {}", shown(&a.name.to_string())),
            ));
        }
        let by_golden =
            a.note.is_some() && a.golden.is_some() || b.note.is_some() && b.golden.is_some();
        if by_golden && a.golden == b.golden {
            let golden = a.golden.clone().unwrap_or_default();
            let records: Vec<String> = self
                .records_of(&golden)
                .map(|name| name.to_string())
                .collect();
            let mut message = format!("both are the golden record {}", shown(&golden));
            message.push_str(match verdict {
                Verdict::Always => ": its records are one already",
                Verdict::Never => ": name two of its records",
            });
            let more = records.len().saturating_sub(LISTED);
            let mut list = records[..records.len().min(LISTED)].join(", ");
            if more > 0 {
                list.push_str(&format!(" and {more} more"));
            }
            let mut failure = usage("usage_one_golden_record", message);
            for fault in &mut failure.diagnostics {
                fault.hints.push(format!("its records are {list}"));
            }
            return Err(failure);
        }
        Ok(())
    }

    fn one(&self, text: &str) -> Result<Meant, Failure> {
        // A source's own name may hold a colon: the longest one counts.
        let source = self
            .sources
            .iter()
            .filter(|source| {
                text.strip_prefix(source.as_str())
                    .is_some_and(|rest| rest.starts_with(':'))
            })
            .max_by_key(|source| source.len());
        if let Some(source) = source {
            return self.record(source, &text[source.len() + 1..]);
        }
        match text.split_once(':') {
            Some((source, _)) => {
                let names = self.sources.iter().map(String::as_str);
                let hint = match nearest(source, names) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("it has: {}", self.sources.join(", ")),
                };
                Err(hinted(
                    usage(
                        "usage_source",
                        format!("the plan has no source {}", shown(source)),
                    ),
                    hint,
                ))
            }
            None => self.golden(text),
        }
    }

    fn record(&self, source: &str, id: &str) -> Result<Meant, Failure> {
        if id.is_empty() {
            return Err(usage(
                "usage_record",
                format!(
                    "{} names no record: write SOURCE:RECORD_ID",
                    shown(&format!("{source}:"))
                ),
            ));
        }
        let Some(xref) = &self.xref else {
            return Ok(Meant {
                name: RecordName::new(source, id),
                note: Some(format!(
                    "there is no run yet to look {} up in",
                    shown(&format!("{source}:{id}"))
                )),
                golden: None,
            });
        };
        let rows = || (0..xref.rows()).filter(|&row| xref.get("source", row) == Some(source));
        let own = |row: usize| xref.get("record_id", row).unwrap_or("");
        let found = |row: usize| Meant {
            name: RecordName::new(source, own(row)),
            note: None,
            golden: xref.get("golden_id", row).map(str::to_owned),
        };
        if let Some(row) = rows().find(|&row| own(row) == id) {
            return Ok(found(row));
        }
        // A system shows some ids shorter than it exports them.
        let form = |id: &str| system_id::standardise(id).value;
        if let Some(wanted) = form(id)
            && let Some(row) = rows().find(|&row| form(own(row)).as_ref() == Some(&wanted))
        {
            return Ok(found(row));
        }
        let failure = usage(
            "usage_record",
            format!(
                "the latest run has no record {} of {}",
                shown(id),
                shown(source)
            ),
        );
        Err(match nearest(id, rows().map(own)) {
            Some(near) => hinted(failure, format!("did you mean {}?", shown(near))),
            None => failure,
        })
    }

    fn golden(&self, id: &str) -> Result<Meant, Failure> {
        let Some(xref) = &self.xref else {
            return Err(hinted(
                usage(
                    "usage_golden",
                    format!(
                        "{} is no record, and there is no run yet whose golden id it could be",
                        shown(id)
                    ),
                ),
                "write SOURCE:RECORD_ID".to_owned(),
            ));
        };
        let count = self.records_of(id).count();
        if let Some(name) = self.records_of(id).next() {
            return Ok(Meant {
                note: Some(format!(
                    "{id} ({count} {}) stands in the file as {name}",
                    if count == 1 { "record" } else { "records" }
                )),
                name,
                golden: Some(id.to_owned()),
            });
        }
        let failure = usage(
            "usage_golden",
            format!("the latest run has no golden record {}", shown(id)),
        );
        let ids = (0..xref.rows()).filter_map(|row| xref.get("golden_id", row));
        Err(match nearest(id, ids) {
            Some(near) => hinted(failure, format!("did you mean '{near}'?")),
            None => hinted(failure, "a record is written SOURCE:RECORD_ID".to_owned()),
        })
    }

    /// The records of a golden record, in the order of the xref: any of them stands for
    /// all.
    fn records_of<'a>(&'a self, golden: &'a str) -> impl Iterator<Item = RecordName> + 'a {
        self.xref.iter().flat_map(move |xref| {
            (0..xref.rows())
                .filter(move |&row| xref.get("golden_id", row) == Some(golden))
                .map(|row| {
                    let cell = |column| xref.get(column, row).unwrap_or("");
                    RecordName::new(cell("source"), cell("record_id"))
                })
        })
    }
}

fn hinted(mut failure: Failure, hint: String) -> Failure {
    for fault in &mut failure.diagnostics {
        fault.hints.push(hint.clone());
    }
    failure
}
