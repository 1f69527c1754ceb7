mod cli;
mod map;
mod plan;
mod standardise;
mod validate;
