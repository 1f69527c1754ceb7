//! `karat undo`: one person taken apart, for good, without touching any other.
//!
//! Writes the `never` decisions that say so, and runs the whole line without publishing
//! to show what the next run will make of them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};

use super::Ending;
use super::console::{Console, usage};
use super::decide::{self, Head};
use super::inputs::{self, PlanArgs};
use super::render::one_line;
use crate::audit::lineage;
use crate::audit::runs::Run;
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::diff::{apart, changes::Changes};
use crate::link::decisions::{RecordName, Verdict};
use crate::merge::PreviousXref;
use crate::pipeline::{self, Options};
use crate::plan::Plan;
use crate::rulebook::Rulebook;
use crate::write::decisions::{self, Decisions, New};
use crate::write::previous;

#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub struct UndoArgs {
    /// Golden ids of the latest run, to be taken apart; a golden id that was merged into
    /// another, to be parted from it again; or SOURCE:RECORD_ID, to be taken out of its person
    #[arg(required = true, value_name = "ID")]
    ids: Vec<String>,

    /// Take only this record out of the person; may be given several times
    #[arg(long, value_name = "SOURCE:ID")]
    record: Vec<String>,

    /// In two at the weakest link, instead of every record by itself
    #[arg(long, conflicts_with = "record")]
    split: bool,

    /// Why, for whoever reads the file later
    #[arg(long, value_name = "TEXT")]
    why: Option<String>,

    /// Who decides; you, when not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,

    /// Write nothing; show what would be written, and what the next run would do
    #[arg(long)]
    dry_run: bool,

    /// Don't run the line to show what the next run will do
    #[arg(long, conflicts_with = "dry_run")]
    no_preview: bool,

    /// The plan of the run
    #[arg(long, default_value = "karat.toml", value_name = "PLAN.toml")]
    plan: PathBuf,
}

const EXAMPLES: &str = "\
Examples:
  karat undo g7sjhs1qpsghj                      every record by itself
  karat undo g7sjhs1qpsghj --split              in two, at the weakest link
  karat undo g7sjhs1qpsghj --record crm:17      crm:17 out of it
  karat undo crm:17                             the same, by the record alone
To take it back, delete the lines from the decisions file.";

/// Lines that one command writes at most: a person of a hundred records has 4950 pairs.
const MOST: usize = 5_000;

/// A person that is taken apart.
struct Case {
    /// What the user named.
    named: String,
    golden_id: String,
    records: Vec<RecordName>,
    /// Into which groups; by place in `records`.
    groups: apart::Groups,
}

pub fn run(args: &UndoArgs, console: &Console) -> Result<Ending, Failure> {
    let head = Head::read(&args.plan)?;
    let file = head
        .decisions
        .as_deref()
        .ok_or_else(|| decide::no_file(&args.plan))?;
    let folder = decide::latest(&head.out).ok_or_else(|| no_run(&head.out))?;
    let latest = Run::open(&folder).map_err(|message| unreadable(&folder, &message))?;
    let xref = previous::open(&folder)?.xref;
    let rulebook = Rulebook::builtin();
    let mut cases = Vec::new();
    for id in &args.ids {
        cases.push(case(id, args, &latest, &xref)?);
    }
    let loaded = if args.split || !args.no_preview {
        let plan = PlanArgs {
            inputs: vec![args.plan.clone()],
            out: None,
            as_of: None,
            country: None,
        };
        // The first decision makes the file; a plan whose file is not there is a fault.
        if !args.dry_run {
            decisions::create(file)?;
        }
        Some(inputs::load(&plan, console, &rulebook)?.plan)
    } else {
        None
    };
    if args.split
        && let Some(plan) = &loaded
    {
        let progress = console.progress();
        let split = at_weakest_links(&mut cases, plan, &rulebook, &progress);
        progress.finish();
        split?;
    }
    let text = std::fs::read_to_string(file).unwrap_or_default();
    let name = file.display().to_string();
    let known = decisions::parse(&name, &text)
        .map_err(|faults| Failure::new(FailureKind::Usage, faults))?;
    let new = lines(&cases, args, &known)?;
    let next = decisions::with(&name, &text, &new)
        .map_err(|faults| Failure::new(FailureKind::Usage, faults))?;
    if !args.dry_run && !new.is_empty() {
        decide::write_down(file, &new)?;
    }
    let preview = match &loaded {
        Some(plan) if !args.no_preview => {
            let decisions = decisions::parse(&name, &next)
                .map_err(|faults| Failure::new(FailureKind::Usage, faults))?;
            Some(preview(&cases, plan, decisions, &rulebook, console)?)
        }
        _ => None,
    };
    let told = Told {
        file,
        first_line: text.lines().count() + usize::from(text.trim().is_empty()) + 1,
        new: &new,
        written: !args.dry_run,
        cases: &cases,
        preview: preview.as_ref(),
    };
    if console.json() {
        console.print(&format!("{:#}\n", told.json()))?;
    } else {
        console.print(&told.text())?;
    }
    Ok(Ending::Done)
}

fn unreadable(path: &Path, message: &str) -> Failure {
    Failure::one(
        FailureKind::Input,
        Diagnostic::error(
            "run_unreadable",
            format!("the run can't be read: {message}"),
        )
        .at(Place::file(path.display().to_string())),
    )
}

fn no_run(out: &Path) -> Failure {
    let name = out.display().to_string();
    Failure::one(
        FailureKind::Input,
        Diagnostic::error(
            "run_not_found",
            format!("there is no run in {}", shown(&name)),
        )
        .at(Place::file(name))
        .hint("a person of a run is taken apart: `karat run` makes one"),
    )
}

/// What an id means: whose records, and how they are to be apart.
fn case(id: &str, args: &UndoArgs, latest: &Run, xref: &PreviousXref) -> Result<Case, Failure> {
    let name = |row: usize| {
        let (source, record_id) = xref.key(row);
        RecordName::new(source, record_id)
    };
    let golden = |row: usize| xref.golden_ids().and_then(|ids| ids.get(row));
    let records_of = |id: &str| -> Vec<RecordName> {
        (0..xref.rows())
            .filter(|&row| golden(row) == Some(id))
            .map(name)
            .collect()
    };
    let mut own = records_of(id);
    let mut golden_id = id.to_owned();
    let mut out: Vec<usize> = Vec::new();
    let mut together = false;
    if own.is_empty() {
        let row = (0..xref.rows()).find(|&row| name(row).to_string() == id);
        if let Some(row) = row {
            let Some(person) = golden(row) else {
                return Err(usage(
                    "usage_record_held",
                    format!("{} is held out: it is with nobody", shown(id)),
                ));
            };
            person.clone_into(&mut golden_id);
            own = records_of(person);
            let wanted = name(row);
            out.extend(own.iter().position(|record| *record == wanted));
        } else {
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
            part.golden_id.clone_into(&mut golden_id);
            own = records_of(&golden_id);
            together = true;
            out = (0..own.len())
                .filter(|&at| part.records.contains(&own[at].to_string()))
                .collect();
        }
    }
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
                        shown(&golden_id),
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
                shown(&golden_id)
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
                shown(&golden_id)
            ),
        ));
    }
    Ok(Case {
        named: id.to_owned(),
        golden_id,
        records: own,
        groups,
    })
}

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

/// Parts the cases at their weakest links, as linking weighs them today.
fn at_weakest_links(
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
        case.groups = apart::weakest(case.records.len(), &links);
    }
    Ok(())
}

/// The decisions that are not there yet.
fn lines(cases: &[Case], args: &UndoArgs, known: &Decisions) -> Result<Vec<New>, Failure> {
    let mut new = Vec::new();
    let by = decide::one_line(&args.by.clone().unwrap_or_else(decide::user));
    for case in cases {
        let why = match &args.why {
            Some(why) => decide::one_line(why),
            None => format!("undo of {}", case.named),
        };
        for (a, b) in apart::pairs(&case.groups) {
            let (a, b) = (&case.records[a], &case.records[b]);
            let repeated = new
                .iter()
                .any(|one: &New| (&one.a, &one.b) == (a, b) || (&one.a, &one.b) == (b, a));
            if repeated || known.says(Verdict::Never, a, b).is_some() {
                continue;
            }
            new.push(New {
                verdict: Verdict::Never,
                a: a.clone(),
                b: b.clone(),
                by: by.clone(),
                date: decide::today(),
                why: why.clone(),
            });
            if new.len() > MOST {
                let mut failure = usage(
                    "usage_too_many_lines",
                    format!("that would be more than {MOST} decisions"),
                );
                for fault in &mut failure.diagnostics {
                    fault.hints.push(
                        "take single records out with --record, or part it in two with --split"
                            .to_owned(),
                    );
                }
                return Err(failure);
            }
        }
    }
    Ok(new)
}

/// What the next run will do.
struct Preview {
    changes: Option<Changes>,
    /// By case and record: the golden id.
    ids: Vec<Vec<Option<String>>>,
}

fn preview(
    cases: &[Case],
    plan: &Plan,
    decisions: Decisions,
    rulebook: &Rulebook,
    console: &Console,
) -> Result<Preview, Failure> {
    let asked = cases
        .iter()
        .flat_map(|case| &case.records)
        .map(|name| (name.source.clone(), name.record_id.clone()))
        .collect();
    let progress = console.progress();
    let outcome = pipeline::run_with(
        plan,
        rulebook,
        &progress,
        Options {
            dry_run: true,
            limit: 0,
            decisions: Some(decisions),
            asked,
        },
    );
    progress.finish();
    let outcome = outcome?;
    let mut ids = outcome.asked.into_iter();
    Ok(Preview {
        changes: outcome.changes,
        ids: cases
            .iter()
            .map(|case| ids.by_ref().take(case.records.len()).collect())
            .collect(),
    })
}

struct Told<'a> {
    file: &'a Path,
    first_line: usize,
    new: &'a [New],
    written: bool,
    cases: &'a [Case],
    preview: Option<&'a Preview>,
}

impl Told<'_> {
    fn text(&self) -> String {
        const LINES: usize = 20;
        let mut out = String::new();
        let file = self.file.display();
        out.push_str(&match (self.new.len(), self.written) {
            (0, _) => format!("{file}: all of it is decided already\n"),
            (1, true) => format!("{file}: 1 line added\n"),
            (count, true) => format!("{file}: {count} lines added\n"),
            (count, false) => format!("{file}: {count} lines would be added\n"),
        });
        for (line, new) in (self.first_line..).zip(self.new.iter().take(LINES)) {
            out.push_str(&format!(
                "  {line}: never {}, {}\n",
                one_line(&new.a.to_string()),
                one_line(&new.b.to_string())
            ));
        }
        if self.new.len() > LINES {
            out.push_str(&format!("  … and {} more\n", self.new.len() - LINES));
        }
        if let Some(preview) = self.preview {
            out.push_str(
                "\nThe next run will do this (the whole line was run without publishing: exact for the exports as they are now):\n",
            );
            for (case, ids) in self.cases.iter().zip(&preview.ids) {
                out.push_str(&format!("  {}\n", one_line(&case.golden_id)));
                for (id, records) in by_id(case, ids) {
                    let kept = if id == Some(case.golden_id.as_str()) {
                        " (keeps the id)"
                    } else {
                        ""
                    };
                    out.push_str(&format!(
                        "    -> {}{kept}: {}\n",
                        id.unwrap_or("held out or gone"),
                        records.join(", ")
                    ));
                }
            }
            if let Some(changes) = &preview.changes {
                let counts = &changes.counts;
                out.push_str(&format!(
                    "  over all: {} added, {} gone, {} merged, {} split, {} changed\n",
                    counts.added, counts.gone, counts.merged, counts.split, counts.changed
                ));
            }
        }
        if self.written && !self.new.is_empty() {
            let ids: Vec<&str> = self
                .cases
                .iter()
                .map(|case| case.golden_id.as_str())
                .collect();
            out.push_str(&format!(
                "\nTo take it back, delete {} from {file}: the records can come together again, as {}.\n",
                if self.new.len() == 1 { "the line" } else { "the lines" },
                ids.join(", ")
            ));
        }
        out
    }

    fn json(&self) -> Value {
        let cases: Vec<Value> = self
            .cases
            .iter()
            .enumerate()
            .map(|(at, case)| {
                let groups: Vec<Vec<String>> = case
                    .groups
                    .iter()
                    .map(|group| group.iter().map(|&r| case.records[r].to_string()).collect())
                    .collect();
                let next = self.preview.map(|preview| {
                    by_id(case, &preview.ids[at])
                        .into_iter()
                        .map(|(id, records)| json!({ "golden_id": id, "records": records }))
                        .collect::<Vec<Value>>()
                });
                json!({ "golden_id": case.golden_id, "apart": groups, "next_run": next })
            })
            .collect();
        let lines: Vec<Value> = (self.first_line..)
            .zip(self.new)
            .map(|(line, new)| {
                json!({
                    "line": line,
                    "verdict": new.verdict.name(),
                    "source_a": new.a.source,
                    "record_id_a": new.a.record_id,
                    "source_b": new.b.source,
                    "record_id_b": new.b.record_id,
                })
            })
            .collect();
        json!({
            "file": self.file.display().to_string(),
            "written": self.written,
            "lines": lines,
            "persons": cases,
            "changes": self.preview.and_then(|preview| preview.changes.as_ref()).map(|changes| &changes.counts),
        })
    }
}

/// The records by the golden id that they will have.
fn by_id<'a>(case: &'a Case, ids: &'a [Option<String>]) -> Vec<(Option<&'a str>, Vec<String>)> {
    let mut found: Vec<(Option<&str>, Vec<String>)> = Vec::new();
    for (name, id) in case.records.iter().zip(ids) {
        let id = id.as_deref();
        let name = one_line(&name.to_string());
        match found.iter_mut().find(|(known, _)| *known == id) {
            Some((_, records)) => records.push(name),
            None => found.push((id, vec![name])),
        }
    }
    found
}
