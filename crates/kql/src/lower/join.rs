//! `and` and `or` of lowered clauses. Neighbours in an `or` that ask the same of one field become one leaf with a list.

use brokerwatch_expr::{Comparison, Expr, Kind, Literal, Span};

use super::flag;

/// Any of the parts; without any, false.
pub(super) fn any(parts: Vec<Expr>, span: Span) -> Expr {
    let mut kept: Vec<Expr> = Vec::with_capacity(parts.len());
    for part in parts {
        let inner = match part.kind {
            Kind::Or(inner) => inner,
            _ => vec![part],
        };
        for part in inner {
            match kept.last_mut() {
                Some(last) if is_same_question(last, &part) => merge(last, part),
                _ => kept.push(part),
            }
        }
    }
    match kept.len() {
        0 => flag(false, span),
        1 => kept.swap_remove(0),
        _ => Expr::boolean(Kind::Or(kept), span),
    }
}

/// All of the parts; without any, true.
pub(super) fn all(mut parts: Vec<Expr>, span: Span) -> Expr {
    match parts.len() {
        0 => flag(true, span),
        1 => parts.swap_remove(0),
        _ => Expr::boolean(Kind::And(parts), span),
    }
}

/// Whether two leaves hold one field against constants of the same kind, so that their lists can be joined: a leaf is
/// true if any value passes, whichever list it came from.
fn is_same_question(one: &Expr, other: &Expr) -> bool {
    let (Some(field), Some(next)) = (field(one), field(other)) else { return false };
    let same = match (&one.kind, &other.kind) {
        (Kind::Like { any_case, .. }, Kind::Like { any_case: next, .. }) => any_case == next,
        (Kind::Call { function, .. }, Kind::Call { function: next, .. }) => function == next,
        _ => match (case(one), case(other)) {
            (Some(case), Some(next)) => case == next,
            _ => false,
        },
    };
    same && field == next
}

/// For a test of equality, whether it disregards case.
fn case(leaf: &Expr) -> Option<bool> {
    match &leaf.kind {
        Kind::In { any_case, .. } => Some(*any_case),
        Kind::Compare(Comparison::Equal, ..) => Some(false),
        _ => None,
    }
}

fn field(leaf: &Expr) -> Option<&str> {
    let value = match &leaf.kind {
        Kind::In { value, .. } | Kind::Like { value, .. } => value,
        Kind::Compare(Comparison::Equal, value, constant) if constant.as_literal().is_some() => {
            value
        }
        Kind::Call { args, .. } => args.first()?,
        _ => return None,
    };
    match &value.kind {
        Kind::Field(name) => Some(name),
        _ => None,
    }
}

/// Takes the constants of `next` into `leaf`; they ask the same question.
fn merge(leaf: &mut Expr, next: Expr) {
    leaf.span = leaf.span.to(next.span);
    match (&mut leaf.kind, next.kind) {
        (Kind::Like { patterns, .. }, Kind::Like { patterns: more, .. }) => patterns.extend(more),
        (Kind::Call { args, .. }, Kind::Call { args: more, .. }) => {
            args.extend(more.into_iter().skip(1));
        }
        (kind, next) => {
            if let Kind::Compare(_, value, constant) = kind
                && let Some(literal) = constant.as_literal().cloned()
            {
                let value = value.clone();
                *kind = Kind::In { value, list: vec![literal], any_case: false };
            }
            if let Kind::In { list, .. } = kind {
                list.extend(constants(next));
            }
        }
    }
}

fn constants(kind: Kind) -> Vec<Literal> {
    match kind {
        Kind::In { list, .. } => list,
        Kind::Compare(_, _, constant) => constant.as_literal().cloned().into_iter().collect(),
        _ => Vec::new(),
    }
}
