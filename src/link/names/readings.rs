//! Native names that letters alone don't give: how a family (or given) name in Han
//! or Hangul is written in Latin letters, by the lists of `rules/names/`.
//!
//! A Japanese name has several readings and a Chinese or Korean one several
//! romanisations; each is compared with.

use hashbrown::HashMap;

use crate::rulebook::Rulebook;

/// A list: its file, how many of its columns are native spellings, and which column
/// (from 0) has romanisations; several in a cell are parted by `;`.
const LISTS: [(&str, usize, &[usize]); 3] = [
    ("names/japanese_surnames.csv", 1, &[1]),
    ("names/chinese_surnames.csv", 2, &[2, 3]),
    ("names/korean_surnames.csv", 2, &[2]),
];

/// Native spelling → Latin spellings, lower case.
#[derive(Clone, Debug, Default)]
pub struct Readings {
    of: HashMap<String, Vec<String>, foldhash::fast::FixedState>,
}

impl Readings {
    /// Loads the three lists.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let mut out = Self::default();
        for (file, native, latin) in LISTS {
            let lines = rulebook.file(file).unwrap_or("").lines();
            // The first line that is no comment names the columns.
            for line in lines.filter(|line| !line.starts_with('#')).skip(1) {
                let cells: Vec<&str> = line.split(',').collect();
                for spelling in cells.iter().take(native).filter(|s| !s.is_empty()) {
                    let list = out.of.entry((*spelling).to_owned()).or_default();
                    for reading in latin
                        .iter()
                        .filter_map(|&at| cells.get(at))
                        .flat_map(|cell| cell.split(';'))
                    {
                        let reading = reading.trim().to_lowercase();
                        if !reading.is_empty() && !list.contains(&reading) {
                            list.push(reading);
                        }
                    }
                }
            }
        }
        out
    }

    /// The Latin spellings of a native word; empty for most words.
    #[must_use]
    pub fn of(&self, word: &str) -> &[String] {
        self.of.get(word).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_native_name_has_all_its_readings() {
        let readings = Readings::load(&Rulebook::builtin());
        assert_eq!(readings.of("中島"), ["nakajima", "nakashima"]);
        for reading in ["liu", "lau"] {
            for written in ["劉", "刘"] {
                assert!(
                    readings.of(written).contains(&reading.to_owned()),
                    "{written}"
                );
            }
        }
        assert!(readings.of("김").contains(&"kim".to_owned()));
        // A Chinese and a Japanese name.
        for reading in ["hayashi", "lin", "lim"] {
            assert!(readings.of("林").contains(&reading.to_owned()), "{reading}");
        }
        assert!(readings.of("Smith").is_empty());
    }
}
