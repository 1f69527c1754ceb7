//! The email addresses of all records, each distinct one once, as comparing reads them.
//!
//! In: the address columns. Out: a card for each address, and each record's list of them.

use hashbrown::HashMap;

use super::card::{self, Address};
use super::cells::Several;
use super::features::{joined, registrable};
use super::texts::{Lists, Texts};
use crate::contact::{Table, Values};
use crate::standardise::email::{self, EmailRules};

type Fixed = foldhash::fast::FixedState;

/// The addresses of all records, each distinct one once.
pub(super) struct Mailboxes {
    /// Their domains are numbers into `registrable`.
    list: Vec<Address>,
    locals: Values,
    emails: Lists,
    registrable: Texts,
}

impl Mailboxes {
    pub fn of(rows: &[u32], table: &Table, rules: &EmailRules) -> Self {
        let (mut ids, mut registrable) = (Texts::default(), Texts::default());
        let mut domains: HashMap<String, Domain, Fixed> = HashMap::default();
        let (mut list, mut locals) = (Vec::new(), Values::default());
        let keys = |cell: &str| {
            cell.split(';')
                .filter_map(|address| email::comparison_key(address.trim(), rules))
                .collect()
        };
        let columns = [table.column("email"), table.column("other_emails")].map(|column| {
            Several::of(column, keys, |key: String| {
                let id = ids.intern(&key);
                if id as usize == list.len() {
                    let (local, domain_name) = key.rsplit_once('@')?;
                    let domain = match domains.get(domain_name) {
                        Some(known) => known.clone(),
                        None => {
                            let domain = Domain::of(domain_name, rules, &mut registrable);
                            domains.insert(domain_name.to_owned(), domain.clone());
                            domain
                        }
                    };
                    locals.push(local);
                    list.push(Address {
                        private: domain.private,
                        role: rules.is_role(local),
                        domain: domain.registrable,
                        domain_letters: domain.letters,
                        domain_length: domain.length,
                        ..Address::of(local)
                    });
                }
                Some(id)
            })
        });
        let emails = joined(rows, &columns);
        Self {
            list,
            locals,
            emails,
            registrable,
        }
    }

    /// The addresses with their domains among `texts`, the local parts, and each record's
    /// addresses.
    pub fn with_texts(self, texts: &mut Texts) -> (Vec<Address>, Values, Lists) {
        let ids = (0_u32..).take(self.registrable.len());
        let ids: Vec<u32> = ids
            .map(|id| texts.intern(self.registrable.get(id)))
            .collect();
        let mut list = self.list;
        for address in &mut list {
            address.domain = ids[address.domain as usize];
        }
        (list, self.locals, self.emails)
    }
}

/// What all addresses of a domain share.
#[derive(Clone)]
struct Domain {
    registrable: u32,
    letters: card::Letters,
    length: u8,
    private: bool,
}

impl Domain {
    fn of(name: &str, rules: &EmailRules, texts: &mut Texts) -> Self {
        let registrable = registrable(name);
        Self {
            registrable: texts.intern(&registrable),
            letters: card::Letters::of(&registrable),
            length: card::length(&registrable),
            private: rules.is_free_mail(name),
        }
    }
}
