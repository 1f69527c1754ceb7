mod cli;
mod plan;
mod map;
