use ratatui::Terminal;
use ratatui::backend::TestBackend;

use super::*;
use crate::cli::review_session::Key;
use crate::review::marks::marks;
use crate::review::question::{Brief, Piece};

fn row(field: &str, a: &str, b: &str, bits: Option<f64>) -> Row {
    let (a, b) = marks(a, b);
    Row {
        field: field.into(),
        a,
        b,
        bits,
    }
}

fn question(a: &str, b: &str, merged: bool) -> Question {
    let side = |source: &str, id: &str, size: usize| Side {
        source: source.into(),
        id: id.into(),
        place: format!("{source}.csv:7"),
        size,
        others: (1..size)
            .map(|at| Brief {
                name: format!("badges:{at}"),
                text: "Ann · Lee · Harbour Tools".into(),
            })
            .collect(),
    };
    let piece = |what: &str, level: &str, bits, sum| Piece {
        what: what.into(),
        level: level.into(),
        bits,
        sum,
    };
    Question {
        a: side("crm", a, 2),
        b: side("shop", b, 1),
        merged,
        probability: 0.41,
        together: 0.41,
        moves: 2,
        alike: 12,
        settles: 1,
        fields: vec![
            row("given name", "Anne", "Ann", Some(3.2)),
            row(
                "email",
                "anne.lee@northfield.org",
                "alee@harbour.org",
                Some(-2.0),
            ),
            row("phone", "+14155550100", "", None),
            row("\u{1b}[31mname\u{202e}", "拓真 木村", "拓真 木村", None),
        ],
        more: vec![row("owner", "kim", "sam", None)],
        steps: vec![
            piece("prior", "", -11.0, -11.0),
            piece("given name", "short form", 3.2, -7.8),
        ],
        if_same: "joins 2 records and 1 record into one person".into(),
        if_different: "keeps them apart, for good".into(),
        same_changes: !merged,
    }
}

fn session() -> Session {
    let queue = Queue {
        name: "acme".into(),
        questions: vec![
            question("1", "a", false),
            question("2", "a", true),
            question("1", "2", false),
        ],
        ..Queue::default()
    };
    let mut session = Session::new(queue, "ann".into(), "2026-01-31".into());
    session.queue.questions[2].b.source = "crm".into();
    session
}

fn drawn(session: &Session, width: u16, height: u16) -> String {
    let mut terminal = Terminal::new(TestBackend::new(width, height)).expect("a screen");
    let look = Look { colour: false };
    terminal
        .draw(|frame| draw(frame, session, look))
        .expect("draws");
    terminal.backend().to_string()
}

fn typed(session: &mut Session, keys: &str) {
    for key in keys.chars() {
        session.press(match key {
            '\n' => Key::Enter,
            key => Key::Char(key),
        });
    }
}

#[test]
fn a_question_is_drawn() {
    insta::assert_snapshot!("wide", drawn(&session(), 100, 28));
    insta::assert_snapshot!("narrow", drawn(&session(), 50, 24));
    let mut help = session();
    help.press(Key::Char('?'));
    insta::assert_snapshot!("help", drawn(&help, 80, 20));
}

/// Without colours a difference is underlined, with colours it has one.
#[test]
fn differences_are_marked() {
    for colour in [false, true] {
        let mut terminal = Terminal::new(TestBackend::new(100, 28)).expect("a screen");
        let session = session();
        terminal
            .draw(|frame| draw(frame, &session, Look { colour }))
            .expect("draws");
        let buffer = terminal.backend().buffer();
        let marked = |x: u16| {
            let cell = &buffer[(x, 4)];
            (
                cell.symbol().to_owned(),
                cell.modifier.contains(Modifier::UNDERLINED),
            )
        };
        assert_eq!(marked(18), ("n".to_owned(), false));
        assert_eq!(marked(19), ("e".to_owned(), true));
        assert_eq!(buffer[(19, 4)].fg == Color::Yellow, colour);
    }
}

#[test]
fn no_size_breaks_it() {
    for (width, height) in [(1, 1), (3, 2), (8, 5), (20, 9), (300, 80)] {
        let mut session = session();
        drawn(&session, width, height);
        session.scroll = 1000;
        drawn(&session, width, height);
        session.press(Key::Char('?'));
        drawn(&session, width, height);
    }
    let empty = Session::new(Queue::default(), String::new(), String::new());
    assert!(drawn(&empty, 60, 8).contains("no doubtful pair"));
}

#[test]
fn answers_become_decisions() {
    let mut session = session();
    typed(&mut session, "nfather and  son\ns");
    assert_eq!(session.at, 1);
    assert_eq!(
        session.said,
        "same: joins 2 records and 1 record into one person"
    );
    typed(&mut session, "k");
    let decisions = session.decisions();
    assert_eq!(decisions.len(), 1);
    assert_eq!(decisions[0].verdict.name(), "always");
    assert_eq!(decisions[0].a.to_string(), "crm:1");
    assert_eq!(decisions[0].why, "father and son");
    assert_eq!(
        (decisions[0].by.as_str(), decisions[0].date.as_str()),
        ("ann", "2026-01-31")
    );
    // Undone in the other order: the skip, the answer, the note.
    typed(&mut session, "u");
    assert_eq!((session.at, session.answer()), (1, None));
    typed(&mut session, "u");
    assert_eq!(
        (session.at, session.answer(), session.note()),
        (0, None, "father and son")
    );
    typed(&mut session, "uu");
    assert_eq!(
        (session.note(), session.said.as_str()),
        ("", "there is nothing to undo")
    );
    // Letters of a note are no keys.
    typed(&mut session, "nsdq");
    session.press(Key::Escape);
    assert!(!session.over && session.decisions().is_empty() && session.note().is_empty());
    typed(&mut session, "q");
    assert!(session.over);
}

#[test]
fn answers_that_contradict_are_told() {
    let mut session = session();
    // crm:1 = shop:a = crm:2, and crm:1 is not crm:2.
    typed(&mut session, "ssd");
    assert!(
        session
            .said
            .starts_with("this contradicts the answer 'different' to question 3"),
        "{}",
        session.said
    );
    typed(&mut session, "ud");
    assert_eq!(session.count(Answer::Same), 2);
}
