//! The arithmetic of linking over plain integers and slices: no data frames, no
//! text, no files.

pub mod cluster;
pub mod communities;
pub mod em;
mod groups;
pub mod guards;
pub mod logs;
pub mod random;
mod small;
