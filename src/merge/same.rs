//! Two spellings of one number or one mailbox.
//!
//! A golden record says each number and each address once; these keys tell what is
//! said already.

use std::borrow::Cow;

use crate::contact::FieldType;
use crate::standardise::email::{EmailRules, comparison_key};
use crate::standardise::phone::dialable;

/// What values of a column are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Same {
    Phone,
    Email,
}

/// What two spellings of the same have in common.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Key<'v> {
    /// The last digits of a number, as one.
    Digits(u32),
    Text(Cow<'v, str>),
}

/// The last digits of a number: with and without its country code they are the same.
const DIGITS: usize = 8;

impl Same {
    #[must_use]
    pub const fn of(kind: &FieldType) -> Option<Self> {
        match kind {
            FieldType::Phone => Some(Self::Phone),
            FieldType::Email => Some(Self::Email),
            _ => None,
        }
    }

    /// Equal for two spellings of the same.
    #[must_use]
    pub fn key<'v>(self, value: &'v str, emails: &EmailRules) -> Key<'v> {
        match self {
            Self::Phone => {
                let number = dialable(value);
                let last = number.bytes().rev().filter(u8::is_ascii_digit);
                let (mut digits, mut sum, mut place) = (0, 0_u32, 1_u32);
                for digit in last.take(DIGITS) {
                    sum += u32::from(digit - b'0') * place;
                    place *= 10;
                    digits += 1;
                }
                if digits < DIGITS {
                    return Key::Text(Cow::Borrowed(number));
                }
                Key::Digits(sum)
            }
            Self::Email => {
                let key = comparison_key(value, emails);
                Key::Text(Cow::Owned(
                    key.unwrap_or_else(|| value.trim().to_lowercase()),
                ))
            }
        }
    }

    /// Within one list: addresses with different tags are both kept.
    #[must_use]
    pub fn list_key<'v>(self, value: &'v str, emails: &EmailRules) -> Key<'v> {
        match self {
            Self::Phone => self.key(value, emails),
            Self::Email => Key::Text(Cow::Owned(value.to_lowercase())),
        }
    }

    /// The full form of two spellings is kept: the one with a country code.
    #[must_use]
    pub fn is_fuller(self, value: &str, than: &str) -> bool {
        self == Self::Phone && value.starts_with('+') && !than.starts_with('+')
    }

    /// The word of the audit for a value that is said elsewhere.
    #[must_use]
    pub const fn rule(self) -> &'static str {
        match self {
            Self::Phone => "same_number",
            Self::Email => "same_mailbox",
        }
    }

    #[must_use]
    pub const fn reason(self) -> &'static str {
        match self {
            Self::Phone => "the golden record has the same number already",
            Self::Email => "the golden record has the same mailbox already",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    #[test]
    fn spellings_of_one_number_and_one_mailbox_share_a_key() {
        let emails = EmailRules::load(&Rulebook::builtin());
        let phone = |value| Same::Phone.key(value, &emails);
        assert_eq!(phone("6029618371"), phone("+16029618371 ext 12"));
        assert_ne!(phone("+16029618371"), phone("+16029618372"));
        assert_ne!(phone("+1"), phone("+2"));
        let email = |value| Same::Email.key(value, &emails);
        assert_eq!(email("Ann.Lee+news@gmail.com"), email("annlee@gmail.com"));
        assert_ne!(email("ann.lee@x.com"), email("annlee@x.com"));
    }
}
