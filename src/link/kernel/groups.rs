//! Records and links by loose component, ready to be taken apart.

use std::collections::{BTreeMap, BTreeSet};

use super::cluster::{Component, Constraints, Link};
use super::guards::Guards;
use super::small;

/// The components of two and more records, in the order of their smallest: records and
/// links one behind the other.
pub struct Groups {
    /// Where the records of each component begin, and the end.
    starts: Vec<u32>,
    /// Sorted in each.
    records: Vec<u32>,
    link_starts: Vec<u32>,
    links: Vec<Link>,
    /// Component → what people decided inside it.
    bound: BTreeMap<usize, Bound>,
    /// Components too large to be compared in full.
    sparse: BTreeSet<usize>,
}

#[derive(Default)]
struct Bound {
    never: Vec<(u32, u32)>,
    always: Vec<(u32, u32)>,
}

impl Groups {
    /// `root`: record → the smallest of its component.
    pub fn of(root: &[u32], links: &[Link]) -> Self {
        debug_assert!(links.is_sorted_by_key(|link| (link.left, link.right)));
        let mut sizes = vec![0u32; root.len()];
        for &root in root {
            sizes[root as usize] += 1;
        }
        // Smallest record → the component's number, from here on.
        let mut group_of = sizes;
        let mut starts = vec![0];
        let mut end = 0;
        for size in &mut group_of {
            if *size > 1 {
                end += *size;
                *size = u32::try_from(starts.len() - 1).unwrap_or(ALONE);
                starts.push(end);
            } else {
                *size = ALONE;
            }
        }
        let mut next = starts.clone();
        let mut records = vec![0; end as usize];
        for (record, &root) in (0u32..).zip(root) {
            let group = group_of[root as usize];
            if group != ALONE {
                let place = &mut next[group as usize];
                records[*place as usize] = record;
                *place += 1;
            }
        }
        let group = |link: &Link| {
            let (a, b) = (root[link.left as usize], root[link.right as usize]);
            (a == b).then(|| group_of[a as usize] as usize)
        };
        let mut link_starts = vec![0u32; starts.len()];
        for group in links.iter().filter_map(group) {
            link_starts[group + 1] += 1;
        }
        for at in 1..link_starts.len() {
            link_starts[at] += link_starts[at - 1];
        }
        let mut next = link_starts.clone();
        let nothing = Link {
            left: 0,
            right: 0,
            weight: 0.0,
        };
        let mut own = vec![nothing; link_starts.last().map_or(0, |end| *end as usize)];
        for link in links {
            if let Some(group) = group(link) {
                own[next[group] as usize] = *link;
                next[group] += 1;
            }
        }
        Self {
            starts,
            records,
            link_starts,
            links: own,
            bound: BTreeMap::new(),
            sparse: BTreeSet::new(),
        }
    }

    pub fn len(&self) -> usize {
        self.starts.len() - 1
    }

    pub fn records(&self, group: usize) -> &[u32] {
        &self.records[self.starts[group] as usize..self.starts[group + 1] as usize]
    }

    pub fn links(&self, group: usize) -> &[Link] {
        &self.links[self.link_starts[group] as usize..self.link_starts[group + 1] as usize]
    }

    /// Takes up what people decided inside of components.
    pub fn bind(&mut self, root: &[u32], constraints: &Constraints) {
        for (pairs, never) in [(&constraints.never, true), (&constraints.always, false)] {
            for &(a, b) in pairs {
                let own = root[a as usize];
                let firsts = &self.starts[..self.starts.len() - 1];
                let group = firsts.partition_point(|&at| self.records[at as usize] < own);
                let is_it = |&at: &u32| self.records[at as usize] == own;
                if own != root[b as usize] || !firsts.get(group).is_some_and(is_it) {
                    continue;
                }
                let bound = self.bound.entry(group).or_default();
                let list = if never {
                    &mut bound.never
                } else {
                    &mut bound.always
                };
                list.push((a, b));
            }
        }
    }

    /// Finds the components that are too large: the smallest first have their pairs.
    pub fn find_sparse(&mut self, guards: &Guards) {
        let size = |group: usize| self.records(group).len();
        let mut large: Vec<usize> = (0..self.len())
            .filter(|&group| size(group) > guards.full as usize)
            .collect();
        large.sort_by_key(|&group| (size(group), group));
        let mut left = usize::try_from(guards.full_pairs).unwrap_or(usize::MAX);
        let mut sparse = BTreeSet::new();
        for group in large {
            let all = size(group) * (size(group) - 1) / 2;
            let pairs = all.saturating_sub(self.links(group).len());
            if pairs > left {
                sparse.insert(group);
                left = 0;
            } else {
                left -= pairs;
            }
        }
        self.sparse = sparse;
    }

    /// Adds the pairs that blocking left out, unless there are too many.
    pub fn missing(&self, group: usize, missing: &mut Vec<(u32, u32)>) {
        let records = self.records(group);
        if records.len() < 3 || self.sparse.contains(&group) {
            return;
        }
        // Both go through the pairs in the same order.
        let mut known = self.links(group).iter().map(|l| (l.left, l.right));
        let mut next = known.next();
        for (at, &a) in records.iter().enumerate() {
            for &b in &records[at + 1..] {
                if next == Some((a, b)) {
                    while next == Some((a, b)) {
                        next = known.next();
                    }
                } else {
                    missing.push((a, b));
                }
            }
        }
    }

    /// Few records, and nothing that a person or a clean source rules.
    pub fn is_free(&self, group: usize, distinct: &[u16]) -> bool {
        let records = self.records(group);
        let ruled = |&record: &u32| distinct.get(record as usize).is_some_and(|own| *own > 0);
        records.len() <= small::MOST
            && !self.bound.contains_key(&group)
            && !records.iter().any(ruled)
    }

    pub fn component(&self, group: usize, links: Vec<Link>) -> Component<'_> {
        let bound = self.bound.get(&group);
        Component {
            records: self.records(group),
            links,
            never: bound.map_or(&[], |bound| &bound.never),
            always: bound.map_or(&[], |bound| &bound.always),
        }
    }
}

/// No component of two and more.
const ALONE: u32 = u32::MAX;
