//! Everything that standardising knows from `rules/`, loaded once, and the value
//! types that need no more than a value.

use std::collections::BTreeMap;

use super::address::AddressRules;
use super::company::{self, CompanyRules};
use super::consent::ConsentRules;
use super::date::DateRules;
use super::email::{self, EmailRules};
use super::language::{self, LanguageRules};
use super::outcome::Outcome;
use super::person::PersonRules;
use super::phone::PhoneRules;
use super::placeholder::Placeholders;
use super::url::{self, UrlRules};
use super::vocabulary::{self, Vocabulary};
use super::{domain, identifier, job_title, number, system_id, tags, text};
use crate::contact::{Field, FieldType};
use crate::rulebook::Rulebook;

/// The rules of all types.
pub struct Knowledge {
    pub placeholders: Placeholders,
    pub emails: EmailRules,
    pub phones: PhoneRules,
    pub dates: DateRules,
    pub urls: UrlRules,
    pub languages: LanguageRules,
    pub consents: ConsentRules,
    pub people: PersonRules,
    pub companies: CompanyRules,
    pub addresses: AddressRules,
    /// By field.
    vocabularies: BTreeMap<String, Vocabulary>,
}

impl Knowledge {
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let vocabularies = rulebook
            .fields()
            .iter()
            .filter_map(|field| {
                let name = field.vocabulary.as_deref()?;
                Some((field.name.clone(), Vocabulary::load(name, rulebook)))
            })
            .collect();
        Self {
            placeholders: Placeholders::load(rulebook),
            emails: EmailRules::load(rulebook),
            phones: PhoneRules::load(rulebook),
            dates: DateRules::load(rulebook),
            urls: UrlRules::load(rulebook),
            languages: LanguageRules::load(rulebook),
            consents: ConsentRules::load(rulebook),
            people: PersonRules::load(rulebook),
            companies: CompanyRules::load(rulebook),
            addresses: AddressRules::load(rulebook),
            vocabularies,
        }
    }

    /// Standardises one cleaned value of a field by its type alone.
    #[must_use]
    pub fn single(&self, field: &Field, value: &str) -> Outcome {
        match field.kind {
            FieldType::Email => email::standardise(value, &self.emails),
            FieldType::Company => company::standardise(value, &self.companies),
            FieldType::JobTitle => job_title::standardise(value, &self.people.job_title),
            FieldType::Url => url::standardise(value, &self.urls),
            FieldType::Domain => domain::standardise(value, &self.emails),
            FieldType::Language => language::standardise(value, &self.languages),
            FieldType::Identifier => identifier::standardise(value),
            FieldType::Number => number::standardise(value),
            FieldType::Tags => tags::standardise(value),
            FieldType::SystemId => system_id::standardise(value),
            FieldType::Vocabulary => match self.vocabularies.get(&field.name) {
                Some(vocabulary) => vocabulary::standardise(value, vocabulary),
                None => text::standardise(value),
            },
            _ => text::standardise(value),
        }
    }

    /// The vocabulary fields whose values say something about a consent field.
    pub fn vocabularies_that_set<'a>(
        &'a self,
        consent: &'a str,
    ) -> impl Iterator<Item = (&'a str, &'a Vocabulary)> {
        self.vocabularies
            .iter()
            .filter(move |(_, vocabulary)| {
                vocabulary
                    .names()
                    .any(|name| vocabulary.sets(name, consent).is_some())
            })
            .map(|(field, vocabulary)| (field.as_str(), vocabulary))
    }
}
