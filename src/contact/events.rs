//! Audit events: every change and every decision of a run, in columns.
//!
//! Values live in one arena, or are those of columns, and repeated words are interned, so
//! that millions of events cost tens of bytes each.

use std::hash::BuildHasher;

use hashbrown::HashMap;
use rayon::prelude::*;

use super::event::{Event, EventKind, Stage};
use super::pool::{Place, Pool};
use super::text::Text;
use super::weights::Weights;

const NONE: u32 = u32::MAX;

/// Kept small: there are millions.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    record: u32,
    golden: u32,
    /// Into `values`, or `NONE`.
    before: u32,
    after: u32,
    /// Into `abouts`.
    about: u32,
}

impl Row {
    #[must_use]
    pub fn record(&self) -> Option<u32> {
        Some(self.record).filter(|record| *record != NONE)
    }

    #[must_use]
    pub fn golden(&self) -> Option<u32> {
        Some(self.golden).filter(|golden| *golden != NONE)
    }

    /// A number into [`Events::abouts`].
    #[must_use]
    pub fn about(&self) -> u32 {
        self.about
    }
}

/// What many events have in common; the words are numbers into [`Events::words`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct About {
    pub stage: Stage,
    pub kind: EventKind,
    pub field: u32,
    pub rule: u32,
    pub reason: u32,
}

/// How many abouts back `Events` looks for one that it has just stored.
const RECENT: usize = 4;
/// Values that `Events` remembers having stored, by their hash: the golden value that
/// several records lost to, a word that many rows have.
const REMEMBERED: usize = 1 << 12;
/// Events from which it is worth it that several threads copy them.
const MANY: usize = 1 << 16;

/// A growing list of events.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Nothing is kept.
    deaf: bool,
    rows: Vec<Row>,
    values: Pool,
    abouts: Vec<About>,
    known_abouts: HashMap<About, u32, foldhash::fast::FixedState>,
    words: Vec<String>,
    known: HashMap<String, u32, foldhash::fast::FixedState>,
    /// (event, weight) of the few that have one, by event.
    weights: Vec<(u32, f32)>,
    /// Numbers of values by the hash of the text; empty before the first.
    remembered: Vec<u32>,
    hasher: foldhash::fast::FixedState,
    recent_abouts: [u32; RECENT],
    next_about: usize,
}

/// An event that happens to many records: its words and values are stored once.
#[derive(Clone, Copy, Debug)]
pub struct Told {
    about: u32,
    before: u32,
    after: u32,
}

impl Events {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A list that stays empty, for those who have no use for a log.
    #[must_use]
    pub fn deaf() -> Self {
        Self {
            deaf: true,
            ..Self::default()
        }
    }

    /// A list of no events, deaf if this one is.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            deaf: self.deaf,
            ..Self::default()
        }
    }

    /// An empty list with room for so many events.
    #[must_use]
    pub fn with_room(events: usize) -> Self {
        Self {
            rows: Vec::with_capacity(events),
            ..Self::default()
        }
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Room for about so many further events.
    pub fn reserve(&mut self, events: usize) {
        self.rows.reserve(events);
    }

    /// Adds an event.
    pub fn push(&mut self, event: Event<'_>) {
        if self.deaf {
            return;
        }
        let told = self.prepare(&event);
        if let Some(weight) = event.weight.filter(|weight| !weight.is_nan()) {
            self.weights.push((self.next(), weight));
        }
        self.rows.push(Row {
            record: event.record.unwrap_or(NONE),
            golden: event.golden.unwrap_or(NONE),
            before: told.before,
            after: told.after,
            about: told.about,
        });
    }

    /// Stores the words and values of an event of a record, for
    /// [`Events::push_told`] of these same events.
    pub fn prepare(&mut self, event: &Event<'_>) -> Told {
        let about = self.about_number(event);
        self.prepare_as(about, event.before, event.after)
    }

    /// As [`Events::prepare`], of events whose stage, kind and words have the number `about`.
    pub fn prepare_as(&mut self, about: u32, before: Option<&str>, after: Option<&str>) -> Told {
        if self.deaf {
            return Told {
                about,
                before: NONE,
                after: NONE,
            };
        }
        Told {
            about,
            before: self.store(before),
            after: self.store(after),
        }
    }

    /// The number of an event's stage, kind and words, for [`Events::prepare_as`].
    pub fn about_number(&mut self, event: &Event<'_>) -> u32 {
        self.recent_about(event).unwrap_or_else(|| {
            let about = About {
                stage: event.stage,
                kind: event.kind,
                field: self.word(event.field),
                rule: self.word(event.rule),
                reason: self.word(event.reason),
            };
            let at = self.about_of(about);
            self.recent_abouts[self.next_about] = at;
            self.next_about = (self.next_about + 1) % RECENT;
            at
        })
    }

    /// Adds a prepared event, about this record.
    pub fn push_told(&mut self, record: u32, told: Told) {
        if self.deaf {
            return;
        }
        self.rows.push(Row {
            record,
            golden: NONE,
            before: told.before,
            after: told.after,
            about: told.about,
        });
    }

    /// Adds a prepared event with a weight (not a number for none) and a golden record.
    pub fn push_weighted(&mut self, told: Told, record: u32, golden: u32, weight: f32) {
        if self.deaf {
            return;
        }
        if !weight.is_nan() {
            self.weights.push((self.next(), weight));
        }
        self.rows.push(Row {
            record,
            golden,
            before: told.before,
            after: told.after,
            about: told.about,
        });
    }

    /// Where a column's values stand among those of the events, for
    /// [`Events::push_numbers`]: they are not copied.
    pub fn share(&mut self, column: &Text) -> Place {
        self.values.share(column)
    }

    /// Stores a value that no other event has, for [`Events::push_numbers`].
    pub fn new_number(&mut self, value: &str) -> u32 {
        self.values.push(value)
    }

    /// Stores a value, for [`Events::push_numbers`].
    pub fn number(&mut self, value: &str) -> u32 {
        self.store(Some(value))
    }

    /// Adds an event with the words of a prepared one and these values.
    pub fn push_numbers(
        &mut self,
        told: Told,
        record: u32,
        golden: u32,
        before: Option<u32>,
        after: Option<u32>,
    ) {
        if self.deaf {
            return;
        }
        self.rows.push(Row {
            record,
            golden,
            before: before.unwrap_or(NONE),
            after: after.unwrap_or(NONE),
            about: told.about,
        });
    }

    /// Adds all events of `other` behind the own ones.
    pub fn append(&mut self, other: &Self) {
        if self.deaf {
            return;
        }
        let words: Vec<u32> = other.words.iter().map(|word| self.word(word)).collect();
        let abouts: Vec<u32> = other
            .abouts
            .iter()
            .map(|about| {
                self.about_of(About {
                    field: words[about.field as usize],
                    rule: words[about.rule as usize],
                    reason: words[about.reason as usize],
                    ..*about
                })
            })
            .collect();
        let first = self.next();
        self.weights.extend(
            other
                .weights
                .iter()
                .map(|(at, weight)| (first + at, *weight)),
        );
        let moved = self.values.append(&other.values);
        let shifted = |value: u32| {
            if value == NONE {
                NONE
            } else {
                moved.number(value)
            }
        };
        let row = |row: &Row| Row {
            before: shifted(row.before),
            after: shifted(row.after),
            about: abouts[row.about as usize],
            ..*row
        };
        if other.len() < MANY {
            self.rows.extend(other.rows.iter().map(row));
        } else {
            self.rows.par_extend(other.rows.par_iter().map(row));
        }
    }

    /// Adds all events of `other` in memory that fits, and frees it.
    pub fn take_over(&mut self, other: Self) {
        if self.deaf {
            return;
        }
        if self.is_empty() {
            *self = other;
            return;
        }
        self.rows.reserve_exact(other.len());
        self.values.reserve(&[&other.values]);
        self.append(&other);
    }

    /// All events of `parts` in order, in memory that fits; each part is freed once
    /// it is taken over.
    #[must_use]
    pub fn concat(parts: Vec<Self>) -> Self {
        let mut all = Self::new();
        all.take_over_all(parts);
        all
    }

    /// Adds all events of `parts`, as [`Events::concat`] does. There is room for a few more,
    /// which would otherwise double all that memory.
    pub fn take_over_all(&mut self, parts: Vec<Self>) {
        let events: usize = parts.iter().map(Self::len).sum();
        self.rows.reserve_exact(events + (self.len() + events) / 64);
        let pools: Vec<&Pool> = parts.iter().map(|part| &part.values).collect();
        self.values.reserve(&pools);
        for part in parts {
            self.append(&part);
        }
    }

    /// The event at `at`.
    ///
    /// # Panics
    /// When `at` is not below [`Events::len`]; so do the single look-ups below.
    #[must_use]
    pub fn get(&self, at: usize) -> Event<'_> {
        let row = &self.rows[at];
        let about = &self.abouts[row.about as usize];
        Event {
            stage: about.stage,
            kind: about.kind,
            record: (row.record != NONE).then_some(row.record),
            golden: (row.golden != NONE).then_some(row.golden),
            field: &self.words[about.field as usize],
            before: self.load(row.before),
            after: self.load(row.after),
            rule: &self.words[about.rule as usize],
            reason: &self.words[about.reason as usize],
            weight: self.weight(at),
        }
    }

    /// The event at `at` as numbers.
    #[must_use]
    pub fn row(&self, at: usize) -> Row {
        self.rows[at]
    }

    /// What events have in common, by [`Row::about`].
    #[must_use]
    pub fn abouts(&self) -> &[About] {
        &self.abouts
    }

    /// How many events there are of each stage, kind, field, rule and reason.
    #[must_use]
    pub fn tally(&self) -> Vec<(About, u64)> {
        let mut counts = vec![0; self.abouts.len()];
        for row in &self.rows {
            counts[row.about as usize] += 1;
        }
        self.abouts.iter().copied().zip(counts).collect()
    }

    /// [`Event::record`] alone.
    #[must_use]
    pub fn record(&self, at: usize) -> Option<u32> {
        Some(self.rows[at].record).filter(|record| *record != NONE)
    }

    /// [`Event::golden`] alone.
    #[must_use]
    pub fn golden(&self, at: usize) -> Option<u32> {
        Some(self.rows[at].golden).filter(|golden| *golden != NONE)
    }

    /// [`Event::before`] alone.
    #[must_use]
    pub fn before(&self, at: usize) -> Option<&str> {
        self.load(self.rows[at].before)
    }

    /// [`Event::after`] alone.
    #[must_use]
    pub fn after(&self, at: usize) -> Option<&str> {
        self.load(self.rows[at].after)
    }

    /// How many values are stored: the numbers of [`Events::values_of`] are below.
    #[must_use]
    pub fn values(&self) -> usize {
        self.values.len()
    }

    /// The value of a number of [`Events::values_of`].
    #[must_use]
    pub fn value(&self, number: u32) -> &str {
        self.values.get_dense(number)
    }

    /// Touches values that are read next, by their numbers.
    pub fn fetch(&self, numbers: &[u32]) {
        self.values.fetch(numbers);
    }

    /// The values before and after as numbers below [`Events::values`].
    #[must_use]
    pub fn values_of(&self, row: &Row) -> [Option<u32>; 2] {
        [row.before, row.after].map(|number| (number != NONE).then(|| self.values.dense(number)))
    }

    /// For asking whether values are those of a column's cells.
    #[must_use]
    pub fn against<'a>(&'a self, column: Option<&'a Text>) -> Against<'a> {
        Against {
            events: self,
            column,
            place: column.and_then(|column| self.values.place_of(column)),
            same: Vec::new(),
        }
    }

    /// Field, rule and reason as indexes into [`Events::words`].
    #[must_use]
    pub fn texts(&self, at: usize) -> [u32; 3] {
        let about = &self.abouts[self.rows[at].about as usize];
        [about.field, about.rule, about.reason]
    }

    /// [`Event::weight`] alone.
    fn weight(&self, at: usize) -> Option<f32> {
        let at = u32::try_from(at).ok()?;
        let place = self
            .weights
            .binary_search_by_key(&at, |(own, _)| *own)
            .ok()?;
        Some(self.weights[place].1)
    }

    /// The weights, for asking after many of them.
    #[must_use]
    pub fn weights(&self) -> Weights<'_> {
        Weights::of(&self.weights, |at| self.about(at as usize).1)
    }

    /// Stage, kind, and the field as an index into [`Events::words`].
    #[must_use]
    pub fn about(&self, at: usize) -> (Stage, EventKind, u32) {
        let about = &self.abouts[self.rows[at].about as usize];
        (about.stage, about.kind, about.field)
    }

    /// All fields, rules and reasons, in order of first use.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        (0..self.len()).map(|at| self.get(at))
    }

    fn next(&self) -> u32 {
        u32::try_from(self.rows.len()).unwrap_or(NONE)
    }

    fn store(&mut self, value: Option<&str>) -> u32 {
        let Some(text) = value else {
            return NONE;
        };
        if self.remembered.is_empty() {
            self.remembered = vec![NONE; REMEMBERED];
        }
        let hash = usize::try_from(self.hasher.hash_one(text) & (REMEMBERED as u64 - 1));
        let slot = &mut self.remembered[hash.unwrap_or(0)];
        if *slot == NONE || self.values.get(*slot) != text {
            *slot = self.values.push(text);
        }
        *slot
    }

    fn load(&self, value: u32) -> Option<&str> {
        (value != NONE).then(|| self.values.get(value))
    }

    /// Events of a few kinds come together: their words are compared, not hashed.
    fn recent_about(&self, event: &Event<'_>) -> Option<u32> {
        let word = |at: u32| self.words[at as usize].as_str();
        self.recent_abouts.iter().copied().find(|&at| {
            self.abouts.get(at as usize).is_some_and(|about| {
                about.kind == event.kind
                    && about.stage == event.stage
                    && word(about.rule) == event.rule
                    && word(about.field) == event.field
                    && word(about.reason) == event.reason
            })
        })
    }

    fn about_of(&mut self, about: About) -> u32 {
        let abouts = &mut self.abouts;
        *self.known_abouts.entry(about).or_insert_with(|| {
            abouts.push(about);
            u32::try_from(abouts.len() - 1).unwrap_or(0)
        })
    }

    fn word(&mut self, word: &str) -> u32 {
        if let Some(&at) = self.known.get(word) {
            return at;
        }
        // Words are rule ids, fields and fixed reasons: thousands at most.
        let at = u32::try_from(self.words.len()).unwrap_or(0);
        self.words.push(word.to_owned());
        self.known.insert(word.to_owned(), at);
        at
    }
}

/// Values of events beside the cells of a column.
pub struct Against<'a> {
    events: &'a Events,
    column: Option<&'a Text>,
    place: Option<Place>,
    /// Numbers and codes whose texts were seen to be the same, by number.
    same: Vec<(u32, u32)>,
}

impl Against<'_> {
    /// Whether the event's value after is that of the column's `row`; both may be missing.
    pub fn after_is(&mut self, at: usize, row: usize) -> bool {
        self.is_cell(self.events.rows[at].after, row)
    }

    /// Whether the event's value before is that of the column's `row`.
    pub fn before_is(&mut self, at: usize, row: usize) -> bool {
        self.is_cell(self.events.rows[at].before, row)
    }

    /// By number where that tells, else by text.
    fn is_cell(&mut self, number: u32, row: usize) -> bool {
        let cell = self
            .column
            .and_then(|column| Some((column, column.code(row)?)));
        let Some((column, code)) = cell else {
            return number == NONE;
        };
        if number == NONE || self.place.is_some_and(|place| place.number(code) == number) {
            return number != NONE;
        }
        if self.same.is_empty() {
            self.same = vec![(NONE, NONE); REMEMBERED];
        }
        let known = &mut self.same[number as usize % REMEMBERED];
        if *known == (number, code) {
            return true;
        }
        let is_same = self.events.values.get(number) == column.value(code);
        if is_same {
            *known = (number, code);
        }
        is_same
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_that_was_just_stored_is_not_stored_again() {
        let mut events = Events::new();
        for record in 0..100 {
            events.push(Event {
                record: Some(record),
                before: Some("lost"),
                after: Some("won"),
                ..Event::default()
            });
        }
        assert_eq!(events.values.own().collect::<Vec<_>>(), ["lost", "won"]);
        assert_eq!(events.get(99).after, Some("won"));
        assert_eq!(size_of::<Row>(), 20);
    }

    #[test]
    fn a_deaf_list_stays_empty_and_so_does_another_of_its_kind() {
        let told = Event {
            record: Some(1),
            before: Some("lost"),
            after: Some("won"),
            weight: Some(2.0),
            ..Event::default()
        };
        let mut heard = Events::new();
        heard.push(told);
        let mut deaf = Events::deaf().another();
        deaf.push(told);
        let prepared = deaf.prepare(&told);
        deaf.push_told(1, prepared);
        deaf.push_weighted(prepared, 1, 2, 3.0);
        deaf.push_numbers(prepared, 1, 2, None, None);
        deaf.append(&heard);
        deaf.take_over_all(vec![heard.clone()]);
        deaf.take_over(heard);
        assert!(deaf.is_empty());
        assert_eq!((deaf.values(), deaf.weights.len()), (0, 0));
        assert_eq!(deaf.iter().count(), 0);
    }

    #[test]
    fn events_come_back_as_pushed_also_after_append() {
        let first = Event {
            kind: EventKind::Standardised,
            record: Some(3),
            field: "email",
            before: Some("A@X.COM"),
            after: Some("a@x.com"),
            rule: "email_case",
            ..Event::default()
        };
        let second = Event {
            kind: EventKind::Cleared,
            record: Some(4),
            field: "phone",
            before: Some("n/a"),
            reason: "placeholder",
            weight: Some(1.5),
            ..Event::default()
        };
        let mut one = Events::new();
        one.push(first);
        let mut two = Events::new();
        two.push(second);
        one.append(&two);
        assert_eq!(one.len(), 2);
        assert_eq!(one.get(0), first);
        assert_eq!(one.get(1), second);
        let told = two.prepare(&first);
        two.push_told(7, told);
        one.take_over(two);
        assert_eq!((one.len(), one.get(2)), (4, second));
        let third = Event {
            record: Some(7),
            ..first
        };
        assert_eq!(one.get(3), third);
    }
}
