mod cli;
mod map;
mod plan;
