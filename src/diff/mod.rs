//! What changed between two runs, and why.

pub mod changes;

pub use changes::{Changes, Counts, Reason};

/// Records named of one person.
pub const RECORDS_SHOWN: usize = 5;
