//! Conditions compiled together: leaves that several share are tested at most once per event.

use std::collections::{BTreeSet, HashMap};
use std::sync::OnceLock;

use brokerwatch_ecs::{Event, Projection, Required, Schema, Slot};
use brokerwatch_expr::compile::{self, Predicate};
use brokerwatch_expr::lift::Condition;
use brokerwatch_expr::{Diagnostic, Expr, Kind, Scratch};

use crate::epoch::Known;
use crate::index::{Index, Probe};
use crate::required;
use crate::witness::{self, Witnesses};

/// The field whose values part conditions into buckets.
const CATEGORY: &str = "event.category";

/// Conditions over one projection, with their leaves shared.
#[derive(Default)]
pub struct Conditions {
    leaves: Vec<Leaf>,
    by_text: HashMap<String, usize>,
    trees: Vec<Tree>,
    needs: Vec<BTreeSet<String>>,
    /// The slot of [`CATEGORY`], if a leaf reads it.
    category: Option<Slot>,
    /// Built when the first matcher is made, then shared by all.
    index: OnceLock<Index>,
}

/// A leaf that at least one condition has.
pub(crate) struct Leaf {
    text: String,
    predicate: Predicate,
    /// What some value of a field must be for the leaf to be true, where that is known.
    pub(crate) witnesses: Option<Witnesses>,
    /// Whether testing it computes nothing that can fail.
    pub(crate) quiet: bool,
    /// What a record must hold for the leaf to be true, where that is known.
    pub(crate) required: Option<required::Clause>,
}

/// A condition over shared leaves, which stand here by number.
pub(crate) enum Tree {
    Constant(bool),
    Leaf(usize),
    Not(Box<Tree>),
    And(Vec<Tree>),
    Or(Vec<Tree>),
}

impl Conditions {
    /// Adds a condition; its number is the count of those added before.
    ///
    /// Leaves with the same text are one predicate: the text and the field types, which the schema fixes, are all that
    /// a leaf means.
    pub fn add(
        &mut self,
        condition: &Condition,
        projection: &mut Projection,
        schema: &Schema,
    ) -> Result<usize, Diagnostic> {
        let tree = self.tree(condition, projection, schema)?;
        self.index.take();
        self.trees.push(tree);
        self.needs.push(needs(condition));
        Ok(self.trees.len() - 1)
    }

    fn tree(
        &mut self,
        condition: &Condition,
        projection: &mut Projection,
        schema: &Schema,
    ) -> Result<Tree, Diagnostic> {
        let mut all = |parts: &[Condition]| {
            parts
                .iter()
                .map(|part| self.tree(part, projection, schema))
                .collect::<Result<Vec<_>, _>>()
        };
        Ok(match condition {
            Condition::Constant(flag) => Tree::Constant(*flag),
            Condition::And(parts) => Tree::And(all(parts)?),
            Condition::Or(parts) => Tree::Or(all(parts)?),
            Condition::Not(part) => Tree::Not(Box::new(self.tree(part, projection, schema)?)),
            Condition::Leaf(expr) => Tree::Leaf(self.leaf(expr, projection, schema)?),
        })
    }

    fn leaf(
        &mut self,
        expr: &Expr,
        projection: &mut Projection,
        schema: &Schema,
    ) -> Result<usize, Diagnostic> {
        let text = expr.to_string();
        if let Some(&known) = self.by_text.get(&text) {
            return Ok(known);
        }
        let predicate = compile::leaf(expr, projection, schema)?;
        if self.category.is_none() {
            self.category = projection.slot(CATEGORY);
        }
        let witnesses = witness::of(expr, &predicate, projection);
        let required =
            witnesses.as_ref().and_then(|witnesses| required::clause(witnesses, projection));
        let place = self.leaves.len();
        self.leaves.push(Leaf {
            text: text.clone(),
            predicate,
            witnesses,
            quiet: witness::is_quiet(expr),
            required,
        });
        self.by_text.insert(text, place);
        Ok(place)
    }

    fn index(&self) -> &Index {
        self.index.get_or_init(|| Index::new(&self.trees, &self.leaves, self.category))
    }

    /// How many conditions there are.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// Takes back the conditions from a number on. Their leaves stay: others may share them.
    pub(crate) fn truncate(&mut self, conditions: usize) {
        self.index.take();
        self.trees.truncate(conditions);
        self.needs.truncate(conditions);
    }

    /// The leaves of a condition that read one of these fields, in order, each once.
    pub fn leaves_reading(&self, condition: usize, slots: &[Slot]) -> Vec<&str> {
        let mut found = Vec::new();
        self.collect_reading(&self.trees[condition], slots, &mut found);
        found
    }

    fn collect_reading<'s>(&'s self, tree: &Tree, slots: &[Slot], found: &mut Vec<&'s str>) {
        match tree {
            Tree::Constant(_) => {}
            Tree::Leaf(leaf) => {
                let Leaf { text, predicate, .. } = &self.leaves[*leaf];
                let reads = predicate.slots().iter().any(|slot| slots.contains(slot));
                if reads && !found.contains(&text.as_str()) {
                    found.push(text);
                }
            }
            Tree::Not(part) => self.collect_reading(part, slots, found),
            Tree::And(parts) | Tree::Or(parts) => {
                parts.iter().for_each(|part| self.collect_reading(part, slots, found));
            }
        }
    }

    /// The fields without which a condition cannot be true.
    pub fn needs(&self, condition: usize) -> &BTreeSet<String> {
        &self.needs[condition]
    }

    /// Values without which a record makes none of the conditions true; `None` if there are none to look for.
    ///
    /// They are the values of JSON documents that hold fields under their own names, read by the schema that the
    /// conditions were added with. Where a source's records are turned into other values first, they say nothing.
    pub fn required(&self) -> Option<Required> {
        required::of(&self.trees, &self.leaves)
    }
}

/// One worker's view of the conditions: what is known of the current event, and of values that came before.
pub struct Matcher<'r> {
    conditions: &'r Conditions,
    index: &'r Index,
    probe: Probe,
    /// Those of the last event, kept for their memory alone.
    candidates: Vec<u32>,
    known: Known<bool>,
    scratch: Scratch,
}

impl<'r> Matcher<'r> {
    /// A matcher that knows nothing yet.
    pub fn new(conditions: &'r Conditions) -> Matcher<'r> {
        let index = conditions.index();
        Matcher {
            conditions,
            index,
            probe: Probe::new(index),
            candidates: Vec::new(),
            known: Known::new(conditions.leaves.len()),
            scratch: Scratch::new(),
        }
    }

    /// Calls `on_match` with the number of each condition that is true of the event, in order. Gives what failed, if
    /// a computation did (a division by zero, text that is no number).
    pub fn run(
        &mut self,
        event: &Event<'_>,
        on_match: impl FnMut(usize, &mut Self),
    ) -> Option<String> {
        let mut candidates = std::mem::take(&mut self.candidates);
        self.index.candidates(event, &mut self.probe, &mut candidates);
        let outcome =
            self.try_each(candidates.iter().map(|&number| number as usize), event, on_match);
        self.candidates = candidates;
        outcome
    }

    /// Does what [`Matcher::run`] does by trying every condition, without the index: slower, and plainly right.
    pub fn run_every(
        &mut self,
        event: &Event<'_>,
        on_match: impl FnMut(usize, &mut Self),
    ) -> Option<String> {
        self.try_each(0..self.conditions.trees.len(), event, on_match)
    }

    fn try_each(
        &mut self,
        numbers: impl Iterator<Item = usize>,
        event: &Event<'_>,
        mut on_match: impl FnMut(usize, &mut Self),
    ) -> Option<String> {
        self.known.forget();
        for number in numbers {
            if self.holds(&self.conditions.trees[number], event) {
                on_match(number, self);
            }
        }
        let failure = self.scratch.take_failure();
        self.scratch.reset();
        failure
    }

    fn holds(&mut self, tree: &'r Tree, event: &Event<'_>) -> bool {
        match tree {
            Tree::Constant(flag) => *flag,
            Tree::Leaf(leaf) => {
                if let Some(known) = self.known.get(*leaf) {
                    return known;
                }
                let holds = self.conditions.leaves[*leaf].predicate.test(event, &self.scratch);
                self.known.set(*leaf, holds);
                holds
            }
            Tree::Not(part) => !self.holds(part, event),
            Tree::And(parts) => parts.iter().all(|part| self.holds(part, event)),
            Tree::Or(parts) => parts.iter().any(|part| self.holds(part, event)),
        }
    }

    /// Why a true condition is true: the true leaves that are not under a `not`, with the fields that they read.
    pub fn reasons(&mut self, condition: usize, event: &Event<'_>) -> Vec<(&'r str, &'r [Slot])> {
        let mut found = Vec::new();
        self.collect(&self.conditions.trees[condition], event, &mut found);
        found
    }

    fn collect(
        &mut self,
        tree: &'r Tree,
        event: &Event<'_>,
        found: &mut Vec<(&'r str, &'r [Slot])>,
    ) {
        match tree {
            Tree::Constant(_) | Tree::Not(_) => {}
            Tree::Leaf(leaf) => {
                if self.holds(tree, event) {
                    let leaf = &self.conditions.leaves[*leaf];
                    found.push((&leaf.text, leaf.predicate.slots()));
                }
            }
            Tree::And(parts) | Tree::Or(parts) => {
                for part in parts {
                    self.collect(part, event, found);
                }
            }
        }
    }
}

fn needs(condition: &Condition) -> BTreeSet<String> {
    match condition {
        Condition::Constant(_) | Condition::Not(_) => BTreeSet::new(),
        Condition::Leaf(expr) => {
            let mut fields = BTreeSet::new();
            if null_makes_it_null(expr) {
                expr.visit_fields(&mut |name| {
                    fields.insert(name.to_owned());
                });
            }
            fields
        }
        Condition::And(parts) => parts.iter().flat_map(needs).collect(),
        Condition::Or(parts) => {
            let mut each = parts.iter().map(needs);
            let first = each.next().unwrap_or_default();
            each.fold(first, |kept, other| kept.intersection(&other).cloned().collect())
        }
    }
}

/// Whether a missing field in the expression always makes it null. Null checks, junctions and calls (whose arguments
/// may have defaults) do not, or not always.
fn null_makes_it_null(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::IsNull(_) | Kind::And(_) | Kind::Or(_) => false,
        Kind::Call { function, .. } => {
            use brokerwatch_expr::function::Presence;
            let strict = |presence| matches!(presence, Presence::Required | Presence::Repeated);
            function.params.iter().all(|param| strict(param.presence)) && parts_null(expr)
        }
        _ => parts_null(expr),
    }
}

fn parts_null(expr: &Expr) -> bool {
    let mut all = true;
    expr.visit_parts(&mut |part| all &= null_makes_it_null(part));
    all
}
