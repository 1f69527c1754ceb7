//! `rules/` as the stages read it: the built-in files, in the binary.
//!
//! Each stage parses the files that it needs; this module only finds them.

mod builtin;

use crate::contact::Fields;

/// The rule files, by path below `rules/`, and the canonical fields.
#[derive(Clone, Debug)]
pub struct Rulebook {
    fields: Fields,
}

impl Rulebook {
    /// The built-in rules.
    #[must_use]
    pub fn builtin() -> Self {
        let fields = Fields::parse(Self::text_of("fields.toml"))
            .expect("invariant: rules/fields.toml is held to its form by a test");
        Self { fields }
    }

    #[must_use]
    pub fn fields(&self) -> &Fields {
        &self.fields
    }

    /// The text of a built-in file (`names/nicknames.csv`), if there is one.
    #[must_use]
    pub fn file(&self, path: &str) -> Option<&'static str> {
        builtin::FILES
            .iter()
            .find(|(name, _)| *name == path)
            .map(|(_, text)| *text)
    }

    /// The built-in files below a folder (`systems`), sorted: (path, text).
    pub fn folder(&self, folder: &str) -> impl Iterator<Item = (&'static str, &'static str)> {
        let prefix = format!("{folder}/");
        builtin::FILES
            .iter()
            .filter(move |(name, _)| name.starts_with(&prefix))
            .copied()
    }

    /// BLAKE3 over all files and their names, hexadecimal: another number, other rules.
    #[must_use]
    pub fn blake3(&self) -> String {
        let mut hasher = blake3::Hasher::new();
        for (name, text) in builtin::FILES {
            for part in [name.as_bytes(), text.as_bytes()] {
                hasher.update(&(part.len() as u64).to_le_bytes());
                hasher.update(part);
            }
        }
        hasher.finalize().to_hex().to_string()
    }

    fn text_of(path: &str) -> &'static str {
        builtin::FILES
            .iter()
            .find(|(name, _)| *name == path)
            .map_or("", |(_, text)| *text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_built_in_fields_parse_and_are_unique() {
        let rulebook = Rulebook::builtin();
        let mut names: Vec<&str> = rulebook.fields().names().collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
        for field in rulebook.fields().iter() {
            if let Some(into) = &field.into {
                assert!(rulebook.fields().get(into).is_some(), "{}", field.name);
            }
        }
    }
}
