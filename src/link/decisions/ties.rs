//! What ties and bans between things say together: groups, and contradictions with the
//! shortest chain that shows them.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use hashbrown::HashMap;

use super::{Decision, Verdict};
use crate::contact::Diagnostic;
use crate::contact::diagnostic::{Mark, shown};

/// A verdict on two things, by their numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tie {
    pub verdict: Verdict,
    pub a: u32,
    pub b: u32,
}

impl Tie {
    #[must_use]
    pub const fn new(verdict: Verdict, a: u32, b: u32) -> Self {
        Self { verdict, a, b }
    }

    const fn other(&self, end: u32) -> u32 {
        if self.a == end { self.b } else { self.a }
    }
}

/// A `never` between two things that a chain of `always` makes one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contradiction {
    /// Place of the `never` in the list.
    pub never: usize,
    /// Places of the `always`, in the order from one end of the `never` to the other: no
    /// shorter chain says the same. Empty when the `never` is about one thing.
    pub always: Vec<usize>,
}

/// All contradictions of a list, in the order of their `never`.
#[must_use]
pub fn contradictions(ties: &[Tie]) -> Vec<Contradiction> {
    let mut from: HashMap<u32, Vec<usize>> = HashMap::new();
    let mut groups = Groups::default();
    for (at, tie) in ties.iter().enumerate() {
        if tie.verdict == Verdict::Always {
            from.entry(tie.a).or_default().push(at);
            from.entry(tie.b).or_default().push(at);
            groups.tie(tie.a, tie.b);
        }
    }
    ties.iter()
        .enumerate()
        .filter(|(_, tie)| tie.verdict == Verdict::Never)
        .filter(|(_, tie)| groups.root(tie.a) == groups.root(tie.b))
        .map(|(never, tie)| Contradiction {
            never,
            always: chain(ties, &from, tie.a, tie.b),
        })
        .collect()
}

/// The shortest chain of ties from `start` to `end`, breadth first; of equal ones that
/// whose lines come first.
fn chain(ties: &[Tie], from: &HashMap<u32, Vec<usize>>, start: u32, end: u32) -> Vec<usize> {
    let mut came: HashMap<u32, usize> = HashMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        if node == end {
            break;
        }
        for &at in from.get(&node).into_iter().flatten() {
            let other = ties[at].other(node);
            if other != start && !came.contains_key(&other) {
                came.insert(other, at);
                queue.push_back(other);
            }
        }
    }
    let mut chain = Vec::new();
    let mut node = end;
    while node != start {
        let Some(&at) = came.get(&node) else { break };
        chain.push(at);
        node = ties[at].other(node);
    }
    chain.reverse();
    chain
}

/// What verdicts say of any two things, directly or through a chain.
pub fn says(ties: &[Tie]) -> impl Fn(u32, u32) -> Option<Verdict> {
    let mut groups = Groups::default();
    for tie in ties.iter().filter(|tie| tie.verdict == Verdict::Always) {
        groups.tie(tie.a, tie.b);
    }
    for tie in ties.iter().filter(|tie| tie.verdict == Verdict::Never) {
        groups.forbid(tie.a, tie.b);
    }
    move |a, b| {
        let (a, b) = (groups.root(a), groups.root(b));
        if a == b {
            return Some(Verdict::Always);
        }
        let apart = groups.apart.get(&a).is_some_and(|ban| ban.contains(&b));
        apart.then_some(Verdict::Never)
    }
}

/// Contradictions between decisions, in words, with all their lines marked; the line
/// that was written last is the one that is pointed at.
#[must_use]
pub fn told(ties: &[Tie], decisions: &[Decision]) -> Vec<Diagnostic> {
    contradictions(ties)
        .iter()
        .map(|found| {
            let never = &decisions[found.never];
            let mut lines: Vec<&Decision> = found.always.iter().map(|&at| &decisions[at]).collect();
            lines.push(never);
            lines.sort_by_key(|decision| decision.place.line);
            let last = lines.pop().unwrap_or(never);
            let said = |decision: &Decision| {
                let (a, b) = (decision.a.to_string(), decision.b.to_string());
                match decision.verdict {
                    Verdict::Always => format!("{} and {} are one", shown(&a), shown(&b)),
                    Verdict::Never => format!("{} and {} are two", shown(&a), shown(&b)),
                }
            };
            let mut place = last.place.clone();
            if let Some(excerpt) = &mut place.excerpt {
                excerpt.label = said(last);
                excerpt.also = lines
                    .iter()
                    .filter_map(|line| {
                        let own = line.place.excerpt.as_ref()?;
                        Some(Mark {
                            start: own.start,
                            end: own.end,
                            label: said(line),
                        })
                    })
                    .collect();
            }
            let numbers: Vec<String> = lines
                .iter()
                .map(|line| line.place.line.to_string())
                .collect();
            let message = match numbers.as_slice() {
                [] => format!("a 'never' is about {} alone", shown(&never.a.to_string())),
                [one] => format!("line {} contradicts line {one}", last.place.line),
                [most @ .., end] => format!(
                    "line {} contradicts lines {} and {end} together",
                    last.place.line,
                    most.join(", ")
                ),
            };
            Diagnostic::error("decision_contradiction", message)
                .at(place)
                .hint(match numbers.len() {
                    0 => "name another record by its id",
                    1 => "take one of the two lines out",
                    _ => "take one of these lines out",
                })
        })
        .collect()
}

/// Groups of things that are one, and which of them must stay apart. No tie is taken
/// that would join what must not be.
#[derive(Clone, Debug, Default)]
pub(super) struct Groups {
    up: BTreeMap<u32, u32>,
    /// Root → roots that it must not meet.
    apart: HashMap<u32, BTreeSet<u32>>,
}

impl Groups {
    pub(super) fn root(&self, mut node: u32) -> u32 {
        while let Some(&up) = self.up.get(&node) {
            if up == node {
                break;
            }
            node = up;
        }
        node
    }

    /// The root, and the way to it made short.
    fn settled(&mut self, node: u32) -> u32 {
        let root = self.root(node);
        let mut at = node;
        while at != root {
            let Some(up) = self.up.insert(at, root) else {
                break;
            };
            at = up;
        }
        root
    }

    /// Makes two groups one; false when they must stay apart.
    pub(super) fn tie(&mut self, a: u32, b: u32) -> bool {
        let (a, b) = (self.settled(a), self.settled(b));
        let (low, high) = (a.min(b), a.max(b));
        self.up.entry(low).or_insert(low);
        if low == high {
            return true;
        }
        if self.apart.get(&low).is_some_and(|ban| ban.contains(&high)) {
            self.up.entry(high).or_insert(high);
            return false;
        }
        self.up.insert(high, low);
        for other in self.apart.remove(&high).unwrap_or_default() {
            if let Some(ban) = self.apart.get_mut(&other) {
                ban.remove(&high);
                ban.insert(low);
            }
            self.apart.entry(low).or_default().insert(other);
        }
        true
    }

    pub(super) fn forbid(&mut self, a: u32, b: u32) {
        let (a, b) = (self.root(a), self.root(b));
        for (one, other) in [(a, b), (b, a)] {
            self.up.entry(one).or_insert(one);
            self.apart.entry(one).or_default().insert(other);
        }
    }

    /// The groups, sorted by their smallest members, and the places of those that must
    /// stay apart.
    pub(super) fn settle(self) -> (Vec<Vec<u32>>, Vec<(u32, u32)>) {
        let mut groups: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
        for &node in self.up.keys() {
            groups.entry(self.root(node)).or_default().push(node);
        }
        let place: HashMap<u32, u32> = (0u32..)
            .zip(groups.keys())
            .map(|(at, &root)| (root, at))
            .collect();
        let mut apart: Vec<(u32, u32)> = self
            .apart
            .iter()
            .flat_map(|(one, others)| others.iter().map(move |other| (*one, *other)))
            .filter_map(|(one, other)| Some((*place.get(&one)?, *place.get(&other)?)))
            .filter(|(one, other)| one < other)
            .collect();
        apart.sort_unstable();
        (groups.into_values().collect(), apart)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn always(a: u32, b: u32) -> Tie {
        Tie::new(Verdict::Always, a, b)
    }

    fn never(a: u32, b: u32) -> Tie {
        Tie::new(Verdict::Never, a, b)
    }

    #[test]
    fn the_shortest_chain_is_found() {
        let ties = [
            always(1, 2),
            always(2, 3),
            always(3, 4),
            never(4, 1),
            always(1, 3),
            never(5, 6),
        ];
        let found = contradictions(&ties);
        assert_eq!(
            found,
            [Contradiction {
                never: 3,
                always: vec![2, 4]
            }]
        );
        assert_eq!(
            contradictions(&[never(1, 1)])[0].always,
            Vec::<usize>::new()
        );
    }

    #[test]
    fn groups_stay_apart_through_what_joins_them() {
        let mut groups = Groups::default();
        groups.forbid(1, 5);
        assert!(groups.tie(1, 2) && groups.tie(2, 3) && groups.tie(5, 4));
        assert!(!groups.tie(3, 4));
        let (groups, apart) = groups.settle();
        assert_eq!(groups, [vec![1, 2, 3], vec![4, 5]]);
        assert_eq!(apart, [(0, 1)]);
    }

    /// Warshall: who is tied to whom, over any number of steps; and the number of steps.
    fn steps(n: usize, ties: &[Tie]) -> Vec<Vec<Option<usize>>> {
        let mut steps = vec![vec![None; n]; n];
        for (at, row) in steps.iter_mut().enumerate() {
            row[at] = Some(0);
        }
        for tie in ties
            .iter()
            .filter(|t| t.verdict == Verdict::Always && t.a != t.b)
        {
            steps[tie.a as usize][tie.b as usize] = Some(1);
            steps[tie.b as usize][tie.a as usize] = Some(1);
        }
        for over in 0..n {
            for a in 0..n {
                for b in 0..n {
                    if let (Some(x), Some(y)) = (steps[a][over], steps[over][b])
                        && steps[a][b].is_none_or(|now| x + y < now)
                    {
                        steps[a][b] = Some(x + y);
                    }
                }
            }
        }
        steps
    }

    fn some_ties() -> impl Strategy<Value = Vec<Tie>> {
        let tie = (any::<bool>(), 0u32..9, 0u32..9).prop_map(|(together, a, b)| {
            if together { always(a, b) } else { never(a, b) }
        });
        proptest::collection::vec(tie, 0..14)
    }

    proptest! {
        /// All contradictions are found, each with a chain that holds and is the shortest.
        #[test]
        fn contradictions_are_those_of_the_closure(ties in some_ties()) {
            let steps = steps(9, &ties);
            let expected: Vec<usize> = (0..ties.len())
                .filter(|&at| ties[at].verdict == Verdict::Never)
                .filter(|&at| steps[ties[at].a as usize][ties[at].b as usize].is_some())
                .collect();
            let found = contradictions(&ties);
            prop_assert_eq!(found.iter().map(|f| f.never).collect::<Vec<_>>(), expected);
            for contradiction in found {
                let never = ties[contradiction.never];
                let shortest = steps[never.a as usize][never.b as usize];
                prop_assert_eq!(Some(contradiction.always.len()), shortest);
                let mut node = never.a;
                for at in contradiction.always {
                    prop_assert!(ties[at].verdict == Verdict::Always);
                    prop_assert!(ties[at].a == node || ties[at].b == node);
                    node = ties[at].other(node);
                }
                prop_assert_eq!(node, never.b);
            }
        }

        /// Without a contradiction the groups are the closure, and every `never` is kept.
        #[test]
        fn groups_are_the_closure(ties in some_ties()) {
            prop_assume!(contradictions(&ties).is_empty());
            let steps = steps(9, &ties);
            let mut groups = Groups::default();
            for tie in &ties {
                match tie.verdict {
                    Verdict::Always => prop_assert!(groups.tie(tie.a, tie.b)),
                    Verdict::Never => groups.forbid(tie.a, tie.b),
                }
            }
            let (list, apart) = groups.settle();
            let of = |node: u32| list.iter().position(|group| group.contains(&node));
            for a in 0u32..9 {
                for b in 0u32..9 {
                    if let (Some(x), Some(y)) = (of(a), of(b)) {
                        prop_assert_eq!(x == y, steps[a as usize][b as usize].is_some());
                    }
                }
            }
            for tie in ties.iter().filter(|tie| tie.verdict == Verdict::Never) {
                let (x, y) = (of(tie.a).unwrap() as u32, of(tie.b).unwrap() as u32);
                prop_assert!(apart.contains(&(x.min(y), x.max(y))));
            }
        }
    }
}
