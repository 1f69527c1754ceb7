//! The register of golden ids: what became of each id that is not simply in use.
//!
//! It goes from run to run, so that an id is never given twice, an id of an old run
//! leads to today's, and a person whose records come back gets the id back. One entry
//! an id: what happened to it last.

use std::collections::BTreeMap;

use super::golden_ids::{Assigned, IdChange};
use crate::plan::Renames;

/// A record by source and record id.
pub type Key = (String, String);

/// What became of an id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fate {
    /// Out of use: its records went into the person with this id.
    Merged(String),
    /// Out of use: these, its records, are gone or held out. They bring it back.
    Retired(Vec<Key>),
    /// In use: it was made for records that had this id before.
    Split(String),
}

/// An entry: the fate, and the number of the run (the first is 1) that brought it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub fate: Fate,
    pub run: u64,
}

/// All ids with a past.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    pub ids: BTreeMap<String, Entry>,
}

/// What an id leads to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Today<'a> {
    /// Never given, or in use.
    Itself,
    /// Merged, perhaps in several steps, into this one, which is in use.
    Into(&'a str),
    /// It, or the one that it was merged into, is out of use since this run.
    Gone(&'a str, u64),
}

impl Register {
    /// Whether the id has been given to somebody and is not plainly in use.
    #[must_use]
    pub fn knows(&self, id: &str) -> bool {
        self.ids.contains_key(id)
    }

    /// Calls the sources of records by their names of today.
    pub fn rename(&mut self, renames: &Renames) {
        for entry in self.ids.values_mut() {
            if let Fate::Retired(keys) = &mut entry.fate {
                for (source, _) in keys {
                    renames.apply(source);
                }
            }
        }
    }

    /// Follows merges to the end.
    #[must_use]
    pub fn today<'a>(&'a self, id: &'a str) -> Today<'a> {
        let mut at = id;
        // Merged ids are never given again, so that no chain comes back on itself; a
        // forged register could, and the bound ends it.
        for _ in 0..=self.ids.len() {
            match self.ids.get(at).map(|entry| (&entry.fate, entry.run)) {
                Some((Fate::Merged(into), _)) => at = into,
                Some((Fate::Retired(_), run)) => return Today::Gone(at, run),
                Some((Fate::Split(_), _)) | None => break,
            }
        }
        if at == id {
            Today::Itself
        } else {
            Today::Into(at)
        }
    }

    /// The id that a living one was split from.
    #[must_use]
    pub fn parent(&self, id: &str) -> Option<&str> {
        match &self.ids.get(id)?.fate {
            Fate::Split(from) => Some(from),
            Fate::Merged(_) | Fate::Retired(_) => None,
        }
    }

    /// Whether the id is out of use because its records are gone.
    #[must_use]
    pub fn is_retired(&self, id: &str) -> bool {
        matches!(
            self.ids.get(id).map(|entry| &entry.fate),
            Some(Fate::Retired(_))
        )
    }

    /// The ids out of use whose records would bring them back, with those records.
    pub fn retired(&self) -> impl Iterator<Item = (&str, &[Key])> {
        self.ids.iter().filter_map(|(id, entry)| match &entry.fate {
            Fate::Retired(records) => Some((id.as_str(), records.as_slice())),
            Fate::Merged(_) | Fate::Split(_) => None,
        })
    }

    /// The register after a run. `records_of` gives the records that an id had in the
    /// run before.
    #[must_use]
    pub fn after(
        &self,
        assigned: &Assigned,
        run: u64,
        records_of: impl Fn(&str) -> Vec<Key>,
    ) -> Self {
        let mut ids = self.ids.clone();
        let of = |cluster: u32| assigned.ids[cluster as usize].clone();
        for change in &assigned.changes {
            match change {
                IdChange::Made { .. } | IdChange::Kept { .. } | IdChange::Moved { .. } => {}
                IdChange::Revived { cluster } => {
                    ids.remove(&of(*cluster));
                }
                IdChange::Split { cluster, from } => {
                    let fate = Fate::Split(from.clone());
                    ids.insert(of(*cluster), Entry { fate, run });
                }
                IdChange::Merged { from, into } => {
                    let fate = Fate::Merged(of(*into));
                    ids.insert(from.clone(), Entry { fate, run });
                }
                IdChange::Retired { from } => {
                    let fate = Fate::Retired(records_of(from));
                    ids.insert(from.clone(), Entry { fate, run });
                }
            }
        }
        Self { ids }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn merges_are_followed_to_the_end() {
        let entry = |fate| Entry { fate, run: 3 };
        let register = Register {
            ids: [
                ("a", Fate::Merged("b".into())),
                ("b", Fate::Merged("c".into())),
                ("d", Fate::Merged("e".into())),
                ("e", Fate::Retired(Vec::new())),
                ("f", Fate::Split("c".into())),
                // A loop can only be forged; it must end all the same.
                ("x", Fate::Merged("y".into())),
                ("y", Fate::Merged("x".into())),
            ]
            .map(|(id, fate)| (id.to_owned(), entry(fate)))
            .into(),
        };
        assert_eq!(register.today("a"), Today::Into("c"));
        assert_eq!(register.today("d"), Today::Gone("e", 3));
        assert_eq!(register.today("f"), Today::Itself);
        assert_eq!(register.today("new"), Today::Itself);
        assert_eq!(register.parent("f"), Some("c"));
        let _ = register.today("x");
    }
}
