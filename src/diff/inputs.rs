//! Which fields of a record's input are others than before.
//!
//! In: rows of both runs whose content is known to have changed. Out: the names of the
//! fields and extra columns whose values, as they were linked, differ. Both runs kept
//! them in `records.parquet`: nothing more has to be written, and only the rows of the
//! records that are told are read.

use std::collections::BTreeMap;

use super::sides::{Side, Values};

/// Records that are compared at once: all of them may be asked for.
const AT_ONCE: usize = 4096;

/// By row of the later run the fields that differ, in the order of their names; none
/// where it is written differently and means the same. None at all when a run kept no
/// values. `pairs` are rows of the earlier and the later run.
///
/// # Errors
/// What is wrong with a file of a run, in words.
pub fn changed_fields(
    before: &dyn Side,
    after: &dyn Side,
    pairs: &[(u32, u32)],
) -> Result<Option<BTreeMap<u32, Vec<String>>>, String> {
    let mut fields = BTreeMap::new();
    for pairs in pairs.chunks(AT_ONCE) {
        let old = by_row(before, pairs.iter().map(|pair| pair.0).collect())?;
        let new = by_row(after, pairs.iter().map(|pair| pair.1).collect())?;
        let (Some(old), Some(new)) = (old, new) else {
            return Ok(None);
        };
        for (earlier, later) in pairs {
            if let (Some(old), Some(new)) = (old.get(earlier), new.get(later)) {
                fields.insert(*later, differing(old, new));
            }
        }
    }
    Ok(Some(fields))
}

fn by_row(side: &dyn Side, mut rows: Vec<u32>) -> Result<Option<BTreeMap<u32, Values>>, String> {
    rows.sort_unstable();
    rows.dedup();
    let values = side.values(&rows)?;
    Ok(values.map(|values| rows.into_iter().zip(values).collect()))
}

fn differing(old: &Values, new: &Values) -> Vec<String> {
    let mut names: Vec<&String> = old
        .iter()
        .filter(|(name, value)| new.get(*name) != Some(value))
        .map(|(name, _)| name)
        .chain(new.keys().filter(|name| !old.contains_key(*name)))
        .collect();
    names.sort();
    names.into_iter().cloned().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn filled_emptied_and_replaced_fields_are_named() {
        let values = |list: &[(&str, &str)]| -> Values {
            list.iter()
                .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
                .collect()
        };
        let old = values(&[("email", "a@x.org"), ("phone", "1"), ("city", "Rome")]);
        let new = values(&[("email", "a@x.org"), ("phone", "2"), ("crm:Tier", "gold")]);
        assert_eq!(differing(&old, &new), ["city", "crm:Tier", "phone"]);
        assert!(differing(&old, &old).is_empty());
    }
}
