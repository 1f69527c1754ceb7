//! Tags: each once (case aside), joined by `;` in the order they stand.

use super::outcome::Outcome;
use super::text::tidy_line;

#[must_use]
pub fn standardise(value: &str) -> Outcome {
    let mut tags: Vec<String> = Vec::new();
    let mut seen: Vec<String> = Vec::new();
    for piece in pieces(value) {
        // Address books mark the groups of a contact with a star.
        let mut bare = tidy_line(&piece.replace('"', "")).into_owned();
        // What taking quotes out has put together is no separator.
        while bare.contains(":::") {
            bare = bare.replace(":::", ":");
        }
        let tag = bare.trim_start_matches("* ").to_owned();
        let key = tag.to_lowercase();
        if !tag.is_empty() && !seen.contains(&key) {
            seen.push(key);
            tags.push(tag);
        }
    }
    let mut joined = tags.join(";");
    if tags.len() == 1 && joined.contains([',', '،', '、']) {
        // One tag with a comma stays one when it is read again.
        joined = format!("\"{joined}\"");
    }
    if joined.is_empty() {
        Outcome::cleared("blank", "no tag in it")
    } else if joined == value {
        Outcome::unchanged(value)
    } else {
        Outcome::changed(joined, "tags_joined")
    }
}

/// By the strongest separator that the cell has; a comma parts tags only where
/// nothing else does, and not inside quotes.
fn pieces(value: &str) -> Vec<String> {
    for separator in [":::", "||", ";", "|", "\n"] {
        if value.contains(separator) {
            return value
                .split([';', '|', '\n'])
                .flat_map(|part| part.split(":::"))
                .map(|part| tidy_line(part).into_owned())
                .collect();
        }
    }
    let mut pieces = vec![String::new()];
    let mut quoted = false;
    for c in value.chars() {
        match c {
            '"' => quoted = !quoted,
            ',' | '،' | '、' if !quoted => pieces.push(String::new()),
            _ => {
                if let Some(last) = pieces.last_mut() {
                    last.push(c);
                }
            }
        }
    }
    pieces
        .iter()
        .map(|piece| tidy_line(piece).into_owned())
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_of_all_systems() {
        for (raw, tags) in [
            ("VIP", "VIP"),
            (":\"::", ":"),
            ("\"VIP\",\"Blog\"", "VIP;Blog"),
            ("a, b,A", "a;b"),
            ("a;b", "a;b"),
            ("* myContacts ::: * starred", "myContacts;starred"),
            ("a||b", "a;b"),
            ("Smith, J; Lee", "Smith, J;Lee"),
            ("\"Smith, J\"", "\"Smith, J\""),
        ] {
            assert_eq!(standardise(raw).value.as_deref(), Some(tags), "{raw}");
        }
        assert_eq!(standardise(" , ").value, None);
    }

    proptest::proptest! {
        #[test]
        fn standardising_twice_changes_nothing(value in "[a-cA-C,;|\" *:]{0,14}") {
            if let Some(once) = standardise(&value).value {
                let twice = standardise(&once).value;
                proptest::prop_assert_eq!(twice, Some(once));
            }
        }
    }
}
