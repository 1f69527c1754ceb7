//! Which doubtful pairs are asked about: those whose answer is open and moves much, with
//! repeats of the same question spread.

use std::collections::BTreeMap;

use hashbrown::HashMap;

use super::effect::{Near, Parts, moved, part_of};
use crate::contact::Failure;
use crate::explain::pair_story::limits;
use crate::explain::{Head, Pair, Run};
use crate::link::kept::Bound;
use crate::link::kernel::cluster::Link;
use crate::link::kernel::guards::Guards;
use crate::link::score::{bits, probability};

/// Groups with more records are not clustered again for a question.
const LARGE: usize = 60;
/// Doubtful pairs whose patterns are read: past it, "alike" is a lower bound.
const PATTERNS: usize = 200_000;

/// A question before its records are read.
pub struct Selected {
    pub pair: Pair,
    /// Rows of both sides without each other; the first row is the pair's.
    pub sides: [Vec<u32>; 2],
    pub before: Parts,
    pub same: Parts,
    pub different: Parts,
    pub together: f64,
    pub moves: u64,
    pub settles: usize,
    pub alike: usize,
    value: f64,
}

/// The chosen questions, and how many doubtful pairs there are.
#[derive(Default)]
pub struct Selection {
    pub questions: Vec<Selected>,
    pub doubtful: usize,
    pub decided: usize,
}

/// What the run and the decisions say of each record.
struct View<'a> {
    heads: Vec<Head>,
    bounds: Vec<(u32, u32, Bound)>,
    /// For each row its golden record; none when it is held out.
    golden: Vec<Option<u32>>,
    members: Vec<Vec<u32>>,
    always: &'a [(u32, u32)],
    never: &'a [(u32, u32)],
    threshold: f32,
    guards: Guards,
}

/// Chooses up to `limit` questions. `always` and `never` are pairs of rows that are
/// decided, the smaller first; `said` tells what follows from them.
pub fn select(
    run: &Run,
    always: &[(u32, u32)],
    never: &[(u32, u32)],
    said: impl Fn(u32, u32) -> bool,
    limit: usize,
) -> Result<Selection, Failure> {
    let limits = limits(&run.summary);
    let (low, high) = (bits(limits.review.0), bits(limits.review.1));
    let (golden, members) = golden(run)?;
    let view = View {
        heads: run.heads()?,
        bounds: run.bounds()?,
        golden,
        members,
        always,
        never,
        guards: run.weigher.guards,
        threshold: bits(limits.threshold),
    };
    let mut selection = Selection::default();
    let mut band: Vec<usize> = Vec::new();
    for (at, head) in view.heads.iter().enumerate() {
        let here = |row: u32| view.golden.get(row as usize).copied().flatten().is_some();
        if head.weight < low || head.weight > high || !here(head.left) || !here(head.right) {
            continue;
        }
        selection.doubtful += 1;
        if said(head.left, head.right) {
            selection.decided += 1;
        } else {
            band.push(at);
        }
    }
    // Only the most promising are looked at closely.
    let promise = |at: usize| {
        let head = &view.heads[at];
        let p = f64::from(probability(head.weight));
        p * (1.0 - p) * view.at_stake(head)
    };
    band.sort_by(|&x, &y| promise(y).total_cmp(&promise(x)).then_with(|| x.cmp(&y)));
    let mut patterns: HashMap<(u64, bool), usize> = HashMap::new();
    let mut places: Vec<usize> = band.iter().copied().take(PATTERNS).collect();
    places.sort_unstable();
    let pairs = run.pairs_at(&places)?;
    for pair in &pairs {
        *patterns.entry(look(pair)).or_default() += 1;
    }
    let found: BTreeMap<usize, Pair> = places.into_iter().zip(pairs).collect();
    let mut asked: BTreeMap<(Vec<u32>, Vec<u32>), Selected> = BTreeMap::new();
    let enough = limit.saturating_mul(6).max(600);
    for pair in band.iter().take(enough).filter_map(|at| found.get(at)) {
        if pair.bound.is_some() {
            selection.decided += 1;
            continue;
        }
        let Some(mut selected) = view.question(pair) else {
            continue;
        };
        let mut key = selected.sides.clone();
        key.iter_mut().for_each(|side| side.sort_unstable());
        key.sort();
        let [one, other] = key;
        match asked.get_mut(&(one.clone(), other.clone())) {
            // Of pairs that ask the same, the strongest is the best reason to.
            Some(known) => {
                let settles = known.settles + 1;
                if pair.weight > known.pair.weight {
                    selected.settles = settles;
                    *known = selected;
                } else {
                    known.settles = settles;
                }
            }
            None => {
                asked.insert((one, other), selected);
            }
        }
    }
    let mut questions: Vec<Selected> = asked.into_values().collect();
    for question in &mut questions {
        question.alike = patterns.get(&look(&question.pair)).copied().unwrap_or(1);
    }
    spread(&mut questions);
    questions.truncate(limit);
    selection.questions = questions;
    Ok(selection)
}

/// What makes two questions look alike.
fn look(pair: &Pair) -> (u64, bool) {
    (pair.compared.pattern.0, pair.merged)
}

/// The most telling first; the second question with the same look counts half, the third
/// a third.
fn spread(questions: &mut [Selected]) {
    let order = |x: &Selected, y: &Selected| {
        y.value
            .total_cmp(&x.value)
            .then_with(|| (x.pair.left, x.pair.right).cmp(&(y.pair.left, y.pair.right)))
    };
    questions.sort_by(order);
    let mut seen: HashMap<(u64, bool), u32> = HashMap::new();
    for question in questions.iter_mut() {
        let count = seen.entry(look(&question.pair)).or_default();
        *count += 1;
        question.value /= f64::from(*count);
    }
    questions.sort_by(order);
}

/// For each row its golden record, and for each golden record its rows.
fn golden(run: &Run) -> Result<(Vec<Option<u32>>, Vec<Vec<u32>>), Failure> {
    let ids = run.column("golden_id")?;
    let mut number: HashMap<&str, u32> = HashMap::new();
    let mut members: Vec<Vec<u32>> = Vec::new();
    let mut golden = Vec::with_capacity(run.rows());
    for (row, id) in (0u32..).zip(ids.iter()) {
        golden.push(id.map(|id| {
            let next = u32::try_from(members.len()).unwrap_or(u32::MAX);
            let own = *number.entry(id).or_insert(next);
            if own == next {
                members.push(Vec::new());
            }
            members[own as usize].push(row);
            own
        }));
    }
    Ok((golden, members))
}

impl View<'_> {
    fn group(&self, row: u32) -> &[u32] {
        self.golden
            .get(row as usize)
            .copied()
            .flatten()
            .map_or(&[], |own| self.members[own as usize].as_slice())
    }

    /// About how many pairs of records an answer could move.
    fn at_stake(&self, head: &Head) -> f64 {
        let (a, b) = (self.group(head.left), self.group(head.right));
        let one = a.first() == b.first();
        #[allow(clippy::cast_precision_loss)] // records of a person
        let stake = if one {
            a.len().saturating_sub(1) as f64
        } else {
            (a.len() * b.len()) as f64
        };
        stake.max(1.0)
    }

    /// What a pair asks: its sides, and what both answers do.
    fn question(&self, pair: &Pair) -> Option<Selected> {
        let (a, b) = (self.group(pair.left), self.group(pair.right));
        let mut before: Parts = vec![a.to_vec()];
        if !pair.merged {
            before.push(b.to_vec());
        }
        before.sort();
        let mut rows: Vec<u32> = before.concat();
        rows.sort_unstable();
        if rows.len() > LARGE {
            return Some(self.large(pair, before));
        }
        let near = self.near(rows);
        let ends = (pair.left, pair.right);
        let guards = &self.guards;
        let answered = |one| near.answered(ends, one, self.threshold, guards);
        let same = answered(true);
        let different = answered(false);
        let sides = [pair.left, pair.right].map(|row| {
            let part = if pair.merged {
                part_of(&different, row)
            } else {
                part_of(&before, row)
            };
            with_first(part, row)
        });
        let together = average(&near.links, &sides, guards);
        let moves = if pair.merged {
            moved(&before, &different)
        } else {
            moved(&before, &same)
        };
        if moves == 0 {
            // Other decisions hold both where they are.
            return None;
        }
        let parts = [before, same, different];
        Some(Selected::new(pair, sides, parts, together, moves))
    }

    /// A group too large to be clustered again: only the record itself is moved.
    fn large(&self, pair: &Pair, before: Parts) -> Selected {
        let sides = if pair.merged {
            let rest = self.group(pair.left).iter().copied();
            let rest: Vec<u32> = rest.filter(|&row| row != pair.right).collect();
            [with_first(&rest, pair.left), vec![pair.right]]
        } else {
            [pair.left, pair.right].map(|row| with_first(self.group(row), row))
        };
        let mut one = before.concat();
        one.sort_unstable();
        let (same, different) = if pair.merged {
            (
                before.clone(),
                sides.iter().map(|side| sorted(side)).collect(),
            )
        } else {
            (vec![one], before.clone())
        };
        let moves = (sides[0].len() * sides[1].len()) as u64;
        let together = f64::from(pair.probability);
        Selected::new(pair, sides, [before, same, different], together, moves)
    }

    /// The links and decisions among some rows, sorted.
    fn near(&self, rows: Vec<u32>) -> Near {
        let inside = |row: u32| rows.binary_search(&row).is_ok();
        let mut links = Vec::new();
        for &row in &rows {
            let start = self.heads.partition_point(|head| head.left < row);
            let own = self.heads[start..].iter();
            for head in own.take_while(|head| head.left == row) {
                if inside(head.right) {
                    links.push(Link {
                        left: head.left,
                        right: head.right,
                        weight: head.weight,
                    });
                }
            }
        }
        let chosen = |list: &[(u32, u32)]| -> Vec<(u32, u32)> {
            let own = list.iter().copied();
            own.filter(|&(a, b)| inside(a) && inside(b)).collect()
        };
        let (mut always, mut never) = (chosen(self.always), chosen(self.never));
        // What bound the run and is no decision of today: systems' histories.
        for &row in &rows {
            let start = self.bounds.partition_point(|&(left, _, _)| left < row);
            let own = self.bounds[start..].iter();
            for &(left, right, bound) in own.take_while(|(left, _, _)| *left == row) {
                match bound {
                    Bound::Always if inside(right) => always.push((left, right)),
                    Bound::Never if inside(right) => never.push((left, right)),
                    _ => {}
                }
            }
        }
        Near {
            rows,
            links,
            always,
            never,
        }
    }
}

impl Selected {
    fn new(
        pair: &Pair,
        sides: [Vec<u32>; 2],
        [before, same, different]: [Parts; 3],
        together: f64,
        moves: u64,
    ) -> Self {
        #[allow(clippy::cast_precision_loss)] // pairs of records of a person
        let value = together * (1.0 - together) * moves as f64;
        Self {
            pair: pair.clone(),
            sides,
            before,
            same,
            different,
            together,
            moves,
            settles: 1,
            alike: 1,
            value,
        }
    }
}

fn with_first(rows: &[u32], first: u32) -> Vec<u32> {
    let rest = rows.iter().copied().filter(|&row| row != first);
    std::iter::once(first).chain(rest).collect()
}

fn sorted(rows: &[u32]) -> Vec<u32> {
    let mut rows = rows.to_vec();
    rows.sort_unstable();
    rows
}

/// The probability of the average over all pairs between two sides, as clustering takes it.
fn average(links: &[Link], sides: &[Vec<u32>; 2], guards: &Guards) -> f64 {
    let side = |row: u32| sides.iter().position(|rows| rows.contains(&row));
    let crossing: Vec<f64> = links
        .iter()
        .filter(|link| matches!((side(link.left), side(link.right)), (Some(x), Some(y)) if x != y))
        .map(|link| guards.clipped(link.weight))
        .collect();
    let all = sides[0].len() * sides[1].len();
    #[allow(clippy::cast_precision_loss)] // pairs of records of a person
    let sum = crossing.iter().sum::<f64>()
        + guards.uncompared * (all.saturating_sub(crossing.len())) as f64;
    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // bits
    let bits = (sum / all.max(1) as f64) as f32;
    f64::from(probability(bits))
}
