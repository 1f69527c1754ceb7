//! Text that was read with the wrong encoding, brought back when that is certain.
//!
//! UTF-8 bytes read as Windows-1252 or ISO-8859-1 (`MÃ¼ller`), also twice (`MÃƒÂ¼ller`), or as
//! Windows-1251 (`РњРѕСЃРєРІР°`). Encoding the text back must give UTF-8 without one
//! fault: words of a real language do not do that.

use encoding_rs::{Encoding, WINDOWS_1251, WINDOWS_1252};

/// The step in the audit.
pub const RULE: &str = "mojibake_undone";

/// The text as it was meant, or `None` when it is as it should be.
#[must_use]
pub fn undo(value: &str) -> Option<String> {
    if value.is_ascii() {
        return None;
    }
    // Read wrongly at most three times; each round is as certain as the first.
    let mut text: Option<String> = None;
    for _ in 0..3 {
        let now = text.as_deref().unwrap_or(value);
        match back(now, WINDOWS_1252, 1).or_else(|| back(now, WINDOWS_1251, 3)) {
            Some(better) => text = Some(better),
            None => break,
        }
    }
    text
}

/// `value` as UTF-8 bytes that were shown in `encoding`, with at least `proof`
/// characters that took several bytes.
fn back(value: &str, encoding: &'static Encoding, proof: usize) -> Option<String> {
    let bytes = bytes_of(value, encoding)?;
    let text = std::str::from_utf8(&bytes).ok()?;
    let wide = text.chars().filter(|c| !c.is_ascii()).count();
    // A control code or a private character would be a new fault, not a repair.
    let sane = !text.chars().any(|c| {
        (c.is_control() && !c.is_whitespace())
            || matches!(c, '\u{80}'..='\u{9f}' | '\u{e000}'..='\u{f8ff}' | '\u{fffd}')
                && !in_next_round(text)
    });
    (wide >= proof && sane && text.chars().count() < value.chars().count()).then(|| text.to_owned())
}

/// Whether what looks odd in `text` is itself text read wrongly once more.
fn in_next_round(text: &str) -> bool {
    bytes_of(text, WINDOWS_1252).is_some_and(|bytes| std::str::from_utf8(&bytes).is_ok())
}

/// The bytes that `encoding` shows as `value`. A control code from U+0080 on stands for
/// the byte of its number, as ISO-8859-1 shows it.
fn bytes_of(value: &str, encoding: &'static Encoding) -> Option<Vec<u8>> {
    let mut bytes = Vec::with_capacity(value.len());
    let mut buffer = [0; 4];
    for c in value.chars() {
        match u8::try_from(u32::from(c)) {
            Ok(byte) if byte < 0xa0 => bytes.push(byte),
            _ => {
                let (encoded, _, unmappable) = encoding.encode(c.encode_utf8(&mut buffer));
                if unmappable {
                    return None;
                }
                bytes.extend_from_slice(&encoded);
            }
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certain_cases_are_undone() {
        for (raw, meant) in [
            ("MÃ¼ller", "Müller"),
            ("MÃƒÂ¼ller", "Müller"),
            ("JosÃ© GarcÃ\u{ad}a", "José García"),
            ("SÃ£o Paulo", "São Paulo"),
            ("Oâ€™Brien", "O’Brien"),
            ("Ð˜Ð²Ð°Ð½", "Иван"),
            ("РњРѕСЃРєРІР°", "Москва"),
            ("Î\u{97}Ï\u{81}Î¬ÎºÎ»ÎµÎ¹Î¿", "Ηράκλειο"),
            ("à¸\u{a0}à¸¹à¹\u{80}à¸\u{81}à¹\u{87}à¸\u{95}", "ภูเก็ต"),
        ] {
            assert_eq!(undo(raw).as_deref(), Some(meant), "{raw}");
        }
    }

    #[test]
    fn real_words_stay() {
        for word in [
            "Müller",
            "José",
            "Ångström",
            "Ærø",
            "Иван",
            "Ñuñoa",
            "Łódź",
            "한국",
            "Ân",
            "João Ã",
            "Zoë",
            "naïve",
            "Ð",
            "Рим",
        ] {
            assert_eq!(undo(word), None, "{word}");
        }
    }

    proptest::proptest! {
        #[test]
        fn what_is_undone_is_right(word in "[a-zäöüéèñßçøåА-я]{0,12}") {
            let (shown, _) = WINDOWS_1252.decode_without_bom_handling(word.as_bytes());
            if !word.is_ascii() {
                proptest::prop_assert_eq!(undo(&shown), Some(word));
            }
        }
    }
}
