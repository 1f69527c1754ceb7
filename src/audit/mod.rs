//! The audit log: every change and decision of a run, as columns, and replayed.

pub mod columns;
