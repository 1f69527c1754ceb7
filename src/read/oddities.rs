//! Broken bytes and NULs, told line by line.

use std::collections::BTreeMap;

use super::decode::OddityKind;
use crate::contact::{Diagnostic, Place};

/// Lines that get a diagnostic of their own; the rest is counted.
const SHOWN: usize = 100;

/// An oddity with its line.
#[derive(Clone, Debug)]
pub struct OddLine {
    pub line: u32,
    pub kind: OddityKind,
}

/// One diagnostic a line, and one for those that are too many.
pub fn diagnostics(path: &str, odd: &[OddLine], uncounted: u64) -> Vec<Diagnostic> {
    let mut broken: BTreeMap<u32, (usize, Vec<String>)> = BTreeMap::new();
    let mut nuls: BTreeMap<u32, usize> = BTreeMap::new();
    for oddity in odd {
        match &oddity.kind {
            OddityKind::Nul => *nuls.entry(oddity.line).or_default() += 1,
            OddityKind::Broken(bytes) => {
                let line = broken.entry(oddity.line).or_default();
                line.0 += 1;
                if !bytes.is_empty() {
                    line.1.push(hex(bytes));
                }
            }
        }
    }
    let mut out = Vec::new();
    for (line, (count, bytes)) in broken.iter().take(SHOWN) {
        let which = if bytes.is_empty() {
            format!("{count} places are")
        } else {
            format!("the bytes {} are", bytes.join(", "))
        };
        out.push(
            Diagnostic::warning(
                "input_broken_text",
                format!("{which} no text in the file's encoding; U+FFFD stands for each"),
            )
            .at(Place::line(path, *line))
            .hint("if the encoding was told wrong, force it: `encoding = \"…\"` in the source"),
        );
    }
    for (line, count) in nuls.iter().take(SHOWN) {
        out.push(
            Diagnostic::warning(
                "input_nul",
                format!("{count} NUL characters stand in the line, and are kept"),
            )
            .at(Place::line(path, *line)),
        );
    }
    let left = broken.len().saturating_sub(SHOWN) + nuls.len().saturating_sub(SHOWN);
    if left > 0 || uncounted > 0 {
        out.push(
            Diagnostic::warning(
                "input_broken_text",
                format!("{left} more lines, and {uncounted} more places, have broken text or NULs"),
            )
            .at(Place::file(path)),
        );
    }
    out
}

fn hex(bytes: &[u8]) -> String {
    let pairs: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    pairs.join(" ")
}
