//! Which header of one source is which field, and who says so.
//!
//! The plan's own `map` first, then the system's preset, then the generic words,
//! then, for a column that nobody knows, its values. A column that stays unknown is
//! carried through under its own name.

use std::collections::{BTreeMap, BTreeSet};

use super::fold::{fold, numbered};
use super::generic::Generic;
use super::ids;
use super::preset::{Presets, Recognised, matches};
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Diagnostic, Fields};
use crate::plan::SourcePlan;
use crate::read::SourceRead;

/// Who decided about a column.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum By {
    Plan,
    Preset,
    Word,
    Values,
    #[default]
    Nobody,
}

/// One header's fate.
#[derive(Clone, Debug, Default)]
pub struct Column {
    /// The canonical field, or none for an extra column.
    pub field: Option<String>,
    pub by: By,
    /// Order among the columns of one field.
    rank: (u32, u32),
    /// The field that it would be, had another column not taken it.
    pub second_for: Option<String>,
}

/// All headers of a source, decided.
#[derive(Clone, Debug, Default)]
pub struct Assigned<'a> {
    pub system: Option<Recognised<'a>>,
    /// One a header.
    pub columns: Vec<Column>,
    pub id: Option<usize>,
    pub id_by: By,
    /// A column called like an id whose values are not unique and complete.
    pub id_refused: Option<usize>,
}

impl Assigned<'_> {
    /// The columns of a field, in the order in which their values are joined.
    #[must_use]
    pub fn of(&self, field: &str) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.columns.len())
            .filter(|&at| self.columns[at].field.as_deref() == Some(field))
            .collect();
        found.sort_by_key(|&at| (self.columns[at].by, self.columns[at].rank, at));
        found
    }
}

/// The word lists that deciding needs.
#[derive(Clone, Copy, Debug)]
pub struct Lists<'a> {
    pub fields: &'a Fields,
    pub presets: &'a Presets,
    pub generic: &'a Generic,
}

/// Decides about every header of a source.
///
/// # Errors
/// Everything that is wrong with what the plan says of the source.
pub fn assign<'a>(
    source: &SourceRead,
    plan: &SourcePlan,
    lists: Lists<'a>,
) -> Result<Assigned<'a>, Vec<Diagnostic>> {
    let names = source.table.names();
    let mut work = Work {
        source,
        lists,
        folded: names.iter().map(|name| fold(name)).collect(),
        out: Assigned {
            columns: vec![Column::default(); names.len()],
            ..Assigned::default()
        },
        taken: plan
            .constants
            .keys()
            .map(|f| (f.clone(), By::Plan))
            .collect(),
    };
    let mut faults = Vec::new();
    work.system(plan, &mut faults);
    work.plan(plan, &mut faults);
    if !faults.is_empty() {
        return Err(faults);
    }
    work.preset();
    work.id(plan);
    work.words();
    work.values();
    Ok(work.out)
}

struct Work<'a, 's> {
    source: &'s SourceRead,
    lists: Lists<'a>,
    folded: Vec<String>,
    out: Assigned<'a>,
    /// Fields that have a column (or a constant), and who gave it.
    taken: BTreeMap<String, By>,
}

impl Work<'_, '_> {
    fn system(&mut self, plan: &SourcePlan, faults: &mut Vec<Diagnostic>) {
        let presets = self.lists.presets;
        let Some(name) = &plan.system else {
            self.out.system = presets.recognise(self.source.table.names());
            return;
        };
        match presets.get(name) {
            Some(preset) => {
                self.out.system = Some(Recognised {
                    preset,
                    by: Vec::new(),
                });
            }
            None => {
                let mut fault = Diagnostic::error(
                    "plan_unknown_system",
                    format!(
                        "source {}: there is no system {}",
                        self.source.name,
                        shown(name)
                    ),
                );
                if let Some(near) = nearest(name, presets.names()) {
                    fault = fault.hint(format!("did you mean {near}?"));
                }
                let known: Vec<&str> = presets.names().collect();
                faults.push(fault.hint(format!("known systems: {}", known.join(", "))));
            }
        }
    }

    /// The plan's own map; its headers are compared as written first.
    fn plan(&mut self, plan: &SourcePlan, faults: &mut Vec<Diagnostic>) {
        for (field, headers) in &plan.map {
            let Some(known) = self.lists.fields.get(field) else {
                let mut fault = Diagnostic::error(
                    "plan_unknown_field",
                    format!(
                        "source {}: there is no field {}",
                        self.source.name,
                        shown(field)
                    ),
                );
                if let Some(near) = nearest(field, self.lists.fields.names()) {
                    fault = fault.hint(format!("did you mean {near}?"));
                }
                faults.push(fault);
                continue;
            };
            if plan.constants.contains_key(field) {
                faults.push(Diagnostic::error(
                    "plan_field_twice",
                    format!(
                        "source {}: {field} has a constant value and the column {}",
                        self.source.name,
                        list(headers)
                    ),
                ));
            }
            if headers.len() > 1 && !known.multi {
                faults.push(
                    Diagnostic::error(
                        "plan_field_twice",
                        format!(
                            "source {}: {field} holds one value, and the plan maps {} to it",
                            self.source.name,
                            list(headers)
                        ),
                    )
                    .hint(match self.lists.generic.companion(field) {
                        Some(more) => format!("keep one of them and map the others to {more}"),
                        None => {
                            "keep one of them; the others are carried through as they are".into()
                        }
                    }),
                );
                continue;
            }
            for (rank, header) in headers.iter().enumerate() {
                let Some(at) = self.find(header) else {
                    faults.push(self.no_header(header, field));
                    continue;
                };
                if let Some(other) = self.out.columns[at].field.clone() {
                    faults.push(Diagnostic::error(
                        "plan_header_twice",
                        format!(
                            "source {}: the plan maps the column {} to {other} and to {field}",
                            self.source.name,
                            shown(header)
                        ),
                    ));
                    continue;
                }
                self.set(
                    at,
                    field,
                    By::Plan,
                    (u32::try_from(rank).unwrap_or(u32::MAX), 0),
                );
            }
        }
        if let Some(header) = &plan.id {
            match self.find(header) {
                Some(at) => {
                    self.out.id = Some(at);
                    self.out.id_by = By::Plan;
                }
                None => faults.push(self.no_header(header, "id")),
            }
        }
    }

    fn preset(&mut self) {
        let Some(preset) = self.out.system.as_ref().map(|system| system.preset) else {
            return;
        };
        // In the fields' own order, so that a companion is filled the same way each time.
        let fields = self.lists.fields;
        for field in fields.names() {
            let Some(headers) = preset.map.get(field) else {
                continue;
            };
            for (rank, name) in headers.iter().enumerate() {
                let name = fold(name);
                let mut found: Vec<(u32, usize)> = (0..self.folded.len())
                    .filter(|&at| self.is_free(at) && matches(&name, &self.folded[at]))
                    .filter(|&at| {
                        // A pattern does not take a header that the preset names itself.
                        name == self.folded[at] || !preset.names_exactly(&self.folded[at])
                    })
                    .map(|at| (numbered(&self.folded[at]).map_or(0, |(_, n)| n), at))
                    .collect();
                found.sort_unstable();
                for (number, at) in found {
                    let rank = (u32::try_from(rank).unwrap_or(u32::MAX), number);
                    self.give(at, field, By::Preset, rank);
                }
            }
        }
    }

    /// The record id: the plan's, the preset's, or a generic header whose values are
    /// unique and complete.
    fn id(&mut self, plan: &SourcePlan) {
        if plan.id.is_some() {
            return;
        }
        let system = self.out.system.as_ref();
        let named = system.and_then(|system| {
            system.preset.id.iter().find_map(|name| {
                let at = self.folded.iter().position(|f| *f == fold(name))?;
                self.column(at)
                    .is_some_and(|c| c.filled() > 0 || c.is_empty())
                    .then_some(at)
            })
        });
        if let Some(at) = named {
            self.out.id = Some(at);
            self.out.id_by = By::Preset;
            return;
        }
        let names = self.source.table.names();
        let mut ranked: Vec<(usize, usize)> = (0..names.len())
            .filter(|&at| self.is_free(at) && !self.is_carried(at))
            .filter_map(|at| Some((self.lists.generic.id_rank(&names[at])?, at)))
            .collect();
        ranked.sort_unstable();
        self.out.id = ranked
            .iter()
            .map(|(_, at)| *at)
            .find(|&at| self.column(at).is_some_and(ids::is_unique_and_complete));
        if self.out.id.is_none() {
            self.out.id_refused = ranked.first().map(|(_, at)| *at);
        }
        if self.out.id.is_some() {
            self.out.id_by = By::Word;
        }
    }

    fn words(&mut self) {
        let generic = self.lists.generic;
        let names = self.source.table.names();
        let open: Vec<usize> = (0..names.len())
            .filter(|&at| self.is_free(at) && !self.is_carried(at) && !self.is_only_id(at))
            .collect();
        let candidates: Vec<Vec<_>> = open
            .iter()
            .map(|&at| generic.candidates(&names[at]))
            .collect();
        let headers: BTreeSet<String> = self.folded.iter().cloned().collect();
        let mut chosen: Vec<(String, u32, usize)> = Vec::new();
        for (nth, &at) in open.iter().enumerate() {
            let mut beside: BTreeSet<&str> = self.taken.keys().map(String::as_str).collect();
            for (other, theirs) in candidates.iter().enumerate() {
                if other != nth {
                    beside.extend(theirs.iter().filter(|c| c.always()).map(|c| c.field()));
                }
            }
            let is_kind = |name: &str| {
                generic
                    .kind(name)
                    .is_some_and(|kind| self.column(at).is_some_and(|column| kind.fits(column)))
            };
            if let Some(found) = candidates[nth]
                .iter()
                .find(|c| c.holds(&beside, &headers, is_kind))
            {
                chosen.push((found.field().to_owned(), found.rank, at));
            }
        }
        chosen.sort();
        for (field, _, at) in chosen {
            // The words' order decides who comes first; joined are they as they stand.
            self.give(at, &field, By::Word, (0, 0));
        }
    }

    /// A column that nobody knows may still be told by its values.
    fn values(&mut self) {
        for kind in self.lists.generic.kinds() {
            let Some(field) = &kind.field else { continue };
            if self.taken.contains_key(field) {
                continue;
            }
            let found = (0..self.folded.len()).find(|&at| {
                self.is_free(at)
                    && !self.is_carried(at)
                    && !self.is_only_id(at)
                    && self.column(at).is_some_and(|column| kind.fits(column))
            });
            if let Some(at) = found {
                self.set(at, field, By::Values, (0, 0));
            }
        }
    }

    /// Gives a column to a field, or to its companion when the field is taken, or
    /// lets it be carried through.
    fn give(&mut self, at: usize, field: &str, by: By, rank: (u32, u32)) {
        let multi = |name: &str| self.lists.fields.get(name).is_some_and(|f| f.multi);
        let free = match self.taken.get(field) {
            None => true,
            // What the plan says of a field is all there is to say.
            Some(By::Plan) => false,
            Some(_) => multi(field),
        };
        if free {
            self.set(at, field, by, rank);
            return;
        }
        let companion = self.lists.generic.companion(field).map(str::to_owned);
        match companion {
            Some(more) if self.taken.get(&more) != Some(&By::Plan) => {
                self.set(at, &more, by, rank);
                self.out.columns[at].second_for = Some(field.to_owned());
            }
            _ => {
                self.out.columns[at].second_for = Some(field.to_owned());
                self.out.columns[at].by = by;
            }
        }
    }

    fn set(&mut self, at: usize, field: &str, by: By, rank: (u32, u32)) {
        self.out.columns[at].field = Some(field.to_owned());
        self.out.columns[at].by = by;
        self.out.columns[at].rank = rank;
        let entry = self.taken.entry(field.to_owned()).or_insert(by);
        *entry = (*entry).min(by);
    }

    fn is_free(&self, at: usize) -> bool {
        let column = &self.out.columns[at];
        column.field.is_none() && column.second_for.is_none()
    }

    /// A column that is nothing but the id. The plan's id may be a field as well:
    /// a list whose id is the email.
    fn is_only_id(&self, at: usize) -> bool {
        self.out.id == Some(at) && self.out.id_by != By::Plan
    }

    /// Whether the preset knows the column and wants it carried through.
    fn is_carried(&self, at: usize) -> bool {
        self.out
            .system
            .as_ref()
            .is_some_and(|system| system.preset.knows(&self.folded[at]))
    }

    fn column(&self, at: usize) -> Option<&crate::contact::Text> {
        let name = self.source.table.names().get(at)?;
        self.source.table.column(name)
    }

    /// A header as the plan writes it: exactly, else folded.
    fn find(&self, header: &str) -> Option<usize> {
        let names = self.source.table.names();
        names
            .iter()
            .position(|name| name == header)
            .or_else(|| self.source.headers.iter().position(|name| name == header))
            .or_else(|| {
                let folded = fold(header);
                self.folded.iter().position(|name| *name == folded)
            })
            .filter(|&at| at < names.len())
    }

    fn no_header(&self, header: &str, field: &str) -> Diagnostic {
        let names = self.source.table.names();
        let mut fault = Diagnostic::error(
            "plan_header_not_found",
            format!(
                "source {}: no column {} (for {field}) in {}",
                self.source.name,
                shown(header),
                self.source
                    .files
                    .first()
                    .map_or("the file", |f| f.path.as_str())
            ),
        );
        if let Some(near) = nearest(header, names.iter().map(String::as_str)) {
            fault = fault.hint(format!("did you mean {}?", shown(near)));
        }
        let some: Vec<String> = names.iter().take(40).map(|n| shown(n)).collect();
        fault.hint(format!("its columns: {}", some.join(", ")))
    }
}

fn list(headers: &[String]) -> String {
    let shown: Vec<String> = headers.iter().map(|h| shown(h)).collect();
    shown.join(" and ")
}
