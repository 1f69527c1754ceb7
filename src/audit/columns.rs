//! The columns of the audit log, `audit.parquet`.

/// The columns of `audit.parquet`, a contract.
pub const COLUMNS: [&str; 12] = [
    "seq",
    TEXT_COLUMNS[0],
    TEXT_COLUMNS[1],
    TEXT_COLUMNS[2],
    TEXT_COLUMNS[3],
    TEXT_COLUMNS[4],
    TEXT_COLUMNS[5],
    TEXT_COLUMNS[6],
    TEXT_COLUMNS[7],
    TEXT_COLUMNS[8],
    TEXT_COLUMNS[9],
    "weight",
];

/// Those that are text.
pub const TEXT_COLUMNS: [&str; 10] = [
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
];
