//! One binary of integration tests, one module a command or law.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod architecture;
mod bounds;
mod browser;
mod cli;
mod columns;
mod command;
mod decisions;
mod devtools;
mod evaluate;
mod explain;
mod flipped;
mod generator;
mod laws_generated;
mod link;
mod map;
mod match_keys;
mod name_pairs;
mod organisations;
mod plan;
mod progress;
mod read;
mod read_sheets;
mod read_wrapped;
mod readme;
mod renamed;
mod report;
mod review;
mod signals;
mod standardise;
mod stories;
mod trust;
mod undo_merge;
mod validate;
mod verify;
