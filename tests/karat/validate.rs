//! Rules by the command line: `karat check`, `karat rules test`, `karat rules docs`.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use super::command::karat_in;

const BADGES: &str = "\
Badge No,First Name,Last Name,Email,Phone,Company,Country
1,Ann,Lee,ann@leeandfox.com,+1 415 555 2671,Example Ltd,United States
2,Bob,bob,bob.example.com,,Example Ltd,United States
3,,,,,Example Ltd,
4,Cy,Orr,info@leeandfox.com,,Other Ltd,Atlantis
5,Dee,Fox,dee@leeandfox.com,12,Other Ltd,Bulgaria
";

const RULES: &str = r#"
[[rule]]
id = "company_not_ours"
field = "company"
allowed = ["Example Ltd.", "Example"]
severity = "error"
owner = "ann"
why = "Badges are for our own people"
examples.pass = [{ company = "Example Ltd." }]
examples.fail = [{ company = "Other Ltd." }]
"#;

/// A folder with an export, a rule file and a plan with the given gates.
fn story(rules: &str, gates: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    fs::write(folder.path().join("badges.csv"), BADGES).unwrap();
    fs::write(folder.path().join("rules.toml"), rules).unwrap();
    let plan = format!(
        "[plan]\nname = \"story\"\nrules = [\"rules.toml\"]\n\n[[source]]\nname = \"badges\"\npath = \"badges.csv\"\nid = \"Badge No\"\n\n[gate]\n{gates}\n"
    );
    fs::write(folder.path().join("plan.toml"), plan).unwrap();
    folder
}

fn found<'a>(report: &'a Value, rule: &str) -> Option<&'a Value> {
    report["findings"]
        .as_array()?
        .iter()
        .find(|finding| finding["rule"] == rule)
}

#[test]
fn check_tells_rules_places_values_and_people() {
    let folder = story(RULES, "");
    let ended = karat_in(folder.path(), &["check", "plan.toml"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    for words in [
        "badges",
        "company_not_ours",
        "ann: Badges are for our own people",
        "'bob.example.com'",
        "badges.csv:3",
        "email_role_mailbox",
        "country_unknown",
        "OK: nothing here stops a run",
    ] {
        assert!(ended.out.contains(words), "{words}\n{}", ended.out);
    }
    assert!(!ended.out.contains('\u{1b}'), "no colours in a pipe");
    for line in ended.out.lines() {
        assert!(line.chars().count() <= 100, "{line}");
    }
}

#[test]
fn check_counts_for_machines() {
    let folder = story(RULES, "");
    let ended = karat_in(folder.path(), &["check", "plan.toml", "--json"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let report: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(report["records"], 5);
    assert_eq!(report["held"], 1, "a record without name, email and phone");
    assert_eq!(report["verdict"], "publishable");
    let ours = found(&report, "company_not_ours").unwrap();
    assert_eq!(ours["records"], 2);
    assert_eq!(ours["severity"], "error");
    assert_eq!(ours["example"]["record_id"], "4");
    assert_eq!(ours["example"]["line"], 5);
    let unknown = found(&report, "person_not_identifiable").unwrap();
    assert_eq!(unknown["action"], "quarantine");
    assert_eq!(unknown["example"]["record_id"], "3");
    assert!(found(&report, "email_not_valid").is_some());
    assert!(found(&report, "phone_not_dialable").is_some());
}

#[test]
fn gates_decide_the_exit_code() {
    for (gates, code, words) in [
        ("max_error_share = 1.0", 0, "OK:"),
        ("max_error_share = 0.1", 4, "STOP:"),
        (
            "max_error_share = 0.1\nsoft = [\"max_error_share\"]",
            1,
            "WARNING:",
        ),
        ("min_records = 6", 4, "min_records"),
    ] {
        let folder = story(RULES, gates);
        let ended = karat_in(folder.path(), &["check", "plan.toml"]);
        assert_eq!(ended.code, code, "{gates}\n{}{}", ended.out, ended.err);
        assert!(ended.out.contains(words), "{gates}\n{}", ended.out);
    }
}

#[test]
fn order_of_rows_and_threads_change_nothing() {
    let folder = story(RULES, "");
    let one = karat_in(
        folder.path(),
        &["check", "plan.toml", "--json", "--threads", "1"],
    );
    let four = karat_in(
        folder.path(),
        &["check", "plan.toml", "--json", "--threads", "4"],
    );
    assert_eq!(one.out, four.out);
    let mut lines: Vec<&str> = BADGES.lines().collect();
    lines[1..].reverse();
    fs::write(folder.path().join("badges.csv"), lines.join("\n") + "\n").unwrap();
    let turned = karat_in(folder.path(), &["check", "plan.toml", "--json"]);
    let without_lines = |text: &str| -> String {
        text.lines()
            .filter(|line| !line.contains("\"line\""))
            .collect()
    };
    assert_eq!(without_lines(&one.out), without_lines(&turned.out));
}

#[test]
fn faults_of_rules_are_told_all_at_once_with_their_places() {
    let rules = r#"
[[rule]]
id = "one"
condition = "countri = 'US'"

[[rule]]
id = "two"
field = "email"
format = { regex = '[a' }
"#;
    let folder = story(rules, "");
    let ended = karat_in(folder.path(), &["check", "plan.toml"]);
    assert_eq!(ended.code, 2);
    assert_eq!(ended.out, "");
    for words in [
        "rules.toml:4:14",
        "did you mean `country`?",
        "rules.toml:9:21",
        "unclosed character class",
        "2 errors",
    ] {
        assert!(ended.err.contains(words), "{words}\n{}", ended.err);
    }
}

#[test]
fn a_rule_of_the_plan_may_name_an_extra_column_only_if_it_is_there() {
    let rules = RULES.replace("field = \"company\"", "field = \"badges:Bagde\"");
    let folder = story(&rules, "");
    let ended = karat_in(folder.path(), &["check", "plan.toml"]);
    assert_eq!(ended.code, 2, "{}", ended.out);
    assert!(
        ended.err.contains("there is no field 'badges:Bagde'"),
        "{}",
        ended.err
    );
}

#[test]
fn the_examples_of_the_built_in_rules_hold() {
    let folder = TempDir::new().unwrap();
    let ended = karat_in(folder.path(), &["rules", "test"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("examples hold"), "{}", ended.out);
    assert_eq!(ended.err, "", "every built-in rule has examples");
}

/// A column called like an id is believed only when its values tell records apart, and
/// what a spreadsheet rounded is told either way.
#[test]
fn a_rounded_record_id_is_a_warning() {
    let folder = TempDir::new().unwrap();
    let person = |id: &str, name: &str| format!("{id},{name},Lee,{name}@leeandfox.com\n");
    let header = "Contact ID,First Name,Last Name,Email\n";
    let twice = [
        header,
        &person("1.23E+10", "ann"),
        &person("1.23E+10", "bob"),
        &person("12300000001", "cy"),
    ];
    fs::write(folder.path().join("twice.csv"), twice.concat()).unwrap();
    let once = [header, &person("1.23E+10", "ann"), &person("12E4", "bob")];
    fs::write(folder.path().join("once.csv"), once.concat()).unwrap();
    for (file, records) in [("twice.csv", 2), ("once.csv", 1)] {
        let ended = karat_in(folder.path(), &["check", file, "--json"]);
        assert_eq!(ended.code, 0, "{}", ended.err);
        let report: Value = serde_json::from_str(&ended.out).unwrap();
        let finding = found(&report, "record_id_lost_in_spreadsheet").expect(file);
        assert_eq!(finding["severity"], "warning");
        assert_eq!(finding["records"], records, "{file}: {finding}");
    }
    let ended = karat_in(folder.path(), &["check", "twice.csv"]);
    assert!(
        ended
            .err
            .contains("a spreadsheet has rounded some of its values"),
        "{}",
        ended.err
    );
}

/// A rule that finds nothing passes every example that passes.
#[test]
fn a_rule_with_examples_of_one_kind_only_is_told() {
    let fails = "examples.fail = [{ company = \"Other Ltd.\" }]\n";
    let folder = story(&RULES.replace(fails, ""), "");
    let ended = karat_in(folder.path(), &["rules", "test", "rules.toml"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(
        ended
            .err
            .contains("'company_not_ours' has no example that fails"),
        "{}",
        ended.err
    );
}

#[test]
fn an_example_that_does_not_hold_is_shown() {
    let folder = story(&RULES.replace("\"Other Ltd.\" }", "\"Example\" }"), "");
    let ended = karat_in(folder.path(), &["rules", "test", "rules.toml"]);
    assert_eq!(ended.code, 2);
    assert!(
        ended
            .err
            .contains("'company_not_ours' does not find this example, and should"),
        "{}",
        ended.err
    );
    assert!(ended.err.contains("rules.toml:10:18"), "{}", ended.err);
}

#[test]
fn the_rulebook_prints_as_a_procedure() {
    let folder = story(RULES, "");
    let ended = karat_in(folder.path(), &["rules", "docs", "--plan", "plan.toml"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    assert!(ended.out.contains("## Owned by ann"), "{}", ended.out);
    assert!(ended.out.contains("### company_not_ours (error)"));
    assert!(ended.out.contains("### person_not_identifiable (error)"));
}
