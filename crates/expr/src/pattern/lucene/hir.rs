//! From the tree to the engine of `regex-automata`, for expressions without `~` and `&`.

use regex_automata::meta;
use regex_automata::nfa::thompson::WhichCaptures;
use regex_syntax::hir::{Class, Hir, Look as HirLook, Repetition};

use super::error::RegexError;
use super::node::{Look, Node};
use crate::limits::REGEX_BYTES_MAX;

/// Fewest bytes that a state of the automaton takes. Expressions that must be too large by this measure are refused
/// before anything is built for them.
const STATE_BYTES_MIN: usize = 16;

/// An engine that finds a match exactly if any of the alternatives matches the whole text.
///
/// `None` if an alternative has `~` or `&`, which have no such automaton.
pub(super) fn engine(alternatives: &[Node]) -> Option<Result<meta::Regex, RegexError>> {
    let size: usize = alternatives.iter().fold(0, |sum, node| sum.saturating_add(states_min(node)));
    if size.saturating_mul(STATE_BYTES_MIN) > REGEX_BYTES_MAX {
        let plain = !alternatives.iter().any(has_boolean);
        return plain.then(|| Err(too_large()));
    }
    let whole: Vec<Hir> = alternatives.iter().map(whole_text).collect::<Option<_>>()?;
    let config = meta::Config::new()
        .nfa_size_limit(Some(REGEX_BYTES_MAX))
        .which_captures(WhichCaptures::None);
    let built = meta::Builder::new().configure(config).build_from_hir(&Hir::alternation(whole));
    Some(built.map_err(|error| match error.size_limit() {
        Some(_) => too_large(),
        None => RegexError::new(0, format!("the regular expression cannot be compiled: {error}")),
    }))
}

pub(super) fn too_large() -> RegexError {
    RegexError::new(
        0,
        format!("regular expression needs more than {REGEX_BYTES_MAX} bytes of automaton"),
    )
    .help("use smaller counts in `{n,m}`, or split it into several conditions")
}

/// Whether the expression has `~` or `&`.
pub(super) fn has_boolean(node: &Node) -> bool {
    match node {
        Node::Complement(_) | Node::Intersect(_) => true,
        Node::Concat(parts) | Node::Union(parts) => parts.iter().any(has_boolean),
        Node::Repeat(inner, _) => has_boolean(inner),
        Node::Nothing
        | Node::Empty
        | Node::Char(_)
        | Node::Class(_)
        | Node::Interval(_)
        | Node::Look(_) => false,
    }
}

/// Anchors an alternative at both ends, except where it begins or ends with any text: there the search itself may
/// begin or end anywhere, which lets the engine look for literals.
fn whole_text(node: &Node) -> Option<Hir> {
    let mut parts = match node {
        Node::Concat(parts) => parts.as_slice(),
        one => std::slice::from_ref(one),
    };
    let mut hirs = Vec::with_capacity(parts.len() + 2);
    match parts {
        [first, rest @ ..] if first.is_any_text() => parts = rest,
        _ => hirs.push(Hir::look(HirLook::Start)),
    }
    let open_end = match parts {
        [rest @ .., last] if last.is_any_text() => {
            parts = rest;
            true
        }
        // The node was any text alone.
        [] => hirs.is_empty(),
        _ => false,
    };
    for part in parts {
        hirs.push(hir(part)?);
    }
    if !open_end {
        hirs.push(Hir::look(HirLook::End));
    }
    Some(Hir::concat(hirs))
}

fn hir(node: &Node) -> Option<Hir> {
    Some(match node {
        Node::Nothing => Hir::fail(),
        Node::Empty => Hir::empty(),
        Node::Char(c) => Hir::literal(c.encode_utf8(&mut [0; 4]).as_bytes()),
        Node::Class(class) => Hir::class(Class::Unicode(class.clone())),
        Node::Concat(parts) => Hir::concat(parts.iter().map(hir).collect::<Option<_>>()?),
        Node::Union(parts) => Hir::alternation(parts.iter().map(hir).collect::<Option<_>>()?),
        Node::Repeat(inner, times) => Hir::repetition(Repetition {
            min: times.min,
            max: times.max,
            greedy: true,
            sub: Box::new(hir(inner)?),
        }),
        Node::Interval(interval) => hir(&interval.expand())?,
        Node::Look(look) => Hir::look(match look {
            Look::Start => HirLook::Start,
            Look::End => HirLook::End,
            Look::WordBoundary => HirLook::WordAscii,
            Look::NotWordBoundary => HirLook::WordAsciiNegate,
        }),
        Node::Complement(_) | Node::Intersect(_) => return None,
    })
}

/// A lower bound of the states that the automaton needs.
fn states_min(node: &Node) -> usize {
    match node {
        // These may need none, or this engine is not theirs.
        Node::Nothing
        | Node::Empty
        | Node::Look(_)
        | Node::Interval(_)
        | Node::Complement(_)
        | Node::Intersect(_) => 0,
        Node::Char(_) | Node::Class(_) => 1,
        Node::Concat(parts) => {
            parts.iter().fold(0, |sum, part| sum.saturating_add(states_min(part)))
        }
        // The engine joins alternatives of one character each into one state.
        Node::Union(parts) => parts.iter().map(states_min).max().unwrap_or(0),
        Node::Repeat(inner, times) => {
            let rounds = times.max.unwrap_or(times.min.max(1)) as usize;
            states_min(inner).saturating_mul(rounds)
        }
    }
}
