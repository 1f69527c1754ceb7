//! karat: messy contact exports in, one golden dataset with its proof out.
//!
//! `contact` holds the words; `plan` and `rulebook` what is asked for; then one
//! module a stage, in the order of `pipeline`; `cli` alone prints.

pub mod audit;
pub mod cli;
pub mod contact;
pub mod diff;
pub mod explain;
pub mod link;
pub mod map;
pub mod merge;
#[cfg(test)]
mod page_hash;
pub mod pipeline;
pub mod plan;
pub mod read;
pub mod report;
pub mod review;
pub mod rulebook;
pub mod standardise;
pub mod validate;
pub mod watch;
pub mod write;
