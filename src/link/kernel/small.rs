//! Taking a small component apart, as [`cluster`](super::cluster) does, without trees and
//! heaps: nearly all components have two to ten records, and there are as many of them as
//! persons. Sums stand in a square, neighbours and `never` are a bit each.
//!
//! It does the same steps in the same order on the same numbers, so that it gives the same
//! clusters to the bit.

use super::cluster::Link;
use super::guards::Guards;

/// Records of a component that bits are enough for.
pub const MOST: usize = 64;

/// What one component after the other is worked out in.
#[derive(Debug, Default)]
pub struct Small {
    n: usize,
    /// By cluster and neighbour: the sum of (weight − uncompared).
    sums: Vec<f64>,
    /// Compared pairs between two clusters when nothing is left to join.
    compared: Vec<u32>,
    near: Vec<u64>,
    never: Vec<u64>,
    /// Larger clusters that it could be joined with.
    joins: Vec<u64>,
    size: Vec<u32>,
    into: Vec<u8>,
}

/// The bits of a mask.
fn bits(mut mask: u64) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        if mask == 0 {
            return None;
        }
        let at = mask.trailing_zeros() as usize;
        mask &= mask - 1;
        Some(at)
    })
}

impl Small {
    /// For each of `records` (sorted, [`MOST`] at most) the smallest member of its cluster,
    /// into `of`. `links` are all between them.
    pub fn settle(
        &mut self,
        records: &[u32],
        links: impl Iterator<Item = Link> + Clone,
        threshold: f64,
        guards: &Guards,
        of: &mut Vec<(u32, u32)>,
    ) {
        self.clear(records.len());
        let at = |record: u32| records.partition_point(|&other| other < record);
        for link in links.clone() {
            let (a, b) = (at(link.left), at(link.right));
            let above = guards.clipped(link.weight) - guards.uncompared;
            for (a, b) in [(a, b), (b, a)] {
                self.sums[a * self.n + b] += above;
                self.near[a] |= 1 << b;
                if f64::from(link.weight) < guards.ruled_out {
                    self.never[a] |= 1 << b;
                }
            }
        }
        self.run(threshold, guards);
        for link in links {
            let (a, b) = (self.root(at(link.left)), self.root(at(link.right)));
            if a != b {
                self.compared[a.min(b) * self.n + a.max(b)] += 1;
            }
        }
        self.join_left_alone(threshold, guards);
        let settled = records.iter().enumerate();
        of.extend(settled.map(|(local, &record)| (record, records[self.root(local)])));
    }

    fn clear(&mut self, n: usize) {
        self.n = n;
        self.sums.clear();
        self.sums.resize(n * n, 0.0);
        self.compared.clear();
        self.compared.resize(n * n, 0);
        for masks in [&mut self.near, &mut self.never, &mut self.joins] {
            masks.clear();
            masks.resize(n, 0);
        }
        self.size.clear();
        self.size.resize(n, 1);
        self.into.clear();
        self.into.extend((0..=u8::MAX).take(n));
    }

    fn root(&self, mut at: usize) -> usize {
        while usize::from(self.into[at]) != at {
            at = self.into[at].into();
        }
        at
    }

    fn average(&self, a: usize, b: usize, guards: &Guards) -> f64 {
        self.sums[a * self.n + b] / (f64::from(self.size[a]) * f64::from(self.size[b]))
            + guards.uncompared
    }

    /// Joins the two clusters with the highest average, the smallest of equals, as long as
    /// one is above the threshold.
    fn run(&mut self, threshold: f64, guards: &Guards) {
        for a in 0..self.n {
            for b in bits(self.near[a] & (u64::MAX << a << 1)) {
                self.look(a, b, threshold, guards);
            }
        }
        loop {
            let mut best: Option<(f64, usize, usize)> = None;
            for a in 0..self.n {
                for b in bits(self.joins[a]) {
                    let average = self.average(a, b, guards);
                    if best.is_none_or(|(least, ..)| average > least) {
                        best = Some((average, a, b));
                    }
                }
            }
            let Some((_, a, b)) = best else { return };
            self.join(a, b);
            for other in bits(self.near[a]) {
                self.look(a.min(other), a.max(other), threshold, guards);
            }
        }
    }

    /// Marks whether `a` and `b`, `a < b`, could be joined.
    fn look(&mut self, a: usize, b: usize, threshold: f64, guards: &Guards) {
        let joins = self.never[a] >> b & 1 == 0 && self.average(a, b, guards) > threshold;
        self.joins[a] = self.joins[a] & !(1 << b) | u64::from(joins) << b;
    }

    /// Joins `b` into `a`, `a < b`.
    fn join(&mut self, a: usize, b: usize) {
        self.joins[a] &= !(1 << b);
        self.joins[b] = 0;
        for other in bits(std::mem::take(&mut self.near[b])) {
            self.near[other] &= !(1 << b);
            self.joins[other] &= !(1 << b);
            if other != a {
                let sum = self.sums[a * self.n + other] + self.sums[b * self.n + other];
                self.sums[a * self.n + other] = sum;
                self.sums[other * self.n + a] = sum;
                self.near[a] |= 1 << other;
                self.near[other] |= 1 << a;
            }
        }
        for other in bits(std::mem::take(&mut self.never[b])) {
            self.never[other] = self.never[other] & !(1 << b) | 1 << a;
            self.never[a] |= 1 << other;
        }
        self.size[a] += self.size[b];
        self.into[b] = u8::try_from(a).unwrap_or(0);
    }

    /// Joins clusters that are a little below the threshold and have no rivals, each at
    /// most once.
    fn join_left_alone(&mut self, threshold: f64, guards: &Guards) {
        let n = self.n;
        let mut odds = [0f64; MOST];
        let mut own: Vec<(usize, usize, f64)> = Vec::new();
        for a in 0..n {
            for b in a + 1..n {
                let count = self.compared[a * n + b];
                if count == 0 || self.never[a] >> b & 1 == 1 {
                    continue;
                }
                let all = self.size[a] * self.size[b];
                let seen =
                    self.sums[a * n + b] / f64::from(count.min(all).max(1)) + guards.uncompared;
                let share = seen.exp2();
                odds[a] += share;
                odds[b] += share;
                own.push((a, b, share));
            }
        }
        let mut joins: Vec<(f64, usize, usize)> = own
            .into_iter()
            .filter_map(|(a, b, share)| {
                let average = self.average(a, b, guards);
                let rivals = (odds[a] + odds[b] - 2.0 * share).max(0.0);
                let left = average - (1.0 + rivals).log2();
                let least = threshold - guards.alone;
                (average > least && left > least).then_some((left, a, b))
            })
            .collect();
        joins.sort_by(|x, y| {
            y.0.total_cmp(&x.0)
                .then_with(|| (x.1, x.2).cmp(&(y.1, y.2)))
        });
        let mut joined = 0u64;
        for (_, a, b) in joins {
            if joined & (1 << a | 1 << b) == 0 {
                joined |= 1 << a | 1 << b;
                self.join(a, b);
            }
        }
    }
}
