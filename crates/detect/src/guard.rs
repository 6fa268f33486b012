//! Guards: for each condition, what is looked for in events so that the condition is tried on few of them.
//!
//! A guard that finds nothing in an event proves that the condition is false there, and that telling so computes
//! nothing that can fail. Which of several sound guards is taken is a guess about telemetry and changes no answer.

use std::net::Ipv6Addr;

use brokerwatch_ecs::Slot;

use crate::conditions::{Leaf, Tree};
use crate::limits::{PART_BYTES_MAX, PART_BYTES_MIN};
use crate::witness::{Witness, is_common};

/// Any of these keys, in the field beside it. Without keys the condition is never true.
#[derive(Debug, Clone)]
pub(crate) struct Guard {
    pub(crate) keys: Vec<(Slot, Key)>,
}

/// What is looked for in a field's values; texts are in lower case and found in any case, which finds more than a
/// test that regards case, and never less.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) enum Key {
    /// The whole value.
    Text(Box<str>),
    /// A part of the value.
    Part(Box<str>),
    Long(i64),
    Ip(Ipv6Addr),
}

/// The guard of a tree that is expected to find the least; `None` if it has none. The category's own field is left
/// to [`categories`].
pub(crate) fn best(tree: &Tree, leaves: &[Leaf], category: Option<Slot>) -> Option<Guard> {
    match tree {
        Tree::Constant(true) | Tree::Not(_) => None,
        Tree::Constant(false) => Some(Guard { keys: Vec::new() }),
        Tree::Leaf(leaf) => of_leaf(&leaves[*leaf], category),
        Tree::And(parts) => before_loud(parts, leaves)
            .filter_map(|part| best(part, leaves, category))
            .min_by_key(Guard::weight),
        Tree::Or(parts) => {
            let guards: Vec<Guard> =
                parts.iter().map(|part| best(part, leaves, category)).collect::<Option<_>>()?;
            Some(Guard { keys: guards.into_iter().flat_map(|guard| guard.keys).collect() })
        }
    }
}

/// The categories, in lower case, of which an event must have one; `None` if any event will do.
pub(crate) fn categories(tree: &Tree, leaves: &[Leaf], category: Slot) -> Option<Vec<String>> {
    match tree {
        Tree::Constant(_) | Tree::Not(_) => None,
        Tree::Leaf(leaf) => {
            let witnesses =
                leaves[*leaf].witnesses.as_ref().filter(|found| found.slot == category)?;
            let whole = witnesses.any_of.iter().map(|witness| match witness {
                Witness::Whole { text, .. } => Some(text.to_ascii_lowercase()),
                _ => None,
            });
            whole.collect()
        }
        Tree::And(parts) => {
            before_loud(parts, leaves).find_map(|part| categories(part, leaves, category))
        }
        Tree::Or(parts) => {
            let all: Vec<Vec<String>> = parts
                .iter()
                .map(|part| categories(part, leaves, category))
                .collect::<Option<_>>()?;
            Some(all.concat())
        }
    }
}

/// The parts of an `and` up to the first that can fail. A guard from behind it would hide the failure.
fn before_loud<'t>(parts: &'t [Tree], leaves: &[Leaf]) -> impl Iterator<Item = &'t Tree> {
    let quiet = parts.iter().take_while(|part| is_quiet(part, leaves)).count();
    parts.iter().take(quiet + 1)
}

fn is_quiet(tree: &Tree, leaves: &[Leaf]) -> bool {
    match tree {
        Tree::Constant(_) => true,
        Tree::Leaf(leaf) => leaves[*leaf].quiet,
        Tree::Not(part) => is_quiet(part, leaves),
        Tree::And(parts) | Tree::Or(parts) => parts.iter().all(|part| is_quiet(part, leaves)),
    }
}

fn of_leaf(leaf: &Leaf, category: Option<Slot>) -> Option<Guard> {
    let witnesses = leaf.witnesses.as_ref().filter(|found| Some(found.slot) != category)?;
    let keys = witnesses.any_of.iter().map(|witness| Some((witnesses.slot, Key::of(witness)?)));
    Some(Guard { keys: keys.collect::<Option<_>>()? })
}

impl Guard {
    /// About how often the guard finds something, as a number to compare: the commonest key decides, and every key
    /// adds a little.
    fn weight(&self) -> usize {
        let commonest = self.keys.iter().map(|(_, key)| key.weight()).max().unwrap_or(0);
        8 * commonest + self.keys.len()
    }
}

impl Key {
    fn of(witness: &Witness) -> Option<Key> {
        match witness {
            Witness::Whole { text, .. } => Some(Key::Text(text.to_ascii_lowercase().into())),
            Witness::Parts { texts, .. } => {
                // The longest is the one that the fewest values hold.
                let longest = texts.iter().max_by_key(|text| text.len())?;
                let part = &longest[..longest.floor_char_boundary(PART_BYTES_MAX)];
                (PART_BYTES_MIN <= part.len()).then(|| Key::Part(part.to_ascii_lowercase().into()))
            }
            Witness::Long(number) => Some(Key::Long(*number)),
            Witness::Ip(address) => Some(Key::Ip(*address)),
        }
    }

    /// A text inside a value is found more often than a whole value, and is dearer to look for.
    fn weight(&self) -> usize {
        match self {
            Key::Text(text) if is_common(text) => 400,
            Key::Text(text) => match text.len() {
                0..=3 => 60,
                4..=5 => 20,
                _ => 4,
            },
            Key::Part(text) => match text.len() {
                0..=4 => 100,
                5..=7 => 30,
                _ => 10,
            },
            Key::Long(-1..=1) => 200,
            Key::Long(2..=999) => 30,
            Key::Long(_) => 4,
            Key::Ip(_) => 2,
        }
    }
}
