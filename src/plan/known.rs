//! Names from outside of the plan that it may use: countries, time zones,
//! encodings, systems.

use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::contact::diagnostic::nearest;
use crate::rulebook::Rulebook;

/// The roles that the report compares, sorted.
pub fn roles(rulebook: &Rulebook) -> Vec<String> {
    let report: toml::Table = rulebook
        .file("report.toml")
        .and_then(|text| toml::from_str(text).ok())
        .unwrap_or_default();
    let pairs = report.get("partners").and_then(toml::Value::as_array);
    let sides = pairs
        .into_iter()
        .flatten()
        .flat_map(|pair| ["one", "other"].map(|side| pair.get(side)));
    let mut roles: Vec<String> = sides
        .filter_map(|role| role?.as_str().map(str::to_owned))
        .collect();
    roles.sort();
    roles.dedup();
    roles
}

/// The countries of `rules/countries/countries.csv`, to check codes and to find
/// the code that a name means.
#[derive(Debug)]
pub struct Countries {
    /// Code, then its names and further spellings.
    rows: Vec<(String, Vec<String>)>,
}

impl Countries {
    /// Codes stand in the first column; every other cell is a name, or several by `;`.
    pub fn of(rulebook: &Rulebook) -> Self {
        let text = rulebook.file("countries/countries.csv").unwrap_or_default();
        let rows = csv::ReaderBuilder::new()
            .comment(Some(b'#'))
            .from_reader(text.as_bytes())
            .records()
            .filter_map(Result::ok)
            .map(|row| {
                let names = row
                    .iter()
                    .skip(1)
                    .flat_map(|cell| cell.split(';'))
                    .filter(|name| !name.is_empty())
                    .map(str::to_lowercase)
                    .collect();
                (row.get(0).unwrap_or_default().to_owned(), names)
            })
            .collect();
        Self { rows }
    }

    /// The ISO 3166 alpha-2 code in upper case, when it is one.
    pub fn code(&self, text: &str) -> Option<String> {
        let code = text.trim().to_ascii_uppercase();
        self.rows
            .iter()
            .any(|(known, _)| *known == code)
            .then_some(code)
    }

    /// The code of the country that is called so, or nearly so.
    pub fn meant(&self, text: &str) -> Option<&str> {
        let text = text.trim().to_lowercase();
        let of = |name: &str| {
            let (code, _) = self
                .rows
                .iter()
                .find(|(_, names)| names.iter().any(|known| known == name))?;
            Some(code.as_str())
        };
        let names = || self.rows.iter().flat_map(|(_, names)| names);
        of(&text).or_else(|| {
            // Three letters are too few to be near to something.
            let near = nearest(&text, names().map(String::as_str));
            near.filter(|_| text.chars().count() > 3).and_then(of)
        })
    }
}

/// The IANA name in its own spelling, when there is one.
pub fn timezone(text: &str) -> Option<String> {
    let zone = TimeZone::get(text.trim()).ok()?;
    Some(zone.iana_name().unwrap_or(text).to_owned())
}

/// The nearest time zone: by the whole name, or by the city alone.
pub fn nearest_timezone(text: &str) -> Option<String> {
    let names: Vec<String> = jiff::tz::db()
        .available()
        .map(|name| name.to_string())
        .collect();
    let city = |name: &str| name.rsplit('/').next().unwrap_or(name).replace('_', " ");
    let asked = city(text);
    names
        .iter()
        .find(|name| name.contains('/') && city(name).eq_ignore_ascii_case(&asked))
        .map(String::as_str)
        .or_else(|| nearest(text, names.iter().map(String::as_str)))
        .map(str::to_owned)
}

pub fn date(text: &str) -> Option<Date> {
    let strict = text.len() == 10 && text.as_bytes().get(4) == Some(&b'-');
    strict.then(|| text.parse().ok()).flatten()
}

/// The encoding's name, when the label is known.
pub fn encoding(label: &str) -> Option<&'static str> {
    encoding_rs::Encoding::for_label(label.as_bytes()).map(encoding_rs::Encoding::name)
}

/// Names to suggest for a mistyped encoding.
pub const ENCODINGS: &[&str] = &[
    "utf-8",
    "utf-16le",
    "utf-16be",
    "windows-1250",
    "windows-1251",
    "windows-1252",
    "windows-1253",
    "windows-1254",
    "windows-1255",
    "windows-1256",
    "windows-1257",
    "windows-1258",
    "windows-874",
    "iso-8859-1",
    "iso-8859-2",
    "iso-8859-3",
    "iso-8859-4",
    "iso-8859-5",
    "iso-8859-6",
    "iso-8859-7",
    "iso-8859-8",
    "iso-8859-10",
    "iso-8859-13",
    "iso-8859-14",
    "iso-8859-15",
    "iso-8859-16",
    "koi8-r",
    "koi8-u",
    "ibm866",
    "macintosh",
    "x-mac-cyrillic",
    "gbk",
    "gb18030",
    "big5",
    "shift_jis",
    "euc-jp",
    "iso-2022-jp",
    "euc-kr",
];

/// The systems that have a preset: stems of `rules/systems/`.
pub fn systems(rulebook: &Rulebook) -> Vec<&'static str> {
    let mut names: Vec<&str> = rulebook
        .folder("systems")
        .filter_map(|(path, _)| path.rsplit('/').next()?.split('.').next())
        .collect();
    names.sort_unstable();
    names.dedup();
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn countries_are_codes_in_any_case_and_names_find_them() {
        let countries = Countries::of(&Rulebook::builtin());
        assert_eq!(countries.code("bg").as_deref(), Some("BG"));
        for wrong in ["XX", "UK", "001", "Bulgaria", ""] {
            assert_eq!(countries.code(wrong), None, "{wrong}");
        }
        assert_eq!(countries.meant("UK"), Some("GB"));
        assert_eq!(countries.meant("deutschland"), Some("DE"));
        assert_eq!(countries.meant("България"), Some("BG"));
        assert_eq!(countries.meant("Germny"), Some("DE"));
        assert_eq!(countries.meant("XX"), None);
    }

    #[test]
    fn a_city_finds_its_time_zone() {
        assert_eq!(timezone("europe/sofia").as_deref(), Some("Europe/Sofia"));
        assert_eq!(timezone("Europe/Sophia"), None);
        assert_eq!(nearest_timezone("Sofia").as_deref(), Some("Europe/Sofia"));
        assert_eq!(
            nearest_timezone("Europe/Sofya").as_deref(),
            Some("Europe/Sofia")
        );
    }

    #[test]
    fn dates_are_strict() {
        assert!(date("2026-02-28").is_some());
        assert!(date("2026-02-30").is_none());
        assert!(date("20260228").is_none());
    }

    #[test]
    fn every_suggested_encoding_is_known() {
        for name in ENCODINGS {
            assert!(encoding(name).is_some(), "{name}");
        }
    }
}
