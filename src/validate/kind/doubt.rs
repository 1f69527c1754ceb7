//! `doubt = "junk_record"`: what standardising raised under that name gets this
//! rule's severity, owner and action. How: `validate::doubts`.

use super::Reading;

pub(super) fn read(reading: &mut Reading<'_>) -> Option<String> {
    reading
        .section
        .text("doubt", reading.faults)
        .map(|text| text.value)
}
