//! A draft of a plan for files that were read: what was recognised and why, what
//! nobody knows, and the settings worth thinking about, all as comments, so that
//! the draft runs as it stands.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::assign::{Assigned, By, Lists, assign};
use super::dates;
use super::fold::fold;
use super::ids;
use super::{Words, report};
use crate::contact::diagnostic::{nearest, shown};
use crate::contact::{Failure, FailureKind, FieldType};
use crate::plan::SourcePlan;
use crate::read::{FileRead, SourceRead};
use crate::rulebook::Rulebook;

/// The TOML of a plan called `name` for these sources.
///
/// # Errors
/// Exit 2 when what the plans say of their sources can't be.
pub fn draft(
    name: &str,
    sources: &[(SourcePlan, SourceRead)],
    rulebook: &Rulebook,
) -> Result<String, Failure> {
    let words = Words::load(rulebook)?;
    let lists = words.lists(rulebook);
    let mut assigned = Vec::with_capacity(sources.len());
    for (plan, read) in sources {
        let found = assign(read, plan, lists);
        assigned.push(found.map_err(|faults| Failure::new(FailureKind::Usage, faults))?);
    }
    let mut out = String::from(
        "# A draft by `karat init`. It runs as it stands; a line behind a # is what karat\n\
         # found or guesses, and does not count until the # is taken off.\n\n",
    );
    let _ = writeln!(out, "[plan]\nname = {}", quoted(name));
    general(&mut out, sources, &assigned);
    for ((plan, read), found) in sources.iter().zip(&assigned) {
        source(&mut out, plan, read, found, lists);
    }
    out.push_str(
        "\n[match]\n# threshold = 0.5            # merge from this probability on; a careful team raises it\n\
         # review = [0.3, 0.95]       # show people the pairs between\n\n\
         [gate]\n# max_error_share = 0.02     # else nothing is published\n\
         # max_golden_shrink = 0.05\n\n[output]\ndir = \"out\"\n",
    );
    Ok(out)
}

/// Settings of the whole plan, with what in the files speaks for thinking about them.
fn general(out: &mut String, sources: &[(SourcePlan, SourceRead)], assigned: &[Assigned<'_>]) {
    let mut homeless = 0;
    let mut records = 0;
    let mut names: BTreeMap<String, u64> = BTreeMap::new();
    for ((_, read), found) in sources.iter().zip(assigned) {
        let phones: Vec<_> = ["phone", "mobile"]
            .iter()
            .flat_map(|f| found.of(f))
            .collect();
        let countries = found.of("country");
        for row in 0..read.table.rows() {
            let cell = |at: usize| read.table.get(&read.table.names()[at], row);
            let country = countries.iter().find_map(|&at| cell(at));
            if let Some(country) = country {
                *names.entry(country.trim().to_owned()).or_default() += 1;
            }
            let national = phones.iter().filter_map(|&at| cell(at)).any(is_national);
            records += 1;
            homeless += u64::from(national && country.is_none());
        }
    }
    out.push_str("# country = \"US\"             # of phones and addresses that name none\n");
    if homeless > 0 {
        let _ = writeln!(
            out,
            "#                            {homeless} of {records} records have a national phone number and no country"
        );
    }
    let most = names
        .iter()
        .max_by(|a, b| a.1.cmp(b.1).then_with(|| b.0.cmp(a.0)));
    if let Some((most, count)) = most {
        let _ = writeln!(
            out,
            "#                            the most frequent country is {} ({count})",
            shown(most)
        );
    }
    out.push_str(
        "# timezone = \"Europe/Sofia\"  # of times without an offset; UTC when not given\n",
    );
}

fn source(
    out: &mut String,
    plan: &SourcePlan,
    read: &SourceRead,
    found: &Assigned<'_>,
    lists: Lists<'_>,
) {
    out.push('\n');
    for file in &read.files {
        let _ = writeln!(out, "# {}", told(file));
    }
    match &found.system {
        Some(system) => {
            let by: Vec<String> = system.by.iter().map(|header| shown(header)).collect();
            let _ = writeln!(
                out,
                "# Recognised as {} by its columns {}.",
                system.preset.label,
                by.join(", ")
            );
        }
        None => out.push_str("# No system is recognised; columns are known by their words.\n"),
    }
    let _ = writeln!(out, "[[source]]");
    let _ = writeln!(out, "name = {}", quoted(&plan.name));
    let _ = writeln!(out, "path = {}", quoted(&plan.path));
    if let Some(system) = &found.system {
        let _ = writeln!(out, "# system = {}", quoted(&system.preset.name));
    }
    out.push_str("# trust = 0.5                # 0 to 1: whose value wins when records disagree\n");
    let names = read.table.names();
    match found.id {
        Some(at) => {
            let by = match found.id_by {
                By::Preset => "the system's record id",
                _ => "every record has one, no two the same",
            };
            let _ = writeln!(
                out,
                "{:<28} # {by}",
                format!("# id = {}", quoted(&names[at]))
            );
        }
        None if found.id_refused.is_some() => {
            let header = found.id_refused.map_or("", |at| names[at].as_str());
            let _ = writeln!(
                out,
                "{:<28} # has values twice or none: records are named by their line",
                format!("# id = {}", quoted(header))
            );
        }
        None => {
            let some = unique_columns(read);
            let hint = if some.is_empty() {
                "records are named by their line, which changes when rows move".to_owned()
            } else {
                format!("could be: {}", some.join(", "))
            };
            let _ = writeln!(out, "{:<28} # {hint}", "# id = \"…\"");
        }
    }
    date_order(out, read, found, lists);
    mapping(out, read, found, lists);
}

/// What each column is, and why; then the columns that nobody knows.
fn mapping(out: &mut String, read: &SourceRead, found: &Assigned<'_>, lists: Lists<'_>) {
    let names = read.table.names();
    let mut known: Vec<(String, String)> = Vec::new();
    let mut carried = Vec::new();
    let mut guesses = Vec::new();
    for field in lists.fields.names() {
        let columns = found.of(field);
        let Some(&first) = columns.first() else {
            continue;
        };
        let headers: Vec<String> = columns.iter().map(|&at| quoted(&names[at])).collect();
        let value = match headers.as_slice() {
            [one] => one.clone(),
            several => format!("[{}]", several.join(", ")),
        };
        let why = match found.columns[first].by {
            By::Plan => "the plan",
            By::Preset => "the system's own",
            By::Word => "by its word",
            By::Values => "by its values",
            By::Nobody => "",
        };
        known.push((format!("# {field} = {value}"), why.to_owned()));
    }
    for (at, column) in found.columns.iter().enumerate() {
        if column.field.is_some() || found.id == Some(at) {
            continue;
        }
        if let Some(first) = &column.second_for {
            if column.by == By::Preset {
                carried.push(shown(&names[at]));
            } else {
                guesses.push((
                    format!("# {first} = {}", quoted(&names[at])),
                    format!("{first} has another column"),
                ));
            }
        } else if report::is_known(found, &names[at]) {
            carried.push(shown(&names[at]));
        } else if let Some((field, word)) = guess(&names[at], lists) {
            guesses.push((
                format!("# {field} = {}", quoted(&names[at])),
                format!("a guess: like {word}"),
            ));
        } else {
            carried.push(shown(&names[at]));
        }
    }
    out.push_str("# [source.map]\n");
    let width = known
        .iter()
        .chain(&guesses)
        .map(|(line, _)| line.chars().count())
        .max()
        .unwrap_or(0)
        .min(60);
    for (line, why) in known {
        let _ = writeln!(out, "{line:width$}  # {why}");
    }
    if !guesses.is_empty() {
        out.push_str("# Not mapped yet:\n");
    }
    for (line, why) in guesses {
        let _ = writeln!(out, "{line:width$}  # {why}");
    }
    if !carried.is_empty() {
        let _ = writeln!(out, "# Carried through as they are: {}", carried.join(", "));
    }
}

/// The field of the nearest known word.
fn guess(header: &str, lists: Lists<'_>) -> Option<(String, String)> {
    let folded = fold(header);
    if folded.chars().count() < 4 {
        return None;
    }
    let words: BTreeMap<&str, &str> = lists.generic.words().collect();
    let word = nearest(&folded, words.keys().copied())?;
    // Jaro-Winkler likes a common beginning: `company size` is no company.
    let close = strsim::normalized_damerau_levenshtein(&folded, word) >= 0.75;
    close.then(|| (words[word].to_owned(), shown(word)))
}

/// Columns whose values could be ids: unique, complete, and no field's.
fn unique_columns(read: &SourceRead) -> Vec<String> {
    read.table
        .iter()
        .filter(|(_, column)| ids::is_unique_and_complete(column))
        .map(|(name, _)| quoted(name))
        .take(3)
        .collect()
}

/// Whether the source's numeric dates say which of day and month comes first.
fn date_order(out: &mut String, read: &SourceRead, found: &Assigned<'_>, lists: Lists<'_>) {
    let mut counts = dates::Counts::default();
    for field in lists.fields.iter() {
        if !matches!(field.kind, FieldType::Date | FieldType::DateTime) {
            continue;
        }
        for at in found.of(&field.name) {
            if let Some(column) = read.table.column(&read.table.names()[at]) {
                counts.add(column);
            }
        }
    }
    let Some(example) = &counts.example else {
        return;
    };
    let (order, why) = match (counts.first_over_12, counts.second_over_12) {
        (0, 0) => (
            "day_first",
            "nothing tells whether the day or the month comes first".to_owned(),
        ),
        (day, 0) => ("day_first", format!("{day} can only be read so")),
        (0, day) => ("month_first", format!("{day} can only be read so")),
        (first, second) => (
            "day_first",
            format!("{first} can only be read so, and {second} only month first"),
        ),
    };
    let _ = writeln!(
        out,
        "{:<28} # such as {}: {why}",
        format!("# dates = {}", quoted(order)),
        shown(example)
    );
}

fn told(file: &FileRead) -> String {
    let mut text = format!("{}: {} records", shown(&file.path), file.rows);
    if file.torn > 0 {
        let _ = write!(text, ", {} rows that can't be read whole", file.torn);
    }
    for word in [
        Some(file.format.clone()),
        file.compression.clone(),
        file.encoding.clone(),
    ]
    .into_iter()
    .flatten()
    .filter(|word| !word.is_empty())
    {
        let _ = write!(text, ", {word}");
    }
    if let Some(delimiter) = file.delimiter {
        let _ = write!(text, ", delimiter {}", shown(&delimiter.to_string()));
    }
    if let Some(line) = file.header_line.filter(|&line| line > 1) {
        let _ = write!(text, ", header in line {line}");
    }
    if let Some(sheet) = &file.sheet {
        let _ = write!(text, ", sheet {}", shown(sheet));
    }
    text
}

/// A phone that needs a country to be dialled.
fn is_national(phone: &str) -> bool {
    let phone = phone.trim_start_matches(['\'', ' ', '(']);
    !phone.starts_with('+')
        && !phone.starts_with("00")
        && phone.chars().filter(char::is_ascii_digit).count() >= 6
}

/// A TOML string on one line, whatever is in it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control()
                || matches!(c, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}') =>
            {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_header_is_one_line_of_toml() {
        for header in [
            "a\"b\\c",
            "two\nlines",
            "tab\tx",
            "نام\u{200c}خانوادگی",
            "\u{feff}id",
        ] {
            let text = quoted(header);
            assert!(!text.contains('\n'));
            let table: toml::Table = toml::from_str(&format!("a = {text}")).expect("parses");
            assert_eq!(table["a"].as_str(), Some(header));
        }
    }

    #[test]
    fn national_numbers_are_told() {
        assert!(is_national("(612) 555-4410"));
        assert!(!is_national("+1 612 555 4410"));
        assert!(!is_national("0049 30 1234567"));
        assert!(!is_national("n/a"));
    }
}
