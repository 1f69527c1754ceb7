//! What a person should look at, and the page to answer it on.
//!
//! In: a published run ([`crate::explain::run`]) and the decisions that stand already.
//! Out: questions, the most telling first ([`queue`](mod@queue)), for a page that needs no network
//! ([`page`]) or for a terminal.

pub mod effect;
pub mod marks;
pub mod page;
pub mod question;
pub mod queue;
mod select;

pub use question::Question;
pub use queue::{Queue, queue};
