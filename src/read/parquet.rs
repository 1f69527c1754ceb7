//! Placeholder for the next commit.
use super::fault::{Fault, fault};
use super::sink::FileTable;
use super::{FileRead, Job};
use std::io::Read;

pub fn read(_content: Box<dyn Read>, job: &Job<'_>, _file: FileRead) -> Result<FileTable, Fault> {
    Err(fault(
        &job.path,
        "input_foreign",
        "this format is not read yet",
    ))
}
