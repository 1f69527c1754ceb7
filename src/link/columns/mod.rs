//! Columns that no field fits, as evidence where the data says so.
//!
//! An export carries columns that karat has no comparison for: a customer number that two
//! systems share, an agency, a second family name. Once the model is estimated, each such
//! column is asked: how often does it agree among pairs that are one (m), how often among
//! pairs of each other kind that were compared because they look alike (u)? The answer
//! comes from a model that has not seen the column, so that it cannot confirm itself. A
//! column is taken when an agreement speaks clearly for one person; then it adds its bits
//! to every pair, more for a rare value (Winkler's frequency adjustment).
//!
//! A column is left when too few pairs know it, when it says nothing (badge colour), when
//! hardly a value is met twice (row numbers, timestamps), when it repeats a field, a
//! comparison (an account's id says what the employer says) or a column already taken,
//! or when it tells the sources apart.

mod key;
mod values;

use rapidfuzz::distance::osa;
use rayon::prelude::*;

use super::compare::Pattern;
use super::compare::text::similar;
use super::features::{Features, NONE};
use super::kernel::em::CLASSES;
use super::names::Letters;
use crate::contact::{Records, Table};
use key::Key;
use values::{Group, copied, groups, rarity, values};
pub use values::{are_there, named};

/// Levels of a learned comparison; 0 is missing.
const LEVELS: usize = 3;
const SAME: u8 = 1;
const NEAR: u8 = 2;
const DIFFERENT: u8 = 3;
/// How they are called.
pub const LEVEL_NAMES: [&str; LEVELS] = ["same", "near", "different"];

/// Compared pairs that columns are judged by, at most.
const SAMPLE: usize = 200_000;
/// Pairs of one person, and of two, that must know the column on both sides.
const ENOUGH: f64 = 25.0;
/// What a "same" must add at least, in bits.
const WORTH: f64 = 2.0;
/// How often the records of one person must agree at least.
const COMMON: f64 = 0.15;
/// No agreement adds more than this, however rare among strangers.
const MOST: f64 = 9.0;
/// Longer texts are the same or not: nothing between, and no long comparing.
const LONG: usize = 80;
/// Columns taken at most, the best ones.
const TAKEN: usize = 8;
/// Two columns whose agreements are correlated like this among strangers are one fact.
const ONE_FACT: f64 = 0.5;

/// A sampled pair of records with what the model thinks of it.
#[derive(Clone, Copy, Debug)]
pub struct Judged {
    pub left: u32,
    pub right: u32,
    /// Probability of each class.
    pub belongs: [f64; CLASSES],
    pub pattern: Pattern,
}

/// The pairs that columns are judged by, each standing for `stride` compared ones.
#[derive(Debug, Default)]
pub struct Sample {
    pub pairs: Vec<Judged>,
    pub stride: usize,
}

/// Where columns and their values are found.
#[derive(Clone, Copy)]
pub struct Input<'a> {
    pub features: &'a Features,
    pub records: &'a Records,
    pub table: &'a Table,
    pub letters: &'a Letters,
}

/// What is known of a comparison that the model has: its name, and for each level
/// whether it speaks for one person.
#[derive(Clone, Debug)]
pub struct Known {
    pub name: String,
    pub agrees: [bool; 16],
}

/// The columns that were taken, ready to weigh pairs.
#[derive(Debug, Default)]
pub struct Columns {
    pub taken: Vec<Column>,
}

/// How a pair came out at a learned comparison.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Seen {
    /// 0 is missing.
    pub level: u8,
    /// By how much rarer the shared value is than average, bits; 0 where none is shared.
    pub rarity: f32,
}

/// What the levels of a learned comparison add: all that weighing needs of it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Weights {
    /// As the first source writes it.
    pub name: String,
    /// The table's columns, one a source.
    pub fields: Vec<String>,
    /// log2 probability by class and level.
    log2: [[f64; LEVELS]; CLASSES],
}

impl Weights {
    /// The joint with a pair that came out like this.
    #[must_use]
    pub fn add(&self, seen: Seen, mut joint: [f64; CLASSES]) -> [f64; CLASSES] {
        let Some(level) = usize::from(seen.level).checked_sub(1) else {
            return joint;
        };
        for (sum, table) in joint.iter_mut().zip(&self.log2) {
            *sum += table.get(level).copied().unwrap_or(0.0);
        }
        if seen.level == SAME {
            joint[CLASSES - 1] -= f64::from(seen.rarity);
        }
        joint
    }
}

/// One learned comparison.
#[derive(Debug)]
pub struct Column {
    pub weights: Weights,
    /// Dense record → value id, [`NONE`] when missing.
    values: Vec<u32>,
    texts: Vec<String>,
    /// log2 (average share / share) of each value, −4 to 4.
    rarity: Vec<f32>,
    /// It numbers the records of each source.
    key: Option<Key>,
}

/// What is told of a column that was looked at.
#[derive(Clone, Debug)]
pub struct ColumnReport {
    pub name: String,
    /// `people` or `organisations`.
    pub kind: &'static str,
    pub taken: bool,
    /// Why it was left; empty when it was taken.
    pub reason: String,
    /// Pairs of one person that know it on both sides, expected.
    pub pairs: f64,
    /// m and u of each level, strongest first; u among unrelated pairs that look alike.
    pub levels: Vec<(f64, f64)>,
}

impl Columns {
    /// Adds the columns' log2 probabilities to a pair's joint.
    #[must_use]
    pub fn add(&self, a: u32, b: u32, joint: [f64; CLASSES]) -> [f64; CLASSES] {
        self.taken.iter().fold(joint, |joint, column| {
            column.weights.add(column.seen(a, b), joint)
        })
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.taken.is_empty()
    }
}

impl Column {
    /// How a pair comes out.
    #[must_use]
    pub fn seen(&self, a: u32, b: u32) -> Seen {
        let level = self.level(a, b);
        let rarity = if level == SAME {
            self.rarity[self.values[a as usize] as usize]
        } else {
            0.0
        };
        Seen { level, rarity }
    }

    fn level(&self, a: u32, b: u32) -> u8 {
        let level = level(&self.values, &self.texts, a, b);
        match &self.key {
            Some(key) => key.level(level, a, b),
            None => level,
        }
    }
}

fn level(values: &[u32], texts: &[String], a: u32, b: u32) -> u8 {
    let (x, y) = (values[a as usize], values[b as usize]);
    if x == NONE || y == NONE {
        0
    } else if x == y {
        SAME
    } else if near(&texts[x as usize], &texts[y as usize]) {
        NEAR
    } else {
        DIFFERENT
    }
}

/// One edit in what has six letters or digits, or texts that resemble each other.
fn near(a: &str, b: &str) -> bool {
    let shorter = a.len().min(b.len());
    if a.len().max(b.len()) > LONG {
        return false;
    }
    let has_digits = |text: &str| text.bytes().any(|c| c.is_ascii_digit());
    if has_digits(a) || has_digits(b) {
        return shorter >= 6
            && osa::distance_with_args(
                a.bytes(),
                b.bytes(),
                &osa::Args::default().score_cutoff(1),
            )
            .is_some();
    }
    shorter >= 4 && similar(a, b, 0.92)
}

/// Every how many of `pairs` one is looked at, the same in each run.
#[must_use]
pub fn stride(pairs: u64) -> usize {
    usize::try_from(pairs)
        .unwrap_or(usize::MAX)
        .div_ceil(SAMPLE)
        .max(1)
}

/// Looks at every extra column; `pairs` are judged by the model without them.
#[must_use]
pub fn learn(
    input: Input<'_>,
    kind: &'static str,
    sample: &Sample,
    known: &[Known],
) -> (Columns, Vec<ColumnReport>) {
    let pairs = &sample.pairs;
    let one: f64 = pairs.iter().map(|p| p.belongs[0] + p.belongs[1]).sum();
    #[allow(clippy::cast_precision_loss)] // counts of pairs
    let two = pairs.len() as f64 - one;
    if one < ENOUGH || two < 4.0 * ENOUGH {
        return (Columns::default(), Vec::new());
    }
    let mut looked: Vec<Looked> = groups(input)
        .into_par_iter()
        .filter_map(|group| look(input, sample, &group))
        .collect();
    let comparisons: Vec<Vec<u8>> = known
        .iter()
        .enumerate()
        .map(|(at, comparison)| {
            let level = |pair: &Judged| usize::from(pair.pattern.level_at(at));
            let agreement = |level: usize| match level {
                0 => 0,
                _ if comparison.agrees[level] => SAME,
                _ => DIFFERENT,
            };
            pairs.iter().map(|pair| agreement(level(pair))).collect()
        })
        .collect();
    // The best first; ties by name.
    looked.sort_by(|a, b| {
        b.gain
            .total_cmp(&a.gain)
            .then_with(|| a.column.weights.name.cmp(&b.column.weights.name))
    });
    let mut columns = Columns::default();
    let mut agreements: Vec<Vec<u8>> = Vec::new();
    let mut reports = Vec::new();
    for Looked {
        column,
        reason,
        pairs: known_pairs,
        tables,
        levels,
        ..
    } in looked
    {
        let mut reason = reason;
        if reason.is_empty() {
            let says_what = |other: &Vec<u8>| correlation(pairs, other, &levels) >= ONE_FACT;
            if let Some(at) = comparisons.iter().position(says_what) {
                reason = format!("it says what {} says", known[at].name);
            } else if let Some(at) = agreements.iter().position(says_what) {
                reason = format!("it says what '{}' says", columns.taken[at].weights.name);
            } else if columns.taken.len() >= TAKEN {
                reason = format!("{TAKEN} others say more");
            }
        }
        reports.push(ColumnReport {
            name: column.weights.name.clone(),
            kind,
            taken: reason.is_empty(),
            pairs: known_pairs,
            levels: (0..LEVELS)
                .map(|level| (tables[0][level], tables[CLASSES - 1][level]))
                .collect(),
            reason: reason.clone(),
        });
        if reason.is_empty() {
            columns.taken.push(column);
            agreements.push(levels);
        }
    }
    reports.sort_by_key(|report| !report.taken);
    (columns, reports)
}

/// A column that was looked at, taken or not.
struct Looked {
    column: Column,
    /// Why it is left; empty so far when it is not.
    reason: String,
    /// Expected bits that it adds to a pair of one person.
    gain: f64,
    pairs: f64,
    tables: [[f64; LEVELS]; CLASSES],
    /// Its level in every sampled pair.
    levels: Vec<u8>,
}

fn look(input: Input<'_>, sample: &Sample, group: &Group) -> Option<Looked> {
    let (f, pairs) = (input.features, &sample.pairs);
    let (values, texts, filled) = values(input, group);
    if filled < 2 {
        return None;
    }
    let key = Key::find(&values, &f.source, sample);
    let mut counts = [[0f64; LEVELS]; CLASSES];
    let mut levels = Vec::with_capacity(pairs.len());
    for pair in pairs {
        let (a, b) = (pair.left, pair.right);
        let mut level = level(&values, &texts, a, b);
        let mut counting = true;
        if let Some(key) = &key {
            level = key.level(level, a, b);
            counting = key.counts(level, &values, a, b);
        }
        levels.push(level);
        if level > 0 {
            let from = if counting { 0 } else { 2 };
            for (count, p) in counts.iter_mut().zip(pair.belongs).skip(from) {
                count[usize::from(level) - 1] += p;
            }
        }
    }
    let known: f64 = counts[..2].iter().flatten().sum();
    let strangers: f64 = counts[2..].iter().flatten().sum();
    let tables = tables(&counts);
    let bits = |level: usize| (tables[0][level] / tables[CLASSES - 1][level]).log2();
    let worth = bits(0);
    let gain = (0..LEVELS).map(|l| tables[0][l] * bits(l)).sum::<f64>() * known;
    #[allow(clippy::cast_precision_loss)] // counts of records
    let repeated = 1.0 - texts.len() as f64 / filled as f64;
    let reason = if known < ENOUGH || strangers < ENOUGH {
        "too few pairs have it on both sides".to_owned()
    } else if repeated < 0.02 {
        "hardly a value is met twice".to_owned()
    } else if tables[0][0] < COMMON {
        "records of one person seldom agree on it".to_owned()
    } else if worth < WORTH {
        "an agreement says little".to_owned()
    } else if let Some(field) = copied(input, group) {
        format!("it repeats {field}")
    } else {
        String::new()
    };
    let mut log2 = [[0f64; LEVELS]; CLASSES];
    for (class, table) in tables.iter().enumerate() {
        for (level, p) in table.iter().enumerate() {
            log2[class][level] = p.log2();
        }
    }
    Some(Looked {
        column: Column {
            weights: Weights {
                name: group.name.clone(),
                fields: group.names(input.table),
                log2,
            },
            rarity: rarity(f, &values, texts.len()),
            values,
            texts,
            key,
        },
        reason,
        gain,
        pairs: known,
        tables,
        levels,
    })
}

/// Counts → probabilities. Each class is drawn towards what strangers show, so that few
/// pairs say little; a difference never speaks for one person, and no agreement for more
/// than [`MOST`] bits.
fn tables(counts: &[[f64; LEVELS]; CLASSES]) -> [[f64; LEVELS]; CLASSES] {
    const DRAWN: f64 = 10.0;
    let mut strangers = [1.0; LEVELS];
    for count in &counts[2..] {
        for (sum, n) in strangers.iter_mut().zip(count) {
            *sum += n;
        }
    }
    let strangers = normalised(strangers);
    let mut out = [strangers; CLASSES];
    for (table, count) in out.iter_mut().zip(counts) {
        let mut drawn = *count;
        for (n, p) in drawn.iter_mut().zip(strangers) {
            *n += DRAWN * p;
        }
        *table = normalised(drawn);
    }
    let same = out[0];
    for table in &mut out[2..] {
        for level in 0..LEVELS {
            table[level] = table[level].max(same[level] / MOST.exp2());
        }
        let last = LEVELS - 1;
        table[last] = table[last].max(same[last]);
        *table = normalised(*table);
    }
    out
}

fn normalised(table: [f64; LEVELS]) -> [f64; LEVELS] {
    let sum: f64 = table.iter().sum();
    table.map(|p| p / sum)
}

/// Correlation of two columns' agreements over the pairs of strangers that know both.
fn correlation(pairs: &[Judged], x: &[u8], y: &[u8]) -> f64 {
    let (mut n, mut a, mut b, mut both) = (0.0, 0.0, 0.0, 0.0);
    for (pair, (&x, &y)) in pairs.iter().zip(x.iter().zip(y)) {
        if x == 0 || y == 0 {
            continue;
        }
        let p = 1.0 - pair.belongs[0] - pair.belongs[1];
        let (x, y) = (x == SAME, y == SAME);
        n += p;
        a += if x { p } else { 0.0 };
        b += if y { p } else { 0.0 };
        both += if x && y { p } else { 0.0 };
    }
    let spread = a * (n - a) * b * (n - b);
    if spread <= 0.0 {
        return 0.0;
    }
    (n * both - a * b) / spread.sqrt()
}
