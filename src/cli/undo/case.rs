//! What an id means that is to be undone: whose records, and how they are to be apart.

use std::collections::{BTreeMap, BTreeSet};

use super::UndoArgs;
use super::unreadable;
use crate::audit::joined::{self, Fault, Handle};
use crate::audit::lineage;
use crate::audit::runs::Run;
use crate::cli::console::usage;
use crate::contact::Failure;
use crate::contact::diagnostic::{nearest, shown};
use crate::diff::apart;
use crate::link::decisions::RecordName;
use crate::merge::PreviousXref;
use crate::pipeline;
use crate::plan::Plan;
use crate::rulebook::Rulebook;

/// A person that is taken apart.
pub(super) struct Case {
    /// What the user named.
    pub named: String,
    pub golden_id: String,
    pub records: Vec<RecordName>,
    /// Into which groups; by place in `records`.
    pub groups: apart::Groups,
    /// What the links between the records have to settle first.
    pub open: Option<Open>,
}

/// How links settle into which groups.
pub(super) enum Open {
    /// In two at the weakest.
    Weakest,
    /// These from those; the others go where their strongest links lead.
    Between(Vec<usize>, Vec<usize>),
}

/// The xref of the latest run, asked by person and by record.
struct Now<'a> {
    xref: &'a PreviousXref,
}

impl Now<'_> {
    fn name(&self, row: usize) -> RecordName {
        let (source, record_id) = self.xref.key(row);
        RecordName::new(source, record_id)
    }

    fn golden(&self, row: usize) -> Option<&str> {
        self.xref.golden_ids().and_then(|ids| ids.get(row))
    }

    fn records_of(&self, golden_id: &str) -> Vec<RecordName> {
        (0..self.xref.rows())
            .filter(|&row| self.golden(row) == Some(golden_id))
            .map(|row| self.name(row))
            .collect()
    }

    fn row_called(&self, name: &str) -> Option<usize> {
        (0..self.xref.rows()).find(|&row| self.name(row).to_string() == name)
    }
}

/// What an id means: whose records, and how they are to be apart. More than one person
/// only where the records of a merge are with several persons by now.
pub(super) fn cases(
    id: &str,
    args: &UndoArgs,
    latest: &Run,
    xref: &PreviousXref,
) -> Result<Vec<Case>, Failure> {
    let now = Now { xref };
    let own = now.records_of(id);
    if !own.is_empty() {
        return person(id, id, own, Vec::new(), false, args).map(|case| vec![case]);
    }
    if let Some(row) = now.row_called(id) {
        let Some(golden_id) = now.golden(row) else {
            return Err(usage(
                "usage_record_held",
                format!("{} is held out: it is with nobody", shown(id)),
            ));
        };
        let own = now.records_of(golden_id);
        let wanted = now.name(row);
        let out = own.iter().position(|record| *record == wanted);
        let out = out.into_iter().collect();
        return person(id, golden_id, own, out, false, args).map(|case| vec![case]);
    }
    if let Some(handle) = Handle::parse(id) {
        return of_merge(&handle, args, latest, &now);
    }
    // An id that was given up: its records against those that they are with now.
    let found = lineage::follow(latest, id, None)
        .map_err(|message| unreadable(&latest.folder, &message))?;
    let Some(lineage) = found else {
        return Err(unknown(id, xref, latest));
    };
    let Some(part) = lineage
        .today
        .first()
        .filter(|part| !part.records.is_empty())
    else {
        return Err(usage(
            "usage_id_gone",
            format!(
                "{} is no longer in use, and which records it had is not known: name the person as it is now",
                shown(id)
            ),
        ));
    };
    let own = now.records_of(&part.golden_id);
    let out = (0..own.len())
        .filter(|&at| part.records.contains(&own[at].to_string()))
        .collect();
    person(id, &part.golden_id, own, out, true, args).map(|case| vec![case])
}

/// A person as it is now, of which `out` (and what `--record` names) is taken.
fn person(
    named: &str,
    golden_id: &str,
    own: Vec<RecordName>,
    mut out: Vec<usize>,
    together: bool,
    args: &UndoArgs,
) -> Result<Case, Failure> {
    for record in &args.record {
        let place = own.iter().position(|name| name.to_string() == *record);
        match place {
            Some(place) if !out.contains(&place) => out.push(place),
            Some(_) => {}
            None => {
                let names: Vec<String> = own.iter().map(ToString::to_string).collect();
                return Err(usage(
                    "usage_record",
                    format!(
                        "{} has no record {}; it has {}",
                        shown(golden_id),
                        shown(record),
                        names.join(", ")
                    ),
                ));
            }
        }
    }
    if own.len() < 2 {
        return Err(usage(
            "usage_one_record",
            format!(
                "{} is of one record: there is nothing to take apart",
                shown(golden_id)
            ),
        ));
    }
    let groups = if out.is_empty() {
        apart::all(own.len())
    } else {
        apart::out(own.len(), &out, together)
    };
    if groups.len() < 2 {
        return Err(usage(
            "usage_nothing_left",
            format!(
                "{} has no other record to part these from: name the id alone to part them from one another",
                shown(golden_id)
            ),
        ));
    }
    Ok(Case {
        named: named.to_owned(),
        golden_id: golden_id.to_owned(),
        records: own,
        groups,
        open: args.split.then_some(Open::Weakest),
    })
}

/// One merge of any run: what it joined is parted, wherever that is together still.
fn of_merge(
    handle: &Handle,
    args: &UndoArgs,
    latest: &Run,
    now: &Now<'_>,
) -> Result<Vec<Case>, Failure> {
    if args.split || !args.record.is_empty() {
        return Err(usage(
            "usage_one_merge",
            format!(
                "{handle} is one merge, which says already what is parted: leave --split and --record out"
            ),
        ));
    }
    let joined = joined::find(latest, handle).map_err(|fault| no_merge(handle, latest, fault))?;
    let of = |keys: &[(String, String)], own: &[RecordName]| -> Vec<usize> {
        let named = |name: &RecordName| {
            let same = |key: &(String, String)| *key.0 == *name.source && *key.1 == *name.record_id;
            keys.iter().any(same)
        };
        (0..own.len()).filter(|&at| named(&own[at])).collect()
    };
    let mut persons: BTreeSet<&str> = BTreeSet::new();
    for row in 0..now.xref.rows() {
        let (source, record_id) = now.xref.key(row);
        let brought = joined
            .side
            .iter()
            .any(|key| key.0 == source && key.1 == record_id);
        persons.extend(brought.then(|| now.golden(row)).flatten());
    }
    let mut cases = Vec::new();
    for golden_id in persons {
        let own = now.records_of(golden_id);
        let (side, rest) = (of(&joined.side, &own), of(&joined.rest, &own));
        if side.is_empty() || rest.is_empty() {
            continue;
        }
        // Records that came later go with whom they fit: a question to their links.
        let all_known = side.len() + rest.len() == own.len();
        cases.push(Case {
            named: format!("merge {handle}"),
            golden_id: golden_id.to_owned(),
            groups: if all_known {
                vec![side.clone(), rest.clone()]
            } else {
                Vec::new()
            },
            open: (!all_known).then_some(Open::Between(side, rest)),
            records: own,
        });
    }
    if cases.is_empty() {
        let names = |keys: &[(String, String)]| -> String {
            let mut names: Vec<String> = keys
                .iter()
                .take(3)
                .map(|(source, id)| format!("{source}:{id}"))
                .collect();
            if keys.len() > names.len() {
                names.push(format!("{} more", keys.len() - names.len()));
            }
            shown(&names.join(", "))
        };
        return Err(usage(
            "usage_apart_already",
            format!(
                "what {handle} joined is no longer together in run {}: {} on one side, {} on the other",
                latest.id,
                names(&joined.side),
                names(&joined.rest)
            ),
        ));
    }
    Ok(cases)
}

fn no_merge(handle: &Handle, latest: &Run, fault: Fault) -> Failure {
    let (message, hint) = match fault {
        Fault::NoRun(oldest) => (
            format!("there is no run {} here", shown(&handle.run)),
            match oldest {
                Some(oldest) => format!(
                    "the oldest that is left is {oldest}, the latest {} (number {}); a record or an id can be undone without its run",
                    latest.id, latest.number
                ),
                None => format!("the latest is {} (number {})", latest.id, latest.number),
            },
        ),
        Fault::NoEvent(events) => (
            format!(
                "run {} has {events} events, and none of the number {}",
                shown(&handle.run),
                handle.seq
            ),
            MERGES.to_owned(),
        ),
        Fault::NoMerge(kind) => (
            format!("{handle} is an event of the kind '{kind}', and no merge"),
            MERGES.to_owned(),
        ),
        Fault::Unreadable(message) => return unreadable(&latest.folder, &message),
    };
    let mut failure = usage("usage_no_merge", message);
    for diagnostic in &mut failure.diagnostics {
        diagnostic.hints.push(hint.clone());
    }
    failure
}

const MERGES: &str =
    "`karat audit --golden ID --kind merged` and `karat explain ID` name the merges of a person";

fn unknown(id: &str, xref: &PreviousXref, latest: &Run) -> Failure {
    let mut failure = usage(
        "usage_id_unknown",
        format!(
            "{} is no golden id and no record of run {}",
            shown(id),
            latest.id
        ),
    );
    let near = if id.contains(':') {
        let names: Vec<String> = (0..xref.rows())
            .map(|row| {
                let (source, id) = xref.key(row);
                format!("{source}:{id}")
            })
            .collect();
        nearest(id, names.iter().map(String::as_str)).map(str::to_owned)
    } else {
        xref.golden_ids()
            .and_then(|ids| nearest(id, ids.distinct_values()).map(str::to_owned))
    };
    if let Some(near) = near {
        for fault in &mut failure.diagnostics {
            fault.hints.push(format!("did you mean {near}?"));
        }
    }
    failure
}

/// Parts the cases that are open, by the links as linking weighs them today.
pub(super) fn settle(
    cases: &mut [Case],
    plan: &Plan,
    rulebook: &Rulebook,
    watch: &dyn crate::watch::Watch,
) -> Result<(), Failure> {
    let (prepared, linked, _) = pipeline::run_to_links(plan, rulebook, watch)?;
    let mut place: BTreeMap<RecordName, (usize, usize)> = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        for (record, name) in case.records.iter().enumerate() {
            place.insert(name.clone(), (at, record));
        }
    }
    let records = &prepared.records;
    let of_row = |row: u32| {
        let row = row as usize;
        place.get(&RecordName::new(
            records.source(row).name.as_str(),
            records.id(row),
        ))
    };
    let mut links: Vec<Vec<(usize, usize, f32)>> = vec![Vec::new(); cases.len()];
    for pair in &linked.pairs {
        if let (Some(&(case, a)), Some(&(other, b))) = (of_row(pair.left), of_row(pair.right))
            && case == other
        {
            links[case].push((a.min(b), a.max(b), pair.match_weight));
        }
    }
    for (case, links) in cases.iter_mut().zip(links) {
        let records = case.records.len();
        match case.open.take() {
            Some(Open::Weakest) => case.groups = apart::weakest(records, &links),
            Some(Open::Between(one, other)) => {
                case.groups = apart::between(records, &one, &other, &links);
            }
            None => {}
        }
    }
    Ok(())
}
