//! How a person is taken apart: records into groups, and the pairs that say so.
//!
//! To say of one pair that it is two persons is not enough: the others would decide who
//! goes with whom. So every record of a group is kept from every record of the others,
//! and inside a group nothing is said: fewer pairs would leave it to chance, more would
//! decide what nobody asked.

/// Records of a person in groups that are to be apart.
pub type Groups = Vec<Vec<usize>>;

/// Each record by itself.
#[must_use]
pub fn all(records: usize) -> Groups {
    (0..records).map(|record| vec![record]).collect()
}

/// `some` in a group of their own or each by itself, and the rest together.
#[must_use]
pub fn out(records: usize, some: &[usize], together: bool) -> Groups {
    let mut groups: Groups = if together {
        vec![some.to_vec()]
    } else {
        some.iter().map(|&record| vec![record]).collect()
    };
    let rest: Vec<usize> = (0..records).filter(|at| !some.contains(at)).collect();
    groups.push(rest);
    groups.retain(|group| !group.is_empty());
    groups
}

/// In two, at the weakest link of the strongest tree that holds the records together.
/// `links` are `(record, record, weight)`. Records that no link holds are groups of
/// their own accord.
#[must_use]
pub fn weakest(records: usize, links: &[(usize, usize, f32)]) -> Groups {
    let mut links = links.to_vec();
    links.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    let mut root: Vec<usize> = (0..records).collect();
    let mut tree = Vec::new();
    for (a, b, _) in links {
        let (one, other) = (find(&root, a), find(&root, b));
        if one != other {
            root[one.max(other)] = one.min(other);
            tree.push((a, b));
        }
    }
    // One group already means that the last, and weakest, of the tree is to be cut.
    let whole = (1..records).all(|record| find(&root, record) == find(&root, 0));
    if whole {
        tree.pop();
    }
    let mut root: Vec<usize> = (0..records).collect();
    for (a, b) in tree {
        let (one, other) = (find(&root, a), find(&root, b));
        root[one.max(other)] = one.min(other);
    }
    let mut groups: Groups = Vec::new();
    let mut place: Vec<Option<usize>> = vec![None; records];
    for record in 0..records {
        let top = find(&root, record);
        let at = *place[top].get_or_insert_with(|| {
            groups.push(Vec::new());
            groups.len() - 1
        });
        groups[at].push(record);
    }
    groups
}

/// `one` and `other` apart. Whoever is in neither goes with the side that its strongest
/// links lead to, over others if need be; with `other` when none does. So a merge is
/// taken back and those that came after it stand.
#[must_use]
pub fn between(
    records: usize,
    one: &[usize],
    other: &[usize],
    links: &[(usize, usize, f32)],
) -> Groups {
    let mut links: Vec<_> = links.iter().filter(|link| link.2 > 0.0).collect();
    links.sort_by(|a, b| b.2.total_cmp(&a.2).then((a.0, a.1).cmp(&(b.0, b.1))));
    let mut root: Vec<usize> = (0..records).collect();
    let mut side: Vec<Option<bool>> = vec![None; records];
    for (at, group) in [one, other].into_iter().enumerate() {
        for &record in group {
            let (a, b) = (find(&root, group[0]), find(&root, record));
            root[a.max(b)] = a.min(b);
            side[a.min(b)] = Some(at == 0);
        }
    }
    for (a, b, _) in links {
        let (a, b) = (find(&root, *a), find(&root, *b));
        let against = side[a].is_some() && side[b].is_some() && side[a] != side[b];
        if a != b && !against {
            side[a.min(b)] = side[a].or(side[b]);
            root[a.max(b)] = a.min(b);
        }
    }
    let (with_one, with_other) =
        (0..records).partition(|&record| side[find(&root, record)] == Some(true));
    let mut groups: Groups = vec![with_one, with_other];
    groups.retain(|group| !group.is_empty());
    groups
}

fn find(root: &[usize], mut at: usize) -> usize {
    while root[at] != at {
        at = root[at];
    }
    at
}

/// All pairs across groups, the smaller record first, sorted.
#[must_use]
pub fn pairs(groups: &[Vec<usize>]) -> Vec<(usize, usize)> {
    let mut pairs = Vec::new();
    for (at, group) in groups.iter().enumerate() {
        for other in &groups[at + 1..] {
            for &a in group {
                pairs.extend(other.iter().map(|&b| (a.min(b), a.max(b))));
            }
        }
    }
    pairs.sort_unstable();
    pairs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_weakest_link_parts_two_halves() {
        let links = [(0, 1, 9.0), (2, 3, 8.0), (1, 2, 1.0), (0, 2, 0.5)];
        assert_eq!(weakest(4, &links), [vec![0, 1], vec![2, 3]]);
        assert_eq!(pairs(&weakest(4, &links)), [(0, 2), (0, 3), (1, 2), (1, 3)]);
    }

    #[test]
    fn what_no_link_holds_is_apart_already() {
        assert_eq!(weakest(3, &[(0, 1, 5.0)]), [vec![0, 1], vec![2]]);
        assert_eq!(weakest(2, &[]), [vec![0], vec![1]]);
    }

    #[test]
    fn who_came_after_a_merge_goes_where_its_links_lead() {
        // 2 came by 1, 3 by 2, 4 by 0 and a little by 1; nothing holds 5 but a no.
        let links = [
            (0, 1, 9.0),
            (1, 2, 5.0),
            (2, 3, 3.0),
            (0, 4, 4.0),
            (1, 4, 2.0),
            (1, 5, -3.0),
        ];
        let apart = between(6, &[1], &[0], &links);
        assert_eq!(apart, [vec![1, 2, 3], vec![0, 4, 5]]);
        // Sides hold together, whatever speaks for others.
        let apart = between(4, &[0, 3], &[1], &[(0, 1, 9.0), (3, 1, 8.0), (2, 3, 1.0)]);
        assert_eq!(apart, [vec![0, 2, 3], vec![1]]);
    }

    #[test]
    fn all_and_some() {
        assert_eq!(pairs(&all(3)), [(0, 1), (0, 2), (1, 2)]);
        assert_eq!(pairs(&out(4, &[2], false)), [(0, 2), (1, 2), (2, 3)]);
        assert_eq!(pairs(&out(3, &[0, 1], true)), [(0, 2), (1, 2)]);
        assert_eq!(pairs(&out(3, &[0, 1], false)), [(0, 1), (0, 2), (1, 2)]);
        assert!(pairs(&out(1, &[0], false)).is_empty());
    }
}
