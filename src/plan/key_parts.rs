//! What candidate keys are made of: a value of the record, and what is taken of it.
//!
//! `word.start3` is the first three letters of a word of the name, `email.domain` the
//! domain of an address, `column:Badge No.digits` the digits of a column that no field
//! fits. `rules/matching.toml` makes its keys of these, and a plan may make its own.

use super::checked::RecordKind;
use super::faults::any_of;
use crate::contact::diagnostic::{nearest, shown};

/// One part of a key.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPart {
    pub of: Of,
    /// Done one after the other.
    pub take: Vec<Take>,
}

/// The value that a part is taken of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Of {
    /// A word of the name in its neutral spelling.
    Word,
    /// Another word of the name than [`Of::Word`].
    OtherWord,
    /// A whole half of the name, its words glued.
    GivenName,
    FamilyName,
    /// A name that may be either half.
    FullName,
    Email,
    /// The last eight digits.
    Phone,
    /// A work domain, or a company whose domain is not known.
    Employer,
    /// A work domain, or that of a web page.
    Domain,
    /// An organisation's name, its words sorted.
    Organisation,
    BirthDate,
    /// Any other field.
    Field(String),
    /// A column that no field fits, by its header.
    Column(String),
}

/// What is taken of a value; all but the last ones take it of any text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Take {
    /// The first so many letters.
    Start(usize),
    /// The last so many.
    End(usize),
    /// The text, if it has so many letters.
    Min(usize),
    Letters,
    Digits,
    /// Its letters in the order of the alphabet.
    Sorted,
    /// The consonants of its neutral spelling.
    Sound,
    /// The same with the sounds that languages mix up as one.
    Rough,
    /// Each of its words.
    Words,
    /// The first letters of its words.
    Initials,
    /// The text itself, and with each letter left out.
    OneOff,
    /// The first letter; of a word that is nothing more, too.
    Initial,
    /// The longer names that a word may be short for.
    Nickname,
    /// What is left of a word in another script.
    Script,
    /// What stands before the @ of a personal address.
    Local,
    EmailDomain,
    Year,
    MonthDay,
    /// An organisation's words in their order, glued.
    Glued,
    /// A house number.
    House,
    /// The rarest word of a street.
    Rarest,
}

/// Names of what a part may be of, beside fields.
const OF: &[&str] = &[
    "word",
    "other_word",
    "given_name",
    "family_name",
    "full_name",
    "email",
    "phone",
    "employer",
    "domain",
    "organisation",
    "birth_date",
];

/// Before the header of a column that no field fits.
const COLUMN: &str = "column:";

/// What can be taken of any text, by name.
const OF_TEXT: &[(&str, Take)] = &[
    ("letters", Take::Letters),
    ("digits", Take::Digits),
    ("sorted", Take::Sorted),
    ("sound", Take::Sound),
    ("rough", Take::Rough),
    ("words", Take::Words),
    ("initials", Take::Initials),
    ("one_off", Take::OneOff),
];

/// What can be taken of one kind of value only, and at once.
const OF_ONE: &[(&str, Take)] = &[
    ("initial", Take::Initial),
    ("nickname", Take::Nickname),
    ("script", Take::Script),
    ("local", Take::Local),
    ("domain", Take::EmailDomain),
    ("year", Take::Year),
    ("month_day", Take::MonthDay),
    ("glued", Take::Glued),
    ("house", Take::House),
    ("rarest", Take::Rarest),
];

/// What is taken with a number behind its name.
const NUMBERED: &[&str] = &["start", "end", "min"];
/// The largest such number.
const MOST: usize = 64;

/// What is wrong with a part: a message, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PartFault {
    pub message: String,
    pub hint: Option<String>,
}

impl PartFault {
    fn new(message: String, hint: impl Into<String>) -> Self {
        Self {
            message,
            hint: Some(hint.into()),
        }
    }
}

impl KeyPart {
    /// Reads `word.start3`. `fields` are the names of `rules/fields.toml`.
    ///
    /// # Errors
    /// What is not known, and the nearest that is.
    pub fn parse(text: &str, fields: &[&str]) -> Result<Self, PartFault> {
        if let Some(rest) = text.strip_prefix(COLUMN) {
            return Self::of_column(rest, text);
        }
        let mut words = text.split('.');
        let of = Of::parse(words.next().unwrap_or_default(), text, fields)?;
        let mut take = Vec::new();
        for word in words {
            let next = Take::parse(word, text, &of)?;
            if let Some(of_what) = next.needs(&of).filter(|_| !take.is_empty()) {
                return Err(PartFault::new(
                    format!(
                        "{} takes '{word}' of what is no {of_what} any more",
                        shown(text)
                    ),
                    format!("write '{word}' first"),
                ));
            }
            take.push(next);
        }
        Ok(Self { of, take })
    }

    /// A header may have dots itself: what can be taken is split off its end.
    fn of_column(rest: &str, text: &str) -> Result<Self, PartFault> {
        let mut header = rest;
        let mut take = Vec::new();
        while let Some((before, word)) = header.rsplit_once('.') {
            let of = Of::Column(before.to_owned());
            let Ok(next) = Take::parse(word, text, &of) else {
                break;
            };
            take.insert(0, next);
            header = before;
        }
        if header.trim().is_empty() {
            return Err(PartFault::new(
                format!("{} names no column", shown(text)),
                "write the header behind the colon: \"column:Badge No\"",
            ));
        }
        Ok(Self {
            of: Of::Column(header.to_owned()),
            take,
        })
    }

    /// Why records of this kind do not have the part, if they don't.
    #[must_use]
    pub fn missing_in(&self, records: RecordKind) -> Option<RecordKind> {
        let of_people = matches!(
            self.of,
            Of::GivenName | Of::FamilyName | Of::FullName | Of::Employer
        ) || self
            .take
            .iter()
            .any(|take| matches!(take, Take::Nickname | Take::Script));
        let of_organisations = self.of == Of::Organisation
            || self
                .take
                .iter()
                .any(|take| matches!(take, Take::House | Take::Rarest));
        match records {
            RecordKind::People if of_organisations => Some(RecordKind::Organisations),
            RecordKind::Organisations if of_people => Some(RecordKind::People),
            _ => None,
        }
    }
}

impl Of {
    /// Reads the name of a value; `text` is the whole part, for messages.
    ///
    /// # Errors
    /// As [`KeyPart::parse`].
    pub fn parse(name: &str, text: &str, fields: &[&str]) -> Result<Self, PartFault> {
        if let Some(header) = name.strip_prefix(COLUMN) {
            return Ok(Self::Column(header.to_owned()));
        }
        Ok(match name {
            "word" => Self::Word,
            "other_word" => Self::OtherWord,
            "given_name" => Self::GivenName,
            "family_name" => Self::FamilyName,
            "full_name" => Self::FullName,
            "email" => Self::Email,
            "phone" => Self::Phone,
            "employer" => Self::Employer,
            "domain" => Self::Domain,
            "organisation" => Self::Organisation,
            "birth_date" => Self::BirthDate,
            field if fields.contains(&field) => Self::Field(field.to_owned()),
            _ => {
                let known = OF.iter().copied().chain(fields.iter().copied());
                let hint = match nearest(name, known) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!(
                        "a key is made of {}, of a field, or of \"{COLUMN}…\"",
                        any_of(OF.iter().copied())
                    ),
                };
                return Err(PartFault::new(
                    format!(
                        "{} is no part of a key: there is no {}",
                        shown(text),
                        shown(name)
                    ),
                    hint,
                ));
            }
        })
    }

    /// What the word is called in a part.
    #[must_use]
    pub fn name(&self) -> String {
        let at = match self {
            Self::Word => 0,
            Self::OtherWord => 1,
            Self::GivenName => 2,
            Self::FamilyName => 3,
            Self::FullName => 4,
            Self::Email => 5,
            Self::Phone => 6,
            Self::Employer => 7,
            Self::Domain => 8,
            Self::Organisation => 9,
            Self::BirthDate => 10,
            Self::Field(field) => return field.clone(),
            Self::Column(header) => return format!("{COLUMN}{header}"),
        };
        OF[at].to_owned()
    }
}

impl Take {
    fn parse(word: &str, text: &str, of: &Of) -> Result<Self, PartFault> {
        let known = OF_TEXT.iter().chain(OF_ONE);
        if let Some((name, take)) = known.clone().find(|(name, _)| *name == word) {
            return match take.needs(of) {
                Some(what) if !take.fits(of) => Err(PartFault::new(
                    format!("{} takes '{name}' of what is no {what}", shown(text)),
                    format!(
                        "of this can be taken {}",
                        any_of(Self::fitting(of).iter().map(String::as_str))
                    ),
                )),
                _ => Ok(*take),
            };
        }
        let digits = word.trim_start_matches(|c: char| !c.is_ascii_digit());
        let name = &word[..word.len() - digits.len()];
        if NUMBERED.contains(&name) {
            return match digits.parse() {
                Ok(n) if (1..=MOST).contains(&n) => Ok(match name {
                    "start" => Self::Start(n),
                    "end" => Self::End(n),
                    _ => Self::Min(n),
                }),
                _ => Err(PartFault::new(
                    format!("{}: '{name}' needs a number from 1 to {MOST}", shown(text)),
                    format!("write '{name}3' for three letters"),
                )),
            };
        }
        let fitting = Self::fitting(of);
        let hint = match nearest(word, fitting.iter().map(String::as_str)) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!(
                "of this can be taken {}",
                any_of(fitting.iter().map(String::as_str))
            ),
        };
        Err(PartFault::new(
            format!(
                "{}: nothing that can be taken is called {}",
                shown(text),
                shown(word)
            ),
            hint,
        ))
    }

    /// Names of all that can be taken of a value.
    fn fitting(of: &Of) -> Vec<String> {
        let numbered = NUMBERED.iter().map(|name| format!("{name}3"));
        OF_TEXT
            .iter()
            .chain(OF_ONE)
            .filter(|(_, take)| take.fits(of))
            .map(|(name, _)| (*name).to_owned())
            .chain(numbered)
            .collect()
    }

    /// The kind of value that this can be taken of alone; `None` when any text will do.
    fn needs(self, of: &Of) -> Option<&'static str> {
        match self {
            Self::Initial => Some("word or name"),
            Self::Nickname | Self::Script => Some("word"),
            Self::Local | Self::EmailDomain => Some("email"),
            Self::Year | Self::MonthDay => Some("birth_date"),
            Self::Glued => Some("organisation"),
            Self::Initials if *of == Of::Organisation => Some("organisation"),
            Self::House | Self::Rarest => Some("street"),
            _ => None,
        }
    }

    fn fits(self, of: &Of) -> bool {
        let is_word = matches!(of, Of::Word | Of::OtherWord);
        match self {
            Self::Initial => is_word || matches!(of, Of::GivenName | Of::FamilyName | Of::FullName),
            Self::Nickname | Self::Script => is_word,
            Self::Local | Self::EmailDomain => *of == Of::Email,
            Self::Year | Self::MonthDay => *of == Of::BirthDate,
            Self::Glued => *of == Of::Organisation,
            Self::House | Self::Rarest => matches!(of, Of::Field(field) if field == "street"),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<KeyPart, PartFault> {
        KeyPart::parse(text, &["street", "city", "notes"])
    }

    #[test]
    fn parts_are_a_value_and_what_is_taken_of_it() {
        let part = parse("email.local.letters.min5").unwrap();
        assert_eq!(part.of, Of::Email);
        assert_eq!(part.take, [Take::Local, Take::Letters, Take::Min(5)]);
        assert_eq!(parse("city").unwrap().of, Of::Field("city".into()));
        // A header keeps its own dots.
        let part = parse("column:Badge No. 1.digits.end4").unwrap();
        assert_eq!(part.of, Of::Column("Badge No. 1".into()));
        assert_eq!(part.take, [Take::Digits, Take::End(4)]);
        assert_eq!(parse("column:No.").unwrap().of, Of::Column("No.".into()));
    }

    #[test]
    fn what_is_wrong_is_told_with_the_nearest_that_is_right() {
        for (text, message, hint) in [
            ("wrod.sound", "there is no 'wrod'", "did you mean 'word'?"),
            ("word.sund", "is called 'sund'", "did you mean 'sound'?"),
            ("word.start", "'start' needs a number", "'start3'"),
            ("word.start0", "'start' needs a number", "'start3'"),
            ("city.domain", "of what is no email", "'letters'"),
            (
                "street.letters.house",
                "no street any more",
                "write 'house' first",
            ),
            ("column:", "names no column", "behind the colon"),
        ] {
            let fault = parse(text).unwrap_err();
            assert!(fault.message.contains(message), "{text}: {fault:?}");
            assert!(fault.hint.is_some_and(|h| h.contains(hint)), "{text}");
        }
    }

    #[test]
    fn some_parts_are_of_one_kind_of_records() {
        let kind = |text: &str, records| parse(text).unwrap().missing_in(records);
        assert_eq!(kind("word.sound", RecordKind::People), None);
        assert_eq!(
            kind("street.house", RecordKind::People),
            Some(RecordKind::Organisations)
        );
        assert_eq!(
            kind("word.nickname", RecordKind::Organisations),
            Some(RecordKind::People)
        );
    }
}
