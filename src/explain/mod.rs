//! What a run can say about its merges: records, pairs and their evidence, read from the
//! run folder without running anything again.
//!
//! `explain`, `review` and `report` share it.

pub mod field;
pub mod group;
pub mod log;
pub mod merges;
pub mod pair_story;
pub mod run;
pub mod sheet;
pub mod what_if;

pub use run::{Head, Pair, Record, Run};
