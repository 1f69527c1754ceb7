//! Streets of organisations: a house number and weighed words.

use super::name::Token;
use crate::link::features::NONE;
use crate::link::names::word::tokens;

/// One distinct street, taken apart.
#[derive(Clone, Debug, Default)]
pub struct Street {
    /// House number: the first word of digits, with what is glued behind (`61a` → 61).
    pub number: Option<u32>,
    /// All other words, sorted, each once.
    pub words: Vec<u32>,
}

impl Street {
    /// From a folded street.
    pub fn new(text: &str, mut intern: impl FnMut(&str) -> u32) -> Self {
        let mut street = Self::default();
        for word in tokens(text) {
            match house_number(&word) {
                Some(number) if street.number.is_none() => street.number = Some(number),
                _ => street.words.push(intern(&word)),
            }
        }
        street.words.sort_unstable();
        street.words.dedup();
        street
    }

    /// The house number and the rarest word: one place however it is written.
    #[must_use]
    pub fn place(&self, tokens: &[Token]) -> (u32, u32) {
        let rarest = self.words.iter().copied().max_by(|&a, &b| {
            let of = |w: u32| &tokens[w as usize];
            of(a)
                .bits
                .total_cmp(&of(b).bits)
                .then_with(|| of(a).text.cmp(&of(b).text))
        });
        (self.number.unwrap_or(NONE), rarest.unwrap_or(NONE))
    }
}

/// `61a` and `61` are house numbers, `47th` is a word of the street.
fn house_number(word: &str) -> Option<u32> {
    let digits = word.bytes().take_while(u8::is_ascii_digit).count();
    (digits > 0 && word.len() - digits <= 1)
        .then(|| word[..digits].parse().ok())
        .flatten()
}

/// 1 same · 2 same number, the street resembles · 3 same street, another number or
/// none · 4 different.
#[must_use]
pub fn compare(a: &Street, b: &Street, tokens: &[Token]) -> u8 {
    let bits = |list: &[u32]| list.iter().map(|&w| tokens[w as usize].bits).sum::<f32>();
    let common: Vec<u32> = a
        .words
        .iter()
        .copied()
        .filter(|word| b.words.binary_search(word).is_ok())
        .collect();
    let shared = bits(&common);
    let (x, y) = (bits(&a.words), bits(&b.words));
    let number = a.number.is_some() && a.number == b.number;
    if a.words == b.words && a.number == b.number {
        return 1;
    }
    let covered = |of: f32| of > 0.0 && shared / of >= 0.6;
    let resembles = covered(x.min(y))
        || (common.is_empty() || !covered(x.min(y))) && spelled_alike(a, b, tokens);
    match (number, resembles) {
        (true, true) if covered(x.max(y)) => 1,
        (true, true) => 2,
        (false, true) if covered(x.max(y)) => 3,
        _ => 4,
    }
}

/// The rarest words of both are one spelling: `winthorp`, `winthrop`.
fn spelled_alike(a: &Street, b: &Street, tokens: &[Token]) -> bool {
    let (x, y) = (a.place(tokens).1, b.place(tokens).1);
    if x == NONE || y == NONE {
        return false;
    }
    let (x, y) = (&tokens[x as usize].text, &tokens[y as usize].text);
    x.len().min(y.len()) >= 5 && crate::link::compare::text::similar(x, y, 0.9)
}

#[cfg(test)]
mod tests {
    use super::*;
    use hashbrown::HashMap;

    #[test]
    fn places_with_and_without_the_same_number() {
        let (mut list, mut known) = (Vec::new(), HashMap::default());
        let written = [
            "1409 n ogden ave",
            "1409 n ogden",
            "1411 n ogden ave",
            "1409 n lincoln ave",
            "1409 n ogdan ave",
            "61a 47th ave",
            "61 47th ave",
            "12 n state ave",
            "15 n clark ave",
        ];
        let streets: Vec<Street> = written
            .iter()
            .map(|text| Street::new(text, |w| Token::intern(w, &mut list, &mut known)))
            .collect();
        Token::weigh(&mut list, streets.iter().map(|s| s.words.as_slice()));
        let level = |a: usize, b: usize| compare(&streets[a], &streets[b], &list);
        assert_eq!(level(0, 0), 1);
        assert_eq!(level(0, 1), 1);
        assert_eq!(level(0, 2), 3);
        assert_eq!(level(0, 3), 4);
        assert_eq!(level(0, 4), 2);
        assert_eq!(level(5, 6), 1);
    }
}
