//! What must never be in the code, held by looking at it (ARCHITECTURE.md, "Never").

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

/// One source file without comments and without its tests.
struct Source {
    /// From the repository's root, with `/`.
    name: String,
    /// The lines that ship, with comments blanked; same numbering as the file.
    code: Vec<String>,
    /// Lines without the tests at the end, comments included.
    length: usize,
}

/// Product files past this length need a reason below.
const LONG: usize = 700;
/// `(file, reason)`: a list that repeats is fine, a second subject is not.
const LONG_FOR_A_REASON: &[(&str, &str)] = &[];

#[test]
fn polars_stays_at_the_edges() {
    deny(
        |name| {
            name.starts_with("src/plan/")
                || name.starts_with("src/link/kernel/")
                || name == "src/contact/event.rs"
        },
        &["polars"],
        "plan, link/kernel and audit events know no data frame",
    );
}

#[test]
fn only_cli_prints() {
    deny(
        |name| !name.starts_with("src/cli/"),
        &[
            "println!",
            "eprintln!",
            "print!(",
            "eprint!(",
            "dbg!(",
            "stdout()",
            "stderr()",
        ],
        "only src/cli chooses words and streams",
    );
}

#[test]
fn nothing_panics_on_input() {
    deny(
        |_| true,
        &[".unwrap()", "todo!(", "unimplemented!("],
        "bad input is a violation or a diagnostic; an invariant is stated with expect",
    );
}

#[test]
fn no_input_is_memory_mapped_and_nothing_is_unsafe() {
    deny(
        // Setting polars' thread limit needs the one block that there is.
        |name| name != "src/cli/threads.rs",
        &["memmap", "Mmap", "unsafe {", "unsafe fn"],
        "an export that is cut while karat reads must not kill it",
    );
}

#[test]
fn kernels_do_no_input_or_output() {
    deny(
        |name| name.starts_with("src/link/kernel/") || name.starts_with("src/standardise/"),
        &[
            "std::fs",
            "std::net",
            "std::process",
            "std::env",
            "File::open",
        ],
        "the pure parts take values and give values",
    );
}

#[test]
fn stages_do_not_know_the_command_line() {
    deny(
        |name| !name.starts_with("src/cli/") && name != "src/main.rs",
        &["crate::cli", "clap::", "indicatif::"],
        "the engine does not know that there is a terminal",
    );
}

#[test]
fn earlier_layers_do_not_know_later_ones() {
    let stages = [
        "crate::map",
        "crate::standardise",
        "crate::validate",
        "crate::link",
        "crate::merge",
        "crate::write",
        "crate::explain",
        "crate::report",
        "crate::pipeline",
    ];
    deny(
        |name| name.starts_with("src/contact/"),
        &stages,
        "contact is the lowest layer",
    );
    deny(
        |name| name.starts_with("src/contact/"),
        &["crate::plan", "crate::read"],
        "contact is the lowest layer",
    );
    deny(
        |name| name.starts_with("src/plan/"),
        &stages,
        "the plan is read before every stage",
    );
    deny(
        |name| name.starts_with("src/rulebook/"),
        &stages,
        "the rulebook is read before every stage",
    );
    deny(
        |name| name.starts_with("src/link/kernel/"),
        &["crate::plan", "crate::rulebook"],
        "kernels take slices",
    );
}

/// A system is a file of `rules/systems/`; the engine knows none by name.
#[test]
fn no_system_is_named_in_code() {
    let mut names = Vec::new();
    for entry in fs::read_dir(root().join("rules/systems"))
        .into_iter()
        .flatten()
        .flatten()
    {
        let stem = entry
            .path()
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        // The stem as a whole word and its brand: `hubspot` of `hubspot-labels`.
        let brand = stem
            .split(['-', '_', '.'])
            .next()
            .unwrap_or_default()
            .to_owned();
        // Words that are also plain English or part of karat's own terms.
        if brand.len() >= 6
            && !["generic", "contact", "contacts", "spreadsheet"].contains(&brand.as_str())
        {
            names.push(brand);
        }
    }
    names.sort();
    names.dedup();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    deny_in_strings(
        &names,
        "what a system is called and how it writes belongs in rules/systems/",
    );
}

/// Countries live in `rules/`, too. A few that would be the first to slip in.
#[test]
fn no_country_is_named_in_code() {
    deny_in_strings(
        &[
            "united states",
            "germany",
            "deutschland",
            "bulgaria",
            "thailand",
            "france",
            "iran",
        ],
        "countries and what they are called belong in rules/",
    );
}

/// Nor is a word of any language: a list of words is data. Held for letters that no
/// keyword of karat's has, and for the words that the lists of `rules/` know already.
#[test]
fn no_word_of_a_language_is_in_code() {
    let known = words_of_rules();
    let mut faults = String::new();
    for source in sources() {
        let works_on_values = ["src/standardise/", "src/map/", "src/link/", "src/merge/"]
            .iter()
            .any(|folder| source.name.starts_with(folder));
        if !works_on_values {
            continue;
        }
        for (number, line) in (1..).zip(&source.code) {
            for text in strings(line) {
                let foreign = text.chars().any(|c| c.is_alphabetic() && !c.is_ascii());
                let word = text.trim().to_lowercase();
                // Karat's own sentences join what they list.
                let joins = line.contains(&format!(".join(\"{text}\")"));
                if foreign || (known.contains(&word) && !joins) {
                    let _ = writeln!(faults, "{}:{number}: \"{text}\"", source.name);
                }
            }
        }
    }
    assert!(faults.is_empty(), "words belong in rules/:\n{faults}");
}

/// Small words, words between names and numbers, particles: of two letters and more, and
/// none that is a name of karat's own (a field, a place in a list).
fn words_of_rules() -> BTreeSet<String> {
    const OWN: [&str; 1] = ["ext"];
    let read = |name: &str| fs::read_to_string(root().join("rules").join(name)).expect(name);
    let mut words = BTreeSet::new();
    let mut collect = |value: &toml::Value| {
        let mut left = vec![value.clone()];
        while let Some(value) = left.pop() {
            match value {
                toml::Value::String(word) => {
                    words.insert(word.to_lowercase());
                }
                toml::Value::Array(list) => left.extend(list),
                toml::Value::Table(table) => left.extend(table.into_iter().map(|(_, v)| v)),
                _ => {}
            }
        }
    };
    let table = |name: &str| read(name).parse::<toml::Table>().expect(name);
    for value in table("small_words.toml").values() {
        collect(value);
    }
    for key in ["between", "extensions"] {
        collect(&table("phones.toml")[key]);
    }
    for key in ["and", "former", "capital_after", "capital_after_if_listed"] {
        collect(&table("names/shapes.toml")[key]);
    }
    for line in read("names/particles.csv").lines().skip(1) {
        if let Some(word) = line.split(',').next().filter(|_| !line.starts_with('#')) {
            words.insert(word.to_lowercase());
        }
    }
    words.retain(|word| word.chars().count() >= 2 && !OWN.contains(&word.as_str()));
    assert!(words.len() > 60, "the lists moved: {words:?}");
    words
}

/// The string literals of a line.
fn strings(line: &str) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = line.replace("'\"'", "").replace("b'\"'", "");
    while let Some(start) = rest.find('"') {
        let tail = rest.split_off(start + 1);
        let mut text = String::new();
        let mut chars = tail.char_indices();
        let mut end = tail.len();
        while let Some((at, c)) = chars.next() {
            match c {
                '\\' => text.extend(chars.next().map(|(_, c)| c)),
                '"' => {
                    end = at + 1;
                    break;
                }
                c => text.push(c),
            }
        }
        out.push(text);
        rest = tail[end..].to_owned();
    }
    out
}

#[test]
fn files_have_one_subject() {
    let mut faults = String::new();
    for source in sources() {
        let reason = LONG_FOR_A_REASON
            .iter()
            .any(|(name, _)| *name == source.name);
        if source.length > LONG && !reason {
            let _ = writeln!(faults, "{}: {} lines", source.name, source.length);
        }
    }
    assert!(
        faults.is_empty(),
        "past {LONG} lines, split it or give a reason in this file:\n{faults}"
    );
}

/// A list without source, licence and date can neither be shipped nor renewed. Its head
/// says them; `rules/PROVENANCE.md` is drawn from the heads (`KARAT_BLESS=1`).
#[test]
fn every_list_has_its_birth_certificate() {
    let mut paths = Vec::new();
    files_below(&root().join("rules"), &mut paths);
    let mut faults = String::new();
    let mut drawn = String::from(PROVENANCE_HEAD);
    for path in paths {
        let name = path.strip_prefix(root().join("rules")).unwrap_or(&path);
        let name = name.to_string_lossy().replace('\\', "/");
        if name == "PROVENANCE.md" {
            continue;
        }
        let text = fs::read_to_string(&path).expect("a text file");
        let head: Vec<&str> = text
            .lines()
            .take_while(|line| line.starts_with('#'))
            .map(|line| line.trim_start_matches('#').trim())
            .collect();
        let head = head.join(" ");
        match head.split_once("Provenance:") {
            Some((about, provenance)) => {
                let first = |text: &str| {
                    let sentence = text.trim().split(". ").next().unwrap_or_default();
                    sentence.trim_end_matches('.').replace('|', "\\|")
                };
                let _ = writeln!(
                    drawn,
                    "| `{name}` | {} | {} |",
                    first(about),
                    first(provenance)
                );
            }
            None => {
                let _ = writeln!(
                    faults,
                    "rules/{name} does not say its provenance in its head"
                );
            }
        }
    }
    assert!(faults.is_empty(), "{faults}");
    let table = root().join("rules/PROVENANCE.md");
    if std::env::var_os("KARAT_BLESS").is_some() {
        fs::write(&table, &drawn).expect("a writable table");
    }
    let known = fs::read_to_string(&table).expect("rules/PROVENANCE.md");
    assert!(
        known == drawn,
        "rules/PROVENANCE.md is older than the lists: KARAT_BLESS=1 cargo test birth_certificate"
    );
}

const PROVENANCE_HEAD: &str = "\
# Where the lists come from

Drawn from the heads of the files: `KARAT_BLESS=1 cargo test birth_certificate` writes it anew. \
What is said to be karat's own, or written by hand, are facts put down for karat and \
licensed as karat is (MIT OR Apache-2.0); nothing else is copied from anywhere.

| file | what it holds | source, licence, date |
|---|---|---|
";

fn files_below(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            files_below(&path, paths);
        } else {
            paths.push(path);
        }
    }
    paths.sort();
}

/// Every file of `tests/karat` is part of the binary.
#[test]
fn no_test_file_is_forgotten() {
    let folder = root().join("tests/karat");
    let main = fs::read_to_string(folder.join("main.rs")).expect("tests/karat/main.rs");
    for entry in fs::read_dir(folder).expect("tests/karat").flatten() {
        let stem = entry
            .path()
            .file_stem()
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let rust = entry
            .path()
            .extension()
            .is_some_and(|extension| extension == "rs");
        if rust && stem != "main" {
            assert!(
                main.contains(&format!("mod {stem};")),
                "tests/karat/main.rs lacks `mod {stem};`"
            );
        }
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Fails with every place where a word of `words` stands in the code of a file.
fn deny(applies: impl Fn(&str) -> bool, words: &[&str], why: &str) {
    let mut faults = String::new();
    for source in sources().iter().filter(|source| applies(&source.name)) {
        for (index, line) in source.code.iter().enumerate() {
            for word in words.iter().filter(|word| holds(line, word)) {
                let _ = writeln!(faults, "{}:{}: {word}", source.name, index + 1);
            }
        }
    }
    assert!(faults.is_empty(), "{why}:\n{faults}");
}

/// The same for words inside string literals, in any case. A canonical field's own name
/// is no system's.
fn deny_in_strings(words: &[&str], why: &str) {
    let fields = fs::read_to_string(root().join("rules/fields.toml")).expect("the fields");
    let fields: Vec<&str> = fields
        .lines()
        .filter_map(|line| line.strip_prefix("name = \"")?.strip_suffix('"'))
        .collect();
    let mut faults = String::new();
    for source in sources() {
        for (index, line) in source.code.iter().enumerate() {
            for text in line.split('"').skip(1).step_by(2) {
                let text = text.to_lowercase();
                if fields.contains(&text.as_str()) {
                    continue;
                }
                for word in words.iter().filter(|word| holds(&text, word)) {
                    let _ = writeln!(faults, "{}:{}: {word}", source.name, index + 1);
                }
            }
        }
    }
    assert!(faults.is_empty(), "{why}:\n{faults}");
}

/// `word` in `line`, not as the tail of a longer word (`eprintln!` holds no `println!`).
fn holds(line: &str, word: &str) -> bool {
    let mut from = 0;
    while let Some(at) = line[from..].find(word) {
        let start = from + at;
        let joined = |c: char| c.is_alphanumeric() || c == '_';
        let word_start = word.starts_with(joined);
        let before = line[..start].chars().next_back().is_some_and(joined);
        let word_end = word.ends_with(joined);
        let after = line[start + word.len()..]
            .chars()
            .next()
            .is_some_and(joined);
        // `polars` must also find `polars_io`, so only letters and digits after count.
        let after = after && !line[start + word.len()..].starts_with('_');
        if !(word_start && before || word_end && after) {
            return true;
        }
        from = start + word.len();
    }
    false
}

fn sources() -> Vec<Source> {
    let mut paths = Vec::new();
    collect(&root().join("src"), &mut paths);
    paths.sort();
    paths
        .into_iter()
        .map(|path| read(&path))
        .filter(|source| !source.name.ends_with("/tests.rs"))
        .collect()
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a readable folder").flatten() {
        let path = entry.path();
        if path.is_dir() {
            if path.file_name().is_some_and(|name| name != "tests") {
                collect(&path, paths);
            }
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn read(path: &Path) -> Source {
    let text = fs::read_to_string(path).expect("a readable source file");
    let name = path
        .strip_prefix(root())
        .unwrap_or(path)
        .to_string_lossy()
        .replace('\\', "/");
    let mut code = Vec::new();
    let mut length = 0;
    // Tests stand under `#[cfg(test)]` and `mod … {`, up to a brace in the first column.
    let mut in_tests = false;
    let lines: Vec<&str> = text.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        if *line == "#[cfg(test)]" {
            let next = lines.get(index + 1).copied().unwrap_or_default();
            in_tests = next.starts_with("mod ") && next.ends_with('{');
        }
        // `//` inside a string is followed by no space here (`https://`).
        let comment = line.trim_start().starts_with("//");
        let shipped = if comment || in_tests {
            ""
        } else {
            line.split(" // ").next().unwrap_or(line)
        };
        length += usize::from(!in_tests);
        code.push(shipped.to_owned());
        in_tests &= *line != "}";
    }
    Source { name, code, length }
}
