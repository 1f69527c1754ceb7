//! An export that was cut: which source lost the largest share of its records.

use crate::contact::Records;

/// Of the sources that the previous run had as well the one that lost the largest
/// share of its records: its name, how many it had and has.
#[must_use]
pub fn most(records: &Records, previous: &serde_json::Value) -> Option<(String, u64, u64)> {
    let mut now = vec![0_u64; records.sources.len()];
    for origin in &records.origin {
        if let Some(count) = now.get_mut(usize::from(origin.source)) {
            *count += 1;
        }
    }
    let before = previous["sources"].as_array()?.iter().filter_map(|source| {
        let name = source["name"].as_str()?;
        let at = records.sources.iter().position(|own| own.name == name)?;
        Some((name, source["records"].as_u64()?, now[at]))
    });
    // Shares by cross-multiplying: a source that grew has lost nothing.
    let lost = |(_, had, has): &(&str, u64, u64)| u128::from(had.saturating_sub(*has));
    before
        .filter(|(_, had, _)| *had > 0)
        .max_by(|a, b| {
            (lost(a) * u128::from(b.1))
                .cmp(&(lost(b) * u128::from(a.1)))
                .then_with(|| b.0.cmp(a.0))
        })
        .map(|(name, had, has)| (name.to_owned(), had, has))
}
