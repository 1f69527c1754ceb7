//! The rulebook as a page: what we require, who owns it, what happens otherwise.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::contact::{Action, Severity};
use crate::validate::{Example, Kind, Rule, Rules};

/// The rules as Markdown, by owner, errors first.
#[must_use]
pub fn markdown(rules: &Rules) -> String {
    let mut by_owner: BTreeMap<&str, Vec<&Rule>> = BTreeMap::new();
    for rule in rules.list.iter().filter(|rule| rule.enabled) {
        by_owner.entry(&rule.owner).or_default().push(rule);
    }
    let mut out = String::from("# Rules for contacts\n\n");
    out.push_str(
        "What is asked of every record, who acts when it is broken, and what happens to the \
         record meanwhile. Printed by `karat rules docs`; the rule files are the source.\n",
    );
    summary(&mut out, &by_owner);
    for (owner, mut list) in by_owner {
        let owner = if owner.is_empty() {
            "nobody yet"
        } else {
            owner
        };
        let _ = writeln!(out, "\n## Owned by {owner}");
        list.sort_by_key(|rule| std::cmp::Reverse(rule.severity));
        for rule in list {
            page(&mut out, rule);
        }
    }
    let off: Vec<&str> = rules
        .list
        .iter()
        .filter(|rule| !rule.enabled)
        .map(|rule| rule.id.as_str())
        .collect();
    if !off.is_empty() {
        let _ = writeln!(out, "\n## Switched off\n\n{}", off.join(", "));
    }
    if !rules.aliases.is_empty() {
        let _ = writeln!(out, "\n## Renamed\n");
        for (old, new) in &rules.aliases {
            let _ = writeln!(out, "- `{old}` is now `{new}`");
        }
    }
    out
}

fn summary(out: &mut String, by_owner: &BTreeMap<&str, Vec<&Rule>>) {
    let _ = writeln!(
        out,
        "\n| owner | errors | warnings | notes |\n|---|---|---|---|"
    );
    for (owner, rules) in by_owner {
        let of = |severity| {
            rules
                .iter()
                .filter(|rule| rule.severity == severity)
                .count()
        };
        let _ = writeln!(
            out,
            "| {owner} | {} | {} | {} |",
            of(Severity::Error),
            of(Severity::Warning),
            of(Severity::Info)
        );
    }
}

fn page(out: &mut String, rule: &Rule) {
    let _ = writeln!(out, "\n### {} ({})\n", rule.id, rule.severity.name());
    let _ = writeln!(out, "- **Broken when**: {}", broken_when(rule));
    if !rule.why.is_empty() {
        let _ = writeln!(out, "- **Why**: {}", inline(&rule.why));
    }
    let mut scope = Vec::new();
    if !rule.sources.is_empty() {
        scope.push(format!("records of {}", rule.sources.join(", ")));
    }
    if let Some(when) = &rule.when {
        scope.push(format!("where {}", code(&when.sql)));
    }
    if !scope.is_empty() {
        let _ = writeln!(out, "- **Only**: {}", scope.join(", "));
    }
    let _ = writeln!(out, "- **Then**: {}", then(rule));
    let examples = |list: &[Example]| list.iter().map(example).collect::<Vec<_>>().join("; ");
    if !rule.examples.pass.is_empty() {
        let _ = writeln!(out, "- **Good**: {}", examples(&rule.examples.pass));
    }
    if !rule.examples.fail.is_empty() {
        let _ = writeln!(out, "- **Broken**: {}", examples(&rule.examples.fail));
    }
}

fn broken_when(rule: &Rule) -> String {
    let mut text = String::new();
    if let Some(message) = &rule.message {
        let _ = write!(text, "{}; that is, ", inline(message));
    }
    let said = match &rule.kind {
        Kind::Condition(condition) => code(&condition.sql),
        Kind::RequiredIf(condition) => format!(
            "{} is missing where {}",
            names(&rule.fields),
            code(&condition.sql)
        ),
        Kind::Doubt(doubt) => format!("standardising doubts a value ({})", code(doubt)),
        kind => inline(&kind.words(&names(&rule.fields), &rule.fields)),
    };
    text.push_str(&said);
    text
}

fn then(rule: &Rule) -> String {
    let fields = names(&rule.fields);
    match rule.action {
        Action::Flag if matches!(rule.kind, Kind::Doubt(_)) && !rule.action_given => {
            "the finding is listed; the value is as standardising left it".to_owned()
        }
        Action::Flag => "the finding is listed; the record goes on as it is".to_owned(),
        Action::Quarantine => {
            "the record is held out of the golden set until it is corrected in its system"
                .to_owned()
        }
        Action::Clear => format!("{fields} is emptied; the old value stays in the audit"),
        Action::Fix => {
            let words = rule
                .fix
                .as_ref()
                .map_or_else(String::new, |fix| fix.words());
            format!(
                "{fields} is {}; the old value stays in the audit",
                inline(&words)
            )
        }
    }
}

fn names(fields: &[String]) -> String {
    fields.join(", ")
}

fn example(example: &Example) -> String {
    // Like records, which a rule that learns from them needs, are said once.
    let records: Vec<String> = example
        .records
        .chunk_by(|one, next| one == next)
        .filter_map(|alike| {
            let cells: Vec<String> = alike
                .first()?
                .iter()
                .map(|(name, value)| format!("{name} = {value}"))
                .collect();
            let record = code(&cells.join(", "));
            Some(match alike.len() {
                1 => record,
                count => format!("{count} times {record}"),
            })
        })
        .collect();
    records.join(" beside ")
}

/// Text that a page must not read as markup.
fn inline(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '*' | '_' | '|' | '<' | '[' | '\\' => {
                out.push('\\');
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            _ => out.push(c),
        }
    }
    out
}

/// Text as code: on one line, in enough backticks to hold those within.
fn code(text: &str) -> String {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if text.contains('`') {
        format!("`` {text} ``")
    } else {
        format!("`{text}`")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;
    use crate::validate::{Document, Home, Known, load_documents, load_files};

    fn known(rulebook: &Rulebook) -> Known<'_> {
        Known {
            fields: rulebook.fields(),
            columns: None,
            sources: None,
        }
    }

    #[test]
    fn a_rule_reads_as_a_procedure() {
        let rulebook = Rulebook::builtin();
        let text = r#"
[[rule]]
id = "no_phone"
field = "phone"
required_if = "lifecycle_stage IN ('mql', 'sql')"
severity = "error"
action = "fix"
fix = { copy = "mobile" }
owner = "sales"
why = "Sales must call"
sources = ["crm"]
when = "country = 'BG'"
examples.fail = [{ lifecycle_stage = "mql" }]

[[rule]]
id = "silent"
field = "email"
required = "each"
owner = "sales"
why = "x"
enabled = false
"#;
        let document = Document {
            name: "r.toml".to_owned(),
            text: text.into(),
            home: Home::Builtin,
        };
        let rules = load_documents(&[document], &rulebook, &known(&rulebook)).expect("sound");
        insta::assert_snapshot!(markdown(&rules), @r"
        # Rules for contacts

        What is asked of every record, who acts when it is broken, and what happens to the record meanwhile. Printed by `karat rules docs`; the rule files are the source.

        | owner | errors | warnings | notes |
        |---|---|---|---|
        | sales | 1 | 0 | 0 |

        ## Owned by sales

        ### no_phone (error)

        - **Broken when**: phone is missing where `lifecycle_stage IN ('mql', 'sql')`
        - **Why**: Sales must call
        - **Only**: records of crm, where `country = 'BG'`
        - **Then**: phone is taken from `mobile`; the old value stays in the audit
        - **Broken**: `lifecycle_stage = mql`

        ## Switched off

        silent
        ");
    }

    #[test]
    fn every_built_in_rule_has_its_page() {
        let rulebook = Rulebook::builtin();
        let rules = load_files(&[], &rulebook, &known(&rulebook)).expect("sound");
        let page = markdown(&rules);
        for rule in &rules.list {
            assert!(page.contains(&format!("### {} (", rule.id)), "{}", rule.id);
        }
    }
}
