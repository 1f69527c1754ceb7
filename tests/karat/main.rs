mod cli;
mod plan;
