//! How each language settles null and multi-valued fields around the values that functions see.
//!
//! EQL has two truths at run time. A *leaf* is a smallest boolean piece: a comparison, `in`, a pattern, a boolean
//! function, a null check or a bare boolean field, with all the arithmetic and functions inside it. A leaf is true
//! if some choice of one value for each of its fields makes it true, and false otherwise; a missing field has the
//! one choice null. `and`, `or` and `not` above leaves are plain two-valued logic.

use crate::{Expr, Kind, Literal};

/// A condition over leaves, two-valued.
#[derive(Debug, Clone)]
pub enum Condition {
    /// Always this.
    Constant(bool),
    /// A leaf.
    Leaf(Expr),
    /// Not.
    Not(Box<Condition>),
    /// All.
    And(Vec<Condition>),
    /// Any.
    Or(Vec<Condition>),
}

/// Splits a boolean expression of EQL into its leaves. A condition that is null as a whole matches nothing.
pub fn eql(expr: &Expr) -> Condition {
    match &expr.kind {
        Kind::Literal(Literal::Boolean(flag)) => Condition::Constant(*flag),
        Kind::Literal(_) => Condition::Constant(false),
        Kind::Not(part) => match eql(part) {
            Condition::Constant(flag) => Condition::Constant(!flag),
            Condition::Not(inner) => *inner,
            other => Condition::Not(Box::new(other)),
        },
        Kind::And(parts) => join(parts, false),
        Kind::Or(parts) => join(parts, true),
        _ => Condition::Leaf(expr.clone()),
    }
}

/// `deciding` is the constant that settles the whole: true for `or`, false for `and`.
fn join(parts: &[Expr], deciding: bool) -> Condition {
    let mut kept = Vec::with_capacity(parts.len());
    for part in parts {
        match (eql(part), deciding) {
            (Condition::Constant(flag), _) if flag == deciding => return Condition::Constant(flag),
            (Condition::Constant(_), _) => {}
            (Condition::And(inner), false) | (Condition::Or(inner), true) => kept.extend(inner),
            (other, _) => kept.push(other),
        }
    }
    match (kept.len(), deciding) {
        (0, _) => Condition::Constant(!deciding),
        (1, _) => kept.swap_remove(0),
        (_, false) => Condition::And(kept),
        (_, true) => Condition::Or(kept),
    }
}

impl Condition {
    /// Calls `visit` with each leaf, in order.
    pub fn visit_leaves<'c>(&'c self, visit: &mut dyn FnMut(&'c Expr)) {
        match self {
            Condition::Constant(_) => {}
            Condition::Leaf(leaf) => visit(leaf),
            Condition::Not(part) => part.visit_leaves(visit),
            Condition::And(parts) | Condition::Or(parts) => {
                parts.iter().for_each(|part| part.visit_leaves(visit));
            }
        }
    }
}
