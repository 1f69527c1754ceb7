//! Placeholder for the next commit.
use super::decode::TextStream;
use super::fault::{Fault, fault};
use super::sink::FileTable;
use super::{FileRead, Format, Job};

pub fn sniff(_path: &str, _head: &[u8]) -> Option<Format> {
    None
}
pub fn read_lines(_s: TextStream, job: &Job<'_>, _file: FileRead) -> Result<FileTable, Fault> {
    Err(fault(
        &job.path,
        "input_foreign",
        "this format is not read yet",
    ))
}
pub fn read_whole(_s: TextStream, job: &Job<'_>, _file: FileRead) -> Result<FileTable, Fault> {
    Err(fault(
        &job.path,
        "input_foreign",
        "this format is not read yet",
    ))
}
