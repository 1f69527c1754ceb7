//! Which script a text is written in, as far as names need it.

/// Scripts whose names follow one order; everything else is `Other`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Script {
    Latin,
    Cyrillic,
    Greek,
    Arabic,
    Hebrew,
    Thai,
    Han,
    Hangul,
    Kana,
    Other,
}

impl Script {
    pub const COUNT: usize = 10;

    #[must_use]
    pub const fn of(c: char) -> Option<Self> {
        Some(match c {
            'a'..='z' | 'A'..='Z' => Self::Latin,
            '\u{0}'..='\u{bf}' | '\u{d7}' | '\u{f7}' => return None,
            '\u{c0}'..='\u{2af}' | '\u{1e00}'..='\u{1eff}' => Self::Latin,
            '\u{2b0}'..='\u{36f}' => return None,
            '\u{370}'..='\u{3ff}' | '\u{1f00}'..='\u{1fff}' => Self::Greek,
            '\u{400}'..='\u{52f}' => Self::Cyrillic,
            '\u{590}'..='\u{5ff}' => Self::Hebrew,
            '\u{600}'..='\u{6ff}'
            | '\u{750}'..='\u{77f}'
            | '\u{8a0}'..='\u{8ff}'
            | '\u{fb50}'..='\u{fdff}'
            | '\u{fe70}'..='\u{fefc}' => Self::Arabic,
            '\u{e00}'..='\u{e7f}' => Self::Thai,
            '\u{1100}'..='\u{11ff}' | '\u{3130}'..='\u{318f}' | '\u{ac00}'..='\u{d7af}' => {
                Self::Hangul
            }
            '\u{3040}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' | '\u{ff66}'..='\u{ff9f}' => {
                Self::Kana
            }
            '々'
            | '\u{2e80}'..='\u{2fdf}'
            | '\u{3400}'..='\u{4dbf}'
            | '\u{4e00}'..='\u{9fff}'
            | '\u{f900}'..='\u{faff}'
            | '\u{20000}'..='\u{3ffff}' => Self::Han,
            '\u{2000}'..='\u{2bff}'
            | '\u{3000}'..='\u{303f}'
            | '\u{fe00}'..='\u{fe0f}'
            | '\u{1f000}'..='\u{1ffff}' => return None,
            _ => Self::Other,
        })
    }

    /// The script of most letters; a Japanese name is `Han` when it has any Han
    /// character, for then it is written family first. `None` without letters.
    #[must_use]
    pub fn of_text(text: &str) -> Option<Self> {
        if text.is_ascii() {
            return text
                .bytes()
                .any(|b| b.is_ascii_alphabetic())
                .then_some(Self::Latin);
        }
        let mut counts = [0_u32; Self::COUNT];
        for c in text.chars() {
            if let Some(script) = Self::of(c) {
                counts[script as usize] += 1;
            }
        }
        if counts[Self::Han as usize] > 0 && counts[Self::Kana as usize] > 0 {
            return Some(Self::Han);
        }
        Self::ALL
            .into_iter()
            .rev()
            .max_by_key(|script| counts[*script as usize])
            .filter(|script| counts[*script as usize] > 0)
    }

    /// Written without spaces and family name first, unless shown otherwise.
    #[must_use]
    pub const fn family_first(self) -> bool {
        matches!(self, Self::Han | Self::Hangul | Self::Kana)
    }

    const ALL: [Self; Self::COUNT] = [
        Self::Latin,
        Self::Cyrillic,
        Self::Greek,
        Self::Arabic,
        Self::Hebrew,
        Self::Thai,
        Self::Han,
        Self::Hangul,
        Self::Kana,
        Self::Other,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_have_their_script() {
        for (text, want) in [
            ("Ann", Some(Script::Latin)),
            ("Nguyễn", Some(Script::Latin)),
            ("Иван", Some(Script::Cyrillic)),
            ("Μαρία", Some(Script::Greek)),
            ("مینا", Some(Script::Arabic)),
            ("דוד", Some(Script::Hebrew)),
            ("ลัดดา", Some(Script::Thai)),
            ("山田", Some(Script::Han)),
            ("佐藤さくら", Some(Script::Han)),
            ("さくら", Some(Script::Kana)),
            ("김서연", Some(Script::Hangul)),
            ("12 -", None),
            ("", None),
        ] {
            assert_eq!(Script::of_text(text), want, "{text}");
        }
    }
}
