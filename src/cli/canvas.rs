//! Text for a terminal of a certain width: aligned cells, colours, values made safe.

use std::env;
use std::io::IsTerminal;

use ratatui::text::Span;

use super::console::Console;
use crate::contact::diagnostic::shown;

/// Where text is drawn.
#[derive(Clone, Copy, Debug)]
pub struct Canvas {
    /// Columns.
    pub width: usize,
    pub colour: bool,
}

/// How something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    Plain,
    Title,
    For,
    Against,
    Aside,
}

impl Canvas {
    /// The terminal that stdout is, else as wide as `COLUMNS` says, else 80.
    #[must_use]
    pub fn of(console: &Console) -> Self {
        let terminal = std::io::stdout()
            .is_terminal()
            .then(ratatui::crossterm::terminal::size)
            .and_then(Result::ok)
            .map(|(columns, _)| usize::from(columns));
        let told = || env::var("COLUMNS").ok()?.parse().ok();
        Self {
            width: terminal.or_else(told).unwrap_or(80).clamp(60, 160),
            colour: console.colours_results(),
        }
    }

    /// The text in a colour, if there are any.
    #[must_use]
    pub fn ink(&self, text: &str, ink: Ink) -> String {
        let code = match ink {
            Ink::Plain => "",
            Ink::Title => "1",
            Ink::For => "32",
            Ink::Against => "31",
            Ink::Aside => "2",
        };
        if self.colour && !code.is_empty() && !text.is_empty() {
            format!("\u{1b}[{code}m{text}\u{1b}[0m")
        } else {
            text.to_owned()
        }
    }

    /// Lines of words, none wider than the canvas; all but the first are indented.
    #[must_use]
    pub fn wrapped(&self, text: &str, indent: usize) -> String {
        let margin = " ".repeat(indent);
        let mut out = String::new();
        let mut at = 0;
        for word in text.split_whitespace() {
            let wide = visible(word);
            if at > 0 && at + 1 + wide > self.width {
                out.push('\n');
                out.push_str(&margin);
                at = indent;
            } else if at > 0 {
                out.push(' ');
                at += 1;
            }
            out.push_str(word);
            at += wide;
        }
        out.push('\n');
        out
    }
}

/// Columns that a text takes; wide letters take two.
#[must_use]
pub fn width(text: &str) -> usize {
    Span::raw(text).width()
}

/// Columns that a text takes on the terminal, its colours apart.
fn visible(text: &str) -> usize {
    let mut wide = 0;
    for (at, part) in text.split('\u{1b}').enumerate() {
        let plain = match part.split_once('m') {
            Some((_, rest)) if at > 0 => rest,
            _ => part,
        };
        wide += width(plain);
    }
    wide
}

/// The text in `columns` columns: filled with spaces, or cut with `…`.
#[must_use]
pub fn fit(text: &str, columns: usize) -> String {
    let wide = width(text);
    if wide <= columns {
        return format!("{text}{}", " ".repeat(columns - wide));
    }
    let mut out = String::new();
    let mut at = 0;
    for letter in text.chars() {
        let wide = width(letter.encode_utf8(&mut [0; 4]));
        if at + wide + 1 > columns {
            break;
        }
        out.push(letter);
        at += wide;
    }
    out.push('…');
    format!("{out}{}", " ".repeat(columns.saturating_sub(at + 1)))
}

/// A value for the terminal: no control codes, no overrides of direction.
#[must_use]
pub fn clean(value: &str) -> String {
    let shown = shown(value);
    shown
        .strip_prefix('\'')
        .and_then(|shown| shown.strip_suffix('\''))
        .unwrap_or(&shown)
        .to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_as_wide_as_they_should_be() {
        assert_eq!(fit("abc", 5), "abc  ");
        assert_eq!(fit("abcdef", 5), "abcd…");
        assert_eq!(fit("田中太郎", 5), "田中…");
        assert_eq!(width(&fit("田中太郎", 6)), 6);
        assert_eq!(fit("", 2), "  ");
    }

    #[test]
    fn control_codes_never_reach_the_terminal() {
        assert_eq!(clean("a\u{1b}[31mb"), "a\\u{1b}[31mb");
        assert_eq!(clean("'quoted'"), "'quoted'");
    }

    #[test]
    fn words_are_wrapped() {
        let canvas = Canvas {
            width: 60,
            colour: false,
        };
        let text = canvas.wrapped(&"word ".repeat(30), 4);
        assert!(text.lines().all(|line| line.len() <= 60), "{text}");
        assert!(text.lines().skip(1).all(|line| line.starts_with("    ")));
    }
}
