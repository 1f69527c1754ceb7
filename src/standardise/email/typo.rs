//! Mistyped domains: proposed, never changed.

use super::rules::EmailRules;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::standardise::outcome::Doubt;

/// What a person should look at in a valid address.
pub fn doubts(address: &str, local: &str, domain: &str, rules: &EmailRules) -> Vec<Doubt> {
    let mut doubts = Vec::new();
    if let Some(right) = corrected(domain, rules) {
        doubts.push(Doubt {
            rule: "email_domain_typo",
            severity: Severity::Warning,
            message: format!("{} looks mistyped; {right} is likely meant", shown(address)),
            suggestion: Some(format!("{local}@{right}")),
        });
    } else if !psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known()) {
        doubts.push(Doubt {
            rule: "email_suffix_unknown",
            severity: Severity::Error,
            message: format!("{} ends in no domain suffix that exists", shown(address)),
            suggestion: None,
        });
    }
    doubts
}

/// A guess at what an invalid address was meant to be.
pub fn repaired(text: &str, rules: &EmailRules) -> Option<String> {
    let squeezed: String = text.split_whitespace().collect();
    let mut text = squeezed.replace(',', ".");
    while text.contains("..") {
        text = text.replace("..", ".");
    }
    while text.contains("@@") {
        text = text.replace("@@", "@");
    }
    let (local, domain) = text.rsplit_once('@')?;
    let local = local.trim_end_matches('.').replace('@', "");
    let domain = domain.trim_start_matches('.');
    let domain = corrected(domain, rules).unwrap_or_else(|| domain.to_owned());
    Some(format!("{local}@{domain}"))
}

/// The domain that was likely meant, when this one is likely a slip.
fn corrected(domain: &str, rules: &EmailRules) -> Option<String> {
    if let Some(right) = rules.typo_domains.get(domain) {
        return Some(right.clone());
    }
    if rules.is_free_mail(domain) {
        return None;
    }
    let (name, suffix) = domain.rsplit_once('.')?;
    let known = psl::suffix(domain.as_bytes()).is_some_and(|suffix| suffix.is_known());
    let fixed = rules
        .typo_suffixes
        .get(suffix)
        .filter(|_| !known)
        .map(|right| format!("{name}.{right}"));
    let candidate = fixed.as_deref().unwrap_or(domain);
    // One slip away from a provider that millions use.
    let near = rules
        .typo_targets
        .iter()
        .filter(|target| {
            target.as_str() != candidate && target.len().abs_diff(candidate.len()) <= 1
        })
        .find(|target| strsim::osa_distance(target, candidate) == 1);
    near.cloned().or(fixed)
}
