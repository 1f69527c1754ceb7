//! What an export looks like on a bad night: one value on a hundred thousand records, a
//! record that a broken job wrote a million times.

use super::people::{Shape, World};
use super::rng::Rng;

/// Records that share the value, in a file that is large enough.
const SHARED: f64 = 100_000.0;
/// … and no more than this share of all.
const MOST: f64 = 0.1;

/// The columns of all systems that hold such a value, and the value.
type Bent = (&'static [&'static str], &'static str);

const PHONES: Bent = (
    &["Phone", "Phone Number", "Telephone", "Tel."],
    "+1 212 555 0100",
);
const EMAILS: Bent = (
    &["Email", "Email Address", "E-mail"],
    "noreply.import@broken-job.example",
);
const COMPANIES: Bent = (
    &[
        "Account.Name",
        "Company Name",
        "Company",
        "Organisation",
        "Company / Org",
    ],
    "Imported Leads Ltd",
);
const GIVEN: Bent = (&["FirstName", "First Name"], "Alex");
const FAMILY: Bent = (&["LastName", "Last Name"], "Taylor");
const WHOLE: Bent = (&["Attendee Name", "Full Name"], "Alex Taylor");

/// Which person, and which of his copies, a row is really of.
pub fn whose(world: &World, person: u64, copy: u32) -> (u64, u32) {
    if world.shape == Shape::Copies {
        (0, 0)
    } else {
        (person, copy)
    }
}

/// Puts the shared value into the cells of a row, if it is one of those that have it.
pub fn bend(world: &World, records: u64, place: [u64; 2], header: &[&str], cells: &mut [String]) {
    let values: &[Bent] = match world.shape {
        Shape::SharedPhone => &[PHONES],
        Shape::SharedEmail => &[EMAILS],
        Shape::SharedCompany => &[COMPANIES],
        Shape::SharedName => &[GIVEN, FAMILY, WHOLE],
        _ => return,
    };
    let share = (SHARED / records as f64).min(MOST);
    if !Rng::of(&[world.seed, 40 + place[0], place[1]]).chance(share) {
        return;
    }
    for (columns, value) in values {
        for (name, cell) in header.iter().zip(cells.iter_mut()) {
            if columns.contains(name) {
                (*value).clone_into(cell);
            }
        }
    }
}
