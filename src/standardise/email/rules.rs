//! What is known of mail domains and mailboxes: the files of `rules/email/`.

use hashbrown::{HashMap, HashSet};
use serde::Deserialize;

use crate::rulebook::Rulebook;

type Set = HashSet<String, foldhash::fast::FixedState>;

/// Lists of domains, mailboxes and habits of providers.
#[derive(Clone, Debug, Default)]
pub struct EmailRules {
    free: Set,
    disposable: Set,
    roles: Set,
    no_reply: Set,
    placeholder_locals: Set,
    placeholder_domains: Set,
    directory_prefixes: Vec<String>,
    /// What stands before an address (`mailto:`), lower case.
    pub(super) schemes: Vec<String>,
    /// A sign as it is spelled to hide it (`(at)`) → the sign.
    pub(super) spelled_signs: Vec<(String, String)>,
    providers: Vec<Provider>,
    by_domain: HashMap<String, usize, foldhash::fast::FixedState>,
    pub(super) typo_domains: HashMap<String, String, foldhash::fast::FixedState>,
    pub(super) typo_suffixes: HashMap<String, String, foldhash::fast::FixedState>,
    pub(super) typo_targets: Vec<String>,
}

/// How a provider reads its own addresses.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provider {
    /// The domain that stands for all of `domains`.
    pub domain: String,
    domains: Vec<String>,
    /// Dots in the local part make no difference.
    #[serde(default)]
    pub dots: bool,
    /// What follows this sign makes no difference.
    #[serde(default)]
    pub tag: Option<char>,
}

#[derive(Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct File {
    free: Vec<String>,
    disposable: Vec<String>,
    roles: Vec<String>,
    no_reply: Vec<String>,
    placeholder_locals: Vec<String>,
    placeholder_domains: Vec<String>,
    directory_prefixes: Vec<String>,
    schemes: Vec<String>,
    spelled_signs: std::collections::BTreeMap<String, String>,
    provider: Vec<Provider>,
    typo_domains: std::collections::BTreeMap<String, String>,
    typo_suffixes: std::collections::BTreeMap<String, String>,
    typo_targets: Vec<String>,
}

impl EmailRules {
    /// Reads all files of `rules/email/`.
    ///
    /// # Panics
    /// Never: a test holds the built-in files to their form.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let mut rules = Self::default();
        for (path, text) in rulebook.folder("email") {
            let file: File = toml::from_str(text).unwrap_or_else(|error| {
                unreachable!("invariant: the built-in rules/{path} is tested: {error}")
            });
            rules.add(file);
        }
        rules
    }

    fn add(&mut self, file: File) {
        self.free.extend(file.free);
        self.disposable.extend(file.disposable);
        self.roles.extend(file.roles);
        self.no_reply.extend(file.no_reply);
        self.placeholder_locals.extend(file.placeholder_locals);
        self.placeholder_domains.extend(file.placeholder_domains);
        self.directory_prefixes.extend(file.directory_prefixes);
        self.schemes.extend(file.schemes);
        self.spelled_signs.extend(file.spelled_signs);
        for provider in file.provider {
            for domain in &provider.domains {
                self.by_domain.insert(domain.clone(), self.providers.len());
            }
            self.providers.push(provider);
        }
        self.typo_domains.extend(file.typo_domains);
        self.typo_suffixes.extend(file.typo_suffixes);
        self.typo_targets.extend(file.typo_targets);
    }

    /// Whether anybody can have a mailbox at this domain, so that it says nothing
    /// about an employer.
    #[must_use]
    pub fn is_free_mail(&self, domain: &str) -> bool {
        self.free.contains(domain)
            || self.by_domain.contains_key(domain)
            || self.is_disposable(domain)
    }

    /// Whether addresses of this domain are made to be thrown away.
    #[must_use]
    pub fn is_disposable(&self, domain: &str) -> bool {
        self.disposable.contains(domain)
    }

    /// Whether a mailbox (the part before the `@`, or a whole address) belongs to a
    /// function, not to a person: `info`, `sales`, `kontakt`; a number or tag
    /// behind the word changes nothing.
    #[must_use]
    pub fn is_role(&self, mailbox: &str) -> bool {
        let local = mailbox.split_once('@').map_or(mailbox, |(local, _)| local);
        let local = local
            .split_once('+')
            .map_or(local, |(name, _)| name)
            .to_lowercase();
        let known = |word: &str| self.roles.contains(word) || self.no_reply.contains(word);
        known(&local)
            || known(
                local
                    .trim_end_matches(|c: char| c.is_ascii_digit() || matches!(c, '-' | '_' | '.')),
            )
            || known(&local.replace(['.', '-', '_'], ""))
    }

    /// Whether mail to this mailbox is read by nobody.
    #[must_use]
    pub fn is_no_reply(&self, local: &str) -> bool {
        self.no_reply.contains(local)
    }

    pub(super) fn provider(&self, domain: &str) -> Option<&Provider> {
        self.by_domain.get(domain).map(|&at| &self.providers[at])
    }

    /// Whether the address only fills a required field. `domain` is "" for a cell
    /// without `@`.
    pub(super) fn is_placeholder(&self, local: &str, domain: &str) -> bool {
        if domain.is_empty() {
            return self.placeholder_locals.contains(local.trim());
        }
        let label = domain.split('.').next().unwrap_or("");
        let letters = local.chars().count() + label.chars().count();
        // `a@b.com`; with one letter more it may be somebody: `di@x.com`.
        let short = letters <= 2 && domain.matches('.').count() == 1;
        self.placeholder_domains.contains(domain)
            || short
            || (self.placeholder_locals.contains(local)
                && (self.placeholder_locals.contains(label) || local == label))
    }

    pub(super) fn is_directory_path(&self, lower: &str) -> bool {
        self.directory_prefixes
            .iter()
            .any(|prefix| lower.starts_with(prefix.as_str()))
    }
}
