//! An audit event: a change or a decision of a run.

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
