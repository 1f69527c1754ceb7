//! What decisions demand, in the numbers of the records that are linked.

use std::collections::BTreeSet;

use super::Bound;
use crate::contact::Records;
use crate::link::features::Features;
use crate::link::kernel::cluster::Constraints;

/// A row's place among the linked records; a held one has none.
fn dense(features: &Features, row: u32) -> Option<u32> {
    let at = features.rows.binary_search(&row).ok()?;
    u32::try_from(at).ok()
}

impl Bound {
    /// The linked records that decisions are about.
    pub(in crate::link) fn linked(&self, features: &Features) -> BTreeSet<u32> {
        let rows = self.groups.iter().flatten();
        rows.filter_map(|&row| dense(features, row)).collect()
    }

    /// Decisions in the records that are linked: who is held or gone is left out, and
    /// ties the others together all the same.
    pub(in crate::link) fn constraints(
        &self,
        features: &Features,
        records: &Records,
    ) -> Constraints {
        let groups: Vec<Vec<u32>> = self
            .groups
            .iter()
            .map(|rows| {
                let linked = rows.iter().filter_map(|&row| dense(features, row));
                linked.collect()
            })
            .collect();
        let first = |group: u32| groups[group as usize].first().copied();
        let clean: Vec<bool> = records.sources.iter().map(|s| s.deduplicated).collect();
        let distinct = if clean.contains(&true) {
            features
                .source
                .iter()
                .map(|&s| if clean[s as usize] { s + 1 } else { 0 })
                .collect()
        } else {
            Vec::new()
        };
        Constraints {
            never: self
                .apart
                .iter()
                .filter_map(|&(a, b)| Some((first(a)?, first(b)?)))
                .collect(),
            always: groups
                .iter()
                .flat_map(|records| records.windows(2).map(|pair| (pair[0], pair[1])))
                .collect(),
            distinct,
        }
    }
}
