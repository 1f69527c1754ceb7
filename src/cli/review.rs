//! `karat review`: the doubtful pairs of a run, on a page or in the terminal.

use std::path::{Path, PathBuf};

use serde_json::json;

use super::Ending;
use super::audit::run_folder;
use super::console::{Console, usage};
use super::decide::user;
use crate::contact::fault::unwritable;
use crate::contact::{Diagnostic, Failure, FailureKind, Place};
use crate::explain::Run;
use crate::review::{self, Queue};
use crate::rulebook::Rulebook;
use crate::write::decisions;
use crate::write::summary::plan_of;

#[derive(Debug, clap::Args)]
#[command(after_help = "\
The page keeps answers in the browser and exports them as lines for the decisions file;
'karat decide --import FILE' takes them in. --tui asks in the terminal and writes them itself.")]
pub struct ReviewArgs {
    /// A run's folder, or an output folder for its latest run
    #[arg(default_value = "out", value_name = "RUN")]
    run: PathBuf,

    /// The page to write; review.html in the output folder when not given, '-' for stdout
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,

    /// Ask at most so many questions
    #[arg(long, value_name = "N", default_value = "300")]
    limit: usize,

    /// The decisions file, when it is not the one of the run's plan
    #[arg(long, value_name = "FILE")]
    decisions: Option<PathBuf>,

    /// Ask in the terminal, and write the answers to the decisions file
    #[arg(long, conflicts_with = "output")]
    tui: bool,

    /// Who answers; you, when not given
    #[arg(long, value_name = "NAME")]
    by: Option<String>,
}

pub fn run(args: &ReviewArgs, console: &Console) -> Result<Ending, Failure> {
    let folder = run_folder(&args.run)?;
    if !Run::is_kept(&folder) {
        return Err(not_kept(&folder));
    }
    let run = Run::open(&folder)?;
    let file = args
        .decisions
        .clone()
        .or_else(|| plan_of(&run.summary).ok().and_then(|plan| plan.decisions));
    let known = match &file {
        Some(file) if file.is_file() => decisions::load(file)?,
        _ => decisions::Decisions::default(),
    };
    let rulebook = Rulebook::builtin();
    let queue = review::queue(&run, rulebook.fields(), &known.list, args.limit)?;
    let by = args.by.clone().unwrap_or_else(user);
    if args.tui {
        return super::review_tui::run(queue, file.as_deref(), by, console);
    }
    let page = review::page::page(&queue, &by).map_err(|message| {
        Failure::one(
            FailureKind::Internal,
            Diagnostic::error("review_page", message),
        )
    })?;
    if args.output.as_deref() == Some(Path::new("-")) {
        console.print(&page)?;
        return Ok(Ending::Done);
    }
    let path = args
        .output
        .clone()
        .unwrap_or_else(|| beside(&args.run, &folder));
    write(&path, &page)?;
    tell(&queue, &path, page.len(), console)?;
    Ok(Ending::Done)
}

fn tell(queue: &Queue, path: &Path, bytes: usize, console: &Console) -> Result<(), Failure> {
    if console.json() {
        let value = json!({
            "file": path.display().to_string(),
            "bytes": bytes,
            "run": queue.run,
            "questions": queue.questions.len(),
            "doubtful_pairs": queue.doubtful,
            "settled_by_questions": queue.settled,
            "decided": queue.decided,
            "left_out": queue.left_out(),
        });
        return console.print(&format!("{value:#}\n"));
    }
    let mut text = format!(
        "{} questions, which settle {} of {} doubtful pairs",
        queue.questions.len(),
        queue.settled,
        queue.doubtful
    );
    if queue.decided > 0 {
        text.push_str(&format!("; {} are decided already", queue.decided));
    }
    if queue.left_out() > 0 {
        text.push_str(&format!("; {} are left out (--limit)", queue.left_out()));
    }
    console.print(&format!("{text}\n{}\n", path.display()))
}

/// A run's folder is never touched again: the page stands in the output folder.
fn beside(asked: &Path, folder: &Path) -> PathBuf {
    let out = if asked.join("runs").is_dir() {
        Some(asked)
    } else {
        folder
            .parent()
            .filter(|runs| runs.file_name().is_some_and(|name| name == "runs"))
            .and_then(Path::parent)
    };
    out.unwrap_or(Path::new("")).join("review.html")
}

/// Contacts are in it: the owner's and the group's only. Whole or not at all.
fn write(path: &Path, page: &str) -> Result<(), Failure> {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let aside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let refused = |error: std::io::Error| unwritable(path, &error);
    let done = (|| {
        let mut options = std::fs::OpenOptions::new();
        options.write(true).create_new(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o640);
        let mut file = options.open(&aside)?;
        std::io::Write::write_all(&mut file, page.as_bytes())?;
        file.sync_all()?;
        std::fs::rename(&aside, path)
    })();
    if done.is_err() {
        let _ = std::fs::remove_file(&aside);
    }
    done.map_err(refused)
}

fn not_kept(folder: &Path) -> Failure {
    let mut failure = usage(
        "review_not_kept",
        "this run kept no records and evidence to review",
    );
    failure.diagnostics = failure
        .diagnostics
        .into_iter()
        .map(|fault| {
            fault
                .at(Place::file(folder.display().to_string()))
                .hint("take 'evidence = false' out of [output] in the plan, and run again")
        })
        .collect();
    failure
}
