//! `karat review --tui`: the terminal's side of answering. It is set back whatever happens,
//! and what was answered is written whatever happens.

use std::io::{self, IsTerminal};
use std::path::Path;
use std::time::Duration;

use ratatui::crossterm::event::{self, Event, KeyCode, KeyEventKind, KeyModifiers};
use serde_json::json;

use super::console::{Console, usage};
use super::decide::today;
use super::review_screen::{Look, draw};
use super::review_session::{Key, Session};
use super::signals::Signals;
use super::{Ending, panic};
use crate::contact::{Diagnostic, Failure, FailureKind};
use crate::review::Queue;
use crate::write::decisions::{self, New};

/// How often a signal is looked for.
const TICK: Duration = Duration::from_millis(200);

/// Asks the questions, and adds the answers to `file`.
///
/// # Errors
/// Exit 2 without a terminal or a file; 74 when the file can't be written.
pub fn run(
    queue: Queue,
    file: Option<&Path>,
    by: String,
    console: &Console,
) -> Result<Ending, Failure> {
    let file = file.ok_or_else(|| {
        hinted(
            "decisions_not_in_plan",
            "the run's plan names no decisions file to write the answers to",
            &[
                "add this line under [plan], and run again: decisions = \"decisions.csv\"",
                "or name a file with --decisions",
            ],
        )
    })?;
    if !file.is_file() {
        return Err(hinted(
            "decisions_not_here",
            &format!("the decisions file is not here: {}", file.display()),
            &["go to the folder of the plan, or name the file with --decisions"],
        ));
    }
    if !io::stdin().is_terminal() || !io::stdout().is_terminal() {
        return Err(hinted(
            "usage_no_terminal",
            "--tui needs a terminal to draw in",
            &[
                "over ssh: ssh -t HOST karat review --tui",
                "without one: 'karat review' writes a page for a browser",
            ],
        ));
    }
    let look = Look {
        colour: console.colours_results(),
    };
    let signals = Signals::listen();
    let mut session = Session::new(queue, by, today());
    let mut terminal = Terminal::start()?;
    let asked = panic::caught(|| ask(&mut terminal, &mut session, look, &signals));
    drop(terminal);
    let answers = session.decisions();
    let written = keep(file, &answers);
    let stopped = signals.signal();
    match (asked, written) {
        (_, Err(failure)) => Err(unwritten(failure, &answers)),
        (None, Ok(_)) => Err(hinted_as(
            FailureKind::Internal,
            "review_broke",
            "the review broke off; its answers are written",
            &[],
        )),
        (Some(Err(error)), Ok(_)) => Err(crate::contact::fault::unwritable(
            Path::new("<terminal>"),
            &error,
        )),
        (Some(Ok(())), Ok(added)) => {
            if console.json() {
                let value = json!({ "file": file.display().to_string(), "added": added });
                console.print(&format!("{value:#}\n"))?;
            } else {
                console.print(&format!("{}: {added} added\n", file.display()))?;
            }
            match stopped {
                Some(signal) => Err(hinted_as(
                    FailureKind::Interrupted(signal),
                    "interrupted",
                    "interrupted; the answers are written",
                    &[],
                )),
                None => Ok(Ending::Done),
            }
        }
    }
}

/// Adds what the file does not say yet; how many that were. Somebody else may have
/// decided meanwhile.
fn keep(file: &Path, answers: &[New]) -> Result<usize, Failure> {
    let known = decisions::load(file)?;
    let new: Vec<New> = answers
        .iter()
        .filter(|one| known.says(one.verdict, &one.a, &one.b).is_none())
        .cloned()
        .collect();
    if !new.is_empty() {
        decisions::extend(file, &new)?;
    }
    Ok(new.len())
}

/// Answers that can't be written are not lost: they are told, as they would stand there.
fn unwritten(mut failure: Failure, answers: &[New]) -> Failure {
    if let (Some(first), Ok(text)) = (
        failure.diagnostics.first_mut(),
        decisions::with("answers", "", answers),
    ) {
        first
            .hints
            .push(format!("nothing was written; your answers are:\n{text}"));
    } else if let Some(first) = failure.diagnostics.first_mut() {
        // Answers that contradict each other can't stand in one file.
        let each: Vec<String> = answers
            .iter()
            .map(|one| format!("{} {} {}", one.verdict.name(), one.a, one.b))
            .collect();
        first.hints.push(format!(
            "nothing was written; your answers are:\n{}",
            each.join("\n")
        ));
    }
    failure
}

fn hinted(code: &'static str, message: &str, hints: &[&str]) -> Failure {
    let mut failure = usage(code, message);
    for fault in &mut failure.diagnostics {
        fault
            .hints
            .extend(hints.iter().map(|&hint| hint.to_owned()));
    }
    failure
}

fn hinted_as(kind: FailureKind, code: &'static str, message: &str, hints: &[&str]) -> Failure {
    let mut fault = Diagnostic::error(code, message);
    fault
        .hints
        .extend(hints.iter().map(|&hint| hint.to_owned()));
    Failure::one(kind, fault)
}

fn ask(
    terminal: &mut Terminal,
    session: &mut Session,
    look: Look,
    signals: &Signals,
) -> io::Result<()> {
    let mut stale = true;
    let mut drawn = None;
    while !session.over && signals.signal().is_none() {
        if stale {
            let frame = terminal.inner.draw(|frame| draw(frame, session, look))?;
            drawn = Some(frame.area.as_size());
            stale = false;
        }
        if !event::poll(TICK)? {
            // Whoever resizes before the first look for events is not told of by one.
            stale = drawn != Some(terminal.inner.size()?);
            continue;
        }
        match event::read()? {
            Event::Key(key) if key.kind != KeyEventKind::Release => {
                let ends = matches!(key.code, KeyCode::Char('c' | 'd'))
                    && key.modifiers.contains(KeyModifiers::CONTROL);
                if ends {
                    session.over = true;
                } else if let Some(key) = known(key.code) {
                    session.press(key);
                }
                stale = true;
            }
            Event::Resize(..) => stale = true,
            _ => {}
        }
    }
    Ok(())
}

fn known(code: KeyCode) -> Option<Key> {
    Some(match code {
        KeyCode::Char(letter) => Key::Char(letter),
        KeyCode::Enter => Key::Enter,
        KeyCode::Esc => Key::Escape,
        KeyCode::Backspace => Key::Backspace,
        KeyCode::Left => Key::Left,
        KeyCode::Right => Key::Right,
        KeyCode::Up => Key::Up,
        KeyCode::Down => Key::Down,
        KeyCode::PageUp => Key::PageUp,
        KeyCode::PageDown => Key::PageDown,
        _ => return None,
    })
}

/// The terminal while it is ours: its drop gives it back, after a panic, too. `ratatui`
/// also puts a hook before karat's that does so before the panic is told.
struct Terminal {
    inner: ratatui::DefaultTerminal,
}

impl Terminal {
    fn start() -> Result<Self, Failure> {
        ratatui::try_init()
            .map(|inner| Self { inner })
            .map_err(|error| crate::contact::fault::unwritable(Path::new("<terminal>"), &error))
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        ratatui::restore();
    }
}
