//! The columns of the audit log, `audit.parquet`.

/// The columns of `audit.parquet`, a contract.
pub const COLUMNS: [&str; 12] = [
    "seq",
    "stage",
    "kind",
    "source",
    "record_id",
    "golden_id",
    "field",
    "before",
    "after",
    "rule",
    "reason",
    "weight",
];
