mod cli;
mod map;
mod plan;
mod read;
