//! What holds a run's files together: the seal, the hashes in the summary, the chain
//! back to the first run.
//!
//! In: a run folder. Out: every file that is not what the run wrote, named.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use rayon::prelude::*;
use serde_json::Value;

use super::runs;
use crate::contact::{Diagnostic, Place};
use crate::write::seal;

const SUMMARY: &str = "summary.json";

/// How far back the chain of runs was followed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// Earlier runs whose summaries are the ones that the next run saw.
    pub earlier: usize,
    /// The run at which it ends because its folder is not there.
    pub missing: Option<String>,
}

/// Reads the summary and holds it against its seal, against `noted` (a seal that
/// somebody kept elsewhere) and against what the run after it knows.
///
/// # Errors
/// All that does not fit.
pub fn sealed(folder: &Path, noted: Option<&str>) -> Result<(Value, String), Vec<Diagnostic>> {
    let path = folder.join(SUMMARY);
    let bytes = match fs::read(&path) {
        Ok(bytes) => bytes,
        Err(error) => return Err(vec![unreadable(&path, &error)]),
    };
    let own = blake3::hash(&bytes).to_hex().to_string();
    let mut faults = Vec::new();
    let seal_path = folder.join(seal::FILE);
    match fs::read(&seal_path) {
        Err(error) => faults.push(unreadable(&seal_path, &error)),
        Ok(text) => match std::str::from_utf8(&text).ok().and_then(seal::hash_of) {
            None => faults.push(changed(&seal_path).hint("its two lines do not fit each other")),
            Some(hash) if hash != own => {
                faults.push(
                    changed(&path)
                        .hint(format!("its BLAKE3 is not the one in {}", seal::FILE))
                        .hint("the other files were not looked at: their hashes stand in it"),
                );
            }
            Some(_) => {}
        },
    }
    if let Some(noted) = noted.filter(|noted| !noted.eq_ignore_ascii_case(&own)) {
        faults.push(changed(&path).hint(format!(
            "its BLAKE3 is {own}, and the seal given is {noted}"
        )));
    }
    let summary = serde_json::from_slice::<Value>(&bytes);
    if let (true, Ok(summary)) = (faults.is_empty(), &summary) {
        faults.extend(after(folder, summary, &own, &path));
    }
    match summary {
        _ if !faults.is_empty() => Err(faults),
        Ok(summary) => Ok((summary, own)),
        Err(error) => Err(vec![
            changed(&path).hint(format!("it is no JSON any more: {error}")),
        ]),
    }
}

/// The run after this one, if it is beside, knows it by its hash.
fn after(folder: &Path, summary: &Value, own: &str, path: &Path) -> Option<Diagnostic> {
    let id = summary["run"]["id"].as_str()?;
    let real = fs::canonicalize(folder).ok()?;
    let beside = runs::all(real.parent()?).ok()?;
    let next = beside.iter().find(|run| {
        let previous = &run.summary["previous"];
        previous["run"] == id && previous["summary_blake3"] != own
    })?;
    Some(changed(path).hint(format!(
        "the run after it, {}, knows it by another hash",
        next.id
    )))
}

/// Holds every file of the folder against the summary; gives how many there are.
pub fn outputs(folder: &Path, summary: &Value, faults: &mut Vec<Diagnostic>) -> usize {
    let listed = summary["outputs"].as_array().map_or(&[][..], Vec::as_slice);
    let found: Vec<Diagnostic> = listed
        .par_iter()
        .filter_map(|output| {
            let name = output["file"].as_str().unwrap_or("");
            check(&folder.join(name), output["blake3"].as_str())
        })
        .collect();
    faults.extend(found);
    let mut known: BTreeSet<PathBuf> = listed
        .iter()
        .filter_map(|output| output["file"].as_str())
        .map(PathBuf::from)
        .collect();
    known.extend([SUMMARY, seal::FILE].map(PathBuf::from));
    let mut there = Vec::new();
    files_below(folder, Path::new(""), &mut there);
    there.sort();
    for name in there.iter().filter(|name| !known.contains(*name)) {
        faults.push(
            Diagnostic::error("file_unknown", "the run did not write this file")
                .at(place(&folder.join(name)))
                .hint("its name is not among the outputs in summary.json"),
        );
    }
    listed.len()
}

fn files_below(folder: &Path, below: &Path, found: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder.join(below)) else {
        return;
    };
    for entry in entries.flatten() {
        let name = below.join(entry.file_name());
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            files_below(folder, &name, found);
        } else {
            found.push(name);
        }
    }
}

/// Follows the chain back: each summary has the hash of the one before it.
pub fn back(folder: &Path, summary: &Value, faults: &mut Vec<Diagnostic>) -> Chain {
    let mut chain = Chain::default();
    let Some(runs) = fs::canonicalize(folder)
        .ok()
        .and_then(|folder| folder.parent().map(Path::to_owned))
    else {
        return chain;
    };
    let mut summary = summary.clone();
    let mut seen = BTreeSet::new();
    while let Some(hash) = summary["previous"]["summary_blake3"].as_str() {
        let id = summary["previous"]["run"].as_str().unwrap_or("").to_owned();
        let safe = !id.is_empty() && !id.contains(['/', '\\']) && !id.starts_with('.');
        let path = runs.join(&id).join(SUMMARY);
        if !safe || !seen.insert(id.clone()) || !path.exists() {
            chain.missing = Some(id);
            break;
        }
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) => {
                faults.push(unreadable(&path, &error));
                break;
            }
        };
        if blake3::hash(&bytes).to_hex().as_str() != hash {
            faults.push(changed(&path).hint("the run after it knows it by another hash"));
            break;
        }
        chain.earlier += 1;
        match serde_json::from_slice(&bytes) {
            Ok(earlier) => summary = earlier,
            Err(_) => break,
        }
    }
    chain
}

/// A file against its hash.
pub fn check(path: &Path, expected: Option<&str>) -> Option<Diagnostic> {
    match hash(path) {
        Ok(found) if Some(found.as_str()) == expected => None,
        Ok(_) => Some(changed(path).hint("its BLAKE3 is not the one in summary.json")),
        Err(error) => Some(unreadable(path, &error)),
    }
}

fn place(path: &Path) -> Place {
    Place::file(path.display().to_string())
}

fn changed(path: &Path) -> Diagnostic {
    Diagnostic::error(
        "file_changed",
        "this file is not the one of the run any more",
    )
    .at(place(path))
}

fn unreadable(path: &Path, error: &io::Error) -> Diagnostic {
    Diagnostic::error(
        "file_unreadable",
        format!("this file can't be read: {error}"),
    )
    .at(place(path))
}

fn hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hasher = blake3::Hasher::new();
    let mut buffer = vec![0; 1 << 20];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            return Ok(hasher.finalize().to_hex().to_string());
        }
        hasher.update(&buffer[..read]);
    }
}
