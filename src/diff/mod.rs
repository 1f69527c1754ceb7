//! What changed between two runs, and why.
//!
//! In: the run before, from its folder, and a run that is under way or published as
//! well. Out: [`Changes`], exact figures with reasons and bounded samples.

pub mod apart;
pub mod changes;
mod compare;
mod fields;
pub mod fingerprint;
mod flags;
pub mod in_run;
mod inputs;
mod people;
pub mod published;
pub mod renamed;
pub mod shrunk;
pub mod sides;
pub mod stored;
mod telling;
#[cfg(test)]
mod tests;
pub mod why;

pub use changes::{Changes, Counts, Reason};
pub use compare::compare;
pub use sides::{Side, UnderWay};
pub use stored::Stored;
pub use why::Why;

/// Records named of one person.
pub const RECORDS_SHOWN: usize = 5;

/// Of each kind of change, how many a run tells.
pub const SHOWN: usize = 20;
