//! Witnesses: what one value of one field must be, or must hold, wherever a leaf is true.
//!
//! A leaf without witnesses may be true of anything. That is always a sound answer, so whatever is not plainly certain
//! has none: ranges, null checks, dates, versions, computed text and conditions inside values.

use std::net::Ipv6Addr;

use brokerwatch_ecs::{Projection, Slot, Type};
use brokerwatch_expr::compile::Predicate;
use brokerwatch_expr::pattern::{Case, wildcard::Wildcard};
use brokerwatch_expr::{Comparison, Expr, Kind, Literal};

/// The leaf is true only if some value of the field has one of these.
#[derive(Debug)]
pub(crate) struct Witnesses {
    pub(crate) slot: Slot,
    pub(crate) any_of: Vec<Witness>,
}

/// What one value must be.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Witness {
    /// This text.
    Whole {
        text: String,
        any_case: bool,
    },
    /// A text that holds all of these, at least one of which is not empty.
    Parts {
        texts: Vec<String>,
        any_case: bool,
    },
    /// A number, of whatever type, that is equal to this one.
    Long(i64),
    Ip(Ipv6Addr),
}

/// The witnesses of a leaf; `predicate` is the leaf compiled over `projection`.
pub(crate) fn of(leaf: &Expr, predicate: &Predicate, projection: &Projection) -> Option<Witnesses> {
    let (field, any_of) = match &leaf.kind {
        Kind::Compare(Comparison::Equal, value, constant) => {
            (value, vec![of_literal(constant.as_literal()?, false)?])
        }
        Kind::In { value, list, any_case } => {
            let any_of = list.iter().map(|literal| of_literal(literal, *any_case));
            (value, any_of.collect::<Option<_>>()?)
        }
        Kind::Like { value, patterns, any_case } => {
            (value, of_wildcards(patterns.iter().map(String::as_str), *any_case)?)
        }
        Kind::Regex { value, any_case, .. } => {
            let texts = vec![predicate.required_literal()?.to_owned()];
            (value, vec![Witness::Parts { texts, any_case: *any_case }])
        }
        Kind::Call { function, any_case, args } => {
            let (value, constants) = args.split_first()?;
            return of_call(function.eql?, *any_case, value, constants, projection);
        }
        _ => return None,
    };
    witnesses(field, any_of, projection)
}

fn witnesses(field: &Expr, any_of: Vec<Witness>, projection: &Projection) -> Option<Witnesses> {
    // Only a bare field folds case by ASCII letters, and only its values are those of the document.
    let Kind::Field(name) = &field.kind else { return None };
    Some(Witnesses { slot: projection.slot(name)?, any_of })
}

fn of_literal(literal: &Literal, any_case: bool) -> Option<Witness> {
    match literal {
        Literal::Keyword(text) => Some(Witness::Whole { text: text.to_string(), any_case }),
        Literal::Long(number) => Some(Witness::Long(*number)),
        Literal::Double(number) => whole(*number).map(Witness::Long),
        Literal::Ip(address) => Some(Witness::Ip(*address)),
        Literal::Null | Literal::Boolean(_) | Literal::Date { .. } | Literal::Version(_) => None,
    }
}

/// The long that is equal to a double, if there is one.
pub(crate) fn whole(double: f64) -> Option<i64> {
    /// 2^63: the first double above every long.
    const LONG_END: f64 = 9_223_372_036_854_775_808.0;
    let inside = -LONG_END <= double && double < LONG_END;
    #[expect(
        clippy::float_cmp,
        reason = "a double is whole exactly if cutting its fraction changes nothing"
    )]
    (inside && double.trunc() == double).then_some(double as i64)
}

fn of_wildcards<'p>(
    patterns: impl Iterator<Item = &'p str>,
    any_case: bool,
) -> Option<Vec<Witness>> {
    let case = if any_case { Case::Ascii } else { Case::Sensitive };
    patterns
        .map(|pattern| {
            let wildcard = Wildcard::new(pattern, case);
            if let Some(text) = wildcard.as_exact() {
                return Some(Witness::Whole { text: text.to_owned(), any_case });
            }
            let texts: Vec<String> =
                wildcard.required_literals().into_iter().map(str::to_owned).collect();
            (!texts.is_empty()).then_some(Witness::Parts { texts, any_case })
        })
        .collect()
}

/// The functions that look for constant text in a field; such a call folds case as an operator on the field does.
fn of_call(
    function: &str,
    any_case: bool,
    value: &Expr,
    constants: &[Expr],
    projection: &Projection,
) -> Option<Witnesses> {
    let texts: Vec<&str> = constants
        .iter()
        .map(|constant| match constant.as_literal() {
            Some(Literal::Keyword(text)) => Some(&**text),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let any_of = match (function, texts.as_slice()) {
        ("wildcard", patterns) => of_wildcards(patterns.iter().copied(), any_case)?,
        ("startsWith" | "endsWith" | "stringContains", [text]) if !text.is_empty() => {
            vec![Witness::Parts { texts: vec![(*text).to_owned()], any_case }]
        }
        _ => return None,
    };
    witnesses(value, any_of, projection)
}

/// Whether testing the leaf leaves no trace beside its answer: it computes nothing that can fail.
///
/// The index passes over leaves, and a failure that is counted on an event must not depend on that.
pub(crate) fn is_quiet(leaf: &Expr) -> bool {
    let mut quiet = match &leaf.kind {
        Kind::Negate(_) | Kind::Arithmetic(..) => false,
        // Named one by one, so that a function added later is loud until someone looks.
        Kind::Call { function, .. } => matches!(
            function.eql,
            Some(
                "startsWith"
                    | "endsWith"
                    | "stringContains"
                    | "wildcard"
                    | "cidrMatch"
                    | "length"
                    | "indexOf"
            )
        ),
        _ => true,
    };
    leaf.visit_parts(&mut |part| quiet &= is_quiet(part));
    quiet
}

/// Whether most telemetry holds this value, so that looking for it tells little. Guides choices, never answers.
pub(crate) fn is_common(text: &str) -> bool {
    /// What sensors write of every event of a kind, in lower case.
    const COMMON: &[&str] = &[
        "alert",
        "allowed",
        "change",
        "connection",
        "connection_accepted",
        "connection_attempted",
        "creation",
        "deletion",
        "dns",
        "egress",
        "end",
        "endpoint",
        "event",
        "exec",
        "false",
        "file",
        "fork",
        "info",
        "ingress",
        "library",
        "linux",
        "load",
        "macos",
        "network",
        "process",
        "protocol",
        "registry",
        "rename",
        "start",
        "success",
        "system",
        "tcp",
        "true",
        "udp",
        "user",
        "windows",
    ];
    COMMON.iter().any(|common| common.eq_ignore_ascii_case(text))
}

/// Whether the values of a field, if text, stand in the document under the field's own name, and as that text.
pub(crate) fn as_documented(slot: Slot, projection: &Projection, types: &[Type]) -> bool {
    let field = projection.field(slot);
    field.path == field.name && field.null_value.is_none() && types.contains(&field.ty)
}
