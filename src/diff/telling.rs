//! The few persons that are shown: their records, a name to recognise them by, and
//! the cause in words.

use std::collections::BTreeMap;

use super::RECORDS_SHOWN;
use super::changes::{Cause, Input, InputFate, Person, Reason, RecordName};
use super::flags::{Fate, Flags, fate};
use super::inputs::changed_fields;
use super::people::{Crossing, NONE, People};
use super::sides::{Cells, Side};
use super::why::Why;

/// What a person is called by: the first that there is. Both halves of a name count
/// as one.
const LABELS: [&str; 5] = ["given_name", "family_name", "full_name", "email", "company"];

/// Rows by person, of the persons that are asked for.
type Rows = BTreeMap<u32, Vec<u32>>;

/// Tells about persons of both sides.
pub struct Telling<'a> {
    before: &'a dyn Side,
    after: &'a dyn Side,
    people: &'a People,
    flags: &'a Flags,
    why: &'a Why,
    rows_before: Rows,
    rows_after: Rows,
    /// Of persons that records of these went to or came from, where decisions are told.
    near_before: Rows,
    near_after: Rows,
    /// By row of the later run the fields that changed.
    fields: Option<BTreeMap<u32, Vec<String>>>,
    labels_before: Vec<Cells<'a>>,
    labels_after: Vec<Cells<'a>>,
}

/// The persons that will be told of.
#[derive(Debug, Default)]
pub struct Asked {
    before: Vec<u32>,
    after: Vec<u32>,
}

impl Asked {
    fn settle(&mut self) {
        for list in [&mut self.before, &mut self.after] {
            list.sort_unstable();
            list.dedup();
            list.retain(|person| *person != NONE);
        }
    }

    /// Everybody on a way of records that touches one of these.
    fn near(&self, people: &People) -> Self {
        let mut near = Self::default();
        for crossing in &people.crossings {
            let ([from, was], [into, rest]) = ends(people, crossing);
            let touched = |list: &[u32], ends: [u32; 2]| {
                ends.iter().any(|person| list.binary_search(person).is_ok())
            };
            if touched(&self.before, [from, was]) || touched(&self.after, [into, rest]) {
                near.before.extend([from, was]);
                near.after.extend([into, rest]);
            }
        }
        near.settle();
        near
    }
}

impl<'a> Telling<'a> {
    /// The persons of both sides that a telling of these lists needs.
    pub fn asked(
        people: &People,
        added: &[(Reason, u32)],
        gone: &[(Reason, u32)],
        merges: &[(Reason, u32)],
        splits: &[(Reason, u32)],
        moved: &[(Reason, u32)],
        changed: &[(Reason, u32)],
    ) -> Asked {
        let mut asked = Asked::default();
        for &(_, new) in added.iter().chain(merges) {
            asked.after.push(new);
            asked.before.extend(people.ids_merged_into(new));
            asked.before.push(people.before_of[new as usize]);
        }
        for &(_, old) in gone.iter().chain(splits) {
            asked.before.push(old);
            asked.after.extend(people.ids_split_from(old));
            asked.after.push(people.after_of[old as usize]);
        }
        for &(_, at) in moved {
            asked.before.push(people.crossings[at as usize].before);
            asked.after.push(people.crossings[at as usize].after);
        }
        for &(_, pair) in changed {
            let (old, new) = people.pairs[pair as usize];
            asked.before.push(old);
            asked.after.push(new);
        }
        asked.settle();
        asked
    }

    pub fn of(
        before: &'a dyn Side,
        after: &'a dyn Side,
        people: &'a People,
        flags: &'a Flags,
        why: &'a Why,
        asked: Asked,
    ) -> Result<Self, String> {
        let labels = |side: &'a dyn Side, wanted: bool| -> Result<Vec<Cells<'a>>, String> {
            LABELS
                .iter()
                .map(|name| {
                    if wanted {
                        side.column(name)
                    } else {
                        Ok(Cells::Empty)
                    }
                })
                .collect()
        };
        let any_after = !asked.after.is_empty();
        let near = if why.decided.is_empty() {
            Asked::default()
        } else {
            asked.near(people)
        };
        let rows_after = rows_of(after, asked.after);
        let changed = changed_rows(&rows_after, people, before, after, why);
        Ok(Self {
            fields: changed_fields(before, after, &changed)?,
            labels_before: labels(before, !asked.before.is_empty())?,
            labels_after: labels(after, any_after)?,
            rows_before: rows_of(before, asked.before),
            rows_after,
            near_before: rows_of(before, near.before),
            near_after: rows_of(after, near.after),
            before,
            after,
            people,
            flags,
            why,
        })
    }

    pub fn record(&self, row: u32) -> RecordName {
        name(self.after, row)
    }

    /// A person of the later run.
    pub fn of_after(&self, reason: Reason, person: u32) -> Person {
        let old = Some(self.people.before_of[person as usize]).filter(|old| *old != NONE);
        self.person(
            (self.after, &self.rows_after, &self.labels_after),
            person,
            self.cause(reason, old, Some(person)),
        )
    }

    /// A person of the earlier run.
    pub fn of_before(&self, reason: Reason, person: u32) -> Person {
        let new = Some(self.people.after_of[person as usize]).filter(|new| *new != NONE);
        self.person(
            (self.before, &self.rows_before, &self.labels_before),
            person,
            self.cause(reason, Some(person), new),
        )
    }

    fn person(
        &self,
        (side, rows, labels): (&dyn Side, &Rows, &[Cells<'_>]),
        person: u32,
        cause: Cause,
    ) -> Person {
        let rows = rows.get(&person).map_or(&[][..], Vec::as_slice);
        let cell = |at: usize| labels[at].get(person as usize);
        let whole: Vec<&str> = [cell(0), cell(1)].into_iter().flatten().collect();
        let label = if whole.is_empty() {
            (2..LABELS.len()).find_map(cell).unwrap_or("").to_owned()
        } else {
            whole.join(" ")
        };
        Person {
            golden_id: side.id(person as usize).to_owned(),
            label,
            records: rows
                .iter()
                .take(RECORDS_SHOWN)
                .map(|&row| name(side, row))
                .collect(),
            record_count: rows.len() as u64,
            cause,
        }
    }

    /// The cause in words, about a person as it was and as it is.
    pub fn cause(&self, reason: Reason, old: Option<u32>, new: Option<u32>) -> Cause {
        let mut inputs = Vec::new();
        let what = match reason {
            Reason::Decision => self.decision(old, new),
            Reason::Input => {
                inputs = self.input(old, new);
                Some(words(&inputs))
            }
            Reason::Rule => self.why.rule(),
            Reason::Model => Some(self.why.model()),
        };
        inputs.truncate(RECORDS_SHOWN);
        Cause {
            reason,
            what: what.unwrap_or_default(),
            inputs,
        }
    }

    /// The decision that names a record of the person, or of one that its records went
    /// to or came from.
    fn decision(&self, old: Option<u32>, new: Option<u32>) -> Option<String> {
        let own = [old, new].map(|person| person.into_iter().collect::<Vec<u32>>());
        let rows = self.keys([&self.rows_before, &self.rows_after], &own);
        let said = |rows: &[(&str, &str)]| {
            self.why.decided.iter().find(|((_, a, b), _)| {
                let named = |(source, id): &(String, String)| {
                    rows.contains(&(source.as_str(), id.as_str()))
                };
                named(a) || named(b)
            })
        };
        let found = said(&rows).or_else(|| {
            let near = self.near(old, new);
            said(&self.keys([&self.near_before, &self.near_after], &near))
        });
        let Some(((verdict, a, b), how)) = found else {
            return Some("on a person that records went to or came from".to_owned());
        };
        Some(format!(
            "{verdict} {}:{}, {}:{} was {how}",
            a.0, a.1, b.0, b.1
        ))
    }

    /// Who is on a way of records that touches a person; of both runs.
    fn near(&self, old: Option<u32>, new: Option<u32>) -> [Vec<u32>; 2] {
        let mut near = [Vec::new(), Vec::new()];
        for crossing in &self.people.crossings {
            let (before, after) = ends(self.people, crossing);
            let touched = old.is_some_and(|own| before.contains(&own))
                || new.is_some_and(|own| after.contains(&own));
            if touched {
                near[0].extend(before);
                near[1].extend(after);
            }
        }
        near
    }

    fn keys(&self, rows: [&Rows; 2], persons: &[Vec<u32>; 2]) -> Vec<(&str, &str)> {
        let mut keys = Vec::new();
        for ((side, rows), persons) in [self.before, self.after].into_iter().zip(rows).zip(persons)
        {
            for row in persons
                .iter()
                .filter_map(|person| rows.get(person))
                .flatten()
            {
                keys.push(side.key(*row as usize));
            }
        }
        keys
    }

    /// The records of a person whose input is another, as it is and as it was.
    fn input(&self, old: Option<u32>, new: Option<u32>) -> Vec<Input> {
        let mut told = Vec::new();
        for &row in own(&self.rows_after, new) {
            let earlier = self.people.record_before[row as usize];
            let fate = match fate(earlier, row as usize, self.before, self.after, self.why) {
                Fate::New => InputFate::New,
                Fate::Changed => InputFate::Changed,
                Fate::Same => continue,
            };
            let fields = self.fields.as_ref().and_then(|fields| fields.get(&row));
            told.push(Input {
                record: name(self.after, row),
                fate,
                fields: fields.cloned(),
            });
        }
        for &row in own(&self.rows_before, old) {
            if self.flags.gone.binary_search(&row).is_ok() {
                told.push(Input {
                    record: name(self.before, row),
                    fate: InputFate::Gone,
                    fields: None,
                });
            }
        }
        told
    }
}

/// The persons that a crossing is the business of, as they were and as they are: those
/// that the record went from and to, what is left of the one, and what the other was.
fn ends(people: &People, crossing: &Crossing) -> ([u32; 2], [u32; 2]) {
    let (from, into) = (crossing.before, crossing.after);
    let was = people.before_of[into as usize];
    let rest = people.after_of[from as usize];
    ([from, was], [into, rest])
}

fn own(rows: &Rows, person: Option<u32>) -> &[u32] {
    person
        .and_then(|person| rows.get(&person))
        .map_or(&[], Vec::as_slice)
}

/// The inputs in words.
fn words(inputs: &[Input]) -> String {
    const TOLD: usize = 3;
    if inputs.is_empty() {
        return "records of a person that records went to or came from changed".to_owned();
    }
    let told: Vec<String> = inputs.iter().take(TOLD).map(Input::words).collect();
    let mut text = told.join(", ");
    if inputs.len() > TOLD {
        text.push_str(&format!(" and {} more", inputs.len() - TOLD));
    }
    text
}

/// The rows of both runs of records that changed, of the persons that are told: at most
/// as many of a person as are shown.
fn changed_rows(
    rows: &Rows,
    people: &People,
    before: &dyn Side,
    after: &dyn Side,
    why: &Why,
) -> Vec<(u32, u32)> {
    let mut pairs = Vec::new();
    for own in rows.values() {
        let changed = own.iter().filter_map(|&row| {
            let earlier = people.record_before[row as usize]?;
            let fate = fate(Some(earlier), row as usize, before, after, why);
            (fate == Fate::Changed).then_some((earlier, row))
        });
        pairs.extend(changed.take(RECORDS_SHOWN));
    }
    pairs
}

fn name(side: &dyn Side, row: u32) -> RecordName {
    let (source, record_id) = side.key(row as usize);
    RecordName {
        source: source.to_owned(),
        record_id: record_id.to_owned(),
    }
}

fn rows_of(side: &dyn Side, persons: Vec<u32>) -> Rows {
    let mut rows: Rows = persons
        .into_iter()
        .map(|person| (person, Vec::new()))
        .collect();
    if rows.is_empty() {
        return rows;
    }
    for row in (0_u32..).take(side.records()) {
        if let Some(own) = side
            .person(row as usize)
            .and_then(|person| rows.get_mut(&person))
        {
            own.push(row);
        }
    }
    rows
}
