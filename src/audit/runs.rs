//! The published runs of an output folder, in the order in which they were made.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::write::summary;

/// A published run.
#[derive(Clone, Debug)]
pub struct Run {
    pub folder: PathBuf,
    pub id: String,
    /// RFC 3339, UTC.
    pub started: String,
    /// Its place in the chain of runs, from 1; 0 when it does not say.
    pub number: u64,
    pub summary: Value,
}

impl Run {
    /// The run of a folder.
    ///
    /// # Errors
    /// What is wrong, in words.
    pub fn open(folder: &Path) -> Result<Self, String> {
        let summary = summary::read(folder)?;
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        Ok(Self {
            folder: folder.to_owned(),
            id: text(&summary["run"]["id"]),
            started: text(&summary["run"]["started"]),
            number: summary["run_number"].as_u64().unwrap_or(0),
            summary,
        })
    }

    /// The run before it, if its folder is still beside.
    #[must_use]
    pub fn before(&self) -> Option<Self> {
        let id = self.summary["previous"]["run"].as_str()?;
        if id.is_empty() || id.contains(['/', '\\']) || id.starts_with('.') {
            return None;
        }
        let folder = std::fs::canonicalize(&self.folder).ok()?;
        let earlier = folder.parent()?.join(id);
        Self::open(&earlier).ok()
    }
}

/// All runs of the folder `runs`, oldest first; what is no run is left out.
///
/// # Errors
/// When the folder can't be listed.
pub fn all(runs: &Path) -> std::io::Result<Vec<Run>> {
    let mut found: Vec<Run> = std::fs::read_dir(runs)?
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.join("summary.json").is_file())
        .filter(|path| {
            path.file_name()
                .is_some_and(|name| !name.to_string_lossy().starts_with('.'))
        })
        .filter_map(|path| Run::open(&path).ok())
        .collect();
    found.sort_by(|a, b| (a.number, &a.started, &a.id).cmp(&(b.number, &b.started, &b.id)));
    Ok(found)
}
