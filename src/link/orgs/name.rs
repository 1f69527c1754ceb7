//! Names of organisations: words with weights, legal forms already gone.
//!
//! Two names are laid against each other word by word: the same word, a spelling or
//! a short form of it, two words written as one, initials of a run of words. What is
//! shared and what is left over is counted in bits, the rarity of the words (soft
//! TF-IDF after Cohen, Ravikumar and Fienberg 2003), so that `restaurant` hardly
//! counts and `fenix` does.

use hashbrown::HashMap;
use rapidfuzz::distance::osa;

use crate::link::names::word::tokens;

type Fixed = foldhash::fast::FixedState;

/// The levels, strongest first, as in `rules/matching.toml`.
pub mod level {
    pub const SAME: u8 = 1;
    pub const SPELLING: u8 = 2;
    pub const NEARLY: u8 = 3;
    pub const PART: u8 = 4;
    pub const ACRONYM: u8 = 5;
    pub const OVERLAP: u8 = 6;
    pub const SHARED_WORD: u8 = 7;
    pub const DIFFERENT: u8 = 8;
}

/// Words that have a part of their own in names.
#[derive(Clone, Debug, Default)]
pub struct NameRules {
    /// Say nothing beside others: `the`, `of`, `and`.
    pub stop: Vec<String>,
    /// Number a branch: `ii`, `iii`.
    pub numerals: Vec<String>,
}

/// A word with what agreement on it says.
#[derive(Clone, Debug, Default)]
pub struct Token {
    pub text: String,
    /// log2 (all lists / lists with the word).
    pub bits: f32,
}

impl Token {
    pub fn intern(
        word: &str,
        tokens: &mut Vec<Self>,
        known: &mut HashMap<String, u32, Fixed>,
    ) -> u32 {
        if let Some(&id) = known.get(word) {
            return id;
        }
        let id = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
        tokens.push(Self {
            text: word.to_owned(),
            bits: 0.0,
        });
        known.insert(word.to_owned(), id);
        id
    }

    /// Counts in how many lists each word is (lists hold a word once).
    pub fn weigh<'l>(tokens: &mut [Self], lists: impl Iterator<Item = &'l [u32]>) {
        let mut counts = vec![0u32; tokens.len()];
        let mut all = 0u32;
        for list in lists {
            all += 1;
            for &word in list {
                counts[word as usize] += 1;
            }
        }
        for (token, count) in tokens.iter_mut().zip(counts) {
            #[allow(clippy::cast_possible_truncation)] // bits
            let bits = (f64::from(all + 1) / f64::from(count.max(1))).log2() as f32;
            token.bits = bits.max(0.1);
        }
    }

    /// What a word says on average that two random lists happen to share.
    pub fn chance(tokens: &[Self]) -> f32 {
        let (mut sum, mut weight) = (0f64, 0f64);
        for token in tokens {
            let share = (-f64::from(token.bits)).exp2();
            sum += share * share * f64::from(token.bits);
            weight += share * share;
        }
        #[allow(clippy::cast_possible_truncation)] // bits
        let mean = (sum / weight.max(1e-12)) as f32;
        mean
    }
}

/// One distinct name.
#[derive(Clone, Debug, Default)]
pub struct OrgName {
    /// Words that count, in order, each once.
    pub words: Vec<u32>,
    /// The same, sorted.
    pub sorted: Vec<u32>,
    /// Numbers and numerals, sorted.
    pub numbers: Vec<u32>,
    /// The sorted words and numbers as text: names with one key are the same.
    pub key: String,
    /// The words glued in order: `daycare` for `day care`.
    pub glued: String,
    /// First letters of all words, those of the little ones left out.
    pub initials: String,
    /// The first letters of the little words too.
    pub initials_all: String,
    /// log2 (average share / share) of the whole name, −8 to 6.
    pub rarity: f32,
    /// The same of its initials.
    pub initials_rarity: f32,
}

impl OrgName {
    /// From a name's core (see [`super::features::core`]).
    pub fn new(core: &str, rules: &NameRules, mut intern: impl FnMut(&str) -> u32) -> Self {
        let all = tokens(core);
        let is_number = |word: &String| {
            word.bytes().all(|b| b.is_ascii_digit()) || rules.numerals.contains(word)
        };
        let mut counting: Vec<&String> = all
            .iter()
            .filter(|word| !is_number(word) && !rules.stop.contains(word))
            .collect();
        let mut numbers: Vec<&String> = all.iter().filter(|word| is_number(word)).collect();
        if counting.is_empty() {
            // A name of numbers and little words only (`The 9`) is made of them.
            counting = all.iter().collect();
            numbers.clear();
        }
        let mut name = Self::default();
        for word in &counting {
            let id = intern(word);
            if !name.words.contains(&id) {
                name.words.push(id);
            }
            name.glued.push_str(word);
            name.initials.extend(word.chars().next());
        }
        name.initials_all = all
            .iter()
            .filter(|word| !numbers.contains(word))
            .filter_map(|word| word.chars().next())
            .collect();
        name.numbers = numbers.iter().map(|word| intern(word)).collect();
        name.sorted = name.words.clone();
        name.sorted.sort_unstable();
        name.numbers.sort_unstable();
        name.numbers.dedup();
        let mut key: Vec<&str> = counting
            .iter()
            .chain(&numbers)
            .map(|word| word.as_str())
            .collect();
        key.sort_unstable();
        key.dedup();
        name.key = key.join(" ");
        name
    }
}

/// How two names come out.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Likeness {
    pub level: u8,
    /// How much rarer than average what agrees is, in bits.
    pub rarity: f32,
}

/// Compares two names; `chance` is [`Token::chance`] of all words. Symmetric.
#[must_use]
pub fn compare(a: &OrgName, b: &OrgName, tokens: &[Token], chance: f32) -> Likeness {
    let found = |level, rarity| Likeness { level, rarity };
    if a.sorted == b.sorted || a.glued == b.glued {
        return found(level::SAME, a.rarity.min(b.rarity));
    }
    if is_acronym(a, b) || is_acronym(b, a) {
        return found(level::ACRONYM, a.initials_rarity.min(b.initials_rarity));
    }
    let laid = lay(a, b, tokens);
    let (short, long) = (laid.left.0.min(laid.left.1), laid.left.0.max(laid.left.1));
    let covered = |left: f32| laid.shared / (laid.shared + left).max(1e-6);
    let says = (laid.rarest + (laid.shared - laid.rarest) / 2.0 - chance).clamp(-8.0, 6.0);
    if laid.shared > 0.0 && long <= 0.0 || misspelt(&a.glued, &b.glued) {
        return found(level::SPELLING, a.rarity.min(b.rarity) / 2.0);
    }
    // Words of their own on both sides, however common, may be what tells two apart.
    if covered(long) >= if short > 0.0 { 0.9 } else { 0.75 } {
        return found(level::NEARLY, says / 2.0);
    }
    if covered(short) >= 0.9 {
        return found(level::PART, says);
    }
    if covered(short) >= 0.5 {
        return found(level::OVERLAP, says);
    }
    if laid.rarest > chance {
        return found(level::SHARED_WORD, says / 2.0);
    }
    found(level::DIFFERENT, 0.0)
}

/// Two names laid against each other, in bits.
struct Laid {
    shared: f32,
    /// The rarest word of what is shared.
    rarest: f32,
    /// What is left over on each side.
    left: (f32, f32),
}

fn lay(a: &OrgName, b: &OrgName, tokens: &[Token]) -> Laid {
    let bits = |word: u32| tokens[word as usize].bits;
    let text = |word: u32| tokens[word as usize].text.as_str();
    let mut laid = Laid {
        shared: 0.0,
        rarest: 0.0,
        left: (0.0, 0.0),
    };
    let mut share = |bits: f32| {
        laid.shared += bits;
        laid.rarest = laid.rarest.max(bits);
    };
    let (mut x, mut y): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::new());
    for &word in &a.words {
        if b.sorted.binary_search(&word).is_ok() {
            share(bits(word));
        } else {
            x.push(word);
        }
    }
    y.extend(
        b.words
            .iter()
            .filter(|word| a.sorted.binary_search(word).is_err()),
    );
    // Two words written as one, then initials of a run of words, both ways round.
    for turn in 0..2 {
        let (single, run) = if turn == 0 {
            (&mut x, &mut y)
        } else {
            (&mut y, &mut x)
        };
        single.retain(|&word| {
            let spelled = text(word);
            if let Some(at) = (1..run.len())
                .find(|&at| spelled.strip_prefix(text(run[at - 1])) == Some(text(run[at])))
            {
                share(bits(word).min(bits(run[at - 1]) + bits(run[at])));
                run.drain(at - 1..=at);
                return false;
            }
            let letters = spelled.chars().count();
            if (3..=5).contains(&letters) && run.len() >= letters {
                let begins = (0..=run.len() - letters).find(|&at| {
                    run[at..at + letters]
                        .iter()
                        .map(|&w| text(w).chars().next())
                        .eq(spelled.chars().map(Some))
                });
                if let Some(at) = begins {
                    share(bits(word));
                    run.drain(at..at + letters);
                    return false;
                }
            }
            true
        });
    }
    x.retain(|&word| {
        let Some(at) = y.iter().position(|&other| alike(text(word), text(other))) else {
            return true;
        };
        share(bits(word).min(bits(y[at])) * 0.9);
        y.remove(at);
        false
    });
    laid.left = (
        x.iter().map(|&w| bits(w)).sum(),
        y.iter().map(|&w| bits(w)).sum(),
    );
    laid
}

/// A spelling or a short form of one word.
fn alike(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    if short.len() >= 3 && long.starts_with(short) {
        return short.len() >= 4 || long.len() <= 6;
    }
    let allowed = match short.len() {
        0..=4 => return false,
        5..=7 => 1,
        _ => 2,
    };
    within(short, long, allowed)
}

/// The whole names are one spelling: one edit from six letters, two from twelve.
fn misspelt(a: &str, b: &str) -> bool {
    let shorter = a.len().min(b.len());
    shorter >= 6 && within(a, b, if shorter >= 12 { 2 } else { 1 })
}

fn within(a: &str, b: &str, edits: usize) -> bool {
    osa::distance_with_args(
        a.bytes(),
        b.bytes(),
        &osa::Args::default().score_cutoff(edits),
    )
    .is_some()
}

/// `ibm` of `international business machines`, also beside further words.
fn is_acronym(short: &OrgName, long: &OrgName) -> bool {
    let letters = short.glued.chars().count();
    let one = short.words.len() == 1 || short.glued == short.initials;
    one && (2..=6).contains(&letters)
        && long.words.len() >= 2
        && (short.glued == long.initials || short.glued == long.initials_all)
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Book {
        tokens: Vec<Token>,
        known: HashMap<String, u32, Fixed>,
        names: Vec<OrgName>,
    }

    fn book(cores: &[&str]) -> Book {
        let rules = NameRules {
            stop: ["the", "of", "and", "at"].map(str::to_owned).to_vec(),
            numerals: ["ii", "iii"].map(str::to_owned).to_vec(),
        };
        let (mut tokens, mut known) = (Vec::new(), HashMap::default());
        let names = cores
            .iter()
            .map(|core| OrgName::new(core, &rules, |w| Token::intern(w, &mut tokens, &mut known)))
            .collect::<Vec<_>>();
        Token::weigh(&mut tokens, names.iter().map(|n| n.sorted.as_slice()));
        Book {
            tokens,
            known,
            names,
        }
    }

    /// A few hundred names with common words, so that words have weights.
    fn among_others(a: &str, b: &str) -> u8 {
        let others: Vec<String> = (0..300)
            .map(|n| {
                let kind = ["restaurant", "services", "logistics", "systems"][n % 4];
                format!("w{n:03}x {kind}")
            })
            .collect();
        let mut cores: Vec<&str> = others.iter().map(String::as_str).collect();
        cores.extend([a, b]);
        let book = book(&cores);
        assert!(!book.known.is_empty());
        let [x, y] = [&book.names[300], &book.names[301]];
        let chance = Token::chance(&book.tokens);
        let level = compare(x, y, &book.tokens, chance).level;
        assert_eq!(
            level,
            compare(y, x, &book.tokens, chance).level,
            "{a} / {b}"
        );
        level
    }

    #[test]
    fn levels_from_same_to_different() {
        use level::*;
        for (a, b, wanted) in [
            ("jarrow logistics", "logistics jarrow", SAME),
            ("the day care", "daycare", SAME),
            ("kinder daycare", "kinder day care", SAME),
            ("daycare kinder", "kinder day care", SPELLING),
            ("jarrow logistcs", "jarrow logistics", SPELLING),
            ("jarrow chem", "jarrow chemicals", SPELLING),
            ("fenix restaurant", "fenix", NEARLY),
            ("fenix", "fenix at argyle hotel", PART),
            ("ibm", "international business machines", ACRONYM),
            ("nyc", "new york city", ACRONYM),
            ("mowbray logistics", "mowbray systems", OVERLAP),
            ("penhale restaurant", "ashcroft restaurant", DIFFERENT),
            ("penhale", "ashcroft", DIFFERENT),
        ] {
            assert_eq!(among_others(a, b), wanted, "{a} / {b}");
        }
    }

    #[test]
    fn numbers_stand_apart() {
        let book = book(&["kiddy kare ii", "kiddy kare 3", "the 9"]);
        assert_eq!(book.names[0].sorted, book.names[1].sorted);
        assert_ne!(book.names[0].numbers, book.names[1].numbers);
        assert!(book.names[2].numbers.is_empty());
    }
}
