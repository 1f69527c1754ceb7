//! What the operating system refused, in words with a next step.

use std::io::{Error, ErrorKind};
use std::path::Path;

use super::diagnostic::shown;
use super::{Diagnostic, Failure, FailureKind, Place};

/// A file that could not be read.
#[must_use]
pub fn unreadable(path: &Path, error: &Error) -> Diagnostic {
    let name = path.display().to_string();
    let diagnostic = Diagnostic::error(
        "input_unreadable",
        format!("{} could not be read: {}", shown(&name), words(error)),
    )
    .at(Place::file(name));
    match error.kind() {
        ErrorKind::PermissionDenied => {
            diagnostic.hint("give the user that runs karat the right to read it")
        }
        ErrorKind::IsADirectory => {
            diagnostic.hint("name its files with a pattern, such as 'folder/*.csv'")
        }
        _ => diagnostic,
    }
}

/// A file or folder that could not be written: exit 74.
#[must_use]
pub fn unwritable(path: &Path, error: &Error) -> Failure {
    let name = path.display().to_string();
    let diagnostic = Diagnostic::error(
        "output_unwritable",
        format!("{} could not be written: {}", shown(&name), words(error)),
    )
    .at(Place::file(name));
    let diagnostic = match error.kind() {
        ErrorKind::PermissionDenied => diagnostic
            .hint("give the user that runs karat the right to write there, or name another folder with --out or [output] dir"),
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => diagnostic
            .hint("nothing was published; free some space or name a folder on another disk, and run again"),
        ErrorKind::ReadOnlyFilesystem => {
            diagnostic.hint("name a folder that can be written with --out or [output] dir")
        }
        ErrorKind::NotADirectory | ErrorKind::AlreadyExists => {
            diagnostic.hint("a file stands where the folder should be: name another with --out or [output] dir")
        }
        _ => diagnostic,
    };
    Failure::one(FailureKind::Output, diagnostic)
}

/// The reason in karat's words, without "(os error 13)".
fn words(error: &Error) -> String {
    match error.kind() {
        ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        ErrorKind::PermissionDenied => "permission denied".to_owned(),
        ErrorKind::StorageFull => "the disk is full".to_owned(),
        ErrorKind::QuotaExceeded => "the disk quota is used up".to_owned(),
        ErrorKind::ReadOnlyFilesystem => "the file system is read-only".to_owned(),
        ErrorKind::IsADirectory => "it is a folder".to_owned(),
        ErrorKind::NotADirectory => "a part of its path is not a folder".to_owned(),
        _ => {
            let text = error.to_string();
            match text.find(" (os error") {
                Some(at) => text[..at].to_lowercase(),
                None => text,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_has_its_own_words_and_exit_code() {
        let failure = unwritable(Path::new("out/runs"), &ErrorKind::StorageFull.into());
        assert_eq!(failure.kind.exit_code(), 74);
        assert_eq!(
            failure.diagnostics[0].message,
            "'out/runs' could not be written: the disk is full"
        );
        assert_eq!(failure.diagnostics[0].hints.len(), 1);
    }

    #[test]
    fn other_errors_lose_their_number() {
        let error = Error::from_raw_os_error(24);
        assert!(!words(&error).contains("os error"), "{}", words(&error));
    }
}
