//! Which names a rule may use: fields, extra columns, sources.

use crate::contact::Fields;
use crate::contact::diagnostic::nearest;

/// Columns that every condition can read besides the fields.
pub const SPECIAL: [&str; 4] = ["source", "record_id", "run_date", "record_kind"];

/// The names at hand when rules are checked.
#[derive(Clone, Debug)]
pub struct Known<'a> {
    pub fields: &'a Fields,
    /// The table's columns; none while no table was read (then any name that
    /// has the form of an extra column passes).
    pub columns: Option<&'a [String]>,
    /// The plan's sources; none without a plan.
    pub sources: Option<Vec<&'a str>>,
}

impl Known<'_> {
    /// A canonical field that exists after standardising, or an extra column.
    #[must_use]
    pub fn is_field(&self, name: &str) -> bool {
        if let Some(field) = self.fields.get(name) {
            return !field.input_only;
        }
        match self.columns {
            Some(columns) => columns.iter().any(|column| column == name),
            None => name.contains(':'),
        }
    }

    #[must_use]
    pub fn is_column(&self, name: &str) -> bool {
        SPECIAL.contains(&name) || self.is_field(name)
    }

    #[must_use]
    pub fn nearest_field(&self, name: &str) -> Option<&str> {
        nearest(name, self.field_names())
    }

    #[must_use]
    pub fn nearest_column(&self, name: &str) -> Option<&str> {
        nearest(name, self.field_names().chain(SPECIAL))
    }

    /// Why a name that looks right is not there.
    #[must_use]
    pub fn note_on(&self, name: &str) -> Option<String> {
        let field = self.fields.get(name).filter(|field| field.input_only)?;
        let into = field.into.as_deref().unwrap_or("other fields");
        Some(format!(
            "`{name}` exists only on the way in; it becomes `{into}`"
        ))
    }

    #[must_use]
    pub fn is_source(&self, name: &str) -> bool {
        self.sources
            .as_ref()
            .is_none_or(|sources| sources.contains(&name))
    }

    #[must_use]
    pub fn nearest_source(&self, name: &str) -> Option<&str> {
        nearest(name, self.sources.iter().flatten().copied())
    }

    fn field_names(&self) -> impl Iterator<Item = &str> {
        let extra = self.columns.unwrap_or_default().iter().map(String::as_str);
        self.fields
            .iter()
            .filter(|field| !field.input_only)
            .map(|field| field.name.as_str())
            .chain(extra.filter(|name| self.fields.get(name).is_none()))
    }
}
