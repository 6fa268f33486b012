//! Alternatives about one value as one condition: `a == 1 OR a == 2` is `a IN (1, 2)`, and calls of `CIDR_MATCH` are one.
//!
//! Elasticsearch's optimiser does so, and a user sees it: what fails is told once, at the value.

use crate::ast::{Args, Call, Comparison, Expr, FunctionName, Kind, Place};
use crate::limits::DISJUNCTION_KEYS_MAX;

/// The conditions about one value.
struct Group<'e> {
    key: &'e Expr,
    values: Vec<&'e Expr>,
    /// The conditions that it is made of.
    parts: Vec<&'e Expr>,
}

/// The parts of an `OR` with those about one value joined; nothing if there is nothing to join.
pub(super) fn combined(parts: &[Expr]) -> Option<Vec<Expr>> {
    let (mut equals, mut blocks, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for part in parts {
        let groups = if is_cidr_match(part) { &mut blocks } else { &mut equals };
        match values_of(part) {
            Some((key, values)) => add(groups, key, values, part),
            None => others.push(part.clone()),
        }
        if DISJUNCTION_KEYS_MAX < groups.len() {
            return None;
        }
    }
    let addresses = |group: &Group<'_>| blocks.iter().position(|block| block.key == group.key);
    let (within, equals): (Vec<Group<'_>>, Vec<Group<'_>>) =
        equals.into_iter().partition(|group| addresses(group).is_some());
    let moved: Vec<(usize, Group<'_>)> =
        within.into_iter().filter_map(|group| Some((addresses(&group)?, group))).collect();
    let mut as_blocks: Vec<Vec<Expr>> = blocks
        .iter()
        .map(|block| block.values.iter().map(|one| (*one).clone()).collect())
        .collect();
    for (at, group) in &moved {
        as_blocks[*at].extend(group.values.iter().map(|value| as_text(value)));
    }
    let one_value = |group: &Group<'_>| group.values.len() == 1;
    let same = moved.is_empty()
        && blocks.iter().all(|group| group.parts.len() == 1)
        && equals.iter().all(|group| {
            group.parts.len() == 1
                && one_value(group) == matches!(group.parts[0].kind, Kind::Compare(..))
        });
    if same {
        return None;
    }
    others.extend(equals.iter().map(is_one_of));
    others.extend(blocks.iter().zip(as_blocks).map(|(block, values)| in_blocks(block.key, values)));
    Some(others)
}

fn add<'e>(groups: &mut Vec<Group<'e>>, key: &'e Expr, values: Vec<&'e Expr>, part: &'e Expr) {
    let group = match groups.iter().position(|group| group.key == key) {
        Some(at) => &mut groups[at],
        None => {
            groups.push(Group { key, values: Vec::new(), parts: Vec::new() });
            let last = groups.len() - 1;
            &mut groups[last]
        }
    };
    group.values.extend(values);
    group.parts.push(part);
}

/// The value that a condition compares, and what with.
fn values_of(part: &Expr) -> Option<(&Expr, Vec<&Expr>)> {
    match &part.kind {
        Kind::Compare(Comparison::Equal, left, right) if is_known(right) && !is_known(left) => {
            Some((left, vec![right]))
        }
        Kind::Compare(Comparison::Equal, left, right) if is_known(left) && !is_known(right) => {
            Some((right, vec![left]))
        }
        Kind::In { value, list, negated: false } if !is_known(value) => {
            Some((value, list.iter().collect()))
        }
        Kind::Call(call) if is_cidr_match(part) => match &call.args {
            Args::List { values, options: None } => {
                let (key, blocks) = values.split_first()?;
                (!blocks.is_empty()).then(|| (key, blocks.iter().collect()))
            }
            _ => None,
        },
        _ => None,
    }
}

fn is_cidr_match(part: &Expr) -> bool {
    let Kind::Call(call) = &part.kind else { return false };
    matches!(&call.name, FunctionName::Text(name) if name.eq_ignore_ascii_case("CIDR_MATCH"))
}

/// Whether a value is written down, itself or through functions. A `null` is none: what compares with it is null alone.
fn is_known(value: &Expr) -> bool {
    match &value.kind {
        Kind::Constant(constant) => !matches!(constant, crate::ast::Constant::Null),
        Kind::Sign(_, value) | Kind::Cast(value, _) => is_known(value),
        Kind::Arithmetic(_, left, right) => is_known(left) && is_known(right),
        Kind::Call(call) => match &call.args {
            Args::List { values, .. } => !values.is_empty() && values.iter().all(is_known),
            Args::All => false,
        },
        _ => false,
    }
}

/// `key == value`, or `key IN (values)`.
fn is_one_of(group: &Group<'_>) -> Expr {
    let key = Box::new(group.key.clone());
    let kind = match group.values.as_slice() {
        [value] => Kind::Compare(Comparison::Equal, key, Box::new((*value).clone())),
        values => {
            let list = values.iter().map(|value| (*value).clone()).collect();
            Kind::In { value: key, list, negated: false }
        }
    };
    Expr { kind, place: group.key.place }
}

/// `CIDR_MATCH(key, blocks)`
fn in_blocks(key: &Expr, blocks: Vec<Expr>) -> Expr {
    let values = std::iter::once(key.clone()).chain(blocks).collect();
    called("CIDR_MATCH", values, key.place)
}

/// An address as the text of a block.
fn as_text(value: &Expr) -> Expr {
    match &value.kind {
        Kind::Constant(_) => value.clone(),
        _ => called("TO_STRING", vec![value.clone()], value.place),
    }
}

fn called(name: &str, values: Vec<Expr>, place: Place) -> Expr {
    let call = Call {
        name: FunctionName::Text(name.to_owned()),
        name_place: place,
        args: Args::List { values, options: None },
    };
    Expr { kind: Kind::Call(Box::new(call)), place }
}
