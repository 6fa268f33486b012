//! Conditions compiled together: leaves that several share are tested at most once per event.

use std::collections::{BTreeSet, HashMap};

use brokerwatch_ecs::{Event, Projection, Schema, Slot};
use brokerwatch_expr::compile::{self, Predicate};
use brokerwatch_expr::lift::Condition;
use brokerwatch_expr::{Diagnostic, Expr, Kind, Scratch};

/// Conditions over one projection, with their leaves shared.
#[derive(Default)]
pub struct Conditions {
    predicates: Vec<Leaf>,
    by_text: HashMap<String, usize>,
    trees: Vec<Tree>,
    needs: Vec<BTreeSet<String>>,
}

struct Leaf {
    text: String,
    predicate: Predicate,
}

enum Tree {
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
        let place = self.predicates.len();
        self.predicates.push(Leaf { text: text.clone(), predicate });
        self.by_text.insert(text, place);
        Ok(place)
    }

    /// How many conditions there are.
    pub fn len(&self) -> usize {
        self.trees.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.trees.is_empty()
    }

    /// The fields without which a condition cannot be true.
    pub fn needs(&self, condition: usize) -> &BTreeSet<String> {
        &self.needs[condition]
    }
}

/// One worker's view of the conditions: what is known of the current event.
pub struct Matcher<'r> {
    conditions: &'r Conditions,
    known: Vec<Option<bool>>,
    scratch: Scratch,
}

impl<'r> Matcher<'r> {
    /// A matcher that knows nothing yet.
    pub fn new(conditions: &'r Conditions) -> Matcher<'r> {
        Matcher {
            conditions,
            known: vec![None; conditions.predicates.len()],
            scratch: Scratch::new(),
        }
    }

    /// Calls `on_match` with the number of each condition that is true of the event, in order. Gives what failed, if
    /// a computation did (a division by zero, text that is no number).
    pub fn run(
        &mut self,
        event: &Event<'_>,
        mut on_match: impl FnMut(usize, &mut Self),
    ) -> Option<String> {
        self.known.fill(None);
        for number in 0..self.conditions.trees.len() {
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
                let conditions = self.conditions;
                let scratch = &self.scratch;
                *self.known[*leaf].get_or_insert_with(|| {
                    conditions.predicates[*leaf].predicate.test(event, scratch)
                })
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
                    let leaf = &self.conditions.predicates[*leaf];
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
