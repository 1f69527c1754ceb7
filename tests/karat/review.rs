//! The review: its page in a browser, its answers as decisions, its terminal's refusals.

use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::{Ended, karat_in};
use crate::devtools::Page;

const HEAD: &str = "verdict,source_a,record_id_a,source_b,record_id_b,by,date,why\n";

/// People of whom some are doubtful, and values that would like to be run.
const PEOPLE: &str = "\
Id,First Name,Last Name,Email,Phone,Company,Notes
1,Ann,Lee,ann.lee@northfield.org,+14155552671,Northfield,
2,Anne,Lee,alee@northfield.org,,Northfield,
3,Bob,Kane,bob.kane@harbour.org,+13125559046,Harbour,
4,Robert,Kane,,+13125559046,,
5,Zoe,\"<img src=x onerror=alert(1)>\",zoe@quarry.org,+12025550143,</script><script>alert(2)</script>,\"<!-- <script>\"
6,Zoe,\"<img src=x onerror=alert(1)>\",zoe2@quarry.org,,Quarry,<img src=x onerror=alert(3)>
7,Carla,Duval,carla@mill.org,,Mill,
8,Carla,Duval,c.duval@oak.org,,Oak,
\"=9\",Karl,Wimmer,karl@oak.org,+12025550199,Oak,
10,Carl,Wimmer,,+12025550199,Oak,
";

/// A folder with a finished run whose review band is wide.
pub(crate) fn folder() -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("people.csv"), PEOPLE).unwrap();
    fs::write(
        folder.path().join("karat.toml"),
        "[plan]\nname = \"r <b>\"\ndecisions = \"decisions.csv\"\n\n[[source]]\nname = \"a\"\npath = \"people.csv\"\nid = \"Id\"\n\n[match]\nreview = [0.0001, 0.99999]\n",
    )
    .unwrap();
    fs::write(folder.path().join("decisions.csv"), "").unwrap();
    run(folder.path());
    folder
}

fn run(folder: &Path) {
    let ended = karat_in(folder, &["run", "karat.toml", "--no-progress"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
}

fn review(folder: &Path, args: &[&str]) -> Ended {
    karat_in(folder, &[&["review"], args].concat())
}

fn told(folder: &Path) -> Value {
    let ended = review(folder, &["--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

#[test]
fn the_page_is_written_beside_the_runs_and_is_the_same_again() {
    let folder = folder();
    let path = folder.path();
    let told = told(path);
    let questions = told["questions"].as_u64().unwrap();
    assert!(questions >= 4, "{told}");
    assert_eq!(told["file"], "out/review.html");
    assert_eq!(told["decided"], 0);
    let page = fs::read_to_string(path.join("out/review.html")).unwrap();
    let again = review(path, &["out/latest", "--output", "-", "--threads", "1"]);
    assert_eq!(again.out, page);
    // The run's own folder is as it was.
    let ended = karat_in(path, &["verify", "out"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let few = review(path, &["--limit", "2"]);
    assert!(
        few.out.starts_with("2 questions, which settle "),
        "{}",
        few.out
    );
    assert!(few.out.contains("are left out (--limit)"), "{}", few.out);
    // What is decided is not asked.
    fs::write(
        path.join("decisions.csv"),
        format!("{HEAD}never,a,1,a,2,,,\n"),
    )
    .unwrap();
    let after = self::told(path);
    assert_eq!(after["decided"], 1);
    assert_eq!(after["questions"], questions - 1);
}

#[test]
fn a_run_without_evidence_and_a_missing_run_say_what_to_do() {
    let folder = folder();
    let path = folder.path();
    let plan = fs::read_to_string(path.join("karat.toml")).unwrap();
    let without = format!("{plan}\n[output]\nevidence = false\n");
    fs::write(path.join("karat.toml"), without).unwrap();
    run(path);
    let ended = review(path, &[]);
    assert_eq!(ended.code, 2);
    assert!(
        ended
            .err
            .contains("take 'evidence = false' out of [output]"),
        "{}",
        ended.err
    );
    let ended = review(path, &["nowhere"]);
    assert_eq!(ended.code, 3);
}

#[test]
fn the_terminal_mode_refuses_what_is_no_terminal() {
    let folder = folder();
    let path = folder.path();
    let ended = review(path, &["--tui"]);
    assert_eq!(ended.code, 2);
    insta::assert_snapshot!(ended.err, @r"
    error: --tui needs a terminal to draw in
    help: over ssh: ssh -t HOST karat review --tui
    help: without one: 'karat review' writes a page for a browser
    ");
    fs::remove_file(path.join("decisions.csv")).unwrap();
    let ended = review(path, &["--tui"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended.err.contains("the decisions file is not here"),
        "{}",
        ended.err
    );
}

fn text(page: &mut Page, expression: &str) -> String {
    page.eval(expression)
        .as_str()
        .unwrap_or_default()
        .to_owned()
}

fn element(page: &mut Page, id: &str) -> String {
    text(
        page,
        &format!("document.getElementById('{id}').textContent"),
    )
}

/// Types into what has the focus.
fn typed(page: &mut Page, words: &str) {
    page.call("Input.insertText", serde_json::json!({ "text": words }));
}

#[test]
fn an_analyst_answers_by_keyboard_and_the_next_run_follows() {
    let Some(mut page) = Page::start() else {
        return;
    };
    let folder = folder();
    let path = folder.path();
    let ended = review(path, &["--by", "ann"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let file = path.join("out/review.html");
    page.show(1200, 900, false);
    page.open(&file);
    let all =
        page.eval("JSON.parse(document.getElementById('data').textContent).queue.questions.length");
    let all = all.as_u64().unwrap();
    assert_eq!(element(&mut page, "tally"), format!("0 of {all} answered"));
    // Same, different with a note, skip, one undone.
    page.press("s");
    page.press("n");
    typed(&mut page, "=father, \"son\"");
    page.press("Enter");
    page.press("d");
    page.press("k");
    page.press("s");
    page.press("u");
    assert_eq!(
        element(&mut page, "tally"),
        format!("2 of {all} answered: 1 same, 1 different · 1 skipped")
    );
    assert_eq!(element(&mut page, "said"), "Undone.");
    page.press("e");
    let lines = text(&mut page, "document.getElementById('export-text').value");
    let lines: Vec<&str> = lines.lines().collect();
    assert_eq!(lines.len(), 3, "{lines:?}");
    assert_eq!(format!("{}\n", lines[0]), HEAD);
    assert!(
        lines
            .iter()
            .any(|l| l.starts_with("always,a,") && l.contains(",ann,20"))
    );
    assert!(
        lines
            .iter()
            .any(|l| l.ends_with(",\"'=father, \"\"son\"\"\"")),
        "{lines:?}"
    );
    page.press("Escape");
    // Nothing is lost by closing the page.
    page.open(&file);
    assert_eq!(
        element(&mut page, "tally"),
        format!("2 of {all} answered: 1 same, 1 different · 1 skipped")
    );
    page.press("?");
    assert_eq!(page.eval("document.getElementById('help-box').open"), true);
    page.press("Escape");
    page.press("b");
    assert_eq!(page.faults(), Vec::<String>::new());
    assert_eq!(page.requests().len(), 1);
    // What the download holds is what karat takes.
    let download = text(
        &mut page,
        "document.getElementById('open-export').click(), fetch ? document.getElementById('export-text').value : ''",
    );
    fs::write(path.join("answers.csv"), download).unwrap();
    let ended = karat_in(path, &["decide", "--import", "answers.csv"]);
    assert_eq!(
        ended.out, "decisions.csv: 2 added, 0 known already\n",
        "{}",
        ended.err
    );
    run(path);
    let summary = fs::read_to_string(path.join("out/latest/summary.json")).unwrap();
    let summary: Value = serde_json::from_str(&summary).unwrap();
    assert_eq!(
        (
            &summary["decisions"]["always"],
            &summary["decisions"]["never"]
        ),
        (&1.into(), &1.into())
    );
    // The audit has the note as it was written.
    let ended = karat_in(path, &["audit", "--kind", "decision"]);
    assert!(ended.out.contains("=father, \"\"son\"\""), "{}", ended.out);
    let after = told(path);
    assert!(after["decided"].as_u64() >= Some(2), "{after}");
}

#[test]
fn an_earlier_export_is_taken_in_and_answers_are_forgotten() {
    let Some(mut page) = Page::start() else {
        return;
    };
    let folder = folder();
    let path = folder.path();
    review(path, &[]);
    page.open(&path.join("out/review.html"));
    let pair = text(
        &mut page,
        "(() => { const q = JSON.parse(document.getElementById('data').textContent).queue.questions[1]; return [q.b.source, q.b.id, q.a.source, q.a.id].join(','); })()",
    );
    let lines =
        format!("\u{feff}{HEAD}never,{pair},bob,2026-01-31,\"two, really\"\nalways,q,1,q,2,,,\n");
    let lines = serde_json::to_string(&lines).unwrap();
    page.eval(&format!(
        "document.getElementById('open-export').click(); document.getElementById('import-text').value = {lines}; document.getElementById('import').click()"
    ));
    assert_eq!(
        element(&mut page, "export-count"),
        "1 taken in, 1 are not asked here."
    );
    let lines = text(&mut page, "document.getElementById('export-text').value");
    assert!(
        lines.contains("never,") && lines.contains(",2026-01-31,\"two, really\"\n"),
        "{lines}"
    );
    page.eval("for (let i = 0; i < 2; i++) document.getElementById('forget').click()");
    assert_eq!(
        text(&mut page, "document.getElementById('export-text').value"),
        HEAD
    );
    assert_eq!(page.faults(), Vec::<String>::new());
}

#[test]
fn answers_that_contradict_each_other_are_told_at_once() {
    let Some(mut page) = Page::start() else {
        return;
    };
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    let people = "Id,First Name,Last Name,Email\n1,Ann,Lee,ann@mill.org\n2,Ann,Lee,a.lee@oak.org\n3,Ann,Lee,lee@quarry.org\n";
    fs::write(path.join("people.csv"), people).unwrap();
    fs::write(
        path.join("karat.toml"),
        "[[source]]\nname = \"a\"\npath = \"people.csv\"\nid = \"Id\"\n\n[match]\nreview = [0.0, 1.0]\nthreshold = 0.9999\n",
    )
    .unwrap();
    run(path);
    let told = told(path);
    assert_eq!(told["questions"], 3, "{told}");
    page.open(&path.join("out/review.html"));
    for key in ["s", "s", "d"] {
        page.press(key);
    }
    let said = element(&mut page, "said");
    assert!(
        said.starts_with("This contradicts the answer “different” to question 3"),
        "{said}"
    );
}

/// Values of an export are text on the page, whatever they would like to be; at any
/// width, in both schemes, nothing overflows sideways.
#[test]
fn a_hostile_export_runs_nothing_and_every_width_fits() {
    let Some(mut page) = Page::start() else {
        return;
    };
    let folder = folder();
    let path = folder.path();
    review(path, &[]);
    for (width, dark) in [(400, true), (800, false), (1200, true)] {
        page.show(width, 900, dark);
        page.open(&path.join("out/review.html"));
        page.eval("document.getElementById('filter').value = 'all'; document.getElementById('filter').dispatchEvent(new Event('change'))");
        let all = page
            .eval("JSON.parse(document.getElementById('data').textContent).queue.questions.length");
        let mut seen = String::new();
        for _ in 0..all.as_u64().unwrap() {
            page.eval("document.querySelectorAll('details').forEach(d => d.open = true)");
            seen.push_str(&element(&mut page, "question"));
            let wide = page.eval("document.documentElement.scrollWidth - innerWidth");
            assert!(wide.as_i64() <= Some(0), "{wide} px too wide at {width}");
            page.press("ArrowRight");
        }
        assert!(seen.contains("<img src=x onerror=alert(3)>"), "{seen}");
        assert!(seen.contains("</script><script>alert(2)</script>"));
        assert_eq!(
            page.eval("document.querySelectorAll('img, iframe, object, #question script').length"),
            0
        );
        assert_eq!(page.eval("document.scripts.length"), 2);
        assert_eq!(page.faults(), Vec::<String>::new());
        assert_eq!(page.requests().len(), 1);
    }
}
