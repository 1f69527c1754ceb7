//! Email addresses: one address in lower case, its domain in ASCII (punycode).
//!
//! The ASCII form is kept because it is what every mailing system can deliver to.
//! A provider's dots and tags (`a.nn+news@gmail.com`) are never taken out of the
//! value, only for comparing: [`comparison_key`]. What looks mistyped is proposed.

mod rules;
mod typo;

use std::borrow::Cow;

use email_address::{EmailAddress, Options};
use unicode_normalization::UnicodeNormalization;

pub use rules::EmailRules;

use super::outcome::{Doubt, Outcome};
use super::text::{ascii_digits, is_invisible, lower, without_guard};
use crate::contact::Severity;
use crate::contact::diagnostic::shown;

/// Standardises a cell that should hold an address; further ones in it become
/// parts for `other_emails`.
#[must_use]
pub fn standardise(value: &str, rules: &EmailRules) -> Outcome {
    let (mut kept, mut parts, mut first_reason) = (Vec::<One>::new(), Vec::new(), None);
    for piece in pieces(value) {
        let one = one_address(&piece, rules);
        match &one.value {
            None => first_reason = first_reason.or(Some((one.rule, one.reason))),
            Some(address) if kept.iter().any(|k| k.value.as_deref() == Some(address)) => {}
            Some(_) => kept.push(one),
        }
    }
    // A sound address goes first, so that a broken one does not hide it.
    kept.sort_by_key(|one| !one.sound);
    let mut kept = kept.into_iter();
    let Some(main) = kept.next() else {
        let (rule, reason) = first_reason.unwrap_or(("blank", "nothing but blanks"));
        return Outcome::cleared(rule, reason);
    };
    let mut doubts = main.doubts;
    for other in kept {
        doubts.extend(other.doubts);
        parts.extend(other.value.map(|address| ("other_emails", address)));
    }
    let address = main.value.unwrap_or_default();
    let rule = if !parts.is_empty() {
        "email_several"
    } else if address == value {
        ""
    } else {
        main.rule
    };
    Outcome {
        value: Some(address),
        parts,
        rule,
        reason: "",
        doubts,
    }
}

/// What two spellings of one mailbox have in common: the address without the
/// provider's dots, tags and second names of its domain. `None` for no address.
#[must_use]
pub fn comparison_key(address: &str, rules: &EmailRules) -> Option<String> {
    let lower = address.trim().to_lowercase();
    let (local, domain) = lower.rsplit_once('@')?;
    if local.is_empty() || domain.is_empty() {
        return None;
    }
    let provider = rules.provider(domain);
    let tag = provider.map_or(Some('+'), |p| p.tag);
    let bare = tag
        .and_then(|tag| local.split_once(tag))
        .map_or(local, |(name, _)| name);
    let bare = if bare.is_empty() { local } else { bare };
    let bare: Cow<'_, str> = if provider.is_some_and(|p| p.dots) && bare.contains('.') {
        Cow::Owned(bare.replace('.', ""))
    } else {
        Cow::Borrowed(bare)
    };
    let domain = provider.map_or(domain, |p| p.domain.as_str());
    Some(format!("{bare}@{domain}"))
}

/// One address of a cell.
struct One {
    value: Option<String>,
    rule: &'static str,
    reason: &'static str,
    sound: bool,
    doubts: Vec<Doubt>,
}

impl One {
    fn cleared(rule: &'static str, reason: &'static str) -> Self {
        Self {
            value: None,
            rule,
            reason,
            sound: false,
            doubts: Vec::new(),
        }
    }
}

/// The pieces of a cell that hold an address each; the whole cell when there is
/// at most one `@`.
fn pieces(value: &str) -> Vec<Cow<'_, str>> {
    let value = without_guard(value);
    let plain: Cow<'_, str> = if value.bytes().all(|b| matches!(b, b' '..=b'~')) {
        // Nothing to compose, nothing that can't be seen.
        Cow::Borrowed(value)
    } else {
        let seen = value.nfkc().filter(|&c| {
            (!is_invisible(c) || c.is_whitespace()) && !matches!(c, '\u{200c}' | '\u{200d}')
        });
        Cow::Owned(seen.collect())
    };
    if plain.bytes().filter(|b| *b == b'@').count() < 2 {
        return vec![match plain {
            Cow::Borrowed(plain) => Cow::Borrowed(plain.trim()),
            Cow::Owned(plain) => Cow::Owned(plain.trim().to_owned()),
        }];
    }
    let plain = plain.trim();
    let outer = plain.split([';', ',', '|', '\n', '\r', '\t', '/', '،', '、', '；']);
    let mut found: Vec<Cow<'_, str>> = Vec::new();
    for piece in outer.map(str::trim).filter(|piece| !piece.is_empty()) {
        if piece.matches('@').count() > 1 && piece.split_whitespace().count() > 1 {
            let words = piece.split_whitespace().filter(|word| word.contains('@'));
            found.extend(words.map(|word| Cow::Owned(word.to_owned())));
        } else {
            found.push(Cow::Owned(piece.to_owned()));
        }
    }
    // A comma inside `Lee, Ann <ann@x.com>` parts no addresses.
    if found.iter().any(|piece| piece.contains('@')) {
        found.retain(|piece| piece.contains('@'));
    }
    found
}

fn one_address(piece: &str, rules: &EmailRules) -> One {
    let lower = lower(piece);
    if rules.is_directory_path(&lower) {
        return One::cleared(
            "email_directory_path",
            "a path of a mail server's directory, not an address",
        );
    }
    let (bare, mut rule) = unwrapped(&lower, rules);
    if bare.is_empty() {
        return One::cleared("blank", "nothing but punctuation");
    }
    let bare = ascii_digits(bare);
    let closed = closed_up(&bare, rules);
    if *closed != *bare {
        rule = "email_spaces";
    }
    let Some((local, domain)) = closed.rsplit_once('@') else {
        return not_valid(piece, &closed, rules);
    };
    let domain = domain.trim_end_matches('.');
    let local: Cow<'_, str> = if local.is_ascii() {
        Cow::Borrowed(local)
    } else {
        Cow::Owned(local.nfc().collect())
    };
    let (domain, is_idna) = match ascii_domain(domain) {
        Some(ascii) if *ascii != *domain => (ascii, true),
        Some(ascii) => (ascii, false),
        None => return not_valid(piece, &closed, rules),
    };
    if is_idna {
        rule = "email_domain_ascii";
    }
    let address = format!("{local}@{domain}");
    if rules.is_placeholder(&local, &domain) {
        return One::cleared("placeholder", "stands for no address");
    }
    if !is_valid(&address) {
        return not_valid(piece, &address, rules);
    }
    let doubts = typo::doubts(&address, &local, &domain, rules);
    One {
        value: Some(address),
        rule: if rule.is_empty() { "email_case" } else { rule },
        reason: "",
        sound: true,
        doubts,
    }
}

/// The address inside what people and systems put around it.
fn unwrapped<'t>(lower: &'t str, rules: &EmailRules) -> (&'t str, &'static str) {
    let mut rest = lower.trim();
    let mut rule = "";
    if let Some((_, tail)) = rest.rsplit_once('<')
        && let Some((inner, _)) = tail.split_once('>')
        && inner.contains('@')
    {
        rest = inner.trim();
        rule = "email_unwrapped";
    }
    for scheme in &rules.schemes {
        if let Some(after) = rest.strip_prefix(scheme.as_str()) {
            // A link's `?subject=…` is no part of the address.
            rest = after.split('?').next().unwrap_or(after).trim();
            rule = "email_unwrapped";
        }
    }
    let trimmed = rest.trim_matches(|c: char| {
        c.is_whitespace()
            || matches!(
                c,
                '.' | ','
                    | ';'
                    | ':'
                    | '<'
                    | '>'
                    | '('
                    | ')'
                    | '['
                    | ']'
                    | '"'
                    | '\''
                    | '“'
                    | '”'
                    | '’'
                    | '`'
            )
    });
    if trimmed.len() != rest.len() {
        rule = "email_unwrapped";
    }
    (trimmed, rule)
}

/// Blanks beside `@` and dots taken out, `(at)` and `[dot]` written as signs.
fn closed_up<'t>(bare: &'t str, rules: &EmailRules) -> Cow<'t, str> {
    let mut text = Cow::Borrowed(bare);
    for (word, sign) in &rules.spelled_signs {
        if text.contains(word.as_str()) {
            text = Cow::Owned(text.replace(word.as_str(), sign));
        }
    }
    if text.contains(char::is_whitespace) {
        let mut words = text.split_whitespace();
        let mut joined = words.next().unwrap_or("").to_owned();
        for word in words {
            let touches = joined.ends_with(['@', '.']) || word.starts_with(['@', '.']);
            if !touches {
                joined.push(' ');
            }
            joined.push_str(word);
        }
        return Cow::Owned(joined);
    }
    text
}

/// The domain in ASCII; `None` when no domain is written so.
fn ascii_domain(domain: &str) -> Option<Cow<'_, str>> {
    if domain.is_ascii() {
        return Some(Cow::Borrowed(domain));
    }
    idna::domain_to_ascii_strict(domain).ok().map(Cow::Owned)
}

fn is_valid(address: &str) -> bool {
    let options = Options::default()
        .with_required_tld()
        .without_display_text()
        .without_domain_literal();
    let Some((local, domain)) = address.rsplit_once('@') else {
        return false;
    };
    !local.starts_with('"')
        && !local.contains('@')
        && domain
            .split('.')
            .all(|label| !label.is_empty() && !label.starts_with('-') && !label.ends_with('-'))
        && domain
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'))
        && EmailAddress::parse_with_options(address, options).is_ok()
}

/// Kept as it is written, for a person to look at.
fn not_valid(piece: &str, closed: &str, rules: &EmailRules) -> One {
    if rules.is_placeholder(closed, "") {
        return One::cleared("placeholder", "stands for no address");
    }
    let suggestion = typo::repaired(closed, rules).filter(|fixed| is_valid(fixed));
    let doubt = Doubt {
        rule: "email_not_valid",
        severity: Severity::Error,
        message: format!(
            "{} is not an email address; nobody can be mailed at it",
            shown(piece)
        ),
        suggestion,
    };
    One {
        value: Some(piece.to_owned()),
        rule: "email_spaces",
        reason: "",
        sound: false,
        doubts: vec![doubt],
    }
}

#[cfg(test)]
mod tests;
