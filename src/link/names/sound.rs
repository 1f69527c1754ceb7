//! Neutral spelling and consonant skeletons: what a name sounds like, without
//! assuming English.

use super::letters::Script;
use crate::rulebook::Rulebook;

/// The spelling table of `rules/names/neutral.csv` and the tables of
/// `rules/names/skeletons.csv`, each in its order.
#[derive(Clone, Debug, Default)]
pub struct Sound {
    spellings: Vec<(String, String)>,
    across: Vec<(Script, Vec<(String, String)>)>,
}

impl Sound {
    #[must_use]
    pub fn load(rulebook: &Rulebook) -> Self {
        let spellings = rulebook
            .file("names/neutral.csv")
            .unwrap_or("")
            .lines()
            .filter(|line| !line.starts_with('#'))
            .filter_map(|line| line.split_once(','))
            .map(|(from, to)| (from.to_owned(), to.to_owned()))
            .collect();
        let mut across: Vec<(Script, Vec<(String, String)>)> = Vec::new();
        for line in rulebook.file("names/skeletons.csv").unwrap_or("").lines() {
            if line.starts_with('#') {
                continue;
            }
            let mut cells = line.splitn(3, ',');
            if let (Some(script), Some(from), Some(to)) = (
                cells.next().and_then(Script::named),
                cells.next(),
                cells.next(),
            ) {
                let step = (from.to_owned(), to.to_owned());
                match across.iter_mut().find(|(s, _)| *s == script) {
                    Some((_, steps)) => steps.push(step),
                    None => across.push((script, vec![step])),
                }
            }
        }
        Self { spellings, across }
    }

    /// Lower-case Latin → neutral spelling: one letter for one sound, doubles once.
    #[must_use]
    pub fn neutral(&self, latin: &str) -> String {
        let mut word = latin.to_owned();
        for (from, to) in &self.spellings {
            if word.contains(from.as_str()) {
                word = word.replace(from.as_str(), to);
            }
        }
        once(&word.replace('c', "k"))
    }

    /// What is left of a Latin spelling when it is compared with words of `script`;
    /// `None` for scripts without a table of their own.
    #[must_use]
    pub fn across(&self, script: Script, latin: &str) -> Option<String> {
        let (_, steps) = self.across.iter().find(|(s, _)| *s == script)?;
        let is_vowel = |c: char| matches!(c, 'a' | 'e' | 'i' | 'o' | 'u');
        // Doubled before sounds fall together: those that meet then are two.
        let mut word = once_where(latin, |c| !is_vowel(c));
        for (from, to) in steps {
            if word.contains(from.as_str()) {
                word = word.replace(from.as_str(), to);
            }
        }
        Some(once_where(&word, is_vowel))
    }

    /// The consonants of a neutral spelling, without h; a leading vowel stays as `a`.
    #[must_use]
    pub fn skeleton(neutral: &str) -> String {
        let mut out = String::with_capacity(neutral.len());
        for (at, letter) in neutral.chars().enumerate() {
            match letter {
                'a' | 'e' | 'i' | 'o' | 'u' if at == 0 => out.push('a'),
                'a' | 'e' | 'i' | 'o' | 'u' | 'h' => {}
                _ => out.push(letter),
            }
        }
        once(&out)
    }

    /// The skeleton for two words of different scripts: sounds that scripts mix up
    /// are one letter (b/p/f/v, d/t, g/k, sibilants, l/r), vowels and glides are gone.
    #[must_use]
    pub fn coarse(neutral: &str) -> String {
        let mut out = String::with_capacity(neutral.len());
        for letter in neutral.chars() {
            let to = match letter {
                'b' | 'p' | 'f' | 'v' => 'p',
                'd' | 't' => 't',
                'g' | 'k' | 'q' => 'k',
                's' | 'z' | 'c' | 'x' => 's',
                'l' | 'r' => 'l',
                'a' | 'e' | 'i' | 'o' | 'u' | 'h' | 'y' | 'w' | 'j' => continue,
                other => other,
            };
            out.push(to);
        }
        once(&out)
    }
}

/// Doubled letters once.
#[must_use]
pub fn once(word: &str) -> String {
    once_where(word, |_| true)
}

/// Doubled letters once where `wanted`.
fn once_where(word: &str, wanted: impl Fn(char) -> bool) -> String {
    let mut out = String::with_capacity(word.len());
    let mut last = '\0';
    for letter in word.chars() {
        if letter != last || !wanted(letter) {
            out.push(letter);
        }
        last = letter;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_sound_is_one_spelling() {
        let sound = Sound::load(&Rulebook::builtin());
        for (a, b) in [
            ("yuliya", "julia"),
            ("katherine", "catherine"),
            ("schmidt", "shmidt"),
            ("kowalski", "kovalsky"),
            ("philipp", "filip"),
        ] {
            assert_eq!(sound.neutral(a), sound.neutral(b), "{a} {b}");
        }
        assert_ne!(sound.neutral("petrova"), sound.neutral("petkova"));
    }

    #[test]
    fn skeletons_join_spellings_without_vowels() {
        let sound = Sound::load(&Rulebook::builtin());
        let mohammadi = Sound::coarse(&sound.neutral("mohammadi"));
        assert_eq!(mohammadi, Sound::coarse(&sound.neutral("mhmdy")));
    }
}
