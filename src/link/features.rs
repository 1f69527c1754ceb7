//! What comparing needs of each record, as integers: dictionary ids and lists of them.
//!
//! Only linkable records are in here, under dense indexes 0..n in the records'
//! order; [`Features::rows`] leads back.

use hashbrown::{HashMap, HashSet};

use super::card::{self, Card, NameCard};
use super::fill;
use super::learned::{self, Learned};
use super::mailbox;
use super::model::LeftOut;
use super::names::letters::Script;
use super::names::{Letters, NameCommunities, NameId, Names, Nicknames, Readings, Sound};
use super::orgs::name::NameRules;
use super::orgs::{self, Orgs};
use crate::contact::{Records, Table};
use crate::rulebook::Rulebook;
use crate::standardise::company::{self, CompanyRules};
use crate::standardise::email::{self, EmailRules};
use crate::standardise::job_title::{self, JobTitleRules};

type Fixed = foldhash::fast::FixedState;

/// No value.
pub const NONE: u32 = u32::MAX;

/// Interned texts.
#[derive(Debug, Default)]
pub struct Texts {
    list: Vec<String>,
    ids: HashMap<String, u32, Fixed>,
}

impl Texts {
    pub fn intern(&mut self, text: &str) -> u32 {
        if let Some(&id) = self.ids.get(text) {
            return id;
        }
        let id = u32::try_from(self.list.len()).unwrap_or(NONE);
        self.list.push(text.to_owned());
        self.ids.insert(text.to_owned(), id);
        id
    }

    /// # Panics
    /// When `id` was not given out by [`Texts::intern`].
    #[must_use]
    pub fn get(&self, id: u32) -> &str {
        &self.list[id as usize]
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.list.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.list.is_empty()
    }
}

/// For each record a short list of ids, in one array.
#[derive(Debug, Default)]
pub struct Lists {
    starts: Vec<u32>,
    ids: Vec<u32>,
}

impl Lists {
    /// Adds the next record's list.
    pub fn push(&mut self, ids: impl IntoIterator<Item = u32>) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.ids.extend(ids);
        self.starts
            .push(u32::try_from(self.ids.len()).unwrap_or(NONE));
    }

    #[must_use]
    pub fn of(&self, record: usize) -> &[u32] {
        &self.ids[self.starts[record] as usize..self.starts[record + 1] as usize]
    }
}

/// One distinct address, by its comparison key.
#[derive(Clone, Debug, Default)]
pub struct Email {
    pub local: String,
    pub domain_name: String,
    /// Id in [`Features::texts`] of the registrable domain.
    pub domain: u32,
    pub local_letters: card::Letters,
    pub domain_letters: card::Letters,
    /// A free-mail domain.
    pub private: bool,
    /// `info@`, `sales@` …
    pub role: bool,
}

/// How many differently named people share a value.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fan(pub u32);

impl Fan {
    /// The level of "same": 1 nobody else's · 2 one or two others · 3 three or more.
    #[must_use]
    pub const fn level(self) -> u8 {
        match self.0 {
            0 | 1 => 1,
            2 | 3 => 2,
            _ => 3,
        }
    }
}

/// All linkable records of a run.
#[derive(Debug, Default)]
pub struct Features {
    /// Dense index → row of the records.
    pub rows: Vec<u32>,
    /// Dense index → source.
    pub source: Vec<u16>,
    pub names: Names,
    pub nicknames: Nicknames,
    /// Aliases and readings that the data shows.
    pub learned: Learned,
    pub given: Vec<NameId>,
    pub family: Vec<NameId>,
    /// A name of one word that may be either half; then given and family are missing.
    pub whole: Vec<NameId>,
    pub middle: Vec<NameId>,
    /// 0 none, else the generation (Jr, Sr, III …).
    pub suffix: Vec<u8>,
    pub birth: Vec<u32>,
    pub texts: Texts,
    pub number: Vec<u32>,
    pub title: Vec<u32>,
    pub street: Vec<u32>,
    pub postcode: Vec<u32>,
    pub city: Vec<u32>,
    pub profile: Vec<u32>,
    /// The company's core, folded.
    pub company: Vec<u32>,
    /// Its script.
    pub company_script: Vec<Script>,
    pub email_list: Vec<Email>,
    pub emails: Lists,
    pub email_fan: Vec<Fan>,
    /// Last eight digits of each distinct phone.
    pub phone_digits: Vec<u32>,
    pub phones: Lists,
    pub phone_fan: Vec<Fan>,
    /// Work domains of each record's addresses (ids of texts).
    pub domains: Lists,
    /// Work domains, and the company (or the domain that it is known to use).
    pub employers: Lists,
    /// Words of the name and of the mailbox, for candidate keys.
    pub words: Lists,
    /// Which given and family names go together.
    pub communities: NameCommunities,
    /// Records that are organisations.
    pub orgs: Orgs,
    /// What the plan leaves out of comparing.
    pub left_out: LeftOut,
    /// What comparing reads, record by record and name by name.
    pub cards: Vec<Card>,
    pub name_cards: Vec<NameCard>,
    given_rarity: Vec<f32>,
    family_rarity: Vec<f32>,
}

/// The lists that features are made with.
pub struct FeatureRules {
    pub letters: Letters,
    pub sound: Sound,
    pub email: EmailRules,
    pub company: CompanyRules,
    pub job_title: JobTitleRules,
    pub particles: Vec<String>,
    pub organisations: NameRules,
    /// Suffix → generation.
    pub generations: HashMap<String, u8, Fixed>,
}

impl Features {
    /// Looks at every linkable record once.
    #[must_use]
    pub fn build(
        records: &Records,
        table: &Table,
        linkable: &[bool],
        rules: &FeatureRules,
        rulebook: &Rulebook,
    ) -> Self {
        let mut f = Self {
            names: Names::new(rules.particles.clone(), Readings::load(rulebook)),
            nicknames: Nicknames::load(rulebook, &rules.letters),
            ..Self::default()
        };
        let column = |name: &str| table.column(name);
        let (given, family, full) = (
            column("given_name"),
            column("family_name"),
            column("full_name"),
        );
        let (middle, suffix, birth) = (
            column("middle_name"),
            column("suffix"),
            column("birth_date"),
        );
        let (number, title, profile) = (
            column("national_id"),
            column("job_title"),
            column("linkedin_url"),
        );
        let (street, postcode, city) = (column("street"), column("postcode"), column("city"));
        let (company_name, company_domain) = (column("company"), column("company_domain"));
        let emails = [column("email"), column("other_emails")];
        let phones = [column("phone"), column("mobile"), column("other_phones")];

        let mut email_ids: HashMap<String, u32, Fixed> = HashMap::default();
        let mut phone_ids: HashMap<u32, u32, Fixed> = HashMap::default();
        let mut cores: HashMap<String, u32, Fixed> = HashMap::default();
        let mut titles: HashMap<String, u32, Fixed> = HashMap::default();
        let mut stated_domain = Vec::new();
        for (row, _) in linkable.iter().enumerate().filter(|(_, wanted)| **wanted) {
            let cell =
                |c: Option<&crate::contact::Text>| c.and_then(|c| c.get(row)).map(str::to_owned);
            f.rows.push(u32::try_from(row).unwrap_or(NONE));
            f.source.push(records.origin[row].source);
            let name = |f: &mut Self, text: Option<String>| {
                text.and_then(|t| f.names.intern(&t, &rules.letters, &rules.sound))
                    .unwrap_or(NONE)
            };
            let (g, fa) = (name(&mut f, cell(given)), name(&mut f, cell(family)));
            let whole = if g == NONE && fa == NONE {
                name(&mut f, cell(full))
            } else {
                NONE
            };
            f.given.push(g);
            f.family.push(fa);
            f.whole.push(whole);
            let mid = name(&mut f, cell(middle));
            f.middle.push(mid);
            f.suffix
                .push(cell(suffix).map_or(0, |s| generation(&s, &rules.generations)));
            f.birth
                .push(cell(birth).and_then(|d| pack_date(&d)).unwrap_or(NONE));
            let text = |f: &mut Self, value: Option<String>| {
                value
                    .map(|v| folded(&v, &rules.letters))
                    .filter(|v| !v.is_empty())
                    .map_or(NONE, |v| f.texts.intern(&v))
            };
            let id = text(&mut f, cell(number));
            f.number.push(id);
            let id = cell(title).map_or(NONE, |t| match titles.get(&t) {
                Some(&id) => id,
                None => {
                    let key = job_title::key(&t, &rules.job_title);
                    let id = if key.is_empty() {
                        NONE
                    } else {
                        f.texts.intern(&key)
                    };
                    titles.insert(t, id);
                    id
                }
            });
            f.title.push(id);
            let id = text(&mut f, cell(street));
            f.street.push(id);
            let id = text(&mut f, cell(postcode));
            f.postcode.push(id);
            let id = text(&mut f, cell(city));
            f.city.push(id);
            let id = cell(profile).map_or(NONE, |u| f.texts.intern(&u));
            f.profile.push(id);
            let script = cell(company_name).map_or(Script::Latin, |c| Script::of_word(&c));
            f.company_script.push(script);
            let id = cell(company_name).map_or(NONE, |c| match cores.get(&c) {
                Some(&id) => id,
                None => {
                    let core = company::core(&c, &rules.company);
                    let core = folded(&core, &rules.letters);
                    let id = if core.is_empty() {
                        NONE
                    } else {
                        f.texts.intern(&core)
                    };
                    cores.insert(c, id);
                    id
                }
            });
            f.company.push(id);
            stated_domain
                .push(cell(company_domain).map_or(NONE, |d| f.texts.intern(&registrable(&d))));
            let mut list = Vec::new();
            for value in emails.iter().filter_map(|c| cell(*c)) {
                for address in value.split(';') {
                    if let Some(id) = f.email_id(address.trim(), &rules.email, &mut email_ids) {
                        list.push(id);
                    }
                }
            }
            dedup(&mut list);
            f.emails.push(list);
            let mut list = Vec::new();
            for value in phones.iter().filter_map(|c| cell(*c)) {
                for phone in multi_phones(&value) {
                    if let Some(digits) = last_eight(phone) {
                        let next = u32::try_from(f.phone_digits.len()).unwrap_or(NONE);
                        let id = *phone_ids.entry(digits).or_insert_with(|| {
                            f.phone_digits.push(digits);
                            next
                        });
                        list.push(id);
                    }
                }
            }
            dedup(&mut list);
            f.phones.push(list);
        }
        f.mark_free_mail();
        f.employers_of(&stated_domain);
        f.names.across_scripts(&rules.sound);
        learned::readings(&mut f);
        let organisations = orgs::decide(&mut f, table, rules);
        f.orgs = Orgs::build(&mut f, &organisations, table, &rules.organisations);
        fill::from_mailboxes(&mut f, rules);
        f.fans();
        f.name_rarities();
        f.communities = NameCommunities::learn(&f.names, &f.given, &f.family);
        let (names, nicknames) = (&f.names, &mut f.nicknames);
        nicknames.resolve(|latin| names.with_latin(latin));
        learned::aliases(&mut f);
        f.words = mailbox::words(&f, rules);
        f.name_cards = card::name_cards(&f);
        f.cards = card::cards(&f);
        f
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// log2 (average share / share of this given name), −8 to 6; 0 when missing.
    #[must_use]
    pub fn given_rarity(&self, name: NameId) -> f32 {
        self.given_rarity.get(name as usize).copied().unwrap_or(0.0)
    }

    /// The same for a family name.
    #[must_use]
    pub fn family_rarity(&self, name: NameId) -> f32 {
        self.family_rarity
            .get(name as usize)
            .copied()
            .unwrap_or(0.0)
    }

    /// Is the address's local part made of the record's name?
    #[must_use]
    pub fn made_of_name(&self, record: usize, email: &Email) -> bool {
        [self.given[record], self.family[record], self.whole[record]]
            .into_iter()
            .filter(|&name| name != NONE)
            .flat_map(|name| &self.names.name(name).words)
            .map(|&word| self.names.word(word))
            .any(|word| word.latin.len() >= 3 && email.local.contains(&word.latin))
    }

    fn email_id(
        &mut self,
        address: &str,
        rules: &EmailRules,
        ids: &mut HashMap<String, u32, Fixed>,
    ) -> Option<u32> {
        let key = email::comparison_key(address, rules)?;
        if let Some(&id) = ids.get(&key) {
            return Some(id);
        }
        let (local, domain_name) = key.rsplit_once('@')?;
        let id = u32::try_from(self.email_list.len()).ok()?;
        let registrable = registrable(domain_name);
        let email = Email {
            local: local.to_owned(),
            local_letters: card::Letters::of(local),
            domain_letters: card::Letters::of(&registrable),
            private: rules.is_free_mail(domain_name),
            role: rules.is_role(local),
            domain: self.texts.intern(&registrable),
            domain_name: registrable,
        };
        self.email_list.push(email);
        ids.insert(key, id);
        Some(id)
    }

    /// A domain that eight or more different companies use is free mail too.
    fn mark_free_mail(&mut self) {
        let mut companies: HashMap<u32, HashSet<u32, Fixed>, Fixed> = HashMap::default();
        for record in 0..self.len() {
            if self.company[record] == NONE {
                continue;
            }
            for &email in self.emails.of(record) {
                let email = &self.email_list[email as usize];
                companies
                    .entry(email.domain)
                    .or_default()
                    .insert(self.company[record]);
            }
        }
        for email in &mut self.email_list {
            email.private |= companies.get(&email.domain).is_some_and(|c| c.len() >= 8);
        }
    }

    /// Work domains of each record, and its employers: a company counts as the
    /// domain that two or more records and 40 % of the company's records use.
    fn employers_of(&mut self, stated: &[u32]) {
        let n = self.len();
        let mut uses: HashMap<(u32, u32), u32, Fixed> = HashMap::default();
        let mut known: HashMap<u32, u32, Fixed> = HashMap::default();
        let mut domains: Vec<Vec<u32>> = Vec::with_capacity(n);
        for (record, &stated) in stated.iter().enumerate() {
            let mut list: Vec<u32> = self
                .emails
                .of(record)
                .iter()
                .map(|&e| &self.email_list[e as usize])
                .filter(|e| !e.private)
                .map(|e| e.domain)
                .collect();
            if stated != NONE {
                list.push(stated);
            }
            dedup(&mut list);
            let company = self.company[record];
            if company != NONE && !list.is_empty() {
                *known.entry(company).or_default() += 1;
                for &domain in &list {
                    *uses.entry((company, domain)).or_default() += 1;
                }
            }
            domains.push(list);
        }
        let mut best: HashMap<u32, (u32, u32), Fixed> = HashMap::default();
        for (&(company, domain), &count) in &uses {
            let all = known.get(&company).copied().unwrap_or(0);
            if (count >= 2 && count * 5 >= all * 2) || all == 1 {
                let entry = best.entry(company).or_insert((0, NONE));
                // The most used; ties by the domain's text, so that row order does not matter.
                let better = count > entry.0
                    || (count == entry.0
                        && (entry.1 == NONE || self.texts.get(domain) < self.texts.get(entry.1)));
                if better {
                    *entry = (count, domain);
                }
            }
        }
        for (record, list) in domains.into_iter().enumerate() {
            let mut employers = list.clone();
            let company = self.company[record];
            if company != NONE {
                employers.push(best.get(&company).map_or(company, |&(_, domain)| domain));
            }
            dedup(&mut employers);
            self.domains.push(list);
            self.employers.push(employers);
        }
    }

    /// Counts the differently named people of each address and phone.
    fn fans(&mut self) {
        let mut emails: Vec<Vec<u32>> = vec![Vec::new(); self.email_list.len()];
        let mut phones: Vec<Vec<u32>> = vec![Vec::new(); self.phone_digits.len()];
        let mut sounds = Texts::default();
        for record in 0..self.len() {
            let given = self.given[record];
            let sound = if given != NONE && !self.names.name(given).initial {
                let first = self.names.name(given).words.first().copied().unwrap_or(0);
                sounds.intern(&self.names.word(first).coarse)
            } else if let Some(&role) = self
                .emails
                .of(record)
                .iter()
                .find(|&&e| self.email_list[e as usize].role)
            {
                // Nobody in particular: the office shares what it has with whoever works there.
                let role = &self.email_list[role as usize];
                sounds.intern(&format!("{}@{}", role.local, role.domain_name))
            } else {
                continue;
            };
            for (list, people) in [
                (self.emails.of(record), &mut emails),
                (self.phones.of(record), &mut phones),
            ] {
                for &id in list {
                    let seen = &mut people[id as usize];
                    if seen.len() < 8 && !seen.contains(&sound) {
                        seen.push(sound);
                    }
                }
            }
        }
        let fan = |people: Vec<Vec<u32>>| {
            people
                .iter()
                .map(|p| Fan(u32::try_from(p.len()).unwrap_or(8)))
                .collect()
        };
        self.email_fan = fan(emails);
        self.phone_fan = fan(phones);
    }

    /// Rarity of each name: persons are counted, not records, by counting each
    /// distinct pair of (name, full name) once (Winkler's frequency adjustment).
    fn name_rarities(&mut self) {
        let mut full: Vec<(NameId, NameId)> = (0..self.len())
            .map(|r| (self.given[r], self.family[r]))
            .filter(|&(g, f)| g != NONE || f != NONE)
            .collect();
        full.sort_unstable();
        full.dedup();
        let rarity = |ids: &mut dyn Iterator<Item = NameId>, names: usize| {
            let mut counts = vec![0u32; names];
            let mut total = 0f64;
            for id in ids.filter(|&id| id != NONE) {
                counts[id as usize] += 1;
                total += 1.0;
            }
            let average: f64 = counts
                .iter()
                .map(|&c| (f64::from(c) / total.max(1.0)).powi(2))
                .sum();
            counts
                .iter()
                .map(|&c| {
                    let share = f64::from(c.max(1)) / total.max(1.0);
                    #[allow(clippy::cast_possible_truncation)] // bits, clamped
                    let bits = (average.max(1e-12) / share).log2().clamp(-8.0, 6.0) as f32;
                    bits
                })
                .collect::<Vec<f32>>()
        };
        let names = self.names.names.len();
        self.given_rarity = rarity(&mut full.iter().map(|p| p.0), names);
        self.family_rarity = rarity(&mut full.iter().map(|p| p.1), names);
    }
}

/// Sorted and each once.
fn dedup(list: &mut Vec<u32>) {
    list.sort_unstable();
    list.dedup();
}

/// Lower-case Latin words, one blank between.
#[must_use]
pub fn folded(text: &str, letters: &Letters) -> String {
    let mut out = String::with_capacity(text.len());
    for token in super::names::word::tokens(text) {
        let latin = letters.latin(&token);
        if latin.is_empty() {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(&latin);
    }
    out
}

/// The registrable domain, or the domain itself where the list knows none.
#[must_use]
pub fn registrable(domain: &str) -> String {
    psl::domain_str(domain).unwrap_or(domain).to_owned()
}

fn generation(suffix: &str, generations: &HashMap<String, u8, Fixed>) -> u8 {
    suffix
        .split([' ', ','])
        .map(|word| word.trim_matches('.').to_lowercase())
        .find_map(|word| generations.get(&word).copied())
        .unwrap_or(0)
}

/// `YYYY-MM-DD`, `YYYY-MM` or `--MM-DD` packed as `year << 9 | month << 5 | day`.
#[must_use]
pub fn pack_date(date: &str) -> Option<u32> {
    let number = |s: &str| s.parse::<u32>().ok();
    let (year, rest) = match date.strip_prefix("--") {
        Some(rest) => (0, rest),
        None => {
            let (year, rest) = date.get(..10).unwrap_or(date).split_once('-')?;
            (number(year)?, rest)
        }
    };
    let (month, day) = match rest.split_once('-') {
        Some((month, day)) => (number(month)?, number(day)?),
        None => (number(rest)?, 0),
    };
    (month <= 12 && day <= 31 && year < 1 << 20).then_some(year << 9 | month << 5 | day)
}

/// The last eight digits of a number in E.164, extension left out; `None` below six digits.
fn last_eight(phone: &str) -> Option<u32> {
    let digits: Vec<u32> = phone.chars().filter_map(|c| c.to_digit(10)).collect();
    if digits.len() < 6 {
        return None;
    }
    Some(
        digits[digits.len().saturating_sub(8)..]
            .iter()
            .fold(0, |n, d| n * 10 + d),
    )
}

/// The phones of a cell, parted by `;`, each without its extension (`+1415… ext 12`).
fn multi_phones(value: &str) -> impl Iterator<Item = &str> {
    value
        .split(';')
        .map(|phone| phone.split(" ext").next().unwrap_or(phone).trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_pack_with_and_without_year() {
        assert_eq!(pack_date("1978-04-12"), Some(1978 << 9 | 4 << 5 | 12));
        assert_eq!(pack_date("--04-12"), Some(4 << 5 | 12));
        assert_eq!(pack_date("2001-05"), Some(2001 << 9 | 5 << 5));
        assert_eq!(pack_date("soon"), None);
    }

    #[test]
    fn phones_compare_on_their_last_eight_digits() {
        assert_eq!(last_eight("+14155550123"), Some(55_550_123));
        assert_eq!(
            multi_phones("+14155550123 ext 9;+14155550199").collect::<Vec<_>>(),
            ["+14155550123", "+14155550199"]
        );
        assert_eq!(last_eight("123"), None);
    }
}
