//! The words that every stage shares: fields, tables, events, diagnostics.
//!
//! Nothing here knows a stage, a file format or a terminal.

pub mod diagnostic;
pub mod event;
pub mod fault;
pub mod field;
pub mod records;
pub mod table;
pub mod text;
mod values;
pub mod violation;

pub use diagnostic::{Diagnostic, Failure, FailureKind, Place, Severity};
pub use event::{Event, EventKind, Events, Stage, Told};
pub use field::{Field, FieldType, Fields};
pub use records::{Held, Origin, RECORD_ID, Records, SourceInfo};
pub use table::Table;
pub use text::{Copied, Text, TextBuilder};
pub use values::{Numbers, Values};
pub use violation::{Action, Broken, Violation, Violations};
