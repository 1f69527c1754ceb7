//! The canonical fields, as `rules/fields.toml` lists them.

use serde::Deserialize;

/// How a field's values are standardised. The engine knows these types; which
/// field has which type is data.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldType {
    NamePrefix,
    GivenName,
    MiddleName,
    FamilyName,
    NameSuffix,
    /// A whole name; taken apart into the name fields.
    FullName,
    Email,
    Phone,
    Company,
    Domain,
    JobTitle,
    Street,
    City,
    Region,
    Postcode,
    Country,
    /// A whole address in one cell; taken apart into the address fields.
    Address,
    Language,
    Date,
    DateTime,
    /// One part of a date in a column of its own; joined into the field `into`.
    DatePart,
    Url,
    /// Values of `rules/vocabularies/<vocabulary>.toml`.
    Vocabulary,
    Consent,
    /// An identifier of the person (a tax number, a loyalty number).
    Identifier,
    /// An id of another system (lists of merged ids).
    SystemId,
    Number,
    Tags,
    Text,
}

/// One canonical field.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Field {
    pub name: String,
    #[serde(rename = "type")]
    pub kind: FieldType,
    /// One line for people.
    pub about: String,
    /// Several values in a cell, joined by `;`.
    #[serde(default)]
    pub multi: bool,
    /// Fields of one group survive together from one record (`address`).
    #[serde(default)]
    pub group: Option<String>,
    /// The file of `rules/vocabularies/`, for [`FieldType::Vocabulary`].
    #[serde(default)]
    pub vocabulary: Option<String>,
    /// Exists only on the way in: standardising moves its value into this field
    /// (or into the fields of its type) and the golden record does not have it.
    #[serde(default)]
    pub input_only: bool,
    /// The field that an input-only field feeds.
    #[serde(default)]
    pub into: Option<String>,
    /// For consent: the column says "may mail" when true.
    #[serde(default)]
    pub positive: bool,
}

/// All canonical fields, in the order of the golden table.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fields {
    #[serde(rename = "field")]
    list: Vec<Field>,
}

impl Fields {
    /// Reads the form of `rules/fields.toml`.
    ///
    /// # Errors
    /// The parser's message, with line and column.
    pub fn parse(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }

    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Field> {
        self.list.iter().find(|field| field.name == name)
    }

    pub fn iter(&self) -> impl Iterator<Item = &Field> {
        self.list.iter()
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|field| field.name.as_str())
    }

    /// The fields of one type, in order.
    pub fn of_type(&self, kind: &FieldType) -> impl Iterator<Item = &Field> {
        self.list.iter().filter(move |field| field.kind == *kind)
    }
}
