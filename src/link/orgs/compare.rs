//! Two organisations → an agreement pattern.

use super::{name, place};
use crate::link::compare::{Compared, Pattern, text};
use crate::link::fans::Fan;
use crate::link::features::Features;

/// The comparisons of organisations, in the order of their place in a pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Aspect {
    Name,
    Numbers,
    Domain,
    Email,
    Phone,
    Street,
    Postcode,
    City,
}

impl Aspect {
    pub const ALL: [Self; 8] = [
        Self::Name,
        Self::Numbers,
        Self::Domain,
        Self::Email,
        Self::Phone,
        Self::Street,
        Self::Postcode,
        Self::City,
    ];

    /// Its name in `rules/matching.toml`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Name => "organisation",
            Self::Numbers => "numbers",
            Self::Domain => "domain",
            Self::Email => "email",
            Self::Phone => "phone",
            Self::Street => "street",
            Self::Postcode => "postcode",
            Self::City => "city",
        }
    }
}

/// Compares two organisations of `f`.
#[must_use]
pub fn compare(f: &Features, left: u32, right: u32) -> Compared {
    let (a, b) = (left as usize, right as usize);
    let orgs = &f.orgs;
    let (x, y) = (orgs.name_of(a), orgs.name_of(b));
    let mut out = Compared::default();
    let alike = name::compare(x, y, &orgs.tokens, orgs.chance_bits);
    out.given_rarity = alike.rarity;
    let mut set = |aspect: Aspect, level: u8| out.pattern.set_at(aspect as usize, level);
    set(Aspect::Name, alike.level);
    set(Aspect::Numbers, numbers(&x.numbers, &y.numbers));
    let fan = |id: u32| orgs.domain_fan.get(&id).copied().unwrap_or_default();
    set(
        Aspect::Domain,
        shared(orgs.domains.of(a), orgs.domains.of(b), fan),
    );
    let fan = |id: u32| orgs.email_fan[id as usize];
    set(Aspect::Email, shared(f.emails.of(a), f.emails.of(b), fan));
    set(Aspect::Phone, phone(f, a, b));
    if let (Some(x), Some(y)) = (orgs.street_of(a), orgs.street_of(b)) {
        set(Aspect::Street, place::compare(x, y, &orgs.street_tokens));
    }
    let (left, right) = (&f.cards[a], &f.cards[b]);
    set(
        Aspect::Postcode,
        text::postcode(&f.texts, left.postcode, right.postcode),
    );
    set(Aspect::City, text::city(&f.texts, left.city, right.city));
    out
}

/// Do the names agree, with nothing known that could tell two organisations of one name
/// apart?
#[must_use]
pub fn only_alike(pattern: Pattern) -> bool {
    let level = |aspect: Aspect| pattern.level_at(aspect as usize);
    (name::level::SAME..=name::level::ACRONYM).contains(&level(Aspect::Name))
        && level(Aspect::Numbers) != 3
        && [
            Aspect::Domain,
            Aspect::Email,
            Aspect::Phone,
            Aspect::Street,
            Aspect::Postcode,
            Aspect::City,
        ]
        .into_iter()
        .all(|aspect| level(aspect) == 0)
}

/// 1 same · 2 on one side only · 3 conflict; 0 on neither.
fn numbers(a: &[u32], b: &[u32]) -> u8 {
    match (a.is_empty(), b.is_empty()) {
        (true, true) => 0,
        (true, false) | (false, true) => 2,
        _ if a.iter().any(|n| b.contains(n)) => 1,
        _ => 3,
    }
}

/// 1 same · 2 same, met at several places · 3 different; 0 missing.
fn shared(a: &[u32], b: &[u32], fan: impl Fn(u32) -> Fan) -> u8 {
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    a.iter()
        .filter(|id| b.contains(id))
        .map(|&id| fan(id).level().min(2))
        .min()
        .unwrap_or(3)
}

/// 1 same · 2 same, at two or three places · 3 same, at more · 4 one digit off ·
/// 5 different; 0 missing.
fn phone(f: &Features, a: usize, b: usize) -> u8 {
    let (left, right) = (f.phones.of(a), f.phones.of(b));
    if left.is_empty() || right.is_empty() {
        return 0;
    }
    let mut best = 5;
    for &x in left {
        for &y in right {
            let level = if x == y {
                f.orgs.phone_fan[x as usize].level()
            } else if crate::link::compare::phone::near(
                f.phone_digits[x as usize],
                f.phone_digits[y as usize],
            ) {
                4
            } else {
                5
            };
            best = best.min(level);
        }
    }
    best
}
