//! Texts of events: their own, and those of columns, which they only point to.

use std::sync::Arc;

use super::text::Text;
use super::values::Values;

/// Numbers from here on are texts of columns. A run has fewer than 2³¹ texts of either
/// kind: the reader's bound on cells is far below.
const SHARED: u32 = 1 << 31;

/// Texts by number: own ones, and the distinct values of columns.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    own: Values,
    shared: Vec<Shared>,
    index: Index,
}

#[derive(Clone, Debug)]
struct Shared {
    /// How many texts of columns come before.
    first: u32,
    values: Arc<Values>,
}

/// By number: which list it is in, or the one before it. Asked for millions of times, and a
/// search guesses wrong at each step.
#[derive(Clone, Debug, Default)]
struct Index(Vec<u32>);

impl Index {
    /// Numbers of one entry.
    const STEP: u32 = 1 << 12;

    /// Adds the list at `at`, whose numbers end before `end`.
    fn add(&mut self, at: usize, end: u32) {
        let entries = end.div_ceil(Self::STEP) as usize;
        if entries > self.0.len() {
            self.0
                .resize(entries, u32::try_from(at).unwrap_or(u32::MAX));
        }
    }

    /// The list that holds `number`; `first` tells where one begins.
    fn find(&self, number: u32, first: impl Fn(usize) -> Option<u32>) -> usize {
        let mut at = self.0[(number / Self::STEP) as usize] as usize;
        // Columns without values have the place of the one behind them.
        while first(at + 1).is_some_and(|first| first <= number) {
            at += 1;
        }
        at
    }
}

/// Where a column's values stand in a pool.
#[derive(Clone, Copy, Debug)]
pub struct Place(u32);

impl Place {
    /// The number of the value of a code.
    #[must_use]
    pub fn number(self, code: u32) -> u32 {
        self.0 + code
    }
}

impl Pool {
    /// Own texts and those of columns: [`Pool::dense`] numbers are below.
    pub fn len(&self) -> usize {
        self.own.len() + self.shared_len() as usize
    }

    /// Adds an own text.
    pub fn push(&mut self, text: &str) -> u32 {
        self.own.push(text)
    }

    /// The place of a column's values; they are not copied.
    pub fn share(&mut self, column: &Text) -> Place {
        self.share_values(column.dictionary())
    }

    fn share_values(&mut self, values: &Arc<Values>) -> Place {
        let is_it = |known: &&Shared| Arc::ptr_eq(&known.values, values);
        if let Some(known) = self.shared.iter().find(is_it) {
            return Place(SHARED + known.first);
        }
        let first = self.shared_len();
        self.shared.push(Shared {
            first,
            values: Arc::clone(values),
        });
        self.index.add(self.shared.len() - 1, self.shared_len());
        Place(SHARED + first)
    }

    fn shared_len(&self) -> u32 {
        let last = self.shared.last();
        last.map_or(0, |last| {
            last.first + u32::try_from(last.values.len()).unwrap_or(0)
        })
    }

    /// The text of a number.
    pub fn get(&self, number: u32) -> &str {
        match number.checked_sub(SHARED) {
            None => self.own.get(number),
            Some(number) => {
                let shared = self.shared_of(number);
                shared.values.get(number - shared.first)
            }
        }
    }

    /// The place of a column's values, if they are shared.
    pub fn place_of(&self, column: &Text) -> Option<Place> {
        let is_it = |known: &&Shared| Arc::ptr_eq(&known.values, column.dictionary());
        let known = self.shared.iter().find(is_it)?;
        Some(Place(SHARED + known.first))
    }

    fn shared_of(&self, number: u32) -> &Shared {
        let first = |at: usize| self.shared.get(at).map(|shared| shared.first);
        &self.shared[self.index.find(number, first)]
    }

    /// A number without a gap between own texts and those of columns.
    pub fn dense(&self, number: u32) -> u32 {
        match number.checked_sub(SHARED) {
            None => number,
            Some(shared) => shared + u32::try_from(self.own.len()).unwrap_or(0),
        }
    }

    /// The text of a [`Pool::dense`] number.
    pub fn get_dense(&self, number: u32) -> &str {
        let own = u32::try_from(self.own.len()).unwrap_or(0);
        match number.checked_sub(own) {
            None => self.own.get(number),
            Some(shared) => self.get(SHARED + shared),
        }
    }

    /// Touches the texts of [`Pool::dense`] numbers that are read next: in loops of nothing
    /// else the waits for memory overlap.
    pub fn fetch(&self, numbers: &[u32]) {
        let own = u32::try_from(self.own.len()).unwrap_or(0);
        let place = |&number: &u32| match number.checked_sub(own) {
            None => (&self.own, number),
            Some(number) => {
                let shared = self.shared_of(number);
                (&*shared.values, number - shared.first)
            }
        };
        let places: Vec<(&Values, u32)> = numbers.iter().map(place).collect();
        Values::fetch(places.iter().copied());
    }

    /// Adds all texts of `other`; tells how its numbers are called here.
    pub fn append(&mut self, other: &Self) -> Moved {
        let shift = u32::try_from(self.own.len()).unwrap_or(0);
        self.own.append(&other.own);
        let places = other
            .shared
            .iter()
            .map(|shared| (shared.first, self.share_values(&shared.values).0))
            .collect();
        Moved {
            shift,
            places,
            index: other.index.clone(),
        }
    }

    /// Room for these further own texts, and for a few more.
    pub fn reserve(&mut self, of: &[&Self]) {
        let texts: usize = of.iter().map(|pool| pool.own.len()).sum();
        let bytes: usize = of.iter().map(|pool| pool.own.bytes()).sum();
        self.own.reserve_exact(
            texts + (self.own.len() + texts) / 64,
            bytes + (self.own.bytes() + bytes) / 64,
        );
    }

    #[cfg(test)]
    pub fn own(&self) -> impl Iterator<Item = &str> {
        self.own.iter()
    }
}

/// What numbers of a pool are called in another that took it over.
pub struct Moved {
    shift: u32,
    /// (texts of columns before, new place).
    places: Vec<(u32, u32)>,
    index: Index,
}

impl Moved {
    pub fn number(&self, number: u32) -> u32 {
        match number.checked_sub(SHARED) {
            None => number + self.shift,
            Some(shared) => {
                let first = |at: usize| self.places.get(at).map(|(first, _)| *first);
                let (first, place) = self.places[self.index.find(shared, first)];
                place + (shared - first)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_finds_what_a_search_finds() {
        let lens = [0, 5, 0, 5_000, 1, 0, 9_000, 4_096, 0];
        let (mut index, mut firsts, mut end) = (Index::default(), Vec::new(), 0);
        for (at, len) in lens.into_iter().enumerate() {
            firsts.push(end);
            end += len;
            index.add(at, end);
        }
        for number in 0..end {
            let found = index.find(number, |at| firsts.get(at).copied());
            let searched = firsts.partition_point(|first| *first <= number) - 1;
            assert_eq!(found, searched, "{number}");
        }
    }

    #[test]
    fn texts_of_columns_keep_their_own_through_taking_over() {
        let one: Text = ["a", "b"].map(Some).into_iter().collect();
        let two: Text = ["b", "c"].map(Some).into_iter().collect();
        let empty = Text::missing(2);
        let (mut first, mut second) = (Pool::default(), Pool::default());
        first.push("own");
        first.share(&empty);
        let of_one = first.share(&one);
        assert_eq!(first.get(of_one.number(1)), "b");
        second.push("other");
        let of_two = second.share(&two);
        let of_one_again = second.share(&one);
        let moved = first.append(&second);
        assert_eq!(first.get(moved.number(0)), "other");
        assert_eq!(first.get(moved.number(of_two.number(1))), "c");
        assert_eq!(moved.number(of_one_again.number(1)), of_one.number(1));
        assert_eq!(
            first.place_of(&one).map(|place| place.number(1)),
            Some(of_one.number(1))
        );
        assert!(second.place_of(&empty).is_none());
        let dense: Vec<&str> = (0..first.len() as u32)
            .map(|at| first.get_dense(at))
            .collect();
        assert_eq!(dense, ["own", "other", "a", "b", "b", "c"]);
        assert_eq!(first.get_dense(first.dense(of_one.number(0))), "a");
    }
}
