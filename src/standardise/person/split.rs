//! Which words of a whole name are given and which family name.
//!
//! Every split into two parts, both ways round, is scored by the learned model
//! (`model`): the words' evidence, half a unit off for each further family word,
//! and the order's prior of the script. Particles go with the word behind them.

use super::case;
use super::clean::is_upper;
use super::model::NameModel;
use super::rules::PersonRules;
use crate::standardise::script::Script;
use crate::standardise::tidy::fold;

const FURTHER_FAMILY_WORD: f32 = 0.5;
/// Initials written together are hardly ever a family name.
const INITIALS: f32 = 6.0;

/// A whole name taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    pub given: String,
    pub middle: String,
    pub family: String,
}

/// Splits the words of a name without titles; `None` when there is nothing to split.
pub fn split(words: &[&str], rules: &PersonRules, model: &NameModel) -> Option<Split> {
    let text = words.join(" ");
    let script = Script::of_text(&text)?;
    let single;
    let words = if let [word] = words {
        let (family, given) = unspaced(word, script, rules, model)?;
        if script == Script::Kana || word.contains(['・', '·', '‧']) {
            // A name in katakana is written in its own language's order.
            return Some(Split::of(given, "", family));
        }
        single = (family, given);
        return Some(Split::of(single.1, "", single.0));
    } else {
        words
    };
    if let Some(split) = by_patronymic(words, rules).or_else(|| vietnamese(words, rules)) {
        return Some(split);
    }
    if let Some(split) = by_capitals(words, rules, model) {
        return Some(split);
    }
    let units = units(words, rules);
    if units.len() < 2 {
        return None;
    }
    // Given name, patronymic, family name: Иван Петров Димитров.
    if let [given, patronymic, family] = units.as_slice()
        && !is_family_like(given, rules)
        && is_family_like(patronymic, rules)
        && is_family_like(family, rules)
    {
        return Some(Split::of(given.clone(), patronymic.clone(), family.clone()));
    }
    let best = best(&units, rules, model, model.given_first(script));
    Some(arrange(&units, best, script, rules, model))
}

/// How far the evidence alone speaks for given name first (above zero) or family
/// name first, in log units; `None` for a single word.
pub fn margin(words: &[&str], rules: &PersonRules, model: &NameModel) -> Option<f32> {
    let units = units(words, rules);
    if units.len() < 2 {
        return None;
    }
    let scores = Scores::of(&units, rules, model);
    Some(scores.best(true).0 - scores.best(false).0)
}

/// Given and middle names of words that are all given: `John M.` → John, M.
/// Whole second names are middle names unless the two make one name.
pub fn given_and_middle(
    units: &[String],
    family: &str,
    script: Script,
    rules: &PersonRules,
    model: &NameModel,
) -> (String, String) {
    let initials = units
        .iter()
        .rev()
        .take_while(|unit| is_initial(unit))
        .count()
        .min(units.len().saturating_sub(1));
    // `J. R. R. Tolkien`: initials all the way are given names.
    if initials > 0 && !units.iter().all(|unit| is_initial(unit)) {
        let at = units.len() - initials;
        let (given, mut middle) = given_and_middle(&units[..at], family, script, rules, model);
        if !middle.is_empty() {
            middle.push(' ');
        }
        middle.push_str(&units[at..].join(" "));
        return (given, middle);
    }
    if units.len() == 2
        && script == Script::Latin
        && !is_initial(&units[0])
        && !is_compound(units, family, rules, model)
    {
        return (units[0].clone(), units[1].clone());
    }
    (units.join(" "), String::new())
}

pub fn is_initial(word: &str) -> bool {
    let letters = word.trim_end_matches('.');
    letters.chars().count() == 1
        && letters
            .chars()
            .all(|c| c.is_uppercase() || c.is_lowercase())
}

/// Whether a word ends as only patronymics do.
pub fn is_patronymic(word: &str, rules: &PersonRules) -> bool {
    let key = fold(word);
    rules
        .patronymics
        .iter()
        .any(|end| key.len() > end.len() + 2 && key.ends_with(end.as_str()))
}

impl Split {
    fn of(given: impl Into<String>, middle: impl Into<String>, family: impl Into<String>) -> Self {
        Self {
            given: given.into(),
            middle: middle.into(),
            family: family.into(),
        }
    }
}

/// Words with their particles: `van der Berg` is one unit.
fn units(words: &[&str], rules: &PersonRules) -> Vec<String> {
    let mut units: Vec<String> = Vec::with_capacity(words.len());
    let mut open = String::new();
    for (at, word) in words.iter().enumerate() {
        let is_particle = at + 1 < words.len()
            && (rules.particles.contains_key(&fold(word))
                || (at > 0 && rules.short_particles.contains(*word)));
        // In front, a capitalised particle may be a given name (Al Green, Van Morrison).
        let glues = is_particle && (at > 0 || !word.chars().next().is_some_and(char::is_uppercase));
        if open.is_empty()
            && units.len() > 1
            && !word.is_ascii()
            && rules.family_tails.contains(&fold(word))
            && let Some(before) = units.last_mut()
        {
            before.push(' ');
            before.push_str(word);
        } else if glues {
            open.push_str(word);
            open.push(' ');
        } else {
            open.push_str(word);
            units.push(std::mem::take(&mut open));
        }
    }
    units
}

/// Evidence of each unit, summed up to each place.
struct Scores {
    /// `sums[k]`: evidence of the first k units.
    sums: Vec<f32>,
}

impl Scores {
    fn of(units: &[String], rules: &PersonRules, model: &NameModel) -> Self {
        let mut sums = Vec::with_capacity(units.len() + 1);
        let mut sum = 0.0;
        sums.push(0.0);
        for (at, unit) in units.iter().enumerate() {
            sum += if at == 0 && units.len() > 1 && are_initials(unit, &units[1..], rules) {
                INITIALS
            } else {
                unit_evidence(unit, rules, model)
            };
            sums.push(sum);
        }
        Self { sums }
    }

    /// The best split of one order: (score, how many units stand in the first part).
    fn best(&self, given_first: bool) -> (f32, usize) {
        let count = self.sums.len() - 1;
        let total = self.sums[count];
        let mut best = (f32::NEG_INFINITY, 1);
        for first in 1..count {
            let (before, behind) = (self.sums[first], total - self.sums[first]);
            let (score, family) = if given_first {
                (before - behind, count - first)
            } else {
                (behind - before, first)
            };
            let score = score - FURTHER_FAMILY_WORD * (family - 1) as f32;
            // On a tie the shorter family name.
            if score > best.0 || (score == best.0 && given_first) {
                best = (score, first);
            }
        }
        best
    }
}

/// `JRR`, `DJ` in front of a word that is not in capitals, and no family name of
/// such letters (`NG Wei`).
fn are_initials(word: &str, behind: &[String], rules: &PersonRules) -> bool {
    without_vowels(word)
        && behind.iter().any(|other| !is_upper(other))
        && !rules.several_given.contains(&fold(word))
}

/// Two or three capitals of which none is a vowel.
fn without_vowels(word: &str) -> bool {
    (2..=3).contains(&word.len())
        && word.bytes().all(|b| {
            b.is_ascii_uppercase() && !matches!(b, b'A' | b'E' | b'I' | b'O' | b'U' | b'Y')
        })
}

fn unit_evidence(unit: &str, rules: &PersonRules, model: &NameModel) -> f32 {
    let word = unit.rsplit(' ').next().unwrap_or(unit);
    if is_initial(word) {
        // An initial stands for a given name.
        return 1.5;
    }
    let particle = if word.len() < unit.len() { -1.0 } else { 0.0 };
    model.evidence(&fold(word), rules) + particle
}

/// (given first?, units in the first part)
fn best(units: &[String], rules: &PersonRules, model: &NameModel, prior: f32) -> (bool, usize) {
    let scores = Scores::of(units, rules, model);
    let first = scores.best(true);
    let last = scores.best(false);
    if first.0 + prior >= last.0 {
        (true, first.1)
    } else {
        (false, last.1)
    }
}

fn arrange(
    units: &[String],
    (given_first, first): (bool, usize),
    script: Script,
    rules: &PersonRules,
    model: &NameModel,
) -> Split {
    let (given, family) = if given_first {
        (&units[..first], &units[first..])
    } else {
        (&units[first..], &units[..first])
    };
    // Given name, patronymic, family name: Иван Петров Димитров.
    if given_first
        && let [patronymic, last] = family
        && is_family_like(patronymic, rules)
        && is_family_like(last, rules)
    {
        return Split::of(given.join(" "), patronymic.clone(), last.clone());
    }
    let family = family.join(" ");
    let (given, middle) = given_and_middle(given, &family, script, rules, model);
    Split::of(given, middle, family)
}

fn is_family_like(word: &str, rules: &PersonRules) -> bool {
    let key = fold(word);
    rules
        .family_like
        .iter()
        .any(|end| key.chars().count() > end.chars().count() + 1 && key.ends_with(end.as_str()))
}

/// `Иван Сергеевич Петров` and `Петров Иван Сергеевич`.
fn by_patronymic(words: &[&str], rules: &PersonRules) -> Option<Split> {
    let [first, second, third] = words else {
        return None;
    };
    if is_patronymic(second, rules) && !is_patronymic(first, rules) {
        return Some(Split::of(*first, *second, *third));
    }
    if is_patronymic(third, rules) && !is_patronymic(second, rules) && !is_patronymic(first, rules)
    {
        // `Milan Petar Ivanovich` may be a family name; three words that begin
        // with the family name are the official Russian order.
        return Some(Split::of(*second, *third, *first));
    }
    None
}

/// `Nguyễn Văn A`: family name, one of the usual middle names, given name. Only
/// with a letter that no other language has.
fn vietnamese(words: &[&str], rules: &PersonRules) -> Option<Split> {
    let [family, middle, given @ ..] = words else {
        return None;
    };
    let own = |c: char| matches!(c, 'ơ' | 'Ơ' | 'ư' | 'Ư' | '\u{1ea0}'..='\u{1ef9}');
    (!given.is_empty()
        && words.iter().any(|word| word.contains(own))
        && rules.vietnamese.contains(&fold(family))
        && rules.vietnamese_middle.contains(&fold(middle)))
    .then(|| Split::of(given.join(" "), *middle, *family))
}

/// `Jean DUPONT`, `DUPONT Jean`: the family name alone in capitals.
fn by_capitals(words: &[&str], rules: &PersonRules, model: &NameModel) -> Option<Split> {
    // `mcDONALD` is as loud as `MCDONALD`; `JRR` is initials.
    let loud = |word: &&str| {
        (is_upper(word) && !without_vowels(word) || case::is_loud_mc(word, rules))
            && word.chars().filter(|c| c.is_alphabetic()).count() >= 3
    };
    let start = words.iter().position(loud)?;
    let end = words.iter().rposition(loud)? + 1;
    let mixed = |word: &&str| !loud(word) && (is_initial(word) || !is_upper(word));
    if words[start..end].iter().all(loud)
        && (start == 0 || end == words.len())
        && end - start < words.len()
        && words[..start].iter().chain(&words[end..]).all(mixed)
        && words[..start]
            .iter()
            .chain(&words[end..])
            .any(|word| !is_initial(word))
    {
        let given: Vec<String> = words[..start]
            .iter()
            .chain(&words[end..])
            .map(|word| (*word).to_owned())
            .collect();
        let particles = given.iter().any(|word| {
            rules.particles.contains_key(&fold(word)) || rules.short_particles.contains(word)
        });
        if particles {
            return None;
        }
        let family = words[start..end].join(" ");
        let (given, middle) = given_and_middle(&given, &family, Script::Latin, rules, model);
        return Some(Split::of(given, middle, family));
    }
    None
}

/// Whether two given words make one name: Jean Pierre, Thanh Thảo, Sang Sun.
fn is_compound(units: &[String], family: &str, rules: &PersonRules, model: &NameModel) -> bool {
    let family_words: Vec<String> = family.split(' ').map(fold).collect();
    let (first, second) = (fold(&units[0]), fold(&units[1]));
    family_words.iter().any(|word| rules.several_given.contains(word))
        || rules.compound_first.contains(&first)
        || rules.compound_second.contains(&second)
        || units[1].contains(' ')
        // A second word that is no given name of its own is no middle name.
        || model.seen(&second)[0] == 0 && model.seen(&second)[1] == 0 && model.seen(&first)[0] == 0
}

/// A name written without a space: (family, given).
fn unspaced<'a>(
    word: &'a str,
    script: Script,
    rules: &PersonRules,
    model: &NameModel,
) -> Option<(&'a str, &'a str)> {
    for dot in ['・', '·', '‧'] {
        if let Some((given, family)) = word.split_once(dot) {
            return (!given.is_empty() && !family.is_empty() && !family.contains(dot))
                .then_some((family, given));
        }
    }
    let all: Vec<char> = word.chars().collect();
    let same = |script: Script| all.iter().all(|&c| Script::of(c) == Some(script));
    let starts: Vec<usize> = word.char_indices().map(|(at, _)| at).collect();
    let count = starts.len();
    match script {
        Script::Hangul if same(Script::Hangul) && (2..=5).contains(&count) => {}
        Script::Han if (2..=6).contains(&count) => {
            // 佐藤さくら: the given name starts with the kana.
            if let Some(kana) = all
                .iter()
                .position(|&c| Script::of(c) == Some(Script::Kana))
            {
                let at = starts[kana];
                return (kana > 0
                    && all[..kana]
                        .iter()
                        .all(|&c| Script::of(c) == Some(Script::Han)))
                .then(|| (&word[..at], &word[at..]));
            }
            if !same(Script::Han) {
                return None;
            }
        }
        _ => return None,
    }
    let usual = if count >= 4 { 2 } else { 1 };
    let mut best: Option<(f32, usize)> = None;
    for (cut, &at) in starts.iter().enumerate().take(4).skip(1) {
        let (family, given) = word.split_at(at);
        let as_family = model.seen(family)[1] as f32;
        let as_given = model.seen(given)[0] as f32;
        let mut score = as_family.ln_1p() + as_given.ln_1p();
        if rules.east_asian.contains(family) {
            // Longer family names on the list are rarer by chance.
            score += 1.5 + 0.8 * (cut - 1) as f32;
        }
        if cut == usual {
            score += 0.6;
        }
        if count - cut > 3 {
            score -= 2.0;
        }
        if best.is_none_or(|best| score > best.0) {
            best = Some((score, cut));
        }
    }
    let (score, cut) = best?;
    // Nothing known of either half: it may be a company or a given name alone.
    (score > 0.6).then(|| word.split_at(starts[cut]))
}
