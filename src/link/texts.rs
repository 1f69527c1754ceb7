//! Interned texts, and short lists of ids.

use crate::contact::{Numbers, Values};

/// No value.
pub const NONE: u32 = u32::MAX;

/// Interned texts, one behind the other.
#[derive(Debug, Default)]
pub struct Texts {
    values: Values,
    ids: Numbers,
}

impl Texts {
    pub fn intern(&mut self, text: &str) -> u32 {
        self.ids.number(&mut self.values, text).0
    }

    /// Frees what only [`Texts::intern`] needs: no text is interned afterwards.
    pub fn forget_ids(&mut self) {
        self.ids = Numbers::default();
    }

    /// # Panics
    /// When `id` was not given out by [`Texts::intern`].
    #[must_use]
    pub fn get(&self, id: u32) -> &str {
        self.values.get(id)
    }

    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// For each record a short list of ids, in one array.
#[derive(Debug, Default)]
pub struct Lists {
    starts: Vec<u32>,
    ids: Vec<u32>,
}

impl Lists {
    /// Adds the next record's list.
    pub fn push(&mut self, ids: impl IntoIterator<Item = u32>) {
        if self.starts.is_empty() {
            self.starts.push(0);
        }
        self.ids.extend(ids);
        self.starts
            .push(u32::try_from(self.ids.len()).unwrap_or(NONE));
    }

    #[must_use]
    pub fn of(&self, record: usize) -> &[u32] {
        &self.ids[self.starts[record] as usize..self.starts[record + 1] as usize]
    }

    /// All records' lists, each (record, id).
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> + '_ {
        let records = self.starts.len().saturating_sub(1);
        (0..records).flat_map(|record| {
            let own = u32::try_from(record).unwrap_or(NONE);
            self.of(record).iter().map(move |&id| (own, id))
        })
    }

    /// The lists of parts, one behind the other.
    #[must_use]
    pub fn concat(parts: &[Self]) -> Self {
        let mut all = Self::default();
        all.ids
            .reserve_exact(parts.iter().map(|part| part.ids.len()).sum());
        all.starts
            .reserve_exact(1 + parts.iter().map(|part| part.starts.len()).sum::<usize>());
        for part in parts {
            let shift = u32::try_from(all.ids.len()).unwrap_or(NONE);
            let from = usize::from(!all.starts.is_empty());
            let ends = part.starts.iter().skip(from);
            all.starts.extend(ends.map(|end| end + shift));
            all.ids.extend(&part.ids);
        }
        all
    }
}

/// Sorted and each once.
pub fn dedup(list: &mut Vec<u32>) {
    list.sort_unstable();
    list.dedup();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_get_one_id_each() {
        let mut texts = Texts::default();
        let ids = ["a", "", "b", "a"].map(|text| texts.intern(text));
        assert_eq!(ids, [0, 1, 2, 0]);
        assert_eq!((texts.get(2), texts.len()), ("b", 3));
    }

    #[test]
    fn lists_of_parts_are_those_of_the_whole() {
        let lists = [vec![1, 2], vec![], vec![3], vec![4, 5, 6]];
        let of = |range: std::ops::Range<usize>| {
            let mut out = Lists::default();
            for list in &lists[range] {
                out.push(list.iter().copied());
            }
            out
        };
        let parts = [of(0..1), of(1..3), Lists::default(), of(3..4)];
        let all = Lists::concat(&parts);
        for (at, list) in lists.iter().enumerate() {
            assert_eq!(all.of(at), list);
        }
        assert!(all.iter().eq(of(0..4).iter()));
    }
}
