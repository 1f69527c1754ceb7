//! One fault a file: each file of `testdata/rules/invalid` and what it says.

use std::fmt::Write as _;
use std::path::Path;

use super::*;

/// The messages of a file with every place as `line:column [marked text]`.
fn told(path: &Path) -> String {
    let rulebook = Rulebook::builtin();
    let columns: Vec<String> = ["email".to_owned(), "crm:Account Type".to_owned()].into();
    let known = Known {
        fields: rulebook.fields(),
        columns: Some(&columns),
        sources: Some(vec!["badges", "crm"]),
    };
    let text = std::fs::read_to_string(path).expect("the file can be read");
    let document = Document {
        name: path
            .file_name()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned(),
        text: text.into(),
        home: Home::Folder(path.parent().expect("a folder").to_path_buf()),
    };
    let failure = match load_documents(&[document], &rulebook, &known) {
        Ok(_) => return "no fault was found\n".to_owned(),
        Err(failure) => failure,
    };
    let mut told = String::new();
    for fault in failure.diagnostics {
        let place = fault.place.unwrap_or_default();
        let marked = place
            .excerpt
            .map(|excerpt| excerpt.text[excerpt.start..excerpt.end].to_owned())
            .unwrap_or_default();
        let _ = writeln!(
            told,
            "{}:{} [{marked}] {}",
            place.line, place.column, fault.message
        );
        for hint in fault.hints {
            let _ = writeln!(told, "  - {hint}");
        }
    }
    told
}

#[test]
fn every_invalid_rule_file_says_what_is_wrong_and_where() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("testdata/rules/invalid");
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .expect("the folder is there")
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "toml")
        })
        .collect();
    files.sort();
    assert!(files.len() >= 25, "{}", files.len());
    let mut all = String::new();
    for path in files {
        let name = path.file_stem().unwrap_or_default().to_string_lossy();
        let _ = writeln!(all, "{name}\n{}", told(&path));
    }
    insta::with_settings!({ prepend_module_to_snapshot => false, snapshot_path => folder.join("snapshots") }, {
        insta::assert_snapshot!("messages", all);
    });
}

#[test]
fn all_faults_of_all_rules_are_told_at_once() {
    let rulebook = Rulebook::builtin();
    let known = Known {
        fields: rulebook.fields(),
        columns: None,
        sources: None,
    };
    let text = "[[rule]]\nid = 'a'\nfield = 'emial'\nrequired = 'ech'\ncolour = 1\n\n[[rule]]\nid = 'b'\ncondition = 'emial = 1 AND nope(2)'\n";
    let failure = load_documents(&[document(text)], &rulebook, &known).expect_err("faulty");
    assert_eq!(failure.diagnostics.len(), 5, "{failure}");
}

#[test]
fn a_rule_file_that_is_not_there_is_told_with_the_others() {
    let rulebook = Rulebook::builtin();
    let known = Known {
        fields: rulebook.fields(),
        columns: None,
        sources: None,
    };
    let failure = load_files(
        &["none.toml".into(), "neither.toml".into()],
        &rulebook,
        &known,
    )
    .expect_err("missing");
    assert_eq!(failure.diagnostics.len(), 2);
    assert_eq!(failure.kind.exit_code(), 2);
}
