//! What comparing needs of each record, as integers: dictionary ids and lists of them.
//!
//! Only linkable records are in here, under dense indexes 0..n in the records'
//! order; [`Features::rows`] leads back.

use hashbrown::HashMap;

use super::addresses::Mailboxes;
use super::card::{self, Address, Card, NameCard};
use super::cells::{self, Met, Several};
use super::common_names::{self, Nobody};
use super::employers;
use super::fans::{self, Fan};
use super::fill;
use super::learned::{self, Learned};
use super::mailbox;
use super::model::LeftOut;
use super::names::letters::Script;
use super::names::{Letters, NameCommunities, NameId, Names, Nicknames, Readings, Sound};
use super::orgs::name::NameRules;
use super::orgs::{self, Orgs};
use super::text_card::{CompanyCards, TextCards};
use super::texts::dedup;
pub use super::texts::{Lists, NONE, Texts};
use crate::contact::{Records, Table, Text, Values};
use crate::rulebook::Rulebook;
use crate::standardise::company::{self, CompanyRules};
use crate::standardise::email::EmailRules;
use crate::standardise::job_title::{self, JobTitleRules};

type Fixed = foldhash::fast::FixedState;

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
    /// The distinct addresses, by their comparison keys.
    pub email_list: Vec<Address>,
    /// Their local parts.
    locals: Values,
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
    /// For a record of very many copies the one that takes part for it ([`super::copies`]).
    pub copy_of: Vec<u32>,
    /// Of each distinct phone, a digit in four bits.
    pub packed_phones: Vec<u32>,
    /// What comparing reads, record by record and name by name.
    pub cards: Vec<Card>,
    pub name_cards: Vec<NameCard>,
    pub title_cards: TextCards,
    pub postcode_cards: TextCards,
    pub city_cards: TextCards,
    pub company_cards: CompanyCards,
    /// Names that are nobody's, and were left out.
    pub nobodies: Vec<Nobody>,
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
    /// Looks at every linkable record once. Comparing needs [`Features::make_cards`] first.
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
        f.rows = (0_u32..)
            .zip(linkable)
            .filter_map(|(row, wanted)| wanted.then_some(row))
            .collect();
        let source = |&row: &u32| records.origin[row as usize].source;
        f.source = f.rows.iter().map(source).collect();
        let rows = std::mem::take(&mut f.rows);
        // What numbers values as it meets them can't be shared out, but none of these knows
        // of another.
        let ((halves, phones), (words, mailboxes)) = rayon::join(
            || {
                let halves = Halves::of(&mut f.names, &rows, table, rules);
                (halves, phone_numbers(&rows, table))
            },
            || {
                rayon::join(
                    || Wordings::of(&rows, table, rules),
                    || Mailboxes::of(&rows, table, &rules.email),
                )
            },
        );
        (f.given, f.family) = (halves.given, halves.family);
        (f.whole, f.middle) = (halves.whole, halves.middle);
        (f.phone_digits, f.phones) = phones;
        f.texts = words.texts;
        (f.number, f.title, f.company) = (words.number, words.title, words.company);
        (f.street, f.postcode, f.city) = (words.street, words.postcode, words.city);
        f.profile = words.profile;
        (f.email_list, f.locals, f.emails) = mailboxes.with_texts(&mut f.texts);
        let packed = |name: &str, pack: &dyn Fn(&str) -> u32| {
            let column = column(name);
            let of_code: Vec<u32> = column
                .into_iter()
                .flat_map(Text::distinct_values)
                .map(pack)
                .collect();
            cells::by_row(column, &rows, &of_code, NONE)
        };
        f.suffix = packed("suffix", &|s| u32::from(generation(s, &rules.generations)))
            .into_iter()
            .map(|suffix| u8::try_from(suffix).unwrap_or(0))
            .collect();
        f.birth = packed("birth_date", &|date| pack_date(date).unwrap_or(NONE));
        let scripts: Vec<Script> = column("company")
            .into_iter()
            .flat_map(Text::distinct_values)
            .map(Script::of_word)
            .collect();
        f.company_script = cells::by_row(column("company"), &rows, &scripts, Script::Latin);
        f.rows = rows;
        employers::mark_free_mail(&mut f);
        employers::of_records(&mut f, &words.stated_domain);
        f.names.across_scripts(&rules.sound);
        learned::readings(&mut f);
        let organisations = orgs::decide(&mut f, table, rules);
        f.orgs = Orgs::build(&mut f, &organisations, table, &rules.organisations);
        f.nobodies = common_names::take_out(&mut f);
        fill::from_mailboxes(&mut f, rules);
        fans::count(&mut f);
        let (names, nicknames) = (&f.names, &mut f.nicknames);
        nicknames.resolve(|latin| names.with_latin(latin).to_vec());
        let ((rarities, communities), aliases) = rayon::join(
            || {
                rayon::join(
                    || fans::rarities(&f),
                    || NameCommunities::learn(&f.names, &f.given, &f.family),
                )
            },
            || learned::aliases(&f),
        );
        (f.given_rarity, f.family_rarity) = rarities;
        f.communities = communities;
        f.learned.take_up(aliases);
        f.words = mailbox::words(&f, rules);
        f.names.forget_spellings();
        f.texts.forget_ids();
        f
    }

    /// Makes the cards, which is all that comparing reads of a record, and frees the columns,
    /// which candidate keys are made of: there is no need to hold both.
    pub fn make_cards(&mut self) {
        self.packed_phones = self.phone_digits.iter().map(|&n| card::digits(n)).collect();
        self.name_cards = card::name_cards(self);
        self.cards = card::cards(self);
        self.title_cards = TextCards::of(&self.title, &self.texts);
        self.postcode_cards = TextCards::of(&self.postcode, &self.texts);
        self.city_cards = TextCards::of(&self.city, &self.texts);
        self.company_cards = CompanyCards::of(&self.company, &self.texts);
        for column in [
            &mut self.given,
            &mut self.family,
            &mut self.whole,
            &mut self.middle,
            &mut self.birth,
            &mut self.number,
            &mut self.title,
            &mut self.street,
            &mut self.postcode,
            &mut self.city,
            &mut self.profile,
            &mut self.company,
        ] {
            *column = Vec::new();
        }
        self.company_script = Vec::new();
        self.words = Lists::default();
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Another record takes part for this one.
    #[must_use]
    pub fn is_copy(&self, record: u32) -> bool {
        let first = self.copy_of.get(record as usize);
        first.is_some_and(|&first| first != NONE)
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

    /// The local part of an address, by its place in [`Features::email_list`].
    #[must_use]
    pub fn local(&self, email: u32) -> &str {
        self.locals.get(email)
    }

    /// The registrable domain of an address.
    #[must_use]
    pub fn domain_name(&self, email: u32) -> &str {
        self.texts.get(self.email_list[email as usize].domain)
    }

    /// Is the address's local part made of the record's name?
    #[must_use]
    pub fn made_of_name(&self, card: &Card, email: u32) -> bool {
        self.made_of([card.given, card.family, card.whole], email)
    }

    /// Does the address's local part hold a word of these names?
    #[must_use]
    pub fn made_of<const N: usize>(&self, names: [NameId; N], email: u32) -> bool {
        let local = self.local(email);
        names
            .into_iter()
            .filter(|&name| name != NONE)
            .flat_map(|name| &self.names.name(name).words)
            .map(|&word| self.names.word(word))
            .any(|word| word.latin.len() >= 3 && local.contains(&word.latin))
    }
}

/// The halves of names, by row: their ids follow the rows' order.
#[derive(Default)]
struct Halves {
    given: Vec<NameId>,
    family: Vec<NameId>,
    whole: Vec<NameId>,
    middle: Vec<NameId>,
}

impl Halves {
    fn of(names: &mut Names, rows: &[u32], table: &Table, rules: &FeatureRules) -> Self {
        let met = |name: &str| Met::of(table.column(name));
        let (mut given, mut family) = (met("given_name"), met("family_name"));
        let (mut full, mut middle) = (met("full_name"), met("middle_name"));
        let mut name = |met: &mut Met<'_, NameId>, row: u32| {
            met.at(row, |text| {
                let id = names.intern(text, &rules.letters, &rules.sound);
                id.unwrap_or(NONE)
            })
            .unwrap_or(NONE)
        };
        let mut halves = Self::default();
        for &row in rows {
            let (g, f) = (name(&mut given, row), name(&mut family, row));
            halves.given.push(g);
            halves.family.push(f);
            halves.whole.push(if g == NONE && f == NONE {
                name(&mut full, row)
            } else {
                NONE
            });
            halves.middle.push(name(&mut middle, row));
        }
        halves
    }
}

/// The cells of one value each, by record: ids of texts.
struct Wordings {
    texts: Texts,
    number: Vec<u32>,
    title: Vec<u32>,
    street: Vec<u32>,
    postcode: Vec<u32>,
    city: Vec<u32>,
    profile: Vec<u32>,
    company: Vec<u32>,
    stated_domain: Vec<u32>,
}

impl Wordings {
    fn of(rows: &[u32], table: &Table, rules: &FeatureRules) -> Self {
        let mut texts = Texts::default();
        let mut interned = |name: &str, fold: &(dyn Fn(&str) -> String + Sync)| {
            cells::interned(table.column(name), rows, &mut texts, fold)
        };
        let plain = |text: &str| folded(text, &rules.letters);
        let company = |text: &str| folded(&company::core(text, &rules.company), &rules.letters);
        Self {
            number: interned("national_id", &plain),
            title: interned("job_title", &|text| job_title::key(text, &rules.job_title)),
            street: interned("street", &plain),
            postcode: interned("postcode", &plain),
            city: interned("city", &plain),
            profile: interned("linkedin_url", &str::to_owned),
            company: interned("company", &company),
            stated_domain: interned("company_domain", &registrable),
            texts,
        }
    }
}

/// The distinct phones by their last eight digits, and those of each record.
fn phone_numbers(rows: &[u32], table: &Table) -> (Vec<u32>, Lists) {
    let mut ids: HashMap<u32, u32, Fixed> = HashMap::default();
    let mut list = Vec::new();
    let digits = |cell: &str| multi_phones(cell).filter_map(last_eight).collect();
    let columns = ["phone", "mobile", "other_phones"].map(|name| {
        Several::of(table.column(name), digits, |digits: u32| {
            let next = u32::try_from(list.len()).unwrap_or(NONE);
            Some(*ids.entry(digits).or_insert_with(|| {
                list.push(digits);
                next
            }))
        })
    });
    let phones = joined(rows, &columns);
    (list, phones)
}

/// For each row what its cells hold, sorted and each once.
pub(super) fn joined(rows: &[u32], columns: &[Several<'_>]) -> Lists {
    let mut out = Lists::default();
    let mut list = Vec::new();
    for &row in rows {
        list.clear();
        for column in columns {
            list.extend_from_slice(column.at(row));
        }
        dedup(&mut list);
        out.push(list.iter().copied());
    }
    out
}

/// Lower-case Latin words, one blank between.
#[must_use]
pub fn folded(text: &str, letters: &Letters) -> String {
    let mut out = String::with_capacity(text.len());
    if text.is_ascii() {
        super::names::word::push_ascii_words(text, &mut out);
        return out;
    }
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
    let (mut sum, mut place, mut digits) = (0_u32, 1_u32, 0);
    // Every decimal digit that `to_digit` knows is ASCII.
    for digit in phone.bytes().rev().filter(u8::is_ascii_digit) {
        digits += 1;
        if digits <= 8 {
            sum += u32::from(digit - b'0') * place;
            place = place.wrapping_mul(10);
        }
    }
    (digits >= 6).then_some(sum)
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
