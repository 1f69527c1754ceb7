//! Outcomes of many values in little room: an unchanged value costs 24 bytes.

use hashbrown::HashMap;

use crate::standardise::outcome::{Doubt, Outcome};

const SAME: u32 = u32::MAX;
const MISSING: u32 = u32::MAX - 1;
const PLAIN: u32 = u32::MAX;
/// The word "".
const NO_WORD: u16 = u16::MAX;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Row {
    start: u64,
    /// `SAME` as the value that went in, `MISSING` when nothing is left.
    len: u32,
    /// Into `extras`, or `PLAIN`.
    extra: u32,
    rule: u16,
    reason: u16,
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
    arena: String,
    extras: Vec<Extra>,
    words: Vec<&'static str>,
    known: HashMap<&'static str, u16, foldhash::fast::FixedState>,
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

const UNCHANGED: Row = Row {
    start: 0,
    len: SAME,
    extra: PLAIN,
    rule: NO_WORD,
    reason: NO_WORD,
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
        let (start, len) = match outcome.value.as_deref() {
            None | Some("") => (0, MISSING),
            after if after == before => (0, SAME),
            Some(after) => {
                let start = self.arena.len() as u64;
                self.arena.push_str(after);
                // A field is bounded far below 4 GiB when it is read.
                (start, u32::try_from(after.len()).unwrap_or(MISSING - 1))
            }
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
            start,
            len,
            extra,
            rule: self.word(outcome.rule),
            reason: self.word(outcome.reason),
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
        self.arena.reserve_exact(of(|part| part.arena.len()));
        self.extras.reserve_exact(of(|part| part.extras.len()));
    }

    /// Adds all outcomes of `other` behind the own ones.
    pub fn append(&mut self, other: Self) {
        let words: Vec<u16> = other.words.iter().map(|word| self.word(word)).collect();
        let shift = self.arena.len() as u64;
        self.arena.push_str(&other.arena);
        // Extras are fewer than rows, which have 32 bits.
        let extras = u32::try_from(self.extras.len()).unwrap_or(PLAIN);
        self.extras.extend(other.extras);
        self.rows.extend(other.rows.into_iter().map(|row| Row {
            start: row.start + shift,
            extra: if row.extra == PLAIN {
                PLAIN
            } else {
                row.extra + extras
            },
            rule: words.get(row.rule as usize).copied().unwrap_or(NO_WORD),
            reason: words.get(row.reason as usize).copied().unwrap_or(NO_WORD),
            ..row
        }));
    }

    /// The outcome of `code`; `before` is what went in.
    #[must_use]
    pub fn get<'a>(&'a self, code: u32, before: Option<&'a str>) -> Option<View<'a>> {
        let row = self.row(code)?;
        let value = match row.len {
            SAME => before,
            MISSING => None,
            len => usize::try_from(row.start)
                .ok()
                .and_then(|start| self.arena.get(start..start + len as usize)),
        };
        Some(View {
            value,
            rule: self.word_of(row.rule),
            reason: self.word_of(row.reason),
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

    fn word_of(&self, at: u16) -> &'static str {
        self.words.get(at as usize).copied().unwrap_or("")
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
        self.row(code).map_or("", |row| self.word_of(row.rule))
    }

    /// Whether any outcome has a value.
    #[must_use]
    pub fn any_value(&self) -> bool {
        self.rows.iter().any(|row| row.len != MISSING)
    }

    fn word(&mut self, word: &'static str) -> u16 {
        if word.is_empty() {
            return NO_WORD;
        }
        // Words are literals: looked for by address first, which compares no text.
        let place = self
            .words
            .iter()
            .position(|known| std::ptr::eq(*known, word));
        if let Some(at) = place.and_then(|at| u16::try_from(at).ok()) {
            return at;
        }
        if let Some(&at) = self.known.get(word) {
            return at;
        }
        // Rule ids and reasons are literals of the engine: hundreds at most.
        let at = u16::try_from(self.words.len()).unwrap_or(0);
        self.words.push(word);
        self.known.insert(word, at);
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
