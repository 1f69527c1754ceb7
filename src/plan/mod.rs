//! The plan: what a run reads, how it links and merges, where it writes.
//!
//! [`written`] is the file as a person wrote it, with positions; [`Plan`] is the
//! same after checking, all defaults filled. No stage takes the first.
//!
//! A plan's text is checked twice: its structure against the JSON Schema of
//! [`written`] (`structure`), then its meaning (`check` and below). Both find
//! all faults; what the first refuses is taken out before the second looks.

mod check;
pub mod checked;
mod draft;
mod faults;
mod files;
pub mod key_parts;
mod known;
mod position;
mod renames;
mod schema;
mod structure;
pub mod written;

pub use check::{Checked, Overrides, load, parse};
pub use checked::*;
pub use draft::{draft, to_toml};
pub use renames::Renames;
pub use schema::schema;
