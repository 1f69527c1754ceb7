//! `required = "each"`: every one of the fields has a value.
//! `required = "any"`: at least one of them has.

use super::{Hit, Look, Reading, hit};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Required {
    Each,
    Any,
}

impl Required {
    pub(super) fn read(reading: &mut Reading<'_>) -> Option<Self> {
        reading.section.word(
            "required",
            &[("each", Self::Each), ("any", Self::Any)],
            reading.faults,
        )
    }

    /// One violation a record, on no field of its own.
    #[must_use]
    pub fn is_any(self) -> bool {
        self == Self::Any
    }

    pub(super) fn words(self, field: &str, fields: &[String]) -> String {
        match self {
            Self::Each => format!("{field} is missing"),
            Self::Any => format!("all of these are missing: {}", fields.join(", ")),
        }
    }

    pub(super) fn look(self, look: &Look<'_>) -> Vec<Hit> {
        let columns: Vec<_> = look
            .fields
            .iter()
            .map(|field| look.view.column(field))
            .collect();
        let missing = |at: usize, row: usize| columns[at].is_none_or(|c| !c.has(row));
        look.rows(|row, hits| match self {
            Self::Each => {
                for (at, index) in (0..columns.len()).zip(0u16..) {
                    if missing(at, row) {
                        hits.push(hit(row, Some(index)));
                    }
                }
            }
            Self::Any => {
                if (0..columns.len()).all(|at| missing(at, row)) {
                    hits.push(hit(row, None));
                }
            }
        })
    }
}
