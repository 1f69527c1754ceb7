//! The plan: what a run reads, how it links and merges, where it writes.
//!
//! [`written`] is the file as a person wrote it, with positions; [`Plan`] is the
//! same after checking, all defaults filled. No stage takes the first.

pub mod checked;

pub use checked::*;
