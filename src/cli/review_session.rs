//! Answering in the terminal: which question, which answers, what a key does. No drawing,
//! no terminal.

use std::collections::BTreeMap;

use crate::link::decisions::{RecordName, Tie, Verdict, contradictions};
use crate::review::question::Side;
use crate::review::{Question, Queue};
use crate::write::decisions::New;

/// What was answered to a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    Same,
    Different,
    Skip,
}

/// What the keyboard is for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Mode {
    Ask,
    /// A note in the making.
    Note(String),
    Help,
}

/// A key, as far as answering knows keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Key {
    Char(char),
    Enter,
    Escape,
    Backspace,
    Left,
    Right,
    Up,
    Down,
    PageUp,
    PageDown,
}

/// One question's state.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Given {
    answer: Option<Answer>,
    note: String,
}

/// A sitting.
#[derive(Debug)]
pub struct Session {
    pub queue: Queue,
    pub at: usize,
    pub mode: Mode,
    /// The first line of the question that is seen.
    pub scroll: u16,
    /// What was just done.
    pub said: String,
    pub over: bool,
    given: Vec<Given>,
    log: Vec<(usize, Given)>,
    by: String,
    date: String,
}

impl Session {
    #[must_use]
    pub fn new(queue: Queue, by: String, date: String) -> Self {
        let given = vec![Given::default(); queue.questions.len()];
        Self {
            queue,
            at: 0,
            mode: Mode::Ask,
            scroll: 0,
            said: String::new(),
            over: false,
            given,
            log: Vec::new(),
            by,
            date,
        }
    }

    #[must_use]
    pub fn question(&self) -> Option<&Question> {
        self.queue.questions.get(self.at)
    }

    #[must_use]
    pub fn answer(&self) -> Option<Answer> {
        self.given.get(self.at).and_then(|given| given.answer)
    }

    #[must_use]
    pub fn note(&self) -> &str {
        self.given.get(self.at).map_or("", |given| &given.note)
    }

    /// Questions with this answer.
    #[must_use]
    pub fn count(&self, answer: Answer) -> usize {
        let given = self.given.iter();
        given.filter(|given| given.answer == Some(answer)).count()
    }

    /// The answers as decisions, in the order of the queue.
    #[must_use]
    pub fn decisions(&self) -> Vec<New> {
        let questions = self.queue.questions.iter();
        questions
            .zip(&self.given)
            .filter_map(|(question, given)| {
                let verdict = match given.answer? {
                    Answer::Same => Verdict::Always,
                    Answer::Different => Verdict::Never,
                    Answer::Skip => return None,
                };
                Some(New {
                    verdict,
                    a: RecordName::new(&question.a.source, &question.a.id),
                    b: RecordName::new(&question.b.source, &question.b.id),
                    by: self.by.clone(),
                    date: self.date.clone(),
                    why: given.note.clone(),
                })
            })
            .collect()
    }

    /// Does what a key asks for.
    pub fn press(&mut self, key: Key) {
        self.said.clear();
        match &mut self.mode {
            Mode::Help => self.mode = Mode::Ask,
            Mode::Note(text) => match key {
                Key::Char(letter) => text.push(letter),
                Key::Backspace => {
                    text.pop();
                }
                Key::Escape => self.mode = Mode::Ask,
                Key::Enter => {
                    let note = text.split_whitespace().collect::<Vec<_>>().join(" ");
                    self.mode = Mode::Ask;
                    let mut given = self.given[self.at].clone();
                    given.note = note;
                    self.set(given);
                }
                _ => {}
            },
            Mode::Ask => self.ask(key),
        }
    }

    fn ask(&mut self, key: Key) {
        match key {
            Key::Char('s') => self.give(Answer::Same),
            Key::Char('d') => self.give(Answer::Different),
            Key::Char('k') => self.give(Answer::Skip),
            Key::Char('n') if self.question().is_some() => {
                self.mode = Mode::Note(self.note().to_owned());
            }
            Key::Char('u') => self.undo(),
            Key::Char('b') | Key::Left => self.go_to(self.at.saturating_sub(1)),
            Key::Right => self.go_to(self.at + 1),
            Key::Char('?') => self.mode = Mode::Help,
            Key::Char('q') => self.over = true,
            Key::Down => self.scroll = self.scroll.saturating_add(1),
            Key::Up => self.scroll = self.scroll.saturating_sub(1),
            Key::PageDown => self.scroll = self.scroll.saturating_add(10),
            Key::PageUp => self.scroll = self.scroll.saturating_sub(10),
            _ => {}
        }
    }

    fn go_to(&mut self, at: usize) {
        if at < self.queue.questions.len() {
            self.at = at;
            self.scroll = 0;
        }
    }

    fn set(&mut self, given: Given) {
        self.log.push((self.at, self.given[self.at].clone()));
        self.given[self.at] = given;
    }

    fn give(&mut self, answer: Answer) {
        let Some(question) = self.question() else {
            return;
        };
        self.said = match answer {
            Answer::Same => format!("same: {}", question.if_same),
            Answer::Different => format!("different: {}", question.if_different),
            Answer::Skip => "skipped".to_owned(),
        };
        let note = self.note().to_owned();
        self.set(Given {
            answer: Some(answer),
            note,
        });
        if let Some(against) = self.contradicted() {
            self.said = format!(
                "this contradicts the answer 'different' to question {}: change one of the two",
                against + 1
            );
        }
        // The next that is open, after this one or before it.
        let open = |&at: &usize| self.given[at].answer.is_none();
        let next = (self.at + 1..self.given.len()).chain(0..self.at).find(open);
        match next {
            Some(next) => self.go_to(next),
            None => self.said.push_str("; all are answered: q writes and ends"),
        }
    }

    /// A "different" between records that the answers make one.
    fn contradicted<'a>(&'a self) -> Option<usize> {
        let mut number: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        let mut of = |name| {
            let next = u32::try_from(number.len()).unwrap_or(u32::MAX);
            *number.entry(name).or_insert(next)
        };
        let name = |side: &'a Side| (side.source.as_str(), side.id.as_str());
        let mut ties = Vec::new();
        for (at, question) in self.queue.questions.iter().enumerate() {
            let verdict = match self.given[at].answer {
                Some(Answer::Same) => Verdict::Always,
                Some(Answer::Different) => Verdict::Never,
                _ => continue,
            };
            let (a, b) = (of(name(&question.a)), of(name(&question.b)));
            ties.push((at, Tie::new(verdict, a, b)));
        }
        let list: Vec<Tie> = ties.iter().map(|(_, tie)| *tie).collect();
        contradictions(&list)
            .first()
            .map(|found| ties[found.never].0)
    }

    fn undo(&mut self) {
        match self.log.pop() {
            None => self.said = "there is nothing to undo".to_owned(),
            Some((at, before)) => {
                self.given[at] = before;
                self.go_to(at);
                self.said = "undone".to_owned();
            }
        }
    }
}
