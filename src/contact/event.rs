//! Audit events: every change and every decision of a run, in columns.
//!
//! Values live in one arena and repeated words are interned, so that millions
//! of events cost tens of bytes each.

use hashbrown::HashMap;

/// The stage that an event comes from, in the order of the run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Stage {
    Read,
    Map,
    Standardise,
    Validate,
    Link,
    Merge,
    Write,
}

impl Stage {
    pub const ALL: [Self; 7] = [
        Self::Read,
        Self::Map,
        Self::Standardise,
        Self::Validate,
        Self::Link,
        Self::Merge,
        Self::Write,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Map => "map",
            Self::Standardise => "standardise",
            Self::Validate => "validate",
            Self::Link => "link",
            Self::Merge => "merge",
            Self::Write => "write",
        }
    }
}

/// What an event tells. The word is a contract of `audit.parquet`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum EventKind {
    /// A record is held out of the golden set.
    Quarantined,
    /// A value was brought to its canonical form (`before` raw, `after` canonical).
    Standardised,
    /// A value was taken out (a placeholder, an unusable value): `after` missing.
    Cleared,
    /// A value was split over, moved to or computed into `field` from another field
    /// named in `reason`; `before` is that other field's raw value.
    Derived,
    /// A value was changed by a rule's `fix`.
    Fixed,
    /// The record joined a golden record with others; `weight` is its match weight in bits.
    Merged,
    /// A golden value comes from this record (`after` is the value, `rule` the strategy).
    Survived,
    /// A value that differs from the golden one lost (`before` lost, `after` won).
    Lost,
    /// A golden id was made, kept, moved, split or retired.
    GoldenId,
    /// A person's `never` or `always` was applied.
    Decision,
    /// A value was changed on its way out (a formula guard).
    Guarded,
}

impl EventKind {
    pub const ALL: [Self; 11] = [
        Self::Quarantined,
        Self::Standardised,
        Self::Cleared,
        Self::Derived,
        Self::Fixed,
        Self::Merged,
        Self::Survived,
        Self::Lost,
        Self::GoldenId,
        Self::Decision,
        Self::Guarded,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Quarantined => "quarantined",
            Self::Standardised => "standardised",
            Self::Cleared => "cleared",
            Self::Derived => "derived",
            Self::Fixed => "fixed",
            Self::Merged => "merged",
            Self::Survived => "survived",
            Self::Lost => "lost",
            Self::GoldenId => "golden_id",
            Self::Decision => "decision",
            Self::Guarded => "guarded",
        }
    }
}

/// One event, as pushed or as looked at.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event<'a> {
    pub stage: Stage,
    pub kind: EventKind,
    /// Row of [`super::Records`].
    pub record: Option<u32>,
    /// Row of the golden table (known from the merge on).
    pub golden: Option<u32>,
    /// Canonical field or extra column; "" when the event is about the whole record.
    pub field: &'a str,
    pub before: Option<&'a str>,
    pub after: Option<&'a str>,
    /// The standardising step, validation rule or survivorship strategy.
    pub rule: &'a str,
    pub reason: &'a str,
    /// Match weight in bits, where there is one.
    pub weight: Option<f32>,
}

impl Default for Event<'_> {
    fn default() -> Self {
        Self {
            stage: Stage::Read,
            kind: EventKind::Standardised,
            record: None,
            golden: None,
            field: "",
            before: None,
            after: None,
            rule: "",
            reason: "",
            weight: None,
        }
    }
}

const NONE: u32 = u32::MAX;

/// Half of it is the two spans: kept small, there are millions.
#[derive(Clone, Copy, Debug)]
struct Row {
    record: u32,
    golden: u32,
    before: Span,
    after: Span,
    weight: f32,
    field: u32,
    rule: u32,
    reason: u32,
    stage: Stage,
    kind: EventKind,
}

/// A piece of the arena, which may grow to 2^40 bytes. Packed: a row has two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(Rust, packed)]
struct Span {
    low: u32,
    /// `NONE` when there is no value.
    len: u32,
    high: u8,
}

/// How many values back `Events` looks for one that it has just stored: the golden
/// value that several records lost to, a golden id before and after.
const RECENT: usize = 4;

/// A growing list of events.
#[derive(Clone, Debug, Default)]
pub struct Events {
    rows: Vec<Row>,
    arena: String,
    words: Vec<String>,
    known: HashMap<String, u32, foldhash::fast::FixedState>,
    recent: [Option<Span>; RECENT],
    next_recent: usize,
}

impl Events {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Adds an event.
    pub fn push(&mut self, event: Event<'_>) {
        let row = Row {
            record: event.record.unwrap_or(NONE),
            golden: event.golden.unwrap_or(NONE),
            before: self.store(event.before),
            after: self.store(event.after),
            weight: event.weight.unwrap_or(f32::NAN),
            field: self.word(event.field),
            rule: self.word(event.rule),
            reason: self.word(event.reason),
            stage: event.stage,
            kind: event.kind,
        };
        self.rows.push(row);
    }

    /// Adds all events of `other` behind the own ones.
    pub fn append(&mut self, other: &Self) {
        let words: Vec<u32> = other.words.iter().map(|word| self.word(word)).collect();
        let shift = self.arena.len() as u64;
        self.arena.push_str(&other.arena);
        self.rows.extend(other.rows.iter().map(|row| Row {
            before: row.before.shifted(shift),
            after: row.after.shifted(shift),
            field: words[row.field as usize],
            rule: words[row.rule as usize],
            reason: words[row.reason as usize],
            ..*row
        }));
    }

    /// Adds all events of `other` in memory that fits, and frees it.
    pub fn take_over(&mut self, other: Self) {
        self.rows.reserve_exact(other.len());
        self.arena.reserve_exact(other.arena.len());
        self.append(&other);
    }

    /// All events of `parts` in order, in memory that fits; each part is freed once
    /// it is taken over.
    #[must_use]
    pub fn concat(parts: Vec<Self>) -> Self {
        let mut all = Self::new();
        all.rows.reserve_exact(parts.iter().map(Self::len).sum());
        all.arena
            .reserve_exact(parts.iter().map(|part| part.arena.len()).sum());
        for part in parts {
            all.append(&part);
        }
        all
    }

    /// The event at `at`.
    ///
    /// # Panics
    /// When `at` is not below [`Events::len`]; so do the single look-ups below.
    #[must_use]
    pub fn get(&self, at: usize) -> Event<'_> {
        let row = &self.rows[at];
        Event {
            stage: row.stage,
            kind: row.kind,
            record: (row.record != NONE).then_some(row.record),
            golden: (row.golden != NONE).then_some(row.golden),
            field: &self.words[row.field as usize],
            before: self.load(row.before),
            after: self.load(row.after),
            rule: &self.words[row.rule as usize],
            reason: &self.words[row.reason as usize],
            weight: (!row.weight.is_nan()).then_some(row.weight),
        }
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

    /// Stage, kind, and the field as an index into [`Events::words`].
    #[must_use]
    pub fn about(&self, at: usize) -> (Stage, EventKind, u32) {
        let row = &self.rows[at];
        (row.stage, row.kind, row.field)
    }

    /// All fields, rules and reasons, in order of first use.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    pub fn iter(&self) -> impl Iterator<Item = Event<'_>> {
        (0..self.len()).map(|at| self.get(at))
    }

    fn store(&mut self, value: Option<&str>) -> Span {
        let Some(text) = value else {
            return Span::MISSING;
        };
        // Looking back costs a few comparisons and saves the same text again and again.
        let known = self
            .recent
            .iter()
            .flatten()
            .find(|span| span.len as usize == text.len() && self.load(**span) == Some(text));
        if let Some(known) = known {
            return *known;
        }
        let span = Span::at(self.arena.len() as u64, text.len());
        self.arena.push_str(text);
        self.recent[self.next_recent] = Some(span);
        self.next_recent = (self.next_recent + 1) % RECENT;
        span
    }

    fn load(&self, span: Span) -> Option<&str> {
        if span.len == NONE {
            return None;
        }
        let start = usize::try_from(span.start()).ok()?;
        self.arena.get(start..start + span.len as usize)
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

impl Span {
    const MISSING: Self = Self {
        low: 0,
        len: NONE,
        high: 0,
    };

    #[allow(clippy::cast_possible_truncation)] // The halves are cut on purpose.
    fn at(start: u64, len: usize) -> Self {
        Self {
            low: start as u32,
            high: (start >> 32) as u8,
            // A field is bounded far below 4 GiB when it is read.
            len: u32::try_from(len).unwrap_or(NONE - 1),
        }
    }

    const fn start(self) -> u64 {
        self.low as u64 | (self.high as u64) << 32
    }

    fn shifted(self, by: u64) -> Self {
        if self.len == NONE {
            return self;
        }
        Self::at(self.start() + by, self.len as usize)
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
        assert_eq!(events.arena, "lostwon");
        assert_eq!(events.get(99).after, Some("won"));
        assert_eq!(size_of::<Row>(), 44);
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
        one.take_over(two);
        assert_eq!((one.len(), one.get(2)), (3, second));
    }
}
