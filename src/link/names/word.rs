//! Interned words and names: every distinct word gets its keys once.

use hashbrown::HashMap;
use unicode_normalization::UnicodeNormalization;

use super::letters::{Letters, Script};
use super::readings::Readings;
use super::sound::Sound;

type Fixed = foldhash::fast::FixedState;

pub type WordId = u32;
pub type NameId = u32;

/// A word of a name with its keys for comparing.
#[derive(Clone, Debug, Default)]
pub struct Word {
    pub latin: String,
    pub neutral: String,
    pub skeleton: String,
    pub coarse: String,
    /// What is left of it across scripts ([`Sound::across`]): of a native word for its
    /// own script, of a Latin one for the scripts of the data.
    pub across: Vec<(Script, String)>,
    pub script: Script,
    /// Latin words that it is also written as, by the lists: readings, romanisations.
    pub readings: Vec<WordId>,
    /// The same, learned from the data.
    pub learned: Vec<WordId>,
    /// One letter: an initial.
    pub initial: bool,
}

/// One half of a person's name: its words in order.
#[derive(Clone, Debug, Default)]
pub struct Name {
    pub words: Vec<WordId>,
    /// The Latin words glued: `xiaojia`.
    pub glued: String,
    /// The same words sorted, for "same in any order".
    pub sorted: Vec<WordId>,
    pub script: Script,
    /// Only initials.
    pub initial: bool,
}

/// All words and names of a run.
#[derive(Debug, Default)]
pub struct Names {
    pub words: Vec<Word>,
    pub names: Vec<Name>,
    word_ids: HashMap<String, WordId, Fixed>,
    name_ids: HashMap<Vec<WordId>, NameId, Fixed>,
    by_text: HashMap<String, Option<NameId>, Fixed>,
    by_latin: HashMap<String, Vec<WordId>, Fixed>,
    particles: Vec<String>,
    readings: Readings,
}

impl Names {
    /// `particles` are words that don't count beside others (`van`, `de`, `al`);
    /// `readings` the listed spellings of native names.
    #[must_use]
    pub fn new(particles: Vec<String>, readings: Readings) -> Self {
        Self {
            particles,
            readings,
            ..Self::default()
        }
    }

    /// The name of a text, or `None` when it has no letters.
    pub fn intern(&mut self, text: &str, letters: &Letters, sound: &Sound) -> Option<NameId> {
        if let Some(&known) = self.by_text.get(text) {
            return known;
        }
        let mut words = Vec::new();
        for token in tokens(text) {
            if let Some(word) = self.intern_word(&token, letters, sound) {
                words.push(word);
            }
        }
        if words.len() > 1 {
            // A particle belongs to the word behind it: the last word is none.
            let last = words.len() - 1;
            let mut at = 0..;
            words.retain(|&w| {
                at.next() == Some(last) || !self.particles.contains(&self.words[w as usize].latin)
            });
        }
        let id = (!words.is_empty()).then(|| self.intern_words(words));
        self.by_text.insert(text.to_owned(), id);
        id
    }

    /// The name made of these words.
    pub fn intern_words(&mut self, words: Vec<WordId>) -> NameId {
        if let Some(&known) = self.name_ids.get(&words) {
            return known;
        }
        let id = next(self.names.len());
        let glued: String = words
            .iter()
            .map(|&w| self.words[w as usize].latin.as_str())
            .collect();
        let mut sorted = words.clone();
        sorted.sort_unstable();
        self.names.push(Name {
            glued,
            sorted,
            script: words
                .first()
                .map_or(Script::Latin, |&w| self.words[w as usize].script),
            initial: words.iter().all(|&w| self.words[w as usize].initial),
            words: words.clone(),
        });
        self.name_ids.insert(words, id);
        id
    }

    /// The word of a token, or `None` when it has no letters.
    pub fn intern_word(&mut self, token: &str, letters: &Letters, sound: &Sound) -> Option<WordId> {
        if let Some(&known) = self.word_ids.get(token) {
            return Some(known);
        }
        let latin = letters.latin(token);
        if latin.is_empty() {
            return None;
        }
        let script = Script::of_word(token);
        // Two spellings of one script with the same letters are one word, but for Han,
        // whose signs are more than their Mandarin sound.
        let key = if script == Script::Han {
            format!("\u{0}{token}")
        } else {
            format!("{}\u{0}{}", script as u8, latin)
        };
        let id = match self.word_ids.get(&key) {
            Some(&known) => known,
            None => {
                let listed = self.readings.of(token).to_vec();
                let readings = listed
                    .iter()
                    .filter_map(|reading| self.intern_word(reading, letters, sound))
                    .collect();
                let id = next(self.words.len());
                let neutral = sound.neutral(&latin);
                self.words.push(Word {
                    skeleton: Sound::skeleton(&neutral),
                    coarse: Sound::coarse(&neutral),
                    initial: token.chars().filter(|c| c.is_alphabetic()).count() == 1
                        && !script.is_syllabic(),
                    across: Vec::new(),
                    readings,
                    learned: Vec::new(),
                    neutral,
                    script,
                    latin: latin.clone(),
                });
                self.by_latin.entry(latin).or_default().push(id);
                self.word_ids.insert(key, id);
                id
            }
        };
        self.word_ids.insert(token.to_owned(), id);
        Some(id)
    }

    /// Frees what only [`Names::intern`] and the look-ups by spelling need.
    pub fn forget_spellings(&mut self) {
        self.word_ids = HashMap::default();
        self.by_text = HashMap::default();
        self.by_latin = HashMap::default();
    }

    /// All words with this Latin spelling, whatever their script.
    #[must_use]
    pub fn with_latin(&self, latin: &str) -> &[WordId] {
        self.by_latin.get(latin).map_or(&[], Vec::as_slice)
    }

    /// Works out what is left of each word across the scripts that occur.
    pub fn across_scripts(&mut self, sound: &Sound) {
        let mut scripts: Vec<Script> = self.words.iter().map(|w| w.script).collect();
        scripts.sort_unstable();
        scripts.dedup();
        scripts.retain(|&s| s != Script::Latin);
        for word in &mut self.words {
            let own = [word.script];
            let wanted = if word.script == Script::Latin {
                scripts.as_slice()
            } else {
                &own
            };
            word.across = wanted
                .iter()
                .filter_map(|&s| Some((s, sound.across(s, &word.latin)?)))
                .collect();
        }
    }

    /// The name of just this word, if any record has it.
    #[must_use]
    pub fn of_word(&self, word: WordId) -> Option<NameId> {
        self.name_ids.get([word].as_slice()).copied()
    }

    /// Adds a Latin word that `word` is also written as.
    pub fn learn_reading(&mut self, word: WordId, latin: WordId) {
        let learned = &mut self.words[word as usize].learned;
        if !learned.contains(&latin) {
            learned.push(latin);
        }
    }

    /// The Latin words that a word is also written as, listed and learned.
    pub fn readings(&self, word: WordId) -> impl Iterator<Item = WordId> {
        let word = self.word(word);
        word.readings.iter().chain(&word.learned).copied()
    }

    #[must_use]
    pub fn word(&self, id: WordId) -> &Word {
        &self.words[id as usize]
    }

    #[must_use]
    pub fn name(&self, id: NameId) -> &Name {
        &self.names[id as usize]
    }
}

/// The words of a text, lower case: letters and marks hold together, an
/// apostrophe inside a word too (`o'brien`); hyphens part.
pub fn tokens(text: &str) -> Vec<String> {
    if text.is_ascii() {
        let mut words = String::with_capacity(text.len());
        push_ascii_words(text, &mut words);
        let words = words.split(' ').filter(|word| !word.is_empty());
        return words.map(str::to_owned).collect();
    }
    let mut out = Vec::new();
    let mut word = String::new();
    for letter in text.nfc() {
        let inside =
            letter.is_alphanumeric() || unicode_normalization::char::is_combining_mark(letter);
        if inside {
            word.extend(letter.to_lowercase());
        } else if !matches!(letter, '\'' | '’' | '`' | '\u{200c}' | '\u{200d}') && !word.is_empty()
        {
            out.push(std::mem::take(&mut word));
        }
    }
    if !word.is_empty() {
        out.push(word);
    }
    out
}

/// The [`tokens`] of an ASCII text, one blank between: nothing to compose.
pub fn push_ascii_words(text: &str, out: &mut String) {
    let mut begun = true;
    for letter in text.bytes() {
        if letter.is_ascii_alphanumeric() {
            if !begun && !out.is_empty() {
                out.push(' ');
            }
            begun = true;
            out.push(char::from(letter.to_ascii_lowercase()));
        } else if !matches!(letter, b'\'' | b'`') {
            begun = false;
        }
    }
}

/// Ids count up from 0; a run has far fewer than 2^32 distinct words.
fn next(len: usize) -> u32 {
    u32::try_from(len).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rulebook::Rulebook;

    #[test]
    fn words_of_ascii_texts_are_those_of_any_text() {
        for text in [
            "Ann-Marie O'Brien",
            " '12 OAK  st. ",
            "",
            "--",
            "a`b c' 'd",
            "x_y(z)",
        ] {
            // A sign that parts words, so that the text is not ASCII.
            let other = format!("{text}\u{2014}");
            assert_eq!(tokens(text), tokens(&other), "{text}");
        }
    }

    #[test]
    fn names_are_interned_by_their_letters() {
        let rulebook = Rulebook::builtin();
        let (letters, sound) = (Letters::load(&rulebook), Sound::load(&rulebook));
        let mut names = Names::new(vec!["van".into(), "der".into()], Readings::default());
        let a = names.intern("Van der Berg", &letters, &sound);
        let b = names.intern("BERG", &letters, &sound);
        assert_eq!(a, b);
        assert_eq!(names.intern("--", &letters, &sound), None);
        // At the end it is a name: Thanh Vân.
        let d = names
            .intern("Thanh Vân", &letters, &sound)
            .expect("two words");
        assert_eq!(names.name(d).words.len(), 2);
        let c = names.intern("J.", &letters, &sound).expect("a letter");
        assert!(names.name(c).initial);
    }
}
