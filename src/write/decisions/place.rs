//! The decisions file on disk: read, extended and replaced as one step.
//!
//! A decision is hours of somebody's work: the file is locked while it changes, written
//! aside, synced and renamed, so that it is the old one or the new one, never a part.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{New, utf8, with};
use crate::contact::fault::unwritable;
use crate::contact::{Failure, FailureKind};

/// Makes an empty decisions file, unless there is one.
///
/// # Errors
/// Exit 74 when the system refuses.
pub fn create(path: &Path) -> Result<(), Failure> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options
        .open(path)
        .map(|_| ())
        .map_err(|error| unwritable(path, &error))
}

/// Adds decisions to a file, which must be there; the new text.
///
/// # Errors
/// Exit 2 with the lines that a new decision repeats or contradicts, or what is wrong
/// with the file as it is; 74 when the system refuses. The file is as before then.
pub fn extend(path: &Path, new: &[New]) -> Result<String, Failure> {
    let refused = |error: io::Error| unwritable(path, &error);
    // A link stays a link: what it points to is replaced.
    let target = fs::canonicalize(path).map_err(refused)?;
    let _lock = locked(&target).map_err(refused)?;
    let bytes = fs::read(&target).map_err(refused)?;
    let name = path.display().to_string();
    let text = utf8(&name, &bytes)?;
    let next = with(&name, text, new).map_err(|faults| Failure::new(FailureKind::Usage, faults))?;
    replace(&target, &next).map_err(refused)?;
    Ok(next)
}

/// Holds the file that has the name now: who waited for the lock may hold one that was
/// replaced meanwhile.
fn locked(path: &Path) -> io::Result<File> {
    loop {
        let file = File::open(path)?;
        match file.lock() {
            Ok(()) => {}
            // Some network file systems know no locks; the rename is whole all the same.
            Err(error) if error.kind() == io::ErrorKind::Unsupported => return Ok(file),
            Err(error) => return Err(error),
        }
        if same(&file, path)? {
            return Ok(file);
        }
    }
}

#[cfg(unix)]
fn same(file: &File, path: &Path) -> io::Result<bool> {
    use std::os::unix::fs::MetadataExt;
    let (own, now) = (file.metadata()?, fs::metadata(path)?);
    Ok((own.dev(), own.ino()) == (now.dev(), now.ino()))
}

#[cfg(not(unix))]
fn same(_: &File, _: &Path) -> io::Result<bool> {
    Ok(true)
}

fn replace(path: &Path, text: &str) -> io::Result<()> {
    let aside = aside(path);
    let written = (|| {
        let mut options = OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&aside)?;
        file.write_all(text.as_bytes())?;
        file.set_permissions(fs::metadata(path)?.permissions())?;
        file.sync_all()?;
        fs::rename(&aside, path)
    })();
    if written.is_err() {
        // What can't be removed is only a copy.
        let _ = fs::remove_file(&aside);
    }
    written
}

/// A name in the same folder, so that it can be renamed; the process makes it its own.
fn aside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::link::decisions::{RecordName, Verdict};

    fn new(id: usize) -> New {
        New {
            verdict: Verdict::Never,
            a: RecordName::new("a", id.to_string()),
            b: RecordName::new("b", id.to_string()),
            by: "ann".into(),
            date: "2026-01-31".into(),
            why: String::new(),
        }
    }

    #[test]
    fn a_file_is_made_and_grows_and_keeps_its_rights() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decisions.csv");
        create(&path).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o660)).unwrap();
        extend(&path, &[new(1)]).unwrap();
        extend(&path, &[new(2)]).unwrap();
        create(&path).unwrap();
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(
            text,
            "verdict,source_a,record_id_a,source_b,record_id_b,by,date,why\nnever,a,1,b,1,ann,2026-01-31,\nnever,a,2,b,2,ann,2026-01-31,\n"
        );
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            let mode = fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o660);
        }
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn many_writers_lose_no_line() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("decisions.csv");
        create(&path).unwrap();
        // One process has one name for its copy: the lock keeps them apart.
        std::thread::scope(|scope| {
            for writer in 0..4 {
                let path = &path;
                scope.spawn(move || {
                    for at in 0..10 {
                        extend(path, &[new(writer * 10 + at)]).unwrap();
                    }
                });
            }
        });
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().count(), 41);
    }

    #[cfg(unix)]
    #[test]
    fn a_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let (path, link) = (
            folder.path().join("real.csv"),
            folder.path().join("link.csv"),
        );
        create(&path).unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        extend(&link, &[new(1)]).unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&path).unwrap().lines().count(), 2);
    }
}
