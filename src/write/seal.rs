//! `seal.b3`: the hash of `summary.json`, which holds the hashes of all else.
//!
//! Two lines: the summary's BLAKE3, as `b3sum --check` reads it, and as a comment the
//! hash of that line, so that a fault in the seal is told from one in the summary. Who
//! can write into the run folder can forge both; who noted the seal elsewhere, or has a
//! later run, whose summary holds it, finds that.

/// The file's name.
pub const FILE: &str = "seal.b3";

/// The file's text for a summary of this hash.
#[must_use]
pub fn text(summary_blake3: &str) -> String {
    let line = format!("{summary_blake3}  summary.json\n");
    let own = blake3::hash(line.as_bytes()).to_hex();
    format!("{line}# {own}\n")
}

/// The summary's hash of a seal's text; none when the seal is not what karat wrote.
#[must_use]
pub fn hash_of(text: &str) -> Option<&str> {
    let hash = text.split("  ").next()?;
    (self::text(hash) == text).then_some(hash)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seal_with_any_other_byte_is_none() {
        let hash = blake3::hash(b"x").to_hex().to_string();
        let whole = text(&hash);
        assert_eq!(hash_of(&whole), Some(hash.as_str()));
        for at in 0..whole.len() {
            let mut bytes = whole.clone().into_bytes();
            bytes[at] ^= 1;
            let changed = String::from_utf8_lossy(&bytes).into_owned();
            assert_eq!(hash_of(&changed), None, "byte {at}");
        }
    }
}
