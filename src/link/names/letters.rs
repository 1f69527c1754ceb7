//! Any script → lower-case Latin letters, by `rules/names/letters.csv`; what the
//! table lacks goes through `any_ascii` (Han by its Mandarin reading, Hangul,
//! kana, Latin marks).

use hashbrown::HashMap;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

use crate::rulebook::Rulebook;

/// The script of a word's first letter, as far as comparing cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum Script {
    #[default]
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Thai,
    Han,
    Kana,
    Hangul,
    Other,
}

impl Script {
    /// The script of a letter; `None` for digits, marks, punctuation.
    #[must_use]
    pub fn of(letter: char) -> Option<Self> {
        if !letter.is_alphabetic() {
            return None;
        }
        Some(match letter as u32 {
            0x0041..=0x024F | 0x1E00..=0x1EFF | 0xFF21..=0xFF5A => Self::Latin,
            0x0370..=0x03FF | 0x1F00..=0x1FFF => Self::Greek,
            0x0400..=0x052F => Self::Cyrillic,
            0x0590..=0x05FF => Self::Hebrew,
            0x0600..=0x06FF | 0x0750..=0x077F | 0xFB50..=0xFDFF | 0xFE70..=0xFEFF => Self::Arabic,
            0x0E00..=0x0E7F => Self::Thai,
            0x3040..=0x30FF => Self::Kana,
            0x3400..=0x9FFF | 0x20000..=0x2FFFF | 0xF900..=0xFAFF => Self::Han,
            0x1100..=0x11FF | 0xAC00..=0xD7AF => Self::Hangul,
            _ => Self::Other,
        })
    }

    /// The script of a word: that of its first letter.
    #[must_use]
    pub fn of_word(word: &str) -> Self {
        word.chars().find_map(Self::of).unwrap_or_default()
    }

    const ALL: [Self; 10] = [
        Self::Latin,
        Self::Cyrillic,
        Self::Greek,
        Self::Arabic,
        Self::Hebrew,
        Self::Thai,
        Self::Han,
        Self::Kana,
        Self::Hangul,
        Self::Other,
    ];

    /// Its name in the lists of `rules/names/`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Latin => "latin",
            Self::Cyrillic => "cyrillic",
            Self::Greek => "greek",
            Self::Arabic => "arabic",
            Self::Hebrew => "hebrew",
            Self::Thai => "thai",
            Self::Han => "han",
            Self::Kana => "kana",
            Self::Hangul => "hangul",
            Self::Other => "other",
        }
    }

    /// The script of a name in the lists.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|script| script.name() == name)
    }

    /// Scripts in which one sign is a syllable or a word, so that it is no initial.
    #[must_use]
    pub const fn is_syllabic(self) -> bool {
        matches!(self, Self::Han | Self::Kana | Self::Hangul)
    }

    /// Scripts that do not write short vowels.
    #[must_use]
    pub const fn is_unvowelled(self) -> bool {
        matches!(self, Self::Arabic | Self::Hebrew)
    }
}

/// The letter tables.
#[derive(Clone, Debug, Default)]
pub struct Letters {
    /// One and two letters → Latin.
    table: HashMap<String, String, foldhash::fast::FixedState>,
}

impl Letters {
    /// Loads `rules/names/letters.csv`.
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let mut table = HashMap::default();
        for line in rulebook.file("names/letters.csv").unwrap_or("").lines() {
            if line.starts_with('#') {
                continue;
            }
            let mut cells = line.splitn(3, ',');
            if let (Some(_), Some(from), Some(to)) = (cells.next(), cells.next(), cells.next()) {
                table.insert(from.to_owned(), to.to_owned());
            }
        }
        Self { table }
    }

    /// Lower-case Latin letters and digits of a word in any script; everything else falls away.
    #[must_use]
    pub fn latin(&self, word: &str) -> String {
        if word.is_ascii() {
            return word
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .map(|c| c.to_ascii_lowercase())
                .collect();
        }
        let script = Script::of_word(word);
        let composed: String = word.nfkc().flat_map(char::to_lowercase).collect();
        let letters: Vec<char> = match script {
            Script::Thai => thai_order(&composed),
            _ => composed.chars().collect(),
        };
        let mut out = String::with_capacity(letters.len() + 4);
        let mut at = 0;
        let mut key = String::new();
        while at < letters.len() {
            let mut taken = 0;
            for width in [2, 1] {
                let Some(slice) = letters.get(at..at + width) else {
                    continue;
                };
                key.clear();
                key.extend(slice);
                if let Some(to) = self.table.get(&key) {
                    out.push_str(to);
                    taken = width;
                    break;
                }
            }
            if taken == 0 {
                push_ascii(letters[at], &mut out);
                taken = 1;
            }
            at += taken;
        }
        out.retain(|c| c.is_ascii_alphanumeric());
        out.make_ascii_lowercase();
        out
    }
}

/// One letter that the table lacks, by `any_ascii`; marks fall away.
fn push_ascii(letter: char, out: &mut String) {
    if letter.is_ascii() {
        out.push(letter);
    } else if !is_combining_mark(letter) {
        out.push_str(any_ascii::any_ascii_char(letter));
    }
}

/// Thai vowels that are written before their consonant are put behind it, and a
/// consonant with the silencing mark (thanthakhat) falls away.
fn thai_order(word: &str) -> Vec<char> {
    let mut out: Vec<char> = Vec::with_capacity(word.len() / 3);
    let mut leading: Option<char> = None;
    for letter in word.chars() {
        match letter {
            '\u{0E40}'..='\u{0E44}' => leading = Some(letter),
            '\u{0E4C}' => {
                // Silent: the consonant goes, with a vowel mark that sits on it.
                while let Some(last) = out.pop() {
                    if ('\u{0E01}'..='\u{0E2E}').contains(&last) {
                        break;
                    }
                }
            }
            _ => {
                out.push(letter);
                if ('\u{0E01}'..='\u{0E2E}').contains(&letter) {
                    out.extend(leading.take());
                }
            }
        }
    }
    out.extend(leading);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn latin(word: &str) -> String {
        Letters::load(&Rulebook::builtin()).latin(word)
    }

    #[test]
    fn letters_of_many_scripts_become_latin() {
        assert_eq!(latin("Müller"), "muller");
        assert_eq!(latin("Łukasz"), "lukasz");
        assert_eq!(latin("O’Brien"), "obrien");
        assert_eq!(latin("Георгиев"), "georgiev");
        assert_eq!(latin("Παπαδόπουλος"), "papadopulos");
        assert_eq!(latin("محمدی"), "mhmdy");
        assert_eq!(latin("Nguyễn"), "nguyen");
    }

    #[test]
    fn thai_vowels_stand_behind_their_consonant() {
        assert_eq!(latin("เจริญ"), "cherin");
        assert_eq!(latin("ศักดิ์"), "sak");
    }
}
