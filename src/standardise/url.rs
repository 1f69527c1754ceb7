//! Web addresses: scheme and host in lower case, no default port, no lone slash; a
//! missing scheme becomes `https`. What a site does not need to name a page
//! (tracking, `?trk=`) is taken off as `rules/urls.toml` says.

use serde::Deserialize;

use super::outcome::{Doubt, Outcome};
use super::text::tidy_line;
use crate::contact::Severity;
use crate::contact::diagnostic::shown;
use crate::rulebook::Rulebook;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UrlRules {
    /// Starts of query keys that only track.
    tracking: Vec<String>,
    #[serde(default)]
    site: Vec<Site>,
}

/// How a site names its pages.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Site {
    /// The host that stands for all, and the domain that they share.
    host: String,
    domain: String,
    #[serde(default)]
    drop_query: bool,
    #[serde(default)]
    lower_path: bool,
}

impl UrlRules {
    /// # Panics
    /// Never: a test holds the built-in file to its form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        toml::from_str(rulebook.file("urls.toml").unwrap_or_default()).unwrap_or_else(|error| {
            unreachable!("invariant: the built-in rules/urls.toml is tested: {error}")
        })
    }

    fn site(&self, host: &str) -> Option<&Site> {
        self.site.iter().find(|site| {
            host.strip_suffix(site.domain.as_str())
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        })
    }
}

#[must_use]
pub fn standardise(value: &str, rules: &UrlRules) -> Outcome {
    let tidy = tidy_line(value);
    let Some(canonical) = canonical(&tidy, rules) else {
        return Outcome::unchanged(value).doubt(Doubt {
            rule: "url_not_valid",
            severity: Severity::Warning,
            message: format!("{} is no web address", shown(value)),
            suggestion: None,
        });
    };
    if canonical == value {
        Outcome::unchanged(value)
    } else {
        Outcome::changed(canonical, "url_form")
    }
}

/// The host of a web address or bare domain, in lower-case ASCII, without port.
#[must_use]
pub fn host(value: &str) -> Option<String> {
    let rest = value.split_once("://").map_or(value, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next()?;
    let authority = authority
        .rsplit_once('@')
        .map_or(authority, |(_, host)| host);
    let name = match authority.split_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        Some(_) => return None,
        None => authority,
    };
    let name = name.trim_end_matches('.');
    let ascii = idna::domain_to_ascii_strict(name).ok()?.to_lowercase();
    let known = ascii.contains('.')
        && ascii.split('.').all(|label| {
            !label.is_empty()
                && label
                    .bytes()
                    .all(|b| b.is_ascii_alphanumeric() || b == b'-')
        })
        && psl::suffix(ascii.as_bytes()).is_some_and(|suffix| suffix.is_known());
    known.then_some(ascii)
}

fn canonical(tidy: &str, rules: &UrlRules) -> Option<String> {
    if tidy.contains(' ') {
        return None;
    }
    let (scheme, rest) = match tidy.split_once("://") {
        Some((scheme, rest)) => (scheme.to_lowercase(), rest),
        None => ("https".to_owned(), tidy.trim_start_matches('/')),
    };
    if !matches!(scheme.as_str(), "http" | "https" | "ftp")
        || rest.split(['/', '?', '#']).next()?.contains('@')
    {
        return None;
    }
    let mut host = host(rest)?;
    let start = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let port = rest[..start]
        .rsplit_once(':')
        .map(|(_, port)| port)
        .filter(|port| {
            !port.is_empty()
                && !matches!((scheme.as_str(), *port), ("http", "80") | ("https", "443"))
        });
    let (path_query, fragment) = match rest[start..].split_once('#') {
        Some((before, fragment)) => (before, fragment),
        None => (&rest[start..], ""),
    };
    let (path, query) = path_query.split_once('?').unwrap_or((path_query, ""));
    let mut path = path.to_owned();
    let mut query: Vec<&str> = query
        .split('&')
        .filter(|pair| {
            !pair.is_empty()
                && !rules
                    .tracking
                    .iter()
                    .any(|key| pair.to_lowercase().starts_with(key.as_str()))
        })
        .collect();
    let mut fragment = fragment;
    let mut scheme = scheme;
    if let Some(site) = rules.site(&host) {
        host = site.host.clone();
        "https".clone_into(&mut scheme);
        if site.drop_query {
            query.clear();
            fragment = "";
            path.truncate(path.trim_end_matches('/').len());
        }
        if site.lower_path {
            path = path.to_lowercase();
        }
    }
    if path == "/" {
        path.clear();
    }
    let mut url = format!("{scheme}://{host}");
    if let Some(port) = port {
        url.push(':');
        url.push_str(port);
    }
    url.push_str(&path);
    for (sign, text) in [('?', query.join("&")), ('#', fragment.to_owned())] {
        if !text.is_empty() {
            url.push(sign);
            url.push_str(&text);
        }
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rules() -> UrlRules {
        UrlRules::load(&Rulebook::builtin())
    }

    #[test]
    fn addresses_are_brought_to_one_form() {
        let rules = rules();
        for (raw, url) in [
            ("https://acme.com", "https://acme.com"),
            ("HTTP://WWW.Acme.com/", "http://www.acme.com"),
            ("acme.com", "https://acme.com"),
            ("www.acme.com/About", "https://www.acme.com/About"),
            ("https://acme.com:443/x", "https://acme.com/x"),
            ("https://acme.com:8443/x", "https://acme.com:8443/x"),
            (
                "https://acme.com/?utm_source=a&id=3",
                "https://acme.com?id=3",
            ),
            ("https://acme.com/#team", "https://acme.com#team"),
            ("müller.de", "https://xn--mller-kva.de"),
            (
                "linkedin.com/in/AnnLee/",
                "https://www.linkedin.com/in/annlee",
            ),
            (
                "http://de.linkedin.com/in/annlee?trk=x",
                "https://www.linkedin.com/in/annlee",
            ),
        ] {
            let out = standardise(raw, &rules);
            assert_eq!(out.value.as_deref(), Some(url), "{raw}");
            assert!(out.doubts.is_empty(), "{raw}");
        }
    }

    #[test]
    fn what_is_no_address_is_kept_with_a_doubt() {
        for raw in [
            "see notes",
            "ann@acme.com",
            "acme",
            "mailto:ann@acme.com",
            "https://acme.zzzz",
        ] {
            let out = standardise(raw, &rules());
            assert_eq!(out.value.as_deref(), Some(raw));
            assert_eq!(out.doubts.len(), 1, "{raw}");
        }
    }

    proptest::proptest! {
        #[test]
        fn standardising_twice_changes_nothing(value in "\\PC{0,20}|(https?://)?(www\\.)?[a-zA-Z]{1,6}\\.(com|de|org)(:[0-9]{1,4})?(/[a-zA-Z/?&#=._-]{0,12})?") {
            let rules = rules();
            if let Some(once) = standardise(&value, &rules).value {
                let twice = standardise(&once, &rules).value;
                proptest::prop_assert_eq!(twice, Some(once));
            }
        }
    }
}
