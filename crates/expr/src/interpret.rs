//! The slow, obvious evaluator: a walk over the tree, with nothing prepared and nothing shared.
//!
//! It is the oracle that the compiled evaluator is held against. Wildcards and regular expressions run through the
//! naive matchers; only the bodies of functions are the same code.

use std::collections::BTreeMap;

use brokerwatch_ecs::{Event, Projection, Value};

use crate::compile::{body, compared, parameters};
use crate::function::Presence;
use crate::lift::Condition;
use crate::pattern::naive::{naive_lucene, naive_wildcard};
use crate::pattern::{Case, lucene::Regex};
use crate::{Comparison, Expr, Kind, Literal, Scratch, functions};

/// Values by field name; `None` is null.
type Choice<'a, 'e> = BTreeMap<&'a str, Option<Value<'e>>>;

/// Whether a condition is true of an event.
pub fn condition<'e>(
    condition: &'e Condition,
    event: &'e Event<'e>,
    projection: &Projection,
    scratch: &'e Scratch,
) -> bool {
    let holds = |part| self::condition(part, event, projection, scratch);
    match condition {
        Condition::Constant(flag) => *flag,
        Condition::Leaf(expr) => leaf(expr, event, projection, scratch),
        Condition::Not(part) => !holds(part),
        Condition::And(parts) => parts.iter().all(holds),
        Condition::Or(parts) => parts.iter().any(holds),
    }
}

/// Whether a leaf is true of an event: whether some choice of one value per field makes it true.
pub fn leaf<'e>(
    expr: &'e Expr,
    event: &'e Event<'e>,
    projection: &Projection,
    scratch: &'e Scratch,
) -> bool {
    choices(expr, event, projection)
        .any(|choice| value(expr, &choice, scratch) == Some(Value::Boolean(true)))
}

/// A condition with the value of each of its nodes. Nothing is cut short: parts that decided nothing have their value too.
#[derive(Debug, Clone)]
pub struct Trace<'c> {
    /// The node.
    pub condition: &'c Condition,
    /// Its value.
    pub holds: bool,
    /// What it is made of, in order.
    pub parts: Vec<Trace<'c>>,
}

/// The value of each node of a condition, from the values of its leaves, which are asked for in the order of the query.
pub fn trace<'c>(condition: &'c Condition, leaf: &mut dyn FnMut(&'c Expr) -> bool) -> Trace<'c> {
    let mut parts = Vec::new();
    let holds = match condition {
        Condition::Constant(flag) => *flag,
        Condition::Leaf(expr) => leaf(expr),
        Condition::Not(part) => {
            parts.push(trace(part, leaf));
            !parts[0].holds
        }
        Condition::And(list) => {
            parts.extend(list.iter().map(|part| trace(part, leaf)));
            parts.iter().all(|part| part.holds)
        }
        Condition::Or(list) => {
            parts.extend(list.iter().map(|part| trace(part, leaf)));
            parts.iter().any(|part| part.holds)
        }
    };
    Trace { condition, holds, parts }
}

/// What a part of a leaf came to: a call or arithmetic over fields, such as `length(process.name)`.
#[derive(Debug, Clone, PartialEq)]
pub struct Computed {
    /// The part, as EQL text.
    pub text: String,
    /// Its values, each once, in the order of the choices of field values; null is [`Literal::Null`].
    pub values: Vec<Literal>,
}

/// The values of the parts of a leaf that are computed from fields, outermost first, for at most `most` choices of one
/// value per field.
///
/// Parts with patterns inside are left out: they are conditions, not values, and the slow matchers take time in the square
/// of a text's length, which an event chooses.
pub fn computed<'e>(
    leaf: &'e Expr,
    event: &'e Event<'e>,
    projection: &Projection,
    scratch: &'e Scratch,
    most: usize,
) -> Vec<Computed> {
    let mut found = Vec::new();
    leaf.visit_parts(&mut |part| {
        let is_computed =
            matches!(part.kind, Kind::Call { .. } | Kind::Arithmetic(..) | Kind::Negate(_));
        if !is_computed || has_pattern(part) {
            found.extend(computed(part, event, projection, scratch, most));
            return;
        }
        let mut values: Vec<Literal> = Vec::new();
        for choice in choices(part, event, projection).take(most) {
            let value = value(part, &choice, scratch).map_or(Literal::Null, Literal::of);
            if !values.contains(&value) {
                values.push(value);
            }
        }
        found.push(Computed { text: part.to_string(), values });
    });
    found
}

fn has_pattern(expr: &Expr) -> bool {
    let mut found = matches!(expr.kind, Kind::Like { .. } | Kind::Regex { .. });
    expr.visit_parts(&mut |part| found |= has_pattern(part));
    found
}

/// Each choice of one value for each field of an expression, the last field fastest. A missing field has the one choice
/// null.
fn choices<'a, 'e>(
    expr: &'a Expr,
    event: &'e Event<'e>,
    projection: &Projection,
) -> impl Iterator<Item = Choice<'a, 'e>> {
    let mut lists: BTreeMap<&'a str, &'e [Value<'e>]> = BTreeMap::new();
    expr.visit_fields(&mut |name| {
        lists.insert(name, projection.slot(name).map_or(&[][..], |slot| event.values(slot)));
    });
    let count = lists.values().map(|list| list.len().max(1)).fold(1, usize::saturating_mul);
    (0..count).map(move |number| {
        let mut left = number;
        let mut choice = Choice::new();
        for (name, list) in lists.iter().rev() {
            let options = list.len().max(1);
            choice.insert(name, list.get(left % options).copied());
            left /= options;
        }
        choice
    })
}

/// The value of an expression without fields.
pub fn constant<'e>(expr: &'e Expr, scratch: &'e Scratch) -> Option<Value<'e>> {
    value(expr, &Choice::new(), scratch)
}

fn value<'e>(expr: &'e Expr, choice: &Choice<'_, 'e>, scratch: &'e Scratch) -> Option<Value<'e>> {
    match &expr.kind {
        Kind::Literal(literal) => literal.value(),
        Kind::Field(name) => choice.get(name.as_str()).copied().flatten(),
        Kind::Call { function, any_case, args } => {
            let mut values = Vec::new();
            for (i, presence) in parameters(function, args.len()).into_iter().enumerate() {
                match (args.get(i).and_then(|arg| value(arg, choice, scratch)), presence) {
                    (Some(value), _) => values.push(value),
                    (None, Presence::Default(fallback)) => values.push(fallback.value()),
                    (None, _) => return None,
                }
            }
            body(function, *any_case, args, expr.span).ok()?(&values, scratch)
        }
        Kind::Negate(part) => functions::negate(value(part, choice, scratch)?, scratch),
        Kind::Arithmetic(operator, left, right) => functions::compute(
            *operator,
            value(left, choice, scratch)?,
            value(right, choice, scratch)?,
            scratch,
        ),
        Kind::Compare(comparison, left, right) => {
            let found = value(left, choice, scratch)?;
            if let Some(literal) = right.as_literal() {
                literal.value()?;
                return Some(Value::Boolean(compared(*comparison, &found, literal)));
            }
            let order = found.compare(&value(right, choice, scratch)?);
            Some(Value::Boolean(order.is_some_and(|order| comparison.holds(order))))
        }
        Kind::In { value: tested, list, any_case } => {
            let found = value(tested, choice, scratch)?;
            let case = case(*any_case, tested);
            Some(Value::Boolean(list.iter().any(|literal| same(&found, literal, case))))
        }
        Kind::Like { value: tested, patterns, any_case } => {
            let found = value(tested, choice, scratch)?;
            let case = case(*any_case, tested);
            let matches =
                |text: &str| patterns.iter().any(|pattern| naive_wildcard(pattern, text, case));
            Some(Value::Boolean(found.as_str().is_some_and(matches)))
        }
        Kind::Regex { value: tested, patterns, any_case } => {
            let found = value(tested, choice, scratch)?;
            let case = case(*any_case, tested);
            let bare = matches!(tested.kind, Kind::Field(_));
            let matches = |text: &str| {
                patterns.iter().any(|pattern| {
                    if bare {
                        naive_lucene(pattern, text, case).unwrap_or(false)
                    } else {
                        Regex::java(pattern, case).is_ok_and(|regex| regex.is_match(text))
                    }
                })
            };
            Some(Value::Boolean(found.as_str().is_some_and(matches)))
        }
        Kind::IsNull(part) => Some(Value::Boolean(value(part, choice, scratch).is_none())),
        Kind::Not(part) => match value(part, choice, scratch)? {
            Value::Boolean(flag) => Some(Value::Boolean(!flag)),
            _ => None,
        },
        Kind::And(parts) => junction(parts, false, choice, scratch),
        Kind::Or(parts) => junction(parts, true, choice, scratch),
    }
}

fn junction<'e>(
    parts: &'e [Expr],
    deciding: bool,
    choice: &Choice<'_, 'e>,
    scratch: &'e Scratch,
) -> Option<Value<'e>> {
    let values: Vec<_> = parts.iter().map(|part| value(part, choice, scratch)).collect();
    if values.contains(&Some(Value::Boolean(deciding))) {
        Some(Value::Boolean(deciding))
    } else if values.contains(&None) {
        None
    } else {
        Some(Value::Boolean(!deciding))
    }
}

fn case(any_case: bool, tested: &Expr) -> Case {
    match (any_case, &tested.kind) {
        (false, _) => Case::Sensitive,
        (true, Kind::Field(_)) => Case::Ascii,
        (true, _) => Case::Unicode,
    }
}

fn same(found: &Value<'_>, literal: &Literal, case: Case) -> bool {
    match (found, literal) {
        (Value::Keyword(text), Literal::Keyword(other)) => case.fold(text) == case.fold(other),
        _ => compared(Comparison::Equal, found, literal),
    }
}
