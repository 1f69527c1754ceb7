//! Clusters by greedy average linkage over all cross pairs.
//!
//! Starting with every record alone, the two clusters with the highest average
//! weight over *all* their cross pairs are joined, as long as that average is
//! above the threshold. A pair that was not compared counts as mildly against. So
//! a chain over one weak link never holds two persons together, while a work and
//! a private record with nothing in common are joined through a third that knows
//! both. (Correlation clustering after Bansal, Blum and Chawla 2004, greedy.)
//!
//! A pair's weight is that of all pairs that look like it, and most of those have
//! found somebody nearer. So when all is joined, two clusters that are left with only
//! each other are one person more often than their average says. A person is in one
//! cluster only: rivals share the odds. Two clusters without a rival worth the name
//! are joined from one bit lower on; where everybody is called alike, nobody is.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use rayon::prelude::*;

use super::groups::Groups;
use super::guards::Guards;
use super::small::Small;

/// A weighted pair, `left < right`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Link {
    pub left: u32,
    pub right: u32,
    pub weight: f32,
}

/// Hard constraints on the clusters.
#[derive(Clone, Debug, Default)]
pub struct Constraints {
    /// Pairs that must not be in one cluster.
    pub never: Vec<(u32, u32)>,
    /// Pairs that must be; these come before `never`, and before `distinct`.
    pub always: Vec<(u32, u32)>,
    /// For each record: the group in which no two records are one person (0: none).
    pub distinct: Vec<u16>,
}

/// The clusters of `n` records: for each its smallest member. `weigh` compares a
/// pair that blocking did not bring; `links` are sorted by (left, right).
pub fn cluster(
    n: u32,
    links: &[Link],
    constraints: &Constraints,
    threshold: f32,
    guards: &Guards,
    weigh: impl Fn(&[(u32, u32)]) -> Vec<f32> + Sync,
) -> (Vec<u32>, Vec<Link>) {
    let root = components(n, links, constraints, guards);
    let mut groups = Groups::of(&root, links);
    groups.bind(&root, constraints);
    groups.find_sparse(guards);
    let groups = &groups;
    let done: Vec<Settled> = (0..groups.len().div_ceil(TOGETHER))
        .into_par_iter()
        // A few components are large: nobody is to be left with a long row of chunks.
        .with_max_len(4)
        .map_init(Small::default, |small, chunk| {
            let own = chunk * TOGETHER..((chunk + 1) * TOGETHER).min(groups.len());
            let (mut missing, mut ends) = (Vec::new(), Vec::new());
            for group in own.clone() {
                groups.missing(group, &mut missing);
                ends.push(missing.len());
            }
            let extra: Vec<Link> = missing
                .iter()
                .zip(weigh(&missing))
                .map(|(&(left, right), weight)| Link {
                    left,
                    right,
                    weight,
                })
                .collect();
            let (mut of, mut start) = (Vec::new(), 0);
            for (group, end) in own.zip(ends) {
                let added = &extra[start..end];
                start = end;
                let links = groups.links(group).iter().chain(added).copied();
                if groups.is_free(group, &constraints.distinct) {
                    let records = groups.records(group);
                    small.settle(records, links, f64::from(threshold), guards, &mut of);
                } else {
                    let component = groups.component(group, links.collect());
                    of.extend(component.link(threshold, &constraints.distinct, guards));
                }
            }
            (of, extra)
        })
        .collect();
    let mut of: Vec<u32> = (0..n).collect();
    let mut extra = Vec::new();
    for (assigned, links) in done {
        for (record, root) in assigned {
            of[record as usize] = root;
        }
        extra.extend(links);
    }
    (of, extra)
}

/// Components after clustering: (record, its cluster), and the links that were added.
type Settled = (Vec<(u32, u32)>, Vec<Link>);

/// Components that a thread takes up at a time.
const TOGETHER: usize = 256;

/// For each record its loose component: what links above [`Guards::loose`] and `always`
/// hold together.
#[must_use]
pub fn components(n: u32, links: &[Link], constraints: &Constraints, guards: &Guards) -> Vec<u32> {
    let mut sets = Sets::new(n);
    for link in links.iter().filter(|l| f64::from(l.weight) > guards.loose) {
        sets.union(link.left, link.right);
    }
    for &(a, b) in &constraints.always {
        sets.union(a, b);
    }
    (0..n).map(|record| sets.find(record)).collect()
}

/// Records that weak links hold together, to be taken apart.
pub(super) struct Component<'a> {
    /// Sorted.
    pub records: &'a [u32],
    pub links: Vec<Link>,
    pub never: &'a [(u32, u32)],
    pub always: &'a [(u32, u32)],
}

/// The best partner of a cluster; the heap gives the best of all first.
#[derive(PartialEq)]
struct Join {
    average: f64,
    /// Names of both clusters, the smaller first.
    names: (u32, u32),
    /// Whose best it is, and with whom.
    own: u32,
    other: u32,
    /// Ages of both when this was pushed.
    age: (u32, u32),
}

impl Eq for Join {}
impl PartialOrd for Join {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Join {
    fn cmp(&self, other: &Self) -> Ordering {
        self.average
            .total_cmp(&other.average)
            .then_with(|| other.names.cmp(&self.names))
            .then_with(|| (self.own, self.age).cmp(&(other.own, other.age)))
    }
}

impl Component<'_> {
    /// (record, smallest member of its cluster).
    fn link(&self, threshold: f32, distinct: &[u16], guards: &Guards) -> Vec<(u32, u32)> {
        let index: BTreeMap<u32, u32> = (0u32..)
            .zip(self.records)
            .map(|(at, &record)| (record, at))
            .collect();
        let at = |record: u32| index[&record];
        let mut work = Work::new(self.records.len(), *guards);
        for link in &self.links {
            let (a, b) = (at(link.left), at(link.right));
            let above = guards.clipped(link.weight) - guards.uncompared;
            *work.near[a as usize].entry(b).or_default() += above;
            *work.near[b as usize].entry(a).or_default() += above;
        }
        for &(a, b) in self.never {
            let (a, b) = (at(a), at(b));
            work.never[a as usize].insert(b);
            work.never[b as usize].insert(a);
        }
        for (local, &record) in self.records.iter().enumerate() {
            let group = distinct.get(record as usize).copied().unwrap_or(0);
            if group > 0 {
                work.distinct[local].insert(group);
            }
        }
        for &(a, b) in self.always {
            let (a, b) = (work.root(at(a)), work.root(at(b)));
            // Who says so knows better than what a source is said to be.
            if a != b && !work.never[a as usize].contains(&b) {
                work.join(a, b, true);
            }
        }
        // After `always`: what a person has decided stands.
        let ruled_out = |link: &&Link| f64::from(link.weight) < guards.ruled_out;
        for link in self.links.iter().filter(ruled_out) {
            let (a, b) = (work.root(at(link.left)), work.root(at(link.right)));
            if a != b {
                work.never[a as usize].insert(b);
                work.never[b as usize].insert(a);
            }
        }
        work.run(f64::from(threshold));
        let mut compared: BTreeMap<(u32, u32), u32> = BTreeMap::new();
        for link in &self.links {
            let (a, b) = (work.name(at(link.left)), work.name(at(link.right)));
            if a != b {
                *compared.entry((a.min(b), a.max(b))).or_default() += 1;
            }
        }
        work.join_left_alone(&compared, f64::from(threshold));
        (0u32..)
            .zip(self.records)
            .map(|(local, &record)| (record, self.records[work.name(local) as usize]))
            .collect()
    }
}

/// Clusters while they grow. A cluster keeps the place of its part with more neighbours,
/// so that few of them need to be told; its name is its smallest member.
struct Work {
    /// Cluster → the sum of (weight − uncompared) with each neighbour.
    near: Vec<BTreeMap<u32, f64>>,
    never: Vec<BTreeSet<u32>>,
    distinct: Vec<BTreeSet<u16>>,
    size: Vec<u32>,
    age: Vec<u32>,
    into: Vec<u32>,
    names: Vec<u32>,
    guards: Guards,
}

impl Work {
    fn new(n: usize, guards: Guards) -> Self {
        Self {
            guards,
            near: vec![BTreeMap::new(); n],
            never: vec![BTreeSet::new(); n],
            distinct: vec![BTreeSet::new(); n],
            size: vec![1; n],
            age: vec![0; n],
            into: (0u32..).take(n).collect(),
            names: (0u32..).take(n).collect(),
        }
    }

    fn root(&self, mut at: u32) -> u32 {
        while self.into[at as usize] != at {
            at = self.into[at as usize];
        }
        at
    }

    fn name(&self, at: u32) -> u32 {
        self.names[self.root(at) as usize]
    }

    fn forbidden(&self, a: u32, b: u32) -> bool {
        self.never[a as usize].contains(&b)
            || !self.distinct[a as usize].is_disjoint(&self.distinct[b as usize])
    }

    fn average(&self, a: u32, b: u32, sum: f64) -> f64 {
        sum / (f64::from(self.size[a as usize]) * f64::from(self.size[b as usize]))
            + self.guards.uncompared
    }

    fn run(&mut self, threshold: f64) {
        let mut heap = BinaryHeap::new();
        for own in (0u32..).take(self.near.len()) {
            if self.into[own as usize] == own {
                heap.extend(self.best(own, threshold));
            }
        }
        // The best pair of all is the best of both its clusters, and of one of them since
        // it last changed: whoever changes looks anew, and so does whoever's best has.
        while let Some(best) = heap.pop() {
            let (own, other) = (best.own, best.other);
            let is_now =
                |at: u32, age: u32| self.into[at as usize] == at && self.age[at as usize] == age;
            if !is_now(own, best.age.0) {
                continue;
            }
            let changed = if is_now(other, best.age.1) {
                self.join(own, other, false)
            } else {
                own
            };
            heap.extend(self.best(changed, threshold));
        }
    }

    /// The cluster to join `own` with first, if there is one above the threshold.
    fn best(&self, own: u32, threshold: f64) -> Option<Join> {
        let name = self.names[own as usize];
        let joins = self.near[own as usize].iter().filter_map(|(&other, &sum)| {
            let average = self.average(own, other, sum);
            let names = self.names[other as usize];
            (average > threshold && !self.forbidden(own, other)).then(|| Join {
                average,
                names: (name.min(names), name.max(names)),
                own,
                other,
                age: (self.age[own as usize], self.age[other as usize]),
            })
        });
        joins.max()
    }

    /// Joins clusters that are a little below the threshold and have no rivals, each at
    /// most once. `compared`: how many pairs between two clusters were compared.
    fn join_left_alone(&mut self, compared: &BTreeMap<(u32, u32), u32>, threshold: f64) {
        let sum = |a: u32, b: u32| self.near[a as usize].get(&b).copied().unwrap_or(0.0);
        let places = |a: u32, b: u32| (self.root(a), self.root(b));
        // A rival is judged by what was compared alone: to be overheard is no acquittal.
        let mut odds = vec![0f64; self.near.len()];
        let mut own: Vec<(u32, u32, f64)> = Vec::new();
        for (&names, &count) in compared {
            let (a, b) = places(names.0, names.1);
            if self.forbidden(a, b) {
                continue;
            }
            let all = self.size[a as usize].saturating_mul(self.size[b as usize]);
            let seen = sum(a, b) / f64::from(count.min(all).max(1)) + self.guards.uncompared;
            let share = seen.exp2();
            odds[names.0 as usize] += share;
            odds[names.1 as usize] += share;
            own.push((names.0, names.1, share));
        }
        let mut joins: Vec<(f64, u32, u32)> = own
            .into_iter()
            .filter_map(|(a, b, share)| {
                let rivals = (odds[a as usize] + odds[b as usize] - 2.0 * share).max(0.0);
                let (own, other) = places(a, b);
                let average = self.average(own, other, sum(own, other));
                let left = average - (1.0 + rivals).log2();
                let least = threshold - self.guards.alone;
                (average > least && left > least).then_some((left, a, b))
            })
            .collect();
        joins.sort_by(|x, y| {
            y.0.total_cmp(&x.0)
                .then_with(|| (x.1, x.2).cmp(&(y.1, y.2)))
        });
        let mut joined: BTreeSet<u32> = BTreeSet::new();
        for (_, a, b) in joins {
            if joined.contains(&a) || joined.contains(&b) {
                continue;
            }
            joined.extend([a, b]);
            self.join(self.root(a), self.root(b), false);
        }
    }

    /// Joins two clusters; the place of the one that they now are. `as_one` (an `always`):
    /// both are from now on one record, which is as near to a third as the nearer of them
    /// was.
    fn join(&mut self, a: u32, b: u32, as_one: bool) -> u32 {
        let neighbours = |at: u32| self.near[at as usize].len();
        let (a, b) = if neighbours(a) < neighbours(b) {
            (b, a)
        } else {
            (a, b)
        };
        let others = std::mem::take(&mut self.near[b as usize]);
        for (other, sum) in others {
            self.near[other as usize].remove(&b);
            if other != a {
                let own =
                    self.near[a as usize]
                        .entry(other)
                        .or_insert(if as_one { sum } else { 0.0 });
                *own = if as_one { own.max(sum) } else { *own + sum };
                let own = *own;
                self.near[other as usize].insert(a, own);
            }
        }
        let never = std::mem::take(&mut self.never[b as usize]);
        for other in never {
            self.never[other as usize].remove(&b);
            self.never[other as usize].insert(a);
            self.never[a as usize].insert(other);
        }
        let distinct = std::mem::take(&mut self.distinct[b as usize]);
        self.distinct[a as usize].extend(distinct);
        if !as_one {
            self.size[a as usize] += self.size[b as usize];
        }
        self.age[a as usize] += 1;
        self.age[b as usize] += 1;
        self.into[b as usize] = a;
        self.names[a as usize] = self.names[a as usize].min(self.names[b as usize]);
        a
    }
}

/// Union-find whose roots are the smallest members.
struct Sets {
    parent: Vec<u32>,
}

impl Sets {
    fn new(n: u32) -> Self {
        Self {
            parent: (0..n).collect(),
        }
    }

    fn find(&mut self, mut at: u32) -> u32 {
        while self.parent[at as usize] != at {
            let up = self.parent[self.parent[at as usize] as usize];
            self.parent[at as usize] = up;
            at = up;
        }
        at
    }

    fn union(&mut self, a: u32, b: u32) {
        let (a, b) = (self.find(a), self.find(b));
        self.parent[a.max(b) as usize] = a.min(b);
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

    fn run(n: u32, links: &[Link], constraints: &Constraints) -> Vec<u32> {
        cluster(n, links, constraints, 0.0, &Guards::usual(), |pairs| {
            vec![-8.0; pairs.len()]
        })
        .0
    }

    #[test]
    fn a_third_record_joins_two_that_share_nothing() {
        let links = [link(0, 1, 10.0), link(0, 2, -5.0), link(1, 2, 10.0)];
        assert_eq!(run(3, &links, &Constraints::default()), [0, 0, 0]);
    }

    #[test]
    fn a_pair_that_is_ruled_out_is_not_joined_by_its_neighbours_but_by_a_person() {
        // Two records of the father, one of the son, who is like the father's second.
        let links = [link(0, 1, 12.0), link(0, 2, -70.0), link(1, 2, 12.0)];
        let mut constraints = Constraints::default();
        assert_eq!(run(3, &links, &constraints), [0, 0, 2]);
        constraints.always = vec![(0, 2)];
        assert_eq!(run(3, &links, &constraints), [0, 0, 0]);
    }

    #[test]
    fn a_chain_over_a_switchboard_does_not_hold() {
        let links = [link(0, 1, 9.0), link(1, 2, 1.0), link(2, 3, 9.0)];
        assert_eq!(run(4, &links, &Constraints::default()), [0, 0, 2, 2]);
    }

    #[test]
    fn two_that_are_left_with_only_each_other_are_joined_from_a_bit_lower_on() {
        let none = Constraints::default();
        assert_eq!(run(2, &[link(0, 1, -0.8)], &none), [0, 0]);
        assert_eq!(run(2, &[link(0, 1, -1.2)], &none), [0, 1]);
        // A rival takes its share; two of the same name are nobody.
        let links = [link(0, 1, -0.8), link(0, 2, -0.8), link(1, 2, -0.8)];
        assert_eq!(run(3, &links, &none), [0, 1, 2]);
        let links = [link(0, 1, -0.8), link(0, 2, -3.9), link(1, 2, -9.0)];
        assert_eq!(run(3, &links, &none), [0, 0, 2]);
        // Who may not be is no rival, and not joined.
        let constraints = Constraints {
            never: vec![(0, 2)],
            ..Constraints::default()
        };
        let links = [link(0, 1, -0.8), link(0, 2, -0.1), link(1, 2, -9.0)];
        assert_eq!(run(3, &links, &constraints), [0, 0, 2]);
        // A careful team's threshold moves along.
        let careful = |weight, guards: &Guards| {
            cluster(2, &[link(0, 1, weight)], &none, 4.0, guards, |_| Vec::new()).0
        };
        let own = Guards::usual();
        assert_eq!(
            (careful(2.9, &own), careful(3.1, &own)),
            (vec![0, 1], vec![0, 0])
        );
        // So does a plan's own guard.
        let never = Guards { alone: 0.0, ..own };
        assert_eq!(
            (careful(3.1, &never), careful(4.1, &never)),
            (vec![0, 1], vec![0, 0])
        );
    }

    #[test]
    fn never_and_always_are_hard() {
        let links = [link(0, 1, 12.0), link(0, 2, 12.0), link(1, 2, 12.0)];
        let constraints = Constraints {
            never: vec![(0, 2)],
            ..Constraints::default()
        };
        let of = run(3, &links, &constraints);
        assert_ne!(of[0], of[2]);
        let constraints = Constraints {
            always: vec![(0, 2)],
            ..Constraints::default()
        };
        assert_eq!(run(3, &[link(0, 2, -12.0)], &constraints), [0, 1, 0]);
    }

    #[test]
    fn components_of_any_kind_are_taken_apart_alike() {
        // A group of its own for each record forbids nothing, but is more than bits hold.
        let n = 48_u32;
        let trees = Constraints {
            distinct: (1..).take(n as usize).collect(),
            ..Constraints::default()
        };
        let mut seed = 1_u64;
        let mut next = |below: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            (seed >> 33) % below
        };
        let mut joined = 0;
        for round in 0..60 {
            let mut links = Vec::new();
            for left in 0..n {
                for right in left + 1..n {
                    // Some few weights, so that many averages are equal.
                    if next(4 + round % 8) == 0 {
                        let weight = [-60.0, -9.0, -3.0, -0.5, 0.5, 2.0, 7.0][next(7) as usize];
                        links.push(link(left, right, weight));
                    }
                }
            }
            let bits = run(n, &links, &Constraints::default());
            assert_eq!(bits, run(n, &links, &trees), "round {round}");
            joined += (0..).zip(&bits).filter(|(at, of)| at != *of).count();
        }
        assert!(joined > 600, "{joined}");
    }

    #[test]
    fn an_always_takes_the_twin_along() {
        let links = [link(0, 1, -12.0), link(0, 2, 12.0), link(1, 2, -12.0)];
        let constraints = Constraints {
            always: vec![(0, 1)],
            ..Constraints::default()
        };
        assert_eq!(run(3, &links, &constraints), [0, 0, 0]);
    }

    #[test]
    fn records_of_a_clean_source_stay_apart() {
        let links = [link(0, 1, 12.0), link(0, 2, 12.0), link(1, 2, 12.0)];
        let constraints = Constraints {
            distinct: vec![1, 0, 1],
            ..Constraints::default()
        };
        let of = run(3, &links, &constraints);
        assert_ne!(of[0], of[2]);
        assert!(of[1] == of[0] || of[1] == of[2]);
        // A decision is stronger.
        let constraints = Constraints {
            always: vec![(0, 2)],
            ..constraints
        };
        assert_eq!(run(3, &links[..0], &constraints), [0, 1, 0]);
    }
}
