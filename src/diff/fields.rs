//! Golden values of persons that both runs have, column by column.

use rayon::prelude::*;

use super::changes::{FieldCount, Reason};
use super::compare::rank;
use super::sides::Side;

/// A changed value that may be shown.
#[derive(Clone, Debug)]
pub struct Sampled {
    /// Place in the list of pairs.
    pub pair: u32,
    pub before: Option<String>,
    pub after: Option<String>,
}

/// All columns.
pub struct Fields {
    /// By pair, whether a value changed.
    pub changed: Vec<bool>,
    pub values: u64,
    /// Most changes first.
    pub counts: Vec<FieldCount>,
    /// By field, in the order of columns.
    pub samples: Vec<(String, Vec<Sampled>)>,
}

struct Column {
    count: FieldCount,
    pairs: Vec<u32>,
    samples: Vec<Sampled>,
}

/// Compares the columns of both sides over `pairs`, of which each has its reason. Of
/// each column and reason the first `limit` changes are kept: the first persons of a
/// reason need no more.
pub fn compare(
    before: &dyn Side,
    after: &dyn Side,
    pairs: &[(u32, u32)],
    reasons: &[Reason],
    limit: usize,
) -> Result<Fields, String> {
    let mut names = after.columns();
    for name in before.columns() {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // In waves: a thread that waits for a file's column begins the next one meanwhile, and
    // would have all of them in memory in the end.
    let mut columns: Vec<Column> = Vec::with_capacity(names.len());
    for wave in names.chunks(rayon::current_num_threads().max(1)) {
        let own: Vec<Column> = wave
            .par_iter()
            .map(|name| column(before, after, name.clone(), pairs, reasons, limit))
            .collect::<Result<_, String>>()?;
        columns.extend(own);
    }
    let mut changed = vec![false; pairs.len()];
    let mut values = 0;
    let mut counts = Vec::new();
    let mut samples = Vec::new();
    for column in columns {
        if column.pairs.is_empty() {
            continue;
        }
        values += column.pairs.len() as u64;
        for pair in column.pairs {
            changed[pair as usize] = true;
        }
        samples.push((column.count.field.clone(), column.samples));
        counts.push(column.count);
    }
    counts.sort_by(|a, b| {
        let all = |count: &FieldCount| count.filled + count.emptied + count.replaced;
        all(b).cmp(&all(a)).then_with(|| a.field.cmp(&b.field))
    });
    Ok(Fields {
        changed,
        values,
        counts,
        samples,
    })
}

fn column(
    before: &dyn Side,
    after: &dyn Side,
    name: String,
    pairs: &[(u32, u32)],
    reasons: &[Reason],
    limit: usize,
) -> Result<Column, String> {
    let (old, new) = (before.column(&name)?, after.column(&name)?);
    let mut found = Column {
        count: FieldCount {
            field: name,
            ..FieldCount::default()
        },
        pairs: Vec::new(),
        samples: Vec::new(),
    };
    if old.is_empty() && new.is_empty() {
        return Ok(found);
    }
    let mut kept = [0; Reason::ALL.len()];
    for (pair, &(a, b)) in (0_u32..).zip(pairs) {
        let (a, b) = (old.get(a as usize), new.get(b as usize));
        if a == b {
            continue;
        }
        let count = &mut found.count;
        match (a, b) {
            (None, _) => count.filled += 1,
            (_, None) => count.emptied += 1,
            _ => count.replaced += 1,
        }
        let reason = reasons[pair as usize];
        *count.reasons.entry(reason).or_default() += 1;
        found.pairs.push(pair);
        let kept = &mut kept[usize::from(rank(reason))];
        if *kept < limit {
            *kept += 1;
            found.samples.push(Sampled {
                pair,
                before: a.map(str::to_owned),
                after: b.map(str::to_owned),
            });
        }
    }
    Ok(found)
}
