//! One run at a time in an output folder.
//!
//! The lock is the operating system's and dies with its process, however that
//! ends; the file `.lock` stays, and its text only tells who holds it.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{Read, Seek, Write};
use std::path::Path;

use crate::contact::diagnostic::shown;
use crate::contact::fault::unwritable;
use crate::contact::{Diagnostic, Failure, FailureKind, Place};

/// Held until dropped.
#[derive(Debug)]
pub struct Lock {
    file: File,
}

impl Lock {
    /// Takes the lock of an output folder, which is made when it is missing.
    ///
    /// # Errors
    /// Exit 5 when another run holds it; exit 74 when the folder can't be written.
    pub fn take(dir: &Path) -> Result<Self, Failure> {
        make_dir(dir).map_err(|error| unwritable(dir, &error))?;
        let path = dir.join(".lock");
        let mut file = open(&path).map_err(|error| unwritable(&path, &error))?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Err(held(dir, &mut file)),
            Err(TryLockError::Error(error)) => return Err(unwritable(&path, &error)),
        }
        // The text is for people only: a failure to write it breaks nothing.
        let _ = file.set_len(0);
        let _ = file.rewind();
        let _ = write!(file, "process {} since {}", std::process::id(), now());
        let _ = file.flush();
        Ok(Self { file })
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        let _ = self.file.set_len(0);
        let _ = self.file.unlock();
    }
}

fn held(dir: &Path, file: &mut File) -> Failure {
    let mut holder = String::new();
    let _ = file.take(200).read_to_string(&mut holder);
    let holder = shown(holder.trim());
    let holder = holder.trim_matches('\'');
    let name = dir.display().to_string();
    let message = if holder.is_empty() {
        format!("another run is at work in '{name}'")
    } else {
        format!("another run is at work in '{name}' ({holder})")
    };
    Failure::one(
        FailureKind::Locked,
        Diagnostic::error("locked", message)
            .at(Place::file(dir.join(".lock").display().to_string()))
            .hint("wait until it ends, or write to another folder with --out")
            .hint("there is nothing to delete: the lock ends with its process"),
    )
}

fn now() -> String {
    let now = jiff::Timestamp::now();
    now.round(jiff::Unit::Second).unwrap_or(now).to_string()
}

fn make_dir(dir: &Path) -> std::io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder.create(dir)
}

fn open(path: &Path) -> std::io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_run_is_told_who_holds_the_lock_and_gets_it_later() {
        let folder = tempfile::tempdir().unwrap();
        let dir = folder.path().join("out");
        let first = Lock::take(&dir).unwrap();
        let failure = Lock::take(&dir).unwrap_err();
        assert_eq!(failure.kind, FailureKind::Locked);
        let message = &failure.diagnostics[0].message;
        assert!(
            message.contains(&format!("process {} since ", std::process::id())),
            "{message}"
        );
        drop(first);
        assert!(Lock::take(&dir).is_ok());
    }
}
