//! A run folder appears whole or not at all: built aside, synced, renamed once.
//!
//! `out/runs/.staging-<run>` → `out/runs/<run>`, then `out/latest` is swapped by a
//! rename: a symbolic link, or a file with the run's id where links can't be made.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::path::{Path, PathBuf};

use crate::contact::Failure;
use crate::contact::fault::unwritable;

const STAGING: &str = ".staging-";
const RUNS: &str = "runs";
const LATEST: &str = "latest";

/// The folder that a run is built in.
#[derive(Debug)]
pub struct Staging {
    out: PathBuf,
    run: String,
    folder: PathBuf,
    published: bool,
}

impl Staging {
    /// Sweeps what killed runs left behind and starts a folder. The caller holds the
    /// lock of `out`, so that what is swept belongs to nobody.
    ///
    /// # Errors
    /// Exit 74, with the path and what the system says.
    pub fn start(out: &Path, run: &str) -> Result<Self, Failure> {
        let runs = out.join(RUNS);
        fs::create_dir_all(&runs).map_err(|error| unwritable(&runs, &error))?;
        sweep(&runs)?;
        let folder = runs.join(format!("{STAGING}{run}"));
        make_folder(&folder)?;
        Ok(Self {
            out: out.to_owned(),
            run: run.to_owned(),
            folder,
            published: false,
        })
    }

    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Creates a file in the folder, and the folders on the way to it.
    ///
    /// # Errors
    /// Exit 74, with the path and what the system says.
    pub fn create(&self, name: &str) -> Result<File, Failure> {
        let path = self.folder.join(name);
        if let Some(parent) = path.parent().filter(|parent| *parent != self.folder) {
            make_folder(parent)?;
        }
        create_private(&path).map_err(|error| unwritable(&path, &error))
    }

    /// Makes the run visible.
    ///
    /// # Errors
    /// Exit 74; then nothing was published.
    pub fn publish(mut self) -> Result<PathBuf, Failure> {
        let runs = self.out.join(RUNS);
        let target = runs.join(&self.run);
        sync_folders(&self.folder).map_err(|error| unwritable(&self.folder, &error))?;
        fs::rename(&self.folder, &target).map_err(|error| unwritable(&target, &error))?;
        self.published = true;
        sync_folder(&runs).map_err(|error| unwritable(&runs, &error))?;
        point_latest(&self.out, &self.run)?;
        Ok(target)
    }
}

impl Drop for Staging {
    fn drop(&mut self) {
        if !self.published {
            // What can't be removed now is swept by the next run.
            let _ = fs::remove_dir_all(&self.folder);
        }
    }
}

/// The folder of the latest published run, if there is one.
#[must_use]
pub fn latest(out: &Path) -> Option<PathBuf> {
    let pointer = out.join(LATEST);
    let meta = fs::symlink_metadata(&pointer).ok()?;
    let folder = if meta.is_file() {
        let run = fs::read_to_string(&pointer).ok()?;
        let run = run.trim();
        if run.is_empty() || run.contains(['/', '\\']) || run.starts_with('.') {
            return None;
        }
        out.join(RUNS).join(run)
    } else {
        pointer
    };
    fs::canonicalize(folder)
        .ok()
        .filter(|folder| folder.is_dir())
}

fn sweep(runs: &Path) -> Result<(), Failure> {
    let entries = fs::read_dir(runs).map_err(|error| unwritable(runs, &error))?;
    for entry in entries.flatten() {
        if entry.file_name().to_string_lossy().starts_with(STAGING) {
            let path = entry.path();
            fs::remove_dir_all(&path).map_err(|error| unwritable(&path, &error))?;
        }
    }
    Ok(())
}

fn point_latest(out: &Path, run: &str) -> Result<(), Failure> {
    let next = out.join(".latest-next");
    let pointer = out.join(LATEST);
    let fail = |error: io::Error| unwritable(&pointer, &error);
    match fs::remove_file(&next) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
        _ => {}
    }
    if link(&Path::new(RUNS).join(run), &next).is_err() {
        let mut file = create_private(&next).map_err(fail)?;
        io::Write::write_all(&mut file, run.as_bytes()).map_err(fail)?;
        file.sync_all().map_err(fail)?;
    }
    fs::rename(&next, &pointer).map_err(fail)?;
    sync_folder(out).map_err(fail)
}

#[cfg(unix)]
fn link(target: &Path, at: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(target, at)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<()> {
    Err(io::ErrorKind::Unsupported.into())
}

/// Writes a file outside of a run's folder, in place of what was there, that its owner
/// and group may read: people's data are in it.
///
/// # Errors
/// Exit 74, with the path and what the system says.
pub fn write_private(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let fail = |error: io::Error| unwritable(path, &error);
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(fail(error)),
        _ => {}
    }
    let mut file = create_private(path).map_err(fail)?;
    io::Write::write_all(&mut file, bytes).map_err(fail)?;
    file.sync_all().map_err(fail)
}

/// A new file that its owner writes and its group may read.
fn create_private(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
    options.open(path)
}

fn make_folder(path: &Path) -> Result<(), Failure> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o750);
    builder
        .create(path)
        .map_err(|error| unwritable(path, &error))
}

fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            sync_folders(&path)?;
        }
    }
    sync_folder(folder)
}

/// Folders can be synced where they can be opened; elsewhere the rename has to do.
fn sync_folder(folder: &Path) -> io::Result<()> {
    match File::open(folder) {
        Ok(file) if cfg!(unix) => file.sync_all(),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    #[test]
    fn a_run_appears_whole_and_latest_points_to_it() {
        let out = tempfile::tempdir().expect("a temporary folder");
        let staging = Staging::start(out.path(), "r1").expect("starts");
        let mut file = staging.create("quarantine/a.csv").expect("creates");
        file.write_all(b"x").expect("writes");
        assert_eq!(latest(out.path()), None);
        let folder = staging.publish().expect("publishes");
        assert_eq!(
            fs::read(folder.join("quarantine/a.csv")).expect("reads"),
            b"x"
        );
        let second = Staging::start(out.path(), "r2").expect("starts");
        second.publish().expect("publishes");
        let pointed = latest(out.path()).expect("points");
        assert!(pointed.ends_with("runs/r2"));
    }

    #[test]
    fn an_unpublished_run_leaves_nothing_and_leftovers_are_swept() {
        let out = tempfile::tempdir().expect("a temporary folder");
        drop(Staging::start(out.path(), "r1").expect("starts"));
        fs::create_dir_all(out.path().join("runs/.staging-killed/x")).expect("makes");
        let staging = Staging::start(out.path(), "r2").expect("starts");
        staging.publish().expect("publishes");
        let left: Vec<_> = fs::read_dir(out.path().join("runs"))
            .expect("lists")
            .flatten()
            .map(|entry| entry.file_name())
            .collect();
        assert_eq!(left, ["r2"]);
    }

    #[cfg(unix)]
    #[test]
    fn files_are_not_for_others() {
        use std::os::unix::fs::PermissionsExt;
        let out = tempfile::tempdir().expect("a temporary folder");
        let staging = Staging::start(out.path(), "r1").expect("starts");
        staging.create("a.csv").expect("creates");
        let folder = staging.publish().expect("publishes");
        let mode = |path: &Path| fs::metadata(path).expect("exists").permissions().mode();
        assert_eq!(mode(&folder.join("a.csv")) & 0o137, 0);
        assert_eq!(mode(&folder) & 0o027, 0);
    }
}
