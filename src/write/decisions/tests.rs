use proptest::prelude::*;

use super::*;

const HEAD: &str = "verdict,source_a,record_id_a,source_b,record_id_b,by,date,why\n";

fn read(lines: &str) -> Decisions {
    parse("decisions.csv", &format!("{HEAD}{lines}")).expect("no fault")
}

/// `line:column message` of every fault.
fn faults(text: &str) -> Vec<String> {
    parse("decisions.csv", text)
        .expect_err("faults")
        .iter()
        .map(|fault| {
            let place = fault.place.clone().unwrap_or_default();
            format!("{}:{} {}", place.line, place.column, fault.message)
        })
        .collect()
}

#[test]
fn decisions_are_read() {
    let read =
        read("# namesakes\nnever,a,1,b,2,ann,2026-01-01,\"one, two\"\n\nALWAYS,a,3,a,'=4,,,\n");
    assert_eq!(read.list.len(), 2);
    let never = &read.list[0];
    assert_eq!(never.verdict, Verdict::Never);
    assert_eq!(
        (never.a.to_string(), never.b.to_string()),
        ("a:1".into(), "b:2".into())
    );
    assert_eq!(
        (never.by.as_str(), never.date.as_str()),
        ("ann", "2026-01-01")
    );
    assert_eq!(never.why, "one, two");
    assert_eq!(never.place.line, 3);
    assert_eq!(read.list[1].b.record_id, "=4", "the guard is taken off");
    assert!(read.notes.is_empty());
}

#[test]
fn columns_may_stand_in_any_order_and_some_are_not_needed() {
    let text = "\u{feff}why,Verdict,source_a,record_id_a,source_b,record_id_b,ticket\r\nx,never,a,1,b,2,T-1\r\n";
    let read = parse("d.csv", text).expect("no fault");
    assert_eq!(read.list[0].why, "x");
    assert_eq!(read.notes.len(), 1);
    assert_eq!(read.notes[0].message, "the column 'ticket' is not read");
    assert!(parse("d.csv", "").expect("an empty file").list.is_empty());
    assert!(
        parse("d.csv", "# none yet\n")
            .expect("a comment")
            .list
            .is_empty()
    );
}

#[test]
fn all_faults_are_told_with_their_places() {
    let text = format!(
        "{HEAD}nevr,a,1,b,2,,,\n,a,1,b,,,,\nnever,a,1,a,1,,,\nnever,a,1,b,2,ann,2026-01-01,one, two\nalways,a,\"1,b,2,,,\n"
    );
    assert_eq!(
        faults(&text),
        [
            "2:1 'nevr' is no verdict",
            "3:1 the line has no verdict",
            "3:8 the line has no record_id_b",
            "4:11 the line names one record twice",
            "5:34 the line has more cells than the header",
            "6:10 this quote is not closed",
        ]
    );
    assert_eq!(
        faults("verdict,source_a,recordid_a,source_b,record_id_b\n"),
        [
            "1:1 the header lacks record_id_a",
            "1:18 the column 'recordid_a' is not read"
        ]
    );
    assert_eq!(
        faults("verdict,verdict,source_a,record_id_a,source_b,record_id_b\n"),
        ["1:9 the column 'verdict' stands twice"]
    );
    let semicolons = parse("d.csv", &HEAD.replace(',', ";")).expect_err("no commas");
    assert_eq!(
        semicolons[0].hints[0],
        "save the file with commas between the cells"
    );
}

#[test]
fn an_older_form_is_shown_in_the_new_one() {
    let old = "decision,left,right,who,when,why\nnever,a:1,b:2,ann,2026-01-01,namesakes\nalways,a:3,a:x:4\n";
    let found = parse("d.csv", old).expect_err("the older form");
    assert_eq!(found.len(), 1);
    assert_eq!(
        found[0].hints[0],
        format!("write it so:\n{HEAD}never,a,1,b,2,ann,2026-01-01,namesakes\nalways,a,3,a,x:4,,,")
    );
    let found = parse("d.csv", "always,a:1,a:2\n").expect_err("no header");
    assert_eq!(found[0].message, "the file has no header");
    assert_eq!(
        found[0].hints[0],
        format!("write it so:\n{HEAD}always,a,1,a,2,,,")
    );
    let found = parse("d.csv", "always,a,1,a,2,,,\n").expect_err("no header");
    assert_eq!(
        found[0].hints[0],
        format!("write it so:\n{HEAD}always,a,1,a,2,,,")
    );
}

#[test]
fn what_is_said_twice_counts_once_and_odd_dates_hold() {
    let read = read("never,a,1,b,2,ann,31.1.2026,\nnever,b,2,a,1,bob,,again\n");
    assert_eq!(read.list.len(), 1);
    let notes: Vec<&str> = read
        .notes
        .iter()
        .map(|note| note.message.as_str())
        .collect();
    assert_eq!(
        notes,
        [
            "'31.1.2026' is no date",
            "line 3 says again what line 2 says"
        ]
    );
}

#[test]
fn contradictions_show_their_lines() {
    let text = format!("{HEAD}always,a,1,b,2,,,\nnever,b,2,a,1,,,\n");
    assert_eq!(faults(&text), ["3:1 line 3 contradicts line 2"]);
    let text = format!(
        "{HEAD}always,a,1,b,2,,,\nnever,a,1,c,3,,,\nalways,x,1,y,2,,,\nalways,b,2,c,3,,,\n"
    );
    assert_eq!(
        faults(&text),
        ["5:1 line 5 contradicts lines 2 and 3 together"]
    );
    let found = parse("d.csv", &text).expect_err("a contradiction");
    let excerpt = found[0]
        .place
        .as_ref()
        .and_then(|p| p.excerpt.clone())
        .expect("an excerpt");
    assert_eq!(excerpt.label, "'b:2' and 'c:3' are one");
    let also: Vec<&str> = excerpt
        .also
        .iter()
        .map(|mark| mark.label.as_str())
        .collect();
    assert_eq!(also, ["'a:1' and 'b:2' are one", "'a:1' and 'c:3' are two"]);
}

fn new(verdict: Verdict, a: &str, b: &str, why: &str) -> New {
    New {
        verdict,
        a: RecordName::new("a", a),
        b: RecordName::new("b", b),
        by: "ann".into(),
        date: "2026-01-31".into(),
        why: why.into(),
    }
}

#[test]
fn a_line_is_added_in_the_files_own_way() {
    let one = [new(Verdict::Never, "1", "2", "father, \"son\"")];
    assert_eq!(
        with("d.csv", "", &one).expect("adds"),
        format!("{HEAD}never,a,1,b,2,ann,2026-01-31,\"father, \"\"son\"\"\"\n")
    );
    let text = "# ours\r\nwhy,verdict,source_a,record_id_a,source_b,record_id_b\r\nx,never,a,9,b,9";
    assert_eq!(
        with("d.csv", text, &one).expect("adds"),
        format!("{text}\r\n\"father, \"\"son\"\"\",never,a,1,b,2\r\n")
    );
    let guarded = with("d.csv", "", &[new(Verdict::Never, "=1", "2", "#x")]).expect("adds");
    assert!(
        guarded.ends_with("never,a,'=1,b,2,ann,2026-01-31,\"#x\"\n"),
        "{guarded}"
    );
}

#[test]
fn what_is_known_or_contradicts_is_not_added() {
    let text = format!("{HEAD}always,a,1,b,1,,,\nalways,a,2,b,1,,,\n");
    let known = with("d.csv", &text, &[new(Verdict::Always, "2", "1", "")]).expect_err("known");
    assert_eq!(known[0].message, "line 3 says so already");
    let more = [
        new(Verdict::Always, "2", "7", ""),
        new(Verdict::Never, "1", "7", ""),
    ];
    let against = with("d.csv", &text, &more).expect_err("a contradiction");
    assert_eq!(
        against[0].message,
        "line 5 contradicts lines 2, 3 and 4 together"
    );
    // Nobody looks for line 5 in a file of three.
    let told = &against[0].hints;
    assert!(
        told.contains(&"nothing was added: lines from 4 on would be new".to_owned()),
        "{told:?}"
    );
}

#[test]
fn a_file_behind_another_has_its_header_again() {
    let read = read(&format!("never,a,1,b,2,,,\n{HEAD}never,a,1,b,3,,,\n"));
    assert_eq!(read.list.len(), 2);
}

proptest! {
    /// Whatever is decided comes back as it was said, whatever is in it.
    #[test]
    fn what_is_added_is_read(
        texts in proptest::collection::vec("[a-c=+@'#,\" é\u{ff1d}-]{1,6}", 6)
    ) {
        let text = |at: usize| texts[at].trim().trim_start_matches(['\'', ' ']).to_owned();
        prop_assume!((0..4).all(|at| !text(at).is_empty()));
        let new = New {
            verdict: Verdict::Always,
            a: RecordName::new(text(0), text(1)),
            b: RecordName::new(text(2), text(3)),
            by: text(4),
            date: "2026-01-31".into(),
            why: text(5),
        };
        prop_assume!(new.a != new.b);
        let file = with("d.csv", "", std::slice::from_ref(&new)).expect("adds");
        let read = parse("d.csv", &file).expect("no fault");
        prop_assert_eq!(New::from(&read.list[0]), new);
        prop_assert_eq!(read.list.len(), 1);
    }

    #[test]
    fn no_text_breaks_it(text in "(verdict,source_a,record_id_a,source_b,record_id_b\n)?[a-bnever,\"\r\n#;']{0,80}") {
        let _ = parse("d.csv", &text);
    }
}
