//! Outcomes of many values in little room: an unchanged value costs 12 bytes.

use hashbrown::HashMap;

use crate::contact::Values;
use crate::standardise::coded::code;
use crate::standardise::outcome::{Doubt, Outcome};

const SAME: u32 = u32::MAX;
const MISSING: u32 = u32::MAX - 1;
const PLAIN: u32 = u32::MAX;
/// Neither rule nor reason.
const NO_WORDS: u16 = u16::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    /// Into `values`; `SAME` as the value that went in, `MISSING` when nothing is left.
    value: u32,
    /// Into `extras`, or `PLAIN`.
    extra: u32,
    /// Into `words`, or `NO_WORDS`.
    words: u16,
}

/// What few outcomes have.
#[derive(Clone, Debug, Default)]
pub struct Extra {
    pub parts: Vec<(&'static str, String)>,
    pub doubts: Vec<Doubt>,
}

/// Outcomes by code.
#[derive(Clone, Debug, Default)]
pub struct Results {
    rows: Vec<Row>,
    values: Values,
    extras: Vec<Extra>,
    /// Rule and reason.
    words: Vec<Words>,
    known: HashMap<Words, u16, foldhash::fast::FixedState>,
    /// Where most values are as they were: the codes that `rows` are of, ascending.
    /// All others are unchanged.
    sparse: Option<Sparse>,
}

#[derive(Clone, Debug, Default)]
struct Sparse {
    codes: Vec<u32>,
    /// How many codes there are.
    len: usize,
}

type Words = (&'static str, &'static str);

const UNCHANGED: Row = Row {
    value: SAME,
    extra: PLAIN,
    words: NO_WORDS,
};

/// One outcome, looked at.
#[derive(Clone, Copy, Debug)]
pub struct View<'a> {
    pub value: Option<&'a str>,
    pub rule: &'static str,
    pub reason: &'static str,
    pub extra: Option<&'a Extra>,
}

impl Results {
    /// Adds the outcome of `before` (what went in, if anything).
    pub fn push(&mut self, before: Option<&str>, outcome: Outcome) {
        let value = match outcome.value.as_deref() {
            None | Some("") => MISSING,
            after if after == before => SAME,
            Some(after) => self.values.push(after),
        };
        let extra = if outcome.parts.is_empty() && outcome.doubts.is_empty() {
            PLAIN
        } else {
            self.extras.push(Extra {
                parts: outcome.parts,
                doubts: outcome.doubts,
            });
            u32::try_from(self.extras.len() - 1).unwrap_or(PLAIN)
        };
        let row = Row {
            value,
            extra,
            words: self.number((outcome.rule, outcome.reason)),
        };
        if let Some(sparse) = &mut self.sparse {
            // Codes are 32 bits, as those of the columns.
            sparse
                .codes
                .push(u32::try_from(sparse.len).unwrap_or(u32::MAX));
            sparse.len += 1;
        }
        self.rows.push(row);
    }

    /// Room for the parts that are at `at` of each.
    pub fn reserve<const N: usize>(&mut self, parts: &[[Self; N]], at: usize) {
        let of = |len: fn(&Self) -> usize| parts.iter().map(|part| len(&part[at])).sum();
        self.rows.reserve_exact(of(Self::len));
        let bytes = of(|part| part.values.bytes());
        self.values
            .reserve_exact(of(|part| part.values.len()), bytes);
        self.extras.reserve_exact(of(|part| part.extras.len()));
    }

    /// Adds all outcomes of `other` behind the own ones.
    pub fn append(&mut self, other: Self) {
        let words: Vec<u16> = other
            .words
            .iter()
            .map(|words| self.number(*words))
            .collect();
        // Values and extras are fewer than rows, which have 32 bits.
        let shift = code(self.values.len());
        let extras = code(self.extras.len());
        self.values.append(&other.values);
        self.extras.extend(other.extras);
        self.rows.extend(other.rows.into_iter().map(|row| Row {
            value: match row.value {
                SAME | MISSING => row.value,
                value => value + shift,
            },
            extra: match row.extra {
                PLAIN => PLAIN,
                extra => extra + extras,
            },
            words: words.get(row.words as usize).copied().unwrap_or(NO_WORDS),
        }));
    }

    /// The outcome of `code`; `before` is what went in.
    #[must_use]
    pub fn get<'a>(&'a self, code: u32, before: Option<&'a str>) -> Option<View<'a>> {
        let row = self.row(code)?;
        let value = match row.value {
            SAME => before,
            MISSING => None,
            value => Some(self.values.get(value)),
        };
        let (rule, reason) = self.words_of(row.words);
        Some(View {
            value,
            rule,
            reason,
            extra: self.extras.get(row.extra as usize),
        })
    }

    /// Keeps only what differs from the value that went in.
    #[must_use]
    pub fn sparse(mut self) -> Self {
        let kept = |row: &Row| *row != UNCHANGED;
        let len = self.rows.len();
        let codes: Vec<u32> = (0_u32..)
            .zip(&self.rows)
            .filter_map(|(code, row)| kept(row).then_some(code))
            .collect();
        self.rows.retain(kept);
        self.rows.shrink_to_fit();
        self.sparse = Some(Sparse { codes, len });
        self
    }

    fn row(&self, code: u32) -> Option<&Row> {
        match &self.sparse {
            None => self.rows.get(code as usize),
            Some(sparse) if (code as usize) < sparse.len => {
                let place = sparse.codes.binary_search(&code);
                Some(place.map_or(&UNCHANGED, |place| &self.rows[place]))
            }
            Some(_) => None,
        }
    }

    fn words_of(&self, at: u16) -> Words {
        self.words.get(at as usize).copied().unwrap_or_default()
    }

    /// How many outcomes there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.sparse
            .as_ref()
            .map_or(self.rows.len(), |sparse| sparse.len)
    }

    /// What few outcomes have.
    #[must_use]
    pub fn extra(&self, code: u32) -> Option<&Extra> {
        self.extras.get(self.row(code)?.extra as usize)
    }

    #[must_use]
    pub fn rule(&self, code: u32) -> &'static str {
        self.row(code).map_or("", |row| self.words_of(row.words).0)
    }

    /// Whether any outcome has a value.
    #[must_use]
    pub fn any_value(&self) -> bool {
        self.rows.iter().any(|row| row.value != MISSING)
    }

    fn number(&mut self, words: Words) -> u16 {
        if words == ("", "") {
            return NO_WORDS;
        }
        // Words are literals: looked for by address first, which compares no text.
        let same = |known: &Words| std::ptr::eq(known.0, words.0) && std::ptr::eq(known.1, words.1);
        let place = self.words.iter().position(same);
        if let Some(at) = place.and_then(|at| u16::try_from(at).ok()) {
            return at;
        }
        if let Some(&at) = self.known.get(&words) {
            return at;
        }
        // Rule ids and reasons are literals of the engine: hundreds at most.
        let at = u16::try_from(self.words.len()).unwrap_or(0);
        self.words.push(words);
        self.known.insert(words, at);
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sparse_results_say_the_same() {
        let mut dense = Results::default();
        for at in 0..40 {
            dense.push(
                Some("a"),
                match at % 10 {
                    3 => Outcome::changed("b", "changed"),
                    7 => Outcome::cleared("gone", "nothing left"),
                    _ => Outcome::unchanged("a"),
                },
            );
        }
        let mut sparse = dense.clone().sparse();
        assert_eq!(sparse.rows.len(), 8);
        for results in [&mut dense, &mut sparse] {
            results.push(Some("c"), Outcome::cleared("late", ""));
        }
        assert_eq!(dense.len(), sparse.len());
        for code in 0..42 {
            let seen = |results: &Results| {
                results
                    .get(code, Some("x"))
                    .map(|view| (view.value.map(str::to_owned), view.rule, view.reason))
            };
            assert_eq!(seen(&dense), seen(&sparse), "{code}");
        }
    }
}
