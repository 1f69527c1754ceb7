mod cli;
mod map;
mod plan;
mod map;
mod standardise;
