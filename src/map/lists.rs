//! Several values in one cell: the system's own writing of a list.

use std::borrow::Cow;

use super::preset::ColumnRule;

/// The values of a cell as its column's rule parts them.
#[must_use]
pub fn values<'c>(cell: &'c str, rule: &ColumnRule, separator: &str) -> Vec<Cow<'c, str>> {
    let mut values = list(cell, separator, rule.quoted);
    if let Some(mark) = rule.strip.as_deref() {
        for value in &mut values {
            if let Some(plain) = value.strip_prefix(mark) {
                *value = Cow::Owned(plain.trim().to_owned());
            }
        }
    }
    values
}

/// Adds a value to a cell of several, which every later stage parts at `;`. A `;`
/// inside the value becomes a comma: the change is an event of the caller.
pub fn push(cell: &mut String, value: &str) {
    if value.is_empty() {
        return;
    }
    if !cell.is_empty() {
        cell.push(';');
    }
    cell.extend(value.chars().map(|c| if c == ';' { ',' } else { c }));
}

/// The values of a cell with a separator of the system's own.
fn list<'c>(cell: &'c str, separator: &str, quoted: bool) -> Vec<Cow<'c, str>> {
    if !quoted || !cell.contains('"') {
        return cell
            .split(separator)
            .map(str::trim)
            .filter(|value| !value.is_empty())
            .map(Cow::Borrowed)
            .collect();
    }
    let mut values = Vec::new();
    let mut value = String::new();
    let mut inside = false;
    let mut rest = cell;
    while let Some(c) = rest.chars().next() {
        if !inside && rest.starts_with(separator) {
            values.push(std::mem::take(&mut value));
            rest = &rest[separator.len()..];
            continue;
        }
        rest = &rest[c.len_utf8()..];
        if c != '"' {
            value.push(c);
        } else if inside && rest.starts_with('"') {
            value.push('"');
            rest = &rest[1..];
        } else {
            inside = !inside;
        }
    }
    values.push(value);
    values
        .into_iter()
        .map(|value| value.trim().to_owned())
        .filter(|value| !value.is_empty())
        .map(Cow::Owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_one_value_later_too() {
        let mut cell = String::new();
        for value in ["a;b", "", "c"] {
            push(&mut cell, value);
        }
        assert_eq!(cell, "a,b;c");
    }

    #[test]
    fn quoted_lists_keep_their_commas() {
        assert_eq!(
            list(r#""A, B","C ""x""",D"#, ",", true),
            ["A, B", "C \"x\"", "D"]
        );
        assert_eq!(list("a ::: b", ":::", false), ["a", "b"]);
    }
}
