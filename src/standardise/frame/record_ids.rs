//! Record ids that a spreadsheet has rounded (`1.23E+10`): several records may share
//! one, and none leads back to its record. The ids themselves stay as they are.

use super::sheet::Sheet;
use crate::contact::diagnostic::shown;
use crate::contact::{RECORD_ID, Records, Severity};
use crate::standardise::identifier::is_scientific;
use crate::standardise::outcome::Doubt;

/// Tells every record whose id, or value in a column called like an id, was rounded.
pub fn doubt(records: &Records, sheet: &mut Sheet) {
    for (row, origin) in (0_u32..).zip(&records.origin) {
        let Some(source) = records.sources.get(usize::from(origin.source)) else {
            continue;
        };
        let at = row as usize;
        let (field, value) = match &source.id_refused {
            Some(column) => (column.as_str(), records.table.get(column, at)),
            None if source.id_header.is_some() => (RECORD_ID, Some(own_id(records.id(at)))),
            None => continue,
        };
        let Some(value) = value.filter(|value| is_scientific(value.trim())) else {
            continue;
        };
        let doubt = Doubt {
            rule: "record_id_lost_in_spreadsheet",
            severity: Severity::Warning,
            message: format!(
                "{} was a record's id until a spreadsheet cut its last digits; export it again as text",
                shown(value)
            ),
            suggestion: None,
        };
        sheet.doubt(row, field, Some(value), &doubt);
    }
}

/// An id without the number that tells it from others like it (`#2`).
fn own_id(id: &str) -> &str {
    match id.rsplit_once('#') {
        Some((own, number)) if number.bytes().all(|b| b.is_ascii_digit()) => own,
        _ => id,
    }
}
