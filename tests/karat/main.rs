mod map;
mod cli;
mod plan;
