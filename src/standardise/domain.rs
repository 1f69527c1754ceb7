//! An organisation's web domain: bare host, lower-case ASCII, without `www.`; also
//! out of a web address or an email address.

use super::email::EmailRules;
use super::outcome::{Doubt, Outcome};
use super::text::tidy_line;
use super::url;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;

#[must_use]
pub fn standardise(value: &str, emails: &EmailRules) -> Outcome {
    let tidy = tidy_line(value);
    let bare = tidy
        .rsplit_once('@')
        .map_or(tidy.as_ref(), |(_, domain)| domain);
    let Some(host) = url::host(bare.trim_start_matches('/')) else {
        return Outcome::unchanged(value).doubt(Doubt {
            rule: "domain_not_valid",
            severity: Severity::Warning,
            message: format!("{} is no web domain", shown(value)),
            suggestion: None,
        });
    };
    let mut domain = host.as_str();
    while let Some(rest) = domain
        .strip_prefix("www.")
        .filter(|rest| rest.contains('.'))
    {
        domain = rest;
    }
    let outcome = if domain == value {
        Outcome::unchanged(value)
    } else {
        Outcome::changed(domain, "domain_form")
    };
    if !emails.is_free_mail(domain) {
        return outcome;
    }
    outcome.doubt(Doubt {
        rule: "domain_is_free_mail",
        severity: Severity::Warning,
        message: format!(
            "{} is a mail provider, not the domain of an employer",
            shown(domain)
        ),
        suggestion: None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    #[test]
    fn domains_out_of_what_people_write() {
        let emails = EmailRules::load(&Rulebook::builtin());
        for (raw, domain) in [
            ("acme.com", "acme.com"),
            ("WWW.Acme.COM", "acme.com"),
            ("https://www.acme.com/about?x=1", "acme.com"),
            ("ann@acme.co.uk", "acme.co.uk"),
            ("shop.acme.com", "shop.acme.com"),
            ("müller.de", "xn--mller-kva.de"),
            ("acme.com:8080", "acme.com"),
        ] {
            let out = standardise(raw, &emails);
            assert_eq!(out.value.as_deref(), Some(domain), "{raw}");
            assert!(out.doubts.is_empty(), "{raw}");
        }
        assert_eq!(
            standardise("Gmail.com", &emails).doubts[0].rule,
            "domain_is_free_mail"
        );
        assert_eq!(
            standardise("Acme Inc", &emails).doubts[0].rule,
            "domain_not_valid"
        );
    }

    proptest::proptest! {
        #[test]
        fn standardising_twice_changes_nothing(value in "\\PC{0,20}|(www\\.){0,2}[a-z]{1,6}\\.(com|de)") {
            let emails = EmailRules::default();
            if let Some(once) = standardise(&value, &emails).value {
                let twice = standardise(&once, &emails).value;
                proptest::prop_assert_eq!(twice, Some(once));
            }
        }
    }
}
