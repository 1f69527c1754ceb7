//! What comparing organisations needs of each record, as integers.

use hashbrown::HashMap;

use super::name::{NameRules, OrgName, Token};
use super::place::Street;
use crate::contact::Table;
use crate::link::fans::Fan;
use crate::link::features::{FeatureRules, Features, Lists, NONE, folded, registrable};
use crate::link::model::LeftOut;
use crate::standardise::company;

type Fixed = foldhash::fast::FixedState;

/// The organisations among the records; empty when there are none.
#[derive(Debug, Default)]
pub struct Orgs {
    /// Dense record → index into `names`, [`NONE`] for a person. Empty without organisations.
    pub name: Vec<u32>,
    pub names: Vec<OrgName>,
    /// Words of names, with what agreement on each says.
    pub tokens: Vec<Token>,
    /// Dense record → index into `streets`.
    pub street: Vec<u32>,
    pub streets: Vec<Street>,
    /// Words of streets, with what agreement on each says.
    pub street_tokens: Vec<Token>,
    /// Registrable domains of web pages and work mail (ids of [`Features::texts`]).
    pub domains: Lists,
    /// Domain, address, phone → at how many places it is met.
    pub domain_fan: HashMap<u32, Fan, Fixed>,
    pub email_fan: Vec<Fan>,
    pub phone_fan: Vec<Fan>,
    /// What agreement on a word says when it is chance, in bits: Σp²·bits / Σp².
    pub chance_bits: f32,
    /// How many records are organisations.
    pub count: usize,
    /// What the plan leaves out of comparing.
    pub left_out: LeftOut,
}

/// The core of an organisation's name as the rest of linking knows it: folded, no
/// legal form, short words long.
#[must_use]
pub fn core(text: &str, rules: &FeatureRules) -> String {
    folded(&company::core(text, &rules.company), &rules.letters)
}

impl Orgs {
    /// `names`: dense record → text id of the organisation's name, [`NONE`] for a person.
    #[must_use]
    pub fn build(f: &mut Features, names: &[u32], table: &Table, rules: &NameRules) -> Self {
        let count = names.iter().filter(|&&name| name != NONE).count();
        if count == 0 {
            return Self::default();
        }
        let mut orgs = Self {
            count,
            ..Self::default()
        };
        let mut known: HashMap<u32, u32, Fixed> = HashMap::default();
        let mut words: HashMap<String, u32, Fixed> = HashMap::default();
        for &text in names {
            let id = if text == NONE {
                NONE
            } else {
                *known.entry(text).or_insert_with(|| {
                    let name = OrgName::new(f.texts.get(text), rules, |word| {
                        Token::intern(word, &mut orgs.tokens, &mut words)
                    });
                    orgs.names.push(name);
                    next(orgs.names.len() - 1)
                })
            };
            orgs.name.push(id);
        }
        orgs.streets_of(f);
        orgs.domains_of(f, table);
        orgs.fans(f);
        orgs.rarities();
        orgs
    }

    /// Is this record an organisation?
    #[must_use]
    pub fn is(&self, record: usize) -> bool {
        self.name.get(record).is_some_and(|&name| name != NONE)
    }

    #[must_use]
    pub fn name_of(&self, record: usize) -> &OrgName {
        &self.names[self.name[record] as usize]
    }

    #[must_use]
    pub fn street_of(&self, record: usize) -> Option<&Street> {
        self.streets.get(self.street[record] as usize)
    }

    fn streets_of(&mut self, f: &Features) {
        let mut known: HashMap<u32, u32, Fixed> = HashMap::default();
        let mut words: HashMap<String, u32, Fixed> = HashMap::default();
        for record in 0..self.name.len() {
            let text = f.street[record];
            let id = if text == NONE || self.name[record] == NONE {
                NONE
            } else {
                *known.entry(text).or_insert_with(|| {
                    let street = Street::new(f.texts.get(text), |word| {
                        Token::intern(word, &mut self.street_tokens, &mut words)
                    });
                    self.streets.push(street);
                    next(self.streets.len() - 1)
                })
            };
            self.street.push(id);
        }
        let lists = self.streets.iter().map(|street| street.words.as_slice());
        Token::weigh(&mut self.street_tokens, lists);
    }

    /// Domains of work mail, stated domains and web pages.
    fn domains_of(&mut self, f: &mut Features, table: &Table) {
        let website = table.column("website");
        for record in 0..self.name.len() {
            if self.name[record] == NONE {
                self.domains.push([]);
                continue;
            }
            let mut list: Vec<u32> = f.domains.of(record).to_vec();
            let page = website.and_then(|c| c.get(f.rows[record] as usize));
            if let Some(host) = page.and_then(host) {
                list.push(f.texts.intern(&registrable(&host)));
            }
            list.sort_unstable();
            list.dedup();
            self.domains.push(list);
        }
    }

    /// At how many places each domain, address and phone is met: a chain's, an
    /// agency's or a head office's says less.
    fn fans(&mut self, f: &Features) {
        let mut domains: HashMap<u32, Vec<u32>, Fixed> = HashMap::default();
        let mut emails: Vec<Vec<u32>> = vec![Vec::new(); f.email_list.len()];
        let mut phones: Vec<Vec<u32>> = vec![Vec::new(); f.phone_digits.len()];
        let see = |seen: &mut Vec<u32>, place: u32| {
            if seen.len() < 8 && !seen.contains(&place) {
                seen.push(place);
            }
        };
        let mut places: HashMap<(u32, u32), u32, Fixed> = HashMap::default();
        for record in 0..self.name.len() {
            let Some(street) = self.street_of(record).filter(|_| self.is(record)) else {
                continue;
            };
            let fresh = next(places.len());
            let place = *places
                .entry(street.place(&self.street_tokens))
                .or_insert(fresh);
            for &domain in self.domains.of(record) {
                see(domains.entry(domain).or_default(), place);
            }
            for &email in f.emails.of(record) {
                see(&mut emails[email as usize], place);
            }
            for &phone in f.phones.of(record) {
                see(&mut phones[phone as usize], place);
            }
        }
        let fan = |places: &Vec<u32>| Fan(next(places.len()));
        self.domain_fan = domains
            .iter()
            .map(|(&d, places)| (d, fan(places)))
            .collect();
        self.email_fan = emails.iter().map(fan).collect();
        self.phone_fan = phones.iter().map(fan).collect();
    }

    /// What agreement on a name and on its words says. Organisations are counted, not
    /// records: each distinct (name, place) once, each word once a distinct name.
    fn rarities(&mut self) {
        let lists = self.names.iter().map(|name| name.sorted.as_slice());
        Token::weigh(&mut self.tokens, lists);
        self.chance_bits = Token::chance(&self.tokens);
        let mut seen: Vec<(u32, u32, u32)> = (0..self.name.len())
            .filter(|&record| self.is(record))
            .map(|record| {
                let place = self
                    .street_of(record)
                    .map_or((NONE, NONE), |street| street.place(&self.street_tokens));
                (self.name[record], place.0, place.1)
            })
            .collect();
        seen.sort_unstable();
        seen.dedup();
        let mut spelled: HashMap<&str, u32, Fixed> = HashMap::default();
        let mut initials: HashMap<&str, u32, Fixed> = HashMap::default();
        for &(name, _, _) in &seen {
            let name = &self.names[name as usize];
            *spelled.entry(name.key.as_str()).or_default() += 1;
            *initials.entry(name.initials.as_str()).or_default() += 1;
        }
        let (whole, initials_of) = (Rarities::of(&spelled), Rarities::of(&initials));
        let found: Vec<(f32, f32)> = self
            .names
            .iter()
            .map(|name| {
                (
                    whole.bits(spelled.get(name.key.as_str())),
                    initials_of.bits(initials.get(name.initials.as_str())),
                )
            })
            .collect();
        drop((spelled, initials));
        for (name, (whole, initials)) in self.names.iter_mut().zip(found) {
            name.rarity = whole;
            name.initials_rarity = initials;
        }
    }
}

/// Totals that rarity is told against (Winkler's frequency adjustment).
struct Rarities {
    total: f64,
    /// Share of the average value, weighted by how often it is met.
    average: f64,
}

impl Rarities {
    fn of(counts: &HashMap<&str, u32, Fixed>) -> Self {
        let total: f64 = counts.values().map(|&c| f64::from(c)).sum();
        // Summed as integers, so that the order of the map does not matter.
        let squares: u64 = counts.values().map(|&c| u64::from(c) * u64::from(c)).sum();
        let total = total.max(1.0);
        #[allow(clippy::cast_precision_loss)] // counts of names
        let average = squares as f64 / (total * total);
        Self { total, average }
    }

    /// log2 (average share / share), −8 to 6.
    fn bits(&self, count: Option<&u32>) -> f32 {
        let share = f64::from(count.copied().unwrap_or(1)) / self.total;
        #[allow(clippy::cast_possible_truncation)] // bits, clamped
        let bits = (self.average.max(1e-12) / share).log2().clamp(-8.0, 6.0) as f32;
        bits
    }
}

/// The host of a web address, without `www.`; `None` for what is no address.
fn host(page: &str) -> Option<String> {
    let rest = page.split_once("://").map_or(page, |(_, rest)| rest);
    let host = rest.split(['/', '?', '#', ':']).next()?.trim();
    let host = host.strip_prefix("www.").unwrap_or(host);
    (host.contains('.') && !host.contains(['@', ' '])).then(|| host.to_lowercase())
}

/// Ids count up from 0; a run has far fewer than 2^32 of anything.
fn next(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(NONE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_of_web_addresses() {
        assert_eq!(
            host("https://www.Acme.co.uk/a?b"),
            Some("acme.co.uk".into())
        );
        assert_eq!(host("acme.com"), Some("acme.com".into()));
        assert_eq!(host("No"), None);
    }
}
