//! Text before any field type looks at it, and the folds used for look-ups.
//!
//! [`tidy`] gives what may be written: NFC, plain spaces, no invisible marks, no
//! full-width twins of ASCII. [`fold`] gives a key and is never written.

use std::borrow::Cow;

use unicode_normalization::{UnicodeNormalization, char::decompose_canonical, is_nfc};

/// NFC, one space between words, nothing invisible, no full-width ASCII. Line
/// breaks become spaces. Borrowed when there is nothing to do.
#[must_use]
pub fn tidy(value: &str) -> Cow<'_, str> {
    if is_tidy_ascii(value) {
        return Cow::Borrowed(value);
    }
    // Full width first: a combining mark may follow a full-width letter.
    let plain: String = visible(value).map(half_width).nfc().collect();
    let mut out = String::with_capacity(plain.len());
    for word in plain.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    if is_nfc(&out) {
        Cow::Owned(out)
    } else {
        Cow::Owned(out.nfc().collect())
    }
}

/// A key of a word: lower case, no accents of Latin, Greek and Cyrillic letters,
/// Arabic letters unified, no dots, apostrophes or joiners inside.
#[must_use]
pub fn fold(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        fold_char(c, &mut out);
    }
    out
}

/// As [`fold`], into a buffer that is kept.
pub fn fold_char(c: char, out: &mut String) {
    if c.is_ascii() {
        if !matches!(c, '.' | '\'' | '`') {
            out.push(c.to_ascii_lowercase());
        }
        return;
    }
    match c {
        'ß' | 'ẞ' => out.push_str("ss"),
        'ł' | 'Ł' => out.push('l'),
        'ø' | 'Ø' => out.push('o'),
        'đ' | 'Đ' | 'ð' | 'Ð' => out.push('d'),
        'æ' | 'Æ' => out.push_str("ae"),
        'œ' | 'Œ' => out.push_str("oe"),
        'ı' | 'İ' => out.push('i'),
        'þ' | 'Þ' => out.push_str("th"),
        'ς' => out.push('σ'),
        'ي' | 'ى' => out.push('ی'),
        'ك' => out.push('ک'),
        'أ' | 'إ' | 'آ' | 'ٱ' => out.push('ا'),
        'ة' | 'ۀ' => out.push('ه'),
        'ؤ' => out.push('و'),
        '’' | '‘' | 'ʼ' | 'ʻ' | '´' | '\u{200c}' | '\u{200d}' | 'ـ' => {}
        '\u{300}'..='\u{36f}' | '\u{64b}'..='\u{652}' | '\u{670}' => {}
        _ if has_accents(c) => {
            let mut base = None;
            decompose_canonical(c, |part| {
                if !matches!(part, '\u{300}'..='\u{36f}') && base.is_none() {
                    base = Some(part);
                }
            });
            let base = base.unwrap_or(c);
            let base = if base == 'ς' { 'σ' } else { base };
            out.extend(
                base.to_lowercase()
                    .filter(|c| !matches!(c, '\u{300}'..='\u{36f}')),
            );
        }
        _ => out.extend(
            c.to_lowercase()
                .filter(|c| !matches!(c, '\u{300}'..='\u{36f}')),
        ),
    }
}

/// Whether the value already is what [`tidy`] would give, seen cheaply.
fn is_tidy_ascii(value: &str) -> bool {
    let bytes = value.as_bytes();
    if bytes.first() == Some(&b' ') || bytes.last() == Some(&b' ') {
        return false;
    }
    let mut space = false;
    bytes.iter().all(|&b| {
        let fine = (0x20..0x7f).contains(&b) && !(b == b' ' && space);
        space = b == b' ';
        fine
    })
}

/// Latin, Greek and Cyrillic letters that may carry an accent.
const fn has_accents(c: char) -> bool {
    matches!(c, '\u{c0}'..='\u{24f}' | '\u{370}'..='\u{52f}' | '\u{1e00}'..='\u{1fff}')
}

/// The characters without invisible ones; joiners stay between letters that need them.
fn visible(value: &str) -> impl Iterator<Item = char> + '_ {
    let mut before = ' ';
    let mut rest = value.chars().peekable();
    std::iter::from_fn(move || {
        loop {
            let c = rest.next()?;
            let kept = match c {
                // A non-joiner parts the halves of a Persian surname: it is spelling.
                '\u{200c}' | '\u{200d}' => {
                    let after = rest.peek().copied().unwrap_or(' ');
                    if needs_joiners(before) && needs_joiners(after) {
                        Some(c)
                    } else {
                        None
                    }
                }
                '\u{ad}'
                | '\u{200b}'
                | '\u{200e}'
                | '\u{200f}'
                | '\u{202a}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fffe}' => None,
                c if c.is_control() => Some(' '),
                c => Some(c),
            };
            if let Some(c) = kept {
                before = c;
                return Some(c);
            }
        }
    })
}

const fn needs_joiners(c: char) -> bool {
    matches!(c, '\u{620}'..='\u{64a}' | '\u{66e}'..='\u{6d3}' | '\u{6fa}'..='\u{6ff}' | '\u{900}'..='\u{dff}')
}

/// ASCII for its full-width twin.
fn half_width(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(c as u32 - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        _ => c,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tidy_makes_one_canonical_text() {
        for (raw, want) in [
            ("Ann", "Ann"),
            ("  Ann\u{a0} Lee\t", "Ann Lee"),
            ("a\r\nb", "a b"),
            ("Jose\u{301}", "José"),
            ("Ｓ． Ｋｉｎｇ", "S. King"),
            ("\u{feff}Ann\u{200b}a\u{ad}", "Anna"),
            ("ابراهیم\u{200c}نژاد", "ابراهیم\u{200c}نژاد"),
            ("Ann\u{200c}a", "Anna"),
            ("علی\u{200c} ", "علی"),
            ("\u{202e}abc\u{202c}", "abc"),
            ("ｅ\u{301}", "é"),
            ("น้ำ", "น้ำ"),
        ] {
            assert_eq!(tidy(raw), want, "{raw:?}");
        }
    }

    #[test]
    fn folds_are_keys() {
        for (raw, want) in [
            ("O'Brien", "obrien"),
            ("MÜLLER", "muller"),
            ("Łukasz", "lukasz"),
            ("Straße", "strasse"),
            ("YILDIRIM", "yildirim"),
            ("Yıldırım", "yildirim"),
            ("İzmir", "izmir"),
            ("Παπαδόπουλος", "παπαδοπουλοσ"),
            ("كريم", "کریم"),
            ("Nguyễn", "nguyen"),
            ("Đặng", "dang"),
            ("김서연", "김서연"),
            ("นิรันดร์", "นิรันดร์"),
        ] {
            assert_eq!(fold(raw), want, "{raw:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn tidying_twice_changes_nothing(raw in "\\PC*") {
            let once = tidy(&raw).into_owned();
            proptest::prop_assert_eq!(tidy(&once).into_owned(), once.clone());
        }

        #[test]
        fn folding_twice_changes_nothing(raw in "\\PC*") {
            let once = fold(&raw);
            proptest::prop_assert_eq!(fold(&once), once.clone());
        }
    }
}
