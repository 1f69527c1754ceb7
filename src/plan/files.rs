//! A source's `path` → the files that it names.

use std::fs;
use std::path::{Path, PathBuf};

use glob::{MatchOptions, Pattern};

use crate::contact::diagnostic::{nearest, shown};

/// Why a path names no file, and what to do.
#[derive(Debug)]
pub struct NoFile {
    pub code: &'static str,
    pub message: String,
    pub hint: Option<String>,
    /// The pattern itself is wrong, rather than the disk.
    pub of_plan: bool,
}

/// The files that `path` names from `base`, sorted; `-` is standard input.
///
/// A path that exists as it is written is that file, whatever signs are in its
/// name; else `*`, `?`, `[…]` and `**` are a pattern. A pattern passes over
/// folders and files that start with a dot.
pub fn find(base: &Path, path: &str) -> Result<Vec<PathBuf>, NoFile> {
    if path == "-" {
        return Ok(vec![PathBuf::from("-")]);
    }
    let literal = base.join(path);
    match fs::metadata(&literal) {
        Ok(meta) if meta.is_dir() => {
            return Err(NoFile {
                code: "input_is_folder",
                message: format!("{} is a folder", shown(path)),
                hint: Some(format!(
                    "name its files with a pattern: '{}/*.csv'",
                    path.trim_end_matches('/')
                )),
                of_plan: false,
            });
        }
        Ok(_) => return Ok(vec![literal]),
        Err(error) if error.kind() == std::io::ErrorKind::PermissionDenied => {
            return Err(NoFile {
                code: "input_unreadable",
                message: format!("{} could not be read: permission denied", shown(path)),
                hint: Some("give the user that runs karat the right to read it".to_owned()),
                of_plan: false,
            });
        }
        Err(_) => {}
    }
    if path.contains(['*', '?', '[']) {
        by_pattern(base, path)
    } else {
        Err(missing(base, &literal, path))
    }
}

/// Whether `path`, as a pattern, names `file`, there or not.
pub fn would_match(base: &Path, path: &str, file: &Path) -> bool {
    path.contains(['*', '?', '['])
        && Pattern::new(&from_base(base, path))
            .is_ok_and(|pattern| pattern.matches_path_with(file, OPTIONS))
}

const OPTIONS: MatchOptions = MatchOptions {
    case_sensitive: true,
    require_literal_separator: true,
    require_literal_leading_dot: true,
};

/// The pattern from where the process stands; signs in the base are no pattern.
fn from_base(base: &Path, path: &str) -> String {
    if Path::new(path).is_absolute() || base.as_os_str().is_empty() {
        path.to_owned()
    } else {
        format!("{}/{path}", Pattern::escape(&base.display().to_string()))
    }
}

fn by_pattern(base: &Path, path: &str) -> Result<Vec<PathBuf>, NoFile> {
    let found = glob::glob_with(&from_base(base, path), OPTIONS).map_err(|error| NoFile {
        code: "plan_bad_pattern",
        message: format!("{} is no file pattern: {}", shown(path), error.msg),
        hint: Some("a '[' opens a set of characters; write '[[]' for the sign itself".to_owned()),
        of_plan: true,
    })?;
    // What can't be looked into is passed over here; when nothing else is found,
    // the message below names the pattern.
    let mut files: Vec<PathBuf> = found
        .filter_map(Result::ok)
        .filter(|file| !file.is_dir())
        .collect();
    files.sort();
    files.dedup();
    if files.is_empty() {
        let folder = whole_folder(base, path);
        let hint = if folder.is_dir() {
            nearest_in(&folder, path)
                .map(|name| format!("did you mean '{name}'?"))
                .or_else(|| {
                    Some(format!(
                        "no file of '{}' fits the pattern",
                        folder.display()
                    ))
                })
        } else {
            Some(format!("there is no folder '{}'", folder.display()))
        };
        return Err(NoFile {
            code: "input_no_match",
            message: format!("no file matches {}", shown(path)),
            hint,
            of_plan: false,
        });
    }
    Ok(files)
}

/// The folder that a pattern starts from: its part before the first sign.
fn whole_folder(base: &Path, path: &str) -> PathBuf {
    let plain: PathBuf = Path::new(path)
        .components()
        .take_while(|part| !part.as_os_str().to_string_lossy().contains(['*', '?', '[']))
        .collect();
    let folder = base.join(plain);
    if folder.as_os_str().is_empty() {
        PathBuf::from(".")
    } else {
        folder
    }
}

fn missing(base: &Path, literal: &Path, path: &str) -> NoFile {
    let folder = match literal.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder.to_owned(),
        _ => PathBuf::from("."),
    };
    let hint = if !base.as_os_str().is_empty() && Path::new(path).exists() {
        Some(format!(
            "a plan's paths start from its own folder, '{}'",
            base.display()
        ))
    } else if folder.is_dir() {
        nearest_in(&folder, path).map(|name| format!("did you mean '{name}'?"))
    } else {
        Some(format!("there is no folder '{}'", folder.display()))
    };
    NoFile {
        code: "input_missing",
        message: format!("there is no file {}", shown(path)),
        hint,
        of_plan: false,
    }
}

/// The file of `folder` whose name is nearest to that of `path`, written as
/// `path` is.
pub fn nearest_in(folder: &Path, path: &str) -> Option<String> {
    let asked = Path::new(path).file_name()?.to_str()?;
    let mut names: Vec<String> = fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter(|entry| !entry.path().is_dir())
        .filter_map(|entry| entry.file_name().into_string().ok())
        .filter(|name| !name.starts_with('.'))
        .collect();
    names.sort();
    let name = nearest(asked, names.iter().map(String::as_str))?;
    let mut near = PathBuf::from(path);
    near.set_file_name(name);
    near.to_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder() -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.csv", "a.csv", "a [1].csv", ".hidden.csv"] {
            fs::write(folder.path().join(name), "x\n").unwrap();
        }
        fs::create_dir(folder.path().join("sub.csv")).unwrap();
        folder
    }

    fn names(files: &[PathBuf]) -> Vec<String> {
        files
            .iter()
            .filter_map(|file| file.file_name()?.to_str().map(str::to_owned))
            .collect()
    }

    #[test]
    fn patterns_give_sorted_files_without_folders_and_hidden_ones() {
        let folder = folder();
        let files = find(folder.path(), "*.csv").unwrap();
        assert_eq!(names(&files), ["a [1].csv", "a.csv", "b.csv"]);
    }

    #[test]
    fn a_pattern_knows_files_to_come() {
        let later = Path::new("p/out/runs/1/golden.csv");
        assert!(would_match(Path::new("p"), "**/*.csv", later));
        assert!(!would_match(Path::new("p"), "*.csv", later));
        assert!(!would_match(Path::new("p"), "exports/**/*.csv", later));
    }

    #[test]
    fn a_name_with_brackets_is_a_name_first() {
        let folder = folder();
        assert_eq!(
            names(&find(folder.path(), "a [1].csv").unwrap()),
            ["a [1].csv"]
        );
    }

    #[test]
    fn a_missing_file_suggests_its_neighbour() {
        let folder = folder();
        let error = find(folder.path(), "bb.csv").unwrap_err();
        assert_eq!(error.hint.as_deref(), Some("did you mean 'b.csv'?"));
        let error = find(folder.path(), "nowhere/b.csv").unwrap_err();
        assert!(error.hint.unwrap().starts_with("there is no folder"));
    }

    #[test]
    fn a_folder_is_told_from_a_file() {
        let folder = folder();
        let error = find(folder.path(), "sub.csv").unwrap_err();
        assert_eq!(error.code, "input_is_folder");
    }
}
