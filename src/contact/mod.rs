//! The words that every stage shares: fields, tables, events, diagnostics.
//!
//! Nothing here knows a stage, a file format or a terminal.

mod alike;
pub mod diagnostic;
pub mod event;
pub mod events;
pub mod fault;
pub mod field;
mod pool;
pub mod records;
pub mod table;
pub mod text;
mod values;
pub mod violation;
mod weights;

pub use alike::Alike;
pub use diagnostic::{Diagnostic, Failure, FailureKind, Place, Severity};
pub use event::{Event, EventKind, Stage};
pub use events::{Events, Told};
pub use field::{Field, FieldType, Fields};
pub use pool::Place as ValuePlace;
pub use records::{Held, Origin, RECORD_ID, Records, SourceInfo};
pub use table::Table;
pub use text::{Copied, Text, TextBuilder};
pub use values::{Numbers, Values};
pub use violation::{Action, Broken, Violation, Violations};
pub use weights::Weights;
