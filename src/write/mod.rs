//! Everything of a run into one folder, published at once.
//!
//! In: the values of all stages. Out: the files of a run folder. Nothing that is
//! written here depends on the clock but the object `run` of `summary.json`.

pub mod csv;
pub mod guard;
pub mod output;
pub mod staging;
pub mod tables;
