//! Stage: audit.
