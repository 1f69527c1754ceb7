//! Stage: merge.
