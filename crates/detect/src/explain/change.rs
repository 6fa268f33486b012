//! The smallest set of leaves that would have to change for a condition to change.
//!
//! Where each leaf stands once, the least cost of making a node true or false is that of its parts: all of them for an
//! `and` that is to be true, the cheapest for one that is to be false, the other way round for an `or`. Leaves that stand
//! in several places break this, since one change acts on all of them: they are changed by trial, fewest first, and
//! the rest is settled by cost. Leaves count as independent of each other, whatever they say of the same field.

use crate::limits::CHANGES_TRIED_MAX;

/// A condition over leaves by number.
#[derive(Debug, Clone)]
pub(crate) enum Tree {
    Constant(bool),
    Leaf(usize),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

/// What would have to change for a condition to change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// These leaves, in order; no smaller set does it.
    Smallest(Vec<usize>),
    /// These leaves, in order; there were too many sets to try them all, so a smaller one may exist.
    Approximate(Vec<usize>),
    /// Nothing: the condition has the same value whatever its leaves are.
    Impossible,
    /// There were too many sets to try, and none of those tried does it.
    Unknown,
}

impl Change {
    /// The leaves.
    pub fn leaves(&self) -> &[usize] {
        match self {
            Change::Smallest(leaves) | Change::Approximate(leaves) => leaves,
            Change::Impossible | Change::Unknown => &[],
        }
    }

    /// How many leaves, if there is a set.
    pub fn len(&self) -> Option<usize> {
        match self {
            Change::Smallest(leaves) | Change::Approximate(leaves) => Some(leaves.len()),
            Change::Impossible | Change::Unknown => None,
        }
    }

    /// Whether no leaf is named.
    pub fn is_empty(&self) -> bool {
        self.leaves().is_empty()
    }
}

impl Tree {
    /// The value, from those of the leaves.
    pub(crate) fn holds(&self, values: &[bool]) -> bool {
        match self {
            Tree::Constant(flag) => *flag,
            Tree::Leaf(leaf) => values[*leaf],
            Tree::Not(part) => !part.holds(values),
            Tree::And(parts) => parts.iter().all(|part| part.holds(values)),
            Tree::Or(parts) => parts.iter().any(|part| part.holds(values)),
        }
    }

    /// The leaves in order, repeats included.
    pub(crate) fn leaves(&self) -> Vec<usize> {
        let mut found = Vec::new();
        self.collect(&mut found);
        found
    }

    fn collect(&self, found: &mut Vec<usize>) {
        match self {
            Tree::Constant(_) => {}
            Tree::Leaf(leaf) => found.push(*leaf),
            Tree::Not(part) => part.collect(found),
            Tree::And(parts) | Tree::Or(parts) => parts.iter().for_each(|part| part.collect(found)),
        }
    }
}

/// The smallest change of leaves that gives the condition the value `wanted`. `values` are those of the leaves now, and
/// `shared` the leaves that stand in several places.
pub(crate) fn smallest(tree: &Tree, values: &[bool], shared: &[usize], wanted: bool) -> Change {
    let mut pricing = Pricing { values: values.to_vec(), fixed: vec![false; values.len()] };
    for leaf in shared {
        pricing.fixed[*leaf] = true;
    }
    let mut best: Option<Vec<usize>> = None;
    let mut tried = 0;
    for size in 0..=shared.len() {
        if best.as_ref().is_some_and(|best| best.len() <= size) {
            break;
        }
        let mut places: Vec<usize> = (0..size).collect();
        loop {
            tried += 1;
            if CHANGES_TRIED_MAX < tried {
                return best.map_or(Change::Unknown, Change::Approximate);
            }
            let changed: Vec<usize> = places.iter().map(|&place| shared[place]).collect();
            if let Some(found) = pricing.with_changed(tree, &changed, wanted)
                && best.as_ref().is_none_or(|best| found.len() < best.len())
            {
                best = Some(found);
            }
            if !advance(&mut places, shared.len()) {
                break;
            }
        }
    }
    best.map_or(Change::Impossible, Change::Smallest)
}

/// The next set of as many places below `end`, in order.
fn advance(places: &mut [usize], end: usize) -> bool {
    let size = places.len();
    let Some(moved) = (0..size).rev().find(|&i| places[i] + (size - i) < end) else { return false };
    places[moved] += 1;
    for i in moved + 1..size {
        places[i] = places[i - 1] + 1;
    }
    true
}

/// What changes cost: one for each leaf, and leaves that are fixed cannot be had for any price.
struct Pricing {
    values: Vec<bool>,
    fixed: Vec<bool>,
}

impl Pricing {
    /// The smallest change that has these fixed leaves in it and no others of them.
    fn with_changed(&mut self, tree: &Tree, changed: &[usize], wanted: bool) -> Option<Vec<usize>> {
        changed.iter().for_each(|&leaf| self.values[leaf] = !self.values[leaf]);
        let found = self.cost(tree, wanted).map(|_| {
            let mut leaves = changed.to_vec();
            self.gather(tree, wanted, &mut leaves);
            leaves.sort_unstable();
            leaves
        });
        changed.iter().for_each(|&leaf| self.values[leaf] = !self.values[leaf]);
        found
    }

    /// The least number of leaves to change; `None` if no change does it.
    fn cost(&self, tree: &Tree, wanted: bool) -> Option<usize> {
        match tree {
            Tree::Constant(flag) => (*flag == wanted).then_some(0),
            Tree::Leaf(leaf) if self.values[*leaf] == wanted => Some(0),
            Tree::Leaf(leaf) => (!self.fixed[*leaf]).then_some(1),
            Tree::Not(part) => self.cost(part, !wanted),
            Tree::And(parts) if wanted => self.sum(parts, wanted),
            Tree::Or(parts) if !wanted => self.sum(parts, wanted),
            Tree::And(parts) | Tree::Or(parts) => {
                self.cheapest(parts, wanted).map(|(cost, _)| cost)
            }
        }
    }

    fn sum(&self, parts: &[Tree], wanted: bool) -> Option<usize> {
        parts.iter().map(|part| self.cost(part, wanted)).sum()
    }

    /// Of equally cheap parts the last: the category stands first and says least, exclusions stand last.
    fn cheapest<'t>(&self, parts: &'t [Tree], wanted: bool) -> Option<(usize, &'t Tree)> {
        parts
            .iter()
            .rev()
            .filter_map(|part| Some((self.cost(part, wanted)?, part)))
            .min_by_key(|(cost, _)| *cost)
    }

    /// The leaves behind a cost that is known to exist.
    fn gather(&self, tree: &Tree, wanted: bool, leaves: &mut Vec<usize>) {
        match tree {
            Tree::Constant(_) => {}
            Tree::Leaf(leaf) => {
                if self.values[*leaf] != wanted {
                    leaves.push(*leaf);
                }
            }
            Tree::Not(part) => self.gather(part, !wanted, leaves),
            Tree::And(parts) if wanted => {
                parts.iter().for_each(|part| self.gather(part, wanted, leaves));
            }
            Tree::Or(parts) if !wanted => {
                parts.iter().for_each(|part| self.gather(part, wanted, leaves));
            }
            Tree::And(parts) | Tree::Or(parts) => {
                if let Some((_, part)) = self.cheapest(parts, wanted) {
                    self.gather(part, wanted, leaves);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Few, so that leaves stand in several places and all sets can be tried.
    const LEAVES: usize = 7;

    fn any_tree() -> impl Strategy<Value = Tree> {
        let leaf = prop_oneof![
            1 => any::<bool>().prop_map(Tree::Constant),
            9 => (0..LEAVES).prop_map(Tree::Leaf),
        ];
        leaf.prop_recursive(4, 24, 4, |part| {
            prop_oneof![
                part.clone().prop_map(|part| Tree::Not(Box::new(part))),
                proptest::collection::vec(part.clone(), 1..4).prop_map(Tree::And),
                proptest::collection::vec(part, 1..4).prop_map(Tree::Or),
            ]
        })
    }

    fn shared(tree: &Tree) -> Vec<usize> {
        let all = tree.leaves();
        (0..LEAVES).filter(|leaf| 1 < all.iter().filter(|one| *one == leaf).count()).collect()
    }

    fn flipped(values: &[bool], leaves: impl Fn(usize) -> bool) -> Vec<bool> {
        values.iter().enumerate().map(|(leaf, value)| *value != leaves(leaf)).collect()
    }

    /// The size of the smallest change, by trying every set of leaves.
    fn tried(tree: &Tree, values: &[bool]) -> Option<usize> {
        let now = tree.holds(values);
        (0..1_usize << LEAVES)
            .filter(|set| tree.holds(&flipped(values, |leaf| set >> leaf & 1 == 1)) != now)
            .map(|set| set.count_ones() as usize)
            .min()
    }

    proptest! {
        #[test]
        fn the_set_turns_the_condition_round_and_no_smaller_one_does(
            tree in any_tree(),
            values in proptest::collection::vec(any::<bool>(), LEAVES),
        ) {
            let wanted = !tree.holds(&values);
            match smallest(&tree, &values, &shared(&tree), wanted) {
                Change::Smallest(leaves) => {
                    let changed = flipped(&values, |leaf| leaves.contains(&leaf));
                    prop_assert_eq!(tree.holds(&changed), wanted);
                    prop_assert_eq!(Some(leaves.len()), tried(&tree, &values));
                    let mut once = leaves.clone();
                    once.dedup();
                    prop_assert_eq!(once, leaves);
                }
                Change::Impossible => prop_assert_eq!(tried(&tree, &values), None),
                other => prop_assert!(false, "{other:?} for a small tree"),
            }
        }
    }

    #[test]
    fn a_leaf_in_several_places_is_changed_once() {
        let both = |a, b| Tree::And(vec![Tree::Leaf(a), Tree::Leaf(b)]);
        let tree = Tree::And(vec![both(0, 1), both(0, 2), both(0, 3)]);
        let change = smallest(&tree, &[false, true, true, true], &[0], true);
        assert_eq!(change, Change::Smallest(vec![0]));
    }

    #[test]
    fn a_contradiction_cannot_be_mended() {
        let tree = Tree::And(vec![Tree::Leaf(0), Tree::Not(Box::new(Tree::Leaf(0)))]);
        assert_eq!(smallest(&tree, &[true], &[0], true), Change::Impossible);
        assert_eq!(smallest(&Tree::Constant(false), &[], &[], true), Change::Impossible);
    }

    #[test]
    fn too_many_sets_are_told_and_what_was_found_works() {
        // Each of many leaves stands twice, and all of them have to change.
        let leaves: Vec<usize> = (0..30).collect();
        let twice = leaves.iter().chain(&leaves).map(|&leaf| Tree::Leaf(leaf)).collect();
        let tree = Tree::And(twice);
        assert_eq!(smallest(&tree, &[false; 30], &leaves, true), Change::Unknown);
        // The way out with the leaves that stand once is found at once, but there may be a cheaper one.
        let own = (30..60).map(Tree::Leaf).collect();
        let either = Tree::Or(vec![tree, Tree::And(own)]);
        match smallest(&either, &[false; 60], &leaves, true) {
            Change::Approximate(found) => assert_eq!(found, (30..60).collect::<Vec<_>>()),
            other => panic!("{other:?}"),
        }
    }
}
