mod cli;
mod map;
mod plan;
mod map;
mod standardise;
//! One binary of integration tests, one module a command or law.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::print_stderr)]

mod architecture;
mod generator;
mod laws_generated;
mod readme;
mod stories;
