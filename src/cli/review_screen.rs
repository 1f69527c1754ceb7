//! A question drawn into a terminal of any size.

use ratatui::Frame;
use ratatui::layout::{Constraint, Layout};
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Borders, Clear, Paragraph, Wrap};
use unicode_segmentation::UnicodeSegmentation;

use super::review_session::{Answer, Mode, Session};
use crate::review::marks::Stretch;
use crate::review::question::{Row, Side};
use crate::review::{Question, Queue};

/// Cells of a field's name, and of its bits.
const NAME: usize = 16;
const BITS: usize = 7;

/// Whether colours are welcome; marks are underlined in any case.
#[derive(Clone, Copy, Debug)]
pub struct Look {
    pub colour: bool,
}

impl Look {
    fn ink(self, colour: Color) -> Style {
        if self.colour {
            Style::default().fg(colour)
        } else {
            Style::default()
        }
    }

    fn soft(self) -> Style {
        Style::default().add_modifier(Modifier::DIM)
    }

    fn differs(self) -> Style {
        let style = Style::default().add_modifier(Modifier::UNDERLINED | Modifier::BOLD);
        if self.colour {
            style.fg(Color::Yellow)
        } else {
            style
        }
    }

    fn bits(self, bits: f64) -> Style {
        self.ink(if bits >= 0.0 {
            Color::Green
        } else {
            Color::Red
        })
    }
}

pub fn draw(frame: &mut Frame<'_>, session: &Session, look: Look) {
    let [head, body, foot] = Layout::vertical([
        Constraint::Length(2),
        Constraint::Min(1),
        Constraint::Length(5),
    ])
    .areas(frame.area());
    frame.render_widget(Paragraph::new(header(session, look)), head);
    let lines = match session.question() {
        Some(question) => lines(question, session, usize::from(body.width), look),
        None => vec![Line::from(nothing(&session.queue))],
    };
    // Never scrolled past the end.
    let most = u16::try_from(lines.len())
        .unwrap_or(u16::MAX)
        .saturating_sub(body.height);
    let scroll = session.scroll.min(most);
    frame.render_widget(Paragraph::new(lines).scroll((scroll, 0)), body);
    let below = most > scroll;
    frame.render_widget(Paragraph::new(footer(session, below, look)), foot);
    if session.mode == Mode::Help {
        let help = Paragraph::new(HELP)
            .block(Block::default().borders(Borders::ALL).title(" Keys "))
            .wrap(Wrap { trim: false });
        let area = frame.area();
        let (width, height) = (area.width.min(58), area.height.min(14));
        let box_ = ratatui::layout::Rect {
            x: (area.width - width) / 2,
            y: (area.height - height) / 2,
            width,
            height,
        };
        frame.render_widget(Clear, box_);
        frame.render_widget(help, box_);
    }
}

const HELP: &str = "\
s       same: one person, in every run from now on
d       different: never one person
k       skip: ask somebody else, or later
n       note: why
u       undo the last answer or note
b  ←    back
→       on, without an answer
↑ ↓     scroll
q       write the answers and end

Any key closes this.";

fn nothing(queue: &Queue) -> &'static str {
    if queue.decided > 0 {
        "All doubtful pairs of this run are decided. q ends."
    } else {
        "This run has no doubtful pair. q ends."
    }
}

fn header(session: &Session, look: Look) -> Vec<Line<'static>> {
    let all = session.queue.questions.len();
    let (same, different, skipped) = (
        session.count(Answer::Same),
        session.count(Answer::Different),
        session.count(Answer::Skip),
    );
    let mut first = vec![Span::styled(
        clean(&session.queue.name),
        Style::default().add_modifier(Modifier::BOLD),
    )];
    if all > 0 {
        first.push(Span::raw(format!("  {} of {all}", session.at + 1)));
    }
    first.push(Span::styled(
        format!("  {same} same, {different} different, {skipped} skipped"),
        look.soft(),
    ));
    let mut second = Vec::new();
    if let Some(question) = session.question() {
        let asks = if question.merged {
            "One person now. Is it right?"
        } else {
            "Two persons now. Are they one?"
        };
        second.push(Span::styled(
            asks,
            Style::default().add_modifier(Modifier::BOLD),
        ));
        let mut about = format!("  {:.0} % by these two", 100.0 * question.probability);
        if (question.together - question.probability).abs() > 0.02 {
            about.push_str(&format!(
                ", {:.0} % with all records",
                100.0 * question.together
            ));
        }
        if question.alike > 1 {
            about.push_str(&format!("; {} pairs look like this", question.alike));
        }
        second.push(Span::styled(about, look.soft()));
    }
    vec![Line::from(first), Line::from(second)]
}

fn footer(session: &Session, below: bool, look: Look) -> Vec<Line<'static>> {
    if let Mode::Note(text) = &session.mode {
        return vec![
            Line::default(),
            Line::from(vec![
                Span::styled("note: ", Style::default().add_modifier(Modifier::BOLD)),
                Span::raw(clean(text)),
                Span::styled("▏", look.soft()),
            ]),
            Line::styled("Enter keeps it, Esc leaves it", look.soft()),
        ];
    }
    let mut lines = vec![if below {
        Line::styled("↓ more", look.soft())
    } else {
        Line::default()
    }];
    if let Some(question) = session.question() {
        let answer = session.answer();
        let key = |key: &str, word: &str, own: Answer, colour| {
            let mut style = look.ink(colour).add_modifier(Modifier::BOLD);
            if answer == Some(own) {
                style = style.add_modifier(Modifier::REVERSED);
            }
            Span::styled(format!("{key} {word}"), style)
        };
        for (head, does) in [
            (
                key("s", "same     ", Answer::Same, Color::Green),
                &question.if_same,
            ),
            (
                key("d", "different", Answer::Different, Color::Red),
                &question.if_different,
            ),
        ] {
            lines.push(Line::from(vec![
                head,
                Span::styled(format!("  {does}"), look.soft()),
            ]));
        }
    } else {
        lines.extend([Line::default(), Line::default()]);
    }
    lines.push(Line::styled(
        "k skip   n note   u undo   b back   ? help   q write and end",
        look.soft(),
    ));
    lines.push(Line::from(clean(&session.said)));
    lines
}

/// The question's lines, for a screen of so many columns.
fn lines(question: &Question, session: &Session, width: usize, look: Look) -> Vec<Line<'static>> {
    let name = NAME.min(width / 4);
    let value = width.saturating_sub(name + BITS + 2) / 2;
    let bold = Style::default().add_modifier(Modifier::BOLD);
    let plain = |text: &str, style: Style| vec![(clean(text), style)];
    let mut out = Vec::new();
    let title = |side: &Side| plain(&format!("{} {}", side.source, side.id), bold);
    let columns =
        |field: &str, a, b, bits: Option<f64>| columns([name, value], field, a, b, bits, look);
    out.extend(columns("", title(&question.a), title(&question.b), None));
    let place = |side: &Side| plain(&side.place, look.soft());
    out.extend(columns("", place(&question.a), place(&question.b), None));
    let row = |row: &Row| {
        columns(
            &row.field,
            stretches(&row.a, look),
            stretches(&row.b, look),
            row.bits,
        )
    };
    for field in &question.fields {
        out.extend(row(field));
    }
    if question.a.size + question.b.size > 2 {
        out.push(Line::default());
        let count = |side: &Side| match side.size {
            1 => plain("alone", look.soft()),
            2 => plain("1 other record", look.soft()),
            size => plain(&format!("{} other records", size - 1), look.soft()),
        };
        out.extend(columns(
            "with",
            count(&question.a),
            count(&question.b),
            None,
        ));
        let most = question.a.others.len().max(question.b.others.len());
        for at in 0..most {
            let other = |side: &Side| {
                side.others.get(at).map_or_else(Vec::new, |other| {
                    let mut text = plain(&format!("{} ", other.name), bold);
                    text.extend(plain(&other.text, Style::default()));
                    text
                })
            };
            out.extend(columns("", other(&question.a), other(&question.b), None));
        }
    }
    if !session.note().is_empty() {
        out.push(Line::default());
        out.push(Line::from(format!("note: {}", clean(session.note()))));
    }
    out.push(Line::default());
    out.push(Line::styled("evidence, in bits", look.soft()));
    for piece in &question.steps {
        out.push(Line::from(vec![
            Span::raw(format!("{:>+7.1}  ", piece.bits)).style(look.bits(piece.bits)),
            Span::raw(format!("{:>+7.1}  ", piece.sum)).style(look.soft()),
            Span::raw(match piece.level.as_str() {
                "" => "before looking".to_owned(),
                level => clean(&format!("{}: {level}", piece.what)),
            }),
        ]));
    }
    if !question.more.is_empty() {
        out.push(Line::default());
        out.push(Line::styled("further columns", look.soft()));
        for field in &question.more {
            out.extend(row(field));
        }
    }
    out
}

type Text = Vec<(String, Style)>;

fn stretches(list: &[Stretch], look: Look) -> Text {
    if list.is_empty() {
        return vec![("-".to_owned(), look.soft())];
    }
    let style = |stretch: &Stretch| {
        if stretch.differs {
            look.differs()
        } else {
            Style::default()
        }
    };
    list.iter().map(|s| (clean(&s.text), style(s))).collect()
}

/// A field's name, both values folded into their columns, its bits.
fn columns(
    [name, value]: [usize; 2],
    field: &str,
    a: Text,
    b: Text,
    bits: Option<f64>,
    look: Look,
) -> Vec<Line<'static>> {
    let (a, b) = (folded(&a, value), folded(&b, value));
    let field = folded(&[(clean(field), look.soft())], name.saturating_sub(1));
    let height = a.len().max(b.len()).max(field.len());
    (0..height)
        .map(|at| {
            let mut spans = Vec::new();
            let mut fill = |cell: Option<&Vec<Span<'static>>>, width: usize| {
                let own = cell.cloned().unwrap_or_default();
                let used: usize = own.iter().map(Span::width).sum();
                spans.extend(own);
                spans.push(Span::raw(" ".repeat(width.saturating_sub(used))));
            };
            fill(field.get(at), name);
            fill(a.get(at), value + 1);
            fill(b.get(at), value + 1);
            if let Some(bits) = bits.filter(|_| at == 0) {
                spans.push(Span::styled(format!("{bits:>+6.1}"), look.bits(bits)));
            }
            Line::from(spans)
        })
        .collect()
}

/// Text in lines of a width: after a blank where there is one in the last third, else
/// where it is full.
fn folded(text: &[(String, Style)], width: usize) -> Vec<Vec<Span<'static>>> {
    let width = width.max(2);
    let letters: Vec<(&str, Style)> = text
        .iter()
        .flat_map(|(text, style)| text.graphemes(true).map(move |letter| (letter, *style)))
        .collect();
    let mut lines = Vec::new();
    let mut start = 0;
    while start < letters.len() {
        let (mut end, mut used) = (start, 0);
        while let Some((letter, _)) = letters.get(end) {
            let own = Span::raw(*letter).width();
            if used + own > width && end > start {
                break;
            }
            used += own;
            end += 1;
        }
        if end < letters.len() {
            let from = start + (end - start) * 2 / 3;
            if let Some(blank) = (from..end).rev().find(|&at| letters[at].0 == " ") {
                end = blank + 1;
            }
        }
        let mut line: Vec<Span<'static>> = Vec::new();
        for (letter, style) in &letters[start..end] {
            match line.last_mut() {
                Some(last) if last.style == *style => last.content.to_mut().push_str(letter),
                _ => line.push(Span::styled((*letter).to_owned(), *style)),
            }
        }
        lines.push(line);
        start = end;
    }
    lines
}

/// A value for the terminal: no control codes, no direction marks.
fn clean(value: &str) -> String {
    value
        .chars()
        .map(|c| {
            let wild = c.is_control()
                || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
            if wild { '·' } else { c }
        })
        .collect()
}

#[cfg(test)]
#[path = "review_screen/tests.rs"]
mod tests;
