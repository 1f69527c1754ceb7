//! `patches/`: what each system must learn of opt-outs, as a file that it imports.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde_json::Value;
use tempfile::TempDir;

use crate::command::karat_in;

/// A CSV file as rows of cells, the header first.
fn rows(bytes: &[u8], delimiter: u8) -> Vec<Vec<String>> {
    csv::ReaderBuilder::new()
        .has_headers(false)
        .delimiter(delimiter)
        .flexible(true)
        .from_reader(bytes)
        .byte_records()
        .map(|row| {
            let row = row.unwrap();
            row.iter()
                .map(|cell| String::from_utf8_lossy(cell).into_owned())
                .collect()
        })
        .collect()
}

/// What a system does with a patch: each record that it names gets the cells of its
/// columns. `unquoted`: the id without the mark that keeps a spreadsheet from changing it.
fn import(export: &Path, patch: &Path) {
    let text = fs::read(export).unwrap();
    let mut export_rows = rows(&text, b',');
    let patch_rows = rows(&fs::read(patch).unwrap(), b',');
    let header = export_rows[0].clone();
    let at: Vec<usize> = patch_rows[0]
        .iter()
        .map(|name| header.iter().position(|own| own == name).unwrap())
        .collect();
    let unquoted = |id: &str| id.trim_start_matches('\'').to_owned();
    for patched in &patch_rows[1..] {
        let mut matching = export_rows
            .iter_mut()
            .filter(|row| unquoted(&row[at[0]]) == unquoted(&patched[0]));
        let row = matching.next().unwrap_or_else(|| panic!("{patched:?}"));
        for (cell, &column) in patched.iter().zip(&at).skip(1) {
            row[column].clone_from(cell);
        }
        assert!(matching.next().is_none(), "{patched:?}");
    }
    write(export, &export_rows);
}

fn write(path: &Path, rows: &[Vec<String>]) {
    let mut out = csv::Writer::from_path(path).unwrap();
    for row in rows {
        out.write_record(row).unwrap();
    }
    out.flush().unwrap();
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).unwrap();
        }
    }
}

fn run(folder: &Path) -> Value {
    let ended = karat_in(folder, &["run", "karat.toml", "--quiet", "--json"]);
    assert!(matches!(ended.code, 0 | 1), "{}", ended.err);
    serde_json::from_str(&ended.out).unwrap()
}

/// Source → (corrected, by hand).
fn told(summary: &Value) -> BTreeMap<String, (u64, u64)> {
    summary["patches"]
        .as_array()
        .unwrap()
        .iter()
        .map(|patch| {
            (
                patch["source"].as_str().unwrap().to_owned(),
                (
                    patch["records"].as_u64().unwrap(),
                    patch["by_hand"].as_u64().unwrap(),
                ),
            )
        })
        .collect()
}

fn story(name: &str) -> TempDir {
    let folder = TempDir::new().unwrap();
    copy(
        &Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("testdata")
            .join(name),
        folder.path(),
    );
    folder
}

#[test]
fn a_system_that_took_its_patch_needs_none_and_the_undo_puts_every_cell_back() {
    let folder = story("consent");
    let path = folder.path();
    let exports = [
        ("salesforce", "exports/salesforce-extract.csv"),
        ("shop", "exports/customers_export.csv"),
    ];
    let first = told(&run(path));
    assert_eq!(first["salesforce"], (4, 0), "{first:?}");
    assert_eq!(first["shop"], (1, 0), "{first:?}");
    let before: Vec<_> = exports
        .iter()
        .map(|(_, export)| rows(&fs::read(path.join(export)).unwrap(), b','))
        .collect();
    let patches = path.join("patches-of-the-first-run");
    copy(&path.join("out/latest/patches"), &patches);
    for (source, export) in exports {
        import(&path.join(export), &patches.join(format!("{source}.csv")));
    }
    let second = told(&run(path));
    assert!(
        exports
            .iter()
            .all(|(source, _)| !second.contains_key(*source)),
        "{second:?}"
    );
    // The one that no file can tell is still told.
    assert_eq!(second["mailchimp"], first["mailchimp"]);
    for ((source, export), before) in exports.iter().zip(&before) {
        import(
            &path.join(export),
            &patches.join(format!("undo/{source}.csv")),
        );
        assert_eq!(rows(&fs::read(path.join(export)).unwrap(), b','), *before);
    }
    assert_eq!(told(&run(path)), first);
}

#[test]
fn patches_are_outputs_like_every_other() {
    let folder = story("consent");
    let path = folder.path();
    let summary = run(path);
    let listed: Vec<&str> = summary["outputs"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|output| output["file"].as_str())
        .filter(|file| file.starts_with("patches/"))
        .collect();
    assert_eq!(
        listed,
        [
            "patches/by-hand/mailchimp.csv",
            "patches/salesforce.csv",
            "patches/undo/salesforce.csv",
            "patches/shop.csv",
            "patches/undo/shop.csv",
        ]
    );
    // A dry run knows the same.
    let dry = karat_in(
        path,
        &["run", "karat.toml", "--quiet", "--json", "--dry-run"],
    );
    let dry: Value = serde_json::from_str(&dry.out).unwrap();
    assert_eq!(dry["patches"], summary["patches"]);
    let told = karat_in(path, &["run", "karat.toml", "--no-progress", "--dry-run"]);
    assert!(
        told.out.contains(
            "opted out, and not known in a system: 9 records, 4 of them to be corrected by hand\n"
        ),
        "{}",
        told.out
    );
    let page = fs::read_to_string(path.join("out/latest/report.html")).unwrap();
    for link in &listed {
        assert!(page.contains(&format!("<a href=\"{link}\">")), "{link}");
    }
    let ended = karat_in(path, &["verify", "out"]);
    assert_eq!(ended.code, 0, "{}", ended.err);
    let patch = path.join("out/latest/patches/salesforce.csv");
    let text = fs::read_to_string(&patch).unwrap();
    fs::write(&patch, text.replacen("true", "True", 1)).unwrap();
    let ended = karat_in(path, &["verify", "out"]);
    assert_eq!(ended.code, 3, "{}", ended.out);
    assert!(
        ended.err.contains("patches/salesforce.csv"),
        "{}",
        ended.err
    );
}

/// Two sources of the same people: in the first everybody with a mark opted out.
fn two(second: &[u8], of_plan: &str) -> (TempDir, Value) {
    let folder = TempDir::new().unwrap();
    let path = folder.path();
    fs::write(
        path.join("a.csv"),
        "Id,First Name,Last Name,Email,Unsubscribed\n\
         1,Ann,Lee,ann.lee@northfield.org,true\n\
         2,Bob,Kane,bob.kane@harbour.org,true\n\
         3,Eva,Lund,eva.lund@nordljus.org,true\n\
         4,Max,Frey,max.frey@mill.org,false\n",
    )
    .unwrap();
    fs::write(path.join("b.csv"), second).unwrap();
    fs::write(
        path.join("karat.toml"),
        format!(
            "[plan]\nname = \"two\"\n\n[[source]]\nname = \"a\"\npath = \"a.csv\"\nid = \"Id\"\n\n\
             [[source]]\nname = \"b\"\npath = \"b.csv\"\n{of_plan}"
        ),
    )
    .unwrap();
    let summary = run(path);
    (folder, summary)
}

fn file(folder: &TempDir, name: &str) -> String {
    let path = folder.path().join("out/latest/patches").join(name);
    fs::read(&path).map_or_else(
        |error| format!("{}: {error}", path.display()),
        |bytes| String::from_utf8_lossy(&bytes).into_owned(),
    )
}

#[test]
fn an_unknown_source_gets_its_own_delimiter_encoding_and_words() {
    // Latin-1; nobody opted out in it, so only the opposite of its "ja" is known.
    let text = "Nr;Vorname;Name;E-Mail;Empf\u{e4}nger von Mails;Ort\n\
                x1;Ann;Lee;ann.lee@northfield.org;ja;K\u{f6}ln\n\
                x2;Bob;Kane;bob.kane@harbour.org;Ja;K\u{f6}ln\n\
                x3;Eva;Lund;eva.lund@nordljus.org;;K\u{f6}ln\n\
                x4;Max;Frey;max.frey@mill.org;ja;K\u{f6}ln\n";
    let latin: Vec<u8> = text
        .chars()
        .map(|c| u8::try_from(c as u32).unwrap())
        .collect();
    let (folder, summary) = two(
        &latin,
        "id = \"Nr\"\nmap = { email_opt_in = \"Empf\u{e4}nger von Mails\" }\n",
    );
    assert_eq!(told(&summary)["b"], (3, 0));
    let patch = fs::read(folder.path().join("out/latest/patches/b.csv")).unwrap();
    assert_eq!(
        patch,
        b"Nr;Empf\xe4nger von Mails\nx1;nein\nx2;nein\nx3;nein\n"
    );
    let undo = fs::read(folder.path().join("out/latest/patches/undo/b.csv")).unwrap();
    assert_eq!(undo, b"Nr;Empf\xe4nger von Mails\nx1;ja\nx2;Ja\nx3;\n");
}

#[test]
fn what_a_file_can_not_say_is_left_to_a_person_with_the_reason() {
    // The same id twice, none, one that a spreadsheet would run.
    let (folder, summary) = two(
        b"Key,First Name,Last Name,Email,Newsletter\n\
          k1,Ann,Lee,ann.lee@northfield.org,yes\n\
          k1,Zoe,Hart,zoe.hart@quarry.org,no\n\
          ,Bob,Kane,bob.kane@harbour.org,yes\n\
          =k3,Eva,Lund,eva.lund@nordljus.org,yes\n",
        "id = \"Key\"\n",
    );
    assert_eq!(told(&summary)["b"], (0, 3));
    let list = file(&folder, "by-hand/b.csv");
    for reason in [
        "several records of the export have this id",
        "the record has no id",
        "a spreadsheet would run its id as a formula",
    ] {
        assert_eq!(list.matches(reason).count(), 1, "{reason}\n{list}");
    }
    assert!(list.contains("\n'=k3,eva.lund@nordljus.org,"), "{list}");
    assert!(!folder.path().join("out/latest/patches/b.csv").exists());
    // No column of ids; no column of consent; a column whose word nobody knows.
    for (second, of_plan, reason) in [
        (
            "First Name,Last Name,Email,Newsletter\nAnn,Lee,ann.lee@northfield.org,yes\n",
            "",
            "the export has no column of record ids",
        ),
        (
            "Key,First Name,Last Name,Email\nk1,Ann,Lee,ann.lee@northfield.org\n",
            "id = \"Key\"\n",
            "the export has no column for it",
        ),
        (
            "Key,First Name,Last Name,Email,Newsletter\nk1,Ann,Lee,ann.lee@northfield.org,2024-03-12 10:00\n",
            "id = \"Key\"\n",
            "no word for \"\"opted out\"\" is known for the column Newsletter",
        ),
    ] {
        let (folder, summary) = two(second.as_bytes(), of_plan);
        assert_eq!(told(&summary)["b"], (0, 1), "{reason}");
        let list = file(&folder, "by-hand/b.csv");
        assert!(list.contains(reason), "{reason}\n{list}");
    }
}

#[test]
fn a_patch_only_ever_says_opted_out_and_keeps_other_cells() {
    // One record needs mail, one calls, one both, one nothing; Max said yes in `a`.
    let (folder, summary) = two(
        b"Key,First Name,Last Name,Email,Phone,Opt out,Do not call\n\
          k1,Ann,Lee,ann.lee@northfield.org,+12025550143,0,1\n\
          k2,Bob,Kane,bob.kane@harbour.org,+12025550144,1,0\n\
          k3,Eva,Lund,eva.lund@nordljus.org,+12025550145,,0\n\
          k4,Max,Frey,max.frey@mill.org,+12025550146,1,0\n",
        "id = \"Key\"\n",
    );
    assert_eq!(told(&summary)["b"], (2, 0));
    assert_eq!(file(&folder, "b.csv"), "Key,Opt out\nk1,1\nk3,1\n");
    assert_eq!(file(&folder, "undo/b.csv"), "Key,Opt out\nk1,0\nk3,\n");
    // `a` hears of Max, and of nobody's call opt-out, for it has no number of theirs.
    assert_eq!(told(&summary)["a"], (1, 0));
    assert_eq!(file(&folder, "a.csv"), "Id,Unsubscribed\n4,true\n");
    // A column beside the one that is changed keeps what it says.
    let (folder, _) = two(
        b"Key,First Name,Last Name,Email,Opt out,Newsletter\n\
          k1,Ann,Lee,ann.lee@northfield.org,0,yes\n\
          k2,Bob,Kane,bob.kane@harbour.org,0,no\n\
          k3,Eva,Lund,eva.lund@nordljus.org,,yes\n",
        "id = \"Key\"\n",
    );
    assert_eq!(
        file(&folder, "b.csv"),
        "Key,Opt out,Newsletter\nk1,1,no\nk3,,no\n"
    );
}
