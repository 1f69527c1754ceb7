//! One binary of integration tests, one module a command or law.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod architecture;
mod cli;
mod evaluate;
mod generator;
mod laws_generated;
mod link;
mod map;
mod name_pairs;
mod plan;
mod read;
mod readme;
mod standardise;
mod stories;
mod validate;
