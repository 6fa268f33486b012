//! Why a condition is true of an event, or what kept it from being true.
//!
//! An [`Explainer`] gives the condition as a tree with the value of each node, the field values that each leaf saw, and
//! the smallest set of leaves that would have to change for the whole to change. Near misses are named: a missing field,
//! another case, blanks around a value. [`sequence`] does the same for sequences. Nothing here decides what a rule
//! matches; it only tells of it, and it is built for few events, not for speed.

mod change;
mod document;
mod leaf;
mod nearest;
mod remark;
pub mod sequence;

use brokerwatch_ecs::{Event, Projection, Schema, Slot};
use brokerwatch_eql::{lower, parse_expression};
use brokerwatch_expr::compile::{self, Predicate};
use brokerwatch_expr::interpret::{self, Trace};
use brokerwatch_expr::lift::{self, Condition};
use brokerwatch_expr::{Diagnostic, Expr, Scratch, Span};
use serde_json::{Map, Value};

pub use change::Change;
use change::Tree;
pub use leaf::{FieldReport, FieldState, LeafReport};
pub use nearest::Nearest;
pub use remark::{Remark, RemarkKind};
pub use sequence::Place;

/// A condition, ready to be explained on events.
pub struct Explainer {
    condition: Condition,
    /// Its leaves, those of the same text once.
    leaves: Vec<Leaf>,
    /// The same condition over the numbers of leaves.
    tree: Tree,
    /// Leaves that stand in several places.
    shared: Vec<usize>,
    /// What the fields were declared as; only types count.
    schema: Schema,
}

/// A leaf of a condition.
pub(crate) struct Leaf {
    expr: Expr,
    predicate: Predicate,
    /// As it is shown: as written, where what is written says just this, else as EQL's own text of it.
    text: String,
}

/// An event, and what is known of it beside its slots.
#[derive(Clone, Copy)]
pub struct Subject<'a, 'c> {
    /// The event.
    pub event: &'a Event<'c>,
    /// Where its fields lie.
    pub projection: &'a Projection,
    /// The whole document.
    pub document: &'a Map<String, Value>,
    /// The wanted fields that no event of its source can have.
    pub absent: &'a [Slot],
    /// The source, if it is not ECS.
    pub source: Option<&'a str>,
}

/// A condition on one event.
#[derive(Debug, Clone)]
pub struct Explanation {
    /// Whether the condition is true.
    pub fires: bool,
    /// The condition, with the value of each node.
    pub root: Node,
    /// What each leaf saw, by the number that nodes have.
    pub leaves: Vec<LeafReport>,
    /// What would have to change for the condition to change.
    pub change: Change,
}

/// A node of a condition.
#[derive(Debug, Clone)]
pub struct Node {
    /// Its value.
    pub holds: bool,
    /// What it is.
    pub kind: NodeKind,
}

/// The kinds of node.
#[derive(Debug, Clone)]
pub enum NodeKind {
    /// Always its value.
    Constant,
    /// A leaf, by number.
    Leaf(usize),
    /// Not.
    Not(Box<Node>),
    /// All of them.
    And(Vec<Node>),
    /// Any of them.
    Or(Vec<Node>),
}

impl Explainer {
    /// Prepares a condition; the fields that it reads are added to `projection`. `query` is the text that its spans speak
    /// of.
    pub fn new(
        condition: &Expr,
        query: &str,
        schema: &Schema,
        projection: &mut Projection,
    ) -> Result<Explainer, Diagnostic> {
        let condition = lift::eql(condition);
        let (mut leaves, mut texts, mut counts) = (Vec::new(), Vec::new(), Vec::new());
        let tree = tree(&condition, &mut |expr| {
            let text = expr.to_string();
            if let Some(known) = texts.iter().position(|known| *known == text) {
                counts[known] += 1;
                return Ok(known);
            }
            let predicate = compile::leaf(expr, projection, schema)?;
            let written = as_written(expr, query, schema).unwrap_or_else(|| text.clone());
            leaves.push(Leaf { expr: expr.clone(), predicate, text: written });
            texts.push(text);
            counts.push(1);
            Ok(leaves.len() - 1)
        })?;
        let shared = (0..counts.len()).filter(|&leaf| 1 < counts[leaf]).collect();
        Ok(Explainer { condition, leaves, tree, shared, schema: schema.clone() })
    }

    /// Whether the condition is true of an event, and if not how many leaves kept it from being true; `None` if nothing
    /// would make it true, or nothing was found that does.
    pub fn missed(&self, event: &Event<'_>, scratch: &mut Scratch) -> (bool, Option<usize>) {
        let values = self.values(event, scratch);
        scratch.take_failure();
        scratch.reset();
        if self.tree.holds(&values) {
            return (true, Some(0));
        }
        (false, change::smallest(&self.tree, &values, &self.shared, true).len())
    }

    /// Explains the condition on an event.
    pub fn explain(&self, subject: Subject<'_, '_>, scratch: &mut Scratch) -> Explanation {
        let values = self.values(subject.event, scratch);
        let failure = scratch.take_failure();
        let fires = self.tree.holds(&values);
        let change = change::smallest(&self.tree, &values, &self.shared, !fires);
        let mut numbers = self.tree.leaves().into_iter();
        let traced = interpret::trace(&self.condition, &mut |_| {
            numbers.next().is_some_and(|number| values[number])
        });
        let mut numbers = self.tree.leaves().into_iter();
        let root = node(&traced, &mut || numbers.next().unwrap_or_default());
        let reports = self.leaves.iter().zip(&values);
        let mut leaves: Vec<LeafReport> = reports
            .map(|(leaf, holds)| leaf::report(leaf, *holds, subject, &self.schema, scratch))
            .collect();
        if let Some(why) = failure {
            // Whichever leaf it was would take another run to tell; the text of the failure names the computation.
            let remark = Remark::failed(&why);
            leaves.iter_mut().filter(|leaf| !leaf.computed.is_empty()).for_each(|leaf| {
                leaf.remarks.push(remark.clone());
            });
        }
        scratch.take_failure();
        scratch.reset();
        Explanation { fires, root, leaves, change }
    }

    /// The leaves: their texts and their places.
    pub(crate) fn leaf_texts(&self) -> impl Iterator<Item = (&str, Span)> {
        self.leaves.iter().map(|leaf| (leaf.text.as_str(), leaf.expr.span))
    }

    pub(crate) fn values(&self, event: &Event<'_>, scratch: &Scratch) -> Vec<bool> {
        self.leaves.iter().map(|leaf| leaf.predicate.test(event, scratch)).collect()
    }
}

/// The condition over numbers of leaves.
fn tree<'c>(
    condition: &'c Condition,
    number: &mut dyn FnMut(&'c Expr) -> Result<usize, Diagnostic>,
) -> Result<Tree, Diagnostic> {
    let mut all = |parts: &'c [Condition]| {
        parts.iter().map(|part| tree(part, number)).collect::<Result<Vec<_>, _>>()
    };
    Ok(match condition {
        Condition::Constant(flag) => Tree::Constant(*flag),
        Condition::And(parts) => Tree::And(all(parts)?),
        Condition::Or(parts) => Tree::Or(all(parts)?),
        Condition::Not(part) => Tree::Not(Box::new(tree(part, number)?)),
        Condition::Leaf(expr) => Tree::Leaf(number(expr)?),
    })
}

/// The node of a trace; leaves are numbered in the order of the query.
fn node(trace: &Trace<'_>, number: &mut dyn FnMut() -> usize) -> Node {
    let parts = |number: &mut dyn FnMut() -> usize| {
        trace.parts.iter().map(|part| node(part, number)).collect::<Vec<_>>()
    };
    let kind = match trace.condition {
        Condition::Constant(_) => NodeKind::Constant,
        Condition::Leaf(_) => NodeKind::Leaf(number()),
        Condition::Not(_) => NodeKind::Not(Box::new(parts(number).swap_remove(0))),
        Condition::And(_) => NodeKind::And(parts(number)),
        Condition::Or(_) => NodeKind::Or(parts(number)),
    };
    Node { holds: trace.holds, kind }
}

/// The piece of the query that a leaf stands for. `!=`, `not in` and a bare category are leaves of another text than
/// what is written, so the piece is read again: it is the leaf if it gives the same expression.
fn as_written(expr: &Expr, query: &str, schema: &Schema) -> Option<String> {
    let piece = query.get(expr.span.range())?;
    if piece.contains(['\n', '\r']) {
        return None;
    }
    let read = lower::lower_expression(&parse_expression(piece).ok()?, schema).ok()?;
    (read.to_string() == expr.to_string()).then(|| piece.to_owned())
}

/// The place of a span in a text: line and column, both from 1.
pub fn line_column(query: &str, span: Span) -> (usize, usize) {
    brokerwatch_expr::line_column(query, span.start as usize)
}

#[cfg(test)]
mod tests {
    use brokerwatch_ecs::Value as Typed;
    use brokerwatch_eql::lower::{Query, Settings, lower};

    use super::*;

    /// Conditions whose leaves stand in every place that a tree has, some of them twice.
    const QUERIES: &[&str] = &[
        "any where a == 1 and b == 1",
        "any where a == 1 or not (b == 1 and c == 1)",
        "any where (a == 1 and b == 1) or (a == 1 and c != 1) or not a in (1)",
        "any where not (a == 1 or b == null) and (c == 1 or a == 1)",
        "any where a + b == 2 and length(string(c)) == 1",
        "any where true",
        "any where false or a == 1 and false",
    ];

    /// Calls `then` with each query's explainer on each event that has some of the fields.
    fn each(mut then: impl FnMut(&str, &Explainer, &Expr, &Projection, &Event<'_>)) {
        for query in QUERIES {
            let statement = brokerwatch_eql::parse(query).unwrap();
            let schema = Schema::open();
            let lowered = lower::lower(&statement, &schema, &Settings::default()).unwrap();
            let Query::Event(condition) = &lowered.query else { panic!("{query}") };
            let mut projection = Projection::new();
            let explainer = Explainer::new(condition, query, &schema, &mut projection).unwrap();
            for number in 0..27 {
                let mut event = Event::new(&projection);
                for (i, name) in ["a", "b", "c"].into_iter().enumerate() {
                    let value = number / 3_i64.pow(i as u32) % 3;
                    if let (Some(slot), 0..2) = (projection.slot(name), value) {
                        event.push(slot, Typed::Long(value));
                    }
                }
                then(query, &explainer, condition, &projection, &event);
            }
        }
    }

    #[test]
    fn an_explanation_says_what_the_obvious_evaluator_says() {
        each(|query, explainer, condition, projection, event| {
            let (document, mut scratch) = (Map::new(), Scratch::new());
            let subject =
                Subject { event, projection, document: &document, absent: &[], source: None };
            let explanation = explainer.explain(subject, &mut scratch);
            let slow = Scratch::new();
            let lifted = lift::eql(condition);
            let expected = interpret::condition(&lifted, event, projection, &slow);
            assert_eq!(explanation.fires, expected, "{query}");
            assert_eq!(explanation.root.holds, expected, "{query}");
            let missed = explainer.missed(event, &mut scratch);
            assert_eq!(missed.0, expected, "{query}");
            if !expected {
                assert_eq!(missed.1, explanation.change.len(), "{query}");
            }
        });
    }

    #[test]
    fn a_leaf_is_shown_as_written_where_that_says_it() {
        let shown = |query: &str| {
            let statement = brokerwatch_eql::parse(query).unwrap();
            let schema = Schema::open();
            let lowered = lower(&statement, &schema, &Settings::default()).unwrap();
            let Query::Event(condition) = &lowered.query else { panic!("{query}") };
            let explainer =
                Explainer::new(condition, query, &schema, &mut Projection::new()).unwrap();
            explainer.leaves.into_iter().map(|leaf| leaf.text).collect::<Vec<_>>()
        };
        assert_eq!(
            shown("file where a  :  \"b*\" and 3 < c"),
            [r#"event.category == "file""#, "a  :  \"b*\"", "3 < c"]
        );
        // What is written says the opposite of these leaves.
        assert_eq!(shown("any where a != 1 and b not in (2)"), ["a == 1", "b in (2)"]);
        assert_eq!(shown("any where a in (1,\n 2)"), ["a in (1, 2)"]);
    }
}
