//! Conditions put together with `and`, `or` and `not`, and events that meet or just miss them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::random::Random;
use crate::shapes::{self, Maker};

/// An event: fields with their values.
pub(crate) type Fields = BTreeMap<String, Value>;

/// Values that settle one condition; `None` leaves the field out.
pub(crate) type Settled = Vec<(String, Option<Value>)>;

/// One condition as a rule writes it. No two leaves of a rule read the same field, so each is settled by itself.
pub(crate) struct Leaf {
    pub(crate) text: String,
    /// Values that make it true.
    pub(crate) yes: Settled,
    /// Values that make it false.
    pub(crate) no: Settled,
}

/// A condition of conditions.
pub(crate) enum Node {
    Leaf(&'static str, Leaf),
    Not(Box<Node>),
    And(Vec<Node>),
    Or(Vec<Node>),
}

impl Node {
    /// A condition `depth` junctions deep; `turn` makes sure that every shape has its turn.
    pub(crate) fn made(maker: &mut Maker, depth: usize, turn: usize) -> Node {
        let (name, shape) = shapes::ALL[turn % shapes::ALL.len()];
        let mut parts = vec![Node::Leaf(name, shape(maker))];
        for _ in 0..=maker.random.below(3) {
            parts.push(Node::part(maker, depth));
        }
        let at = maker.random.below(parts.len());
        parts.swap(0, at);
        Node::And(parts)
    }

    fn part(maker: &mut Maker, depth: usize) -> Node {
        match maker.random.below(7) {
            0 | 1 if 0 < depth => Node::Not(Box::new(Node::group(maker, depth - 1))),
            2 if 0 < depth => Node::group(maker, depth - 1),
            3 => Node::Not(Box::new(Node::leaf(maker))),
            _ => Node::leaf(maker),
        }
    }

    fn group(maker: &mut Maker, depth: usize) -> Node {
        let parts = (0..2 + maker.random.below(2)).map(|_| Node::part(maker, depth)).collect();
        if maker.random.below(3) == 0 { Node::And(parts) } else { Node::Or(parts) }
    }

    fn leaf(maker: &mut Maker) -> Node {
        let (name, shape) = shapes::ALL[maker.random.below(shapes::ALL.len())];
        Node::Leaf(name, shape(maker))
    }

    /// Sets fields so that the condition is, or is not, true: of an `and` that must fail one part fails, of an `or` that
    /// must hold one part holds.
    pub(crate) fn settle(&self, holds: bool, random: &mut Random, fields: &mut Fields) {
        match self {
            Node::Leaf(_, leaf) => {
                let settled = if holds { &leaf.yes } else { &leaf.no };
                for (name, value) in settled {
                    fields.extend(value.clone().map(|value| (name.clone(), value)));
                }
            }
            Node::Not(part) => part.settle(!holds, random, fields),
            Node::And(parts) => settle_but_one(parts, true, holds, random, fields),
            Node::Or(parts) => settle_but_one(parts, false, holds, random, fields),
        }
    }

    /// The condition as EQL, laid out in one way or another.
    pub(crate) fn text(&self, random: &mut Random) -> String {
        match self {
            Node::Leaf(_, leaf) => leaf.text.clone(),
            Node::Not(part) => match **part {
                Node::Leaf(..) if random.below(2) == 0 => format!("not {}", part.text(random)),
                _ => format!("not ({})", part.text(random)),
            },
            Node::And(parts) => {
                let junction = *random.pick(&[" and ", "\n  and ", " and\n  ", " and // next\n  "]);
                parts.iter().map(|part| part.grouped(random)).collect::<Vec<_>>().join(junction)
            }
            Node::Or(parts) => {
                let junction = *random.pick(&[" or ", " or\n    ", " /* or */ or\n\n    "]);
                parts.iter().map(|part| part.grouped(random)).collect::<Vec<_>>().join(junction)
            }
        }
    }

    /// As part of a junction: a junction inside another stands in parentheses.
    fn grouped(&self, random: &mut Random) -> String {
        match self {
            Node::And(_) | Node::Or(_) => format!("({})", self.text(random)),
            Node::Leaf(..) | Node::Not(_) => self.text(random),
        }
    }

    /// The names of the shapes in it.
    pub(crate) fn shapes(&self) -> Vec<&'static str> {
        match self {
            Node::Leaf(name, _) => vec![name],
            Node::Not(part) => part.shapes(),
            Node::And(parts) | Node::Or(parts) => parts.iter().flat_map(Node::shapes).collect(),
        }
    }
}

/// Settles a junction. `each` is what every part must be if the junction is to be the same; for the other outcome, one
/// part is the opposite, chosen by chance.
fn settle_but_one(
    parts: &[Node],
    each: bool,
    holds: bool,
    random: &mut Random,
    fields: &mut Fields,
) {
    let odd = if holds == each { None } else { Some(random.below(parts.len())) };
    for (i, part) in parts.iter().enumerate() {
        part.settle(if Some(i) == odd { holds } else { each }, random, fields);
    }
}
