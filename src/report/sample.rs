//! The groups and pairs that the report shows, taken while linking can still be asked.
//!
//! Of a million records a page can show a handful. In: the linking and its outcome. Out:
//! the largest groups, the most doubtful ones and the closest calls that were kept apart,
//! each with the pair that it hangs on and that pair's evidence. Bounded, and the same
//! for any order of rows.

use hashbrown::HashMap;

use crate::link::compare::names::NameComparer;
use crate::link::kernel::cluster::Link;
use crate::link::score::{Evidence, probability};
use crate::link::{Linked, LinkedPair, Linking, judge};

type Fixed = foldhash::fast::FixedState;

const LARGEST: usize = 6;
const DOUBTFUL: usize = 12;
const APART: usize = 8;
/// A group of this few records is not shown for being large.
const LARGE: u32 = 3;
/// A group that is surer than this is not shown for being doubtful.
const SURE: f32 = 0.99;

/// What the report shows of linking.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    /// The largest first.
    pub largest: Vec<Group>,
    /// The least sure first.
    pub doubtful: Vec<Group>,
    /// Pairs in the review band that are two persons, the most alike first.
    pub apart: Vec<Pair>,
}

/// A cluster.
#[derive(Clone, Debug, Default)]
pub struct Group {
    /// Rows of its records, ascending.
    pub rows: Vec<u32>,
    /// The lowest match probability of its records.
    pub probability: f32,
    /// The weakest link of the strongest tree that holds it together.
    pub hangs_on: Option<Pair>,
    /// The pair that looks least like one person, where that is not the same.
    pub least_alike: Option<Pair>,
}

/// A pair, piece by piece.
#[derive(Clone, Debug, Default)]
pub struct Pair {
    /// Rows; `left < right`.
    pub left: u32,
    pub right: u32,
    pub weight: f32,
    pub probability: f32,
    /// The prior first; the bits add up to the weight.
    pub evidence: Vec<Evidence>,
    /// Decided to be one, by a person or by a system's own history.
    pub decided: bool,
}

/// Picks what the report shows.
#[must_use]
pub fn take(linked: &Linked, linking: &Linking) -> Samples {
    let ties = Ties::of(linking);
    let (largest, doubtful) = pick(linked, &ties);
    let mut wanted: HashMap<u32, Vec<u32>, Fixed> = HashMap::default();
    for &root in largest.iter().chain(&doubtful) {
        wanted.insert(root, Vec::new());
    }
    for (row, root) in (0_u32..).zip(&linked.cluster) {
        if let Some(rows) = wanted.get_mut(root) {
            rows.push(row);
        }
    }
    let mut links: HashMap<u32, Vec<Link>, Fixed> = HashMap::default();
    let rows = &linking.features.rows;
    for link in &linking.links {
        let [left, right] = [link.left, link.right].map(|at| rows[at as usize]);
        let root = linked.cluster[left as usize];
        if root == linked.cluster[right as usize] && wanted.contains_key(&root) {
            links.entry(root).or_default().push(*link);
        }
    }
    let group = |root: &u32| {
        let links = links.get(root).map_or(&[][..], Vec::as_slice);
        let hangs_on = weakest(links);
        let least_alike = links
            .iter()
            .min_by(|a, b| a.weight.total_cmp(&b.weight))
            .filter(|link| Some(**link) != hangs_on && link.weight < 0.0);
        Group {
            rows: wanted.get(root).cloned().unwrap_or_default(),
            probability: least(linked, wanted.get(root).map_or(&[], Vec::as_slice)),
            hangs_on: hangs_on.map(|link| pair(link, linking, &ties)),
            least_alike: least_alike.map(|link| pair(*link, linking, &ties)),
        }
    };
    Samples {
        largest: largest.iter().map(group).collect(),
        doubtful: doubtful.iter().map(group).collect(),
        apart: apart(linked)
            .into_iter()
            .filter_map(|found| {
                let dense = |row: u32| {
                    let at = rows.binary_search(&row).ok()?;
                    u32::try_from(at).ok()
                };
                let link = Link {
                    left: dense(found.left)?,
                    right: dense(found.right)?,
                    weight: found.match_weight,
                };
                Some(pair(link, linking, &ties))
            })
            .collect(),
    }
}

/// What was decided to be one: for each record its first tie.
#[derive(Default)]
struct Ties(HashMap<u32, u32, Fixed>);

impl Ties {
    /// By row.
    fn of(linking: &Linking) -> Self {
        let mut parent = HashMap::default();
        for &(a, b) in &linking.constraints.always {
            let ends = [a, b].map(|at| find(&mut parent, linking.features.rows[at as usize]));
            let [a, b] = ends;
            if a != b {
                parent.insert(a.max(b), a.min(b));
            }
        }
        let rows: Vec<u32> = parent.keys().chain(parent.values()).copied().collect();
        Self(
            rows.into_iter()
                .map(|row| (row, find(&mut parent, row)))
                .collect(),
        )
    }

    fn are_one(&self, a: u32, b: u32) -> bool {
        let [a, b] = [a, b].map(|row| self.0.get(&row));
        a.is_some() && a == b
    }
}

/// The clusters, by their smallest row, that are largest, and those that are least sure
/// without anybody having decided about them.
fn pick(linked: &Linked, ties: &Ties) -> (Vec<u32>, Vec<u32>) {
    let mut sizes = vec![0_u32; linked.cluster.len()];
    let mut sure = vec![1_f32; linked.cluster.len()];
    for (row, &root) in linked.cluster.iter().enumerate() {
        let root = root as usize;
        sizes[root] += 1;
        sure[root] = sure[root].min(linked.probability[row]);
    }
    let mut large: Vec<u32> = (0_u32..)
        .zip(&sizes)
        .filter(|(_, size)| **size >= LARGE)
        .map(|(root, _)| root)
        .collect();
    keep_first(&mut large, LARGEST, |root| {
        (std::cmp::Reverse(sizes[root as usize]), 0)
    });
    for &row in ties.0.keys() {
        if let Some(&root) = linked.cluster.get(row as usize) {
            sure[root as usize] = 1.0;
        }
    }
    let mut doubtful: Vec<u32> = (0_u32..)
        .zip(sizes.iter().zip(&sure))
        .filter(|(_, (size, sure))| **size > 1 && **sure < SURE)
        .map(|(root, _)| root)
        .collect();
    // Probabilities are not negative: their bits are in their order.
    keep_first(&mut doubtful, DOUBTFUL, |root| {
        (std::cmp::Reverse(0), sure[root as usize].to_bits())
    });
    (large, doubtful)
}

/// The first `count` by key, then by number.
fn keep_first(
    roots: &mut Vec<u32>,
    count: usize,
    key: impl Fn(u32) -> (std::cmp::Reverse<u32>, u32),
) {
    let by = |root: &u32| (key(*root), *root);
    if roots.len() > count {
        roots.select_nth_unstable_by_key(count, by);
        roots.truncate(count);
    }
    roots.sort_unstable_by_key(by);
}

fn least(linked: &Linked, rows: &[u32]) -> f32 {
    rows.iter()
        .map(|&row| linked.probability[row as usize])
        .fold(1.0, f32::min)
}

/// The pairs kept apart that were closest to being merged.
fn apart(linked: &Linked) -> Vec<&LinkedPair> {
    let mut pairs: Vec<&LinkedPair> = linked
        .pairs
        .iter()
        .filter(|pair| linked.cluster[pair.left as usize] != linked.cluster[pair.right as usize])
        .collect();
    let by = |pair: &&LinkedPair| {
        let doubt = (pair.match_probability - 0.5).abs();
        (doubt.to_bits(), pair.left, pair.right)
    };
    if pairs.len() > APART {
        pairs.select_nth_unstable_by_key(APART, by);
        pairs.truncate(APART);
    }
    pairs.sort_unstable_by_key(by);
    pairs
}

/// The weakest link of the maximum spanning tree (Kruskal 1956).
fn weakest(links: &[Link]) -> Option<Link> {
    let mut links = links.to_vec();
    links.sort_by(|a, b| {
        b.weight
            .total_cmp(&a.weight)
            .then_with(|| (a.left, a.right).cmp(&(b.left, b.right)))
    });
    let mut parent: HashMap<u32, u32, Fixed> = HashMap::default();
    let mut last = None;
    for link in links {
        let [a, b] = [link.left, link.right].map(|at| find(&mut parent, at));
        if a != b {
            parent.insert(a, b);
            last = Some(link);
        }
    }
    last
}

fn find(parent: &mut HashMap<u32, u32, Fixed>, mut at: u32) -> u32 {
    while let Some(&above) = parent.get(&at) {
        if let Some(&next) = parent.get(&above) {
            parent.insert(at, next);
        }
        at = above;
    }
    at
}

fn pair(link: Link, linking: &Linking, ties: &Ties) -> Pair {
    let (features, judge) = (&linking.features, &linking.judge);
    let mut names = NameComparer::small(features);
    let compared = judge::compare(features, link.left, link.right, &mut names);
    let [left, right] = [link.left, link.right].map(|at| features.rows[at as usize]);
    Pair {
        left,
        right,
        weight: link.weight,
        probability: probability(link.weight),
        evidence: judge.evidence(features, link.left, link.right, &compared),
        decided: ties.are_one(left, right),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(left: u32, right: u32, weight: f32) -> Link {
        Link {
            left,
            right,
            weight,
        }
    }

    #[test]
    fn a_group_hangs_on_the_weakest_link_that_nothing_stronger_goes_round() {
        let links = [
            link(0, 1, 9.0),
            link(0, 2, 1.0),
            link(1, 2, 4.0),
            link(2, 3, 6.0),
        ];
        assert_eq!(weakest(&links), Some(link(1, 2, 4.0)));
        assert_eq!(weakest(&[]), None);
    }

    #[test]
    fn the_largest_and_the_least_sure_are_picked() {
        let linked = Linked {
            cluster: vec![0, 0, 0, 3, 3, 5],
            probability: vec![1.0, 1.0, 0.999, 0.7, 0.6, 1.0],
            ..Linked::default()
        };
        let mut ties = Ties::default();
        assert_eq!(pick(&linked, &ties), (vec![0], vec![3]));
        // Whom a person has decided about is no doubtful case any more.
        ties.0.extend([(3, 3), (4, 3)]);
        assert!(ties.are_one(3, 4) && !ties.are_one(0, 1));
        assert_eq!(pick(&linked, &ties), (vec![0], vec![]));
    }
}
