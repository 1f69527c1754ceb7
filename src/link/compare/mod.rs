//! Two records → an agreement pattern: one level a comparison, 0 for "missing".
//!
//! A pattern packs sixteen comparisons of four bits into a `u64`, so that pairs
//! are counted by pattern and the model never looks at a record.

pub mod cache;
pub mod dates;
pub mod email;
pub mod employer;
mod name_level;
pub mod names;
pub mod phone;
pub mod text;

use super::card::Card;
use super::features::{Features, NONE};
use names::{KnownNames, NameComparer};

/// The comparisons, in the order of their place in a pattern. `rules/matching.toml`
/// gives each its levels and probabilities under the same name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Comparison {
    Given,
    Family,
    Swapped,
    Middle,
    Suffix,
    BirthDate,
    Number,
    Email,
    Employer,
    Phone,
    Title,
    Street,
    Postcode,
    City,
    Profile,
}

impl Comparison {
    pub const COUNT: usize = 15;
    pub const ALL: [Self; Self::COUNT] = [
        Self::Given,
        Self::Family,
        Self::Swapped,
        Self::Middle,
        Self::Suffix,
        Self::BirthDate,
        Self::Number,
        Self::Email,
        Self::Employer,
        Self::Phone,
        Self::Title,
        Self::Street,
        Self::Postcode,
        Self::City,
        Self::Profile,
    ];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Given => "given_name",
            Self::Family => "family_name",
            Self::Swapped => "swapped",
            Self::Middle => "middle_name",
            Self::Suffix => "suffix",
            Self::BirthDate => "birth_date",
            Self::Number => "number",
            Self::Email => "email",
            Self::Employer => "employer",
            Self::Phone => "phone",
            Self::Title => "title",
            Self::Street => "street",
            Self::Postcode => "postcode",
            Self::City => "city",
            Self::Profile => "profile",
        }
    }
}

/// The levels of one pair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Pattern(pub u64);

impl Pattern {
    #[must_use]
    pub const fn level(self, comparison: Comparison) -> u8 {
        self.level_at(comparison as usize)
    }

    /// The level at a place of the pattern, below 16.
    #[must_use]
    pub const fn level_at(self, at: usize) -> u8 {
        ((self.0 >> (4 * at)) & 15) as u8
    }

    pub const fn set(&mut self, comparison: Comparison, level: u8) {
        self.set_at(comparison as usize, level);
    }

    /// Sets the level at a place of the pattern, below 16.
    pub const fn set_at(&mut self, at: usize, level: u8) {
        let shift = 4 * at;
        self.0 = (self.0 & !(15 << shift)) | ((level as u64 & 15) << shift);
    }
}

/// A compared pair: its pattern, and how much rarer (or commoner, negative) than
/// average the agreeing names are, in bits.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Compared {
    pub pattern: Pattern,
    pub given_rarity: f32,
    pub family_rarity: f32,
    /// Bits by which it is likelier than the shares of both names say that two persons
    /// are called so (given and family name go together); 0 when a half does not agree.
    pub community: f32,
}

impl Compared {
    /// With bits in steps of 1/256, as they are stored, so that what is explained is
    /// what was weighed.
    #[must_use]
    pub fn rounded(self) -> Self {
        let step = |bits: f32| {
            if bits == 0.0 {
                bits
            } else {
                (bits * 256.0).round() / 256.0
            }
        };
        Self {
            pattern: self.pattern,
            given_rarity: step(self.given_rarity),
            family_rarity: step(self.family_rarity),
            community: step(self.community),
        }
    }
}

/// A record and its card.
pub type Side<'a> = (usize, &'a Card);

/// Compares two records of `features`.
pub fn compare(
    features: &Features,
    left: u32,
    right: u32,
    names: &mut NameComparer<'_>,
) -> Compared {
    let (a, b) = (left as usize, right as usize);
    let cards = &features.cards;
    let (a, b) = ((a, &cards[a]), (b, &cards[b]));
    compare_cards(features, a, b, KnownNames::default(), names)
}

/// The same, where the cards are at hand; `seen` is of the same two, in either order.
pub fn compare_cards(
    f: &Features,
    left: Side<'_>,
    right: Side<'_>,
    seen: KnownNames,
    names: &mut NameComparer<'_>,
) -> Compared {
    let (x, y) = (left.1, right.1);
    let mut out = Compared::default();
    names.compare(x, y, seen, &mut out);
    let pattern = &mut out.pattern;
    if x.middle != NONE && y.middle != NONE {
        pattern.set(Comparison::Middle, names.middle(x.middle, y.middle));
    }
    pattern.set(Comparison::Suffix, text::suffix(x.suffix, y.suffix));
    pattern.set(Comparison::BirthDate, dates::compare(x.birth, y.birth));
    pattern.set(
        Comparison::Number,
        text::number(&f.texts, x.number, y.number),
    );
    pattern.set(Comparison::Email, email::compare(f, left, right));
    pattern.set(
        Comparison::Employer,
        employer::compare(f, left, right, names.texts()),
    );
    pattern.set(Comparison::Phone, phone::compare(f, left, right));
    pattern.set(
        Comparison::Street,
        if x.street == NONE || y.street == NONE {
            0
        } else if x.street == y.street {
            1
        } else if x.road.differs(y.road) {
            debug_assert_eq!(text::street(&f.texts, x.street, y.street), 4);
            4
        } else {
            let kind = Comparison::Street as u8;
            names.texts().level(kind, x.street, y.street, |x, y| {
                text::street(&f.texts, x, y)
            })
        },
    );
    let known = |x: u32, y: u32| match (x, y) {
        (NONE, _) | (_, NONE) => Some(0),
        _ if x == y => Some(1),
        _ => None,
    };
    let postcode = known(x.postcode, y.postcode).unwrap_or_else(|| {
        let card = |id: u32| f.postcode_cards.get(id);
        let told = card(x.postcode).postcode(card(y.postcode));
        told.unwrap_or_else(|| text::postcode(&f.texts, x.postcode, y.postcode))
    });
    pattern.set(Comparison::Postcode, postcode);
    let title = known(x.title, y.title).unwrap_or_else(|| {
        let card = |id: u32| f.title_cards.get(id);
        if card(x.title).other_title(card(y.title)) {
            debug_assert_eq!(text::title(&f.texts, x.title, y.title), 3);
            return 3;
        }
        let kind = Comparison::Title as u8;
        names
            .texts()
            .level(kind, x.title, y.title, |x, y| text::title(&f.texts, x, y))
    });
    pattern.set(Comparison::Title, title);
    let city = known(x.city, y.city).unwrap_or_else(|| {
        let card = |id: u32| f.city_cards.get(id);
        if card(x.city).other_city(card(y.city)) {
            debug_assert_eq!(text::city(&f.texts, x.city, y.city), 3);
            return 3;
        }
        let kind = Comparison::City as u8;
        names
            .texts()
            .level(kind, x.city, y.city, |x, y| text::city(&f.texts, x, y))
    });
    pattern.set(Comparison::City, city);
    pattern.set(Comparison::Profile, text::same_or_not(x.profile, y.profile));
    f.left_out.apply(&mut out);
    out.rounded()
}
